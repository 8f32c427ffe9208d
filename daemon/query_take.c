/* Requests as they come in: each becomes a job, or is refused at once. */
#include "daemon/query.h"

#include "daemon/standby.h"

enum { TAKEN_A_TURN = 16 };

void query_start_cards(struct job *j)
{
    j->phase = JOB_COUNT;
    j->walk = (struct score_walk){0};
}

/* At once, and no second time: for requests that become no job. */
static void answer_reason(struct query *q, const struct job *j, int err, const char *key,
                          const char *reason)
{
    if (query_refuse(q, j, err, key, reason) != 0)
        q->outlet->status->abandoned++;
}

static void answer_refusal(struct query *q, const struct job *j, int err, const char *key)
{
    answer_reason(q, j, err, key, NULL);
}

/* The windows that the request is about; 0 when it names one that is not kept. */
static uint32_t window_mask(const struct settings *s, struct str name)
{
    if (name.len == 0)
        return (1u << s->windows) - 1;
    for (uint32_t i = 0; i < s->windows; i++)
        if (str_equal(str_of(s->window[i].name), name))
            return 1u << i;
    return 0;
}

/* One comparison at a time, and few studies: each holds memory. false: busy. */
static bool start_study(struct query *q, struct job *j)
{
    struct outlet *o = q->outlet;
    bool comparing = false;
    for (uint32_t i = 0; i < QUERY_JOBS_MAX; i++)
        comparing |= q->job[i].study != NULL && q->job[i].request.op == OP_COMPARE;
    if (q->studies == QUERY_STUDIES_MAX || (comparing && j->request.op == OP_COMPARE))
        return false;
    j->study = study_new(q->loop, o->engine, o->config, &j->request);
    if (j->study == NULL)
        return false;
    q->studies++;
    j->phase = JOB_STUDY;
    return true;
}

/* Of these windows, those that are the period now: begun with it, and it is not over. Whatever else
 * has passed is known from events only. */
static uint32_t period_mask(const struct query *q, const struct request *r, uint32_t windows)
{
    struct engine *engine = q->outlet->engine;
    uint32_t covered = 0;
    ms_t at = engine_at(engine), from, covered_from;
    if (r->op != OP_SCORECARD || r->from == 0)
        return windows;
    for (uint32_t left = windows; left != 0 && at != MS_NONE && r->to > at; left &= left - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(left);
        engine_window(engine, w, &from, &covered_from);
        covered |= sec_floor(from) == sec_floor(r->from) ? 1u << w : 0;
    }
    return covered;
}

/* Scores of everybody, or of one name: then it must be one that is known and has a card. */
static bool start_scorecard(struct query *q, struct job *j)
{
    const struct request *r = &j->request;
    struct score_wish wish = query_wish(j);
    int err = 0;
    if (r->name.len > 0 && engine_name_find(q->outlet->engine, (enum scope)r->scope, r->name) == 0)
        err = ERR_NO_NAME;
    else if (r->name.len > 0 && !scores_has_card(q->scores, &wish))
        err = ERR_NO_CARD;
    if (err != 0) {
        answer_refusal(q, j, err, "name");
        return false;
    }
    query_start_cards(j);
    return true;
}

/* The past of a name, from the record. */
static bool start_history(struct query *q, struct job *j)
{
    struct outlet *o = q->outlet;
    const struct request *r = &j->request;
    int err = 0;
    const char *key = "", *reason = NULL;
    if (o->record == NULL) {
        err = ERR_NOT_COVERED;
        reason = "there is no record without a state directory (state.dir)";
    } else if (r->indicator.len > 0 && indicator_find(r->indicator) < 0) {
        err = ERR_BAD_WORD;
        key = "indicator";
    } else if (lookup_step(r) == 0) {
        err = ERR_OUT_OF_RANGE;
        key = "step";
        reason =
            "60000, 3600000 or 86400000; agents have days, all and teams minutes, others hours";
    } else if (q->lookups == QUERY_LOOKUPS_MAX) {
        err = ERR_BUSY;
    } else {
        j->lookup = lookup_history(q->loop, o->config->state_dir, r, o->at);
        err = j->lookup == NULL ? ERR_BUSY : 0;
    }
    if (err != 0) {
        answer_reason(q, j, err, key, reason);
        return false;
    }
    q->lookups++;
    j->phase = JOB_RECORD;
    return true;
}

/* The number of the first alert that was not seen. false: nothing is known of such a run. */
static bool first_number(const struct bus *bus, const struct request *r, uint64_t *ret)
{
    uint64_t seen =
        bus->base + (r->since_seq < bus->seq[STREAM_ALERT] ? r->since_seq : bus->seq[STREAM_ALERT]);
    bool known = r->run.len == 0 || str_equal(r->run, str_of(bus->run)) ||
                 (bus->runs != NULL && runs_number(bus->runs, r->run, r->since_seq, &seen));
    *ret = seen + 1;
    return known;
}

/* What only a primary, or only a standby, does. */
static bool start_by_role(struct query *q, struct job *j)
{
    struct standby *standby = q->outlet->standby;
    bool promote = j->request.op == OP_PROMOTE, on = standby != NULL && standby->on;
    if (promote != on) {
        answer_refusal(q, j, on ? ERR_STANDBY : ERR_NOT_STANDBY, "op");
        return false;
    }
    if (promote)
        standby_take_over(standby, "promoted");
    j->phase = promote ? JOB_STATUS : JOB_ATTEND;
    return true;
}

/* The request is in j->request: where does its answer begin? Refuses what makes no sense. */
static bool start(struct query *q, struct job *j)
{
    const struct bus *bus = q->outlet->bus;
    const struct request *r = &j->request;
    j->windows = window_mask(&q->outlet->config->settings, r->window);
    if (j->windows == 0) {
        answer_refusal(q, j, ERR_BAD_WORD, "window");
        return false;
    }
    j->windows = period_mask(q, r, j->windows);
    if (j->windows == 0) {
        answer_refusal(q, j, ERR_NOT_COVERED, "from");
        return false;
    }
    if (r->name.len > 0 && r->scope < 0) {
        answer_refusal(q, j, ERR_MISSING, "scope");
        return false;
    }
    j->scope = j->scope_first = r->scope < 0 ? SCOPE_ALL : (uint8_t)r->scope;
    j->scope_last = r->scope < 0 ? SCOPE_N - 1 : (uint8_t)r->scope;
    j->index = 1;
    j->upto_seq = bus->seq[STREAM_ALERT];
    if (r->op == OP_ALERTS && !r->active && !first_number(bus, r, &j->number)) {
        answer_reason(q, j, ERR_NOT_COVERED, "run",
                      "nothing is known of that run; ask hold for what is so now");
        return false;
    }
    switch ((enum request_op)r->op) {
    case OP_HOLD:
        j->phase = JOB_ALERTS;
        break;
    case OP_SNAPSHOT:
        j->phase = JOB_SNAPSHOTS;
        break;
    case OP_ALERTS:
        j->phase = r->active ? JOB_ALERTS : JOB_RECENT;
        break;
    case OP_STATUS:
        j->phase = JOB_STATUS;
        break;
    case OP_HISTORY:
        return start_history(q, j);
    case OP_SCORECARD:
        return start_scorecard(q, j);
    case OP_ACK:
    case OP_MUTE:
    case OP_PROMOTE:
        return start_by_role(q, j);
    case OP_EXPLAIN:
    case OP_WORKLIST:
    case OP_COMPARE:
        if (start_study(q, j))
            break;
        answer_refusal(q, j, ERR_BUSY, "");
        return false;
    case OP_N:
        CHECK(false); /* request_decode says no such op */
    }
    return true;
}

/* The frames behind the identity: [""] payload. 1, or 0 for any other number of frames. */
static int receive_payload(struct zsock *z, struct job *j, zmq_msg_t *msg)
{
    int frames = 0;
    while (zmq_msg_more(msg)) {
        if (zsock_receive(z, msg) != 1)
            return 0;
        if (frames == 0 && zmq_msg_size(msg) == 0 && zmq_msg_more(msg))
            j->delimiter = true;
        else
            frames++;
    }
    return frames == 1;
}

/* What the job was asked for in n bytes, by a client with a key or (NULL) by somebody who may ask
 * everything. 1 taken, 0 refused. err: what is wrong with it already. */
static int take(struct query *q, struct job *j, const void *bytes, size_t n,
                const struct security_client *client, int err)
{
    const char *key = "";
    q->outlet->status->queries++;
    if (n <= sizeof j->bytes) /* a larger one is refused, or a comparison, which copies its text */
        bytes = memcpy(j->bytes, bytes, n);
    if (err == 0)
        err = request_decode(bytes, n, &j->request, &key);
    if (err == 0 && !auth_may_ask(client, &j->request)) {
        err = ERR_FORBIDDEN;
        key = j->request.prefix.len > 0 ? "prefix" : "op";
    }
    q->outlet->status->peers.queries += err == ERR_FORBIDDEN;
    if (err == 0 && !budget_take(&q->budget, j->peer, uv_now(q->loop))) {
        q->outlet->status->busy++;
        err = ERR_BUSY;
    }
    if (err == 0) {
        bool started = start(q, j);
        if (n > sizeof j->bytes)
            j->request = (struct request){.op = j->request.op, .scope = -1};
        return started;
    }
    answer_refusal(q, j, err, key);
    return 0;
}

/* One whole message from the socket into the job. 1 taken, 0 refused or not for us, -1 no more. */
static int receive_one(struct query *q, struct zsock *z, struct job *j, zmq_msg_t *msg)
{
    *j = (struct job){.phase = JOB_FREE};
    if (zsock_receive(z, msg) != 1)
        return -1;
    size_t n = zmq_msg_size(msg);
    CHECK(n <= QUERY_IDENTITY_MAX);
    memcpy(j->identity, zmq_msg_data(msg), n);
    j->identity_n = (uint8_t)n;
    const struct security_client *client = NULL;
    int err = receive_payload(z, j, msg) ? 0 : ERR_NOT_A_MAP;
    if (err == 0)
        err = auth_sender(&q->outlet->bus->auth, msg, ROLE_SUBSCRIBE | ROLE_OPERATE, &client);
    j->peer = client != NULL ? hash_str(1, str_of(client->name)) : hash_bytes(2, j->identity, n);
    j->peer |= 1; /* 0 is nobody */
    return take(q, j, zmq_msg_data(msg), zmq_msg_size(msg), client, err);
}

static struct job *free_job(struct query *q)
{
    uint32_t slot = 0;
    CHECK(q->jobs < QUERY_JOBS_MAX);
    while (q->job[slot].phase != JOB_FREE)
        slot++;
    return &q->job[slot];
}

void query_receive(struct query *q, struct zsock *z)
{
    const struct config *c = q->outlet->config;
    q->budget.requests = c->queries_a_second;
    q->budget.bytes = (uint64_t)c->answers_a_second << 20;
    zmq_msg_t msg;
    int taken = -1;
    zmq_msg_init(&msg);
    for (int i = 0; i < TAKEN_A_TURN && q->jobs < QUERY_JOBS_MAX && !q->closed; i++) {
        taken = receive_one(q, z, free_job(q), &msg);
        if (taken < 0)
            break;
        q->jobs += taken == 1;
    }
    zmq_msg_close(&msg);
}

bool query_submit(struct query *q, const void *bytes, size_t n, query_taker *taker, void *data)
{
    CHECK(n <= REQUEST_BYTES_MAX);
    if (q->closed || q->jobs == QUERY_JOBS_MAX || q->guests == QUERY_GUESTS_MAX)
        return false;
    struct job *j = free_job(q);
    *j = (struct job){.phase = JOB_FREE, .taker = taker, .taker_data = data};
    if (take(q, j, bytes, n, NULL, 0) == 1) {
        q->jobs++;
        q->guests++;
    } else {
        j->taker = NULL;
    }
    return true;
}

void query_cancel(struct query *q, const void *data)
{
    for (uint32_t i = 0; i < QUERY_JOBS_MAX; i++) {
        struct job *j = &q->job[i];
        if (j->phase == JOB_FREE || j->taker == NULL || j->taker_data != data)
            continue;
        q->outlet->status->abandoned++;
        query_end(q, j);
        q->jobs--;
    }
}

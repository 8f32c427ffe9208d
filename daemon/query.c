#include "daemon/query.h"

#include "core/err.h"

#include <errno.h>

enum { SCANNED_A_LOOK = 256 };

void query_init(struct query *q, struct outlet *outlet, struct scores *scores, uv_loop_t *loop,
                struct log *log)
{
    q->scores = scores;
    q->outlet = outlet;
    q->loop = loop;
    q->log = log;
}

void query_end(struct query *q, struct job *j)
{
    if (j->study != NULL) {
        study_free(j->study);
        q->studies--;
    }
    if (j->lookup != NULL) {
        lookup_free(j->lookup);
        q->lookups--;
    }
    j->lookup = NULL;
    q->guests -= j->taker != NULL;
    j->study = NULL;
    j->taker = NULL;
    j->phase = JOB_FREE;
}

/* Ends the job before its answer has, and tells who waits for it from within. */
static void give_up(struct query *q, struct job *j)
{
    query_taker *taker = j->taker;
    query_end(q, j);
    if (taker != NULL)
        taker(j->taker_data, NULL, 0);
}

void query_reload(struct query *q)
{
    for (uint32_t i = 0; i < QUERY_JOBS_MAX; i++) {
        struct job *j = &q->job[i];
        if (j->study != NULL)
            study_restart(j->study);
        if (j->phase == JOB_COUNT || j->phase == JOB_CARDS)
            query_start_cards(j); /* the cards are others: from the beginning */
    }
}

void query_close(struct query *q)
{
    for (uint32_t i = 0; i < QUERY_JOBS_MAX; i++)
        give_up(q, &q->job[i]);
    q->jobs = 0;
    q->closed = true;
}

int query_answer(struct query *q, const struct job *j, const void *bytes, int n)
{
    struct zsock *z = &q->outlet->bus->query;
    if (n < 0) {
        log_error(q->log, "answer too large", "op=%u", j->request.op);
        return 0;
    }
    if (j->taker != NULL)
        return j->taker(j->taker_data, bytes, (size_t)n);
    int err = zsock_send(z, j->identity, j->identity_n, true);
    if (err == 0 && j->delimiter)
        err = zsock_send(z, "", 0, true);
    if (err == 0)
        err = zsock_send(z, bytes, (size_t)n, false);
    if (err == 0)
        budget_spend(&q->budget, j->peer, uv_now(q->loop), (uint64_t)n);
    return err;
}

int query_refuse(struct query *q, const struct job *j, int err, const char *key, const char *reason)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, q->answer, sizeof q->answer);
    answer_error(&em, err, key, reason);
    return query_answer(q, j, q->answer, emit_finish(&em));
}

/* --- answers -------------------------------------------------------------------------------- */

/* Sends {topic, message} with n bytes as the message. */
static int answer_with(struct query *q, struct job *j, const struct topic *topic, const char *bytes,
                       int n)
{
    struct emitter em;
    if (n < 0)
        return query_answer(q, j, NULL, n);
    emit_start(&em, SINK_MSGPACK, q->answer, sizeof q->answer);
    answer_message(&em, topic_str(topic), bytes, (size_t)n);
    int err = query_answer(q, j, q->answer, emit_finish(&em));
    j->count += err == 0;
    return err;
}

static int work_alerts(struct query *q, struct job *j)
{
    struct outlet *o = q->outlet;
    struct alert alert;
    struct topic topic;
    uint64_t at = j->at;
    if (!outlet_alert_next(o, &at, &alert)) {
        j->phase = j->request.op == OP_HOLD ? JOB_SNAPSHOTS : JOB_END;
        return 0;
    }
    /* When and how it was told belongs to the transition, which is over. */
    alert.sla.late = alert.sla.held = false;
    int err = 0;
    topic_alert(&topic, &o->config->settings, &alert);
    if (topic_matches(j->request.prefix, topic_str(&topic)))
        err = answer_with(q, j, &topic, o->buf, outlet_alert(o, &alert, o->bus->seq[STREAM_ALERT]));
    if (err == 0)
        j->at = at;
    return err;
}

/* Alerts that the ring no longer has are asked of the file, once from each number on. */
static int work_older(struct query *q, struct job *j)
{
    struct outlet *o = q->outlet;
    uint64_t first = o->bus->recent.first;
    if (o->record == NULL || j->looked == j->number) {
        j->oldest = j->oldest == 0 ? first : j->oldest;
        j->number = first;
        return 0;
    }
    if (q->lookups == QUERY_LOOKUPS_MAX)
        return -EAGAIN;
    j->lookup =
        lookup_alerts(q->loop, o->config->state_dir, j->number - 1, first - 1, j->request.prefix);
    q->lookups += j->lookup != NULL;
    j->looked = j->number;
    j->phase = j->lookup != NULL ? JOB_RECORD : JOB_RECENT;
    return 0;
}

static void end_lookup(struct query *q, struct job *j)
{
    lookup_free(j->lookup);
    q->lookups--;
    j->lookup = NULL;
}

static int work_record(struct query *q, struct job *j)
{
    struct str page;
    int err = 0;
    switch (lookup_work(j->lookup)) {
    case LOOKUP_WAITS:
        j->waits = true;
        break;
    case LOOKUP_PAGE:
        page = lookup_page(j->lookup);
        err = query_answer(q, j, page.p, (int)page.len);
        if (err == 0) {
            lookup_turn(j->lookup);
            j->count++;
        }
        break;
    case LOOKUP_FAILED:
        log_error(q->log, "record not read", "error=\"%s\"", lookup_why(j->lookup));
        if (j->request.op == OP_HISTORY) {
            err = query_refuse(q, j, ERR_NOT_COVERED, "", "record.db cannot be read");
            if (err == 0)
                query_end(q, j);
            break;
        }
        j->number = lookup_upto(j->lookup);
        end_lookup(q, j);
        j->phase = JOB_RECENT;
        j->looked = j->number; /* what is missing is told as missing */
        break;
    case LOOKUP_DONE:
        if (j->oldest == 0)
            j->oldest = lookup_oldest(j->lookup);
        if (j->request.op != OP_HISTORY)
            j->number = lookup_upto(j->lookup) + 1;
        end_lookup(q, j);
        j->phase = j->request.op == OP_HISTORY ? JOB_END : JOB_RECENT;
        break;
    }
    return err;
}

static int work_recent(struct query *q, struct job *j)
{
    const struct recent *recent = &q->outlet->bus->recent;
    struct str topic, message;
    if (j->number < recent->first)
        return work_older(q, j);
    for (int i = 0; i < SCANNED_A_LOOK; i++, j->number++) {
        if (j->number > q->outlet->bus->base + j->upto_seq ||
            !recent_get(recent, j->number, &topic, &message)) {
            j->phase = JOB_END;
            return 0;
        }
        if (!topic_matches(j->request.prefix, topic))
            continue;
        struct emitter em;
        emit_start(&em, SINK_MSGPACK, q->answer, sizeof q->answer);
        answer_message(&em, topic, message.p, message.len);
        int err = query_answer(q, j, q->answer, emit_finish(&em));
        if (err == 0) {
            j->number++;
            j->count++;
        }
        return err;
    }
    return 0;
}

/* Is this name asked for? */
static bool wanted(const struct job *j, struct str name, const struct topic *topic)
{
    if (j->request.name.len > 0 && !str_equal(name, j->request.name))
        return false;
    return topic_matches(j->request.prefix, topic_str(topic));
}

static int work_snapshots(struct query *q, struct job *j)
{
    struct outlet *o = q->outlet;
    struct topic topic;
    for (int i = 0; i < SCANNED_A_LOOK; i++) {
        enum scope scope = (enum scope)j->scope;
        if (j->index > engine_names(o->engine, scope)) {
            j->index = 1;
            if (j->scope++ == j->scope_last) {
                j->phase = JOB_END;
                if (j->request.op == OP_HOLD && scores_may_have(q->scores, j->request.prefix))
                    query_start_cards(j);
                return 0;
            }
            continue;
        }
        struct str name = engine_name(o->engine, scope, j->index);
        topic_snapshot(&topic, scope, name);
        if (!wanted(j, name, &topic)) {
            j->index++;
            continue;
        }
        uint64_t seq = o->bus->seq[STREAM_KPI];
        int n = outlet_snapshot(o, scope, j->index, j->windows, seq);
        int err = n == 0 ? 0 : answer_with(q, j, &topic, o->buf, n);
        if (err == 0)
            j->index++;
        return err;
    }
    return 0;
}

struct score_wish query_wish(const struct job *j)
{
    return (struct score_wish){.scope_first = j->scope_first,
                               .scope_last = j->scope_last,
                               .windows = j->windows,
                               .name = j->request.name,
                               .prefix = j->request.prefix};
}

static int work_count(struct query *q, struct job *j)
{
    struct score_wish wish = query_wish(j);
    if (!scores_count_next(q->scores, &wish, &j->walk)) {
        j->phase = JOB_CARDS;
        j->walk = (struct score_walk){0};
    }
    return 0;
}

static int work_cards(struct query *q, struct job *j)
{
    struct score_wish wish = query_wish(j);
    struct score_walk walk = j->walk;
    struct topic topic;
    bool end;
    int n = scores_find(q->scores, &wish, &walk, &topic, &end);
    int err = n == 0 ? 0 : answer_with(q, j, &topic, q->scores->buf, n);
    j->walk = err == 0 ? walk : j->walk;
    j->phase = end ? JOB_END : JOB_CARDS;
    return err;
}

static int work_status(struct query *q, struct job *j)
{
    struct topic topic;
    topic_start(&topic);
    topic_word(&topic, "sys");
    topic_word(&topic, "status");
    struct outlet *o = q->outlet;
    int err = answer_with(q, j, &topic, o->buf, outlet_status(o, o->bus->seq[STREAM_SYS]));
    if (err == 0)
        j->phase = JOB_END;
    return err;
}

/* The op on the alert that was found; the answer is the message that was published. */
static int attend(struct query *q, struct job *j, const struct alert *alert)
{
    struct outlet *o = q->outlet;
    const struct request *r = &j->request;
    struct alert told;
    struct topic topic;
    uint64_t seq = outlet_alert_seq(o);
    int err =
        outlet_attend(o, alert, r->op == OP_ACK ? ATTEND_ACK : ATTEND_MUTE, r->by, r->until, &told);
    if (err == 0) {
        j->upto_seq = seq;
        topic_alert(&topic, &o->config->settings, &told);
        err = answer_with(q, j, &topic, o->buf, outlet_alert(o, &told, seq));
        j->phase = JOB_END; /* done, whether the answer goes or not */
        return err == -EAGAIN ? 0 : err;
    }
    err = query_refuse(q, j, err, "alert_id", NULL);
    if (err == 0)
        query_end(q, j);
    return err;
}

static int work_attend(struct query *q, struct job *j)
{
    struct alert alert;
    for (int i = 0; i < SCANNED_A_LOOK; i++) {
        uint64_t at = j->at;
        if (!outlet_alert_next(q->outlet, &at, &alert)) {
            int err = query_refuse(q, j, ERR_NO_ALERT, "alert_id", NULL);
            if (err == 0)
                query_end(q, j);
            return err;
        }
        if (alert.alert_id == j->request.alert_id)
            return attend(q, j, &alert);
        j->at = at;
    }
    return 0;
}

static int work_study(struct query *q, struct job *j)
{
    const char *key, *reason;
    int err;
    switch (study_work(j->study)) {
    case STUDY_WAITS:
        j->waits = true;
        break;
    case STUDY_DONE:
        j->phase = JOB_PAGES;
        break;
    case STUDY_REFUSED:
        err = study_refusal(j->study, &key, &reason);
        err = query_refuse(q, j, err, key, reason);
        if (err == 0)
            query_end(q, j);
        return err;
    case STUDY_GOES_ON:
        break;
    }
    return 0;
}

static int work_pages(struct query *q, struct job *j)
{
    struct str page;
    if (!study_page(j->study, &page)) {
        j->phase = JOB_END;
        return 0;
    }
    int err = query_answer(q, j, page.p, (int)page.len);
    if (err == 0) {
        study_turn(j->study);
        j->count++;
    }
    return err;
}

static int work_end(struct query *q, struct job *j)
{
    struct emitter em;
    const struct bus *bus = q->outlet->bus;
    const struct runs_of *run =
        bus->runs != NULL && j->oldest > 0 ? runs_find(bus->runs, j->oldest) : NULL;
    emit_start(&em, SINK_MSGPACK, q->answer, sizeof q->answer);
    answer_end(&em, str_of(bus->run), j->upto_seq, j->count,
               run != NULL ? j->oldest - run->base : j->oldest);
    int err = query_answer(q, j, q->answer, emit_finish(&em));
    if (err == 0)
        query_end(q, j);
    return err;
}

static int work_job(struct query *q, struct job *j)
{
    switch ((enum job_phase)j->phase) {
    case JOB_ALERTS:
        return work_alerts(q, j);
    case JOB_RECORD:
        return work_record(q, j);
    case JOB_RECENT:
        return work_recent(q, j);
    case JOB_SNAPSHOTS:
        return work_snapshots(q, j);
    case JOB_COUNT:
        return work_count(q, j);
    case JOB_CARDS:
        return work_cards(q, j);
    case JOB_STATUS:
        return work_status(q, j);
    case JOB_ATTEND:
        return work_attend(q, j);
    case JOB_STUDY:
        return work_study(q, j);
    case JOB_PAGES:
        return work_pages(q, j);
    case JOB_END:
        return work_end(q, j);
    case JOB_FREE:
        break;
    }
    return 0;
}

/* One piece of work for the job. Ends it when its peer is gone or has stalled for too long. */
static void serve(struct query *q, struct job *j, uint64_t now)
{
    j->waits = false;
    j->paced = budget_behind(&q->budget, j->peer, now);
    if (j->paced)
        return;
    int err = work_job(q, j);
    if (err == 0) {
        j->stalled = 0;
    } else if (err == -EAGAIN) {
        j->stalled = j->stalled == 0 ? now : j->stalled;
        err = now - j->stalled >= QUERY_PATIENCE_MS ? -ETIMEDOUT : 0;
    }
    if (err != 0) {
        log_info(q->log, "query abandoned", "op=%u answers=%llu error=\"%s\"", j->request.op,
                 (unsigned long long)j->count, zmq_strerror(-err));
        q->outlet->status->abandoned++;
        give_up(q, j);
    }
    if (j->phase == JOB_FREE)
        q->jobs--;
}

void query_work(struct query *q, uint64_t now)
{
    if (q->jobs == 0)
        return;
    uint64_t end = uv_hrtime() + QUERY_SLICE_NS;
    uint32_t stalled = 0; /* jobs in a row that have no use for time */
    while (q->jobs > 0 && stalled < QUERY_JOBS_MAX) {
        struct job *j = &q->job[q->turn++ % QUERY_JOBS_MAX];
        if (j->phase != JOB_FREE)
            serve(q, j, now);
        bool idle = j->phase == JOB_FREE || j->waits || j->paced || j->stalled != 0;
        stalled = idle ? stalled + 1 : 0;
        if (uv_hrtime() >= end)
            return;
    }
}

uint64_t query_deadline(const struct query *q, uint64_t now)
{
    uint64_t due = UINT64_MAX;
    for (uint32_t i = 0; i < QUERY_JOBS_MAX && q->jobs > 0; i++) {
        if (q->job[i].phase == JOB_FREE || q->job[i].waits)
            continue;
        if (q->job[i].stalled == 0 && !q->job[i].paced)
            return now;
        due = now + QUERY_RETRY_MS;
    }
    return due;
}

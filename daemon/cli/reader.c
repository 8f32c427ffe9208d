#include "daemon/cli/reader.h"

#include "core/err.h"
#include "daemon/cli/keyring.h"
#include "daemon/cli/stop.h"
#include "daemon/cli/words.h"
#include "daemon/clock.h"
#include "proto/topic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum phase {
    WAITING,   /* for a heartbeat */
    RECALLING, /* answers of `alerts {since_seq, run}`: the run that we were in */
    JOINING,   /* answers of `hold` */
    LIVE,
    HEALING, /* answers of `alerts {since_seq}` */
};

enum { SLICE_MS = 200 };

static bool complain(const char *endpoint)
{
    word_error(W_E_SOCKET, endpoint, zmq_strerror(errno), NULL);
    return false;
}

static bool subscribe(struct reader *r, const char *prefix)
{
    return zmq_setsockopt(r->socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) == 0;
}

/* One published message into r->message. 1, 0 when there is none in time, -1 on a fault. */
static int receive(struct reader *r, ms_t timeout)
{
    zmq_pollitem_t item = {.socket = r->socket, .events = ZMQ_POLLIN};
    int got = zmq_poll(&item, 1, (long)timeout);
    if (got <= 0)
        return stop_asked() ? -1 : 0;
    for (int i = 0; i < 2; i++)
        if (zmq_msg_recv(&r->frame[i], r->socket, 0) < 0)
            return -1;
    r->topic = (struct str){zmq_msg_data(&r->frame[0]), (uint32_t)zmq_msg_size(&r->frame[0])};
    r->heard = clock_system();
    r->in = &r->message;
    int err = message_parse(&r->message, r->nodes, MESSAGE_NODES_MAX, zmq_msg_data(&r->frame[1]),
                            zmq_msg_size(&r->frame[1]));
    r->root = err == 0 ? r->message.node : NULL;
    return err == 0;
}

static bool is_heartbeat(const struct reader *r)
{
    return str_equal(r->topic, str_of(TOPIC_HEARTBEAT));
}

/* Messages of our own prefixes; heartbeats come besides. */
static bool wanted(const struct reader *r)
{
    for (uint32_t i = 0; i < r->prefixes; i++)
        if (topic_matches(str_of(r->prefix[i]), r->topic))
            return true;
    return false;
}

static bool ask(struct reader *r, uint8_t phase)
{
    struct request request = {.op = phase == JOINING ? OP_HOLD : OP_ALERTS,
                              .scope = -1,
                              .has_since = phase != JOINING,
                              .since_seq = r->high,
                              .run = str_of(phase == RECALLING ? r->before : ""),
                              .prefix = str_of(r->prefix[r->asking])};
    r->phase = phase;
    return ask_send(&r->ask, &request);
}

/* Has this alert been given before? Remembers that it has now, and forgets the one of its group
 * that was given longest ago. */
static bool seen_before(struct reader *r)
{
    struct str id = {NULL, 0};
    int64_t rev = 0;
    bool digest = !node_text(message_find_in(r->in, r->root, "alert_id"), &id);
    if (digest && !node_text(message_find_in(r->in, r->root, "run"), &id))
        return false;
    node_int(message_find_in(r->in, r->root, digest ? "seq" : "rev"), &rev);
    uint64_t h = hash_str((uint64_t)rev, id) | 1;
    uint64_t *group = r->seen[(h >> 1) % READER_GROUPS];
    uint32_t at = 0;
    while (at + 1 < READER_GROUP && group[at] != h)
        at++;
    bool seen = group[at] == h;
    memmove(group + 1, group, at * sizeof(*group));
    group[0] = h;
    return seen;
}

static bool is_alert(const struct reader *r)
{
    return topic_matches(str_of("alert."), r->topic);
}

/* Who joins without having been there knows nothing of earlier runs. */
static enum reader_end begin(struct reader *r, uint8_t phase)
{
    if (phase == JOINING && r->phase != RECALLING)
        memset(r->seen, 0, sizeof(r->seen));
    r->asking = 0;
    r->next_high = 0;
    return ask(r, phase) ? READER_NOTHING : READER_FAILED;
}

/* Wait for a heartbeat: it tells the run, and that our subscriptions have arrived. */
static enum reader_end next_waiting(struct reader *r, ms_t timeout)
{
    int got = receive(r, timeout);
    if (got < 0)
        return READER_FAILED;
    if (got == 0 || !is_heartbeat(r))
        return READER_NOTHING;
    struct str run = message_text(r->in, "run");
    memcpy(r->before, r->run, sizeof(r->before));
    snprintf(r->run, sizeof(r->run), "%.*s", (int)run.len, run.p);
    return r->recalls && r->joined ? begin(r, RECALLING) : begin(r, JOINING);
}

/* The end of one prefix's answers: the next prefix, or live. */
static enum reader_end next_prefix(struct reader *r)
{
    int64_t upto = 0;
    if (message_text(&r->ask.answer, "error").len > 0) { /* nothing is known of that run */
        r->phase = WAITING;
        return begin(r, JOINING);
    }
    message_int(&r->ask.answer, "upto_seq", &upto);
    /* The prefixes were answered one after the other; what the first answer does not cover is
     * asked for again, or comes live, and is given once because of `seen`. */
    if (r->asking == 0 || (uint64_t)upto < r->next_high)
        r->next_high = (uint64_t)upto;
    if (++r->asking < r->prefixes)
        return ask(r, r->phase) ? READER_NOTHING : READER_FAILED;
    if (r->phase == RECALLING)
        return begin(r, JOINING);
    bool joined = r->phase == JOINING, healed = r->phase == HEALING && r->missed > 0;
    r->high = r->next_high;
    r->phase = LIVE;
    r->joined = true;
    return joined ? READER_JOINED : healed ? READER_HEALED : READER_NOTHING;
}

/* What a mute or a storm held back was sent to nobody, and nobody missed it; what came after we
 * asked is still under way to us. */
static void note_missed(struct reader *r)
{
    int64_t seq = 0;
    bool told = message_find_in(r->in, r->root, "untold") == NULL;
    if (r->phase == HEALING && told && node_int(message_find_in(r->in, r->root, "seq"), &seq))
        r->missed += (uint64_t)seq <= r->asked_upto;
}

static enum reader_end next_answer(struct reader *r)
{
    switch (ask_next(&r->ask)) {
    case ASK_FAILED:
        return READER_FAILED;
    case ASK_END:
        return next_prefix(r);
    case ASK_ANSWER:
        break;
    }
    r->in = &r->ask.answer;
    r->root = message_find(r->in, "message");
    r->topic = message_text(r->in, "topic");
    if (r->root == NULL || (is_alert(r) && seen_before(r)))
        return READER_NOTHING;
    note_missed(r);
    return READER_MESSAGE;
}

/* A heartbeat: is the daemon still the same, did we miss alerts? */
static enum reader_end heartbeat(struct reader *r)
{
    int64_t last = 0;
    if (!str_equal(message_text(r->in, "run"), str_of(r->run))) {
        r->phase = WAITING;
        return READER_LOST;
    }
    if (message_int(r->in, "last.alert", &last) && (uint64_t)last > r->high) {
        r->asked_upto = (uint64_t)last;
        r->missed = 0;
        r->asking = 0;
        return ask(r, HEALING) ? READER_NOTHING : READER_FAILED;
    }
    return wanted(r) ? READER_MESSAGE : READER_NOTHING;
}

static enum reader_end next_live(struct reader *r, ms_t timeout)
{
    int got = receive(r, timeout);
    if (got < 0)
        return READER_FAILED;
    if (got == 0 && clock_system() - r->heard > READER_SILENCE_MS) {
        r->phase = WAITING;
        return READER_LOST;
    }
    if (got == 0)
        return READER_NOTHING;
    if (is_heartbeat(r))
        return heartbeat(r);
    int64_t seq = 0;
    if (is_alert(r) && message_int(r->in, "seq", &seq)) {
        /* With a prefix, numbers in between may belong to others: the next heartbeat decides. */
        if ((uint64_t)seq == r->high + 1)
            r->high = (uint64_t)seq;
        if (seen_before(r))
            return READER_NOTHING;
    }
    return READER_MESSAGE;
}

enum reader_end reader_next(struct reader *r, ms_t timeout)
{
    if (stop_asked())
        return READER_FAILED;
    switch ((enum phase)r->phase) {
    case WAITING:
        return next_waiting(r, timeout);
    case RECALLING:
    case JOINING:
    case HEALING:
        return next_answer(r);
    case LIVE:
        break;
    }
    return next_live(r, timeout);
}

bool reader_open(struct reader *r, const char *out, const char *query, char *const *prefixes,
                 uint32_t n, ms_t timeout)
{
    CHECK(n <= READER_PREFIXES_MAX);
    int zero = 0, most = 100000;
    zmq_msg_init(&r->frame[0]);
    zmq_msg_init(&r->frame[1]);
    r->context = zmq_ctx_new();
    r->socket = r->context != NULL ? zmq_socket(r->context, ZMQ_SUB) : NULL;
    if (r->socket == NULL || zmq_setsockopt(r->socket, ZMQ_LINGER, &zero, sizeof(zero)) != 0 ||
        zmq_setsockopt(r->socket, ZMQ_RCVHWM, &most, sizeof(most)) != 0)
        return complain(out);
    if (!keyring_show(r->socket))
        return false;
    r->prefixes = n > 0 ? n : 1;
    r->prefix[0] = "";
    for (uint32_t i = 0; i < r->prefixes; i++) {
        r->prefix[i] = n > 0 ? prefixes[i] : "";
        if (!subscribe(r, r->prefix[i]))
            return complain(out);
    }
    if (!subscribe(r, TOPIC_HEARTBEAT) || zmq_connect(r->socket, out) != 0)
        return complain(out);
    if (!ask_open(&r->ask, r->context, query, timeout))
        return false;
    r->ask.forgives = err_name(ERR_NOT_COVERED);
    r->heard = clock_system();
    while (r->phase == WAITING) {
        if (next_waiting(r, SLICE_MS) == READER_FAILED)
            return false;
        if (r->phase == WAITING && clock_system() - r->heard >= timeout) {
            char duration[PHRASE_MAX];
            phrase_duration(duration, timeout, words_lang());
            word_error(W_E_NO_ANSWER, out, duration, NULL);
            return false;
        }
    }
    return true;
}

void reader_close(struct reader *r)
{
    ask_close(&r->ask);
    if (r->socket != NULL)
        zmq_close(r->socket);
    zmq_msg_close(&r->frame[0]);
    zmq_msg_close(&r->frame[1]);
    if (r->context != NULL)
        while (zmq_ctx_term(r->context) != 0 && errno == EINTR)
            continue;
    r->socket = r->context = NULL;
}

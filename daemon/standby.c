#include "daemon/standby.h"

#include "daemon/durable.h"
#include "daemon/security.h"
#include "proto/encode.h"
#include "proto/topic.h"

enum {
    HEARD_A_TURN = 256,
    PRIMARY_BYTES_MAX = 65536, /* of one of its messages */
    ALIVE_MS = 3000,           /* it is, when it was heard so lately */
};

bool standby_init(struct standby *s, const struct config *config, struct outlet *outlet,
                  struct log *log, uint64_t now)
{
    zmq_msg_init(&s->topic);
    zmq_msg_init(&s->payload);
    s->configured = s->on = config->standby;
    s->outlet = outlet;
    s->config = config;
    s->log = log;
    s->looked = s->now = now;
    if (!s->on)
        return true;
    outlet->standby = s;
    return echoes_init(&s->echoes);
}

/* --- alerts of ours ------------------------------------------------------------------------- */

/* Where the envelope's seq stands, which is known only when it is published: UINT64_MAX holds its
 * place, nine bytes long, before any text of others. */
static char *seq_of(char *message, size_t n)
{
    static const char mark[] = "\xa3seq\xcf\xff\xff\xff\xff\xff\xff\xff\xff";
    char *p = memmem(message, n, mark, sizeof mark - 1);
    CHECK(p != NULL);
    return p + 5;
}

/* A message into the outlet's buffer, with the number that comes next; quiet: nobody is told. */
static void leave(struct standby *s, const char *bytes, uint32_t topic_n, uint32_t n, bool quiet)
{
    struct outlet *o = s->outlet;
    struct topic topic;
    CHECK(topic_n <= sizeof topic.text && n <= sizeof o->buf);
    memcpy(topic.text, bytes, topic_n);
    topic.len = topic_n;
    memmove(o->buf, bytes + topic_n, n);
    uint64_t seq = outlet_alert_seq(o);
    char *at = seq_of(o->buf, n);
    for (int i = 0; i < 8; i++)
        at[i] = (char)(seq >> (56 - 8 * i));
    outlet_tell(o, &topic, n, quiet);
}

/* It waits no more: it is kept, in the record too, and at a takeover told. */
static void take_leave(struct standby *s, const struct echo *x, bool quiet)
{
    leave(s, x->bytes, x->topic, x->rest, quiet);
    s->told += !quiet;
    echoes_drop(&s->echoes, x);
}

void standby_alert(struct standby *s, const struct alert *alert)
{
    struct outlet *o = s->outlet;
    char bytes[TOPIC_BYTES_MAX + ALERT_BYTES_MAX];
    struct topic topic;
    int n = outlet_alert(o, alert, UINT64_MAX);
    if (n < 0)
        return;
    topic_alert(&topic, &o->config->settings, alert);
    o->status->alerts_muted += alert->untold == ALERT_MUTED;
    /* About ourselves: the primary never tells the same. */
    if (alert->kind != ALERT_OPS && alert->untold == ALERT_TOLD &&
        echoes_ours(&s->echoes, alert->alert_id, alert->rev, s->now, o->step_seq, topic_str(&topic),
                    o->buf, (size_t)n))
        return;
    /* A muted repeat, which the primary does not tell, or one that it told before us. */
    memcpy(bytes, topic.text, topic.len);
    memcpy(bytes + topic.len, o->buf, (size_t)n);
    leave(s, bytes, topic.len, (uint32_t)n, true);
}

/* What the primary did not tell though it was there; and room for what comes. */
static void age(struct standby *s, uint64_t then)
{
    const struct echo *x;
    for (; (x = echoes_oldest(&s->echoes)) != NULL && x->since < then; s->unconfirmed++)
        take_leave(s, x, true);
    echoes_age(&s->echoes, then);
}

/* --- what the primary tells ----------------------------------------------------------------- */

static struct str name_in(const struct message *m, const char *key)
{
    struct str name = message_text(m, key);
    return name.len <= NAME_BYTES_MAX ? name : (struct str){"", 0};
}

/* Until when the message says that the alert is muted; 0: it is not. */
static ms_t muted_until(const struct message *m)
{
    bool for_good = false;
    int64_t until = 0;
    if (node_bool(message_find(m, "muted"), &for_good) && for_good)
        return MS_NEVER;
    return message_int(m, "muted", &until) ? until : 0;
}

/* What people told the primary about an alert holds here, too. */
static void take_remarks(struct standby *s, const struct message *m, const struct alert *ours)
{
    struct str acked = name_in(m, "acked_by"), muted_by = name_in(m, "muted_by");
    ms_t until = muted_until(m);
    if (acked.len > 0 && !str_equal(acked, ours->acked_by))
        s->attended += outlet_attend(s->outlet, ours, ATTEND_ACK, acked, MS_NEVER, NULL) == 0;
    muted_by = muted_by.len > 0 ? muted_by : ours->muted_by;
    if (until != ours->muted && muted_by.len > 0)
        s->attended += outlet_attend(s->outlet, ours, ATTEND_MUTE, muted_by, until, NULL) == 0;
}

static void attend(struct standby *s, const struct message *m, uint64_t id)
{
    struct alert alert;
    uint32_t at = 0;
    while (engine_alert_next(s->outlet->engine, &at, &alert)) {
        if (alert.alert_id != id)
            continue;
        take_remarks(s, m, &alert);
        return;
    }
}

static void hear_alert(struct standby *s, const struct message *m)
{
    uint64_t id;
    int64_t rev;
    if (!s->on || !alert_id_parse(message_text(m, "alert_id"), &id) ||
        !message_int(m, "rev", &rev) || rev < 0)
        return; /* a digest, or no alert */
    if (engine_has_remarks(s->outlet->engine) || message_find(m, "acked_by") != NULL ||
        message_find(m, "muted_by") != NULL)
        attend(s, m, id);
    const struct echo *x = echoes_theirs(&s->echoes, id, (uint64_t)rev, s->now);
    if (x != NULL)
        take_leave(s, x, true);
}

/* What its receivers wait for: theirs, should it be gone before they have it. */
static void take_undelivered(struct standby *s, const struct message *m)
{
    const struct node *all = message_find(m, "undelivered"), *key, *value;
    struct undelivered_list *list = &s->undelivered;
    uint32_t at = 0;
    struct str name, id;
    int64_t rev;
    list->n = 0;
    s->upto = s->outlet->bus->recent.next;
    while (all != NULL && list->n < UNDELIVERED_MAX && message_each(m, all, &at, &key, &value)) {
        struct undelivered *u = &list->at[list->n];
        if (!node_text(key, &name) || name.len > NAME_BYTES_MAX ||
            !node_text(message_find_in(m, value, "alert_id"), &id) ||
            !alert_id_parse(id, &u->alert_id) ||
            !node_int(message_find_in(m, value, "rev"), &rev) || rev < 0)
            continue;
        memcpy(u->receiver, name.p, name.len);
        u->receiver[name.len] = 0;
        u->rev = (uint64_t)rev;
        list->n++;
    }
}

static void hear_heartbeat(struct standby *s, const struct message *m)
{
    struct str run = message_text(m, "run");
    if (str_equal(run, str_of(s->outlet->bus->run))) {
        log_error(s->log, "no primary",
                  "error=\"primary.out is our own socket; name the other machine's\"");
        return;
    }
    s->silent = 0;
    if (s->on) {
        take_undelivered(s, m);
        return;
    }
    s->both = true;
    char text[LOG_TEXT_MAX];
    log_error(s->log, "two primaries",
              "run=%s error=\"the other daemon publishes as well; end it, or start it with "
              "standby: true\"",
              log_text(text, run));
}

void standby_receive(struct standby *s)
{
    struct zsock *z = &s->primary;
    struct message m;
    for (int i = 0; i < HEARD_A_TURN && zsock_receive(z, &s->topic) == 1; i++) {
        const char *topic = zmq_msg_data(&s->topic);
        bool alert = zmq_msg_size(&s->topic) > 6 && memcmp(topic, "alert.", 6) == 0;
        bool whole = zmq_msg_more(&s->topic) && zsock_receive(z, &s->payload) == 1;
        bool fine = whole && !zmq_msg_more(&s->payload) &&
                    message_parse(&m, s->nodes, STANDBY_NODES, zmq_msg_data(&s->payload),
                                  zmq_msg_size(&s->payload)) == 0;
        while (whole && zmq_msg_more(&s->payload) && zsock_receive(z, &s->payload) == 1)
            ;
        if (!fine)
            log_warning(s->log, "primary not understood", "bytes=%llu",
                        (unsigned long long)zmq_msg_size(&s->payload));
        else if (alert)
            hear_alert(s, &m);
        else
            hear_heartbeat(s, &m);
    }
    if (s->outlet->durable != NULL)
        durable_release(s->outlet->durable); /* what is kept of these need not wait for news */
}

bool standby_open(struct standby *s, uv_loop_t *loop, void *zmq, zsock_cb *ready, void *data)
{
    const struct zsock_options options = {
        .message_max = PRIMARY_BYTES_MAX, .send_max = 100, .receive_max = 4096};
    const struct config *c = s->config;
    const char *why;
    struct curve_pair own;
    if (!s->on || c->primary.n == 0)
        return true;
    int err = zsock_open(&s->primary, loop, zmq, ZMQ_SUB, &options, ready, data);
    for (uint32_t i = 0; i < c->primary.n && err == 0; i++) {
        const struct security_publisher *p = security_publisher(c->security, c->primary.at[i]);
        if (p != NULL && !curve_read(c->server_key, &own, &why)) {
            log_error(s->log, "no server key", "file=%s error=\"%s\"", c->server_key, why);
            return false;
        }
        err = p == NULL ? 0 : zsock_show(&s->primary, &own, p->key);
        if (p != NULL)
            curve_forget(&own);
        if (err == 0)
            err = zsock_connect(&s->primary, c->primary.at[i]);
        log_info(s->log, "standing by", "primary=%s gone_after_ms=%lld%s", c->primary.at[i],
                 (long long)c->primary_gone, p == NULL ? "" : " curve=yes");
    }
    err = err == 0 ? zsock_subscribe(&s->primary, TOPIC_HEARTBEAT) : err;
    err = err == 0 ? zsock_subscribe(&s->primary, "alert.") : err;
    if (err != 0)
        log_error(s->log, "socket failed", "socket=primary error=\"%s\"", zmq_strerror(-err));
    return err == 0;
}

/* --- turns ---------------------------------------------------------------------------------- */

void standby_take_over(struct standby *s, const char *why)
{
    const struct echo *x;
    if (!s->on)
        return;
    s->on = false;
    s->took_over_at = s->outlet->at;
    while ((x = echoes_oldest(&s->echoes)) != NULL)
        take_leave(s, x, false);
    if (s->outlet->durable != NULL)
        durable_release(s->outlet->durable);
    outlet_begin(s->outlet, s->now);
    log_warning(s->log, "took over", "reason=%s silent_ms=%llu alerts=%llu", why,
                (unsigned long long)s->silent, (unsigned long long)s->told);
}

void standby_work(struct standby *s, uint64_t now)
{
    s->now = now;
    if (!s->configured || s->primary.socket == NULL)
        return;
    uint64_t step = now - s->looked;
    s->silent += step < STANDBY_LOOK_MS ? step : STANDBY_LOOK_MS;
    s->looked = now;
    if (s->silent >= ALIVE_MS)
        s->both = false;
    if (!s->on)
        return;
    if (s->silent < ALIVE_MS && now > STANDBY_SETTLED_MS)
        age(s, now - STANDBY_SETTLED_MS);
    if (s->config->primary_gone > 0 && s->silent >= (uint64_t)s->config->primary_gone)
        standby_take_over(s, "silence");
}

uint64_t standby_deadline(const struct standby *s)
{
    if (!s->configured || s->primary.socket == NULL)
        return UINT64_MAX;
    uint64_t left = STANDBY_LOOK_MS, gone = (uint64_t)s->config->primary_gone;
    if (s->on && gone > s->silent && gone - s->silent < left)
        left = gone - s->silent;
    return s->looked + left;
}

void standby_status(const struct standby *s, struct status_standby *ret)
{
    *ret = (struct status_standby){
        .configured = s->configured,
        .on = s->on,
        .both = s->both,
        .listens = s->primary.socket != NULL,
        .silent_ms = s->silent,
        .waiting = s->echoes.waiting,
        .confirmed = s->echoes.confirmed,
        .unconfirmed = s->unconfirmed,
        .unknown = s->echoes.unknown,
        .lost = s->echoes.lost,
        .told = s->told,
        .attended = s->attended,
        .took_over_at = s->took_over_at,
    };
}

/* --- life ----------------------------------------------------------------------------------- */

static void on_closed(struct zsock *z)
{
    struct standby *s = z->data;
    s->closed(s);
}

void standby_close(struct standby *s, void (*closed)(struct standby *s))
{
    s->closed = closed;
    s->primary.data = s;
    if (s->primary.socket != NULL)
        zsock_close(&s->primary, on_closed);
    else
        closed(s);
}

void standby_fini(struct standby *s)
{
    echoes_fini(&s->echoes);
    zmq_msg_close(&s->topic);
    zmq_msg_close(&s->payload);
}

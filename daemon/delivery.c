#include "daemon/delivery.h"

#include "core/err.h"
#include "daemon/place.h"
#include "daemon/receipt.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDED_A_TURN = 64, LOOKED_AT_A_TURN = 512 };

/* --- bodies ---------------------------------------------------------------------------------- */

/* false: no room; the body is as it was. */
static bool body_add(struct delivery_to *to, const char *a, const char *b, const char *c)
{
    size_t room = DELIVERY_BODY_MAX - to->body_n;
    int n = snprintf(to->body + to->body_n, room, "%s%s%s", a, b, c);
    if (n < 0 || (size_t)n + 8 > room) /* the end of the body must fit too */
        return false;
    to->body_n += (size_t)n;
    return true;
}

static void body_begin(struct delivery_to *to, ms_t at)
{
    to->body_at = at;
    to->body_n = 0;
    to->body[0] = 0;
    to->count = 0;
    to->is_again = false;
    bool fits = body_add(
        to, receiver_is_manager(&to->receiver) ? "" : "{\"version\":1,\"alerts\":", "[", "");
    CHECK(fits);
}

static void body_end(struct delivery_to *to)
{
    memcpy(to->body + to->body_n, "]}", 3);
    to->body_n += receiver_is_manager(&to->receiver) ? 1 : 2;
    to->body[to->body_n] = 0;
}

static bool body_alert(struct delivery_to *to, const char *labels, const char *rest, ms_t ends)
{
    char text[NOTICE_LABELS_MAX + NOTICE_BYTES_MAX], time[NOTICE_TIME_MAX];
    int n = snprintf(text, sizeof text, "{\"labels\":%s,%s", labels, rest);
    CHECK(n > 0 && (size_t)n < sizeof text);
    const char *comma = to->body[to->body_n - 1] == '[' ? "" : ",";
    char end[NOTICE_TIME_MAX + 16];
    snprintf(end, sizeof end, ",\"endsAt\":\"%s\"}", notice_time(time, ends));
    return body_add(to, comma, text, end);
}

static ms_t lives_until(const struct delivery_to *to, ms_t at)
{
    return at + DELIVERY_LIVES * to->receiver.resend;
}

enum added { ADDED, NOT_FOR_IT, NO_ROOM, TOO_LARGE };

/* One message as an alert of Alertmanager's. wanted: by its prefixes. */
static enum added add_notice(struct delivery_to *to, const struct message *m, bool wanted, ms_t at)
{
    char labels[NOTICE_LABELS_MAX], rest[NOTICE_BYTES_MAX];
    struct notice notice;
    if (!notice_read(m, &notice) || notice.id.len == 0) /* a digest sums up what it has anyway */
        return NOT_FOR_IT;
    uint64_t id = told_id(notice.id);
    const struct told *was = told_find(&to->told, id);
    if (!wanted && was == NULL)
        return NOT_FOR_IT;
    int n = notice_labels(m, labels, sizeof labels - 1);
    int more = notice_rest(m, rest, sizeof rest - 1);
    if (n < 0 || more < 0)
        return TOO_LARGE;
    labels[n] = 0;
    rest[more] = 0;
    size_t before = to->body_n;
    bool other = was != NULL && strcmp(was->labels, labels) != 0; /* for it that is another alert */
    bool fits = !other || body_alert(to, was->labels, was->rest, notice.active ? at : notice.ends);
    if (fits && (notice.active || !other))
        fits = body_alert(to, labels, rest, notice.active ? lives_until(to, at) : notice.ends);
    if (!fits) {
        to->body_n = before;
        to->body[before] = 0;
        return NO_ROOM;
    }
    to->last_id = id;
    if (notice.active)
        told_keep(&to->told, id, labels, rest);
    else
        told_forget(&to->told, id);
    return ADDED;
}

static enum added add_json(struct delivery_to *to, const struct message *m)
{
    struct emitter em;
    bool first = to->body[to->body_n - 1] == '[';
    size_t room = DELIVERY_BODY_MAX - to->body_n;
    if (room < 16)
        return NO_ROOM;
    char *at = to->body + to->body_n + !first;
    emit_start(&em, SINK_JSON, at, room - 8);
    message_emit(m, m->node, &em, NULL);
    int n = emit_finish(&em);
    if (n < 0) {
        to->body[to->body_n] = 0;
        return NO_ROOM;
    }
    if (!first)
        to->body[to->body_n] = ',';
    to->body_n += (size_t)n + !first;
    to->body[to->body_n] = 0;
    return ADDED;
}

static enum added add_message(struct delivery_to *to, struct str topic, struct str bytes, ms_t at)
{
    bool wanted = receiver_wants(&to->receiver, topic);
    struct message m;
    if (!wanted && !receiver_is_manager(&to->receiver))
        return NOT_FOR_IT;
    int err = message_parse(&m, to->delivery->nodes, MESSAGE_NODES_MAX, bytes.p, bytes.len);
    CHECK(err == 0); /* it is our own */
    if (receiver_is_manager(&to->receiver))
        return add_notice(to, &m, wanted, at);
    return message_text(&m, "untold").len > 0 ? NOT_FOR_IT : add_json(to, &m);
}

/* Its place is not kept any more: it goes on at the first one that is. */
static void lose(struct delivery_to *to, uint64_t first)
{
    uint64_t lost = first - to->next;
    to->delivery->counts->lost += lost;
    log_error(to->delivery->log, "alerts not delivered",
              "receiver=%s lost=%llu error=\"more than alerts_kept were waiting\"",
              to->receiver.name, (unsigned long long)lost);
    to->next = first;
}

/* One alert into the body. false: it begins the next one. */
static bool gather_one(struct delivery_to *to, const struct lookup_alert *alert, ms_t at)
{
    enum added added = add_message(to, alert->topic, alert->message, at);
    to->count += added == ADDED;
    if (added == NO_ROOM && to->count > 0)
        return false;
    if (added == NO_ROOM || added == TOO_LARGE) {
        to->delivery->counts->refused++;
        log_error(to->delivery->log, "alert not delivered", "receiver=%s error=\"too large\"",
                  to->receiver.name);
    }
    return true;
}

/* What follows the place of the receiver, as much as one POST takes. */
static void gather(struct delivery_to *to, ms_t at)
{
    struct delivery *d = to->delivery;
    struct lookup_alert alert;
    body_begin(to, at);
    uint32_t most = to->next <= to->single ? 1 : DELIVERY_BATCH;
    uint64_t seq = to->next;
    for (int i = 0; i < LOOKED_AT_A_TURN && to->count < most; i++) {
        enum backlog_end end = backlog_read(&to->backlog, d->outlet, d->post.loop, seq, &alert);
        to->waits = end == BACKLOG_WAITS;
        if (end == BACKLOG_GAP && seq == to->next) {
            lose(to, alert.number);
            seq = to->next;
            continue;
        }
        if (end != BACKLOG_ALERT || !gather_one(to, &alert, at))
            break;
        seq++;
    }
    to->upto = seq - 1;
}

/* --- one POST after the other ----------------------------------------------------------------- */

static void fail(struct delivery_to *to, uint64_t now, const char *why)
{
    struct delivery *d = to->delivery;
    char answer[LOG_TEXT_MAX];
    uint64_t backoff = to->backoff == 0 ? DELIVERY_BACKOFF_MIN : 2 * to->backoff;
    to->backoff = backoff < DELIVERY_BACKOFF_MAX ? backoff : DELIVERY_BACKOFF_MAX;
    to->failing = to->failing == 0 ? now : to->failing;
    snprintf(to->why, sizeof to->why, "%s", why);
    to->retry_due = now + to->backoff;
    d->counts->failed++;
    log_warning(d->log, "delivery failed", "receiver=%s error=\"%s\" answer=%s retry_ms=%llu",
                to->receiver.name, why, log_text(answer, str_of(to->request.answer)),
                (unsigned long long)to->backoff);
}

/* This POST is behind it. */
static void go_on(struct delivery_to *to)
{
    if (to->is_again)
        to->again = to->again_upto + 1;
    else
        to->next = to->upto + 1;
    to->body_n = 0;
}

/* One alert that it will not have, now or later: it does not hold it, and is not told again. */
static void leave_out(struct delivery_to *to, long status)
{
    struct delivery *d = to->delivery;
    char answer[LOG_TEXT_MAX];
    d->counts->refused++;
    log_error(d->log, "alert refused", "receiver=%s status=%ld answer=%s", to->receiver.name,
              status, log_text(answer, str_of(to->request.answer)));
    told_forget(&to->told, to->is_again ? to->again_upto : to->last_id);
    go_on(to);
}

/* It refuses some of these: one by one, so that the others are not lost with them. */
static void split(struct delivery_to *to)
{
    if (to->is_again)
        to->again_single = true;
    else
        to->single = to->upto;
    to->body_n = 0;
}

static void on_done(struct post_request *r, long status, const char *why)
{
    struct delivery_to *to = r->data;
    struct delivery *d = to->delivery;
    char text[96];
    enum receipt receipt = receipt_of(status);
    if (receipt == RECEIPT_LATER) {
        snprintf(text, sizeof text, "HTTP status %ld%s", status, receipt_advice(status));
        fail(to, uv_now(d->post.loop), status == 0 ? why : text);
        return;
    }
    if (to->backoff > 0)
        log_info(d->log, "delivery goes on", "receiver=%s", to->receiver.name);
    to->backoff = to->retry_due = to->failing = 0;
    if (receipt == RECEIPT_TAKEN) {
        d->counts->delivered += to->is_again ? 0 : to->count;
        go_on(to);
    } else if (to->count > 1) {
        split(to);
    } else {
        leave_out(to, status);
    }
}

/* Alerts that it takes for active, once more. false: all were told. */
static bool gather_again(struct delivery_to *to, ms_t at)
{
    const struct told *t;
    uint32_t most = to->again_single ? 1 : DELIVERY_BATCH;
    uint64_t from = to->again;
    body_begin(to, at);
    to->is_again = true;
    while (to->count < most && (t = told_from(&to->told, from)) != NULL &&
           body_alert(to, t->labels, t->rest, lives_until(to, at))) {
        to->again_upto = t->id;
        to->count++;
        from = t->id + 1;
    }
    return to->count > 0;
}

/* A few of the alerts that were active before the receiver was known. */
static void seed(struct delivery_to *to)
{
    struct outlet *o = to->delivery->outlet;
    struct topic topic;
    struct alert alert;
    struct message m;
    for (int i = 0; i < SEEDED_A_TURN; i++) {
        to->seeded = !outlet_alert_next(o, &to->seed_at, &alert);
        if (to->seeded)
            return;
        int n = outlet_alert(o, &alert, 0);
        if (n < 0 || message_parse(&m, to->delivery->nodes, MESSAGE_NODES_MAX, o->buf, (size_t)n))
            continue;
        topic_alert(&topic, &o->config->settings, &alert);
        body_begin(to, o->at);
        (void)add_notice(to, &m, receiver_wants(&to->receiver, topic_str(&topic)), o->at);
        to->body_n = 0; /* `told` is what this is for */
    }
}

/* Is there a body to be sent? One that waited for long says of what is active that it is over. */
static bool prepare(struct delivery_to *to, ms_t at, uint64_t now)
{
    if (to->body_n > 0 &&
        (!receiver_is_manager(&to->receiver) || at - to->body_at < to->receiver.resend))
        return true;
    to->body_n = 0;
    if (to->next < to->delivery->bus->recent.next) {
        gather(to, at);
        if (to->count > 0) {
            body_end(to);
            return true;
        }
        go_on(to); /* none of these was for it */
    }
    if (!receiver_is_manager(&to->receiver) || !to->seeded)
        return false;
    if (!to->telling_again && to->again_due <= now) {
        to->telling_again = true;
        to->again_single = false;
        to->again = 0;
        to->again_due = now + (uint64_t)to->receiver.resend;
    }
    if (!to->telling_again)
        return false;
    to->telling_again = gather_again(to, at);
    if (to->telling_again)
        body_end(to);
    else
        to->body_n = 0;
    return to->telling_again;
}

static void work(struct delivery_to *to, ms_t at, uint64_t now)
{
    const struct receiver *r = &to->receiver;
    char url[RECEIVER_URL_MAX + 32], token[TOKEN_BYTES_MAX + 1];
    bool manager = receiver_is_manager(&to->receiver);
    if (manager && !to->seeded && to->body_n == 0)
        seed(to);
    if (!prepare(to, at, now))
        return;
    size_t n = strlen(r->url);
    while (manager && r->url[n - 1] == '/')
        n--;
    snprintf(url, sizeof url, "%.*s%s", (int)n, r->url, manager ? "/api/v2/alerts" : "");
    memcpy(token, to->token.text, to->token.n);
    token[to->token.n] = 0;
    if (!post_send(&to->delivery->post, &to->request, url, to->token.n > 0 ? token : NULL, to->body,
                   to->body_n, r->timeout))
        fail(to, now, "no memory");
    explicit_bzero(token, sizeof token);
}

static void note_places(struct delivery *d)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct delivery_to *to = d->to[i];
        if (to->noted != to->next)
            place_note(d->outlet, &to->receiver, to->next - 1);
        to->noted = to->next;
    }
}

void delivery_work(struct delivery *d, ms_t at, uint64_t now)
{
    for (uint32_t i = 0; i < d->n; i++)
        if (!d->to[i]->request.busy && d->to[i]->retry_due <= now)
            work(d->to[i], at, now);
    note_places(d);
}

uint64_t delivery_deadline(const struct delivery *d)
{
    uint64_t due = UINT64_MAX;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct delivery_to *to = d->to[i];
        bool waits = to->body_n > 0 || to->next < d->bus->recent.next || to->telling_again ||
                     (receiver_is_manager(&to->receiver) && !to->seeded);
        uint64_t own = waits                                ? to->retry_due
                       : receiver_is_manager(&to->receiver) ? to->again_due
                                                            : UINT64_MAX;
        bool reads = to->waits && to->body_n == 0; /* the thread wakes the loop up */
        if (!to->request.busy && !reads && own < due)
            due = own;
    }
    return due;
}

/* --- life ------------------------------------------------------------------------------------- */

static void let_go(struct delivery *d, struct delivery_to *to)
{
    post_cancel(&d->post, &to->request);
    backlog_stop(&to->backlog);
    told_fini(&to->told);
    free(to->body);
    explicit_bzero(&to->token, sizeof to->token);
    free(to);
}

/* false: logged why, and *ret is untouched. */
static bool read_token(struct delivery *d, const struct receiver *r, struct token *ret)
{
    char why[GUARD_WHY_BYTES];
    struct token token;
    bool fine = token_load(&token, r->token_file, why);
    if (fine)
        *ret = token;
    else
        log_error(d->log, "no token", "receiver=%s error=\"%s\"", r->name, why);
    explicit_bzero(&token, sizeof token);
    return fine;
}

/* NULL: logged why. */
static struct delivery_to *take_on(struct delivery *d, const struct receiver *r)
{
    struct delivery_to *to = calloc(1, sizeof *to);
    if (to != NULL && read_token(d, r, &to->token))
        to->body = malloc(DELIVERY_BODY_MAX + 1);
    if (to == NULL || to->body == NULL) {
        log_error(d->log, "no receiver", "receiver=%s", r->name);
        free(to);
        return NULL;
    }
    to->delivery = d;
    to->receiver = *r;
    to->next = place_find(d->outlet, r, !d->opened);
    to->request.done = on_done;
    to->request.data = to;
    return to;
}

bool delivery_open(struct delivery *d, uv_loop_t *loop, struct outlet *outlet,
                   const struct receivers *receivers, struct log *log)
{
    *d = (struct delivery){.outlet = outlet, .bus = outlet->bus, .log = log, .data = d->data};
    d->counts = &outlet->status->deliveries;
    d->nodes = malloc(MESSAGE_NODES_MAX * sizeof *d->nodes);
    if (d->nodes == NULL || !post_open(&d->post, loop)) {
        log_error(log, "no deliveries", "error=\"no memory\"");
        return false;
    }
    bool fine = delivery_reload(d, receivers);
    d->opened = true;
    return fine;
}

/* The one that is here already, taken out of d->to; NULL: there is none. */
static struct delivery_to *keep_on(struct delivery *d, const struct receiver *r)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct delivery_to *to = d->to[i];
        if (to == NULL || !receiver_is_same(&to->receiver, r))
            continue;
        d->to[i] = NULL;
        if (strcmp(to->receiver.url, r->url) != 0) /* who is there, and the record, know nothing */
            to->noted = to->again_due = to->telling_again = 0;
        to->receiver = *r;
        to->retry_due = 0;                  /* what was wrong may have been put right */
        (void)read_token(d, r, &to->token); /* a faulty one leaves the old one in force */
        return to;
    }
    return NULL;
}

bool delivery_reload(struct delivery *d, const struct receivers *receivers)
{
    struct delivery_to *kept[RECEIVERS_MAX];
    uint32_t n = 0;
    bool fine = true;
    if (d->bus == NULL) /* a start with another configuration: it is opened with that one */
        return true;
    for (uint32_t i = 0; receivers != NULL && i < receivers->n; i++) {
        struct delivery_to *to = keep_on(d, &receivers->at[i]);
        if (to == NULL)
            to = take_on(d, &receivers->at[i]);
        if (to != NULL)
            kept[n++] = to;
        fine = fine && to != NULL;
    }
    for (uint32_t i = 0; i < d->n; i++)
        if (d->to[i] != NULL)
            let_go(d, d->to[i]);
    for (uint32_t i = 0; i < n; i++)
        d->to[i] = kept[i];
    d->n = n;
    return fine;
}

static void on_post_closed(struct post *p)
{
    struct delivery *d = p->data;
    d->closed(d);
}

void delivery_close(struct delivery *d, void (*closed)(struct delivery *d))
{
    d->closed = closed;
    note_places(d);
    for (uint32_t i = 0; i < d->n; i++)
        let_go(d, d->to[i]);
    d->n = 0;
    free(d->nodes);
    d->nodes = NULL;
    d->post.data = d;
    post_close(&d->post, on_post_closed);
}

#include "daemon/delivery.h"

#include "core/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDED_A_TURN = 64, SKIPPED_A_TURN = 4096 };

/* --- what an Alertmanager was told ----------------------------------------------------------- */

static uint32_t told_place(const struct delivery_to *to, uint64_t id)
{
    uint32_t low = 0, high = to->tolds;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (to->told[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct told *told_find(const struct delivery_to *to, uint64_t id)
{
    uint32_t i = told_place(to, id);
    return i < to->tolds && to->told[i].id == id ? &to->told[i] : NULL;
}

static void told_forget(struct delivery_to *to, uint64_t id)
{
    uint32_t i = told_place(to, id);
    if (i == to->tolds || to->told[i].id != id)
        return;
    free(to->told[i].labels);
    free(to->told[i].rest);
    memmove(&to->told[i], &to->told[i + 1], (to->tolds - i - 1) * sizeof to->told[0]);
    to->tolds--;
    to->again -= to->again > i;
}

/* Without memory it is not told again, and is over for Alertmanager after a while. */
static void told_keep(struct delivery_to *to, uint64_t id, const char *labels, const char *rest)
{
    char *copies[] = {strdup(labels), strdup(rest)};
    told_forget(to, id);
    if (to->tolds == to->told_cap && copies[0] != NULL && copies[1] != NULL) {
        uint32_t cap = to->told_cap == 0 ? 64 : 2 * to->told_cap;
        struct told *more = realloc(to->told, cap * sizeof *more);
        to->told_cap = more == NULL ? to->told_cap : cap;
        to->told = more == NULL ? to->told : more;
    }
    if (copies[0] == NULL || copies[1] == NULL || to->tolds == to->told_cap) {
        free(copies[0]);
        free(copies[1]);
        return;
    }
    uint32_t i = told_place(to, id);
    memmove(&to->told[i + 1], &to->told[i], (to->tolds - i) * sizeof to->told[0]);
    to->told[i] = (struct told){id, copies[0], copies[1]};
    to->tolds++;
    to->again += to->again > i;
}

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

static void body_begin(struct delivery_to *to)
{
    to->body_n = 0;
    to->body[0] = 0;
    to->count = 0;
    bool fits = body_add(
        to, to->receiver.kind == RECEIVER_WEBHOOK ? "{\"version\":1,\"alerts\":" : "", "[", "");
    CHECK(fits);
}

static void body_end(struct delivery_to *to)
{
    memcpy(to->body + to->body_n, "]}", 3);
    to->body_n += to->receiver.kind == RECEIVER_WEBHOOK ? 2 : 1;
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

/* One message as an alert of Alertmanager's. false: no room. */
static bool add_notice(struct delivery_to *to, const struct message *m, ms_t at)
{
    char labels[NOTICE_LABELS_MAX], rest[NOTICE_BYTES_MAX];
    struct notice notice;
    if (!notice_read(m, &notice))
        return true;
    int n = notice_labels(m, labels, sizeof labels - 1);
    int more = notice_rest(m, rest, sizeof rest - 1);
    if (n < 0 || more < 0) {
        log_error(to->delivery->log, "alert not delivered", "receiver=%s error=\"too large\"",
                  to->receiver.name);
        return true;
    }
    labels[n] = 0;
    rest[more] = 0;
    size_t before = to->body_n;
    uint64_t id = hash_str(0, notice.id);
    const struct told *was = notice.id.len > 0 ? told_find(to, id) : NULL;
    bool fits = true;
    if (was != NULL && strcmp(was->labels, labels) != 0) /* for it that is another alert */
        fits = body_alert(to, was->labels, was->rest, notice.active ? at : notice.ends);
    if (fits && (notice.active || was == NULL || strcmp(was->labels, labels) == 0))
        fits = body_alert(to, labels, rest, notice.active ? lives_until(to, at) : notice.ends);
    if (!fits) {
        to->body_n = before;
        to->body[before] = 0;
        return false;
    }
    if (notice.active && notice.id.len > 0)
        told_keep(to, id, labels, rest);
    else
        told_forget(to, id);
    return true;
}

static bool add_json(struct delivery_to *to, struct str message)
{
    char *at = to->body + to->body_n;
    size_t room = DELIVERY_BODY_MAX - to->body_n;
    bool first = at[-1] == '[';
    if (room < 16)
        return false;
    int n = json_from_msgpack(at + !first, room - 8, to->delivery->nodes, MESSAGE_NODES_MAX,
                              message.p, message.len);
    if (n < 0) {
        at[0] = 0;
        return false;
    }
    if (!first)
        at[0] = ',';
    to->body_n += (size_t)n + !first;
    to->body[to->body_n] = 0;
    return true;
}

static bool add_message(struct delivery_to *to, struct str message, ms_t at)
{
    struct message m;
    if (to->receiver.kind == RECEIVER_WEBHOOK)
        return add_json(to, message);
    int err = message_parse(&m, to->delivery->nodes, MESSAGE_NODES_MAX, message.p, message.len);
    CHECK(err == 0); /* it is our own */
    return add_notice(to, &m, at);
}

/* What follows the place of the receiver, as much as one POST takes. */
static void gather(struct delivery_to *to, ms_t at)
{
    const struct recent *recent = &to->delivery->bus->recent;
    struct str topic, message;
    if (to->next < recent->first) {
        uint64_t lost = recent->first - to->next;
        to->delivery->counts->lost += lost;
        log_error(to->delivery->log, "alerts not delivered",
                  "receiver=%s lost=%llu error=\"more than alerts_kept were waiting\"",
                  to->receiver.name, (unsigned long long)lost);
        to->next = recent->first;
    }
    body_begin(to);
    uint64_t seq = to->next;
    for (int i = 0; i < SKIPPED_A_TURN && to->count < DELIVERY_BATCH; i++, seq++) {
        if (!recent_get(recent, seq, &topic, &message))
            break;
        if (!receiver_wants(&to->receiver, topic))
            continue;
        if (to->count > 0 && seq <= to->single)
            break;
        if (!add_message(to, message, at)) {
            if (to->count > 0)
                break; /* it begins the next one */
            log_error(to->delivery->log, "alert not delivered", "receiver=%s error=\"too large\"",
                      to->receiver.name);
            continue;
        }
        to->count++;
    }
    to->upto = seq - 1;
}

/* --- one POST after the other ----------------------------------------------------------------- */

static void fail(struct delivery_to *to, uint64_t now, const char *why)
{
    struct delivery *d = to->delivery;
    char answer[LOG_TEXT_MAX];
    to->backoff = to->backoff == 0 ? DELIVERY_BACKOFF_MIN : 2 * to->backoff;
    if (to->backoff > DELIVERY_BACKOFF_MAX)
        to->backoff = DELIVERY_BACKOFF_MAX;
    to->retry_due = now + to->backoff;
    d->counts->failed++;
    log_warning(d->log, "delivery failed", "receiver=%s error=\"%s\" answer=%s retry_ms=%llu",
                to->receiver.name, why, log_text(answer, str_of(to->request.answer)),
                (unsigned long long)to->backoff);
}

/* It will not have it, now or later: one by one, so that the others are not lost with it. */
static void refused(struct delivery_to *to, long status)
{
    struct delivery *d = to->delivery;
    char answer[LOG_TEXT_MAX];
    if (to->count > 1) {
        to->single = to->upto;
        to->body_n = 0;
        return;
    }
    d->counts->refused += to->count;
    log_error(d->log, "alert refused", "receiver=%s status=%ld answer=%s", to->receiver.name,
              status, log_text(answer, str_of(to->request.answer)));
    to->next = to->count > 0 ? to->upto + 1 : to->next;
    to->body_n = 0;
}

static void on_done(struct post_request *r, long status, const char *why)
{
    struct delivery_to *to = r->data;
    struct delivery *d = to->delivery;
    char text[32];
    bool later = status == 0 || status == 408 || status == 429 || status >= 500;
    uint64_t now = uv_now(d->post.loop);
    if (status >= 200 && status < 300) {
        if (to->backoff > 0)
            log_info(d->log, "delivery goes on", "receiver=%s", to->receiver.name);
        to->backoff = to->retry_due = 0;
        to->body_n = 0;
        d->counts->delivered += to->count;
        to->next = to->count > 0 ? to->upto + 1 : to->next;
    } else if (later) {
        snprintf(text, sizeof text, "HTTP status %ld", status);
        fail(to, now, status == 0 ? why : text);
    } else {
        to->backoff = to->retry_due = 0;
        refused(to, status);
    }
}

/* Alerts that it takes for active, once more. false: all were told. */
static bool gather_again(struct delivery_to *to, ms_t at)
{
    body_begin(to);
    uint32_t first = to->again;
    while (to->again < to->tolds && to->again - first < DELIVERY_BATCH) {
        const struct told *t = &to->told[to->again];
        if (!body_alert(to, t->labels, t->rest, lives_until(to, at)))
            break;
        to->again++;
    }
    return to->again > first;
}

/* A few of the alerts that were active before the receiver was known. */
static void seed(struct delivery_to *to)
{
    struct outlet *o = to->delivery->outlet;
    struct alert alert;
    struct message m;
    for (int i = 0; i < SEEDED_A_TURN && !to->seeded; i++) {
        to->seeded = !engine_alert_next(o->engine, &to->seed_at, &alert);
        if (to->seeded)
            return;
        int n = outlet_alert(o, &alert, 0);
        if (n < 0 || message_parse(&m, to->delivery->nodes, MESSAGE_NODES_MAX, o->buf, (size_t)n))
            continue;
        body_begin(to);
        (void)add_notice(to, &m, o->at); /* `told` is what this is for */
        to->body_n = 0;
    }
}

static bool is_due(const struct delivery_to *to, uint64_t now)
{
    return !to->request.busy && to->retry_due <= now;
}

static bool prepare(struct delivery_to *to, ms_t at, uint64_t now)
{
    if (to->body_n > 0) /* what failed */
        return true;
    if (to->next < to->delivery->bus->recent.next) {
        gather(to, at);
        if (to->count > 0) {
            body_end(to);
            return true;
        }
        to->next = to->upto + 1; /* none of these was for it */
    }
    if (to->receiver.kind == RECEIVER_ALERTMANAGER && to->seeded) {
        if (to->again == to->tolds && to->again_due <= now) {
            to->again = 0;
            to->again_due = now + (uint64_t)to->receiver.resend;
        }
        if (to->again < to->tolds && gather_again(to, at)) {
            body_end(to);
            return true;
        }
    }
    to->body_n = 0;
    return false;
}

static void work(struct delivery_to *to, ms_t at, uint64_t now)
{
    const struct receiver *r = &to->receiver;
    char url[RECEIVER_URL_MAX + 32], token[TOKEN_BYTES_MAX + 1];
    bool manager = r->kind == RECEIVER_ALERTMANAGER;
    if (manager && !to->seeded)
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

void delivery_work(struct delivery *d, ms_t at, uint64_t now)
{
    for (uint32_t i = 0; i < d->n; i++)
        if (is_due(d->to[i], now))
            work(d->to[i], at, now);
}

uint64_t delivery_deadline(const struct delivery *d)
{
    uint64_t due = UINT64_MAX;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct delivery_to *to = d->to[i];
        bool manager = to->receiver.kind == RECEIVER_ALERTMANAGER;
        bool waits = to->body_n > 0 || to->next < d->bus->recent.next ||
                     (manager && (!to->seeded || to->again < to->tolds));
        uint64_t own = waits ? to->retry_due : manager ? to->again_due : UINT64_MAX;
        if (!to->request.busy && own < due)
            due = own;
    }
    return due;
}

/* --- life ------------------------------------------------------------------------------------- */

static void let_go(struct delivery *d, struct delivery_to *to)
{
    post_cancel(&d->post, &to->request);
    for (uint32_t i = 0; i < to->tolds; i++) {
        free(to->told[i].labels);
        free(to->told[i].rest);
    }
    free(to->told);
    free(to->body);
    explicit_bzero(&to->token, sizeof to->token);
    free(to);
}

/* NULL: logged why. */
static struct delivery_to *take_on(struct delivery *d, const struct receiver *r)
{
    char why[GUARD_WHY_BYTES] = "no memory";
    struct delivery_to *to = calloc(1, sizeof *to);
    char *body = malloc(DELIVERY_BODY_MAX + 1);
    if (to == NULL || body == NULL || !token_load(&to->token, r->token_file, why)) {
        log_error(d->log, "no receiver", "receiver=%s error=\"%s\"", r->name, why);
        free(to);
        free(body);
        return NULL;
    }
    to->delivery = d;
    to->receiver = *r;
    to->body = body;
    to->next = d->bus->recent.next; /* what came before was for others */
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
    return delivery_reload(d, receivers);
}

static bool is_same(const struct receiver *a, const struct receiver *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->url, b->url) == 0 && a->kind == b->kind;
}

bool delivery_reload(struct delivery *d, const struct receivers *receivers)
{
    struct delivery_to *kept[RECEIVERS_MAX];
    uint32_t n = 0;
    bool fine = true;
    for (uint32_t i = 0; receivers != NULL && i < receivers->n; i++) {
        const struct receiver *r = &receivers->at[i];
        uint32_t k = 0;
        while (k < d->n && (d->to[k] == NULL || !is_same(&d->to[k]->receiver, r)))
            k++;
        struct delivery_to *to = take_on(d, r); /* reads its token again, too */
        fine = fine && to != NULL;
        if (to != NULL && k < d->n) {
            struct delivery_to *was = d->to[k];
            was->token = to->token;
            was->receiver = *r;
            let_go(d, to);
            to = was;
            d->to[k] = NULL;
        }
        if (to != NULL)
            kept[n++] = to;
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
    for (uint32_t i = 0; i < d->n; i++)
        let_go(d, d->to[i]);
    d->n = 0;
    free(d->nodes);
    d->nodes = NULL;
    d->post.data = d;
    post_close(&d->post, on_post_closed);
}

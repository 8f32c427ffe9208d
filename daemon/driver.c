#include "daemon/driver.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    DRAIN_NS = 500000000, /* at most */
    DRAIN_QUIET_MS = 50,  /* then nothing is under way any more */
};

/* The loop's wall clock: read when first asked for in a turn. */
ms_t driver_now(struct driver *d)
{
    if (!d->clock_fresh) {
        clock_take(&d->clock, clock_system());
        if (d->clock.steps != d->status.clock_steps)
            log_warning(d->log, "clock set back", "ms=%lld", (long long)d->clock.behind);
        d->status.clock_steps = d->clock.steps;
        d->clock_fresh = true;
        d->turn_began = uv_hrtime();
        d->outlet.at = d->clock.now;
        log_at(d->log, d->clock.now);
    }
    return d->clock.now;
}

/* --- events --------------------------------------------------------------------------------- */

void driver_refused(struct driver *d, int err, struct str src, struct str id, uint32_t offset)
{
    char src_text[LOG_TEXT_MAX], id_text[LOG_TEXT_MAX];
    d->status.rejected[-err]++;
    log_warning(d->log, "event refused", "reason=%s src=%s id=%s offset=%u", err_name(err),
                log_text(src_text, src), log_text(id_text, id), offset);
}

/* What the engine thought of the events that it took. */
void driver_note(struct driver *d, const struct event *events, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (UNLIKELY(d->results[i].verdict == VERDICT_REFUSED)) {
            static const struct str none = {"", 0};
            const struct event *e = &events[i];
            driver_refused(d, d->results[i].err, event_has(e, F_SRC) ? e->src : none,
                           event_has(e, F_ID) ? e->id : none, 0);
        }
        if (events[i].ts > d->newest_ts) {
            d->newest_ts = events[i].ts;
            d->status.quality.behind_ms = ms_max(0, events[i].rts - events[i].ts);
        }
    }
}

/* Steps the engine over all of the events, publishing what comes out on the way: the alert of the
 * first need not wait for the last of a large batch. */
static void step(struct driver *d, const struct event *events, uint32_t n)
{
    durable_events(&d->durable, events, n);
    uint64_t began = uv_hrtime();
    while (n > 0) {
        uint32_t part = n < DRIVER_GATHER ? n : DRIVER_GATHER;
        uint32_t taken = engine_step(d->engine, events, part, d->results, &d->outbox);
        CHECK(taken > 0 || d->outbox.n > 0);
        driver_note(d, events, taken);
        if (d->outbox.n > 0)
            outlet_effects(&d->outlet, &d->outbox);
        events += taken;
        n -= taken;
    }
    histogram_add(&d->steps, uv_hrtime() - began);
}

/* Steps what was gathered and lets go of its messages. */
void driver_flush(struct driver *d)
{
    step(d, d->decoder.event, d->decoder.events);
    d->status.events += d->decoder.events;
    d->decoder.events = 0;
    for (uint32_t i = 0; i < d->held; i++) {
        zmq_msg_close(&d->message[i]);
        zmq_msg_init(&d->message[i]);
    }
    d->held = 0;
}

/* The frames behind the topic: exactly one, the payload. false: none or too many, all taken. */
static bool receive_payload(struct driver *d, struct zsock *z, zmq_msg_t *payload)
{
    if (!zmq_msg_more(&d->topic) || zsock_receive(z, payload) != 1)
        return false;
    if (LIKELY(!zmq_msg_more(payload)))
        return true;
    while (zmq_msg_more(payload) && zsock_receive(z, payload) == 1)
        ;
    return false;
}

/* May whoever sent the topic send events? Then the decoder knows for which sources. */
static bool may_send(struct driver *d, const struct zsock *z)
{
    const struct security_client *client = NULL;
    const struct security_publisher *publisher = NULL;
    const struct auth *a = &d->bus.auth;
    int err = 0;
    if (z == &d->bus.events[0])
        err = auth_sender(a, &d->topic, ROLE_EMIT, &client);
    else /* we connected to it: it is who its endpoint says */
        publisher =
            security_publisher(a->security, d->config.events_connect.at[z - d->bus.events - 1]);
    d->decoder.own = client != NULL ? &client->own : publisher != NULL ? &publisher->own : NULL;
    return err == 0;
}

/* One message into the batch at hand. false: there is none now. */
static bool receive_one(struct driver *d, struct zsock *z, ms_t now)
{
    static const struct str none = {"", 0};
    if (zsock_receive(z, &d->topic) != 1)
        return false;
    zmq_msg_t *payload = &d->message[d->held];
    d->status.messages++;
    if (!receive_payload(d, z, payload)) {
        driver_refused(d, ERR_NOT_MSGPACK, none, none, 0);
        return true;
    }
    struct decoder *dec = &d->decoder;
    if (UNLIKELY(d->bus.auth.guards) && !may_send(d, z)) {
        driver_refused(d, ERR_FORBIDDEN, none, none, 0);
        return true;
    }
    uint32_t before = dec->events;
    int err = decode_append(dec, zmq_msg_data(payload), zmq_msg_size(payload), now);
    if (UNLIKELY(err != 0))
        driver_refused(d, err, none, none, 0);
    for (uint32_t i = 0; i < dec->rejections; i++) {
        const struct rejection *r = &dec->rejection[i];
        driver_refused(d, r->err, r->src, r->id, r->offset);
    }
    d->held += dec->events > before; /* else its place is used again */
    if (d->held == DRIVER_GATHER || dec->events >= DRIVER_GATHER)
        driver_flush(d);
    return true;
}

/* When must this socket make room for the others? Who comes first may use up the turn's time, and
 * each of those behind still has its share: no publisher starves another. */
static uint64_t receive_until(const struct driver *d)
{
    uint64_t turn = d->turn_began + DRIVER_RECEIVE_NS;
    uint64_t share = uv_hrtime() + DRIVER_RECEIVE_NS / d->bus.events_n;
    return share > turn ? share : turn;
}

/* Messages for one turn: so many, or for so long, as one may hold thousands of events. */
static void receive(struct driver *d, struct zsock *z)
{
    ms_t now = driver_now(d);
    uint64_t end = receive_until(d);
    uint32_t i = 0;
    bool more = true;
    while (more && i++ < DRIVER_MESSAGES) {
        uint64_t stepped = d->status.events;
        more = receive_one(d, z, now);
        if (d->status.events != stepped && uv_hrtime() >= end)
            break;
    }
    driver_flush(d);
    d->behind |= more;
}

static void on_events(struct zsock *z)
{
    receive(z->data, z);
}

static void on_query(struct zsock *z)
{
    struct driver *d = z->data;
    driver_now(d);
    query_receive(&d->query, z);
}

static void on_primary(struct zsock *z)
{
    struct driver *d = z->data;
    driver_now(d);
    standby_receive(&d->standby);
}

/* --- http ----------------------------------------------------------------------------------- */

static ms_t begin_web(void *data)
{
    return driver_now(data);
}

/* An event that came over HTTP; NULL: one that could not be read, ret->err says why. */
static void take_event(void *data, const struct event *e, struct result *ret)
{
    static const struct str none = {"", 0};
    struct driver *d = data;
    if (e == NULL) {
        driver_refused(d, ret->err, none, none, 0);
        return;
    }
    step(d, e, 1);
    d->status.events++;
    *ret = d->results[0];
}

static void tell_journal(void *data, struct status_journal *ret)
{
    const struct driver *d = data;
    durable_status(&d->durable, ret);
}

/* --- turns ---------------------------------------------------------------------------------- */

/* Moves the engine's clock to ours and publishes what was due by then, or DRIVER_DUE of it: ten
 * thousand deadlines of one second must not hold up the events. false: there is more. */
static bool tick(struct driver *d)
{
    struct event e = {.kind = EV_TICK, .ts = driver_now(d), .rts = driver_now(d)};
    d->outbox.cap = DRIVER_DUE;
    durable_tick_begins(&d->durable, e.rts);
    bool done = engine_step(d->engine, &e, 1, d->results, &d->outbox) == 1;
    bool effects = d->outbox.n > 0;
    d->outbox.cap = DRIVER_EFFECTS;
    if (effects)
        outlet_effects(&d->outlet, &d->outbox);
    durable_tick_ends(&d->durable, e.rts, done, effects);
    return done;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* while it is active the loop does not sleep */
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer; /* it ends the sleep; the work is done where a turn ends */
}

/* How long may the loop sleep, in ms? Civil deadlines of the engine become a length of time
 * here; a clock that is set is noticed within DRIVER_SLEEP_MS. */
static uint64_t sleep_ms(const struct driver *d, uint64_t now)
{
    ms_t deadline = engine_deadline(d->engine);
    ms_t left = deadline == MS_NEVER ? DRIVER_SLEEP_MS : ms_max(1, deadline - d->clock.now);
    uint64_t due = outlet_deadline(&d->outlet);
    uint64_t query = query_deadline(&d->query, now), standby = standby_deadline(&d->standby);
    due = query < due ? query : due;
    due = standby < due ? standby : due;
    due = web_deadline(&d->web) < due ? web_deadline(&d->web) : due;
    if (!d->standby.on) {
        uint64_t delivery = delivery_deadline(&d->delivery), scores = scores_deadline(&d->scores);
        due = delivery < due ? delivery : due;
        due = scores < due ? scores : due;
    }
    left = ms_min(left, due > now ? (ms_t)(due - now) : 1);
    return (uint64_t)ms_min(left, DRIVER_SLEEP_MS);
}

/* What peers send faster than we hear of it, or in a way that we never do, ends with them. */
static void watch_memory(struct driver *d, uint64_t now)
{
    d->swell.bound = (uint64_t)d->config.sockets_memory << 20;
    if (swell_look(&d->swell, now))
        log_error(d->log, "sockets swollen", "memory=%lluM limit=%uM cut=%s",
                  (unsigned long long)(d->swell.heap >> 20), d->config.sockets_memory,
                  bus_shed(&d->bus));
    d->status.heap = d->swell.heap;
    d->status.swollen = d->swell.cuts;
    d->status.jobs = d->query.jobs;
}

/* The end of a turn, before the loop sleeps. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct driver *d = prepare->data;
    uv_update_time(d->loop);
    uint64_t now = uv_now(d->loop);
    bool done = tick(d);
    /* A slice may cost more than the events of a turn: while these wait, most turns do without. */
    bool calm = !d->behind || ++d->put_off == DRIVER_PUT_OFF;
    standby_work(&d->standby, now);
    if (calm) {
        outlet_work(&d->outlet, d->clock.now, now);
        if (!d->standby.on)
            scores_work(&d->scores, d->clock.now, now);
        sampler_work(&d->sampler, &d->outlet, d->clock.now);
        d->put_off = 0;
    }
    d->behind = false;
    query_work(&d->query, now);
    watch_memory(d, now);
    web_work(&d->web, now, calm);
    handover_work(&d->handover, d->clock.now, now);
    pages_tend(&d->pages, now);
    for (uint32_t i = 0; i < d->bus.events_n; i++)
        zsock_pause(&d->bus.events[i], durable_behind(&d->durable));
    lookout_work(&d->lookout, d->clock.now, now);
    durable_work(&d->durable, d->clock.now, now);
    durable_status(&d->durable, &d->status.journal);
    recorder_status(&d->durable.record, &d->status.record);
    recorder_thin(&d->durable.record, d->clock.now);
    if (!done || outlet_busy(&d->outlet) || sampler_busy(&d->sampler) || scores_busy(&d->scores) ||
        web_busy(&d->web) || query_deadline(&d->query, now) == now) {
        uv_idle_start(&d->idle, on_idle);
    } else {
        uv_idle_stop(&d->idle);
        uv_timer_start(&d->timer, on_timer, sleep_ms(d, now), 0);
    }
    uint64_t took = (uv_hrtime() - d->turn_began) / 1000;
    histogram_add(&d->turns_took, took * 1000);
    if (took > d->status.longest_us)
        d->status.longest_us = took;
    d->status.turns++;
    d->clock_fresh = false;
}

/* --- life ----------------------------------------------------------------------------------- */

bool driver_open(struct driver *d, uv_loop_t *loop, void *zmq)
{
    d->loop = loop;
    d->status.started_at = driver_now(d);
    d->status.version = str_of(TP_VERSION);
    if (!driver_begin(d))
        return false;
    pages_open(&d->pages, d->engine);
    if (!bus_open(&d->bus, loop, zmq, &d->config, &d->status.peers, on_events, on_query,
                  driver_ingest))
        return false;
    uv_prepare_init(loop, &d->prepare);
    uv_timer_init(loop, &d->timer);
    uv_idle_init(loop, &d->idle);
    d->handles = 6;
    d->prepare.data = d->timer.data = d->idle.data = d;
    uv_prepare_start(&d->prepare, on_prepare);
    log_info(d->log, "engine", "address_space=%lluM rules=%u windows=%u",
             (unsigned long long)(d->memory_bytes >> 20), d->config.settings.rules,
             d->config.settings.windows);
    if (!driver_resume(d) || !standby_open(&d->standby, loop, zmq, on_primary, d))
        return false;
    const struct web_parts parts = {loop,       &d->config, d->log,       &d->query,
                                    &d->outlet, &d->status, &d->steps,    &d->turns_took,
                                    begin_web,  take_event, tell_journal, d};
    if (!web_open(&d->web, &parts) ||
        !delivery_open(&d->delivery, loop, &d->outlet, d->config.receivers, d->log))
        return false;
    handover_init(&d->handover, &d->delivery, &d->standby);
    d->clock_fresh = false; /* the start is no turn */
    return true;
}

bool driver_reload(struct driver *d, struct config *next, const char **ret_why)
{
    while (!tick(d))
        ;
    /* Every active alert may be cancelled, and the engine applies all or nothing. */
    struct outbox out = {.cap = outlet_active(&d->outlet) + DRIVER_EFFECTS};
    out.effects = malloc(out.cap * sizeof *out.effects);
    if (out.effects == NULL) {
        *ret_why = "no memory";
        return false;
    }
    bool fine = engine_apply(d->engine, &next->settings, &out, ret_why) == 0;
    if (fine) {
        durable_terms(&d->durable, next);
        outlet_effects(&d->outlet, &out); /* by the old rules: it still shows those */
        bool cut = security_revokes(d->config.security, next->security);
        scores_forget(&d->scores);
        config_fini(&d->config);
        config_move(&d->config, next);
        scores_reload(&d->scores);
        query_reload(&d->query);
        d->decoder.own = NULL; /* the old clients are gone */
        bus_secure(&d->bus, d->config.security, cut);
        tick(d);
        web_reload(&d->web);
        delivery_reload(&d->delivery, d->config.receivers);
    }
    free(out.effects);
    return fine;
}

void driver_drain(struct driver *d)
{
    uint64_t end = uv_hrtime() + DRAIN_NS;
    zmq_pollitem_t items[BUS_EVENTS_MAX];
    int n = (int)d->bus.events_n;
    for (int i = 0; i < n; i++)
        items[i] = (zmq_pollitem_t){.socket = d->bus.events[i].socket, .events = ZMQ_POLLIN};
    do
        for (int i = 0; i < n; i++)
            receive(d, &d->bus.events[i]);
    while (uv_hrtime() < end && zmq_poll(items, n, DRAIN_QUIET_MS) > 0);
    while (!tick(d))
        ;
    concerns_end(&d->lookout.concerns, d->clock.now);
    outlet_flush(&d->outlet);
    if (d->bus.ingest.socket != NULL)
        driver_ingest(&d->bus.ingest);
    durable_settle(&d->durable);
}

static void on_durable_closed(void *data)
{
    struct driver *d = data;
    d->closed(d);
}

static void on_bus_closed(struct bus *b)
{
    struct driver *d = b->data;
    durable_close(&d->durable, on_durable_closed);
}

static void part_closed(struct driver *d)
{
    if (--d->handles == 0)
        bus_close(&d->bus, on_bus_closed);
}

static void on_handle_closed(uv_handle_t *handle)
{
    part_closed(handle->data);
}

static void on_web_closed(struct web *w)
{
    part_closed(w->data);
}

static void on_delivery_closed(struct delivery *delivery)
{
    part_closed(delivery->data);
}

static void on_standby_closed(struct standby *s)
{
    part_closed(s->data);
}

void driver_close(struct driver *d, void (*closed)(struct driver *d))
{
    d->closed = closed;
    d->bus.data = d;
    d->durable.data = d;
    bus_deafen(&d->bus);
    pages_close(&d->pages);
    if (d->handles == 0) {
        query_close(&d->query);
        bus_close(&d->bus, on_bus_closed);
        return;
    }
    uv_close((uv_handle_t *)&d->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&d->timer, on_handle_closed);
    uv_close((uv_handle_t *)&d->idle, on_handle_closed);
    d->web.data = d;
    web_close(&d->web, on_web_closed);
    d->delivery.data = d;
    delivery_close(&d->delivery, on_delivery_closed);
    query_close(&d->query);
    d->standby.data = d;
    standby_close(&d->standby, on_standby_closed);
}

void driver_free(struct driver *d)
{
    for (size_t i = 0; i < ARRAY_LEN(d->message); i++)
        zmq_msg_close(&d->message[i]);
    zmq_msg_close(&d->topic);
    if (d->memory != NULL)
        munmap(d->memory, d->memory_bytes);
    scores_forget(&d->scores);
    lookout_fini(&d->lookout);
    standby_fini(&d->standby);
    held_fini(&d->acks);
    if (d->wanted != NULL)
        config_fini(d->wanted);
    free(d->wanted);
    config_fini(&d->config);
    free(d);
}

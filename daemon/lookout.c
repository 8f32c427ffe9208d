#include "daemon/lookout.h"

#include <stdio.h>
#include <stdlib.h>

static const struct str daemon_itself = {"", 0};

void lookout_init(struct lookout *k, const struct engine *engine, const struct durable *durable,
                  const struct clock *clock, const struct config *config,
                  const struct delivery *delivery, struct log *log, ms_t at,
                  void (*tell)(void *data, struct effect *e), void *data)
{
    memset(k, 0, sizeof *k);
    concerns_init(&k->concerns, tell, data);
    k->engine = engine;
    k->durable = durable;
    k->clock = clock;
    k->config = config;
    k->delivery = delivery;
    k->log = log;
    k->began = at;
    k->known = engine_sources(engine);
    for (int i = 0; i < LIMIT_MET_N; i++)
        k->limit[i] = MS_NONE;
}

void lookout_fini(struct lookout *k)
{
    free(k->source);
    k->source = NULL;
    k->room = 0;
}

/* --- sources ------------------------------------------------------------------------------ */

/* Room for what is remembered of source `index`. NULL: no memory; it is looked at another time. */
static struct lookout_source *place(struct lookout *k, uint32_t index)
{
    if (index > k->room) {
        uint32_t room = index < 2 * k->room ? 2 * k->room : index + 15;
        struct lookout_source *p = realloc(k->source, (room + 1) * sizeof *p);
        if (p == NULL)
            return NULL;
        for (uint32_t i = k->room == 0 ? 0 : k->room + 1; i <= room; i++)
            p[i] = (struct lookout_source){.mark_at = MS_NONE, .lags = MS_NONE};
        k->source = p;
        k->room = room;
    }
    return &k->source[index];
}

/* Missing numbers that should have come by now. */
static void look_for_gaps(struct lookout *k, uint32_t index, const struct engine_source *s,
                          struct lookout_source *m, ms_t at)
{
    bool first = m->mark_at == MS_NONE;
    if (first || s->restarts != m->restarts) {
        if (!first)
            log_warning(k->log, "source restarted", "src=%.*s seq=%llu", (int)s->name.len,
                        s->name.p, (unsigned long long)s->last);
        m->lost = first && index <= k->known ? s->missing : m->lost;
        m->restarts = s->restarts;
        m->mark = s->last;
        m->mark_at = at;
        return;
    }
    if (at - m->mark_at < k->config->gap_after)
        return;
    uint64_t missing = engine_source_missing(k->engine, index, m->mark);
    m->mark = s->last;
    m->mark_at = at;
    m->lost = missing < m->lost ? missing : m->lost; /* some came after all */
    m->grew = missing > m->missed ? at : m->grew;
    m->missed = missing;
    if (missing > m->lost && at - m->grew >= LOOKOUT_GAP_KEPT_MS)
        m->lost = missing;
    if (missing > m->lost)
        concerns_raise(&k->concerns, OPS_GAP, s->name, (int64_t)(missing - m->lost), "", at);
    else
        concerns_clear(&k->concerns, OPS_GAP, s->name, at);
}

static void look_for_silence(struct lookout *k, const struct engine_source *s, ms_t at)
{
    ms_t most = s->beats ? k->config->silent_after : k->config->quiet_after;
    bool silent = most > 0 && s->heard != MS_NONE && at - ms_max(s->heard, k->began) >= most &&
                  at - s->heard < LOOKOUT_GONE_MS;
    if (silent)
        concerns_raise(&k->concerns, OPS_SILENT, s->name, at - s->heard, "", at);
    else
        concerns_clear(&k->concerns, OPS_SILENT, s->name, at);
}

static void look_for_lag(struct lookout *k, const struct engine_source *s, struct lookout_source *m,
                         ms_t at)
{
    ms_t most = k->config->lag_after;
    bool lags = most > 0 && s->heard != MS_NONE && s->heard >= k->began && s->lag > most &&
                at - s->heard < LOOKOUT_SPEAKS_MS;
    if (!lags) {
        m->lags = MS_NONE;
        concerns_clear(&k->concerns, OPS_LAG, s->name, at);
        return;
    }
    if (m->lags == MS_NONE)
        m->lags = at;
    if (at - m->lags >= LOOKOUT_LAG_FOR_MS)
        concerns_raise(&k->concerns, OPS_LAG, s->name, s->lag, "", at);
}

static void look_at_sources(struct lookout *k, ms_t at)
{
    uint32_t n = engine_sources(k->engine);
    for (uint32_t i = 0; i < LOOKOUT_AT_ONCE; i++, k->next++) {
        struct engine_source s;
        if (k->next > n) {
            k->next = 0;
            return;
        }
        struct lookout_source *m = place(k, k->next);
        if (m == NULL || !engine_source(k->engine, k->next, &s))
            continue;
        if (s.numbers)
            look_for_gaps(k, k->next, &s, m, at);
        look_for_silence(k, &s, at);
        look_for_lag(k, &s, m, at);
    }
}

/* --- the daemon itself -------------------------------------------------------------------- */

static void set(struct lookout *k, bool on, enum ops_kind what, int64_t value, const char *detail,
                ms_t at)
{
    if (on)
        concerns_raise(&k->concerns, what, daemon_itself, value, detail, at);
    else if (k->concerns.active[what] > 0)
        concerns_clear(&k->concerns, what, daemon_itself, at);
}

static void look_at_disk(struct lookout *k, ms_t at, uint64_t now)
{
    const struct durable *s = k->durable;
    struct durable_trouble t;
    durable_trouble(s, now, &t);
    set(k, t.unwritten, OPS_DISK, (int64_t)t.waiting_bytes, t.why, at);
    set(k, t.lost > 0, OPS_LOST, (int64_t)t.lost, "", at);
    set(k, t.damaged, OPS_DAMAGE, (int64_t)t.damage_lost, t.damage, at);
    set(k, t.failing_ms >= LOOKOUT_CHECKPOINT_MS, OPS_CHECKPOINT, (int64_t)t.failing_ms,
        t.failing_why, at);
    set(k, t.unrecorded, OPS_RECORD, (int64_t)t.unrecorded_bytes, t.unrecorded_why, at);
}

void lookout_limit(struct lookout *k, enum limit_met limit, ms_t at)
{
    k->limit[limit] = at;
    concerns_raise(&k->concerns, OPS_LIMIT, str_of(limit_met_name(limit)), 1, "", at);
}

static void look_at_limits(struct lookout *k, ms_t at)
{
    for (int i = 0; i < LIMIT_MET_N; i++) {
        if (k->limit[i] == MS_NONE || at - k->limit[i] < LOOKOUT_LIMIT_MS)
            continue;
        k->limit[i] = MS_NONE;
        concerns_clear(&k->concerns, OPS_LIMIT, str_of(limit_met_name((enum limit_met)i)), at);
    }
}

static bool is_receiver(const struct lookout *k, struct str name)
{
    for (uint32_t i = 0; i < k->delivery->n; i++)
        if (str_equal(str_of(k->delivery->to[i]->receiver.name), name))
            return true;
    return false;
}

static void look_at_receivers(struct lookout *k, ms_t at, uint64_t now)
{
    struct alert alert;
    for (uint32_t i = 0; i < k->delivery->n; i++) {
        const struct delivery_to *to = k->delivery->to[i];
        struct str name = str_of(to->receiver.name);
        ms_t ms = delivery_failing(to, now);
        if (ms == 0 || to->receiver.failing_after == 0)
            concerns_clear(&k->concerns, OPS_RECEIVER, name, at);
        else if (ms >= to->receiver.failing_after)
            concerns_raise(&k->concerns, OPS_RECEIVER, name, ms, to->why, at);
    }
    /* Who was taken out of the configuration has no trouble any more. */
    for (uint32_t i = 0; concerns_next(&k->concerns, &i, &alert);) {
        if (alert.rule != OPS_RECEIVER || is_receiver(k, alert.name))
            continue;
        concerns_clear(&k->concerns, OPS_RECEIVER, alert.name, at);
        i = 0;
    }
}

void lookout_work(struct lookout *k, ms_t at, uint64_t now)
{
    if (k->durable->running)
        look_at_disk(k, at, now);
    set(k, k->clock->behind >= MS_SECOND, OPS_CLOCK, k->clock->behind, "", at);
    if (now >= k->due) {
        k->due = now + LOOKOUT_EVERY_MS;
        k->next = k->next == 0 ? 1 : k->next;
        look_at_limits(k, at);
        look_at_receivers(k, at, now);
        concerns_work(&k->concerns, at);
    }
    if (k->next > 0)
        look_at_sources(k, at);
}

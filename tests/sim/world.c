#include "tests/sim/world.h"

#include "core/boards.h"
#include "core/engines.h"
#include "core/err.h"
#include "core/image.h"
#include "core/trace.h"
#include "tests/lib/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void world_begin(struct world *w, const struct limits *limits, const struct settings *settings,
                 ms_t started_at)
{
    *w = (struct world){.limits = *limits, .settings = *settings};
    w->size = engine_size(limits, settings);
    CHECK(w->size > 0);
    w->mem = mmap(NULL, w->size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(w->mem != MAP_FAILED);
    CHECK(engine_init(&w->e, w->mem, limits, settings, started_at) == 0);
    w->out.effects = calloc(WORLD_EFFECTS, sizeof *w->out.effects);
    CHECK(w->out.effects != NULL);
}

static uint64_t packed;

uint64_t world_packed(void)
{
    return packed;
}

void world_packing(struct random r, struct settings *s)
{
    static const ms_t after[] = {0, MS_SECOND, MS_MINUTE, MS_HOUR, MS_DAY};
    s->pack_from = random_percent(&r, 80) ? 0 : 2000;
    s->pack_after = after[random_below(&r, ARRAY_LEN(after))];
}

static void count_packed(const struct world *w)
{
    const struct board *b = w->e->board;
    for (enum scope s = 0; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= b->entities[s].high; i++)
            for (uint32_t f = 0; f < FAM_N; f++) {
                const struct entity *one = pool_at(&b->entities[s], i);
                packed += packed_chunks(b->windows, &one->log[f]);
            }
}

void world_end(struct world *w)
{
    count_packed(w);
    munmap(w->mem, w->size);
    free(w->out.effects);
}

/* Three a minute are told, the rest is in digests; muted repeats are in neither. */
static void publish(struct world *w, const struct alert *a)
{
    enum { TOLD_A_MINUTE = 3 };
    if (storm_over(&w->storm, a->at)) {
        w->in_digests += w->storm.digest.n;
        storm_clear(&w->storm);
    }
    if (a->untold == ALERT_MUTED)
        w->muted++;
    else
        (void)storm_takes(&w->storm, a, SEVERITY_INFO, a->name, w->effects, a->at, TOLD_A_MINUTE);
}

static void hear(struct world *w, const struct settings *settings)
{
    char line[TRACE_BYTES_MAX];
    for (uint32_t i = 0; i < w->out.n; i++) {
        if (w->out.effects[i].kind != EFFECT_ALERT)
            continue; /* that a limit was met is not part of an image */
        const char *why = w->follow != NULL ? follow_effect(w->follow, &w->out.effects[i]) : NULL;
        w->against = w->against != NULL ? w->against : why;
        size_t n = trace_effect(line, sizeof line, settings, &w->out.effects[i]);
        w->said = hash_bytes(w->said, line, n);
        w->effects++;
        publish(w, &w->out.effects[i].alert);
    }
    w->out.n = 0;
}

static void step(struct world *w, const struct event *events, uint32_t n, uint32_t cap)
{
    struct result results[BATCH_EVENTS_MAX];
    w->out.cap = cap;
    for (uint32_t done = 0, idle = 0; done < n;) {
        uint32_t taken = engine_step(w->e, events + done, n - done, results, &w->out);
        CHECK(taken <= n - done && w->out.n <= cap);
        idle = taken == 0 ? idle + 1 : 0;
        CHECK(idle < 1000000); /* it gets on with its work */
        for (uint32_t i = 0; i < taken; i++) {
            CHECK((results[i].err == 0) == (results[i].verdict <= VERDICT_DUPLICATE));
            w->verdicts[results[i].verdict]++;
            int err = results[i].err;
            w->refused_full +=
                err == ERR_TICKETS_FULL || err == ERR_HISTORY_FULL || err == ERR_TICKET_LONG;
        }
        done += taken;
        hear(w, engine_settings(w->e));
    }
}

void world_feed(struct world *w, const struct event *events, uint32_t n, uint32_t batch,
                uint32_t cap, struct random *r)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t k = batch > 0 ? batch : (uint32_t)random_range(r, 1, 100);
        k = k < n - i ? k : n - i;
        step(w, events + i, k, cap > 0 ? cap : WORLD_EFFECTS);
        i += k;
    }
}

void world_tick(struct world *w, ms_t at)
{
    struct event e = {.kind = EV_TICK, .ts = at, .rts = at};
    step(w, &e, 1, WORLD_EFFECTS);
    w->verdicts[VERDICT_APPLIED]--; /* no event */
}

void world_attend(struct world *w, struct random *r)
{
    static const char *const people[] = {"ann", "ben"};
    struct alert a;
    uint32_t at = 0;
    ms_t now = engine_at(w->e);
    w->out.cap = WORLD_EFFECTS;
    while (now != MS_NONE && engine_alert_next(w->e, &at, &a)) {
        if (!random_percent(r, 20))
            continue;
        ms_t until = random_percent(r, 30) ? MS_NEVER : now + random_range(r, -1000, 7200000);
        int err = engine_attend(w->e, &a, random_percent(r, 40) ? ATTEND_ACK : ATTEND_MUTE,
                                str_of(people[random_below(r, 2)]), until, now, &w->out);
        CHECK(err == 0 || err == ERR_REMARKS_FULL);
        hear(w, engine_settings(w->e));
    }
}

bool world_conserves(const struct world *w)
{
    const struct engine_counters *n = engine_counters(w->e);
    uint64_t fired = n->alerts_fired + n->sla_fired;
    uint64_t over = n->alerts_cleared + n->alerts_corrected + n->alerts_cancelled + n->sla_cleared +
                    n->sla_corrected + n->sla_cancelled;
    return fired == engine_active(w->e) + over &&
           w->effects == w->storm.published + w->storm.digested + w->muted &&
           w->storm.digested == w->in_digests + w->storm.digest.n;
}

static uint64_t mix_in(uint64_t h, uint64_t v)
{
    return mix64(h ^ mix64(v));
}

static uint64_t hash_value(uint64_t h, const struct kpi_value *v)
{
    h = mix_in(h, v->indicator);
    h = mix_in(h, v->n);
    h = mix_in(h, (uint64_t)v->sum);
    h = mix_in(h, (uint64_t)v->num);
    h = mix_in(h, (uint64_t)v->den);
    h = mix_in(h, (uint64_t)v->pending);
    h = mix_in(h, (uint64_t)v->pending_num);
    h = mix_in(h, v->met);
    h = mix_in(h, v->missed);
    if (indicator_kind((enum indicator)v->indicator) != IND_DURATION || v->n == 0)
        return h;
    h = mix_in(h, (uint64_t)v->order.min);
    h = mix_in(h, (uint64_t)v->order.max);
    for (int q = 0; q < WINDOW_QUANTILES; q++)
        h = mix_in(h, (uint64_t)v->order.q[q]);
    return h;
}

static uint64_t hash_parts(uint64_t h, const struct kpi_window *w)
{
    for (uint32_t k = 0; k < w->aspects; k++)
        h = mix_in(mix_in(hash_str(h, w->aspect[k].name), w->aspect[k].n),
                   (uint64_t)w->aspect[k].sum);
    for (uint32_t m = 0; m < MIX_N; m++) {
        h = mix_in(h, w->mix[m].parts);
        for (uint32_t k = 0; k < w->mix[m].listed; k++)
            h = mix_in(mix_in(hash_str(h, w->mix[m].part[k].name), w->mix[m].part[k].num),
                       w->mix[m].part[k].flagged);
    }
    return h;
}

static uint64_t hash_snapshot(const struct snapshot *s)
{
    uint64_t h = hash_str(s->scope, s->name);
    bool empty = true;
    for (uint32_t i = 0; i < s->windows; i++) {
        h = mix_in(h, (uint64_t)s->window[i].from);
        h = mix_in(h, (uint64_t)s->window[i].covered_from);
        for (uint32_t k = 0; k < s->window[i].values; k++) {
            h = hash_value(h, &s->window[i].value[k]);
            empty = false;
        }
        h = hash_parts(h, &s->window[i]);
    }
    for (int g = 0; g < GAUGES; g++) {
        h = mix_in(h, (uint64_t)s->gauge[g]);
        h = hash_str(h, s->gauge_of[g]);
        empty &= s->gauge[g] == 0;
    }
    return empty ? 0 : h; /* a name with nothing may as well be unknown */
}

static void print_window(const struct settings *s, const struct kpi_window *w)
{
    printf("  %s from %lld covered %lld slots %lld:", s->window[w->window].name, (long long)w->from,
           (long long)w->covered_from, (long long)w->slot_ms);
    for (uint32_t k = 0; k < w->values; k++) {
        const struct kpi_value *v = &w->value[k];
        printf(" %s(n=%llu sum=%lld num=%lld den=%lld met=%llu missed=%llu",
               indicator_name((enum indicator)v->indicator), (unsigned long long)v->n,
               (long long)v->sum, (long long)v->num, (long long)v->den, (unsigned long long)v->met,
               (unsigned long long)v->missed);
        if (indicator_kind((enum indicator)v->indicator) == IND_DURATION && v->n > 0)
            printf(" min=%lld p50=%lld p90=%lld p99=%lld max=%lld", (long long)v->order.min,
                   (long long)v->order.q[0], (long long)v->order.q[2], (long long)v->order.q[4],
                   (long long)v->order.max);
        printf(")");
    }
    printf("\n");
}

static void print_snapshot(const struct settings *settings, const struct snapshot *s)
{
    printf("%s %.*s\n", scope_name((enum scope)s->scope), (int)s->name.len, s->name.p);
    for (uint32_t i = 0; i < s->windows; i++)
        print_window(settings, &s->window[i]);
    for (int g = 0; g < GAUGES; g++)
        if (s->gauge[g] != 0 || s->gauge_of[g].len != 0)
            printf("  %s=%lld %.*s", indicator_name((enum indicator)(IND_GAUGE_FIRST + g)),
                   (long long)s->gauge[g], (int)s->gauge_of[g].len, s->gauge_of[g].p);
    printf("\n");
}

void world_print_difference(const struct world *a, const struct world *b)
{
    static struct snapshot x, y;
    for (enum scope s = 0; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= engine_names(a->e, s); i++) {
            uint32_t j = engine_name_find(b->e, s, engine_name(a->e, s, i));
            engine_snapshot(a->e, s, i, (1u << a->settings.windows) - 1, &x);
            if (j > 0)
                engine_snapshot(b->e, s, j, (1u << b->settings.windows) - 1, &y);
            if (hash_snapshot(&x) == (j > 0 ? hash_snapshot(&y) : 0))
                continue;
            print_snapshot(&a->settings, &x);
            if (j > 0)
                print_snapshot(&b->settings, &y);
            return;
        }
}

uint64_t world_numbers(const struct world *w)
{
    static struct snapshot snapshot;
    uint64_t sum = 0;
    for (enum scope s = 0; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= engine_names(w->e, s); i++) {
            engine_snapshot(w->e, s, i, (1u << w->settings.windows) - 1, &snapshot);
            sum += hash_snapshot(&snapshot);
        }
    return sum;
}

uint64_t world_alerts(const struct world *w)
{
    struct effect e = {.kind = EFFECT_ALERT};
    char line[TRACE_BYTES_MAX];
    uint64_t sum = 0;
    uint32_t at = 0;
    while (engine_alert_next(w->e, &at, &e.alert)) {
        size_t n = trace_effect(line, sizeof line, engine_settings(w->e), &e);
        sum += hash_bytes(1, line, n);
    }
    return sum;
}

void world_apply(struct world *w, const struct settings *settings)
{
    static struct settings before;
    const char *why;
    w->out.cap = WORLD_EFFECTS;
    if (engine_active(w->e) > WORLD_EFFECTS)
        return;
    before = *engine_settings(w->e);
    CHECK(engine_apply(w->e, settings, &w->out, &why) == 0);
    w->settings = *engine_settings(w->e);
    hear(w, &before);
}

bool world_copy(struct world *of, const struct event *events, uint32_t n, struct world *ret)
{
    enum { SLICE = IMAGE_SLICE_MIN };
    static uint8_t slice[SLICE];
    struct image *from = engine_image(of->e);
    struct random r = {of->said};
    uint32_t len, fed = 0;
    world_begin(ret, &of->limits, &of->settings, MS_NONE);
    ret->said = of->said;
    ret->effects = of->effects;
    ret->storm = of->storm;
    ret->in_digests = of->in_digests;
    ret->muted = of->muted;
    memcpy(ret->verdicts, of->verdicts, sizeof ret->verdicts);
    image_begin(from);
    image_load_begin(engine_image(ret->e));
    for (int more = 1; more == 1;) {
        len = 0;
        more = image_next(from, slice, SLICE, &len);
        if (more < 0) {
            CHECK(more == ERR_IMAGE_BUSY);
            world_feed(of, events + fed, n - fed, 0, 0, &r);
            world_end(ret);
            return false;
        }
        CHECK(image_load_feed(engine_image(ret->e), slice, len) == 0);
        uint32_t k = fed + 20 < n ? 20 : n - fed;
        world_feed(of, events + fed, k, 7, 0, &r);
        fed += k;
    }
    CHECK(image_load_end(engine_image(ret->e)) == 0);
    engine_loaded(ret->e);
    world_feed(of, events + fed, n - fed, 0, 0, &r);
    return true;
}

struct limits world_limits(struct random *r, bool tiny)
{
    struct limits l = {.tickets = 1000,
                       .history = 200000,
                       .ticket_events = 4096,
                       .calls = 1000,
                       .agents = 100,
                       .teams = 50,
                       .channels = 20,
                       .priorities = 20,
                       .categories = 20,
                       .sources = 16,
                       .chunks = 100000,
                       .ids = 20000,
                       .alerts = 5000};
    if (!tiny)
        return l;
    uint32_t *all[] = {&l.tickets, &l.history,  &l.ticket_events, &l.calls,      &l.agents,
                       &l.teams,   &l.channels, &l.priorities,    &l.categories, &l.sources,
                       &l.chunks,  &l.ids,      &l.alerts};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (random_percent(r, 50))
            *all[i] = (uint32_t)random_range(r, 1, 40);
    return l;
}

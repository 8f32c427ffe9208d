#include "daemon/cli/report_cube.h"

#include "core/op.h"
#include "daemon/cli/words.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { REMEMBER_MAX = 400 }; /* days: a report forgets no ticket that comes back */

static const uint32_t handled_flags[FAM_N] = {
    [FAM_REPLIES] = 1u << REPLIES_HANDLED | 1u << REPLIES_CUSTOMER,
    [FAM_RESOLVES] = 1u << RESOLVES_HANDLED | 1u << RESOLVES_CUSTOMER};

/* --- taking in ---------------------------------------------------------------------------- */

static struct sum *sum_at(struct sum **place)
{
    if (*place == NULL)
        *place = sum_new();
    return *place;
}

static void put(struct sum **place, const struct op *op, uint32_t but, enum horizon h)
{
    struct sum *t = sum_at(place);
    sum_add(t, op, but);
    if (h != HORIZON_NONE)
        sum_add_recent(t, op, h);
}

static void part_add(struct cube_parts *parts, uint32_t part, int sign)
{
    if (part >= parts->n) {
        uint32_t n = 2 * part < 16 ? 16 : 2 * part;
        uint32_t *at = realloc(parts->at, n * sizeof *at);
        if (at == NULL) {
            word_error(W_E_MEMORY, NULL, NULL, NULL);
            exit(1);
        }
        memset(at + parts->n, 0, (n - parts->n) * sizeof *at);
        parts->at = at;
        parts->n = n;
    }
    parts->at[part] += (uint32_t)sign;
}

static struct sum **name_at(struct cube_names *names, uint32_t index)
{
    if (index >= names->n) {
        uint32_t n = names->n == 0 ? 64 : names->n;
        while (n <= index)
            n *= 2;
        struct sum **at = realloc(names->at, n * sizeof(struct sum *));
        if (at == NULL) {
            word_error(W_E_MEMORY, NULL, NULL, NULL);
            exit(1);
        }
        memset(at + names->n, 0, (n - names->n) * sizeof(struct sum *));
        names->at = at;
        names->n = n;
    }
    return &names->at[index];
}

/* Does the op count for the whole: everything, or the team? */
static bool counts(const struct cube *c, const struct op *op)
{
    if (c->setup.team == NULL)
        return (op->scopes >> SCOPE_ALL & 1) != 0;
    return (op->scopes >> SCOPE_TEAM & 1) != 0 && c->team != 0 && op->tags.team == c->team;
}

/* Does it count for its name of a scope? Within a team: when it is the team's. A ticket's opening
 * joins one scope after the other; the one that comes last knows both names. */
static bool counts_for(const struct cube *c, const struct op *op, enum scope s)
{
    uint32_t bits = 1u << s;
    if (tags_of(&op->tags, s) == 0)
        return false;
    if (c->setup.team != NULL) {
        if (s == SCOPE_TEAM || c->team == 0 || op->tags.team != c->team)
            return false;
        bits |= op->family == FAM_OPENINGS ? 1u << SCOPE_TEAM : 0;
    }
    return (op->scopes & bits) != 0;
}

static uint32_t step_of(const struct cube *c, ms_t ts)
{
    uint32_t low = 0, high = c->steps; /* edge[low] <= ts < edge[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (c->edge[middle] <= ts)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void count_now(struct cube *c, const struct op *op, uint32_t but, enum horizon h)
{
    const struct zone *zone = &c->setup.settings->zone;
    ms_t ts = op->sample.ts;
    put(&c->at_step[step_of(c, ts)], op, but, h);
    put(&c->at_hour[period_hour(zone, ts)], op, but, h);
    bool waited = op->family == FAM_REPLIES || op->family == FAM_CALLS;
    if (waited && (op->sample.present & 1) != 0) /* REPLIES_FIRST, CALLS_WAIT */
        values_add(&c->wait_from[op->family][period_hour(zone, ts - op->sample.value[0])],
                   op->sample.value[0], op->sign);
}

/* Corrections later than as of no longer count. */
static bool told_too_late(const struct cube *c, const struct cube_view *v)
{
    return c->event_ts > v->as_of && engine_at(c->engine) > v->as_of;
}

/* Until when time counts: the end, or what is known of it. */
static ms_t time_to(const struct cube_view *v)
{
    return ms_min(v->period.to, v->as_of);
}

/* The name that a view is of, if the op has one of its scope: seen for the first time, maybe. */
static bool is_of_name(const struct cube *c, struct cube_view *v, const struct op *op)
{
    uint32_t index = tags_of(&op->tags, v->scope);
    if (index != 0 && v->index == 0)
        v->index = engine_name_find(c->engine, v->scope, str_of(v->name));
    return index != 0 && index == v->index;
}

/* Does it count in the view's own sum? */
static bool counts_in(const struct cube *c, struct cube_view *v, const struct op *op)
{
    if (v->scope == SCOPE_ALL)
        return counts(c, op);
    return is_of_name(c, v, op) && counts_for(c, op, v->scope);
}

/* Where stints begin or end is not where their time counts: that is every later cell, too. Not
 * by hour of day: an hour has no end; nor in a calendar's hours (slice_cannot). */
static void take_time(struct cube *c, const struct op *op)
{
    for (uint32_t i = 0; i < c->views; i++) {
        struct cube_view *v = &c->view[i];
        ms_t from = v->period.from, to = time_to(v);
        if (!v->on || v->hours != NULL || op->sample.ts >= to || told_too_late(c, v))
            continue;
        if (counts_in(c, v, op))
            sum_add_time(sum_at(&c->sum[i]), op, from, to);
        for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
            if ((v->names >> s & 1) != 0 && counts_for(c, op, s))
                sum_add_time(sum_at(name_at(&c->names[i][s], tags_of(&op->tags, s))), op, from, to);
    }
    const struct cube_view *now = &c->view[CUBE_NOW];
    ms_t to = time_to(now);
    if (!counts(c, op) || op->sample.ts >= to || told_too_late(c, now))
        return;
    for (uint32_t i = step_of(c, op->sample.ts); i < c->steps && c->edge[i] < to; i++)
        sum_add_time(sum_at(&c->at_step[i]), op, c->edge[i], ms_min(c->edge[i + 1], to));
}

/* A part of a mix, of both periods; or a rating of an aspect: of the whole, and of every name. */
static void take_part(struct cube *c, struct op op, uint32_t view)
{
    struct cube_view *v = &c->view[view];
    enum part_kind kind = (enum part_kind)op.flag;
    op.family = kind == PART_RATED ? FAM_RATINGS : mixes[kind].family;
    if (kind != PART_RATED) {
        if (view < CUBE_PERIODS && counts(c, &op))
            part_add(&c->mix[view][kind], op.part, op.sign);
        return;
    }
    int64_t csat = op.sample.value[RATINGS_CSAT];
    if (counts_in(c, v, &op))
        sum_rate(sum_at(&c->sum[view]), op.part, csat, op.sign);
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        if ((v->names >> s & 1) != 0 && counts_for(c, &op, s))
            sum_rate(sum_at(name_at(&c->names[view][s], tags_of(&op.tags, s))), op.part, csat,
                     op.sign);
}

static void take_sample(struct cube *c, const struct op *op, uint32_t view)
{
    struct cube_view *v = &c->view[view];
    uint32_t but = 0;
    if (c->event_ts >= v->period.to && !c->voids)
        but = handled_flags[op->family];
    if (op->mark && (but >> op->flag & 1) != 0)
        return;
    enum horizon h = sum_horizon(v->pending_from, op->sample.ts);
    if (counts_in(c, v, op)) {
        put(&c->sum[view], op, but, h);
        if (view == CUBE_NOW)
            count_now(c, op, but, h);
    }
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        if ((v->names >> s & 1) != 0 && counts_for(c, op, s))
            put(name_at(&c->names[view][s], tags_of(&op->tags, s)), op, but, h);
}

static void take(void *ctx, const struct op *op)
{
    struct cube *c = ctx;
    ms_t ts = op->sample.ts;
    if (c->setup.team != NULL && c->team == 0 && op->tags.team != 0)
        c->team = engine_name_find(c->engine, SCOPE_TEAM, str_of(c->setup.team));
    if (op->part == 0 && op->family == FAM_STINTS) {
        take_time(c, op);
        return;
    }
    for (uint32_t i = 0; i < c->views; i++) {
        const struct cube_view *v = &c->view[i];
        if (!v->on || ts < v->period.from || ts >= v->period.to || ts > v->as_of)
            continue;
        if (told_too_late(c, v) || (v->hours != NULL && !calendar_is_open(v->hours, ts)))
            continue;
        if (op->part == 0)
            take_sample(c, op, i);
        else if (v->hours == NULL)
            take_part(c, *op, i);
    }
}

/* --- the pass ----------------------------------------------------------------------------- */

bool cube_open(struct cube *c, const struct cube_setup *setup)
{
    c->setup = *setup;
    c->settings = *setup->settings;
    c->settings.scopes = (1u << SCOPE_N) - 1;
    c->settings.rules = 0;
    c->settings.compared = 0; /* by trend rules */
    c->settings.windows = 1;  /* the tap hears samples whatever windows there are */
    CHECK(window_setting_parse(str_of("10s"), &c->settings.window[0]));
    c->settings.remember_closed = REMEMBER_MAX * MS_DAY;
    c->first = c->last = MS_NONE;
    c->settings.cards = NULL; /* of rules: what cards judge is counted here */
    if (!cube_views(c))
        return false;
    c->outbox = (struct outbox){c->effects, 0, ARRAY_LEN(c->effects)};
    c->steps = period_steps(&c->settings.zone, c->settings.week_start, setup->period[CUBE_NOW],
                            setup->step, c->edge);
    CHECK(c->steps > 0);
    c->bytes = engine_size(setup->limits, &c->settings);
    c->memory = MAP_FAILED;
    if (c->bytes > 0)
        c->memory = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->memory == MAP_FAILED ||
        engine_init(&c->engine, c->memory, setup->limits, &c->settings, MS_NONE) != 0) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        return false;
    }
    engine_set_tap(c->engine, &(struct board_tap){c, take});
    return true;
}

static void step(struct cube *c, const struct event *e)
{
    struct result result;
    while (engine_step(c->engine, e, 1, &result, &c->outbox) == 0)
        c->outbox.n = 0;
    c->outbox.n = 0; /* alerts are not told: a report shows what they came from */
}

static int64_t open_now(struct cube *c)
{
    static struct snapshot snapshot;
    if (engine_at(c->engine) == MS_NONE || (c->setup.team != NULL && c->team == 0))
        return 0;
    engine_snapshot(c->engine, cube_scope(c), c->setup.team == NULL ? 1 : c->team, 0, &snapshot);
    return snapshot.gauge[IND_OPEN - IND_GAUGE_FIRST];
}

/* Everything before `ts` is in: the edges up to it have been passed. */
static void pass_edges(struct cube *c, ms_t ts)
{
    while (c->edges_passed <= c->steps && c->edge[c->edges_passed] <= ts)
        c->open[c->edges_passed++] = open_now(c);
    ms_t before = time_to(&c->view[CUBE_PRIOR]);
    if (!c->before_passed && before <= ts) {
        c->before_passed = true;
        c->open_before = c->first < before ? open_now(c) : -1;
    }
}

void cube_event(struct cube *c, const struct event *e)
{
    c->first = c->first == MS_NONE ? e->ts : ms_min(c->first, e->ts);
    c->last = ms_max(c->last, e->ts);
    if (e->ts > c->setup.as_of[CUBE_NOW]) {
        c->after_as_of++;
        return;
    }
    c->events_taken++;
    c->kinds |= 1ull << e->kind;
    pass_edges(c, e->ts);
    c->event_ts = e->ts;
    c->voids = e->kind == EV_CLOSED && e->outcome >= OUTCOME_SPAM;
    step(c, e);
}

static bool is_nothing(const struct window_numbers *w)
{
    static const struct window_numbers nothing;
    return w->samples == 0 && memcmp(w->flag, nothing.flag, sizeof w->flag) == 0 &&
           memcmp(w->n, nothing.n, sizeof w->n) == 0 &&
           memcmp(w->sum, nothing.sum, sizeof w->sum) == 0;
}

/* What was counted and taken back, or time that was over before, is nothing. */
static void sum_finish(struct sum **t)
{
    sum_settle(*t);
    for (uint32_t f = 0; *t != NULL && f < FAM_N; f++)
        if (!is_nothing(&(*t)->numbers[f]))
            return;
    for (uint32_t a = 0; *t != NULL && a < SUM_ASPECTS; a++)
        if ((*t)->rated[a].n != 0)
            return;
    if (*t == NULL)
        return;
    sum_free(*t);
    *t = NULL;
}

static void settle(struct cube *c)
{
    for (uint32_t v = 0; v < c->views; v++) {
        sum_finish(&c->sum[v]);
        for (uint32_t s = 0; s < SCOPE_N; s++)
            for (uint32_t i = 0; i < c->names[v][s].n; i++)
                sum_finish(&c->names[v][s].at[i]);
    }
    for (uint32_t i = 0; i < c->steps; i++)
        sum_finish(&c->at_step[i]);
    for (uint32_t h = 0; h < 24; h++) {
        sum_settle(c->at_hour[h]);
        for (uint32_t f = 0; f < FAM_N; f++)
            values_settle(&c->wait_from[f][h]);
    }
}

void cube_end(struct cube *c)
{
    ms_t as_of = c->setup.as_of[CUBE_NOW];
    c->event_ts = as_of;
    c->voids = false;
    if (c->events_taken == 0)
        return;
    pass_edges(c, as_of);
    step(c, &(struct event){.kind = EV_TICK, .rts = as_of});
    if (c->edges_passed <= c->steps) /* the step that runs as of the report */
        c->open[c->edges_passed] = open_now(c);
    settle(c);
}

/* --- readers ------------------------------------------------------------------------------ */

enum scope cube_scope(const struct cube *c)
{
    return c->setup.team == NULL ? SCOPE_ALL : SCOPE_TEAM;
}

const struct sum *cube_name(const struct cube *c, uint32_t view, enum scope scope, uint32_t index)
{
    const struct cube_names *names = &c->names[view][scope];
    return index < names->n ? names->at[index] : NULL;
}

const struct sum *cube_span_sum(const struct cube *c, uint32_t at)
{
    CHECK(at < c->setup.spans);
    return c->sum[CUBE_SPAN_FIRST + at];
}

uint32_t cube_whole(const struct cube *c, uint32_t period, enum part_kind mix)
{
    const struct sum *t = c->sum[period];
    return t == NULL ? 0 : t->numbers[mixes[mix].family].flag[mixes[mix].flag];
}

uint32_t cube_part(const struct cube *c, uint32_t period, enum part_kind mix, uint32_t part)
{
    const struct cube_parts *parts = &c->mix[period][mix];
    return part < parts->n ? parts->at[part] : 0;
}

void cube_close(struct cube *c)
{
    for (uint32_t p = 0; p < CUBE_PERIODS; p++)
        for (uint32_t k = 0; k < MIX_N; k++)
            free(c->mix[p][k].at);
    for (uint32_t v = 0; v < c->views; v++) {
        sum_free(c->sum[v]);
        for (uint32_t s = 0; s < SCOPE_N; s++) {
            for (uint32_t i = 0; i < c->names[v][s].n; i++)
                sum_free(c->names[v][s].at[i]);
            free(c->names[v][s].at);
        }
    }
    for (uint32_t i = 0; i < c->hours; i++)
        free(c->compiled_in[i]);
    for (uint32_t i = 0; i < c->steps; i++)
        sum_free(c->at_step[i]);
    for (uint32_t h = 0; h < 24; h++) {
        sum_free(c->at_hour[h]);
        for (uint32_t f = 0; f < FAM_N; f++)
            free(c->wait_from[f][h].v);
    }
    if (c->memory != NULL && c->memory != MAP_FAILED)
        munmap(c->memory, c->bytes);
}

bool cube_is_beyond(const struct cube *c)
{
    return c->last != MS_NONE &&
           c->setup.as_of[CUBE_NOW] > period_days(&c->setup.settings->zone, c->last, c->last).to;
}

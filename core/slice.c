#include "core/slice.h"

#include "core/block.h"
#include "core/boards.h"
#include "core/policy.h"
#include "core/score.h"

/* --- which there are ------------------------------------------------------------------------ */

static int order_of(const struct time_slice *s, enum scope scope, struct str calendar)
{
    struct str own = str_of(s->calendar);
    uint32_t n = own.len < calendar.len ? own.len : calendar.len;
    int by_name = memcmp(own.p, calendar.p, n);
    if (by_name == 0 && own.len != calendar.len)
        by_name = own.len < calendar.len ? -1 : 1;
    return by_name != 0 ? by_name : (int)s->scope - (int)scope;
}

/* Wanted slices in order; more than there is room for are counted and forgotten. */
struct wish {
    struct time_slice *at;
    uint32_t n, kept;
};

static void wish_add(struct wish *w, const char *calendar, enum scope scope, uint32_t inputs)
{
    uint32_t families = inputs & ~(1u << TOUCH_GAUGES), i = 0;
    if (calendar[0] == 0 || families == 0)
        return;
    while (i < w->kept && order_of(&w->at[i], scope, str_of(calendar)) < 0)
        i++;
    if (i < w->kept && order_of(&w->at[i], scope, str_of(calendar)) == 0) {
        w->at[i].families |= families;
        return;
    }
    w->n++;
    if (w->kept == SLICES_MAX)
        return;
    memmove(&w->at[i + 1], &w->at[i], (w->kept++ - i) * sizeof w->at[0]);
    memset(&w->at[i], 0, sizeof w->at[0]);
    memcpy(w->at[i].calendar, calendar, strlen(calendar));
    w->at[i].scope = (uint8_t)scope;
    w->at[i].families = families;
}

uint32_t slices_of(const struct settings *s, struct time_slice ret[SLICES_MAX])
{
    struct wish w = {.at = ret};
    for (uint32_t i = 0; i < s->rules; i++) {
        const struct rule_setting *r = &s->rule[i];
        wish_add(&w, r->when, (enum scope)r->scope,
                 figure_inputs(s, (struct figure_source){r->indicator, r->field, 0}));
    }
    for (uint32_t i = 0; s->cards != NULL && i < s->cards->cards; i++) {
        const struct scorecard *c = &s->cards->card[i];
        if (c->when[0] != 0)
            wish_add(&w, c->when, (enum scope)c->scope, score_inputs(s, c));
    }
    return w.n;
}

static bool is_calendar(const struct settings *s, const char *id)
{
    bool found = id[0] == 0;
    for (uint32_t i = 0; s->sla != NULL && i < s->sla->calendars && !found; i++)
        found = str_equal(str_of(s->sla->calendar[i].id), str_of(id));
    return found;
}

const char *slices_wrong(const struct settings *s)
{
    struct time_slice slice[SLICES_MAX];
    for (uint32_t i = 0; i < s->rules; i++) {
        const struct rule_setting *r = &s->rule[i];
        uint32_t inputs = figure_inputs(s, (struct figure_source){r->indicator, r->field, 0});
        if (!is_calendar(s, r->when))
            return "a rule's `when` is no calendar";
        if (r->when[0] != 0 && (inputs >> FAM_STINTS & 1) != 0)
            return "a rule with `when` is about people's time, which no hours can be told of";
        if (r->when[0] != 0 && r->aspect != 0)
            return "a rule with `when` is about ratings of an aspect, which no hours can be told "
                   "of";
    }
    for (uint32_t i = 0; s->cards != NULL && i < s->cards->cards; i++) {
        const struct scorecard *c = &s->cards->card[i];
        if (!is_calendar(s, c->when))
            return "a scorecard's `when` is no calendar";
        if (c->when[0] != 0 && slice_cannot(score_inputs(s, c)))
            return "a scorecard with `when` has a number of now or of people's time, which no "
                   "hours can be told of";
        if (c->when[0] != 0 && score_has_aspects(c))
            return "a scorecard with `when` has ratings of an aspect, which no hours can be told "
                   "of";
    }
    if (slices_of(s, slice) > SLICES_MAX)
        return "rules and scorecards ask for the hours of too many calendars and scopes: 8 pairs "
               "are possible";
    return NULL;
}

bool slices_cover(const struct time_slice *kept, uint32_t n_kept, const struct time_slice *wanted,
                  uint32_t n_wanted)
{
    for (uint32_t i = 0; i < n_wanted; i++) {
        bool covered = false;
        for (uint32_t k = 0; k < n_kept && !covered; k++)
            covered =
                order_of(&kept[k], (enum scope)wanted[i].scope, str_of(wanted[i].calendar)) == 0 &&
                (wanted[i].families & ~kept[k].families) == 0;
        if (!covered)
            return false;
    }
    return true;
}

/* --- memory --------------------------------------------------------------------------------- */

static uint32_t slot_size(const struct time_slice *s)
{
    STATIC_ASSERT(sizeof(struct slot) <= 8 && _Alignof(struct window_log) <= 8, "logs follow it");
    return 8 + (uint32_t)__builtin_popcount(s->families) * (uint32_t)sizeof(struct window_log);
}

void slices_plan(struct time_slices *ret, const struct settings *s, const uint32_t names[SCOPE_N])
{
    *ret = (struct time_slices){0};
    ret->n = slices_of(s, ret->at);
    CHECK(ret->n <= SLICES_MAX);
    for (uint32_t i = 0; i < ret->n; i++)
        ret->names[i] = names[ret->at[i].scope];
}

uint64_t slices_bytes(const struct time_slices *s)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += block_round(pool_bytes(slot_size(&s->at[i]), s->names[i]));
    return n;
}

void slices_init(struct time_slices *s, void *mem)
{
    uint8_t *at = mem;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t size = slot_size(&s->at[i]), cap = s->names[i];
        pool_init(&s->logs[i], "slices", block_take(&at, pool_bytes(size, cap)), size, cap);
    }
}

uint32_t slices_logs(const struct time_slices *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += (uint32_t)__builtin_popcount(s->at[i].families) * s->names[i];
    return n;
}

void slices_follow(struct time_slices *s, enum scope scope, uint32_t names)
{
    for (uint32_t i = 0; i < s->n; i++)
        while (s->at[i].scope == scope && s->logs[i].high < names)
            CHECK(handle_index(pool_alloc(&s->logs[i])) == s->logs[i].high);
}

int slices_find(const struct time_slices *s, enum scope scope, struct str calendar)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (order_of(&s->at[i], scope, calendar) == 0)
            return (int)i;
    return -1;
}

static struct window_log *log_at(const struct time_slices *s, uint32_t slice, uint32_t index,
                                 uint32_t family)
{
    uint32_t before = s->at[slice].families & ((1u << family) - 1);
    char *logs = (char *)pool_at(&s->logs[slice], index) + 8;
    return (struct window_log *)(void *)logs + __builtin_popcount(before);
}

struct window_log *slice_log(struct time_slices *s, uint32_t slice, uint32_t index, uint32_t family)
{
    CHECK(slice < s->n && (s->at[slice].families >> family & 1) != 0);
    struct pool *p = &s->logs[slice];
    CHECK(index >= 1 && index <= p->high);
    if (UNLIKELY(p->image != NULL))
        pool_save(p, index);
    return log_at(s, slice, index, family);
}

/* --- what the fold says --------------------------------------------------------------------- */

/* The log that a sample of these tags belongs to; NULL: it is none of this slice. */
static struct window_log *log_for(struct time_slices *s, uint32_t slice, uint32_t family, ms_t ts,
                                  const struct tags *tags, uint32_t scopes)
{
    const struct time_slice *at = &s->at[slice];
    if ((at->families >> family & 1) == 0 || (scopes >> at->scope & 1) == 0)
        return NULL;
    uint32_t index = tags_of(tags, (enum scope)at->scope);
    if (index == 0 || s->hours.open == NULL ||
        !s->hours.open(s->hours.ctx, str_of(at->calendar), ts))
        return NULL;
    return slice_log(s, slice, index, family);
}

void slices_sample(struct time_slices *s, struct windows *windows, uint32_t family,
                   const struct window_sample *sample, const struct tags *tags, uint32_t scopes,
                   int sign)
{
    for (uint32_t i = 0; i < s->n; i++) {
        struct window_log *log = log_for(s, i, family, sample->ts, tags, scopes);
        if (log != NULL && sign > 0)
            (void)window_add(windows, log, family, sample);
        else if (log != NULL)
            (void)window_withdraw(windows, log, family, sample);
    }
}

void slices_mark(struct time_slices *s, struct windows *windows, uint32_t family, uint32_t flag,
                 ms_t ts, const struct tags *tags, uint32_t scopes, bool on)
{
    for (uint32_t i = 0; i < s->n; i++) {
        struct window_log *log = log_for(s, i, family, ts, tags, scopes);
        if (log != NULL)
            (void)window_mark(windows, log, family, ts, flag, on);
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

uint64_t slices_digest(const struct time_slices *s, struct windows *windows, enum scope scope,
                       uint32_t index)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        uint64_t h = hash_str(scope, str_of(s->at[i].calendar)), any = 0;
        for (uint32_t left = s->at[i].families; left != 0 && s->at[i].scope == scope;
             left &= left - 1) {
            uint32_t family = (uint32_t)__builtin_ctz(left);
            uint64_t d = window_digest(windows, log_at(s, i, index, family), family);
            any |= d;
            h = mix64(h ^ d);
        }
        sum += any == 0 ? 0 : h;
    }
    return sum;
}

void slices_check(const struct time_slices *s, struct windows *windows, enum scope scope,
                  uint32_t names)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->at[i].scope != scope)
            continue;
        CHECK(s->logs[i].high == names);
        for (uint32_t index = 1; index <= names; index++)
            for (uint32_t left = s->at[i].families; left != 0; left &= left - 1) {
                uint32_t family = (uint32_t)__builtin_ctz(left);
                window_check(windows, log_at(s, i, index, family), family);
            }
    }
}

uint32_t slices_pools(struct time_slices *s, struct pool *ret[SLICES_MAX])
{
    for (uint32_t i = 0; i < s->n; i++)
        ret[i] = &s->logs[i];
    return s->n;
}

/* --- the board's ---------------------------------------------------------------------------- */

enum scope board_view(const struct board *b, enum scope s, struct str calendar)
{
    if (LIKELY(calendar.len == 0))
        return s;
    int slice = slices_find(&b->slices, s, calendar);
    CHECK(slice >= 0);
    return (enum scope)(SCOPE_N + slice);
}

void board_set_hours(struct board *b, const struct slice_hours *hours)
{
    b->slices.hours = *hours;
}

const struct slice_hours *board_hours(const struct board *b)
{
    return &b->slices.hours;
}

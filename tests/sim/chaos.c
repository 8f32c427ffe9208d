#include "tests/sim/chaos.h"

#include "core/scorecard.h"

#include "core/err.h"
#include "core/limits.h"
#include "core/slice.h"
#include "tests/sim/draw_sla.h"

#include <stdio.h>
#include <stdlib.h>

void chaos_init(struct chaos *c, uint64_t seed, ms_t start)
{
    struct random r = {seed};
    *c = (struct chaos){.r = r, .now = start};
    c->step = random_range(&c->r, 1, 30000);
    c->jumps = (uint32_t)random_below(&c->r, 10);
    c->merges = random_percent(&c->r, 40) ? 5 : 0;
    c->tickets = (uint32_t)random_range(&c->r, 1, CHAOS_NAMES);
    c->calls = (uint32_t)random_range(&c->r, 1, CHAOS_NAMES);
    c->agents = (uint32_t)random_range(&c->r, 1, 12);
    c->teams = (uint32_t)random_range(&c->r, 1, 4);
    c->customers = (uint32_t)random_range(&c->r, 1, 20);
    c->attributes = (uint32_t)random_range(&c->r, 1, 4);
    for (uint32_t i = 0; i < CHAOS_NAMES; i++)
        snprintf(c->name[i], sizeof c->name[i], "n%u", i);
}

static struct str pick(struct chaos *c, uint32_t n)
{
    return str_of(c->name[random_below(&c->r, n)]);
}

/* Gives the field with this chance, sometimes as nil. */
static bool gives(struct chaos *c, struct event *e, enum event_field f, uint32_t percent)
{
    if (!random_percent(&c->r, percent))
        return false;
    e->has |= 1ULL << f;
    if (random_percent(&c->r, 5) && (event_required((enum event_kind)e->kind) >> f & 1) == 0)
        e->nil |= 1ULL << f;
    return true;
}

static void fill_names(struct chaos *c, struct event *e, uint64_t known, uint32_t percent)
{
    const struct {
        enum event_field field;
        struct str *text;
        uint32_t names;
    } names[] = {
        {F_AGENT, &e->agent, c->agents},
        {F_TEAM, &e->team, c->teams},
        {F_CUSTOMER, &e->customer, c->customers},
        {F_PRIORITY, &e->priority, c->attributes},
        {F_CHANNEL, &e->channel, c->attributes},
        {F_CATEGORY, &e->category, c->attributes},
        {F_TIER, &e->tier, c->attributes},
        {F_REASON, &e->reason, 2},
        {F_INTO, &e->into, c->tickets},
        {F_PAUSED_REASON, &e->paused_reason, 2},
        {F_NAME, &e->name, e->kind == EV_MEASURED ? CHAOS_MEASURES + 1 : CHAOS_NAMES},
        {F_ITEM, &e->item, 2},
        {F_ASPECT, &e->aspect, 2},
        {F_HOW, &e->how, 2},
        {F_LEVEL, &e->level, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        bool required = event_required((enum event_kind)e->kind) >> names[i].field & 1;
        if ((known >> names[i].field & 1) != 0 &&
            gives(c, e, names[i].field, required ? 100 : percent))
            *names[i].text = pick(c, names[i].names);
    }
    if (event_has(e, F_REASON) && random_percent(&c->r, 50))
        e->reason = str_of("pending");
    if (event_has(e, F_ITEM) && random_percent(&c->r, 50))
        e->item = str_of(random_percent(&c->r, 50) ? "conformance" : "classification");
    if (event_has(e, F_HOW) && random_percent(&c->r, 60))
        e->how = str_of(random_percent(&c->r, 60) ? "refund" : "rework");
}

static void fill_words(struct chaos *c, struct event *e, uint64_t known)
{
    const struct {
        enum event_field field;
        uint8_t *word;
        uint32_t words;
    } words[] = {
        {F_BY, &e->by, 4},       {F_OUTCOME, &e->outcome, 4}, {F_DIRECTION, &e->direction, 2},
        {F_STATE, &e->state, 5}, {F_STATUS, &e->status, 4},   {F_KIND, &e->complaint, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        bool required = event_required((enum event_kind)e->kind) >> words[i].field & 1;
        if ((known >> words[i].field & 1) != 0 && gives(c, e, words[i].field, required ? 100 : 30))
            *words[i].word = (uint8_t)random_below(&c->r, words[i].words);
    }
    const struct {
        enum event_field field;
        bool *yes;
        uint32_t percent;
    } flags[] = {
        {F_PUBLIC, &e->is_public, 85}, {F_AUTO, &e->is_auto, 10},
        {F_PASSED, &e->passed, 70},    {F_NEEDS_REPLY, &e->needs_reply, 80},
        {F_ACTIVE, &e->active, 90},    {F_BOT, &e->bot, 20},
    };
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        bool required = event_required((enum event_kind)e->kind) >> flags[i].field & 1;
        if ((known >> flags[i].field & 1) != 0 && gives(c, e, flags[i].field, required ? 100 : 60))
            *flags[i].yes = random_percent(&c->r, flags[i].percent);
    }
}

static void fill_numbers(struct chaos *c, struct event *e, uint64_t known)
{
    if (known >> F_SCORE & 1) {
        e->has |= F1(SCORE);
        e->score = random_range(&c->r, e->kind == EV_RATED ? 1 : 0, e->kind == EV_RATED ? 5 : 10) *
                   NUMBER_ONE;
    }
    if (known >> F_VALUE & 1) {
        e->has |= F1(VALUE);
        e->value = random_range(&c->r, -5, 5) * NUMBER_ONE + random_range(&c->r, 0, 3);
    }
    const struct {
        enum event_field field;
        ms_t *at;
    } times[] = {{F_DUE, &e->due},
                 {F_FROM, &e->from},
                 {F_TO, &e->to},
                 {F_OPENED_AT, &e->opened_at},
                 {F_WAITING_SINCE, &e->waiting_since}};
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        bool required = event_required((enum event_kind)e->kind) >> times[i].field & 1;
        if ((known >> times[i].field & 1) != 0 && gives(c, e, times[i].field, required ? 100 : 50))
            *times[i].at = e->ts - random_range(&c->r, times[i].field == F_DUE ? -50 * c->step : 0,
                                                50 * c->step);
    }
    if (e->kind == EV_SHIFT) { /* few beginnings: some are said again; some cannot be */
        e->from =
            e->ts / (40 * c->step) * (40 * c->step) + random_range(&c->r, -3, 3) * c->step * 20;
        e->to = e->from + random_range(&c->r, -1, 40) * c->step;
    }
}

/* Every kind comes; those of a ticket's life more often. */
static enum event_kind draw_kind(struct chaos *c)
{
    static const uint8_t often[] = {
        EV_OPENED,     EV_OPENED,         EV_ASSIGNED,      EV_ASSIGNED,      EV_MESSAGE,
        EV_MESSAGE,    EV_MESSAGE,        EV_MESSAGE,       EV_MESSAGE,       EV_MESSAGE,
        EV_RESOLVED,   EV_RESOLVED,       EV_REOPENED,      EV_CLOSED,        EV_PAUSED,
        EV_RESUMED,    EV_CALL_OFFERED,   EV_CALL_RUNG,     EV_UPDATED,       EV_CALL_ANSWERED,
        EV_CALL_ENDED, EV_CALL_ABANDONED, EV_VISIT_PLANNED, EV_VISIT_ARRIVED, EV_VISIT_ENDED,
        EV_CONFIRMED,  EV_COMPLAINED,     EV_FOLLOWED_UP,   EV_RETURNED,      EV_INSPECTED,
        EV_RATED,      EV_AGENT_STATE,    EV_AGENT_STATE,   EV_SHIFT,         EV_MEASURED,
        EV_MEASURED,
    };
    if (random_below(&c->r, 1000) < c->merges)
        return EV_MERGED;
    for (;;) {
        enum event_kind kind = random_percent(&c->r, 85)
                                   ? (enum event_kind)often[random_below(&c->r, sizeof often)]
                                   : (enum event_kind)random_below(&c->r, EV_N);
        /* Who is a bot is not part of a ticket, so its order among events counts. */
        if (kind != EV_MERGED && kind != EV_AGENT_INFO)
            return kind;
    }
}

/* Half of the sources number their events, a third give ids, the rest give neither. */
static void identify(struct chaos *c, struct event *e, char id_text[16])
{
    uint64_t src = random_below(&c->r, CHAOS_SOURCES);
    e->has |= F1(SRC);
    e->src = str_of(c->name[src]);
    if (src < 3) {
        e->has |= F1(SEQ);
        e->seq = ++c->seq[src];
    }
    if (src >= 2 && src < 5) {
        e->has |= F1(ID);
        int n = snprintf(id_text, 16, "e%llu", (unsigned long long)++c->id);
        e->id = (struct str){id_text, (uint32_t)n};
    }
    /* Events that nothing tells apart must not stand at one instant: their order is free. */
    if (src == 5)
        c->now++;
}

/* One of the calls of this time. */
static struct str pick_call(struct chaos *c, char text[16])
{
    uint64_t first = c->drawn / 16, which = first + random_below(&c->r, c->calls);
    return (struct str){text, (uint32_t)snprintf(text, 16, "k%llu", (unsigned long long)which)};
}

void chaos_event(struct chaos *c, struct event *ret, struct chaos_texts *texts)
{
    static const ms_t jumps[] = {MS_HOUR, 6 * MS_HOUR, MS_DAY, 9 * MS_DAY};
    enum event_field field;
    struct event e = {.rts = MS_NONE};
    e.kind = (uint8_t)draw_kind(c);
    c->drawn++;
    identify(c, &e, texts->id);
    c->now += random_percent(&c->r, 20) ? 0 : random_range(&c->r, 0, 2 * c->step);
    if (random_below(&c->r, 1000) < c->jumps)
        c->now += jumps[random_below(&c->r, ARRAY_LEN(jumps))];
    e.ts = c->now;
    c->now += event_has(&e, F_ID) || event_has(&e, F_SEQ) ? 0 : 1;
    e.has |= F1(TS);
    uint64_t known =
        event_required((enum event_kind)e.kind) | event_optional((enum event_kind)e.kind);
    if (known >> F_TICKET & 1) {
        bool required = event_required((enum event_kind)e.kind) >> F_TICKET & 1;
        if (required || random_percent(&c->r, 80)) {
            e.has |= F1(TICKET);
            e.ticket = pick(c, c->tickets);
        }
    }
    if (known >> F_CALL & 1) {
        e.has |= F1(CALL);
        e.call = pick_call(c, texts->call);
    }
    if ((known >> F_VISIT & 1) != 0 && gives(c, &e, F_VISIT, 60))
        e.visit = pick(c, 12);
    if (e.kind == EV_MERGED) {
        uint64_t source = strtoull(e.ticket.p + 1, NULL, 10);
        if (c->merged >> source & 1)
            e.kind = EV_CONFIRMED;
        c->merged |= 1ULL << source;
        known = event_required((enum event_kind)e.kind);
    }
    fill_names(c, &e, known, e.kind == EV_UPDATED || e.kind == EV_ASSIGNED ? 60 : 40);
    if (e.kind == EV_UPDATED || e.kind == EV_ASSIGNED) {
        e.has |= F1(TEAM);
        e.team = pick(c, c->teams);
    }
    fill_words(c, &e, known);
    fill_numbers(c, &e, known);
    CHECK(event_check(&e, &field) == 0);
    *ret = e;
}

/* --- settings --------------------------------------------------------------- */

/* Cards of two scopes on a rating, one of an aspect, and a count. */
static const struct scorecards *cards(void)
{
    static struct scorecards drawn;
    for (uint32_t i = 0; i < 2 && drawn.cards < 2; i++) {
        struct scorecard *c = &drawn.card[drawn.cards++];
        c->id[0] = (char)('a' + i);
        c->scope = i == 0 ? SCOPE_AGENT : SCOPE_TEAM;
        c->valid_from = MS_NONE;
        c->items = 2;
        c->item[0] = (struct score_item){.of = {IND_CSAT, IF_MEAN, (uint8_t)(1 - i)},
                                         .method = SCORE_LINEAR,
                                         .weight = 80,
                                         .min_n = 1,
                                         .cap = SCORE_FULL,
                                         .has_marks = true,
                                         .baseline = 3 * NUMBER_ONE,
                                         .target = 4 * NUMBER_ONE};
        c->item[1] = (struct score_item){
            .of = {IND_COMPLAINTS, IF_NUM, 0}, .method = SCORE_DEDUCT, .weight = 20, .deduct = 5};
    }
    return &drawn;
}

/* Some windows are compared with what was before. By draws of its own, as the next one. */
static void draw_compared(struct random r, struct settings *s)
{
    uint32_t n = s->windows;
    for (uint32_t w = 0; w < s->windows && n < WINDOWS_MAX; w++)
        if (s->window[w].kind == WINDOW_SLIDING && random_percent(&r, 30)) {
            s->compared |= 1u << w;
            n++;
        }
}

/* Some rules are on trends or scores instead. */
static void draw_kinds(struct random r, struct settings *s)
{
    (void)settings_aspect_find(s, str_of("csat.n0"));
    (void)settings_aspect_find(s, str_of("csat.n1"));
    s->cards = cards();
    for (uint32_t i = 0; i < s->rules; i++) {
        struct rule_setting *rule = &s->rule[i];
        if (random_percent(&r, 15)) {
            rule->indicator = IND_CSAT;
            rule->field = random_percent(&r, 70) ? IF_MEAN : IF_N;
            rule->aspect = (uint8_t)random_below(&r, 3);
        }
        bool score = random_percent(&r, 25) && (s->scopes >> SCOPE_AGENT & 1) != 0;
        if (score) {
            rule->kind = RULE_SCORE;
            rule->card[0] = 'a';
            rule->scope = SCOPE_AGENT;
            rule->fire = random_range(&r, 0, 100) * NUMBER_ONE;
            rule->clear = rule->fire;
        } else if (rule->indicator < IND_GAUGE_FIRST && (s->compared >> rule->window & 1) != 0) {
            rule->kind = RULE_TREND;
            rule->absolute = random_percent(&r, 50);
            rule->fire = random_range(&r, -10, 10) * (NUMBER_ONE / 10);
            rule->clear = rule->fire;
        }
    }
}

static void draw_side(struct random *r, struct customs *all, struct custom_side *ret)
{
    char name[] = {'n', (char)('0' + random_below(r, CHAOS_MEASURES)), 0};
    *ret = (struct custom_side){.kind = (uint8_t)(SIDE_SUM + random_below(r, 3))};
    if (ret->kind == SIDE_COUNT)
        ret->indicator = (uint16_t)(IND_OPENED + random_below(r, IND_CALLS_RUNG - IND_OPENED + 1));
    else
        ret->measure = (uint8_t)custom_measure(all, str_of(name));
}

/* Of every kind, over a few measures; by draws of its own. */
static void draw_customs(struct random r, struct settings *s)
{
    struct customs *all = &s->customs;
    memset(all, 0, sizeof *all);
    all->n = (uint32_t)random_below(&r, CUSTOMS_MAX + 1);
    for (uint32_t i = 0; i < all->n; i++) {
        struct custom_setting *c = &all->at[i];
        c->id[0] = 'u';
        c->id[1] = (char)('a' + i);
        c->kind = (uint8_t)random_below(&r, CUSTOM_KINDS);
        do
            draw_side(&r, all, &c->num);
        while ((c->kind == CUSTOM_COUNT && c->num.kind == SIDE_SUM) ||
               (c->kind != CUSTOM_COUNT && c->kind != CUSTOM_RATIO && c->num.kind != SIDE_SUM));
        if (c->kind == CUSTOM_RATIO)
            draw_side(&r, all, &c->den);
        if (c->kind == CUSTOM_MEAN)
            c->den = (struct custom_side){.kind = SIDE_NUMBER, .measure = c->num.measure};
    }
    custom_settle(all);
}

/* Some are on mixes. By draws of its own, as the one before. */
static void draw_mixes(struct random r, struct settings *s)
{
    for (uint32_t i = 0; i < s->rules; i++) {
        struct rule_setting *rule = &s->rule[i];
        if (rule->kind != RULE_KPI || (rule->scope != SCOPE_ALL && rule->scope != SCOPE_TEAM) ||
            random_percent(&r, 50))
            continue;
        rule->kind = RULE_MIX;
        rule->mix = (uint8_t)random_below(&r, MIX_N);
        rule->beyond = random_percent(&r, 50);
        rule->below = false;
        rule->on_empty = (uint8_t)random_below(&r, ON_EMPTY_FIRE);
        rule->fire = random_range(&r, 1, 8) * (NUMBER_ONE / 10);
        rule->clear = random_percent(&r, 50) ? rule->fire : rule->fire / 2;
        if (random_percent(&r, 20))
            memcpy(rule->part, "n1", 3);
    }
}

void chaos_rules(struct random *r, struct settings *s, uint32_t rules)
{
    s->rules = rules;
    for (uint32_t i = 0; i < rules; i++) {
        struct rule_setting *rule = &s->rule[i];
        *rule = (struct rule_setting){.id = {'r', (char)('a' + i), 0}};
        do
            rule->indicator = (uint16_t)random_below(r, IND_N);
        while (indicator_is_custom((enum indicator)rule->indicator) &&
               custom_of(s, (enum indicator)rule->indicator) == NULL);
        do
            rule->field = (uint8_t)random_below(r, IF_END);
        while (!custom_has_field(s, (enum indicator)rule->indicator,
                                 (enum indicator_field)rule->field));
        do
            rule->scope = (uint8_t)random_below(r, SCOPE_N);
        while ((s->scopes >> rule->scope & 1) == 0);
        rule->window = (uint8_t)random_below(r, s->windows);
        rule->below = random_percent(r, 30);
        rule->on_empty = (uint8_t)random_below(r, 3);
        rule->min_n = (uint32_t)random_below(r, 4);
        rule->hold = random_percent(r, 50) ? 0 : random_range(r, 1, 600000);
        bool ms = indicator_field_is_ms((enum indicator)rule->indicator,
                                        (enum indicator_field)rule->field);
        rule->fire = ms ? random_range(r, 0, 3600000) : random_range(r, 0, 50) * 200000;
        ms_t gap = random_range(r, 0, rule->fire / 2);
        rule->clear = rule->below ? rule->fire + gap : rule->fire - gap;
    }
    draw_kinds(*r, s);
    draw_mixes(*r, s);
}

/* Some count by the hours of the first calendar. By draws of its own: seeds mean what they did. */
static void draw_hours(struct random r, struct settings *s)
{
    struct time_slice slice[SLICES_MAX];
    for (uint32_t i = 0; i < s->rules && s->sla != NULL; i++) {
        struct rule_setting *rule = &s->rule[i];
        if (rule->kind != RULE_SCORE && random_percent(&r, 40) && rule->kind != RULE_MIX)
            memcpy(rule->when, "c0", 3);
        bool wrong = slices_of(s, slice) > SLICES_MAX;
        if (wrong || slices_wrong(s) != NULL)
            rule->when[0] = 0;
    }
}

void chaos_sla(struct random *r, struct settings *s)
{
    static struct sla_setting
        drawn[2]; /* the engine copies; one may be in force as another comes */
    static uint32_t turn;
    turn = 1 - turn;
    s->sla = NULL;
    bool hours = false; /* they need the calendar */
    for (uint32_t i = 0; i < s->rules; i++)
        hours |= s->rule[i].when[0] != 0;
    if (!hours && random_percent(r, 25))
        return;
    draw_sla(r, CHAOS_START, 4, &drawn[turn]);
    s->sla = &drawn[turn];
}

void chaos_settings(struct random *r, struct settings *s)
{
    static const char *const windows[] = {"10s", "5m",    "1h",   "24h",  "7d",
                                          "30d", "today", "week", "month"};
    settings_default(s);
    s->seed = random_next(r);
    s->windows = 0;
    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        if (random_percent(r, 50))
            CHECK(window_setting_parse(str_of(windows[i]), &s->window[s->windows++]));
    if (s->windows == 0)
        CHECK(window_setting_parse(str_of("1h"), &s->window[s->windows++]));
    s->scopes = (uint32_t)random_below(r, 1 << SCOPE_N) | 1u << SCOPE_ALL;
    s->zone.shift[0].offset = (int32_t)random_range(r, -12, 12) * 3600;
    for (int i = 0; i < TARGET_N; i++)
        s->target[i] = random_percent(r, 50) ? 0 : random_range(r, 1, 3600000);
    s->lateness = random_percent(r, 70) ? 120000 : random_range(r, 1, 600000);
    s->fcr_horizon = random_range(r, 0, 3 * MS_DAY);
    s->reopen_horizon = random_range(r, 0, 7 * MS_DAY);
    s->resolved_within = random_range(r, 0, MS_DAY);
    s->repeat_horizon = random_range(r, 0, 4 * MS_DAY);
    s->complaint_horizon = random_range(r, 0, 2 * MS_DAY);
    s->return_horizon = random_range(r, 0, 3 * MS_DAY);
    for (uint32_t i = 0; i < FOLLOW_UPS_MAX; i++)
        s->follow_up[i] = random_percent(r, 25) ? 0 : random_range(r, 1, 40 * (ms_t)MS_DAY);
    s->service_level_within = random_range(r, 1, MS_HOUR);
    s->presence_timeout = random_range(r, 1000, MS_DAY);
    s->exact_samples = random_percent(r, 50) ? 1000 : 100000;
    const char *why;
    chaos_sla(r, s);
    draw_compared(*r, s);
    draw_customs(*r, s);
    chaos_rules(r, s, (uint32_t)random_below(r, 12));
    draw_hours(*r, s);
    CHECK(settings_check(s, &why) == 0);
}

/* --- disorder --------------------------------------------------------------- */

struct delivery {
    ms_t at;
    uint32_t event;
};

static int by_delivery(const void *a, const void *b)
{
    const struct delivery *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->event > y->event) - (x->event < y->event);
}

uint32_t chaos_order(struct random *r, const struct event *events, uint32_t n, ms_t lateness,
                     uint32_t doubled_percent, uint32_t *order)
{
    struct delivery *d = calloc(2 * n, sizeof *d);
    uint32_t m = 0;
    CHECK(d != NULL);
    for (uint32_t i = 0; i < n; i++) {
        ms_t at = events[i].ts + (ms_t)random_below(r, (uint64_t)ms_max(lateness, 1));
        d[m++] = (struct delivery){at, i};
        if (random_percent(r, doubled_percent)) {
            ms_t again = random_percent(r, 80) ? lateness : 2 * MS_HOUR;
            d[m++] =
                (struct delivery){events[i].ts + (ms_t)random_below(r, (uint64_t)again + 1), i};
        }
    }
    qsort(d, m, sizeof *d, by_delivery);
    for (uint32_t i = 0; i < m; i++)
        order[i] = d[i].event;
    free(d);
    return m;
}

/* The stage holds what happens next (a heap of stories, arrivals and the clock's own moments); a
 * step of a story tells slips, which are posted for delivery at once, late or twice. A slip is
 * delivered as soon as nothing on the stage can come before it. */
#include "daemon/cli/traffic.h"

#include "daemon/cli/stage.h"

#include <stdlib.h>

/* What stands on the stage besides stories. */
enum {
    WHAT_START = UINT32_MAX - 5, /* agents and old tickets are told, `live` ones opened */
    WHAT_TICKET,
    WHAT_CALL,
    WHAT_HEARTBEAT,
    WHAT_NIGHT, /* the desk tells again how some open tickets stand */
    WHAT_STORIES_MAX = 1 << 24,
    WHAT_PERSON = 1 << 25, /* and the number of the agent */
};

/* Measured on this model (tests/unit/test_traffic.c checks them): events of one ticket with its
 * share of calls, in thousandths; how long a ticket is open on average. */
enum { EVENTS_PER_TICKET_MILLI = 11600, OPEN_LIFE_MS = 11000 * 1000 };

enum {
    CALLS_PER_TICKET_PERMILLE = 150,
    SLIPS_MAX = 1 << 17,
    SEQUELS_MAX = 1 << 20, /* call-backs wait for 90 days */
    HEARTBEAT_MS = 30 * 1000,
    NIGHT_AT = 3 * MS_HOUR,
    NIGHT_TICKETS = 12,
};

/* Share of the peak's arrivals in each hour of a day, in thousandths. */
static const uint16_t day_curve[24] = {60,  40,  30,  30,  40,  80,  180, 400, 720, 950, 1000, 960,
                                       800, 780, 850, 880, 840, 720, 520, 400, 320, 240, 160,  100};
enum { DAY_CURVE_MEAN = 463, WEEKEND = 350 };

struct traffic_setup traffic_default(void)
{
    return (struct traffic_setup){
        .seed = 1,
        .start = 1767571200000, /* Monday 2026-01-05 00:00 UTC */
        .agents = 24,
        .teams = 4,
        .categories = 12,
        .customers = 500000,
        .rate = 2000,
    };
}

/* --- heaps -------------------------------------------------------------------------------- */

static bool due_before(const struct due *a, const struct due *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static bool due_add(struct due_heap *h, struct due d)
{
    if (h->n == h->cap) {
        uint32_t cap = h->cap == 0 ? 256 : h->cap * 2;
        struct due *item = realloc(h->item, cap * sizeof(*item));
        if (item == NULL)
            return false;
        h->item = item;
        h->cap = cap;
    }
    uint32_t i = h->n++;
    while (i > 0 && due_before(&d, &h->item[(i - 1) / 2])) {
        h->item[i] = h->item[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->item[i] = d;
    return true;
}

static struct due due_take(struct due_heap *h)
{
    CHECK(h->n > 0);
    struct due top = h->item[0];
    struct due last = h->item[--h->n];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= h->n)
            break;
        if (child + 1 < h->n && due_before(&h->item[child + 1], &h->item[child]))
            child++;
        if (!due_before(&h->item[child], &last))
            break;
        h->item[i] = h->item[child];
        i = child;
    }
    h->item[i] = last;
    return top;
}

static void stage_add(struct traffic *t, ms_t at, uint32_t what)
{
    if (!due_add(&t->stage, (struct due){at, t->order++, what}))
        t->no_memory = true;
}

/* --- telling ------------------------------------------------------------------------------ */

/* "T-123" into out. */
static struct str number_text(char out[static 24], char letter, uint64_t number)
{
    char digits[20];
    uint32_t n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    out[0] = letter;
    out[1] = '-';
    for (uint32_t i = 0; i < n; i++)
        out[2 + i] = digits[n - 1 - i];
    return (struct str){out, 2 + n};
}

/* A free slip; the store grows up to SLIPS_MAX. When it cannot, one slip is told over and over:
 * traffic_next stops then, because of no_memory. */
static uint32_t slip_get(struct traffic *t)
{
    if (t->slip_frees > 0)
        return t->slip_free[--t->slip_frees];
    if (t->slips == t->slips_cap) {
        t->no_memory = true;
        return t->slips - 1;
    }
    return t->slips++;
}

static void post(struct traffic *t, uint32_t slip, ms_t ts)
{
    struct traffic_setup *s = &t->setup;
    /* Chance of its own: disorder does not change what happens. */
    uint32_t copies = chance_permille(&t->disorder, s->doubled) ? 2 : 1;
    t->slip[slip].copies = copies;
    while (copies-- > 0) {
        ms_t at = ts;
        if (s->shuffle > 0)
            at += chance_below(&t->disorder, (uint32_t)s->shuffle + 1);
        if (chance_permille(&t->disorder, s->late))
            at += 3 * MS_MINUTE + chance_below(&t->disorder, 57 * MS_MINUTE);
        if (!due_add(&t->post, (struct due){at, t->order++, slip}))
            t->no_memory = true;
    }
}

struct event *traffic_tell(struct traffic *t, enum event_kind kind, const struct story *s, ms_t now)
{
    static const char *const sources[SOURCES] = {"desk", "calls", "survey", "staff"};
    uint32_t source = kind >= EV_CALL_OFFERED && kind <= EV_CALL_ENDED ? SOURCE_CALLS
                      : kind >= EV_RATED && kind <= EV_INSPECTED       ? SOURCE_SURVEY
                      : kind == EV_AGENT_STATE || kind == EV_SHIFT || kind == EV_MEASURED
                          ? SOURCE_STAFF
                          : SOURCE_DESK;
    uint32_t slip = slip_get(t);
    struct slip *p = &t->slip[slip];
    struct event *e = &p->event;
    *e = (struct event){.kind = (uint8_t)kind, .ts = now, .seq = ++t->seq[source]};
    e->has = F1(TYPE) | F1(SRC) | F1(SEQ) | F1(TS);
    e->src = str_of(sources[source]);
    e->is_public = e->needs_reply = true;
    if (s != NULL) {
        bool call = source == SOURCE_CALLS;
        struct str name = number_text(p->ticket, call ? 'C' : 'T', s->number);
        if (call)
            STORY_PUT(e, CALL, call, name);
        else
            STORY_PUT(e, TICKET, ticket, name);
        e->customer = number_text(p->customer, 'K', s->customer); /* has no bit: not said yet */
    }
    post(t, slip, now);
    return e;
}

struct str traffic_other_name(struct traffic *t, struct event *e, char letter, uint64_t number)
{
    struct slip *p = (struct slip *)((char *)e - offsetof(struct slip, event));
    CHECK(p >= t->slip && p < t->slip + t->slips);
    return number_text(p->other, letter, number);
}

const struct story *traffic_other(struct traffic *t, const struct story *s)
{
    uint32_t recent = t->recents < RECENT ? t->recents : RECENT;
    for (int tries = 0; recent > 0 && tries < 16; tries++) {
        const struct story *other = &t->story[t->recent[chance_below(&t->chance, recent)]];
        if (other != s && other->open && other->number != 0 && other->phase != STORY_SPAM)
            return other;
    }
    return NULL;
}

/* --- stories ------------------------------------------------------------------------------ */

static struct story *story_get(struct traffic *t)
{
    if (t->story_free > 0)
        return &t->story[t->free_slot[--t->story_free]];
    if (t->stories == t->stories_cap) {
        uint32_t cap = t->stories_cap * 2;
        struct story *story = realloc(t->story, cap * sizeof(*story));
        if (story != NULL)
            t->story = story;
        uint32_t *free_slot = realloc(t->free_slot, cap * sizeof(*free_slot));
        if (free_slot != NULL)
            t->free_slot = free_slot;
        if (story == NULL || free_slot == NULL || cap > WHAT_STORIES_MAX) {
            t->no_memory = true;
            return NULL;
        }
        t->stories_cap = cap;
    }
    return &t->story[t->stories++];
}

struct story *traffic_follow(struct traffic *t, const struct story *s, enum story_phase phase,
                             ms_t at)
{
    if (t->sequels == SEQUELS_MAX)
        return NULL;
    struct story *next = story_get(t);
    if (next == NULL)
        return NULL;
    *next = *s;
    next->sequel = true;
    next->phase = (uint8_t)phase;
    next->replies = next->round = next->how = 0;
    next->open = next->paused = false;
    if (phase == STORY_OPEN) { /* a ticket of its own */
        next->number = 0;
        next->agent = NOBODY;
        next->reopened = false;
    }
    t->sequels++;
    stage_add(t, at, (uint32_t)(next - t->story));
    return next;
}

static void story_go_on(struct traffic *t, struct story *s, ms_t now)
{
    uint32_t slot = (uint32_t)(s - t->story);
    bool call = s->phase >= STORY_OFFERED;
    if (s->number == 0) { /* it begins; one that waited for that is no sequel any more */
        t->sequels -= s->sequel;
        s->sequel = false;
        s->number = call ? ++t->calls : ++t->tickets;
        t->calls_live += call;
    }
    ms_t at = story_step(t, s, now);
    s = &t->story[slot]; /* the store may have moved */
    if (s->phase != STORY_ENDED) {
        stage_add(t, at, slot);
        return;
    }
    t->calls_live -= call;
    t->sequels -= s->sequel;
    s->number = 0;
    t->free_slot[t->story_free++] = slot;
}

static void story_new(struct traffic *t, enum story_phase phase, ms_t now)
{
    struct story *s = story_get(t);
    if (s == NULL)
        return;
    story_begin(t, s, phase);
    story_go_on(t, s, now);
}

/* --- arrivals ----------------------------------------------------------------------------- */

static uint32_t arrivals_permille(const struct traffic *t, ms_t now)
{
    if (t->setup.flat)
        return 1000;
    ms_t day = now / MS_DAY, hour = now % MS_DAY / MS_HOUR;
    bool weekend = (day + 3) % 7 >= 5; /* 1970 began on a Thursday */
    return day_curve[hour] * (weekend ? WEEKEND : 1000u) / 1000u;
}

/* Thinning (Lewis and Shedler 1979): drawn at the peak's rate, kept with the hour's share. */
static void arrive(struct traffic *t, uint32_t what, ms_t now)
{
    bool call = what == WHAT_CALL;
    if (chance_permille(&t->chance, arrivals_permille(t, now))) {
        if (!call)
            story_new(t, STORY_OPEN, now);
        else if (t->calls_live < (t->setup.agents + 2) / 3)
            story_new(t, STORY_OFFERED, now);
    }
    int64_t mean = call ? t->gap * 1000 / CALLS_PER_TICKET_PERMILLE : t->gap;
    if (!t->setup.flat)
        mean = mean * DAY_CURVE_MEAN / 1000;
    /* Microseconds are carried by chance: the mean is right below a millisecond, too. */
    int64_t us = chance_exponential(&t->chance, mean) + chance_below(&t->chance, 1000);
    stage_add(t, now + us / 1000, what);
}

/* One agent, old ticket, or live ticket at a time; then the desk is open. */
static void start(struct traffic *t, ms_t now)
{
    const struct traffic_setup *s = &t->setup;
    uint32_t i = t->told++;
    if (i < s->agents) {
        struct event *e = traffic_tell(t, EV_AGENT_INFO, NULL, now);
        STORY_PUT(e, AGENT, agent, cast_str(&t->cast.agent[i]));
        STORY_PUT(e, TEAM, team, cast_str(&t->cast.team[i % s->teams]));
        STORY_PUT(e, NAME, name, cast_str(&t->cast.title[i]));
        t->person[i].state = PRESENCE_OFFLINE;
        stage_add(t, now, WHAT_PERSON + i);
        stage_add(t, now, WHAT_START);
    } else if (i < s->agents + s->loaded) {
        story_new(t, STORY_LOADED, now);
        stage_add(t, now, WHAT_START);
    } else if (t->open < s->live) {
        story_new(t, STORY_OPEN, now);
        stage_add(t, now + (i % 16 == 0), WHAT_START);
    } else {
        if (s->live == 0)
            stage_add(t, now, WHAT_TICKET);
        stage_add(t, now, WHAT_CALL);
    }
}

/* What the desk believes of some open tickets, lest anybody has missed something. */
static void reconcile(struct traffic *t, ms_t now)
{
    for (uint32_t i = 0; i < NIGHT_TICKETS; i++) {
        const struct story *s = traffic_other(t, NULL);
        if (s == NULL)
            continue;
        struct event *e = traffic_tell(t, EV_STATE, s, now);
        STORY_PUT(e, STATUS, status, (uint8_t)(s->paused ? STATUS_PAUSED : STATUS_OPEN));
        story_put_agent(t, s, e);
        e->has |= F1(CUSTOMER);
    }
}

static void step(struct traffic *t)
{
    struct due d = due_take(&t->stage);
    if (d.what == WHAT_START) {
        start(t, d.at);
    } else if (d.what == WHAT_TICKET || d.what == WHAT_CALL) {
        arrive(t, d.what, d.at);
    } else if (d.what == WHAT_HEARTBEAT) {
        traffic_tell(t, EV_HEARTBEAT, NULL, d.at);
        stage_add(t, d.at + HEARTBEAT_MS, WHAT_HEARTBEAT);
    } else if (d.what == WHAT_NIGHT) {
        reconcile(t, d.at);
        stage_add(t, d.at + MS_DAY, WHAT_NIGHT);
    } else if (d.what >= WHAT_PERSON) {
        stage_add(t, person_step(t, d.what - WHAT_PERSON, d.at), d.what);
    } else {
        story_go_on(t, &t->story[d.what], d.at);
        /* With a fixed number of live tickets, one that ends makes room for the next. */
        if (t->told > t->setup.agents + t->setup.loaded && t->open < t->setup.live)
            story_new(t, STORY_OPEN, d.at);
    }
}

/* --- life --------------------------------------------------------------------------------- */

static bool setup_ok(const struct traffic_setup *s)
{
    return s->agents >= 1 && s->agents <= 100000 && s->teams >= 1 && s->teams <= 1000 &&
           s->teams <= s->agents && s->categories >= 1 && s->categories <= 5000 &&
           s->customers >= 1 && s->customers <= 10000000 && s->rate >= 1 && s->rate <= 1000000000 &&
           s->live <= WHAT_STORIES_MAX / 8 && s->loaded <= WHAT_STORIES_MAX / 8 &&
           s->shuffle >= 0 && s->shuffle <= MS_HOUR && s->doubled <= 1000 && s->late <= 1000 &&
           s->start >= MS_MIN_TS && s->start < MS_MAX_TS;
}

struct traffic *traffic_new(const struct traffic_setup *setup)
{
    if (!setup_ok(setup))
        return NULL;
    struct traffic *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return NULL;
    t->setup = *setup;
    chance_init(&t->chance, setup->seed);
    chance_init(&t->disorder, ~setup->seed);
    t->gap = 1000LL * 1000 * EVENTS_PER_TICKET_MILLI / setup->rate;
    t->scale = 1000;
    if (setup->live > 0) {
        int64_t scale = t->gap * setup->live / OPEN_LIFE_MS;
        t->scale = (uint32_t)(scale < 1 ? 1 : scale > 1000000 ? 1000000 : scale);
    }
    t->stories_cap = 1024;
    t->slips_cap = SLIPS_MAX;
    t->story = calloc(t->stories_cap, sizeof(*t->story));
    t->free_slot = calloc(t->stories_cap, sizeof(*t->free_slot));
    t->person = calloc(setup->agents, sizeof(*t->person));
    t->slip = calloc(t->slips_cap, sizeof(*t->slip)); /* touched when used */
    t->slip_free = calloc(t->slips_cap, sizeof(*t->slip_free));
    t->lent = calloc(t->slips_cap, sizeof(*t->lent));
    bool cast = cast_init(&t->cast, setup->agents, setup->teams, setup->categories);
    if (!cast || t->person == NULL || t->story == NULL || t->free_slot == NULL || t->slip == NULL ||
        t->slip_free == NULL || t->lent == NULL) {
        if (!cast)
            t->cast = (struct cast){0};
        traffic_free(t);
        return NULL;
    }
    stage_add(t, setup->start, WHAT_START);
    stage_add(t, setup->start + HEARTBEAT_MS, WHAT_HEARTBEAT);
    ms_t night = setup->start / MS_DAY * MS_DAY + NIGHT_AT;
    stage_add(t, night > setup->start ? night : night + MS_DAY, WHAT_NIGHT);
    return t;
}

void traffic_free(struct traffic *t)
{
    if (t == NULL)
        return;
    cast_fini(&t->cast);
    free(t->story);
    free(t->free_slot);
    free(t->person);
    free(t->stage.item);
    free(t->post.item);
    free(t->slip);
    free(t->slip_free);
    free(t->lent);
    free(t);
}

/* May the next slip go out: can nothing be told any more that would come before it? When the
 * store of slips is nearly full, the next one goes early. */
static bool deliverable(const struct traffic *t)
{
    if (t->post.n == 0)
        return false;
    return t->stage.n == 0 || t->post.item[0].at <= t->stage.item[0].at ||
           t->slips - t->slip_frees > SLIPS_MAX - SLIPS_MAX / 16;
}

uint32_t traffic_next(struct traffic *t, ms_t until, struct event *events, uint32_t cap)
{
    CHECK(cap > 0);
    while (t->lents > 0)
        t->slip_free[t->slip_frees++] = t->lent[--t->lents];
    uint32_t n = 0;
    while (n < cap && !t->no_memory) {
        if (deliverable(t)) {
            if (t->post.item[0].at > until)
                break;
            struct due d = due_take(&t->post);
            struct slip *p = &t->slip[d.what];
            events[n] = p->event;
            events[n++].rts = d.at;
            if (--p->copies == 0)
                t->lent[t->lents++] = d.what;
        } else if (t->stage.item[0].at > until && (t->post.n == 0 || t->post.item[0].at > until)) {
            break;
        } else {
            step(t);
        }
    }
    return n;
}

bool traffic_failed(const struct traffic *t)
{
    return t->no_memory;
}

ms_t traffic_ahead(const struct traffic *t)
{
    ms_t at = t->stage.item[0].at;
    return t->post.n > 0 ? ms_min(at, t->post.item[0].at) : at;
}

uint32_t traffic_open(const struct traffic *t)
{
    return t->open;
}

/* Happy path: base and records -> turns (state by state, ended by the timeout) -> spells signed
 * in; shifts -> roster (no instant twice); spells and roster together -> attended. */
#include "core/duty.h"

#include "core/stint.h"

#define BIT(x) (1u << (x))
enum {
    SCOPES = 1 << SCOPE_ALL | 1 << SCOPE_AGENT | 1 << SCOPE_TEAM,
    TURNS_MAX = 2 * DUTY_RECORDS_MAX + 2,
    SPELLS_MAX = DUTY_SPELLS_MAX + DUTY_RECORDS_MAX + 2,
    SHIFTS_MAX = DUTY_SHIFTS_MAX + DUTY_RECORDS_MAX,
};

/* From `at` on he is in this state. */
struct turn {
    ms_t at;
    uint32_t team;
    uint8_t state;
};

struct turns {
    uint32_t n;
    struct turn at[TURNS_MAX];
};

struct spells {
    uint32_t n;
    struct spell at[SPELLS_MAX];
};

struct roster {
    uint32_t n;
    struct shift at[SHIFTS_MAX];
};

static bool signed_in(uint8_t state)
{
    return state != DUTY_NONE && state != PRESENCE_OFFLINE;
}

/* Bits of the columns that a state counts in. */
static uint32_t columns_of(uint8_t state)
{
    switch (state) {
    case PRESENCE_AVAILABLE:
        return BIT(STINTS_ONLINE);
    case PRESENCE_BUSY:
    case PRESENCE_WRAP_UP:
        return BIT(STINTS_ONLINE) | BIT(STINTS_OCCUPIED);
    default: /* a break, offline, unknown */
        return 0;
    }
}

void duty_init(struct duty_base *b)
{
    b->folded = b->said = b->since = b->came = MS_NONE;
    b->state = DUTY_NONE;
    handling_init(&b->handling);
}

/* --- shifts ------------------------------------------------------------------------------- */

/* The team that a record says, else the agent's own. */
static uint32_t team_of(const struct record *r, uint32_t own)
{
    return (r->names >> SCOPE_TEAM & 1) != 0 ? r->tags.team : own;
}

static bool shift_before(const struct shift *a, const struct shift *b)
{
    return a->counts != b->counts ? a->counts < b->counts : a->from < b->from;
}

/* One that is said again keeps the time from which it counted. Returns how many there are. */
static uint32_t shift_say(struct shift *list, uint32_t n, uint32_t cap, const struct record *r,
                          uint32_t own)
{
    struct shift s = {.from = r->time, .to = r->waiting_since, .team = team_of(r, own)};
    s.counts = ms_max(s.from, r->ts - DUTY_REACH);
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].from != s.from)
            continue;
        s.counts = ms_min(s.counts, list[i].counts);
        memmove(&list[i], &list[i + 1], (--n - i) * sizeof *list);
        break;
    }
    if (s.to <= s.counts) /* taken back, or too long ago */
        return n;
    CHECK(n < cap);
    uint32_t at = n;
    for (; at > 0 && shift_before(&s, &list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = s;
    return n + 1;
}

/* Shifts in their order, each cut to what no earlier one covers. */
static void roster_of(const struct duty_base *b, const struct record *r, uint32_t n,
                      struct roster *ret)
{
    struct shift said[SHIFTS_MAX];
    uint32_t shifts = b->shifts, own = b->own;
    memcpy(said, b->shift, shifts * sizeof said[0]);
    for (uint32_t i = 0; i < n; i++) {
        if (r[i].kind == EV_SHIFT)
            shifts = shift_say(said, shifts, SHIFTS_MAX, &r[i], own);
        else if (r[i].kind == EV_AGENT_INFO)
            own = r[i].tags.team;
    }
    ret->n = 0;
    for (uint32_t i = 0; i < shifts; i++) {
        struct shift *last = ret->n > 0 ? &ret->at[ret->n - 1] : NULL;
        struct shift s = said[i];
        if (last != NULL)
            s.counts = ms_max(s.counts, last->to);
        if (s.to <= s.counts)
            continue;
        if (last != NULL && last->to == s.counts && last->team == s.team)
            last->to = s.to;
        else
            ret->at[ret->n++] = s;
    }
}

/* --- states ------------------------------------------------------------------------------- */

/* Of several turns at one instant the last counts; one to the same state and team is none. */
static void turn_add(struct turns *t, ms_t at, uint8_t state, uint32_t team)
{
    if (t->n > 0 && t->at[t->n - 1].at == at)
        t->n--;
    const struct turn *last = t->n > 0 ? &t->at[t->n - 1] : NULL;
    if (last != NULL ? last->state == state && last->team == team : state == DUTY_NONE)
        return;
    CHECK(t->n < TURNS_MAX);
    t->at[t->n++] = (struct turn){at, team, state};
}

/* Does it say where he stands? */
static bool is_stance(const struct record *r)
{
    return r->kind == EV_AGENT_STATE || r->kind == EV_AGENT_INFO;
}

/* Where the walk over states is. */
struct stance {
    ms_t said;
    uint32_t team, own;
    uint8_t state;
    bool named;
};

/* Nobody confirmed it for so long that it is over by `at`. */
static void stance_expire(struct stance *st, ms_t at, ms_t timeout, struct turns *t)
{
    if (st->state == DUTY_NONE || at < st->said + timeout)
        return;
    st->state = DUTY_NONE;
    turn_add(t, st->said + timeout, DUTY_NONE, 0);
}

static void stance_turn(const struct stance *st, ms_t at, struct turns *t)
{
    if (st->state != DUTY_NONE)
        turn_add(t, at, st->state, st->named ? st->team : st->own);
}

/* Up to the last record: the state then goes on. */
static struct stance turns_of(const struct duty_base *b, const struct record *r, uint32_t n,
                              ms_t timeout, struct turns *ret)
{
    struct stance st = {b->said, b->team, b->own, b->state, b->named};
    ret->n = 0;
    stance_turn(&st, b->since, ret);
    for (uint32_t i = 0; i < n; i++) {
        if (!is_stance(&r[i]))
            continue;
        stance_expire(&st, r[i].ts, timeout, ret);
        if (r[i].kind == EV_AGENT_STATE) {
            st.said = r[i].ts;
            st.state = (uint8_t)r[i].number;
            st.named = (r[i].names >> SCOPE_TEAM & 1) != 0;
            st.team = r[i].tags.team;
        } else {
            st.own = r[i].tags.team;
        }
        stance_turn(&st, r[i].ts, ret);
    }
    return st;
}

/* Spells of the base and of the turns after it; the last one may end at MS_NEVER. */
static void spells_of(const struct duty_base *b, const struct turns *t, struct spells *ret)
{
    ms_t came = b->came;
    ret->n = b->spells;
    memcpy(ret->at, b->spell, b->spells * sizeof ret->at[0]);
    for (uint32_t i = 0; i < t->n; i++) {
        bool in = signed_in(t->at[i].state);
        if (in && came == MS_NONE) {
            came = t->at[i].at;
        } else if (!in && came != MS_NONE) {
            if (t->at[i].at > came)
                ret->at[ret->n++] = (struct spell){came, t->at[i].at};
            came = MS_NONE;
        }
    }
    if (came != MS_NONE)
        ret->at[ret->n++] = (struct spell){came, MS_NEVER};
}

/* Too many to keep: the two with the least time between them become one. */
static void spells_join(struct spells *s)
{
    uint32_t best = 1;
    for (uint32_t i = 2; i < s->n; i++)
        if (s->at[i].from - s->at[i - 1].to < s->at[best].from - s->at[best - 1].to)
            best = i;
    s->at[best - 1].to = s->at[best].to;
    memmove(&s->at[best], &s->at[best + 1], (--s->n - best) * sizeof s->at[0]);
}

/* --- for good ----------------------------------------------------------------------------- */

static void take_state(struct duty_base *b, const struct record *r, ms_t timeout)
{
    struct turns t;
    struct spells s;
    struct stance st = turns_of(b, r, 1, timeout, &t);
    spells_of(b, &t, &s);
    b->said = st.said;
    b->team = st.team;
    b->own = st.own;
    b->state = st.state;
    b->named = st.named;
    if (t.n > 0)
        b->since = t.at[t.n - 1].at;
    b->came = signed_in(b->state) ? s.at[--s.n].from : MS_NONE;
    while (s.n > DUTY_SPELLS_MAX)
        spells_join(&s);
    b->spells = (uint8_t)s.n;
    memcpy(b->spell, s.at, s.n * sizeof s.at[0]);
}

void duty_take(struct duty_base *b, const struct record *r, ms_t timeout)
{
    b->folded = r->ts;
    handling_take(&b->handling, r, timeout, NULL);
    if (r->kind == EV_SHIFT)
        b->shifts = (uint8_t)shift_say(b->shift, b->shifts, DUTY_SHIFTS_MAX, r, b->own);
    else if (is_stance(r))
        take_state(b, r, timeout);
}

void duty_forget(struct duty_base *b, ms_t cut)
{
    uint32_t shifts = 0, spells = 0;
    ms_t counts = cut;
    for (uint32_t i = 0; i < b->shifts; i++) {
        if (b->shift[i].to <= cut)
            continue;
        counts = ms_min(counts, b->shift[i].counts);
        b->shift[shifts++] = b->shift[i];
    }
    for (uint32_t i = 0; i < b->spells; i++)
        if (b->spell[i].to > counts)
            b->spell[spells++] = b->spell[i];
    memset(b->shift + shifts, 0, (b->shifts - shifts) * sizeof b->shift[0]);
    memset(b->spell + spells, 0, (b->spells - spells) * sizeof b->spell[0]);
    b->shifts = (uint8_t)shifts;
    b->spells = (uint8_t)spells;
}

/* --- beginnings and ends ------------------------------------------------------------------ */

struct edges {
    const struct duty_range *range;
    struct sink *out;
    ms_t next;
    uint32_t agent;
};

/* Is this instant's edge wanted? Later ones are when time alone changes something. */
static bool wanted(struct edges *e, ms_t t)
{
    if (t > e->range->until) {
        e->next = ms_min(e->next, t);
        return false;
    }
    return t >= e->range->touched || t > e->range->known;
}

static void edge(struct edges *e, ms_t t, uint32_t begin, uint32_t end, uint32_t team,
                 uint32_t scopes)
{
    struct window_sample s = {.ts = t};
    struct tags tags = {.agent = e->agent, .team = (uint16_t)team};
    for (uint32_t left = begin | end; left != 0; left &= left - 1) {
        uint32_t c = (uint32_t)__builtin_ctz(left);
        stint_edge(&s, c, (begin >> c & 1) != 0);
    }
    if (s.present != 0)
        sink_sample(e->out, FAM_STINTS, &s, &tags, scopes, 1);
}

static void turn_edges(struct edges *e, const struct turns *t)
{
    struct turn was = {.state = DUTY_NONE};
    for (uint32_t i = 0; i < t->n; i++) {
        struct turn is = t->at[i];
        uint32_t before = columns_of(was.state), after = columns_of(is.state);
        uint32_t begin = after & ~before, end = before & ~after;
        bool same = was.team == is.team || before == 0 || after == 0;
        uint32_t team = before == 0 ? is.team : was.team;
        was = is;
        if (!wanted(e, is.at))
            continue;
        if (same) {
            edge(e, is.at, begin, end, team, SCOPES);
            continue;
        }
        edge(e, is.at, begin, end, 0, SCOPES);
        edge(e, is.at, 0, before, team, BIT(SCOPE_TEAM));
        edge(e, is.at, after, 0, is.team, BIT(SCOPE_TEAM));
    }
}

static void interval_edges(struct edges *e, ms_t from, ms_t to, uint32_t column, uint32_t team)
{
    if (wanted(e, from))
        edge(e, from, BIT(column), 0, team, SCOPES);
    if (to != MS_NEVER && wanted(e, to))
        edge(e, to, 0, BIT(column), team, SCOPES);
}

static bool inside(ms_t from, ms_t to, ms_t t)
{
    return from <= t && t < to;
}

static void roster_edges(struct edges *e, const struct roster *roster, const struct spells *spells,
                         struct duty *duty)
{
    ms_t until = e->range->until;
    for (uint32_t i = 0; i < roster->n; i++) {
        const struct shift *s = &roster->at[i];
        interval_edges(e, s->counts, s->to, STINTS_ROSTERED, s->team);
        if (inside(s->counts, s->to, until)) {
            duty->rostered = true;
            duty->roster_team = s->team;
        }
        for (uint32_t k = 0; k < spells->n; k++) {
            ms_t from = ms_max(s->counts, spells->at[k].from);
            ms_t to = ms_min(s->to, spells->at[k].to);
            if (from >= to)
                continue;
            interval_edges(e, from, to, STINTS_ATTENDED, s->team);
            duty->attended |= inside(from, to, until);
        }
    }
}

/* Handlings are a matter of events alone, not of how far time has come. */
static void handlings(const struct duty_base *b, const struct record *r, uint32_t n, ms_t timeout,
                      struct sink *samples)
{
    struct handling h = b->handling;
    for (uint32_t i = 0; i < n; i++)
        handling_take(&h, &r[i], timeout, samples);
    handling_open(&h, samples);
}

void duty_fold(const struct duty_base *b, uint32_t agent, const struct record *r, uint32_t n,
               ms_t timeout, const struct duty_range *range, struct sink *samples,
               struct duty_found *ret)
{
    struct turns turns;
    struct spells spells;
    struct roster roster;
    struct edges e = {.range = range, .out = samples, .next = MS_NEVER, .agent = agent};
    CHECK(n <= DUTY_RECORDS_MAX);
    struct stance last = turns_of(b, r, n, timeout, &turns);
    stance_expire(&last, MS_NEVER, timeout, &turns);
    spells_of(b, &turns, &spells);
    roster_of(b, r, n, &roster);
    *ret = (struct duty_found){.duty = {.state = DUTY_NONE}, .since = b->since};
    for (uint32_t i = 0; i < turns.n && turns.at[i].at <= range->until; i++) {
        ret->duty.state = turns.at[i].state;
        ret->duty.team = turns.at[i].team;
        ret->since = turns.at[i].at;
    }
    handlings(b, r, n, timeout, samples);
    turn_edges(&e, &turns);
    roster_edges(&e, &roster, &spells, &ret->duty);
    ret->next = e.next;
}

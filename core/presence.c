#include "core/presence.h"

#include "core/block.h"
#include "core/err.h"
#include "core/map.h"

enum {
    HISTORY_PER_AGENT = 8, /* chunks of history in the pool per agent */
    SHIFT_DAYS_MAX = 31,
    SHIFT_DAYS_AHEAD = 400,
};

struct presences {
    struct pool agents, history;
    struct map map;
    struct links links;
    uint64_t seed;
    struct record record[DUTY_RECORDS_MAX + 1];
    struct op op[2 * DUTY_OPS_MAX * SCOPE_N];
};

static uint32_t agents_cap(const struct limits *l)
{
    return l->agents + NAME_RESERVED_N;
}

static uint32_t history_cap(const struct limits *l)
{
    return agents_cap(l) * HISTORY_PER_AGENT;
}

uint64_t presences_bytes(const struct limits *l)
{
    return block_round(sizeof(struct presences)) +
           block_round(pool_bytes(sizeof(struct presence), agents_cap(l))) +
           block_round(pool_bytes(sizeof(struct history_chunk), history_cap(l))) +
           block_round(map_bytes(agents_cap(l)));
}

struct presences *presences_init(void *mem, const struct limits *l, const struct links *links,
                                 uint64_t seed)
{
    uint8_t *at = mem;
    struct presences *p = block_take(&at, sizeof *p);
    p->links = *links;
    p->seed = seed;
    pool_init(&p->agents, "presence",
              block_take(&at, pool_bytes(sizeof(struct presence), agents_cap(l))),
              sizeof(struct presence), agents_cap(l));
    pool_init(&p->history, "presence history",
              block_take(&at, pool_bytes(sizeof(struct history_chunk), history_cap(l))),
              sizeof(struct history_chunk), history_cap(l));
    map_init(&p->map, block_take(&at, map_bytes(agents_cap(l))), agents_cap(l), &p->agents);
    return p;
}

/* --- who there is ------------------------------------------------------------------------- */

static uint64_t hash_of(const struct presences *p, uint32_t agent)
{
    return mix64(p->seed ^ agent);
}

static handle_t find(const struct presences *p, uint32_t agent)
{
    uint64_t hash = hash_of(p, agent);
    uint32_t at = map_start(&p->map, hash);
    handle_t h;
    while ((h = map_next(&p->map, hash, &at)) != 0)
        if (((const struct presence *)pool_get(&p->agents, h))->agent == agent)
            return h;
    return 0;
}

static handle_t find_or_make(struct presences *p, uint32_t agent)
{
    handle_t h = find(p, agent);
    if (h != 0)
        return h;
    h = pool_alloc(&p->agents);
    CHECK(h != 0); /* there is one for every name */
    struct presence *a = pool_edit(&p->agents, h);
    a->agent = agent;
    a->until = a->since = MS_NONE;
    a->duty.state = DUTY_NONE;
    duty_init(&a->base);
    CHECK(map_put(&p->map, hash_of(p, agent), h));
    return h;
}

/* --- applying ----------------------------------------------------------------------------- */

static void take_record(const struct presences *p, const struct event *e, uint32_t src,
                        struct record *r)
{
    record_take(r, e, src, p->links.board);
    if (e->kind == EV_SHIFT) {
        r->time = e->from;
        r->waiting_since = e->to;
    } else if (e->kind == EV_AGENT_STATE) {
        r->number = e->state;
    }
}

/* Gauges that a state counts in. */
static uint32_t gauges_of(const struct duty *d)
{
    static const uint32_t of_state[] = {[PRESENCE_AVAILABLE] = 1u << GAUGE_AVAILABLE,
                                        [PRESENCE_BUSY] = 1u << GAUGE_BUSY,
                                        [PRESENCE_WRAP_UP] = 1u << GAUGE_WRAP_UP,
                                        [PRESENCE_BREAK] = 1u << GAUGE_BREAK,
                                        [PRESENCE_OFFLINE] = 0};
    return d->state == DUTY_NONE ? 0 : of_state[d->state];
}

static void tell_board(struct board *b, uint32_t agent, const struct duty *d, int sign)
{
    struct tags tags = {.agent = agent, .team = (uint16_t)d->team};
    board_count(b, gauges_of(d), &tags, sign);
    tags.team = (uint16_t)d->roster_team;
    uint32_t roster = (uint32_t)d->rostered << GAUGE_ROSTERED;
    board_count(b, roster | (uint32_t)d->attended << GAUGE_ATTENDED, &tags, sign);
}

/* The records as they were (n_was of them) and as they are now, in p->record, both folded up to
 * where time had come and has come; the difference goes to the board. */
static void difference(struct presences *p, handle_t h, const struct record *was, uint32_t n_was,
                       uint32_t n, ms_t touched, ms_t until)
{
    const struct presence *k = pool_get(&p->agents, h);
    ms_t timeout = p->links.settings->presence_timeout;
    struct duty_found found;
    /* Another timeout than before may end any state of his elsewhere. */
    touched = timeout == k->timeout ? touched : 0;
    struct duty_range range = {.known = k->until, .touched = touched, .until = k->until};
    struct sink before = {.op = p->op, .cap = DUTY_OPS_MAX};
    duty_fold(&k->base, k->agent, was, n_was, k->timeout, &range, &before, &found);
    struct sink after = {.op = p->op + before.n, .cap = DUTY_OPS_MAX};
    range.until = until;
    duty_fold(&k->base, k->agent, p->record, n, timeout, &range, &after, &found);
    op_difference(p->op, before.n, before.n + after.n, ARRAY_LEN(p->op), p->links.board,
                  (struct repeat_of){0});
    struct presence *a = pool_edit(&p->agents, h);
    if (memcmp(&a->duty, &found.duty, sizeof a->duty) != 0) {
        tell_board(p->links.board, a->agent, &a->duty, -1);
        tell_board(p->links.board, a->agent, &found.duty, 1);
    }
    a->duty = found.duty;
    a->since = found.since;
    a->timeout = (uint32_t)timeout;
    a->until = until;
    if (a->timer != 0)
        wheel_cancel(p->links.wheel, a->timer);
    a->timer =
        found.next == MS_NEVER ? 0 : wheel_add(p->links.wheel, found.next, p->links.timer_kind, h);
}

/* Folds for good what nothing inside lateness can come before any more. */
static void settle(struct presences *p, handle_t h, uint32_t n)
{
    struct presence *a = pool_edit(&p->agents, h);
    const struct settings *s = p->links.settings;
    ms_t newest = p->record[n - 1].ts, cut = ms_min(newest - s->lateness, a->until);
    uint32_t old = 0;
    while (old < n && (p->record[old].ts < cut || n - old >= DUTY_RECORDS_MAX))
        duty_take(&a->base, &p->record[old++], s->presence_timeout);
    duty_forget(&a->base, newest - s->lateness - DUTY_REACH);
    /* What is left is less than there was room for. */
    CHECK(history_write(&p->history, &a->history, p->record + old, n - old));
}

static uint32_t shifts_among(const struct record *r, uint32_t n)
{
    uint32_t shifts = 0;
    for (uint32_t i = 0; i < n; i++)
        shifts += r[i].kind == EV_SHIFT;
    return shifts;
}

/* 0, or why not. */
static int refuse(const struct presences *p, const struct presence *a, const struct event *e,
                  uint32_t n)
{
    if (a->base.folded != MS_NONE && e->ts <= a->base.folded)
        return ERR_LATE;
    if (e->kind != EV_SHIFT)
        return 0;
    if (e->from < MS_MIN_TS || e->to < e->from || e->to - e->from > SHIFT_DAYS_MAX * MS_DAY ||
        e->from > e->ts + SHIFT_DAYS_AHEAD * MS_DAY)
        return ERR_BAD_SHIFT;
    return a->base.shifts + shifts_among(p->record, n) < DUTY_SHIFTS_MAX ? 0 : ERR_ROSTER_FULL;
}

int presence_apply(struct presences *p, const struct event *e, uint32_t src)
{
    struct record r, was[DUTY_RECORDS_MAX];
    take_record(p, e, src, &r);
    handle_t h = find_or_make(p, r.tags.agent);
    struct presence *a = pool_edit(&p->agents, h);
    uint32_t n = a->history.records;
    history_read(&p->history, &a->history, p->record, DUTY_RECORDS_MAX);
    int err = refuse(p, a, e, n);
    if (err != 0)
        return err;
    memcpy(was, p->record, n * sizeof was[0]);
    uint32_t at = record_position(p->record, n, &r, p->links.sources);
    memmove(&p->record[at + 1], &p->record[at], (n - at) * sizeof r);
    p->record[at] = r;
    if (!history_write(&p->history, &a->history, p->record, n + 1))
        return ERR_HISTORY_FULL;
    /* Another team of his own touches shifts that were said without one, whenever they were. */
    ms_t touched = e->kind == EV_AGENT_STATE ? e->ts : e->kind == EV_SHIFT ? e->from : 0;
    ms_t until = ms_max(a->until, board_at(p->links.board));
    difference(p, h, was, n, n + 1, touched, until);
    settle(p, h, n + 1);
    return 0;
}

/* One from before the base, alone: the board is told at once. */
static void call_alone(struct presences *p, const struct record *r, int sign)
{
    struct handling h;
    struct sink out = {.op = p->op, .cap = 1};
    if (r->kind != EV_CALL_ENDED)
        return;
    handling_init(&h);
    handling_take(&h, r, 1, NULL);
    handling_open(&h, &out);
    op_difference(p->op, sign > 0 ? 0 : 1, 1, ARRAY_LEN(p->op), p->links.board,
                  (struct repeat_of){0});
}

void presence_call(struct presences *p, const struct record *r, int sign)
{
    struct record was[DUTY_RECORDS_MAX];
    handle_t h = find_or_make(p, r->tags.agent);
    struct presence *a = pool_edit(&p->agents, h);
    uint32_t n = a->history.records;
    history_read(&p->history, &a->history, p->record, DUTY_RECORDS_MAX);
    memcpy(was, p->record, n * sizeof was[0]);
    uint32_t at = record_position(p->record, n, r, p->links.sources), now = n + 1;
    if (sign > 0) {
        memmove(&p->record[at + 1], &p->record[at], (n - at) * sizeof *r);
        p->record[at] = *r;
    } else if (at > 0 && record_compare(&p->record[at - 1], r, p->links.sources) == 0) {
        memmove(&p->record[at - 1], &p->record[at], (n - at) * sizeof *r);
        now = n - 1;
    }
    bool before = a->base.folded != MS_NONE && r->ts <= a->base.folded;
    if (before || (sign < 0 && now > n) ||
        !history_write(&p->history, &a->history, p->record, now)) {
        call_alone(p, r, sign);
        return;
    }
    difference(p, h, was, n, now, MS_NEVER, ms_max(a->until, board_at(p->links.board)));
    if (now > 0)
        settle(p, h, now);
}

void presence_due(struct presences *p, handle_t h, ms_t due)
{
    struct presence *a = pool_edit(&p->agents, h);
    uint32_t n = a->history.records;
    a->timer = 0;
    history_read(&p->history, &a->history, p->record, DUTY_RECORDS_MAX);
    difference(p, h, p->record, n, n, MS_NEVER, ms_max(a->until, due));
}

/* --- readers ------------------------------------------------------------------------------ */

bool presence_now(const struct presences *p, uint32_t agent, uint8_t *ret_state, ms_t *ret_since)
{
    handle_t h = find(p, agent);
    if (h == 0)
        return false;
    const struct presence *a = pool_get(&p->agents, h);
    *ret_state = a->duty.state == DUTY_NONE ? PRESENCE_OFFLINE : a->duty.state;
    *ret_since = a->since;
    return a->since != MS_NONE;
}

static uint64_t team_hash(const struct presences *p, uint32_t team)
{
    return team == 0 ? 0 : hash_str(5, name_text(board_names(p->links.board, SCOPE_TEAM), team));
}

/* What is known of an agent as if all of it were folded for good. How much is depends on which
 * calls were taken for his for a while, so it says nothing. */
static void whole_of(const struct presences *p, const struct presence *a, struct duty_base *ret)
{
    const struct settings *s = p->links.settings;
    struct record tail[DUTY_RECORDS_MAX];
    *ret = a->base;
    history_read(&p->history, &a->history, tail, DUTY_RECORDS_MAX);
    for (uint32_t i = 0; i < a->history.records; i++)
        duty_take(ret, &tail[i], s->presence_timeout);
    ms_t now = board_at(p->links.board);
    if (now != MS_NONE)
        duty_forget(ret, now - s->lateness - DUTY_REACH);
}

uint64_t presences_digest(const struct presences *p)
{
    uint64_t sum = 0;
    const struct names *names = board_names(p->links.board, SCOPE_AGENT);
    for (uint32_t i = 1; i <= p->agents.high; i++) {
        const struct presence *a = pool_at(&p->agents, i);
        if (a->base.folded == MS_NONE && a->history.records == 0)
            continue; /* somebody else had answered after all */
        struct duty_base b;
        whole_of(p, a, &b);
        uint64_t h = hash_str(4, name_text(names, a->agent));
        const int64_t numbers[] = {a->duty.state, a->duty.rostered, a->duty.attended, a->since,
                                   b.said,        b.since,          b.came,           b.state,
                                   b.shifts,      b.spells};
        h = hash_bytes(h, numbers, sizeof numbers);
        h = mix64(h ^ team_hash(p, b.team)) ^ team_hash(p, a->duty.team);
        h = mix64(h ^ team_hash(p, b.own));
        h = mix64(h ^ team_hash(p, a->duty.roster_team));
        const struct handling *c = &b.handling;
        const int64_t handling[] = {c->said,  c->wrapping, c->answered,
                                    c->ended, c->wrap,     c->active};
        h = hash_bytes(h, handling, sizeof handling);
        h = hash_bytes(h, b.spell, b.spells * sizeof b.spell[0]);
        for (uint32_t k = 0; k < b.shifts; k++) {
            const struct shift *s = &b.shift[k];
            const int64_t shift[] = {s->from, s->counts, s->to};
            h = hash_bytes(h, shift, sizeof shift) ^ team_hash(p, s->team);
        }
        sum += mix64(h);
    }
    return sum;
}

void presences_check(const struct presences *p)
{
    CHECK(p->agents.live == p->agents.high && p->map.live == p->agents.live);
    for (uint32_t i = 1; i <= p->agents.high; i++) {
        const struct presence *a = pool_at(&p->agents, i);
        CHECK(find(p, a->agent) == pool_handle(&p->agents, i));
        CHECK(a->history.records <= DUTY_RECORDS_MAX && a->base.shifts <= DUTY_SHIFTS_MAX);
        CHECK(!a->duty.attended || a->duty.rostered);
        for (uint32_t k = 1; k < a->base.shifts; k++)
            CHECK(a->base.shift[k - 1].counts <= a->base.shift[k].counts);
        for (uint32_t k = 1; k < a->base.spells; k++)
            CHECK(a->base.spell[k - 1].to <= a->base.spell[k].from);
    }
}

uint32_t presences_pools(struct presences *p, struct pool *ret[2])
{
    ret[0] = &p->agents;
    ret[1] = &p->history;
    return 2;
}

void presences_rebuild(struct presences *p)
{
    map_clear(&p->map);
    for (uint32_t i = 1; i <= p->agents.high; i++) {
        const struct presence *a = pool_at(&p->agents, i);
        CHECK(map_put(&p->map, hash_of(p, a->agent), pool_handle(&p->agents, i)));
    }
}

/* op: the difference of two lists brings a board from the one to the other. */
#include "core/op.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { UNITS = 12, OPS = 100, ALL_SCOPES = (1 << SCOPE_N) - 1 };

#define BIT(x) (1u << (x))

static const ms_t start = 1770368400000;

struct place {
    struct settings settings;
    struct limits limits;
    struct board *board;
    void *mem;
    uint64_t size;
};

static void place_open(struct place *p, uint32_t scopes)
{
    struct desk *d = desk_new();
    p->settings = d->settings;
    p->settings.scopes = scopes;
    p->limits = d->limits;
    desk_free(d);
    p->size = board_bytes(&p->limits, &p->settings);
    p->mem = desk_map(p->size);
    p->board = board_init(p->mem, &p->limits, &p->settings, NULL, 0);
    board_advance(p->board, start + MS_MINUTE);
    static const char *const names[] = {"a", "b", "c"};
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            cr_assert_eq(board_name(p->board, s, str_of(names[i]), NULL), i + 1);
}

static void place_close(struct place *p)
{
    board_check(p->board);
    desk_unmap(p->mem, p->size);
}

/* What tickets ask for: a sample, and later marks on it, its withdrawal, or its replacement. */
struct unit {
    uint8_t kind, turn;
    ms_t ts;
    struct tags tags;
    ms_t value;
};

static struct unit draw(struct random *r)
{
    struct unit u = {.kind = (uint8_t)random_below(r, 3), .turn = (uint8_t)random_below(r, 4)};
    u.ts = start + random_range(r, 0, 4) * 500;
    u.value = random_range(r, 0, 3) * 1000;
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        tags_set(&u.tags, s, (uint32_t)random_below(r, 4));
    return u;
}

static void opening(const struct unit *u, struct sink *out)
{
    struct window_sample s = {.ts = u->ts, .flags = BIT(OPENINGS_OPENED)};
    sink_sample(out, FAM_OPENINGS, &s, &u->tags, ALL_SCOPES, 1);
    if (u->turn > 0)
        sink_mark(out, FAM_OPENINGS, OPENINGS_WITHIN, u->ts, &u->tags, ALL_SCOPES, true);
    s.flags |= u->turn > 0 ? BIT(OPENINGS_WITHIN) : 0;
    if (u->turn > 1) /* merged */
        sink_sample(out, FAM_OPENINGS, &s, &u->tags, ALL_SCOPES, -1);
}

static void reply(const struct unit *u, struct sink *out)
{
    struct window_sample s = {.ts = u->ts,
                              .flags = BIT(REPLIES_REPLY) | BIT(REPLIES_HANDLED),
                              .present = BIT(REPLIES_NEXT),
                              .value[REPLIES_NEXT] = u->value};
    sink_sample(out, FAM_REPLIES, &s, &u->tags, ALL_SCOPES, 1);
    if (u->turn > 0) /* touched again somewhere */
        sink_mark(out, FAM_REPLIES, REPLIES_HANDLED, u->ts, &u->tags,
                  u->turn == 1 ? ALL_SCOPES : BIT(SCOPE_ALL) | BIT(SCOPE_TEAM), false);
}

static void resolve(const struct unit *u, struct sink *out)
{
    struct window_sample s = {.ts = u->ts,
                              .flags = BIT(RESOLVES_RESOLVED) | BIT(RESOLVES_TICKET),
                              .present = BIT(RESOLVES_FIRST) | BIT(RESOLVES_TOTAL),
                              .value = {u->value, u->value}};
    struct window_sample with = s, rest = s;
    with.flags |= BIT(RESOLVES_FCR) | BIT(RESOLVES_HANDLED);
    sink_sample(out, FAM_RESOLVES, &with, &u->tags, ALL_SCOPES, 1);
    if (u->turn == 0)
        return;
    sink_mark(out, FAM_RESOLVES, RESOLVES_REOPENED, u->ts, &u->tags, ALL_SCOPES, true);
    if (u->turn == 1)
        return;
    sink_mark(out, FAM_RESOLVES, RESOLVES_FCR, u->ts, &u->tags, ALL_SCOPES, false);
    rest.flags &= ~BIT(RESOLVES_TICKET);
    rest.present = BIT(RESOLVES_FIRST);
    rest.value[RESOLVES_TOTAL] = 0;
    sink_sample(out, FAM_RESOLVES, &rest, &u->tags, ALL_SCOPES, 1);
    sink_sample(out, FAM_RESOLVES, &s, &u->tags, ALL_SCOPES, -1);
}

static void ask(const struct unit *u, uint32_t n, struct sink *out)
{
    static void (*const kinds[])(const struct unit *, struct sink *) = {opening, reply, resolve};
    for (uint32_t i = 0; i < n; i++)
        kinds[u[i].kind](&u[i], out);
}

static uint32_t draw_many(struct random *r, struct unit *ret)
{
    uint32_t n = (uint32_t)random_below(r, UNITS + 1);
    for (uint32_t i = 0; i < n; i++)
        ret[i] = draw(r);
    return n;
}

/* The beginning is mostly as before; then some are gone, changed or new. */
static uint32_t change(struct random *r, const struct unit *from, uint32_t n, struct unit *ret)
{
    uint32_t m = 0, same = n == 0 ? 0 : (uint32_t)random_below(r, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        if (i >= same && random_percent(r, 25))
            continue;
        ret[m] = from[i];
        if (i >= same && random_percent(r, 25))
            ret[m].turn = (uint8_t)random_below(r, 4);
        if (i >= same && random_percent(r, 10))
            ret[m].tags.team = 1;
        m++;
        if (m < UNITS && i >= same && random_percent(r, 15))
            ret[m++] = draw(r);
    }
    return m;
}

static void one_round(struct random *r, uint32_t scopes)
{
    static struct op ops[2 * OPS * SCOPE_N];
    static struct place is, want;
    struct unit others[UNITS], was[UNITS], now[2 * UNITS];
    uint32_t n_others = draw_many(r, others), n_was = draw_many(r, was);
    uint32_t n_now = change(r, was, n_was, now);
    place_open(&is, scopes);
    place_open(&want, scopes);
    struct sink to_is = {.board = is.board}, to_want = {.board = want.board};
    ask(others, n_others, &to_is);
    ask(others, n_others, &to_want);
    ask(was, n_was, &to_is);
    ask(now, n_now, &to_want);
    struct sink old = {.op = ops, .cap = OPS};
    ask(was, n_was, &old);
    struct sink new = {.op = ops + old.n, .cap = OPS};
    ask(now, n_now, &new);
    op_difference(ops, old.n, old.n + new.n, ARRAY_LEN(ops), is.board, (struct repeat_of){0});
    cr_assert_eq(board_digest(is.board), board_digest(want.board));
    place_close(&is);
    place_close(&want);
}

Test(op, difference_leads_from_old_to_new)
{
    struct random r = {1};
    for (int round = 0; round < 4000; round++)
        one_round(&r, round % 4 == 0 ? BIT(SCOPE_ALL) | BIT(SCOPE_TEAM) : ALL_SCOPES);
}

/* Nothing is touched where nothing differs, in whatever order the two lists ask for it. */
Test(op, equal_lists_touch_nothing)
{
    struct random r = {2};
    static struct op ops[2 * OPS * SCOPE_N];
    static struct place p;
    for (int round = 0; round < 300; round++) {
        struct unit units[UNITS];
        uint32_t n = draw_many(&r, units);
        place_open(&p, ALL_SCOPES);
        struct sink live = {.board = p.board}, old = {.op = ops, .cap = OPS};
        ask(units, n, &live);
        uint64_t digest = board_digest(p.board);
        for (uint32_t i = 1; i <= 3; i++)
            for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
                board_entity_edit(p.board, s, i)->changed = false;
        ask(units, n, &old);
        struct sink new = {.op = ops + old.n, .cap = OPS};
        for (uint32_t i = n; i-- > 0;)
            ask(&units[i], 1, &new);
        op_difference(ops, old.n, old.n + new.n, ARRAY_LEN(ops), p.board, (struct repeat_of){0});
        for (uint32_t i = 1; i <= 3; i++)
            for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
                cr_assert_not(board_entity(p.board, s, i)->changed);
        cr_assert_eq(board_digest(p.board), digest);
        place_close(&p);
    }
}

/* Sums of what a tap was told, for one name of each scope. */
struct heard {
    uint32_t flag[FAM_N][WINDOW_FLAGS_MAX], n[FAM_N][WINDOW_COLUMNS_MAX];
    int64_t sum[FAM_N][WINDOW_COLUMNS_MAX];
};

static void hear(void *ctx, const struct op *op)
{
    struct heard *heard = ctx; /* [scope][index] */
    for (enum scope s = 0; s < SCOPE_N; s++) {
        uint32_t index = tags_of(&op->tags, s);
        if ((op->scopes >> s & 1) == 0 || index == 0)
            continue;
        struct heard *h = &heard[s * 4 + index];
        if (op->mark)
            h->flag[op->family][op->flag] += (uint32_t)op->sign;
        for (uint32_t left = indicator_flags((enum family)op->family, &op->sample); left != 0;
             left &= left - 1)
            h->flag[op->family][__builtin_ctz(left)] += (uint32_t)op->sign;
        for (uint32_t left = op->sample.present; left != 0; left &= left - 1) {
            int c = __builtin_ctz(left);
            h->n[op->family][c] += (uint32_t)op->sign;
            h->sum[op->family][c] += op->sign * op->sample.value[c];
        }
    }
}

static void agree(struct place *p, const struct heard *heard, enum scope s, uint32_t index)
{
    for (uint32_t f = 0; f < FAM_N; f++) {
        struct window_numbers n;
        const struct heard *h = &heard[s * 4 + index];
        board_numbers(p->board, s, index, f, 0, &n);
        for (uint32_t i = 0; i < WINDOW_FLAGS_MAX; i++)
            cr_assert_eq(h->flag[f][i], n.flag[i]);
        cr_assert_arr_eq(h->n[f], n.n, sizeof n.n);
        cr_assert_arr_eq(h->sum[f], n.sum, sizeof n.sum);
    }
}

/* Whether ops come one by one or as a difference: the sums are the board's numbers. */
Test(op, a_tap_hears_all_that_the_board_counts)
{
    static struct op ops[2 * OPS * SCOPE_N];
    static struct place p;
    static struct heard heard[SCOPE_N * 4];
    struct random r = {4};
    for (int round = 0; round < 500; round++) {
        struct unit was[UNITS], now[2 * UNITS];
        uint32_t n_was = draw_many(&r, was), n_now = change(&r, was, n_was, now);
        memset(heard, 0, sizeof heard);
        place_open(&p, ALL_SCOPES);
        cr_assert_null(board_tap(p.board));
        board_set_tap(p.board, &(struct board_tap){heard, hear});
        struct sink live = {.board = p.board}, old = {.op = ops, .cap = OPS};
        ask(was, n_was, &live);
        ask(was, n_was, &old);
        struct sink new = {.op = ops + old.n, .cap = OPS};
        ask(now, n_now, &new);
        op_difference(ops, old.n, old.n + new.n, ARRAY_LEN(ops), p.board, (struct repeat_of){0});
        agree(&p, heard, SCOPE_ALL, 1);
        for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
            for (uint32_t i = 1; i <= 3; i++)
                agree(&p, heard, s, i);
        place_close(&p);
    }
}

Test(op, sink_without_a_list_hears_nothing)
{
    struct random r = {3};
    struct unit units[UNITS];
    struct sink nobody = {0};
    uint32_t n = draw_many(&r, units);
    ask(units, n, &nobody);
    cr_assert(nobody.n == 0 && nobody.negative == 0);
}

/* history: every shape of record comes back as it went in. */
#include "core/history.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { RECORDS = 200, CHUNKS = 1000, RECORD_BYTES = 150 };

static const ms_t start = 1770368400000;

static struct pool pool_new(uint32_t cap)
{
    struct pool p;
    uint32_t size = sizeof(struct history_chunk);
    pool_init(&p, "test", calloc(1, pool_bytes(size, cap)), size, cap);
    return p;
}

static void pool_drop(struct pool *p)
{
    free(p->base);
}

/* Any record that ticket_record could make, and some that it could not. */
static struct record draw(struct random *r, ms_t ts)
{
    struct record a;
    memset(&a, 0, sizeof a);
    a.ts = ts;
    a.kind = (uint8_t)random_below(r, EV_N);
    a.src = (uint32_t)(random_next(r) >> random_range(r, 32, 63));
    a.by = (uint8_t)random_below(r, 4);
    a.outcome = (uint8_t)random_below(r, 4);
    a.status = (uint8_t)random_below(r, 4);
    a.is_public = random_percent(r, 50);
    a.is_auto = random_percent(r, 50);
    a.needs_reply = random_percent(r, 50);
    a.absorbs = random_percent(r, 10);
    a.says_waiting = random_percent(r, 20);
    a.names = (uint8_t)(random_below(r, 64) & ~1u);
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        if ((a.names >> s & 1) != 0 && random_percent(r, 80))
            tags_set(&a.tags, s, (uint32_t)(random_next(r) >> random_range(r, 48, 63)));
    a.number = random_percent(r, 70) ? 0 : (uint32_t)(random_next(r) >> random_range(r, 32, 63));
    a.time = random_percent(r, 70) ? MS_NONE : random_range(r, 0, MS_MAX_TS);
    a.waiting_since = random_percent(r, 70) ? MS_NONE : random_range(r, 0, MS_MAX_TS);
    if (random_percent(r, 50)) {
        a.seq = 1 + (random_next(r) >> random_range(r, 1, 63));
    } else if (random_percent(r, 80)) {
        a.id_len = (uint8_t)random_range(r, 1, NAME_BYTES_MAX);
        for (uint32_t i = 0; i < a.id_len; i++)
            a.id[i] = (char)random_next(r);
    }
    return a;
}

static uint32_t draw_many(struct random *r, struct record ret[RECORDS])
{
    uint32_t n = (uint32_t)random_below(r, RECORDS + 1);
    ms_t ts = random_percent(r, 10) ? 0 : start;
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = draw(r, ts);
        ts += random_percent(r, 30) ? 0 : (ms_t)(random_next(r) >> random_range(r, 32, 62));
    }
    return n;
}

static void same(const struct record *a, const struct record *b)
{
    cr_assert(a->ts == b->ts && a->seq == b->seq && a->src == b->src && a->kind == b->kind);
    cr_assert(a->by == b->by && a->outcome == b->outcome && a->status == b->status);
    cr_assert(a->is_public == b->is_public && a->is_auto == b->is_auto);
    cr_assert(a->needs_reply == b->needs_reply && a->absorbs == b->absorbs);
    cr_assert(a->names == b->names && tags_equal(&a->tags, &b->tags));
    cr_assert(a->time == b->time && a->waiting_since == b->waiting_since);
    cr_assert(a->says_waiting == b->says_waiting && a->number == b->number);
    cr_assert_eq(a->id_len, b->id_len);
    cr_assert_eq(memcmp(a->id, b->id, a->id_len), 0);
}

static void holds(const struct pool *p, const struct history *h, const struct record *want,
                  uint32_t n)
{
    static struct record got[RECORDS];
    cr_assert_eq(h->records, n);
    history_read(p, h, got, RECORDS);
    for (uint32_t i = 0; i < n; i++)
        same(&want[i], &got[i]);
    if (n > 0)
        cr_assert_eq(h->newest, want[n - 1].ts);
}

Test(history, appended_records_come_back)
{
    struct random r = {1};
    static struct record want[RECORDS];
    for (int round = 0; round < 300; round++) {
        struct pool p = pool_new(CHUNKS);
        struct history h = {0};
        uint32_t n = draw_many(&r, want);
        for (uint32_t i = 0; i < n; i++) {
            cr_assert(history_append(&p, &h, &want[i]));
            if (i % 16 == 0)
                holds(&p, &h, want, i + 1);
        }
        holds(&p, &h, want, n);
        cr_assert_leq(p.live * HISTORY_TEXT_BYTES, n * RECORD_BYTES + HISTORY_TEXT_BYTES);
        history_clear(&p, &h);
        cr_assert(p.live == 0 && h.records == 0 && h.head == 0);
        pool_drop(&p);
    }
}

Test(history, written_over_and_over)
{
    struct random r = {2};
    static struct record want[RECORDS], more;
    struct pool p = pool_new(CHUNKS);
    struct history h = {0};
    for (int round = 0; round < 500; round++) {
        uint32_t n = draw_many(&r, want);
        cr_assert(history_write(&p, &h, want, n));
        holds(&p, &h, want, n);
        if (n > 0 && n < RECORDS) {
            more = draw(&r, want[n - 1].ts + 5);
            want[n] = more;
            cr_assert(history_append(&p, &h, &more));
            holds(&p, &h, want, n + 1);
        }
    }
    history_clear(&p, &h);
    cr_assert_eq(p.live, 0);
    pool_drop(&p);
}

/* Chunks once linked are used again: the longest text decides. */
Test(history, chunks_are_what_the_longest_text_needs)
{
    struct random r = {3};
    static struct record want[RECORDS];
    struct pool p = pool_new(CHUNKS), other = pool_new(CHUNKS);
    struct history h = {0};
    uint32_t most = 0;
    for (int round = 0; round < 200; round++) {
        struct history fresh = {0};
        uint32_t n = draw_many(&r, want);
        cr_assert(history_write(&p, &h, want, n));
        for (uint32_t i = 0; i < n; i++)
            cr_assert(history_append(&other, &fresh, &want[i]));
        most = other.live > most ? other.live : most;
        cr_assert_eq(p.live, most);
        history_clear(&other, &fresh);
    }
    history_clear(&p, &h);
    pool_drop(&p);
    pool_drop(&other);
}

/* What the contract promises of ordinary records: a cache line holds several. */
Test(history, ordinary_records_are_small)
{
    struct pool p = pool_new(CHUNKS);
    struct history h = {0};
    for (uint32_t i = 0; i < 100; i++) {
        struct record r = {.ts = start + i * (ms_t)MS_HOUR,
                           .seq = 1000000 + i * 7,
                           .src = 3,
                           .kind = EV_MESSAGE,
                           .by = BY_AGENT,
                           .names = 1u << SCOPE_AGENT,
                           .tags = {.agent = 900},
                           .time = MS_NONE,
                           .waiting_since = MS_NONE};
        cr_assert(history_append(&p, &h, &r));
    }
    cr_assert_leq(p.live, 100 * 14 / HISTORY_TEXT_BYTES + 1);
    pool_drop(&p);
}

/* Without room nothing is changed and nothing lost; chunks may wait for the next time. */
Test(history, full_pool_changes_nothing)
{
    struct random r = {4};
    static struct record want[RECORDS], longer[RECORDS];
    for (int round = 0; round < 300; round++) {
        struct pool p = pool_new((uint32_t)random_range(&r, 1, 40));
        struct history h = {0};
        uint32_t n = 0, tried = draw_many(&r, longer);
        while (n < tried && history_append(&p, &h, &longer[n])) {
            want[n] = longer[n];
            n++;
        }
        holds(&p, &h, want, n);
        uint32_t m = draw_many(&r, longer);
        if (history_write(&p, &h, longer, m)) {
            memcpy(want, longer, m * sizeof want[0]);
            n = m;
        }
        holds(&p, &h, want, n);
        history_clear(&p, &h);
        cr_assert_eq(p.live, 0);
        pool_drop(&p);
    }
}

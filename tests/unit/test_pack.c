/* pack: what goes in comes out, a beginning is a pack too, and rubbish is refused. */
#include "proto/pack.h"

#include "core/err.h"
#include "tests/lib/random_event.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 400 };

struct said {
    struct pack_entry entry;
    struct random_texts texts;
    char client[NAME_BYTES_MAX];
    uint32_t end; /* of the pack after it */
};

static struct said said[PACK_ENTRIES_MAX];
static uint8_t bytes[PACK_BYTES_MAX];
static struct pack pack;
static struct unpack unpack;

/* Names that repeat, ids and numbers that go up: what a journal sees. */
static void usual(struct random *r, struct event *e, struct said *s)
{
    static const char *const agents[] = {"ada", "bob", "chen", "售后一组"};
    if (event_has(e, F_AGENT) && random_percent(r, 70))
        e->agent = str_of(agents[random_below(r, 4)]);
    if (event_has(e, F_ID) && random_percent(r, 70)) {
        int n = snprintf(s->client, sizeof s->client, "%llu",
                         (unsigned long long)random_below(r, 1ULL << random_below(r, 63)));
        e->id = (struct str){s->client, (uint32_t)n};
    }
    if (event_has(e, F_SEQ) && random_percent(r, 70))
        e->seq = random_below(r, 100);
}

static void say(struct random *r, struct said *s)
{
    s->entry = (struct pack_entry){.kind = (uint8_t)random_below(r, 5)};
    if (random_percent(r, 80))
        s->entry.kind = PACK_EVENT;
    struct event *e = &s->entry.event;
    switch ((enum pack_kind)s->entry.kind) {
    case PACK_EVENT:
        random_event(r, e, &s->texts);
        usual(r, e, s);
        e->rts = e->ts + random_range(r, -5000, 5000);
        pack_event(&pack, e);
        break;
    case PACK_TICK:
    case PACK_TICK_PART:
        e->rts = random_range(r, MS_MIN_TS, MS_MAX_TS);
        pack_tick(&pack, e->rts, s->entry.kind == PACK_TICK);
        break;
    case PACK_CLAIM:
        memset(s->client, 'a' + (int)random_below(r, 3), sizeof s->client);
        s->entry.by = (struct str){s->client, (uint32_t)random_range(r, 1, NAME_BYTES_MAX)};
        s->entry.number = random_next(r) >> random_below(r, 64);
        pack_claim(&pack, s->entry.by, s->entry.number);
        break;
    case PACK_ATTEND:
        memset(s->client, 'k', sizeof s->client);
        e->rts = random_range(r, MS_MIN_TS, MS_MAX_TS);
        s->entry.by = (struct str){s->client, (uint32_t)random_range(r, 1, NAME_BYTES_MAX)};
        s->entry.number = random_next(r);
        s->entry.attention = (uint8_t)random_below(r, 2);
        s->entry.until = random_percent(r, 30)   ? MS_NEVER
                         : random_percent(r, 30) ? MS_NONE
                                                 : e->rts + random_range(r, -5, 5);
        pack_attend(&pack, e->rts, s->entry.number, s->entry.attention, s->entry.by,
                    s->entry.until);
        break;
    }
    s->end = pack.n;
}

/* The first n bytes are the first `entries` entries. */
static void expect(uint32_t n, uint32_t entries)
{
    struct pack_entry got;
    unpack_begin(&unpack, bytes, n);
    for (uint32_t i = 0; i < entries; i++) {
        const struct pack_entry *want = &said[i].entry;
        cr_assert_eq(unpack_next(&unpack, &got), 1);
        cr_assert_eq(got.kind, want->kind);
        if (got.kind == PACK_EVENT)
            cr_assert(event_same(&got.event, &want->event), "%s",
                      event_kind_name((enum event_kind)want->event.kind));
        if (got.kind == PACK_EVENT)
            cr_assert_eq(event_hash(&got.event), event_hash(&want->event));
        if (got.kind == PACK_ATTEND)
            cr_assert(got.until == want->until && got.attention == want->attention);
        if (got.kind == PACK_CLAIM || got.kind == PACK_ATTEND)
            cr_assert(str_equal(got.by, want->by) && got.number == want->number);
        if (got.kind != PACK_CLAIM)
            cr_assert_eq(got.event.rts, want->event.rts);
    }
    cr_assert_eq(unpack_next(&unpack, &got), 0);
}

static uint32_t say_all(struct random *r)
{
    uint32_t n = 0;
    pack_begin(&pack, bytes, sizeof bytes);
    while (pack_room(&pack))
        say(r, &said[n++]);
    return n;
}

Test(pack, everything_comes_back_and_so_does_every_beginning)
{
    struct random r = {1};
    uint32_t kinds[EV_N] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t n = say_all(&r);
        cr_assert_eq(n, PACK_ENTRIES_MAX);
        expect(pack.n, n);
        uint32_t cut = (uint32_t)random_below(&r, n);
        expect(said[cut].end, cut + 1);
        for (uint32_t i = 0; i < n; i++)
            if (said[i].entry.kind == PACK_EVENT)
                kinds[said[i].entry.event.kind]++;
    }
    for (int k = 0; k < EV_N; k++)
        cr_assert_gt(kinds[k], 0);
}

Test(pack, a_small_buffer_is_never_overrun)
{
    struct random r = {2};
    static uint8_t small[PACK_ENTRY_MAX + 400];
    for (int round = 0; round < ROUNDS; round++) {
        small[PACK_ENTRY_MAX + 300] = 0xA5;
        pack_begin(&pack, small, PACK_ENTRY_MAX + 300);
        while (pack_room(&pack))
            say(&r, &said[0]);
        cr_assert_leq(pack.n, PACK_ENTRY_MAX + 300);
        cr_assert_eq(small[PACK_ENTRY_MAX + 300], 0xA5);
    }
}

/* Whatever the bytes: an error, or entries that the engine may have. */
static void survive(const uint8_t *p, uint32_t n)
{
    struct pack_entry got;
    int more = 1;
    unpack_begin(&unpack, p, n);
    while (more == 1) {
        more = unpack_next(&unpack, &got);
        enum event_field field;
        if (more == 1 && got.kind == PACK_EVENT)
            cr_assert_eq(event_check(&got.event, &field), 0);
    }
    cr_assert(more == 0 || more == ERR_BAD_PACK);
}

Test(pack, damaged_bytes_are_refused_or_still_sound)
{
    struct random r = {3};
    uint32_t refused = 0;
    for (int round = 0; round < ROUNDS * 10; round++) {
        if (round % 20 == 0)
            say_all(&r);
        /* On the heap and exactly so long: a sanitizer sees a read beyond it. */
        uint32_t n = (uint32_t)random_range(&r, 1, pack.n);
        uint8_t *copy = malloc(n);
        memcpy(copy, bytes, n);
        for (uint64_t flips = random_below(&r, 4); flips > 0; flips--)
            copy[random_below(&r, n)] ^= (uint8_t)(1u << random_below(&r, 8));
        survive(copy, n);
        struct pack_entry got;
        unpack_begin(&unpack, copy, n);
        int more = 1;
        while (more == 1)
            more = unpack_next(&unpack, &got);
        refused += more == ERR_BAD_PACK;
        free(copy);
    }
    cr_assert_gt(refused, ROUNDS);
}

/* These bytes lie on people's disks. */
Test(pack, the_form_never_changes)
{
    static const uint8_t want[] = {
        0x00, 0x01, 0xBF, 0x02, 0x00,                   /* opened: its keys, none nil */
        0x01, 0xC8, 0x01, 0x00, 0x01, 'p',  0x0A,       /* id 100, src p, seq 5 */
        0x80, 0x90, 0xC5, 0xC3, 0x83, 0x67,             /* ts */
        0x00, 0x02, 'T',  '1',  0x00, 0x01, 'x',        /* ticket T1, priority x */
        0x98, 0x90, 0xC5, 0xC3, 0x83, 0x67,             /* rts */
        0x01, 0x01, 0x02, 0x01, 0x02, 0xD0, 0x0F,       /* likewise: id 101, seq 6, ts + 1 s */
        0x02, 0x03, 0x03,                               /* T1, x, rts - 2 ms */
        0x00, 0xFA, 0x00, 0x00, 0x02,                   /* tick */
        0x00, 0xFC, 0x00, 0x00, 0x00, 0x01, 'c',  0x07, /* claim of c, batch 7 */
    };
    struct event e = {.has = F1(TYPE) | F1(ID) | F1(SRC) | F1(SEQ) | F1(TS) | F1(TICKET) |
                             F1(PRIORITY),
                      .kind = EV_OPENED,
                      .id = str_of("100"),
                      .src = str_of("p"),
                      .seq = 5,
                      .ts = 1770000000000,
                      .rts = 1770000000012,
                      .ticket = str_of("T1"),
                      .priority = str_of("x")};
    pack_begin(&pack, bytes, sizeof bytes);
    pack_event(&pack, &e);
    e.id = str_of("101");
    e.seq = 6;
    e.ts += 1000;
    e.rts += -2;
    pack_event(&pack, &e);
    pack_tick(&pack, e.rts + 1, true);
    pack_claim(&pack, str_of("c"), 7);
    cr_assert_eq(pack.n, sizeof want);
    cr_assert_arr_eq(bytes, want, sizeof want);
}

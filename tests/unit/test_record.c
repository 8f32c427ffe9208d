/* record: the order of records is a strict total one, and that of SEMANTICS.md. */
#include "core/record.h"

#include "tests/lib/desk.h"
#include "tests/lib/random.h"
#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { SOURCES = 6, RECORDS = 40 };

static const ms_t start = 1770368400000;

struct shelf {
    struct names sources;
    struct board *board;
    struct settings settings;
    struct limits limits;
    void *names_mem, *board_mem;
    uint64_t board_size;
};

static struct shelf *shelf_new(void)
{
    struct shelf *s = calloc(1, sizeof *s);
    struct desk *d = desk_new();
    s->settings = d->settings;
    s->limits = d->limits;
    desk_free(d);
    s->names_mem = calloc(1, names_bytes(SOURCES));
    names_init(&s->sources, "test", s->names_mem, SOURCES, 1);
    s->board_size = board_bytes(&s->limits, &s->settings);
    s->board_mem = desk_map(s->board_size);
    s->board = board_init(s->board_mem, &s->limits, &s->settings, NULL, 0);
    return s;
}

static void shelf_free(struct shelf *s)
{
    desk_unmap(s->board_mem, s->board_size);
    free(s->names_mem);
    free(s);
}

/* Names in an order in which nobody would sort them. */
static void name_sources(struct shelf *s)
{
    static const char *const names[SOURCES] = {"zen", "crm", "a", "crm2", "B", "工"};
    for (uint32_t i = 0; i < SOURCES; i++)
        cr_assert_eq(name_intern(&s->sources, str_of(names[i])), i + 1);
}

/* Little choice everywhere, so that all ties happen. */
static struct record draw(struct random *r)
{
    struct record a;
    memset(&a, 0, sizeof a);
    a.ts = start + (ms_t)random_below(r, 2);
    a.src = (uint32_t)random_below(r, SOURCES + 1);
    a.kind = (uint8_t)random_below(r, 3);
    if (random_percent(r, 50)) {
        a.seq = random_below(r, 3);
    } else {
        a.id_len = (uint8_t)random_below(r, 3);
        for (uint32_t i = 0; i < a.id_len; i++)
            a.id[i] = (char)('a' + random_below(r, 2));
    }
    return a;
}

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

static bool same_place(const struct record *a, const struct record *b)
{
    return a->ts == b->ts && a->src == b->src && a->seq == b->seq && a->kind == b->kind &&
           a->id_len == b->id_len && memcmp(a->id, b->id, a->id_len) == 0;
}

Test(record, order_is_strict_and_total)
{
    struct shelf *s = shelf_new();
    struct random r = {1};
    name_sources(s);
    for (int round = 0; round < 300000; round++) {
        struct record a = draw(&r), b = draw(&r), c = draw(&r);
        int ab = record_compare(&a, &b, &s->sources), bc = record_compare(&b, &c, &s->sources);
        cr_assert_eq(sign(ab), -sign(record_compare(&b, &a, &s->sources)));
        cr_assert_eq(ab == 0, same_place(&a, &b));
        if (ab <= 0 && bc <= 0)
            cr_assert_leq(record_compare(&a, &c, &s->sources), ab < 0 || bc < 0 ? -1 : 0);
    }
    shelf_free(s);
}

/* Each word counts only when those before it are equal. */
Test(record, words_of_the_order)
{
    struct shelf *s = shelf_new();
    name_sources(s);
    const struct record later = {.ts = start + 1}, none = {.ts = start};
    const struct record a = {.ts = start, .src = 3, .seq = 9, .kind = EV_CLOSED};
    const struct record crm = {.ts = start, .src = 2, .seq = 5, .kind = EV_CLOSED};
    const struct record crm2 = {.ts = start, .src = 4, .seq = 1, .kind = EV_OPENED};
    const struct record zen = {.ts = start, .src = 1, .seq = 2, .kind = EV_RESOLVED};
    const struct record zen3 = {.ts = start, .src = 1, .seq = 3, .kind = EV_OPENED};
    const struct record by_id = {.ts = start, .src = 1, .kind = EV_OPENED, .id_len = 1, .id = "9"};
    const struct record id_10 = {.ts = start, .src = 1, .kind = EV_OPENED, .id_len = 2, .id = "10"};
    const struct record rank = {.ts = start, .src = 1, .kind = EV_MESSAGE, .id_len = 1, .id = "0"};
    const struct record *in_order[] = {&none,  &a,    &crm, &crm2, &id_10,
                                       &by_id, &rank, &zen, &zen3, &later};
    for (size_t i = 0; i < ARRAY_LEN(in_order); i++)
        for (size_t j = 0; j < ARRAY_LEN(in_order); j++)
            cr_assert_eq(sign(record_compare(in_order[i], in_order[j], &s->sources)),
                         (i > j) - (i < j), "%zu %zu", i, j);
    shelf_free(s);
}

/* The index of a source depends on who was heard first, its text does not. */
Test(record, sources_are_ordered_by_their_text)
{
    struct shelf *s = shelf_new(), *t = shelf_new();
    static const char *const names[] = {"b", "a", "c"};
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_gt(name_intern(&s->sources, str_of(names[i])), 0);
        cr_assert_gt(name_intern(&t->sources, str_of(names[2 - i])), 0);
    }
    for (uint32_t i = 0; i < 3; i++)
        for (uint32_t j = 0; j < 3; j++) {
            struct record a = {.ts = start, .src = i + 1}, b = {.ts = start, .src = j + 1};
            struct record x = {.ts = start, .src = 3 - i}, y = {.ts = start, .src = 3 - j};
            cr_assert_eq(sign(record_compare(&a, &b, &s->sources)),
                         sign(record_compare(&x, &y, &t->sources)));
        }
    shelf_free(s);
    shelf_free(t);
}

Test(record, position_is_behind_all_that_are_not_greater)
{
    struct shelf *s = shelf_new();
    struct random r = {2};
    name_sources(s);
    for (int round = 0; round < 2000; round++) {
        struct record sorted[RECORDS];
        uint32_t n = 0;
        while (n < RECORDS) {
            struct record a = draw(&r);
            uint32_t want = 0;
            for (uint32_t i = 0; i < n; i++)
                want += record_compare(&sorted[i], &a, &s->sources) <= 0;
            cr_assert_eq(record_position(sorted, n, &a, &s->sources), want);
            memmove(&sorted[want + 1], &sorted[want], (n - want) * sizeof a);
            sorted[want] = a;
            n++;
        }
    }
    shelf_free(s);
}

static struct record take(struct shelf *s, const char *line)
{
    struct event e;
    struct record r;
    memset(&r, 0xab, sizeof r); /* whatever was there before */
    terse_event(&e, start, line);
    record_take(&r, &e, 4, s->board);
    return r;
}

Test(record, names_are_those_that_the_kind_knows)
{
    struct shelf *s = shelf_new();
    struct record r = take(s, "opened ticket=T agent=ada team=red channel=nil category=bill");
    cr_assert_eq(r.names,
                 1u << SCOPE_AGENT | 1u << SCOPE_TEAM | 1u << SCOPE_CHANNEL | 1u << SCOPE_CATEGORY);
    cr_assert_eq(r.tags.agent, board_name(s->board, SCOPE_AGENT, str_of("ada"), NULL));
    cr_assert_eq(r.tags.team, board_name(s->board, SCOPE_TEAM, str_of("red"), NULL));
    cr_assert(r.tags.channel == 0 && r.tags.priority == 0 && r.tags.category != 0);
    cr_assert(r.ts == start && r.src == 4 && r.kind == EV_OPENED);
    cr_assert(r.time == MS_NONE && r.waiting_since == MS_NONE && r.number == 0 && !r.absorbs);
    r = take(s, "message ticket=T by=agent agent=nil");
    cr_assert(r.names == 1u << SCOPE_AGENT && r.tags.agent == 0);
    r = take(s, "resumed ticket=T");
    cr_assert_eq(r.names, 0);
    shelf_free(s);
}

Test(record, an_id_is_kept_only_without_seq)
{
    struct shelf *s = shelf_new();
    struct record r = take(s, "resumed ticket=T seq=7 id=x");
    cr_assert(r.seq == 7 && r.id_len == 0);
    r = take(s, "resumed ticket=T id=some-id");
    cr_assert(r.seq == 0 && r.id_len == 7 && memcmp(r.id, "some-id", 7) == 0);
    r = take(s, "resumed ticket=T seq=0 id=x");
    cr_assert(r.seq == 0 && r.id_len == 1);
    shelf_free(s);
}

/* Else two events of one instant that say different things would have no order. */
Test(record, without_seq_and_id_the_content_decides)
{
    struct shelf *s = shelf_new();
    struct record a = take(s, "message ticket=T by=agent"),
                  b = take(s, "message ticket=T by=customer");
    struct record again = take(s, "message ticket=T by=agent");
    cr_assert(a.seq == 0 && a.id_len == 8);
    cr_assert_neq(record_compare(&a, &b, &s->sources), 0);
    cr_assert_eq(record_compare(&a, &again, &s->sources), 0);
    shelf_free(s);
}

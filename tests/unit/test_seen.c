/* seen: each event is new exactly once, however it is shuffled, doubled and numbered. */
#include "core/seen.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define START 1767225600000LL /* 2026-01-01 */
enum { DAY_MS = 86400000 };

struct test {
    struct seen *s;
    struct limits limits;
    ms_t newest;
};

static struct test *test_new(uint32_t sources, uint32_t ids)
{
    struct test *t = calloc(1, sizeof *t);
    t->limits = limits_default();
    t->limits.sources = sources;
    t->limits.ids = ids;
    t->newest = START;
    t->s = seen_init(calloc(1, seen_bytes(&t->limits)), &t->limits, 42);
    return t;
}

static void test_free(struct test *t)
{
    free(t->s);
    free(t);
}

static struct event numbered(const char *src, uint64_t seq, ms_t ts)
{
    return (struct event){.kind = EV_HEARTBEAT,
                          .has = F1(SRC) | F1(SEQ) | F1(TS),
                          .src = str_of(src),
                          .seq = seq,
                          .ts = ts};
}

static bool before(struct test *t, struct event e)
{
    uint32_t src;
    t->newest = ms_max(t->newest, e.ts);
    return seen_before(t->s, &e, t->newest, DAY_MS, &src);
}

/* --- sources that number --------------------------------------------------------------------- */

/* A log of several sources whose numberings begin anew every few hundred events. */
struct log {
    uint32_t n;
    struct event event[20000];
    bool seen[20000];
    uint32_t order[60000];
    uint32_t arrivals;
};

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (x[0] > y[0]) - (x[0] < y[0]);
}

/* Every event arrives one to three times, each within `late` ms of its ts. */
static void log_shuffle(struct log *l, struct random *r, ms_t late)
{
    static int64_t when[60000][2];
    l->arrivals = 0;
    for (uint32_t i = 0; i < l->n; i++)
        for (uint64_t k = random_below(r, 3) + 1; k > 0; k--, l->arrivals++) {
            when[l->arrivals][0] = l->event[i].ts * 1000 + random_range(r, 0, late * 1000);
            when[l->arrivals][1] = i;
        }
    qsort(when, l->arrivals, sizeof when[0], by_time);
    for (uint32_t i = 0; i < l->arrivals; i++)
        l->order[i] = (uint32_t)when[i][1];
}

/* Two restarts of one source lie at least `apart` ms from each other. */
static void log_make(struct log *l, struct random *r, uint64_t restart_every, ms_t apart)
{
    ms_t restarted[3] = {START, START, START};
    static const char *const names[] = {"crm", "chat", "pbx"};
    uint64_t seq[3] = {1, 1000000, 1};
    ms_t ts = START;
    memset(l, 0, sizeof *l);
    for (l->n = 0; l->n < ARRAY_LEN(l->event); l->n++) {
        uint32_t source = (uint32_t)random_below(r, 3);
        ts += random_range(r, 1, 300);
        if (restart_every > 0 && random_below(r, restart_every) == 0 &&
            ts > restarted[source] + apart) {
            seq[source] = 1;
            restarted[source] = ts;
        }
        if (random_percent(r, 2))
            seq[source] += random_below(r, 4); /* lost on its way */
        l->event[l->n] = numbered(names[source], seq[source]++, ts);
    }
}

static void log_run(uint64_t seed, uint64_t restart_every, ms_t late, uint32_t *ret_restarted)
{
    struct random r = {seed};
    static struct log l;
    struct test *t = test_new(3, 10);
    log_make(&l, &r, restart_every, late);
    log_shuffle(&l, &r, late);
    for (uint32_t i = 0; i < l.arrivals; i++) {
        uint32_t k = l.order[i];
        cr_assert_eq(before(t, l.event[k]), l.seen[k], "seed %llu, arrival %u, seq %llu",
                     (unsigned long long)seed, i, (unsigned long long)l.event[k].seq);
        l.seen[k] = true;
    }
    *ret_restarted = (uint32_t)seen_restarted(t->s);
    cr_assert_eq(seen_ids(t->s), 0);
    test_free(t);
}

Test(seen, shuffled_and_doubled_each_number_is_new_once)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint32_t restarted;
        log_run(seed, 0, 100000, &restarted);
        cr_assert_eq(restarted, 0);
    }
}

Test(seen, numberings_that_begin_anew_in_order)
{
    for (uint64_t seed = 11; seed <= 15; seed++) {
        uint32_t restarted;
        log_run(seed, 1000, 0, &restarted);
        cr_assert_gt(restarted, 5);
    }
}

Test(seen, numberings_that_begin_anew_while_shuffled)
{
    for (uint64_t seed = 21; seed <= 25; seed++) {
        uint32_t restarted;
        log_run(seed, 3000, 100000, &restarted);
        cr_assert_gt(restarted, 1);
    }
}

Test(seen, a_resend_after_the_restart_goes_by_the_old_numbering)
{
    struct test *t = test_new(2, 10);
    for (uint64_t n = 1; n <= 100000; n++)
        if (n != 50 && n != 99950)
            cr_assert_not(before(t, numbered("a", n, START + (ms_t)n)));
    for (uint64_t n = 1; n <= 300; n++)
        cr_assert_not(before(t, numbered("a", n, START + 200000 + (ms_t)n)));
    cr_assert_eq(seen_restarted(t->s), 1);
    cr_assert(before(t, numbered("a", 7, START + 7)), "old, below the window");
    cr_assert(before(t, numbered("a", 99951, START + 99951)), "old, in the window");
    cr_assert_not(before(t, numbered("a", 50, START + 50)), "old, lost until now");
    cr_assert(before(t, numbered("a", 50, START + 50)));
    cr_assert_not(before(t, numbered("a", 99950, START + 99950)));
    cr_assert(before(t, numbered("a", 99950, START + 99950)));
    cr_assert(before(t, numbered("a", 7, START + 200007)), "new");
    cr_assert_not(before(t, numbered("a", 301, START + 200301)));
    cr_assert_eq(seen_restarted(t->s), 1);
    test_free(t);
}

Test(seen, missing_numbers_are_counted_until_they_come)
{
    struct test *t = test_new(2, 10);
    before(t, numbered("a", 10, START));
    before(t, numbered("a", 14, START + 1));
    before(t, numbered("b", 1, START + 1));
    before(t, numbered("b", 3, START + 2));
    cr_assert_eq(seen_missing(t->s), 4);
    before(t, numbered("a", 12, START));
    cr_assert_eq(seen_missing(t->s), 3);
    before(t, numbered("a", 9, START));
    cr_assert_eq(seen_missing(t->s), 3);
    cr_assert_eq(seen_forgotten(t->s), 0);
    test_free(t);
}

Test(seen, ranges_that_find_no_room_are_counted)
{
    enum { STEP = 512, EVENTS = 1000 }; /* one number of each page: a range between any two */
    struct test *t = test_new(2, 10);
    for (uint64_t i = 0; i < EVENTS; i++)
        cr_assert_not(before(t, numbered("a", 256 + i * STEP, START + (ms_t)i)));
    uint64_t forgotten = seen_forgotten(t->s);
    /* 872 pages left the window of 128: so many ranges and the one before 256; 256 are kept. */
    cr_assert_eq(forgotten, 872 + 1 - 256);
    cr_assert_eq(seen_missing(t->s), (EVENTS - 1) * (STEP - 1), "they are still missing");
    cr_assert(before(t, numbered("a", 257, START)), "it counts as seen");
    cr_assert_eq(seen_forgotten(t->s), forgotten);
    test_free(t);
}

Test(seen, one_event_from_the_future_does_not_spoil_a_restart)
{
    struct test *t = test_new(2, 10);
    for (uint64_t n = 1; n <= 100000; n++) {
        struct event e = numbered("a", n, n == 5 ? START * 2 : START + (ms_t)n);
        uint32_t src;
        cr_assert_not(seen_before(t->s, &e, START + (ms_t)n, DAY_MS, &src));
    }
    cr_assert_not(before(t, numbered("a", 1, START + 100001)));
    cr_assert_eq(seen_restarted(t->s), 1);
    test_free(t);
}

Test(seen, the_same_number_with_another_id_is_another_event)
{
    struct test *t = test_new(2, 10);
    struct event e = numbered("a", 1, START), f = e;
    e.has |= F1(ID);
    f.has |= F1(ID);
    e.id = str_of("x");
    f.id = str_of("y");
    cr_assert_not(before(t, e));
    cr_assert_not(before(t, f));
    cr_assert(before(t, e));
    cr_assert(before(t, f));
    test_free(t);
}

Test(seen, sources_beyond_the_limit_share_the_ring)
{
    struct test *t = test_new(1, 10);
    uint32_t src_a, src_b, src_c;
    struct event a = numbered("a", 1, START), b = numbered("b", 1, START),
                 c = numbered("c", 1, START);
    cr_assert_not(seen_before(t->s, &a, START, DAY_MS, &src_a));
    cr_assert_not(seen_before(t->s, &b, START, DAY_MS, &src_b));
    cr_assert_not(seen_before(t->s, &c, START, DAY_MS, &src_c));
    cr_assert(seen_before(t->s, &b, START, DAY_MS, &src_b));
    cr_assert(src_a == 1 && src_b == src_c && src_b != src_a);
    cr_assert(str_equal(name_text(seen_sources(t->s), src_b), str_of("(other)")));
    cr_assert_eq(seen_ids(t->s), 2);
    test_free(t);
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct event with_id(const char *src, const char *id, ms_t ts)
{
    struct event e = {.kind = EV_HEARTBEAT, .has = F1(ID) | F1(TS), .id = str_of(id), .ts = ts};
    if (src != NULL) {
        e.has |= F1(SRC);
        e.src = str_of(src);
    }
    return e;
}

/* Against a list of (id, received), oldest first, of at most 100. */
Test(seen, ids_are_remembered_by_number_and_by_age)
{
    enum { IDS = 100, MANY = 20000 };
    struct test *t = test_new(2, IDS);
    struct random r = {1};
    static struct {
        uint64_t id;
        ms_t received;
    } list[MANY];
    uint32_t first = 0, end = 0, fresh = 0, shed = 0;
    ms_t now = START;
    for (int step = 0; step < MANY; step++) {
        char text[32];
        uint64_t id = random_below(&r, step % 5000 < 2500 ? 60 : 400);
        snprintf(text, sizeof text, "id-%llu", (unsigned long long)id);
        now += random_below(&r, 200) == 0 ? random_range(&r, 0, DAY_MS / 2)
                                          : random_range(&r, 0, 1000);
        bool known = false;
        for (uint32_t i = first; i < end; i++)
            known |= list[i].id == id && list[i].received >= now - DAY_MS;
        uint32_t src;
        struct event e = with_id("a", text, now - random_range(&r, 0, 5000));
        cr_assert_eq(seen_before(t->s, &e, now, DAY_MS, &src), known);
        if (known)
            continue;
        list[end].id = id;
        list[end++].received = now;
        while (list[fresh].received < now - DAY_MS)
            fresh++;
        shed += end - fresh > IDS;
        fresh += end - fresh > IDS;
        if (end - first > IDS)
            first++;
        cr_assert_leq(seen_ids(t->s), IDS);
        cr_assert_geq(seen_ids_since(t->s), list[first].received);
    }
    cr_assert_gt(end, 2000);
    cr_assert(shed > 1000 && seen_ids_shed(t->s) == shed, "%u", shed);
    test_free(t);
}

Test(seen, ids_belong_to_their_source)
{
    struct test *t = test_new(2, 100);
    cr_assert_not(before(t, with_id("a", "1", START)));
    cr_assert_not(before(t, with_id("b", "1", START)));
    cr_assert_not(before(t, with_id(NULL, "1", START)));
    cr_assert_not(before(t, with_id("a1", "", START)), "the border between src and id counts");
    cr_assert(before(t, with_id("a", "1", START + 5)), "ts is no part of the key");
    cr_assert(before(t, with_id("b", "1", START)));
    cr_assert(before(t, with_id(NULL, "1", START)));
    test_free(t);
}

Test(seen, without_id_and_seq_the_content_counts)
{
    struct test *t = test_new(2, 100);
    struct event e = {
        .kind = EV_RESOLVED, .has = F1(TICKET) | F1(TS), .ticket = str_of("T1"), .ts = START};
    cr_assert_not(before(t, e));
    e.rts = 99; /* when it came is no part of it */
    cr_assert(before(t, e));
    e.ts++;
    cr_assert_not(before(t, e));
    e.ticket = str_of("T2");
    cr_assert_not(before(t, e));
    e.kind = EV_CONFIRMED;
    cr_assert_not(before(t, e));
    cr_assert(before(t, e));
    cr_assert_eq(seen_ids(t->s), 4);
    cr_assert_eq(seen_ids_since(t->s), START);
    test_free(t);
}

Test(seen, nothing_remembered)
{
    struct test *t = test_new(1, 1);
    cr_assert(seen_ids(t->s) == 0 && seen_ids_since(t->s) == MS_NONE);
    cr_assert(seen_restarted(t->s) == 0 && seen_missing(t->s) == 0);
    test_free(t);
}

/* --- images ---------------------------------------------------------------------------------- */

static struct image *image_of(struct test *t, void **ret_mem)
{
    struct pool *pools[4];
    struct image_blob blob[1];
    struct image_setup setup = {.pool = pools,
                                .pools = seen_pools(t->s, pools),
                                .blob = blob,
                                .blobs = seen_blobs(t->s, blob),
                                .early_bytes = 1 << 20};
    struct image *img = malloc(sizeof *img);
    *ret_mem = calloc(1, image_bytes(&setup));
    image_setup(img, *ret_mem, &setup);
    return img;
}

Test(seen, loaded_from_an_image_it_remembers_the_same)
{
    struct random r = {3};
    static struct log l;
    struct test *t = test_new(3, 500), *u = test_new(3, 500);
    log_make(&l, &r, 2000, 50000);
    log_shuffle(&l, &r, 50000);
    uint32_t half = l.arrivals / 2, len;
    for (uint32_t i = 0; i < half; i++) {
        char text[32];
        snprintf(text, sizeof text, "%u", i);
        before(t, l.event[l.order[i]]);
        before(t, with_id(i % 2 ? "a" : "fourth", text, t->newest));
    }
    void *mem[2];
    struct image *from = image_of(t, &mem[0]), *to = image_of(u, &mem[1]);
    uint8_t *buf = malloc(IMAGE_SLICE_MIN);
    image_load_begin(to);
    image_begin(from);
    for (int more = 1; more == 1;) {
        more = image_next(from, buf, IMAGE_SLICE_MIN, &len);
        cr_assert(more >= 0 && image_load_feed(to, buf, len) == 0);
    }
    cr_assert_eq(image_load_end(to), 0);
    seen_rebuild(u->s);
    u->newest = t->newest;
    cr_assert_eq(seen_ids(u->s), 500);
    cr_assert_eq(seen_ids_since(u->s), seen_ids_since(t->s));
    for (uint32_t i = 0; i < l.arrivals; i++) {
        char text[32];
        snprintf(text, sizeof text, "%u", i);
        struct event e = with_id(i % 2 ? "a" : "fourth", text, t->newest);
        cr_assert_eq(before(t, l.event[l.order[i]]), before(u, l.event[l.order[i]]));
        cr_assert_eq(before(t, e), before(u, e));
    }
    cr_assert_eq(seen_missing(t->s), seen_missing(u->s));
    cr_assert_eq(seen_restarted(t->s), seen_restarted(u->s));
    cr_assert_eq(seen_forgotten(t->s), seen_forgotten(u->s));
    free(from);
    free(to);
    free(mem[0]);
    free(mem[1]);
    free(buf);
    test_free(t);
    test_free(u);
}

/* image: whatever happens between its slices, it is the state at its beginning. */
#include "core/image.h"

#include "core/err.h"
#include "core/image_form.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { POOLS = 3, IMAGE_MAX = 16 << 20 };
static const uint32_t sizes[POOLS] = {16, 64, 256};
static const uint32_t caps[POOLS] = {5000, 2000, 3000};

struct state {
    struct pool pool[POOLS];
    uint64_t counters[5];
    uint32_t clock;
    struct image img;
    void *mem;
    uint32_t live[POOLS];
    handle_t handle[POOLS][5000];
};

static struct state *state_new_with(uint64_t layout, uint32_t cap0)
{
    struct state *s = calloc(1, sizeof *s);
    struct pool *pools[POOLS];
    for (uint32_t i = 0; i < POOLS; i++) {
        uint32_t cap = i == 0 ? cap0 : caps[i];
        pool_init(&s->pool[i], "test", calloc(1, pool_bytes(sizes[i], cap)), sizes[i], cap);
        pools[i] = &s->pool[i];
    }
    struct image_blob blobs[] = {{s->counters, sizeof s->counters}, {&s->clock, sizeof s->clock}};
    struct image_setup setup = {.pool = pools,
                                .pools = POOLS,
                                .blob = blobs,
                                .blobs = ARRAY_LEN(blobs),
                                .layout = layout,
                                .early_bytes = IMAGE_SLICE_MIN};
    s->mem = calloc(1, image_bytes(&setup));
    image_setup(&s->img, s->mem, &setup);
    return s;
}

static struct state *state_new(void)
{
    return state_new_with(77, caps[0]);
}

static void state_free(struct state *s)
{
    for (uint32_t i = 0; i < POOLS; i++)
        free(s->pool[i].base);
    free(s->mem);
    free(s);
}

/* One random change: alloc, free or edit; and the counters. */
static void change(struct state *s, struct random *r)
{
    uint32_t i = (uint32_t)random_below(r, POOLS);
    struct pool *p = &s->pool[i];
    uint64_t what = random_below(r, 10);
    s->counters[random_below(r, ARRAY_LEN(s->counters))]++;
    s->clock++;
    if (what < 5 && s->live[i] < p->cap) {
        handle_t h = pool_alloc(p);
        cr_assert_neq(h, 0);
        memset((uint8_t *)pool_edit(p, h) + 4, (int)random_below(r, 256), sizes[i] - 4);
        s->handle[i][s->live[i]++] = h;
    } else if (s->live[i] > 0) {
        uint32_t at = (uint32_t)random_below(r, s->live[i]);
        handle_t h = s->handle[i][at];
        if (what < 7) {
            pool_free(p, h);
            s->handle[i][at] = s->handle[i][--s->live[i]];
        } else {
            uint8_t *slot = pool_edit(p, h);
            slot[4 + random_below(r, sizes[i] - 4)] ^= 0x5A;
        }
    }
}

static void changes(struct state *s, struct random *r, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        change(s, r);
}

static struct state *copy_of(const struct state *s)
{
    struct state *c = malloc(sizeof *c);
    memcpy(c, s, sizeof *c);
    c->mem = NULL;
    for (uint32_t i = 0; i < POOLS; i++) {
        uint64_t n = pool_bytes(sizes[i], s->pool[i].cap);
        c->pool[i].base = memcpy(malloc(n), s->pool[i].base, n);
    }
    return c;
}

static void assert_equal(const struct state *a, const struct state *b)
{
    for (uint32_t i = 0; i < POOLS; i++) {
        const struct pool *p = &a->pool[i], *q = &b->pool[i];
        cr_assert(p->high == q->high && p->live == q->live && p->free_head == q->free_head);
        cr_assert_eq(memcmp(pool_at(p, 1), pool_at(q, 1), (uint64_t)p->high * sizes[i]), 0);
    }
    cr_assert_eq(memcmp(a->counters, b->counters, sizeof a->counters), 0);
    cr_assert_eq(a->clock, b->clock);
}

/* Takes an image with `between` changes after each slice; 0 bytes when it became void. */
static uint32_t take(struct state *s, struct random *r, uint8_t *ret, uint64_t between)
{
    uint32_t total = 0, len = 0;
    int more = 1;
    image_begin(&s->img);
    cr_assert(image_under_way(&s->img));
    while (more == 1) {
        uint32_t cap = (uint32_t)random_range(r, IMAGE_SLICE_MIN, 2 * IMAGE_SLICE_MIN);
        cr_assert(total + cap <= IMAGE_MAX);
        more = image_next(&s->img, ret + total, cap, &len);
        if (more < 0) {
            cr_assert_eq(more, ERR_IMAGE_BUSY);
            total = 0;
            break;
        }
        total += len;
        if (more == 1)
            changes(s, r, random_below(r, between + 1));
    }
    cr_assert_not(image_under_way(&s->img));
    for (uint32_t i = 0; i < POOLS; i++)
        cr_assert_null(s->pool[i].image);
    return total;
}

static int load(struct state *s, struct random *r, const uint8_t *bytes, uint64_t n)
{
    int err = 0;
    image_load_begin(&s->img);
    for (uint64_t at = 0; at < n && err == 0;) {
        uint64_t part = random_percent(r, 10) ? random_below(r, 40) : random_below(r, 100000);
        part = part < n - at ? part : n - at;
        err = image_load_feed(&s->img, bytes + at, part);
        at += part;
    }
    return err == 0 ? image_load_end(&s->img) : err;
}

Test(image, is_the_state_at_its_beginning)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    uint32_t taken = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random r = {seed};
        struct state *s = state_new(), *fresh = state_new();
        changes(s, &r, random_below(&r, 40000));
        struct state *before = copy_of(s);
        uint32_t n = take(s, &r, bytes, 200);
        if (n > 0) {
            taken++;
            cr_assert_eq(load(fresh, &r, bytes, n), 0);
            assert_equal(before, fresh);
            /* The same from here on: handles, bytes, and the next image. */
            memcpy(fresh->live, before->live, sizeof fresh->live);
            memcpy(fresh->handle, before->handle, sizeof fresh->handle);
            for (uint32_t i = 0; i < POOLS; i++)
                before->pool[i].image = NULL;
            struct random r1 = {seed + 1000}, r2 = {seed + 1000};
            changes(before, &r1, 5000);
            changes(fresh, &r2, 5000);
            assert_equal(before, fresh);
            cr_assert_eq(memcmp(before->handle, fresh->handle, sizeof fresh->handle), 0);
        }
        state_free(s);
        state_free(fresh);
        state_free(before);
    }
    cr_assert_geq(taken, 50);
    free(bytes);
}

Test(image, several_after_each_other_and_cancelled_ones)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    struct random r = {5};
    struct state *s = state_new();
    changes(s, &r, 20000);
    for (int round = 0; round < 20; round++) {
        uint32_t len;
        image_begin(&s->img);
        cr_assert_eq(image_next(&s->img, bytes, IMAGE_SLICE_MIN, &len), 1);
        changes(s, &r, 100);
        image_cancel(&s->img);
        changes(s, &r, 100);
        struct state *before = copy_of(s), *fresh = state_new();
        uint32_t n = take(s, &r, bytes, 50);
        cr_assert_gt(n, 0);
        cr_assert_eq(load(fresh, &r, bytes, n), 0);
        assert_equal(before, fresh);
        state_free(fresh);
        state_free(before);
    }
    state_free(s);
    free(bytes);
}

Test(image, an_image_loaded_and_taken_again_is_the_same_bytes)
{
    uint8_t *one = malloc(IMAGE_MAX), *two = malloc(IMAGE_MAX);
    struct random r = {6};
    struct state *s = state_new(), *fresh = state_new();
    changes(s, &r, 20000);
    struct random r1 = {7}, r2 = {7};
    uint32_t n = take(s, &r1, one, 0);
    cr_assert_eq(load(fresh, &r, one, n), 0);
    cr_assert_eq(take(fresh, &r2, two, 0), n);
    cr_assert_eq(memcmp(one, two, n), 0);
    state_free(s);
    state_free(fresh);
    free(one);
    free(two);
}

Test(image, too_many_changes_make_it_void_and_the_next_one_is_good)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    struct random r = {8};
    struct state *s = state_new(), *fresh = state_new();
    changes(s, &r, 30000);
    cr_assert_eq(take(s, &r, bytes, 20000), 0);
    struct state *before = copy_of(s);
    uint32_t n = take(s, &r, bytes, 10);
    cr_assert_gt(n, 0);
    cr_assert_eq(load(fresh, &r, bytes, n), 0);
    assert_equal(before, fresh);
    state_free(s);
    state_free(fresh);
    state_free(before);
    free(bytes);
}

Test(image, empty_state)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    struct random r = {9};
    struct state *s = state_new(), *fresh = state_new();
    uint32_t n = take(s, &r, bytes, 0);
    cr_assert_eq(load(fresh, &r, bytes, n), 0);
    assert_equal(s, fresh);
    state_free(s);
    state_free(fresh);
    free(bytes);
}

/* A small image to damage. */
static uint32_t small_image(uint8_t *bytes)
{
    struct random r = {10};
    struct state *s = state_new();
    changes(s, &r, 60);
    uint32_t n = take(s, &r, bytes, 0);
    state_free(s);
    return n;
}

static int load_fresh(const uint8_t *bytes, uint64_t n, uint64_t layout, uint32_t cap0)
{
    struct random r = {11};
    struct state *s = state_new_with(layout, cap0);
    int err = load(s, &r, bytes, n);
    state_free(s);
    return err;
}

Test(image, every_damaged_byte_is_found)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    uint32_t n = small_image(bytes);
    cr_assert_eq(load_fresh(bytes, n, 77, caps[0]), 0);
    for (uint32_t i = 0; i < n; i++) {
        bytes[i] ^= 0x41;
        int err = load_fresh(bytes, n, 77, caps[0]);
        cr_assert(err == ERR_BAD_IMAGE || err == ERR_OTHER_IMAGE, "byte %u: %d", i, err);
        bytes[i] ^= 0x41;
    }
    free(bytes);
}

/* Its table says how many slots live: one that was lost, and is not free either, is found although
 * every sum is right. */
Test(image, a_slot_that_neither_lives_nor_is_free_is_found)
{
    enum { BLOBS = 2, BLOB_BYTES = 5 * 8 + 4 };
    uint8_t *bytes = malloc(IMAGE_MAX);
    uint32_t n = small_image(bytes), lost = 0;
    uint32_t at = IMAGE_HEAD + POOLS * IMAGE_POOL_ENTRY + BLOBS * IMAGE_BLOB_ENTRY + BLOB_BYTES;
    while (lost == 0) {
        uint32_t head[3]; /* pool, first slot, how many */
        memcpy(head, bytes + at, sizeof head);
        cr_assert_lt(head[0], POOLS);
        at += IMAGE_RECORD_HEAD;
        for (uint32_t i = 0; i < head[2] && lost == 0; i++)
            if (((const struct slot *)(const void *)(bytes + at + i * sizes[head[0]]))->live == 1)
                lost = at + i * sizes[head[0]] + (uint32_t)offsetof(struct slot, live);
        at += head[2] * sizes[head[0]];
    }
    for (uint8_t live = 0; live < 2; live++) {
        struct checksum sum;
        bytes[lost] = live;
        checksum_init(&sum);
        checksum_add(&sum, bytes, n - IMAGE_SUM);
        uint64_t value = checksum_value(&sum);
        memcpy(bytes + n - IMAGE_SUM, &value, sizeof value);
        cr_assert_eq(load_fresh(bytes, n, 77, caps[0]), live == 0 ? ERR_BAD_IMAGE : 0);
    }
    free(bytes);
}

/* What one load has counted is no part of the next. */
Test(image, loaded_twice_into_the_same_place)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    uint32_t n = small_image(bytes);
    struct random r = {12};
    struct state *s = state_new();
    cr_assert_eq(load(s, &r, bytes, n), 0);
    cr_assert_eq(load(s, &r, bytes, n), 0);
    state_free(s);
    free(bytes);
}

Test(image, cut_short_or_too_long_is_bad)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    uint32_t n = small_image(bytes);
    for (uint32_t i = 0; i < n; i++)
        cr_assert_eq(load_fresh(bytes, i, 77, caps[0]), ERR_BAD_IMAGE);
    bytes[n] = 0;
    cr_assert_eq(load_fresh(bytes, n + 1, 77, caps[0]), ERR_BAD_IMAGE);
    free(bytes);
}

Test(image, other_layout_or_limits_too_small_is_another_image)
{
    uint8_t *bytes = malloc(IMAGE_MAX);
    uint32_t n = small_image(bytes);
    cr_assert_eq(load_fresh(bytes, n, 78, caps[0]), ERR_OTHER_IMAGE);
    cr_assert_eq(load_fresh(bytes, n, 77, 2), ERR_OTHER_IMAGE);
    cr_assert_eq(load_fresh(bytes, n, 77, caps[0] - 1), 0, "smaller, but what is there fits");
    free(bytes);
}

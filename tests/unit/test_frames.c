/* The ring behind live streams, against a reader that keeps everything. */
#include "daemon/web/frames.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct frames f;

static void start(void)
{
    cr_assert(frames_init(&f));
}

static void end(void)
{
    frames_fini(&f);
}

TestSuite(frames, .init = start, .fini = end);

static struct frame_mask interest(uint32_t i)
{
    struct frame_mask m = {{0}};
    mask_set(&m, i);
    return m;
}

static void add(const char *text, uint32_t who)
{
    struct frame_mask m = interest(who);
    cr_assert(frames_add(&f, text, strlen(text), &m, 0));
}

Test(frames, each_reads_what_concerns_it_in_order)
{
    struct frame_mask one = interest(0), other = interest(511), both = one;
    struct frame_place a = {0, 0}, b = {0, 0}, c = {0, 0};
    char buf[64];
    mask_set(&both, 511);
    add("one ", 0);
    add("two ", 511);
    add("three ", 0);
    cr_assert_eq(frames_read(&f, &a, &one, buf, sizeof buf), 10);
    cr_assert_eq(memcmp(buf, "one three ", 10), 0);
    cr_assert_eq(frames_read(&f, &b, &other, buf, sizeof buf), 4);
    cr_assert_eq(frames_read(&f, &c, &both, buf, sizeof buf), 14);
    cr_assert_eq(memcmp(buf, "one two three ", 14), 0);
    cr_assert_eq(frames_read(&f, &a, &one, buf, sizeof buf), 0);
    add("four", 0);
    cr_assert_eq(frames_read(&f, &a, &one, buf, sizeof buf), 4);
}

/* Random pieces, read by random amounts, are the whole text. */
Test(frames, small_buffers_lose_nothing)
{
    struct frame_mask mine = interest(7);
    struct frame_place place = {0, 0};
    static char all[1 << 16], got[1 << 16];
    size_t n = 0, read = 0;
    srandom(1); /* the same text in every run */
    for (int i = 0; i < 400; i++) {
        char text[128];
        size_t len = (size_t)(random() % 120) + 1;
        memset(text, 'a' + i % 26, len);
        text[len] = 0;
        bool ours = random() % 2 == 0;
        add(text, ours ? 7 : 8);
        if (ours) {
            memcpy(all + n, text, len);
            n += len;
        }
        read += (size_t)frames_read(&f, &place, &mine, got + read, (size_t)(random() % 90));
    }
    int more;
    while ((more = frames_read(&f, &place, &mine, got + read, 33)) > 0)
        read += (size_t)more;
    cr_assert_eq(read, n);
    cr_assert_eq(memcmp(all, got, n), 0);
}

Test(frames, who_falls_behind_is_told)
{
    struct frame_mask mine = interest(1);
    struct frame_place place = {0, 0};
    char buf[16];
    add("0123456789", 1);
    cr_assert_eq(frames_read(&f, &place, &mine, buf, 4), 4);
    for (int i = 0; i < FRAMES_MAX - 1; i++)
        add("x", 2);
    cr_assert_eq(frames_read(&f, &place, &mine, buf, 3), 3); /* the last place of the ring */
    add("x", 2);
    cr_assert_eq(frames_read(&f, &place, &mine, buf, sizeof buf), -1);
}

Test(frames, bytes_are_bounded)
{
    struct frame_mask mine = interest(1);
    size_t n = 1 << 20;
    char *text = calloc(1, n);
    cr_assert_not_null(text);
    for (int i = 0; i < 40; i++) {
        cr_assert(frames_add(&f, text, n, &mine, 0));
        cr_assert_leq(f.bytes, FRAMES_BYTES);
    }
    cr_assert_eq(f.next - f.first, 16);
    cr_assert(frames_add(&f, text, 1, &mine, 0));
    cr_assert_eq(f.next - f.first, 16); /* one went for the one that came */
    free(text);
}

static void add_latest(const char *text, uint64_t key, struct frame_mask m)
{
    cr_assert(frames_add(&f, text, strlen(text), &m, key));
}

Test(frames, the_latest_takes_the_place_of_what_was_not_read)
{
    struct frame_mask mine = interest(1);
    struct frame_place quick = {0, 0}, slow = {0, 0};
    char buf[64];
    add_latest("a1 ", 5, mine);
    cr_assert_eq(frames_read(&f, &quick, &mine, buf, sizeof buf), 3);
    add_latest("b1 ", 6, mine);
    add("alert ", 1);
    add_latest("a2 ", 5, mine);
    add_latest("c1 ", 5 + FRAMES_KEYS, mine); /* collides: replaces nothing, is replaced by none */
    add_latest("a3 ", 5, mine);
    cr_assert_eq(f.bytes, 3 + 6 + 3 + 3 + 3);
    cr_assert_eq(frames_read(&f, &slow, &mine, buf, sizeof buf), 18);
    cr_assert_eq(memcmp(buf, "b1 alert a2 c1 a3 ", 18), 0);
    cr_assert_eq(frames_read(&f, &quick, &mine, buf, sizeof buf), 18);
}

Test(frames, who_is_in_the_middle_reads_it_to_its_end)
{
    struct frame_mask mine = interest(1);
    struct frame_place half = {0, 0}, gone = {0, 0}, late = {0, 0};
    char buf[64];
    add_latest("first ", 5, mine);
    cr_assert_eq(frames_read(&f, &half, &mine, buf, 2), 2);
    cr_assert_eq(frames_read(&f, &gone, &mine, buf, 3), 3);
    add_latest("second ", 5, mine);
    cr_assert_eq(frames_read(&f, &half, &mine, buf, sizeof buf), 11);
    cr_assert_eq(memcmp(buf, "rst second ", 11), 0);
    cr_assert_eq(f.at[0].halves, 1);
    frames_leave(&f, &gone);
    cr_assert_eq(f.at[0].halves, 0);
    add_latest("third ", 5, mine); /* the second goes, the first was kept for who was in it */
    cr_assert_eq(frames_read(&f, &late, &mine, buf, sizeof buf), 12);
    cr_assert_eq(memcmp(buf, "first third ", 12), 0);
}

Test(frames, what_concerns_fewer_replaces_nothing)
{
    struct frame_mask one = interest(1), both = one;
    struct frame_place place = {0, 0};
    char buf[64];
    mask_set(&both, 2);
    add_latest("to both ", 5, both);
    add_latest("to one ", 5, one);
    struct frame_mask two = interest(2);
    cr_assert_eq(frames_read(&f, &place, &two, buf, sizeof buf), 8);
}

/* A key whose frame has left the ring, and another one stands at its place. */
Test(frames, a_key_outlives_its_frame)
{
    struct frame_mask mine = interest(1);
    struct frame_place place;
    char buf[64];
    add_latest("old ", 5, mine);
    for (int i = 0; i < FRAMES_MAX; i++)
        add("x", 2);
    place = (struct frame_place){f.next, 0};
    add("kept ", 1);
    add_latest("new ", 5, mine);
    cr_assert_eq(frames_read(&f, &place, &mine, buf, sizeof buf), 9);
    cr_assert_eq(memcmp(buf, "kept new ", 9), 0);
}

Test(frames, what_all_have_read_is_not_kept)
{
    struct frame_mask mine = interest(3);
    struct frame_place fast = {0, 0}, slow = {0, 0};
    char buf[64];
    add("one", 3);
    add("two", 3);
    add("three", 3);
    cr_assert_eq(frames_read(&f, &fast, &mine, buf, sizeof buf), 11);
    cr_assert_eq(frames_read(&f, &slow, &mine, buf, 4), 4); /* in the middle of the second */
    frames_forget(&f, slow.next);
    cr_expect_eq(f.bytes, 8);
    cr_assert_eq(frames_read(&f, &slow, &mine, buf, sizeof buf), 7);
    cr_expect_eq(memcmp(buf, "wothree", 7), 0);
    frames_forget(&f, slow.next);
    cr_expect_eq(f.bytes, 0);
    frames_forget(&f, f.next + 10); /* no further than there is */
    add("four", 3);
    cr_assert_eq(frames_read(&f, &slow, &mine, buf, sizeof buf), 4);
    cr_assert_eq(frames_read(&f, &fast, &mine, buf, sizeof buf), 4);
}

/* Memory is that of the longest row somebody waited for, not of all that ever came. */
Test(frames, while_nobody_reads_nothing_is_kept_and_places_are_used_again)
{
    struct frame_mask mine = interest(3);
    char buf[64];
    for (int round = 0; round < 1000; round++) {
        struct frame_place place = {f.next, 0};
        add("a", 3);
        add("b", 3);
        cr_expect_lt(place.next % FRAMES_MAX, 2);
        cr_assert_eq(frames_read(&f, &place, &mine, buf, sizeof buf), 2);
        struct frame_place gone = {place.next - 2, 0};
        frames_rest(&f);
        cr_assert_eq(f.bytes, 0);
        cr_assert_eq(frames_read(&f, &gone, &mine, buf, sizeof buf), -1);
    }
}

Test(frames, a_key_of_before_replaces_nothing)
{
    struct frame_mask mine = interest(3);
    char buf[64];
    cr_assert(frames_add(&f, "old", 3, &mine, 77));
    frames_rest(&f);
    struct frame_place place = {f.next, 0};
    add("alert", 3); /* at the place where the old one stood */
    cr_assert(frames_add(&f, "new", 3, &mine, 77));
    cr_assert_eq(frames_read(&f, &place, &mine, buf, sizeof buf), 8);
    cr_expect_eq(memcmp(buf, "alertnew", 8), 0);
}

/* checkpoint: a file is whole under its name or not there, and damage is never believed. */
#include "daemon/checkpoint.h"

#include "core/pool.h"
#include "tests/lib/random.h"
#include "tests/lib/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT = 256, SLOTS = 40000 };

static char dir[128];
static uv_loop_t loop;

/* A state of one pool, 10 MB. */
struct state {
    struct pool pool;
    uint64_t counter;
    struct image image;
    void *mem, *block;
};

static struct state *state_new(void)
{
    struct state *s = calloc(1, sizeof *s);
    struct pool *pools[] = {&s->pool};
    struct image_blob blob = {&s->counter, sizeof s->counter};
    s->block = calloc(1, pool_bytes(SLOT, SLOTS));
    pool_init(&s->pool, "test", s->block, SLOT, SLOTS);
    struct image_setup setup = {
        .pool = pools, .pools = 1, .blob = &blob, .blobs = 1, .layout = 5, .early_bytes = 1 << 20};
    s->mem = calloc(1, image_bytes(&setup));
    image_setup(&s->image, s->mem, &setup);
    return s;
}

static void state_free(struct state *s)
{
    free(s->block);
    free(s->mem);
    free(s);
}

static void change(struct state *s, struct random *r)
{
    uint32_t i = 1 + (uint32_t)random_below(r, SLOTS);
    uint64_t *slot = i > s->pool.high ? NULL : pool_edit(&s->pool, pool_handle(&s->pool, i));
    if (slot == NULL)
        slot = pool_edit(&s->pool, pool_alloc(&s->pool));
    slot[1 + random_below(r, SLOT / 8 - 1)] = random_next(r);
    s->counter++;
}

static uint64_t digest_of(const struct state *s)
{
    return hash_bytes(s->counter, pool_at(&s->pool, 1), (size_t)s->pool.high * SLOT);
}

static void on_done(struct checkpoint *c)
{
    *(bool *)c->data = true;
}

static void begin(void)
{
    scratch_make(dir, sizeof dir, "checkpoint");
    uv_loop_init(&loop);
}

static void end(void)
{
    cr_assert_eq(uv_loop_close(&loop), 0);
    scratch_remove(dir);
}

/* Files in the directory. */
static uint32_t files(void)
{
    uint32_t n = 0;
    DIR *d = opendir(dir);
    const struct dirent *e;
    while ((e = readdir(d)) != NULL)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* Writes one; so much changes between two slices. How it came out. */
static struct store_checkpoint write_one(struct state *s, struct random *r, uint64_t seq,
                                         uint32_t changes)
{
    static struct checkpoint c;
    bool done = false;
    checkpoint_init(&c, dir, &s->image, &loop);
    c.done = on_done;
    c.data = &done;
    cr_assert(checkpoint_begin(&c, seq, 77, "lineage", 7, "clients!", 8));
    while (!done) {
        uint64_t before = c.size;
        checkpoint_work(&c);
        for (uint32_t i = 0; i < changes && c.size != before; i++)
            change(s, r);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    cr_assert_not(c.under_way);
    if (c.broken)
        return (struct store_checkpoint){0};
    return (struct store_checkpoint){c.seq, c.size, c.digest, c.at};
}

static bool read_one(const struct store_checkpoint *c, struct state *into)
{
    struct checkpoint_reader r;
    if (!checkpoint_open(&r, dir, c->seq, c->bytes))
        return false;
    cr_assert(r.head.lineage == 7 && memcmp(r.lineage, "lineage", 7) == 0);
    cr_assert(r.head.clients == 8 && memcmp(r.clients, "clients!", 8) == 0);
    cr_assert_eq(r.head.at, 77);
    bool fine = checkpoint_load(&r, &into->image, c->digest);
    checkpoint_read_end(&r);
    return fine;
}

static struct state *filled(struct random *r)
{
    struct state *s = state_new();
    for (int i = 0; i < SLOTS * 2; i++)
        change(s, r);
    return s;
}

Test(checkpoint, is_the_state_at_its_beginning_however_much_changes)
{
    struct random r = {1};
    begin();
    struct state *s = filled(&r);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct state *got = state_new();
        uint64_t want = digest_of(s);
        struct store_checkpoint c = write_one(s, &r, seq, 20);
        cr_assert_eq(c.seq, seq);
        cr_assert_neq(digest_of(s), want);
        cr_assert(read_one(&c, got));
        cr_assert_eq(digest_of(got), want);
        state_free(got);
    }
    cr_assert_eq(files(), 3);
    checkpoint_tidy(dir, 3);
    cr_assert_eq(files(), 1);
    state_free(s);
    end();
}

Test(checkpoint, too_much_change_gives_it_up_and_the_next_one_is_fine)
{
    struct random r = {2};
    begin();
    struct state *s = filled(&r);
    struct store_checkpoint c = write_one(s, &r, 1, SLOTS);
    cr_assert_eq(c.seq, 0);
    cr_assert_eq(files(), 0);
    c = write_one(s, &r, 2, 1);
    cr_assert_eq(c.seq, 2);
    state_free(s);
    end();
}

Test(checkpoint, damage_is_never_believed)
{
    struct random r = {3};
    char name[CHECKPOINT_NAME_MAX], path[200];
    begin();
    struct state *s = filled(&r);
    struct store_checkpoint c = write_one(s, &r, 9, 0);
    checkpoint_name(name, 9);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    for (int round = 0; round < 12; round++) {
        uint8_t byte;
        off_t at = round < 4 ? 40 + (off_t)random_below(&r, 60) /* head, lineage, image's head */
                             : (off_t)random_below(&r, c.bytes);
        struct state *got = state_new();
        FILE *f = fopen(path, "r+");
        fseek(f, at, SEEK_SET);
        cr_assert_eq(fread(&byte, 1, 1, f), 1);
        byte ^= 0x10;
        fseek(f, at, SEEK_SET);
        fwrite(&byte, 1, 1, f);
        fclose(f);
        struct checkpoint_reader reader;
        if (checkpoint_open(&reader, dir, c.seq, c.bytes)) {
            cr_assert_not(checkpoint_load(&reader, &got->image, c.digest), "at %d", (int)at);
            cr_assert_not_null(reader.why);
        } else {
            cr_assert_not_null(reader.why);
        }
        checkpoint_read_end(&reader);
        f = fopen(path, "r+");
        byte ^= 0x10;
        fseek(f, at, SEEK_SET);
        fwrite(&byte, 1, 1, f);
        fclose(f);
        state_free(got);
    }
    struct state *got = state_new();
    cr_assert(read_one(&c, got));
    cr_assert_eq(truncate(path, (off_t)c.bytes - 1), 0);
    cr_assert_not(read_one(&c, got));
    c.seq = 10;
    cr_assert_not(read_one(&c, got));
    state_free(got);
    state_free(s);
    end();
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

Test(checkpoint, the_end_leaves_no_half)
{
    struct random r = {4};
    static struct checkpoint c;
    begin();
    struct state *s = filled(&r);
    for (int turns = 0; turns < 6; turns++) {
        bool closed = false;
        checkpoint_init(&c, dir, &s->image, &loop);
        c.done = on_done;
        c.data = &closed;
        cr_assert(checkpoint_begin(&c, 5, 1, "l", 1, NULL, 0));
        for (int i = 0; i < turns; i++)
            checkpoint_work(&c);
        checkpoint_close(&c, on_closed, &closed);
        while (!closed)
            uv_run(&loop, UV_RUN_ONCE);
        cr_assert_not(image_under_way(&s->image));
        cr_assert_eq(files(), 0);
    }
    state_free(s);
    end();
}

Test(checkpoint, a_directory_that_is_gone_is_told)
{
    static struct checkpoint c;
    begin();
    struct state *s = state_new();
    checkpoint_init(&c, "/nonexistent", &s->image, &loop);
    cr_assert_not(checkpoint_begin(&c, 5, 1, "l", 1, NULL, 0));
    cr_assert_gt(c.error, 0);
    cr_assert_not(image_under_way(&s->image));
    state_free(s);
    end();
}

Test(checkpoint, halves_and_older_ones_go)
{
    static const char *const names[] = {"checkpoint-5",      "checkpoint-5.part", "checkpoint-70",
                                        "checkpoint-8.part", "journal.db",        "checkpoint-x"};
    char path[200];
    begin();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        fclose(fopen(path, "w"));
    }
    checkpoint_tidy(dir, 8);
    cr_assert_eq(files(), 4);
    checkpoint_tidy_halves(dir);
    cr_assert_eq(files(), 3);
    end();
}

Test(checkpoint, those_that_the_journal_does_not_reach_stay_under_another_name)
{
    static const char *const names[] = {"checkpoint-5",      "checkpoint-70",        "checkpoint-9",
                                        "checkpoint-8.part", "checkpoint-7.unknown", "other-99"};
    char path[200];
    begin();
    cr_assert_eq(checkpoint_newest(dir), 0);
    cr_assert_eq(checkpoint_newest("/nonexistent"), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        fclose(fopen(path, "w"));
    }
    cr_assert_eq(checkpoint_newest(dir), 70);
    checkpoint_put_aside(dir, 70);
    cr_assert_eq(checkpoint_newest(dir), 70);
    checkpoint_put_aside(dir, 5);
    cr_assert_eq(checkpoint_newest(dir), 5);
    snprintf(path, sizeof path, "%s/checkpoint-70.unknown", dir);
    cr_assert_eq(access(path, F_OK), 0);
    checkpoint_tidy(dir, 1000);
    cr_assert_eq(checkpoint_newest(dir), 0);
    cr_assert_eq(access(path, F_OK), 0); /* nobody's but the operator's */
    end();
}

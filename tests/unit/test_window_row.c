/* window_row: rows of a packed chunk are read as they were written; one more goes in its place. */
#include "core/window_pack.h"

#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

enum { LOG = 1 };

struct seen {
    uint32_t n;
    struct row row[PACK_ROWS];
};

static struct seen rows_of(const struct layout *l, const struct chunk *c)
{
    struct seen ret = {0};
    struct walk walk = walk_all(l, c);
    for (; walk_next(&walk, &ret.row[ret.n].entry); ret.n++) {
        ret.row[ret.n].sec = walk.sec;
        ret.row[ret.n].place = walk.from;
    }
    return ret;
}

static struct window_sample sample(sec_t sec, ms_t value)
{
    return (struct window_sample){.ts = sec * 1000, .flags = 1, .present = 1, .value = {value}};
}

static void put(struct lab *f, sec_t sec, ms_t value)
{
    struct window_sample s = sample(sec, value);
    oracle_add(&f->oracle[LOG], &s);
    cr_assert(window_add(f->ws, &f->log[LOG], lab_family(LOG), &s));
}

/* Samples 2 s apart, after every 8 of them a long pause, until they are packed. */
static struct lab *lab_of_bursts(void)
{
    struct windows_setup s = lab_setup;
    s.pack_from = 0;
    struct lab *f = lab_make(&s, 1);
    for (uint32_t k = 0; k < 900; k++) {
        put(f, f->at, 1000 + k % 500);
        lab_advance(f, k % 8 == 7 ? 9000 : 2);
    }
    return f;
}

/* A packed chunk, from the log's head on; 0: none is left. */
static handle_t packed_after(const struct lab *f, handle_t h, const struct layout *l)
{
    while (h != 0) {
        const struct chunk *c = chunk_get(f->ws, h);
        if (chunk_is_packed(c) && rows_from(l, c, 0, 0).both && chunk_entries(c) > 16)
            return h;
        h = c->next;
    }
    return 0;
}

static struct entry entry_like(ms_t value)
{
    return (struct entry){.flags = 1, .present = 1, .value = {value}};
}

static void expect_rows(const struct seen *want, const struct seen *got)
{
    cr_assert_eq(got->n, want->n);
    for (uint32_t i = 0; i < want->n; i++) {
        const struct row *a = &want->row[i], *b = &got->row[i];
        cr_assert_eq(b->sec, a->sec, "row %u: %u, not %u", i, b->sec, a->sec);
        cr_assert_eq(b->entry.flags, a->entry.flags);
        cr_assert_eq(b->entry.present, a->entry.present);
        cr_assert_eq(b->entry.value[0], a->entry.value[0]);
    }
}

/* Puts one at `sec` where there is room: the others stay. */
static bool put_one(struct lab *f, const struct layout *l, handle_t h, uint32_t sec, ms_t value)
{
    struct entry e = entry_like(value);
    struct seen want = rows_of(l, chunk_get(f->ws, h));
    struct chunk before = *chunk_get(f->ws, h);
    if (!row_put(f->ws, &f->log[LOG], l, h, sec, &e)) {
        cr_assert_arr_eq(&before, chunk_get(f->ws, h), sizeof before);
        return false;
    }
    uint32_t k = 0;
    while (k < want.n && want.row[k].sec <= sec)
        k++;
    memmove(&want.row[k + 1], &want.row[k], (want.n++ - k) * sizeof want.row[0]);
    want.row[k] = (struct row){.sec = sec, .entry = e};
    struct seen got = rows_of(l, chunk_get(f->ws, h));
    expect_rows(&want, &got);
    return true;
}

Test(window_row, bursts_have_times_of_two_lengths)
{
    struct lab *f = lab_of_bursts();
    const struct layout *l = &f->ws->layout[lab_family(LOG)];
    handle_t h = packed_after(f, chunk_get(f->ws, f->log[LOG].head)->next, l);
    cr_assert_neq(h, 0);
    struct rows r = rows_from(l, chunk_get(f->ws, h), 0, 0);
    cr_assert_eq(r.short_bits, 2);
    cr_assert_eq(r.time_bits, 14);
    struct seen rows = rows_of(l, chunk_get(f->ws, h));
    for (uint32_t i = 1; i < rows.n; i++) {
        uint32_t pause = rows.row[i].sec - rows.row[i - 1].sec;
        cr_assert(pause == 2 || pause == 9000);
    }
    lab_unmake(f);
}

Test(window_row, one_more_goes_before_between_and_behind)
{
    struct lab *f = lab_of_bursts();
    const struct layout *l = &f->ws->layout[lab_family(LOG)];
    uint32_t done = 0, full = 0;
    for (handle_t h = f->log[LOG].head; (h = packed_after(f, h, l)) != 0;) {
        const struct chunk *c = chunk_get(f->ws, h);
        uint32_t next = chunk_get(f->ws, c->next)->base;
        for (uint32_t sec = c->base; sec <= next; sec += 1 + (next - c->base) / 12) {
            if (put_one(f, l, h, sec, 1003)) {
                struct window_sample s = sample(sec, 1003);
                oracle_add(&f->oracle[LOG], &s);
                f->log[LOG].count[0]++, f->log[LOG].count[1]++;
                f->log[LOG].count[l->n_at]++, f->log[LOG].sum[0] += 1003;
                done++;
            } else {
                full++;
            }
        }
        h = c->next;
    }
    cr_assert_gt(done, 6, "%u put, %u refused", done, full);
    cr_assert_gt(full, 0);
    window_check(f->ws, &f->log[LOG], lab_family(LOG));
    lab_unmake(f);
}

Test(window_row, what_is_not_like_the_others_is_refused)
{
    struct lab *f = lab_of_bursts();
    const struct layout *l = &f->ws->layout[lab_family(LOG)];
    handle_t h = packed_after(f, chunk_get(f->ws, f->log[LOG].head)->next, l);
    uint32_t sec = chunk_get(f->ws, h)->base;
    struct entry other[] = {entry_like(1 << 20), entry_like(1000), entry_like(1000)};
    other[1].flags = 2;
    other[2].present = 2;
    for (uint32_t i = 0; i < ARRAY_LEN(other); i++) {
        struct chunk before = *chunk_get(f->ws, h);
        cr_assert_not(row_put(f->ws, &f->log[LOG], l, h, sec, &other[i]), "%u", i);
        cr_assert_arr_eq(&before, chunk_get(f->ws, h), sizeof before);
    }
    lab_unmake(f);
}

Test(window_row, loose_flags_are_set_and_cleared_in_place)
{
    struct lab *f = lab_of_bursts();
    const struct layout *l = &f->ws->layout[lab_family(LOG)];
    handle_t h = packed_after(f, chunk_get(f->ws, f->log[LOG].head)->next, l);
    struct chunk *c = pool_edit(&f->ws->chunks, h), before = *c;
    struct seen want = rows_of(l, c);
    for (uint32_t i = 0; i < want.n; i += 5) {
        row_flip(l, c, want.row[i].place, 1U << 7);
        want.row[i].entry.flags ^= 1U << 7;
    }
    struct seen got = rows_of(l, c);
    expect_rows(&want, &got);
    for (uint32_t i = 0; i < want.n; i += 5)
        row_flip(l, c, want.row[i].place, 1U << 7);
    cr_assert_arr_eq(&before, c, sizeof before);
    lab_unmake(f);
}

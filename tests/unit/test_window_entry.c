/* Entries of a busy second wear each other's loose flags, and a search still stays near. */
#include "core/chunk.h"
#include "tests/lib/window_lab.h"

#include <criterion/criterion.h>

enum { RESOLVES = 1, BUSY = 6000, FIRST = 7, SECOND = 11, BOTH = 1 << FIRST | 1 << SECOND };

/* Chunks between where the instant belongs and where a search ended. */
static uint32_t steps_away(const struct windows *ws, const struct window_log *log,
                           const struct wish *wish, handle_t found)
{
    handle_t back = log_seek(ws, log, wish->sec, wish->ms), on = back;
    for (uint32_t n = 0;; n++) {
        if (back == found || on == found)
            return n;
        cr_assert(back != 0 || on != 0);
        back = back == 0 ? 0 : chunk_get(ws, back)->prev;
        on = on == 0 ? 0 : chunk_get(ws, on)->next;
    }
}

static uint32_t wish_away(struct lab *f, ms_t ts, uint32_t flags, bool on)
{
    struct wish wish = {.sec = (uint32_t)(ts / MS_SECOND),
                        .ms = (uint32_t)(ts % MS_SECOND),
                        .flags = flags,
                        .on = on};
    struct place p;
    const struct layout *l = &f->ws->layout[RESOLVES];
    return log_find(f->ws, &f->log[RESOLVES], l, &wish, &p)
               ? steps_away(f->ws, &f->log[RESOLVES], &wish, p.chunk)
               : 0;
}

static uint32_t like_away(struct lab *f, const struct window_sample *s)
{
    const struct layout *l = &f->ws->layout[RESOLVES];
    struct entry e = {.flags = s->flags, .present = s->present, .value = {s->value[0]}};
    struct wish wish = {
        .sec = (uint32_t)(s->ts / MS_SECOND), .ms = (uint32_t)(s->ts % MS_SECOND), .like = &e};
    struct place p;
    cr_assert(log_find(f->ws, &f->log[RESOLVES], l, &wish, &p));
    return steps_away(f->ws, &f->log[RESOLVES], &wish, p.chunk);
}

static uint32_t worn(struct lab *f, uint32_t flag)
{
    struct window_numbers n;
    window_read(f->ws, &f->log[RESOLVES], RESOLVES, 2, &n);
    return n.flag[flag];
}

static void mix(struct random *r, uint32_t order[BUSY])
{
    for (uint32_t i = 0; i < BUSY; i++)
        order[i] = i;
    for (uint32_t i = BUSY - 1; i > 0; i--) {
        uint32_t k = (uint32_t)random_below(r, i + 1), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
}

Test(window_entry, a_search_stays_near)
{
    struct lab *f = lab_make(&lab_setup, 11);
    static struct window_sample s[BUSY];
    static uint32_t order[BUSY];
    struct window_log *log = &f->log[RESOLVES];
    uint32_t chunks = 0, searches = 0;
    for (uint32_t i = 0; i < BUSY; i++) {
        s[i] = (struct window_sample){.ts = f->at * MS_SECOND + i / 6, .present = 1, .value = {7}};
        cr_assert(window_add(f->ws, log, RESOLVES, &s[i]));
    }
    cr_assert(chunk_get(f->ws, log->head)->next != log->tail);
    mix(&f->r, order);
    for (uint32_t i = 0; i < BUSY; i++) {
        struct window_sample *x = &s[order[i]];
        for (uint32_t flag = FIRST; flag <= SECOND; flag += SECOND - FIRST)
            if (random_percent(&f->r, 10)) {
                chunks += wish_away(f, x->ts, 1U << flag, true);
                cr_assert(window_mark(f->ws, log, RESOLVES, x->ts, flag, true));
                x->flags |= 1U << flag;
            }
    }
    mix(&f->r, order);
    for (uint32_t i = 0; i < BUSY; i++) {
        struct window_sample *x = &s[order[i]];
        searches += x->flags != 0;
        if (i % 2 == 0) {
            chunks += like_away(f, x);
            cr_assert(window_withdraw(f->ws, log, RESOLVES, x));
        } else if (x->flags != 0) {
            chunks += wish_away(f, x->ts, x->flags, false);
            window_unmark(f->ws, log, RESOLVES, x->ts, x->flags);
        }
    }
    cr_assert(searches > BUSY / 10);
    cr_assert_lt(chunks, searches, "%u chunks, %u searches", chunks, searches);
    cr_assert(worn(f, FIRST) == 0 && worn(f, SECOND) == 0);
    window_check(f->ws, log, RESOLVES);
    window_release(f->ws, log);
    cr_assert(lab_unmake(f));
}

/* They are taken one by one then: an entry elsewhere that has all of them is another's. */
Test(window_entry, several_flags_are_looked_for_near_only)
{
    struct lab *f = lab_make(&lab_setup, 12);
    struct window_log *log = &f->log[RESOLVES];
    const struct layout *l = &f->ws->layout[RESOLVES];
    struct wish wish = {.sec = (uint32_t)f->at, .flags = BOTH};
    struct place p;
    for (uint32_t i = 0; i < BUSY; i++) {
        struct window_sample s = {.ts = f->at * MS_SECOND + i / 6, .present = 1, .value = {7}};
        s.flags = i == 0 ? 1U << FIRST : i == 1 ? 1U << SECOND : i == BUSY / 2 ? BOTH : 0;
        cr_assert(window_add(f->ws, log, RESOLVES, &s));
    }
    cr_assert(!log_find(f->ws, log, l, &wish, &p));
    wish.ms = BUSY / 2 / 6;
    cr_assert(log_find(f->ws, log, l, &wish, &p));
    window_unmark(f->ws, log, RESOLVES, f->at * MS_SECOND, BOTH);
    cr_assert(log_find(f->ws, log, l, &wish, &p));
    cr_assert(worn(f, FIRST) == 1 && worn(f, SECOND) == 1);
    window_release(f->ws, log);
    cr_assert(lab_unmake(f));
}

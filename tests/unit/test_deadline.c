/* deadline: clocks of tickets drawn by chance: in any order the same, however few events are kept,
 * however little room there is, over images and reloads. */
#include "core/ticket.h"

#include "core/image.h"
#include "tests/lib/service.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { SPAN = 70 * MS_SECOND, SLICE = IMAGE_SLICE_MIN };

static const uint64_t first_seed = 1;

/* From the environment: another first seed (TP_SEED), more of them (TP_ROUNDS). */
static uint64_t wanted(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text == NULL ? usual : strtoull(text, NULL, 10);
}

static struct service *drawn(struct random *r)
{
    struct service *v = service_new();
    service_draw(v, r);
    if (random_percent(r, 20))
        for (int k = 0; k < TARGET_N; k++)
            v->d->settings.target[k] = random_range(r, 1, 90) * MS_SECOND;
    return v;
}

/* Told with a clock of its own: everything comes within 3 s, never behind for long. */
static void hear(struct service *v, const struct tale *t, bool live)
{
    for (uint32_t i = 0; i < t->n; i++) {
        struct event e = t->event[i];
        e.rts = live ? v->start + SPAN + 10 * MS_SECOND + i * 3000 : MS_NONE;
        (void)service_take(v, &e);
        if (live)
            service_tick(v, e.rts + 1000 - v->start);
    }
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The breaches that were told and not corrected. Whether their alerts are open still depends on
 * when who was told: an end that a late event takes back is not told again. */
static const char *standing(struct service *v)
{
    static char text[SERVICE_TOLD_MAX];
    uint64_t id[SERVICE_ALERTS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->alerts; i++) {
        const struct alert *a = &v->alert[i];
        uint32_t at = 0;
        while (at < n && id[at] != a->alert_id)
            at++;
        if (a->state == ALERT_BREACHED && at == n)
            id[n++] = a->alert_id;
        else if (a->state == ALERT_CORRECTED && at < n)
            id[at] = id[--n];
    }
    qsort(id, n, sizeof id[0], by_id);
    text[0] = 0;
    for (uint32_t i = 0, len = 0; i < n; i++)
        len += (uint32_t)snprintf(text + len, sizeof text - len, "breach %llx\n",
                                  (unsigned long long)id[i]);
    return text;
}

/* What all orders must end with; the caller's to free. */
static char *outcome(struct service *v, bool alerts)
{
    char *numbers = desk_numbers(v->d), *text;
    int n = asprintf(&text, "digest %llx\n%s%s", (unsigned long long)engine_digest(v->d->e),
                     alerts ? standing(v) : "", numbers);
    cr_assert_gt(n, 0);
    free(numbers);
    return text;
}

static void same(uint64_t seed, const struct tale *t, char *want, char *got)
{
    if (strcmp(want, got) != 0) {
        tale_print(t);
        const char *a = want, *b = got;
        while (*a != 0 && *a == *b) {
            a++;
            b++;
        }
        cr_assert_fail("seed %llu\nwant: %.300s\ngot:  %.300s", (unsigned long long)seed, a, b);
    }
    free(got);
}

/* --- any order ------------------------------------------------------------------------------ */

static void in_any_order(uint64_t seed, uint32_t tickets, uint32_t most)
{
    struct random r = {seed};
    struct service *v = drawn(&r);
    struct tale sorted, shuffled;
    tale_draw(&r, tickets, (uint32_t)random_range(&r, 2, most), v->start, SPAN, &sorted);
    bool spam = random_percent(&r, 50); /* its alerts stay as they were told */
    for (uint32_t i = 0; i < sorted.n && !spam; i++)
        sorted.event[i].outcome &= 1;
    tale_sort(&sorted);
    service_open(v);
    hear(v, &sorted, false);
    service_tick(v, MS_HOUR);
    char *want = outcome(v, !spam);
    for (int i = 0; i < 6; i++) {
        desk_close(v->d);
        service_open(v);
        shuffled = sorted;
        tale_shuffle(&r, &shuffled, (uint32_t)random_below(&r, 3));
        hear(v, &shuffled, i % 2 == 1);
        service_tick(v, MS_HOUR);
        same(seed, &shuffled, want, outcome(v, !spam));
    }
    free(want);
    service_free(v);
}

Test(deadline, one_ticket_in_any_order)
{
    uint64_t seed = wanted("TP_SEED", first_seed);
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 250); i++)
        in_any_order(seed + i, 1, 9);
}

Test(deadline, three_tickets_in_any_order)
{
    uint64_t seed = wanted("TP_SEED", 1000000);
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 150); i++)
        in_any_order(seed + i, 3, 14);
}

/* --- few events are kept -------------------------------------------------------------------- */

Test(deadline, a_very_long_ticket)
{
    uint64_t seed = wanted("TP_SEED", first_seed);
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 300); i++) {
        struct random r = {seed + i};
        struct service *v = drawn(&r);
        struct tale t;
        tale_draw(&r, 2, TALE_MAX, v->start, 8 * MS_MINUTE, &t);
        for (uint32_t k = 0; k < t.n; k++) /* spam: what has folded for good stays */
            t.event[k].outcome &= 1;
        tale_sort(&t);
        service_open(v);
        hear(v, &t, false);
        service_tick(v, MS_HOUR);
        char *want = outcome(v, true);
        desk_close(v->d);
        v->d->limits.ticket_events = (uint32_t)random_range(&r, 2, 9);
        service_open(v);
        hear(v, &t, false);
        service_tick(v, MS_HOUR);
        same(seed + i, &t, want, outcome(v, true));
        free(want);
        service_free(v);
    }
}

/* --- little room ---------------------------------------------------------------------------- */

/* Room for one effect at a time: nothing is lost, and all comes in the same order. */
Test(deadline, an_outbox_for_one)
{
    uint64_t seed = wanted("TP_SEED", first_seed);
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 200); i++) {
        struct random r = {seed + i};
        struct service *v = drawn(&r);
        struct tale t;
        tale_draw(&r, 3, TALE_MAX, v->start, SPAN, &t);
        service_open(v);
        hear(v, &t, true);
        service_tick(v, MS_HOUR);
        char *want = outcome(v, true), *all = strdup(service_told(v));
        desk_close(v->d);
        v->d->out.cap = (uint32_t)random_range(&r, 1, 2);
        service_open(v);
        hear(v, &t, true);
        service_tick(v, MS_HOUR);
        cr_assert_str_eq(service_told(v), all, "seed %llu", (unsigned long long)(seed + i));
        same(seed + i, &t, want, outcome(v, true));
        free(want);
        free(all);
        service_free(v);
    }
}

/* limits.alerts of a few: those that ended give way, what finds no room is counted, numbers are
 * the same, and nobody hears of a breach twice. */
Test(deadline, room_for_few_alerts)
{
    uint64_t seed = wanted("TP_SEED", first_seed), untracked = 0;
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 300); i++) {
        struct random r = {seed + i};
        struct service *v = drawn(&r);
        struct tale t;
        for (uint32_t k = 0; k < v->said->policies; k++) /* forgiven ones may breach again */
            for (int m = 0; m < SLA_METRICS; m++)
                v->said->policy[k].metric[m].forgive = false;
        tale_draw(&r, 3, TALE_MAX, v->start, SPAN, &t);
        tale_sort(&t);
        service_open(v);
        hear(v, &t, false);
        service_tick(v, MS_HOUR);
        char *want = desk_numbers(v->d);
        uint64_t digest = engine_digest(v->d->e);
        desk_close(v->d);
        v->d->limits.alerts = (uint32_t)random_range(&r, 1, 4);
        service_open(v);
        hear(v, &t, false);
        service_tick(v, MS_HOUR);
        char *got = desk_numbers(v->d);
        cr_assert_str_eq(got, want);
        cr_assert_eq(engine_digest(v->d->e), digest);
        const struct engine_counters *n = engine_counters(v->d->e);
        cr_assert_leq(engine_active(v->d->e), v->d->limits.alerts);
        cr_assert_eq(n->sla_fired,
                     engine_active(v->d->e) + n->sla_cleared + n->sla_corrected + n->sla_cancelled);
        untracked += n->sla_untracked;
        free(want);
        free(got);
        service_free(v);
    }
    cr_assert_gt(untracked, 0);
}

/* --- images --------------------------------------------------------------------------------- */

struct file {
    uint8_t *bytes;
    uint64_t size;
};

static struct file save(struct service *v)
{
    struct file f = {0};
    uint32_t len = 0;
    int more = 1;
    image_begin(engine_image(v->d->e));
    while (more == 1) {
        f.bytes = realloc(f.bytes, f.size + SLICE);
        more = image_next(engine_image(v->d->e), f.bytes + f.size, SLICE, &len);
        cr_assert_geq(more, 0);
        f.size += len;
    }
    return f;
}

static void load(struct service *v, struct file f)
{
    service_open(v);
    image_load_begin(engine_image(v->d->e));
    cr_assert_eq(image_load_feed(engine_image(v->d->e), f.bytes, f.size), 0);
    cr_assert_eq(image_load_end(engine_image(v->d->e)), 0);
    engine_loaded(v->d->e);
    engine_check(v->d->e);
    free(f.bytes);
}

/* Half of it live, with sources that are behind, an image, and the rest: both say the same. The
 * names of policies were interned in another order by what was in force before a reload. */
Test(deadline, goes_on_from_an_image)
{
    uint64_t seed = wanted("TP_SEED", first_seed), held = 0;
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 200); i++) {
        struct random r = {seed + i};
        struct service *v = drawn(&r), *w = service_new();
        struct tale t;
        tale_draw(&r, 3, TALE_MAX, v->start, SPAN, &t);
        service_open(v);
        if (random_percent(&r, 50))
            service_draw(v, &r);
        service_apply(v);
        ms_t late = random_percent(&r, 50) ? 2 * MS_MINUTE : 0;
        for (uint32_t k = 0; k < t.n; k++) {
            struct event e = t.event[k];
            e.rts = v->start + SPAN + late + k * 5 * MS_SECOND;
            struct result a = service_take(v, &e);
            service_tick(v, e.rts - v->start);
            held += engine_counters(v->d->e)->sla_held;
            if (k == t.n / 2) {
                *w->said = *v->said;
                memcpy(w->d->settings.target, v->d->settings.target, sizeof w->d->settings.target);
                w->d->limits = v->d->limits;
                load(w, save(v));
                cr_assert_eq(engine_digest(w->d->e), engine_digest(v->d->e));
                (void)service_told(v);
            }
            if (k <= t.n / 2)
                continue;
            struct result b = service_take(w, &e);
            service_tick(w, e.rts - v->start);
            cr_assert(a.verdict == b.verdict && a.err == b.err);
        }
        service_tick(v, MS_HOUR);
        service_tick(w, MS_HOUR);
        char *want = strdup(service_told(v));
        cr_assert_str_eq(service_told(w), want, "seed %llu", (unsigned long long)(seed + i));
        free(want);
        want = strdup(service_active(v));
        cr_assert_str_eq(service_active(w), want);
        free(want);
        want = desk_numbers(v->d);
        same(seed + i, &t, want, desk_numbers(w->d));
        free(want);
        cr_assert_eq(engine_digest(w->d->e), engine_digest(v->d->e));
        service_free(v);
        service_free(w);
    }
    cr_assert_gt(held, 0);
}

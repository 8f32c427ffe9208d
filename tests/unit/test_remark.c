/* remark: what is said of alerts: kept by thread, shown, forgotten, saved and loaded. */
#include "core/remark.h"

#include "core/err.h"
#include "core/image.h"
#include "tests/lib/desk.h"
#include "tests/lib/terse.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct remarks r;
static void *mem;

static void setup(void)
{
    mem = aligned_alloc(64, (remarks_bytes() + 63) & ~63ULL);
    memset(mem, 0, remarks_bytes());
    remarks_init(&r, mem);
}

static void teardown(void)
{
    free(mem);
}

TestSuite(remark, .init = setup, .fini = teardown);

static struct remark *make(uint64_t thread)
{
    handle_t h = remark_make(&r, thread);
    cr_assert_neq(h, 0);
    struct remark *m = pool_edit(&r.pool, h);
    m->acked_id = thread;
    return m;
}

Test(remark, are_found_by_thread_up_to_the_bound)
{
    cr_assert_eq(remark_find(&r, 7), 0);
    for (uint64_t i = 1; i <= REMARKS_MAX; i++)
        (void)make(mix64(i));
    cr_assert_eq(remark_make(&r, 5), 0, "full");
    cr_assert_eq(remark_make(&r, mix64(5)), remark_find(&r, mix64(5)));
    remarks_check(&r);
    for (uint64_t i = 2; i <= REMARKS_MAX; i += 2)
        remark_free(&r, remark_find(&r, mix64(i)));
    for (uint64_t i = 1; i <= REMARKS_MAX; i++)
        cr_assert_eq(remark_find(&r, mix64(i)) != 0, i % 2 == 1);
    remarks_rebuild(&r);
    remarks_check(&r);
    cr_assert_neq(remark_find(&r, mix64(3)), 0);
    cr_assert_eq(remark_find(&r, mix64(4)), 0);
}

static struct alert kpi(uint64_t id, enum alert_state state)
{
    return (struct alert){.alert_id = id, .kind = ALERT_KPI, .state = (uint8_t)state};
}

/* fired 1, muted until 100: fires again as 2 and 3. */
Test(remark, of_a_rule_hides_what_fires_again)
{
    struct remark m = {.alert_id = 1, .muted = 100, .muted_by = "ada"};
    struct alert a = kpi(1, ALERT_CLEARED);
    cr_assert_not(remark_hear(&m, &a, 10));
    cr_assert_eq(a.untold, ALERT_TOLD, "its end is told: its beginning was");
    a = kpi(2, ALERT_BREACHED);
    cr_assert_not(remark_hear(&m, &a, 20));
    cr_assert(a.untold == ALERT_MUTED && a.muted == 100 && str_equal(a.muted_by, str_of("ada")));
    a = kpi(2, ALERT_CLEARED);
    (void)remark_hear(&m, &a, 30);
    cr_assert_eq(a.untold, ALERT_MUTED);
    a = kpi(3, ALERT_BREACHED);
    (void)remark_hear(&m, &a, 100);
    cr_assert_eq(a.untold, ALERT_TOLD, "the mute is over");
}

Test(remark, of_a_clock_hides_levels_and_no_breach)
{
    struct remark m = {.alert_id = 1, .muted = MS_NEVER};
    const struct {
        enum alert_state state;
        uint8_t level, untold;
    } cases[] = {{ALERT_WARNING, 1, ALERT_TOLD},
                 {ALERT_WARNING, 2, ALERT_MUTED},
                 {ALERT_BREACHED, 0, ALERT_TOLD},
                 {ALERT_BREACHED, 1, ALERT_MUTED}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct alert a = {.alert_id = 1, .kind = ALERT_SLA, .state = (uint8_t)cases[i].state};
        a.sla.level = cases[i].level;
        cr_assert_not(remark_hear(&m, &a, 10));
        cr_assert_eq(a.untold, cases[i].untold);
    }
    struct alert end = {.alert_id = 1, .kind = ALERT_SLA, .state = ALERT_CLEARED};
    cr_assert(remark_hear(&m, &end, 10), "until it ends: nothing is left");
    cr_assert(end.untold == ALERT_TOLD && end.muted == MS_NEVER);
}

Test(remark, an_acknowledgement_is_about_one_alert)
{
    struct remark m = {.alert_id = 1, .acked_id = 1, .acked_by = "bob", .muted = MS_NONE};
    struct alert a = kpi(2, ALERT_BREACHED);
    remark_show(&m, &a);
    cr_assert(a.acked_by.len == 0 && a.muted == 0);
    a = kpi(1, ALERT_CORRECTED);
    cr_assert(remark_hear(&m, &a, 5));
    cr_assert(str_equal(a.acked_by, str_of("bob")), "the last message has it");
    cr_assert(remark_is_empty(&m));
}

/* --- in the engine ------------------------------------------------------------------------ */

static struct desk *desk_with_alert(struct alert *ret)
{
    static const ms_t start = 1770368400000;
    uint32_t at = 0;
    struct desk *d = desk_new();
    d->settings.rules = 1;
    d->settings.rule[0] = (struct rule_setting){.id = "busy",
                                                .indicator = IND_WAITING,
                                                .field = IF_VALUE,
                                                .scope = SCOPE_TEAM,
                                                .fire = 1000000,
                                                .clear = 1000000};
    desk_open(d);
    desk_say(d, start, "opened ticket=T1 team=a");
    cr_assert(engine_alert_next(d->e, &at, ret));
    return d;
}

Test(remark, who_attends_is_told_and_what_is_over_is_refused)
{
    struct alert a, b;
    struct desk *d = desk_with_alert(&a);
    ms_t now = engine_at(d->e);
    uint32_t at = 0;
    d->out.n = 0;
    cr_assert_eq(engine_attend(d->e, &a, ATTEND_ACK, str_of("bob"), 0, now, &d->out), 0);
    cr_assert_eq(engine_attend(d->e, &a, ATTEND_MUTE, str_of("eve"), now + MS_HOUR, now, &d->out),
                 0);
    cr_assert_eq(d->out.n, 2);
    cr_assert(d->effects[0].alert.rev == 2 && d->effects[1].alert.rev == 3);
    cr_assert(engine_alert_next(d->e, &at, &b));
    cr_assert(b.rev == 3 && b.muted == now + MS_HOUR && str_equal(b.acked_by, str_of("bob")) &&
              str_equal(b.muted_by, str_of("eve")));
    engine_check(d->e);
    desk_say(d, now + 1000, "message ticket=T1 by=agent agent=ada");
    d->out.n = 0;
    cr_assert_eq(engine_attend(d->e, &a, ATTEND_ACK, str_of("bob"), 0, now, &d->out), ERR_NO_ALERT);
    cr_assert_eq(d->out.n, 0);
    engine_check(d->e);
    desk_tick(d, now + MS_HOUR); /* the mute ends, nobody is there to tell of */
    cr_assert_eq(d->out.n, 0);
    engine_check(d->e);
    desk_free(d);
}

Test(remark, survives_an_image)
{
    struct alert a, b;
    struct desk *d = desk_with_alert(&a), *other = desk_new();
    ms_t now = engine_at(d->e);
    d->out.n = 0;
    cr_assert_eq(engine_attend(d->e, &a, ATTEND_ACK, str_of("bob"), 0, now, &d->out), 0);
    cr_assert_eq(engine_attend(d->e, &a, ATTEND_MUTE, str_of("eve"), now + MS_HOUR, now, &d->out),
                 0);
    other->settings = d->settings;
    desk_open(other);
    static uint8_t slice[IMAGE_SLICE_MIN];
    image_begin(engine_image(d->e));
    image_load_begin(engine_image(other->e));
    for (int more = 1; more == 1;) {
        uint32_t len = 0;
        more = image_next(engine_image(d->e), slice, sizeof slice, &len);
        cr_assert_geq(more, 0);
        cr_assert_eq(image_load_feed(engine_image(other->e), slice, len), 0);
    }
    cr_assert_eq(image_load_end(engine_image(other->e)), 0);
    engine_loaded(other->e);
    engine_check(other->e);
    uint32_t at = 0;
    cr_assert(engine_alert_next(other->e, &at, &b));
    cr_assert(b.alert_id == a.alert_id && b.muted == now + MS_HOUR);
    cr_assert(str_equal(b.acked_by, str_of("bob")) && str_equal(b.muted_by, str_of("eve")));
    desk_tick(other, now + MS_HOUR); /* its timer came with it */
    cr_assert_eq(other->out.n, 1);
    cr_assert(other->effects[0].alert.muted == 0 && other->effects[0].alert.rev == 4);
    desk_free(d);
    desk_free(other);
}

/* What ends while muted is told so, though the mute too is over before the batch is. */
Test(remark, is_heard_when_it_is_told_not_when_the_batch_ends)
{
    struct alert a;
    struct desk *d = desk_with_alert(&a);
    struct result results[2];
    struct event batch[2];
    ms_t now = engine_at(d->e);
    d->out.n = 0;
    cr_assert_eq(engine_attend(d->e, &a, ATTEND_MUTE, str_of("eve"), now + MS_HOUR, now, &d->out),
                 0);
    d->out.n = 0;
    terse_event(&batch[0], now + 1000, "message ticket=T1 by=agent agent=ada");
    batch[1] = (struct event){.kind = EV_TICK, .rts = now + 2 * MS_HOUR};
    cr_assert_eq(engine_step(d->e, batch, 2, results, &d->out), 2);
    cr_assert_eq(d->out.n, 1);
    cr_assert_eq(d->effects[0].alert.state, ALERT_CLEARED);
    cr_assert_eq(d->effects[0].alert.muted, now + MS_HOUR);
    cr_assert(str_equal(d->effects[0].alert.muted_by, str_of("eve")));
    engine_check(d->e);
    desk_free(d);
}

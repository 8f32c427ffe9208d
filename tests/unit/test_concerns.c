/* concerns: each transition is told once, in order; who is muted keeps quiet; room is bounded. */
#include "daemon/concerns.h"

#include "core/err.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct concerns c;
static struct alert told[1024];
static uint32_t n;

static void on_tell(void *data, struct effect *e)
{
    cr_assert_eq(data, &n);
    cr_assert_eq(e->kind, EFFECT_ALERT);
    cr_assert_lt(n, ARRAY_LEN(told));
    told[n++] = e->alert;
}

static void begin(void)
{
    n = 0;
    concerns_init(&c, on_tell, &n);
}

static const struct alert *last(uint32_t count, enum alert_state state, uint32_t rev)
{
    cr_assert_eq(n, count);
    cr_assert_eq(told[n - 1].state, state);
    cr_assert_eq(told[n - 1].rev, rev);
    return &told[n - 1];
}

/* Is this alert active? */
static bool concerns_is(const struct concerns *o, enum ops_kind what, struct str name)
{
    struct alert alert;
    for (uint32_t at = 0; concerns_next(o, &at, &alert);)
        if (alert.rule == what && str_equal(alert.name, name))
            return true;
    return false;
}

Test(concerns, from_raised_to_cleared)
{
    struct str crm = str_of("crm"), erp = str_of("erp");
    begin();
    concerns_clear(&c, OPS_GAP, crm, 5);
    cr_assert_eq(n, 0);
    concerns_raise(&c, OPS_GAP, crm, 7, "", 10);
    const struct alert *a = last(1, ALERT_BREACHED, 1);
    cr_assert(a->kind == ALERT_OPS && a->rule == OPS_GAP && a->value == 7 && a->since == 10);
    cr_assert(str_equal(a->name, crm) && a->ended_at == MS_NONE && a->muted == 0);
    uint64_t id = a->alert_id;
    concerns_raise(&c, OPS_GAP, crm, 9, "", 20); /* goes on: noted, not told */
    concerns_raise(&c, OPS_GAP, erp, 1, "", 20);
    concerns_raise(&c, OPS_LAG, crm, 1, "", 20);
    cr_assert_eq(n, 3);
    cr_assert(told[1].alert_id != id && told[2].alert_id != id);
    cr_assert(concerns_is(&c, OPS_GAP, crm) && concerns_is(&c, OPS_GAP, erp));
    cr_assert_not(concerns_is(&c, OPS_SILENT, crm));
    cr_assert_eq(concerns_active(&c), 3);
    concerns_clear(&c, OPS_GAP, crm, 30);
    a = last(4, ALERT_CLEARED, 2);
    cr_assert(a->alert_id == id && a->value == 9 && a->since == 10 && a->ended_at == 30);
    concerns_clear(&c, OPS_GAP, crm, 31);
    cr_assert_eq(n, 4);
    concerns_raise(&c, OPS_GAP, crm, 1, "", 40); /* another one */
    cr_assert_neq(last(5, ALERT_BREACHED, 1)->alert_id, id);
    cr_assert_eq(c.raised[OPS_GAP], 3);
    cr_assert_eq(c.active[OPS_GAP], 2);
}

Test(concerns, the_end_cancels_all)
{
    begin();
    concerns_raise(&c, OPS_DISK, (struct str){"", 0}, 7, "full", 10);
    concerns_raise(&c, OPS_GAP, str_of("a"), 7, "", 10);
    concerns_raise(&c, OPS_GAP, str_of("b"), 7, "", 10);
    cr_assert(str_equal(told[0].name, str_of("-")) && str_equal(told[0].detail, str_of("full")));
    concerns_end(&c, 50);
    cr_assert_eq(n, 6);
    for (uint32_t i = 3; i < 6; i++)
        cr_assert(told[i].state == ALERT_CANCELLED && told[i].rev == 2 && told[i].ended_at == 50);
    cr_assert_eq(concerns_active(&c), 0);
    cr_assert_eq(c.n, 0);
}

Test(concerns, active_ones_can_be_walked)
{
    struct alert a;
    uint32_t at = 0, seen = 0;
    begin();
    for (int i = 0; i < 9; i++)
        concerns_raise(&c, (enum ops_kind)i, str_of("x"), i, "", 10);
    concerns_clear(&c, OPS_LAG, str_of("x"), 20);
    while (concerns_next(&c, &at, &a)) {
        cr_assert_neq(a.rule, OPS_LAG);
        cr_assert(a.state == ALERT_BREACHED && a.value == a.rule && a.rev == 1);
        seen |= 1u << a.rule;
    }
    cr_assert_eq(seen, 0x1ffu & ~(1u << OPS_LAG));
}

Test(concerns, room_is_bounded_and_counted)
{
    char name[16];
    begin();
    for (int i = 0; i < CONCERNS_MAX + 3; i++) {
        snprintf(name, sizeof name, "s%d", i);
        concerns_raise(&c, OPS_GAP, str_of(name), 1, "", 10);
    }
    cr_assert_eq(n, CONCERNS_MAX);
    cr_assert_eq(c.untracked, 3);
    concerns_clear(&c, OPS_GAP, str_of("s5"), 20);
    concerns_raise(&c, OPS_GAP, str_of("new"), 1, "", 20);
    cr_assert(concerns_is(&c, OPS_GAP, str_of("new")));
    cr_assert(concerns_is(&c, OPS_GAP, str_of("s255")));
    cr_assert_not(concerns_is(&c, OPS_GAP, str_of("s5")));
}

Test(concerns, taken_on_and_muted)
{
    struct effect e;
    struct str crm = str_of("crm"), ada = str_of("ada");
    begin();
    concerns_raise(&c, OPS_LAG, crm, 1, "", 10);
    uint64_t id = told[0].alert_id;
    cr_assert_eq(concerns_attend(&c, id + 1, ATTEND_ACK, ada, MS_NEVER, 11, &e), ERR_NO_ALERT);
    cr_assert_eq(concerns_attend(&c, id, ATTEND_ACK, ada, MS_NEVER, 11, &e), 0);
    cr_assert(e.alert.rev == 2 && e.alert.said && str_equal(e.alert.acked_by, ada));
    cr_assert_eq(concerns_attend(&c, id, ATTEND_MUTE, ada, 100, 12, &e), 0);
    cr_assert(e.alert.rev == 3 && e.alert.muted == 100 && str_equal(e.alert.muted_by, ada));
    concerns_clear(&c, OPS_LAG, crm, 20);
    cr_assert_eq(last(2, ALERT_CLEARED, 4)->untold, ALERT_TOLD); /* its beginning was told */
    concerns_raise(&c, OPS_LAG, crm, 1, "", 30);                 /* anew, while muted */
    cr_assert_eq(last(3, ALERT_BREACHED, 1)->untold, ALERT_MUTED);
    cr_assert_eq(told[2].acked_by.len, 0);
    concerns_clear(&c, OPS_LAG, crm, 40);
    cr_assert_eq(last(4, ALERT_CLEARED, 2)->untold, ALERT_MUTED);
    concerns_raise(&c, OPS_LAG, crm, 1, "", 50);
    concerns_work(&c, 99);
    cr_assert_eq(n, 5);
    concerns_work(&c, 100); /* the mute is over, and it holds */
    const struct alert *a = last(6, ALERT_BREACHED, 2);
    cr_assert(a->untold == ALERT_TOLD && a->muted == 0 && a->said);
    concerns_clear(&c, OPS_LAG, crm, 120);
    cr_assert_eq(last(7, ALERT_CLEARED, 3)->untold, ALERT_TOLD);
    cr_assert_eq(c.n, 0);
}

Test(concerns, a_mute_outlives_its_alert_and_is_forgotten_then)
{
    struct effect e;
    begin();
    concerns_raise(&c, OPS_LAG, str_of("crm"), 1, "", 10);
    cr_assert_eq(concerns_attend(&c, told[0].alert_id, ATTEND_MUTE, str_of("ada"), 100, 12, &e), 0);
    concerns_clear(&c, OPS_LAG, str_of("crm"), 20);
    cr_assert_eq(c.n, 1);
    concerns_work(&c, 100);
    cr_assert_eq(c.n, 0);
    cr_assert_eq(n, 2);
    concerns_raise(&c, OPS_LAG, str_of("crm"), 1, "", 110); /* until it ends */
    cr_assert_eq(
        concerns_attend(&c, told[2].alert_id, ATTEND_MUTE, str_of("ada"), MS_NEVER, 112, &e), 0);
    concerns_clear(&c, OPS_LAG, str_of("crm"), 120);
    cr_assert_eq(c.n, 0);
}

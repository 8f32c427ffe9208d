/* The people of the simulated desk: a day holds together for each of them. */
#include "daemon/cli/people.h"

#include "core/limits.h"
#include "daemon/cli/traffic.h"

#include <criterion/criterion.h>

enum { CAP = 512, AGENTS = 24, DAYS = 14 };

static struct event events[CAP];

struct day {
    char name[NAME_BYTES_MAX + 1];
    ms_t from, to, since; /* the shift; since when the state */
    uint8_t state;
    uint32_t shifts, came, late, changes, breaks;
    ms_t away, worked; /* in breaks; signed in */
    int64_t measured[4];
};

static const char *const measures[] = {"contacts", "orders", "order_value", "trainings"};

static struct day *who(struct day *days, const struct event *e)
{
    for (uint32_t i = 0; i < AGENTS; i++) {
        if (days[i].name[0] == '\0')
            memcpy(days[i].name, e->agent.p, e->agent.len);
        if (str_equal(str_of(days[i].name), e->agent))
            return &days[i];
    }
    cr_assert_fail("more people than were asked for");
    return NULL;
}

/* In a state no longer than a shift with its overtime, and in it only within one. */
static void change(struct day *d, const struct event *e)
{
    cr_assert_neq(d->state, e->state, "%s twice", d->name);
    if (d->state == PRESENCE_OFFLINE) {
        cr_assert_eq(e->state, PRESENCE_AVAILABLE);
        cr_assert(e->ts >= d->from - 5 * MS_MINUTE && e->ts < d->to, "%s came at night", d->name);
        d->came++;
        d->late += e->ts > d->from + MS_MINUTE;
    } else {
        d->worked += e->ts - d->since;
        d->away += d->state == PRESENCE_BREAK ? e->ts - d->since : 0;
    }
    if (e->state == PRESENCE_OFFLINE)
        cr_assert(e->ts >= d->to && e->ts < d->to + MS_HOUR, "%s went too early", d->name);
    if (e->state == PRESENCE_WRAP_UP)
        cr_assert_eq(d->state, PRESENCE_BUSY);
    if (e->state == PRESENCE_BREAK || e->state == PRESENCE_BUSY)
        cr_assert_eq(d->state, PRESENCE_AVAILABLE);
    d->breaks += e->state == PRESENCE_BREAK;
    d->changes++;
    d->state = e->state;
    d->since = e->ts;
}

static void take(struct day *days, const struct event *e)
{
    struct day *d;
    switch ((enum event_kind)e->kind) {
    case EV_SHIFT:
        d = who(days, e);
        cr_assert_eq(d->state, PRESENCE_OFFLINE);
        cr_assert_eq(e->to - e->from, 8 * MS_HOUR);
        cr_assert_gt(e->to, e->ts);
        cr_assert_geq(e->from, d->to, "%s in two shifts at once", d->name);
        d->from = e->from;
        d->to = e->to;
        d->shifts++;
        break;
    case EV_AGENT_STATE:
        change(who(days, e), e);
        break;
    case EV_CALL_ANSWERED:
        cr_assert_eq(who(days, e)->state, PRESENCE_BUSY);
        break;
    case EV_CALL_RUNG:
        cr_assert_eq(who(days, e)->state, PRESENCE_AVAILABLE);
        break;
    case EV_MEASURED:
        cr_assert_gt(e->value, 0);
        for (uint32_t i = 0; i < ARRAY_LEN(measures); i++)
            if (str_equal(e->name, str_of(measures[i])))
                who(days, e)->measured[i] += e->value / NUMBER_ONE;
        break;
    default:
        break;
    }
}

static void fortnight(struct day *days, bool flat)
{
    struct traffic_setup s = traffic_default();
    s.agents = AGENTS;
    s.rate = 300;
    s.flat = flat;
    struct traffic *t = traffic_new(&s);
    cr_assert_not_null(t);
    for (uint32_t i = 0; i < AGENTS; i++)
        days[i] = (struct day){.state = PRESENCE_OFFLINE};
    for (uint32_t n = CAP; n == CAP;) {
        n = traffic_next(t, s.start + DAYS * MS_DAY - 1, events, CAP);
        for (uint32_t i = 0; i < n; i++)
            take(days, &events[i]);
    }
    traffic_free(t);
}

Test(people, days_hold_together)
{
    static struct day days[AGENTS];
    uint32_t shifts = 0, came = 0, late = 0, trained = 0;
    fortnight(days, false);
    for (uint32_t i = 0; i < AGENTS; i++) {
        const struct day *d = &days[i];
        cr_assert(d->shifts >= 10 && d->shifts <= DAYS, "%s: %u shifts", d->name, d->shifts);
        cr_assert(d->came <= d->shifts);
        cr_assert_geq(d->breaks, 2 * d->came);
        cr_assert(d->worked > d->came * 7 * MS_HOUR && d->worked < d->came * 9 * MS_HOUR);
        cr_assert(d->away > d->came * 30 * MS_MINUTE && d->away < d->came * 110 * MS_MINUTE);
        cr_assert_gt(d->measured[0], d->measured[1], "%s: more orders than contacts", d->name);
        cr_assert_geq(d->measured[2], d->measured[1]);
        cr_assert_gt(d->changes, 4 * d->came);
        shifts += d->shifts;
        came += d->came;
        late += d->late;
        trained += (uint32_t)d->measured[3];
    }
    cr_assert(came < shifts && came > shifts * 9 / 10, "%u of %u came", came, shifts);
    cr_assert(late > came / 20 && late < came / 2, "%u of %u late", late, came);
    cr_assert_gt(trained, 0);
}

/* Around the clock there is always somebody. */
Test(people, take_turns_when_there_is_no_night)
{
    static struct day days[AGENTS];
    uint32_t hours[3] = {0};
    fortnight(days, true);
    for (uint32_t i = 0; i < AGENTS; i++) {
        cr_assert_geq(days[i].shifts, DAYS - 1);
        hours[days[i].from / MS_HOUR % 24 / 8]++;
    }
    cr_assert(hours[0] > 0 && hours[1] > 0 && hours[2] > 0);
}

/* account: where time went: stretches that go on are one, owners share, a restart begins anew; by
 * chance every share and every interval sums to its clock. */
#include "core/account.h"

#include "tests/lib/service.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { MIN = MS_MINUTE, HOUR = MS_HOUR, ITEMS = 64 };

/* --- shares --------------------------------------------------------------------------------- */

static struct account_item interval(uint32_t agent, ms_t from, ms_t counted)
{
    return (struct account_item){.kind = EXPLAIN_INTERVAL,
                                 .metric = SLA_RESOLUTION,
                                 .agent = agent,
                                 .start = 100,
                                 .from = from,
                                 .to = from + counted,
                                 .counted = counted};
}

Test(account, shares_add_up_per_owner_most_first)
{
    struct account_item item[] = {interval(1, 100, 10), interval(2, 110, 50), interval(1, 160, 20),
                                  interval(0, 180, 5), interval(3, 185, 0)};
    struct account a = {.item = item, .n = ARRAY_LEN(item), .cap = ARRAY_LEN(item)};
    struct account_share s[4];
    cr_assert_eq(account_shares(&a, SLA_RESOLUTION, 100, 185, s, 4), 3);
    cr_assert(s[0].agent == 2 && s[0].ms == 50);
    cr_assert(s[1].agent == 1 && s[1].ms == 30);
    cr_assert(s[2].agent == 0 && s[2].ms == 5);
}

/* Other instances, other metrics, pauses, and what came after the breach are not in it. */
Test(account, shares_of_one_instance_up_to_its_breach)
{
    struct account_item item[] = {interval(1, 100, 10), interval(1, 110, 10), interval(1, 120, 10),
                                  interval(1, 130, 10), interval(1, 140, 10)};
    item[1].kind = EXPLAIN_PAUSE;
    item[2].metric = SLA_REQUESTER_WAIT;
    item[3].start = 130;
    struct account a = {.item = item, .n = ARRAY_LEN(item), .cap = ARRAY_LEN(item)};
    struct account_share s[4];
    cr_assert_eq(account_shares(&a, SLA_RESOLUTION, 100, 145, s, 4), 1);
    cr_assert_eq(s[0].ms, 10);
}

/* More owners than fit: the rest is one, and nothing of the time is lost. */
Test(account, the_rest_is_summed)
{
    struct account_item item[8];
    struct account_share s[3];
    ms_t sum = 0;
    for (uint32_t i = 0; i < 8; i++)
        item[i] = interval(i + 1, 100 + i * 10, i + 1);
    struct account a = {.item = item, .n = 8, .cap = 8};
    cr_assert_eq(account_shares(&a, SLA_RESOLUTION, 100, 1000, s, 3), 3);
    bool rest = false;
    for (int i = 0; i < 3; i++) {
        sum += s[i].ms;
        rest = rest || s[i].agent == UINT32_MAX;
    }
    cr_assert(rest && sum == 36);
}

/* Millisecond by millisecond: whose record that names an agent was the last before it? */
static void naive_owners(const struct record *r, uint32_t n, ms_t from, ms_t to, ms_t ret[4])
{
    memset(ret, 0, 4 * sizeof ret[0]);
    for (ms_t at = from; at < to; at++) {
        uint32_t owner = 0;
        for (uint32_t i = 0; i < n && r[i].ts <= at; i++)
            if (r[i].names != 0 && r[i].kind != EV_MESSAGE && !(r[i].kind == EV_OPENED && owner))
                owner = r[i].tags.agent;
        ret[owner]++;
    }
}

/* Open all the time: B(t) = t - 2000, one span. */
static struct calendar always_open(void)
{
    static struct calendar_setting said;
    static _Alignas(64) char mem[1 << 16];
    struct calendar c;
    const char *why = "";
    said.hours = 1;
    said.hour[0] = (struct calendar_hours){.days = 0x7f, .from = 0, .to = 86400};
    cr_assert(calendar_bytes(&said) <= sizeof mem);
    cr_assert_eq(calendar_compile(&c, mem, &said, &why), 0, "%s", why);
    return c;
}

Test(account, owners_by_their_records_alone)
{
    static const uint8_t kinds[] = {EV_OPENED, EV_ASSIGNED, EV_ESCALATED, EV_STATE, EV_MESSAGE};
    struct calendar cal = always_open();
    ms_t base = MS_MIN_TS + MS_DAY;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct random rnd = {seed};
        struct record r[12];
        struct account_item item[ITEMS];
        struct account_share s[4];
        ms_t expect[4], got[4] = {0}, ts = base;
        uint32_t n = 1 + (uint32_t)random_below(&rnd, ARRAY_LEN(r));
        memset(r, 0, sizeof r);
        for (uint32_t i = 0; i < n; i++) {
            r[i].ts = ts += (ms_t)random_below(&rnd, 20);
            r[i].kind = kinds[random_below(&rnd, ARRAY_LEN(kinds))];
            r[i].names = random_below(&rnd, 3) != 0 ? 1u << SCOPE_AGENT : 0;
            r[i].tags.agent = r[i].names != 0 ? (uint32_t)random_below(&rnd, 4) : 0;
        }
        ms_t start = base + (ms_t)random_below(&rnd, 30);
        ms_t until = start + 1 + (ms_t)random_below(&rnd, 150);
        struct account a = {.item = item, .cap = ITEMS, .metric = SLA_RESOLUTION, .start = start};
        account_owners(&a, r, n, &cal, until);
        uint32_t shares = account_shares(&a, SLA_RESOLUTION, start, until, s, 4);
        for (uint32_t i = 0; i < shares; i++)
            got[s[i].agent] += s[i].ms;
        naive_owners(r, n, start, until, expect);
        cr_assert_arr_eq(got, expect, sizeof got, "seed %llu", (unsigned long long)seed);
        cr_assert_eq(a.lost, 0);
    }
}

/* --- through an engine ----------------------------------------------------------------------- */

static struct explanation *explained(struct service *v, const char *ticket)
{
    static struct explanation x;
    cr_assert(engine_explain(v->d->e, str_of(ticket), &x));
    return &x;
}

/* "interval 0-10 ada", … of one metric; minutes after the start. */
static const char *items(struct service *v, const char *ticket, enum sla_metric m)
{
    static const char *const kinds[EXPLAIN_KINDS] = {"interval", "pause",  "retarget",
                                                     "warning",  "breach", "corrected"};
    static char text[4096];
    const struct explanation *x = explained(v, ticket);
    size_t n = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < x->items; i++) {
        const struct explain_item *k = &x->item[i];
        if (k->metric != m)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %ld-%ld=%ld %.*s\n", kinds[k->kind],
                              (long)((k->from - v->start) / MIN), (long)((k->to - v->start) / MIN),
                              (long)(k->counted / MIN), (int)k->agent.len, k->agent.p);
    }
    return text;
}

Test(account, stretches_that_go_on_are_one)
{
    struct service *v = service_new();
    struct policy_metric *m =
        service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_RESOLUTION, "1h");
    service_priority(m, "high", "50m");
    service_warn(m, "50%");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 5 * MIN, "message ticket=T by=customer");
    service_say(v, 10 * MIN, "message ticket=T by=agent");
    service_say(v, 20 * MIN, "assigned ticket=T agent=bob");
    service_say(v, 25 * MIN, "paused ticket=T");
    service_say(v, 30 * MIN, "message ticket=T by=agent");
    service_say(v, 35 * MIN, "resumed ticket=T");
    service_say(v, 40 * MIN, "updated ticket=T priority=high");
    service_tick(v, 70 * MIN);
    cr_assert_str_eq(items(v, "T", SLA_RESOLUTION), "interval 0-20=20 ada\n"
                                                    "interval 20-25=5 bob\n"
                                                    "pause 25-35=0 bob\n"
                                                    "interval 35-60=25 bob\n"
                                                    "retarget 40-40=50 \n"
                                                    "warning 40-40=0 \n"
                                                    "breach 60-60=0 \n"
                                                    "interval 60-70=10 bob\n");
    service_free(v);
}

/* What a restart threw away is still told, with nothing counted of it. */
Test(account, a_restart_counts_from_zero)
{
    struct service *v = service_new();
    struct policy_metric *m =
        service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_RESOLUTION, "2h");
    service_priority(m, "high", "1h");
    m->retarget = RETARGET_RESTART;
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 30 * MIN, "updated ticket=T priority=high");
    service_tick(v, 95 * MIN);
    cr_assert_str_eq(items(v, "T", SLA_RESOLUTION), "interval 0-30=0 ada\n"
                                                    "retarget 30-30=60 \n"
                                                    "interval 30-90=60 ada\n"
                                                    "breach 90-90=0 \n"
                                                    "interval 90-95=5 ada\n");
    cr_assert(service_last(v)->sla.shares == 1 && service_last(v)->sla.share[0].ms == HOUR);
    service_free(v);
}

/* The wait that a first reply ended is said to go on: another metric, same number and start. */
Test(account, a_next_response_that_begins_like_the_first)
{
    struct service *v = service_new();
    struct policy_setting *p = service_policy(v, "gold", SERVICE_ALWAYS);
    char line[96];
    service_metric(p, SLA_FIRST_RESPONSE, "1h");
    service_metric(p, SLA_NEXT_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 5 * MIN, "message ticket=T by=agent");
    snprintf(line, sizeof line, "state ticket=T status=open waiting_since=%lld",
             (long long)v->start);
    service_say(v, 10 * MIN, line);
    service_tick(v, 20 * MIN);
    cr_assert_str_eq(items(v, "T", SLA_FIRST_RESPONSE), "interval 0-5=5 ada\n");
    cr_assert_str_eq(items(v, "T", SLA_NEXT_RESPONSE), "interval 0-20=20 ada\n");
    service_free(v);
}

/* A reply and a state that denies it: the same wait, another instance, and its time counts once. */
Test(account, a_wait_that_goes_on_after_its_end)
{
    struct service *v = service_new();
    char line[96];
    service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_NEXT_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T agent=ada");
    service_say(v, 5 * MIN, "message ticket=T by=agent");
    service_say(v, 10 * MIN, "message ticket=T by=customer");
    service_tick(v, 71 * MIN);
    cr_assert(service_last(v)->sla.shares == 1 && service_last(v)->sla.share[0].ms == HOUR);
    service_say(v, 75 * MIN, "message ticket=T by=agent");
    snprintf(line, sizeof line, "state ticket=T status=open waiting_since=%lld",
             (long long)(v->start + 10 * MIN));
    service_say(v, 75 * MIN, line);
    service_tick(v, 76 * MIN);
    cr_assert_eq(service_last(v)->state, ALERT_BREACHED);
    cr_assert_eq(service_last(v)->sla.instance, 2);
    cr_assert(service_last(v)->sla.shares == 1 && service_last(v)->sla.share[0].ms == HOUR);
    service_free(v);
}

/* Intervals of an instance sum to its elapsed time. */
static void sums(struct service *v, const char *ticket, uint64_t seed)
{
    const struct explanation *x = explained(v, ticket);
    cr_assert_eq(x->items_left_out, 0);
    for (uint32_t i = 0; i < x->clocks; i++) {
        const struct explain_clock *c = &x->clock[i];
        ms_t sum = 0;
        for (uint32_t k = 0; k < x->items; k++)
            if (x->item[k].kind == EXPLAIN_INTERVAL && x->item[k].metric == c->metric &&
                x->item[k].instance == c->instance)
                sum += x->item[k].counted;
        cr_assert_eq(sum, c->elapsed, "seed %llu: %s %s#%u: %ld, not %ld", (unsigned long long)seed,
                     ticket, sla_metric_name((enum sla_metric)c->metric), c->instance, (long)sum,
                     (long)c->elapsed);
    }
}

/* A breach says of its owners what the intervals say that are made by a whole fold. */
static uint32_t told_as_explained(struct service *v, uint32_t from, uint64_t seed)
{
    uint32_t shares = 0;
    for (uint32_t i = from; i < v->alerts; i++) {
        const struct alert *a = &v->alert[i];
        static struct explanation x;
        if (a->state != ALERT_BREACHED || a->sla.level != 0 || a->sla.shares >= ALERT_SHARES ||
            !engine_explain(v->d->e, a->sla.ticket, &x))
            continue;
        for (uint32_t k = 0; k < a->sla.shares; k++) {
            ms_t sum = 0;
            for (uint32_t n = 0; n < x.items; n++)
                if (x.item[n].kind == EXPLAIN_INTERVAL && x.item[n].metric == a->sla.metric &&
                    x.item[n].instance == a->sla.instance && x.item[n].to <= a->sla.breach_at &&
                    str_equal(x.item[n].agent, a->sla.share[k].agent))
                    sum += x.item[n].counted;
            cr_assert_eq(sum, a->sla.share[k].ms, "seed %llu: %.*s has %ld, not %ld",
                         (unsigned long long)seed, (int)a->sla.share[k].agent.len,
                         a->sla.share[k].agent.p, (long)a->sla.share[k].ms, (long)sum);
            shares++;
        }
    }
    return shares;
}

Test(account, sums_by_chance)
{
    static const char *const tickets[] = {"T1", "T2", "T3"};
    uint32_t breaches = 0, shares = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random r = {seed};
        struct service *v = service_new();
        struct tale t;
        service_draw(v, &r);
        tale_draw(&r, 3, TALE_MAX, v->start, 70 * MS_SECOND, &t);
        tale_sort(&t);
        service_open(v);
        for (uint32_t i = 0; i < t.n; i++) {
            uint32_t told = v->alerts;
            (void)service_take(v, &t.event[i]);
            shares += told_as_explained(v, told, seed);
        }
        service_tick(v, 3 * MIN);
        for (size_t i = 0; i < ARRAY_LEN(tickets); i++) {
            static struct explanation x;
            if (engine_explain(v->d->e, str_of(tickets[i]), &x))
                sums(v, tickets[i], seed);
        }
        for (uint32_t i = 0; i < v->alerts; i++) {
            const struct alert *a = &v->alert[i];
            ms_t sum = 0;
            if (a->state != ALERT_BREACHED || a->sla.level != 0)
                continue;
            for (uint32_t k = 0; k < a->sla.shares; k++)
                sum += a->sla.share[k].ms;
            breaches++;
            cr_assert_eq(sum, a->sla.elapsed, "seed %llu: shares %ld of %ld",
                         (unsigned long long)seed, (long)sum, (long)a->sla.elapsed);
        }
        service_free(v);
    }
    cr_assert_gt(breaches, 100);
    cr_assert_gt(shares, 100);
}

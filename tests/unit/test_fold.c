/* fold: against a ledger that writes down what tickets yield, fact by fact. */
#include "core/fold.h"

#include "tests/lib/desk.h"
#include "tests/lib/ledger.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

/* One name in one window: what the engine says and what the ledger says. */
struct look {
    const struct ledger *l;
    struct scoped of;
    const struct kpi_window *told;
    const char *wrong; /* the first indicator that differs */
};

static int64_t n_of(const struct look *k, enum fact fact)
{
    int64_t n;
    (void)ledger_sum(k->l, fact, &k->of, &n);
    return n;
}

/* Of how many customers there are touches in the window, each looked for among those before it. */
static int64_t customers_of(const struct look *k)
{
    const struct str *seen[LEDGER_MAX];
    int64_t n = 0;
    for (uint32_t i = 0; i < k->l->n; i++) {
        const struct entry *e = &k->l->entry[i];
        struct scoped one = k->of;
        bool known = e->customer.len == 0 || e->fact != FACT_HANDLED ||
                     !str_equal(e->owner.name[one.scope], one.name) ||
                     sec_floor(e->ts) <= one.after || sec_floor(e->ts) > one.at;
        for (int64_t j = 0; j < n && !known; j++)
            known = str_equal(*seen[j], e->customer);
        if (!known)
            seen[n++] = &e->customer;
    }
    return n;
}

static struct kpi_value told(const struct look *k, enum indicator i)
{
    for (uint32_t v = 0; v < k->told->values; v++)
        if (k->told->value[v].indicator == i)
            return k->told->value[v];
    return (struct kpi_value){0};
}

static void is(struct look *k, enum indicator i, bool same)
{
    if (!same && k->wrong == NULL)
        k->wrong = indicator_name(i);
}

static void is_num(struct look *k, enum indicator i, enum fact fact)
{
    is(k, i, told(k, i).num == n_of(k, fact));
}

static void is_fraction(struct look *k, enum indicator i, int64_t num, int64_t den)
{
    struct kpi_value v = told(k, i);
    is(k, i, v.den == den && (den == 0 || v.num == num));
}

static void look_at_durations(struct look *k)
{
    for (enum target t = TARGET_FIRST_RESPONSE; t <= TARGET_AGENT_WORK; t++) {
        struct kpi_value v = told(k, (enum indicator)t);
        int64_t n, sum = ledger_sum(k->l, FACT_DURATION + t, &k->of, &n);
        is(k, (enum indicator)t, (int64_t)v.n == n && v.sum == sum);
        is(k, (enum indicator)t, (int64_t)v.met == n_of(k, FACT_MET + t));
        is(k, (enum indicator)t, (int64_t)v.missed == n_of(k, FACT_MISSED + t));
    }
}

static void look_at_counts(struct look *k)
{
    is_num(k, IND_OPENED, FACT_OPENED);
    is_num(k, IND_RECEIVED, FACT_RECEIVED);
    is_num(k, IND_REPLIES, FACT_REPLY);
    is_num(k, IND_HANDLED, FACT_HANDLED);
    is(k, IND_CUSTOMERS, told(k, IND_CUSTOMERS).num == customers_of(k));
    is_num(k, IND_RESOLVED, FACT_RESOLVED);
    is_num(k, IND_RESOLVED_TICKETS, FACT_TICKET);
    is_num(k, IND_CLOSED_UNRESOLVED, FACT_UNRESOLVED);
    is_num(k, IND_REOPENED, FACT_REOPENED);
    is_num(k, IND_ESCALATED, FACT_ESCALATED);
    is_num(k, IND_TRANSFERRED, FACT_TRANSFERRED);
    is_num(k, IND_CLOSED_WITHOUT_REPLY, FACT_NO_REPLY);
    is_num(k, IND_COMPLAINTS, FACT_COMPLAINT);
}

static void look_at_ratios(struct look *k)
{
    int64_t tickets = n_of(k, FACT_TICKET);
    is_fraction(k, IND_RESOLUTION_RATE, tickets, tickets + n_of(k, FACT_UNRESOLVED));
    is_fraction(k, IND_RESOLVED_WITHIN, n_of(k, FACT_WITHIN), n_of(k, FACT_OPENED));
    is_fraction(k, IND_CLEARANCE, n_of(k, FACT_RESOLVED), n_of(k, FACT_OPENED));
    is_fraction(k, IND_FCR, n_of(k, FACT_FCR), n_of(k, FACT_FIRST_CYCLE));
    is_fraction(k, IND_REOPEN_RATE, n_of(k, FACT_REOPENED_SOON), n_of(k, FACT_RESOLVED));
    is_fraction(k, IND_CSAT_RATE, n_of(k, FACT_SATISFIED), n_of(k, FACT_RATED));
    is_fraction(k, IND_NPS, n_of(k, FACT_PROMOTER) - n_of(k, FACT_DETRACTOR), n_of(k, FACT_ANSWER));
    is_fraction(k, IND_CONFORMANCE_RATE, n_of(k, FACT_PASSED), n_of(k, FACT_INSPECTED));
    struct kpi_value csat = told(k, IND_CSAT);
    int64_t n, sum = ledger_sum(k->l, FACT_RATED, &k->of, &n);
    is(k, IND_CSAT, (int64_t)csat.n == n && csat.sum == sum);
}

/* NULL, or the indicator that differs, and whose. */
static const char *compare(struct desk *d, const struct ledger *l, enum scope s, uint32_t index)
{
    static struct snapshot now;
    engine_snapshot(d->e, s, index, 1u << W_1H | 1u << W_24H, &now);
    struct look k = {.l = l, .of = {.scope = s, .name = now.name, .at = sec_floor(now.at)}};
    for (uint32_t w = 0; w < now.windows; w++) {
        k.told = &now.window[w];
        k.of.after = k.of.at - d->settings.window[now.window[w].window].length;
        look_at_durations(&k);
        look_at_counts(&k);
        look_at_ratios(&k);
    }
    return k.wrong;
}

/* --- random tickets ------------------------------------------------------------------------ */

static void draw_terms(struct random *r, struct settings *s)
{
    for (enum target t = 0; t <= TARGET_AGENT_WORK; t++)
        s->target[t] = random_percent(r, 50) ? 0 : random_range(r, 1, 30) * 10 * MS_SECOND;
    if (random_percent(r, 50))
        s->fcr_horizon = random_range(r, 0, 100) * MS_SECOND;
    if (random_percent(r, 50))
        s->reopen_horizon = random_range(r, 0, 100) * MS_SECOND;
    if (random_percent(r, 50))
        s->resolved_within = random_range(r, 0, 200) * MS_SECOND;
}

static void drop_mergings(struct tale *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->event[i].kind != EV_MERGED)
            t->event[n++] = t->event[i];
    t->n = n;
}

static void one_tale(uint64_t seed, uint32_t tickets, uint32_t most)
{
    static struct ledger ledger;
    struct random r = {seed};
    struct desk *d = desk_new();
    struct tale t;
    ms_t span = random_percent(&r, 80) ? 70 * MS_SECOND : 5 * MS_HOUR, end = start + span + 777777;
    draw_terms(&r, &d->settings);
    tale_draw(&r, tickets, (uint32_t)random_range(&r, 1, most), start, span, &t);
    drop_mergings(&t);
    tale_sort(&t);
    desk_open(d);
    for (uint32_t i = 0; i < t.n; i++)
        cr_assert_eq(desk_take(d, &t.event[i]).verdict, VERDICT_APPLIED);
    desk_tick(d, end);
    ledger_write(&ledger, &t, &d->settings, end);
    for (enum scope s = 0; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= engine_names(d->e, s); i++) {
            const char *wrong = compare(d, &ledger, s, i);
            if (wrong == NULL)
                continue;
            tale_print(&t);
            struct str name = engine_name(d->e, s, i);
            cr_assert_fail("seed %llu: %s of %s %.*s", (unsigned long long)seed, wrong,
                           scope_name(s), (int)name.len, name.p);
        }
    desk_free(d);
}

static uint64_t wanted(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text == NULL ? usual : strtoull(text, NULL, 10);
}

Test(fold, one_ticket_yields_what_the_ledger_says)
{
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 4000); i++)
        one_tale(wanted("TP_SEED", 1) + i, 1, i % 2 == 0 ? 6 : 25);
}

Test(fold, three_tickets_yield_what_the_ledger_says)
{
    for (uint64_t i = 0; i < wanted("TP_ROUNDS", 2000); i++)
        one_tale(wanted("TP_SEED", 1000000) + i, 3, TALE_MAX);
}

/* --- vectors of the contract --------------------------------------------------------------- */

static struct desk *with_target(enum target t, ms_t target)
{
    struct desk *d = desk_new();
    d->settings.target[t] = target;
    desk_open(d);
    return d;
}

static void says(struct desk *d, ms_t after, const char *line)
{
    cr_assert_eq(desk_say(d, start + after, line).verdict, VERDICT_APPLIED, "%s", line);
}

#define MET(d, s, name, i) desk_value(d, s, name, i, W_24H).met
#define MISSED(d, s, name, i) desk_value(d, s, name, i, W_24H).missed

Test(fold, v12_exactly_at_the_target_is_met)
{
    struct desk *d = with_target(TARGET_FIRST_RESPONSE, MS_HOUR);
    says(d, 0, "opened ticket=T1");
    says(d, MS_HOUR, "message ticket=T1 by=agent agent=ada");
    says(d, MS_HOUR, "opened ticket=T2");
    says(d, 2 * MS_HOUR + 1, "message ticket=T2 by=agent agent=bob");
    cr_assert(MET(d, SCOPE_AGENT, "ada", IND_FIRST_RESPONSE) == 1);
    cr_assert(MET(d, SCOPE_AGENT, "bob", IND_FIRST_RESPONSE) == 0);
    cr_assert(MISSED(d, SCOPE_ALL, "-", IND_FIRST_RESPONSE) == 1);
    desk_free(d);
}

Test(fold, v13_several_messages_are_one_wait_and_one_miss)
{
    struct desk *d = with_target(TARGET_NEXT_RESPONSE, 30 * MS_MINUTE);
    says(d, 0, "opened ticket=T");
    says(d, 1000, "message ticket=T by=agent agent=ada");
    for (int i = 0; i < 5; i++) /* three before the miss, two after it */
        says(d, (20 + i * 12) * MS_MINUTE, "message ticket=T by=customer");
    desk_tick(d, start + 5 * MS_HOUR);
    cr_assert_eq(MISSED(d, SCOPE_ALL, "-", IND_NEXT_RESPONSE), 1);
    says(d, 5 * MS_HOUR, "message ticket=T by=agent agent=ada");
    cr_assert_eq(desk_mean(d, SCOPE_ALL, "-", IND_NEXT_RESPONSE, W_24H), 280 * MS_MINUTE);
    cr_assert_eq(MISSED(d, SCOPE_ALL, "-", IND_NEXT_RESPONSE), 1);
    desk_free(d);
}

Test(fold, v14_a_reply_that_came_late_takes_the_miss_back)
{
    struct desk *d = with_target(TARGET_FIRST_RESPONSE, MS_HOUR);
    says(d, 0, "opened ticket=T agent=ada");
    desk_tick(d, start + MS_HOUR + 20 * MS_SECOND);
    cr_assert_eq(MISSED(d, SCOPE_AGENT, "ada", IND_FIRST_RESPONSE), 1);
    says(d, MS_HOUR - 10 * MS_SECOND, "message ticket=T by=agent");
    cr_assert_eq(MISSED(d, SCOPE_AGENT, "ada", IND_FIRST_RESPONSE), 0);
    cr_assert_eq(MET(d, SCOPE_AGENT, "ada", IND_FIRST_RESPONSE), 1);
    desk_free(d);
}

Test(fold, v15_a_miss_is_that_of_the_owner_at_the_deadline)
{
    struct desk *d = with_target(TARGET_FIRST_RESPONSE, MS_HOUR);
    says(d, 0, "opened ticket=T agent=a");
    says(d, 55 * MS_MINUTE, "assigned ticket=T agent=b");
    says(d, 65 * MS_MINUTE, "message ticket=T by=agent agent=b");
    cr_assert_eq(MISSED(d, SCOPE_AGENT, "a", IND_FIRST_RESPONSE), 0);
    cr_assert_eq(MISSED(d, SCOPE_AGENT, "b", IND_FIRST_RESPONSE), 1);
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "b", IND_FIRST_RESPONSE, W_24H), 65 * MS_MINUTE);
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "b", IND_ASSIGNEE_RESPONSE, W_24H), 10 * MS_MINUTE);
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "a", IND_ASSIGNEE_RESPONSE, W_24H), -1);
    desk_free(d);
}

Test(fold, v16_hand_off_from_a_bot)
{
    struct desk *d = desk_new();
    desk_open(d);
    says(d, 0, "opened ticket=T");
    says(d, 5000, "message ticket=T by=bot");
    says(d, 60000, "assigned ticket=T agent=ada");
    says(d, 180000, "message ticket=T by=agent");
    cr_assert_eq(desk_mean(d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_24H), 180000);
    cr_assert_eq(desk_mean(d, SCOPE_AGENT, "ada", IND_HANDOFF_RESPONSE, W_24H), 120000);
    desk_free(d);
}

Test(fold, v17_resolved_without_a_reply_is_neither_met_nor_missed)
{
    struct desk *d = with_target(TARGET_FIRST_RESPONSE, MS_HOUR);
    says(d, 0, "opened ticket=T");
    says(d, MS_MINUTE, "resolved ticket=T agent=ada");
    desk_tick(d, start + 3 * MS_HOUR);
    struct kpi_value v = desk_value(d, SCOPE_ALL, "-", IND_FIRST_RESPONSE, W_24H);
    cr_assert(v.n == 0 && v.met == 0 && v.missed == 0);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_CLOSED_WITHOUT_REPLY, W_24H), 1);
    desk_free(d);
}

/* What only a name that nobody may use is credited with. */
Test(fold, resolves_by_machines_and_customers)
{
    struct desk *d = desk_new();
    desk_open(d);
    static const char *const by[] = {"bot", "system", "customer"};
    char line[64];
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "opened ticket=T%d", i);
        says(d, i * 1000, line);
        snprintf(line, sizeof line, "message ticket=T%d by=agent agent=ada", i);
        says(d, i * 1000 + 1, line);
        snprintf(line, sizeof line, "resolved ticket=T%d by=%s agent=ada", i, by[i]);
        says(d, i * 1000 + 2, line);
    }
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "(auto)", IND_RESOLVED, W_1H), 2);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "(customer)", IND_RESOLVED, W_1H), 1);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_RESOLVED, W_1H), 0);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "ada", IND_HANDLED, W_1H), 3);
    cr_assert_eq(desk_num(d, SCOPE_AGENT, "(auto)", IND_HANDLED, W_1H), 0);
    struct kpi_value fcr = desk_value(d, SCOPE_ALL, "-", IND_FCR, W_1H);
    cr_assert(fcr.num == 0 && fcr.den == 3);
    desk_free(d);
}

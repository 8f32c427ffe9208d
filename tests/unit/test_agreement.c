/* agreement: policies compiled: matches, targets, warning points, pauses; generations; refusals. */
#include "core/agreement.h"

#include "core/err.h"
#include "tests/lib/service.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* A board for names, agreements in memory of their own, and a setting to fill. */
struct site {
    struct service *v; /* its desk is never opened */
    struct board *b;
    struct agreements *a;
    void *mem;
};

static struct site site_new(void)
{
    struct site s = {.v = service_new()};
    const struct limits *l = &s.v->d->limits;
    s.b = board_init(desk_map(board_bytes(l, &s.v->d->settings)), l, &s.v->d->settings, NULL, 0);
    s.mem = desk_map(agreements_bytes());
    s.a = agreements_init(s.mem);
    return s;
}

static void site_free(struct site *s)
{
    desk_unmap(s->mem, agreements_bytes());
    service_free(s->v);
}

static const struct agreement *adopt(struct site *s, ms_t from)
{
    const char *why = "";
    cr_assert_eq(agreements_prepare(s->a, s->v->said, s->b, &why), 0, "%s", why);
    agreements_adopt(s->a, from);
    return agreement_get(s->a, agreements_last(s->a));
}

static uint32_t name(struct site *s, enum scope scope, const char *text)
{
    return board_name(s->b, scope, str_of(text), NULL);
}

Test(agreement, the_first_match_in_file_order)
{
    struct site s = site_new();
    struct policy_setting *p = service_policy(s.v, "both", SERVICE_ALWAYS);
    service_match(p, POLICY_PRIORITY, "high");
    service_match(p, POLICY_TEAM, "red");
    service_match(p, POLICY_TEAM, "blue");
    p = service_policy(s.v, "customer", SERVICE_ALWAYS);
    service_match(p, POLICY_CUSTOMER, "acme");
    p = service_policy(s.v, "tier", SERVICE_ALWAYS);
    service_match(p, POLICY_TIER, "gold");
    p = service_policy(s.v, "channel", SERVICE_ALWAYS);
    service_match(p, POLICY_CHANNEL, "mail");
    service_match(p, POLICY_CATEGORY, "bill");
    const struct agreement *g = adopt(&s, MS_NONE);
    struct tags tags = {.priority = (uint16_t)name(&s, SCOPE_PRIORITY, "high")};
    struct attributes of = {.tags = &tags};
    cr_assert_eq(agreement_match(g, &of), 0); /* no team */
    tags.team = (uint16_t)name(&s, SCOPE_TEAM, "blue");
    cr_assert_eq(agreement_match(g, &of), 1);
    of.customer = attribute_hash(str_of("acme"));
    cr_assert_eq(agreement_match(g, &of), 1);
    tags.team = (uint16_t)name(&s, SCOPE_TEAM, "green");
    cr_assert_eq(agreement_match(g, &of), 2);
    of.customer = attribute_hash(str_of("Acme"));
    cr_assert_eq(agreement_match(g, &of), 0);
    of.tier = (uint32_t)attribute_hash(str_of("gold"));
    cr_assert_eq(agreement_match(g, &of), 3);
    of.tier = 0;
    tags.channel = (uint16_t)name(&s, SCOPE_CHANNEL, "mail");
    cr_assert_eq(agreement_match(g, &of), 0);
    tags.category = (uint16_t)name(&s, SCOPE_CATEGORY, "bill");
    cr_assert_eq(agreement_match(g, &of), 4);
    site_free(&s);
}

Test(agreement, a_policy_without_match_takes_all)
{
    struct site s = site_new();
    (void)service_policy(s.v, "all", SERVICE_ALWAYS);
    const struct agreement *g = adopt(&s, MS_NONE);
    struct tags none = {0};
    cr_assert_eq(agreement_match(g, &(struct attributes){.tags = &none}), 1);
    site_free(&s);
}

Test(agreement, targets_by_priority)
{
    struct site s = site_new();
    struct policy_setting *p = service_policy(s.v, "p", SERVICE_ALWAYS);
    struct policy_metric *m = service_metric(p, SLA_RESOLUTION, "4h");
    service_priority(m, "high", "1h");
    struct policy_metric *only = service_metric(p, SLA_REQUESTER_WAIT, "1h");
    snprintf(only->target[0].priority, sizeof only->target[0].priority, "high");
    const struct agreement *g = adopt(&s, MS_NONE);
    uint32_t high = name(&s, SCOPE_PRIORITY, "high"), low = name(&s, SCOPE_PRIORITY, "low");
    cr_assert_eq(agreement_target(g, 1, SLA_RESOLUTION, high)->target, MS_HOUR);
    cr_assert_eq(agreement_target(g, 1, SLA_RESOLUTION, low)->target, 4 * MS_HOUR);
    cr_assert_eq(agreement_target(g, 1, SLA_RESOLUTION, 0)->target, 4 * MS_HOUR);
    cr_assert_eq(agreement_target(g, 1, SLA_REQUESTER_WAIT, high)->target, MS_HOUR);
    cr_assert_null(agreement_target(g, 1, SLA_REQUESTER_WAIT, low));
    cr_assert_null(agreement_target(g, 1, SLA_FIRST_RESPONSE, high));
    cr_assert_null(agreement_target(g, 0, SLA_RESOLUTION, high));
    site_free(&s);
}

/* Ascending whatever their order; a time left longer than the target is its beginning. */
Test(agreement, warning_points)
{
    struct site s = site_new();
    struct policy_setting *p = service_policy(s.v, "p", SERVICE_ALWAYS);
    struct policy_metric *m = service_metric(p, SLA_RESOLUTION, "4h");
    service_priority(m, "high", "10m");
    service_warn(m, "15m");
    service_warn(m, "80%");
    service_warn(m, "50%");
    const struct agreement *g = adopt(&s, MS_NONE);
    const struct agreed_target *t = agreement_target(g, 1, SLA_RESOLUTION, 0);
    cr_assert(t->warns == 3 && t->warn[0] == 2 * MS_HOUR);
    cr_assert(t->warn[1] == 192 * MS_MINUTE && t->warn[2] == 225 * MS_MINUTE);
    t = agreement_target(g, 1, SLA_RESOLUTION, name(&s, SCOPE_PRIORITY, "high"));
    cr_assert(t->warn[0] == 0 && t->warn[1] == 5 * MS_MINUTE && t->warn[2] == 8 * MS_MINUTE);
    site_free(&s);
}

Test(agreement, a_long_target_does_not_overflow)
{
    struct site s = site_new();
    struct policy_metric *m =
        service_metric(service_policy(s.v, "p", SERVICE_ALWAYS), SLA_RESOLUTION, "1h");
    service_warn(m, "99%");
    m->target[0].target = MS_MAX_TS;
    const struct agreed_target *t = agreement_target(adopt(&s, MS_NONE), 1, SLA_RESOLUTION, 0);
    cr_assert_eq(t->warn[0], MS_MAX_TS - MS_MAX_TS / 100 - (MS_MAX_TS % 100 != 0));
    site_free(&s);
}

Test(agreement, reasons_that_pause)
{
    struct site s = site_new();
    struct policy_setting *p = service_policy(s.v, "p", SERVICE_ALWAYS);
    service_pause(service_metric(p, SLA_RESOLUTION, "4h"), "parts");
    (void)service_metric(p, SLA_FIRST_RESPONSE, "4h");
    const struct agreement *g = adopt(&s, MS_NONE);
    static const char *const reasons[] = {"pending", "on_hold", "parts"};
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        uint32_t reason = reason_number(str_of(reasons[i]));
        cr_assert(agreement_pauses(g, 1, SLA_RESOLUTION, reason));
        cr_assert_not(agreement_pauses(g, 1, SLA_FIRST_RESPONSE, reason));
        cr_assert_not(agreement_pauses(g, 0, SLA_RESOLUTION, reason));
    }
    cr_assert_not(agreement_pauses(g, 1, SLA_RESOLUTION, reason_number(str_of("lunch"))));
    site_free(&s);
}

/* --- generations ---------------------------------------------------------------------------- */

/* The print sees whatever is used, and nothing of what lies behind. */
Test(agreement, a_print_of_what_is_used)
{
    struct site s = site_new();
    struct sla_setting *said = s.v->said;
    struct policy_setting *gold = service_policy(s.v, "gold", service_office(s.v));
    service_metric(gold, SLA_RESOLUTION, "8h");
    struct calendar_setting *office = &said->calendar[gold->calendar];
    office->special[office->specials++] = (struct calendar_special){.date = 20000};
    uint64_t print = sla_print(said);
    char *used[] = {office->id,
                    (char *)&office->hour[0].to,
                    (char *)&office->special[0].date,
                    (char *)&office->zone,
                    gold->id,
                    (char *)&gold->metric[SLA_RESOLUTION].target[0].target,
                    (char *)&gold->metric[SLA_METRICS - 1].forgive,
                    (char *)&gold->match[POLICY_TIER].n,
                    (char *)&said->policies};
    for (size_t i = 0; i < ARRAY_LEN(used); i++) {
        *used[i] ^= 4;
        cr_assert_neq(sla_print(said), print, "%zu", i);
        *used[i] ^= 4;
        cr_assert_eq(sla_print(said), print, "%zu", i);
    }
    office->hour[office->hours].to ^= 4;
    office->special[office->specials].date ^= 4;
    said->calendar[said->calendars].id[0] ^= 4;
    said->policy[said->policies].id[0] ^= 4;
    cr_assert_eq(sla_print(said), print);
    site_free(&s);
}

Test(agreement, the_last_ones_are_kept)
{
    struct site s = site_new();
    cr_assert_eq(agreements_prepare(s.a, NULL, s.b, &(const char *){NULL}), 0);
    agreements_adopt(s.a, MS_NONE);
    cr_assert_not(agreements_any(s.a));
    uint32_t last = AGREEMENTS_MAX + 2, first = last - AGREEMENTS_MAX + 1;
    for (uint32_t i = 1; i <= last; i++) {
        char id[8];
        snprintf(id, sizeof id, "p%u", i);
        service_clear(s.v);
        (void)service_policy(s.v, id, SERVICE_ALWAYS);
        cr_assert_str_eq(adopt(&s, i * 1000)->said.policy[0].id, id);
        cr_assert_eq(agreements_last(s.a), i);
        cr_assert(agreements_any(s.a));
    }
    cr_assert_eq(agreement_get(s.a, first + 1)->from, (first + 1) * 1000);
    cr_assert_eq(agreement_get(s.a, first)->from, MS_NONE); /* the oldest: since ever */
    cr_assert_eq(agreement_get(s.a, 0), agreement_get(s.a, first));
    cr_assert_str_eq(agreement_get(s.a, first)->said.policy[0].id, "p3");
    service_clear(s.v);
    (void)adopt(&s, last * 1000 + 1000);
    cr_assert(agreements_any(s.a)); /* there were some */
    site_free(&s);
}

/* What is prepared and not adopted changes nothing. */
Test(agreement, prepared_only)
{
    struct site s = site_new();
    const char *why;
    (void)service_policy(s.v, "is", SERVICE_ALWAYS);
    (void)adopt(&s, MS_NONE);
    for (int i = 0; i < 5; i++) {
        service_clear(s.v);
        (void)service_policy(s.v, "would", SERVICE_ALWAYS);
        cr_assert_eq(agreements_prepare(s.a, s.v->said, s.b, &why), 0);
        cr_assert_str_eq(agreements_spare(s.a)->said.policy[0].id, "would");
        cr_assert_eq(agreements_last(s.a), 0);
        cr_assert_str_eq(agreement_get(s.a, 0)->said.policy[0].id, "is");
    }
    site_free(&s);
}

/* --- refusals ------------------------------------------------------------------------------- */

/* Refused with this reason; what is in force stays. */
static void refuses(struct site *s, const char *want)
{
    const char *why = "";
    cr_assert_eq(agreements_prepare(s->a, s->v->said, s->b, &why), ERR_BAD_SETTINGS, "%s", want);
    cr_assert_not_null(strstr(why, want), "%s: %s", want, why);
    cr_assert_str_eq(agreement_get(s->a, 0)->said.policy[0].id, "is");
    cr_assert_eq(agreements_last(s->a), 0);
}

Test(agreement, what_is_impossible_is_refused)
{
    struct site s = site_new();
    struct policy_setting *p = service_policy(s.v, "is", SERVICE_ALWAYS);
    struct policy_metric *m = service_metric(p, SLA_RESOLUTION, "1h");
    (void)adopt(&s, MS_NONE);
    m->target[0].target = 0;
    refuses(&s, "a target must be longer than 0");
    m->target[0].target = MS_HOUR;
    m->warn[0].percent = 100;
    m->warns = 1;
    refuses(&s, "a warning point must be");
    m->warn[0] = (struct policy_warn){0};
    refuses(&s, "a warning point must be");
    m->warns = 0;
    m->overdue[0] = 5;
    m->overdue[1] = 5;
    m->overdues = 2;
    refuses(&s, "ascending");
    m->overdues = POLICY_OVERDUES_MAX + 1;
    refuses(&s, "too many targets");
    m->overdues = 0;
    p->calendar = 1;
    refuses(&s, "a calendar that there is not");
    p->calendar = SERVICE_ALWAYS;
    p->match[POLICY_TEAM].n = POLICY_NAMES_MAX + 1;
    refuses(&s, "matches too many names");
    p->match[POLICY_TEAM].n = 0;
    (void)service_calendar(s.v, "empty", "UTC");
    refuses(&s, "");
    s.v->said->calendars = 1;
    s.v->said->policies = POLICIES_MAX + 1;
    refuses(&s, "too many policies");
    site_free(&s);
}

/* The engine refuses as a whole: rules and targets of the same settings stay as they were, too. */
Test(agreement, a_refused_reload_changes_nothing)
{
    struct service *v = service_new();
    const char *why = NULL;
    struct policy_metric *m =
        service_metric(service_policy(v, "gold", SERVICE_ALWAYS), SLA_FIRST_RESPONSE, "1h");
    service_open(v);
    service_say(v, 0, "opened ticket=T");
    uint64_t digest = engine_digest(v->d->e);
    m->target[0].target = -1;
    v->d->settings.target[TARGET_FIRST_RESPONSE] = 5;
    cr_assert_eq(engine_apply(v->d->e, &v->d->settings, &v->d->out, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(why);
    service_tick(v, MS_HOUR);
    cr_assert_eq(engine_digest(v->d->e), digest);
    cr_assert_eq(engine_settings(v->d->e)->target[TARGET_FIRST_RESPONSE], 0);
    service_tick(v, MS_HOUR + 1);
    cr_assert_str_eq(service_told(v), "breached T first_response#1 -/-\n");
    service_free(v);
}

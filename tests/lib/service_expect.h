/* service_expect.h: what unit tests of clocks ask of a service again and again.
 *
 * For tests of Criterion only: what is not as expected ends the test. */
#ifndef TP_TESTS_SERVICE_EXPECT_H
#define TP_TESTS_SERVICE_EXPECT_H

#include <criterion/criterion.h>

#include "core/zone.h"
#include "tests/lib/service.h"

/* One policy for all, always open. */
static inline struct policy_setting *service_gold(struct service **ret)
{
    *ret = service_new();
    return service_policy(*ret, "gold", SERVICE_ALWAYS);
}

static inline struct kpi_value service_value(struct service *v, enum indicator i)
{
    return desk_value(v->d, SCOPE_ALL, "-", i, W_24H);
}

static inline void service_judged(struct service *v, enum indicator i, uint64_t met,
                                  uint64_t missed)
{
    struct kpi_value k = service_value(v, i);
    cr_assert(k.met == met && k.missed == missed, "%s: met %lu, missed %lu", indicator_name(i),
              (unsigned long)k.met, (unsigned long)k.missed);
}

static inline void service_expect(struct service *v, const char *want)
{
    cr_assert_str_eq(service_told(v), want);
}

/* 2026 in Berlin, winter; ms after the service's start. */
static inline ms_t service_cet(struct service *v, uint32_t month, uint32_t day, int hour,
                               int minute)
{
    int64_t days = days_from_civil((struct civil){2026, month, day});
    return days * MS_DAY + (hour - 1) * (ms_t)MS_HOUR + minute * (ms_t)MS_MINUTE - v->start;
}

static inline struct explanation *service_explained(struct service *v, const char *ticket)
{
    static struct explanation x;
    cr_assert(engine_explain(v->d->e, str_of(ticket), &x), "%s", ticket);
    return &x;
}

/* The latest instance of a metric. */
static inline const struct explain_clock *service_clock(struct service *v, const char *ticket,
                                                        enum sla_metric m)
{
    struct explanation *x = service_explained(v, ticket);
    for (uint32_t i = x->clocks; i > 0; i--)
        if (x->clock[i - 1].metric == m)
            return &x->clock[i - 1];
    return NULL;
}

#endif

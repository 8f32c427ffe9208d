/* terms: settings come back to the last bit, or not at all. */
#include "daemon/terms.h"

#include "daemon/config.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const char with_policies[] =
    "zone: Europe/Berlin\n"
    "calendars: [{id: day, hours: {mon-fri: \"09:00-17:00\"}}]\n"
    "policies: [{id: gold, calendar: day, first_response: {target: 1h, warn_at: [80%]}}]\n";

static const char with_cards[] =
    "scorecards: [{id: month, scope: agent, window: 30d, items: [{indicator: csat, weight: 100, "
    "baseline: 4, target: 4.5}]}]\n";

static struct config config;

static void terms_of(const char *text, struct terms *ret)
{
    struct tree_error why;
    cr_assert(config_parse("test", text, strlen(text), &config, &why), "%s", why.text);
    cr_assert(terms_copy(ret, &config.limits, &config.settings, 123456));
    config_fini(&config);
}

static void round_trip(const char *text)
{
    struct terms t, got;
    uint32_t n;
    terms_of(text, &t);
    uint8_t *bytes = terms_pack(&t, &n);
    cr_assert_not_null(bytes);
    cr_assert(terms_unpack(&got, bytes, n));
    cr_assert(terms_same(&t, &got) && terms_fit(&t, &got));
    cr_assert_eq(got.started_at, 123456);
    cr_assert(got.settings.sla == got.sla && got.settings.cards == got.cards);
    cr_assert((t.sla == NULL) == (got.sla == NULL) && (t.cards == NULL) == (got.cards == NULL));
    terms_fini(&got);
    free(bytes);
    terms_fini(&t);
}

Test(terms, come_back)
{
    round_trip("");
    round_trip(with_policies);
    round_trip(with_cards);
}

Test(terms, differ_and_fit)
{
    struct terms a, b;
    terms_of("", &a);
    static const struct {
        const char *text;
        bool fits;
    } others[] = {{with_policies, false},
                  {with_cards, true},
                  {"targets: {resolution: 4h}\n", true},
                  {"rules: []\n", true},
                  {"lateness: 60s\n", true},
                  {"policies: [{id: x, resolution: 4h}]\ncalendars: []\n", true},
                  {"windows: [1h]\nrules: []\n", false},
                  {"limits: {tickets: 1000}\n", false}};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        terms_of(others[i].text, &b);
        cr_assert_not(terms_same(&a, &b), "%s", others[i].text);
        cr_assert_eq(terms_fit(&a, &b), others[i].fits, "%s", others[i].text);
        terms_fini(&b);
    }
    terms_of("snapshot_every: 1s\n", &b); /* nothing that counts */
    cr_assert(terms_same(&a, &b));
    terms_fini(&b);
    terms_fini(&a);
}

Test(terms, damaged_ones_are_refused)
{
    struct terms t, got;
    struct random r = {1};
    uint32_t n;
    terms_of(with_policies, &t);
    uint8_t *bytes = terms_pack(&t, &n);
    for (uint32_t cut = 0; cut < n; cut += 1 + cut / 8)
        cr_assert_not(terms_unpack(&got, bytes, cut));
    for (int i = 0; i < 300; i++) {
        uint8_t *copy = malloc(n);
        memcpy(copy, bytes, n);
        copy[random_below(&r, n)] ^= (uint8_t)(1u << random_below(&r, 8));
        if (terms_unpack(&got, copy, n)) { /* a bit of the compressor's that says nothing */
            cr_assert(terms_same(&t, &got) && got.started_at == t.started_at);
            terms_fini(&got);
        }
        free(copy);
    }
    free(bytes);
    terms_fini(&t);
}

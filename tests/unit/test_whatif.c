/* test_whatif: a day at two desks with different promises; what differs is named and counted. */
#include "daemon/cli/whatif.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

static const ms_t nine = 1770368400000; /* 2026-02-06T09:00:00Z */

static const char was_text[] = "windows: [1h, 24h]\n"
                               "lateness: 10m\n"
                               "limits: {tickets: 1000, history: 10000, chunks: 10000}\n"
                               "rules:\n"
                               "- {id: many, indicator: open, fire: '>= 4', clear: 1}\n"
                               "policies:\n"
                               "- {id: gold, first_response: 30m}\n";
static const char would_text[] =
    "windows: [24h, 7d]\n"
    "lateness: 10m\n"
    "limits: {tickets: 1000, history: 10000, chunks: 10000}\n"
    "rules:\n"
    "- {id: many, indicator: open, fire: '>= 4', clear: 1}\n"
    "policies:\n"
    "- {id: gold, first_response: {target: 10m, warn_at: [5m left]}}\n";

static struct config was, would;
static struct whatif *w;
static char *text;
static size_t text_n;
static FILE *out;
static uint64_t seq;

static void set_up(void)
{
    struct tree_error why;
    cr_assert(config_parse("was", was_text, sizeof was_text - 1, &was, &why), "%s", why.text);
    cr_assert(config_parse("would", would_text, sizeof would_text - 1, &would, &why), "%s",
              why.text);
    w = whatif_new(&was, &would);
    cr_assert_not_null(w);
    out = open_memstream(&text, &text_n);
}

static void tear_down(void)
{
    whatif_free(w);
    config_fini(&was);
    config_fini(&would);
    free(text);
}

TestSuite(whatif, .init = set_up, .fini = tear_down);

static void tell(enum event_kind kind, const char *ticket, ms_t minutes)
{
    struct event e = {.kind = (uint8_t)kind,
                      .ts = nine + minutes * MS_MINUTE,
                      .rts = MS_NONE,
                      .has = F1(TS) | F1(TICKET) | F1(TEAM) | F1(SRC) | F1(SEQ),
                      .ticket = str_of(ticket),
                      .team = str_of("billing"),
                      .src = str_of("desk"),
                      .seq = ++seq};
    if (kind == EV_MESSAGE) {
        e.has |= F1(BY) | F1(AGENT) | F1(PUBLIC);
        e.has &= ~F1(TEAM);
        e.by = BY_AGENT;
        e.agent = str_of("ada");
        e.is_public = true;
    }
    whatif_step(w, &e);
}

/* A reply after 5, 20 and 40 minutes, and one after 9 that arrives when 12 have passed. */
static void day(void)
{
    static const struct {
        ms_t at;
        uint8_t kind;
        const char *ticket;
    } told[] = {
        {0, EV_OPENED, "T1"},   {0, EV_OPENED, "T2"},   {0, EV_OPENED, "T3"},
        {0, EV_OPENED, "T4"},   {5, EV_MESSAGE, "T1"},  {12, EV_OPENED, "T5"},
        {9, EV_MESSAGE, "T4"},  {13, EV_MESSAGE, "T5"}, {20, EV_MESSAGE, "T2"},
        {40, EV_MESSAGE, "T3"},
    };
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        tell((enum event_kind)told[i].kind, told[i].ticket, told[i].at);
    whatif_step(w, &(struct event){.kind = EV_TICK, .rts = nine + MS_HOUR});
    whatif_finish(w);
}

static const uint64_t *counts(const char *name, enum whatif_side side)
{
    for (uint32_t i = 0; i < w->tallies; i++)
        if (strcmp(w->tally[i].name, name) == 0)
            return w->tally[i].n[side];
    cr_assert(false, "no %s", name);
    return NULL;
}

static void counted(const char *name, enum whatif_side side, const uint64_t want[WHATIF_COUNTS])
{
    for (int i = 0; i < WHATIF_COUNTS; i++)
        cr_assert_eq(counts(name, side)[i], want[i], "%s, side %d, count %d: %lu", name, (int)side,
                     i, counts(name, side)[i]);
}

Test(whatif, counts_and_differences)
{
    day();
    cr_assert_eq(w->tallies, 2);
    cr_assert_eq(w->tally[0].kind, ALERT_SLA); /* policies first */
    counted("gold", WHATIF_WAS, (const uint64_t[]){1, 1, 1, 0, 0});
    /* T2, T3 and, until its reply came in, T4 */
    counted("gold", WHATIF_WOULD, (const uint64_t[]){3, 3, 2, 1, 0});
    counted("many", WHATIF_WAS, (const uint64_t[]){1, 1, 0, 0, 0});
    counted("many", WHATIF_WOULD, (const uint64_t[]){1, 1, 0, 0, 0});
    cr_assert_eq(w->differing, 1);
    cr_assert_eq(w->tickets, 1);
    cr_assert_str_eq(w->breach[0].ticket, "T2");
    cr_assert(!w->breach[0].breached[WHATIF_WAS]);
    cr_assert(w->breach[0].breached[WHATIF_WOULD]);
    cr_assert_eq(w->breach[0].breach_at[WHATIF_WOULD], nine + 10 * MS_MINUTE);
}

Test(whatif, for_programs)
{
    day();
    whatif_print_json(w, NULL, out);
    fclose(out);
    char id[20];
    const char *at = strstr(text, "\"alert_id\":\"");
    cr_assert_not_null(at);
    memcpy(id, at + 12, 16);
    id[16] = '\0';
    char want[4096];
    snprintf(
        want, sizeof want,
        "{\"differs\":\"alerts\",\"policy\":\"gold\",\"metric\":\"first_response\",\"against\":"
        "{\"fired\":1,\"breached\":1,\"cleared\":1,\"corrected\":0,\"cancelled\":0},\"config\":"
        "{\"fired\":3,\"breached\":3,\"cleared\":2,\"corrected\":1,\"cancelled\":0}}\n"
        "{\"differs\":\"breach\",\"alert_id\":\"%s\",\"ticket\":\"T2\","
        "\"metric\":\"first_response\",\"instance\":1,\"against\":{\"breached\":false},\"config\":"
        "{\"breached\":true,\"policy\":\"gold\",\"breach_at\":1770369000000}}\n"
        "{\"differs\":\"indicator\",\"scope\":\"all\",\"name\":\"-\",\"window\":\"24h\","
        "\"indicator\":\"first_response\",\"against\":{\"met\":4,\"missed\":1,\"attainment\":0.8},"
        "\"config\":{\"met\":3,\"missed\":2,\"attainment\":0.6}}\n"
        "{\"differs\":\"indicator\",\"scope\":\"team\",\"name\":\"billing\",\"window\":\"24h\","
        "\"indicator\":\"first_response\",\"against\":{\"met\":4,\"missed\":1,\"attainment\":0.8},"
        "\"config\":{\"met\":3,\"missed\":2,\"attainment\":0.6}}\n"
        "{\"summary\":{\"events\":10,\"breaches_differ\":1,\"tickets_differ\":1,\"alerts_equal\":1,"
        "\"against\":"
        "{\"fired\":2,\"breached\":2,\"cleared\":1,\"corrected\":0,\"cancelled\":0},\"config\":"
        "{\"fired\":4,\"breached\":4,\"cleared\":2,\"corrected\":1,\"cancelled\":0}}}\n",
        id);
    cr_assert_str_eq(text, want);
}

Test(whatif, for_people)
{
    day();
    setenv("TZ", "UTC", 1);
    tzset();
    setlocale(LC_CTYPE, "C.UTF-8");
    whatif_print_tables(w, NULL, out);
    fclose(out);
    cr_assert_not_null(
        strstr(text, "gold          first response  1 → 3    1 → 3    1 → 2      0 → 1"));
    cr_assert_not_null(strstr(text, "breaches that differ: 1, of 1 tickets"));
    cr_assert_not_null(
        strstr(text, "T2      first response  1  in time  2026-02-06 09:10:00 gold"));
    cr_assert_not_null(strstr(text, "· 24h\n"), "the longest window of both");
    cr_assert_not_null(strstr(text, "80.0% → 60.0%"));
}

Test(whatif, nothing_told_nothing_different)
{
    whatif_finish(w);
    cr_assert_eq(w->differing, 0);
    whatif_print_json(w, NULL, out);
    whatif_print_tables(w, NULL, out);
    fclose(out);
    cr_assert_not_null(strstr(text, "{\"summary\":{\"events\":0,\"breaches_differ\":0,"));
    cr_assert_not_null(strstr(text, "no alerts under either configuration"));
}

/* More breaches than the first tables hold, and more tallies. */
Test(whatif, many)
{
    char ticket[16];
    for (int i = 0; i < 900; i++) {
        snprintf(ticket, sizeof ticket, "T%03d", i);
        tell(EV_OPENED, ticket, 0);
    }
    whatif_step(w, &(struct event){.kind = EV_TICK, .rts = nine + 11 * MS_MINUTE});
    whatif_finish(w);
    cr_assert_eq(w->differing, 900);
    cr_assert_eq(w->tickets, 900);
    for (int i = 0; i < 900; i++) {
        snprintf(ticket, sizeof ticket, "T%03d", i);
        cr_assert_str_eq(w->breach[i].ticket, ticket);
    }
    whatif_print_tables(w, NULL, out);
    fclose(out);
    cr_assert_not_null(strstr(text, "… and 890 more"));
}

/* test_clocks: explanations, worklists and comparisons as people see them; sums that do not fit. */
#include "daemon/cli/clocks.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "proto/answer.h"

static const ms_t nine = 1770368400000; /* 2026-02-06T09:00:00Z */

static struct clocks c;
static struct node nodes[8192];
static char bytes[ANSWER_BYTES_MAX];
static struct explanation x;
static struct worklist list;
static char *text;
static size_t text_n;
static FILE *out;

static void set_up(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    setlocale(LC_CTYPE, "C.UTF-8");
    out = open_memstream(&text, &text_n);
    clocks_begin(&c, out);
}

static void tear_down(void)
{
    free(text);
}

TestSuite(clocks, .init = set_up, .fini = tear_down);

static void take(struct emitter *em)
{
    struct message m;
    int n = emit_finish(em);
    cr_assert_gt(n, 0);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, (size_t)n), 0);
    clocks_take(&c, &m, m.node);
}

static void start(struct emitter *em)
{
    emit_start(em, SINK_MSGPACK, bytes, sizeof bytes);
}

static void take_explanation(void)
{
    struct emitter em;
    start(&em);
    answer_explained(&em, NULL, &x);
    take(&em);
    for (uint32_t from = 0; from < x.items;) {
        start(&em);
        from += answer_items(&em, NULL, &x, from);
        take(&em);
    }
}

static void explain(void)
{
    x = (struct explanation){.ticket = str_of("T-1"),
                             .open = true,
                             .agent = str_of("bob"),
                             .team = str_of("billing"),
                             .opened = nine,
                             .ended = MS_NONE,
                             .now = nine + 65 * MS_MINUTE,
                             .clocks = 1,
                             .items = 4};
    x.clock[0] = (struct explain_clock){.metric = SLA_FIRST_RESPONSE,
                                        .state = CLOCK_BREACHED,
                                        .instance = 1,
                                        .start = nine,
                                        .ended = MS_NONE,
                                        .policy = str_of("gold"),
                                        .calendar = str_of("office"),
                                        .target = MS_HOUR,
                                        .elapsed = 65 * MS_MINUTE,
                                        .due_at = nine + MS_HOUR,
                                        .breach_at = nine + MS_HOUR};
    x.item[0] = (struct explain_item){.kind = EXPLAIN_INTERVAL,
                                      .metric = SLA_FIRST_RESPONSE,
                                      .instance = 1,
                                      .from = nine,
                                      .to = nine + 55 * MS_MINUTE,
                                      .counted = 55 * MS_MINUTE,
                                      .agent = str_of("ada"),
                                      .team = str_of("billing"),
                                      .policy = str_of("gold"),
                                      .calendar = str_of("office")};
    x.item[1] = x.item[0];
    x.item[1].from = x.item[0].to;
    x.item[1].to = MS_NONE;
    x.item[1].counted = 10 * MS_MINUTE;
    x.item[1].agent = str_of("bob");
    x.item[2] = (struct explain_item){.kind = EXPLAIN_BREACH,
                                      .metric = SLA_FIRST_RESPONSE,
                                      .instance = 1,
                                      .from = nine + MS_HOUR,
                                      .to = MS_NONE};
    x.item[3] = (struct explain_item){.kind = EXPLAIN_PAUSE,
                                      .metric = SLA_RESOLUTION,
                                      .instance = 1,
                                      .from = nine,
                                      .to = nine + MS_MINUTE};
}

Test(clocks, an_explanation)
{
    explain();
    take_explanation();
    cr_assert(clocks_end(&c));
    fclose(out);
    cr_assert_str_eq(
        text,
        "T-1 · open · bob · billing\n"
        "metric          #  state    target  elapsed  left                start                  "
        "due               breach  policy · calendar\n"
        "first response  1  overdue      1h    1h 5m   -5m  2026-02-06 09:00:00  "
        "2026-02-06 10:00:00  2026-02-06 10:00:00  gold · office\n"
        "\n"
        "from                 to                   what     metric          #  counted  owner     "
        "     policy · calendar\n"
        "2026-02-06 09:00:00  2026-02-06 09:55:00  counted  first response  1      55m  "
        "ada (billing)  gold · office\n"
        "2026-02-06 09:55:00  now                  counted  first response  1      10m  "
        "bob (billing)  gold · office\n"
        "2026-02-06 10:00:00  ·                    overdue  first response  1        ·  ·         "
        "     ·\n"
        "2026-02-06 09:00:00  2026-02-06 09:01:00  paused   resolution      1        ·  ·         "
        "     ·\n");
}

Test(clocks, sums_that_do_not_fit_are_told)
{
    explain();
    x.item[1].counted = 9 * MS_MINUTE;
    take_explanation();
    cr_assert(!clocks_end(&c));
    fclose(out);
    cr_assert_not_null(strstr(text, "first response: the intervals add up to 3840000 ms, the clock "
                                    "says 3900000 ms\n"));
}

Test(clocks, sums_of_a_part_are_not_checked)
{
    explain();
    x.items = 1;
    x.items_left_out = 3;
    take_explanation();
    cr_assert(clocks_end(&c));
    fclose(out);
}

Test(clocks, a_ticket_without_clocks)
{
    words_use(LANG_ZH);
    x = (struct explanation){.ticket = str_of("T-2"), .merged = true, .into = str_of("T-1")};
    take_explanation();
    cr_assert(clocks_end(&c));
    fclose(out);
    cr_assert_str_eq(text, "T-2 · 已合并到 T-1\n没有策略为此工单计时\n");
}

static void take_list(void)
{
    struct emitter em;
    start(&em);
    answer_worklist(&em, NULL, &list, nine);
    take(&em);
    for (uint32_t from = 0; from < list.works;) {
        start(&em);
        from += answer_works(&em, NULL, &list, from);
        take(&em);
    }
}

Test(clocks, a_worklist)
{
    list = (struct worklist){.works = 2, .running = 1, .paused = 1, .due_60m = 1};
    list.work[0] = (struct work){.ticket = str_of("T-1"),
                                 .agent = str_of("bob"),
                                 .priority = str_of("high"),
                                 .policy = str_of("gold"),
                                 .metric = SLA_NEXT_RESPONSE,
                                 .state = CLOCK_WARNED,
                                 .remaining = 5 * MS_MINUTE,
                                 .due_at = nine,
                                 .breach_at = nine};
    list.work[1] = (struct work){.ticket = str_of("T-2"),
                                 .metric = SLA_RESOLUTION,
                                 .state = CLOCK_PAUSED,
                                 .remaining = MS_HOUR,
                                 .due_at = MS_NEVER,
                                 .breach_at = MS_NEVER};
    take_list();
    cr_assert(clocks_end(&c));
    fclose(out);
    cr_assert_str_eq(
        text, "running 1 · paused 1 · overdue 0 · due in 15m 0 · in 30m 0 · in 60m 1\n"
              "\n"
              "ticket  metric         state   left                  due  owner  priority  "
              "policy · calendar\n"
              "T-1     next response  warned    5m  2026-02-06 09:00:00  bob    high      gold\n"
              "T-2     resolution     paused    1h                    ·  ·      ·         ·\n");
}

/* Several pages, as many clocks as are ever listed: said so. */
Test(clocks, a_full_worklist)
{
    list = (struct worklist){.works = WORKLIST_MAX};
    for (uint32_t i = 0; i < WORKLIST_MAX; i++)
        list.work[i] = (struct work){.ticket = str_of("T"), .state = CLOCK_RUNNING};
    take_list();
    cr_assert(clocks_end(&c));
    fclose(out);
    cr_assert_not_null(strstr(text, "only the first 200 are listed\n"));
    uint32_t lines = 0;
    for (const char *p = text; *p != '\0'; p++)
        lines += *p == '\n';
    cr_assert_eq(lines, WORKLIST_MAX + 4);
}

static bool take_change(const char *const *fixed, uint32_t n)
{
    struct emitter em;
    const struct sla_change change = {.tickets = 12, .changed = 5, .breaches = 2};
    start(&em);
    answer_change(&em, NULL, &change, fixed, n);
    take(&em);
    bool fine = clocks_end(&c);
    fclose(out);
    return fine;
}

Test(clocks, a_comparison)
{
    cr_assert(take_change(NULL, 0));
    cr_assert_str_eq(text, "open tickets                             12\n"
                           "with another target, calendar or policy   5\n"
                           "clocks that would begin                   0\n"
                           "clocks that would be cancelled            0\n"
                           "clocks that would breach at once          2\n"
                           "breaches that would be taken back         0\n");
}

Test(clocks, a_comparison_of_what_cannot_be_reloaded)
{
    cr_assert(!take_change((const char *const[]){"windows"}, 1));
    cr_assert_not_null(strstr(text, "windows cannot change by a reload: it needs a restart\n"));
}

/* Nothing that comes in another order, or from another daemon, can harm. */
Test(clocks, pages_without_a_beginning_are_left_out)
{
    struct emitter em;
    explain();
    start(&em);
    answer_items(&em, NULL, &x, 0);
    take(&em);
    start(&em);
    emit_map(&em, NULL);
    emit_int(&em, "clocks", 5);
    emit_end(&em);
    take(&em);
    cr_assert(clocks_end(&c));
    fclose(out);
}

/* test_answer: explanations, worklists and comparisons word by word, the largest ones, pages. */
#include "proto/answer.h"

#include <criterion/criterion.h>

#include "proto/encode.h"
#include "proto/message.h"

static struct explanation x;
static struct worklist w;
static char json[ANSWER_BYTES_MAX], msgpack[ANSWER_BYTES_MAX], text[ANSWER_BYTES_MAX];
static struct node nodes[4096];

/* Finishes both, compares them with each other, and ends with the JSON. */
static const char *both(struct emitter *as_json, struct emitter *as_msgpack)
{
    int n = emit_finish(as_json), m = emit_finish(as_msgpack);
    cr_assert_gt(n, 0);
    cr_assert_gt(m, 0);
    json[n] = '\0';
    int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), msgpack, (size_t)m);
    cr_assert_eq(len, n);
    cr_assert_eq(memcmp(text, json, (size_t)n), 0, "%.*s", len, text);
    return json;
}

#define SAY(...)                                                                                   \
    do {                                                                                           \
        struct emitter em_json, em_msgpack, *em = &em_json;                                        \
        emit_start(em, SINK_JSON, json, sizeof json - 1);                                          \
        __VA_ARGS__;                                                                               \
        em = &em_msgpack;                                                                          \
        emit_start(em, SINK_MSGPACK, msgpack, sizeof msgpack);                                     \
        __VA_ARGS__;                                                                               \
        both(&em_json, &em_msgpack);                                                               \
    } while (0)

Test(answer, explained)
{
    x = (struct explanation){
        .ticket = str_of("T-1"),
        .open = true,
        .agent = str_of("bob"),
        .priority = str_of("high"),
        .opened = 1000,
        .ended = MS_NONE,
        .now = 9000,
        .clocks = 2,
    };
    x.clock[0] = (struct explain_clock){.metric = SLA_FIRST_RESPONSE,
                                        .state = CLOCK_MET_LATE,
                                        .cause = CAUSE_RETARGET,
                                        .instance = 1,
                                        .start = 1000,
                                        .ended = 6000,
                                        .policy = str_of("gold"),
                                        .calendar = str_of("office"),
                                        .target = 4000,
                                        .elapsed = 5000,
                                        .due_at = 5000,
                                        .breach_at = 5001,
                                        .alert_id = 0xabc};
    x.clock[1] = (struct explain_clock){.metric = SLA_RESOLUTION,
                                        .state = CLOCK_PAUSED,
                                        .instance = 2,
                                        .start = 1000,
                                        .ended = MS_NONE,
                                        .target = 60000,
                                        .elapsed = 8000,
                                        .due_at = MS_NEVER,
                                        .breach_at = MS_NEVER};
    SAY(answer_explained(em, NULL, &x));
    cr_assert_str_eq(
        json, "{\"at\":9000,\"ticket\":\"T-1\",\"open\":true,\"agent\":\"bob\","
              "\"priority\":\"high\",\"opened_at\":1000,\"clocks\":[{\"metric\":\"first_response\","
              "\"instance\":1,\"state\":\"met_late\",\"cause\":\"retarget\",\"policy\":\"gold\","
              "\"calendar\":\"office\",\"start\":1000,\"ended_at\":6000,\"target_ms\":4000,"
              "\"elapsed_ms\":5000,\"remaining_ms\":-1000,\"due_at\":5000,\"breach_at\":5001,"
              "\"alert_id\":\"0000000000000abc\"},{\"metric\":\"resolution\",\"instance\":2,"
              "\"state\":\"paused\",\"start\":1000,\"target_ms\":60000,\"elapsed_ms\":8000,"
              "\"remaining_ms\":52000}]}");
    x.open = false;
    x.merged = x.folded = true;
    x.into = str_of("T-2");
    x.ended = 7000;
    x.items_left_out = 3;
    x.clocks = 0;
    x.opened = MS_NONE;
    x.team = str_of("billing");
    x.channel = str_of("mail");
    x.category = str_of("refund");
    SAY(answer_explained(em, NULL, &x));
    cr_assert_str_eq(json, "{\"at\":9000,\"ticket\":\"T-1\",\"open\":false,\"into\":\"T-2\","
                           "\"agent\":\"bob\",\"team\":\"billing\",\"priority\":\"high\","
                           "\"channel\":\"mail\",\"category\":\"refund\",\"ended_at\":7000,"
                           "\"folded\":true,\"items_left_out\":3,\"clocks\":[]}");
}

Test(answer, items)
{
    x = (struct explanation){.now = 9000, .items = 5};
    x.item[0] = (struct explain_item){.kind = EXPLAIN_INTERVAL,
                                      .metric = SLA_FIRST_RESPONSE,
                                      .instance = 1,
                                      .from = 1000,
                                      .to = 4000,
                                      .counted = 2500,
                                      .agent = str_of("ada"),
                                      .team = str_of("billing"),
                                      .policy = str_of("gold"),
                                      .calendar = str_of("office")};
    x.item[1] = (struct explain_item){.kind = EXPLAIN_INTERVAL, .from = 4000, .to = MS_NONE};
    x.item[2] = (struct explain_item){.kind = EXPLAIN_PAUSE, .from = 4000, .to = 5000};
    x.item[3] = (struct explain_item){.kind = EXPLAIN_RETARGET, .from = 5000, .counted = 7};
    x.item[4] = (struct explain_item){.kind = EXPLAIN_BREACH, .from = 6000, .to = MS_NONE};
    SAY(cr_assert_eq(answer_items(em, NULL, &x, 0), 5));
    cr_assert_str_eq(
        json, "{\"items\":[{\"kind\":\"interval\",\"metric\":\"first_response\",\"instance\":1,"
              "\"from\":1000,\"to\":4000,\"counted_ms\":2500,\"agent\":\"ada\","
              "\"team\":\"billing\",\"policy\":\"gold\",\"calendar\":\"office\"},"
              "{\"kind\":\"interval\",\"metric\":\"first_response\",\"instance\":0,\"from\":4000,"
              "\"to\":9000,\"goes_on\":true,\"counted_ms\":0},"
              "{\"kind\":\"pause\",\"metric\":\"first_response\",\"instance\":0,\"from\":4000,"
              "\"to\":5000},{\"kind\":\"retarget\",\"metric\":\"first_response\",\"instance\":0,"
              "\"at\":5000,\"target_ms\":7},{\"kind\":\"breach\",\"metric\":\"first_response\","
              "\"instance\":0,\"at\":6000}]}");
    x.items = 2 * ANSWER_PAGE + 1;
    SAY(cr_assert_eq(answer_items(em, NULL, &x, ANSWER_PAGE), ANSWER_PAGE));
    SAY(cr_assert_eq(answer_items(em, NULL, &x, 2 * ANSWER_PAGE), 1));
    SAY(cr_assert_eq(answer_items(em, NULL, &x, x.items), 0));
    cr_assert_str_eq(json, "{\"items\":[]}");
}

Test(answer, works)
{
    w = (struct worklist){.works = 2,
                          .running = 3,
                          .paused = 1,
                          .breached = 2,
                          .due_15m = 4,
                          .due_30m = 5,
                          .due_60m = 6};
    SAY(answer_worklist(em, NULL, &w, 9000));
    cr_assert_str_eq(json, "{\"at\":9000,\"running\":3,\"paused\":1,\"breached\":2,"
                           "\"due\":{\"15m\":4,\"30m\":5,\"60m\":6},\"listed\":2}");
    w.work[0] = (struct work){.ticket = str_of("T-1"),
                              .agent = str_of("bob"),
                              .team = str_of("billing"),
                              .priority = str_of("high"),
                              .policy = str_of("gold"),
                              .metric = SLA_NEXT_RESPONSE,
                              .state = CLOCK_BREACHED,
                              .remaining = -5,
                              .due_at = 10,
                              .breach_at = 11};
    w.work[1] = (struct work){.ticket = str_of("T-2"),
                              .state = CLOCK_PAUSED,
                              .remaining = 50,
                              .due_at = MS_NEVER,
                              .breach_at = MS_NEVER};
    SAY(cr_assert_eq(answer_works(em, NULL, &w, 0), 2));
    cr_assert_str_eq(
        json, "{\"works\":[{\"ticket\":\"T-1\",\"metric\":\"next_response\",\"state\":\"breached\","
              "\"remaining_ms\":-5,\"due_at\":10,\"breach_at\":11,\"agent\":\"bob\","
              "\"team\":\"billing\",\"priority\":\"high\",\"policy\":\"gold\"},{\"ticket\":\"T-2\","
              "\"metric\":\"first_response\",\"state\":\"paused\",\"remaining_ms\":50}]}");
    SAY(cr_assert_eq(answer_works(em, NULL, &w, 2), 0));
}

Test(answer, change)
{
    const struct sla_change change = {
        .tickets = 9, .changed = 5, .gained = 4, .cancelled = 3, .breaches = 2, .forgiven = 1};
    const char *const fixed[] = {"windows", "limits.calls"};
    SAY(answer_change(em, NULL, &change, fixed, 2));
    cr_assert_str_eq(json, "{\"tickets\":9,\"changed\":5,\"gained\":4,\"cancelled\":3,"
                           "\"breaches\":2,\"forgiven\":1,\"fixed\":[\"windows\","
                           "\"limits.calls\"]}");
    SAY(answer_change(em, NULL, &change, NULL, 0));
    cr_assert_not_null(strstr(json, "\"fixed\":[]"));
}

/* With the longest names, each byte of them escaped; and readers have nodes enough. */
Test(answer, the_largest_pages_fit)
{
    char name[NAME_BYTES_MAX];
    memset(name, '"', sizeof name);
    const struct str longest = {name, sizeof name};
    x = (struct explanation){.ticket = longest,
                             .merged = true,
                             .into = longest,
                             .agent = longest,
                             .team = longest,
                             .priority = longest,
                             .channel = longest,
                             .category = longest,
                             .opened = MS_MAX_TS,
                             .ended = MS_MAX_TS,
                             .now = MS_MAX_TS,
                             .folded = true,
                             .clocks = EXPLAIN_CLOCKS_MAX,
                             .items = EXPLAIN_ITEMS_MAX,
                             .items_left_out = UINT32_MAX};
    for (uint32_t i = 0; i < EXPLAIN_CLOCKS_MAX; i++)
        x.clock[i] = (struct explain_clock){.metric = SLA_ASSIGNEE_RESPONSE,
                                            .state = CLOCK_CORRECTED,
                                            .cause = CAUSE_CLOSED_WITHOUT_REPLY,
                                            .instance = UINT32_MAX,
                                            .start = MS_MAX_TS,
                                            .ended = MS_MAX_TS,
                                            .policy = longest,
                                            .calendar = longest,
                                            .target = MS_MAX_TS,
                                            .elapsed = MS_MAX_TS,
                                            .due_at = MS_MAX_TS,
                                            .breach_at = MS_MAX_TS,
                                            .alert_id = UINT64_MAX};
    for (uint32_t i = 0; i < EXPLAIN_ITEMS_MAX; i++)
        x.item[i] = (struct explain_item){.kind = EXPLAIN_INTERVAL,
                                          .metric = SLA_ASSIGNEE_RESPONSE,
                                          .instance = UINT32_MAX,
                                          .from = MS_MAX_TS,
                                          .to = MS_NONE,
                                          .counted = MS_MAX_TS,
                                          .agent = longest,
                                          .team = longest,
                                          .policy = longest,
                                          .calendar = longest};
    w.works = WORKLIST_MAX;
    for (uint32_t i = 0; i < WORKLIST_MAX; i++)
        w.work[i] = (struct work){.ticket = longest,
                                  .agent = longest,
                                  .team = longest,
                                  .priority = longest,
                                  .policy = longest,
                                  .metric = SLA_ASSIGNEE_RESPONSE,
                                  .state = CLOCK_BREACHED,
                                  .remaining = -MS_MAX_TS,
                                  .due_at = MS_MAX_TS,
                                  .breach_at = MS_MAX_TS};
    SAY(answer_explained(em, NULL, &x));
    cr_assert_gt(strlen(json), 20000);
    SAY(cr_assert_eq(answer_items(em, NULL, &x, 0), ANSWER_PAGE));
    cr_assert_gt(strlen(json), 20000);
    SAY(cr_assert_eq(answer_works(em, NULL, &w, 0), ANSWER_PAGE));
    cr_assert_gt(strlen(json), 20000);
}

Test(answer, every_kind_has_a_name)
{
    for (int a = 0; a < EXPLAIN_KINDS; a++)
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(explain_kind_name((enum explain_kind)a),
                              explain_kind_name((enum explain_kind)b));
}

/* test_encode: published messages word by word, the same in both sinks, and they fit. */
#include "proto/encode.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/event.h"
#include "core/policy.h"
#include "proto/message.h"

static struct settings settings;
static struct snapshot snapshot;
static char json[SNAPSHOT_BYTES_MAX], msgpack[SNAPSHOT_BYTES_MAX], text[SNAPSHOT_BYTES_MAX];
static struct node nodes[MESSAGE_NODES_MAX];

static const struct envelope envelope = {
    .run = {"r1", 2}, .at = 1770391800000, .stream = STREAM_ALERT, .seq = 7};

static void set_up(void)
{
    settings.windows = 2;
    settings.window[0] = (struct window_setting){.name = "1h", .length = 3600};
    settings.window[1] = (struct window_setting){.name = "today", .kind = WINDOW_TODAY};
    settings.rules = 1;
    settings.rule[0] = (struct rule_setting){
        .id = "slow",
        .indicator = IND_FIRST_RESPONSE,
        .field = IF_P90,
        .scope = SCOPE_TEAM,
        .severity = SEVERITY_CRITICAL,
        .fire = 600000,
    };
}

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

Test(encode, alert, .init = set_up)
{
    struct alert alert = {
        .alert_id = 0x00c0ffee12345678,
        .rev = 1,
        .state = ALERT_BREACHED,
        .at = 1770391800000,
        .since = 1770391799000,
        .ended_at = MS_NONE,
        .value = 750000,
        .has_value = true,
        .n = 12,
        .name = str_of("billing"),
    };
    SAY(encode_alert(em, NULL, &envelope, &settings, &alert, LANG_EN));
    cr_assert_str_eq(
        json, "{\"v\":1,\"run\":\"r1\",\"at\":1770391800000,\"stream\":\"alert\",\"seq\":7,"
              "\"alert_id\":\"00c0ffee12345678\",\"rev\":1,\"state\":\"breached\","
              "\"kind\":\"kpi\",\"severity\":\"critical\",\"rule\":\"slow\","
              "\"metric\":\"first_response\",\"field\":\"p90\",\"window\":\"1h\","
              "\"threshold\":600000,\"scope\":\"team\",\"name\":\"billing\",\"team\":\"billing\","
              "\"since\":1770391799000,\"value\":750000,\"n\":12,"
              "\"text\":\"slow: p90 of first response in 1h is 12m 30s for team billing, "
              "threshold 10m\"}");
}

Test(encode, alert_of_a_trend, .init = set_up)
{
    struct alert alert = {.rev = 1,
                          .state = ALERT_BREACHED,
                          .ended_at = MS_NONE,
                          .value = 250000,
                          .has_value = true,
                          .n = 12,
                          .now = 750000,
                          .before = 600000,
                          .n_before = 9,
                          .name = str_of("billing")};
    settings.rule[0].kind = RULE_TREND;
    settings.rule[0].fire = 200000;
    SAY(encode_alert(em, NULL, NULL, &settings, &alert, LANG_EN));
    cr_assert_not_null(strstr(json, "\"field\":\"p90\",\"trend\":\"relative\",\"window\":\"1h\","
                                    "\"threshold\":0.2,"));
    cr_assert_not_null(strstr(json, "\"value\":0.25,\"n\":12,\"now\":750000,"
                                    "\"before\":600000,\"n_before\":9,\"text\""));
    settings.rule[0].absolute = true;
    settings.rule[0].fire = -60000;
    alert.has_value = false;
    SAY(encode_alert(em, NULL, NULL, &settings, &alert, LANG_EN));
    cr_assert_not_null(strstr(json, "\"trend\":\"absolute\",\"window\":\"1h\",\"threshold\":"
                                    "-60000,"));
    cr_assert_not_null(strstr(json, "\"value\":null,\"n\":12,\"text\""));
}

Test(encode, alert_of_a_score, .init = set_up)
{
    struct alert alert = {.rev = 1,
                          .kind = ALERT_SCORE,
                          .state = ALERT_BREACHED,
                          .ended_at = MS_NONE,
                          .value = 58250000,
                          .has_value = true,
                          .n = 12,
                          .name = str_of("ada")};
    settings.rule[0] = (struct rule_setting){.id = "low",
                                             .kind = RULE_SCORE,
                                             .card = "month",
                                             .scope = SCOPE_AGENT,
                                             .window = 1,
                                             .fire = 59990000};
    SAY(encode_alert(em, NULL, NULL, &settings, &alert, LANG_EN));
    cr_assert_str_eq(
        json, "{\"alert_id\":\"0000000000000000\",\"rev\":1,\"state\":\"breached\","
              "\"kind\":\"score\",\"severity\":\"info\",\"rule\":\"low\","
              "\"metric\":\"score\",\"card\":\"month\",\"window\":\"today\","
              "\"threshold\":59.99,\"scope\":\"agent\",\"name\":\"ada\",\"agent\":\"ada\","
              "\"since\":0,\"value\":58.25,\"n\":12,\"grade\":\"needs_improvement\","
              "\"text\":\"low: score in today on card month is 58.25 (needs improvement) for "
              "agent ada, threshold 59.99\"}");
}

Test(encode, alert_on_a_gauge_without_a_value, .init = set_up)
{
    struct alert alert = {
        .rev = 2,
        .state = ALERT_CLEARED,
        .since = 1770391799000,
        .ended_at = 1770391800000,
        .name = str_of("-"),
    };
    settings.rule[0].indicator = IND_OPEN;
    settings.rule[0].field = IF_VALUE;
    settings.rule[0].scope = SCOPE_ALL;
    settings.rule[0].severity = SEVERITY_INFO;
    settings.rule[0].fire = 2500000;
    settings.rule[0].labels = 1;
    snprintf(settings.rule[0].label[0].key, sizeof settings.rule[0].label[0].key, "page");
    snprintf(settings.rule[0].label[0].value, sizeof settings.rule[0].label[0].value, "ops");
    SAY(encode_alert(em, NULL, NULL, &settings, &alert, LANG_ZH));
    cr_assert_str_eq(json,
                     "{\"alert_id\":\"0000000000000000\",\"rev\":2,\"state\":\"cleared\","
                     "\"kind\":\"kpi\",\"severity\":\"info\",\"rule\":\"slow\",\"metric\":\"open\","
                     "\"field\":\"value\",\"threshold\":2.5,\"labels\":{\"page\":\"ops\"},"
                     "\"scope\":\"all\",\"name\":\"-\",\"since\":1770391799000,"
                     "\"ended_at\":1770391800000,\"value\":null,\"n\":0,"
                     "\"text\":\"slow：已恢复：全部 当前未结工单为 无数据，阈值 2.5\"}");
}

Test(encode, alert_of_a_clock, .init = set_up)
{
    struct alert alert = {
        .alert_id = 1,
        .rev = 2,
        .kind = ALERT_SLA,
        .state = ALERT_BREACHED,
        .rule = UINT8_MAX, /* none is looked at */
        .since = 1770391798000,
        .ended_at = MS_NONE,
        .team = str_of("billing"),
        .agent = str_of("bob"),
        .sla = {.policy = str_of("gold"),
                .calendar = str_of("office"),
                .ticket = str_of("T-1"),
                .priority = str_of("high"),
                .channel = str_of("mail"),
                .category = str_of("refund"),
                .metric = SLA_FIRST_RESPONSE,
                .cause = CAUSE_RETARGET,
                .level = 2,
                .late = true,
                .held = true,
                .instance = 3,
                .target = 3600000,
                .elapsed = 3900000,
                .due_at = 1770391799000,
                .breach_at = 1770391799001,
                .shares = 2,
                .share = {{{"ada", 3}, 3300000}, {{NULL, 0}, 600000}}},
    };
    SAY(encode_alert(em, NULL, &envelope, &settings, &alert, LANG_EN));
    cr_assert_str_eq(
        json, "{\"v\":1,\"run\":\"r1\",\"at\":1770391800000,\"stream\":\"alert\",\"seq\":7,"
              "\"alert_id\":\"0000000000000001\",\"rev\":2,\"state\":\"breached\","
              "\"kind\":\"sla\",\"severity\":\"critical\",\"policy\":\"gold\","
              "\"calendar\":\"office\",\"metric\":\"first_response\",\"ticket\":\"T-1\","
              "\"instance\":3,\"agent\":\"bob\",\"team\":\"billing\",\"priority\":\"high\","
              "\"channel\":\"mail\",\"category\":\"refund\",\"level\":2,\"since\":1770391798000,"
              "\"target_ms\":3600000,\"elapsed_ms\":3900000,\"remaining_ms\":-300000,"
              "\"due_at\":1770391799000,\"breach_at\":1770391799001,\"cause\":\"retarget\","
              "\"late\":true,\"held\":true,\"shares\":{\"ada\":3300000,\"\":600000},"
              "\"text\":\"T-1: first response overdue by 5m: target 1h, "
              "owner bob (ada 55m, nobody 10m); told late, its source was behind\"}");
}

Test(encode, alert_of_a_clock_says_only_what_there_is, .init = set_up)
{
    static const char *const severities[] = {"warning", "critical", "info", "info", "info"};
    struct alert alert = {
        .rev = 1,
        .kind = ALERT_SLA,
        .since = 5,
        .ended_at = MS_NONE,
        .team = str_of("-"),
        .agent = str_of("-"),
        .sla = {.ticket = str_of("T-1"),
                .metric = SLA_RESOLUTION,
                .instance = 1,
                .target = 60000,
                .elapsed = 48000,
                .due_at = MS_NEVER,
                .breach_at = MS_NEVER},
    };
    SAY(encode_alert(em, NULL, NULL, &settings, &alert, LANG_EN));
    cr_assert_str_eq(json, "{\"alert_id\":\"0000000000000000\",\"rev\":1,\"state\":\"warning\","
                           "\"kind\":\"sla\",\"severity\":\"warning\",\"metric\":\"resolution\","
                           "\"ticket\":\"T-1\",\"instance\":1,\"since\":5,\"target_ms\":60000,"
                           "\"elapsed_ms\":48000,\"remaining_ms\":12000,"
                           "\"text\":\"T-1: resolution has 12s left of 1m, owner nobody\"}");
    alert.ended_at = 9;
    for (int state = ALERT_WARNING; state <= ALERT_CANCELLED; state++) {
        char want[64];
        alert.state = (uint8_t)state;
        SAY(encode_alert(em, NULL, NULL, &settings, &alert, LANG_EN));
        snprintf(want, sizeof want, "\"severity\":\"%s\"", severities[state]);
        cr_assert_not_null(strstr(json, want), "%s", json);
        cr_assert_not_null(strstr(json, "\"ended_at\":9"));
    }
}

Test(encode, the_largest_alert_of_a_clock_fits, .init = set_up)
{
    static char alert_json[ALERT_BYTES_MAX];
    char name[NAME_BYTES_MAX];
    memset(name, '"', sizeof name);
    const struct str longest = {name, sizeof name};
    struct alert alert = {.kind = ALERT_SLA,
                          .rev = UINT32_MAX,
                          .since = MS_MAX_TS,
                          .ended_at = MS_MAX_TS,
                          .team = longest,
                          .agent = longest};
    alert.sla = (struct alert_sla){.policy = longest,
                                   .calendar = longest,
                                   .ticket = longest,
                                   .priority = longest,
                                   .channel = longest,
                                   .category = longest,
                                   .metric = SLA_ASSIGNEE_RESPONSE,
                                   .cause = CAUSE_CLOSED_WITHOUT_REPLY,
                                   .late = true,
                                   .held = true,
                                   .instance = UINT32_MAX,
                                   .target = MS_MAX_TS,
                                   .elapsed = MS_MAX_TS,
                                   .due_at = MS_MAX_TS,
                                   .breach_at = MS_MAX_TS,
                                   .shares = ALERT_SHARES};
    for (int i = 0; i < ALERT_SHARES; i++)
        alert.sla.share[i] = (struct alert_share){longest, MS_MAX_TS};
    for (int state = ALERT_WARNING; state <= ALERT_CANCELLED; state++)
        for (int level = 0; level < 2; level++) {
            struct emitter em;
            alert.state = (uint8_t)state;
            alert.sla.level = (uint8_t)level;
            emit_start(&em, SINK_JSON, alert_json, sizeof alert_json);
            encode_alert(&em, NULL, &envelope, &settings, &alert, LANG_ZH);
            cr_assert_gt(emit_finish(&em), 2000);
        }
}

static void fill(struct kpi_value *v, enum indicator i)
{
    *v = (struct kpi_value){
        .indicator = (uint16_t)i,
        .n = 3,
        .sum = 1000,
        .num = -1,
        .den = 3,
        .order = {.n = 3, .min = 100, .max = 600, .q = {300, 600, 600, 600, 600}},
    };
}

Test(encode, snapshot, .init = set_up)
{
    const struct quality quality = {.behind_ms = 5, .gaps = 1, .late_dropped = 2, .skewed = 3};
    snapshot.scope = SCOPE_AGENT;
    snapshot.name = str_of("ada");
    snapshot.title = str_of("Ada L.");
    snapshot.at = 1770391800000;
    snapshot.windows = 2;
    struct kpi_window *w = &snapshot.window[0];
    *w = (struct kpi_window){.window = 1,
                             .from = 1770332400000,
                             .covered_from = 1770391000000,
                             .slot_ms = 60000,
                             .values = 9};
    fill(&w->value[0], IND_FIRST_RESPONSE);
    w->value[0].target = 500;
    w->value[0].met = 2;
    w->value[0].missed = 1;
    w->value[0].strict_missed = 1;
    w->value[1] = (struct kpi_value){.indicator = IND_RESOLUTION, .missed = 2}; /* by policies */
    w->value[2] = (struct kpi_value){.indicator = IND_TALK, .target = 9};
    fill(&w->value[3], IND_FIRST_RESPONSE_B);
    w->value[4] = (struct kpi_value){.indicator = IND_OPENED, .num = 4};
    w->value[5] = (struct kpi_value){.indicator = IND_FCR};
    fill(&w->value[6], IND_CSAT);
    w->value[6].sum = 13000000;
    fill(&w->value[7], IND_NPS);
    w->value[8] = (struct kpi_value){
        .indicator = IND_RETURN_RATE, .num = 2, .den = 5, .pending = 1, .pending_num = 1};
    snapshot.window[1] = (struct kpi_window){.window = 0, .from = 5, .covered_from = 5};
    snapshot.gauge[IND_OPEN - IND_GAUGE_FIRST] = 2;
    snapshot.gauge[IND_OLDEST_OPEN - IND_GAUGE_FIRST] = 90000;
    snapshot.gauge_of[IND_OLDEST_OPEN - IND_GAUGE_FIRST] = str_of("T-1");
    snapshot.gauge[IND_LONGEST_CALL - IND_GAUGE_FIRST] = 7;
    snapshot.gauge_of[IND_LONGEST_CALL - IND_GAUGE_FIRST] = str_of("C-1");
    snapshot.present = true;
    snapshot.presence = PRESENCE_BREAK;
    snapshot.present_since = 1770391799999;
    SAY(encode_snapshot(em, NULL, NULL, &settings, &snapshot, &quality));
    cr_assert_str_eq(
        json,
        "{\"at\":1770391800000,\"scope\":\"agent\",\"name\":\"ada\",\"title\":\"Ada L.\","
        "\"windows\":{\"today\":{\"from\":1770332400000,\"covered_from\":1770391000000,"
        "\"slot_ms\":60000,\"first_response\":{\"n\":3,\"mean\":333.3333333333333,\"min\":100,"
        "\"max\":600,\"p50\":300,\"p75\":600,\"p90\":600,\"p95\":600,\"p99\":600,\"target\":500,"
        "\"met\":2,\"missed\":1,\"attainment\":0.6666666666666666,\"attainment_strict\":0.5,"
        "\"business\":{\"n\":3,\"mean\":333.3333333333333,\"min\":100,\"max\":600,\"p50\":300,"
        "\"p75\":600,\"p90\":600,\"p95\":600,\"p99\":600}},\"resolution\":{\"n\":0,"
        "\"mean\":null,\"min\":null,\"max\":null,\"p50\":null,\"p75\":null,\"p90\":null,"
        "\"p95\":null,\"p99\":null,\"met\":0,\"missed\":2,\"attainment\":0.0,"
        "\"attainment_strict\":0.0},\"talk\":{\"n\":0,\"mean\":null,\"min\":null,\"max\":null,"
        "\"p50\":null,\"p75\":null,\"p90\":null,\"p95\":null,\"p99\":null,\"target\":9,"
        "\"met\":0,\"missed\":0,\"attainment\":null,\"attainment_strict\":null},"
        "\"opened\":{\"num\":4},\"first_contact_resolution\":{\"num\":0,\"den\":0,"
        "\"value\":null,\"pending\":0,\"value_mature\":null},\"csat\":{\"n\":3,\"mean\":4."
        "333333333333333},\"nps\":{\"num\":-1,"
        "\"den\":3,\"value\":-0.3333333333333333},\"return_rate\":{\"num\":2,\"den\":5,"
        "\"value\":0.4,\"pending\":1,\"value_mature\":0.25}},\"1h\":{\"from\":5}},\"now\":{"
        "\"open\":2,"
        "\"unassigned\":0,\"waiting\":0,\"paused\":0,\"at_risk\":0,\"breached_open\":0,"
        "\"oldest_open\":{\"ms\":90000,"
        "\"ticket\":\"T-1\"},\"calls_waiting\":0,\"longest_call_waiting\":{\"ms\":7,"
        "\"call\":\"C-1\"},\"agents_available\":0,\"agents_busy\":0,\"agents_wrap_up\":0,"
        "\"agents_break\":0,\"presence\":{\"state\":\"break\",\"since\":1770391799999}},"
        "\"error\":0.01,\"def_version\":1,\"quality\":{\"behind_ms\":5,"
        "\"gaps\":1,\"late_dropped\":2,\"skewed\":3}}");
}

Test(encode, the_largest_alert_fits, .init = set_up)
{
    static char alert_json[ALERT_BYTES_MAX];
    char name[NAME_BYTES_MAX];
    memset(name, '"', sizeof name);
    struct rule_setting *rule = &settings.rule[0];
    memset(rule->id, '"', NAME_BYTES_MAX);
    rule->labels = RULE_LABELS_MAX;
    rule->fire = INT64_MAX;
    for (uint32_t i = 0; i < RULE_LABELS_MAX; i++) {
        memset(rule->label[i].key, '\\', sizeof rule->label[i].key - 1);
        memset(rule->label[i].value, '\\', NAME_BYTES_MAX);
    }
    struct alert alert = {.name = {name, sizeof name},
                          .part = {name, sizeof name},
                          .value = INT64_MAX,
                          .has_value = true,
                          .n = UINT64_MAX,
                          .rev = UINT32_MAX,
                          .since = MS_MAX_TS,
                          .ended_at = MS_MAX_TS};
    struct emitter em;
    memset(rule->card, '"', NAME_BYTES_MAX);
    for (int kind = RULE_KPI; kind <= RULE_MIX; kind++) {
        rule->kind = (uint8_t)kind;
        alert.now = alert.before = INT64_MAX;
        alert.n_before = UINT64_MAX;
        alert.value = kind == RULE_SCORE ? 100 * NUMBER_ONE : INT64_MAX;
        emit_start(&em, SINK_JSON, alert_json, sizeof alert_json);
        encode_alert(&em, NULL, &envelope, &settings, &alert, LANG_ZH);
        cr_assert_gt(emit_finish(&em), 1000);
    }
}

Test(encode, the_stream_itself)
{
    struct envelope sys = envelope;
    sys.stream = STREAM_SYS;
    SAY(encode_heartbeat(em, NULL, &sys, (const uint64_t[STREAM_N]){5, 6, 8, 7}, false, NULL));
    cr_assert_str_eq(json, "{\"v\":1,\"run\":\"r1\",\"at\":1770391800000,\"stream\":\"sys\","
                           "\"seq\":7,\"last\":{\"alert\":5,\"kpi\":6,\"score\":8}}");
    struct undelivered_list waits = {.n = 0};
    const uint64_t last[STREAM_N] = {0};
    SAY(encode_heartbeat(em, NULL, &sys, last, true, &waits));
    cr_assert_str_eq(json, "{\"v\":1,\"run\":\"r1\",\"at\":1770391800000,\"stream\":\"sys\","
                           "\"seq\":7,\"last\":{\"alert\":0,\"kpi\":0,\"score\":0},"
                           "\"role\":\"standby\"}");
    waits = (struct undelivered_list){2, {{"chat", 255, 3}, {"am", UINT64_MAX, 1}}};
    SAY(encode_heartbeat(em, NULL, &sys, last, false, &waits));
    cr_assert_str_eq(strstr(json, "\"undelivered\""),
                     "\"undelivered\":{\"chat\":{\"alert_id\":\"00000000000000ff\",\"rev\":3},"
                     "\"am\":{\"alert_id\":\"ffffffffffffffff\",\"rev\":1}}}");
    sys.stream = STREAM_KPI;
    SAY(encode_round(em, NULL, &sys, 3, 40, true));
    cr_assert_str_eq(json, "{\"v\":1,\"run\":\"r1\",\"at\":1770391800000,\"stream\":\"kpi\","
                           "\"seq\":7,\"round\":3,\"count\":40,\"full\":true}");
}

static void write_status(struct message *m, const struct status *status)
{
    SAY(encode_status(em, NULL, &envelope, status));
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, msgpack, sizeof msgpack);
    encode_status(&em, NULL, &envelope, status);
    int n = emit_finish(&em);
    cr_assert_eq(message_parse(m, nodes, ARRAY_LEN(nodes), msgpack, (size_t)n), 0);
}

Test(encode, status)
{
    static const struct engine_counters counters = {.events = 9, .refused = 1};
    static const struct engine_use use[] = {{"tickets", 3, 100}, {"agents", 1, 2}};
    struct status status = {.version = str_of("0.1.0"),
                            .started_at = 1,
                            .engine_at = MS_NONE,
                            .messages = 8,
                            .events = 9,
                            .counters = &counters,
                            .use = use,
                            .uses = 2};
    status.rejected[-ERR_BAD_WORD] = 4;
    status.published[STREAM_SYS] = 2;
    status.quality.gaps = 6;
    status.longest_us = 250;
    status.abandoned = 5;
    struct message m;
    int64_t n = 0;
    write_status(&m, &status);
    cr_assert(message_int(&m, "rejected.bad_word", &n) && n == 4);
    cr_assert(message_int(&m, "published.sys", &n) && n == 2);
    cr_assert(message_int(&m, "engine.refused", &n) && n == 1);
    cr_assert(message_int(&m, "limits.agents.limit", &n) && n == 2);
    cr_assert(message_int(&m, "quality.gaps", &n) && n == 6);
    cr_assert(message_int(&m, "loop.longest_us", &n) && n == 250);
    cr_assert(message_int(&m, "queries.abandoned", &n) && n == 5);
    cr_assert_eq(message_find(&m, "engine_at")->v.kind, VALUE_NIL);
    status.engine_at = 1770391800000;
    write_status(&m, &status);
    cr_assert(message_int(&m, "engine_at", &n) && n == 1770391800000);
}

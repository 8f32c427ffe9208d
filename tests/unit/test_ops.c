/* ops: every row has words in both languages, and a sentence says name, value and why. */
#include "proto/ops.h"

#include "proto/encode.h"
#include "proto/message.h"
#include "proto/topic.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct alert alert_of(enum ops_kind what, enum alert_state state)
{
    return (struct alert){.alert_id = 0xabc,
                          .rev = 1,
                          .kind = ALERT_OPS,
                          .state = (uint8_t)state,
                          .rule = (uint8_t)what,
                          .since = 1000,
                          .ended_at = MS_NONE,
                          .value = 65000,
                          .has_value = true,
                          .name = str_of("crm"),
                          .team = str_of("-"),
                          .agent = str_of("-"),
                          .detail = str_of("why it is so")};
}

Test(ops, rows_are_told_apart)
{
    for (enum ops_kind a = 0; a < OPS_N; a++) {
        const char *scope = ops_scope(a);
        cr_assert(strcmp(scope, "source") == 0 || strcmp(scope, "daemon") == 0 ||
                  strcmp(scope, "limit") == 0 || strcmp(scope, "receiver") == 0);
        cr_assert_gt(ops_severity(a), SEVERITY_INFO);
        for (enum ops_kind b = 0; b < a; b++)
            cr_assert_str_neq(ops_name(a), ops_name(b));
    }
    cr_assert_str_eq(ops_name(OPS_SILENT), "silent");
    cr_assert_eq(ops_severity(OPS_DISK), SEVERITY_CRITICAL);
    cr_assert(ops_is_ms(OPS_LAG) && !ops_is_ms(OPS_GAP));
}

Test(ops, a_sentence_says_who_how_much_and_why)
{
    static const struct {
        enum ops_kind what;
        enum alert_state state;
        const char *en, *zh;
    } cases[] = {
        {OPS_GAP, ALERT_BREACHED, "source crm: 65000 events did not come (gaps in seq)",
         "来源 crm：缺少 65000 个事件（seq 有缺口）"},
        {OPS_SILENT, ALERT_BREACHED, "source crm: nothing heard for 1m 5s",
         "来源 crm：已 1分5秒 没有任何消息"},
        {OPS_LAG, ALERT_CLEARED, "cleared: source crm is on time again",
         "已恢复：来源 crm 不再滞后"},
        {OPS_CHECKPOINT, ALERT_BREACHED, "no checkpoint could be written for 1m 5s: why it is so",
         "已 1分5秒 无法写入检查点：why it is so"},
        {OPS_RECEIVER, ALERT_BREACHED,
         "receiver crm: nothing could be delivered for 1m 5s: why it is so; alerts wait for it",
         "接收端 crm：已 1分5秒 无法送达：why it is so；告警在排队等待"},
        {OPS_LAG, ALERT_CANCELLED, "cancelled, we stop: source crm: its events come 1m 5s late",
         "已取消（停机）：来源 crm：事件滞后 1分5秒"},
    };
    char buf[PHRASE_MAX];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct alert a = alert_of(cases[i].what, cases[i].state);
        cr_assert_str_eq(ops_phrase(buf, &a, LANG_EN), cases[i].en);
        cr_assert_str_eq(ops_phrase(buf, &a, LANG_ZH), cases[i].zh);
    }
    for (enum ops_kind k = 0; k < OPS_N; k++)
        for (int state = ALERT_BREACHED; state <= ALERT_CANCELLED; state++)
            for (enum lang lang = LANG_EN; lang <= LANG_ZH; lang++) {
                struct alert a = alert_of(k, (enum alert_state)state);
                ops_phrase(buf, &a, lang);
                cr_assert(strlen(buf) > 5 && strchr(buf, '@') == NULL, "%s", buf);
            }
}

Test(ops, the_longest_texts_fit)
{
    char name[NAME_BYTES_MAX], detail[600], buf[PHRASE_MAX];
    memset(name, 'n', sizeof name);
    memset(detail, 'd', sizeof detail);
    for (enum ops_kind k = 0; k < OPS_N; k++) {
        struct alert a = alert_of(k, ALERT_BREACHED);
        a.name = (struct str){name, sizeof name};
        a.detail = (struct str){detail, sizeof detail};
        a.value = INT64_MAX;
        cr_assert_lt(strlen(ops_phrase(buf, &a, LANG_EN)), PHRASE_MAX);
        cr_assert_lt(strlen(ops_phrase(buf, &a, LANG_ZH)), PHRASE_MAX);
    }
}

Test(ops, as_a_message)
{
    static const struct settings settings;
    struct envelope env = {.stream = STREAM_ALERT, .seq = 1, .run = str_of("r")};
    struct alert a = alert_of(OPS_SILENT, ALERT_BREACHED);
    struct emitter em;
    struct topic topic;
    char buf[4096], text[PHRASE_MAX];
    struct node nodes[64];
    struct message m;
    int64_t value;
    emit_start(&em, SINK_MSGPACK, buf, sizeof buf);
    encode_alert(&em, NULL, &env, &settings, &a, LANG_EN);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), buf, (size_t)n), 0);
    cr_assert(str_equal(message_text(&m, "kind"), str_of("ops")));
    cr_assert(str_equal(message_text(&m, "metric"), str_of("silent")));
    cr_assert(str_equal(message_text(&m, "scope"), str_of("source")));
    cr_assert(str_equal(message_text(&m, "name"), str_of("crm")));
    cr_assert(str_equal(message_text(&m, "severity"), str_of("critical")));
    cr_assert(str_equal(message_text(&m, "detail"), str_of("why it is so")));
    cr_assert(message_int(&m, "value", &value) && value == 65000);
    cr_assert(message_int(&m, "since", &value) && value == 1000);
    cr_assert_not(message_int(&m, "ended_at", &value));
    cr_assert(str_equal(message_text(&m, "text"), str_of(ops_phrase(text, &a, LANG_EN))));
    topic_alert(&topic, &settings, &a);
    cr_assert(str_equal(topic_str(&topic), str_of("alert.ops.breached.-.-.")));
}

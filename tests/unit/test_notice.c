/* Published alerts as Alertmanager wants them. */
#include "daemon/notice.h"

#include "core/err.h"

#include <criterion/criterion.h>

static char bytes[4096], text[NOTICE_BYTES_MAX];
static struct node nodes[256];
static struct emitter em;
static struct message m;

static void begin(void)
{
    emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
    emit_map(&em, NULL);
}

static void end(void)
{
    emit_end(&em);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, (size_t)n), 0);
}

static const char *labels(void)
{
    int n = notice_labels(&m, text, sizeof text - 1);
    cr_assert_gt(n, 0);
    text[n] = 0;
    return text;
}

Test(notice, a_breach_of_a_clock)
{
    struct notice got;
    begin();
    emit_text(&em, "alert_id", "00000000000000aa");
    emit_text(&em, "state", "breached");
    emit_text(&em, "kind", "sla");
    emit_text(&em, "severity", "critical");
    emit_text(&em, "policy", "gold");
    emit_text(&em, "metric", "first_response");
    emit_text(&em, "ticket", "T\"1");
    emit_int(&em, "instance", 2);
    emit_text(&em, "team", "billing");
    emit_int(&em, "since", 1770395400250);
    emit_int(&em, "breach_at", 1770395400001);
    emit_text(&em, "text", "too late");
    end();
    cr_assert(notice_read(&m, &got));
    cr_assert(got.active);
    cr_assert(str_equal(got.id, str_of("00000000000000aa")));
    cr_assert_str_eq(labels(), "{\"alertname\":\"sla_first_response\","
                               "\"alert_id\":\"00000000000000aa\",\"kind\":\"sla\","
                               "\"policy\":\"gold\",\"metric\":\"first_response\","
                               "\"ticket\":\"T\\\"1\",\"severity\":\"critical\","
                               "\"team\":\"billing\",\"instance_number\":\"2\"}");
    int n = notice_rest(&m, text, sizeof text - 1);
    cr_assert_gt(n, 0);
    text[n] = 0;
    cr_assert_str_eq(text, "\"annotations\":{\"summary\":\"too late\","
                           "\"breach_at\":\"2026-02-06T16:30:00.001Z\"},"
                           "\"startsAt\":\"2026-02-06T16:30:00.250Z\"");
    cr_assert_eq(notice_labels(&m, text, 40), ERR_NO_ROOM);
}

Test(notice, labels_of_a_rule_become_names)
{
    struct notice got;
    begin();
    emit_text(&em, "alert_id", "01");
    emit_text(&em, "state", "cleared");
    emit_text(&em, "kind", "kpi");
    emit_text(&em, "rule", "queue");
    emit_text(&em, "part", "refund");
    emit_int(&em, "ended_at", 5);
    emit_map(&em, "labels");
    emit_text(&em, "run-book", "wiki");
    emit_text(&em, "1st", "a");
    emit_text(&em, "severity", "mine");
    emit_text(&em, "empty", "");
    emit_end(&em);
    end();
    cr_assert(notice_read(&m, &got));
    cr_assert_not(got.active);
    cr_assert_eq(got.ends, 5);
    cr_assert_str_eq(labels(),
                     "{\"alertname\":\"queue\",\"alert_id\":\"01\",\"kind\":\"kpi\","
                     "\"rule\":\"queue\",\"part\":\"refund\",\"run_book\":\"wiki\",\"_st\":\"a\"}");
}

Test(notice, what_is_no_alert)
{
    struct notice got;
    begin();
    emit_int(&em, "at", 5);
    end();
    cr_assert_not(notice_read(&m, &got));
}

Test(notice, times)
{
    char time[NOTICE_TIME_MAX];
    cr_assert_str_eq(notice_time(time, 0), "1970-01-01T00:00:00.000Z");
    cr_assert_str_eq(notice_time(time, 1770395400250), "2026-02-06T16:30:00.250Z");
    cr_assert_str_eq(notice_time(time, -1), "1969-12-31T23:59:59.999Z");
}

/* What `top` keeps: newest snapshots only, sorting, and which alerts are active. */
#include "daemon/cli/rows.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct node nodes[256];
static char bytes[2048];
static struct rows rows;

static struct message parsed(struct emitter *em)
{
    struct message m;
    int n = emit_finish(em);
    cr_assert_gt(n, 0);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, (size_t)n), 0);
    return m;
}

/* open < 0: without the number. */
static void snapshot(const char *scope, const char *name, uint64_t seq, int64_t open)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, bytes, sizeof(bytes));
    emit_map(&em, NULL);
    emit_uint(&em, "seq", seq);
    emit_int(&em, "at", 1000 + (int64_t)seq);
    emit_text(&em, "scope", scope);
    emit_text(&em, "name", name);
    emit_map(&em, "windows");
    emit_map(&em, "5m");
    emit_end(&em);
    emit_map(&em, "1h");
    emit_map(&em, "replies");
    emit_int(&em, "num", open * 2);
    emit_end(&em);
    emit_end(&em);
    emit_end(&em);
    emit_map(&em, "now");
    if (open >= 0)
        emit_int(&em, "open", open);
    emit_end(&em);
    emit_end(&em);
    struct message m = parsed(&em);
    rows_snapshot(&rows, &m, m.node);
}

static void alert(const char *id, const char *state)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, bytes, sizeof(bytes));
    emit_map(&em, NULL);
    emit_text(&em, "alert_id", id);
    emit_text(&em, "state", state);
    emit_text(&em, "text", "too many");
    emit_int(&em, "since", 5);
    emit_end(&em);
    struct message m = parsed(&em);
    rows_alert(&rows, &m, m.node);
}

static void check_order(uint32_t n, const char *const *names)
{
    for (uint32_t i = 0; i < n; i++)
        cr_assert_str_eq(rows.row[rows.order[i]].name, names[i], "place %u", i);
}

Test(rows, sorted_as_asked)
{
    rows_init(&rows);
    snapshot("agent", "bela", 1, 5);
    snapshot("agent", "ada", 2, 5);
    snapshot("team", "x", 3, 99);
    snapshot("agent", "carla", 4, 12);
    snapshot("agent", "dora", 5, -1);
    cr_assert_eq(rows_sort(&rows, SCOPE_AGENT, 0, VIEW_OPEN, false), 4);
    check_order(4, (const char *const[]){"carla", "ada", "bela", "dora"});
    cr_assert_eq(rows_sort(&rows, SCOPE_AGENT, 0, VIEW_OPEN, true), 4);
    check_order(4, (const char *const[]){"ada", "bela", "carla", "dora"});
    rows_sort(&rows, SCOPE_AGENT, 0, ROWS_BY_NAME, false);
    check_order(4, (const char *const[]){"ada", "bela", "carla", "dora"});
    rows_sort(&rows, SCOPE_AGENT, 0, ROWS_BY_NAME, true);
    check_order(4, (const char *const[]){"dora", "carla", "bela", "ada"});
    cr_assert_eq(rows_sort(&rows, SCOPE_TEAM, 0, VIEW_OPEN, false), 1);
    cr_assert_eq(rows_sort(&rows, SCOPE_CATEGORY, 0, VIEW_OPEN, false), 0);
    rows_fini(&rows);
}

Test(rows, older_snapshots_change_nothing)
{
    rows_init(&rows);
    snapshot("agent", "ada", 10, 5);
    snapshot("agent", "ada", 9, 3);
    cr_assert_eq(rows.n, 1);
    cr_assert_eq(rows.row[0].value[0][VIEW_OPEN].value, 5);
    snapshot("agent", "ada", 11, 4);
    cr_assert_eq(rows.row[0].value[0][VIEW_OPEN].value, 4);
    cr_assert_eq(rows.at, 1011);
    uint32_t hour = rows_window(&rows, "1h");
    cr_assert_eq(rows.windows, 2);
    cr_assert_eq(rows.row[0].value[hour][VIEW_REPLIES].value, 8);
    snapshot("agent", "ada", 12, -1); /* nothing any more */
    cr_assert_eq(rows.row[0].has[0] & 1u << VIEW_OPEN, 0);
    rows_fini(&rows);
}

Test(rows, many_names_are_all_found_again)
{
    rows_init(&rows);
    char name[16];
    for (uint64_t round = 1; round <= 2; round++)
        for (int i = 0; i < 3000; i++) {
            snprintf(name, sizeof(name), "agent-%d", i);
            snapshot(i % 2 == 0 ? "agent" : "team", name, round, i);
        }
    cr_assert_eq(rows.n, 3000);
    cr_assert_eq(rows_sort(&rows, SCOPE_TEAM, 0, VIEW_OPEN, false), 1500);
    cr_assert_str_eq(rows.row[rows.order[0]].name, "agent-2999");
    rows_fini(&rows);
}

Test(rows, active_alerts)
{
    rows_init(&rows);
    alert("a", "breached");
    alert("b", "breached");
    alert("a", "breached"); /* told twice: by hold and by the stream */
    cr_assert_eq(rows.alerts, 2);
    alert("a", "cleared");
    cr_assert_eq(rows.alerts, 1);
    alert("z", "cleared"); /* never seen active */
    cr_assert_eq(rows.alerts, 1);
    alert("b", "corrected");
    cr_assert_eq(rows.alerts, 0);
    rows_fini(&rows);
}

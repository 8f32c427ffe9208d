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

/* An agent with one indicator of the site's own; unit "%": a part. */
static void own(const char *name, const char *id, double value, const char *unit)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, bytes, sizeof(bytes));
    emit_map(&em, NULL);
    emit_uint(&em, "seq", 1);
    emit_text(&em, "scope", "agent");
    emit_text(&em, "name", name);
    emit_map(&em, "windows");
    emit_map(&em, "1h");
    emit_map(&em, id);
    emit_float(&em, unit[0] == '%' ? "value" : "num", value);
    emit_text(&em, "unit", unit);
    emit_end(&em);
    emit_end(&em);
    emit_end(&em);
    emit_end(&em);
    struct message m = parsed(&em);
    rows_snapshot(&rows, &m, m.node);
}

/* Columns of their own, in which rows are sorted like in the others. */
Test(rows, the_sites_own_have_columns)
{
    char buf[PHRASE_MAX], id[16];
    rows_init(&rows);
    cr_assert_eq(rows_columns(&rows), VIEW_N);
    own("ada", "conversion", 0.0667, "%");
    own("bob", "orders", 5, "CNY");
    own("cyd", "orders", 7, "CNY");
    cr_assert_eq(rows_columns(&rows), VIEW_N + 2);
    cr_assert_str_eq(rows_head(&rows, VIEW_N), "conversion");
    cr_assert_str_eq(rows_head(&rows, VIEW_OPEN), view_head(VIEW_OPEN));
    cr_assert_eq(rows_sort(&rows, SCOPE_AGENT, 0, VIEW_N + 1, false), 3);
    check_order(3, (const char *const[]){"cyd", "bob", "ada"});
    cr_assert_str_eq(rows_text(buf, &rows, &rows.row[0], 0, VIEW_N), "6.67%");
    cr_assert_str_eq(rows_text(buf, &rows, &rows.row[2], 0, VIEW_N + 1), "7 CNY");
    cr_assert_str_eq(rows_text(buf, &rows, &rows.row[0], 0, VIEW_N + 1), "·");
    cr_assert_str_eq(rows_text(buf, &rows, &rows.row[0], 0, VIEW_OPEN), "·");
    rows_clear(&rows); /* whoever sorts by one still may */
    cr_assert(rows.n == 0 && rows_columns(&rows) == VIEW_N + 2 && !rows.more_own);
    for (int i = 0; i < ROWS_OWN_MAX - 1; i++) {
        snprintf(id, sizeof id, "own%d", i);
        cr_assert_not(rows.more_own);
        own("ada", id, i, "");
    }
    cr_assert(rows.more_own && rows_columns(&rows) == ROWS_COLUMNS);
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

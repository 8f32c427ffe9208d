/* What of a snapshot stands in tables: found in the message, written for people. */
#include "daemon/cli/view.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>

static struct node nodes[256];
static char bytes[2048];

static void emit_own(struct emitter *em, const char *id, const char *field, double value,
                     const char *unit)
{
    emit_map(em, id);
    emit_float(em, field, value);
    if (unit[0] != 0)
        emit_text(em, "unit", unit);
    emit_end(em);
}

static struct message snapshot(void)
{
    struct emitter em;
    struct message m;
    emit_start(&em, SINK_MSGPACK, bytes, sizeof(bytes));
    emit_map(&em, NULL);
    emit_text(&em, "name", "wang.fang");
    emit_text(&em, "title", "王芳");
    emit_map(&em, "windows");
    emit_map(&em, "1h");
    emit_map(&em, "first_response");
    emit_int(&em, "p50", 125000);
    emit_nil(&em, "p90");
    emit_int(&em, "met", 9);
    emit_int(&em, "missed", 3);
    emit_float(&em, "attainment", 0.75);
    emit_end(&em);
    emit_map(&em, "reopen_rate");
    emit_int(&em, "num", 1);
    emit_int(&em, "den", 8);
    emit_float(&em, "value", 0.125);
    emit_end(&em);
    emit_map(&em, "csat");
    emit_float(&em, "mean", 4.25);
    emit_end(&em);
    emit_own(&em, "conversion", "value", 0.0667, "%");
    emit_own(&em, "order_size", "mean", 12.5, "CNY");
    emit_own(&em, "endless", "num", 1e300, "");
    emit_map(&em, "cost");
    emit_int(&em, "num", 3);
    emit_nil(&em, "value");
    emit_end(&em);
    emit_own(&em, "coverage", "mean", 93, "%");
    emit_own(&em, "orders", "num", -2, "单");
    emit_end(&em);
    emit_end(&em);
    emit_map(&em, "now");
    emit_int(&em, "open", 7);
    emit_end(&em);
    emit_end(&em);
    int n = emit_finish(&em);
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, (size_t)n), 0);
    return m;
}

Test(view, values_are_found_where_they_are)
{
    struct message m = snapshot();
    struct view_number v = {0};
    cr_assert(view_value(&m, m.node, "1h", VIEW_OPEN, &v) && v.value == 7);
    cr_assert(view_value(&m, m.node, "1h", VIEW_FIRST, &v) && v.value == 125000);
    cr_assert(view_value(&m, m.node, "1h", VIEW_CSAT, &v) && v.value == 4.25);
    cr_assert(view_value(&m, m.node, "1h", VIEW_MET, &v) && v.value == 0.75 && v.n == 12);
    cr_assert(view_value(&m, m.node, "1h", VIEW_REOPEN, &v) && v.value == 0.125 && v.n == 8);
    cr_assert_not(view_value(&m, m.node, "1h", VIEW_FIRST90, &v)); /* nil */
    cr_assert_not(view_value(&m, m.node, "1h", VIEW_FCR, &v));
    cr_assert_not(view_value(&m, m.node, "24h", VIEW_FIRST, &v));
    cr_assert(view_value(&m, m.node, "24h", VIEW_OPEN, &v)); /* of this moment */
    cr_assert_not(view_value(&m, m.node, "1h", VIEW_WAITING, &v));
}

Test(view, numbers_are_written_for_people)
{
    char buf[PHRASE_MAX];
    cr_assert_str_eq(view_text(buf, VIEW_OPEN, true, (struct view_number){12, 0}), "12");
    cr_assert_str_eq(view_text(buf, VIEW_FIRST, true, (struct view_number){125400, 0}), "2m 5s");
    cr_assert_str_eq(
        view_text(buf, VIEW_FIRST, true, (struct view_number){3 * 3600000.0 + 31000, 0}), "3h 1m");
    cr_assert_str_eq(view_text(buf, VIEW_FIRST, true, (struct view_number){350, 0}), "350ms");
    cr_assert_str_eq(view_text(buf, VIEW_FCR, true, (struct view_number){0.8768, 0}), "87.7%");
    cr_assert_str_eq(view_text(buf, VIEW_FCR, true, (struct view_number){0.8, 10}),
                     "80.0% [49-94] n10"); /* Wilson: 0.490 to 0.943 */
    cr_assert_str_eq(view_text(buf, VIEW_MET, true, (struct view_number){1, 3}),
                     "100.0% [44-100] n3");
    cr_assert_str_eq(view_text(buf, VIEW_CSAT, true, (struct view_number){4.256, 0}), "4.26");
    cr_assert_str_eq(view_text(buf, VIEW_CSAT, false, (struct view_number){0, 0}), "·");
}

Test(view, names_and_heads)
{
    struct message m = snapshot();
    char buf[PHRASE_MAX];
    enum view_column c;
    cr_assert_str_eq(view_name(buf, &m, m.node), "王芳 (wang.fang)");
    cr_assert(view_find("first p50", &c) && c == VIEW_FIRST);
    cr_assert_not(view_find("nonsense", &c));
    words_use(LANG_ZH);
    cr_assert_str_eq(view_head(VIEW_OPEN), "未结");
    cr_assert(view_find("未结", &c) && c == VIEW_OPEN);
    cr_assert(view_find("open", &c) && c == VIEW_OPEN);
}

Test(view, a_row_has_every_column)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    struct message m = snapshot();
    struct table t;
    view_begin(&t);
    view_row(&t, &m, m.node, "1h");
    cr_assert_eq(t.columns, VIEW_N + 1);
    cr_assert_eq(table_rows(&t), 2);
    cr_assert_str_eq(t.text + t.cell[VIEW_N + 1], "王芳 (wang.fang)");
    cr_assert_str_eq(t.text + t.cell[VIEW_N + 1 + 1 + VIEW_CSAT], "4.25");
    table_fini(&t);
}

/* The site's own: whatever is there besides the catalogue, and can be read. */
Test(view, the_sites_own_with_their_units)
{
    static const char *const wanted[][2] = {{"conversion", "6.67%"},
                                            {"order_size", "12.5 CNY"},
                                            {"coverage", "93%"},
                                            {"orders", "-2单"}};
    struct message m = snapshot();
    char buf[PHRASE_MAX];
    struct view_own own;
    uint32_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        cr_assert(view_own(&m, m.node, "1h", &at, &own));
        cr_assert(str_equal(own.name, str_of(wanted[i][0])), "%.*s", (int)own.name.len, own.name.p);
        cr_assert_str_eq(view_own_text(buf, &own), wanted[i][1]);
    }
    cr_assert_not(view_own(&m, m.node, "1h", &at, &own));
    at = 0;
    cr_assert_not(view_own(&m, m.node, "24h", &at, &own));
}

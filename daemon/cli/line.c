#include "daemon/cli/line.h"

#include "daemon/unseen.h"

#include <time.h>

static void painted(FILE *out, const char *color, bool colors, const char *text)
{
    if (colors && color != NULL)
        fprintf(out, "\033[%sm%s\033[0m", color, text);
    else
        fputs(text, out);
}

char *line_time(char *buf, size_t cap, ms_t at, bool date)
{
    time_t t = (time_t)sec_floor(at);
    struct tm local;
    if (localtime_r(&t, &local) == NULL ||
        strftime(buf, cap, date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &local) == 0)
        snprintf(buf, cap, "%lld", (long long)at);
    return buf;
}

void line_text(FILE *out, struct str text)
{
    char shown[PHRASE_MAX];
    uint32_t n = text.len < sizeof(shown) ? text.len : sizeof(shown);
    if (n == 0)
        return;
    memcpy(shown, text.p, n);
    fprintf(out, "%.*s", (int)unseen_hide(shown, n), shown);
}

static void begin(FILE *out, const struct message *m, const struct node *message, bool colors)
{
    int64_t at;
    char text[32];
    if (node_int(message_find_in(m, message, "at"), &at)) {
        painted(out, PAINT_DIM, colors, line_time(text, sizeof(text), at, false));
        fputs("  ", out);
    }
}

void line_alert(FILE *out, const struct message *m, const struct node *alert, bool colors)
{
    struct str state = {"digest", 6}, text = {"", 0}, severity = {"", 0}, by = {"", 0}, id = by;
    char buf[PHRASE_MAX];
    node_text(message_find_in(m, alert, "state"), &state);
    node_text(message_find_in(m, alert, "text"), &text);
    node_text(message_find_in(m, alert, "severity"), &severity);
    bool over = !str_equal(state, str_of("breached")) && !str_equal(state, str_of("warning")) &&
                !str_equal(state, str_of("digest"));
    bool mild = str_equal(severity, str_of("info")) || str_equal(severity, str_of("warning"));
    begin(out, m, alert, colors);
    snprintf(buf, sizeof(buf), "%-9.*s", (int)state.len, state.p);
    painted(out, over ? PAINT_GREEN : mild ? PAINT_YELLOW : PAINT_RED, colors, buf);
    fputs("  ", out);
    line_text(out, text);
    if (node_text(message_find_in(m, alert, "acked_by"), &by)) {
        fputs("  ✓ ", out);
        line_text(out, by);
    }
    if (message_find_in(m, alert, "muted") != NULL)
        fputs("  ∅", out);
    if (node_text(message_find_in(m, alert, "alert_id"), &id))
        fprintf(out, "  %.*s", (int)id.len, id.p);
    fputc('\n', out);
}

void line_snapshot(FILE *out, const struct message *m, const struct node *snapshot,
                   const char *window, bool colors)
{
    struct str scope = {"", 0};
    char buf[PHRASE_MAX];
    node_text(message_find_in(m, snapshot, "scope"), &scope);
    int s = scope_find(scope);
    begin(out, m, snapshot, colors);
    fprintf(out, "%s ", s >= 0 ? phrase_scope((enum scope)s, words_lang()) : "");
    if (s != SCOPE_ALL)
        painted(out, PAINT_CYAN, colors, view_name(buf, m, snapshot));
    fprintf(out, "  %s:", window);
    for (int c = 0; c < VIEW_N; c++) {
        struct view_number v;
        if (view_value(m, snapshot, window, (enum view_column)c, &v) && v.value > 0)
            fprintf(out, "  %s %s", view_head((enum view_column)c),
                    view_text(buf, (enum view_column)c, true, v));
    }
    struct view_own own;
    for (uint32_t at = 0; view_own(m, snapshot, window, &at, &own);) {
        fputs("  ", out);
        line_text(out, own.name);
        fprintf(out, " %s", view_own_text(buf, &own));
    }
    fputc('\n', out);
}

void line_other(FILE *out, struct str topic, const struct message *m, const struct node *message,
                bool colors)
{
    char json[1024];
    struct emitter em;
    begin(out, m, message, colors);
    emit_start(&em, SINK_JSON, json, sizeof(json));
    message_emit(m, message, &em, NULL);
    int n = emit_finish(&em);
    line_text(out, topic);
    fprintf(out, " %.*s\n", n > 0 ? (int)unseen_hide(json, (uint32_t)n) : 3, n > 0 ? json : "…");
}

/* What two configurations differ in, for programs and for people. */
#include "daemon/cli/table.h"
#include "daemon/cli/whatif.h"
#include "daemon/cli/words.h"
#include "proto/encode.h"

#include "daemon/cli/line.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const sides[WHATIF_SIDES] = {"against", "config"};
static const char *const counts[WHATIF_COUNTS] = {"fired", "breached", "cleared", "corrected",
                                                  "cancelled"};

/* --- numbers that differ ------------------------------------------------------------------ */

/* One indicator of one name in one window, as both sides see it. */
struct row {
    enum scope scope;
    struct str name;
    const char *window;
    enum indicator indicator;
    struct kpi_value value[WHATIF_SIDES]; /* zeroes: nothing in it */
};

typedef void each_row(const struct row *row, void *data);

static const struct kpi_window *window_of(const struct whatif *w, enum whatif_side side,
                                          const char *name)
{
    const struct settings *s = engine_settings(w->side[side].engine);
    const struct snapshot *snapshot = &w->snapshot[side];
    for (uint32_t i = 0; i < snapshot->windows; i++)
        if (strcmp(s->window[snapshot->window[i].window].name, name) == 0)
            return &snapshot->window[i];
    return NULL;
}

static void value_of(const struct kpi_window *window, enum indicator i, struct kpi_value *ret)
{
    *ret = (struct kpi_value){.indicator = (uint16_t)i};
    for (uint32_t k = 0; window != NULL && k < window->values; k++)
        if (window->value[k].indicator == i)
            *ret = window->value[k];
}

static void rows_of_window(const struct whatif *w, struct row *row, each_row *each, void *data)
{
    const struct kpi_window *window[WHATIF_SIDES];
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++) {
        window[side] = window_of(w, side, row->window);
        if (window[side] == NULL)
            return; /* only what both keep can be compared */
    }
    for (int i = 0; i < IND_GAUGE_FIRST; i++) {
        row->indicator = (enum indicator)i;
        bool business = indicator_is_business(row->indicator);
        if (business || indicator_kind(row->indicator) != IND_DURATION)
            continue; /* met and missed stand at the duration itself */
        for (enum whatif_side side = 0; side < WHATIF_SIDES; side++)
            value_of(window[side], row->indicator, &row->value[side]);
        const struct kpi_value *a = &row->value[WHATIF_WAS], *b = &row->value[WHATIF_WOULD];
        if (a->met != b->met || a->missed != b->missed || a->strict_missed != b->strict_missed)
            each(row, data);
    }
}

/* Names of teams and of all; both engines were fed alike, so both know the same ones. */
static void each_difference(struct whatif *w, const char *only, each_row *each, void *data)
{
    static const enum scope scopes[] = {SCOPE_ALL, SCOPE_TEAM};
    struct engine *was = w->side[WHATIF_WAS].engine, *would = w->side[WHATIF_WOULD].engine;
    const struct settings *s = engine_settings(was);
    if (engine_at(was) == MS_NONE)
        return; /* without any event there is no instant to show */
    for (size_t k = 0; k < ARRAY_LEN(scopes); k++) {
        struct row row = {.scope = scopes[k]};
        for (uint32_t i = 1; i <= engine_names(was, row.scope); i++) {
            row.name = engine_name(was, row.scope, i);
            uint32_t other = engine_name_find(would, row.scope, row.name);
            if (other == 0)
                continue; /* a limit on names was met, or the scope is not kept */
            engine_snapshot(was, row.scope, i, (1u << s->windows) - 1, &w->snapshot[WHATIF_WAS]);
            engine_snapshot(would, row.scope, other, (1u << engine_settings(would)->windows) - 1,
                            &w->snapshot[WHATIF_WOULD]);
            for (uint32_t n = 0; n < s->windows; n++) {
                row.window = s->window[n].name;
                if (only == NULL || strcmp(only, row.window) == 0)
                    rows_of_window(w, &row, each, data);
            }
        }
    }
}

static uint64_t total(const struct whatif *w, enum whatif_side side, enum whatif_count c)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < w->tallies; i++)
        sum += w->tally[i].n[side][c];
    return sum;
}

/* --- NDJSON ------------------------------------------------------------------------------- */

/* A line under way. */
struct json {
    struct emitter em;
    FILE *out;
    char buf[4096];
};

static void json_begin(struct json *j, const char *differs)
{
    emit_start(&j->em, SINK_JSON, j->buf, sizeof(j->buf) - 1);
    emit_map(&j->em, NULL);
    if (differs != NULL)
        emit_text(&j->em, "differs", differs);
}

static void json_end(struct json *j)
{
    emit_end(&j->em);
    int n = emit_finish(&j->em);
    CHECK(n > 0);
    j->buf[n] = '\n';
    fwrite(j->buf, (size_t)n + 1, 1, j->out);
}

static void json_tally(struct json *j, const struct whatif_tally *t)
{
    json_begin(j, "alerts");
    if (t->kind != ALERT_SLA) {
        emit_text(&j->em, "rule", t->name);
    } else {
        if (t->name[0] != '\0')
            emit_text(&j->em, "policy", t->name);
        emit_text(&j->em, "metric", sla_metric_name((enum sla_metric)t->metric));
    }
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++) {
        emit_map(&j->em, sides[side]);
        for (int c = 0; c < WHATIF_COUNTS; c++)
            emit_uint(&j->em, counts[c], t->n[side][c]);
        emit_end(&j->em);
    }
    json_end(j);
}

static void json_breach(struct json *j, const struct whatif_breach *b)
{
    char id[ALERT_ID_DIGITS + 1];
    json_begin(j, "breach");
    alert_id_text(b->alert_id, id);
    emit_text(&j->em, "alert_id", id);
    emit_text(&j->em, "ticket", b->ticket);
    emit_text(&j->em, "metric", sla_metric_name((enum sla_metric)b->metric));
    emit_uint(&j->em, "instance", b->instance);
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++) {
        emit_map(&j->em, sides[side]);
        emit_bool(&j->em, "breached", b->breached[side]);
        if (b->breached[side]) {
            emit_text(&j->em, "policy", b->policy[side]);
            emit_int(&j->em, "breach_at", b->breach_at[side]);
        }
        emit_end(&j->em);
    }
    json_end(j);
}

static void json_row(const struct row *row, void *data)
{
    struct json *j = data;
    json_begin(j, "indicator");
    emit_text(&j->em, "scope", scope_name(row->scope));
    emit_str(&j->em, "name", row->name);
    emit_text(&j->em, "window", row->window);
    emit_text(&j->em, "indicator", indicator_name(row->indicator));
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++) {
        const struct kpi_value *v = &row->value[side];
        emit_map(&j->em, sides[side]);
        emit_uint(&j->em, "met", v->met);
        emit_uint(&j->em, "missed", v->missed);
        uint64_t judged = v->met + v->missed, strict = judged + v->strict_missed;
        if (judged > 0)
            emit_float(&j->em, "attainment", (double)v->met / (double)judged);
        if (strict > judged)
            emit_float(&j->em, "attainment_strict", (double)v->met / (double)strict);
        emit_end(&j->em);
    }
    json_end(j);
}

void whatif_print_json(struct whatif *w, const char *window, FILE *out)
{
    struct json j = {.out = out};
    uint32_t equal = 0;
    for (uint32_t i = 0; i < w->tallies; i++) {
        const struct whatif_tally *t = &w->tally[i];
        bool same = memcmp(t->n[WHATIF_WAS], t->n[WHATIF_WOULD], sizeof t->n[WHATIF_WAS]) == 0;
        equal += same;
        if (!same)
            json_tally(&j, t);
    }
    for (uint64_t i = 0; i < w->differing; i++)
        json_breach(&j, &w->breach[i]);
    each_difference(w, window, json_row, &j);
    json_begin(&j, NULL);
    emit_map(&j.em, "summary");
    emit_uint(&j.em, "events", engine_counters(w->side[WHATIF_WAS].engine)->events);
    emit_uint(&j.em, "breaches_differ", w->differing);
    emit_uint(&j.em, "tickets_differ", w->tickets);
    emit_uint(&j.em, "alerts_equal", equal);
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++) {
        emit_map(&j.em, sides[side]);
        for (int c = 0; c < WHATIF_COUNTS; c++)
            emit_uint(&j.em, counts[c], total(w, side, (enum whatif_count)c));
        emit_end(&j.em);
    }
    emit_end(&j.em);
    json_end(&j);
}

/* --- tables ------------------------------------------------------------------------------- */

static void cell(struct table *t, const char *text)
{
    table_cell(t, str_of(text));
}

/* "12 → 9", or "12" where both say so. */
static void cell_change(struct table *t, const char *was, const char *would)
{
    char text[2 * PHRASE_MAX + 8]; /* and the arrow */
    bool same = strcmp(was, would) == 0;
    snprintf(text, sizeof(text), "%s%s%s", was, same ? "" : " → ", same ? "" : would);
    cell(t, text);
}

static void cell_counts(struct table *t, uint64_t was, uint64_t would)
{
    char a[24], b[24];
    snprintf(a, sizeof(a), "%" PRIu64, was);
    snprintf(b, sizeof(b), "%" PRIu64, would);
    cell_change(t, a, b);
}

static void print_alerts(const struct whatif *w, FILE *out)
{
    static const enum word heads[] = {W_H_POLICY,  W_H_METRIC,    W_A_FIRED,    W_A_BREACHED,
                                      W_A_CLEARED, W_A_CORRECTED, W_A_CANCELLED};
    struct table t;
    table_init(&t, ARRAY_LEN(heads));
    t.left[0] = t.left[1] = true;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        cell(&t, word(heads[i]));
    for (uint32_t i = 0; i < w->tallies; i++) {
        const struct whatif_tally *tally = &w->tally[i];
        bool sla = tally->kind == ALERT_SLA;
        cell(&t, tally->name[0] != '\0' ? tally->name : "·");
        cell(&t,
             sla ? phrase_metric((enum sla_metric)tally->metric, words_lang()) : word(W_K_RULE));
        for (int c = 0; c < WHATIF_COUNTS; c++)
            cell_counts(&t, tally->n[WHATIF_WAS][c], tally->n[WHATIF_WOULD][c]);
    }
    if (w->tallies > 0)
        table_print(&t, out);
    else
        fprintf(out, "%s\n", word(W_NO_ALERTS_FIRED));
    table_fini(&t);
}

static void cell_side(struct table *t, const struct whatif_breach *b, enum whatif_side side)
{
    char at[32], text[PHRASE_MAX];
    if (!b->breached[side]) {
        cell(t, word(W_NOT_BREACHED));
        return;
    }
    snprintf(text, sizeof(text), "%s%s%s", line_time(at, sizeof(at), b->breach_at[side], true),
             b->policy[side][0] != '\0' ? " " : "", b->policy[side]);
    cell(t, text);
}

static void print_breaches(const struct whatif *w, FILE *out)
{
    static const enum word heads[] = {W_H_TICKET, W_H_METRIC, W_H_INSTANCE, W_H_WAS, W_H_WOULD};
    uint64_t n = w->differing;
    char of_clocks[24], of_tickets[24];
    struct table t;
    snprintf(of_clocks, sizeof(of_clocks), "%" PRIu64, n);
    snprintf(of_tickets, sizeof(of_tickets), "%" PRIu64, w->tickets);
    fputc('\n', out);
    word_print(out, W_BREACHES_DIFFER, of_clocks, of_tickets, NULL);
    fputc('\n', out);
    table_init(&t, ARRAY_LEN(heads));
    t.left[0] = t.left[1] = t.left[3] = t.left[4] = true;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        cell(&t, word(heads[i]));
    for (uint64_t i = 0; i < n && i < WHATIF_EXAMPLES; i++) {
        char instance[16];
        snprintf(instance, sizeof(instance), "%u", w->breach[i].instance);
        cell(&t, w->breach[i].ticket);
        cell(&t, phrase_metric((enum sla_metric)w->breach[i].metric, words_lang()));
        cell(&t, instance);
        cell_side(&t, &w->breach[i], WHATIF_WAS);
        cell_side(&t, &w->breach[i], WHATIF_WOULD);
    }
    if (n > 0)
        table_print(&t, out);
    if (n > WHATIF_EXAMPLES) {
        snprintf(of_clocks, sizeof(of_clocks), "%" PRIu64, n - WHATIF_EXAMPLES);
        word_print(out, W_MORE_DIFFER, of_clocks, NULL, NULL);
        fputc('\n', out);
    }
    table_fini(&t);
}

static void attainment(char buf[PHRASE_MAX], const struct kpi_value *v)
{
    uint64_t n = v->met + v->missed;
    if (n == 0)
        snprintf(buf, PHRASE_MAX, "·");
    else
        snprintf(buf, PHRASE_MAX, "%.1f%%", 100 * (double)v->met / (double)n);
}

static void table_row(const struct row *row, void *data)
{
    struct table *t = data;
    char was[PHRASE_MAX], would[PHRASE_MAX];
    const struct kpi_value *a = &row->value[WHATIF_WAS], *b = &row->value[WHATIF_WOULD];
    cell(t, phrase_scope(row->scope, words_lang()));
    table_cell(t, row->name);
    cell(t, phrase_indicator(NULL, row->indicator, words_lang()));
    cell_counts(t, a->met, b->met);
    cell_counts(t, a->missed, b->missed);
    attainment(was, a);
    attainment(would, b);
    cell_change(t, was, would);
}

/* The longest window that both keep. */
static const char *longest_window(const struct whatif *w)
{
    const struct settings *a = engine_settings(w->side[WHATIF_WAS].engine);
    const struct settings *b = engine_settings(w->side[WHATIF_WOULD].engine);
    const struct window_setting *longest = NULL;
    for (uint32_t i = 0; i < a->windows; i++)
        for (uint32_t k = 0; k < b->windows; k++)
            if (strcmp(a->window[i].name, b->window[k].name) == 0 &&
                (longest == NULL || a->window[i].length > longest->length))
                longest = &a->window[i];
    return longest == NULL ? "" : longest->name;
}

void whatif_print_tables(struct whatif *w, const char *window, FILE *out)
{
    static const enum word heads[] = {W_H_SCOPE, W_C_NAME,   W_H_METRIC,
                                      W_H_MET,   W_H_MISSED, W_H_ATTAINMENT};
    struct table t;
    if (window == NULL)
        window = longest_window(w);
    print_alerts(w, out);
    print_breaches(w, out);
    table_init(&t, ARRAY_LEN(heads));
    t.left[0] = t.left[1] = t.left[2] = true;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        cell(&t, word(heads[i]));
    each_difference(w, window, table_row, &t);
    fprintf(out, "\n%s · %s\n", word(W_NUMBERS_DIFFER), window);
    if (table_rows(&t) > 1)
        table_print(&t, out);
    else
        fprintf(out, "%s\n", word(W_NONE_DIFFER));
    table_fini(&t);
}

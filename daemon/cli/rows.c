#include "daemon/cli/rows.h"

#include <stdio.h>
#include <stdlib.h>

void rows_init(struct rows *r)
{
    *r = (struct rows){0};
}

void rows_fini(struct rows *r)
{
    free(r->row);
    free(r->place);
    free(r->order);
}

void rows_clear(struct rows *r)
{
    struct row_own own[ROWS_OWN_MAX];
    uint32_t owns = r->owns;
    memcpy(own, r->own, sizeof own);
    rows_fini(r);
    rows_init(r);
    memcpy(r->own, own, sizeof own); /* a column may be the one that is sorted by */
    r->owns = owns;
}

static uint32_t *place_of(const struct rows *r, uint8_t scope, const char *name)
{
    uint64_t h = hash_bytes(scope, name, strlen(name));
    for (;; h++) {
        uint32_t *p = &r->place[h & (r->places - 1)];
        if (*p == 0)
            return p;
        const struct row *row = &r->row[*p - 1];
        if (row->scope == scope && strcmp(row->name, name) == 0)
            return p;
    }
}

static void grow(struct rows *r)
{
    uint32_t cap = r->cap == 0 ? 64 : r->cap * 2;
    struct row *row = realloc(r->row, cap * sizeof(*row));
    uint32_t *order = realloc(r->order, cap * sizeof(*order));
    uint32_t *place = calloc(cap * 2, sizeof(*place));
    if (row == NULL || order == NULL || place == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        exit(1);
    }
    free(r->place);
    r->row = row;
    r->order = order;
    r->place = place;
    r->cap = cap;
    r->places = cap * 2;
    for (uint32_t i = 0; i < r->n; i++)
        *place_of(r, r->row[i].scope, r->row[i].name) = i + 1;
}

static struct row *row_of(struct rows *r, uint8_t scope, struct str name)
{
    char text[NAME_BYTES_MAX + 1];
    snprintf(text, sizeof(text), "%.*s", (int)name.len, name.p);
    if (r->n == r->cap)
        grow(r);
    uint32_t *p = place_of(r, scope, text);
    if (*p == 0) {
        struct row *row = &r->row[r->n++];
        *row = (struct row){.scope = scope};
        memcpy(row->name, text, sizeof(text));
        *p = r->n;
    }
    return &r->row[*p - 1];
}

/* The index of a window, a new one at the end; WINDOWS_MAX when there is no room. */
static uint32_t window_of(struct rows *r, struct str name)
{
    for (uint32_t i = 0; i < r->windows; i++)
        if (str_equal(str_of(r->window[i]), name))
            return i;
    if (r->windows == WINDOWS_MAX)
        return WINDOWS_MAX;
    snprintf(r->window[r->windows], sizeof(r->window[0]), "%.*s", (int)name.len, name.p);
    return r->windows++;
}

uint32_t rows_window(const struct rows *r, const char *name)
{
    for (uint32_t i = 0; i < r->windows; i++)
        if (strcmp(r->window[i], name) == 0)
            return i;
    return 0;
}

/* Its column, a new one at the end; ROWS_COLUMNS: there is no room. */
static uint32_t own_column(struct rows *r, const struct view_own *own)
{
    uint32_t k = 0;
    while (k < r->owns && !str_equal(str_of(r->own[k].name), own->name))
        k++;
    if (k == ROWS_OWN_MAX || own->name.len >= sizeof r->own[0].name ||
        own->unit.len >= sizeof r->own[0].unit) {
        r->more_own = true;
        return ROWS_COLUMNS;
    }
    struct row_own *o = &r->own[k];
    snprintf(o->name, sizeof o->name, "%.*s", (int)own->name.len, own->name.p);
    snprintf(o->unit, sizeof o->unit, "%.*s", (int)own->unit.len, own->unit.p);
    o->part = own->part;
    r->owns += k == r->owns;
    return VIEW_N + k;
}

uint32_t rows_columns(const struct rows *r)
{
    return VIEW_N + r->owns;
}

const char *rows_head(const struct rows *r, uint32_t column)
{
    CHECK(column < rows_columns(r));
    return column < VIEW_N ? view_head((enum view_column)column) : r->own[column - VIEW_N].name;
}

char *rows_text(char buf[PHRASE_MAX], const struct rows *r, const struct row *row, uint32_t window,
                uint32_t column)
{
    CHECK(window < WINDOWS_MAX && column < rows_columns(r));
    bool has = (row->has[window] >> column & 1) != 0;
    if (column < VIEW_N || !has)
        return view_text(buf, column < VIEW_N ? (enum view_column)column : VIEW_OPEN, has,
                         row->value[window][column]);
    const struct row_own *o = &r->own[column - VIEW_N];
    struct view_own own = {
        .unit = str_of(o->unit), .value = row->value[window][column].value, .part = o->part};
    return view_own_text(buf, &own);
}

void rows_snapshot(struct rows *r, const struct message *m, const struct node *snapshot)
{
    struct str scope_text = {"", 0}, name = {"", 0};
    int64_t seq = 0, at = 0;
    node_text(message_find_in(m, snapshot, "scope"), &scope_text);
    int scope = scope_find(scope_text);
    if (scope < 0 || !node_text(message_find_in(m, snapshot, "name"), &name))
        return;
    node_int(message_find_in(m, snapshot, "seq"), &seq);
    struct row *row = row_of(r, (uint8_t)scope, name);
    if ((uint64_t)seq < row->seq)
        return;
    row->seq = (uint64_t)seq;
    if (node_int(message_find_in(m, snapshot, "at"), &at))
        r->at = ms_max(r->at, at);
    char label[PHRASE_MAX];
    snprintf(row->label, sizeof(row->label), "%.*s", ROW_LABEL_MAX - 1,
             view_name(label, m, snapshot));
    const struct node *windows = message_find_in(m, snapshot, "windows"), *key, *value;
    if (windows == NULL)
        return;
    for (uint32_t i = 0; message_each(m, windows, &i, &key, &value);) {
        struct str window;
        uint32_t w = node_text(key, &window) ? window_of(r, window) : WINDOWS_MAX;
        if (w == WINDOWS_MAX)
            continue;
        row->has[w] = 0;
        for (int c = 0; c < VIEW_N; c++)
            if (view_value(m, snapshot, r->window[w], (enum view_column)c, &row->value[w][c]))
                row->has[w] |= UINT64_C(1) << c;
        struct view_own own;
        for (uint32_t next = 0; view_own(m, snapshot, r->window[w], &next, &own);) {
            uint32_t c = own_column(r, &own);
            if (c == ROWS_COLUMNS)
                continue;
            row->value[w][c] = (struct view_number){.value = own.value};
            row->has[w] |= UINT64_C(1) << c;
        }
    }
}

void rows_alert(struct rows *r, const struct message *m, const struct node *alert)
{
    struct str id = {"", 0}, state = {"", 0}, text = {"", 0}, severity = {"", 0};
    if (!node_text(message_find_in(m, alert, "alert_id"), &id) ||
        !node_text(message_find_in(m, alert, "state"), &state))
        return;
    node_text(message_find_in(m, alert, "text"), &text);
    node_text(message_find_in(m, alert, "severity"), &severity);
    uint64_t hash = hash_str(1, id) | 1;
    struct row_alert *free_place = NULL, *place = NULL;
    uint32_t placed = 0;
    for (uint32_t i = 0; i < ROW_ALERTS_MAX; i++) {
        placed += r->alert[i].id != 0;
        if (r->alert[i].id == hash)
            place = &r->alert[i];
        else if (r->alert[i].id == 0 && free_place == NULL)
            free_place = &r->alert[i];
    }
    if (str_equal(state, str_of("breached")) || str_equal(state, str_of("warning"))) {
        r->alerts += place == NULL;
        place = place != NULL ? place : free_place;
        if (place == NULL)
            return;
        place->id = hash;
        node_int(message_find_in(m, alert, "since"), &place->at);
        snprintf(place->severity, sizeof(place->severity), "%.*s", (int)severity.len, severity.p);
        snprintf(place->text, sizeof(place->text), "%.*s", (int)text.len, text.p);
    } else {
        /* One without a place is either beyond the room, or was never told to be active. */
        r->alerts -= place != NULL || r->alerts > placed;
        if (place != NULL)
            place->id = 0;
    }
}

/* --- order -------------------------------------------------------------------------------- */

struct sorting {
    const struct rows *rows;
    uint32_t window, column;
    bool reversed;
};

static int compare(const void *a, const void *b, void *data)
{
    const struct sorting *s = data;
    const struct row *x = &s->rows->row[*(const uint32_t *)a];
    const struct row *y = &s->rows->row[*(const uint32_t *)b];
    int by_name = strcmp(x->name, y->name);
    if (s->column == ROWS_BY_NAME)
        return s->reversed ? -by_name : by_name;
    bool has_x = (x->has[s->window] >> s->column & 1) != 0;
    bool has_y = (y->has[s->window] >> s->column & 1) != 0;
    if (has_x != has_y)
        return has_x ? -1 : 1;
    double vx = has_x ? x->value[s->window][s->column].value : 0;
    double vy = has_y ? y->value[s->window][s->column].value : 0;
    int by_value = (vx < vy) - (vx > vy);
    return by_value == 0 ? by_name : s->reversed ? -by_value : by_value;
}

uint32_t rows_sort(struct rows *r, enum scope scope, uint32_t window, uint32_t column,
                   bool reversed)
{
    CHECK(window < WINDOWS_MAX && column <= ROWS_BY_NAME);
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++)
        if (r->row[i].scope == scope)
            r->order[n++] = i;
    struct sorting s = {r, window, column, reversed};
    if (n > 1)
        qsort_r(r->order, n, sizeof(*r->order), compare, &s);
    return n;
}

#include "daemon/cli/view.h"

#include "core/event.h"
#include "daemon/cli/report_wilson.h"
#include "daemon/unseen.h"

#include <math.h>
#include <stdio.h>

enum where { NOW, WIN };
enum how { COUNT, TIME, SHARE, SCORE };

static const struct {
    const char *path;
    uint8_t where, how;
    enum word head;
} columns[VIEW_N] = {
#define VIEW_COLUMN(name, where, path, how) {path, where, how, W_C_##name},
    VIEW_COLUMNS(VIEW_COLUMN)
#undef VIEW_COLUMN
};

const char *view_head(enum view_column c)
{
    CHECK(c < VIEW_N);
    return word(columns[c].head);
}

bool view_find(const char *head, enum view_column *ret)
{
    for (int c = 0; c < VIEW_N; c++) {
        if (strcmp(head, word_in(columns[c].head, LANG_EN)) == 0 ||
            strcmp(head, word(columns[c].head)) == 0) {
            *ret = (enum view_column)c;
            return true;
        }
    }
    return false;
}

/* What a share is of: "a.value" is of a.den, "a.attainment" of a.met and a.missed. */
static uint32_t cases(const struct message *m, const struct node *window, const char *path)
{
    char of[64];
    int64_t n = 0, more = 0;
    int stem = (int)(strrchr(path, '.') - path);
    bool attained = strcmp(path + stem, ".attainment") == 0;
    snprintf(of, sizeof of, "%.*s.%s", stem, path, attained ? "met" : "den");
    node_int(message_find_in(m, window, of), &n);
    snprintf(of, sizeof of, "%.*s.missed", stem, path);
    if (attained)
        node_int(message_find_in(m, window, of), &more);
    n += more;
    return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

bool view_value(const struct message *m, const struct node *snapshot, const char *window,
                enum view_column c, struct view_number *ret)
{
    const struct node *map =
        message_find_in(m, snapshot, columns[c].where == NOW ? "now" : "windows");
    if (map != NULL && columns[c].where == WIN)
        map = message_member(m, map, str_of(window));
    *ret = (struct view_number){0};
    if (map == NULL || !node_float(message_find_in(m, map, columns[c].path), &ret->value))
        return false;
    if (columns[c].how == SHARE)
        ret->n = cases(m, map, columns[c].path);
    return true;
}

static void share_text(char buf[PHRASE_MAX], struct view_number s)
{
    int n = snprintf(buf, PHRASE_MAX, "%.1f%%", s.value * 100);
    if (s.n == 0 || s.value < 0 || s.value > 1)
        return;
    struct interval i = wilson((uint64_t)llround(s.value * s.n), s.n);
    snprintf(buf + n, PHRASE_MAX - (size_t)n, " [%.0f-%.0f] n%u", i.low * 100, i.high * 100, s.n);
}

char *view_text(char buf[PHRASE_MAX], enum view_column c, bool has, struct view_number number)
{
    double value = number.value;
    if (!has) {
        snprintf(buf, PHRASE_MAX, "·");
        return buf;
    }
    switch ((enum how)columns[c].how) {
    case COUNT:
        snprintf(buf, PHRASE_MAX, "%.0f", value);
        break;
    case TIME: /* whole seconds, whole minutes above an hour: a table is read at a glance */
        if (value >= 10 * MS_SECOND)
            value = floor(value / MS_SECOND + 0.5) * MS_SECOND;
        if (value >= MS_HOUR)
            value = floor(value / MS_MINUTE + 0.5) * MS_MINUTE;
        phrase_duration(buf, (ms_t)value, words_lang());
        break;
    case SHARE:
        share_text(buf, number);
        break;
    case SCORE:
        snprintf(buf, PHRASE_MAX, "%.2f", value);
        break;
    }
    return buf;
}

/* What stands for one of the site's own, whatever kind it is. */
static bool own_value(const struct message *m, const struct node *own, struct view_own *ret)
{
    static const char *const fields[] = {"value", "mean", "num"};
    ret->unit = (struct str){"", 0};
    node_text(message_find_in(m, own, "unit"), &ret->unit);
    for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
        const struct node *node = message_find_in(m, own, fields[f]);
        if (node == NULL)
            continue;
        ret->part = f == 0 && str_equal(ret->unit, str_of("%"));
        /* A ratio without a value shows none of its sides. */
        return node_float(node, &ret->value) && fabs(ret->value) < (double)INT64_MAX / NUMBER_ONE;
    }
    return false;
}

bool view_own(const struct message *m, const struct node *snapshot, const char *window,
              uint32_t *at, struct view_own *ret)
{
    const struct node *map = message_find_in(m, snapshot, "windows"), *key, *own;
    if (map != NULL)
        map = message_member(m, map, str_of(window));
    while (map != NULL && message_each(m, map, at, &key, &own))
        if (node_text(key, &ret->name) && indicator_find(ret->name) < 0 &&
            own->v.kind == VALUE_MAP && own_value(m, own, ret))
            return true;
    return false;
}

char *view_own_text(char buf[PHRASE_MAX], const struct view_own *own)
{
    return phrase_own(buf, (int64_t)llround(own->value * NUMBER_ONE), own->unit, own->part);
}

char *view_name(char buf[PHRASE_MAX], const struct message *m, const struct node *snapshot)
{
    struct str name = {"-", 1}, title = {NULL, 0};
    node_text(message_find_in(m, snapshot, "name"), &name);
    if (node_text(message_find_in(m, snapshot, "title"), &title) && title.len > 0)
        snprintf(buf, PHRASE_MAX, "%.*s (%.*s)", (int)title.len, title.p, (int)name.len, name.p);
    else
        snprintf(buf, PHRASE_MAX, "%.*s", (int)name.len, name.p);
    buf[unseen_hide(buf, (uint32_t)strlen(buf))] = '\0';
    return buf;
}

void view_begin(struct table *t)
{
    table_init(t, VIEW_N + 1);
    t->left[0] = true;
    table_cell(t, str_of(word(W_C_NAME)));
    for (int c = 0; c < VIEW_N; c++)
        table_cell(t, str_of(view_head((enum view_column)c)));
}

void view_row(struct table *t, const struct message *m, const struct node *snapshot,
              const char *window)
{
    char buf[PHRASE_MAX];
    table_cell(t, str_of(view_name(buf, m, snapshot)));
    for (int c = 0; c < VIEW_N; c++) {
        struct view_number v = {0};
        bool has = view_value(m, snapshot, window, (enum view_column)c, &v);
        table_cell(t, str_of(view_text(buf, (enum view_column)c, has, v)));
    }
}

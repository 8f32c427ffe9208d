#include "daemon/cli/cards.h"

#include "core/event.h"
#include "core/score.h"
#include "daemon/cli/report_cards.h"
#include "daemon/cli/report_wilson.h"
#include "daemon/cli/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static struct str text_of(const struct message *m, const struct node *map, const char *key)
{
    struct str text = {"", 0};
    node_text(message_find_in(m, map, key), &text);
    return text;
}

static void copy(char *to, size_t cap, struct str text)
{
    snprintf(to, cap, "%.*s", (int)text.len, text.p);
}

/* The grade in the language in use; one that is not known stays as it is. */
static const char *grade_word(const char *wire)
{
    for (enum score_grade g = 0; g < GRADE_N; g++)
        if (strcmp(score_grade_wire(g), wire) == 0)
            return score_grade_word(g, words_lang() == LANG_ZH);
    return wire;
}

static const char *medal_word(const char *wire)
{
    static const enum word words[] = {W_S_GOLD, W_S_SILVER, W_S_BRONZE};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(word_in(words[i], LANG_EN), wire) == 0)
            return word(words[i]);
    return wire;
}

static void number_text(char *to, size_t cap, const struct message *m, const struct node *map,
                        const char *key)
{
    double v;
    if (node_float(message_find_in(m, map, key), &v))
        snprintf(to, cap, "%.2f", v);
    else
        snprintf(to, cap, "·");
}

/* What people call the indicator of an item: the site's own by the name that the message has. */
static void indicator_text(char to[PHRASE_MAX], const struct message *m, const struct node *item)
{
    static const char aspect[] = "csat.";
    enum lang lang = words_lang();
    struct str wire = text_of(m, item, "indicator");
    struct str own = text_of(m, item, lang == LANG_ZH ? "names.zh" : "names.en");
    int i = indicator_find(wire);
    const uint32_t n = sizeof aspect - 1;
    if (own.len > 0)
        copy(to, PHRASE_MAX, own);
    else if (i >= 0)
        snprintf(to, PHRASE_MAX, "%s", phrase_indicator(NULL, (enum indicator)i, lang));
    else if (wire.len > n && memcmp(wire.p, aspect, n) == 0)
        snprintf(to, PHRASE_MAX, lang == LANG_ZH ? "%s（%.*s）" : "%s (%.*s)",
                 phrase_indicator(NULL, IND_CSAT, lang), (int)(wire.len - n), wire.p + n);
    else
        copy(to, PHRASE_MAX, wire);
}

/* Does the field go without saying? A duration alone has several that do not. */
static bool is_plain(struct str indicator, enum indicator_field f)
{
    int i = indicator_find(indicator);
    return f == IF_VALUE || f == IF_NUM ||
           (f == IF_MEAN && (i < 0 || indicator_kind((enum indicator)i) != IND_DURATION));
}

/* What people call an item: its title, or its indicator if it was given no other id. */
static void item_name(char to[PHRASE_MAX], const struct message *m, const struct node *item)
{
    struct str title = text_of(m, item, "title"), id = text_of(m, item, "item");
    struct str indicator = text_of(m, item, "indicator"), field = text_of(m, item, "field");
    char usual[PHRASE_MAX], name[PHRASE_MAX];
    int f = indicator_field_find(field);
    snprintf(usual, sizeof usual, "%.*s.%.*s", (int)indicator.len, indicator.p, (int)field.len,
             field.p);
    indicator_text(name, m, item);
    if (title.len > 0)
        copy(to, PHRASE_MAX, title);
    else if (!str_equal(id, str_of(usual)))
        copy(to, PHRASE_MAX, id);
    else if (f < 0 || is_plain(indicator, (enum indicator_field)f))
        copy(to, PHRASE_MAX, str_of(name));
    else
        snprintf(to, PHRASE_MAX, "%.*s %s", 256, name,
                 phrase_field((enum indicator_field)f, words_lang()));
}

/* Names of the items that a list of ids has, as far as they fit. */
static void list_text(char *to, size_t cap, const struct message *m, const struct node *card,
                      const char *list)
{
    const struct node *key, *id, *item, *items = message_find_in(m, card, "items");
    size_t n = 0;
    to[0] = '\0';
    for (uint32_t at = 0; message_each(m, message_find_in(m, card, list), &at, &key, &id);) {
        char name[PHRASE_MAX] = "";
        struct str wanted;
        if (!node_text(id, &wanted))
            continue;
        for (uint32_t i = 0; message_each(m, items, &i, &key, &item);)
            if (str_equal(text_of(m, item, "item"), wanted))
                item_name(name, m, item);
        if (n + strlen(name) + 3 > cap)
            return;
        n += (size_t)snprintf(to + n, cap - n, "%s%s", n > 0 ? ", " : "", name);
    }
}

/* Items whose gate was hit, as far as they fit: why a score is 0, or lower than its points. */
static void gates_text(char *to, size_t cap, const struct message *m, const struct node *card)
{
    const struct node *key, *item, *items = message_find_in(m, card, "items");
    size_t n = 0;
    to[0] = '\0';
    for (uint32_t at = 0; message_each(m, items, &at, &key, &item);) {
        char name[PHRASE_MAX];
        if (message_find_in(m, item, "gate_hit") == NULL)
            continue;
        item_name(name, m, item);
        if (n + strlen(name) + 3 > cap)
            return;
        n += (size_t)snprintf(to + n, cap - n, "%s%s", n > 0 ? ", " : "", name);
    }
}

/* "unqualified · void by complaints" */
static void grade_text(char to[PHRASE_MAX], const char *grade, const char *gates)
{
    snprintf(to, PHRASE_MAX, "%s%s%s%s", grade_word(grade), gates[0] == '\0' ? "" : " · ",
             gates[0] == '\0' ? "" : word(W_S_GATE), gates);
}

/* " · " and the word, as far as it fits. */
static void add_word(char head[CARD_HEAD_MAX], enum word w, const char *a, const char *b)
{
    size_t n = strlen(head);
    n += (size_t)snprintf(head + n, CARD_HEAD_MAX - n, " · ");
    FILE *rest = n + 1 < CARD_HEAD_MAX ? fmemopen(head + n, CARD_HEAD_MAX - n, "w") : NULL;
    if (rest == NULL)
        return;
    word_print(rest, w, a, b, NULL);
    fclose(rest);
    head[CARD_HEAD_MAX - 1] = '\0';
}

/* "月度考核 · agent · month", and the hours that count. */
static void head_text(char head[CARD_HEAD_MAX], const struct message *m, const struct node *card)
{
    struct str title = text_of(m, card, "card_title"), window = text_of(m, card, "window");
    int scope = scope_find(text_of(m, card, "scope"));
    if (title.len == 0)
        title = text_of(m, card, "card");
    snprintf(head, CARD_HEAD_MAX, "%.*s · %s · %.*s", (int)title.len, title.p,
             scope >= 0 ? phrase_scope((enum scope)scope, words_lang()) : "", (int)window.len,
             window.p);
    struct str when = text_of(m, card, "when");
    if (when.len == 0)
        return;
    char hours[NAME_BYTES_MAX + 1];
    copy(hours, sizeof hours, when);
    add_word(head, W_R_CARD_WHEN, hours, NULL);
}

/* A card for a month that is asked for a week: its window, and how long was asked. */
static void add_length(char head[CARD_HEAD_MAX], const struct message *m, const struct node *card,
                       ms_t period)
{
    struct window_setting window;
    char asked[PHRASE_MAX];
    if (period == 0 || !window_setting_parse(text_of(m, card, "window"), &window) ||
        cards_length_fits(&window, period))
        return;
    phrase_duration(asked, period, words_lang());
    add_word(head, W_R_CARD_LENGTH, window.name, asked);
}

/* --- rankings ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct card_row *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank)
                              : strcmp(x->name, y->name);
}

static void print_ranking(struct cards *c)
{
    static const enum word heads[] = {W_S_RANK,  W_S_MEDAL,   W_S_NAME,      W_S_SCORE,
                                      W_S_GRADE, W_S_COUNTED, W_S_STRENGTHS, W_S_WEAK};
    struct table t;
    if (c->rows == 0)
        return;
    qsort(c->row, c->rows, sizeof *c->row, compare);
    fprintf(c->out, "%s\n", c->head);
    table_init(&t, ARRAY_LEN(heads));
    t.left[1] = t.left[2] = t.left[4] = t.left[6] = t.left[7] = true;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        table_cell(&t, str_of(word(heads[i])));
    for (uint32_t i = 0; i < c->rows; i++) {
        const struct card_row *r = &c->row[i];
        char rank[24], counted[16], grade[PHRASE_MAX];
        snprintf(rank, sizeof rank, "%" PRId64, r->rank);
        if (r->rank == INT64_MAX) /* its card is void */
            snprintf(rank, sizeof rank, "·");
        snprintf(counted, sizeof counted, "%d.%d%%", r->counted / 10, r->counted % 10);
        table_cell(&t, str_of(rank));
        table_cell(&t, str_of(medal_word(r->medal)));
        table_cell(&t, str_of(r->name));
        table_cell(&t, str_of(r->score));
        grade_text(grade, r->grade, r->gates);
        table_cell(&t, str_of(grade));
        table_cell(&t, str_of(counted));
        table_cell(&t, str_of(r->strengths));
        table_cell(&t, str_of(r->weak));
    }
    table_print(&t, c->out);
    table_fini(&t);
    fputc('\n', c->out);
    c->rows = 0;
}

static struct card_row *new_row(struct cards *c)
{
    if (c->rows == c->cap) {
        c->cap = c->cap == 0 ? 64 : c->cap * 2;
        c->row = realloc(c->row, c->cap * sizeof *c->row);
        if (c->row == NULL) {
            word_error(W_E_MEMORY, NULL, NULL, NULL);
            exit(1);
        }
    }
    struct card_row *r = &c->row[c->rows++];
    *r = (struct card_row){.rank = INT64_MAX};
    return r;
}

static void add_row(struct cards *c, const struct message *m, const struct node *card)
{
    char name[PHRASE_MAX];
    double counted = 0;
    struct card_row *r = new_row(c);
    node_int(message_find_in(m, card, "rank"), &r->rank);
    node_float(message_find_in(m, card, "counted"), &counted);
    r->counted = (int32_t)lround(counted * 1000);
    snprintf(r->name, sizeof r->name, "%.*s", (int)sizeof r->name - 1, view_name(name, m, card));
    number_text(r->score, sizeof r->score, m, card, "score");
    copy(r->grade, sizeof r->grade, text_of(m, card, "grade"));
    copy(r->medal, sizeof r->medal, text_of(m, card, "medal"));
    list_text(r->strengths, sizeof r->strengths, m, card, "strengths");
    list_text(r->weak, sizeof r->weak, m, card, "weak_spots");
    gates_text(r->gates, sizeof r->gates, m, card);
}

/* --- one card ------------------------------------------------------------------------------- */

static void cell_number(struct table *t, const struct message *m, const struct node *item,
                        const char *key)
{
    char text[32];
    number_text(text, sizeof text, m, item, key);
    table_cell(t, str_of(text));
}

static void cell_count(struct table *t, const struct message *m, const struct node *item,
                       const char *key)
{
    char text[24] = "·";
    int64_t n;
    if (node_int(message_find_in(m, item, key), &n))
        snprintf(text, sizeof text, "%" PRId64, n);
    table_cell(t, str_of(text));
}

/* Behind a ratio its 95 % interval; the cases have a column of their own. */
static void put_interval(char text[PHRASE_MAX], const struct message *m, const struct node *item,
                         enum indicator i, enum indicator_field f, double value)
{
    int64_t n = 0;
    bool ratio = indicator_field_is_part(i, f) && indicator_kind(i) != IND_SHARE;
    size_t used = strlen(text);
    node_int(message_find_in(m, item, "n"), &n);
    if (!ratio || n <= 0 || value < 0 || value > 1)
        return;
    struct interval at = wilson((uint64_t)llround(value * (double)n), (uint64_t)n);
    snprintf(text + used, PHRASE_MAX - used, " [%.1f-%.1f]", at.low * 100, at.high * 100);
}

/* A value as its indicator is counted. */
static void cell_value(struct table *t, const struct message *m, const struct node *item,
                       const char *key)
{
    char text[PHRASE_MAX] = "·";
    int i = indicator_find(text_of(m, item, "indicator"));
    int f = indicator_field_find(text_of(m, item, "field"));
    double v;
    if (f >= 0 && i < 0 && node_float(message_find_in(m, item, key), &v) &&
        fabs(v) < (double)INT64_MAX / NUMBER_ONE) {
        struct str unit = text_of(m, item, "unit"); /* of the site's own */
        bool part = f == IF_VALUE && str_equal(unit, str_of("%"));
        phrase_own(text, (int64_t)llround(v * NUMBER_ONE), unit, part);
    } else if (f >= 0 && i >= 0 && node_float(message_find_in(m, item, key), &v)) {
        bool ms = indicator_field_is_ms((enum indicator)i, (enum indicator_field)f);
        phrase_value(text, NULL, (enum indicator)i, (enum indicator_field)f,
                     (int64_t)llround(ms ? v : v * NUMBER_ONE), words_lang());
        if (strcmp(key, "value") == 0)
            put_interval(text, m, item, (enum indicator)i, (enum indicator_field)f, v);
    }
    table_cell(t, str_of(text));
}

static bool listed(const struct message *m, const struct node *card, const char *list,
                   struct str id)
{
    const struct node *key, *one;
    for (uint32_t at = 0; message_each(m, message_find_in(m, card, list), &at, &key, &one);) {
        struct str text;
        if (node_text(one, &text) && str_equal(text, id))
            return true;
    }
    return false;
}

static const char *mark_of(const struct message *m, const struct node *card,
                           const struct node *item)
{
    struct str id = text_of(m, item, "item");
    if (message_find_in(m, item, "left_out") != NULL)
        return word(W_S_LEFT_OUT);
    if (message_find_in(m, item, "voided") != NULL)
        return word(W_S_VOIDED);
    if (listed(m, card, "strengths", id))
        return word(W_S_STRONG);
    return listed(m, card, "weak_spots", id) ? word(W_S_WEAK_SPOT) : "";
}

static void print_result(const struct cards *c, const struct message *m, const struct node *card)
{
    char score[16], grade[32], medal[8], name[PHRASE_MAX], rank[24], of[24];
    char gates[CARD_LIST_MAX], said[PHRASE_MAX];
    int64_t place = 0, all = 0;
    number_text(score, sizeof score, m, card, "score");
    copy(grade, sizeof grade, text_of(m, card, "grade"));
    copy(medal, sizeof medal, text_of(m, card, "medal"));
    gates_text(gates, sizeof gates, m, card);
    grade_text(said, grade, gates);
    fprintf(c->out, "%s\n%s  %s %s", c->head, view_name(name, m, card), score, said);
    if (node_int(message_find_in(m, card, "rank"), &place)) {
        node_int(message_find_in(m, card, "of"), &all);
        snprintf(rank, sizeof rank, "%" PRId64, place);
        snprintf(of, sizeof of, "%" PRId64, all);
        fputs(" · ", c->out);
        word_print(c->out, W_S_OF, rank, of, NULL);
    }
    fprintf(c->out, "%s%s\n", medal[0] != '\0' ? " · " : "", medal_word(medal));
}

static void print_card(const struct cards *c, const struct message *m, const struct node *card)
{
    static const enum word heads[] = {W_S_ITEM,     W_S_VALUE,  W_S_N,    W_S_BASELINE, W_S_TARGET,
                                      W_S_INDUSTRY, W_S_WEIGHT, W_S_BAND, W_S_POINTS,   W_S_MARK};
    const struct node *key, *item, *items = message_find_in(m, card, "items");
    struct table t;
    print_result(c, m, card);
    table_init(&t, ARRAY_LEN(heads));
    t.left[0] = t.left[9] = true;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        table_cell(&t, str_of(word(heads[i])));
    for (uint32_t at = 0; message_each(m, items, &at, &key, &item);) {
        char name[PHRASE_MAX];
        item_name(name, m, item);
        table_cell(&t, str_of(name));
        cell_value(&t, m, item, "value");
        cell_count(&t, m, item, "n");
        cell_value(&t, m, item, "baseline");
        cell_value(&t, m, item, "target");
        cell_value(&t, m, item, "industry");
        cell_number(&t, m, item, "weight");
        cell_count(&t, m, item, "band");
        cell_number(&t, m, item, "points");
        table_cell(&t, str_of(mark_of(m, card, item)));
    }
    table_print(&t, c->out);
    table_fini(&t);
    fputc('\n', c->out);
}

/* --- life ----------------------------------------------------------------------------------- */

void cards_begin(struct cards *c, FILE *out, bool whole)
{
    *c = (struct cards){.out = out, .whole = whole};
}

void cards_take(struct cards *c, const struct message *m, const struct node *card)
{
    char head[CARD_HEAD_MAX];
    struct str id = text_of(m, card, "card");
    c->any = true;
    head_text(head, m, card);
    add_length(head, m, card, c->period);
    if (!str_equal(id, str_of(c->id))) {
        print_ranking(c); /* of the card before */
        if (strcmp(head, c->head) == 0)
            snprintf(c->head, sizeof c->head, "%.180s (%.*s)", head, (int)id.len, id.p);
        else
            memcpy(c->head, head, sizeof head);
        copy(c->id, sizeof c->id, id);
    }
    if (c->whole)
        print_card(c, m, card);
    else
        add_row(c, m, card);
}

void cards_end(struct cards *c)
{
    print_ranking(c);
    if (!c->any)
        fprintf(c->out, "%s\n", word(W_S_NOBODY));
    free(c->row);
    c->row = NULL;
}

void cards_line(FILE *out, const struct message *m, const struct node *card)
{
    char head[CARD_HEAD_MAX], name[PHRASE_MAX], score[16], grade[32], rank[24], of[24];
    char gates[CARD_LIST_MAX], said[PHRASE_MAX];
    int64_t place, all = 0;
    head_text(head, m, card);
    number_text(score, sizeof score, m, card, "score");
    copy(grade, sizeof grade, text_of(m, card, "grade"));
    gates_text(gates, sizeof gates, m, card);
    grade_text(said, grade, gates);
    fprintf(out, "%s · %s: %s %s", head, view_name(name, m, card), score, said);
    if (node_int(message_find_in(m, card, "rank"), &place)) {
        node_int(message_find_in(m, card, "of"), &all);
        snprintf(rank, sizeof rank, "%" PRId64, place);
        snprintf(of, sizeof of, "%" PRId64, all);
        fputs(" · ", out);
        word_print(out, W_S_OF, rank, of, NULL);
    }
    fputc('\n', out);
}

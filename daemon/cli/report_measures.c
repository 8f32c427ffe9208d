#include "daemon/cli/report_measures.h"

#include "daemon/cli/report_define.h"
#include "daemon/cli/report_period.h"
#include "daemon/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_some(struct reading *r, char *ret, size_t cap)
{
    return read_text(r, ret, cap) && (ret[0] != '\0' || refuse(r, "empty; write something"));
}

static bool read_measure(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    return read_some(r, m->text, sizeof m->text);
}

static bool read_owner(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    return read_some(r, m->owner, sizeof m->owner);
}

static bool read_day(struct reading *r, char text[16], bool end, ms_t *ret)
{
    if (!read_some(r, text, 16))
        return false;
    if (strlen(text) == 10 && period_instant(&r->config->settings.zone, text, end, ret))
        return true;
    return refuse(r, "'%s' is no date; write 2012-10-31", text);
}

static bool read_start(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    return read_day(r, m->start_text, false, &m->start);
}

static bool read_due(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    return read_day(r, m->due_text, true, &m->due);
}

static bool read_indicator(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    if (!source_indicator(r, &m->of))
        return false;
    if (m->of.indicator >= IND_GAUGE_FIRST)
        return refuse(r, "%s is a number of now, not of a period", r->node->text.p);
    m->of.field = (uint8_t)define_field(&r->config->settings, (enum indicator)m->of.indicator);
    return true;
}

static bool read_field(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    return source_field(r, &m->of);
}

static bool read_expected(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    return source_threshold(r, m->of, &m->below, &m->expected);
}

static bool read_name(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    int scope = scope_find(r->node->key);
    CHECK(scope > SCOPE_ALL);
    if (m->scope != SCOPE_ALL)
        return refuse(r, "there is a %s already; one of them is enough",
                      scope_name((enum scope)m->scope));
    m->scope = (uint8_t)scope;
    return read_some(r, m->name, sizeof m->name);
}

static const struct member table[] = {
    {"measure", NULL, "What was done.", read_measure},
    {"owner", NULL, "Who sees to it.", read_owner},
    {"start", "", "The day on which it began.", read_start},
    {"due", "", "The day by which it should show.", read_due},
    {"indicator", NULL, "What it is to change; SEMANTICS.md lists the indicators.", read_indicator},
    {"field", "value, num, mean, p50", "Which number of it.", read_field},
    {"expected", NULL, "\"<= VALUE\" or \">= VALUE\".", read_expected},
    {"team", "", "Only of this team; or one of the next.", read_name},
    {"agent", "", "Only of this agent.", read_name},
    {"category", "", "Only of this category.", read_name},
    {"channel", "", "Only of this channel.", read_name},
    {"priority", "", "Only of this priority.", read_name},
};
static const struct members measure_members = {
    "measure", "- {measure: ..., owner: ..., indicator: ..., expected: ...}", NULL,
    ARRAY_LEN(table), table};

/* No reference lists these keys: the complaint does. */
static bool keys_known(const struct reading *r)
{
    char all[192] = "", path[80];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", i > 0 ? ", " : "", table[i].name);
    const struct tree_node *first = r->node->kind == TREE_MAP ? r->node->first : NULL;
    for (const struct tree_node *m = first; m != NULL; m = m->next) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(table) && !known; i++)
            known = str_equal(str_of(table[i].name), m->key);
        snprintf(path, sizeof path, "%s.%.40s", r->path, m->key.p);
        if (!known)
            return tree_complain(r->tree, m->line, path, r->why,
                                 "unknown key of a measure; it has %s", all);
    }
    return true;
}

static bool read_list(struct reading *r, const struct tree_node *root, struct measures *ret)
{
    const struct tree_node *list = root == NULL ? NULL : tree_member(root, str_of("measures"));
    if (list == NULL || list->kind != TREE_LIST)
        return tree_complain(r->tree, root == NULL ? 1 : root->line, "measures", r->why,
                             "a list is wanted; write measures: [{measure: ..., owner: ...}]");
    for (const struct tree_node *m = root->first; m != NULL; m = m->next)
        if (m != list)
            return tree_complain(r->tree, m->line, m->key.p, r->why, "unknown key; remove it");
    for (const struct tree_node *m = list->first; m != NULL; m = m->next) {
        r->node = m;
        if (ret->n == MEASURES_MAX)
            return refuse(r, "more than %d; remove some", MEASURES_MAX);
        struct measure_taken *item = &ret->at[ret->n];
        *item = (struct measure_taken){.start = MS_NONE, .due = MS_NONE, .scope = SCOPE_ALL};
        if (!keys_known(r) || !members_read(r, &measure_members, item) ||
            !source_exists(r, item->of, (enum scope)item->scope))
            return false;
        if (item->start != MS_NONE && item->due != MS_NONE && item->start >= item->due)
            return refuse(r, "it begins on %s, after it is due (%s); swap the dates",
                          item->start_text, item->due_text);
        ret->n++;
    }
    return true;
}

bool measures_parse(const char *name, const char *bytes, size_t n, struct config *config,
                    struct measures *ret, struct tree_error *why)
{
    struct tree tree;
    if (!tree_parse(&tree, name, bytes, n, why))
        return false;
    struct reading r = {&tree, tree.root, "measures", config, why};
    ret->n = 0;
    bool fine = read_list(&r, tree.root, ret);
    tree_fini(&tree);
    return fine;
}

bool measures_load(const char *path, struct config *config, struct measures *ret,
                   struct tree_error *why)
{
    struct tree named = {.name = path};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return tree_complain(&named, 1, "", why, "cannot be opened: %s", strerror(errno));
    char *bytes = malloc(TREE_BYTES_MAX + 1);
    size_t n = bytes == NULL ? 0 : fread(bytes, 1, TREE_BYTES_MAX + 1, file);
    bool fine = bytes != NULL && ferror(file) == 0;
    fclose(file);
    if (!fine)
        (void)tree_complain(&named, 1, "", why, "cannot be read");
    else
        fine = measures_parse(path, bytes, n, config, ret, why);
    free(bytes);
    return fine;
}

bool measure_met(const struct measure_taken *m, const struct figure *f)
{
    CHECK(f->bottom > 0);
    __int128 want = (__int128)m->expected * f->bottom;
    return m->below ? f->top <= want : f->top >= want;
}

static enum measure_phase phase_of(const struct measure_taken *m, ms_t known)
{
    ms_t shows = m->due != MS_NONE ? m->due : m->start;
    if (shows == MS_NONE)
        return MEASURE_UNDATED;
    return shows < known                             ? MEASURE_SHOWS
           : m->start != MS_NONE && m->start < known ? MEASURE_RUNS
                                                     : MEASURE_TO_COME;
}

static void plan_one(const struct measure_taken *m, const struct zone *zone, struct period now,
                     ms_t known, struct measure_plan *ret)
{
    ms_t begins = m->start != MS_NONE ? m->start : m->due;
    ms_t since = m->due != MS_NONE ? m->due : m->start;
    *ret = (struct measure_plan){.phase = phase_of(m, known), .before = now};
    if (ret->phase == MEASURE_RUNS)
        since = m->start;
    if (ret->phase == MEASURE_SHOWS || ret->phase == MEASURE_RUNS) {
        ret->after = (struct period){ms_max(now.from, since), now.to};
        ret->before = period_ending(zone, begins, ret->after);
    }
}

uint32_t measures_plan(const struct measures *measures, const struct zone *zone, struct period now,
                       ms_t as_of, const char *only, struct measure_plan plan[MEASURES_MAX],
                       struct cube_span *span)
{
    STATIC_ASSERT(2 * MEASURES_MAX <= CUBE_SPANS_MAX, "two spans each");
    ms_t known = period_runs(now, as_of) ? as_of : now.to;
    uint32_t n = 0;
    for (uint32_t i = 0; i < measures->n; i++) {
        const struct measure_taken *m = &measures->at[i];
        struct measure_plan *p = &plan[i];
        plan_one(m, zone, now, known, p);
        bool of_it = only != NULL && m->scope == SCOPE_TEAM && strcmp(only, m->name) == 0;
        struct cube_span one = {.period = p->before,
                                .as_of = as_of,
                                .scope = of_it ? SCOPE_ALL : (enum scope)m->scope,
                                .name = m->name};
        p->span = n;
        if (p->phase == MEASURE_UNDATED)
            continue;
        if (p->phase != MEASURE_TO_COME)
            one.as_of = period_alike(p->after, as_of, p->before);
        span[n++] = one;
        one.period = p->after;
        one.as_of = as_of;
        if (p->phase != MEASURE_TO_COME)
            span[n++] = one;
    }
    return n;
}

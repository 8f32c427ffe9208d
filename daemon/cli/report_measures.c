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

static bool read_due(struct reading *r, void *item)
{
    struct measure_taken *m = item;
    if (!read_some(r, m->due_text, sizeof m->due_text))
        return false;
    if (strlen(m->due_text) == 10 &&
        period_instant(&r->config->settings.zone, m->due_text, true, &m->due))
        return true;
    return refuse(r, "'%s' is no date; write 2012-10-31", m->due_text);
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
    char all[160] = "", path[80];
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
        *item = (struct measure_taken){.due = MS_NONE, .scope = SCOPE_ALL};
        if (!keys_known(r) || !members_read(r, &measure_members, item) ||
            !source_exists(r, item->of, (enum scope)item->scope))
            return false;
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

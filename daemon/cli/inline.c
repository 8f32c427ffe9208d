#include "daemon/cli/inline.h"

#include "core/zone.h"
#include "daemon/holidays.h"
#include "proto/emit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The tree being written, and why it cannot be. */
struct writing {
    const struct tree *tree;
    struct emitter em;
    struct tree_error *why;
};

static bool is_file(const struct tree_node *n)
{
    return n->kind == TREE_SCALAR && n->text.len > 4 &&
           memcmp(n->text.p + n->text.len - 4, ".ics", 4) == 0;
}

static bool is_holidays(const struct tree_node *n)
{
    return str_equal(n->key, str_of("holidays"));
}

/* Does anything below name a file? */
static bool names_files(const struct tree_node *n, bool holidays)
{
    if (holidays && is_file(n))
        return true;
    for (const struct tree_node *m = n->first; m != NULL; m = m->next)
        if (names_files(m, is_holidays(m) || (holidays && n->kind == TREE_LIST)))
            return true;
    return false;
}

/* The file's days, one text each. It lies beside the configuration, like there. */
static bool write_days(struct writing *w, const struct tree_node *n)
{
    char path[4096];
    const char *name = w->tree->name, *slash = strrchr(name, '/');
    int dir = slash == NULL || n->text.p[0] == '/' ? 0 : (int)(slash - name) + 1;
    int len = snprintf(path, sizeof(path), "%.*s%s", dir, name, n->text.p);
    if (len < 0 || (size_t)len >= sizeof(path))
        return tree_complain(w->tree, n->line, "holidays", w->why, "the path is too long");
    struct holidays *days = calloc(1, sizeof(*days));
    bool fine = days != NULL ? holidays_read(days, path, w->why)
                             : tree_complain(w->tree, n->line, "", w->why, "no memory");
    for (int64_t day = HOLIDAYS_FIRST; fine && day < HOLIDAYS_END; day++) {
        struct civil c = civil_from_days(day);
        char text[32];
        if (!holidays_has(days, day))
            continue;
        snprintf(text, sizeof(text), "%04d-%02u-%02u", c.year, c.month, c.day);
        emit_text(&w->em, NULL, text);
    }
    free(days);
    return fine;
}

static bool write_node(struct writing *w, const char *key, const struct tree_node *n);

static bool write_holidays(struct writing *w, const struct tree_node *n)
{
    bool fine = true;
    emit_array(&w->em, "holidays");
    const struct tree_node *one = n->kind == TREE_LIST ? n->first : n;
    for (; fine && one != NULL; one = n->kind == TREE_LIST ? one->next : NULL)
        fine = is_file(one) ? write_days(w, one) : write_node(w, NULL, one);
    emit_end(&w->em);
    return fine;
}

/* No deeper than TREE_DEPTH_MAX: tree_parse let nothing deeper in. */
static bool write_node(struct writing *w, const char *key, const struct tree_node *n)
{
    bool fine = true;
    if (n->kind == TREE_SCALAR) {
        emit_str(&w->em, key, n->text);
        return true;
    }
    if (n->kind == TREE_MAP)
        emit_map(&w->em, key);
    else
        emit_array(&w->em, key);
    for (const struct tree_node *m = n->first; fine && m != NULL; m = m->next) {
        bool map = n->kind == TREE_MAP;
        fine =
            map && is_holidays(m) ? write_holidays(w, m) : write_node(w, map ? m->key.p : NULL, m);
    }
    emit_end(&w->em);
    return fine;
}

static bool write_tree(const struct tree *t, char *buf, size_t cap, size_t *ret_n,
                       struct tree_error *why)
{
    struct writing w = {.tree = t, .why = why};
    emit_start(&w.em, SINK_JSON, buf, cap);
    bool fine = write_node(&w, NULL, t->root);
    int n = emit_finish(&w.em);
    if (fine && n < 0)
        fine = tree_complain(t, 1, "", why, "with all its holidays more than %zu bytes", cap);
    *ret_n = n < 0 ? 0 : (size_t)n;
    return fine;
}

static bool read_file(const struct tree *named, char *buf, size_t cap, size_t *ret_n,
                      struct tree_error *why)
{
    FILE *file = fopen(named->name, "re");
    if (file == NULL)
        return tree_complain(named, 1, "", why, "cannot be opened: %s", strerror(errno));
    *ret_n = fread(buf, 1, cap, file);
    bool fine = !ferror(file) || tree_complain(named, 1, "", why, "cannot be read");
    if (fine && fgetc(file) != EOF)
        fine = tree_complain(named, 1, "", why, "more than %zu bytes", cap);
    fclose(file);
    return fine;
}

bool inline_config(const char *path, char *buf, size_t cap, size_t *ret_n, struct tree_error *why)
{
    struct tree tree = {.name = path};
    if (!read_file(&tree, buf, cap, ret_n, why) || !tree_parse(&tree, path, buf, *ret_n, why))
        return false;
    bool fine = true;
    if (tree.root != NULL && names_files(tree.root, false)) /* its texts are copies */
        fine = write_tree(&tree, buf, cap, ret_n, why);
    tree_fini(&tree);
    return fine;
}

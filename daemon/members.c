#include "daemon/members.h"

#include "daemon/suggest.h"

#include <stdio.h>

enum { PATH_BYTES_MAX = 96 }; /* three levels of names of ours, one of theirs cut to 40 */

static bool known(const struct members *members, struct str name)
{
    for (uint32_t i = 0; i < members->n; i++)
        if (str_equal(str_of(members->at[i].name), name))
            return true;
    return false;
}

static bool refuse_unknown(const struct reading *r, const struct members *members,
                           const struct tree_node *m)
{
    char path[PATH_BYTES_MAX], text[SUGGEST_TEXT];
    struct suggestion s;
    snprintf(path, sizeof path, "%s.%.40s", r->path, m->key.p);
    suggest_begin(&s, m->key);
    for (uint32_t i = 0; i < members->n; i++)
        suggest_offer(&s, str_of(members->at[i].name));
    return tree_complain(r->tree, m->line, path, r->why,
                         "unknown key of a %s; %ssee --print-config", members->of,
                         suggest_text(&s, text));
}

/* Is all that is there known, and all there that must be? */
static bool check(const struct reading *r, const struct members *members)
{
    for (const struct tree_node *m = r->node->first; m != NULL; m = m->next) {
        if (!known(members, m->key))
            return refuse_unknown(r, members, m);
    }
    for (uint32_t i = 0; i < members->n; i++)
        if (members->at[i].preset == NULL &&
            tree_member(r->node, str_of(members->at[i].name)) == NULL)
            return refuse(r, "a %s without `%s`; add it", members->of, members->at[i].name);
    return true;
}

bool members_read(struct reading *r, const struct members *members, void *item)
{
    const struct tree_node *map = r->node;
    const char *path = r->path;
    char inner[PATH_BYTES_MAX];
    if (map->kind != TREE_MAP)
        return refuse(r, "a map is wanted here; write %s", members->shape);
    if (!check(r, members))
        return false;
    for (uint32_t i = 0; i < members->n; i++) {
        const struct member *member = &members->at[i];
        r->node = tree_member(map, str_of(member->name));
        if (r->node == NULL)
            continue;
        snprintf(inner, sizeof inner, "%s.%s", path, member->name);
        r->path = inner;
        if (!member->read(r, item)) {
            r->path = path;
            return false;
        }
    }
    r->path = path;
    r->node = map;
    return true;
}

bool entries_read(struct reading *r, uint32_t max,
                  bool (*each)(struct reading *r, uint32_t i, void *item), void *item)
{
    const struct tree_node *list = r->node;
    uint32_t n = 0;
    if (list->kind != TREE_LIST)
        return each(r, 0, item);
    for (const struct tree_node *m = list->first; m != NULL; m = m->next) {
        r->node = m;
        if (n == max)
            return refuse(r, "more than %u entries; remove some", max);
        if (!each(r, n++, item))
            return false;
    }
    r->node = list;
    return true;
}

bool map_read(struct reading *r, bool (*each)(struct reading *r, void *item), void *item)
{
    const struct tree_node *map = r->node;
    const char *path = r->path;
    char inner[PATH_BYTES_MAX];
    bool fine = true;
    if (map->kind != TREE_MAP)
        return refuse(r, "a map is wanted here; write {key: value}");
    for (const struct tree_node *m = map->first; m != NULL && fine; m = m->next) {
        snprintf(inner, sizeof inner, "%s.%.40s", path, m->key.p);
        r->path = inner;
        r->node = m;
        fine = each(r, item);
    }
    r->path = path;
    r->node = map;
    return fine;
}

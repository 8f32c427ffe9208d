#include "daemon/config.h"

#include "core/err.h"
#include "daemon/keys.h"
#include "daemon/lint.h"
#include "daemon/rules.h"
#include "daemon/security.h"
#include "daemon/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES_MAX = 64 };

/* The node at a dotted path below the root; NULL when the file does not have it. */
static const struct tree_node *find(const struct tree *t, const char *path)
{
    const struct tree_node *n = t->root;
    while (n != NULL && path[0] != 0) {
        size_t len = strcspn(path, ".");
        n = tree_member(n, (struct str){path, (uint32_t)len});
        path += len + (path[len] == '.');
    }
    return n;
}

enum match { MATCH_NONE, MATCH_INSIDE, MATCH_KEY };

/* Is the path a key, or the beginning of some? */
static enum match match(const char *path)
{
    size_t n = strlen(path);
    enum match found = MATCH_NONE;
    for (uint32_t i = 0; i < keys_n; i++) {
        if (strcmp(keys[i].path, path) == 0)
            return MATCH_KEY;
        if (strncmp(keys[i].path, path, n) == 0 && keys[i].path[n] == '.')
            found = MATCH_INSIDE;
    }
    return found;
}

/* Nearest of the names that stand where the last one of the path does. */
static bool refuse_unknown(const struct tree *t, uint32_t line, const char *path,
                           struct tree_error *why)
{
    const char *dot = strrchr(path, '.');
    size_t before = dot == NULL ? 0 : (size_t)(dot - path) + 1;
    char text[SUGGEST_TEXT];
    struct suggestion s;
    suggest_begin(&s, str_of(path + before));
    for (uint32_t i = 0; i < keys_n; i++) {
        const char *name = keys[i].path + before;
        if (strncmp(keys[i].path, path, before) == 0)
            suggest_offer(&s, (struct str){name, (uint32_t)strcspn(name, ".")});
    }
    return tree_complain(t, line, path, why, "unknown key; %sticketpulsed --print-config lists all",
                         suggest_text(&s, text));
}

/* Every key of the map must be known. Paths of the table are short, so longer ones are unknown. */
static bool check_keys(const struct tree *t, const struct tree_node *map, const char *prefix,
                       struct tree_error *why)
{
    for (const struct tree_node *m = map->first; m != NULL; m = m->next) {
        char path[PATH_BYTES_MAX];
        int n = snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] == 0 ? "" : ".", m->key.p);
        enum match what = n >= (int)sizeof path ? MATCH_NONE : match(path);
        if (what == MATCH_NONE)
            return refuse_unknown(t, m->line, path, why);
        if (what == MATCH_INSIDE && m->kind != TREE_MAP)
            return tree_complain(t, m->line, path, why, "a group of keys; write them below it");
        if (what == MATCH_INSIDE && !check_keys(t, m, path, why))
            return false;
    }
    return true;
}

/* The default of a key is text of ours: a fault in it is a programmer's. */
static void read_preset(const struct key *key, struct config *c)
{
    struct tree tree;
    struct tree_error why;
    bool fine = tree_parse(&tree, key->path, key->preset, strlen(key->preset), &why);
    CHECK(fine);
    struct reading r = {&tree, tree.root, key->path, c, &why};
    if (key->type == KEY_RULES) {
        rules_read_preset(&r);
    } else {
        fine = key_read(key, &r);
        CHECK(fine);
    }
    tree_fini(&tree);
}

/* Does a rule or scorecard look at a calendar? */
static bool has_hours(const struct settings *s)
{
    bool any = false;
    for (uint32_t i = 0; s->cards != NULL && i < s->cards->cards && !any; i++)
        any = s->cards->card[i].when[0] != 0;
    for (uint32_t i = 0; i < s->rules && !any; i++)
        any = s->rule[i].when[0] != 0;
    return any;
}

bool config_has_text(const struct config_texts *texts, const char *text)
{
    for (uint32_t i = 0; i < texts->n; i++)
        if (strcmp(texts->at[i], text) == 0)
            return true;
    return false;
}

/* Two keys of the server at once: which endpoints are the old one's? */
static bool check_previous(const struct tree *t, const struct config *c, struct tree_error *why)
{
    static const char path[] = "security.previous.endpoints";
    const struct tree_node *node = find(t, path);
    const struct config_texts *all = &c->previous_endpoints;
    uint32_t line = node == NULL ? 1 : node->line;
    if (c->previous_key[0] != 0 && c->server_key[0] == 0)
        return tree_complain(t, line, "security.previous.server_key", why,
                             "of no use without security.server_key; name the new one there");
    if ((c->previous_key[0] != 0) != (all->n > 0))
        return tree_complain(t, line, path, why,
                             "belongs together with security.previous.server_key; give both");
    for (uint32_t i = 0; i < all->n; i++) {
        const char *at = all->at[i];
        bool known = config_has_text(&c->events_bind, at) || config_has_text(&c->out, at) ||
                     config_has_text(&c->query, at) || config_has_text(&c->ingest, at);
        if (!known || strncmp(at, "tcp:", 4) != 0)
            return tree_complain(t, line, path, why,
                                 "%s is no TCP endpoint of sockets; name it there too", at);
    }
    return true;
}

static bool read_all(const struct tree *t, struct config *c, struct tree_error *why)
{
    const char *wrong;
    settings_default(&c->settings); /* the seed; every other field has a key */
    for (uint32_t i = 0; i < keys_n; i++) {
        struct reading r = {t, find(t, keys[i].path), keys[i].path, c, why};
        if (r.node == NULL)
            read_preset(&keys[i], c);
        else if (!key_read(&keys[i], &r))
            return false;
    }
    if (c->full_every < c->snapshot_every)
        return tree_complain(t, 1, "full_every", why,
                             "shorter than snapshot_every; make it longer");
    if (c->events_bind.n + c->events_connect.n == 0)
        return tree_complain(t, 1, "sockets.events", why,
                             "neither bind nor connect; events could never arrive");
    if (c->primary.n > 0 && !c->standby)
        return tree_complain(t, find(t, "primary.out")->line, "primary.out", why,
                             "only a standby listens to a primary; say `standby: true`, or leave "
                             "this out");
    if (c->primary_gone > 0 && c->primary_gone < PRIMARY_GONE_MIN)
        return tree_complain(t, find(t, "primary.gone_after")->line, "primary.gone_after", why,
                             "one late heartbeat would do; at least 3s, or 0s for never");
    const char *nowhere = security_unused_publisher(c);
    if (nowhere != NULL)
        return tree_complain(t, find(t, "security.publishers")->line, "security.publishers", why,
                             "%s is none of sockets.events.connect and primary.out; name it there "
                             "too",
                             nowhere);
    if (!check_previous(t, c, why))
        return false;
    if (c->sla != NULL && (c->sla->policies > 0 || has_hours(&c->settings)))
        c->settings.sla = c->sla;
    c->settings.cards = c->cards;
    if (settings_check(&c->settings, &wrong) != 0)
        return tree_complain(t, 1, "", why, "%s", wrong);
    return true;
}

void config_default(struct config *ret)
{
    struct tree_error why;
    bool fine = config_parse("", "", 0, ret, &why);
    CHECK(fine);
}

static bool parse(const struct tree *t, struct config *ret, struct tree_error *why,
                  struct lint *lint)
{
    bool empty = t->root == NULL || (t->root->kind == TREE_SCALAR && t->root->text.len == 0);
    if (!empty && t->root->kind != TREE_MAP)
        return tree_complain(t, t->root->line, "", why,
                             "the file must be a map of keys; write `key: value`");
    if (!empty && !check_keys(t, t->root, "", why))
        return false;
    struct config *c = calloc(1, sizeof *c);
    if (c == NULL)
        return tree_complain(t, 1, "", why, "no memory");
    bool fine = read_all(t, c, why);
    if (fine && lint != NULL)
        lint_config(lint, t, c);
    if (fine)
        config_move(ret, c);
    config_fini(c);
    free(c);
    return fine;
}

static bool parse_bytes(const char *name, const char *bytes, size_t n, struct config *ret,
                        struct tree_error *why, struct lint *lint)
{
    struct tree tree;
    if (!tree_parse(&tree, name, bytes, n, why))
        return false;
    bool fine = parse(&tree, ret, why, lint);
    tree_fini(&tree);
    return fine;
}

bool config_parse(const char *name, const char *bytes, size_t n, struct config *ret,
                  struct tree_error *why)
{
    return parse_bytes(name, bytes, n, ret, why, NULL);
}

bool config_load(const char *path, struct config *ret, struct tree_error *why)
{
    return config_lint(path, ret, why, NULL);
}

bool config_lint(const char *path, struct config *ret, struct tree_error *why, struct lint *lint)
{
    if (lint != NULL)
        lint->n = lint->left_out = lint->faults = 0;
    if (path == NULL) {
        config_default(ret);
        return true;
    }
    struct tree named = {.name = path};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return tree_complain(&named, 1, "", why, "cannot be opened: %s", strerror(errno));
    char *bytes = malloc(TREE_BYTES_MAX + 1);
    bool fine = false;
    if (bytes == NULL) {
        tree_complain(&named, 1, "", why, "no memory");
    } else {
        size_t n = fread(bytes, 1, TREE_BYTES_MAX + 1, file); /* one more shows a longer file */
        fine = ferror(file) ? tree_complain(&named, 1, "", why, "cannot be read")
                            : parse_bytes(path, bytes, n, ret, why, lint);
    }
    free(bytes);
    fclose(file);
    return fine;
}

bool config_state(struct config *c, const char *dir)
{
    memset(c->state_dir, 0, sizeof c->state_dir);
    return snprintf(c->state_dir, sizeof c->state_dir, "%s", dir) < (int)sizeof c->state_dir;
}

void config_fini(struct config *c)
{
    free(c->sla);
    free(c->cards);
    free(c->security);
    free(c->receivers);
    c->sla = NULL;
    c->cards = NULL;
    c->security = NULL;
    c->receivers = NULL;
    c->settings.sla = NULL;
    c->settings.cards = NULL;
}

void config_move(struct config *to, struct config *from)
{
    memcpy(to, from, sizeof *to);
    from->sla = NULL;
    from->cards = NULL;
    from->security = NULL;
    from->receivers = NULL;
    from->settings.sla = NULL;
    from->settings.cards = NULL;
}

const char *config_fixed(const struct config *now, const struct config *next, uint32_t *at)
{
    while (*at < keys_n) {
        const struct key *key = &keys[(*at)++];
        bool same = key->type == KEY_PUBLISHERS
                        ? security_same_publishers(now->security, next->security)
                        : memcmp((const char *)now + key->place, (const char *)next + key->place,
                                 key->size) == 0;
        if (key->fixed && !same)
            return key->path;
    }
    return NULL;
}

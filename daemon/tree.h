/* tree.h: a YAML file as a tree of nodes that know their line; the only user of libyaml.
 *
 * Bounded while it is read: 256 KiB, 16 levels, one document, no anchors, aliases or tags, no key
 * twice, no character that nobody sees (unseen.h). tree_fini frees every node; texts of nodes live
 * as long as their tree. */
#ifndef TP_DAEMON_TREE_H
#define TP_DAEMON_TREE_H

#include "core/base.h"

enum { TREE_BYTES_MAX = 256 * 1024, TREE_DEPTH_MAX = 16, TREE_ERROR_BYTES = 512 };

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree_node {
    uint8_t kind;            /* enum tree_kind */
    uint32_t line;           /* from 1 */
    struct str key;          /* of a map's member; empty in lists and at the root */
    struct str text;         /* scalar; zero-terminated besides */
    struct tree_node *first; /* list, map: members in the order of the file */
    struct tree_node *next;  /* next member of the same list or map */
};

struct tree {
    const char *name;       /* for complaints: the file's name; borrowed */
    struct tree_node *root; /* NULL when the file says nothing */
};

/* One line: "file:line: key: what, what to do". */
struct tree_error {
    char text[TREE_ERROR_BYTES];
};

/* Reads bytes[0..n); name is borrowed for the tree's life. false: why says what is wrong, and
 * there is nothing to free. */
MUST_CHECK bool tree_parse(struct tree *t, const char *name, const char *bytes, size_t n,
                           struct tree_error *why);

void tree_fini(struct tree *t);

/* Member of a map by key; NULL when there is none or the node is no map. */
const struct tree_node *tree_member(const struct tree_node *map, struct str key);

/* Writes the complaint about a line; key may be "". Returns false, so callers can return it. */
bool tree_complain(const struct tree *t, uint32_t line, const char *key, struct tree_error *why,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif

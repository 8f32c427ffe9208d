#include "daemon/tree.h"

#include "daemon/unseen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    struct str bytes;
    yaml_event_t event;
    struct tree *tree;
    struct tree_error *why;
};

bool tree_complain(const struct tree *t, uint32_t line, const char *key, struct tree_error *why,
                   const char *format, ...)
{
    va_list args;
    int n = snprintf(why->text, sizeof why->text, "%s:%u: %s%s", t->name, line, key,
                     key[0] == 0 ? "" : ": ");
    if (n < 0 || (size_t)n >= sizeof why->text)
        return false;
    va_start(args, format);
    vsnprintf(why->text + n, sizeof why->text - (size_t)n, format, args);
    va_end(args);
    for (char *p = why->text; *p != 0; p++)
        if ((unsigned char)*p < ' ')
            *p = '?'; /* the file's name is quoted, and this stays one line */
    size_t end = strlen(why->text), cut = end;
    while (end + 1 == sizeof why->text && cut > 0 &&
           ((unsigned char)why->text[cut - 1] & 0xC0) == 0x80)
        cut--;
    if (cut < end ||
        (cut > 0 && end + 1 == sizeof why->text && (unsigned char)why->text[cut - 1] >= 0xC0))
        why->text[cut - 1] = 0; /* no half of a character */
    return false;
}

const struct tree_node *tree_member(const struct tree_node *map, struct str key)
{
    if (map == NULL || map->kind != TREE_MAP)
        return NULL;
    for (const struct tree_node *m = map->first; m != NULL; m = m->next)
        if (str_equal(m->key, key))
            return m;
    return NULL;
}

static void node_free(struct tree_node *n)
{
    while (n != NULL) {
        struct tree_node *next = n->next;
        node_free(n->first);
        free(n);
        n = next;
    }
}

void tree_fini(struct tree *t)
{
    node_free(t->root);
    t->root = NULL;
}

/* A node with its key and text behind it in one block. NULL: no memory. */
static struct tree_node *node_new(const struct reader *r, enum tree_kind kind, struct str key)
{
    struct str text = {"", 0};
    if (r->event.type == YAML_SCALAR_EVENT)
        text = (struct str){(const char *)r->event.data.scalar.value,
                            (uint32_t)r->event.data.scalar.length};
    struct tree_node *n = malloc(sizeof *n + key.len + text.len + 2);
    if (n == NULL)
        return NULL;
    char *p = (char *)(n + 1);
    *n = (struct tree_node){.kind = (uint8_t)kind, .line = (uint32_t)r->event.start_mark.line + 1};
    memcpy(p, key.p, key.len);
    p[key.len] = 0;
    n->key = (struct str){p, key.len};
    p += key.len + 1;
    memcpy(p, text.p, text.len);
    p[text.len] = 0;
    n->text = (struct str){p, text.len};
    return n;
}

static uint32_t line_of(const struct reader *r)
{
    return (uint32_t)r->event.start_mark.line + 1;
}

/* Bytes that are no text: the parser counts them, and knows no line. */
static bool refuse_bytes(const struct reader *r)
{
    uint32_t line = 1;
    for (size_t i = 0; i < r->parser.problem_offset && i < r->bytes.len; i++)
        line += r->bytes.p[i] == '\n';
    return tree_complain(r->tree, line, "", r->why,
                         r->parser.problem_value >= 0 && r->parser.problem_value < ' '
                             ? "a control character (%#x); remove it"
                             : "not UTF-8 (byte %#x); save the file as UTF-8",
                         (unsigned)r->parser.problem_value);
}

/* Fetches the next event in place of the last one. */
static bool advance(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    memset(&r->event, 0, sizeof r->event);
    if (r->parser.error == YAML_READER_ERROR)
        return refuse_bytes(r);
    const char *what = r->parser.problem != NULL ? r->parser.problem : "not readable as YAML";
    return tree_complain(r->tree, (uint32_t)r->parser.problem_mark.line + 1, "", r->why,
                         "no valid YAML: %s; check the indentation and quotes there", what);
}

static bool refuse_anchor(const struct reader *r, const yaml_char_t *anchor)
{
    return anchor == NULL || tree_complain(r->tree, line_of(r), "", r->why,
                                           "anchors are not supported; write the value out");
}

/* What the daemon says of its configuration goes to terminals, pages and tables. */
static bool refuse_unseen(const struct reader *r, struct str text, const char *key)
{
    uint32_t c = unseen_find(text);
    return c == 0 || tree_complain(r->tree, line_of(r), key, r->why,
                                   "a character that nobody sees (U+%04X); write it without",
                                   c == UINT32_MAX ? 0 : c);
}

/* A tag says how a value is to be read, which is ours to say. */
static bool refuse_tag(const struct reader *r, const yaml_char_t *tag)
{
    return tag == NULL || tree_complain(r->tree, line_of(r), "", r->why,
                                        "tags are not supported; write the value without `!`");
}

static bool read_node(struct reader *r, struct str key, int depth, struct tree_node **ret);

/* The key of the next member, taken out of the current event. false on any complaint. */
static bool read_key(struct reader *r, const struct tree_node *map, struct tree_node **ret_key)
{
    if (r->event.type != YAML_SCALAR_EVENT)
        return tree_complain(r->tree, line_of(r), "", r->why,
                             "a key must be a plain word; write `key: value`");
    struct str text = {(const char *)r->event.data.scalar.value,
                       (uint32_t)r->event.data.scalar.length};
    if (!refuse_anchor(r, r->event.data.scalar.anchor) ||
        !refuse_tag(r, r->event.data.scalar.tag) || !refuse_unseen(r, text, ""))
        return false;
    struct tree_node *key = node_new(r, TREE_SCALAR, (struct str){"", 0});
    if (key == NULL)
        return tree_complain(r->tree, line_of(r), "", r->why, "no memory");
    const struct tree_node *other = tree_member(map, key->text);
    if (other != NULL) {
        tree_complain(r->tree, key->line, key->text.p, r->why,
                      "the key stands twice (first in line %u); remove one of them", other->line);
        node_free(key);
        return false;
    }
    *ret_key = key;
    return true;
}

/* Members of the list or map whose start is the current event; ends on its end event. */
static bool read_members(struct reader *r, struct tree_node *parent, int depth)
{
    yaml_event_type_t end =
        parent->kind == TREE_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct tree_node **tail = &parent->first;
    while (advance(r)) {
        if (r->event.type == end)
            return true;
        struct tree_node *key = NULL;
        if (parent->kind == TREE_MAP && (!read_key(r, parent, &key) || !advance(r))) {
            node_free(key);
            return false;
        }
        bool fine = read_node(r, key != NULL ? key->text : (struct str){"", 0}, depth, tail);
        node_free(key);
        if (!fine)
            return false;
        CHECK(*tail != NULL);
        tail = &(*tail)->next;
    }
    return false;
}

/* The node that starts with the current event. What was made is in *ret, also on failure. */
static bool read_node(struct reader *r, struct str key, int depth, struct tree_node **ret)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    struct str text = {"", 0};
    enum tree_kind kind = TREE_SCALAR;
    switch ((int)r->event.type) {
    case YAML_SCALAR_EVENT:
        anchor = r->event.data.scalar.anchor;
        tag = r->event.data.scalar.tag;
        text = (struct str){(const char *)r->event.data.scalar.value,
                            (uint32_t)r->event.data.scalar.length};
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = r->event.data.sequence_start.anchor;
        tag = r->event.data.sequence_start.tag;
        kind = TREE_LIST;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = r->event.data.mapping_start.anchor;
        tag = r->event.data.mapping_start.tag;
        kind = TREE_MAP;
        break;
    default: /* an alias is all that is left in this place */
        return tree_complain(r->tree, line_of(r), key.p, r->why,
                             "aliases are not supported; write the value out");
    }
    if (!refuse_anchor(r, anchor) || !refuse_tag(r, tag) || !refuse_unseen(r, text, key.p))
        return false;
    if (depth >= TREE_DEPTH_MAX)
        return tree_complain(r->tree, line_of(r), key.p, r->why,
                             "nested deeper than %d levels; nothing here needs that",
                             TREE_DEPTH_MAX);
    struct tree_node *n = node_new(r, kind, key);
    if (n == NULL)
        return tree_complain(r->tree, line_of(r), key.p, r->why, "no memory");
    *ret = n;
    return kind == TREE_SCALAR || read_members(r, n, depth + 1);
}

static bool read_stream(struct reader *r)
{
    do /* the stream's start, then a document or the end */
        if (!advance(r))
            return false;
    while (r->event.type == YAML_STREAM_START_EVENT);
    if (r->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!advance(r) || !read_node(r, (struct str){"", 0}, 0, &r->tree->root))
        return false;
    do /* the document's end */
        if (!advance(r))
            return false;
    while (r->event.type == YAML_DOCUMENT_END_EVENT);
    return r->event.type == YAML_STREAM_END_EVENT ||
           tree_complain(r->tree, line_of(r), "", r->why,
                         "a second document; one file is one document");
}

bool tree_parse(struct tree *t, const char *name, const char *bytes, size_t n,
                struct tree_error *why)
{
    *t = (struct tree){.name = name};
    if (n > TREE_BYTES_MAX)
        return tree_complain(t, 1, "", why, "%zu bytes, at most %d are read; make it shorter", n,
                             TREE_BYTES_MAX);
    bool marked = n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0; /* a byte order mark */
    bytes += marked ? 3 : 0;
    n -= marked ? 3 : 0;
    struct reader r = {.tree = t, .why = why, .bytes = {bytes, (uint32_t)n}};
    if (!yaml_parser_initialize(&r.parser))
        return tree_complain(t, 1, "", why, "no memory");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, n);
    bool fine = read_stream(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (!fine)
        tree_fini(t);
    return fine;
}

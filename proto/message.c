#include "proto/message.h"

#include "core/event.h"
#include "proto/unpack.h"

#include <msgpack/unpack.h>
#include <stdio.h>

/* --- parsing ------------------------------------------------------------------------------ */

/* The state of one message_parse. Nodes are appended when their values arrive, a container's
 * before its members'; its `end` moves with every member that is complete. */
struct builder {
    struct node *nodes;
    uint32_t n, cap;
    bool full;
};

static inline int append(struct builder *b, const struct value *v)
{
    if (b->n == b->cap) {
        b->full = true;
        return MSGPACK_UNPACK_PARSE_ERROR;
    }
    b->nodes[b->n].v = *v;
    b->nodes[b->n].end = b->n + 1;
    b->n++;
    return 0;
}

static struct value template_callback_root(struct builder *b)
{
    (void)b;
    return (struct value){.kind = VALUE_NIL};
}

UNPACK_SCALARS(struct builder, append)

static int container(struct builder *b, enum value_kind kind, uint32_t members, struct value *v)
{
    *v = (struct value){.kind = (uint8_t)kind, .len = members, .index = b->n};
    return append(b, v);
}

static int template_callback_map(struct builder *b, unsigned int members, struct value *v)
{
    return container(b, VALUE_MAP, members, v);
}

static int template_callback_array(struct builder *b, unsigned int members, struct value *v)
{
    return container(b, VALUE_ARRAY, members, v);
}

static int template_callback_map_item(struct builder *b, struct value *map, struct value key,
                                      struct value v)
{
    (void)key;
    (void)v;
    b->nodes[map->index].end = b->n;
    return 0;
}

static int template_callback_array_item(struct builder *b, struct value *array, struct value v)
{
    (void)v;
    b->nodes[array->index].end = b->n;
    return 0;
}

#define MSGPACK_EMBED_STACK_SIZE MESSAGE_DEPTH_MAX
#define msgpack_unpack_struct(name) struct template##name
#define msgpack_unpack_func(ret, name) static inline ret template##name
#define msgpack_unpack_callback(name) template_callback##name
#define msgpack_unpack_object struct value
#define msgpack_unpack_user struct builder
#include <msgpack/unpack_define.h>
#include <msgpack/unpack_template.h>

int message_parse(struct message *m, struct node *nodes, uint32_t cap, const void *bytes, size_t n)
{
    struct template_context context;
    size_t end = 0;
    *m = (struct message){.node = nodes};
    context.user = (struct builder){.nodes = nodes, .cap = cap};
    template_init(&context);
    int result = template_execute(&context, bytes, n, &end);
    if (result < 0)
        return context.user.full                      ? ERR_TOO_LARGE
               : result == MSGPACK_UNPACK_NOMEM_ERROR ? ERR_TOO_DEEP
                                                      : ERR_NOT_MSGPACK;
    if (result == 0)
        return ERR_TRUNCATED;
    if (end < n)
        return ERR_TRAILING;
    m->nodes = context.user.n;
    return 0;
}

/* --- looking up --------------------------------------------------------------------------- */

bool message_each(const struct message *m, const struct node *container, uint32_t *at,
                  const struct node **ret_key, const struct node **ret_value)
{
    if (container == NULL || (container->v.kind != VALUE_MAP && container->v.kind != VALUE_ARRAY))
        return false;
    uint32_t next = *at == 0 ? (uint32_t)(container - m->node) + 1 : *at;
    if (next >= container->end)
        return false;
    *ret_key = NULL;
    if (container->v.kind == VALUE_MAP) {
        *ret_key = &m->node[next];
        next = m->node[next].end;
    }
    *ret_value = &m->node[next];
    *at = m->node[next].end;
    return true;
}

const struct node *message_member(const struct message *m, const struct node *map, struct str key)
{
    const struct node *name, *value;
    uint32_t at = 0;
    if (map == NULL || map->v.kind != VALUE_MAP)
        return NULL;
    while (message_each(m, map, &at, &name, &value))
        if (name->v.kind == VALUE_TEXT && str_equal((struct str){name->v.p, name->v.len}, key))
            return value;
    return NULL;
}

const struct node *message_find_in(const struct message *m, const struct node *map,
                                   const char *path)
{
    const struct node *node = map;
    while (node != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        node = message_member(m, node, (struct str){path, (uint32_t)len});
        path += path[len] == '.' ? len + 1 : len;
    }
    return node;
}

const struct node *message_find(const struct message *m, const char *path)
{
    return m->nodes == 0 ? NULL : message_find_in(m, m->node, path);
}

bool node_int(const struct node *node, int64_t *ret)
{
    return node != NULL && value_int(&node->v, ret) == 0;
}

bool node_float(const struct node *node, double *ret)
{
    if (node == NULL)
        return false;
    switch (node->v.kind) {
    case VALUE_INT:
        *ret = (double)node->v.i;
        return true;
    case VALUE_UINT:
        *ret = (double)node->v.u;
        return true;
    case VALUE_FLOAT:
        *ret = node->v.f;
        return true;
    default:
        return false;
    }
}

bool node_bool(const struct node *node, bool *ret)
{
    if (node == NULL || node->v.kind != VALUE_BOOL)
        return false;
    *ret = node->v.yes;
    return true;
}

bool node_text(const struct node *node, struct str *ret)
{
    if (node == NULL || node->v.kind != VALUE_TEXT)
        return false;
    *ret = (struct str){node->v.p, node->v.len};
    return true;
}

bool message_int(const struct message *m, const char *path, int64_t *ret)
{
    return node_int(message_find(m, path), ret);
}

bool message_float(const struct message *m, const char *path, double *ret)
{
    return node_float(message_find(m, path), ret);
}

struct str message_text(const struct message *m, const char *path)
{
    struct str text = {"", 0};
    node_text(message_find(m, path), &text);
    return text;
}

/* --- writing on --------------------------------------------------------------------------- */

/* Bytes in hexadecimal, at most the first 32 of them. */
static struct str hexadecimal(char buf[64], const struct value *v)
{
    uint32_t n = v->len < 32 ? v->len : 32;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t byte = (uint8_t)v->p[i];
        buf[2 * i] = "0123456789abcdef"[byte >> 4];
        buf[2 * i + 1] = "0123456789abcdef"[byte & 15];
    }
    return (struct str){buf, 2 * n};
}

static void emit_scalar(struct emitter *em, const char *key, const struct value *v)
{
    char buf[64];
    ms_t ms;
    switch (v->kind) {
    case VALUE_BOOL:
        emit_bool(em, key, v->yes);
        break;
    case VALUE_INT:
        emit_int(em, key, v->i);
        break;
    case VALUE_UINT:
        emit_uint(em, key, v->u);
        break;
    case VALUE_FLOAT:
        emit_float(em, key, v->f);
        break;
    case VALUE_TEXT:
        emit_str(em, key, (struct str){v->p, v->len});
        break;
    case VALUE_EXT:
        if (value_timestamp(v, &ms) == 0) {
            emit_int(em, key, ms);
            break;
        }
        emit_str(em, key, hexadecimal(buf, v));
        break;
    case VALUE_BYTES:
        emit_str(em, key, hexadecimal(buf, v));
        break;
    default:
        emit_nil(em, key);
        break;
    }
}

static void emit_any_key(struct emitter *em, const struct value *v)
{
    char buf[64];
    struct str key = {buf, 0};
    if (v->kind == VALUE_TEXT)
        key = (struct str){v->p, v->len};
    else if (v->kind == VALUE_BYTES || v->kind == VALUE_EXT)
        key = hexadecimal(buf, v);
    else if (v->kind == VALUE_INT)
        key.len = (uint32_t)snprintf(buf, sizeof buf, "%lld", (long long)v->i);
    else if (v->kind == VALUE_UINT)
        key.len = (uint32_t)snprintf(buf, sizeof buf, "%llu", (unsigned long long)v->u);
    emit_key(em, key);
}

/* Recursion no deeper than MESSAGE_DEPTH_MAX: message_parse let nothing deeper in. */
void message_emit(const struct message *m, const struct node *node, struct emitter *em,
                  const char *key)
{
    const struct node *name, *value;
    uint32_t at = 0;
    if (node->v.kind == VALUE_MAP) {
        emit_map(em, key);
    } else if (node->v.kind == VALUE_ARRAY) {
        emit_array(em, key);
    } else {
        emit_scalar(em, key, &node->v);
        return;
    }
    while (message_each(m, node, &at, &name, &value)) {
        if (name != NULL)
            emit_any_key(em, &name->v);
        message_emit(m, value, em, NULL);
    }
    emit_end(em);
}

int json_from_msgpack(char *buf, size_t cap, struct node *nodes, uint32_t nodes_cap,
                      const void *bytes, size_t n)
{
    struct message m;
    int err = message_parse(&m, nodes, nodes_cap, bytes, n);
    if (err != 0)
        return err;
    struct emitter em;
    emit_start(&em, SINK_JSON, buf, cap);
    message_emit(&m, m.node, &em, NULL);
    return emit_finish(&em);
}

/* message.h: reads any MessagePack map: published messages, answers, requests. No allocation.
 *
 * The value is laid flat into nodes that the caller owns: a map or array is followed by all of its
 * descendants, keys before their values. Texts are borrowed from the bytes. For readers outside
 * the hot path; events go through decode.h.
 *
 *     int err = message_parse(&m, nodes, ARRAY_LEN(nodes), bytes, n);
 *     if (message_float(&m, "windows.1h.first_response.p90", &ms)) …
 */
#ifndef TP_PROTO_MESSAGE_H
#define TP_PROTO_MESSAGE_H

#include "proto/emit.h"
#include "proto/value.h"

enum {
    MESSAGE_DEPTH_MAX = 12,      /* an answer around a message, with room to spare */
    MESSAGE_NODES_MAX = 1 << 15, /* what any message of ours fits into, for the caller's array */
};

struct node {
    struct value v; /* maps and arrays: v.len members */
    uint32_t end;   /* index of the first node that does not belong to it */
};

struct message {
    const struct node *node; /* node[0] is the value itself; the caller's array */
    uint32_t nodes;
};

/* 0, or ERR_NOT_MSGPACK, ERR_TRUNCATED, ERR_TRAILING, ERR_TOO_DEEP, ERR_TOO_LARGE (more nodes than
 * cap); then the message is empty and every look-up misses. */
MUST_CHECK int message_parse(struct message *m, struct node *nodes, uint32_t cap, const void *bytes,
                             size_t n);

/* The value at a path of keys with dots between them; NULL when there is none. "" is all of it. */
const struct node *message_find(const struct message *m, const char *path);

/* The same below a map that is at hand. A key as it is, dots and all: message_member. */
const struct node *message_find_in(const struct message *m, const struct node *map,
                                   const char *path);
const struct node *message_member(const struct message *m, const struct node *map, struct str key);

/* Members of a map or array, in order. Start with *at = 0; false at the end. Arrays: *ret_key is
 * NULL. */
bool message_each(const struct message *m, const struct node *container, uint32_t *at,
                  const struct node **ret_key, const struct node **ret_value);

/* The value of a node, when it is there (not NULL) and of that type; else false. A float that is
 * integral reads as an integer, and every integer as a float. */
bool node_int(const struct node *node, int64_t *ret);
bool node_float(const struct node *node, double *ret);
bool node_bool(const struct node *node, bool *ret);
bool node_text(const struct node *node, struct str *ret);

/* By path, in one call. Texts: empty when there is none. */
bool message_int(const struct message *m, const char *path, int64_t *ret);
bool message_float(const struct message *m, const char *path, double *ret);
struct str message_text(const struct message *m, const char *path);

/* Writes a node with all that is in it (key as in emit.h). Timestamps become integer ms, other
 * extensions and binary data text in hexadecimal; keys that are no text become text. */
void message_emit(const struct message *m, const struct node *node, struct emitter *em,
                  const char *key);

/* One line of JSON (no newline) of a whole MessagePack value. Its length, or an ERR_x.
 * nodes: scratch of the caller. */
MUST_CHECK int json_from_msgpack(char *buf, size_t cap, struct node *nodes, uint32_t nodes_cap,
                                 const void *bytes, size_t n);

#endif

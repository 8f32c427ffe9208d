/* unpack.h: callbacks for msgpack-c's unpack template (msgpack/unpack_template.h): scalars become
 * struct value, and nothing is allocated.
 *
 * The includer names its own state, defines the callbacks of containers (_map, _map_item, _array,
 * _array_item), and includes the template:
 *
 *     UNPACK_SCALARS(struct my_state, my_scalar)
 *     static int template_callback_map(struct my_state *s, unsigned n, struct value *ret) …
 *     UNPACK_TEMPLATE names as in decode.c
 *
 * What the template does (msgpack-c 4.0): counts of containers arrive before anything of them is
 * there; a callback that returns < 0 ends it with that value; more nested containers than
 * MSGPACK_EMBED_STACK_SIZE end it with MSGPACK_UNPACK_NOMEM_ERROR, bytes that no format has with
 * MSGPACK_UNPACK_PARSE_ERROR; it returns 0 when bytes are missing and 1 at the end of the first
 * value. An empty text may come with any p. */
#ifndef TP_PROTO_UNPACK_H
#define TP_PROTO_UNPACK_H

#include "proto/value.h"

/* after(state, value): what else is to be done with a scalar; 0, or < 0 to stop. */
#define UNPACK_SCALARS(state, after)                                                               \
    UNPACK_SCALAR(state, after, uint8, uint8_t d, VALUE_UINT, v->u = d)                            \
    UNPACK_SCALAR(state, after, uint16, uint16_t d, VALUE_UINT, v->u = d)                          \
    UNPACK_SCALAR(state, after, uint32, uint32_t d, VALUE_UINT, v->u = d)                          \
    UNPACK_SCALAR(state, after, uint64, uint64_t d, VALUE_UINT, v->u = d)                          \
    UNPACK_SCALAR(state, after, int8, int16_t d, VALUE_INT, v->i = d) /* no character */           \
    UNPACK_SCALAR(state, after, int16, int16_t d, VALUE_INT, v->i = d)                             \
    UNPACK_SCALAR(state, after, int32, int32_t d, VALUE_INT, v->i = d)                             \
    UNPACK_SCALAR(state, after, int64, int64_t d, VALUE_INT, v->i = d)                             \
    UNPACK_SCALAR(state, after, float, float d, VALUE_FLOAT, v->f = (double)d)                     \
    UNPACK_SCALAR(state, after, double, double d, VALUE_FLOAT, v->f = d)                           \
    UNPACK_CONSTANT(state, after, nil, VALUE_NIL, v->u = 0)                                        \
    UNPACK_CONSTANT(state, after, true, VALUE_BOOL, v->yes = true)                                 \
    UNPACK_CONSTANT(state, after, false, VALUE_BOOL, v->yes = false)                               \
    UNPACK_PIECE(state, after, str, VALUE_TEXT)                                                    \
    UNPACK_PIECE(state, after, bin, VALUE_BYTES)                                                   \
    static inline int template_callback_ext(state *s, const char *base, const char *p,             \
                                            unsigned int n, struct value *v)                       \
    {                                                                                              \
        (void)base;                                                                                \
        v->kind = VALUE_EXT;                                                                       \
        v->ext = n > 0 ? (int8_t)*p : 0; /* n counts the type; 0 is a length that wrapped */       \
        v->len = n > 0 ? n - 1 : 0;                                                                \
        v->p = n > 0 ? p + 1 : NULL;                                                               \
        return after(s, v);                                                                        \
    }

#define UNPACK_SCALAR(state, after, name, arg, as, set)                                            \
    static inline int template_callback_##name(state *s, arg, struct value *v)                     \
    {                                                                                              \
        v->kind = as;                                                                              \
        set;                                                                                       \
        return after(s, v);                                                                        \
    }

#define UNPACK_CONSTANT(state, after, name, as, set)                                               \
    static inline int template_callback_##name(state *s, struct value *v)                          \
    {                                                                                              \
        v->kind = as;                                                                              \
        set;                                                                                       \
        return after(s, v);                                                                        \
    }

#define UNPACK_PIECE(state, after, name, as)                                                       \
    static inline int template_callback_##name(state *s, const char *base, const char *p,          \
                                               unsigned int n, struct value *v)                    \
    {                                                                                              \
        (void)base;                                                                                \
        v->kind = as;                                                                              \
        v->len = n;                                                                                \
        v->p = p;                                                                                  \
        return after(s, v);                                                                        \
    }

#endif

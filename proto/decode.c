#include "proto/decode.h"

#include "proto/unpack.h"

#include <msgpack/unpack.h>

/* Goes well: the template calls for each scalar, key and value are put into the draft by _map_item,
 * the event ends with the _array_item that takes its map, or with the payload. What fails in an
 * event is kept in its draft and the template goes on; only what makes the payload unreadable
 * stops it. */

/* The state of one decode_batch. */
struct unpacker {
    struct decoder *d;
    const char *first; /* first key of the event at hand, NULL before it */
    const char *base;  /* the payload */
    ms_t rts;
    uint32_t before;     /* events of earlier payloads */
    uint32_t index;      /* of the event at hand */
    int err;             /* why a callback stopped */
    uint8_t depth;       /* containers around what comes next; too high below a container as key,
                        * which only such a key's own event suffers from */
    uint8_t event_depth; /* depth of events: 1, in a batch 2 */
};

static inline int nothing(struct unpacker *s, const struct value *v)
{
    (void)s;
    (void)v;
    return 0;
}

static struct value template_callback_root(struct unpacker *s)
{
    (void)s;
    return (struct value){.kind = VALUE_NIL};
}

UNPACK_SCALARS(struct unpacker, nothing)

static int stop(struct unpacker *s, int err)
{
    s->err = err;
    return MSGPACK_UNPACK_PARSE_ERROR;
}

static inline void enter(struct unpacker *s, enum value_kind kind, uint32_t n, struct value *v)
{
    v->kind = (uint8_t)kind;
    v->depth = (uint8_t)(s->depth + 1);
    v->len = n;
    if (n > 0) /* an empty one is left before anything else comes */
        s->depth = v->depth;
}

static inline int template_callback_map(struct unpacker *s, unsigned int n, struct value *v)
{
    enter(s, VALUE_MAP, n, v);
    if (v->depth == 1)
        s->event_depth = 1;
    if (v->depth == s->event_depth) {
        struct decoder *d = s->d;
        s->first = NULL;
        draft_begin(&d->draft, &d->event[d->events], &d->digits[d->events]);
    }
    return 0;
}

static inline int template_callback_map_item(struct unpacker *s, struct value *map,
                                             struct value key, struct value v)
{
    s->depth = map->depth;
    if (map->depth != s->event_depth)
        return 0;
    if (UNLIKELY(key.kind != VALUE_TEXT)) {
        s->d->draft.err = ERR_BAD_KEY;
        return 0;
    }
    if (s->first == NULL)
        s->first = key.p;
    draft_set(&s->d->draft, key.p, key.len, &v);
    return 0;
}

static int template_callback_array(struct unpacker *s, unsigned int n, struct value *v)
{
    enter(s, VALUE_ARRAY, n, v);
    if (v->depth == 1) {
        if (n > BATCH_EVENTS_MAX)
            return stop(s, ERR_TOO_MANY);
        s->event_depth = 2;
    }
    return 0;
}

static void reject(struct unpacker *s, int err, enum event_field field)
{
    struct decoder *d = s->d;
    struct rejection *r = &d->rejection[d->rejections++];
    *r = (struct rejection){
        .index = (uint16_t)s->index,
        .err = (int16_t)err,
        .field = (uint8_t)field,
        .offset = s->first == NULL ? 0 : (uint32_t)(s->first - s->base),
    };
    if (err == ERR_NOT_A_MAP)
        return;
    const struct event *e = d->draft.event;
    if (event_has(e, F_ID))
        r->id = e->id;
    if (r->id.len > 0 && r->id.p >= d->draft.digits->id &&
        r->id.p < d->draft.digits->id + DIGITS_MAX) { /* the next event takes its place */
        memcpy(r->digits, r->id.p, r->id.len);
        r->id.p = r->digits;
    }
    if (event_has(e, F_SRC))
        r->src = e->src;
}

/* An event without a source is nobody's: who is bound to sources must name one. */
static bool speaks_for(const struct own_sources *own, const struct event *e)
{
    for (uint32_t i = 0; i < own->n; i++)
        if (event_has(e, F_SRC) && str_equal(str_of(own->at[i]), e->src))
            return true;
    return own->n == 0;
}

/* The event at hand has ended. */
static inline void finish(struct unpacker *s)
{
    struct decoder *d = s->d;
    enum event_field field;
    int err = draft_end(&d->draft, &field);
    if (UNLIKELY(err == 0 && d->own != NULL && !speaks_for(d->own, d->draft.event))) {
        err = ERR_FORBIDDEN;
        field = F_SRC;
    }
    if (LIKELY(err == 0)) {
        d->event[d->events].rts = s->rts;
        d->index[d->events++] = (uint16_t)s->index;
    } else {
        reject(s, err, field);
    }
    s->index++;
}

static int template_callback_array_item(struct unpacker *s, struct value *array, struct value v)
{
    s->depth = array->depth;
    if (array->depth != 1)
        return 0;
    if (LIKELY(v.kind == VALUE_MAP)) {
        finish(s);
    } else {
        s->first = NULL;
        reject(s, ERR_NOT_A_MAP, F_N);
        s->index++;
    }
    return 0;
}

#define MSGPACK_EMBED_STACK_SIZE DEPTH_MAX
#define msgpack_unpack_struct(name) struct template##name
#define msgpack_unpack_func(ret, name) static inline ret template##name
#define msgpack_unpack_callback(name) template_callback##name
#define msgpack_unpack_object struct value
#define msgpack_unpack_user struct unpacker
#include <msgpack/unpack_define.h>
#include <msgpack/unpack_template.h>

/* 0 once every event of the payload is in d. */
static int unpack(struct unpacker *s, const void *bytes, size_t n)
{
    struct template_context context;
    size_t end = 0;
    context.user = *s;
    template_init(&context);
    int result = template_execute(&context, bytes, n, &end);
    *s = context.user;
    if (result < 0)
        return s->err != 0                            ? s->err
               : result == MSGPACK_UNPACK_NOMEM_ERROR ? ERR_TOO_DEEP
                                                      : ERR_NOT_MSGPACK;
    if (result == 0)
        return ERR_TRUNCATED;
    if (end < n)
        return ERR_TRAILING;
    uint8_t kind = template_data(&context).kind;
    if (kind == VALUE_MAP)
        finish(s);
    return kind == VALUE_MAP || kind == VALUE_ARRAY ? 0 : ERR_NOT_A_MAP;
}

int decode_append(struct decoder *d, const void *bytes, size_t n, ms_t rts)
{
    CHECK(d->events <= DECODE_GATHER_MAX);
    d->rejections = 0;
    if (n > BATCH_BYTES_MAX)
        return ERR_TOO_LARGE;
    struct unpacker s = {.d = d, .base = bytes, .rts = rts, .before = d->events};
    int err = unpack(&s, bytes, n);
    if (err != 0) {
        d->events = s.before;
        d->rejections = 0;
    }
    return err;
}

int decode_batch(struct decoder *d, const void *bytes, size_t n, ms_t rts)
{
    d->events = 0;
    return decode_append(d, bytes, n, rts);
}

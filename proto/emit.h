/* emit.h: writes one value into a caller's buffer, as MessagePack or as JSON, by the same calls.
 *
 * One walk serves both sinks, so what the daemon publishes and what `replay` prints cannot differ.
 * Maps and arrays need no count up front. Every call takes a key first: inside a map it is the
 * member's name, elsewhere NULL. Nothing is allocated; what does not fit sets ERR_NO_ROOM, further
 * calls do nothing, and emit_finish tells.
 *
 *     emit_start(&em, SINK_JSON, buf, sizeof buf);
 *     emit_map(&em, NULL); emit_int(&em, "n", 3); emit_end(&em);
 *     int len = emit_finish(&em);                                     {"n":3}
 */
#ifndef TP_PROTO_EMIT_H
#define TP_PROTO_EMIT_H

#include "core/base.h"

enum { EMIT_DEPTH_MAX = 16 };

enum sink { SINK_MSGPACK, SINK_JSON };

struct emitter {
    char *p; /* lent by the caller */
    size_t cap, n;
    int err;
    uint8_t sink;  /* enum sink */
    uint8_t depth; /* open maps and arrays */
    struct {
        size_t at;      /* MessagePack: where its count stands */
        uint32_t count; /* members so far */
        bool map;
    } open[EMIT_DEPTH_MAX];
};

void emit_start(struct emitter *em, enum sink sink, void *buf, size_t cap);

void emit_map(struct emitter *em, const char *key);
void emit_array(struct emitter *em, const char *key);
void emit_end(struct emitter *em); /* of the innermost map or array */

void emit_nil(struct emitter *em, const char *key);
void emit_bool(struct emitter *em, const char *key, bool yes);
void emit_int(struct emitter *em, const char *key, int64_t v);
void emit_uint(struct emitter *em, const char *key, uint64_t v);
/* The shortest text that reads back as the same double; not finite: nil. */
void emit_float(struct emitter *em, const char *key, double v);
void emit_str(struct emitter *em, const char *key, struct str v);
void emit_text(struct emitter *em, const char *key, const char *v);

/* A key that is no constant, e.g. the name of a window: the next call's key is then NULL. */
void emit_key(struct emitter *em, struct str key);

/* One value that is already encoded for this sink. */
void emit_raw(struct emitter *em, const char *key, const void *bytes, size_t n);

/* Bytes written (not zero-terminated), or ERR_NO_ROOM. All maps and arrays are closed. */
MUST_CHECK int emit_finish(struct emitter *em);

#endif

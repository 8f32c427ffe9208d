/* json.h: a JSON text into MessagePack: what the record keeps as text goes out as it was told.
 *
 * For readers outside the hot path; allocates while it works. */
#ifndef TP_PROTO_JSON_H
#define TP_PROTO_JSON_H

#include "proto/emit.h"

/* Bytes of MessagePack, or ERR_BAD_TEXT (no JSON), ERR_TOO_DEEP, ERR_NO_ROOM. */
MUST_CHECK int msgpack_from_json(void *buf, size_t cap, struct str text);

/* Writes what stands at that member of a member of … of the object; nothing when it is not there.
 * path: keys, "" ends it. false: not there, or no JSON. Key as in emit.h. */
bool json_emit_at(struct emitter *em, const char *key, struct str text, const char *const *path);

#endif

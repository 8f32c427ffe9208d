/* pieces.h: a body of JSON or NDJSON, cut into the texts of its events.
 *
 * JSON is one object (an event) or an array of objects (a batch); NDJSON is one object a line. Only
 * the cuts are made here: what stands between them is judged by text_read. Nothing is copied.
 *
 *     err = pieces_start(&p, bytes, n, lines);
 *     while (pieces_next(&p, &text)) …
 */
#ifndef TP_PROTO_PIECES_H
#define TP_PROTO_PIECES_H

#include "core/err.h"
#include "core/limits.h"

struct pieces {
    const char *p;
    size_t n, at;
    uint32_t count; /* of all, known from the start */
    bool lines;
};

/* Looks at the whole body. 0, or why it is refused whole: ERR_BAD_TEXT (no object, no array of
 * them, or not closed), ERR_TOO_MANY (more than BATCH_EVENTS_MAX), ERR_TRAILING. */
MUST_CHECK int pieces_start(struct pieces *p, const char *bytes, size_t n, bool lines);

/* The next text; false at the end. Lines without anything are left out. */
bool pieces_next(struct pieces *p, struct str *ret);

#endif

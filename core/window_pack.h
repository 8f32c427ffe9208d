/* window_pack.h: aged chunks are packed; for the window*.c files only.
 *
 * Once many chunks are in use (windows_setup.pack_from), those of a log that are older than
 * pack_age are written anew, a few at a time, bit by bit (window_row.h). Numbers do not change.
 * Loose flags are set and late entries put in place; an entry that goes makes its chunk plain
 * again first. */
#ifndef TP_CORE_WINDOW_PACK_H
#define TP_CORE_WINDOW_PACK_H

#include "core/window_row.h"

/* The entries of a chunk, whichever form it has. */
struct walk {
    struct rows rows;
    uint32_t from, at; /* where the entry begins and ends */
    uint32_t sec, force;
};

/* From a place on, where this second is in force. */
static inline struct walk walk_from(const struct layout *l, const struct chunk *c, uint32_t at,
                                    uint32_t force)
{
    if (chunk_is_packed(c))
        return (struct walk){.rows = rows_from(l, c, at, force), .at = at, .force = force};
    return (struct walk){.rows = {.l = l, .c = c}, .at = at, .force = force};
}

static inline struct walk walk_all(const struct layout *l, const struct chunk *c)
{
    return walk_from(l, c, 0, c->base);
}

/* false: there is no other. ret may be NULL. */
bool walk_next(struct walk *w, struct entry *ret);

/* Puts an entry into a packed chunk. false: look for its place again; the chunk is plain now, or
 * has gone. */
bool log_put(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h,
             uint32_t sec, const struct entry *e);

/* Packs some of what is old enough, when many chunks are in use. */
void log_pack(struct windows *ws, struct window_log *log, const struct layout *l);

/* Makes a chunk plain again; the log's oldest samples make room, its own at the last. */
void log_unpack(struct windows *ws, struct window_log *log, const struct layout *l, handle_t h);

#endif

/* frames.h: the latest pieces of a live stream, kept once for all who read it.
 *
 * Each reader is a place in the ring and a set of interests, so that a reader costs the same
 * whether it reads or not. A piece with a key goes when the next one of that key comes: who reads
 * slowly finds the latest only, and less to read. Who falls behind the ring's beginning has lost
 * something. Bounded by number and bytes; heap, freed by frames_fini. */
#ifndef TP_DAEMON_WEB_FRAMES_H
#define TP_DAEMON_WEB_FRAMES_H

#include "core/base.h"

enum {
    FRAMES_MAX = 65536,       /* kept; a power of 2 */
    FRAMES_KEYS = 16384,      /* remembered, likewise */
    FRAMES_BYTES = 16 << 20,  /* likewise, all texts together */
    FRAME_INTERESTS_MAX = 512 /* told apart */
};

/* A set of interests. */
struct frame_mask {
    uint64_t word[FRAME_INTERESTS_MAX / 64];
};

struct frame {
    char *text; /* NULL: a newer one has taken its place */
    uint32_t n;
    uint32_t halves;        /* readers that are in the middle of it */
    struct frame_mask mask; /* whom it concerns */
};

/* The newest frame of a key. */
struct frame_key {
    uint64_t key, number;
};

struct frames {
    struct frame *at;      /* number i stands at i % FRAMES_MAX */
    struct frame_key *key; /* FRAMES_KEYS places, by key; who collides is not replaced */
    uint64_t first, next;
    uint64_t bytes;
};

static inline void mask_set(struct frame_mask *m, uint32_t i)
{
    m->word[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline void mask_join(struct frame_mask *to, const struct frame_mask *with)
{
    for (uint32_t i = 0; i < FRAME_INTERESTS_MAX / 64; i++)
        to->word[i] |= with->word[i];
}

static inline bool mask_meets(const struct frame_mask *a, const struct frame_mask *b)
{
    uint64_t both = 0;
    for (uint32_t i = 0; i < FRAME_INTERESTS_MAX / 64; i++)
        both |= a->word[i] & b->word[i];
    return both != 0;
}

/* false: no memory. */
MUST_CHECK bool frames_init(struct frames *f);

/* Copies the text; the oldest go to make room. key: it replaces what is there of the same one,
 * for readers who have not begun with that; 0: it replaces nothing. false: no memory, nothing is
 * kept. */
bool frames_add(struct frames *f, const char *text, size_t n, const struct frame_mask *mask,
                uint64_t key);

/* A reader's place: the next frame to look at, and bytes of it already read. */
struct frame_place {
    uint64_t next;
    uint32_t offset;
};

/* Copies as much as fits of what concerns the mask, from the place on, and moves the place on.
 * Returns the bytes, 0 when there is nothing (yet), or -1: what came next is not kept any more. */
int frames_read(struct frames *f, struct frame_place *place, const struct frame_mask *mask,
                char *buf, size_t cap);

/* The reader goes. */
void frames_leave(struct frames *f, const struct frame_place *place);

/* Every reader is at that number or beyond. */
void frames_forget(struct frames *f, uint64_t before);

/* Nobody reads: nothing is kept. Who comes next begins at next. */
void frames_rest(struct frames *f);

void frames_fini(struct frames *f);

#endif

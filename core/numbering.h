/* numbering.h: which numbers of one counting source were seen, for good, in bounded memory.
 *
 * The newest 65,536 numbers have a page each 512: a bit and a 32-bit print of the event, so a
 * number that comes again with another print is known to be another event. What falls out of
 * that window is remembered as ranges of missing numbers: everything below the window was seen
 * but those. At most 256 ranges; then the oldest is forgotten, its numbers count as seen.
 * All state lies in two pools and is part of an image as it is. */
#ifndef TP_CORE_NUMBERING_H
#define TP_CORE_NUMBERING_H

#include "core/pool.h"

enum {
    NUMBERING_PAGE = 512,  /* numbers of a page */
    NUMBERING_PAGES = 128, /* pages of the window */
    NUMBERING_GAPS = 256,  /* ranges missing below it */
};

struct numbering_page {
    struct slot slot;
    uint32_t pad;
    uint64_t bits[NUMBERING_PAGE / 64];
    uint32_t print[NUMBERING_PAGE]; /* where the bit is set */
};

struct numbering {
    struct slot slot;
    handle_t previous;    /* the owner's: the numbering before this one */
    uint64_t low;         /* the window's first page: number / 512 */
    uint64_t first, last; /* least and greatest number seen */
    uint64_t count;       /* numbers seen */
    ms_t newest;          /* newest ts seen */
    uint32_t gaps;
    uint32_t restarts;              /* the owner's: how often its source began anew before */
    handle_t page[NUMBERING_PAGES]; /* by page number modulo; 0 = none of it seen */
    struct numbering_gap {
        uint64_t from, to; /* both missing */
    } gap[NUMBERING_GAPS]; /* ascending, below the window */
};

struct numberings {
    struct pool pool;  /* of struct numbering */
    struct pool pages; /* of struct numbering_page */
};

uint64_t numberings_bytes(uint32_t cap);

/* mem: numberings_bytes of zeroes, 64-byte aligned, lent for life. */
void numberings_init(struct numberings *ns, void *mem, uint32_t cap);

/* A numbering whose window lies around its first number; 0 when all are in use. */
handle_t numbering_new(struct numberings *ns, uint64_t number);
void numbering_free(struct numberings *ns, handle_t h);

enum numbering_answer {
    NUMBERING_UNSEEN,
    NUMBERING_SAME,  /* seen, with the same print */
    NUMBERING_OTHER, /* seen, with another print: not this event */
};

/* Below the window there are no prints: there, an event newer than all that were seen is another
 * one, since an event that is sent again has the ts it had. */
enum numbering_answer numbering_look(const struct numberings *ns, handle_t h, uint64_t number,
                                     uint32_t print, ms_t ts);

/* Numbers up to this one that did not come (yet), of those between the least and greatest seen. */
uint64_t numbering_missing_until(const struct numberings *ns, handle_t h, uint64_t upto);

/* Marks an unseen number as seen. Returns the ranges it had to forget: 0 or more. */
uint32_t numbering_add(struct numberings *ns, handle_t h, uint64_t number, uint32_t print, ms_t ts);

static inline const struct numbering *numbering_get(const struct numberings *ns, handle_t h)
{
    return pool_get(&ns->pool, h);
}

/* Numbers between the least and the greatest seen that did not come (yet). */
static inline uint64_t numbering_missing(const struct numbering *n)
{
    return n->count == 0 ? 0 : n->last - n->first + 1 - n->count;
}

#endif

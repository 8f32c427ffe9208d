/* seen.h: which events were seen before (SEMANTICS.md, duplicates).
 *
 * A source that numbers its events (src and seq) has a numbering: its numbers are remembered for
 * good. All other events are remembered by 128-bit keys, in a ring of at most `ids`, for
 * remember_ids by time of receipt: by (src, id), or without an id by their whole content. Sources
 * beyond `sources` are remembered by keys of (src, seq, ts, id).
 *
 * When a source starts again from a low number: a number that was seen, carried by an event that
 * differs from it in ts or id, is no resend (a resend is the same event), so the numbering began
 * anew. The old numbering is kept as the one before, and an event not newer than its newest goes
 * by it, if its number is missing there or seen with the same event. What both numberings know as
 * other events, and is not newer than the restart, belongs to a numbering before those: seen.
 * So shuffled events around a restart are told apart; two restarts within the shuffling are not.
 *
 * State: four pools and one blob, part of an image; maps are rebuilt. Nothing here is part of the
 * engine's digest. */
#ifndef TP_CORE_SEEN_H
#define TP_CORE_SEEN_H

#include "core/event.h"
#include "core/image.h"
#include "core/name.h"

struct seen;

/* Of limits: sources and ids. */
uint64_t seen_bytes(const struct limits *limits);

/* mem: seen_bytes of zeroes, 64-byte aligned, lent for life. */
struct seen *seen_init(void *mem, const struct limits *limits, uint64_t seed);

/* Was this event seen? If not, it is now. now: the engine's clock (time of receipt), never goes
 * back; remember_ids: how long keys are remembered. e->ts must be as the source gave it: call
 * this with the event as it came, not with a ts that was set to the time of receipt.
 * *ret_src: index of its src in seen_sources, 0 when it has none. */
bool seen_before(struct seen *s, const struct event *e, ms_t now, ms_t remember_ids,
                 uint32_t *ret_src);

/* What finds the ids. */
struct map;
const struct map *seen_map(const struct seen *s);

/* Brings what seen_before will read towards the cache, some events ahead. */
void seen_prefetch(const struct seen *s, const struct event *e);

/* Names of all sources; those beyond the limit are "(other)". */
struct names *seen_sources(struct seen *s);

/* What is known of one source by its index: false: it is none, or one of those beyond the limit. */
struct seen_source {
    struct str name; /* lent */
    bool numbers;    /* its events carry seq: */
    uint64_t last;   /* greatest number of the numbering at hand */
    uint64_t missing;
    uint32_t restarts;
};
MUST_CHECK bool seen_source(const struct seen *s, uint32_t src, struct seen_source *ret);

/* Of those missing, the ones up to this number of the numbering at hand, and all before it. */
uint64_t seen_source_missing(const struct seen *s, uint32_t src, uint64_t upto);

/* Numberings that began anew; numbers missing so far of all sources; ranges of missing numbers
 * that were forgotten for want of room (what comes of them late counts as seen). */
uint64_t seen_restarted(const struct seen *s);
uint64_t seen_missing(const struct seen *s);
uint64_t seen_forgotten(const struct seen *s);

/* Keys that had to make room before their time: what comes again with one of them counts twice. */
uint64_t seen_ids_shed(const struct seen *s);

/* Keys remembered now, and the time of receipt of the oldest; MS_NONE when there is none. */
uint32_t seen_ids(const struct seen *s);
ms_t seen_ids_since(const struct seen *s);

/* What an image needs; both return how many. */
uint32_t seen_pools(struct seen *s, struct pool *ret[4]);
uint32_t seen_blobs(struct seen *s, struct image_blob ret[1]);

/* Fills the maps again after an image was loaded. */
void seen_rebuild(struct seen *s);

#endif

/* world.h: an engine in its own memory, fed event by event, and what it said so far. */
#ifndef TP_TESTS_WORLD_H
#define TP_TESTS_WORLD_H

#include "core/engine.h"
#include "core/storm.h"
#include "tests/lib/random.h"
#include "tests/sim/follow.h"

enum { WORLD_EFFECTS = 4096 };

struct world {
    struct limits limits;
    struct settings settings;
    struct engine *e;
    void *mem;
    uint64_t size;
    struct outbox out;
    uint64_t said; /* hash of all effects, in order */
    uint64_t effects;
    struct storm storm; /* told, or summed up: what a publisher would do with them */
    uint64_t in_digests, muted;
    uint64_t verdicts[VERDICT_REFUSED + 1];
    uint64_t refused_full; /* of those, for want of room */
    struct follow *follow; /* NULL, or who is told of every alert of a clock */
    const char *against;   /* what was against the contract there */
};

void world_begin(struct world *w, const struct limits *limits, const struct settings *settings,
                 ms_t started_at);
void world_end(struct world *w);

/* All of them, in batches of at most `batch` (0: drawn), with an outbox of `cap` effects
 * (0: all). */
void world_feed(struct world *w, const struct event *events, uint32_t n, uint32_t batch,
                uint32_t cap, struct random *r);
void world_tick(struct world *w, ms_t at);

/* People acknowledge and mute some of the active alerts. */
void world_attend(struct world *w, struct random *r);

/* Nothing is lost: of the alerts that fired, and of the messages that told of them. */
bool world_conserves(const struct world *w);

/* Every number of every name as people see it: equal for equal states, whatever the indices. */
uint64_t world_numbers(const struct world *w);

/* Prints the first names whose numbers differ. */
void world_print_difference(const struct world *a, const struct world *b);

/* Active alerts, in any order. */
uint64_t world_alerts(const struct world *w);

/* Other rules; their cancelled alerts count as said. */
void world_apply(struct world *w, const struct settings *settings);

/* An image of `of`, taken while `events` go on in it, loaded into a new world. false: too much
 * changed meanwhile, nothing is made. */
bool world_copy(struct world *of, const struct event *events, uint32_t n, struct world *ret);

/* Samples are packed early, or never: it must not show. */
void world_packing(struct random r, struct settings *s);
/* Of all worlds that ended: packed chunks that were there then. */
uint64_t world_packed(void);

/* Limits as small as chance likes, or room for everything that a round does. */
struct limits world_limits(struct random *r, bool tiny);

#endif

/* stage.h: the inside of traffic: the stage (traffic.c), the stories on it (story.h) and the people
 * who work there (people.h). */
#ifndef TP_DAEMON_CLI_STAGE_H
#define TP_DAEMON_CLI_STAGE_H

#include "daemon/cli/cast.h"
#include "daemon/cli/chance.h"
#include "daemon/cli/people.h"
#include "daemon/cli/story.h"
#include "daemon/cli/traffic.h"

/* A story's next moment, or a delivery; ordered by (at, order). */
struct due {
    ms_t at;
    uint32_t order;
    uint32_t what;
};

struct due_heap {
    struct due *item;
    uint32_t n, cap;
};

/* One event on its way, with its texts. */
struct slip {
    struct event event;
    char ticket[24], customer[24], other[24]; /* other: `into`, `visit`, a call's ticket */
    uint32_t copies;                          /* deliveries to come */
};

enum { RECENT = 64 };
enum { SOURCE_DESK, SOURCE_CALLS, SOURCE_SURVEY, SOURCE_STAFF, SOURCES };

struct traffic {
    struct traffic_setup setup;
    struct chance chance, disorder;
    struct cast cast;
    struct story *story;
    uint32_t stories, stories_cap, story_free; /* free: a stack of slots in free_slot */
    uint32_t *free_slot;
    struct person *person; /* one per agent */
    struct due_heap stage; /* stories and arrivals */
    struct due_heap post;  /* slips to deliver */
    struct slip *slip;
    uint32_t slips, slips_cap;
    uint32_t *slip_free; /* stack of free slips */
    uint32_t slip_frees;
    uint32_t *lent; /* slips of the last traffic_next, each freed with its last copy */
    uint32_t lents;
    uint64_t seq[SOURCES];
    uint64_t tickets, calls; /* numbers given so far */
    uint32_t order;
    uint32_t told; /* agents and old tickets told at the start */
    uint32_t open;
    uint32_t recent[RECENT]; /* slots of stories that were opened last, in a circle */
    uint32_t recents;
    uint32_t calls_live;
    uint32_t sequels; /* stories that follow resolved tickets, now */
    uint32_t scale;   /* lives of tickets, in thousandths of the natural length */
    int64_t gap;      /* mean time between openings, microseconds */
    bool no_memory;
};

/* A new event of this kind about a ticket or call (NULL: neither); its envelope is filled in. */
struct event *traffic_tell(struct traffic *t, enum event_kind kind, const struct story *s,
                           ms_t now);

/* Names one more thing, "T-123", for a field of an event just told: one per event. */
struct str traffic_other_name(struct traffic *t, struct event *e, char letter, uint64_t number);

/* A story that goes on from another (same ticket, customer, people) in this phase, at that time;
 * lent until the next one. NULL: too many wait already; then it does not happen. s must not be in
 * the store, which moves when it grows. */
struct story *traffic_follow(struct traffic *t, const struct story *s, enum story_phase phase,
                             ms_t at);

/* Another open ticket, or NULL when none turns up quickly. */
const struct story *traffic_other(struct traffic *t, const struct story *s);

/* Sets a field and its bit. */
#define STORY_PUT(e, FIELD, member, what) ((e)->member = (what), (e)->has |= F1(FIELD))

#endif

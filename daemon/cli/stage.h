/* stage.h: the inside of traffic: the stage (traffic.c) and the stories on it (story.c).
 *
 * A story is one ticket or call under way. Its phase says what happens next; story_step tells it
 * through traffic_tell and returns when the next thing happens. */
#ifndef TP_DAEMON_CLI_STAGE_H
#define TP_DAEMON_CLI_STAGE_H

#include "daemon/cli/cast.h"
#include "daemon/cli/chance.h"
#include "daemon/cli/traffic.h"

enum { NOBODY = UINT32_MAX };

enum story_phase {
    STORY_OPEN,     /* the ticket is opened */
    STORY_LOADED,   /* … or was open before and is told as `state` */
    STORY_BOT,      /* a bot answers first */
    STORY_ASSIGN,   /* somebody gets it */
    STORY_REPLY,    /* the agent answers, and it is decided how it goes on */
    STORY_ASK,      /* the customer writes again */
    STORY_TRANSFER, /* to another agent or team */
    STORY_ESCALATE,
    STORY_PAUSE,
    STORY_RESUME,
    STORY_NOTE, /* internal note, automatic message, change of an attribute */
    STORY_RESOLVE,
    STORY_SURVEY,  /* confirmation, ratings, inspection, complaint */
    STORY_LAST,    /* closed, or reopened */
    STORY_SPAM,    /* closed as spam or duplicate, or merged */
    STORY_OFFERED, /* a call comes in */
    STORY_RUNG,
    STORY_ANSWER, /* answered, rung elsewhere, or given up */
    STORY_TALK,   /* held, transferred, ended */
    STORY_ENDED,  /* nothing any more: the slot is free */
};

struct story {
    uint64_t number; /* of the ticket or call; 0 = free slot */
    uint32_t customer;
    uint32_t agent; /* or NOBODY */
    uint16_t team, category;
    uint8_t priority, channel;
    uint8_t phase; /* enum story_phase */
    uint8_t replies;
    bool open;     /* counted in traffic.open */
    bool reopened; /* once is enough */
};

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
    char ticket[24], customer[24], into[24];
    uint32_t copies; /* deliveries to come */
};

enum { SOURCE_DESK, SOURCE_CALLS, SOURCE_SURVEY, SOURCES };

struct traffic {
    struct traffic_setup setup;
    struct chance chance, disorder;
    struct cast cast;
    struct story *story;
    uint32_t stories, stories_cap, story_free; /* free: a stack of slots in free_slot */
    uint32_t *free_slot;
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
    uint32_t calls_live;
    uint32_t scale; /* lives of tickets, in thousandths of the natural length */
    int64_t gap;    /* mean time between openings, microseconds */
    bool no_memory;
};

/* A new event of this kind about a ticket or call (NULL: neither); its envelope is filled in. */
struct event *traffic_tell(struct traffic *t, enum event_kind kind, const struct story *s,
                           ms_t now);

/* Names a ticket in the field `into` of an event just told. */
void traffic_tell_into(struct traffic *t, uint64_t number, struct event *e);

/* Another open ticket, or NULL when none turns up quickly. */
const struct story *traffic_other(struct traffic *t, const struct story *s);

/* Chooses customer, category, team … of a new story; number is left alone. */
void story_begin(struct traffic *t, struct story *s, enum story_phase phase);

/* Tells what happens now. Returns the instant of the next step (>= now), or MS_NEVER at the end:
 * the phase is then STORY_ENDED. */
ms_t story_step(struct traffic *t, struct story *s, ms_t now);

/* Sets a field and its bit. */
#define STORY_PUT(e, FIELD, member, what) ((e)->member = (what), (e)->has |= F1(FIELD))

#endif

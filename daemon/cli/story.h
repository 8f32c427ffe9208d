/* story.h: one ticket or call under way, or what follows a resolved ticket; inside of traffic.
 *
 * Its phase says what happens next; story_step tells it through traffic_tell and returns when the
 * next thing happens. Tickets: story.c, calls: story_call.c, what follows: story_after.c. */
#ifndef TP_DAEMON_CLI_STORY_H
#define TP_DAEMON_CLI_STORY_H

#include "core/event.h"

struct traffic;

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
    STORY_PLAN, /* somebody has to go there: the visit is promised, or promised anew */
    STORY_ARRIVE,
    STORY_LEAVE,
    STORY_SURVEY, /* confirmation, ratings, inspections */
    STORY_LAST,   /* closed, or reopened */
    STORY_SPAM,   /* closed as spam or duplicate, or merged */
    /* What follows a resolved ticket, each a story of its own. */
    STORY_COMPLAINT,
    STORY_RERATE,
    STORY_FOLLOW,   /* a round of call-backs */
    STORY_RETURN,   /* the customer wants to send it back */
    STORY_RETURNED, /* … and it is dealt with */
    STORY_OFFERED,  /* a call comes in, or goes out */
    STORY_RUNG,
    STORY_ANSWER, /* answered, rung elsewhere, or given up */
    STORY_TALK,   /* held, transferred, ended */
    STORY_WRAP,   /* the agent has noted it down */
    STORY_ENDED,  /* nothing any more: the slot is free */
};

struct story {
    uint64_t number; /* of the ticket or call; 0 = free slot, or not begun */
    uint64_t about;  /* the ticket that a call is about; 0 = none */
    ms_t since;      /* the visit's promised time, later the resolve */
    uint32_t customer;
    uint32_t agent; /* or NOBODY */
    uint16_t team, category;
    uint8_t priority, channel;
    uint8_t phase; /* enum story_phase */
    uint8_t replies;
    uint8_t round; /* of visits planned, complaints made, call-backs */
    uint8_t how;   /* a return: index of its kind */
    bool open;     /* counted in traffic.open */
    bool paused;
    bool reopened; /* once is enough */
    bool out;      /* a call of ours */
    bool sequel;   /* counted in traffic.sequels */
};

/* Chooses customer, category, team … of a new story; number is left alone. */
void story_begin(struct traffic *t, struct story *s, enum story_phase phase);

/* Tells what happens now. Returns the instant of the next step (>= now), or MS_NEVER at the end:
 * the phase is then STORY_ENDED. */
ms_t story_step(struct traffic *t, struct story *s, ms_t now);

/* The steps of calls, and of what follows a resolved ticket. */
ms_t story_call_step(struct traffic *t, struct story *s, ms_t now);
ms_t story_after_step(struct traffic *t, struct story *s, ms_t now);

/* A ticket was resolved a while ago, for the first time: surveys and samples now, the rest later.
 * s is a copy. */
void story_after(struct traffic *t, const struct story *s, ms_t now);

/* What stories are made of. */
ms_t story_later(struct traffic *t, ms_t now, ms_t median, uint32_t sigma);
bool story_likely(struct traffic *t, uint32_t permille);
struct str story_team(const struct traffic *t, uint32_t team);
struct str story_agent(const struct traffic *t, uint32_t agent);
void story_put_agent(const struct traffic *t, const struct story *s, struct event *e);
void story_give(struct traffic *t, struct story *s, uint32_t agent); /* or NOBODY */
uint32_t story_pick(struct traffic *t, uint32_t team); /* who gets a ticket of this team */
ms_t story_next(struct story *s, enum story_phase phase, ms_t at);
ms_t story_end(struct traffic *t, struct story *s);

#endif

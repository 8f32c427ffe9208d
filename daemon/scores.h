/* scores.h: scorecards as they are published: a round in slices, first every score, then the news.
 *
 * A round counts: it scores every name anew, so that places are right; and then it tells: who
 * changed (scoreboard.h), or everybody every full_every. It is left out while nobody subscribes to
 * scores. Queries count for themselves, then take one card after the other. */
#ifndef TP_DAEMON_SCORES_H
#define TP_DAEMON_SCORES_H

#include "daemon/bus.h"
#include "daemon/scoreboard.h"
#include "proto/card.h"

enum { SCORES_SLICE_NS = 250000 };

/* Over all names of all families; zeroed = at the beginning. */
struct score_walk {
    uint32_t family, index; /* the name after this one comes next */
};

struct scores {
    struct scoreboard board;
    struct engine *engine; /* borrowed, as the rest of these */
    struct bus *bus;
    struct log *log;
    const struct config *config;
    ms_t at;           /* the loop's clock */
    uint64_t due;      /* uv_now() of the next round … */
    uint64_t full_due; /* … and of the next full one */
    bool running;      /* a round is under way: */
    bool full, telling;
    struct score_walk walk;
    char buf[CARD_BYTES_MAX];
};

void scores_init(struct scores *s, struct engine *engine, struct bus *bus,
                 const struct config *config, struct log *log, uint64_t now);

/* Before the configuration lets go of its cards, and after another has come into force. */
void scores_forget(struct scores *s);
void scores_reload(struct scores *s);

/* The next slice of a round, as far as it is due. */
void scores_work(struct scores *s, ms_t at, uint64_t now);

/* Is a round under way? Then the loop should not sleep. */
static inline bool scores_busy(const struct scores *s)
{
    return s->running;
}

/* uv_now() by which scores_work should be called again. */
uint64_t scores_deadline(const struct scores *s);

/* --- queries ------------------------------------------------------------------------------ */

/* Which cards are asked for. */
struct score_wish {
    uint8_t scope_first, scope_last; /* enum scope */
    uint32_t windows;                /* mask */
    struct str name, prefix;         /* of the scope, of the topic; empty = any */
};

/* Are there cards, and can a topic of theirs begin so? */
bool scores_may_have(const struct scores *s, struct str prefix);

/* Is there a card among what is asked for that is for the one name wished? */
bool scores_has_card(struct scores *s, const struct score_wish *wish);

/* Scores the next few names that share a card with what is asked for. false: all are. */
bool scores_count_next(struct scores *s, const struct score_wish *wish, struct score_walk *walk);

/* The next card that is asked for, as a message into s->buf with the seq of the last one that was
 * published: its length, 0 when there was none among the next few names, or ERR_NO_ROOM.
 * *ret_end: there are no further names. */
int scores_find(struct scores *s, const struct score_wish *wish, struct score_walk *walk,
                struct topic *ret_topic, bool *ret_end);

#endif

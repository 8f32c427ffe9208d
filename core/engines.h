/* engines.h: what an engine consists of: shared by engine.c (steps) and state.c (as a whole). */
#ifndef TP_CORE_ENGINES_H
#define TP_CORE_ENGINES_H

#include "core/agreement.h"
#include "core/alerts.h"
#include "core/board.h"
#include "core/call.h"
#include "core/engine.h"
#include "core/image.h"
#include "core/presence.h"
#include "core/remark.h"
#include "core/rule.h"
#include "core/seen.h"
#include "core/ticket.h"

enum { ENGINE_STRIDE = 32 }; /* events that are looked at ahead of their turn */

/* What is known of an event ahead of its turn. */
struct ahead {
    uint64_t hash;   /* of its ticket, 0 = none */
    handle_t ticket; /* 0 = not there (yet) */
};

/* Owners of timers. Those below OWNER_PASSED have theirs a millisecond after what passes then: an
 * event of that instant comes after it. It comes before anything else that is due then. */
enum {
    OWNER_TICKET,
    OWNER_PASSED,
    OWNER_CALL = OWNER_PASSED,
    OWNER_RULE,
    OWNER_PRESENCE,
    OWNER_REMARK,
    OWNER_KINDS
};

/* The singletons: a blob of the image. */
struct engine_core {
    ms_t at;                    /* the clock; MS_NONE before anything */
    ms_t fired;                 /* what was due up to and including this instant has fired */
    ms_t judged;                /* event time for the rules: of the last event, deadline or tick */
    ms_t now;                   /* of the last tick, while what was due is told */
    uint64_t live;              /* events carry rts: not a replay */
    ms_t started_at;            /* since when we watch */
    ms_t limit_at[LIMIT_MET_N]; /* when each limit was told last; MS_NONE */
    uint64_t limit_seen[LIMIT_MET_N]; /* how often it had been met then */
    uint64_t limit_met[LIMIT_MET_N];
    uint64_t agreement; /* number of the policies in force */
    uint64_t untracked; /* clocks and alerts without room, as of the last tick */
    struct engine_counters counters;
};

struct engine {
    struct limits limits;
    struct settings settings;
    struct engine_core core;
    struct agreements *agreements;
    struct scorecards *cards; /* of settings */
    struct board *board;
    struct tickets *tickets;
    struct calls *calls;
    struct presences *presences;
    struct rules *rules;
    struct seen *seen;
    struct remarks remarks;
    struct wheel wheel;
    uint32_t work_max;     /* engine_set_work */
    uint32_t work;         /* of this step so far */
    uint32_t effects_max;  /* of one name's rules */
    uint32_t heard;        /* effects that what people said has been added to */
    uint64_t other_loaded; /* names_other and samples_shed that came with an image; the board */
    uint64_t shed_loaded;  /* counts from its own beginning */
    struct image image;
};

/* Brings near what the n <= ENGINE_STRIDE events will touch. */
void engine_look_ahead(const struct engine *e, const struct event *events, uint32_t n,
                       struct ahead ahead[ENGINE_STRIDE]);

/* Keeps a copy of the cards, as what settings speak of: the configuration's go with a reload. */
void engine_keep_cards(struct engine *e, const struct scorecards *cards);

/* What follows from the rules: what the board must tell, and how much room one name takes. */
void engine_listen(struct engine *e);

/* What was said about the alerts of the effects from `first` on; about one that is read. */
void engine_hear(struct engine *e, struct outbox *out, uint32_t first);
void engine_remark(const struct engine *e, struct alert *a);

/* The mute of a remark is over. */
void engine_unmute(struct engine *e, handle_t h, struct outbox *out);

/* The parts of an image in their order. Returns the layout hash. */
uint64_t engine_parts(struct engine *e, struct pool *pool[IMAGE_POOLS_MAX], uint32_t *ret_pools,
                      struct image_blob blob[IMAGE_BLOBS_MAX], uint32_t *ret_blobs);

#endif

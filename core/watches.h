/* watches.h: how rules are kept: shared by rule.c (judging) and rule_life.c (reload, readers,
 * images). Private. */
#ifndef TP_CORE_WATCHES_H
#define TP_CORE_WATCHES_H

#include "core/rule.h"

enum watch_state { WATCH_IDLE, WATCH_PENDING, WATCH_ACTIVE, WATCH_CLEARING, WATCH_STATES };

/* Why a part of a mix is to be judged. */
enum watch_asked { WATCH_RESTS, WATCH_BY_TIME, WATCH_BY_EVENT };

/* One rule on one name of its scope; of a rule on a mix one on the whole, whose n is the whole as
 * it was last looked at, and one on every part that is more than idle. */
struct watch {
    struct slot slot;
    uint8_t rule;      /* index into settings.rule */
    uint8_t scope;     /* enum scope */
    uint8_t state;     /* enum watch_state */
    bool has_value;    /* as last published, like n and value */
    uint32_t index;    /* of the name */
    handle_t next;     /* watch of the same name */
    handle_t timer;    /* in the wheel, 0 = none */
    uint32_t rev;      /* of the alert, 0 = never fired */
    ms_t due;          /* of the timer, MS_NEVER = none */
    ms_t since;        /* pending, clearing: when the condition began */
    ms_t fired_at;     /* MS_NONE = never */
    ms_t moved;        /* when it fired or cleared last: event times of a watch never go back */
    uint64_t alert_id; /* of the last firing */
    int64_t value;
    uint64_t n;
    int64_t now, before; /* trend: as last published */
    uint64_t n_before;
    ms_t phase;    /* sampled rules: it is looked at when t % step is this */
    uint32_t part; /* mix: which (part.h), 0 = the whole; else 0 */
    handle_t ask;  /* the next one that is to be judged … */
    uint8_t asked; /* … enum watch_asked */
    uint8_t zero[7];
};

STATIC_ASSERT(sizeof(struct watch) == 128, "no padding in an image");

struct rules {
    struct pool pool;
    const struct settings *settings; /* the engine's */
    struct wheel *wheel;
    uint8_t kind;                 /* of our deadlines in the wheel */
    uint32_t active;              /* watches that are active or clearing */
    struct rule_tally tally;      /* a blob of the image */
    uint32_t of_scope[SCOPE_N];   /* inputs of all rules of the scope */
    uint32_t in_scope[SCOPE_N];   /* how many rules */
    uint32_t inputs[RULES_MAX];   /* bits FAM_x, TOUCH_GAUGES */
    ms_t step[RULES_MAX];         /* sampled rules: how often they look; 0: at every event */
    handle_t ask_first, ask_last; /* parts that are to be judged, in order; 0 = none */
    uint32_t only[RULES_MAX];     /* index of the rule's name filter, 0 = none or not met yet */
};

static inline bool watch_is_active(const struct watch *w)
{
    return w->state == WATCH_ACTIVE || w->state == WATCH_CLEARING;
}

/* What follows from settings. */
void rules_prepare(struct rules *r, const struct settings *settings);

/* Is rule i of r->settings or of other settings about this name? */
bool rules_about(struct rules *r, const struct board *b, const struct rule_setting *rule,
                 uint32_t i, uint32_t index);

/* A watch of a rule on a name, or a part of it, that has none; 0 when limits.alerts is met. */
handle_t watch_new(struct rules *r, struct board *b, uint32_t rule, uint32_t index, uint32_t part);
void watch_free(struct rules *r, struct board *b, handle_t h, struct watch *w);
handle_t watch_find(const struct rules *r, const struct entity *e, uint32_t rule, uint32_t part);

/* --- rules on mixes (rule_mix.c) ---------------------------------------------------------- */

/* The whole of rule i on this name may have changed: asks for the parts that may say another thing
 * now. *ret_room: false when limits.alerts is met. Returns how many pieces of work it was. */
uint32_t rules_survey(struct rules *r, struct board *b, uint32_t i, uint32_t index,
                      enum watch_asked why, bool *ret_room);

/* It is asked no more. */
void watch_rest(struct rules *r, handle_t h, struct watch *w);
void rules_ask_again(struct rules *r); /* after a load */

/* Its timer; MS_NEVER: none. */
void watch_arm(struct rules *r, handle_t h, struct watch *w, ms_t due);

/* A sampled rule looks at the name at its next turn from t on, another one at t. */
void watch_look(struct rules *r, handle_t h, struct watch *w, ms_t t);

/* Of rule, scope and name: the same on every machine, whatever the seed of the hash tables is. */
uint64_t watch_hash(const struct settings *settings, const struct board *b, const struct watch *w);

/* Its alert, as when it was told last. */
void watch_alert(const struct rules *r, const struct board *b, const struct watch *w,
                 struct alert *ret);

/* Ends an active alert. m: NULL = the value stays as it was. */
void watch_finish(struct rules *r, struct board *b, struct watch *w, enum alert_state state,
                  const struct measure *m, ms_t when, struct outbox *out);

#endif

/* concerns.h: which alerts of kind ops are active: about sources, and about the daemon itself.
 *
 * Who notices something (lookout.h) raises and clears; each transition is told by the callback,
 * one effect at a time. They are not the engine's: not in the journal, not in an image; those of a
 * run end with it. CONCERNS_MAX at once; what finds no room is counted. */
#ifndef TP_DAEMON_CONCERNS_H
#define TP_DAEMON_CONCERNS_H

#include "core/engine.h"
#include "proto/ops.h"

enum { CONCERNS_MAX = 256, CONCERN_DETAIL_MAX = 128 };

struct concern {
    bool active;
    bool hidden;  /* it fired while muted: nobody was told, nor will be of its end */
    uint8_t what; /* enum ops_kind */
    uint32_t rev;
    uint64_t id;
    ms_t since;
    int64_t value;
    ms_t muted; /* until then, also over its end; MS_NONE = not, MS_NEVER = until it ends */
    uint8_t name_n;
    char name[NAME_BYTES_MAX];
    char detail[CONCERN_DETAIL_MAX];
    char acked_by[NAME_BYTES_MAX + 1], muted_by[NAME_BYTES_MAX + 1];
};

struct concerns {
    struct concern at[CONCERNS_MAX];
    uint32_t n;             /* entries, active or muted */
    uint32_t active[OPS_N]; /* of them */
    uint64_t raised[OPS_N]; /* since the start */
    uint64_t untracked;     /* not raised for want of room */
    void (*tell)(void *data, struct effect *e);
    void *data; /* the owner's */
};

void concerns_init(struct concerns *o, void (*tell)(void *data, struct effect *e), void *data);

/* It is so now: told if it was not before, else its value and detail are noted. name: lent for the
 * call, "" = the daemon. */
void concerns_raise(struct concerns *o, enum ops_kind what, struct str name, int64_t value,
                    const char *detail, ms_t now);

/* It is so no more; nothing happens when it was not. */
void concerns_clear(struct concerns *o, enum ops_kind what, struct str name, ms_t now);

uint32_t concerns_active(const struct concerns *o);

/* The daemon ends: all are cancelled. */
void concerns_end(struct concerns *o, ms_t now);

/* Mutes that are over: what still holds is told once more. */
void concerns_work(struct concerns *o, ms_t now);

/* Active ones: start with *at = 0; false at the end. Texts are lent until the next call that
 * changes something. */
bool concerns_next(const struct concerns *o, uint32_t *at, struct alert *ret);

/* As engine_attend: the alert, with another rev, is *ret, not told yet. ERR_NO_ALERT. */
MUST_CHECK int concerns_attend(struct concerns *o, uint64_t alert_id, enum attention what,
                               struct str by, ms_t until, ms_t now, struct effect *ret);

#endif

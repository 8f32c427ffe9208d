/* verify.h: `ticketpulsed --verify`: would a start from this state directory find everything, and
 * what would it be? For backups, and to see that two directories hold the same state. */
#ifndef TP_DAEMON_VERIFY_H
#define TP_DAEMON_VERIFY_H

#include "core/base.h"

#include <stdio.h>

struct verified {
    uint64_t checkpoint; /* entry of the one that a start would take; 0 = none */
    uint64_t entries;    /* up to this number */
    uint64_t events;     /* replayed behind the checkpoint */
    uint64_t lost;       /* entries that are missing or damaged */
    uint32_t unused;     /* checkpoints that cannot be used */
    uint64_t tickets, alerts;
    uint64_t alerts_digest; /* of their ids and states */
    ms_t at;                /* the engine's clock; MS_NONE: no event yet */
    uint64_t digest;
};

/* at: the clock is moved there first, deadlines pass; MS_NONE: as it stands. Changes nothing but
 * what SQLite tidies up. false: one line on err says why not; the directory must not be in use. */
MUST_CHECK bool verify(const char *dir, ms_t at, FILE *err, struct verified *ret);

/* Prints it as one line; the exit code: 0, or 1 when something is missing. */
int verify_print(const char *dir, const struct verified *v, FILE *out);

#endif

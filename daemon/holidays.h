/* holidays.h: closed days out of .ics files (RFC 5545), repetitions written out; the only user of
 * libical.
 *
 * Every day on which an event lies, from 2000 to 2099, is closed all day. An event has dates; one
 * with times is taken when it goes from midnight to midnight as written (some programs export
 * whole days like that), and refused otherwise: part of a day is a matter of `special`.
 * Cancelled events count for nothing; an instance that was moved is closed where it is now. */
#ifndef TP_DAEMON_HOLIDAYS_H
#define TP_DAEMON_HOLIDAYS_H

#include "daemon/tree.h"

enum {
    HOLIDAYS_FIRST = 10957,      /* 2000-01-01, in days since 1970-01-01 */
    HOLIDAYS_END = 47482,        /* 2100-01-01 */
    HOLIDAYS_BYTES_MAX = 1 << 20 /* of one file */
};

struct holidays {
    uint8_t day[(HOLIDAYS_END - HOLIDAYS_FIRST + 7) / 8]; /* bit 0 of byte 0 is the first */
};

/* Days since 1970-01-01; one outside of the range is not kept. */
void holidays_add(struct holidays *h, int64_t day);
bool holidays_has(const struct holidays *h, int64_t day);

/* Adds those of a file's bytes; name is for complaints. false: *why says "name:line: property:
 * what, what to do", and *h is untouched. */
MUST_CHECK bool holidays_parse(struct holidays *h, const char *name, const char *bytes, size_t n,
                               struct tree_error *why);

/* The same of the file at path. Blocks. */
MUST_CHECK bool holidays_read(struct holidays *h, const char *path, struct tree_error *why);

#endif

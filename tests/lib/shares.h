/* shares.h: mixes and ratings of aspects, counted from the list of events: the oracle of part.c. */
#ifndef TP_TESTS_SHARES_H
#define TP_TESTS_SHARES_H

#include "core/mix.h"
#include "tests/lib/ledger.h"

enum { SHARES_MAX = 200 };

struct shares {
    uint32_t n;
    struct share {
        enum part_kind kind;
        struct str part; /* len 0: of the whole, but of no part */
        ms_t ts;
        int64_t value; /* PART_RATED: millionths */
        struct owner owner;
    } share[SHARES_MAX];
};

/* Of all tickets of the tale, which has no mergings. */
void shares_write(struct shares *s, const struct tale *sorted);

/* How many there are of a part (NULL: of the whole), and the sum of their values. */
int64_t shares_count(const struct shares *s, enum part_kind kind, const struct str *part,
                     const struct scoped *of, int64_t *ret_sum);

#endif

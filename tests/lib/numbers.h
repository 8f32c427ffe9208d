/* numbers.h: keeps every sample and works out a rule's number the slow way: the rules' oracle.
 *
 * Samples are of one scope; only what is kept in families replies, marks and ratings is known, and
 * of those the indicators first_response, replies, csat and csat_rate. Zone UTC.
 * Trends of any field but percentiles, min and max. */
#ifndef TP_TESTS_NUMBERS_H
#define TP_TESTS_NUMBERS_H

#include "core/measure.h"

enum { NUMBERS_MAX = 20000 };

struct numbers {
    uint32_t n;
    struct {
        uint8_t family;
        uint32_t name;
        struct window_sample sample;
    } at[NUMBERS_MAX];
};

void numbers_add(struct numbers *all, uint32_t family, uint32_t name,
                 const struct window_sample *sample);
void numbers_remove(struct numbers *all, uint32_t i);

struct number {
    bool empty;
    uint64_t n;           /* samples behind it */
    double value;         /* ms, or the plain number */
    __int128 top, bottom; /* the same as a fraction, in the rule's unit */
    enum verdict_of_rule verdict;
};

/* What the rule says of that name when the clock shows at. */
struct number numbers_judge(const struct numbers *all, const struct settings *settings,
                            const struct rule_setting *rule, uint32_t name, ms_t at);

#endif

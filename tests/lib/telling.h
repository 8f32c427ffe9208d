/* telling.h: a tale told to a desk, and all that the desk then knows held against an oracle. */
#ifndef TP_TESTS_TELLING_H
#define TP_TESTS_TELLING_H

#include "tests/lib/desk.h"
#include "tests/lib/tale.h"

/* Opens the desk and tells it the tale without its merges (what they move is tested elsewhere): in
 * its order, or in any with some events doubled. *t comes out in order, as an oracle wants it. */
void tell_tale(struct desk *d, struct random *r, struct tale *t, bool shuffled);

/* NULL, or what of that name is not as the oracle has it. */
typedef const char *told_wrong(struct desk *d, const void *want, enum scope s, uint32_t index);

/* Every name of every scope. false: the tale and what is wrong went to stderr. */
bool told_agrees(struct desk *d, const void *want, told_wrong *wrong, const struct tale *t);

#endif

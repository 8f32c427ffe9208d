/* anew.h: memory that goes back to what it once held, at the price of what was written since.
 *
 *     anew_open(&a, bytes);         zeroes, at a.memory
 *     ... fill it ...
 *     anew_keep(&a);                this is what it goes back to
 *     ... write to it ...
 *     anew_back(&a);
 *
 * It stays where it is, so what lies in it may point into it. For who begins ten thousand times
 * from the same engine. What goes wrong ends the program. */
#ifndef TP_TESTS_ANEW_H
#define TP_TESTS_ANEW_H

#include "core/base.h"

struct anew {
    void *memory;
    size_t bytes;
    int file; /* of the memory's own; after anew_keep closed */
};

void anew_open(struct anew *a, uint64_t bytes);
void anew_keep(struct anew *a);
void anew_back(struct anew *a);
void anew_close(struct anew *a);

#endif

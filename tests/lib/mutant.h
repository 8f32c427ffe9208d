/* mutant.h: other MessagePack out of some, for the fuzzer: values, their types and widths, keys,
 * members, elements, whole events or requests are changed, so that most of what comes out can be
 * read, and little of it makes sense. */
#ifndef TP_TESTS_MUTANT_H
#define TP_TESTS_MUTANT_H

#include "tests/lib/random.h"

/* What the target takes. */
struct mutant_of {
    const char *(*word)(struct random *r);                /* a key, or a text that it knows */
    int (*whole)(struct random *r, char *to, size_t max); /* a valid one; bytes, or < 0 */
    bool batches;                                         /* takes an array of them, too */
};

extern const struct mutant_of mutant_events;
extern const struct mutant_of mutant_requests;

/* Changes the n bytes in place, within max, and says how many they are then. What is no
 * MessagePack becomes some. The same seed does the same. */
size_t mutant_make(const struct mutant_of *of, uint8_t *data, size_t n, size_t max, uint32_t seed);

/* A part of `other` takes the place of a part of `data`. */
size_t mutant_cross(const struct mutant_of *of, const uint8_t *data, size_t n, const uint8_t *other,
                    size_t other_n, uint8_t *to, size_t max, uint32_t seed);

/* --- for the targets of libFuzzer ----------------------------------------------------------- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max); /* its own changes, of bytes */

enum { MUTANT_BYTES = 8 }; /* one change of so many is of bytes */

/* Once in a target: its inputs are changed by this. */
#define MUTANT_OF(of)                                                                              \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)             \
    {                                                                                              \
        return seed % MUTANT_BYTES == 0 ? LLVMFuzzerMutate(data, n, max)                           \
                                        : mutant_make(of, data, n, max, seed);                     \
    }                                                                                              \
    size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t an, const uint8_t *b, size_t bn,     \
                                     uint8_t *to, size_t max, unsigned seed)                       \
    {                                                                                              \
        return mutant_cross(of, a, an, b, bn, to, max, seed);                                      \
    }

#endif

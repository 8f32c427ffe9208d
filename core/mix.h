/* mix.h: which mixes there are: shares of categories, kinds and aspects in a whole. */
#ifndef TP_CORE_MIX_H
#define TP_CORE_MIX_H

#include "core/indicator.h"
#include "core/limits.h"

/* X(ID, of, by, family, flag of the whole): a mix is made of the parts of one kind, each a share
 * of the samples that have the flag in the name's own log. */
#define PART_MIXES(X)                                                                              \
    X(OPENED_CATEGORY, "opened", "category", FAM_OPENINGS, OPENINGS_OPENED)                        \
    X(COMPLAINTS_CATEGORY, "complaints", "category", FAM_MARKS, MARKS_COMPLAINT)                   \
    X(COMPLAINTS_KIND, "complaints", "kind", FAM_MARKS, MARKS_COMPLAINT)                           \
    X(LOW_CATEGORY, "low_ratings", "category", FAM_RATINGS, RATINGS_LOW)                           \
    X(LOW_ASPECT, "low_ratings", "aspect", FAM_RATINGS, RATINGS_LOW_ASPECT)

enum part_kind {
#define PART_MIX_ENUM(id, of, by, family, flag) PART_##id,
    PART_MIXES(PART_MIX_ENUM)
#undef PART_MIX_ENUM
        PART_RATED, /* ratings of one aspect; the layout of FAM_RATINGS */
    PART_N,
    MIX_N = PART_RATED
};

enum {
    MIX_TOP = 16,      /* parts of a mix that are told, most first */
    MIX_LEAST = 10000, /* the smallest share that a rule watches, in millionths */
};

struct mix_kind {
    const char *of, *by; /* wire names: mix.opened.category */
    uint8_t family, flag;
};
extern const struct mix_kind mixes[MIX_N];

/* enum part_kind of "opened", "category"; -1: there is no such mix. */
int mix_find(struct str of, struct str by);

/* Of "opened.category", as rules name it. */
int mix_parse(struct str text);

#endif

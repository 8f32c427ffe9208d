/* shape.h: MessagePack laid flat in preorder, to be cut up and put together again: what mutant.c
 * changes. Read and written by itself, apart from the daemon's reader and writer. */
#ifndef TP_TESTS_SHAPE_H
#define TP_TESTS_SHAPE_H

#include "core/base.h"

enum {
    SHAPE_MAX = 2048, /* values */
    SHAPE_TEXTS = 1 << 16,
    SHAPE_NOBODY = UINT16_MAX
};

enum shape_kind {
    SHAPE_NIL,
    SHAPE_BOOL,
    SHAPE_UINT,
    SHAPE_INT, /* below zero */
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_STR,
    SHAPE_BIN,
    SHAPE_EXT,
    SHAPE_ARRAY,
    SHAPE_MAP,
    SHAPE_KINDS
};

struct shape_value {
    uint8_t kind;
    uint8_t wide;     /* so many sizes larger than it has to be is its head written */
    int8_t type;      /* of EXT */
    uint32_t n;       /* bytes of a text; elements; members of a map (a key and a value each) */
    uint64_t bits;    /* of numbers and bools, as they are in memory */
    const uint8_t *p; /* of STR, BIN, EXT; borrowed */
};

struct shape {
    struct shape_value v[SHAPE_MAX];
    uint32_t n;
    uint16_t owner[SHAPE_MAX]; /* by shape_lay: the container; SHAPE_NOBODY for the first */
    bool key[SHAPE_MAX];       /* by shape_lay: is a map's key */
};

/* false: no MessagePack, more than one value, or too many. Texts are borrowed from bytes. */
MUST_CHECK bool shape_read(struct shape *s, const void *bytes, size_t n);

/* How many bytes; 0: they do not fit. */
size_t shape_write(const struct shape *s, void *to, size_t max);

/* Values that the one at i consists of, itself included. */
uint32_t shape_span(const struct shape *s, uint32_t i);

/* Finds owners and keys, after changes. */
void shape_lay(struct shape *s);

/* Puts `add_n` values (not of s) instead of `drop` ones at i. false: there is no room. Counts of
 * containers are the caller's. */
MUST_CHECK bool shape_splice(struct shape *s, uint32_t i, uint32_t drop,
                             const struct shape_value *add, uint32_t add_n);

#endif

/* repeat.h: who comes back: openings and resolves of the same customer and category.
 *
 * A ticket whose opening names both has a record here: when it was opened, and, once it is, where
 * it stands as resolved. Those of one key are kept in two treaps by time, so a resolve finds the
 * next opening of another ticket, and an opening the resolves that it follows, in few steps however
 * many there are. What follows from it are samples at the resolve: COHORTS_REPEATED within
 * repeat_horizon, COHORTS_LOST within return_horizon unless the ticket lost it by itself.
 *
 * It is a function of the openings and resolves that are there, whatever order they came in. */
#ifndef TP_CORE_REPEAT_H
#define TP_CORE_REPEAT_H

#include "core/board.h"
#include "core/treap.h"

/* A ticket's opening. */
struct repeat {
    struct slot slot;
    handle_t solved; /* 0: it does not stand as resolved */
    uint64_t key;
    struct treap_node node; /* opened; MS_NONE */
};

/* Where the ticket stands as resolved. */
struct repeat_solved {
    struct slot slot;
    handle_t of;  /* its struct repeat */
    uint64_t key; /* that one's */
    struct treap_node node;
    struct tags tags;
    uint8_t lost; /* the ticket was reworked or reopened soon */
    uint8_t said; /* bits: the samples that stand for it */
    uint8_t zero[2];
};

struct repeats {
    struct pool pool, solved;
    struct treap openings, resolves;
    struct board *board;
};

uint64_t repeats_bytes(uint32_t tickets);
void repeats_init(struct repeats *r, void *mem, uint32_t tickets, struct board *board,
                  uint64_t seed);

/* Key of a customer (hash) and category; 0 when one of them is nil. */
uint64_t repeat_key(uint64_t customer, uint32_t category);

/* What the fold says of the ticket whose record *h is (0: none yet, it may get one). key 0: the
 * record's. What is taken away must be what is there, else it has been replaced already. */
void repeat_opened(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, int sign);
void repeat_resolved(struct repeats *r, handle_t *h, uint64_t key, ms_t ts, const struct tags *tags,
                     bool lost, int sign);

/* The ticket is forgotten: what it has said stays. */
void repeat_forget(struct repeats *r, handle_t *h);

uint64_t repeat_digest(const struct repeats *r, handle_t h);
void repeats_rebuild(struct repeats *r);
void repeats_check(const struct repeats *r);

#endif

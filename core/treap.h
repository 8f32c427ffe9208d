/* treap.h: ordered sets in one pool, each found by a key: treaps (Aragon, Seidel 1989).
 *
 * The members of a set lie in order of `at`, of equal ones by their slot. A slot has its key and
 * one node for every kind of set that it can be in. Priorities follow from the slot and the seed,
 * so a set looks the same however it came about, and its depth is that of a random tree. */
#ifndef TP_CORE_TREAP_H
#define TP_CORE_TREAP_H

#include "core/map.h"

struct treap_node {
    ms_t at;
    handle_t left, right;
};

/* Sets of one kind. */
struct treap {
    struct pool *pool;  /* whose slots are members */
    uint32_t key, node; /* where in a slot: uint64_t, struct treap_node */
    uint64_t seed;
    struct map root; /* key -> the set's root */
};

/* mem: map_bytes(members) of zeroes, 64-byte aligned, lent for life; pool is borrowed. */
void treap_init(struct treap *t, void *mem, uint32_t members, struct pool *pool, uint32_t key,
                uint32_t node, uint64_t seed);

/* The slot has key and `at` and is in no set of this kind; it is in one. */
void treap_attach(struct treap *t, handle_t h);
void treap_detach(struct treap *t, handle_t h);

/* The first member behind (at, h), or the last one before it; 0: none. */
handle_t treap_behind(const struct treap *t, uint64_t key, ms_t at, handle_t h);
handle_t treap_before(const struct treap *t, uint64_t key, ms_t at, handle_t h);

/* The last member; 0: none. */
handle_t treap_last(const struct treap *t, uint64_t key);

/* The last member stays the last, at a later instant. */
void treap_postpone(struct treap *t, handle_t h, ms_t at);

/* All sets are empty, whatever the nodes say: before everything is attached anew. */
void treap_clear(struct treap *t);

#endif

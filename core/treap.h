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

enum { TREAP_NEAR = 32 };

/* A root that was asked for lately: one event asks for a few of them many times. 0: look. */
struct treap_near {
    uint64_t key;
    handle_t root;
};

/* Sets of one kind. */
struct treap {
    struct pool *pool;  /* whose slots are members */
    uint32_t key, node; /* where in a slot: uint64_t, struct treap_node */
    uint64_t seed;
    struct map root;         /* key -> the set's root */
    uint64_t *below;         /* bit of every slot, for treap_rebuild: it is below another one */
    struct treap_near *near; /* asked, for whom only reads */
    struct treap_near asked[TREAP_NEAR];
};

/* members: as many as the pool has slots. */
uint64_t treap_bytes(uint32_t members);

/* mem: treap_bytes of zeroes, 64-byte aligned, lent for life; pool is borrowed. */
void treap_init(struct treap *t, void *mem, struct pool *pool, uint32_t key, uint32_t node,
                uint64_t seed);

/* The slot has key and `at` (not MS_NONE) and is in no set of this kind; it is in one. */
void treap_attach(struct treap *t, handle_t h);
void treap_detach(struct treap *t, handle_t h);

/* The first member behind (at, h), or the last one before it; 0: none. */
handle_t treap_behind(const struct treap *t, uint64_t key, ms_t at, handle_t h);
handle_t treap_before(const struct treap *t, uint64_t key, ms_t at, handle_t h);

/* The last member; 0: none. */
handle_t treap_last(const struct treap *t, uint64_t key);

/* The last member stays the last, at a later instant. */
void treap_postpone(struct treap *t, handle_t h, ms_t at);

/* The sets are what the nodes of live slots say, as an image has them; MS_NONE: in none. */
void treap_rebuild(struct treap *t);

#endif

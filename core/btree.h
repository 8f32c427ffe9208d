/* btree.h: a B+ tree (Comer 1979) over the chunks of a sorted list: which one a key belongs to.
 *
 * The chunks are linked by their owner; they begin with a struct btree_chunk and have a key that
 * does not fall from one to the next. Chunks and nodes lie in one pool. A short list has no tree:
 * it is walked. In a long one every other chunk is in the tree, or more: never are two neighbours
 * both out of it. There is no handle of the root: every search begins at the list's tail, from
 * where the way up ends soon when the key is recent. */
#ifndef TP_CORE_BTREE_H
#define TP_CORE_BTREE_H

#include "core/pool.h"

enum {
    BTREE_FAN = 20,
    BTREE_FROM = 8,         /* chunks of a list that gets a tree */
    BTREE_NODE_BYTES = 256, /* slot size of the pool */
};

/* First bytes of a chunk and of a node. */
struct btree_chunk {
    struct slot slot; /* mark: the owner's */
    handle_t up;      /* the node above; 0: not in the tree */
    handle_t prev, next;
};

typedef int64_t btree_key(const void *chunk);

/* The last chunk of the list whose key is not above this one, else the first. */
handle_t btree_seek(const struct pool *chunks, handle_t tail, int64_t key, btree_key *key_of);

/* The same in steps, so that many searches overlap: each brings near what the next one reads.
 * btree_begin: false when it is not worth it, the list being short or the key recent. btree_step:
 * false at the end: `at` is the chunk or the one before it, and all of both comes near. */
enum btree_stage { BTREE_UP, BTREE_DOWN, BTREE_BESIDE };
struct btree_walk {
    const struct pool *chunks;
    btree_key *key_of;
    int64_t key;
    handle_t at;
    uint32_t stage; /* enum btree_stage */
};
bool btree_begin(struct btree_walk *w, const struct pool *chunks, handle_t tail, int64_t key,
                 btree_key *key_of);
bool btree_step(struct btree_walk *w);
void btree_walk_all(struct btree_walk *walks, uint32_t n); /* in turn, to their ends; used up */

/* Most slots that btree_join takes in a list with this tail. */
uint32_t btree_room(const struct pool *chunks, handle_t tail);

/* A chunk has been linked into its list; there is room. */
void btree_join(struct pool *chunks, handle_t h, btree_key *key_of);

/* A chunk is about to be taken out of its list. */
void btree_leave(struct pool *chunks, handle_t h, btree_key *key_of);

/* The first chunk's key went down. */
void btree_rekey(struct pool *chunks, handle_t first, int64_t key);

/* CHECKs that the tree, if there is one, has this chunk of the list in its place. */
void btree_check(const struct pool *chunks, handle_t h, btree_key *key_of);

#endif

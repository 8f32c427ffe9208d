/* name.h: interned names of one kind (agents, teams, sources, …): text <-> dense index.
 *
 * An index is 1..name_count and never changes: names are not forgotten. When `cap` names are
 * there, a further one becomes "(other)". The reserved names do not count against `cap`.
 * Slots live in a pool and are part of an image; the map is not (names_rebuild). */
#ifndef TP_CORE_NAME_H
#define TP_CORE_NAME_H

#include "core/limits.h"
#include "core/map.h"

enum name_reserved { NAME_PLAIN, NAME_AUTO, NAME_CUSTOMER, NAME_OTHER, NAME_RESERVED_N };

struct name {
    struct slot slot; /* slot.mark: enum name_reserved */
    uint32_t flags;   /* the owner's */
    uint64_t hash;    /* name_hash of the text */
    uint32_t user;    /* the owner's */
    uint8_t len, title_len;
    uint8_t pad[2];
    char text[NAME_BYTES_MAX];
    char title[NAME_BYTES_MAX]; /* how people call it; empty = as text */
};

STATIC_ASSERT(sizeof(struct name) == 152, "no padding in an image");

struct names {
    struct pool pool; /* of struct name */
    struct map map;
    uint64_t seed;
    uint64_t overflowed;                /* how often "(other)" stood in for a name */
    uint32_t cap;                       /* most plain names */
    uint32_t reserved[NAME_RESERVED_N]; /* their indices, 0 = not yet there */
};

uint64_t names_bytes(uint32_t cap);

/* mem: names_bytes of zeroes, 64-byte aligned, lent for life. seed: of the hash. */
void names_init(struct names *n, const char *name, void *mem, uint32_t cap, uint64_t seed);

static inline uint64_t name_hash(const struct names *n, struct str text)
{
    return hash_str(n->seed, text);
}

/* Look-up in two stages, for batches: hash, prefetch, and later find or intern with the hash. */
static inline void name_prefetch(const struct names *n, uint64_t hash)
{
    map_prefetch(&n->map, hash);
}

/* 0: not there. */
uint32_t name_find_hashed(const struct names *n, uint64_t hash, struct str text);

/* The index of a text of 1..64 bytes, made if need be; that of "(other)" when there is no room.
 * A reserved text is that reserved name. */
uint32_t name_intern_hashed(struct names *n, uint64_t hash, struct str text);

static inline uint32_t name_find(const struct names *n, struct str text)
{
    return name_find_hashed(n, name_hash(n, text), text);
}

static inline uint32_t name_intern(struct names *n, struct str text)
{
    return name_intern_hashed(n, name_hash(n, text), text);
}

/* "(auto)", "(customer)" or "(other)", made when first needed. */
uint32_t name_intern_reserved(struct names *n, enum name_reserved which);

/* Which one a text is, or NAME_PLAIN. */
enum name_reserved name_reserved_find(struct str text);

static inline uint32_t name_count(const struct names *n)
{
    return n->pool.high;
}

/* Lent for life, but name_edit may change all but text and hash. */
static inline const struct name *name_get(const struct names *n, uint32_t index)
{
    CHECK(index >= 1 && index <= n->pool.high);
    return pool_at(&n->pool, index);
}

static inline struct name *name_edit(struct names *n, uint32_t index)
{
    CHECK(index >= 1 && index <= n->pool.high);
    return pool_edit(&n->pool, pool_handle(&n->pool, index));
}

static inline struct str name_text(const struct names *n, uint32_t index)
{
    const struct name *name = name_get(n, index);
    return (struct str){name->text, name->len};
}

/* Empty when none was set. */
struct str name_title(const struct names *n, uint32_t index);

/* Copies the title; true when it differs from the old one. At most 64 bytes. */
bool name_set_title(struct names *n, uint32_t index, struct str title);

/* Fills the map again from the slots after an image was loaded. */
void names_rebuild(struct names *n);

#endif

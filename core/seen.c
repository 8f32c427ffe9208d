#include "core/seen.h"

#include "core/block.h"
#include "core/numbering.h"

/* Plain numbers: the blob of the image. */
struct seen_state {
    uint64_t ring_first; /* keys let go, and keys ever put: those between are remembered */
    uint64_t ring_end;
    uint64_t restarted;
    uint64_t missing;
    uint64_t forgotten;
    uint64_t ring_shed;
};

struct seen {
    struct names sources; /* name.user: handle of the numbering, 0 = does not number */
    struct numberings numberings;
    struct pool ids; /* the ring, of struct seen_id */
    struct map map;  /* key -> ids */
    uint64_t seed;
    uint32_t last; /* the source looked up last: the next event's, mostly; 0 = none */
    struct seen_state state;
};

/* The ring is a pool that only grows and is then written over: key number n lies in slot
 * n % cap + 1. */
struct seen_id {
    struct slot slot;
    uint32_t pad;
    uint64_t hash[2];
    ms_t received;
};

enum { EXPIRED_AT_ONCE = 8, AHEAD = 4 };

uint64_t seen_bytes(const struct limits *l)
{
    return block_round(sizeof(struct seen)) + block_round(names_bytes(l->sources)) +
           block_round(numberings_bytes(l->sources * 2)) +
           block_round(pool_bytes(sizeof(struct seen_id), l->ids)) + block_round(map_bytes(l->ids));
}

struct seen *seen_init(void *mem, const struct limits *l, uint64_t seed)
{
    uint8_t *at = mem;
    struct seen *s = block_take(&at, sizeof *s);
    s->seed = seed;
    names_init(&s->sources, "sources", block_take(&at, names_bytes(l->sources)), l->sources, seed);
    numberings_init(&s->numberings, block_take(&at, numberings_bytes(l->sources * 2)),
                    l->sources * 2);
    pool_init(&s->ids, "ids", block_take(&at, pool_bytes(sizeof(struct seen_id), l->ids)),
              sizeof(struct seen_id), l->ids);
    map_init(&s->map, block_take(&at, map_bytes(l->ids)), l->ids, &s->ids);
    return s;
}

const struct map *seen_map(const struct seen *s)
{
    return &s->map;
}

/* --- keys --------------------------------------------------------------------------------- */

static uint64_t hash_id(uint64_t seed, const struct event *e)
{
    return event_has(e, F_ID) ? hash_str(seed, e->id) : seed;
}

/* The key in the ring; kinds of keys never meet. */
static void ring_key(const struct seen *s, const struct event *e, uint64_t ret[2])
{
    struct str src = event_has(e, F_SRC) ? e->src : (struct str){"", 0};
    if (!event_has(e, F_ID) && !event_has(e, F_SEQ)) {
        ret[0] = mix64(event_hash(e) ^ s->seed);
        ret[1] = mix64((uint64_t)e->ts) ^ 1;
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t h = hash_id(hash_str(mix64(s->seed + i), src), e);
        if (event_has(e, F_SEQ))
            h = mix64(mix64(h ^ e->seq) + (uint64_t)e->ts);
        ret[i] = h;
    }
}

/* --- the ring ----------------------------------------------------------------------------- */

static uint32_t ring_slot(const struct seen *s, uint64_t number)
{
    return (uint32_t)(number % s->ids.cap) + 1;
}

static const struct seen_id *ring_at(const struct seen *s, uint64_t number)
{
    return pool_at(&s->ids, ring_slot(s, number));
}

static void ring_drop(struct seen *s)
{
    uint64_t oldest = s->state.ring_first;
    map_remove(&s->map, ring_at(s, oldest)->hash[0], pool_handle(&s->ids, ring_slot(s, oldest)));
    s->state.ring_first++;
    if (oldest + AHEAD < s->state.ring_end)
        map_prefetch(&s->map, ring_at(s, oldest + AHEAD)->hash[0]);
}

static bool ring_has(const struct seen *s, const uint64_t hash[2], ms_t since)
{
    uint32_t at = map_start(&s->map, hash[0]);
    for (handle_t h; (h = map_next(&s->map, hash[0], &at)) != 0;) {
        const struct seen_id *id = pool_get(&s->ids, h);
        if (id->hash[0] == hash[0] && id->hash[1] == hash[1] && id->received >= since)
            return true;
    }
    return false;
}

static bool ring_check_and_add(struct seen *s, const uint64_t hash[2], ms_t now, ms_t remember)
{
    ms_t since = now - remember;
    if (ring_has(s, hash, since))
        return true;
    /* A few a time: a burst that expires at once must not hold up one event. */
    for (int i = 0; i < EXPIRED_AT_ONCE && seen_ids(s) > 0; i++) {
        if (ring_at(s, s->state.ring_first)->received >= since)
            break;
        ring_drop(s);
    }
    if (seen_ids(s) == s->ids.cap) {
        s->state.ring_shed += ring_at(s, s->state.ring_first)->received >= since;
        ring_drop(s);
    }
    uint32_t slot = ring_slot(s, s->state.ring_end);
    handle_t h = slot > s->ids.high ? pool_alloc(&s->ids) : pool_handle(&s->ids, slot);
    CHECK(handle_index(h) == slot);
    struct seen_id *id = pool_edit(&s->ids, h);
    id->hash[0] = hash[0];
    id->hash[1] = hash[1];
    id->received = now;
    bool put = map_put(&s->map, hash[0], h);
    CHECK(put);
    s->state.ring_end++;
    return false;
}

/* --- numberings --------------------------------------------------------------------------- */

static void add_to(struct seen *s, handle_t h, const struct event *e, uint32_t print, ms_t now)
{
    const struct numbering *n = numbering_get(&s->numberings, h);
    uint64_t before = numbering_missing(n);
    /* A clock that ran ahead once must not make all later events look old. */
    ms_t ts = ms_min(e->ts, now);
    s->state.forgotten += numbering_add(&s->numberings, h, e->seq, print, ts);
    s->state.missing += numbering_missing(n) - before;
}

static void begin_numbering(struct seen *s, uint32_t source, uint64_t number)
{
    handle_t old = name_get(&s->sources, source)->user;
    if (old != 0) {
        handle_t before = numbering_get(&s->numberings, old)->previous;
        if (before != 0)
            numbering_free(&s->numberings, before);
    }
    handle_t h = numbering_new(&s->numberings, number);
    CHECK(h != 0); /* there are two for every source */
    struct numbering *n = pool_edit(&s->numberings.pool, h);
    n->previous = old;
    if (old != 0) {
        n->restarts = numbering_get(&s->numberings, old)->restarts + 1;
        ((struct numbering *)pool_edit(&s->numberings.pool, old))->previous = 0;
    }
    name_edit(&s->sources, source)->user = h;
}

static bool number_check_and_add(struct seen *s, uint32_t source, const struct event *e, ms_t now)
{
    uint32_t print = (uint32_t)mix64(hash_id(s->seed, e) ^ (uint64_t)e->ts);
    if (name_get(&s->sources, source)->user == 0)
        begin_numbering(s, source, e->seq);
    handle_t h = name_get(&s->sources, source)->user;
    enum numbering_answer is = numbering_look(&s->numberings, h, e->seq, print, e->ts);
    if (is == NUMBERING_SAME)
        return true;
    handle_t old = numbering_get(&s->numberings, h)->previous;
    if (old != 0) {
        enum numbering_answer was = numbering_look(&s->numberings, old, e->seq, print, e->ts);
        if (was == NUMBERING_SAME)
            return true;
        if (e->ts <= numbering_get(&s->numberings, old)->newest) {
            if (was == NUMBERING_OTHER && is == NUMBERING_OTHER)
                return true;
            if (was == NUMBERING_UNSEEN)
                h = old;
        }
    }
    if (is == NUMBERING_OTHER && h != old) {
        begin_numbering(s, source, e->seq);
        s->state.restarted++;
        h = name_get(&s->sources, source)->user;
    }
    add_to(s, h, e, print, now);
    return false;
}

static uint32_t source_of(struct seen *s, const struct event *e)
{
    if (!event_has(e, F_SRC))
        return 0;
    if (s->last == 0 || !str_equal(name_text(&s->sources, s->last), e->src))
        s->last = name_intern(&s->sources, e->src);
    return s->last;
}

bool seen_before(struct seen *s, const struct event *e, ms_t now, ms_t remember_ids,
                 uint32_t *ret_src)
{
    uint32_t src = *ret_src = source_of(s, e);
    bool own = src != 0 && name_get(&s->sources, src)->slot.mark == NAME_PLAIN;
    if (own && event_has(e, F_SEQ))
        return number_check_and_add(s, src, e, now);
    uint64_t hash[2];
    ring_key(s, e, hash);
    return ring_check_and_add(s, hash, now, remember_ids);
}

void seen_prefetch(const struct seen *s, const struct event *e)
{
    if (event_has(e, F_SEQ) && event_has(e, F_SRC))
        return; /* sources are few and their pages warm */
    uint64_t hash[2];
    ring_key(s, e, hash);
    map_prefetch(&s->map, hash[0]);
}

/* --- readers ------------------------------------------------------------------------------ */

struct names *seen_sources(struct seen *s)
{
    return &s->sources;
}

bool seen_source(const struct seen *s, uint32_t src, struct seen_source *ret)
{
    if (src == 0 || src > name_count(&s->sources))
        return false;
    const struct name *n = name_get(&s->sources, src);
    *ret = (struct seen_source){.name = name_text(&s->sources, src)};
    if (n->user == 0)
        return n->slot.mark == NAME_PLAIN;
    const struct numbering *now = numbering_get(&s->numberings, n->user);
    ret->numbers = true;
    ret->last = now->last;
    ret->restarts = now->restarts;
    ret->missing = numbering_missing(now);
    if (now->previous != 0)
        ret->missing += numbering_missing(numbering_get(&s->numberings, now->previous));
    return true;
}

uint64_t seen_source_missing(const struct seen *s, uint32_t src, uint64_t upto)
{
    handle_t h = name_get(&s->sources, src)->user;
    if (h == 0)
        return 0;
    handle_t before = numbering_get(&s->numberings, h)->previous;
    uint64_t n = numbering_missing_until(&s->numberings, h, upto);
    return n + (before == 0 ? 0 : numbering_missing(numbering_get(&s->numberings, before)));
}

uint64_t seen_restarted(const struct seen *s)
{
    return s->state.restarted;
}

uint64_t seen_missing(const struct seen *s)
{
    return s->state.missing;
}

uint64_t seen_forgotten(const struct seen *s)
{
    return s->state.forgotten;
}

uint64_t seen_ids_shed(const struct seen *s)
{
    return s->state.ring_shed;
}

uint32_t seen_ids(const struct seen *s)
{
    return (uint32_t)(s->state.ring_end - s->state.ring_first);
}

ms_t seen_ids_since(const struct seen *s)
{
    return seen_ids(s) == 0 ? MS_NONE : ring_at(s, s->state.ring_first)->received;
}

/* --- images ------------------------------------------------------------------------------- */

uint32_t seen_pools(struct seen *s, struct pool *ret[4])
{
    ret[0] = &s->sources.pool;
    ret[1] = &s->numberings.pool;
    ret[2] = &s->numberings.pages;
    ret[3] = &s->ids;
    return 4;
}

uint32_t seen_blobs(struct seen *s, struct image_blob ret[1])
{
    ret[0] = (struct image_blob){&s->state, sizeof s->state};
    return 1;
}

void seen_rebuild(struct seen *s)
{
    names_rebuild(&s->sources);
    s->last = 0;
    struct map_later later = {.map = &s->map};
    map_clear(&s->map);
    for (uint64_t n = s->state.ring_first; n < s->state.ring_end; n++)
        map_put_soon(&later, ring_at(s, n)->hash[0], pool_handle(&s->ids, ring_slot(s, n)));
    map_put_rest(&later);
}

#include "core/part.h"

#include "core/block.h"
#include "core/boards.h"
#include "core/window_before.h"

enum { MIX_SCOPES = 1 << SCOPE_ALL | 1 << SCOPE_TEAM };
enum { PARTS_LOOKED_AT = 64 }; /* for an empty one, when there is no more room */

/* Every name of a small scope can have a few, and the busy ones dozens. */
uint32_t parts_cap(const struct limits *l)
{
    uint64_t n = 4ULL * ((uint64_t)l->agents + l->teams + l->channels + l->priorities) +
                 6ULL * l->categories + 64;
    return n > POOL_INDEX_MASK ? POOL_INDEX_MASK : (uint32_t)n;
}

uint64_t parts_bytes(const struct limits *l)
{
    return block_round(names_bytes(ASPECTS_MAX)) + block_round(map_bytes(parts_cap(l))) +
           block_round(pool_bytes(sizeof(struct part), parts_cap(l)));
}

void parts_init(struct board *b, void *mem, const struct limits *l)
{
    uint8_t *at = mem;
    uint32_t cap = parts_cap(l);
    names_init(&b->aspects, "aspects", block_take(&at, names_bytes(ASPECTS_MAX)), ASPECTS_MAX,
               b->settings->seed);
    map_init(&b->part_map, block_take(&at, map_bytes(cap)), cap, &b->parts);
    pool_init(&b->parts, "parts", block_take(&at, pool_bytes(sizeof(struct part), cap)),
              sizeof(struct part), cap);
}

uint32_t board_aspect(struct board *b, struct str name)
{
    return name_intern(&b->aspects, name);
}

void board_keep_aspects(struct board *b)
{
    for (uint32_t i = 1; i <= b->settings->aspects; i++)
        (void)board_aspect(b, settings_aspect(b->settings, i));
}

struct names *board_aspects(const struct board *b)
{
    return (struct names *)&b->aspects;
}

/* --- finding ------------------------------------------------------------------------------ */

static uint32_t family_of(uint32_t kind)
{
    return kind == PART_RATED ? FAM_RATINGS : mixes[kind].family;
}

static uint64_t hash_of(uint32_t kind, uint32_t scope, uint32_t index, uint32_t part)
{
    return mix64(mix64((uint64_t)index << 32 | part) ^ (kind << 8 | scope));
}

static bool is(const struct part *p, uint32_t kind, uint32_t scope, uint32_t index, uint32_t part)
{
    return p->kind == kind && p->scope == scope && p->index == index && p->part == part;
}

handle_t board_part_find(const struct board *b, enum part_kind kind, enum scope s, uint32_t index,
                         uint32_t part)
{
    uint64_t hash = hash_of(kind, s, index, part);
    uint32_t at = map_start(&b->part_map, hash);
    handle_t h;
    while ((h = map_next(&b->part_map, hash, &at)) != 0)
        if (is(pool_get(&b->parts, h), kind, s, index, part))
            return h;
    return 0;
}

const struct part *board_part_get(const struct board *b, handle_t h)
{
    return pool_get(&b->parts, h);
}

const struct part *board_part_next(const struct board *b, enum scope s, uint32_t index, handle_t *h)
{
    *h = *h == 0 ? board_entity(b, s, index)->parts : board_part_get(b, *h)->next;
    return *h == 0 ? NULL : board_part_get(b, *h);
}

/* --- coming and going --------------------------------------------------------------------- */

static void link_first(struct board *b, handle_t h)
{
    struct part *p = pool_edit(&b->parts, h);
    struct entity *e = entity_edit(b, (enum scope)p->scope, p->index);
    p->before = 0;
    p->next = e->parts;
    if (e->parts != 0)
        ((struct part *)pool_edit(&b->parts, e->parts))->before = h;
    e->parts = h;
}

static void unlink_part(struct board *b, handle_t h)
{
    const struct part *p = pool_get(&b->parts, h);
    if (p->before != 0)
        ((struct part *)pool_edit(&b->parts, p->before))->next = p->next;
    else
        entity_edit(b, (enum scope)p->scope, p->index)->parts = p->next;
    if (p->next != 0)
        ((struct part *)pool_edit(&b->parts, p->next))->before = p->before;
}

static bool is_empty(struct board *b, struct part *p)
{
    struct window_numbers n;
    for (uint32_t w = 0; w < b->settings->windows; w++) {
        window_read(b->windows, &p->log, family_of(p->kind), w, &n);
        if (n.samples > 0 ||
            window_next_change(b->windows, &p->log, family_of(p->kind), w) != MS_NEVER)
            return false;
    }
    return true;
}

/* Looks at a few for one that is empty, each time at the next few. */
static void make_room(struct board *b)
{
    for (uint32_t i = 0; i < PARTS_LOOKED_AT && i < b->parts.high; i++) {
        b->part_turn = b->part_turn % b->parts.high + 1;
        handle_t h = pool_handle(&b->parts, b->part_turn);
        struct part *p = h == 0 ? NULL : pool_edit(&b->parts, h);
        if (p == NULL || !is_empty(b, p))
            continue;
        window_release(b->windows, &p->log);
        unlink_part(b, h);
        map_remove(&b->part_map, hash_of(p->kind, p->scope, p->index, p->part), h);
        pool_free(&b->parts, h);
        return;
    }
}

static handle_t make(struct board *b, enum part_kind kind, enum scope s, uint32_t index,
                     uint32_t part)
{
    handle_t h = pool_alloc(&b->parts);
    if (h == 0) {
        make_room(b);
        h = pool_alloc(&b->parts);
    }
    if (h == 0)
        return 0;
    struct part *p = pool_edit(&b->parts, h);
    p->kind = (uint8_t)kind;
    p->scope = (uint8_t)s;
    p->index = index;
    p->part = part;
    CHECK(map_put(&b->part_map, hash_of(kind, s, index, part), h));
    link_first(b, h);
    return h;
}

/* Its part is the first of the name's, so that who looks for touched ones need not look on. */
static void touch(struct board *b, handle_t h)
{
    struct part *p = pool_edit(&b->parts, h);
    p->touched = 1;
    if (p->before == 0)
        return;
    unlink_part(b, h);
    link_first(b, h);
}

void board_parts_seen(struct board *b, enum scope s, uint32_t index)
{
    for (handle_t h = board_entity(b, s, index)->parts; h != 0;) {
        if (!board_part_get(b, h)->touched)
            return;
        struct part *p = pool_edit(&b->parts, h);
        p->touched = 0;
        h = p->next;
    }
}

void board_part(struct board *b, enum part_kind kind, uint32_t part,
                const struct window_sample *sample, const struct tags *tags, uint32_t scopes,
                int sign)
{
    uint32_t kept = kind == PART_RATED ? scopes : scopes & MIX_SCOPES, family = family_of(kind);
    for (uint32_t left = kept & b->settings->scopes; left != 0; left &= left - 1) {
        enum scope s = (enum scope)__builtin_ctz(left);
        uint32_t index = tags_of(tags, s);
        if (index == 0)
            continue;
        handle_t h = board_part_find(b, kind, s, index, part);
        if (h == 0 && sign > 0)
            h = make(b, kind, s, index, part);
        if (h == 0) {
            b->shed += sign > 0;
            continue;
        }
        (void)board_touch(b, s, index, family);
        touch(b, h);
        struct window_log *log = &((struct part *)pool_edit(&b->parts, h))->log;
        if (sign > 0)
            (void)window_add(b->windows, log, family, sample);
        else
            (void)window_withdraw(b->windows, log, family, sample);
    }
}

/* --- readers ------------------------------------------------------------------------------ */

struct str board_part_text(const struct board *b, enum part_kind kind, uint32_t part)
{
    static const char *const complaints[] = {"complaint", "dispute"};
    switch (kind) {
    case PART_OPENED_CATEGORY:
    case PART_COMPLAINTS_CATEGORY:
    case PART_LOW_CATEGORY:
        return name_text(&b->names[SCOPE_CATEGORY], part);
    case PART_COMPLAINTS_KIND:
        CHECK(part >= 1 && part <= ARRAY_LEN(complaints));
        return str_of(complaints[part - 1]);
    case PART_LOW_ASPECT:
    case PART_RATED:
    case PART_N:
        break;
    }
    return name_text(&b->aspects, part);
}

void board_part_numbers(struct board *b, handle_t h, uint32_t window, struct window_numbers *ret)
{
    struct part *p = pool_edit(&b->parts, h);
    uint32_t twice = board_twice(b, &window), family = family_of(p->kind);
    window_read(b->windows, &p->log, family, window, ret);
    if (LIKELY(twice == 0))
        return;
    struct window_numbers now = *ret;
    window_read(b->windows, &p->log, family, twice, ret);
    window_less(ret, &now);
}

ms_t board_part_next_change(struct board *b, handle_t h, uint32_t window)
{
    struct part *p = pool_edit(&b->parts, h);
    uint32_t twice = board_twice(b, &window), family = family_of(p->kind);
    ms_t next = window_next_change(b->windows, &p->log, family, window);
    return twice == 0 ? next : ms_min(next, window_next_change(b->windows, &p->log, family, twice));
}

uint64_t parts_digest(struct board *b)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= b->parts.high; i++) {
        handle_t h = pool_handle(&b->parts, i);
        if (h == 0)
            continue;
        const struct part *p = pool_get(&b->parts, h);
        uint64_t d = window_digest(b->windows, &p->log, family_of(p->kind));
        if (d == 0) /* as if it was not there */
            continue;
        uint64_t name = name_get(&b->names[p->scope], p->index)->hash;
        uint64_t part = hash_str(p->kind, board_part_text(b, (enum part_kind)p->kind, p->part));
        sum += mix64(mix64(name ^ p->scope) ^ part ^ d);
    }
    return sum;
}

void parts_check(struct board *b)
{
    uint32_t live = 0;
    for (uint32_t i = 1; i <= b->parts.high; i++) {
        handle_t h = pool_handle(&b->parts, i);
        if (h == 0)
            continue;
        const struct part *p = pool_get(&b->parts, h);
        CHECK(board_part_find(b, (enum part_kind)p->kind, (enum scope)p->scope, p->index,
                              p->part) == h);
        const struct entity *e = board_entity(b, (enum scope)p->scope, p->index);
        CHECK(p->before == 0 ? e->parts == h : board_part_get(b, p->before)->next == h);
        CHECK(p->next == 0 || board_part_get(b, p->next)->before == h);
        window_check(b->windows, &p->log, family_of(p->kind));
        live++;
    }
    CHECK(live == b->parts.live && live == b->part_map.live);
}

void parts_rebuild(struct board *b)
{
    names_rebuild(&b->aspects);
    map_clear(&b->part_map);
    for (uint32_t i = 1; i <= b->parts.high; i++) {
        handle_t h = pool_handle(&b->parts, i);
        if (h == 0)
            continue;
        const struct part *p = pool_get(&b->parts, h);
        CHECK(map_put(&b->part_map, hash_of(p->kind, p->scope, p->index, p->part), h));
    }
}

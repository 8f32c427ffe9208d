#include "core/name.h"

static const char *const reserved_text[NAME_RESERVED_N] = {
    [NAME_AUTO] = "(auto)",
    [NAME_CUSTOMER] = "(customer)",
    [NAME_OTHER] = "(other)",
};

static uint32_t slots_of(uint32_t cap)
{
    return cap + NAME_RESERVED_N - 1;
}

static uint64_t slots_bytes(uint32_t cap)
{
    return (pool_bytes(sizeof(struct name), slots_of(cap)) + 63) / 64 * 64;
}

uint64_t names_bytes(uint32_t cap)
{
    return slots_bytes(cap) + map_bytes(slots_of(cap));
}

void names_init(struct names *n, const char *name, void *mem, uint32_t cap, uint64_t seed)
{
    *n = (struct names){.cap = cap, .seed = seed};
    pool_init(&n->pool, name, mem, sizeof(struct name), slots_of(cap));
    map_init(&n->map, (uint8_t *)mem + slots_bytes(cap), slots_of(cap), &n->pool);
}

enum name_reserved name_reserved_find(struct str text)
{
    if (text.len == 0 || text.p[0] != '(')
        return NAME_PLAIN;
    for (uint32_t i = NAME_PLAIN + 1; i < NAME_RESERVED_N; i++)
        if (str_equal(text, str_of(reserved_text[i])))
            return (enum name_reserved)i;
    return NAME_PLAIN;
}

uint32_t name_find_hashed(const struct names *n, uint64_t hash, struct str text)
{
    uint32_t at = map_start(&n->map, hash);
    for (handle_t h; (h = map_next(&n->map, hash, &at)) != 0;)
        if (str_equal(name_text(n, handle_index(h)), text))
            return handle_index(h);
    return 0;
}

static uint32_t plain_count(const struct names *n)
{
    uint32_t count = n->pool.high;
    for (uint32_t i = NAME_PLAIN + 1; i < NAME_RESERVED_N; i++)
        count -= n->reserved[i] != 0;
    return count;
}

static uint32_t name_new(struct names *n, uint64_t hash, struct str text, enum name_reserved which)
{
    CHECK(text.len >= 1 && text.len <= NAME_BYTES_MAX);
    handle_t h = pool_alloc(&n->pool);
    struct name *name = pool_edit(&n->pool, h);
    name->slot.mark = (uint16_t)which;
    name->hash = hash;
    name->len = (uint8_t)text.len;
    memcpy(name->text, text.p, text.len);
    bool put = map_put(&n->map, hash, h);
    CHECK(put);
    n->reserved[which] = which == NAME_PLAIN ? 0 : handle_index(h);
    return handle_index(h);
}

uint32_t name_intern_hashed(struct names *n, uint64_t hash, struct str text)
{
    uint32_t index = name_find_hashed(n, hash, text);
    if (index != 0)
        return index;
    enum name_reserved which = name_reserved_find(text);
    if (which != NAME_PLAIN)
        return name_intern_reserved(n, which);
    if (plain_count(n) < n->cap)
        return name_new(n, hash, text, NAME_PLAIN);
    n->overflowed++;
    return name_intern_reserved(n, NAME_OTHER);
}

uint32_t name_intern_reserved(struct names *n, enum name_reserved which)
{
    CHECK(which > NAME_PLAIN && which < NAME_RESERVED_N);
    if (n->reserved[which] != 0)
        return n->reserved[which];
    struct str text = str_of(reserved_text[which]);
    return name_new(n, name_hash(n, text), text, which);
}

struct str name_title(const struct names *n, uint32_t index)
{
    const struct name *name = name_get(n, index);
    return (struct str){name->title, name->title_len};
}

bool name_set_title(struct names *n, uint32_t index, struct str title)
{
    CHECK(title.len <= NAME_BYTES_MAX);
    if (str_equal(name_title(n, index), title))
        return false;
    struct name *name = name_edit(n, index);
    memset(name->title, 0, sizeof name->title);
    if (title.len > 0)
        memcpy(name->title, title.p, title.len);
    name->title_len = (uint8_t)title.len;
    return true;
}

void names_rebuild(struct names *n)
{
    map_clear(&n->map);
    memset(n->reserved, 0, sizeof n->reserved);
    for (uint32_t i = 1; i <= n->pool.high; i++) {
        struct name *name = pool_at(&n->pool, i);
        CHECK(name->len >= 1 && name->len <= NAME_BYTES_MAX && name->slot.live);
        if (name->slot.mark != NAME_PLAIN && name->slot.mark < NAME_RESERVED_N)
            n->reserved[name->slot.mark] = i;
        /* The seed may be another one than when the image was taken. */
        uint64_t hash = name_hash(n, name_text(n, i));
        if (name->hash != hash)
            name_edit(n, i)->hash = hash;
        bool put = map_put(&n->map, hash, pool_handle(&n->pool, i));
        CHECK(put);
    }
}

#include "core/remark.h"

#include "core/block.h"

uint64_t remarks_bytes(void)
{
    return block_round(pool_bytes(sizeof(struct remark), REMARKS_MAX)) +
           block_round(map_bytes(REMARKS_MAX));
}

void remarks_init(struct remarks *r, void *mem)
{
    uint8_t *at = mem;
    STATIC_ASSERT(sizeof(struct remark) == 208, "no padding in an image");
    pool_init(&r->pool, "remarks", block_take(&at, pool_bytes(sizeof(struct remark), REMARKS_MAX)),
              sizeof(struct remark), REMARKS_MAX);
    map_init(&r->map, at, REMARKS_MAX, &r->pool);
}

void remarks_rebuild(struct remarks *r)
{
    map_clear(&r->map);
    for (uint32_t i = 1; i <= r->pool.high; i++) {
        handle_t h = pool_handle(&r->pool, i);
        bool put =
            h == 0 || map_put(&r->map, ((const struct remark *)pool_get(&r->pool, h))->thread, h);
        CHECK(put);
    }
}

handle_t remark_find(const struct remarks *r, uint64_t thread)
{
    uint32_t at = map_start(&r->map, thread);
    if (r->pool.live == 0)
        return 0;
    for (handle_t h; (h = map_next(&r->map, thread, &at)) != 0;)
        if (((const struct remark *)pool_get(&r->pool, h))->thread == thread)
            return h;
    return 0;
}

handle_t remark_make(struct remarks *r, uint64_t thread)
{
    handle_t h = remark_find(r, thread);
    if (h != 0 || (h = pool_alloc(&r->pool)) == 0)
        return h;
    struct remark *m = pool_edit(&r->pool, h);
    m->thread = thread;
    m->muted = MS_NONE;
    bool put = map_put(&r->map, thread, h);
    CHECK(put);
    return h;
}

void remark_free(struct remarks *r, handle_t h)
{
    map_remove(&r->map, ((const struct remark *)pool_get(&r->pool, h))->thread, h);
    pool_free(&r->pool, h);
}

void remark_show(const struct remark *m, struct alert *a)
{
    if (m->acked_id != 0 && m->acked_id == a->alert_id)
        a->acked_by = str_of(m->acked_by);
    a->muted = m->muted == MS_NONE ? 0 : m->muted;
    if (m->muted != MS_NONE)
        a->muted_by = str_of(m->muted_by);
}

/* The first warning and the breach itself are news; what comes after them is not. */
static bool is_repeat(const struct alert *a)
{
    if (a->kind == ALERT_SLA)
        return a->sla.level > (a->state == ALERT_WARNING ? 1 : 0);
    return a->state == ALERT_BREACHED; /* it fired again */
}

bool remark_hear(struct remark *m, struct alert *a, ms_t now)
{
    bool over = a->state != ALERT_WARNING && a->state != ALERT_BREACHED;
    bool hidden = a->alert_id == m->hidden_id && m->hidden_id != 0;
    remark_show(m, a);
    m->alert_id = a->alert_id;
    m->of = a->of;
    if (over) {
        a->untold = hidden ? ALERT_MUTED : ALERT_TOLD; /* nobody heard of its beginning */
        m->hidden_id = hidden ? 0 : m->hidden_id;
        if (m->acked_id == a->alert_id)
            m->acked_id = 0;
        if (m->muted == MS_NEVER)
            m->muted = MS_NONE;
        return remark_is_empty(m);
    }
    bool muted = m->muted != MS_NONE && m->muted > now && is_repeat(a);
    a->untold = muted ? ALERT_MUTED : ALERT_TOLD;
    if (muted && a->kind != ALERT_SLA)
        m->hidden_id = a->alert_id;
    return false;
}

void remarks_check(const struct remarks *r)
{
    uint32_t live = 0;
    for (uint32_t i = 1; i <= r->pool.high; i++) {
        handle_t h = pool_handle(&r->pool, i);
        if (h == 0)
            continue;
        const struct remark *m = pool_get(&r->pool, h);
        CHECK(remark_find(r, m->thread) == h);
        CHECK(!remark_is_empty(m));
        CHECK((m->timer != 0) == (m->muted != MS_NONE && m->muted != MS_NEVER));
        live++;
    }
    CHECK(live == r->pool.live && live == r->map.live);
}

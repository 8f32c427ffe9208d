/* Where `handled` of a ticket stands: at the latest touch by a human in every scope. */
#include "core/move.h"

uint32_t tags_scopes(const struct tags *t)
{
    uint32_t scopes = 0;
    for (enum scope s = 0; s < SCOPE_N; s++)
        scopes |= tags_of(t, s) != 0 ? BIT(s) : 0;
    return scopes;
}

uint32_t tags_shared(const struct tags *a, const struct tags *b)
{
    uint32_t scopes = 0;
    for (enum scope s = 0; s < SCOPE_N; s++)
        scopes |= tags_of(a, s) != 0 && tags_of(a, s) == tags_of(b, s) ? BIT(s) : 0;
    return scopes;
}

static void touch_off(struct move *m, struct touch *t, uint32_t scopes)
{
    scopes &= t->scopes;
    if (scopes == 0)
        return;
    sink_mark(m->out, t->family, t->flag, t->ts, &t->tags, scopes, false);
    t->scopes &= (uint8_t)~scopes;
}

void move_touched(struct move *m, uint32_t family, uint32_t flag, const struct tags *tags)
{
    struct touch t = {.ts = m->r->ts,
                      .tags = *tags,
                      .family = (uint8_t)family,
                      .flag = (uint8_t)flag,
                      .scopes = (uint8_t)(tags_scopes(tags) & m->terms->s->scopes)};
    touch_off(m, &m->f->touch, tags_shared(&m->f->touch.tags, tags));
    if (m->k != NULL) {
        struct recall *k = m->k;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < k->touches; i++) {
            touch_off(m, &k->touch[i], tags_shared(&k->touch[i].tags, tags));
            if (k->touch[i].scopes != 0)
                k->touch[kept++] = k->touch[i];
        }
        if (m->f->touch.scopes != 0) {
            if (kept == RECALL_TOUCHES) /* the oldest stays counted where it is */
                memmove(k->touch, k->touch + 1, --kept * sizeof k->touch[0]);
            k->touch[kept++] = m->f->touch;
        }
        memset(k->touch + kept, 0, (RECALL_TOUCHES - kept) * sizeof k->touch[0]);
        k->touches = kept;
        m->f->flags &= ~(uint32_t)FOLD_TOUCHES;
        m->f->flags |= kept > 0 ? FOLD_TOUCHES : 0;
    }
    CHECK(m->k != NULL || m->f->touch.scopes == 0);
    m->f->touch = t;
}

bool fold_touch_stays(const struct fold *f, uint32_t agent)
{
    struct tags tags = tags_with(f, agent);
    uint32_t left = f->touch.scopes & ~tags_shared(&f->touch.tags, &tags);
    return left != 0 || (f->flags & FOLD_TOUCHES) != 0;
}

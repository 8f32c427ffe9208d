/* Where `handled` of a ticket stands: at the latest touch by a human in every scope. Each is a
 * touch of its customer, too (customer.h). */
#include "core/customer.h"
#include "core/move.h"

static uint32_t bit_if(bool yes, enum scope s)
{
    return (uint32_t)yes << s;
}

uint32_t tags_scopes(const struct tags *t)
{
    return BIT(SCOPE_ALL) | bit_if(t->agent != 0, SCOPE_AGENT) | bit_if(t->team != 0, SCOPE_TEAM) |
           bit_if(t->channel != 0, SCOPE_CHANNEL) | bit_if(t->priority != 0, SCOPE_PRIORITY) |
           bit_if(t->category != 0, SCOPE_CATEGORY);
}

uint32_t tags_shared(const struct tags *a, const struct tags *b)
{
    uint32_t same = BIT(SCOPE_ALL) | bit_if(a->agent == b->agent, SCOPE_AGENT) |
                    bit_if(a->team == b->team, SCOPE_TEAM) |
                    bit_if(a->channel == b->channel, SCOPE_CHANNEL) |
                    bit_if(a->priority == b->priority, SCOPE_PRIORITY) |
                    bit_if(a->category == b->category, SCOPE_CATEGORY);
    return same & tags_scopes(a);
}

static void touch_off(struct move *m, struct touch *t, uint32_t scopes)
{
    scopes &= t->scopes;
    if (scopes == 0)
        return;
    sink_mark(m->out, t->family, t->flag, t->ts, &t->tags, scopes, false);
    if (t->known != 0)
        sink_touched(m->out, m->f->customer, t->family, t->ts, &t->tags, scopes, -1);
    t->scopes &= (uint8_t)~scopes;
}

/* The last touch gives way to another, with its marks. */
static void touch_on(struct move *m, const struct touch *is, bool worn)
{
    struct touch *was = &m->f->touch;
    uint32_t scopes = tags_shared(&was->tags, &is->tags) & was->scopes;
    if (is->known != 0) {
        uint32_t left, both = sink_followed(m->out, m->f->customer, was,
                                            was->known != 0 ? scopes : 0, is, worn);
        sink_unmark(m->out, was->family, was->flag, customer_flag(was->family), was->ts, &was->tags,
                    both);
        if ((left = scopes & ~both) != 0)
            sink_mark(m->out, was->family, was->flag, was->ts, &was->tags, left, false);
        was->scopes &= (uint8_t)~scopes;
    } else
        touch_off(m, was, scopes);
}

uint32_t move_worn(const struct move *m, uint32_t family, const struct tags *tags)
{
    uint32_t scopes = tags_scopes(tags) & m->terms->s->scopes;
    bool leads =
        m->f->customer != 0 && sink_leads(m->out, m->f->customer, family, m->r->ts, tags, scopes);
    return (uint32_t)leads << customer_flag(family) |
           (family == FAM_RESOLVES ? BIT(RESOLVES_HANDLED) : BIT(REPLIES_HANDLED));
}

void move_touched(struct move *m, uint32_t family, uint32_t flag, const struct tags *tags,
                  uint32_t flags)
{
    struct touch t = {.ts = m->r->ts,
                      .tags = *tags,
                      .family = (uint8_t)family,
                      .flag = (uint8_t)flag,
                      .known = m->f->customer != 0,
                      .scopes = (uint8_t)(tags_scopes(tags) & m->terms->s->scopes)};
    touch_on(m, &t,
             (flags >> customer_flag(family) & 1) !=
                 0); /* first: what it replaces is his latest no longer */
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
        if (kept < k->touches)
            memset(k->touch + kept, 0, (k->touches - kept) * sizeof k->touch[0]);
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

/* What people say about alerts: acknowledged, muted; part of the engine. */
#include "core/engines.h"
#include "core/err.h"

static ms_t now_of(const struct engine *e)
{
    return ms_max(e->core.now, e->core.at);
}

/* Tells the alert once more as it is, with another rev. false: it is not active any more. */
static bool announce(struct engine *e, const struct remark *m, struct effect *ret)
{
    *ret = (struct effect){.kind = EFFECT_ALERT};
    bool active = m->clock != 0
                      ? ticket_announce(e->tickets, m->of, m->alert_id, now_of(e), &ret->alert)
                      : rules_announce(e->rules, e->board, m->of, m->alert_id, &ret->alert);
    if (active)
        remark_show(m, &ret->alert);
    return active;
}

/* Its timer follows its mute. */
static void arm(struct engine *e, handle_t h, struct remark *m)
{
    if (m->timer != 0)
        wheel_cancel(&e->wheel, m->timer);
    bool ends = m->muted != MS_NONE && m->muted != MS_NEVER;
    m->timer = ends ? wheel_add(&e->wheel, m->muted, OWNER_REMARK, h) : 0;
}

static void drop_empty(struct engine *e, handle_t h)
{
    struct remark *m = pool_edit(&e->remarks.pool, h);
    if (!remark_is_empty(m))
        return;
    m->muted = MS_NONE;
    arm(e, h, m);
    remark_free(&e->remarks, h);
}

void engine_hear(struct engine *e, struct outbox *out, uint32_t first)
{
    for (uint32_t i = first; i < out->n && e->remarks.pool.live > 0; i++) {
        struct alert *a = &out->effects[i].alert;
        handle_t h = out->effects[i].kind == EFFECT_ALERT ? remark_find(&e->remarks, a->thread) : 0;
        if (h == 0 || a->said)
            continue;
        if (remark_hear(pool_edit(&e->remarks.pool, h), a, now_of(e)))
            drop_empty(e, h);
    }
}

bool engine_has_remarks(const struct engine *e)
{
    return e->remarks.pool.live > 0;
}

void engine_remark(const struct engine *e, struct alert *a)
{
    handle_t h = remark_find(&e->remarks, a->thread);
    if (h != 0)
        remark_show(pool_get(&e->remarks.pool, h), a);
}

void engine_unmute(struct engine *e, handle_t h, struct outbox *out)
{
    struct remark *m = pool_edit(&e->remarks.pool, h);
    m->timer = 0;
    m->muted = MS_NONE;
    m->hidden_id = 0;
    CHECK(out->n < out->cap);
    struct effect *to = &out->effects[out->n];
    if (announce(e, m, to)) {
        to->alert.said = true;
        out->n++;
    }
    drop_empty(e, h);
}

static void set_name(char to[REMARK_NAME], struct str name)
{
    memset(to, 0, REMARK_NAME);
    memcpy(to, name.p, name.len);
}

static void say(struct remark *m, const struct alert *a, enum attention what, struct str by,
                ms_t until, ms_t now)
{
    m->alert_id = a->alert_id;
    m->of = a->of;
    m->clock = a->kind == ALERT_SLA;
    if (what == ATTEND_ACK) {
        m->acked_id = a->alert_id;
        set_name(m->acked_by, by);
        return;
    }
    m->muted = until == MS_NEVER || until > now ? until : MS_NONE;
    set_name(m->muted_by, by);
    if (m->muted == MS_NONE)
        m->hidden_id = 0;
}

int engine_attend(struct engine *e, const struct alert *alert, enum attention what, struct str by,
                  ms_t until, ms_t now, struct outbox *out)
{
    CHECK(by.len > 0 && by.len <= NAME_BYTES_MAX && out->n < out->cap);
    struct effect *to = &out->effects[out->n];
    bool known = remark_find(&e->remarks, alert->thread) != 0;
    handle_t h = remark_make(&e->remarks, alert->thread);
    if (h == 0)
        return ERR_REMARKS_FULL;
    struct remark *m = pool_edit(&e->remarks.pool, h);
    struct remark was = *m;
    say(m, alert, what, by, until, ms_max(now, now_of(e)));
    if (!announce(e, m, to)) {
        *m = was;
        if (!known)
            remark_free(&e->remarks, h);
        return ERR_NO_ALERT;
    }
    to->alert.said = true;
    out->n++;
    arm(e, h, m);
    drop_empty(e, h);
    return 0;
}

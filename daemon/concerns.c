#include "daemon/concerns.h"

#include "core/err.h"

#include <stdio.h>

void concerns_init(struct concerns *o, void (*tell)(void *data, struct effect *e), void *data)
{
    memset(o, 0, sizeof *o);
    o->tell = tell;
    o->data = data;
}

static struct str name_of(const struct concern *e)
{
    return e->name_n == 0 ? str_of("-") : (struct str){e->name, e->name_n};
}

static struct concern *find(const struct concerns *o, enum ops_kind what, struct str name)
{
    for (uint32_t i = 0; i < o->n; i++) {
        const struct concern *e = &o->at[i];
        if (e->what == what && str_equal((struct str){e->name, e->name_n}, name))
            return (struct concern *)e;
    }
    return NULL;
}

/* Nothing is known of it any more; the last one takes its place. */
static void forget(struct concerns *o, struct concern *e)
{
    CHECK(o->n > 0 && !e->active);
    *e = o->at[--o->n];
}

static void fill(const struct concern *e, enum alert_state state, ms_t now, struct alert *ret)
{
    *ret = (struct alert){.alert_id = e->id,
                          .rev = e->rev,
                          .kind = ALERT_OPS,
                          .state = (uint8_t)state,
                          .rule = e->what,
                          .at = now,
                          .since = e->since,
                          .ended_at = state == ALERT_BREACHED ? MS_NONE : now,
                          .value = e->value,
                          .has_value = true,
                          .name = name_of(e),
                          .team = str_of("-"),
                          .agent = str_of("-"),
                          .thread = e->id,
                          .muted = e->muted == MS_NONE ? 0 : e->muted,
                          .acked_by = str_of(e->acked_by),
                          .detail = str_of(e->detail)};
    if (e->muted != MS_NONE)
        ret->muted_by = str_of(e->muted_by);
}

/* One more transition, or (said) the same again for what somebody said of it. */
static void tell(struct concerns *o, struct concern *e, enum alert_state state, bool said, ms_t now)
{
    struct effect effect = {.kind = EFFECT_ALERT};
    e->rev++;
    fill(e, state, now, &effect.alert);
    effect.alert.said = said;
    effect.alert.untold = e->hidden ? ALERT_MUTED : ALERT_TOLD;
    o->tell(o->data, &effect);
}

/* It fires anew. */
static void begin(struct concerns *o, struct concern *e, ms_t now)
{
    e->active = true;
    e->since = now;
    e->rev = 0;
    e->acked_by[0] = 0;
    e->hidden = e->muted != MS_NONE && e->muted > now;
    e->id =
        mix64(hash_str(hash_str(0x6f7073, name_of(e)), str_of(ops_name(e->what))) ^ (uint64_t)now) |
        1;
    o->active[e->what]++;
    o->raised[e->what]++;
    tell(o, e, ALERT_BREACHED, false, now);
}

void concerns_raise(struct concerns *o, enum ops_kind what, struct str name, int64_t value,
                    const char *detail, ms_t now)
{
    struct concern *e = find(o, what, name);
    CHECK(name.len <= NAME_BYTES_MAX);
    if (e == NULL && o->n == CONCERNS_MAX) {
        o->untracked++;
        return;
    }
    if (e == NULL) {
        e = &o->at[o->n++];
        *e = (struct concern){.what = (uint8_t)what, .name_n = (uint8_t)name.len, .muted = MS_NONE};
        if (name.len > 0)
            memcpy(e->name, name.p, name.len);
    }
    e->value = value;
    snprintf(e->detail, sizeof e->detail, "%s", detail);
    if (!e->active)
        begin(o, e, now);
}

static void end(struct concerns *o, struct concern *e, enum alert_state state, ms_t now)
{
    o->active[e->what]--;
    e->active = false;
    if (e->muted == MS_NEVER)
        e->muted = MS_NONE;
    tell(o, e, state, false, now);
    e->hidden = false;
    if (e->muted == MS_NONE || e->muted <= now)
        forget(o, e);
}

void concerns_clear(struct concerns *o, enum ops_kind what, struct str name, ms_t now)
{
    struct concern *e = o->active[what] == 0 ? NULL : find(o, what, name);
    if (e != NULL && e->active)
        end(o, e, ALERT_CLEARED, now);
}

uint32_t concerns_active(const struct concerns *o)
{
    uint32_t n = 0;
    for (int i = 0; i < OPS_N; i++)
        n += o->active[i];
    return n;
}

void concerns_end(struct concerns *o, ms_t now)
{
    for (uint32_t i = o->n; i > 0; i--) /* what is forgotten makes room for one that was done */
        if (o->at[i - 1].active)
            end(o, &o->at[i - 1], ALERT_CANCELLED, now);
}

void concerns_work(struct concerns *o, ms_t now)
{
    for (uint32_t i = o->n; i > 0; i--) {
        struct concern *e = &o->at[i - 1];
        if (e->muted == MS_NONE || e->muted > now)
            continue;
        e->muted = MS_NONE;
        e->hidden = false;
        if (e->active)
            tell(o, e, ALERT_BREACHED, true, now);
        else
            forget(o, e);
    }
}

bool concerns_next(const struct concerns *o, uint32_t *at, struct alert *ret)
{
    while (*at < o->n) {
        const struct concern *e = &o->at[(*at)++];
        if (e->active) {
            fill(e, ALERT_BREACHED, e->since, ret);
            return true;
        }
    }
    return false;
}

static void set_name(char to[NAME_BYTES_MAX + 1], struct str name)
{
    CHECK(name.len <= NAME_BYTES_MAX);
    memcpy(to, name.p, name.len);
    to[name.len] = 0;
}

int concerns_attend(struct concerns *o, uint64_t alert_id, enum attention what, struct str by,
                    ms_t until, ms_t now, struct effect *ret)
{
    uint32_t i = 0;
    while (i < o->n && (o->at[i].id != alert_id || !o->at[i].active))
        i++;
    if (i == o->n)
        return ERR_NO_ALERT;
    struct concern *e = &o->at[i];
    if (what == ATTEND_ACK) {
        set_name(e->acked_by, by);
    } else {
        e->muted = until == MS_NEVER || until > now ? until : MS_NONE;
        set_name(e->muted_by, by);
        e->hidden &= e->muted != MS_NONE;
    }
    e->rev++;
    *ret = (struct effect){.kind = EFFECT_ALERT};
    fill(e, ALERT_BREACHED, now, &ret->alert);
    ret->alert.said = true;
    return 0;
}

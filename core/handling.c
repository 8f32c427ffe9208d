#include "core/handling.h"

#include "core/event.h"

enum { ALL_SCOPES = (1 << SCOPE_N) - 1 };

void handling_init(struct handling *h)
{
    memset(h, 0, sizeof *h);
    h->said = h->wrapping = MS_NONE;
}

void handling_record(struct record *ret, enum event_kind kind, struct str call,
                     const struct tags *tags, ms_t answered, ms_t ts)
{
    memset(ret, 0, sizeof *ret);
    ret->ts = ts;
    ret->kind = (uint8_t)kind;
    ret->time = answered;
    ret->waiting_since = MS_NONE;
    ret->tags = *tags;
    for (enum scope s = SCOPE_AGENT; s < SCOPE_N; s++)
        if (tags_of(tags, s) != 0)
            ret->names |= (uint8_t)(1u << s);
    ret->id_len = (uint8_t)call.len;
    memcpy(ret->id, call.p, call.len);
}

void handling_open(const struct handling *h, struct sink *samples)
{
    if (h->active == 0 || samples == NULL)
        return;
    struct window_sample s = {.ts = h->ended, .present = 1u << CALLS_HANDLE};
    s.value[CALLS_HANDLE] = ms_max(0, h->ended - h->answered) + h->wrap;
    sink_sample(samples, FAM_CALLS, &s, &h->tags, ALL_SCOPES, 1);
}

/* Something was said at an instant: wrap-up up to it joins the call that is over. */
static void count_wrap(struct handling *h, ms_t until)
{
    if (h->wrapping == MS_NONE)
        return;
    if (h->active != 0)
        h->wrap += ms_max(0, until - ms_max(h->wrapping, h->ended));
    h->wrapping = until;
}

static void over(struct handling *h, struct sink *samples)
{
    handling_open(h, samples);
    h->active = 0;
    h->answered = h->ended = h->wrap = 0;
    h->tags = (struct tags){0};
}

/* A state that nobody confirmed in time is not known to have lasted. */
static void expire(struct handling *h, ms_t at, ms_t timeout, struct sink *samples)
{
    if (h->said == MS_NONE || at < h->said + timeout)
        return;
    h->wrapping = MS_NONE;
    if (at > h->said + timeout && h->said + timeout > h->ended)
        over(h, samples);
    h->said = MS_NONE;
}

static void take_state(struct handling *h, const struct record *r, struct sink *samples)
{
    bool wraps = r->number == PRESENCE_WRAP_UP;
    count_wrap(h, r->ts);
    h->wrapping = wraps ? r->ts : MS_NONE;
    if (!wraps && r->number != PRESENCE_BUSY)
        over(h, samples);
    h->said = r->ts;
}

void handling_take(struct handling *h, const struct record *r, ms_t timeout, struct sink *samples)
{
    bool ends = r->kind == EV_CALL_ENDED;
    if (r->kind != EV_AGENT_STATE && r->kind != EV_CALL_ANSWERED && !ends)
        return;
    expire(h, r->ts, timeout, samples);
    if (r->kind == EV_AGENT_STATE) {
        take_state(h, r, samples);
        return;
    }
    count_wrap(h, r->ts);
    over(h, samples);
    h->active = ends;
    h->answered = ends ? r->time : 0;
    h->ended = ends ? r->ts : 0;
    if (ends)
        h->tags = r->tags;
}

/* A call: offered, rung until somebody is free, answered or given up, held, passed on, ended. Who
 * talks is busy, then writes it down, then is available again. */
#include "daemon/cli/stage.h"

static ms_t soon(struct traffic *t, ms_t now, ms_t median, uint32_t sigma)
{
    return now + ms_max(1, chance_lognormal(&t->chance, median, sigma));
}

static ms_t offered(struct traffic *t, struct story *s, ms_t now)
{
    const struct story *ticket = story_likely(t, 350) ? traffic_other(t, s) : NULL;
    if (ticket != NULL) { /* about a ticket that is open; some of these calls are ours */
        s->about = ticket->number;
        s->customer = ticket->customer;
        s->category = ticket->category;
        s->team = ticket->team;
        s->out = story_likely(t, 350);
    }
    struct event *e = traffic_tell(t, EV_CALL_OFFERED, s, now);
    STORY_PUT(e, TEAM, team, story_team(t, s->team));
    STORY_PUT(e, CATEGORY, category, cast_str(&t->cast.category[s->category]));
    STORY_PUT(e, DIRECTION, direction, (uint8_t)(s->out ? DIRECTION_OUT : DIRECTION_IN));
    if (s->about != 0)
        STORY_PUT(e, TICKET, ticket, traffic_other_name(t, e, 'T', s->about));
    e->has |= F1(CUSTOMER);
    if (story_likely(t, 40)) /* gives up at once */
        return story_next(s, STORY_ANSWER, now + 500 + chance_below(&t->chance, 4000));
    return story_next(s, STORY_RUNG, now + 1000 + soon(t, 0, 3 * MS_SECOND, 700));
}

static ms_t rung(struct traffic *t, struct story *s, ms_t now)
{
    uint32_t agent = person_free(t, s->team);
    if (agent == NOBODY) { /* everybody is busy: the music goes on */
        story_give(t, s, NOBODY);
        return story_next(s, story_likely(t, 850) ? STORY_RUNG : STORY_ANSWER,
                          soon(t, now, 5 * MS_SECOND, 400));
    }
    story_give(t, s, agent);
    story_put_agent(t, s, traffic_tell(t, EV_CALL_RUNG, s, now));
    return story_next(s, STORY_ANSWER, soon(t, now, 4 * MS_SECOND, 500));
}

static ms_t answered(struct traffic *t, struct story *s, ms_t now)
{
    if (s->agent == NOBODY || story_likely(t, 40)) {
        traffic_tell(t, EV_CALL_ABANDONED, s, now);
        return story_end(t, s);
    }
    if (t->person[s->agent].state != PRESENCE_AVAILABLE || story_likely(t, 60)) /* not picked up */
        return story_next(s, STORY_RUNG, soon(t, now, 5 * MS_SECOND, 500));
    person_state(t, s->agent, PRESENCE_BUSY, now);
    person_contact(t, s->agent);
    story_put_agent(t, s, traffic_tell(t, EV_CALL_ANSWERED, s, now));
    return story_next(s, STORY_TALK, soon(t, now, 3 * MS_MINUTE, 700));
}

static ms_t talked(struct traffic *t, struct story *s, ms_t now)
{
    uint32_t other = NOBODY;
    if (story_likely(t, 700)) {
        traffic_tell(t, EV_CALL_ENDED, s, now);
        person_state(t, s->agent, PRESENCE_WRAP_UP, now);
        return story_next(s, STORY_WRAP, soon(t, now, 35 * MS_SECOND, 700));
    }
    if (!story_likely(t, 700) && (other = person_free(t, s->team)) != NOBODY) {
        person_state(t, s->agent, PRESENCE_AVAILABLE, now);
        story_give(t, s, other);
        person_state(t, other, PRESENCE_BUSY, now);
        story_put_agent(t, s, traffic_tell(t, EV_CALL_TRANSFERRED, s, now));
    } else {
        traffic_tell(t, EV_CALL_HELD, s, now);
    }
    return story_next(s, STORY_TALK, soon(t, now, 2 * MS_MINUTE, 700));
}

ms_t story_call_step(struct traffic *t, struct story *s, ms_t now)
{
    switch (s->phase) {
    case STORY_OFFERED:
        return offered(t, s, now);
    case STORY_RUNG:
        return rung(t, s, now);
    case STORY_ANSWER:
        return answered(t, s, now);
    case STORY_TALK:
        return talked(t, s, now);
    default:
        person_state(t, s->agent, PRESENCE_AVAILABLE, now);
        return story_end(t, s);
    }
}

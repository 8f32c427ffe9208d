#include "daemon/cli/people.h"

#include "daemon/cli/stage.h"

/* Begin and end of a shift in hours of its first day. */
static const struct {
    uint8_t from, to;
} shifts[] = {{6, 14}, {14, 22}, {22, 30}, {9, 17}};

/* Of every eight of a team one each has the early, the late and the night shift; around the clock
 * (flat) they take turns. */
static uint32_t shift_of(const struct traffic *t, uint32_t agent, int64_t day)
{
    int64_t turn = (int64_t)(agent / t->cast.teams) + day / 7;
    if (t->setup.flat)
        return (uint32_t)(turn % 3);
    turn %= 8;
    return turn < 3 ? (uint32_t)turn : 3;
}

static bool works(const struct traffic *t, uint32_t agent, int64_t day)
{
    bool weekend = (day + 3) % 7 >= 5; /* 1970 began on a Thursday */
    return t->setup.flat || !weekend || (agent / t->cast.teams + (uint64_t)day) % 3 == 0;
}

static struct event *tell(struct traffic *t, enum event_kind kind, uint32_t agent, ms_t now)
{
    struct event *e = traffic_tell(t, kind, NULL, now);
    STORY_PUT(e, AGENT, agent, story_agent(t, agent));
    return e;
}

static void tell_state(struct traffic *t, uint32_t agent, enum event_presence state, ms_t now)
{
    t->person[agent].state = (uint8_t)state;
    struct event *e = tell(t, EV_AGENT_STATE, agent, now);
    STORY_PUT(e, STATE, state, (uint8_t)state);
    if (state == PRESENCE_AVAILABLE)
        STORY_PUT(e, TEAM, team, story_team(t, agent % t->cast.teams));
}

void person_state(struct traffic *t, uint32_t agent, enum event_presence state, ms_t now)
{
    uint8_t was = t->person[agent].state;
    if (was != state && was != PRESENCE_OFFLINE)
        tell_state(t, agent, state, now);
}

void person_contact(struct traffic *t, uint32_t agent)
{
    struct person *p = &t->person[agent];
    p->contacts++;
    if (story_likely(t, cast_skill(agent) == CAST_GOOD ? 90 : 60))
        p->orders++;
}

uint32_t person_free(struct traffic *t, uint32_t team)
{
    const struct cast *c = &t->cast;
    for (int tries = 0; tries < 16; tries++) {
        uint32_t agent = tries < 8
                             ? team + c->teams * chance_below(&t->chance, cast_team_size(c, team))
                             : chance_below(&t->chance, c->agents);
        if (t->person[agent].state == PRESENCE_AVAILABLE)
            return agent;
    }
    return NOBODY;
}

static void tell_measured(struct traffic *t, uint32_t agent, const char *name, uint32_t value,
                          ms_t now)
{
    if (value == 0)
        return;
    struct event *e = tell(t, EV_MEASURED, agent, now);
    STORY_PUT(e, NAME, name, str_of(name));
    STORY_PUT(e, VALUE, value, value * (int64_t)NUMBER_ONE);
    STORY_PUT(e, TEAM, team, story_team(t, agent % t->cast.teams));
}

static void measure(struct traffic *t, uint32_t agent, ms_t now)
{
    struct person *p = &t->person[agent];
    uint32_t value = 0;
    for (uint32_t i = 0; i < p->orders; i++)
        value += (uint32_t)chance_lognormal(&t->chance, 80, 700);
    tell_measured(t, agent, "contacts", p->contacts, now);
    tell_measured(t, agent, "orders", p->orders, now);
    tell_measured(t, agent, "order_value", value, now);
    p->orders = p->contacts = 0;
}

/* Tells today's shift, if there is one that is not over. Nobody comes to the minute, and now and
 * then somebody does not come at all. */
static ms_t morning(struct traffic *t, uint32_t agent, ms_t now)
{
    struct person *p = &t->person[agent];
    int64_t day = now / MS_DAY;
    uint32_t shift = shift_of(t, agent, day);
    ms_t from = day * MS_DAY + shifts[shift].from * MS_HOUR;
    ms_t to = day * MS_DAY + shifts[shift].to * MS_HOUR;
    ms_t tomorrow = (day + 1) * MS_DAY;
    if (!works(t, agent, day) || to <= now)
        return tomorrow;
    struct event *e = tell(t, EV_SHIFT, agent, now);
    STORY_PUT(e, FROM, from, from);
    STORY_PUT(e, TO, to, to);
    STORY_PUT(e, TEAM, team, story_team(t, agent % t->cast.teams));
    if (story_likely(t, 30))
        return ms_max(tomorrow, to);
    p->day = day;
    p->until = to + chance_below(&t->chance, 10 * MS_MINUTE);
    p->phase = PERSON_COMES;
    p->breaks = 0;
    ms_t late = (ms_t)chance_below(&t->chance, 6 * MS_MINUTE) - 5 * MS_MINUTE;
    if (story_likely(t, 80))
        late = ms_min(chance_lognormal(&t->chance, 12 * MS_MINUTE, 800), 90 * MS_MINUTE);
    return ms_max(now, from + late);
}

static ms_t until_rest(struct traffic *t, struct person *p, ms_t now)
{
    ms_t at = now + chance_lognormal(&t->chance, 110 * MS_MINUTE, 250);
    p->phase = at < p->until - 30 * MS_MINUTE ? PERSON_RESTS : PERSON_GOES;
    return p->phase == PERSON_GOES ? ms_max(p->until, now + 1) : at;
}

static ms_t go(struct traffic *t, uint32_t agent, ms_t now)
{
    struct person *p = &t->person[agent];
    measure(t, agent, now);
    if (story_likely(t, 40))
        tell_measured(t, agent, "trainings", 1, now);
    tell_state(t, agent, PRESENCE_OFFLINE, now);
    p->phase = PERSON_MORNING;
    return ms_max((p->day + 1) * MS_DAY, now + 1);
}

ms_t person_step(struct traffic *t, uint32_t agent, ms_t now)
{
    struct person *p = &t->person[agent];
    bool talks = p->state == PRESENCE_BUSY || p->state == PRESENCE_WRAP_UP;
    if (talks && (p->phase == PERSON_RESTS || p->phase == PERSON_GOES))
        return now + MS_MINUTE + chance_below(&t->chance, MS_MINUTE); /* first this call */
    switch ((enum person_phase)p->phase) {
    case PERSON_MORNING:
        return morning(t, agent, now);
    case PERSON_COMES:
        tell_state(t, agent, PRESENCE_AVAILABLE, now);
        return until_rest(t, p, now);
    case PERSON_RESTS:
        measure(t, agent, now);
        tell_state(t, agent, PRESENCE_BREAK, now);
        p->phase = PERSON_RESUMES;
        return now + chance_lognormal(&t->chance, (p->breaks++ == 1 ? 38 : 14) * MS_MINUTE, 200);
    case PERSON_RESUMES:
        tell_state(t, agent, PRESENCE_AVAILABLE, now);
        return until_rest(t, p, now);
    case PERSON_GOES:
        break;
    }
    return go(t, agent, now);
}

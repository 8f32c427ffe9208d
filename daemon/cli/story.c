#include "daemon/cli/story.h"

#include "daemon/cli/stage.h"

static const char *const priorities[] = {"urgent", "high", "normal", "low"};
static const char *const channels[] = {"mail", "chat", "web", "phone", "app"};
enum { MAIL, CHAT, WEB, PHONE };

/* Median minutes from assignment to the first reply, by priority. */
static const ms_t reply_minutes[] = {3, 7, 14, 30};

ms_t story_later(struct traffic *t, ms_t now, ms_t median, uint32_t sigma)
{
    return now + ms_max(1, chance_lognormal(&t->chance, median, sigma) * t->scale / 1000);
}

bool story_likely(struct traffic *t, uint32_t permille)
{
    return chance_permille(&t->chance, permille);
}

struct str story_team(const struct traffic *t, uint32_t team)
{
    return cast_str(&t->cast.team[team]);
}

struct str story_agent(const struct traffic *t, uint32_t agent)
{
    return cast_str(&t->cast.agent[agent]);
}

void story_put_agent(const struct traffic *t, const struct story *s, struct event *e)
{
    if (s->agent != NOBODY)
        STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
}

/* Of two agents of the team the one who is at work, or the less busy one. */
uint32_t story_pick(struct traffic *t, uint32_t team)
{
    struct cast *c = &t->cast;
    uint32_t size = cast_team_size(c, team);
    uint32_t a = team + c->teams * chance_below(&t->chance, size);
    uint32_t b = team + c->teams * chance_below(&t->chance, size);
    bool a_here = t->person[a].state != PRESENCE_OFFLINE;
    bool b_here = t->person[b].state != PRESENCE_OFFLINE;
    if (a_here != b_here)
        return a_here ? a : b;
    return c->load[a] <= c->load[b] ? a : b;
}

void story_give(struct traffic *t, struct story *s, uint32_t agent)
{
    if (s->agent != NOBODY && t->cast.load[s->agent] > 0)
        t->cast.load[s->agent]--;
    s->agent = agent;
    if (agent != NOBODY)
        t->cast.load[agent]++;
}

static void set_open(struct traffic *t, struct story *s, bool open)
{
    if (s->open == open)
        return;
    s->open = open;
    t->open += open ? 1 : -1u;
    if (open)
        t->recent[t->recents++ % RECENT] = (uint32_t)(s - t->story);
}

void story_begin(struct traffic *t, struct story *s, enum story_phase phase)
{
    struct cast *c = &t->cast;
    s->customer = chance_below(&t->chance, t->setup.customers);
    s->category = (uint16_t)chance_zipf(&t->chance, c->category_sums, c->categories);
    /* A category has the team that knows it best; some go elsewhere first. */
    s->team = (uint16_t)(story_likely(t, 850) ? s->category % c->teams
                                              : chance_below(&t->chance, c->teams));
    uint32_t r = chance_below(&t->chance, 100);
    s->priority = (uint8_t)(r < 5 ? 0 : r < 25 ? 1 : r < 80 ? 2 : 3);
    s->channel = (uint8_t)chance_below(&t->chance, ARRAY_LEN(channels));
    s->agent = NOBODY;
    s->phase = (uint8_t)phase;
    s->number = s->about = 0;
    s->since = MS_NONE;
    s->replies = s->round = s->how = 0;
    s->open = s->paused = s->reopened = s->out = s->sequel = false;
}

static void put_attributes(const struct traffic *t, const struct story *s, struct event *e)
{
    STORY_PUT(e, PRIORITY, priority, str_of(priorities[s->priority]));
    STORY_PUT(e, CHANNEL, channel, str_of(channels[s->channel]));
    STORY_PUT(e, CATEGORY, category, cast_str(&t->cast.category[s->category]));
    e->has |= F1(CUSTOMER); /* traffic_tell wrote the name */
    if (s->customer % 10 < 3)
        STORY_PUT(e, TIER, tier, str_of(s->customer % 10 == 0 ? "gold" : "silver"));
}

static void say(struct traffic *t, struct story *s, ms_t now, enum event_by by)
{
    struct event *e = traffic_tell(t, EV_MESSAGE, s, now);
    STORY_PUT(e, BY, by, (uint8_t)by);
    if (by == BY_AGENT && s->agent != NOBODY && story_likely(t, 900))
        STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
}

ms_t story_next(struct story *s, enum story_phase phase, ms_t at)
{
    s->phase = (uint8_t)phase;
    return at;
}

static ms_t step_open(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_OPENED, s, now);
    put_attributes(t, s, e);
    if (story_likely(t, 800))
        STORY_PUT(e, TEAM, team, story_team(t, s->team));
    if (s->channel == PHONE && story_likely(t, 300))
        STORY_PUT(e, BY, by, BY_AGENT);
    set_open(t, s, true);
    if (s->channel == MAIL && story_likely(t, 300)) { /* "we have received your message" */
        e = traffic_tell(t, EV_MESSAGE, s, now);
        STORY_PUT(e, BY, by, BY_SYSTEM);
        STORY_PUT(e, AUTO, is_auto, true);
    }
    if (s->channel == CHAT && story_likely(t, 600))
        return story_next(s, STORY_BOT, now + 2000 + chance_below(&t->chance, 3000));
    if (story_likely(t, 30))
        return story_next(s, STORY_SPAM, story_later(t, now, 10 * MS_MINUTE, 800));
    return story_next(s, STORY_ASSIGN, story_later(t, now, 90 * MS_SECOND, 900));
}

static ms_t step_loaded(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_STATE, s, now);
    ms_t age = chance_lognormal(&t->chance, 20 * MS_HOUR, 900);
    STORY_PUT(e, STATUS, status, STATUS_OPEN);
    STORY_PUT(e, OPENED_AT, opened_at, now - age);
    if (story_likely(t, 400))
        STORY_PUT(e, WAITING_SINCE, waiting_since, now - age / 4);
    put_attributes(t, s, e);
    story_give(t, s, story_pick(t, s->team));
    STORY_PUT(e, TEAM, team, story_team(t, s->team));
    STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
    set_open(t, s, true);
    return story_next(s, STORY_REPLY, story_later(t, now, 30 * MS_MINUTE, 900));
}

static ms_t step_assign(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_ASSIGNED, s, now);
    story_give(t, s, story_pick(t, s->team));
    STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
    STORY_PUT(e, TEAM, team, story_team(t, s->team));
    return story_next(s, STORY_REPLY,
                      story_later(t, now, reply_minutes[s->priority] * MS_MINUTE, 700));
}

/* After a reply: what comes next, and when. */
static ms_t decide(struct traffic *t, struct story *s, ms_t now)
{
    static const struct {
        uint16_t share; /* of 1000 */
        uint16_t phase;
        ms_t median;
    } ways[] = {
        {380, STORY_RESOLVE, 25 * MS_MINUTE}, {320, STORY_ASK, 20 * MS_MINUTE},
        {80, STORY_TRANSFER, 5 * MS_MINUTE},  {35, STORY_ESCALATE, 10 * MS_MINUTE},
        {105, STORY_PAUSE, 2 * MS_MINUTE},    {80, STORY_NOTE, 3 * MS_MINUTE},
    };
    uint32_t r = chance_below(&t->chance, 1000);
    uint32_t i = 0;
    while (i < ARRAY_LEN(ways) - 1 && r >= ways[i].share)
        r -= ways[i++].share;
    if (s->replies > 12)
        i = 0;
    if (s->round == 0 && (cast_traits(s->category) & CAST_ON_SITE) != 0 && story_likely(t, 250))
        return story_next(s, STORY_PLAN, story_later(t, now, 5 * MS_MINUTE, 800));
    return story_next(s, ways[i].phase, story_later(t, now, ways[i].median, 1000));
}

static ms_t step_reply(struct traffic *t, struct story *s, ms_t now)
{
    say(t, s, now, BY_AGENT);
    if (s->agent != NOBODY)
        person_contact(t, s->agent);
    if (s->replies < UINT8_MAX)
        s->replies++;
    return decide(t, s, now);
}

static ms_t step_ask(struct traffic *t, struct story *s, ms_t now)
{
    say(t, s, now, BY_CUSTOMER);
    if (story_likely(t, 150)) /* and one more thing */
        return story_next(s, STORY_ASK, story_later(t, now, 2 * MS_MINUTE, 700));
    return story_next(s, STORY_REPLY, story_later(t, now, 8 * MS_MINUTE, 800));
}

static ms_t step_transfer(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_ASSIGNED, s, now);
    if (story_likely(t, 80)) { /* back into the queue */
        story_give(t, s, NOBODY);
        e->has |= F1(AGENT);
        e->nil |= F1(AGENT);
        return story_next(s, STORY_ASSIGN, story_later(t, now, 3 * MS_MINUTE, 800));
    }
    if (story_likely(t, 500)) {
        s->team = (uint16_t)chance_below(&t->chance, t->cast.teams);
        STORY_PUT(e, TEAM, team, story_team(t, s->team));
    }
    story_give(t, s, story_pick(t, s->team));
    STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
    return story_next(s, STORY_REPLY, story_later(t, now, 8 * MS_MINUTE, 800));
}

static ms_t step_escalate(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_ESCALATED, s, now);
    STORY_PUT(e, LEVEL, level, str_of("2"));
    if (story_likely(t, 700)) {
        story_give(t, s, story_pick(t, s->team));
        STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
    }
    return story_next(s, STORY_REPLY, story_later(t, now, 6 * MS_MINUTE, 800));
}

static ms_t step_pause(struct traffic *t, struct story *s, ms_t now)
{
    static const char *const reasons[] = {"pending", "on_hold", "parts"};
    struct event *e = traffic_tell(t, EV_PAUSED, s, now);
    s->paused = true;
    if (story_likely(t, 500))
        STORY_PUT(e, REASON, reason, str_of(reasons[chance_below(&t->chance, ARRAY_LEN(reasons))]));
    if (story_likely(t, 80)) /* paused again, for another reason perhaps */
        return story_next(s, STORY_PAUSE, story_later(t, now, 30 * MS_MINUTE, 900));
    return story_next(s, STORY_RESUME, story_later(t, now, 2 * MS_HOUR, 1000));
}

static ms_t step_resume(struct traffic *t, struct story *s, ms_t now)
{
    if (story_likely(t, 900)) {
        traffic_tell(t, EV_RESUMED, s, now);
        s->paused = false;
    }
    if (story_likely(t, 300))
        return story_next(s, STORY_RESOLVE, story_later(t, now, 20 * MS_MINUTE, 900));
    return story_next(s, STORY_ASK, now + 1 + chance_below(&t->chance, 2000));
}

static ms_t step_note(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e;
    if (story_likely(t, 500)) {
        e = traffic_tell(t, EV_MESSAGE, s, now);
        STORY_PUT(e, BY, by, BY_AGENT);
        STORY_PUT(e, PUBLIC, is_public, false);
    } else {
        e = traffic_tell(t, EV_UPDATED, s, now);
        if (story_likely(t, 500)) {
            s->priority = (uint8_t)chance_below(&t->chance, ARRAY_LEN(priorities));
            STORY_PUT(e, PRIORITY, priority, str_of(priorities[s->priority]));
        } else {
            s->category =
                (uint16_t)chance_zipf(&t->chance, t->cast.category_sums, t->cast.categories);
            STORY_PUT(e, CATEGORY, category, cast_str(&t->cast.category[s->category]));
        }
    }
    return story_next(s, STORY_REPLY, story_later(t, now, 8 * MS_MINUTE, 800));
}

ms_t story_end(struct traffic *t, struct story *s)
{
    set_open(t, s, false);
    story_give(t, s, NOBODY);
    s->phase = STORY_ENDED;
    return MS_NEVER;
}

static ms_t step_resolve(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e;
    uint32_t r = chance_below(&t->chance, 1000);
    if (r < 60) { /* closed without a `resolved` before */
        e = traffic_tell(t, EV_CLOSED, s, now);
        if (r < 25)
            STORY_PUT(e, OUTCOME, outcome, OUTCOME_UNRESOLVED);
        return story_end(t, s);
    }
    e = traffic_tell(t, EV_RESOLVED, s, now);
    if (r < 100)
        STORY_PUT(e, BY, by, (uint8_t)(r < 75 ? BY_BOT : r < 85 ? BY_SYSTEM : BY_CUSTOMER));
    else if (s->agent != NOBODY && r < 900)
        STORY_PUT(e, AGENT, agent, story_agent(t, s->agent));
    set_open(t, s, false);
    s->since = now;
    if (story_likely(t, 150)) { /* "thank you" asks for nothing */
        e = traffic_tell(t, EV_MESSAGE, s, now + 1);
        STORY_PUT(e, BY, by, BY_CUSTOMER);
        STORY_PUT(e, NEEDS_REPLY, needs_reply, false);
    }
    return story_next(s, STORY_SURVEY, story_later(t, now, 20 * MS_MINUTE, 800));
}

static struct event *tell_visit(struct traffic *t, struct story *s, enum event_kind kind, ms_t now)
{
    struct event *e = traffic_tell(t, kind, s, now);
    STORY_PUT(e, VISIT, visit, traffic_other_name(t, e, 'V', s->number));
    story_put_agent(t, s, e);
    return e;
}

/* On-site service: promised for a full half hour, sometimes put off; some come too late. */
static ms_t step_visit(struct traffic *t, struct story *s, ms_t now)
{
    enum { HALF_HOUR = 30 * MS_MINUTE, EARLY = 60 * MS_MINUTE };
    ms_t due;
    struct event *e;
    switch (s->phase) {
    case STORY_PLAN:
        s->round++;
        due = story_later(t, now, 5 * MS_HOUR, 500);
        s->since = (due + HALF_HOUR - 1) / HALF_HOUR * HALF_HOUR;
        e = tell_visit(t, s, EV_VISIT_PLANNED, now);
        STORY_PUT(e, DUE, due, s->since);
        if (s->round < 3 && story_likely(t, 100)) /* put off */
            return story_next(s, STORY_PLAN, story_later(t, now, MS_HOUR, 600));
        due += chance_lognormal(&t->chance, 25 * MS_MINUTE, 900) - EARLY;
        return story_next(s, STORY_ARRIVE, ms_max(due, now + 1));
    case STORY_ARRIVE:
        tell_visit(t, s, EV_VISIT_ARRIVED, now);
        return story_next(s, STORY_LEAVE, story_later(t, now, 45 * MS_MINUTE, 600));
    default:
        tell_visit(t, s, EV_VISIT_ENDED, now);
        if (story_likely(t, 100)) /* once more */
            return story_next(s, STORY_PLAN, story_later(t, now, 10 * MS_MINUTE, 600));
        return story_next(s, STORY_RESOLVE, story_later(t, now, 15 * MS_MINUTE, 800));
    }
}

static ms_t step_survey(struct traffic *t, struct story *s, ms_t now)
{
    struct story told = *s; /* the store of stories moves when it grows */
    ms_t at = story_next(s, STORY_LAST, story_later(t, now, 10 * MS_HOUR, 700));
    if (!told.reopened)
        story_after(t, &told, now);
    return at;
}

static ms_t step_last(struct traffic *t, struct story *s, ms_t now)
{
    if (s->reopened || !story_likely(t, 80)) {
        traffic_tell(t, EV_CLOSED, s, now);
        return story_end(t, s);
    }
    s->reopened = true;
    if (story_likely(t, 400)) { /* the customer writes, the system reopens */
        say(t, s, now, BY_CUSTOMER);
        struct event *e = traffic_tell(t, EV_REOPENED, s, now + 5);
        STORY_PUT(e, BY, by, BY_SYSTEM);
    } else {
        traffic_tell(t, EV_REOPENED, s, now);
    }
    set_open(t, s, true);
    return story_next(s, STORY_REPLY, story_later(t, now + 5, 20 * MS_MINUTE, 800));
}

static ms_t step_spam(struct traffic *t, struct story *s, ms_t now)
{
    const struct story *other = story_likely(t, 350) ? traffic_other(t, s) : NULL;
    if (other != NULL) {
        struct event *e = traffic_tell(t, EV_MERGED, s, now);
        STORY_PUT(e, INTO, into, traffic_other_name(t, e, 'T', other->number));
    } else {
        struct event *e = traffic_tell(t, EV_CLOSED, s, now);
        STORY_PUT(e, OUTCOME, outcome,
                  (uint8_t)(story_likely(t, 700) ? OUTCOME_SPAM : OUTCOME_DUPLICATE));
    }
    return story_end(t, s);
}

ms_t story_step(struct traffic *t, struct story *s, ms_t now)
{
    switch ((enum story_phase)s->phase) {
    case STORY_OPEN:
        return step_open(t, s, now);
    case STORY_LOADED:
        return step_loaded(t, s, now);
    case STORY_BOT:
        say(t, s, now, BY_BOT);
        if (story_likely(t, 120)) /* the bot has solved it */
            return story_next(s, STORY_RESOLVE, story_later(t, now, 2 * MS_MINUTE, 600));
        return story_next(s, STORY_ASSIGN, story_later(t, now, 40 * MS_SECOND, 700));
    case STORY_ASSIGN:
        return step_assign(t, s, now);
    case STORY_REPLY:
        return step_reply(t, s, now);
    case STORY_ASK:
        return step_ask(t, s, now);
    case STORY_TRANSFER:
        return step_transfer(t, s, now);
    case STORY_ESCALATE:
        return step_escalate(t, s, now);
    case STORY_PAUSE:
        return step_pause(t, s, now);
    case STORY_RESUME:
        return step_resume(t, s, now);
    case STORY_NOTE:
        return step_note(t, s, now);
    case STORY_RESOLVE:
        return step_resolve(t, s, now);
    case STORY_SURVEY:
        return step_survey(t, s, now);
    case STORY_LAST:
        return step_last(t, s, now);
    case STORY_SPAM:
        return step_spam(t, s, now);
    case STORY_PLAN:
    case STORY_ARRIVE:
    case STORY_LEAVE:
        return step_visit(t, s, now);
    case STORY_COMPLAINT:
    case STORY_RERATE:
    case STORY_FOLLOW:
    case STORY_RETURN:
    case STORY_RETURNED:
        return story_after_step(t, s, now);
    case STORY_OFFERED:
    case STORY_RUNG:
    case STORY_ANSWER:
    case STORY_TALK:
    case STORY_WRAP:
        return story_call_step(t, s, now);
    case STORY_ENDED:
        break;
    }
    CHECK(s->phase != STORY_ENDED);
    return MS_NEVER;
}

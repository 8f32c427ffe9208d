#include "daemon/cli/stage.h"

static const char *const priorities[] = {"urgent", "high", "normal", "low"};
static const char *const channels[] = {"mail", "chat", "web", "phone", "app"};
enum { MAIL, CHAT, WEB, PHONE };

/* Median minutes from assignment to the first reply, by priority. */
static const ms_t reply_minutes[] = {3, 7, 14, 30};

static ms_t later(struct traffic *t, ms_t now, ms_t median, uint32_t sigma)
{
    return now + ms_max(1, chance_lognormal(&t->chance, median, sigma) * t->scale / 1000);
}

static bool likely(struct traffic *t, uint32_t permille)
{
    return chance_permille(&t->chance, permille);
}

static struct str team_name(const struct traffic *t, uint32_t team)
{
    return cast_str(&t->cast.team[team]);
}

static struct str agent_name(const struct traffic *t, uint32_t agent)
{
    return cast_str(&t->cast.agent[agent]);
}

/* The less busy of two agents of the team. */
static uint32_t pick_agent(struct traffic *t, uint32_t team)
{
    struct cast *c = &t->cast;
    uint32_t size = cast_team_size(c, team);
    uint32_t a = team + c->teams * chance_below(&t->chance, size);
    uint32_t b = team + c->teams * chance_below(&t->chance, size);
    return c->load[a] <= c->load[b] ? a : b;
}

static void give(struct traffic *t, struct story *s, uint32_t agent)
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
}

void story_begin(struct traffic *t, struct story *s, enum story_phase phase)
{
    struct cast *c = &t->cast;
    s->customer = chance_below(&t->chance, t->setup.customers);
    s->category = (uint16_t)chance_zipf(&t->chance, c->category_sums, c->categories);
    /* A category has the team that knows it best; some go elsewhere first. */
    s->team =
        (uint16_t)(likely(t, 850) ? s->category % c->teams : chance_below(&t->chance, c->teams));
    uint32_t r = chance_below(&t->chance, 100);
    s->priority = (uint8_t)(r < 5 ? 0 : r < 25 ? 1 : r < 80 ? 2 : 3);
    s->channel = (uint8_t)chance_below(&t->chance, ARRAY_LEN(channels));
    s->agent = NOBODY;
    s->phase = (uint8_t)phase;
    s->replies = 0;
    s->open = s->reopened = false;
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
    if (by == BY_AGENT && s->agent != NOBODY && likely(t, 900))
        STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
}

static ms_t next(struct story *s, enum story_phase phase, ms_t at)
{
    s->phase = (uint8_t)phase;
    return at;
}

static ms_t step_open(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_OPENED, s, now);
    put_attributes(t, s, e);
    if (likely(t, 800))
        STORY_PUT(e, TEAM, team, team_name(t, s->team));
    if (s->channel == PHONE && likely(t, 300))
        STORY_PUT(e, BY, by, BY_AGENT);
    set_open(t, s, true);
    if (s->channel == MAIL && likely(t, 300)) { /* "we have received your message" */
        e = traffic_tell(t, EV_MESSAGE, s, now);
        STORY_PUT(e, BY, by, BY_SYSTEM);
        STORY_PUT(e, AUTO, is_auto, true);
    }
    if (s->channel == CHAT && likely(t, 600))
        return next(s, STORY_BOT, now + 2000 + chance_below(&t->chance, 3000));
    if (likely(t, 30))
        return next(s, STORY_SPAM, later(t, now, 10 * MS_MINUTE, 800));
    return next(s, STORY_ASSIGN, later(t, now, 90 * MS_SECOND, 900));
}

static ms_t step_loaded(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_STATE, s, now);
    ms_t age = chance_lognormal(&t->chance, 20 * MS_HOUR, 900);
    STORY_PUT(e, STATUS, status, STATUS_OPEN);
    STORY_PUT(e, OPENED_AT, opened_at, now - age);
    if (likely(t, 400))
        STORY_PUT(e, WAITING_SINCE, waiting_since, now - age / 4);
    put_attributes(t, s, e);
    give(t, s, pick_agent(t, s->team));
    STORY_PUT(e, TEAM, team, team_name(t, s->team));
    STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
    set_open(t, s, true);
    return next(s, STORY_REPLY, later(t, now, 30 * MS_MINUTE, 900));
}

static ms_t step_assign(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_ASSIGNED, s, now);
    give(t, s, pick_agent(t, s->team));
    STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
    STORY_PUT(e, TEAM, team, team_name(t, s->team));
    return next(s, STORY_REPLY, later(t, now, reply_minutes[s->priority] * MS_MINUTE, 700));
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
    return next(s, ways[i].phase, later(t, now, ways[i].median, 1000));
}

static ms_t step_reply(struct traffic *t, struct story *s, ms_t now)
{
    say(t, s, now, BY_AGENT);
    if (s->replies < UINT8_MAX)
        s->replies++;
    return decide(t, s, now);
}

static ms_t step_ask(struct traffic *t, struct story *s, ms_t now)
{
    say(t, s, now, BY_CUSTOMER);
    if (likely(t, 150)) /* and one more thing */
        return next(s, STORY_ASK, later(t, now, 2 * MS_MINUTE, 700));
    return next(s, STORY_REPLY, later(t, now, 8 * MS_MINUTE, 800));
}

static ms_t step_transfer(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_ASSIGNED, s, now);
    if (likely(t, 80)) { /* back into the queue */
        give(t, s, NOBODY);
        e->has |= F1(AGENT);
        e->nil |= F1(AGENT);
        return next(s, STORY_ASSIGN, later(t, now, 3 * MS_MINUTE, 800));
    }
    if (likely(t, 500)) {
        s->team = (uint16_t)chance_below(&t->chance, t->cast.teams);
        STORY_PUT(e, TEAM, team, team_name(t, s->team));
    }
    give(t, s, pick_agent(t, s->team));
    STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
    return next(s, STORY_REPLY, later(t, now, 8 * MS_MINUTE, 800));
}

static ms_t step_escalate(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_ESCALATED, s, now);
    STORY_PUT(e, LEVEL, level, str_of("2"));
    if (likely(t, 700)) {
        give(t, s, pick_agent(t, s->team));
        STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
    }
    return next(s, STORY_REPLY, later(t, now, 6 * MS_MINUTE, 800));
}

static ms_t step_pause(struct traffic *t, struct story *s, ms_t now)
{
    static const char *const reasons[] = {"pending", "on_hold", "parts"};
    struct event *e = traffic_tell(t, EV_PAUSED, s, now);
    if (likely(t, 500))
        STORY_PUT(e, REASON, reason, str_of(reasons[chance_below(&t->chance, ARRAY_LEN(reasons))]));
    if (likely(t, 80)) /* paused again, for another reason perhaps */
        return next(s, STORY_PAUSE, later(t, now, 30 * MS_MINUTE, 900));
    return next(s, STORY_RESUME, later(t, now, 2 * MS_HOUR, 1000));
}

static ms_t step_resume(struct traffic *t, struct story *s, ms_t now)
{
    if (likely(t, 900))
        traffic_tell(t, EV_RESUMED, s, now);
    if (likely(t, 300))
        return next(s, STORY_RESOLVE, later(t, now, 20 * MS_MINUTE, 900));
    return next(s, STORY_ASK, now + 1 + chance_below(&t->chance, 2000));
}

static ms_t step_note(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e;
    if (likely(t, 500)) {
        e = traffic_tell(t, EV_MESSAGE, s, now);
        STORY_PUT(e, BY, by, BY_AGENT);
        STORY_PUT(e, PUBLIC, is_public, false);
    } else {
        e = traffic_tell(t, EV_UPDATED, s, now);
        if (likely(t, 500)) {
            s->priority = (uint8_t)chance_below(&t->chance, ARRAY_LEN(priorities));
            STORY_PUT(e, PRIORITY, priority, str_of(priorities[s->priority]));
        } else {
            s->category =
                (uint16_t)chance_zipf(&t->chance, t->cast.category_sums, t->cast.categories);
            STORY_PUT(e, CATEGORY, category, cast_str(&t->cast.category[s->category]));
        }
    }
    return next(s, STORY_REPLY, later(t, now, 8 * MS_MINUTE, 800));
}

static ms_t end(struct traffic *t, struct story *s)
{
    set_open(t, s, false);
    give(t, s, NOBODY);
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
        return end(t, s);
    }
    e = traffic_tell(t, EV_RESOLVED, s, now);
    if (r < 100)
        STORY_PUT(e, BY, by, (uint8_t)(r < 75 ? BY_BOT : r < 85 ? BY_SYSTEM : BY_CUSTOMER));
    else if (s->agent != NOBODY && r < 900)
        STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
    set_open(t, s, false);
    if (likely(t, 150)) { /* "thank you" asks for nothing */
        e = traffic_tell(t, EV_MESSAGE, s, now + 1);
        STORY_PUT(e, BY, by, BY_CUSTOMER);
        STORY_PUT(e, NEEDS_REPLY, needs_reply, false);
    }
    return next(s, STORY_SURVEY, later(t, now, 20 * MS_MINUTE, 800));
}

static ms_t step_survey(struct traffic *t, struct story *s, ms_t now)
{
    static const uint8_t scores[] = {5, 5, 5, 5, 4, 4, 4, 3, 2, 1};
    static const uint8_t answers[] = {10, 10, 9, 9, 9, 8, 8, 7, 6, 3};
    struct event *e;
    if (likely(t, 250))
        traffic_tell(t, EV_CONFIRMED, s, now);
    if (likely(t, 350)) {
        e = traffic_tell(t, EV_RATED, s, now);
        STORY_PUT(e, SCORE, score, scores[chance_below(&t->chance, 10)] * (int64_t)NUMBER_ONE);
    }
    if (likely(t, 80)) {
        e = traffic_tell(t, EV_RECOMMENDED, s, now);
        STORY_PUT(e, SCORE, score, answers[chance_below(&t->chance, 10)] * (int64_t)NUMBER_ONE);
    }
    if (likely(t, 20))
        traffic_tell(t, EV_COMPLAINED, s, now);
    if (likely(t, 50)) {
        e = traffic_tell(t, EV_INSPECTED, s, now);
        STORY_PUT(e, PASSED, passed, likely(t, 920));
        STORY_PUT(e, ITEM, item, str_of("conformance"));
    }
    return next(s, STORY_LAST, later(t, now, 10 * MS_HOUR, 700));
}

static ms_t step_last(struct traffic *t, struct story *s, ms_t now)
{
    if (s->reopened || !likely(t, 80)) {
        traffic_tell(t, EV_CLOSED, s, now);
        return end(t, s);
    }
    s->reopened = true;
    if (likely(t, 400)) { /* the customer writes, the system reopens */
        say(t, s, now, BY_CUSTOMER);
        struct event *e = traffic_tell(t, EV_REOPENED, s, now + 5);
        STORY_PUT(e, BY, by, BY_SYSTEM);
    } else {
        traffic_tell(t, EV_REOPENED, s, now);
    }
    set_open(t, s, true);
    return next(s, STORY_REPLY, later(t, now + 5, 20 * MS_MINUTE, 800));
}

static ms_t step_spam(struct traffic *t, struct story *s, ms_t now)
{
    const struct story *other = likely(t, 350) ? traffic_other(t, s) : NULL;
    if (other != NULL) {
        traffic_tell_into(t, other->number, traffic_tell(t, EV_MERGED, s, now));
    } else {
        struct event *e = traffic_tell(t, EV_CLOSED, s, now);
        STORY_PUT(e, OUTCOME, outcome,
                  (uint8_t)(likely(t, 700) ? OUTCOME_SPAM : OUTCOME_DUPLICATE));
    }
    return end(t, s);
}

static ms_t step_call(struct traffic *t, struct story *s, ms_t now)
{
    struct chance *c = &t->chance;
    struct event *e;
    switch (s->phase) {
    case STORY_OFFERED:
        e = traffic_tell(t, EV_CALL_OFFERED, s, now);
        STORY_PUT(e, TEAM, team, team_name(t, s->team));
        STORY_PUT(e, CATEGORY, category, cast_str(&t->cast.category[s->category]));
        STORY_PUT(e, DIRECTION, direction, DIRECTION_IN);
        e->has |= F1(CUSTOMER);
        if (likely(t, 40)) /* gives up at once */
            return next(s, STORY_ANSWER, now + 500 + chance_below(c, 4000));
        return next(s, STORY_RUNG, now + 1000 + chance_lognormal(c, 12 * MS_SECOND, 900));
    case STORY_RUNG:
        give(t, s, pick_agent(t, s->team));
        e = traffic_tell(t, EV_CALL_RUNG, s, now);
        STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
        return next(s, STORY_ANSWER, now + chance_lognormal(c, 6 * MS_SECOND, 500));
    case STORY_ANSWER:
        if (s->agent == NOBODY || likely(t, 80)) {
            traffic_tell(t, EV_CALL_ABANDONED, s, now);
            return end(t, s);
        }
        if (likely(t, 80))
            return next(s, STORY_RUNG, now + chance_lognormal(c, 8 * MS_SECOND, 500));
        e = traffic_tell(t, EV_CALL_ANSWERED, s, now);
        STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
        return next(s, STORY_TALK, now + chance_lognormal(c, 3 * MS_MINUTE, 700));
    default:
        if (likely(t, 700)) {
            traffic_tell(t, EV_CALL_ENDED, s, now);
            return end(t, s);
        }
        if (likely(t, 700)) {
            traffic_tell(t, EV_CALL_HELD, s, now);
        } else {
            give(t, s, pick_agent(t, s->team));
            e = traffic_tell(t, EV_CALL_TRANSFERRED, s, now);
            STORY_PUT(e, AGENT, agent, agent_name(t, s->agent));
        }
        return next(s, STORY_TALK, now + chance_lognormal(c, 2 * MS_MINUTE, 700));
    }
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
        if (likely(t, 120)) /* the bot has solved it */
            return next(s, STORY_RESOLVE, later(t, now, 2 * MS_MINUTE, 600));
        return next(s, STORY_ASSIGN, later(t, now, 40 * MS_SECOND, 700));
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
    case STORY_OFFERED:
    case STORY_RUNG:
    case STORY_ANSWER:
    case STORY_TALK:
        return step_call(t, s, now);
    case STORY_ENDED:
        break;
    }
    CHECK(s->phase != STORY_ENDED);
    return MS_NEVER;
}

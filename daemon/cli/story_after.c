/* What follows a resolved ticket: surveys, samples, complaints, call-backs, returns, and the
 * customer who comes back with the same matter. */
#include "daemon/cli/stage.h"

/* Scores from the best to the worst, drawn by their place. */
static const uint8_t scores[] = {5, 5, 5, 5, 5, 4, 4, 4, 3, 1};
static const uint8_t answers[] = {10, 10, 10, 9, 9, 9, 8, 8, 6, 3};

static const char *const return_kinds[] = {"refund", "exchange", "rework"};
enum { REWORK = 2 };

/* A place in these tables: good work is the better of two draws, poor work the worse. */
static uint32_t place(struct traffic *t, const struct story *s)
{
    uint32_t a = chance_below(&t->chance, 10), b = chance_below(&t->chance, 10);
    enum cast_skill skill = s->agent == NOBODY ? CAST_FAIR : cast_skill(s->agent);
    if (skill == CAST_FAIR)
        return a;
    return skill == CAST_GOOD ? (a < b ? a : b) : (a < b ? b : a);
}

/* Chance of what should not happen: thrice as likely after poor work as after good work. */
static bool wrong(struct traffic *t, const struct story *s, uint32_t permille)
{
    static const uint8_t factor[] = {[CAST_FAIR] = 10, [CAST_GOOD] = 6, [CAST_POOR] = 18};
    enum cast_skill skill = s->agent == NOBODY ? CAST_FAIR : cast_skill(s->agent);
    return story_likely(t, permille * factor[skill] / 10);
}

static void rate(struct traffic *t, const struct story *s, const char *aspect, ms_t now)
{
    enum { APP = 4 }; /* the app asks for ten stars */
    struct event *e = traffic_tell(t, EV_RATED, s, now);
    uint32_t of = s->channel == APP ? 10 : 5;
    uint32_t score = scores[place(t, s)];
    STORY_PUT(e, SCORE, score, (int64_t)(of == 10 ? 2 * score - (score == 1) : score) * NUMBER_ONE);
    e->out_of = of * (int64_t)NUMBER_ONE; /* as it is meant when it is not said */
    if (of == 10)
        STORY_PUT(e, OUT_OF, out_of, e->out_of);
    if (aspect != NULL)
        STORY_PUT(e, ASPECT, aspect, str_of(aspect));
    if (story_likely(t, 300)) /* else the last resolver is meant */
        story_put_agent(t, s, e);
}

static void inspect(struct traffic *t, const struct story *s, const char *item, uint32_t failed,
                    ms_t now)
{
    struct event *e = traffic_tell(t, EV_INSPECTED, s, now);
    STORY_PUT(e, PASSED, passed, !wrong(t, s, failed));
    STORY_PUT(e, ITEM, item, str_of(item));
}

static void survey(struct traffic *t, const struct story *s, ms_t now)
{
    if (story_likely(t, 780))
        traffic_tell(t, EV_CONFIRMED, s, now);
    if (story_likely(t, 350)) {
        rate(t, s, NULL, now);
        if (story_likely(t, 300)) {
            rate(t, s, "attitude", now);
            rate(t, s, "skill", now);
            rate(t, s, "speed", now);
        }
    }
    if (story_likely(t, 80)) {
        struct event *e = traffic_tell(t, EV_RECOMMENDED, s, now);
        STORY_PUT(e, SCORE, score, answers[place(t, s)] * (int64_t)NUMBER_ONE);
    }
    if (story_likely(t, 70))
        inspect(t, s, "conformance", 70, now);
    if (story_likely(t, 50))
        inspect(t, s, "classification", 100, now);
    if (story_likely(t, 20))
        inspect(t, s, "record", 15, now);
}

/* From so long after the resolve, spread over that much, but not in the past. */
static ms_t after(struct traffic *t, const struct story *s, ms_t now, ms_t from, ms_t spread)
{
    ms_t at =
        s->since + from + chance_below(&t->chance, (uint32_t)(spread / MS_SECOND)) * MS_SECOND;
    return ms_max(at, now + 1);
}

/* The call-back of this round, mostly in time, sometimes days late, sometimes forgotten. */
static ms_t round_at(struct traffic *t, const struct story *s, ms_t now)
{
    static const uint8_t days[] = {7, 30, 90};
    ms_t due = days[s->round] * MS_DAY;
    return story_likely(t, 850) ? after(t, s, now, due - 4 * MS_DAY, 4 * MS_DAY)
                                : after(t, s, now, due, 3 * MS_DAY);
}

void story_after(struct traffic *t, const struct story *s, ms_t now)
{
    struct story *next;
    survey(t, s, now);
    if (story_likely(t, 14))
        traffic_follow(t, s, STORY_RERATE, after(t, s, now, MS_HOUR, MS_DAY));
    if (wrong(t, s, 25))
        traffic_follow(t, s, STORY_COMPLAINT, after(t, s, now, MS_HOUR, 3 * MS_DAY));
    if (story_likely(t, 120) && (next = traffic_follow(t, s, STORY_FOLLOW, now)) != NULL)
        next->round = 0;
    if ((cast_traits(s->category) & CAST_GOODS) != 0 && wrong(t, s, 90) &&
        (next = traffic_follow(t, s, STORY_RETURN, after(t, s, now, MS_HOUR, 6 * MS_DAY))) != NULL)
        next->how = (uint8_t)chance_below(&t->chance, ARRAY_LEN(return_kinds));
    if (wrong(t, s, 50)) /* the same customer, the same matter: a new ticket */
        traffic_follow(t, s, STORY_OPEN, after(t, s, now, 2 * MS_HOUR, 9 * MS_DAY));
}

static ms_t over(struct story *s)
{
    return story_next(s, STORY_ENDED, MS_NEVER);
}

static ms_t complain(struct traffic *t, struct story *s, ms_t now)
{
    struct event *e = traffic_tell(t, EV_COMPLAINED, s, now);
    if (story_likely(t, 200))
        STORY_PUT(e, KIND, complaint, COMPLAINT_DISPUTE);
    if (story_likely(t, 600))
        STORY_PUT(e, CATEGORY, category, cast_str(&t->cast.category[s->category]));
    if (s->round++ > 3 || !story_likely(t, 200))
        return over(s);
    return story_next(s, STORY_COMPLAINT, now + MS_DAY + chance_lognormal(&t->chance, MS_DAY, 900));
}

/* The first step only sets the date; each round is told, then the next one is dated. */
static ms_t follow_up(struct traffic *t, struct story *s, ms_t now)
{
    if (s->how != 0) {
        struct event *e = traffic_tell(t, EV_FOLLOWED_UP, s, now);
        STORY_PUT(e, HOW, how, str_of(story_likely(t, 800) ? "call" : "mail"));
        story_put_agent(t, s, e);
        if (++s->round == 3 || story_likely(t, 100))
            return over(s);
    }
    s->how = 1;
    return story_next(s, STORY_FOLLOW, round_at(t, s, now));
}

static ms_t send_back(struct traffic *t, struct story *s, ms_t now)
{
    bool asked = s->phase == STORY_RETURN;
    struct event *e = traffic_tell(t, asked ? EV_RETURN_REQUESTED : EV_RETURNED, s, now);
    STORY_PUT(e, HOW, how, str_of(return_kinds[s->how]));
    if (!asked || story_likely(t, 60)) /* changes his mind */
        return over(s);
    ms_t takes = s->how == REWORK ? 4 * MS_DAY : 2 * MS_DAY;
    return story_next(s, STORY_RETURNED, now + chance_lognormal(&t->chance, takes, 600));
}

ms_t story_after_step(struct traffic *t, struct story *s, ms_t now)
{
    switch (s->phase) {
    case STORY_COMPLAINT:
        return complain(t, s, now);
    case STORY_RERATE:
        rate(t, s, NULL, now);
        return over(s);
    case STORY_FOLLOW:
        return follow_up(t, s, now);
    default:
        return send_back(t, s, now);
    }
}

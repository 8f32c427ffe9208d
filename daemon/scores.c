#include "daemon/scores.h"

#define STEM "score." /* of all topics */

enum { COUNTED_A_LOOK = 8, TOLD_A_LOOK = 64 }; /* names between two looks at the time */

static const struct score_walk beginning;

static void make(struct scores *s)
{
    s->running = false;
    if (!scoreboard_init(&s->board, s->engine, s->config->cards))
        log_error(s->log, "no scorecards", "error=\"no memory\"");
}

void scores_init(struct scores *s, struct engine *engine, struct bus *bus,
                 const struct config *config, struct log *log, uint64_t now)
{
    s->engine = engine;
    s->bus = bus;
    s->config = config;
    s->log = log;
    s->due = now + (uint64_t)config->snapshot_every;
    s->full_due = now + (uint64_t)config->full_every;
    make(s);
}

void scores_forget(struct scores *s)
{
    scoreboard_fini(&s->board);
    s->running = false;
}

void scores_reload(struct scores *s)
{
    scores_forget(s);
    make(s);
}

/* --- names ---------------------------------------------------------------------------------- */

/* The next name, in *walk. false: there is none. */
static bool next_name(const struct scores *s, struct score_walk *walk)
{
    while (walk->family < s->board.families) {
        enum scope scope = (enum scope)s->board.family[walk->family].card->scope;
        if (walk->index < engine_names(s->engine, scope)) {
            walk->index++;
            return true;
        }
        walk->family++;
        walk->index = 0;
    }
    return false;
}

static void count(struct scores *s, const struct score_walk *walk)
{
    const struct scorecard *card;
    struct score score;
    scoreboard_update(&s->board, walk->family, walk->index, &card, &score);
}

static struct str title_of(const struct scores *s, enum scope scope, uint32_t index)
{
    struct engine_agent agent = {{"", 0}, {"", 0}, false};
    if (scope == SCOPE_AGENT)
        engine_agent(s->engine, index, &agent);
    return agent.title;
}

/* Scores the name anew; the message with its topic into s->buf: its length, 0 when it has no card
 * and no score to take back, or ERR_NO_ROOM. */
static int message(struct scores *s, const struct score_walk *walk, uint64_t seq,
                   struct topic *ret_topic)
{
    const struct score_family *f = &s->board.family[walk->family];
    const struct scorecard *card;
    struct score score;
    struct emitter em;
    bool told = walk->index < f->places && f->place[walk->index].told_total >= 0;
    if (!scoreboard_update(&s->board, walk->family, walk->index, &card, &score)) {
        if (!told)
            return 0;
        card = f->card; /* it had one: the family's first says that it has no more */
        score = (struct score){0};
        for (uint32_t i = 0; i < card->items; i++)
            score.line[i].state = LINE_FEW;
    }
    if (!score.scored && !told)
        return 0;
    enum scope scope = (enum scope)card->scope;
    struct card_result r = {.card = card,
                            .score = &score,
                            .name = engine_name(s->engine, scope, walk->index),
                            .title = title_of(s, scope, walk->index),
                            .place = scoreboard_place(&s->board, walk->family, walk->index),
                            .of = f->ranks.n};
    engine_window(s->engine, card->window, &r.from, &r.covered_from);
    struct envelope env = bus_envelope(s->bus, STREAM_SCORE, s->at);
    env.seq = seq;
    topic_card(ret_topic, scope, r.name);
    emit_start(&em, SINK_MSGPACK, s->buf, sizeof s->buf);
    encode_card(&em, NULL, &env, &s->config->settings, &r, (enum lang)s->config->language);
    return emit_finish(&em);
}

/* --- rounds --------------------------------------------------------------------------------- */

/* Returns whether it cost a message. */
static bool tell(struct scores *s)
{
    struct topic topic;
    uint32_t family = s->walk.family, index = s->walk.index;
    if (!s->full && !scoreboard_news(&s->board, family, index))
        return false;
    enum scope scope = (enum scope)s->board.family[family].card->scope;
    topic_card(&topic, scope, engine_name(s->engine, scope, index));
    if (!bus_wants(s->bus, &topic))
        return false;
    int n = message(s, &s->walk, s->bus->seq[STREAM_SCORE] + 1, &topic);
    scoreboard_told(&s->board, family, index);
    if (n < 0)
        log_error(s->log, "message too large", "stream=score card=%s",
                  s->board.family[family].card->id);
    else if (n > 0)
        bus_publish(s->bus, STREAM_SCORE, &topic, s->buf, (size_t)n);
    return true;
}

static void work_round(struct scores *s)
{
    uint64_t end = uv_hrtime() + SCORES_SLICE_NS;
    for (uint32_t looked = 1;; looked++) {
        if (!next_name(s, &s->walk)) {
            s->running = !s->telling;
            s->telling = true;
            s->walk = beginning;
            return;
        }
        bool worked = false;
        if (s->telling)
            worked = tell(s);
        else
            count(s, &s->walk);
        if ((worked || looked % (s->telling ? TOLD_A_LOOK : COUNTED_A_LOOK) == 0) &&
            uv_hrtime() >= end)
            return;
    }
}

/* Begins the round that is due, if anybody would hear of it. */
static void start_round(struct scores *s, uint64_t now)
{
    s->full = now >= s->full_due;
    if (s->full)
        s->full_due = now + (uint64_t)s->config->full_every;
    s->due = now + (uint64_t)s->config->snapshot_every;
    s->running = s->board.families > 0 && bus_wants_any(s->bus, str_of(STEM));
    s->telling = false;
    s->walk = beginning;
}

void scores_work(struct scores *s, ms_t at, uint64_t now)
{
    s->at = at;
    if (!s->running && now >= scores_deadline(s))
        start_round(s, now);
    if (s->running)
        work_round(s);
}

uint64_t scores_deadline(const struct scores *s)
{
    if (s->board.families == 0)
        return UINT64_MAX;
    return s->due < s->full_due ? s->due : s->full_due;
}

/* --- queries -------------------------------------------------------------------------------- */

bool scores_may_have(const struct scores *s, struct str prefix)
{
    struct str stem = str_of(STEM);
    return s->board.families > 0 && (topic_matches(prefix, stem) || topic_matches(stem, prefix));
}

static const struct scorecard *wished(const struct scores *s, const struct score_wish *wish,
                                      const struct score_walk *walk)
{
    const struct scorecard *card = s->board.family[walk->family].card;
    bool fine = card->scope >= wish->scope_first && card->scope <= wish->scope_last &&
                (wish->windows >> card->window & 1) != 0;
    return fine ? card : NULL;
}

bool scores_has_card(struct scores *s, const struct score_wish *wish)
{
    const struct scorecard *card;
    struct score score;
    struct score_walk walk = beginning;
    for (; walk.family < s->board.families; walk.family++) {
        const struct scorecard *first = wished(s, wish, &walk);
        if (first == NULL)
            continue;
        uint32_t index = engine_name_find(s->engine, (enum scope)first->scope, wish->name);
        if (index != 0 && engine_score(s->engine, s->config->cards, first, index, &card, &score))
            return true;
    }
    return false;
}

bool scores_count_next(struct scores *s, const struct score_wish *wish, struct score_walk *walk)
{
    for (int i = 0; i < COUNTED_A_LOOK; i++) {
        if (!next_name(s, walk))
            return false;
        if (wished(s, wish, walk) != NULL)
            count(s, walk);
    }
    return true;
}

int scores_find(struct scores *s, const struct score_wish *wish, struct score_walk *walk,
                struct topic *ret_topic, bool *ret_end)
{
    *ret_end = false;
    for (int i = 0; i < TOLD_A_LOOK; i++) {
        *ret_end = !next_name(s, walk);
        if (*ret_end)
            return 0;
        const struct scorecard *card = wished(s, wish, walk);
        if (card == NULL || !scoreboard_scored(&s->board, walk->family, walk->index))
            continue;
        struct str name = engine_name(s->engine, (enum scope)card->scope, walk->index);
        topic_card(ret_topic, (enum scope)card->scope, name);
        if ((wish->name.len > 0 && !str_equal(wish->name, name)) ||
            !topic_matches(wish->prefix, topic_str(ret_topic)))
            continue;
        return message(s, walk, s->bus->seq[STREAM_SCORE], ret_topic);
    }
    return 0;
}

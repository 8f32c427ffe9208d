/* One step: what is due first, then the event, then the rules on what it touched.
 *
 * Happy path: new -> ts settled -> seen before? -> ticket or call folds it -> the board's numbers
 * move -> rules of the touched names are judged. What can fail: a limit is met (refused, counted,
 * told); the outbox is full (the caller drains it and comes again). */
#include "core/engine.h"

#include "core/appraise.h"
#include "core/block.h"
#include "core/engines.h"
#include "core/err.h"
#include "core/fold.h"
#include "core/snapshot.h"

enum {
    LIMIT_AGAIN = MS_MINUTE, /* a limit is told again after so long */
    SWEEP_PER_TICK = 1000,   /* tickets that are brought to other policies: about a millisecond */
    EARLY_BYTES = 8 << 20,   /* what may change ahead of an image's cursor */
};

/* --- making ------------------------------------------------------------------------------- */

static uint64_t timers_cap(const struct limits *l)
{
    uint64_t n =
        (uint64_t)l->tickets + l->calls + l->alerts + l->agents + NAME_RESERVED_N + REMARKS_MAX;
    return n > POOL_INDEX_MASK ? POOL_INDEX_MASK : n;
}

uint64_t engine_size(const struct limits *l, const struct settings *s)
{
    const char *why;
    if (settings_check(s, &why) != 0)
        return 0;
    uint64_t n = block_round(sizeof(struct engine)) + block_round(board_bytes(l, s)) +
                 block_round(tickets_bytes(l)) + block_round(calls_bytes(l)) +
                 block_round(presences_bytes(l)) + block_round(rules_bytes(l)) +
                 block_round(seen_bytes(l)) + block_round(wheel_bytes((uint32_t)timers_cap(l))) +
                 block_round(agreements_bytes()) + block_round(sizeof(struct scorecards)) +
                 block_round(remarks_bytes());
    /* The image's own memory depends on the pools: two bits a slot are more than it takes. */
    uint64_t slots = timers_cap(l) + 10ULL * l->tickets + l->history + 8ULL * l->calls + l->chunks +
                     4ULL * l->ids + 5ULL * l->alerts + 12ULL * l->agents + l->teams + l->channels +
                     l->priorities + l->categories + 600ULL * l->sources + (1 << 22);
    return n + slots / 4 + EARLY_BYTES + (4 << 20);
}

static bool lookup_ticket(void *ctx, uint32_t at, struct standing *ret)
{
    return ticket_claim(((struct engine *)ctx)->tickets, at, ret);
}

static void lookup_ticket_near(void *ctx, uint32_t at)
{
    ticket_claim_prefetch(((struct engine *)ctx)->tickets, at);
}

static bool lookup_call(void *ctx, uint32_t at, struct tags *ret_tags, ms_t *ret_offered)
{
    return call_waiting(((struct engine *)ctx)->calls, at, ret_tags, ret_offered);
}

static struct str lookup_ticket_name(void *ctx, uint32_t at)
{
    struct tickets *t = ((struct engine *)ctx)->tickets;
    return ticket_key(t, pool_handle(tickets_pool(t), at));
}

static struct str lookup_call_name(void *ctx, uint32_t at)
{
    struct calls *c = ((struct engine *)ctx)->calls;
    return call_key(c, pool_handle(calls_pool(c), at));
}

/* Its own copy: the configuration's goes with the next reload. */
void engine_keep_cards(struct engine *e, const struct scorecards *cards)
{
    e->settings.cards = cards == NULL ? NULL : e->cards;
    if (cards != NULL)
        *e->cards = *cards;
}

static int make_parts(struct engine *e, uint8_t *at)
{
    const char *why;
    const struct limits *l = &e->limits;
    const struct settings *s = &e->settings;
    struct window_watch watch[WATCHES_MAX * WINDOW_FAMILIES_MAX];
    e->cards = block_take(&at, sizeof *e->cards);
    engine_keep_cards(e, s->cards);
    remarks_init(&e->remarks, block_take(&at, remarks_bytes()));
    uint32_t watches = measure_watches(s, watch, ARRAY_LEN(watch));
    e->board = board_init(block_take(&at, board_bytes(l, s)), l, s, watch, watches);
    e->agreements = agreements_init(block_take(&at, agreements_bytes()));
    int err = agreements_prepare(e->agreements, s->sla, e->board, &why);
    if (err != 0)
        return err;
    agreements_adopt(e->agreements, MS_NONE);
    e->settings.sla = &agreement_get(e->agreements, 0)->said;
    uint32_t timers = (uint32_t)timers_cap(l);
    wheel_init(&e->wheel, "timers", block_take(&at, wheel_bytes(timers)), timers);
    e->seen = seen_init(block_take(&at, seen_bytes(l)), l, s->seed);
    struct links links = {.board = e->board,
                          .wheel = &e->wheel,
                          .sources = seen_sources(e->seen),
                          .agreements = e->agreements,
                          .counters = &e->core.counters,
                          .settings = s,
                          .timer_kind = OWNER_TICKET};
    e->tickets = tickets_init(block_take(&at, tickets_bytes(l)), l, &links, mix64(s->seed));
    links.timer_kind = OWNER_PRESENCE;
    e->presences =
        presences_init(block_take(&at, presences_bytes(l)), l, &links, mix64(s->seed + 2));
    links.presences = e->presences;
    links.timer_kind = OWNER_CALL;
    e->calls = calls_init(block_take(&at, calls_bytes(l)), l, &links, mix64(s->seed + 1));
    e->rules = rules_init(block_take(&at, rules_bytes(l)), l, s, &e->wheel, OWNER_RULE);
    struct board_lookup lookup = {.ctx = e,
                                  .ticket = lookup_ticket,
                                  .ticket_near = lookup_ticket_near,
                                  .call = lookup_call,
                                  .ticket_name = lookup_ticket_name,
                                  .call_name = lookup_call_name};
    board_set_lookup(e->board, &lookup);
    agreements_tell_hours(e->agreements, e->board);
    struct pool *pool[IMAGE_POOLS_MAX];
    struct image_blob blob[IMAGE_BLOBS_MAX];
    struct image_setup setup = {.pool = pool, .blob = blob, .early_bytes = EARLY_BYTES};
    setup.layout = engine_parts(e, pool, &setup.pools, blob, &setup.blobs);
    image_setup(&e->image, block_take(&at, image_bytes(&setup)), &setup);
    return 0;
}

/* What follows from the rules: what the board must tell, and how much room one name takes. */
void engine_listen(struct engine *e)
{
    uint32_t inputs[SCOPE_N] = {0};
    e->effects_max = 1;
    board_keep_aspects(e->board);
    for (uint32_t i = 0; i < e->settings.rules; i++)
        inputs[e->settings.rule[i].scope] |= measure_inputs(&e->settings, &e->settings.rule[i]);
    for (enum scope s = 0; s < SCOPE_N; s++) {
        uint32_t n = rules_effects_max(e->rules, s);
        e->effects_max = n > e->effects_max ? n : e->effects_max;
    }
    board_listen(e->board, inputs);
}

int engine_init(struct engine **ret_e, void *mem, const struct limits *limits,
                const struct settings *settings, ms_t started_at)
{
    const char *why;
    int err = settings_check(settings, &why);
    if (err != 0)
        return err;
    uint8_t *at = mem;
    struct engine *e = block_take(&at, sizeof *e);
    e->limits = *limits;
    e->settings = *settings;
    e->core.at = e->core.fired = e->core.now = MS_NONE;
    e->core.live = true;
    e->core.started_at = started_at;
    for (int i = 0; i < LIMIT_MET_N; i++)
        e->core.limit_at[i] = MS_NONE;
    err = make_parts(e, at);
    if (err != 0)
        return err;
    engine_listen(e);
    *ret_e = e;
    return 0;
}

/* --- clock and deadlines ------------------------------------------------------------------ */

static uint32_t room(const struct outbox *out)
{
    return out->cap - out->n;
}

static void advance(struct engine *e, ms_t at)
{
    if (e->core.at != MS_NONE && at <= e->core.at)
        return;
    e->core.at = at;
    if (e->core.started_at == MS_NONE)
        e->core.started_at = at;
    board_advance(e->board, at);
}

/* The instant at which something is told: live, the clock of who asked for the tick; a replay has
 * no other clock than its events. */
static ms_t now_of(const struct engine *e)
{
    return e->core.live ? ms_max(e->core.now, e->core.at) : e->core.at;
}

/* Tells what clocks have come to. */
static void tell(struct engine *e, struct outbox *out)
{
    handle_t entry;
    while (room(out) >= e->effects_max && (entry = alerts_next(tickets_alerts(e->tickets))) != 0) {
        struct effect *to = &out->effects[out->n];
        to->kind = EFFECT_ALERT;
        to->limit = 0;
        out->n += ticket_alert(e->tickets, entry, now_of(e), &to->alert);
    }
}

/* What people said of an alert as it is told: by the end of a batch a mute may be over. */
static void hear(struct engine *e, struct outbox *out)
{
    engine_hear(e, out, e->heard);
    e->heard = out->n;
}

static bool judge_touched(struct engine *e, ms_t t, struct outbox *out)
{
    struct entity_ref ref;
    if (alerts_next(tickets_alerts(e->tickets)) != 0)
        tell(e, out);
    while (room(out) >= e->effects_max) {
        if (rules_asked(e->rules))
            rules_answer(e->rules, e->board, t, out);
        else if (board_touched(e->board, &ref, 1) == 0)
            return true;
        else if (!rules_touched(e->rules, e->board, ref.scope, ref.index, t, out))
            e->core.limit_met[LIMIT_MET_ALERTS]++;
    }
    return false;
}

/* Judges the rules of what was touched. false: the outbox is full, some are left. */
static bool judge(struct engine *e, ms_t t, struct outbox *out)
{
    if (LIKELY(!board_is_touched(e->board) && !rules_asked(e->rules) && out->n == e->heard &&
               alerts_next(tickets_alerts(e->tickets)) == 0))
        return room(out) >= e->effects_max; /* nothing is to be told: nearly always */
    bool done = judge_touched(e, t, out);
    if (UNLIKELY(out->n != e->heard))
        hear(e, out);
    return done;
}

/* For the effects of one name's rules, and for the work of another one. */
static bool has_room(const struct engine *e, const struct outbox *out)
{
    return room(out) >= e->effects_max && (e->work_max == 0 || e->work < e->work_max);
}

/* Fires what is due up to `until`, in order of time; at that very instant only kinds below
 * `kinds`. false: the outbox is full, or it was work enough. */
static bool fire(struct engine *e, ms_t until, uint32_t kinds, struct outbox *out)
{
    struct wheel_fired due;
    while (has_room(e, out) && wheel_pop_kinds(&e->wheel, until, kinds, &due)) {
        advance(e, due.deadline);
        e->core.fired = ms_max(e->core.fired, due.deadline);
        if (due.kind == OWNER_TICKET)
            ticket_due(e->tickets, due.owner, due.deadline);
        else if (due.kind == OWNER_CALL)
            call_due(e->calls, due.owner, due.deadline);
        else if (due.kind == OWNER_PRESENCE)
            presence_due(e->presences, due.owner, due.deadline);
        else if (due.kind == OWNER_REMARK)
            engine_unmute(e, due.owner, out);
        else
            e->work += rules_due(e->rules, e->board, due.owner, due.deadline, out);
        e->core.judged = due.deadline;
        if (!judge(e, due.deadline, out))
            return false;
    }
    if (!has_room(e, out) && wheel_next(&e->wheel) <= until)
        return false;
    if (room(out) < e->effects_max)
        return false;
    e->core.fired = ms_max(e->core.fired, until);
    return true;
}

static void tell_limits(struct engine *e, struct outbox *out)
{
    struct engine_core *c = &e->core;
    uint64_t other = e->other_loaded;
    for (enum scope s = 0; s < SCOPE_N; s++)
        other += board_names(e->board, s)->overflowed;
    c->counters.samples_shed = e->shed_loaded + board_shed(e->board);
    uint64_t untracked = tickets_alerts(e->tickets)->ends.tally.untracked;
    c->limit_met[LIMIT_MET_ALERTS] += untracked - c->untracked;
    c->untracked = untracked;
    c->limit_met[LIMIT_MET_NAMES] = c->counters.names_other = other;
    c->limit_met[LIMIT_MET_CHUNKS] = c->counters.samples_shed;
    c->limit_met[LIMIT_MET_CALLS] = c->counters.calls_shed;
    c->limit_met[LIMIT_MET_SOURCES] = seen_sources(e->seen)->overflowed;
    c->limit_met[LIMIT_MET_IDS] = seen_ids_shed(e->seen);
    for (int i = 0; i < LIMIT_MET_N && room(out) > 0; i++) {
        bool again = c->limit_at[i] == MS_NONE || c->at - c->limit_at[i] >= LIMIT_AGAIN;
        if (c->limit_met[i] == c->limit_seen[i] || !again)
            continue;
        c->limit_seen[i] = c->limit_met[i];
        c->limit_at[i] = c->at;
        out->effects[out->n++] = (struct effect){.kind = EFFECT_LIMIT, .limit = (uint8_t)i};
    }
}

static bool tick(struct engine *e, ms_t at, struct outbox *out)
{
    if (at == MS_NONE || (e->core.at != MS_NONE && at < e->core.at))
        at = e->core.at; /* the clock never goes back */
    if (at == MS_NONE)
        return true;
    e->core.now = at;
    e->core.judged = at;
    if (!judge(e, at, out) || !fire(e, at, OWNER_KINDS, out))
        return false;
    advance(e, at);
    if (!tickets_swept(e->tickets)) {
        tickets_sweep(e->tickets, SWEEP_PER_TICK, e->core.fired);
        if (!judge(e, at, out))
            return false;
    }
    tickets_forget(e->tickets, at);
    tell_limits(e, out);
    return true;
}

/* --- events ------------------------------------------------------------------------------- */

static uint32_t agent_of(struct engine *e, const struct event *ev)
{
    return event_has(ev, F_AGENT) ? board_name(e->board, SCOPE_AGENT, ev->agent, NULL) : 0;
}

/* Judgements without a ticket count for what they name. */
static void without_ticket(struct engine *e, const struct event *ev)
{
    struct record r;
    struct sink out = {.board = e->board};
    struct fold f;
    struct fold_terms terms = {.s = &e->settings};
    fold_init(&f);
    record_take_ticket(e->board, ev, 0, &r);
    fold_record(&f, NULL, NULL, &r, &terms, &out);
}

static int agent_info(struct engine *e, const struct event *ev, uint32_t src)
{
    uint32_t index = agent_of(e, ev);
    struct name *n = name_edit(board_names(e->board, SCOPE_AGENT), index);
    if (event_has(ev, F_BOT))
        n->flags = ev->bot ? n->flags | AGENT_BOT : n->flags & ~(uint32_t)AGENT_BOT;
    if (event_has(ev, F_ACTIVE))
        n->flags = ev->active ? n->flags & ~(uint32_t)AGENT_INACTIVE : n->flags | AGENT_INACTIVE;
    if (event_names(ev, F_TEAM)) /* nil: of no team */
        n->user = event_has(ev, F_TEAM) ? board_name(e->board, SCOPE_TEAM, ev->team, NULL) : 0;
    if (event_has(ev, F_BOT) || event_names(ev, F_TEAM))
        board_note(e->board, SCOPE_AGENT, index); /* another scorecard may be theirs */
    if (event_has(ev, F_NAME) &&
        name_set_title(board_names(e->board, SCOPE_AGENT), index, ev->name))
        board_entity_edit(e->board, SCOPE_AGENT, index)->changed = true;
    return event_names(ev, F_TEAM) ? presence_apply(e->presences, ev, src) : 0;
}

/* A value stands at its ts for the agent and team that it names, and for all. Windows have it in
 * order, whenever it comes. One that nothing is made of is no mistake of its source: an indicator
 * may be made of it later, and the journal has it. */
static int measured(struct engine *e, const struct event *ev)
{
    int measure = measured_find(&e->settings.customs, ev->name);
    struct sink out = {.board = e->board};
    struct window_sample sample;
    struct record r;
    if (measure < 0) {
        e->core.counters.measured_unnamed++;
        return 0;
    }
    if (ev->value < -MEASURED_MAX || ev->value > MEASURED_MAX)
        return ERR_OUT_OF_RANGE;
    record_take(&r, ev, 0, e->board);
    measured_sample(&sample, ev->ts, (uint32_t)measure, ev->value);
    sink_sample(&out, measured_family((uint32_t)measure), &sample, &r.tags,
                1u << SCOPE_ALL | 1u << SCOPE_AGENT | 1u << SCOPE_TEAM, 1);
    return 0;
}

static int apply(struct engine *e, const struct event *ev, const struct ahead *a, uint32_t src)
{
    switch (ev->kind) {
    case EV_CALL_OFFERED:
    case EV_CALL_RUNG:
    case EV_CALL_ANSWERED:
    case EV_CALL_HELD:
    case EV_CALL_TRANSFERRED:
    case EV_CALL_ABANDONED:
    case EV_CALL_ENDED:
        return call_apply(e->calls, ev, src, e->core.fired);
    case EV_AGENT_INFO:
        return agent_info(e, ev, src);
    case EV_AGENT_STATE:
    case EV_SHIFT:
        return presence_apply(e->presences, ev, src);
    case EV_MEASURED:
        return measured(e, ev);
    case EV_HEARTBEAT:
        return 0;
    default:
        if (event_has(ev, F_TICKET))
            return ticket_apply(e->tickets, a->hash, a->ticket, ev, src, e->core.fired);
        without_ticket(e, ev);
        return 0;
    }
}

static void count_limit(struct engine_core *c, int err)
{
    if (err == ERR_TICKETS_FULL)
        c->limit_met[LIMIT_MET_TICKETS]++;
    else if (err == ERR_HISTORY_FULL || err == ERR_TICKET_LONG)
        c->limit_met[LIMIT_MET_HISTORY]++;
}

static struct result verdict(struct engine *e, int err)
{
    struct engine_counters *n = &e->core.counters;
    if (err == 0) {
        n->applied++;
        return (struct result){VERDICT_APPLIED, 0};
    }
    count_limit(&e->core, err);
    bool late = err == ERR_LATE;
    n->late_dropped += late;
    n->refused += !late;
    return (struct result){late ? VERDICT_LATE : VERDICT_REFUSED, (int16_t)err};
}

/* One event that is no tick; room was made. */
static struct result take(struct engine *e, const struct event *ev, const struct ahead *a,
                          struct outbox *out)
{
    struct event settled;
    struct engine_counters *n = &e->core.counters;
    n->events++;
    advance(e, ev->rts != MS_NONE ? ev->rts : ev->ts);
    e->core.live = ev->rts != MS_NONE;
    if (ev->rts == MS_NONE) /* a replay watches from its earliest event on */
        e->core.started_at = ms_min(e->core.started_at, ev->ts);
    uint32_t src;
    bool seen = seen_before(e->seen, ev, e->core.at, e->settings.remember_ids, &src);
    tickets_spoke(e->tickets, src, ev);
    if (seen) {
        n->duplicates++;
        return (struct result){VERDICT_DUPLICATE, 0};
    }
    if (ev->rts != MS_NONE && ev->ts > ev->rts + e->settings.skew) {
        settled = *ev;
        settled.ts = ev->rts;
        ev = &settled;
        n->skewed++;
    }
    struct result r = verdict(e, apply(e, ev, a, src));
    tickets_heard(e->tickets, src, ev, e->core.fired);
    e->core.judged = ev->ts;
    (void)judge(e, ev->ts, out); /* what finds no room comes first in the next step */
    return r;
}

static uint32_t step(struct engine *e, const struct event *events, uint32_t n,
                     struct result *results, struct outbox *out)
{
    struct ahead ahead[ENGINE_STRIDE];
    e->work = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct event *ev = &events[i];
        if (i % ENGINE_STRIDE == 0)
            engine_look_ahead(e, ev, n - i < ENGINE_STRIDE ? n - i : ENGINE_STRIDE, ahead);
        bool is_tick = ev->kind == EV_TICK;
        if (!judge(e, e->core.judged, out)) /* what the last event left for want of room */
            return i;
        if (is_tick && !tick(e, ev->rts, out))
            return i;
        if (!is_tick && ev->rts == MS_NONE && !fire(e, ev->ts, OWNER_PASSED, out))
            return i;
        results[i] = is_tick ? (struct result){VERDICT_APPLIED, 0}
                             : take(e, ev, &ahead[i % ENGINE_STRIDE], out);
    }
    return n;
}

uint32_t engine_step(struct engine *e, const struct event *events, uint32_t n,
                     struct result *results, struct outbox *out)
{
    e->heard = out->n;
    uint32_t taken = step(e, events, n, results, out);
    hear(e, out);
    return taken;
}

ms_t engine_deadline(const struct engine *e)
{
    return tickets_swept(e->tickets) ? wheel_next(&e->wheel) : e->core.at;
}

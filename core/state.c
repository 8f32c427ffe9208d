/* The engine as a whole: what others read of it, digest, invariants, images. */
#include "core/appraise.h"
#include "core/block.h"
#include "core/engines.h"
#include "core/slice.h"
#include "core/snapshot.h"
#include "core/tickets.h"

static const char *const limit_names[LIMIT_MET_N] = {
    [LIMIT_MET_TICKETS] = "tickets", [LIMIT_MET_HISTORY] = "history", [LIMIT_MET_CALLS] = "calls",
    [LIMIT_MET_NAMES] = "names",     [LIMIT_MET_CHUNKS] = "chunks",   [LIMIT_MET_ALERTS] = "alerts",
    [LIMIT_MET_SOURCES] = "sources", [LIMIT_MET_IDS] = "ids",
};

const char *limit_met_name(enum limit_met l)
{
    CHECK(l < LIMIT_MET_N);
    return limit_names[l];
}

ms_t engine_at(const struct engine *e)
{
    return e->core.at;
}

const struct settings *engine_settings(const struct engine *e)
{
    return &e->settings;
}

void engine_set_tap(struct engine *e, const struct board_tap *tap)
{
    board_set_tap(e->board, tap);
}

void engine_set_work(struct engine *e, uint32_t most)
{
    e->work_max = most;
}

uint32_t engine_names(const struct engine *e, enum scope scope)
{
    return (e->settings.scopes >> scope & 1) != 0 ? name_count(board_names(e->board, scope)) : 0;
}

uint32_t engine_name_find(const struct engine *e, enum scope scope, struct str name)
{
    return engine_names(e, scope) == 0 ? 0 : name_find(board_names(e->board, scope), name);
}

struct str engine_part(const struct engine *e, enum part_kind kind, uint32_t part)
{
    return board_part_text(e->board, kind, part);
}

struct str engine_name(const struct engine *e, enum scope scope, uint32_t index)
{
    return name_text(board_names(e->board, scope), index);
}

void engine_snapshot(struct engine *e, enum scope scope, uint32_t index, uint32_t windows,
                     struct snapshot *ret)
{
    CHECK(e->core.at != MS_NONE && index <= engine_names(e, scope));
    ms_t next =
        snapshot_take(e->board, &e->settings, scope, index, windows, e->core.started_at, ret);
    ret->present = scope == SCOPE_AGENT &&
                   presence_now(e->presences, index, &ret->presence, &ret->present_since);
    struct engine_agent agent = {.team = {"", 0}};
    if (scope == SCOPE_AGENT)
        engine_agent(e, index, &agent);
    ret->team = agent.team;
    board_entity_edit(e->board, scope, index)->next_change = next;
}

bool engine_source(const struct engine *e, uint32_t index, struct engine_source *ret)
{
    struct seen_source seen;
    if (!seen_source(e->seen, index, &seen))
        return false;
    const struct hold_source *hold = tickets_source(e->tickets, index);
    *ret = (struct engine_source){.name = seen.name,
                                  .heard = hold == NULL ? MS_NONE : hold->heard,
                                  .newest = hold == NULL ? MS_NONE : hold->newest,
                                  .beats = hold != NULL && hold->beats != 0,
                                  .numbers = seen.numbers,
                                  .last = seen.last,
                                  .missing = seen.missing,
                                  .restarts = seen.restarts};
    if (ret->heard != MS_NONE && ret->newest != MS_NONE)
        ret->lag = ms_max(0, ret->heard - ret->newest);
    return true;
}

uint64_t engine_source_missing(const struct engine *e, uint32_t index, uint64_t upto)
{
    return seen_source_missing(e->seen, index, upto);
}

uint32_t engine_sources(const struct engine *e)
{
    return name_count(seen_sources(e->seen));
}

enum scope engine_view(const struct engine *e, enum scope scope, struct str calendar)
{
    return board_view(e->board, scope, calendar);
}

void engine_figures(struct engine *e, enum scope scope, uint32_t index, uint32_t window,
                    const struct figure_source *source, uint32_t n, struct figure *ret)
{
    CHECK(e->core.at != MS_NONE && (scope >= SCOPE_N || index <= engine_names(e, scope)));
    figures_read(e->board, scope, index, window, source, n, ret);
}

bool engine_score(struct engine *e, const struct scorecards *cards, const struct scorecard *first,
                  uint32_t index, const struct scorecard **ret_card, struct score *ret)
{
    CHECK(e->core.at != MS_NONE && index <= engine_names(e, (enum scope)first->scope));
    return appraise(e->board, cards, first, first->window, index, ret_card, ret);
}

void engine_window(const struct engine *e, uint32_t window, ms_t *ret_from, ms_t *ret_covered_from)
{
    *ret_from = board_window_from(e->board, window);
    *ret_covered_from = ms_max(*ret_from, e->core.started_at);
}

void engine_agent(const struct engine *e, uint32_t index, struct engine_agent *ret)
{
    const struct name *n = name_get(board_names(e->board, SCOPE_AGENT), index);
    *ret = (struct engine_agent){.title = name_title(board_names(e->board, SCOPE_AGENT), index),
                                 .bot = (n->flags & AGENT_BOT) != 0};
    if (n->user != 0)
        ret->team = name_text(board_names(e->board, SCOPE_TEAM), n->user);
}

bool engine_changed(const struct engine *e, enum scope scope, uint32_t index)
{
    const struct entity *n = board_entity(e->board, scope, index);
    return n->changed || n->next_change <= e->core.at;
}

void engine_snapshot_done(struct engine *e, enum scope scope, uint32_t index)
{
    board_entity_edit(e->board, scope, index)->changed = false;
}

uint32_t engine_active(const struct engine *e)
{
    return rules_active(e->rules) + (uint32_t)tickets_alerts(e->tickets)->ends.tally.active;
}

bool engine_alert_next(const struct engine *e, uint32_t *at, struct alert *ret)
{
    enum { CLOCKS = 1u << 31 }; /* of *at: the rules' alerts are done */
    bool more = (*at & CLOCKS) == 0 && rules_alert_next(e->rules, e->board, at, ret);
    if (!more) {
        uint32_t entry = (*at & CLOCKS) == 0 ? 0 : *at & ~(uint32_t)CLOCKS;
        more = ticket_alert_next(e->tickets, &entry, e->core.at, ret);
        *at = entry | CLOCKS;
    }
    if (more)
        engine_remark(e, ret);
    return more;
}

const struct engine_counters *engine_counters(const struct engine *e)
{
    struct engine_counters *n = (struct engine_counters *)&e->core.counters;
    const struct rule_tally *alerts = rules_tally(e->rules);
    n->alerts_fired = alerts->fired;
    n->alerts_cleared = alerts->cleared;
    n->alerts_corrected = alerts->corrected;
    n->alerts_cancelled = alerts->cancelled;
    const struct alerts_tally *clocks = &tickets_alerts(e->tickets)->ends.tally;
    n->sla_fired = clocks->fired;
    n->sla_breached = clocks->breached;
    n->sla_cleared = clocks->cleared;
    n->sla_corrected = clocks->corrected;
    n->sla_cancelled = clocks->cancelled;
    n->sla_untracked = clocks->untracked;
    n->sources_restarted = seen_restarted(e->seen);
    n->seq_gaps = seen_missing(e->seen);
    n->seq_gaps_forgotten = seen_forgotten(e->seen);
    n->ids_forgotten = seen_ids_shed(e->seen);
    return n;
}

/* Names that count against a limit: the reserved ones do not. */
static uint64_t plain_names(const struct names *n)
{
    uint64_t count = name_count(n);
    for (int i = 0; i < NAME_RESERVED_N; i++)
        count -= n->reserved[i] != 0;
    return count;
}

uint32_t engine_usage(const struct engine *e, struct engine_use *ret, uint32_t cap)
{
    const struct limits *l = &e->limits;
    struct pool *windows[32];
    uint32_t n = board_pools(e->board, windows);
    uint64_t chunks = 0, watched = rules_pool(e->rules)->live;
    uint64_t told = tickets_alerts(e->tickets)->pool.live;
    for (uint32_t i = 0; i < n; i++)
        chunks += windows[i]->cap == l->chunks ? windows[i]->live : 0;
    const struct engine_use use[] = {
        {"tickets", tickets_pool(e->tickets)->live, l->tickets},
        {"history", tickets_history(e->tickets)->live, l->history},
        {"calls", calls_pool(e->calls)->live, l->calls},
        {"agents", plain_names(board_names(e->board, SCOPE_AGENT)), l->agents},
        {"teams", plain_names(board_names(e->board, SCOPE_TEAM)), l->teams},
        {"channels", plain_names(board_names(e->board, SCOPE_CHANNEL)), l->channels},
        {"priorities", plain_names(board_names(e->board, SCOPE_PRIORITY)), l->priorities},
        {"categories", plain_names(board_names(e->board, SCOPE_CATEGORY)), l->categories},
        {"sources", plain_names(seen_sources(e->seen)), l->sources},
        {"chunks", chunks, l->chunks},
        {"ids", seen_ids(e->seen), l->ids},
        {"alerts", watched > told ? watched : told, l->alerts}, /* each has room for so many */
    };
    uint32_t copied = 0;
    for (; copied < ARRAY_LEN(use) && copied < cap; copied++)
        ret[copied] = use[copied];
    return copied;
}

uint32_t engine_growth(const struct engine *e, struct engine_growth ret[ENGINE_GROWTHS])
{
    STATIC_ASSERT((int)ENGINE_GROWTHS == (int)IMAGE_POOLS_MAX, "every pool of an image");
    for (uint32_t i = 0; i < e->image.pools; i++) {
        const struct pool *p = e->image.pool[i];
        ret[i] = (struct engine_growth){.name = p->name,
                                        .base = p->base,
                                        .used = (1 + (uint64_t)p->high) * p->slot_size,
                                        .size = (1 + (uint64_t)p->cap) * p->slot_size,
                                        .live = p->live,
                                        .slots = p->high,
                                        .slot_size = p->slot_size};
    }
    return e->image.pools;
}

uint32_t engine_finders(const struct engine *e, struct engine_finder ret[ENGINE_FINDERS])
{
    const struct tickets *t = e->tickets;
    const struct map *maps[] = {&t->map, seen_map(e->seen), &t->customers.touches.root,
                                &t->repeats.openings.root, &t->repeats.resolves.root};
    STATIC_ASSERT(ARRAY_LEN(maps) == ENGINE_FINDERS, "room for each");
    for (uint32_t i = 0; i < ENGINE_FINDERS; i++)
        ret[i] = (struct engine_finder){maps[i]->cells, map_bytes(maps[i]->cap)};
    return ENGINE_FINDERS;
}

void engine_check(struct engine *e)
{
    board_check(e->board);
    tickets_check(e->tickets);
    calls_check(e->calls);
    presences_check(e->presences);
    rules_check(e->rules, e->board);
    remarks_check(&e->remarks);
    const struct engine_counters *n = &e->core.counters;
    CHECK(n->events == n->applied + n->duplicates + n->late_dropped + n->refused);
}

uint64_t engine_digest(struct engine *e)
{
    uint64_t h = board_digest(e->board);
    h = mix64(h + tickets_digest(e->tickets, e->core.at));
    h = mix64(h + calls_digest(e->calls, e->core.at));
    return mix64(h + presences_digest(e->presences));
}

/* --- image -------------------------------------------------------------------------------- */

static uint64_t layout_of(const struct engine *e)
{
    const struct settings *s = &e->settings;
    uint64_t h = hash_bytes(IMAGE_VERSION, &e->limits, sizeof e->limits);
    for (uint32_t w = 0; w < s->windows; w++)
        h = mix64(hash_str(h, str_of(s->window[w].name)) ^ (uint64_t)s->window[w].length);
    const uint64_t others[] = {s->scopes, s->windows, s->exact_samples,
                               s->seed,   RULES_MAX,  s->compared};
    h = hash_bytes(h, others, sizeof others);
    struct time_slice slice[SLICES_MAX];
    uint32_t slices = slices_of(s, slice);
    for (uint32_t i = 0; i < slices; i++)
        h = mix64(hash_str(h, str_of(slice[i].calendar)) ^ slice[i].scope ^
                  (uint64_t)slice[i].families << 8);
    struct window_watch watch[WATCHES_MAX * WINDOW_FAMILIES_MAX];
    memset(watch, 0, sizeof watch);
    uint32_t n = measure_watches(s, watch, ARRAY_LEN(watch));
    for (uint32_t i = 0; i < n; i++)
        h = mix64(h ^ mix64((uint64_t)watch[i].above) ^ watch[i].column ^
                  (uint64_t)watch[i].family << 8);
    return h;
}

uint64_t engine_parts(struct engine *e, struct pool *pool[IMAGE_POOLS_MAX], uint32_t *ret_pools,
                      struct image_blob blob[IMAGE_BLOBS_MAX], uint32_t *ret_blobs)
{
    uint32_t n = board_pools(e->board, pool), blobs = 0;
    n += tickets_pools(e->tickets, pool + n);
    n += calls_pools(e->calls, pool + n);
    n += presences_pools(e->presences, pool + n);
    n += seen_pools(e->seen, pool + n);
    pool[n++] = rules_pool(e->rules);
    pool[n++] = &e->wheel.timers;
    pool[n++] = &e->remarks.pool;
    CHECK(n <= IMAGE_POOLS_MAX);
    blob[blobs++] = (struct image_blob){&e->core, sizeof e->core};
    blob[blobs++] = (struct image_blob){tickets_blob(e->tickets), sizeof(struct tickets_ends)};
    blob[blobs++] =
        (struct image_blob){&tickets_alerts(e->tickets)->ends, sizeof(struct alerts_ends)};
    blob[blobs++] = (struct image_blob){calls_blob(e->calls), sizeof(struct calls_ends)};
    blob[blobs++] = (struct image_blob){rules_tally(e->rules), sizeof(struct rule_tally)};
    blobs += seen_blobs(e->seen, blob + blobs);
    *ret_pools = n;
    *ret_blobs = blobs;
    return layout_of(e);
}

struct image *engine_image(struct engine *e)
{
    return &e->image;
}

void engine_loaded(struct engine *e)
{
    board_rebuild(e->board);
    agreements_rebuild(e->agreements, e->board, (uint32_t)e->core.agreement);
    tickets_rebuild(e->tickets);
    calls_rebuild(e->calls);
    presences_rebuild(e->presences);
    seen_rebuild(e->seen);
    wheel_rebuild(&e->wheel);
    remarks_rebuild(&e->remarks);
    if (e->core.at != MS_NONE)
        board_advance(e->board, e->core.at);
    rules_rebuild(e->rules);
    engine_listen(e);
    e->other_loaded = e->core.counters.names_other;
    e->shed_loaded = e->core.counters.samples_shed;
}

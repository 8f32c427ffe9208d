/* board.h: scope x indicator x window: the live numbers of every name, and its gauges.
 * tidy: long because all that is said to a board and asked of it stands in one place.
 *
 * An entity is one name of one scope (agent ada, team billing, all). Samples of the fold are
 * spread here over the entities of their tags; gauges count tickets by what they are now.
 * Entities are made with their name and never go. The engine is the only caller; readers of
 * numbers (snapshots, rules) move window cursors, which nothing depends on. */
#ifndef TP_CORE_BOARD_H
#define TP_CORE_BOARD_H

#include "core/effect.h"
#include "core/entity.h"
#include "core/name.h"
#include "core/window_walk.h"

struct board;

/* settings: the engine's copy, borrowed for life. watch: thresholds that rules count samples
 * against, at most WATCHES_MAX a family; copied. mem: board_bytes of zeroes, 64-byte aligned. */
uint64_t board_bytes(const struct limits *limits, const struct settings *s);
struct board *board_init(void *mem, const struct limits *limits, const struct settings *s,
                         const struct window_watch *watch, uint32_t watches);

/* Moves the clock (whole seconds) and the calendar windows. Never goes back. */
void board_advance(struct board *b, ms_t at);
ms_t board_at(const struct board *b);
const struct settings *board_settings(const struct board *b); /* the engine's */

/* The next instant at which a calendar window begins anew. */
ms_t board_next_calendar(const struct board *b);

/* Bit enum scope: the scopes that are kept. */
uint32_t board_scopes(const struct board *b);

/* --- names -------------------------------------------------------------------------------- */

/* Index of a name, made when new; "(other)" when the scope is full (*ret_full, may be NULL). */
uint32_t board_name(struct board *b, enum scope s, struct str name, bool *ret_full);
/* An agent's name that no event may use: "(auto)" or "(customer)". */
uint32_t board_reserved(struct board *b, enum name_reserved which);
/* What names.flags of agents can say. */
enum { AGENT_BOT = 1, AGENT_INACTIVE = 2 };
struct names *board_names(const struct board *b, enum scope s);
const struct entity *board_entity(const struct board *b, enum scope s, uint32_t index);
struct entity *board_entity_edit(struct board *b, enum scope s, uint32_t index);
/* Brings the name's logs of these families (bits FAM_x) near. */
void board_prefetch(const struct board *b, enum scope s, uint32_t index, uint32_t families);

/* Begins walks to where these tags' logs of a family keep ts; returns how many. */
uint32_t board_walks(const struct board *b, uint32_t family, const struct tags *tags,
                     uint32_t scopes, ms_t ts, struct btree_walk ret[SCOPE_N]);

/* --- what the fold says ------------------------------------------------------------------- */

/* Adds (sign +1) or withdraws (-1) a sample for every kept scope in `scopes` that has a tag. */
void board_sample(struct board *b, uint32_t family, const struct window_sample *sample,
                  const struct tags *tags, uint32_t scopes, int sign);

/* Sets or clears a loose flag at ts for the scopes in `scopes`. */
void board_mark(struct board *b, uint32_t family, uint32_t flag, ms_t ts, const struct tags *tags,
                uint32_t scopes, bool on);

/* Clears each of these loose flags, as board_mark would, of one sample if one has them all. */
void board_unmark(struct board *b, uint32_t family, uint32_t flags, ms_t ts,
                  const struct tags *tags, uint32_t scopes);

/* A ticket stood so before and stands so now; `was` or `is` may be NULL. */
void board_stand(struct board *b, handle_t ticket, const struct standing *was,
                 const struct standing *is);

/* One more (+1) or one less (-1) of these gauges (bits GAUGE_x) for all and the tags. */
void board_count(struct board *b, uint32_t gauges, const struct tags *tags, int sign);

/* A call waits (+1) or no longer waits (-1) since `offered`, for all and its tags. */
void board_call_waits(struct board *b, handle_t call, const struct tags *tags, ms_t offered,
                      int sign);

/* What rules look at, per scope: only touches of these inputs are noted for board_touched. All
 * are until this is said. */
void board_listen(struct board *b, const uint32_t inputs[SCOPE_N]);

/* Notes a name as touched by a gauge, though none moved: what is known of it changed. */
void board_note(struct board *b, enum scope s, uint32_t index);
/* Entities touched since the last call, as (scope, index); at most cap; returns how many.
 * Clears their place in the list, not their `touched` bits: that is the rules' to do. */
struct entity_ref {
    uint8_t scope;
    uint32_t index;
};
uint32_t board_touched(struct board *b, struct entity_ref *ret, uint32_t cap);
bool board_is_touched(const struct board *b);

/* --- readers ------------------------------------------------------------------------------ */

/* Who a ticket or call is now, by its slot, for the oldest_ gauges; set once by the engine. */
struct board_lookup {
    void *ctx;
    bool (*ticket)(void *ctx, uint32_t at, struct standing *ret); /* fold_claim; false: gone */
    void (*ticket_near)(void *ctx, uint32_t at);                  /* it will be asked soon */
    bool (*call)(void *ctx, uint32_t at, struct tags *ret_tags, ms_t *ret_offered);
    struct str (*ticket_name)(void *ctx, uint32_t at);
    struct str (*call_name)(void *ctx, uint32_t at);
};
void board_set_lookup(struct board *b, const struct board_lookup *lookup);

/* Whoever wants to hear every sample, mark and part as the fold says it, with all its tags and its
 * sign (op.h): reports. Set once by the engine, before the first event; NULL: nobody. */
struct op;
struct board_tap {
    void *ctx;
    void (*take)(void *ctx, const struct op *op);
};
void board_set_tap(struct board *b, const struct board_tap *tap);
const struct board_tap *board_tap(const struct board *b);

/* With a window of settings.compared: the one of its length before it. Not for board_orders. */
enum { BOARD_BEFORE = 1 << 8 };
/* The numbers of one family in one window, now; of stints the sums are times up to the clock. */
void board_numbers(struct board *b, enum scope s, uint32_t index, uint32_t family, uint32_t window,
                   struct window_numbers *ret);

/* Order statistics of one column in one window (one pass: not for hot paths). */
void board_order(struct board *b, enum scope s, uint32_t index, uint32_t family, uint32_t column,
                 uint32_t window, struct window_order *ret);

/* A gauge now: a count, or for the oldest_ ones the instant since which (MS_NONE: none), with
 * the ticket or call in *ret_of (may be NULL). */
int64_t board_gauge(struct board *b, enum scope s, uint32_t index, enum indicator gauge,
                    struct str *ret_of);

/* The next instant at which family `fam` of this window changes by time alone. */
ms_t board_next_change(struct board *b, enum scope s, uint32_t index, uint32_t family,
                       uint32_t window);

/* Order statistics of several columns in several windows, by one pass. */
void board_orders(struct board *b, enum scope s, uint32_t index, uint32_t family, uint32_t windows,
                  uint32_t columns, struct window_order ret[WINDOWS_MAX][WINDOW_COLUMNS_MAX]);

/* First ms of a window now, and how long its slots are (0 = exact). */
ms_t board_window_from(const struct board *b, uint32_t window);

ms_t board_slot_ms(struct board *b, enum scope s, uint32_t index, uint32_t window);

/* Index within its family of the watch for (column, above), made from the rules by board_init;
 * -1 when no rule asked for it. */
int board_watch(const struct board *b, uint32_t family, uint32_t column, ms_t above);

uint64_t board_digest(struct board *b);
void board_check(struct board *b);
uint64_t board_shed(const struct board *b);
void board_shed_one(struct board *b); /* something found no room beside the logs */

/* The pools, for images: fills ret[], returns how many (<= 32). After a load: board_rebuild. */
uint32_t board_pools(struct board *b, struct pool *ret[32]);
void board_rebuild(struct board *b);

#endif

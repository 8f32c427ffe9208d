/* engine.h: the core's whole interface: one pure step over a batch of events, and its readers.
 * tidy: long because it is the core's whole interface, steps and readers, in one place.
 *
 * The engine lives in one zeroed block that the caller maps (address space only; pages are touched
 * when used). It reads no clock: `at` comes with the events (EV_TICK, rts) and never goes back.
 * The same events in the same order give the same state; batches may be split anywhere.
 *
 *     mem = map(engine_size(&limits, &settings)); engine_init(&e, mem, &limits, &settings);
 *     engine_step(e, events, n, results, &outbox);      events in, effects out
 *     engine_deadline(e)                                when to send the next EV_TICK
 *     engine_snapshot(e, name, &snapshot)               what people look at
 */
#ifndef TP_CORE_ENGINE_H
#define TP_CORE_ENGINE_H

#include "core/effect.h"
#include "core/event.h"
#include "core/explain.h"
#include "core/figure.h"
#include "core/limits.h"
#include "core/settings.h"

struct engine;
struct score; /* score.h */
struct scorecard;

/* Bytes of the block. 0 when the settings or limits are impossible (settings_check says why). */
uint64_t engine_size(const struct limits *limits, const struct settings *settings);

/* mem: engine_size bytes of zeroes, 64-byte aligned, lent for life. Copies limits and settings.
 * started_at: since when we watch (covered_from); MS_NONE = the first event's ts (replay). */
MUST_CHECK int engine_init(struct engine **ret_e, void *mem, const struct limits *limits,
                           const struct settings *settings, ms_t started_at);

/* What became of one event. */
enum verdict { VERDICT_APPLIED, VERDICT_DUPLICATE, VERDICT_LATE, VERDICT_REFUSED };
struct result {
    uint8_t verdict;
    int16_t err; /* why, when late or refused */
};

/* Applies events[0..n), in order. Returns how many were taken: fewer than n only when the outbox
 * has no room for more effects; drain it and call again with the rest. Each event's verdict goes
 * to results[i]. An EV_TICK moves the clock to its rts and fires what is due by then.
 * Live: events carry rts; send an EV_TICK after each batch. Replay (rts = MS_NONE): the clock is
 * the newest ts so far, and what is due before an event's ts fires before it. */
uint32_t engine_step(struct engine *e, const struct event *events, uint32_t n,
                     struct result *results, struct outbox *out);

/* Rules on scores and trends are costly: a step ends after so many pieces of such work (some ten
 * microseconds each), and the tick at which it ended is not taken yet. 0: never, as at first. */
void engine_set_work(struct engine *e, uint32_t most);

/* Before this instant nothing is due by time alone; MS_NEVER: nothing ever is. A tick that comes
 * for nothing moves it on. */
ms_t engine_deadline(const struct engine *e);

/* The engine's clock; MS_NONE before the first event or tick. */
ms_t engine_at(const struct engine *e);

const struct settings *engine_settings(const struct engine *e);

/* Applies other settings at once (reload): rules, targets, horizons. Windows, scopes, zone and
 * exact_samples cannot change: ERR_BAD_SETTINGS with the reason, and nothing changed. Alerts of
 * rules that are gone or differ are cancelled; their effects name rules by the old index, and out
 * must have room for engine_active() of them. */
MUST_CHECK int engine_apply(struct engine *e, const struct settings *settings, struct outbox *out,
                            const char **ret_why);

/* --- readers ------------------------------------------------------------------------------ */

/* Names under which numbers are kept: a dense index per scope, 1..engine_names(). Index 1 of
 * SCOPE_ALL is "-". Indices never change while the engine lives. */
uint32_t engine_names(const struct engine *e, enum scope scope);
uint32_t engine_name_find(const struct engine *e, enum scope scope, struct str name); /* 0: none */
struct str engine_name(const struct engine *e, enum scope scope, uint32_t index);
struct str engine_part(const struct engine *e, enum part_kind kind, uint32_t part); /* part.h */

/* Hears every sample and mark as the fold says it, with its tags (board.h); set before the first
 * event. For reports over whole logs: it is no part of the state. */
struct board_tap;
void engine_set_tap(struct engine *e, const struct board_tap *tap);

/* Everything about one name. windows: bit mask of settings.window to fill (cost goes with it).
 * Advances cursors only: numbers and digest do not depend on who reads when. */
void engine_snapshot(struct engine *e, enum scope scope, uint32_t index, uint32_t windows,
                     struct snapshot *ret);

/* A scope's names as of a calendar's hours, for engine_figures (board_view); "" = of all. */
enum scope engine_view(const struct engine *e, enum scope scope, struct str calendar);

/* Numbers of one name in one window, exact (figure.h): a snapshot costs more than a few of them. */
void engine_figures(struct engine *e, enum scope scope, uint32_t index, uint32_t window,
                    const struct figure_source *source, uint32_t n, struct figure *ret);

/* The score of one name on its card now (appraise.h); first: of the cards of its id. false: it has
 * no card. */
bool engine_score(struct engine *e, const struct scorecards *cards, const struct scorecard *first,
                  uint32_t index, const struct scorecard **ret_card, struct score *ret);

/* When a window begins now, and since when it is watched: later while it has watched for less. */
void engine_window(const struct engine *e, uint32_t window, ms_t *ret_from, ms_t *ret_covered_from);

/* What agent_info said of an agent; team: empty when it named none. */
struct engine_agent {
    struct str team, title; /* lent until the next step */
    bool bot;
};
void engine_agent(const struct engine *e, uint32_t index, struct engine_agent *ret);

/* What is known of one source of events, by index from 1 up to engine_sources. false: it stands for
 * those beyond the limit. */
struct engine_source {
    struct str name;   /* lent until the next step */
    ms_t heard;        /* when it last spoke, by time of receipt, to a second; MS_NONE: a replay */
    ms_t newest, lag;  /* newest ts (MS_NONE: none), and how old that was when it last spoke */
    bool beats;        /* it has sent a heartbeat */
    bool numbers;      /* its events carry seq: */
    uint64_t last;     /* the greatest one … */
    uint64_t missing;  /* … those that did not come (yet) … */
    uint32_t restarts; /* … and how often it began anew */
};
uint32_t engine_sources(const struct engine *e);
MUST_CHECK bool engine_source(const struct engine *e, uint32_t index, struct engine_source *ret);
/* Of the missing, those up to this number of the present numbering, and all of the one before. */
uint64_t engine_source_missing(const struct engine *e, uint32_t index, uint64_t upto);

/* Has anything of this name changed since the last engine_snapshot_done for it (an event, or a
 * window that moved past a sample)? */
bool engine_changed(const struct engine *e, enum scope scope, uint32_t index);
void engine_snapshot_done(struct engine *e, enum scope scope, uint32_t index);

uint32_t engine_active(const struct engine *e); /* active alerts */
/* Active alerts: start with *at = 0; false at the end. */
bool engine_alert_next(const struct engine *e, uint32_t *at, struct alert *ret);

/* Somebody attends to an active alert, as engine_alert_next gave it: takes it on (until means
 * nothing), or mutes it until an instant, MS_NEVER: until it ends, not after now: no more. The
 * alert is told with another rev; out must have room for one effect. ERR_NO_ALERT: it is not
 * active any more. ERR_REMARKS_FULL: there are too many. */
enum attention { ATTEND_ACK, ATTEND_MUTE };
MUST_CHECK int engine_attend(struct engine *e, const struct alert *alert, enum attention what,
                             struct str by, ms_t until, ms_t now, struct outbox *out);

/* Is any alert taken on or muted? */
bool engine_has_remarks(const struct engine *e);

/* Why is this ticket red: its clocks, every interval counted, pauses, retargets, corrections.
 * false: no such ticket. Costs a fold of its history. */
bool engine_explain(struct engine *e, struct str ticket, struct explanation *ret);

/* Looks at up to `budget` more tickets. true: done, the list is sorted and its texts are filled;
 * until then the tickets may change between calls. */
bool engine_worklist(struct engine *e, struct worklist *w, uint32_t budget);

/* Likewise: what `next` would do to the open tickets now. `next` must stay the same from call to
 * call; one comparison at a time (at = 0 begins another). ERR_BAD_SETTINGS: *ret_why says why. */
MUST_CHECK int engine_compare(struct engine *e, const struct sla_setting *next,
                              struct sla_change *change, uint32_t budget, bool *ret_done,
                              const char **ret_why);

/* Counters since the start (part of the image). */
#define ENGINE_COUNTERS(X)                                                                         \
    X(events, "events taken in, ticks not counted")                                                \
    X(applied, "events applied")                                                                   \
    X(duplicates, "events seen before")                                                            \
    X(late_dropped, "events older than what their ticket has folded")                              \
    X(refused, "events refused by the engine")                                                     \
    X(skewed, "events from the future, set to the time of receipt")                                \
    X(negative, "durations below zero, counted as zero")                                           \
    X(refolds, "tickets folded again because an event came late")                                  \
    X(measured_unnamed, "`measured` events whose name no indicator is made of")                    \
    X(reopened_unknown, "reopenings of tickets no longer remembered")                              \
    X(names_other, "samples counted under (other) because a scope was full")                       \
    X(tickets_forgotten, "closed tickets forgotten, by age or for room")                           \
    X(calls_shed, "calls forgotten before their time because limits.calls was met")                \
    X(samples_shed, "samples let go because window memory was full")                               \
    X(ids_forgotten, "event ids forgotten before their time because limits.ids was met")           \
    X(sources_restarted, "sources whose seq began anew")                                           \
    X(seq_gaps, "sequence numbers of sources that are missing so far")                             \
    X(seq_gaps_forgotten,                                                                          \
      "ranges of missing seq that found no room: what comes of them is a duplicate")               \
    X(alerts_fired, "threshold alerts fired")                                                      \
    X(alerts_cleared, "threshold alerts cleared")                                                  \
    X(alerts_corrected, "threshold alerts that a late event took back")                            \
    X(alerts_cancelled, "threshold alerts cancelled by a reload")                                  \
    X(sla_fired, "SLA alerts: instances warned of or breached")                                    \
    X(sla_breached, "of those, breached")                                                          \
    X(sla_cleared, "SLA alerts whose clock ended")                                                 \
    X(sla_corrected, "SLA alerts that a late event took back")                                     \
    X(sla_cancelled, "SLA alerts cancelled: ended otherwise, merged, spam, no policy")             \
    X(sla_held, "deadlines held because their source was behind")                                  \
    X(sla_untracked, "clocks and alerts that found no room: no SLA for that ticket")

struct engine_counters {
#define ENGINE_COUNTER_FIELD(name, text) uint64_t name;
    ENGINE_COUNTERS(ENGINE_COUNTER_FIELD)
#undef ENGINE_COUNTER_FIELD
};
const struct engine_counters *engine_counters(const struct engine *e);

/* Use of each limit, in the order of struct limits' fields. */
struct engine_use {
    const char *name; /* as in the configuration: "tickets", … */
    uint64_t used, limit;
};
uint32_t engine_usage(const struct engine *e, struct engine_use *ret, uint32_t cap);

/* Where the engine's memory grows, for who touches it ahead of need or accounts for it: of each
 * pool where it lies, how much of it was ever in use, and how much it can be. Behind a pool lies
 * what finds its slots. Returns how many there are. */
enum { ENGINE_GROWTHS = 64 };
struct engine_growth {
    const char *name; /* not unique */
    const void *base;
    uint64_t used, size;  /* bytes */
    uint32_t live, slots; /* of so many slots ever in use */
    uint32_t slot_size;
};
uint32_t engine_growth(const struct engine *e, struct engine_growth ret[ENGINE_GROWTHS]);

/* What finds the slots of the great pools: entries lie all over it, so that the first ones touch
 * all of its pages. Returns how many there are. */
enum { ENGINE_FINDERS = 5 };
struct engine_finder {
    const void *base;
    uint64_t size; /* bytes */
};
uint32_t engine_finders(const struct engine *e, struct engine_finder ret[ENGINE_FINDERS]);

/* Checks all invariants (CHECK); slow. */
void engine_check(struct engine *e);

/* Digest of all that counts: equal after any permutation inside lateness, any duplicates, any
 * split of batches, save and load. Counters, name indices, cursors and alerts are not in it. */
uint64_t engine_digest(struct engine *e);

/* --- image (image.h says how it is taken in slices while events go on) -------------------- */

struct image *engine_image(struct engine *e);

/* After image_load_end on an engine fresh from engine_init, with the limits and settings that the
 * engine of the image began with, and then all that was applied to it since (engine_recall). With
 * other policies than those, the last ones count as if they had been in force since ever. */
void engine_loaded(struct engine *e);

/* Before an image is loaded: these settings were applied then, in this order. */
MUST_CHECK int engine_recall(struct engine *e, const struct settings *settings, ms_t since,
                             const char **ret_why);

/* Number of the policies in force: +1 with every engine_apply that brought others. */
uint32_t engine_generation(const struct engine *e);

#endif

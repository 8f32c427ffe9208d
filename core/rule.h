/* rule.h: threshold alerts on the live numbers: hysteresis, hold, least number of samples.
 *
 * A watch is one rule on one name of its scope (of a mix: on one part of it). It exists while its
 * rule does not rest there, or while time alone may change what the rule says. States and moves:
 *
 *     idle --fire--> pending --held--> active --clear--> clearing --held--> idle
 *                    pending --not fire--> idle          clearing --not clear--> active
 *
 * "fire" is value >= rule.fire (below: <=), "clear" is value < rule.clear (below: >); between the
 * two nothing moves and nothing is held. With hold 0 pending and clearing last no time.
 *
 * measure.h tells how a value is compared and what is empty. An event before the alert's firing
 * that makes the rule say "clear" corrects it: in order it would not have fired.
 *
 * Rules on scores and trends are sampled: what touches them only sets a deadline, at the next of
 * the instants at which they look at that name, and everything else follows from the deadline.
 *
 * Times of transitions are event times: the ts of the event that moved the watch, the instant at
 * which a window moved past a sample, the end of the hold, the instant at which an age reached
 * its threshold. So the same events give the same alert_id everywhere. Only the engine calls
 * this. Numbers are read at the board's clock. */
#ifndef TP_CORE_RULE_H
#define TP_CORE_RULE_H

#include "core/measure.h"
#include "core/wheel.h"

struct rules;

/* What became of alerts since the start; a blob of the image.
 * fired = active + cleared + corrected + cancelled. */
struct rule_tally {
    uint64_t fired, cleared, corrected, cancelled;
};

uint64_t rules_bytes(const struct limits *limits);

/* mem: rules_bytes of zeroes, 64-byte aligned, lent for life. settings: the engine's copy, lent
 * for life. Deadlines go into wheel under this kind of owner. */
struct rules *rules_init(void *mem, const struct limits *limits, const struct settings *settings,
                         struct wheel *wheel, uint8_t kind);

/* Most effects of one rules_touched of that scope, or of one rules_due: the outbox must have
 * room for them. */
uint32_t rules_effects_max(const struct rules *r, enum scope scope);

/* An event at ts = t changed numbers of this name: judges the rules whose input its entity's
 * `touched` names, and clears `touched`. false: limits.alerts is met, a rule stays unwatched here
 * until the name is touched again. */
bool rules_touched(struct rules *r, struct board *b, enum scope scope, uint32_t index, ms_t t,
                   struct outbox *out);

/* Rules on mixes have many parts to judge at once: rules_touched and rules_due only ask for them.
 * Before anything else is said: while (rules_asked()) rules_answer() at the same t, each with at
 * most two effects. */
bool rules_asked(const struct rules *r);
void rules_answer(struct rules *r, struct board *b, ms_t t, struct outbox *out);

/* A deadline of a watch came; due: the deadline (not the clock). The board stands at or after.
 * Returns how many pieces of work it was (measure.h); 0: next to nothing. */
uint32_t rules_due(struct rules *r, struct board *b, handle_t watch, ms_t due, struct outbox *out);

/* Other rules from t on. Alerts of rules that are gone or compare differently are cancelled; the
 * effects name rules by their index in the old settings, and rules_active() of them may come: the
 * outbox must have room. New rules get a deadline at t on every name they are about, so they are
 * judged by rules_due like everything else. Afterwards the caller copies *settings to where
 * rules_init's settings lie. false as in rules_touched. */
bool rules_apply(struct rules *r, struct board *b, const struct settings *settings, ms_t t,
                 struct outbox *out);

/* Counts one more revision of an active alert for which nothing changed; ret as readers get it.
 * false: this watch has no such alert any more. */
bool rules_announce(struct rules *r, const struct board *b, handle_t watch, uint64_t alert_id,
                    struct alert *ret);

/* --- readers ------------------------------------------------------------------------------ */

uint32_t rules_active(const struct rules *r);
struct rule_tally *rules_tally(struct rules *r);

/* Active alerts, as when they fired. Start with *at = 0; false at the end. */
bool rules_alert_next(const struct rules *r, const struct board *b, uint32_t *at,
                      struct alert *ret);

/* Digest of what the rules hold, blind to slots and indices. Not blind to the order of events:
 * alerts are what happened, and a late event can make one that sorted input would not. */
uint64_t rules_digest(const struct rules *r, const struct board *b);
void rules_check(const struct rules *r, const struct board *b);

/* The pool of watches, for images. After a load: rules_rebuild, with the same rules as saved. */
struct pool *rules_pool(struct rules *r);
void rules_rebuild(struct rules *r);

#endif

/* slas.h: what the files of sla share: sla.c (levels), instance.c, retarget.c (other terms), and
 * explain.c, which asks what would be. */
#ifndef TP_CORE_SLAS_H
#define TP_CORE_SLAS_H

#include "core/sla.h"

/* The policies of the ticket's time. */
static inline const struct agreement *sla_agreement(const struct sla *s,
                                                    const struct fold_terms *terms)
{
    return agreement_get(terms->agreements, s->generation);
}

/* Bits of the slots that some policy of that time has a target for. */
static inline uint32_t sla_slots(const struct sla *s, const struct fold_terms *terms)
{
    STATIC_ASSERT(SLA_NEXT_RESPONSE == SLOT_RESPONSE + 1 &&
                      SLA_REQUESTER_WAIT == SLOT_REQUESTER + 1,
                  "a slot for each metric, but one for both responses");
    uint32_t metrics = sla_agreement(s, terms)->metrics;
    return metrics >> 1 | (metrics & 1);
}

/* The calendar of the policy in force, also one that is always open; NULL: no policy. */
static inline const struct calendar *sla_any_calendar(const struct sla *s,
                                                      const struct fold_terms *terms)
{
    const struct agreement *g = sla_agreement(s, terms);
    return s->policy == 0 ? NULL : &g->calendar[g->policy[s->policy - 1].calendar];
}

/* How the policy in force has the metric; NULL: no policy. */
static inline const struct agreed_metric *sla_metric_of(const struct sla *s, enum sla_metric m,
                                                        const struct fold_terms *terms)
{
    return s->policy == 0 ? NULL : &sla_agreement(s, terms)->policy[s->policy - 1].metric[m];
}

/* Its target for a priority; NULL: none (any more). */
static inline const struct agreed_target *sla_target(const struct sla *s, const struct sla_clock *c,
                                                     uint32_t priority,
                                                     const struct fold_terms *terms)
{
    return agreement_target(sla_agreement(s, terms), s->policy, (enum sla_metric)c->metric,
                            priority);
}

/* When the clock's next level is reached, known at `now`. A level that another target has put into
 * the past is reached at once. */
void sla_set_next(const struct sla *s, struct sla_clock *c, ms_t now,
                  const struct fold_terms *terms);

/* Says what has become of the instance, when it has passed a level or everything is asked for. */
void sla_tell(const struct sla *s, const struct sla_clock *c, const struct fold *f, ms_t at,
              const struct fold_terms *terms, struct sink *out);

/* The next level of a clock is reached: c->next has come. */
void sla_level(struct sla *s, struct sla_clock *c, struct fold *f, const struct fold_terms *terms,
               struct sink *out);

/* The target is used up at `due`: the miss stands there, for the owner of now. */
void sla_breach(struct sla_clock *c, struct fold *f, ms_t due, struct sink *out);

/* Other terms are in force: with `forgive` a breach that a longer target allows is taken back. */
void sla_forgive(struct sla *s, struct sla_clock *c, struct fold *f, ms_t at,
                 const struct fold_terms *terms, struct sink *out);

/* An active clock ends now. */
void sla_finish(struct sla *s, struct sla_clock *c, const struct fold *f, ms_t at,
                enum clock_state state, enum alert_cause cause, const struct fold_terms *terms,
                struct sink *out);

/* resolution, requester_wait: an end or the want of a target keeps the clock from running; would a
 * reopening let it run? */
bool sla_wakes(const struct sla *s, enum sla_slot slot, const struct fold_terms *terms);

/* The warning points passed are those of another target. */
void sla_fit_warned(struct sla_clock *c, const struct agreed_target *t);

/* Is more counted than other terms allow, and the breach yet to be passed? */
bool sla_exceeded(const struct sla *s, const struct sla_clock *c, const struct fold_terms *terms);

/* All clocks that some policy can have follow the fold as it is after `at`. r: the record; NULL:
 * other policies. */
void sla_settle(struct sla *s, struct fold *f, const struct record *r, ms_t at,
                const struct fold_terms *terms, struct sink *out);

/* Clocks that no policy so far had a target for have not followed: before other policies come it is
 * noted since when they would run. */
void sla_note(struct sla *s, const struct fold *f, const struct fold_terms *terms);

/* What the ticket's own business time was up to `at` is booked; it runs on by the run bits. */
void sla_book(struct sla *s, const struct fold_terms *terms, ms_t at);

/* Likewise when nothing of it was counted so far: as if open since its opening, which is known, but
 * for closed time, and never paused. */
void sla_book_opening(struct sla *s, const struct fold *f, const struct fold_terms *terms, ms_t at);

/* The policies of the next generation come into force, or the ticket's attributes may be others:
 * its policy is looked up, clocks that run get other terms. */
void sla_change_terms(struct sla *s, struct fold *f, ms_t at, bool other_generation,
                      const struct fold_terms *terms, struct sink *out);

#endif

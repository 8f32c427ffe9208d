/* chaos.h: events drawn by chance: few names, every kind, in order of ts; and their disorder.
 *
 * Nothing about them is likely: tickets are resolved before they are opened, calls end twice. All
 * are valid (event_check). Names belong to the chaos. */
#ifndef TP_TESTS_CHAOS_H
#define TP_TESTS_CHAOS_H

#include "core/event.h"
#include "core/settings.h"
#include "tests/lib/random.h"

enum { CHAOS_NAMES = 64, CHAOS_SOURCES = 6, CHAOS_MEASURES = 5 };

#define CHAOS_START 1770368400000 /* 2026-02-06T09:00:00Z */

struct chaos {
    struct random r;
    ms_t now;
    ms_t step;       /* mean time between events */
    uint32_t jumps;  /* permille of events before which hours or days pass */
    uint32_t merges; /* permille of events that merge two tickets */
    uint32_t tickets, calls, agents, teams, customers, attributes; /* how many names of each */
    uint64_t seq[CHAOS_SOURCES];
    uint64_t id;     /* of sources that give ids */
    uint64_t drawn;  /* events so far: calls pass by, tickets stay */
    uint64_t merged; /* bit per ticket: a platform merges it once */
    char name[CHAOS_NAMES][8];
};

void chaos_init(struct chaos *c, uint64_t seed, ms_t start);

/* Texts of one event that are not among the names; the caller's. */
struct chaos_texts {
    char id[16], call[16];
};

void chaos_event(struct chaos *c, struct event *ret, struct chaos_texts *texts);

/* Settings of any kind that settings_check takes: windows, targets, horizons, rules, policies. */
void chaos_settings(struct random *r, struct settings *ret);
void chaos_rules(struct random *r, struct settings *s, uint32_t rules);
void chaos_sla(struct random *r, struct settings *s); /* or none; valid for two more calls */

/* Order of delivery of events[0..n): each up to `lateness` (not included) after its ts, some twice.
 * order has room for 2n; returns how many. */
uint32_t chaos_order(struct random *r, const struct event *events, uint32_t n, ms_t lateness,
                     uint32_t doubled_percent, uint32_t *order);

#endif

/* limits.h: every bound of the engine, each with its reason.
 *
 * Compile-time bounds size structs; `struct limits` sizes the engine's block when it starts.
 * Address space is reserved for all of it, pages are touched only when used. */
#ifndef TP_CORE_LIMITS_H
#define TP_CORE_LIMITS_H

#include "core/base.h"

enum {
    NAME_BYTES_MAX = 64,       /* a name of an agent, team, ticket, source…: fits a log line */
    BATCH_EVENTS_MAX = 4096,   /* events in one message */
    BATCH_BYTES_MAX = 1 << 20, /* bytes of one message */
    DEPTH_MAX = 8,             /* nesting of one payload: batch, event, attributes, room to spare */
    ASPECTS_MAX = 16,          /* aspects of ratings told apart; further ones are "(other)" */
    WINDOWS_MAX = 12,          /* windows of one configuration */
    HORIZONS_MAX = 9,          /* horizons of cohorts; each may be a window of its own */
    EDGES_MAX = WINDOWS_MAX + HORIZONS_MAX,
    RULES_MAX = 64,             /* alert rules of one configuration */
    RULE_LABELS_MAX = 8,        /* labels of one rule */
    MEASURED_NAMES_MAX = 8,     /* names of `measured` that count: two logs of four columns */
    CUSTOMS_MAX = 16,           /* indicators made of them: a page of a scorecard */
    CUSTOM_ID_BYTES_MAX = 40,   /* of such an indicator: longer than any built-in name */
    CUSTOM_NAME_BYTES_MAX = 48, /* its name for people: an alert's sentence holds it whole */
    CUSTOM_UNIT_BYTES_MAX = 15, /* its unit: a word or sign, five Chinese characters */
    SLICES_MAX = 8,             /* calendars and scopes that rules and scorecards count by */
    WATCHES_MAX = 8,            /* percentile thresholds watched in one family of samples */
    ZONE_SHIFTS_MAX = 512,      /* zone transitions of the site's zone: 250 years of summer time */
    OUTBOX_EFFECTS_MAX = 8192,  /* effects of one engine_step before it asks to be drained */
};

/* Sizes of pools. 0 is not allowed; limits_default gives the shipped values. */
struct limits {
    uint32_t tickets;       /* tickets remembered, open and closed */
    uint32_t history;       /* 64-byte chunks of ticket history */
    uint32_t ticket_events; /* events kept of one ticket before old ones are folded for good */
    uint32_t calls;         /* telephone calls remembered */
    uint32_t agents;        /* names per scope; further ones are counted as "(other)" */
    uint32_t teams;
    uint32_t channels;
    uint32_t priorities;
    uint32_t categories;
    uint32_t sources; /* event sources (`src`) with a sequence memory of their own */
    uint32_t chunks;  /* 256-byte chunks of window logs */
    uint32_t ids;     /* event ids remembered of sources without seq */
    uint32_t alerts;  /* (rule, name) pairs under watch; as many alerts of clocks remembered */
};

enum {
    LIMIT_TICKETS_MAX = 1 << 23, /* handles have 24 bits of index, one spare */
    LIMIT_CHUNKS_MAX = (1 << 24) - 1,
    LIMIT_AGENTS_MAX = 1 << 20,
    LIMIT_NAMES_MAX = 65000, /* teams, channels, priorities, categories: 16-bit ids */
};

STATIC_ASSERT(LIMIT_NAMES_MAX < 65535, "16-bit name ids, 0 and 65535 are taken");
STATIC_ASSERT(LIMIT_TICKETS_MAX < (1 << 24), "a handle has 24 bits of index");

static inline struct limits limits_default(void)
{
    return (struct limits){
        .tickets = 1100000,
        .history = 8000000,
        .ticket_events = 1024,
        .calls = 100000,
        .agents = 20000,
        .teams = 2000,
        .channels = 200,
        .priorities = 100,
        .categories = 5000,
        .sources = 256,
        .chunks = 8000000,
        .ids = 1000000,
        .alerts = 100000,
    };
}

#endif

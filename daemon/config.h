/* config.h: what the configuration file says, as plain data; every key has a built-in default.
 *
 * One table of keys (config.c) reads the file, and prints the commented reference file and the
 * manual page (reference.h). A file is taken whole or not at all: the first unknown or double
 * key, wrong type or impossible value is one line "file:line: key: what, what to do".
 *
 * Calendars, policies, scorecards and clients (3 MiB) lie on the heap: a struct config that was
 * read owns them until config_fini or config_move; a plain copy of it borrows them. */
#ifndef TP_DAEMON_CONFIG_H
#define TP_DAEMON_CONFIG_H

#include "core/policy.h"
#include "core/scorecard.h"
#include "core/settings.h"
#include "daemon/log.h"
#include "daemon/tree.h"
#include "proto/phrase.h"

enum {
    CONFIG_TEXTS_MAX = 16,       /* endpoints of one socket, topic prefixes */
    CONFIG_TEXT_BYTES_MAX = 127, /* of one endpoint: ipc paths end at 107 bytes */
    CONFIG_ZONE_BYTES_MAX = 63,
    CONFIG_PATH_BYTES_MAX = 255,
    PRIMARY_GONE_MIN = 3000, /* ms: three heartbeats */
};

/* A list of short texts: endpoints or topic prefixes. */
struct config_texts {
    uint32_t n;
    char at[CONFIG_TEXTS_MAX][CONFIG_TEXT_BYTES_MAX + 1];
};

/* The HTTP server: metrics, API, wallboard. */
struct config_http {
    char bind[CONFIG_TEXT_BYTES_MAX + 1];       /* ADDRESS:PORT; empty = none */
    char token_file[CONFIG_PATH_BYTES_MAX + 1]; /* or credential:NAME; empty = none */
    uint32_t connections;                       /* at once, streams included */
    uint32_t streams;
    uint32_t body_max;          /* bytes */
    uint32_t requests_a_second; /* of one address; 0 = any */
    uint32_t bytes_a_second;    /* MiB, likewise */
    ms_t header_deadline, body_deadline;
    bool per_agent_series;
    uint32_t series_max; /* names with series of their own in /metrics, of each scope */
};

struct lint;      /* lint.h */
struct security;  /* security.h */
struct receivers; /* receivers.h */

struct config {
    struct settings settings;    /* for the engine, the zone compiled */
    struct sla_setting *sla;     /* owned; settings.sla is this when there are policies */
    struct scorecards *cards;    /* owned; NULL = none */
    struct receivers *receivers; /* owned; NULL = none */
    struct security *security;   /* owned; NULL = nobody has a key */
    char server_key[CONFIG_PATH_BYTES_MAX + 1]; /* file of our key pair; "" = no CURVE */
    char previous_key[CONFIG_PATH_BYTES_MAX +
                      1];                   /* during a change: the pair of before; "" = none */
    struct config_texts previous_endpoints; /* where that one is asked for */
    struct limits limits;
    struct config_texts events_bind; /* where platforms publish to */
    struct config_texts events_connect;
    struct config_texts events_topics; /* prefixes subscribed to */
    struct config_texts out;           /* where alerts and snapshots are published */
    struct config_texts query;
    struct config_texts ingest; /* where batches are acknowledged */
    uint32_t sockets_memory;    /* MiB; 0 = any */
    uint32_t queries_a_second;  /* of one peer; 0 = any */
    uint32_t answers_a_second;  /* MiB, likewise */
    struct config_http http;
    bool standby;                /* the second of two: publishes nothing until it must */
    struct config_texts primary; /* the other's out */
    ms_t primary_gone;           /* so long silent: it is gone; 0 = never by itself */
    bool insecure;               /* endpoints beyond loopback without CURVE are meant */
    char zone[CONFIG_ZONE_BYTES_MAX + 1];
    char state_dir[CONFIG_PATH_BYTES_MAX + 1]; /* "" = nothing is kept */
    ms_t checkpoint_every;                     /* of the state directory, as these */
    ms_t journal_age;
    uint32_t journal_size; /* MiB */
    ms_t alerts_age;       /* of record.db, as these */
    ms_t history_minutes, history_hours, history_days;
    uint32_t record_size; /* MiB */
    ms_t snapshot_every;
    ms_t full_every;
    ms_t gap_after, silent_after, quiet_after,
        lag_after;              /* of sources: when that is told; 0: never */
    uint32_t alerts_per_minute; /* told one by one; 0 = all */
    uint32_t alerts_kept;       /* published alerts kept for `query alerts` */
    uint8_t language;           /* enum lang, of sentences in alerts */
    uint8_t log_level;          /* enum log_level */
};

/* Is it one of these? */
bool config_has_text(const struct config_texts *texts, const char *text);

/* Every key at its default. */
void config_default(struct config *ret);

/* The name of a text that comes from elsewhere: it may not name files here. */
#define CONFIG_NO_FILE "-"

/* Reads bytes as the file `name`, beside which .ics files are looked for. false: why holds the
 * complaint and *ret is untouched. What *ret may have owned before is not freed. */
MUST_CHECK bool config_parse(const char *name, const char *bytes, size_t n, struct config *ret,
                             struct tree_error *why);

/* Reads the file at path; NULL gives the defaults. Blocks; for start and reload only. */
MUST_CHECK bool config_load(const char *path, struct config *ret, struct tree_error *why);

/* The same, and warns of what is possible but hardly meant. */
MUST_CHECK bool config_lint(const char *path, struct config *ret, struct tree_error *why,
                            struct lint *lint);

/* Another state directory than the file says. false: the path is too long. */
MUST_CHECK bool config_state(struct config *c, const char *dir);

/* Frees what c owns; c is not to be used then. */
void config_fini(struct config *c);

/* *to takes over all of *from, which then owns nothing. What *to owned must have been freed. */
void config_move(struct config *to, struct config *from);

/* What a running daemon cannot take over from `next`: the path of one key after the other, then
 * NULL. Start with *at = 0. */
const char *config_fixed(const struct config *now, const struct config *next, uint32_t *at);

#endif

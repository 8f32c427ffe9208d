/* reader.h: what the daemon publishes, whole: joins, notices gaps, asks for what was missed.
 *
 * Subscribes first, waits for a heartbeat (then the subscriptions stand), asks `hold` for what
 * holds already, and goes on with the live stream; alerts that came both ways are given once,
 * by (alert_id, rev). A heartbeat that knows of newer alerts than we do makes us ask for them.
 * Another run of the daemon, or five seconds of silence, and the reader joins again; who wants
 * every alert (recalls) first gets those that were told meanwhile, also by the runs in between, if
 * the daemon has them in its record. */
#ifndef TP_DAEMON_CLI_READER_H
#define TP_DAEMON_CLI_READER_H

#include "daemon/cli/ask.h"

enum {
    READER_PREFIXES_MAX = 64,
    READER_GROUPS = 8192, /* of alerts that were given: 130,000, and the newest of each group */
    READER_GROUP = 16,
    READER_SILENCE_MS = 5000,
};

enum reader_end {
    READER_MESSAGE, /* topic and message are there */
    READER_JOINED,  /* what holds has been given; live from here */
    READER_HEALED,  /* `missed` of the alerts just given had been missed */
    READER_LOST,    /* the daemon is gone or was restarted; joining again */
    READER_NOTHING, /* nothing within the time */
    READER_FAILED,  /* complained, or stopped */
};

struct reader {
    void *context, *socket;
    struct ask ask;
    const char *prefix[READER_PREFIXES_MAX]; /* borrowed */
    uint32_t prefixes;
    bool recalls;        /* the caller's to set before reader_open */
    bool joined;         /* has been live: `high` is of run */
    char before[64];     /* … of this one, when that is asked for */
    uint8_t phase;       /* enum phase of reader.c */
    uint32_t asking;     /* the prefix whose answers come */
    uint64_t high;       /* seq of the newest alert that we know of */
    uint64_t next_high;  /* … once all prefixes have answered */
    uint64_t asked_upto; /* the newest that had been published when they were asked for */
    uint64_t missed;     /* of these: not given before, and published (not `untold`) */
    ms_t heard;          /* clock of the last message */
    char run[64];
    uint64_t seen[READER_GROUPS][READER_GROUP]; /* hashes of (alert_id, rev) */
    struct str topic;                           /* of the message at hand, which is … */
    const struct message *in; /* … in this one (an answer has more around it) … */
    const struct node *root;  /* … this map; all lent until the next call */
    struct message message;
    zmq_msg_t frame[2];
    struct node nodes[MESSAGE_NODES_MAX];
};

/* Subscribes; no prefix = everything. Waits until the daemon is heard. false: complained.
 * Sizable: static storage, zeroed. */
bool reader_open(struct reader *r, const char *out, const char *query, char *const *prefixes,
                 uint32_t n, ms_t timeout);

/* The next thing, waiting for it at most so long. */
enum reader_end reader_next(struct reader *r, ms_t timeout);

void reader_close(struct reader *r);

#endif

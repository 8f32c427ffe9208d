/* keys.h: the table of configuration keys, read by config, printed by reference. */
#ifndef TP_DAEMON_KEYS_H
#define TP_DAEMON_KEYS_H

#include "daemon/config.h"

/* How a value is written, with the words for it. */
enum key_type {
    KEY_DURATION, /* ms_t */
    KEY_TARGET,   /* ms_t, or the word none */
    KEY_COUNT,    /* uint32_t */
    KEY_PERCENT,  /* uint32_t, whole percent */
    KEY_FLAG,     /* bool */
    KEY_ENDPOINTS,
    KEY_ADDRESS, /* of http.bind */
    KEY_FILE,    /* of http.token_file */
    KEY_TOPICS,
    KEY_NAMED,
    KEY_WINDOWS,
    KEY_ROUNDS, /* ms_t[], rising */
    KEY_SCOPES,
    KEY_ZONE,
    KEY_PATH, /* of a directory; text of its place's size */
    KEY_WEEKDAY,
    KEY_LANGUAGE,
    KEY_LEVEL,
    KEY_RULES,
    KEY_CALENDARS,
    KEY_POLICIES,
    KEY_SCORECARDS,
    KEY_CUSTOMS,
    KEY_PAIR, /* path of a key pair */
    KEY_CLIENTS,
    KEY_PUBLISHERS,
    KEY_RECEIVERS,
    KEY_TYPES
};

struct key {
    const char *path;   /* "sockets.events.bind" */
    uint8_t type;       /* enum key_type */
    bool fixed;         /* a reload cannot change it */
    uint32_t size;      /* bytes of its place in struct config */
    uint32_t place;     /* where that is */
    int64_t min, max;   /* durations in ms, counts */
    const char *preset; /* the default, as YAML */
    const char *text;   /* what it means; sentences */
};

extern const struct key keys[];
extern const uint32_t keys_n;

/* One value being read: where it stands and where complaints go. */
struct reading {
    const struct tree *tree;
    const struct tree_node *node;
    const char *path; /* of the key, for complaints */
    struct config *config;
    struct tree_error *why;
};

/* Complains about the node; returns false. */
#define refuse(r, ...) tree_complain((r)->tree, (r)->node->line, (r)->path, (r)->why, __VA_ARGS__)

/* What a value of the type looks like: "a duration like 5m or 1h30m". */
const char *key_type_text(enum key_type type);

/* The exact text of a duration in its largest unit: "90s", "5m", "1d". */
enum { DURATION_TEXT = 24 };
const char *duration_text(char ret[DURATION_TEXT], ms_t ms);

/* Reads r->node into its place in r->config. false: complained. */
MUST_CHECK bool key_read(const struct key *key, struct reading *r);

/* Pieces that rules share with keys: the node as a duration (ms), as one of n words, as text
 * of 1..cap-1 bytes. false: complained. */
MUST_CHECK bool read_duration(const struct reading *r, ms_t min, ms_t max, ms_t *ret);
MUST_CHECK bool read_count(const struct reading *r, int64_t min, int64_t max, uint32_t *ret);
MUST_CHECK bool read_word(const struct reading *r, const char *const *words, uint32_t n,
                          uint8_t *ret);
MUST_CHECK bool read_text(const struct reading *r, char *ret, size_t cap);

/* The node as a name of 1 to NAME_BYTES_MAX bytes; ret: room for these and a zero. */
MUST_CHECK bool read_full_name(const struct reading *r, char *ret);

/* The node as the path of a file; a relative one begins beside the configuration file. */
MUST_CHECK bool read_path(const struct reading *r, char *ret, size_t cap);

/* Likewise, or credential:NAME as it is, or nothing. The file is read by who opens it. */
MUST_CHECK bool read_file_name(const struct reading *r, char *ret, size_t cap);

#endif

/* receivers.h: where alerts are delivered to by HTTP: Alertmanagers and webhooks, as the
 * configuration lists them. Part of struct config, on the heap. */
#ifndef TP_DAEMON_RECEIVERS_H
#define TP_DAEMON_RECEIVERS_H

#include "daemon/members.h"

enum {
    RECEIVERS_MAX = 16,
    RECEIVER_NAME_MAX = 64,
    RECEIVER_PREFIXES_MAX = 8,
    RECEIVER_URL_MAX = 512,
};

enum receiver_kind { RECEIVER_NONE, RECEIVER_ALERTMANAGER, RECEIVER_WEBHOOK };

struct receiver {
    char name[RECEIVER_NAME_MAX + 1];
    char url[RECEIVER_URL_MAX];
    char token_file[CONFIG_PATH_BYTES_MAX + 1]; /* "" = no Authorization */
    uint8_t kind;                               /* enum receiver_kind */
    uint32_t prefixes;                          /* of topics */
    char prefix[RECEIVER_PREFIXES_MAX][CONFIG_TEXT_BYTES_MAX + 1];
    ms_t timeout;       /* of one delivery */
    ms_t resend;        /* how often Alertmanager is told again of what is active */
    ms_t failing_after; /* deliveries may fail for so long without an alert; 0 = for ever */
};

static inline bool receiver_is_manager(const struct receiver *r)
{
    return r->kind == RECEIVER_ALERTMANAGER;
}

/* With other prefixes, another token or another URL it is the same. */
static inline bool receiver_is_same(const struct receiver *a, const struct receiver *b)
{
    return strcmp(a->name, b->name) == 0 && a->kind == b->kind;
}

struct receivers {
    uint32_t n;
    struct receiver at[RECEIVERS_MAX];
};

extern const struct members receiver_members;

/* Reads r->node as entry i of the list. */
MUST_CHECK bool receiver_read(struct reading *r, uint32_t i);

/* Does it want alerts of this topic? */
bool receiver_wants(const struct receiver *r, struct str topic);

#endif

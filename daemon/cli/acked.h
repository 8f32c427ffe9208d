/* acked.h: the batches of acknowledged ingest that are under way, and what became of all of them.
 *
 * A batch is kept until its ack and is due again when a nack asked for that, when no answer came
 * for a while, or when the connection was made anew. The daemon takes a number far below the
 * highest one for a repetition: a batch that stays without an ack holds all later ones back before
 * that. No sockets, no clock: the caller carries bytes and says what time it is. */
#ifndef TP_DAEMON_CLI_ACKED_H
#define TP_DAEMON_CLI_ACKED_H

#include "core/limits.h"
#include "proto/message.h"

enum {
    ACKED_WINDOW = 32, /* the daemon remembers 64 */
    ACKED_AGAIN_MS = 5000,
    ACKED_RETRY_MAX_MS = 10 * 1000, /* no nack makes us wait longer */
    ACKED_REASONS = 32,
    ACKED_TEXT = 64,
};

struct acked_batch {
    uint64_t number; /* 0 = free */
    ms_t due;
    char *payload;
    uint32_t n;
};

struct acked {
    struct acked_batch at[ACKED_WINDOW]; /* by number */
    uint32_t waiting;
    uint64_t number;                                        /* the last one given; the first is 1 */
    uint64_t batches, accepted, duplicates, late, rejected; /* acknowledged */
    struct {
        char reason[ACKED_TEXT];
        uint64_t n;
    } rejection[ACKED_REASONS]; /* the last one: all that found no room */
    uint32_t rejections;
    char code[ACKED_TEXT], reason[ACKED_TEXT]; /* of the last nack or error */
    struct node nodes[MESSAGE_NODES_MAX];
};

enum acked_answer {
    ACKED_NOISE, /* none of ours, or heard before */
    ACKED_ACK,
    ACKED_NACK,  /* nothing of it counted; reason says why */
    ACKED_ERROR, /* it will never be taken; code and reason say why */
};

/* Sizable: heap or static storage. */
void acked_begin(struct acked *a);
void acked_end(struct acked *a);

/* Must the next batch wait for an ack? */
bool acked_full(const struct acked *a);

/* A batch of its own number, due at once; the bytes are copied. Not when full. false: no memory. */
MUST_CHECK bool acked_add(struct acked *a, const void *payload, size_t n);

/* The oldest batch that is due; NULL = none. The caller sends it and says so. */
struct acked_batch *acked_due(struct acked *a, ms_t now);
void acked_sent(struct acked_batch *b, ms_t now);

/* When the next one is due; MS_NEVER = none under way. */
ms_t acked_next(const struct acked *a);

/* All are due: what was on the way is gone with its connection. */
void acked_again(struct acked *a);

enum acked_answer acked_hear(struct acked *a, struct str word, const void *head, size_t n,
                             ms_t now);

#endif

/* clients.h: which batches of acknowledged ingest were applied, per client, for good.
 *
 * Of each client the highest batch number and a bit for each of the CLIENTS_WINDOW before it:
 * a batch in there that was never applied (it was refused when the disk was behind) may still
 * come; one further back counts as applied. CLIENTS_MAX clients; when all places are taken, the
 * key that connects with most clients gives one up, the one that was quiet longest: who has less
 * than its share loses none to others. Plain data without pointers: part of a checkpoint. */
#ifndef TP_DAEMON_CLIENTS_H
#define TP_DAEMON_CLIENTS_H

#include "core/base.h"

enum { CLIENTS_MAX = 1024, CLIENTS_WINDOW = 64 };

struct client {
    uint64_t key;     /* who it is, see client_key */
    uint64_t highest; /* batch */
    uint64_t seen;    /* bit i: batch highest - i was applied */
    uint64_t used;    /* entry of the journal of its last batch */
};

struct clients {
    uint32_t n;
    uint32_t pad;
    struct client at[CLIENTS_MAX];
};

/* A hash of a client's name and of the key it connected with (empty without), never 0. With a key
 * it is even, and the upper 16 bits are the key's own: so the journal tells whose a client is. */
uint64_t client_key(struct str owner, struct str name);

/* Was this batch applied? */
bool clients_seen(const struct clients *c, uint64_t key, uint64_t batch);

/* It is now; entry: of the journal, goes up from call to call. */
void clients_claim(struct clients *c, uint64_t key, uint64_t batch, uint64_t entry);

/* Bytes of what is used of it, from its beginning. */
uint64_t clients_bytes(const struct clients *c);

/* false: these bytes are none of them. */
MUST_CHECK bool clients_load(struct clients *c, const void *bytes, uint64_t n);

#endif

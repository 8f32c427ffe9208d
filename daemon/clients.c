#include "daemon/clients.h"

uint64_t client_key(struct str owner, struct str name)
{
    return hash_str(hash_str(11, owner), name) | 1;
}

static struct client *find(const struct clients *c, uint64_t key)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->at[i].key == key)
            return (struct client *)&c->at[i];
    return NULL;
}

bool clients_seen(const struct clients *c, uint64_t key, uint64_t batch)
{
    const struct client *k = find(c, key);
    if (k == NULL || batch > k->highest)
        return false;
    uint64_t back = k->highest - batch;
    return back >= CLIENTS_WINDOW || (k->seen >> back & 1) != 0;
}

/* A place for a new client, if need be that of the one that was quiet longest. */
static struct client *place(struct clients *c)
{
    if (c->n < CLIENTS_MAX)
        return &c->at[c->n++];
    struct client *oldest = &c->at[0];
    for (uint32_t i = 1; i < c->n; i++)
        oldest = c->at[i].used < oldest->used ? &c->at[i] : oldest;
    return oldest;
}

void clients_claim(struct clients *c, uint64_t key, uint64_t batch, uint64_t entry)
{
    struct client *k = find(c, key);
    CHECK(key != 0);
    if (k == NULL) {
        k = place(c);
        *k = (struct client){.key = key, .highest = batch, .seen = 1};
    } else if (batch > k->highest) {
        uint64_t by = batch - k->highest;
        k->seen = (by < CLIENTS_WINDOW ? k->seen << by : 0) | 1;
        k->highest = batch;
    } else if (k->highest - batch < CLIENTS_WINDOW) {
        k->seen |= 1ULL << (k->highest - batch);
    }
    k->used = entry;
}

uint64_t clients_bytes(const struct clients *c)
{
    return offsetof(struct clients, at) + c->n * sizeof c->at[0];
}

bool clients_load(struct clients *c, const void *bytes, uint64_t n)
{
    memset(c, 0, sizeof *c);
    if (n == 0) /* a checkpoint of before there were clients */
        return true;
    if (n < offsetof(struct clients, at) || n > sizeof *c)
        return false;
    memcpy(c, bytes, n);
    bool fine = c->n <= CLIENTS_MAX && clients_bytes(c) == n;
    if (!fine)
        memset(c, 0, sizeof *c);
    return fine;
}

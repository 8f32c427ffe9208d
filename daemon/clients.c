#include "daemon/clients.h"

enum { OWNER_SHIFT = 48 };

/* Whose places a client takes; 0: nobody's key. */
struct owner {
    uint64_t of;
    uint32_t n;
    struct client *quietest;
};

uint64_t client_key(struct str owner, struct str name)
{
    uint64_t own = hash_str(11, owner), both = hash_str(own, name);
    if (owner.len == 0)
        return both | 1;
    return own >> OWNER_SHIFT << OWNER_SHIFT | (both >> (64 - OWNER_SHIFT) & ~1ULL) | 2;
}

static uint64_t owner_of(uint64_t key)
{
    return (key & 1) != 0 ? 0 : (key >> OWNER_SHIFT) + 1;
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

static struct owner *owner(struct owner *owners, uint32_t *n, uint64_t of)
{
    for (uint32_t i = 0; i < *n; i++)
        if (owners[i].of == of)
            return &owners[i];
    owners[*n] = (struct owner){.of = of};
    return &owners[(*n)++];
}

/* Whose place a new client of the key gets when there is none left. With as many as any other its
 * own owner gives way. */
static struct client *give_way(struct clients *c, uint64_t key)
{
    struct owner owners[CLIENTS_MAX + 1] = {{0}};
    uint32_t n = 0;
    struct owner *most = owner(owners, &n, owner_of(key));
    for (uint32_t i = 0; i < c->n; i++) {
        struct client *k = &c->at[i];
        struct owner *o = owner(owners, &n, owner_of(k->key));
        o->n++;
        if (o->quietest == NULL || k->used < o->quietest->used)
            o->quietest = k;
    }
    for (uint32_t i = 1; i < n; i++)
        if (owners[i].n > most->n)
            most = &owners[i];
    return most->quietest;
}

static struct client *place(struct clients *c, uint64_t key)
{
    return c->n < CLIENTS_MAX ? &c->at[c->n++] : give_way(c, key);
}

void clients_claim(struct clients *c, uint64_t key, uint64_t batch, uint64_t entry)
{
    struct client *k = find(c, key);
    CHECK(key != 0);
    if (k == NULL) {
        k = place(c, key);
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

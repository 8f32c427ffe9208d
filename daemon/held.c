#include "daemon/held.h"

#include <stdlib.h>

enum { FIRST_CAP = 64 };

void held_fini(struct held *h)
{
    while (h->n > 0)
        held_drop(h);
    free(h->ring);
    memset(h, 0, sizeof *h);
}

/* Twice as many places, the oldest first. */
static bool grow(struct held *h)
{
    uint32_t cap = h->cap == 0 ? FIRST_CAP : 2 * h->cap;
    struct held_message *ring = malloc(cap * sizeof *ring);
    if (ring == NULL)
        return false;
    for (uint32_t i = 0; i < h->n; i++)
        ring[i] = h->ring[(h->first + i) % h->cap];
    free(h->ring);
    h->ring = ring;
    h->cap = cap;
    h->first = 0;
    return true;
}

bool held_add(struct held *h, uint64_t seq, struct str topic, const void *rest, size_t n)
{
    if (h->n == HELD_MAX || (h->n == h->cap && !grow(h)))
        return false;
    CHECK(h->n == 0 || h->ring[(h->first + h->n - 1) % h->cap].seq <= seq);
    char *bytes = malloc(topic.len + n + 1);
    if (bytes == NULL)
        return false;
    if (topic.len > 0)
        memcpy(bytes, topic.p, topic.len);
    memcpy(bytes + topic.len, rest, n);
    h->ring[(h->first + h->n++) % h->cap] =
        (struct held_message){seq, topic.len, (uint32_t)n, bytes, false};
    return true;
}

void held_keep(struct held *h)
{
    CHECK(h->n > 0);
    h->ring[(h->first + h->n - 1) % h->cap].quiet = true;
}

const struct held_message *held_next(const struct held *h, uint64_t seq)
{
    const struct held_message *m = h->n == 0 ? NULL : &h->ring[h->first];
    return m != NULL && m->seq <= seq ? m : NULL;
}

void held_drop(struct held *h)
{
    CHECK(h->n > 0);
    free(h->ring[h->first].bytes);
    h->first = (h->first + 1) % h->cap;
    h->n--;
}

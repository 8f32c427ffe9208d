#include "daemon/web/peers.h"

void peers_init(struct peer_ring *p)
{
    *p = (struct peer_ring){.n = 0};
    p->ring.next = p->ring.prev = &p->ring;
}

void peers_add(struct peer_ring *p, struct peer *peer)
{
    peer->prev = &p->ring;
    peer->next = p->ring.next;
    peer->next->prev = peer->prev->next = peer;
    p->n++;
}

void peers_remove(struct peer_ring *p, struct peer *peer)
{
    CHECK(p->n > 0);
    peer->next->prev = peer->prev;
    peer->prev->next = peer->next;
    p->n--;
}

void peer_waits(struct peer *peer, enum http_cut wait, uint64_t now, ms_t ms)
{
    peer->wait = (uint8_t)wait;
    peer->since = now;
    peer->due = now + (uint64_t)ms;
}

uint32_t peers_cut_late(struct peer_ring *p, uint64_t now,
                        void (*cut)(struct peer *peer, void *data), void *data)
{
    uint32_t n = 0;
    for (struct peer *peer = p->ring.next; peer != &p->ring; peer = peer->next) {
        if (peer->cut || now < peer->due)
            continue;
        peer->cut = true;
        cut(peer, data);
        n++;
    }
    return n;
}

enum { ADDRESSES = 1024 }; /* two that fall on one number count as one */

static bool is_unfinished(const struct peer *peer)
{
    return peer->due != UINT64_MAX && (peer->wait == HTTP_CUT_HEAD || peer->wait == HTTP_CUT_BODY);
}

/* The rank of a peer among those that may go; 0: it stays. */
static uint32_t rank_of(const struct peer *peer, const uint16_t *unfinished, uint64_t now)
{
    if (peer->wait == HTTP_CUT_IDLE)
        return UINT32_MAX;
    return is_unfinished(peer) && now >= peer->since + PEER_GRACE_MS
               ? unfinished[peer->budget % ADDRESSES]
               : 0;
}

struct peer *peers_yielding(const struct peer_ring *p, uint64_t now)
{
    uint16_t unfinished[ADDRESSES] = {0};
    struct peer *first = NULL;
    uint32_t first_rank = 0;
    for (struct peer *peer = p->ring.next; peer != &p->ring; peer = peer->next) {
        if (peer->cut)
            return NULL;
        if (is_unfinished(peer))
            unfinished[peer->budget % ADDRESSES]++;
    }
    for (struct peer *peer = p->ring.next; peer != &p->ring; peer = peer->next) {
        uint32_t rank = rank_of(peer, unfinished, now);
        if (rank > first_rank || (rank > 0 && rank == first_rank && peer->since < first->since)) {
            first = peer;
            first_rank = rank;
        }
    }
    return first;
}

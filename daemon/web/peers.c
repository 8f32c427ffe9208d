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

void peer_waits(struct peer *peer, enum http_cut wait, uint64_t due)
{
    peer->wait = (uint8_t)wait;
    peer->due = due;
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

struct peer *peers_idlest(const struct peer_ring *p)
{
    struct peer *first = NULL;
    for (struct peer *peer = p->ring.next; peer != &p->ring; peer = peer->next) {
        if (peer->cut)
            return NULL;
        /* All of them may be idle for as long, so who is due first began first. */
        if (peer->wait == HTTP_CUT_IDLE && (first == NULL || peer->due < first->due))
            first = peer;
    }
    return first;
}

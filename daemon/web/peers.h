/* peers.h: connections and until when each may keep us waiting, whatever it does meanwhile.
 *
 * A peer that sends or reads one byte now and then is never idle, so idle timers do not end it
 * (slowloris). Here every wait has an end that a byte does not put off. */
#ifndef TP_DAEMON_WEB_PEERS_H
#define TP_DAEMON_WEB_PEERS_H

#include "proto/encode.h"

enum { PEER_GRACE_MS = 1000 }; /* an unfinished request has it, also in a full house */

struct peer {
    struct peer *next, *prev; /* all peers, in a circle */
    void *connection;         /* the owner's */
    int fd;
    uint64_t budget; /* whose it spends (ration.h); 0: nobody's */
    uint8_t wait;    /* enum http_cut: what it keeps us waiting for */
    bool suspended;  /* the owner's */
    bool cut;        /* was told to go */
    bool zero;       /* the owner's: its request names a zero byte */
    uint64_t since;  /* its wait began, in the owner's ms */
    uint64_t due;    /* end of the wait; UINT64_MAX = none */
};

struct peer_ring {
    struct peer ring; /* its ends; no peer */
    uint32_t n;
};

/* A peer that waits for us. */
static inline void peer_rests(struct peer *peer)
{
    peer->due = UINT64_MAX;
}

void peers_init(struct peer_ring *p);
void peers_add(struct peer_ring *p, struct peer *peer);
void peers_remove(struct peer_ring *p, struct peer *peer);

/* Begins a wait that ends after `ms`. */
void peer_waits(struct peer *peer, enum http_cut wait, uint64_t now, ms_t ms);

/* Calls cut for every peer whose wait is over and that was not cut yet. Returns how many. */
uint32_t peers_cut_late(struct peer_ring *p, uint64_t now,
                        void (*cut)(struct peer *peer, void *data), void *data);

/* Who is to give its place up: the peer that has had no request for longest. Where each has one:
 * of the address that has most unfinished requests (head or body) the oldest, if its grace is
 * over. NULL: nobody, or one that was told to go is still here, whose place is free
 * soon. */
struct peer *peers_yielding(const struct peer_ring *p, uint64_t now);

#endif

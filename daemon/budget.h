/* budget.h: how much one peer may ask: so many requests and so many bytes of answers a second.
 *
 * Each peer (by its key's name, without keys by its connection) has a bucket that fills with time
 * and holds one second's worth. Requests beyond it are refused; bytes are spent after they were
 * sent, so a bucket may be below zero: then the peer's answers wait. The peers that asked last are
 * remembered; who was forgotten begins with a full bucket. Pure: the caller's clock. */
#ifndef TP_DAEMON_BUDGET_H
#define TP_DAEMON_BUDGET_H

#include "core/base.h"

enum { BUDGET_PEERS = 256 };

struct budget_peer {
    uint64_t key;     /* 0: nobody */
    uint64_t at;      /* filled up to then */
    int64_t requests; /* thousandths */
    int64_t bytes;
};

struct budget {
    uint64_t requests, bytes; /* a second; 0: any */
    struct budget_peer peer[BUDGET_PEERS];
};

/* One request. false: not now. key 0 stands for nobody, who may ask anything. */
MUST_CHECK bool budget_take(struct budget *b, uint64_t key, uint64_t now_ms);

/* So many bytes were sent. */
void budget_spend(struct budget *b, uint64_t key, uint64_t now_ms, uint64_t bytes);

/* Has the peer had more than its bytes? */
bool budget_behind(struct budget *b, uint64_t key, uint64_t now_ms);

/* ms until it is behind no more; 0: it is not. */
uint64_t budget_wait(struct budget *b, uint64_t key, uint64_t now_ms);

#endif

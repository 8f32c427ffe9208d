#include "daemon/budget.h"

enum { A_REQUEST = 1000 };

static int64_t least(uint64_t a, uint64_t b)
{
    return (int64_t)(a < b ? a : b);
}

/* A second's worth at most; time that is longer fills no more. */
static void fill(const struct budget *b, struct budget_peer *p, uint64_t now)
{
    uint64_t ms = now > p->at ? now - p->at : 0;
    int64_t s = least(ms, 1000); /* a debt of several seconds' bytes takes as long to pay back */
    if (p->bytes < 0)
        s = least(ms, MS_HOUR);
    p->at = now > p->at ? now : p->at;
    p->requests += least(ms, 1000) * (int64_t)b->requests;
    p->bytes += s * (int64_t)b->bytes / 1000;
    p->requests = ms_min(p->requests, (int64_t)b->requests * A_REQUEST);
    p->bytes = ms_min(p->bytes, (int64_t)b->bytes);
}

/* The peer's bucket as it is now; that of who was quiet longest, when there is none of its own. */
static struct budget_peer *bucket(struct budget *b, uint64_t key, uint64_t now)
{
    struct budget_peer *oldest = &b->peer[0];
    for (uint32_t i = 0; i < BUDGET_PEERS; i++) {
        struct budget_peer *p = &b->peer[i];
        if (p->key == key) {
            fill(b, p, now);
            return p;
        }
        oldest = p->at < oldest->at ? p : oldest;
    }
    *oldest = (struct budget_peer){key, now, (int64_t)b->requests * A_REQUEST, (int64_t)b->bytes};
    return oldest;
}

bool budget_take(struct budget *b, uint64_t key, uint64_t now_ms)
{
    if (key == 0 || b->requests == 0)
        return true;
    struct budget_peer *p = bucket(b, key, now_ms);
    if (p->requests < A_REQUEST)
        return false;
    p->requests -= A_REQUEST;
    return true;
}

void budget_spend(struct budget *b, uint64_t key, uint64_t now_ms, uint64_t bytes)
{
    if (key != 0 && b->bytes != 0)
        bucket(b, key, now_ms)->bytes -= (int64_t)bytes;
}

bool budget_behind(struct budget *b, uint64_t key, uint64_t now_ms)
{
    return budget_wait(b, key, now_ms) > 0;
}

uint64_t budget_wait(struct budget *b, uint64_t key, uint64_t now_ms)
{
    if (key == 0 || b->bytes == 0)
        return 0;
    int64_t bytes = bucket(b, key, now_ms)->bytes;
    return bytes >= 0 ? 0 : ((uint64_t)-bytes * 1000 + b->bytes - 1) / b->bytes;
}

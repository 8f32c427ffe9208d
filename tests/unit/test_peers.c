/* Connections and the ends of their waits. */
#include "daemon/web/peers.h"

#include <criterion/criterion.h>

static struct peer *cut[4];

static void on_cut(struct peer *peer, void *data)
{
    uint32_t *n = data;
    cut[(*n)++] = peer;
}

Test(peers, a_wait_ends_once)
{
    struct peer_ring p;
    struct peer a = {.fd = 1}, b = {.fd = 2}, c = {.fd = 3};
    uint32_t n = 0;
    peers_init(&p);
    peers_add(&p, &a);
    peers_add(&p, &b);
    peers_add(&p, &c);
    peer_waits(&a, HTTP_CUT_HEAD, 90, 10);
    peer_waits(&b, HTTP_CUT_BODY, 1, 100);
    peer_rests(&c);
    cr_assert_eq(peers_cut_late(&p, 99, on_cut, &n), 0);
    cr_assert_eq(peers_cut_late(&p, 100, on_cut, &n), 1);
    cr_assert_eq(cut[0], &a);
    cr_assert_eq(cut[0]->wait, HTTP_CUT_HEAD);
    cr_assert_eq(peers_cut_late(&p, 1000, on_cut, &n), 1);
    cr_assert_eq(cut[1], &b);
    cr_assert_eq(peers_cut_late(&p, UINT64_MAX - 1, on_cut, &n), 0);
}

Test(peers, who_is_gone_is_not_cut)
{
    struct peer_ring p;
    struct peer a = {.fd = 1}, b = {.fd = 2};
    uint32_t n = 0;
    peers_init(&p);
    peers_add(&p, &a);
    peers_add(&p, &b);
    peers_remove(&p, &a);
    cr_assert_eq(p.n, 1);
    cr_assert_eq(peers_cut_late(&p, 5, on_cut, &n), 1);
    cr_assert_eq(cut[0], &b);
    peers_remove(&p, &b);
    cr_assert_eq(p.n, 0);
    cr_assert_eq(peers_cut_late(&p, 5, on_cut, &n), 0);
}

Test(peers, the_idlest_is_idle_and_first)
{
    struct peer_ring p;
    struct peer head = {.fd = 1}, young = {.fd = 2}, old = {.fd = 3}, busy = {.fd = 4};
    peers_init(&p);
    cr_assert_null(peers_yielding(&p, 0));
    peers_add(&p, &head);
    peers_add(&p, &busy);
    peer_waits(&head, HTTP_CUT_HEAD, 1, 10);
    peer_waits(&busy, HTTP_CUT_IDLE, 2, 10);
    peer_waits(&busy, HTTP_CUT_STREAM, 2, 10); /* a stream that began on a kept connection */
    cr_assert_null(peers_yielding(&p, 0));
    peers_add(&p, &old);
    peers_add(&p, &young);
    peer_waits(&young, HTTP_CUT_IDLE, 101, 10);
    peer_waits(&old, HTTP_CUT_IDLE, 100, 10);
    cr_assert_eq(peers_yielding(&p, 1001), &old); /* before any unfinished request */
    peer_waits(&old, HTTP_CUT_IDLE, 102, 10);     /* it had another request */
    cr_assert_eq(peers_yielding(&p, 1001), &young);
    young.cut = true; /* one at a time */
    cr_assert_null(peers_yielding(&p, 1001));
    peers_remove(&p, &young);
    cr_assert_eq(peers_yielding(&p, 1001), &old);
}

Test(peers, whose_requests_never_end_gives_way)
{
    enum { MANY = 7 };
    struct peer_ring p;
    struct peer many[MANY], few[2], one = {.budget = 9}, whole = {.budget = 5};
    peers_init(&p);
    peers_add(&p, &one);
    peer_waits(&one, HTTP_CUT_HEAD, 10, 100); /* the oldest of all */
    for (uint64_t i = 0; i < MANY; i++) {
        many[i] = (struct peer){.budget = 5};
        peers_add(&p, &many[i]);
        peer_waits(&many[i], i % 2 ? HTTP_CUT_BODY : HTTP_CUT_HEAD, 30 - i, i % 2 ? 500 : 100);
    }
    for (uint64_t i = 0; i < 2; i++) {
        few[i] = (struct peer){.budget = 7};
        peers_add(&p, &few[i]);
        peer_waits(&few[i], HTTP_CUT_HEAD, 12, 100);
    }
    peers_add(&p, &whole);
    peer_waits(&whole, HTTP_CUT_BODY, 1, 100);
    peer_rests(&whole); /* it has come, and waits for us */
    cr_assert_null(peers_yielding(&p, 1009));
    cr_assert_eq(peers_yielding(&p, 1011), &one); /* the only one of that age */
    cr_assert_eq(peers_yielding(&p, 1023)->budget, 7);
    cr_assert_eq(peers_yielding(&p, 1024), &many[MANY - 1]);
    for (int i = MANY - 1; i > 1; i--) {
        cr_assert_eq(peers_yielding(&p, 1050), &many[i], "%d", i);
        many[i].cut = true;
        cr_assert_null(peers_yielding(&p, 1050));
        peers_remove(&p, &many[i]);
    }
    cr_assert_eq(peers_yielding(&p, 1050)->budget, 7); /* as many as the others: who began first */
}

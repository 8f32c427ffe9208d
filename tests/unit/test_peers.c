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
    peer_waits(&a, HTTP_CUT_HEAD, 100);
    peer_waits(&b, HTTP_CUT_BODY, 101);
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
    cr_assert_null(peers_idlest(&p));
    peers_add(&p, &head);
    peers_add(&p, &busy);
    peer_waits(&head, HTTP_CUT_HEAD, 1);
    peer_waits(&busy, HTTP_CUT_IDLE, 2);
    peer_waits(&busy, HTTP_CUT_STREAM, 2); /* a stream that began on a kept connection */
    cr_assert_null(peers_idlest(&p));
    peers_add(&p, &old);
    peers_add(&p, &young);
    peer_waits(&young, HTTP_CUT_IDLE, 101);
    peer_waits(&old, HTTP_CUT_IDLE, 100);
    cr_assert_eq(peers_idlest(&p), &old);
    peer_waits(&old, HTTP_CUT_IDLE, 102); /* it had another request */
    cr_assert_eq(peers_idlest(&p), &young);
    young.cut = true; /* one at a time */
    cr_assert_null(peers_idlest(&p));
    peers_remove(&p, &young);
    cr_assert_eq(peers_idlest(&p), &old);
}

/* clients: each batch counts once, whatever comes again, late or never, as a set says. */
#include "daemon/clients.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct clients c, copy;

static uint64_t of(const char *owner, uint64_t i)
{
    char name[32];
    snprintf(name, sizeof name, "client-%d", (int)i);
    return client_key(str_of(owner), str_of(name));
}

Test(clients, agree_with_a_set)
{
    enum { KEYS = 5, BATCHES = 500 };
    static bool applied[KEYS][BATCHES];
    static uint64_t highest[KEYS];
    struct random r = {1};
    uint64_t entry = 0, again = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t k = random_below(&r, KEYS);
        uint64_t low = highest[k] > 70 ? highest[k] - 70 : 0;
        uint64_t b = low + random_below(&r, 75);
        if (b >= BATCHES)
            continue;
        bool far = highest[k] > 0 && b + CLIENTS_WINDOW <= highest[k];
        cr_assert_eq(clients_seen(&c, k + 1, b), far || applied[k][b], "key %d batch %d", (int)k,
                     (int)b);
        again += applied[k][b];
        if (far || random_percent(&r, 30))
            continue; /* refused this time */
        clients_claim(&c, k + 1, b, ++entry);
        applied[k][b] = true;
        highest[k] = b > highest[k] ? b : highest[k];
    }
    cr_assert_gt(again, 1000);
}

Test(clients, the_one_that_was_quiet_longest_goes)
{
    memset(&c, 0, sizeof c);
    for (uint64_t k = 1; k <= CLIENTS_MAX; k++)
        clients_claim(&c, of("", k), 9, k);
    clients_claim(&c, of("", 1), 10, CLIENTS_MAX + 1);
    clients_claim(&c, of("", CLIENTS_MAX + 1), 1, CLIENTS_MAX + 2);
    cr_assert(clients_seen(&c, of("", 1), 10));
    cr_assert_not(clients_seen(&c, of("", 2), 9));
    cr_assert(clients_seen(&c, of("", 3), 9));
    cr_assert(clients_seen(&c, of("", CLIENTS_MAX + 1), 1));
    cr_assert_eq(c.n, CLIENTS_MAX);
}

/* Whoever has a key may take as many names as it likes: the others' are kept. */
Test(clients, a_key_takes_its_own_places_when_there_are_no_more)
{
    static const char *const owners[] = {"", "shop", "crm"};
    memset(&c, 0, sizeof c);
    uint64_t entry = 0;
    for (uint64_t i = 0; i < 10; i++)
        for (int o = 0; o < 3; o++)
            clients_claim(&c, of(owners[o], i), 5, ++entry);
    for (uint64_t i = 0; i < 5000; i++)
        clients_claim(&c, of("flood", i), 5, ++entry);
    cr_assert_eq(c.n, CLIENTS_MAX);
    for (uint64_t i = 0; i < 10; i++)
        for (int o = 0; o < 3; o++)
            cr_assert(clients_seen(&c, of(owners[o], i), 5), "%s %d", owners[o], (int)i);
    for (uint64_t i = 0; i < 5000; i++) /* and of its own the newest stay */
        cr_assert_eq(clients_seen(&c, of("flood", i), 5), i >= 5000 - (CLIENTS_MAX - 30));
    for (uint64_t i = 10; i < 2000; i++) /* who comes later has its share of the places, not more */
        clients_claim(&c, of("shop", i), 5, ++entry);
    uint32_t flood = 0, shop = 0;
    for (uint64_t i = 0; i < 5000; i++)
        flood += clients_seen(&c, of("flood", i), 5);
    for (uint64_t i = 0; i < 2000; i++)
        shop += clients_seen(&c, of("shop", i), 5);
    cr_assert(flood == shop && flood + shop + 20 == CLIENTS_MAX, "%u %u", flood, shop);
}

Test(clients, come_back_from_their_bytes_or_not_at_all)
{
    memset(&c, 0, sizeof c);
    for (uint64_t k = 1; k <= 10; k++)
        clients_claim(&c, k, k * 3, k);
    uint64_t n = clients_bytes(&c);
    cr_assert(clients_load(&copy, &c, n));
    cr_assert_eq(memcmp(&copy, &c, n), 0);
    for (uint64_t cut = 1; cut < n; cut++) {
        uint8_t *bytes = malloc(cut);
        memcpy(bytes, &c, cut);
        cr_assert_not(clients_load(&copy, bytes, cut));
        cr_assert_eq(copy.n, 0);
        free(bytes);
    }
    c.n = CLIENTS_MAX + 1;
    cr_assert_not(clients_load(&copy, &c, sizeof c));
    cr_assert(clients_load(&copy, "", 0));
}

Test(clients, keys_are_of_owner_and_name)
{
    uint64_t a = client_key(str_of(""), str_of("x")), b = client_key(str_of("x"), str_of(""));
    cr_assert(a != b && a != 0 && b != 0);
    cr_assert_neq(client_key(str_of("a"), str_of("x")), client_key(str_of("b"), str_of("x")));
    cr_assert_eq(a, client_key(str_of(""), str_of("x")));
    cr_assert(a & 1);
    for (uint64_t i = 0; i < 100; i++) {
        cr_assert(of("a", i) != 0 && (of("a", i) & 1) == 0);
        cr_assert_eq(of("a", i) >> 48, of("a", 0) >> 48);
        cr_assert_neq(of("a", i), of("a", i + 1));
    }
}

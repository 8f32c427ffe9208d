/* clients: each batch counts once, whatever comes again, late or never, as a set says. */
#include "daemon/clients.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct clients c, copy;

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
        clients_claim(&c, k, 9, k);
    clients_claim(&c, 1, 10, CLIENTS_MAX + 1);
    clients_claim(&c, CLIENTS_MAX + 1, 1, CLIENTS_MAX + 2);
    cr_assert(clients_seen(&c, 1, 10));
    cr_assert_not(clients_seen(&c, 2, 9));
    cr_assert(clients_seen(&c, 3, 9));
    cr_assert(clients_seen(&c, CLIENTS_MAX + 1, 1));
    cr_assert_eq(c.n, CLIENTS_MAX);
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
}

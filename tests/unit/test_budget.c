/* budget: no peer gets more than its share over any span, and nobody less for another's sake. */
#include "daemon/budget.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>

static struct budget sut;

Test(budget, a_second_holds_its_requests)
{
    sut = (struct budget){.requests = 10};
    for (int i = 0; i < 10; i++)
        cr_assert(budget_take(&sut, 7, 5000));
    cr_expect_not(budget_take(&sut, 7, 5000));
    cr_expect(budget_take(&sut, 8, 5000), "another peer has its own");
    cr_expect_not(budget_take(&sut, 7, 5099));
    cr_expect(budget_take(&sut, 7, 5100));
    cr_expect_not(budget_take(&sut, 7, 5100));
    for (int i = 0; i < 10; i++)
        cr_assert(budget_take(&sut, 7, 99000), "no more than a second's worth is saved");
    cr_expect_not(budget_take(&sut, 7, 99000));
    cr_expect_not(budget_take(&sut, 7, 98000), "a clock that is set back gives nothing");
}

Test(budget, bytes_are_owed_and_paid_back)
{
    sut = (struct budget){.bytes = 1000};
    cr_expect_not(budget_behind(&sut, 7, 5000));
    budget_spend(&sut, 7, 5000, 1000);
    cr_expect_not(budget_behind(&sut, 7, 5000));
    budget_spend(&sut, 7, 5000, 3000);
    cr_expect(budget_behind(&sut, 7, 7999));
    cr_expect_not(budget_behind(&sut, 7, 8000));
    cr_expect_not(budget_behind(&sut, 8, 5000));
    cr_expect(budget_take(&sut, 7, 5000), "requests have no bound here");
}

Test(budget, nobody_and_no_bound)
{
    sut = (struct budget){.requests = 1, .bytes = 1};
    for (int i = 0; i < 100; i++) {
        cr_assert(budget_take(&sut, 0, 1));
        budget_spend(&sut, 0, 1, 1 << 20);
        cr_assert_not(budget_behind(&sut, 0, 1));
    }
}

Test(budget, who_asked_last_is_remembered)
{
    sut = (struct budget){.requests = 1};
    cr_assert(budget_take(&sut, 1, 1000));
    for (uint64_t key = 2; key <= BUDGET_PEERS; key++)
        cr_assert(budget_take(&sut, key, 1000 + key));
    cr_expect_not(budget_take(&sut, 1, 1400), "there is room for all");
    cr_assert(budget_take(&sut, 999, 1401)); /* 2 asked longest ago */
    cr_expect_not(budget_take(&sut, 1, 1402));
    cr_expect_not(budget_take(&sut, 3, 1403));
}

/* Any pattern of asking: in every span, at most what flows in and what the bucket holds. */
Test(budget, never_more_than_flows_in)
{
    struct random r = {1};
    for (int round = 0; round < 200; round++) {
        uint64_t rate = 1 + random_below(&r, 50), now = 100000, began = now, taken = 0;
        sut = (struct budget){.requests = rate};
        for (int i = 0; i < 2000; i++) {
            now += random_below(&r, 40);
            taken += budget_take(&sut, 5, now);
            cr_assert_leq(taken * 1000, rate * 1000 + (now - began) * rate);
        }
        cr_assert_geq(taken * 1000 + 1000, rate * (now - began) / (rate > 25 ? 4 : 2),
                      "and about as much as that");
    }
}

Test(budget, says_how_long_a_debt_takes)
{
    sut = (struct budget){.bytes = 1000};
    cr_expect_eq(budget_wait(&sut, 7, 5000), 0);
    budget_spend(&sut, 7, 5000, 1000);
    cr_expect_eq(budget_wait(&sut, 7, 5000), 0);
    budget_spend(&sut, 7, 5000, 2500);
    uint64_t wait = budget_wait(&sut, 7, 5000);
    cr_expect_eq(wait, 2500);
    cr_expect_eq(budget_wait(&sut, 7, 5000 + wait - 1), 1);
    cr_expect_eq(budget_wait(&sut, 7, 5000 + wait), 0);
    cr_expect_eq(budget_wait(&sut, 0, 5000), 0);
    sut.bytes = 0;
    cr_expect_eq(budget_wait(&sut, 7, 5000), 0, "no bound");
}

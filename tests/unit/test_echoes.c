/* Alerts of two daemons matched, against a list that is searched from end to end. */
#include "daemon/echoes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct echoes e;

static void start(void)
{
    cr_assert(echoes_init(&e));
}

static void end(void)
{
    echoes_fini(&e);
}

TestSuite(echoes, .init = start, .fini = end);

static void ours(uint64_t id, uint64_t rev, uint64_t now)
{
    char text[32];
    int n =
        snprintf(text, sizeof text, "%llu/%llu", (unsigned long long)id, (unsigned long long)rev);
    (void)echoes_ours(&e, id, rev, now, now, str_of("alert.x."), text, (size_t)n);
}

static void theirs(uint64_t id, uint64_t rev, uint64_t now)
{
    const struct echo *x = echoes_theirs(&e, id, rev, now);
    if (x == NULL)
        return;
    cr_assert(x->id == id && x->rev == rev && x->bytes != NULL);
    echoes_drop(&e, x);
}

/* As a caller gives up what is old. */
static uint64_t age(uint64_t then)
{
    uint64_t n = 0;
    for (const struct echo *x; (x = echoes_oldest(&e)) != NULL && x->since < then; n++)
        echoes_drop(&e, x);
    echoes_age(&e, then);
    return n;
}

Test(echoes, either_comes_first)
{
    ours(7, 1, 10);
    ours(7, 2, 11);
    theirs(8, 1, 12);
    cr_assert_eq(e.waiting, 2);
    theirs(7, 1, 13);
    ours(8, 1, 14); /* heard before: nothing waits */
    cr_assert_eq(e.waiting, 1);
    cr_assert_eq(e.confirmed, 2);
    const struct echo *x = echoes_oldest(&e);
    cr_assert_not_null(x);
    cr_assert_eq(x->id, 7);
    cr_assert_eq(x->rev, 2);
    cr_assert_eq(x->seq, 11);
    cr_assert_eq(x->topic, 8);
    cr_assert_eq(memcmp(x->bytes, "alert.x.7/2", 11), 0);
    echoes_drop(&e, x);
    cr_assert_null(echoes_oldest(&e));
    cr_assert_eq(e.waiting, 0);
}

Test(echoes, what_is_told_twice_confirms_once)
{
    ours(1, 1, 1);
    theirs(1, 1, 2);
    theirs(1, 1, 3);
    theirs(1, 1, 4);
    cr_assert_eq(e.confirmed, 1);
    ours(1, 1, 5); /* after a restart of ours: known */
    cr_assert_eq(e.waiting, 0);
}

Test(echoes, what_grows_old_is_given_up_and_counted)
{
    ours(1, 1, 100);
    theirs(2, 1, 110);
    ours(3, 1, 120);
    cr_assert_eq(age(100), 0);
    cr_assert_eq(e.waiting, 2);
    cr_assert_eq(age(111), 1);
    cr_assert_eq(e.unknown, 1);
    cr_assert_eq(e.waiting, 1);
    cr_assert_eq(echoes_oldest(&e)->id, 3);
    ours(2, 1, 130); /* theirs is forgotten: it waits */
    cr_assert_eq(e.waiting, 2);
    cr_assert_eq(age(1000), 2);
    cr_assert_eq(e.lost, 0);
    cr_assert_null(echoes_oldest(&e));
}

Test(echoes, the_oldest_go_when_there_is_no_room)
{
    theirs(999999999, 1, 0);
    for (uint64_t i = 0; i < ECHOES_MAX; i++)
        ours(i + 1, 1, i);
    cr_assert_eq(e.lost, 0);
    cr_assert_eq(e.unknown, 1);
    ours(ECHOES_MAX + 1, 1, ECHOES_MAX);
    cr_assert_eq(e.lost, 1);
    cr_assert_eq(e.waiting, ECHOES_MAX);
    cr_assert_eq(echoes_oldest(&e)->id, 2);
    theirs(1, 1, ECHOES_MAX); /* the one that went */
    cr_assert_eq(e.confirmed, 0);
}

enum { STEPS = 20000, KEYS = 300 };

static struct entry {
    uint64_t id, rev, since;
    int kind; /* 0: done, 1: ours, 2: theirs */
} list[STEPS];
static uint32_t listed;

static struct entry *search(uint64_t id, uint64_t rev, int kind)
{
    for (uint32_t i = 0; i < listed; i++)
        if (list[i].id == id && list[i].rev == rev && list[i].kind == kind)
            return &list[i];
    return NULL;
}

Test(echoes, as_a_plain_list)
{
    uint64_t confirmed = 0, unconfirmed = 0, unknown = 0, given_up = 0;
    srandom(5);
    for (uint64_t now = 0; now < STEPS; now++) {
        uint64_t id = (uint64_t)random() % KEYS, rev = (uint64_t)random() % 3;
        bool mine = random() % 2 == 0;
        struct entry *other = search(id, rev, mine ? 2 : 1);
        if (mine ? search(id, rev, 1) != NULL : search(id, rev, 2) != NULL)
            continue; /* an alert is made once */
        if (other != NULL) {
            other->kind = 0;
            confirmed++;
        } else {
            list[listed++] = (struct entry){id, rev, now, mine ? 1 : 2};
        }
        if (mine)
            ours(id, rev, now);
        else
            theirs(id, rev, now);
        if (random() % 50 == 0) {
            uint64_t then = now < 400 ? 0 : now - 400;
            for (uint32_t i = 0; i < listed; i++) {
                if (list[i].since >= then)
                    continue;
                unconfirmed += list[i].kind == 1;
                unknown += list[i].kind == 2;
                list[i].kind = 0;
            }
            given_up += age(then);
        }
        uint32_t first = 0, waiting = 0;
        for (uint32_t i = listed; i-- > 0;) {
            first = list[i].kind == 1 ? i : first;
            waiting += list[i].kind == 1;
        }
        cr_assert_eq(e.waiting, waiting);
        const struct echo *x = echoes_oldest(&e);
        cr_assert_eq(x != NULL, waiting > 0);
        if (x != NULL)
            cr_assert(x->id == list[first].id && x->rev == list[first].rev);
    }
    cr_assert_eq(e.confirmed, confirmed);
    cr_assert_eq(given_up, unconfirmed);
    cr_assert_eq(e.unknown, unknown);
    cr_assert_gt(confirmed, 1000);
    cr_assert_gt(unconfirmed, 100);
}

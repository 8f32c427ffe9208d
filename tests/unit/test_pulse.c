/* When the watchdog hears of the daemon, and when it must not. */
#include "daemon/pulse.h"

#include <criterion/criterion.h>

Test(pulse, turns_are_progress)
{
    struct pulse p = {0};
    struct status_journal none = {.on = false};
    cr_assert(pulse_beats(&p, 5, &none));
    cr_assert(!pulse_beats(&p, 5, &none));
    cr_assert(pulse_beats(&p, 6, &none));
}

Test(pulse, a_disk_that_hangs_is_none)
{
    struct pulse p = {0};
    struct status_journal j = {.on = true, .written = true, .entries = 10, .committed = 7};
    cr_assert(pulse_beats(&p, 1, &j), "what waits may have come just now");
    cr_assert(!pulse_beats(&p, 2, &j));
    j.entries = 20;
    cr_assert(!pulse_beats(&p, 3, &j));
    j.committed = 8;
    cr_assert(pulse_beats(&p, 4, &j));
    j.committed = 20;
    cr_assert(pulse_beats(&p, 5, &j));
    cr_assert(pulse_beats(&p, 6, &j), "nothing waits");
    j.entries = 21;
    cr_assert(pulse_beats(&p, 7, &j), "it has waited for no whole beat");
}

Test(pulse, a_disk_that_refuses_ends_nothing)
{
    struct pulse p = {0};
    struct status_journal j = {.on = true, .written = false, .entries = 10, .committed = 7};
    for (uint64_t turns = 1; turns < 5; turns++)
        cr_assert(pulse_beats(&p, turns, &j));
    j.written = true; /* it takes something again: the next beat judges */
    cr_assert(pulse_beats(&p, 6, &j));
    cr_assert(!pulse_beats(&p, 7, &j));
}

/* handling: talk and wrap-up of an agent's calls, against a walk through every millisecond. */
#include "core/handling.h"

#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { RECORDS = 10, SPAN = 60, TIMEOUT = 12 };

static const ms_t start = 1770368400000;

static struct record record[RECORDS];
static uint32_t records;

static int by_order(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

/* The index of the last state up to an instant, -1: none, or one that is over by then. */
static int state_at(ms_t t)
{
    int at = -1;
    for (uint32_t i = 0; i < records; i++)
        if (record[i].kind == EV_AGENT_STATE && record[i].ts <= t)
            at = (int)i;
    return at >= 0 && t < record[at].ts + TIMEOUT ? at : -1;
}

/* Milliseconds in wrap_up after the call, one by one, until he turns to something else; only those
 * after which something was said before the state timed out. */
static ms_t wrap_of(uint32_t call)
{
    ms_t wrap = 0;
    for (ms_t t = record[call].ts; t < start + 10 * SPAN; t++) {
        int s = state_at(t);
        uint32_t next = call + 1; /* the first record after t */
        while (next < records && record[next].ts <= t)
            next++;
        for (uint32_t i = call + 1; i < next; i++)
            if (record[i].kind != EV_AGENT_STATE ||
                (record[i].number != PRESENCE_WRAP_UP && record[i].number != PRESENCE_BUSY))
                return wrap;
        if (s < 0 && t > record[call].ts && state_at(t - 1) >= 0)
            return wrap;
        if (s >= 0 && record[s].number == PRESENCE_WRAP_UP && next < records &&
            record[next].ts < record[s].ts + TIMEOUT)
            wrap++;
    }
    return wrap;
}

Test(handling, is_talk_and_wrap_up)
{
    uint32_t calls = 0;
    ms_t wraps = 0;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct random r = {seed};
        ms_t ended = 0;
        records = 0;
        while (records < RECORDS) {
            struct record *x = &record[records];
            if (records + 1 < RECORDS && random_percent(&r, 30)) { /* one call after the other */
                ms_t answered = ended + random_range(&r, 1, 20);
                ended = answered + random_range(&r, 1, 9);
                struct tags tags = {.agent = 1 + records};
                handling_record(x, EV_CALL_ANSWERED, str_of("C"), &tags, start + answered,
                                start + answered);
                handling_record(x + 1, EV_CALL_ENDED, str_of("C"), &tags, start + answered,
                                start + ended);
                records += 2;
            } else {
                *x = (struct record){.ts = start + random_range(&r, 0, SPAN),
                                     .kind = EV_AGENT_STATE,
                                     .number = (uint32_t)random_below(&r, 4)};
                records++;
            }
        }
        qsort(record, records, sizeof *record, by_order);
        bool twice = false;
        for (uint32_t i = 1; i < records; i++)
            twice |= record[i].ts == record[i - 1].ts;
        if (twice)
            continue;
        struct op op[RECORDS + 1];
        struct sink out = {.op = op, .cap = RECORDS + 1};
        struct handling h;
        handling_init(&h);
        for (uint32_t i = 0; i < records; i++)
            handling_take(&h, &record[i], TIMEOUT, &out);
        handling_open(&h, &out);
        uint32_t n = 0;
        for (uint32_t i = 0; i < records; i++) {
            if (record[i].kind != EV_CALL_ENDED)
                continue;
            ms_t want = record[i].ts - record[i].time + wrap_of(i);
            cr_assert_lt(n, out.n);
            cr_assert(op[n].sample.ts == record[i].ts && op[n].tags.agent == record[i].tags.agent);
            cr_assert_eq(op[n].sample.value[CALLS_HANDLE], want, "seed %lu, call %u: %ld, not %ld",
                         seed, i, op[n].sample.value[CALLS_HANDLE], want);
            wraps += wrap_of(i) > 0;
            n++;
        }
        cr_assert_eq(n, out.n);
        calls += n;
    }
    cr_assert(calls > 5000 && wraps > 500, "%u calls, %ld with wrap-up", calls, wraps);
}

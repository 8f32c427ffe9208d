/* test_mutant: what the fuzzer is fed is mostly MessagePack, now and then a sound event or request,
 * and meets every reason to refuse one. */
#include "tests/lib/mutant.h"

#include <criterion/criterion.h>

#include "core/err.h"
#include "proto/decode.h"
#include "proto/request.h"
#include "tests/lib/shape.h"

enum { ROUNDS = 20000, ROOM = 4096 };

static uint8_t data[ROOM], before[ROOM], other[ROOM];
static struct decoder decoder;
static struct shape shape;

/* Chains of changes, begun anew now and then, as a fuzzer's corpus grows. */
static size_t next(const struct mutant_of *of, size_t n, uint32_t i)
{
    if (i % 8 == 0)
        n = 0;
    return mutant_make(of, data, n, ROOM, i);
}

Test(mutant, events_are_mostly_read_and_refused_for_every_reason)
{
    uint32_t shapes = 0, batches = 0, sound = 0, several = 0, same = 0;
    uint32_t reasons[ERR_N] = {0};
    size_t n = 0, was = 0;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        memcpy(before, data, n);
        was = n;
        n = next(&mutant_events, n, i);
        cr_assert_leq(n, ROOM);
        same += n == was && memcmp(before, data, n) == 0;
        shapes += shape_read(&shape, data, n);
        int err = decode_batch(&decoder, data, n, 0);
        batches += err == 0;
        reasons[err < 0 ? -err : 0]++;
        sound += err == 0 && decoder.events > 0;
        several += err == 0 && decoder.events + decoder.rejections > 1;
        for (uint32_t k = 0; err == 0 && k < decoder.rejections; k++)
            reasons[-decoder.rejection[k].err]++;
    }
    cr_expect_gt(shapes, ROUNDS * 99 / 100, "%u of %u are MessagePack", shapes, ROUNDS);
    cr_expect_gt(batches, ROUNDS * 2 / 3, "%u of %u could be read", batches, ROUNDS);
    cr_expect_gt(sound, ROUNDS / 5, "%u of %u with a sound event", sound, ROUNDS);
    cr_expect_gt(several, ROUNDS / 4, "%u of %u with several", several, ROUNDS);
    cr_expect_lt(same, ROUNDS / 10, "%u of %u unchanged", same, ROUNDS);
    static const int wanted[] = {ERR_NOT_A_MAP,  ERR_BAD_KEY,    ERR_NO_TYPE,      ERR_UNKNOWN_TYPE,
                                 ERR_MISSING,    ERR_WRONG_TYPE, ERR_OUT_OF_RANGE, ERR_BAD_WORD,
                                 ERR_NAME_EMPTY, ERR_NAME_LONG,  ERR_NOT_UTF8,     ERR_RESERVED,
                                 ERR_TS_UNIT,    ERR_TS_RANGE};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        cr_expect_gt(reasons[-wanted[i]], 0, "none was refused for %s", err_name(wanted[i]));
}

Test(mutant, requests_are_mostly_requests_and_every_operation_is_asked_for)
{
    uint32_t sound = 0, ops[OP_N] = {0};
    size_t n = 0;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        struct request request;
        const char *key;
        n = next(&mutant_requests, n, i);
        cr_assert_leq(n, ROOM);
        if (request_decode(data, n, &request, &key) != 0)
            continue;
        sound++;
        ops[request.op]++;
    }
    cr_expect_gt(sound, ROUNDS / 20, "%u of %u are requests", sound, ROUNDS);
    for (uint32_t op = 0; op < OP_N; op++)
        cr_expect_gt(ops[op], 0, "operation %u was never asked for", op);
}

Test(mutant, the_same_seed_does_the_same)
{
    for (uint32_t i = 0; i < 1000; i++) {
        size_t a = mutant_make(&mutant_events, data, 0, ROOM, i);
        size_t b = mutant_make(&mutant_events, other, 0, ROOM, i);
        cr_assert_eq(a, b);
        cr_assert_eq(memcmp(data, other, a), 0);
    }
}

Test(mutant, neither_rubbish_nor_want_of_room_is_too_much)
{
    struct random r = {7};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        size_t n = random_below(&r, 60), max = n + random_below(&r, 100);
        for (size_t k = 0; k < n; k++)
            data[k] = (uint8_t)random_next(&r);
        memset(data + max, 0x55, 16);
        cr_assert_leq(mutant_make(&mutant_events, data, n, max, i), max);
        for (size_t k = 0; k < 16; k++)
            cr_assert_eq(data[max + k], 0x55);
    }
}

Test(mutant, parts_of_one_stand_in_another)
{
    uint32_t shapes = 0, larger = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        size_t a = mutant_make(&mutant_events, data, 0, ROOM, i);
        size_t b = mutant_make(&mutant_events, other, 0, ROOM, i + 5000);
        size_t n = mutant_cross(&mutant_events, data, a, other, b, before, ROOM, i);
        shapes += n > 0 && shape_read(&shape, before, n);
        larger += n > a;
    }
    cr_expect_gt(shapes, 1900, "%u", shapes);
    cr_expect_gt(larger, 200, "%u", larger);
    cr_expect_eq(mutant_cross(&mutant_events, data, 3, other, 0, before, ROOM, 1), 0);
}

/* fuzz_decode: any bytes as a payload. What is accepted is sound, and says the same again after it
 * was written and read once more. */
#include "proto/decode.h"
#include "proto/text.h"
#include "tests/lib/mutant.h"
#include "tests/lib/random_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

MUTANT_OF(&mutant_events)

static struct decoder first, second;
static char buffer[4096];

static void again(const struct event *e)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
    event_emit(&em, NULL, e);
    int n = emit_finish(&em);
    CHECK(n > 0);
    CHECK(decode_batch(&second, buffer, (size_t)n, 0) == 0);
    CHECK(second.events == 1 && second.rejections == 0);
    struct event copy = *e;
    /* Numbers beyond 2^50 millionths are written as floats, which hold 53 bits. */
    if (copy.value > 1LL << 50 || copy.value < -(1LL << 50))
        copy.value = second.event[0].value;
    CHECK(event_same(&second.event[0], &copy));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int err = decode_batch(&first, data, len, 0);
    if (err != 0) {
        CHECK(err > -ERR_N && first.events == 0 && first.rejections == 0);
        return 0;
    }
    for (uint32_t i = 0; i < first.rejections; i++) {
        CHECK(first.rejection[i].err < 0 && first.rejection[i].offset < len);
        CHECK(first.rejection[i].index < first.events + first.rejections);
    }
    for (uint32_t i = 0; i < first.events; i++) {
        enum event_field field;
        struct event e = first.event[i];
        CHECK(event_check(&e, &field) == 0);
        again(&e);
    }
    return 0;
}

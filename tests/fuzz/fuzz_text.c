/* fuzz_text: any lines as NDJSON, or as CSV when the first byte is 'c'. Accepted events are sound
 * and come back the same as a line of NDJSON. */
#include "proto/text.h"
#include "tests/lib/random_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct text_reader reader, again;
static char buffer[1 << 14];

static void check(const struct event *e)
{
    struct emitter em;
    struct event got;
    enum event_field field;
    emit_start(&em, SINK_JSON, buffer, sizeof buffer);
    event_emit(&em, NULL, e);
    int n = emit_finish(&em);
    CHECK(n > 0);
    if (event_has(e, F_SEQ) && e->seq > INT64_MAX)
        return; /* JSON readers have 63 bits */
    text_reader_init(&again, false);
    CHECK(text_read(&again, buffer, (size_t)n, 0, &got, &field) == 1);
    struct event copy = *e;
    if (copy.value > 1LL << 50 || copy.value < -(1LL << 50))
        copy.value = got.value; /* floats hold 53 bits */
    CHECK(event_same(&got, &copy));
    text_reader_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct event event;
    enum event_field field;
    bool csv = len > 0 && data[0] == 'c';
    const char *p = (const char *)data + csv, *end = (const char *)data + len;
    text_reader_init(&reader, csv);
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline != NULL ? newline : end;
        int result = text_read(&reader, p, (size_t)(stop - p), 0, &event, &field);
        CHECK(result <= 1 && result > -ERR_N && field <= F_N);
        if (result == 1)
            check(&event);
        p = stop + 1;
    }
    text_reader_fini(&reader);
    return 0;
}

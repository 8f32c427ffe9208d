/* test_decode: payloads to events: what is accepted, refused by itself, refused whole. */
#include "proto/decode.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/text.h"
#include "tests/lib/random_event.h"

static struct decoder decoder; /* 2.5 MiB */
static char buffer[BATCH_BYTES_MAX + 64];
static struct emitter em;

enum { TS = 1700000000 }; /* seconds */

/* Decodes a copy of exactly n bytes, so that a read past it is seen. The copy of the last call
 * stays, for the texts of its events. */
static int decode(const void *bytes, size_t n)
{
    static char *copy;
    free(copy);
    copy = malloc(n > 0 ? n : 1);
    memcpy(copy, bytes, n);
    return decode_batch(&decoder, copy, n, 42);
}

static int decode_emitted(void)
{
    int n = emit_finish(&em);
    cr_assert_geq(n, 0);
    return decode(buffer, (size_t)n);
}

static void start(void)
{
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
}

/* {type: confirmed, ts, ticket}, open: more members may follow. */
static void open_event(const char *ticket)
{
    emit_map(&em, NULL);
    emit_text(&em, "type", "confirmed");
    emit_int(&em, "ts", TS * 1000LL);
    emit_text(&em, "ticket", ticket);
}

static void whole_event(const char *ticket)
{
    open_event(ticket);
    emit_end(&em);
}

static void rejected(uint32_t i, uint16_t index, int err, enum event_field field)
{
    cr_assert_lt(i, decoder.rejections);
    cr_assert_eq(decoder.rejection[i].index, index);
    cr_assert_eq(decoder.rejection[i].err, err, "%s", err_name(decoder.rejection[i].err));
    cr_assert_eq(decoder.rejection[i].field, field);
}

Test(decode, one_map_is_one_event)
{
    start();
    whole_event("T-1");
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decoder.events, 1);
    cr_assert_eq(decoder.rejections, 0);
    cr_assert_eq(decoder.event[0].kind, EV_CONFIRMED);
    cr_assert_eq(decoder.event[0].ts, TS * 1000LL);
    cr_assert_eq(decoder.event[0].rts, 42);
    cr_assert(str_equal(decoder.event[0].ticket, str_of("T-1")));
}

Test(decode, a_batch_keeps_its_order_and_places)
{
    start();
    emit_array(&em, NULL);
    whole_event("a");
    emit_int(&em, NULL, 7);
    open_event("b");
    emit_text(&em, "id", "x-2");
    emit_text(&em, "src", "crm");
    emit_text(&em, "type", "exploded");
    emit_end(&em);
    emit_array(&em, NULL);
    whole_event("inside");
    emit_end(&em);
    emit_map(&em, NULL);
    emit_end(&em);
    whole_event("c");
    emit_end(&em);
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decoder.events, 2);
    cr_assert_eq(decoder.index[0], 0);
    cr_assert_eq(decoder.index[1], 5);
    cr_assert(str_equal(decoder.event[1].ticket, str_of("c")));
    cr_assert_eq(decoder.rejections, 4);
    rejected(0, 1, ERR_NOT_A_MAP, F_N);
    rejected(1, 2, ERR_UNKNOWN_TYPE, F_TYPE);
    rejected(2, 3, ERR_NOT_A_MAP, F_N);
    rejected(3, 4, ERR_NO_TYPE, F_TYPE);
    cr_assert(str_equal(decoder.rejection[1].id, str_of("x-2")));
    cr_assert(str_equal(decoder.rejection[1].src, str_of("crm")));
    cr_assert_eq(memcmp(buffer + decoder.rejection[1].offset, "type", 4), 0);
    cr_assert_eq(decoder.rejection[0].id.len, 0);
}

Test(decode, an_empty_batch_is_nothing)
{
    cr_assert_eq(decode("\x90", 1), 0);
    cr_assert_eq(decoder.events + decoder.rejections, 0);
}

/* Every event that we can write comes back as it was, alone and in a batch. */
Test(decode, round_trip)
{
    enum { BATCH = 50 };
    static struct event events[BATCH];
    static struct random_texts texts[BATCH];
    struct random r = {1};
    for (int round = 0; round < 400; round++) {
        start();
        if (round % 2 == 0)
            emit_array(&em, NULL);
        uint32_t n = round % 2 == 0 ? BATCH : 1;
        for (uint32_t i = 0; i < n; i++) {
            random_event(&r, &events[i], &texts[i]);
            event_emit(&em, NULL, &events[i]);
        }
        if (round % 2 == 0)
            emit_end(&em);
        cr_assert_eq(decode_emitted(), 0);
        cr_assert_eq(decoder.events, n, "round %d: %s", round,
                     decoder.rejections > 0 ? err_name(decoder.rejection[0].err) : "");
        for (uint32_t i = 0; i < n; i++)
            cr_assert(event_same(&decoder.event[i], &events[i]), "round %d, event %u", round, i);
    }
}

/* Whatever is missing at its end, a payload is refused whole and nothing past it is read. */
Test(decode, every_cut_is_truncated)
{
    struct random r = {2};
    static struct event event;
    static struct random_texts texts;
    for (int round = 0; round < 100; round++) {
        start();
        emit_array(&em, NULL);
        random_event(&r, &event, &texts);
        event_emit(&em, NULL, &event);
        open_event("T");
        emit_array(&em, "extra");
        emit_float(&em, NULL, 0.5);
        emit_uint(&em, NULL, UINT64_MAX);
        emit_end(&em);
        emit_end(&em);
        emit_end(&em);
        int n = emit_finish(&em);
        for (int cut = 0; cut < n; cut++) {
            cr_assert_eq(decode(buffer, (size_t)cut), ERR_TRUNCATED, "%d of %d", cut, n);
            cr_assert_eq(decoder.events + decoder.rejections, 0);
        }
        buffer[n] = '\xc0';
        cr_assert_eq(decode(buffer, (size_t)n + 1), ERR_TRAILING);
        cr_assert_eq(decoder.events + decoder.rejections, 0);
    }
}

Test(decode, what_is_no_messagepack_is_refused_whole)
{
    cr_assert_eq(decode("\xc1", 1), ERR_NOT_MSGPACK);
    cr_assert_eq(decode("{\"type\":1}", 10), ERR_TRAILING); /* the integer 123, then more */
    cr_assert_eq(decode("\x07", 1), ERR_NOT_A_MAP);
    cr_assert_eq(decode("\xa3"
                        "abc",
                        4),
                 ERR_NOT_A_MAP);
    cr_assert_eq(decode("", 0), ERR_TRUNCATED);
}

/* Five bytes can claim 2^32 - 1 of anything. */
Test(decode, claims_are_not_believed)
{
    cr_assert_eq(decode("\xdd\xff\xff\xff\xff", 5), ERR_TOO_MANY);
    cr_assert_eq(decode("\xdf\xff\xff\xff\xff", 5), ERR_TRUNCATED);
    cr_assert_eq(decode("\xdb\xff\xff\xff\xff", 5), ERR_TRUNCATED);
    cr_assert_eq(decode("\xc9\xff\xff\xff\xff", 5), ERR_NOT_A_MAP); /* its length wraps to 0 */
    cr_assert_eq(decode("\x81\xa2ts\xdd\xff\xff\xff\xff", 9), ERR_TRUNCATED);
}

Test(decode, bounds_of_a_batch)
{
    start();
    emit_array(&em, NULL);
    for (int i = 0; i < BATCH_EVENTS_MAX; i++)
        emit_nil(&em, NULL);
    emit_end(&em);
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decoder.rejections, BATCH_EVENTS_MAX);
    buffer[1] = 0x10;
    buffer[2] = 0x01; /* one more */
    cr_assert_eq(decode(buffer, 3 + BATCH_EVENTS_MAX + 1), ERR_TOO_MANY);

    start();
    open_event("T-1");
    static char pad[BATCH_BYTES_MAX - 100];
    emit_str(&em, "pad", (struct str){pad, sizeof pad});
    emit_end(&em);
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decode(buffer, BATCH_BYTES_MAX + 1), ERR_TOO_LARGE);
}

/* depth of the event's own map is 1 */
static int with_nesting(int depth, bool maps)
{
    start();
    open_event("T-1");
    emit_key(&em, str_of("extra"));
    for (int i = 1; i < depth; i++) {
        if (maps) {
            emit_map(&em, NULL);
            emit_key(&em, str_of("team"));
        } else {
            emit_array(&em, NULL);
        }
    }
    emit_text(&em, NULL, "inner");
    for (int i = 1; i < depth; i++)
        emit_end(&em);
    emit_end(&em);
    return decode_emitted();
}

Test(decode, nesting)
{
    for (int maps = 0; maps < 2; maps++) {
        cr_assert_eq(with_nesting(DEPTH_MAX, maps), 0);
        cr_assert_eq(decoder.events, 1);
        cr_assert(!event_names(&decoder.event[0], F_TEAM)); /* inner keys are not ours */
        cr_assert_eq(with_nesting(DEPTH_MAX + 1, maps), ERR_TOO_DEEP);
    }
}

/* After a nested value, empty or not, the event's own keys count again. */
Test(decode, keys_after_nested_values)
{
    start();
    emit_array(&em, NULL);
    for (int i = 0; i < 2; i++) {
        open_event("T-1");
        emit_map(&em, "a");
        emit_text(&em, "ticket", "no");
        emit_map(&em, "type");
        emit_end(&em);
        emit_array(&em, "b");
        emit_end(&em);
        emit_text(&em, "id", "no");
        emit_end(&em);
        emit_map(&em, "empty");
        emit_end(&em);
        emit_text(&em, "id", i == 0 ? "one" : "two");
        emit_end(&em);
    }
    emit_end(&em);
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decoder.events, 2);
    cr_assert(str_equal(decoder.event[0].id, str_of("one")));
    cr_assert(str_equal(decoder.event[1].id, str_of("two")));
    cr_assert(str_equal(decoder.event[0].ticket, str_of("T-1")));
}

Test(decode, keys_must_be_texts)
{
    /* [{1: 2}, {{}: {type: x}}, {[]: 1}, {nil: 1}] */
    static const char keys[] = "\x94\x81\x01\x02\x81\x80\x81\xa4type\xa1x\x81\x90\x01\x81\xc0\x01";
    cr_assert_eq(decode(keys, sizeof keys - 1), 0);
    cr_assert_eq(decoder.rejections, 4);
    for (uint16_t i = 0; i < 4; i++)
        rejected(i, i, ERR_BAD_KEY, F_N);
    /* a map with members as key, whose inner keys look like an event */
    static const char deep[] = "\x81\x81\xa4type\xa9"
                               "confirmed\x01";
    cr_assert_eq(decode(deep, sizeof deep - 1), 0);
    rejected(0, 0, ERR_BAD_KEY, F_N);
}

Test(decode, timestamps_and_widths)
{
    start();
    emit_map(&em, NULL);
    emit_text(&em, "type", "rated");
    emit_raw(&em, "ts", "\xd6\xff\x65\x53\xf1\x00", 6);   /* fixext 4 */
    emit_raw(&em, "score", "\xca\x40\x80\x00\x00", 5);    /* float32 4.0 */
    emit_raw(&em, "out_of", "\xd3\0\0\0\0\0\0\0\x0a", 9); /* int64 10 */
    emit_raw(&em, "id", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    emit_raw(&em, "seq", "\xcb\x40\x59\0\0\0\0\0\0", 9); /* float64 100.0 */
    emit_raw(&em, "agent",
             "\xd9\x03"
             "ada",
             5); /* str 8 */
    emit_end(&em);
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decoder.events, 1);
    const struct event *e = &decoder.event[0];
    cr_assert_eq(e->ts, 0x6553f100LL * 1000);
    cr_assert_eq(e->score, 4000000);
    cr_assert_eq(e->out_of, 10000000);
    cr_assert_eq(e->seq, 100);
    cr_assert(str_equal(e->id, str_of("18446744073709551615")));
    cr_assert(str_equal(e->agent, str_of("ada")));
}

Test(decode, times_as_text_are_for_text_only)
{
    start();
    open_event("T-1");
    emit_text(&em, "ts", "2026-02-06T16:30:00Z");
    emit_end(&em);
    cr_assert_eq(decode_emitted(), 0);
    rejected(0, 0, ERR_WRONG_TYPE, F_TS);
}

/* Integer ids live in the decoder: each event and rejection keeps its own. */
Test(decode, integer_ids_do_not_overwrite_each_other)
{
    start();
    emit_array(&em, NULL);
    for (int i = 0; i < 20; i++) {
        open_event("T-1");
        emit_int(&em, "id", 1000 + i);
        if (i % 3 == 0)
            emit_text(&em, "src", "");
        emit_end(&em);
    }
    emit_end(&em);
    int n = emit_finish(&em);
    cr_assert_eq(decode(buffer, (size_t)n), 0);
    cr_assert_eq(decode_append(&decoder, buffer, (size_t)n, 43), 0);
    cr_assert_eq(decoder.events, 26);
    cr_assert_eq(decoder.rejections, 7);
    for (uint32_t i = 0; i < decoder.events; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", 1000 + decoder.index[i]);
        cr_assert(str_equal(decoder.event[i].id, str_of(id)));
        cr_assert_eq(decoder.event[i].rts, i < 13 ? 42 : 43);
    }
    for (uint32_t i = 0; i < decoder.rejections; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", 1000 + decoder.rejection[i].index);
        cr_assert(str_equal(decoder.rejection[i].id, str_of(id)));
        cr_assert_eq(decoder.rejection[i].err, ERR_NAME_EMPTY);
    }
}

Test(decode, a_refused_payload_leaves_earlier_events)
{
    start();
    whole_event("T-1");
    cr_assert_eq(decode_emitted(), 0);
    cr_assert_eq(decode_append(&decoder, "\xc1", 1, 0), ERR_NOT_MSGPACK);
    cr_assert_eq(decoder.events, 1);
    cr_assert(str_equal(decoder.event[0].ticket, str_of("T-1")));
}

/* Random damage: an answer, never a crash; accepted events are sound. */
Test(decode, damaged_payloads)
{
    struct random r = {5};
    static struct event event;
    static struct random_texts texts;
    uint32_t accepted = 0;
    for (int round = 0; round < 20000; round++) {
        start();
        emit_array(&em, NULL);
        for (int i = 0; i < 3; i++) {
            random_event(&r, &event, &texts);
            event_emit(&em, NULL, &event);
        }
        emit_end(&em);
        int n = emit_finish(&em);
        for (uint64_t k = random_below(&r, 4); k > 0; k--)
            buffer[random_below(&r, (uint64_t)n)] = (char)random_below(&r, 256);
        if (decode(buffer, (size_t)n) != 0)
            continue;
        for (uint32_t i = 0; i < decoder.events; i++) {
            enum event_field field;
            cr_assert_eq(event_check(&decoder.event[i], &field), 0);
            accepted++;
        }
    }
    cr_assert_gt(accepted, 10000);
}

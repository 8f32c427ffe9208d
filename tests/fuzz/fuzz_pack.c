/* fuzz_pack: any bytes as a pack. What is read is sound, and packed again it reads the same. */
#include "proto/pack.h"
#include "tests/lib/random_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct unpack unpack, again;
static struct pack pack;
static uint8_t buffer[PACK_BYTES_MAX];

static void check(const struct pack_entry *e)
{
    struct pack_entry got;
    enum event_field field;
    pack_begin(&pack, buffer, sizeof buffer);
    if (e->kind == PACK_CLAIM) {
        pack_claim(&pack, e->by, e->number);
    } else if (e->kind == PACK_ATTEND) {
        pack_attend(&pack, e->event.rts, e->number, e->attention, e->by, e->until);
    } else if (e->kind != PACK_EVENT) {
        pack_tick(&pack, e->event.rts, e->kind == PACK_TICK);
    } else {
        struct event copy = e->event;
        CHECK(event_check(&copy, &field) == 0);
        pack_event(&pack, &e->event);
    }
    unpack_begin(&again, buffer, pack.n);
    CHECK(unpack_next(&again, &got) == 1 && got.kind == e->kind);
    CHECK(got.event.rts == e->event.rts && got.number == e->number);
    CHECK(got.until == e->until && got.attention == e->attention && str_equal(got.by, e->by));
    CHECK(e->kind != PACK_EVENT || event_same(&got.event, &e->event));
    CHECK(unpack_next(&again, &got) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct pack_entry e;
    unpack_begin(&unpack, data, len);
    while (unpack_next(&unpack, &e) == 1)
        check(&e);
    return 0;
}

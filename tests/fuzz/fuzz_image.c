/* fuzz_image: any bytes as an image. What is refused is refused with a reason, and what is taken
 * is an engine whose image says the same again. Every other input is a good image with changes:
 * the fuzzer would not find its checksum. */
#include "core/engine.h"
#include "core/err.h"
#include "core/image.h"
#include "tests/lib/anew.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ROOM = 16 << 20, SLICE = IMAGE_SLICE_MIN };

static const struct limits limits = {.tickets = 32,
                                     .history = 256,
                                     .ticket_events = 40,
                                     .calls = 16,
                                     .agents = 4,
                                     .teams = 2,
                                     .channels = 2,
                                     .priorities = 2,
                                     .categories = 2,
                                     .sources = 2,
                                     .chunks = 600,
                                     .ids = 64,
                                     .alerts = 16};
static struct settings settings;
static struct engine *engine;
static struct anew anew;
static uint64_t good_n;
static uint8_t *good, *other;

static uint64_t save(uint8_t *to)
{
    struct image *img = engine_image(engine);
    uint64_t n = 0;
    uint32_t len;
    int more;
    image_begin(img);
    do {
        CHECK(n + SLICE <= ROOM);
        more = image_next(img, to + n, SLICE, &len);
        CHECK(more >= 0);
        n += len;
    } while (more == 1);
    return n;
}

static int load(const uint8_t *bytes, uint64_t n)
{
    struct image *img = engine_image(engine);
    image_load_begin(img);
    int err = image_load_feed(img, bytes, n);
    return err == 0 ? image_load_end(img) : err;
}

static void say(enum event_kind kind, const char *ticket, ms_t after)
{
    static struct effect effects[64];
    struct outbox out = {.effects = effects, .cap = 64};
    struct result result;
    struct event e = {.kind = (uint8_t)kind,
                      .has = F1(TYPE) | F1(TS) | F1(TICKET) | F1(AGENT) | F1(TEAM),
                      .by = BY_AGENT,
                      .is_public = true,
                      .needs_reply = true,
                      .ts = 1770372000000 + after,
                      .rts = 1770372000000 + after,
                      .ticket = str_of(ticket),
                      .agent = str_of("ada"),
                      .team = str_of("desk")};
    CHECK(engine_step(engine, &e, 1, &result, &out) == 1);
}

static void set_up(void)
{
    settings_default(&settings);
    anew_open(&anew, engine_size(&limits, &settings));
    CHECK(engine_init(&engine, anew.memory, &limits, &settings, 1770372000000) == 0);
    anew_keep(&anew);
    good = malloc(ROOM);
    other = malloc(ROOM);
    CHECK(good != NULL && other != NULL);
    say(EV_OPENED, "T1", 0);
    say(EV_MESSAGE, "T1", 60000);
    say(EV_OPENED, "T2", 1000);
    say(EV_RESOLVED, "T1", 120000);
    good_n = save(good);
}

/* Changes of the good image as the input says: {place (3 bytes), byte}; then it may be cut. */
static uint64_t change(const uint8_t *data, size_t len)
{
    memcpy(other, good, good_n);
    size_t i = 1;
    for (; i + 4 <= len; i += 4) {
        uint32_t at = data[i] | (uint32_t)data[i + 1] << 8 | (uint32_t)data[i + 2] << 16;
        other[at % good_n] ^= data[i + 3];
    }
    return i < len ? good_n * data[i] / 256 : good_n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (good == NULL)
        set_up();
    anew_back(&anew);
    bool changed = len > 0 && data[0] % 2 == 0;
    uint64_t n = changed ? change(data, len) : len;
    int err = load(changed ? other : data, n);
    CHECK(err == 0 || err == ERR_BAD_IMAGE || err == ERR_OTHER_IMAGE);
    if (err != 0)
        return 0;
    engine_loaded(engine);
    engine_check(engine);
    uint64_t digest = engine_digest(engine);
    n = save(other);
    anew_back(&anew);
    CHECK(load(other, n) == 0);
    engine_loaded(engine);
    CHECK(engine_digest(engine) == digest);
    return 0;
}

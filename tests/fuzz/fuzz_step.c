/* fuzz_step: any bytes as a list of events, ticks, reloads and restarts from an image, into an
 * engine with little room. Its invariants hold after each, whatever was said; and an image says
 * the same as the engine that it was taken of. */
#include "core/engine.h"
#include "core/image.h"
#include "daemon/config.h"
#include "proto/schema.h"
#include "tests/lib/anew.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    DEAR_MAX = 6,
    EVENTS_MAX = 400,
    EFFECTS = 64,
    IMAGE_ROOM = 32 << 20,
    SLICE = IMAGE_SLICE_MIN
};
enum { ACT_TICK = EV_N, ACT_IMAGE, ACT_RELOAD, ACTS };

/* Two configurations, of which a reload takes the other. They watch the same percentile, as an
 * image holds what is counted for that. */
static const char *const texts[2] = {
    "windows: [1m, 1h, 7d, today]\nexact_samples: 1000\n"
    "limits: {tickets: 48, history: 700, ticket_events: 40, calls: 24, agents: 6, teams: 3,\n"
    "  channels: 2, priorities: 3, categories: 3, sources: 3, chunks: 3000, ids: 100, alerts: 24}\n"
    "targets: {first_response: 10m, wait: 20s}\n"
    "policies:\n"
    "  - {id: a, match: {priority: [a, b]}, first_response: {target: 5m, warn_at: [50%]},\n"
    "     resolution: {target: {a: 1h, default: 4h}, overdue_at: [1h]}}\n"
    "  - {id: all, next_response: 30m, requester_wait: {target: 2h, "
    "retarget: restart}}\n"
    "rules:\n"
    "  - {id: w, indicator: waiting, fire: '>= 2', for: 1m}\n"
    "  - {id: p, indicator: first_response, field: p90, window: 1h, scope: agent, fire: '>= 5m'}\n"
    "  - {id: r, indicator: reopen_rate, window: 7d, fire: '>= 50%', min_n: 2, on_empty: clear}\n",
    "windows: [1m, 1h, 7d, today]\nexact_samples: 1000\n"
    "limits: {tickets: 48, history: 700, ticket_events: 40, calls: 24, agents: 6, teams: 3,\n"
    "  channels: 2, priorities: 3, categories: 3, sources: 3, chunks: 3000, ids: 100, alerts: 24}\n"
    "lateness: 1s\nremember_closed: 1h\n"
    "policies:\n  - {id: b, first_response: 1m, resolution: {target: 2h, reopen: new_cycle, "
    "forgive: true}}\n"
    "rules:\n  - {id: w, indicator: waiting, fire: '>= 3', clear: 1}\n"
    "  - {id: q, indicator: first_response, field: p90, window: 1h, scope: team, fire: '>= 5m'}\n",
};

/* An engine that has just begun, in memory that goes back to that. */
struct world {
    struct engine *engine;
    struct anew anew;
};

static struct config config[2];
static struct world worlds[2][2]; /* two of each configuration: a restart needs another one */
static uint8_t *bytes_of_image;
static struct effect effects[EFFECTS];
static struct outbox outbox = {.effects = effects, .cap = EFFECTS};

static void set_up(void)
{
    struct tree_error why;
    for (int i = 0; i < 2; i++)
        if (!config_parse("f", texts[i], strlen(texts[i]), &config[i], &why)) {
            fprintf(stderr, "%s\n", why.text);
            abort();
        }
    uint64_t n = engine_size(&config[0].limits, &config[0].settings);
    CHECK(n > 0);
    for (int i = 0; i < 4; i++) {
        struct world *w = &worlds[i / 2][i % 2];
        anew_open(&w->anew, n);
        CHECK(engine_init(&w->engine, w->anew.memory, &config[0].limits, &config[i / 2].settings,
                          MS_NONE) == 0);
        anew_keep(&w->anew);
    }
    bytes_of_image = malloc(IMAGE_ROOM);
    CHECK(bytes_of_image != NULL);
}

/* --- bytes as events ------------------------------------------------------------------------ */

struct bytes {
    const uint8_t *at, *end;
};

static uint32_t take(struct bytes *b)
{
    return b->at < b->end ? *b->at++ : 0;
}

/* Few names, so that they meet; the last is none that an event may use. */
static struct str name(struct bytes *b)
{
    static const char *const names[] = {"a", "b", "c",       "d",  "e",
                                        "f", "g", "pending", "客", "(other)"};
    return str_of(names[take(b) % ARRAY_LEN(names)]);
}

static void fill(struct bytes *b, struct event *e, enum event_field f, ms_t now)
{
    void *at = (char *)e + ((const char *)schema_member(e, f) - (const char *)e);
    static const ms_t scales[] = {1, MS_SECOND, MS_MINUTE, MS_HOUR, MS_DAY};
    uint32_t words = 0;
    switch (schema_type(f)) {
    case TYPE_WORD:
        while (schema_word(f, words) != NULL)
            words++;
        *(uint8_t *)at = (uint8_t)(take(b) % words);
        break;
    case TYPE_ID:
    case TYPE_NAME:
        *(struct str *)at = name(b);
        break;
    case TYPE_UINT:
        *(uint64_t *)at = take(b);
        break;
    case TYPE_TIME: {
        ms_t scale = scales[take(b) % ARRAY_LEN(scales)];
        *(ms_t *)at = now + ((ms_t)take(b) - 128) * scale;
        break;
    }
    case TYPE_BOOL:
        *(bool *)at = take(b) % 2 == 1;
        break;
    case TYPE_NUMBER:
        *(int64_t *)at = (int64_t)take(b) * (NUMBER_ONE / 4);
        break;
    }
}

/* The fields that the kind may have, by a mask of the input. false: it is none after all. */
static bool read_event(struct bytes *b, enum event_kind kind, ms_t now, struct event *e)
{
    uint64_t optional = event_optional(kind) | F1(ID) | F1(SRC) | F1(SEQ);
    uint32_t mask = take(b) | take(b) << 8, nil = take(b), n = 0;
    enum event_field at_fault;
    memset(e, 0, sizeof *e);
    e->kind = (uint8_t)kind;
    e->has = F1(TYPE) | F1(TS) | event_required(kind);
    for (enum event_field f = 0; f < F_N; f++) {
        if ((optional >> f & 1) != 0 && (mask >> n++ % 16 & 1) != 0)
            e->has |= 1ULL << f;
        if (f == F_TYPE || (e->has >> f & 1) == 0)
            continue;
        if (nil > 200 && (optional >> f & 1) != 0)
            e->nil |= 1ULL << f;
        else
            fill(b, e, f, now);
    }
    e->rts = MS_NONE;
    return event_check(e, &at_fault) == 0;
}

/* --- acts ----------------------------------------------------------------------------------- */

static void step(struct engine *e, const struct event *event)
{
    struct result result;
    for (int i = 0; engine_step(e, event, 1, &result, &outbox) == 0; i++) {
        CHECK(outbox.n > 0 && i < 100000); /* only for want of room, and never for ever */
        outbox.n = 0;
    }
    outbox.n = 0;
}

static void tick(struct engine *e, ms_t at)
{
    struct event event = {.kind = EV_TICK, .ts = at, .rts = at};
    step(e, &event);
}

/* Another world, begun with that configuration, becomes what this one is. */
static struct world *restart(struct world *now, int which)
{
    struct world *next = now == &worlds[which][0] ? &worlds[which][1] : &worlds[which][0];
    struct image *img = engine_image(now->engine);
    uint64_t digest = engine_digest(now->engine), n = 0;
    uint32_t len;
    int more;
    image_begin(img);
    do {
        CHECK(n + SLICE <= IMAGE_ROOM);
        more = image_next(img, bytes_of_image + n, SLICE, &len);
        CHECK(more >= 0);
        n += len;
    } while (more == 1);
    anew_back(&next->anew);
    img = engine_image(next->engine);
    image_load_begin(img);
    int err = image_load_feed(img, bytes_of_image, n);
    if (err != 0)
        fprintf(stderr, "load: %d\n", err);
    CHECK(err == 0);
    CHECK(image_load_end(img) == 0);
    engine_loaded(next->engine);
    engine_check(next->engine);
    CHECK(engine_digest(next->engine) == digest);
    return next;
}

static void reload(struct engine *e, const struct settings *settings)
{
    static struct effect many[4096];
    struct outbox out = {.effects = many, .cap = ARRAY_LEN(many)};
    const char *why;
    CHECK(engine_apply(e, settings, &out, &why) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    if (!ready)
        set_up();
    ready = true;
    struct bytes b = {data, data + len};
    struct world *w = &worlds[0][0];
    int which = 0, reloads = 0, restarts = 0;
    ms_t now = 1770372000000; /* a Friday morning */
    anew_back(&w->anew);
    tick(w->engine, now);
    for (int i = 0; i < EVENTS_MAX && b.at < b.end; i++) {
        uint32_t act = take(&b) % ACTS;
        struct event e;
        if (act == ACT_TICK) {
            now += (ms_t)take(&b) * take(&b) * MS_SECOND;
            tick(w->engine, now);
        } else if (act == ACT_IMAGE && restarts++ < DEAR_MAX) {
            w = restart(w, which);
        } else if (act == ACT_RELOAD && reloads++ < DEAR_MAX) {
            which = 1 - which;
            reload(w->engine, &config[which].settings);
        } else if (act < EV_N && read_event(&b, (enum event_kind)act, now, &e)) {
            e.rts = now;
            step(w->engine, &e);
        }
        if (i % 32 == 31)
            engine_check(w->engine);
    }
    engine_check(w->engine);
    restart(w, which);
    return 0;
}

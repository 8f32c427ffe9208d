/* test_encode_custom: indicators of the site's own in snapshots, word by word, and the largest
 * snapshot there can be. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/encode.h"
#include "proto/message.h"

static struct settings settings;
static struct snapshot snapshot;
static char json[SNAPSHOT_BYTES_MAX], msgpack[SNAPSHOT_BYTES_MAX], text[SNAPSHOT_BYTES_MAX];

static const struct envelope envelope = {
    .run = {"r1", 2}, .at = 1770391800000, .stream = STREAM_KPI, .seq = 7};

static int say_in(enum sink sink, char *to)
{
    struct emitter em;
    emit_start(&em, sink, to, SNAPSHOT_BYTES_MAX);
    encode_snapshot(&em, NULL, &envelope, &settings, &snapshot, &(struct quality){0});
    return emit_finish(&em);
}

/* Alike in both forms. */
static void say(void)
{
    static struct node nodes[MESSAGE_NODES_MAX];
    int n = say_in(SINK_JSON, json), m = say_in(SINK_MSGPACK, msgpack);
    cr_assert(n > 0 && n < SNAPSHOT_BYTES_MAX && m > 0);
    json[n] = 0;
    int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), msgpack, (size_t)m);
    cr_assert_eq(len, n);
    cr_assert_eq(memcmp(text, json, (size_t)n), 0);
}

static struct custom_setting *put(const char *id, enum custom_kind kind, const char *unit)
{
    struct custom_setting *c = &settings.customs.at[settings.customs.n++];
    snprintf(c->id, sizeof c->id, "%s", id);
    snprintf(c->unit, sizeof c->unit, "%s", unit);
    c->kind = (uint8_t)kind;
    return c;
}

Test(encode_custom, each_kind_word_by_word)
{
    settings.windows = snapshot.windows = 1;
    settings.window[0] = (struct window_setting){.name = "1h", .length = 3600};
    put("solved", CUSTOM_COUNT, "");
    put("sales", CUSTOM_SUM, "CNY");
    put("order_size", CUSTOM_MEAN, "CNY");
    put("conversion", CUSTOM_RATIO, "");
    put("cost", CUSTOM_RATIO, "€");
    snapshot.window[0] = (struct kpi_window){
        .values = 5,
        .value = {{.indicator = IND_CUSTOM_0, .num = 3 * NUMBER_ONE},
                  {.indicator = IND_CUSTOM_0 + 1, .n = 2, .num = -1500000},
                  {.indicator = IND_CUSTOM_0 + 2, .n = 4, .num = 10 * NUMBER_ONE},
                  {.indicator = IND_CUSTOM_0 + 3, .num = 2500000, .den = 10 * NUMBER_ONE},
                  {.indicator = IND_CUSTOM_0 + 4, .num = 1, .den = -NUMBER_ONE}}};
    say();
    cr_assert_not_null(strstr(json,
                              "\"solved\":{\"num\":3},"
                              "\"sales\":{\"n\":2,\"num\":-1.5,\"unit\":\"CNY\"},"
                              "\"order_size\":{\"n\":4,\"mean\":2.5,\"unit\":\"CNY\"},"
                              "\"conversion\":{\"num\":2.5,\"den\":10,\"value\":0.25},"
                              "\"cost\":{\"num\":1e-06,\"den\":-1,\"value\":null,\"unit\":\"€\"}"),
                       "%s", json);
}

/* As many as there can be, with the widest texts. */
static void put_customs(void)
{
    struct customs *all = &settings.customs;
    all->n = CUSTOMS_MAX;
    all->measures = 1;
    all->measure[0][0] = 'm';
    for (uint32_t i = 0; i < CUSTOMS_MAX; i++) {
        struct custom_setting *c = &all->at[i];
        memset(c->id, 'a' + (int)i, CUSTOM_ID_BYTES_MAX);
        memset(c->unit, '"', CUSTOM_UNIT_BYTES_MAX);
        c->kind = CUSTOM_RATIO;
        c->num.kind = c->den.kind = SIDE_SUM;
    }
    custom_settle(all);
    cr_assert_null(custom_wrong(all));
}

/* All indicators in all windows, with the widest numbers and names. */
Test(encode_custom, the_largest_snapshot_fits)
{
    char name[NAME_BYTES_MAX];
    memset(name, '"', sizeof name); /* twice as long in JSON */
    const struct str longest = {name, sizeof name};
    settings.windows = WINDOWS_MAX;
    snapshot.windows = WINDOWS_MAX;
    snapshot.name = longest;
    snapshot.title = longest;
    for (uint32_t i = 0; i < WINDOWS_MAX; i++) {
        struct kpi_window *w = &snapshot.window[i];
        memcpy(settings.window[i].name, "999999999999999", 16);
        settings.window[i].name[14] = (char)('a' + i);
        *w = (struct kpi_window){.window = (uint8_t)i,
                                 .from = MS_MAX_TS,
                                 .covered_from = MS_MAX_TS + 1,
                                 .slot_ms = MS_MAX_TS,
                                 .values = KPI_VALUES_MAX};
        for (uint32_t k = 0; k < KPI_VALUES_MAX; k++) {
            w->value[k] = (struct kpi_value){
                .indicator = (uint16_t)k,
                .n = UINT32_MAX,
                .sum = INT64_MAX,
                .num = INT64_MAX - 1,
                .den = INT64_MAX,
                .order = {UINT32_MAX,
                          MS_MAX_TS,
                          MS_MAX_TS,
                          {MS_MAX_TS, MS_MAX_TS, MS_MAX_TS, MS_MAX_TS, MS_MAX_TS}},
                .target = MS_MAX_TS,
                .met = UINT32_MAX,
                .missed = 3,
                .strict_missed = 2};
        }
    }
    for (uint32_t g = 0; g < GAUGES; g++) {
        snapshot.gauge[g] = INT64_MAX;
        snapshot.gauge_of[g] = longest;
    }
    put_customs();
    say();
    cr_assert_gt(strlen(json), 50000);
}

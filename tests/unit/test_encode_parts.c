/* encode_parts: mixes and aspects on the wire. */
#include "core/event.h"
#include "proto/encode.h"

#include <criterion/criterion.h>

/* Only mixes that have parts, each under its whole. */
Test(encode_parts, of_a_window)
{
    static char json[4096];
    struct emitter em;
    static struct kpi_window w = {
        .aspects = 2,
        .aspect = {{{"skill", 5}, 3, 10 * NUMBER_ONE}, {{"speed", 5}, 1, 5 * NUMBER_ONE}}};
    const struct kpi_part lost = {str_of("lost"), 3, true}, late = {str_of("late"), 1, false};
    w.mix[PART_OPENED_CATEGORY] = (struct kpi_mix){.den = 8, .parts = 3, .listed = 2};
    w.mix[PART_OPENED_CATEGORY].part[0] = lost;
    w.mix[PART_OPENED_CATEGORY].part[1] = late;
    w.mix[PART_COMPLAINTS_CATEGORY] = (struct kpi_mix){.den = 4};
    w.mix[PART_COMPLAINTS_KIND] = (struct kpi_mix){.den = 4, .parts = 1, .listed = 1};
    w.mix[PART_COMPLAINTS_KIND].part[0] = lost;
    w.mix[PART_LOW_CATEGORY] = (struct kpi_mix){.den = 4, .parts = 1, .listed = 1};
    w.mix[PART_LOW_CATEGORY].part[0] = late;
    w.mix[PART_LOW_ASPECT] = w.mix[PART_LOW_CATEGORY];
    emit_start(&em, SINK_JSON, json, sizeof json - 1);
    emit_map(&em, NULL);
    encode_parts(&em, &w);
    emit_end(&em);
    cr_assert_gt(emit_finish(&em), 0);
    cr_assert_str_eq(
        json,
        "{\"csat.skill\":{\"n\":3,\"mean\":3.3333333333333335},\"csat.speed\":{\"n\":1,\"mean\":5."
        "0},"
        "\"mix\":{\"opened\":{\"category\":{\"den\":8,\"more\":1,\"parts\":[{\"name\":\"lost\","
        "\"num\":3,"
        "\"value\":0.375,\"flagged\":true},{\"name\":\"late\",\"num\":1,\"value\":0.125}]}},"
        "\"complaints\":{\"kind\":{\"den\":4,\"parts\":[{\"name\":\"lost\",\"num\":3,\"value\":0."
        "75,"
        "\"flagged\":true}]}},\"low_ratings\":{\"category\":{\"den\":4,\"parts\":[{\"name\":"
        "\"late\","
        "\"num\":1,\"value\":0.25}]},\"aspect\":{\"den\":4,\"parts\":[{\"name\":\"late\",\"num\":1,"
        "\"value\":0.25}]}}}}",
        "%s", json);
}

/* Of all windows they take at most half of a snapshot's room: test_encode fills the other. */
Test(encode_parts, the_largest_fit)
{
    static char json[SNAPSHOT_BYTES_MAX];
    static struct kpi_window w;
    struct emitter em;
    char name[NAME_BYTES_MAX];
    memset(name, '"', sizeof name); /* twice as long in JSON */
    const struct str longest = {name, sizeof name};
    for (; w.aspects < ARRAY_LEN(w.aspect); w.aspects++)
        w.aspect[w.aspects] = (struct kpi_aspect){longest, 3, 7 * NUMBER_ONE};
    for (struct kpi_mix *m = w.mix; m < w.mix + MIX_N; m++)
        for (m->parts = m->den = UINT32_MAX; m->listed < MIX_TOP; m->listed++)
            m->part[m->listed] = (struct kpi_part){longest, UINT32_MAX / 7, true};
    emit_start(&em, SINK_JSON, json, sizeof json);
    emit_map(&em, NULL);
    encode_parts(&em, &w);
    emit_end(&em);
    int n = emit_finish(&em);
    cr_assert(n > 15000 && n * WINDOWS_MAX < SNAPSHOT_BYTES_MAX / 2 + SNAPSHOT_BYTES_MAX / 8, "%d",
              n);
}

static void said(char json[4096], const struct settings *settings, const struct alert *alert)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, json, 4095);
    encode_alert(&em, NULL, NULL, settings, alert, LANG_EN);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    json[n] = 0;
}

/* The share of one part, as a rule tells it. */
Test(encode_parts, of_an_alert)
{
    static struct settings settings;
    static char json[4096];
    struct alert alert = {.rev = 1,
                          .kind = ALERT_MIX,
                          .state = ALERT_BREACHED,
                          .ended_at = MS_NONE,
                          .value = 600000,
                          .has_value = true,
                          .n = 5,
                          .now = 3,
                          .part = str_of("refund"),
                          .name = str_of("shop")};
    settings_default(&settings);
    settings.rules = 1;
    settings.rule[0] = (struct rule_setting){.id = "flood",
                                             .kind = RULE_MIX,
                                             .mix = PART_OPENED_CATEGORY,
                                             .field = IF_VALUE,
                                             .scope = SCOPE_TEAM,
                                             .window = 5,
                                             .beyond = true,
                                             .fire = 200000};
    said(json, &settings, &alert);
    cr_assert_str_eq(
        json, "{\"alert_id\":\"0000000000000000\",\"rev\":1,\"state\":\"breached\","
              "\"kind\":\"mix\",\"severity\":\"info\",\"rule\":\"flood\","
              "\"metric\":\"opened.category\",\"field\":\"value\",\"window\":\"today\","
              "\"threshold\":0.2,\"scope\":\"team\",\"name\":\"shop\",\"team\":\"shop\","
              "\"part\":\"refund\",\"category\":\"refund\",\"since\":0,\"value\":0.6,"
              "\"n\":5,\"num\":3,\"text\":\"flood: share of category refund among the tickets "
              "opened in today is 60% (3 of 5) for team shop, threshold 20%\"}");
    settings.rule[0].mix = PART_COMPLAINTS_KIND;
    said(json, &settings, &alert);
    cr_assert_not_null(strstr(json, "\"part\":\"refund\",\"since\":0"), "a kind is no category");
}

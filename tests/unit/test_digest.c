/* digest: the message word by word, and the largest one fits. */
#include "proto/digest.h"

#include <criterion/criterion.h>

static char json[DIGEST_BYTES_MAX];

static const char *say(const struct storm_digest *d, enum lang lang)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, json, sizeof json - 1);
    encode_digest(&em, NULL, NULL, d, lang);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    json[n] = '\0';
    return json;
}

Test(digest, tells_how_many_of_what)
{
    struct storm_digest d = {.from = 1770368400100,
                             .to = 1770368459000,
                             .first_seq = 601,
                             .last_seq = 700,
                             .n = 3,
                             .severity = SEVERITY_CRITICAL,
                             .kind = {[ALERT_KPI] = 1, [ALERT_SLA] = 2},
                             .state = {[ALERT_BREACHED] = 2, [ALERT_CLEARED] = 1}};
    d.rules.of[0].n = 2;
    memcpy(d.rules.of[0].name, "gold", 5);
    d.rules.of[STORM_NAMES].n = 1;
    memcpy(d.rules.of[STORM_NAMES].name, "(other)", 8);
    d.teams.of[0].n = 3;
    memcpy(d.teams.of[0].name, "-", 2);
    cr_assert_str_eq(
        say(&d, LANG_EN),
        "{\"kind\":\"digest\",\"severity\":\"critical\",\"from\":1770368400100,"
        "\"to\":1770368459000,\"first_seq\":601,\"last_seq\":700,\"count\":3,"
        "\"kinds\":{\"kpi\":1,\"sla\":2},\"states\":{\"breached\":2,\"cleared\":1},"
        "\"rules\":{\"gold\":2,\"(other)\":1},\"teams\":{\"-\":3},"
        "\"text\":\"alert storm: 3 alerts are kept but were not sent one by one (2 began or went "
        "on, 1 ended); ask for seq 601 to 700\"}");
    cr_assert_not_null(strstr(say(&d, LANG_ZH), "告警过多：3 条告警已记录但未逐条发送"));
    struct topic topic;
    topic_digest(&topic);
    cr_assert(str_equal(topic_str(&topic), str_of("alert.digest.-.-.-.")));
}

Test(digest, the_largest_fits)
{
    struct storm_digest d = {.from = MS_MAX_TS, .to = MS_MAX_TS, .n = UINT64_MAX};
    d.first_seq = d.last_seq = UINT64_MAX;
    for (int i = 0; i < STORM_KINDS; i++)
        d.kind[i] = UINT64_MAX;
    for (int i = 0; i < STORM_STATES; i++)
        d.state[i] = UINT64_MAX;
    for (int i = 0; i <= STORM_NAMES; i++) {
        memset(d.rules.of[i].name, '"', NAME_BYTES_MAX);
        memset(d.teams.of[i].name, '\\', NAME_BYTES_MAX);
        d.rules.of[i].n = d.teams.of[i].n = UINT64_MAX;
    }
    cr_assert_gt(strlen(say(&d, LANG_ZH)), 8000);
}

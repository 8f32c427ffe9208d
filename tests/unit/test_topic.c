/* test_topic: built, escaped, taken apart again. */
#include "proto/topic.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/lib/random.h"

static struct topic topic;

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next part of a topic, unescaped into buf, as a reader would take it; an absent name is empty.
 * false: there is none. */
static bool topic_next(struct str *rest, char buf[NAME_BYTES_MAX], struct str *ret_part)
{
    uint32_t i = 0, n = 0;
    for (; i < rest->len && rest->p[i] != '.'; i++) {
        if (n == NAME_BYTES_MAX)
            return false;
        buf[n] = rest->p[i];
        if (rest->p[i] == '%') {
            int high = i + 2 < rest->len ? hex(rest->p[i + 1]) : -1;
            int low = i + 2 < rest->len ? hex(rest->p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            buf[n] = (char)(high << 4 | low);
            i += 2;
        }
        n++;
    }
    if (i == rest->len || n == 0)
        return false;
    bool absent = i == 1 && rest->p[0] == '-';
    rest->p += i + 1;
    rest->len -= i + 1;
    *ret_part = (struct str){buf, absent ? 0 : n};
    return true;
}

static void is(const char *want)
{
    cr_assert(str_equal(topic_str(&topic), str_of(want)), "%.*s", (int)topic.len, topic.text);
}

Test(topic, snapshots)
{
    topic_snapshot(&topic, SCOPE_AGENT, str_of("ada"));
    is("kpi.agent.ada.");
    topic_snapshot(&topic, SCOPE_ALL, str_of("-"));
    is("kpi.all.-.");
    topic_snapshot(&topic, SCOPE_TEAM, str_of("-"));
    is("kpi.team.%2D.");
    topic_snapshot(&topic, SCOPE_CATEGORY, str_of("a.b c%\x01\x7f客-"));
    is("kpi.category.a%2Eb%20c%25%01%7F客-.");
}

Test(topic, alerts)
{
    static struct settings settings;
    struct alert alert = {.state = ALERT_BREACHED, .name = {"-", 1}};
    settings.rules = 1;
    settings.rule[0].scope = SCOPE_ALL;
    topic_alert(&topic, &settings, &alert);
    is("alert.kpi.breached.-.-.");
    settings.rule[0].scope = SCOPE_TEAM;
    alert.state = ALERT_CLEARED;
    topic_alert(&topic, &settings, &alert);
    is("alert.kpi.cleared.%2D.-.");
    settings.rule[0].scope = SCOPE_AGENT;
    alert.name = str_of("ada l.");
    alert.state = ALERT_CANCELLED;
    topic_alert(&topic, &settings, &alert);
    is("alert.kpi.cancelled.-.ada%20l%2E.");
    settings.rule[0].scope = SCOPE_CHANNEL;
    alert.state = ALERT_CORRECTED;
    topic_alert(&topic, &settings, &alert);
    is("alert.kpi.corrected.-.-.");
    settings.rule[0].scope = SCOPE_TEAM;
    alert.kind = ALERT_MIX;
    topic_alert(&topic, &settings, &alert);
    is("alert.mix.corrected.ada%20l%2E.-.");
}

Test(topic, alerts_of_clocks)
{
    static struct settings settings; /* without rules: none is looked at */
    struct alert alert = {.kind = ALERT_SLA, .state = ALERT_WARNING, .rule = UINT8_MAX};
    alert.team = str_of("-");
    alert.agent = str_of("-");
    topic_alert(&topic, &settings, &alert);
    is("alert.sla.warning.-.-.");
    alert.state = ALERT_BREACHED;
    alert.team = str_of("1st.level");
    alert.agent = str_of("ada l");
    topic_alert(&topic, &settings, &alert);
    is("alert.sla.breached.1st%2Elevel.ada%20l.");
    alert.agent = (struct str){NULL, 0};
    topic_alert(&topic, &settings, &alert);
    is("alert.sla.breached.1st%2Elevel.-.");
}

Test(topic, any_name_comes_back)
{
    struct random r = {4};
    for (int round = 0; round < 100000; round++) {
        char name[NAME_BYTES_MAX], part[NAME_BYTES_MAX];
        uint32_t len = 1 + (uint32_t)random_below(&r, NAME_BYTES_MAX);
        static const char some[] = ".%- \x01\x7f"
                                   "a-2D\xe5";
        for (uint32_t i = 0; i < len; i++)
            name[i] = random_below(&r, 2) == 0 ? some[random_below(&r, sizeof some - 1)]
                                               : (char)random_below(&r, 256);
        topic_start(&topic);
        topic_word(&topic, "kpi");
        topic_name(&topic, (struct str){name, len});
        topic_name(&topic, (struct str){NULL, 0});
        char *copy = malloc(topic.len); /* exact: the sanitizer watches its end */
        memcpy(copy, topic.text, topic.len);
        struct str rest = {copy, topic.len}, got;
        cr_assert(topic_next(&rest, part, &got));
        cr_assert(str_equal(got, str_of("kpi")));
        cr_assert(topic_next(&rest, part, &got));
        cr_assert(str_equal(got, (struct str){name, len}));
        cr_assert(topic_next(&rest, part, &got));
        cr_assert_eq(got.len, 0);
        cr_assert(!topic_next(&rest, part, &got));
        free(copy);
    }
}

Test(topic, the_longest_name_fits)
{
    char name[NAME_BYTES_MAX];
    memset(name, ' ', sizeof name);
    topic_start(&topic);
    topic_name(&topic, (struct str){name, sizeof name});
    cr_assert_eq(topic.len, TOPIC_PART_MAX);
}

Test(topic, subscriptions)
{
    cr_assert(topic_matches(str_of(""), str_of("kpi.agent.ada.")));
    cr_assert(topic_matches(str_of("kpi.agent.ada."), str_of("kpi.agent.ada.")));
    cr_assert(!topic_matches(str_of("kpi.agent.ada."), str_of("kpi.agent.adam.")));
    cr_assert(!topic_matches(str_of("kpi.agent.ada.x"), str_of("kpi.agent.ada.")));
}

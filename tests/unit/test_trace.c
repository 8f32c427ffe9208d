/* trace: lines as they should read, times against the C library, and nothing beyond the buffer. */
#include "core/policy.h"
#include "core/trace.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const ms_t nine = 1770368400000; /* 2026-02-06T09:00:00Z */

static struct event event_of(enum event_kind kind, ms_t ts, uint64_t has)
{
    return (struct event){.kind = (uint8_t)kind, .ts = ts, .rts = ts, .has = has | F1(TS)};
}

Test(trace, event_reads_as_a_line)
{
    char line[TRACE_BYTES_MAX];
    struct event e = event_of(EV_OPENED, nine, F1(TICKET) | F1(BY) | F1(TEAM) | F1(SRC) | F1(SEQ));
    e.ticket = str_of("T1");
    e.by = BY_CUSTOMER;
    e.team = str_of("billing");
    e.src = str_of("crm");
    e.seq = 7;
    size_t n = trace_event(line, sizeof line, &e);
    cr_assert(
        eq(str, line,
           "2026-02-06T09:00:00.000Z opened ticket=T1 team=billing by=customer src=crm seq=7"));
    cr_assert(eq(sz, n, strlen(line)));
}

Test(trace, every_type_of_field)
{
    char line[TRACE_BYTES_MAX];
    struct event e = event_of(EV_STATE, nine + 1,
                              F1(TICKET) | F1(STATUS) | F1(OPENED_AT) | F1(AGENT) | F1(BOT) |
                                  F1(SCORE) | F1(ID));
    e.nil = F1(AGENT);
    e.ticket = str_of("a b");
    e.status = STATUS_PAUSED;
    e.opened_at = nine - 5;
    e.bot = true;
    e.score = 4500000;
    e.id = str_of("12");
    trace_event(line, sizeof line, &e);
    cr_assert(eq(str, line,
                 "2026-02-06T09:00:00.001Z state ticket=\"a b\" agent=nil score=4.5 bot=true "
                 "status=paused opened_at=2026-02-06T08:59:59.995Z id=12"));
}

Test(trace, texts_are_escaped_and_stay_on_one_line)
{
    char line[TRACE_BYTES_MAX];
    struct event e = event_of(EV_RESOLVED, nine, F1(TICKET) | F1(HOW));
    e.ticket = str_of("工单7");
    e.how = (struct str){"a\"b\\c\n\0d", 8};
    trace_event(line, sizeof line, &e);
    cr_assert(eq(str, line,
                 "2026-02-06T09:00:00.000Z resolved ticket=工单7 how=\"a\\\"b\\\\c\\x0a\\x00d\""));
}

Test(trace, tick_shows_the_clock)
{
    char line[64];
    struct event e = {.kind = EV_TICK, .rts = nine};
    trace_event(line, sizeof line, &e);
    cr_assert(eq(str, line, "2026-02-06T09:00:00.000Z tick"));
}

static struct settings one_rule(void)
{
    static struct settings s;
    settings_default(&s);
    s.rules = 1;
    memcpy(s.rule[0].id, "slow_reply", sizeof "slow_reply");
    s.rule[0].indicator = IND_FIRST_RESPONSE;
    s.rule[0].field = IF_MEAN;
    s.rule[0].scope = SCOPE_TEAM;
    return s;
}

Test(trace, alert_reads_as_a_line)
{
    char line[TRACE_BYTES_MAX];
    struct settings s = one_rule();
    struct effect e = {.kind = EFFECT_ALERT,
                       .alert = {.alert_id = 0xabc,
                                 .rev = 1,
                                 .state = ALERT_BREACHED,
                                 .at = nine,
                                 .since = nine - 1000,
                                 .ended_at = MS_NONE,
                                 .value = 900000,
                                 .has_value = true,
                                 .n = 3,
                                 .name = str_of("billing")}};
    trace_effect(line, sizeof line, &s, &e);
    cr_assert(eq(str, line,
                 "2026-02-06T09:00:00.000Z alert breached rule=slow_reply scope=team name=billing "
                 "value=15m00s n=3 since=2026-02-06T08:59:59.000Z id=0000000000000abc rev=1"));
    e.alert.state = ALERT_CLEARED;
    e.alert.has_value = false;
    e.alert.ended_at = nine;
    s.rule[0].indicator = IND_CSAT;
    trace_effect(line, sizeof line, &s, &e);
    cr_assert(eq(str, line,
                 "2026-02-06T09:00:00.000Z alert cleared rule=slow_reply scope=team name=billing "
                 "value=nil n=3 since=2026-02-06T08:59:59.000Z ended=2026-02-06T09:00:00.000Z "
                 "id=0000000000000abc rev=1"));
}

Test(trace, alert_of_a_clock_reads_as_a_line)
{
    char line[TRACE_BYTES_MAX];
    struct settings s = one_rule();
    struct effect e = {.kind = EFFECT_ALERT,
                       .alert = {.alert_id = 0xabc,
                                 .rev = 1,
                                 .kind = ALERT_SLA,
                                 .state = ALERT_WARNING,
                                 .rule = UINT8_MAX, /* none is looked at */
                                 .at = nine,
                                 .since = nine,
                                 .ended_at = MS_NONE,
                                 .team = str_of("billing"),
                                 .agent = str_of("-"),
                                 .sla = {.policy = str_of("gold"),
                                         .ticket = str_of("T 1"),
                                         .metric = SLA_FIRST_RESPONSE,
                                         .level = 1,
                                         .instance = 2,
                                         .target = MS_HOUR,
                                         .elapsed = 48 * MS_MINUTE,
                                         .due_at = nine + 12 * MS_MINUTE,
                                         .breach_at = MS_NEVER}}};
    trace_effect(line, sizeof line, &s, &e);
    cr_assert(eq(str, line,
                 "2026-02-06T09:00:00.000Z alert warning sla ticket=\"T 1\" metric=first_response "
                 "instance=2 level=1 policy=gold team=billing agent=- target=1h00m00s "
                 "elapsed=48m00s due_at=2026-02-06T09:12:00.000Z rev=1"));
    e.alert.state = ALERT_BREACHED;
    e.alert.rev = 2;
    e.alert.agent = str_of("bob");
    e.alert.sla.level = 0;
    e.alert.sla.elapsed = MS_HOUR;
    e.alert.sla.breach_at = nine + 12 * MS_MINUTE;
    e.alert.sla.cause = CAUSE_RETARGET;
    e.alert.sla.late = e.alert.sla.held = true;
    e.alert.sla.shares = 3;
    e.alert.sla.share[0] = (struct alert_share){str_of("ada l."), 50 * MS_MINUTE};
    e.alert.sla.share[1] = (struct alert_share){str_of("bob"), 5 * MS_MINUTE};
    e.alert.sla.share[2] = (struct alert_share){{NULL, 0}, 5 * MS_MINUTE + 250};
    trace_effect(line, sizeof line, &s, &e);
    cr_assert(
        eq(str, line,
           "2026-02-06T09:00:00.000Z alert breached sla ticket=\"T 1\" metric=first_response "
           "instance=2 policy=gold team=billing agent=bob target=1h00m00s elapsed=1h00m00s "
           "due_at=2026-02-06T09:12:00.000Z breach_at=2026-02-06T09:12:00.000Z cause=retarget "
           "late=true held=true shares=\"ada l.\":50m00s,bob:5m00s,-:5m00.250s rev=2"));
}

/* Every state and cause has a word, and the longest line is not cut. */
Test(trace, alerts_of_clocks_in_every_state)
{
    char line[TRACE_BYTES_MAX], name[NAME_BYTES_MAX];
    static const char *const states[] = {"warning", "breached", "cleared", "corrected",
                                         "cancelled"};
    struct settings s = one_rule();
    memset(name, 1, sizeof name);
    const struct str longest = {name, sizeof name};
    struct effect e = {.kind = EFFECT_ALERT,
                       .alert = {.rev = 77, .kind = ALERT_SLA, .team = longest, .agent = longest}};
    e.alert.sla = (struct alert_sla){.policy = longest,
                                     .ticket = longest,
                                     .metric = SLA_ASSIGNEE_RESPONSE,
                                     .shares = ALERT_SHARES};
    for (int i = 0; i < ALERT_SHARES; i++)
        e.alert.sla.share[i] = (struct alert_share){longest, INT64_MAX};
    for (int state = ALERT_WARNING; state <= ALERT_CANCELLED; state++)
        for (int cause = CAUSE_NONE; cause < CAUSE_N; cause++) {
            char want[64];
            e.alert.state = (uint8_t)state;
            e.alert.sla.cause = (uint8_t)cause;
            size_t n = trace_effect(line, sizeof line, &s, &e);
            snprintf(want, sizeof want, " alert %s sla ", states[state]);
            cr_assert_not_null(strstr(line, want));
            snprintf(want, sizeof want, " cause=%s ", alert_cause_name((enum alert_cause)cause));
            cr_assert_eq(strstr(line, want) != NULL, cause != CAUSE_NONE, "%s", line);
            cr_assert(n < sizeof line - 1 && strcmp(line + n - 7, " rev=77") == 0);
        }
}

Test(trace, limit_reads_as_a_line)
{
    char line[64];
    struct settings s = one_rule();
    struct effect e = {.kind = EFFECT_LIMIT, .limit = LIMIT_MET_NAMES};
    trace_effect(line, sizeof line, &s, &e);
    cr_assert(eq(str, line, "limit names"));
}

Test(trace, times_agree_with_the_c_library)
{
    struct random r = {1};
    for (int i = 0; i < 100000; i++) {
        ms_t t = (ms_t)random_below(&r, 8000ULL * 365 * MS_DAY) - 1900LL * 365 * MS_DAY;
        char got[64], want[64];
        time_t seconds = (time_t)sec_floor(t);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                 (int)(t - seconds * 1000));
        trace_time(got, sizeof got, t);
        cr_assert(eq(str, got, want));
    }
}

Test(trace, durations_read_back_as_themselves)
{
    struct random r = {2};
    char text[64];
    for (int i = 0; i < 100000; i++) {
        ms_t whole = (ms_t)(random_next(&r) >> (30 + random_below(&r, 34))) / 1000 * 1000, back;
        size_t n = trace_duration(text, sizeof text, whole);
        cr_assert(duration_parse((struct str){text, (uint32_t)n}, &back), "%s", text);
        cr_assert(eq(i64, back, whole));
    }
    trace_duration(text, sizeof text, 93784005);
    cr_assert(eq(str, text, "1d02h03m04.005s"));
    trace_duration(text, sizeof text, -42250);
    cr_assert(eq(str, text, "-42.250s"));
    trace_duration(text, sizeof text, 0);
    cr_assert(eq(str, text, "0s"));
}

Test(trace, numbers_are_exact)
{
    struct random r = {3};
    char got[64], want[64];
    for (int i = 0; i < 100000; i++) {
        int64_t v = (int64_t)(random_next(&r) >> (12 + random_below(&r, 50)));
        v = random_percent(&r, 50) ? v : -v;
        snprintf(want, sizeof want, "%s%lld.%06lld", v < 0 ? "-" : "",
                 (long long)((v < 0 ? -v : v) / 1000000), (long long)((v < 0 ? -v : v) % 1000000));
        size_t n = strlen(want);
        while (want[n - 1] == '0')
            want[--n] = 0;
        if (want[n - 1] == '.')
            want[n - 1] = 0;
        trace_number(got, sizeof got, v);
        cr_assert(eq(str, got, want));
    }
}

/* The longest line there is: every field, every byte escaped. */
static struct event longest(const char *bytes)
{
    struct event e = event_of(EV_OPENED, nine, (1ULL << F_N) - 1);
    struct str *texts[] = {&e.id,       &e.src,     &e.ticket,   &e.agent,    &e.team,
                           &e.priority, &e.channel, &e.category, &e.customer, &e.tier,
                           &e.reason,   &e.how,     &e.level,    &e.into,     &e.aspect,
                           &e.item,     &e.visit,   &e.call,     &e.name,     &e.paused_reason};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = (struct str){bytes, NAME_BYTES_MAX};
    e.seq = UINT64_MAX;
    e.score = e.out_of = e.value = INT64_MIN;
    return e;
}

Test(trace, any_buffer_is_enough_and_holds_a_beginning)
{
    char bytes[NAME_BYTES_MAX], whole[TRACE_BYTES_MAX], part[TRACE_BYTES_MAX + 1];
    memset(bytes, 1, sizeof bytes);
    struct event e = longest(bytes);
    size_t n = trace_event(whole, sizeof whole, &e);
    cr_assert(lt(sz, n, sizeof whole - 1), "nothing was cut");
    cr_assert(eq(chr, whole[n - 1], '5'), "%s", whole + n - 20); /* ends with the whole of seq */
    for (size_t cap = 1; cap <= n + 1; cap += 7) {
        memset(part, '#', sizeof part);
        size_t got = trace_event(part, cap, &e);
        cr_assert(eq(sz, got, cap - 1));
        cr_assert(memcmp(part, whole, got) == 0 && part[got] == 0 && part[got + 1] == '#');
    }
}

/* lookout: what is wrong with sources is noticed in time, told once, and over when it is over. */
#include "daemon/lookout.h"

#include "tests/lib/desk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const ms_t start = 1770000000000;

static struct desk *desk;
static struct lookout look;
static struct durable durable;
static struct clock wall;
static struct config config;
static struct delivery delivery;
static struct log quiet;
static struct alert told[64];
static char told_name[64][NAME_BYTES_MAX + 1];
static uint32_t n;
static ms_t now;

static void on_tell(void *data, struct effect *e)
{
    (void)data;
    cr_assert_lt(n, ARRAY_LEN(told));
    snprintf(told_name[n], sizeof told_name[n], "%.*s", (int)e->alert.name.len, e->alert.name.p);
    told[n++] = e->alert;
    told[n - 1].name = str_of(told_name[n - 1]); /* its text was lent */
}

static void begin_look(void)
{
    n = 0;
    lookout_init(&look, desk->e, &durable, &wall, &config, &delivery, &quiet, now, on_tell, NULL);
}

static void begin(void)
{
    desk = desk_new();
    desk_open(desk);
    config_default(&config);
    log_init(&quiet, -1, LOG_ERROR);
    now = start;
    begin_look();
}

static void end(void)
{
    lookout_fini(&look);
    desk_free(desk);
    config_fini(&config);
}

/* An event of the source that happened `late` ms ago; seq 0: it has none. */
static void hear(const char *src, enum event_kind kind, uint64_t seq, ms_t late)
{
    struct event e = {.kind = (uint8_t)kind,
                      .has = F1(SRC) | F1(TS) | (seq > 0 ? F1(SEQ) : 0),
                      .src = str_of(src),
                      .seq = seq,
                      .ts = now - late,
                      .rts = now};
    if (kind == EV_OPENED) {
        e.has |= F1(TICKET);
        e.ticket = str_of("T");
    }
    (void)desk_take(desk, &e);
}

/* Time passes, a look each second. */
static void pass(ms_t ms)
{
    for (ms_t until = now + ms; now < until;) {
        now += MS_SECOND;
        lookout_work(&look, now, (uint64_t)(now - start));
    }
}

static const struct alert *last(uint32_t count, enum ops_kind what, enum alert_state state)
{
    cr_assert_eq(n, count, "%u told", n);
    cr_assert_eq(told[n - 1].rule, what);
    cr_assert_eq(told[n - 1].state, state);
    return &told[n - 1];
}

Test(lookout, a_gap_that_stays_is_told_and_one_that_is_filled_is_not)
{
    begin();
    for (uint64_t seq = 1; seq <= 5; seq++)
        hear("crm", EV_OPENED, seq, 0);
    pass(2000);
    hear("crm", EV_OPENED, 8, 0);
    pass(5000);
    hear("crm", EV_OPENED, 7, 0);
    hear("crm", EV_OPENED, 6, 0);
    pass(100000);
    cr_assert_eq(n, 0);
    hear("crm", EV_OPENED, 12, 0);
    pass(29000);
    cr_assert_eq(n, 0, "a while is given");
    pass(40000);
    cr_assert_eq(last(1, OPS_GAP, ALERT_BREACHED)->value, 3);
    hear("crm", EV_OPENED, 10, 0);
    pass(65000);
    cr_assert_eq(look.concerns.active[OPS_GAP], 1);
    hear("crm", EV_OPENED, 9, 0);
    hear("crm", EV_OPENED, 11, 0);
    pass(65000);
    last(2, OPS_GAP, ALERT_CLEARED);
    end();
}

/* A source under shuffle always misses some number, but never the same one for long. */
Test(lookout, shuffled_numbers_are_no_gap)
{
    begin();
    for (uint64_t seq = 1; seq < 4000; seq += 2) {
        hear("crm", EV_OPENED, seq + 1, 0);
        pass(1000);
        hear("crm", EV_OPENED, seq + 3, 0); /* seq itself comes a second late */
        hear("crm", EV_OPENED, seq, 0);
    }
    cr_assert_eq(n, 0);
    end();
}

Test(lookout, what_never_comes_is_taken_as_lost_after_an_hour)
{
    begin();
    hear("crm", EV_OPENED, 1, 0);
    hear("crm", EV_OPENED, 5, 0);
    pass(90000);
    last(1, OPS_GAP, ALERT_BREACHED);
    pass(LOOKOUT_GAP_KEPT_MS - 120000);
    cr_assert_eq(n, 1);
    pass(180000);
    last(2, OPS_GAP, ALERT_CLEARED);
    hear("crm", EV_OPENED, 7, 0); /* a new gap is a new alert, of that one alone */
    pass(90000);
    cr_assert_eq(last(3, OPS_GAP, ALERT_BREACHED)->value, 1);
    end();
}

Test(lookout, gaps_of_before_the_start_are_not_told_again)
{
    begin();
    hear("crm", EV_OPENED, 1, 0);
    hear("crm", EV_OPENED, 5, 0);
    lookout_fini(&look);
    begin_look();
    pass(200000);
    cr_assert_eq(n, 0);
    hear("crm", EV_OPENED, 9, 0);
    hear("new", EV_OPENED, 3, 0);
    hear("new", EV_OPENED, 5, 0);
    pass(90000);
    cr_assert_eq(n, 2);
    cr_assert(str_equal(told[0].name, str_of("new")) && told[0].value == 1);
    cr_assert(str_equal(told[1].name, str_of("crm")) && told[1].value == 3);
    end();
}

Test(lookout, a_source_that_begins_anew_is_no_gap)
{
    begin();
    for (uint64_t seq = 1000; seq < 1010; seq++)
        hear("crm", EV_OPENED, seq, 0);
    pass(40000);
    for (uint64_t seq = 1000; seq < 1003; seq++) /* other events with the numbers of before */
        hear("crm", EV_OPENED, seq, 0);
    struct engine_source s;
    cr_assert(engine_source(desk->e, 1, &s) || engine_source(desk->e, 2, &s));
    cr_assert(s.restarts == 1 && s.missing == 0);
    pass(100000);
    cr_assert_eq(n, 0);
    end();
}

Test(lookout, silence_is_told_of_those_that_promised_heartbeats)
{
    begin();
    hear("crm", EV_HEARTBEAT, 0, 0);
    hear("erp", EV_OPENED, 0, 0);
    pass(config.silent_after - 2000);
    cr_assert_eq(n, 0);
    hear("crm", EV_OPENED, 0, 0);
    pass(config.silent_after - 2000);
    cr_assert_eq(n, 0);
    pass(3000);
    const struct alert *a = last(1, OPS_SILENT, ALERT_BREACHED);
    cr_assert(str_equal(a->name, str_of("crm")));
    cr_assert(a->value >= config.silent_after && a->value <= config.silent_after + 2000);
    hear("crm", EV_HEARTBEAT, 0, 0);
    pass(1000);
    last(2, OPS_SILENT, ALERT_CLEARED);
    config.quiet_after = MS_HOUR; /* a reload: now of the others too */
    config.silent_after = 0;
    pass(MS_HOUR);
    cr_assert(str_equal(last(3, OPS_SILENT, ALERT_BREACHED)->name, str_of("erp")));
    now += LOOKOUT_GONE_MS; /* out of service */
    pass(1000);
    last(4, OPS_SILENT, ALERT_CLEARED);
    end();
}

/* A duplicate is a sign of life too; and who could not be heard is not silent. */
Test(lookout, silence_is_counted_from_the_start_on)
{
    begin();
    config.lag_after = 0;
    hear("crm", EV_HEARTBEAT, 1, 0);
    now += MS_HOUR; /* we were away */
    lookout_fini(&look);
    begin_look();
    pass(config.silent_after - 2000);
    cr_assert_eq(n, 0);
    struct event again = {.kind = EV_HEARTBEAT,
                          .has = F1(SRC) | F1(TS) | F1(SEQ),
                          .src = str_of("crm"),
                          .seq = 1,
                          .ts = start,
                          .rts = now};
    cr_assert_eq(desk_take(desk, &again).verdict, VERDICT_DUPLICATE);
    pass(config.silent_after - 2000);
    cr_assert_eq(n, 0);
    pass(4000);
    last(1, OPS_SILENT, ALERT_BREACHED);
    end();
}

Test(lookout, lag_is_told_while_the_source_speaks)
{
    begin();
    for (int i = 0; i < 30; i++) {
        hear("crm", EV_OPENED, 0, config.lag_after + 1000);
        pass(1000);
        cr_assert(n == 0 || i >= 9);
    }
    const struct alert *a = last(1, OPS_LAG, ALERT_BREACHED);
    cr_assert_eq(a->value, config.lag_after + 1000);
    hear("crm", EV_OPENED, 0, 1000);
    pass(1000);
    last(2, OPS_LAG, ALERT_CLEARED);
    hear("erp", EV_OPENED, 0, MS_DAY); /* one old event, and it says no more */
    pass(20000);
    last(3, OPS_LAG, ALERT_BREACHED);
    pass(LOOKOUT_SPEAKS_MS);
    last(4, OPS_LAG, ALERT_CLEARED);
    end();
}

Test(lookout, a_clock_that_was_set_back_and_limits)
{
    begin();
    clock_take(&wall, start);
    clock_take(&wall, start - 65000);
    pass(1000);
    cr_assert_eq(last(1, OPS_CLOCK, ALERT_BREACHED)->value, 65000);
    clock_take(&wall, start + 1);
    pass(1000);
    last(2, OPS_CLOCK, ALERT_CLEARED);
    lookout_limit(&look, LIMIT_MET_TICKETS, now);
    cr_assert(str_equal(last(3, OPS_LIMIT, ALERT_BREACHED)->name,
                        str_of(limit_met_name(LIMIT_MET_TICKETS))));
    pass(60000);
    lookout_limit(&look, LIMIT_MET_TICKETS, now); /* still */
    pass(LOOKOUT_LIMIT_MS - 2000);
    cr_assert_eq(n, 3);
    pass(3000);
    last(4, OPS_LIMIT, ALERT_CLEARED);
    end();
}

/* More sources than are remembered at first; each by itself. */
Test(lookout, many_sources)
{
    char name[16];
    begin();
    for (uint64_t seq = 1; seq < 4; seq += 2)
        for (uint32_t i = 0; i < desk->limits.sources; i++) {
            snprintf(name, sizeof name, "s%u", i);
            hear(name, EV_OPENED, i == 7 && seq == 3 ? 2 : seq, 0);
        }
    hear("one too many", EV_OPENED, 1, 0);
    hear("one too many", EV_OPENED, 9, 0);
    pass(90000);
    cr_assert_eq(n, desk->limits.sources - 1);
    for (uint32_t i = 0; i < n; i++)
        cr_assert_not(str_equal(told[i].name, str_of("s7")));
    end();
}

Test(lookout, a_receiver_that_fails_for_long_is_told_until_it_takes_one_or_is_gone)
{
    static struct delivery_to chat = {.receiver = {.name = "chat", .failing_after = 300000}},
                              pager = {.receiver = {.name = "pager", .failing_after = 2000}},
                              mute = {.receiver = {.name = "mute"}};
    delivery = (struct delivery){.n = 3, .to = {&chat, &pager, &mute}};
    begin();
    pass(1000);
    chat.failing = mute.failing = (uint64_t)(now - start);
    snprintf(chat.why, sizeof chat.why, "HTTP status 500");
    pass(299000);
    cr_assert_eq(n, 0);
    pass(5000);
    const struct alert *a = last(1, OPS_RECEIVER, ALERT_BREACHED);
    cr_assert_eq(a->value, 300000);
    cr_assert(str_equal(a->name, str_of("chat")) &&
              str_equal(a->detail, str_of("HTTP status 500")));
    pager.failing = (uint64_t)(now - start);
    pass(3000);
    cr_assert(str_equal(last(2, OPS_RECEIVER, ALERT_BREACHED)->name, str_of("pager")));
    chat.failing = 0;
    pass(1000);
    cr_assert(str_equal(last(3, OPS_RECEIVER, ALERT_CLEARED)->name, str_of("chat")));
    delivery.n = 1; /* a reload took the others out */
    pass(1000);
    cr_assert(str_equal(last(4, OPS_RECEIVER, ALERT_CLEARED)->name, str_of("pager")));
    pass(1000);
    cr_assert_eq(n, 4);
    delivery.n = 0;
    end();
}

#include "tests/lib/office.h"

#include <stdio.h>

static const char config[] =
    "windows: [5m, 1h, today]\n"
    "targets: {first_response: 30m}\n"
    "calendars: [{id: day, zone: UTC, hours: {mon-sun: \"06:00-22:00\"}}]\n"
    "policies: [{id: gold, match: {tier: gold}, calendar: day, first_response: 1h,\n"
    "            resolution: 8h}, {id: rest, first_response: 2m, next_response: 1h}]\n"
    "rules:\n"
    "  - {id: waits, indicator: waiting, scope: team, fire: \">= 2\", clear: 1}\n"
    "  - {id: slow, indicator: first_response, field: p90, scope: agent, window: 1h,\n"
    "     fire: \">= 1m\", min_n: 1, labels: {a: \"b\\\"c\"}}\n"
    "scorecards:\n"
    "  - {id: card, window: 1h, min_n: 1, items: [{indicator: first_response, field: mean,\n"
    "     weight: 40, bands: [1m, 5m, 10m, 20m]}, {indicator: csat, weight: 60, baseline: 3,\n"
    "     target: 4.5}]}\n"
    "snapshot_every: 100ms\nfull_every: 1s\n";

/* An event of the desk, so many ms before now. */
static void tell(struct inside *in, ms_t ago, const char *rest)
{
    char json[512];
    static unsigned seq;
    const struct web_parts *parts = &in->driver->web.parts;
    int n = snprintf(json, sizeof json, "{\"ts\":%lld,\"src\":\"desk\",\"seq\":%u,%s}",
                     (long long)(parts->begin(parts->data) - ago), ++seq, rest);
    CHECK(n > 0 && n < (int)sizeof json);
    inside_event(in, json);
}

static void tell_ticket(struct inside *in, int i)
{
    static const char *const teams[] = {"billing", "售后", "a.b %", "<script>"};
    static const char *const agents[] = {"ada", "bob", "=cmd()", "eve\\u0022"};
    char rest[256];
    snprintf(rest, sizeof rest,
             "\"type\":\"opened\",\"ticket\":\"T-%d\",\"team\":\"%s\",\"priority\":\"P%d\","
             "\"tier\":\"%s\",\"channel\":\"mail\",\"category\":\"c\"",
             i, teams[i % 4], i % 3, i % 2 == 0 ? "gold" : "plain");
    tell(in, 3600000 - i * 60000, rest);
    if (i % 3 != 0) {
        snprintf(rest, sizeof rest,
                 "\"type\":\"message\",\"ticket\":\"T-%d\",\"by\":\"agent\",\"agent\":\"%s\"", i,
                 agents[i % 4]);
        tell(in, 3000000 - i * 60000, rest);
    }
    if (i % 5 == 1) {
        snprintf(rest, sizeof rest, "\"type\":\"resolved\",\"ticket\":\"T-%d\"", i);
        tell(in, 2000000 - i * 60000, rest);
        snprintf(rest, sizeof rest, "\"type\":\"rated\",\"ticket\":\"T-%d\",\"score\":4", i);
        tell(in, 1900000 - i * 60000, rest);
    }
}

void office_open(struct inside *in, const char *http)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "%s%s", config, http);
    CHECK(n > 0 && n < (int)sizeof text);
    inside_open(in, text);
    for (int i = 0; i < 24; i++)
        tell_ticket(in, i);
    tell(in, 0, "\"type\":\"heartbeat\"");
    for (int i = 0; i < 64; i++)
        inside_turn(in);
}

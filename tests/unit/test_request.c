/* test_request: requests there and back, what is refused, answers. */
#include "proto/request.h"

#include <criterion/criterion.h>

#include "core/err.h"
#include "proto/message.h"

static char buffer[4096], text[4096];
static struct node nodes[256];
static struct emitter em;
static struct request request;
static const char *key;

static void start(void)
{
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
}

static int decode(void)
{
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    return request_decode(buffer, (size_t)n, &request, &key);
}

Test(request, there_and_back)
{
    struct request all = {
        .op = OP_ALERTS,
        .has_since = true,
        .active = true,
        .scope = SCOPE_TEAM,
        .since_seq = UINT64_MAX,
        .prefix = str_of("alert.kpi."),
        .name = str_of("billing"),
        .window = str_of("1h"),
    };
    start();
    request_emit(&em, &all);
    cr_assert_eq(decode(), 0);
    cr_assert_eq(request.op, OP_ALERTS);
    cr_assert(request.has_since && request.active);
    cr_assert_eq(request.scope, SCOPE_TEAM);
    cr_assert_eq(request.since_seq, UINT64_MAX);
    cr_assert(str_equal(request.prefix, all.prefix));
    cr_assert(str_equal(request.name, all.name));
    cr_assert(str_equal(request.window, all.window));
    for (int op = 0; op < OP_N; op++) {
        start();
        request_emit(&em, &(struct request){.op = (uint8_t)op, .scope = -1});
        bool bare = op != OP_ALERTS && op != OP_EXPLAIN && op != OP_COMPARE && op != OP_ACK &&
                    op != OP_MUTE;
        int err = op == OP_ACK || op == OP_MUTE ? ERR_BAD_WORD : ERR_MISSING; /* 0 is no id */
        cr_assert_eq(decode(), bare ? 0 : err);
        cr_assert_eq(key[0] == '\0', bare);
        cr_assert_eq(request.op, op);
        cr_assert_eq(request.scope, -1);
        cr_assert_eq(request.name.len + request.prefix.len + request.window.len, 0);
    }
}

Test(request, about_clocks)
{
    const struct request list = {.op = OP_WORKLIST,
                                 .scope = -1,
                                 .team = str_of("billing"),
                                 .agent = str_of("ada"),
                                 .ticket = str_of("T-1")};
    start();
    request_emit(&em, &list);
    cr_assert_eq(decode(), 0);
    cr_assert(str_equal(request.team, list.team) && str_equal(request.agent, list.agent));
    start();
    request_emit(&em, &(struct request){.op = OP_EXPLAIN, .scope = -1, .ticket = list.ticket});
    cr_assert_eq(decode(), 0);
    cr_assert(str_equal(request.ticket, list.ticket));
}

Test(request, about_what_people_say)
{
    struct request mute = {.op = OP_MUTE,
                           .scope = -1,
                           .alert_id = 0x00c0ffee12345678,
                           .by = str_of("ada"),
                           .until = 1770391800000};
    start();
    request_emit(&em, &mute);
    cr_assert_eq(decode(), 0);
    cr_assert(request.op == OP_MUTE && request.alert_id == mute.alert_id);
    cr_assert(request.until == mute.until && str_equal(request.by, mute.by));
    mute.until = MS_NEVER;
    start();
    request_emit(&em, &mute);
    cr_assert_eq(decode(), 0);
    cr_assert_eq(request.until, MS_NEVER);
    mute.by = (struct str){"", 0};
    start();
    request_emit(&em, &mute);
    cr_assert_eq(decode(), ERR_MISSING);
    cr_assert_str_eq(key, "by");
    static const char *const bad[] = {"", "0000000000000000", "00c0ffee1234567", "00C0FFEE12345678",
                                      "00c0ffee123456789"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        start();
        emit_map(&em, NULL);
        emit_text(&em, "op", "ack");
        emit_text(&em, "alert_id", bad[i]);
        emit_text(&em, "by", "ada");
        emit_end(&em);
        cr_assert_eq(decode(),
                     i == 0   ? ERR_MISSING
                     : i == 4 ? ERR_NAME_LONG
                              : ERR_BAD_WORD,
                     "%s", bad[i]);
        cr_assert_str_eq(key, "alert_id");
    }
}

/* Only a comparison may be large, and it too has its bound. */
Test(request, large_ones)
{
    static char large[REQUEST_LARGE_MAX + 1], config[REQUEST_CONFIG_MAX + 1];
    memset(config, '#', sizeof config);
    for (int more = 0; more < 2; more++) {
        struct request compare = {
            .op = OP_COMPARE, .scope = -1, .config = {config, REQUEST_CONFIG_MAX + (uint32_t)more}};
        emit_start(&em, SINK_MSGPACK, large, sizeof large);
        request_emit(&em, &compare);
        int n = emit_finish(&em);
        cr_assert_gt(n, REQUEST_CONFIG_MAX);
        int err = request_decode(large, (size_t)n, &request, &key);
        cr_assert_eq(err, more == 0 ? 0 : ERR_TOO_LARGE);
        cr_assert_str_eq(key, more == 0 ? "" : "config");
        cr_assert(more == 1 || request.config.len == REQUEST_CONFIG_MAX);
        compare.op = OP_STATUS; /* no other op takes so much, whatever it is that is large */
        emit_start(&em, SINK_MSGPACK, large, sizeof large);
        request_emit(&em, &compare);
        n = emit_finish(&em);
        cr_assert_eq(request_decode(large, (size_t)n, &request, &key), ERR_TOO_LARGE);
    }
    memset(large, 0xc1, sizeof large); /* too large: not even looked at */
    cr_assert_eq(request_decode(large, sizeof large, &request, &key), ERR_TOO_LARGE);
    cr_assert_eq(request_decode(large, sizeof large - 1, &request, &key), ERR_NOT_MSGPACK);
}

/* {op: status, member: value} */
static void refused(const char *member, const char *value, int err)
{
    start();
    emit_map(&em, NULL);
    emit_text(&em, "op", "status");
    if (value != NULL)
        emit_text(&em, member, value);
    else
        emit_int(&em, member, -1);
    emit_end(&em);
    cr_assert_eq(decode(), err, "%s", member);
    cr_assert_str_eq(key, err == 0 ? "" : member);
}

Test(request, of_a_period)
{
    ms_t from = 1770336000000, to = from + MS_DAY;
    struct request period = {.op = OP_SCORECARD, .scope = -1, .from = from, .to = to};
    start();
    request_emit(&em, &period);
    cr_assert_eq(decode(), 0);
    cr_assert(request.from == from && request.to == to);
    const struct {
        ms_t from, to;
        int err;
        const char *key;
    } wrong[] = {{0, to, ERR_MISSING, "from"},
                 {from, 0, ERR_MISSING, "to"},
                 {from, from, ERR_OUT_OF_RANGE, "to"},
                 {MS_MIN_TS - 1, to, ERR_OUT_OF_RANGE, "from"},
                 {from, MS_MAX_TS + 1, ERR_OUT_OF_RANGE, "to"}};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        start();
        emit_map(&em, NULL);
        emit_text(&em, "op", "scorecard");
        if (wrong[i].from != 0)
            emit_int(&em, "from", wrong[i].from);
        if (wrong[i].to != 0)
            emit_int(&em, "to", wrong[i].to);
        emit_end(&em);
        cr_assert_eq(decode(), wrong[i].err, "%zu", i);
        cr_assert_str_eq(key, wrong[i].key);
    }
}

Test(request, what_is_refused)
{
    refused("scope", "planet", ERR_BAD_WORD);
    refused("scope", NULL, ERR_WRONG_TYPE);
    refused("name", NULL, ERR_WRONG_TYPE);
    refused("since_seq", "5", ERR_WRONG_TYPE);
    refused("since_seq", NULL, ERR_OUT_OF_RANGE);
    refused("active", "yes", ERR_WRONG_TYPE);
    refused("colour", "red", 0);
    refused("alert_id", "x", ERR_BAD_WORD);
    refused("until", "tomorrow", ERR_WRONG_TYPE);
    refused("until", NULL, ERR_OUT_OF_RANGE);
    refused("name", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ERR_NAME_LONG);
    cr_assert_eq(request_decode("\x80", 1, &request, &key), ERR_MISSING);
    cr_assert_str_eq(key, "op");
    cr_assert_eq(request_decode("\x81\xa2op\xa3"
                                "fly",
                                8, &request, &key),
                 ERR_BAD_WORD);
    cr_assert_str_eq(key, "op");
    cr_assert_eq(request_decode("\x81\xa2op\x01", 5, &request, &key), ERR_WRONG_TYPE);
    cr_assert_eq(request_decode("\x90", 1, &request, &key), ERR_NOT_A_MAP);
    cr_assert_eq(request_decode("\xc1", 1, &request, &key), ERR_NOT_MSGPACK);
    cr_assert_str_eq(key, "");
    refused("config", NULL, ERR_WRONG_TYPE);
    refused("ticket", NULL, ERR_WRONG_TYPE);
    refused("team", NULL, ERR_WRONG_TYPE);
    refused("agent", NULL, ERR_WRONG_TYPE);
}

static void says(const char *json)
{
    int n = emit_finish(&em);
    int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), buffer, (size_t)n);
    cr_assert_eq(len, (int)strlen(json), "%.*s", len, text);
    cr_assert_eq(memcmp(text, json, (size_t)len), 0, "%.*s", len, text);
}

Test(request, answers)
{
    start();
    answer_error(&em, ERR_BAD_WORD, "scope", NULL);
    says("{\"error\":\"bad_word\",\"reason\":\"a word is none of those allowed for its field\","
         "\"key\":\"scope\",\"end\":true}");
    start();
    answer_error(&em, ERR_BAD_SETTINGS, NULL, "config:3: zone: no such zone");
    says("{\"error\":\"bad_settings\",\"reason\":\"config:3: zone: no such zone\",\"end\":true}");
    start();
    answer_error(&em, ERR_NOT_MSGPACK, "", NULL);
    says("{\"error\":\"not_msgpack\",\"reason\":\"the payload is no MessagePack\",\"end\":true}");
    start();
    answer_message(&em, str_of("kpi.all.-."), "\x81\xa1v\x01", 4);
    says("{\"topic\":\"kpi.all.-.\",\"message\":{\"v\":1}}");
    start();
    answer_end(&em, str_of("r"), 17, 2, 0);
    says("{\"run\":\"r\",\"upto_seq\":17,\"count\":2,\"end\":true}");
    start();
    answer_end(&em, str_of(""), 17, 2, 16);
    says("{\"upto_seq\":17,\"count\":2,\"truncated\":true,\"oldest_seq\":16,\"end\":true}");
}

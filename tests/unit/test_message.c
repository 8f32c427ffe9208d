/* test_message: any MessagePack laid flat, looked into, written on. */
#include "proto/message.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "core/err.h"
#include "tests/lib/random.h"

static char buffer[1 << 16], text[1 << 16];
static struct node nodes[4096];
static struct message message;

static int parse(const void *bytes, size_t n)
{
    static char *copy; /* exactly n bytes, so that a read past them is seen */
    free(copy);
    copy = malloc(n > 0 ? n : 1);
    memcpy(copy, bytes, n);
    return message_parse(&message, nodes, ARRAY_LEN(nodes), copy, n);
}

static int snapshot(void)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
    emit_map(&em, NULL);
    emit_text(&em, "scope", "team");
    emit_text(&em, "name", "a.b");
    emit_map(&em, "windows");
    emit_map(&em, "1h");
    emit_map(&em, "first_response");
    emit_int(&em, "n", 3);
    emit_float(&em, "mean", 2.5);
    emit_nil(&em, "p90");
    emit_end(&em);
    emit_end(&em);
    emit_end(&em);
    emit_map(&em, "empty");
    emit_end(&em);
    emit_array(&em, "list");
    emit_bool(&em, NULL, true);
    emit_int(&em, NULL, -1);
    emit_end(&em);
    emit_map(&em, "by.name");
    emit_int(&em, "x.y", 7);
    emit_end(&em);
    emit_end(&em);
    return emit_finish(&em);
}

Test(message, paths)
{
    int n = snapshot();
    double mean = 0;
    int64_t count = 0;
    cr_assert_eq(parse(buffer, (size_t)n), 0);
    cr_assert(message_float(&message, "windows.1h.first_response.mean", &mean));
    cr_assert_eq(mean, 2.5);
    cr_assert(message_int(&message, "windows.1h.first_response.n", &count));
    cr_assert_eq(count, 3);
    cr_assert(!message_int(&message, "windows.1h.first_response.mean", &count));
    cr_assert(!message_float(&message, "windows.1h.first_response.p90", &mean));
    cr_assert_eq(message_find(&message, "windows.1h.first_response.p90")->v.kind, VALUE_NIL);
    cr_assert_null(message_find(&message, "windows.1h.first_response.p9"));
    cr_assert_null(message_find(&message, "windows.1h.first_response.n.x"));
    cr_assert_null(message_find(&message, "empty.x"));
    cr_assert(str_equal(message_text(&message, "name"), str_of("a.b")));
    cr_assert_eq(message_text(&message, "list").len, 0);
    cr_assert_eq(message_find(&message, ""), nodes);
    const struct node *inner = message_member(&message, nodes, str_of("by.name"));
    cr_assert_not_null(inner);
    cr_assert(node_int(message_member(&message, inner, str_of("x.y")), &count));
    cr_assert_eq(count, 7);
}

Test(message, members_in_order)
{
    int n = snapshot();
    const struct node *key, *value;
    uint32_t at = 0, members = 0;
    bool yes = false;
    cr_assert_eq(parse(buffer, (size_t)n), 0);
    while (message_each(&message, nodes, &at, &key, &value)) {
        cr_assert_eq(key->v.kind, VALUE_TEXT);
        members++;
    }
    cr_assert_eq(members, 6);
    at = 0;
    const struct node *list = message_find(&message, "list");
    cr_assert(message_each(&message, list, &at, &key, &value));
    cr_assert_null(key);
    cr_assert(node_bool(value, &yes) && yes);
    cr_assert(message_each(&message, list, &at, &key, &value));
    cr_assert(!message_each(&message, list, &at, &key, &value));
    at = 0;
    cr_assert(!message_each(&message, message_find(&message, "empty"), &at, &key, &value));
    cr_assert(!message_each(&message, message_find(&message, "name"), &at, &key, &value));
    cr_assert(!message_each(&message, NULL, &at, &key, &value));
}

Test(message, values_of_wrong_types_are_not_there)
{
    int64_t i;
    double f;
    bool yes;
    struct str s;
    cr_assert(!node_int(NULL, &i) && !node_float(NULL, &f) && !node_bool(NULL, &yes) &&
              !node_text(NULL, &s));
    cr_assert_eq(parse("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9), 0);
    cr_assert(!node_int(nodes, &i));
    cr_assert(node_float(nodes, &f));
    cr_assert_eq(f, 18446744073709551616.0);
}

Test(message, what_is_refused)
{
    cr_assert_eq(parse("\xc1", 1), ERR_NOT_MSGPACK);
    cr_assert_eq(parse("", 0), ERR_TRUNCATED);
    cr_assert_eq(parse("\xdf\xff\xff\xff\xff", 5), ERR_TRUNCATED);
    cr_assert_eq(parse("\xc0\xc0", 2), ERR_TRAILING);
    cr_assert_null(message_find(&message, ""));
    char deep[MESSAGE_DEPTH_MAX + 2];
    memset(deep, '\x91', sizeof deep);
    deep[MESSAGE_DEPTH_MAX] = 1;
    cr_assert_eq(parse(deep, MESSAGE_DEPTH_MAX + 1), 0);
    deep[MESSAGE_DEPTH_MAX] = '\x91';
    deep[MESSAGE_DEPTH_MAX + 1] = 1;
    cr_assert_eq(parse(deep, MESSAGE_DEPTH_MAX + 2), ERR_TOO_DEEP);
    int n = snapshot();
    for (int cut = 0; cut < n; cut++)
        cr_assert_eq(parse(buffer, (size_t)cut), ERR_TRUNCATED);
    cr_assert_eq(parse(buffer, (size_t)n), 0);
    uint32_t used = message.nodes;
    cr_assert_eq(message_parse(&message, nodes, used, buffer, (size_t)n), 0);
    cr_assert_eq(message_parse(&message, nodes, used - 1, buffer, (size_t)n), ERR_TOO_LARGE);
    cr_assert_eq(message.nodes, 0);
}

static void becomes(const char *bytes, size_t n, const char *json)
{
    int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), bytes, n);
    cr_assert_eq(len, (int)strlen(json), "%.*s", len, text);
    cr_assert_eq(memcmp(text, json, (size_t)len), 0, "%.*s", len, text);
}

Test(message, json_of_what_we_never_send)
{
    becomes("\xd6\xff\x00\x00\x00\x02", 6, "2000");
    becomes("\xd4\x05\xab", 3, "\"ab\"");
    becomes("\xc4\x02\x01\xfe", 4, "\"01fe\"");
    becomes("\xcb\x7f\xf0\0\0\0\0\0\0", 9, "null");
    becomes("\x83\x01\xc3\xff\xc2\xc4\x01\x10\xc0", 9, "{\"1\":true,\"-1\":false,\"10\":null}");
}

Test(message, json_that_does_not_fit)
{
    int n = snapshot();
    int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), buffer, (size_t)n);
    cr_assert_gt(len, 0);
    cr_assert_eq(
        json_from_msgpack(text, (size_t)len - 1, nodes, ARRAY_LEN(nodes), buffer, (size_t)n),
        ERR_NO_ROOM);
}

/* A random value: scalars, maps and arrays, at most `depth` containers deep. */
static void random_value(struct random *r, struct emitter *em, const char *key, int depth)
{
    uint64_t dice = random_below(r, depth > 0 ? 8 : 6);
    switch (dice) {
    case 0:
        emit_nil(em, key);
        return;
    case 1:
        emit_bool(em, key, random_below(r, 2) == 0);
        return;
    case 2:
        emit_int(em, key, (int64_t)random_next(r) >> random_below(r, 64));
        return;
    case 3:
        emit_uint(em, key, random_next(r) >> random_below(r, 64));
        return;
    case 4:
        emit_float(em, key, (double)(int64_t)random_next(r) / 1000.0);
        return;
    case 5:
        emit_text(em, key, random_below(r, 2) == 0 ? "" : "客服 \"x\"");
        return;
    case 6:
        emit_map(em, key);
        break;
    default:
        emit_array(em, key);
        break;
    }
    for (uint64_t n = random_below(r, 5); n > 0; n--)
        random_value(r, em, dice == 6 ? "key" : NULL, depth - 1);
    emit_end(em);
}

/* The same random walk straight into JSON, and by way of MessagePack. */
Test(message, transcoding_equals_writing)
{
    for (uint64_t round = 0; round < 20000; round++) {
        static char direct[1 << 16];
        struct random r = {round * 1000003}, same = r;
        struct emitter em;
        emit_start(&em, SINK_JSON, direct, sizeof direct);
        random_value(&r, &em, NULL, 6);
        int want = emit_finish(&em);
        emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
        random_value(&same, &em, NULL, 6);
        int n = emit_finish(&em);
        int got = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), buffer, (size_t)n);
        cr_assert_eq(got, want);
        cr_assert_eq(memcmp(text, direct, (size_t)got), 0);
    }
}

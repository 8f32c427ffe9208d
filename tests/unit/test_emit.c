/* test_emit: the same calls as JSON and as MessagePack; what does not fit is told, not written. */
#include "proto/emit.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "core/err.h"
#include "proto/message.h"
#include "tests/lib/random.h"

static char buffer[1 << 16];
static struct node nodes[4096];

/* A bit of everything. */
static void walk(struct emitter *em)
{
    emit_map(em, NULL);
    emit_nil(em, "nil");
    emit_bool(em, "yes", true);
    emit_bool(em, "no", false);
    emit_int(em, "small", -1);
    emit_int(em, "least", INT64_MIN);
    emit_uint(em, "most", UINT64_MAX);
    emit_float(em, "half", 0.5);
    emit_float(em, "whole", 3.0);
    emit_text(em, "text", "a\"b\\c\n\x7f客");
    emit_str(em, "empty", (struct str){NULL, 0});
    emit_array(em, "list");
    emit_int(em, NULL, 1);
    emit_map(em, NULL);
    emit_end(em);
    emit_array(em, NULL);
    emit_end(em);
    emit_end(em);
    emit_key(em, str_of("a.b"));
    emit_map(em, NULL);
    emit_text(em, "x", "");
    emit_end(em);
    emit_end(em);
}

static const char json[] =
    "{\"nil\":null,\"yes\":true,\"no\":false,\"small\":-1,\"least\":-9223372036854775808,"
    "\"most\":18446744073709551615,\"half\":0.5,\"whole\":3.0,"
    "\"text\":\"a\\\"b\\\\c\\u000a\\u007f客\",\"empty\":\"\",\"list\":[1,{},[]],"
    "\"a.b\":{\"x\":\"\"}}";

Test(emit, json)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, buffer, sizeof buffer);
    walk(&em);
    int n = emit_finish(&em);
    cr_assert_eq(n, (int)sizeof json - 1);
    cr_assert_eq(memcmp(buffer, json, (size_t)n), 0, "%.*s", n, buffer);
}

Test(emit, messagepack_says_the_same)
{
    static char text[4096];
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
    walk(&em);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), buffer, (size_t)n);
    cr_assert_eq(len, (int)sizeof json - 1);
    cr_assert_eq(memcmp(text, json, (size_t)len), 0, "%.*s", len, text);
}

/* Every size that is too small is told; nothing is written past it. */
Test(emit, no_room)
{
    for (int sink = SINK_MSGPACK; sink <= SINK_JSON; sink++) {
        struct emitter em;
        emit_start(&em, (enum sink)sink, buffer, sizeof buffer);
        walk(&em);
        int whole = emit_finish(&em);
        for (int cap = 0; cap <= whole; cap++) {
            char *exact = malloc(cap > 0 ? (size_t)cap : 1); /* the sanitizer watches its end */
            emit_start(&em, (enum sink)sink, exact, (size_t)cap);
            walk(&em);
            cr_assert_eq(emit_finish(&em), cap < whole ? ERR_NO_ROOM : whole);
            free(exact);
        }
    }
}

Test(emit, scalars_alone)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, buffer, sizeof buffer);
    emit_float(&em, NULL, NAN);
    cr_assert_eq(emit_finish(&em), 4);
    cr_assert_eq(memcmp(buffer, "null", 4), 0);
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
    emit_float(&em, NULL, -INFINITY);
    cr_assert_eq(emit_finish(&em), 1);
    cr_assert_eq((uint8_t)buffer[0], 0xc0);
}

static double through_json(double v)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, buffer, sizeof buffer);
    emit_float(&em, NULL, v);
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    json_t *read = json_loadb(buffer, (size_t)n, JSON_DECODE_ANY, NULL);
    cr_assert(json_is_real(read), "%.*s", n, buffer);
    double got = json_real_value(read);
    json_decref(read);
    return got;
}

Test(emit, floats_survive_json)
{
    struct random r = {9};
    for (int round = 0; round < 100000; round++) {
        uint64_t bits = random_next(&r);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v))
            cr_assert_eq(through_json(v), v);
        v = (double)random_below(&r, 1000000) / (double)(1 + random_below(&r, 1000));
        cr_assert_eq(through_json(v), v);
    }
    cr_assert_eq(through_json(1e22), 1e22);
}

Test(emit, floats_do_not_depend_on_the_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (setlocale(LC_ALL, names[i]) != NULL) {
            struct emitter em;
            emit_start(&em, SINK_JSON, buffer, sizeof buffer);
            emit_float(&em, NULL, 0.25);
            cr_assert_eq(emit_finish(&em), 4);
            cr_assert_eq(memcmp(buffer, "0.25", 4), 0);
        }
}

Test(emit, many_members)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, buffer, sizeof buffer);
    emit_array(&em, NULL);
    for (int i = 0; i < 3000; i++)
        emit_int(&em, NULL, i);
    emit_end(&em);
    int n = emit_finish(&em);
    struct message m;
    cr_assert_eq(message_parse(&m, nodes, ARRAY_LEN(nodes), buffer, (size_t)n), 0);
    cr_assert_eq(m.node[0].v.len, 3000);
    int64_t last = 0;
    cr_assert(node_int(&m.node[3000], &last));
    cr_assert_eq(last, 2999);
}

Test(emit, raw_values_stand_where_they_are_put)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, buffer, sizeof buffer);
    emit_map(&em, NULL);
    emit_raw(&em, "a", "[1]", 3);
    emit_raw(&em, "b", "2", 1);
    emit_end(&em);
    int n = emit_finish(&em);
    cr_assert_eq(n, 15);
    cr_assert_eq(memcmp(buffer, "{\"a\":[1],\"b\":2}", 15), 0);
}

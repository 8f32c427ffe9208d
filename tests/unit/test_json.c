/* json: what json_from_msgpack wrote comes back as the same values. */
#include "proto/json.h"

#include "core/err.h"
#include "proto/message.h"
#include "tests/lib/random.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct node nodes[4096];

static void value(struct random *r, struct emitter *em, const char *key, int depth)
{
    switch (random_below(r, depth > 4 ? 6 : 8)) {
    case 0:
        emit_nil(em, key);
        break;
    case 1:
        emit_bool(em, key, random_percent(r, 50));
        break;
    case 2:
        emit_int(em, key, (int64_t)random_next(r) >> random_below(r, 64));
        break;
    case 3:
        emit_float(em, key, (double)random_range(r, -1000000, 1000000) / 4096);
        break;
    case 4:
        emit_text(em, key, "");
        break;
    case 5:
        emit_text(em, key, "\"售后\\ \n\x01 \xF0\x9F\x98\x80");
        break;
    case 6:
        emit_array(em, key);
        for (uint64_t n = random_below(r, 5); n > 0; n--)
            value(r, em, NULL, depth + 1);
        emit_end(em);
        break;
    default: {
        char name[8] = "k0";
        emit_map(em, key);
        for (; name[1] < '5'; name[1]++)
            value(r, em, name, depth + 1);
        emit_end(em);
    }
    }
}

Test(json, round_trip)
{
    static char first[1 << 20], text[1 << 20], again[1 << 20];
    for (uint64_t seed = 1; seed < 500; seed++) {
        struct random r = {seed};
        struct emitter em;
        emit_start(&em, SINK_MSGPACK, first, sizeof first);
        value(&r, &em, NULL, 0);
        int n = emit_finish(&em);
        int len = json_from_msgpack(text, sizeof text, nodes, ARRAY_LEN(nodes), first, (size_t)n);
        cr_assert_gt(len, 0, "seed %d", (int)seed);
        int back = msgpack_from_json(again, sizeof again, (struct str){text, (uint32_t)len});
        cr_assert_gt(back, 0, "seed %d: %d", (int)seed, back);
        static char twice[1 << 20];
        int len2 =
            json_from_msgpack(twice, sizeof twice, nodes, ARRAY_LEN(nodes), again, (size_t)back);
        cr_assert(len2 == len && memcmp(text, twice, (size_t)len) == 0, "seed %d", (int)seed);
        cr_assert_eq(msgpack_from_json(again, (size_t)back - 1, (struct str){text, (uint32_t)len}),
                     ERR_NO_ROOM);
    }
}

Test(json, what_is_none)
{
    char buf[256], deep[100] = {0};
    cr_assert_eq(msgpack_from_json(buf, sizeof buf, str_of("{\"a\":")), ERR_BAD_TEXT);
    cr_assert_eq(msgpack_from_json(buf, sizeof buf, str_of("")), ERR_BAD_TEXT);
    memset(deep, '[', 40);
    memset(deep + 40, ']', 40);
    cr_assert_eq(msgpack_from_json(buf, sizeof buf, str_of(deep)), ERR_TOO_DEEP);
}

static const char *at(const char *const *path)
{
    static char buf[256];
    struct emitter em;
    const struct str text = str_of("{\"now\":{\"open\":3},\"w\":{\"1h\":{\"a\":{\"n\":2}}}}");
    emit_start(&em, SINK_JSON, buf, sizeof buf - 1);
    emit_map(&em, NULL);
    if (!json_emit_at(&em, "v", text, path))
        emit_bool(&em, "missing", true);
    emit_end(&em);
    buf[emit_finish(&em)] = 0;
    return buf;
}

Test(json, a_member_of_members)
{
    cr_assert_str_eq(at((const char *const[]){"now", "open", ""}), "{\"v\":3}");
    cr_assert_str_eq(at((const char *const[]){"w", "1h", "a", ""}), "{\"v\":{\"n\":2}}");
    cr_assert_str_eq(at((const char *const[]){"w", "1h", "a", "p90", ""}), "{\"missing\":true}");
    cr_assert_str_eq(at((const char *const[]){"w", "2h", "a", ""}), "{\"missing\":true}");
    cr_assert_str_eq(at((const char *const[]){"now", "open", "x", ""}), "{\"missing\":true}");
}

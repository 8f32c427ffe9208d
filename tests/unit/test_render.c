/* MessagePack of ours as JSON. */
#include "daemon/web/render.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct render r;

static void start(void)
{
    cr_assert(render_init(&r));
}

static void end(void)
{
    render_fini(&r);
}

TestSuite(render, .init = start, .fini = end);

static char bytes[1024];

/* A snapshot with the windows 1h and 24h. */
static size_t snapshot(void)
{
    struct emitter em;
    emit_start(&em, SINK_MSGPACK, bytes, sizeof bytes);
    emit_map(&em, NULL);
    emit_text(&em, "name", "a\"b");
    emit_map(&em, "windows");
    emit_map(&em, "1h");
    emit_int(&em, "n", 1);
    emit_end(&em);
    emit_map(&em, "24h");
    emit_int(&em, "n", 24);
    emit_end(&em);
    emit_end(&em);
    emit_bool(&em, "end", true);
    emit_end(&em);
    return (size_t)emit_finish(&em);
}

static void is(int n, const char *want)
{
    cr_assert_eq(n, (int)strlen(want), "%.*s", n, r.text);
    cr_assert_eq(memcmp(r.text, want, (size_t)n), 0, "%.*s", n, r.text);
}

Test(render, a_value_as_it_is)
{
    struct message m;
    is(render_value(&r, bytes, snapshot(), &m),
       "{\"name\":\"a\\\"b\",\"windows\":{\"1h\":{\"n\":1},\"24h\":{\"n\":24}},\"end\":true}");
    bool last = false;
    cr_assert(node_bool(message_find(&m, "end"), &last) && last);
    cr_assert_lt(render_value(&r, "\xc1", 1, &m), 0);
}

Test(render, a_message_with_some_windows)
{
    static struct settings s;
    snprintf(s.window[0].name, sizeof s.window[0].name, "%s", "1h");
    snprintf(s.window[1].name, sizeof s.window[1].name, "%s", "24h");
    s.windows = 2;
    size_t n = snapshot();
    struct str topic = str_of("kpi.all.-.");
    is(render_message(&r, &s, 2, topic, bytes, n),
       "{\"topic\":\"kpi.all.-.\",\"message\":{\"name\":\"a\\\"b\",\"windows\":{\"24h\":{\"n\":24}}"
       ","
       "\"end\":true}}");
    is(render_message(&r, &s, 0, topic, bytes, n),
       "{\"topic\":\"kpi.all.-.\",\"message\":{\"name\":\"a\\\"b\",\"windows\":{},\"end\":true}}");
}

#include "daemon/web/render.h"

#include <stdlib.h>

bool render_init(struct render *r)
{
    r->nodes = malloc(MESSAGE_NODES_MAX * sizeof *r->nodes);
    r->text = malloc(RENDER_BYTES_MAX);
    return r->nodes != NULL && r->text != NULL;
}

int render_value(struct render *r, const void *bytes, size_t n, struct message *ret_m)
{
    struct emitter em;
    int err = message_parse(ret_m, r->nodes, MESSAGE_NODES_MAX, bytes, n);
    if (err != 0)
        return err;
    emit_start(&em, SINK_JSON, r->text, RENDER_BYTES_MAX);
    message_emit(ret_m, &ret_m->node[0], &em, NULL);
    return emit_finish(&em);
}

static bool wanted(const struct settings *s, uint32_t windows, struct str name)
{
    for (uint32_t i = 0; i < s->windows; i++)
        if ((windows >> i & 1) != 0 && str_equal(str_of(s->window[i].name), name))
            return true;
    return false;
}

static void emit_windows(struct emitter *em, const struct message *m, const struct node *all,
                         const struct settings *s, uint32_t windows)
{
    const struct node *key, *value;
    struct str name;
    emit_map(em, "windows");
    for (uint32_t at = 0; message_each(m, all, &at, &key, &value);) {
        if (!node_text(key, &name) || !wanted(s, windows, name))
            continue;
        emit_key(em, name);
        message_emit(m, value, em, NULL);
    }
    emit_end(em);
}

int render_message(struct render *r, const struct settings *settings, uint32_t windows,
                   struct str topic, const void *bytes, size_t n)
{
    const struct node *key, *value;
    struct str name;
    struct emitter em;
    struct message m;
    int err = message_parse(&m, r->nodes, MESSAGE_NODES_MAX, bytes, n);
    if (err != 0)
        return err;
    emit_start(&em, SINK_JSON, r->text, RENDER_BYTES_MAX);
    emit_map(&em, NULL);
    emit_str(&em, "topic", topic);
    emit_map(&em, "message");
    for (uint32_t at = 0; message_each(&m, &m.node[0], &at, &key, &value);) {
        if (!node_text(key, &name))
            continue;
        if (str_equal(name, str_of("windows")) && value->v.kind == VALUE_MAP) {
            emit_windows(&em, &m, value, settings, windows);
            continue;
        }
        emit_key(&em, name);
        message_emit(&m, value, &em, NULL);
    }
    emit_end(&em);
    emit_end(&em);
    return emit_finish(&em);
}

void render_fini(struct render *r)
{
    free(r->nodes);
    free(r->text);
    *r = (struct render){NULL, NULL};
}

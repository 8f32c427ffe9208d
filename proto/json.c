#include "proto/json.h"

#include "core/err.h"

#include <jansson.h>

static bool deeper(const json_t *json, int levels)
{
    const char *key;
    size_t i;
    json_t *each;
    if (!json_is_object(json) && !json_is_array(json))
        return false;
    if (levels == 0)
        return true;
    json_object_foreach((json_t *)json, key, each) if (deeper(each, levels - 1)) return true;
    json_array_foreach(json, i, each) if (deeper(each, levels - 1)) return true;
    return false;
}

static void emit_json(struct emitter *em, const char *key, const json_t *json);

static void emit_members(struct emitter *em, const char *key, const json_t *json)
{
    const char *name;
    size_t i;
    json_t *each;
    if (json_is_object(json))
        emit_map(em, key);
    else
        emit_array(em, key);
    json_object_foreach((json_t *)json, name, each) emit_json(em, name, each);
    json_array_foreach(json, i, each) emit_json(em, NULL, each);
    emit_end(em);
}

static void emit_json(struct emitter *em, const char *key, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        emit_members(em, key, json);
        break;
    case JSON_STRING:
        emit_str(em, key,
                 (struct str){json_string_value(json), (uint32_t)json_string_length(json)});
        break;
    case JSON_INTEGER:
        emit_int(em, key, json_integer_value(json));
        break;
    case JSON_REAL:
        emit_float(em, key, json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        emit_bool(em, key, json_is_true(json));
        break;
    case JSON_NULL:
        emit_nil(em, key);
        break;
    }
}

int msgpack_from_json(void *buf, size_t cap, struct str text)
{
    struct emitter em;
    json_t *json = json_loadb(text.p, text.len, JSON_DECODE_ANY, NULL);
    if (json == NULL)
        return ERR_BAD_TEXT;
    if (deeper(json, EMIT_DEPTH_MAX)) {
        json_decref(json);
        return ERR_TOO_DEEP;
    }
    emit_start(&em, SINK_MSGPACK, buf, cap);
    emit_json(&em, NULL, json);
    json_decref(json);
    return emit_finish(&em);
}

bool json_emit_at(struct emitter *em, const char *key, struct str text, const char *const *path)
{
    json_t *json = json_loadb(text.p, text.len, 0, NULL);
    const json_t *at = json;
    for (; at != NULL && (*path)[0] != 0; path++)
        at = json_object_get(at, *path);
    bool there = at != NULL && !deeper(at, EMIT_DEPTH_MAX - em->depth);
    if (there)
        emit_json(em, key, at);
    json_decref(json);
    return there;
}

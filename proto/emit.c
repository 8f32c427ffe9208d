#include "proto/emit.h"

#include "core/err.h"

#include <math.h>
#include <msgpack/pack.h>
#include <stdio.h>
#include <stdlib.h>

void emit_start(struct emitter *em, enum sink sink, void *buf, size_t cap)
{
    em->p = buf;
    em->cap = cap;
    em->n = 0;
    em->err = 0;
    em->sink = (uint8_t)sink;
    em->depth = 0;
}

static int put(void *to, const char *bytes, size_t n)
{
    struct emitter *em = to;
    if (em->err != 0 || n > em->cap - em->n) {
        em->err = ERR_NO_ROOM;
        return -1;
    }
    if (n > 0) /* an empty text may have no address */
        memcpy(em->p + em->n, bytes, n);
    em->n += n;
    return 0;
}

static void put_text(struct emitter *em, const char *text)
{
    put(em, text, strlen(text));
}

static msgpack_packer packer(struct emitter *em)
{
    return (msgpack_packer){.data = em, .callback = put};
}

static void pack_str(struct emitter *em, struct str v)
{
    msgpack_packer pk = packer(em);
    msgpack_pack_str(&pk, v.len);
    msgpack_pack_str_body(&pk, v.p, v.len);
}

/* RFC 8259, section 7: only quotes, backslashes and control characters must be escaped. */
static void json_str(struct emitter *em, struct str v)
{
    put(em, "\"", 1);
    uint32_t from = 0;
    for (uint32_t i = 0; i < v.len; i++) {
        uint8_t c = (uint8_t)v.p[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        put(em, v.p + from, i - from);
        from = i + 1;
        char escape[8];
        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else
            snprintf(escape, sizeof escape, "\\u%04x", c);
        put_text(em, escape);
    }
    if (v.len > from)
        put(em, v.p + from, v.len - from);
    put(em, "\"", 1);
}

/* Counts the next member of what is open, and writes its key. */
static void member(struct emitter *em, const char *key)
{
    if (key != NULL)
        emit_key(em, str_of(key));
    if (em->depth == 0)
        return;
    bool map = em->open[em->depth - 1].map;
    if (map)
        return; /* emit_key has counted it */
    if (em->open[em->depth - 1].count++ > 0 && em->sink == SINK_JSON)
        put(em, ",", 1);
}

void emit_key(struct emitter *em, struct str key)
{
    CHECK(em->depth > 0 && em->open[em->depth - 1].map);
    if (em->open[em->depth - 1].count++ > 0 && em->sink == SINK_JSON)
        put(em, ",", 1);
    if (em->sink == SINK_MSGPACK) {
        pack_str(em, key);
        return;
    }
    json_str(em, key);
    put(em, ":", 1);
}

/* MessagePack wants the count first: room for 16 bits of it, filled in by emit_end. */
static void begin(struct emitter *em, const char *key, bool map)
{
    member(em, key);
    CHECK(em->depth < EMIT_DEPTH_MAX);
    em->open[em->depth].at = em->n + 1;
    em->open[em->depth].count = 0;
    em->open[em->depth].map = map;
    em->depth++;
    if (em->sink == SINK_JSON) {
        put(em, map ? "{" : "[", 1);
        return;
    }
    msgpack_packer pk = packer(em);
    if (map)
        msgpack_pack_map(&pk, UINT16_MAX);
    else
        msgpack_pack_array(&pk, UINT16_MAX);
}

void emit_map(struct emitter *em, const char *key)
{
    begin(em, key, true);
}

void emit_array(struct emitter *em, const char *key)
{
    begin(em, key, false);
}

void emit_end(struct emitter *em)
{
    CHECK(em->depth > 0);
    em->depth--;
    bool map = em->open[em->depth].map;
    if (em->sink == SINK_JSON) {
        put(em, map ? "}" : "]", 1);
        return;
    }
    uint32_t count = em->open[em->depth].count;
    if (count > UINT16_MAX)
        em->err = ERR_NO_ROOM;
    if (em->err != 0)
        return;
    em->p[em->open[em->depth].at] = (char)(count >> 8);
    em->p[em->open[em->depth].at + 1] = (char)(count & 0xff);
}

void emit_nil(struct emitter *em, const char *key)
{
    member(em, key);
    if (em->sink == SINK_JSON) {
        put_text(em, "null");
        return;
    }
    msgpack_packer pk = packer(em);
    msgpack_pack_nil(&pk);
}

void emit_bool(struct emitter *em, const char *key, bool yes)
{
    member(em, key);
    if (em->sink == SINK_JSON) {
        put_text(em, yes ? "true" : "false");
        return;
    }
    msgpack_packer pk = packer(em);
    if (yes)
        msgpack_pack_true(&pk);
    else
        msgpack_pack_false(&pk);
}

void emit_int(struct emitter *em, const char *key, int64_t v)
{
    member(em, key);
    if (em->sink == SINK_JSON) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)v);
        put_text(em, text);
        return;
    }
    msgpack_packer pk = packer(em);
    msgpack_pack_int64(&pk, v);
}

void emit_uint(struct emitter *em, const char *key, uint64_t v)
{
    member(em, key);
    if (em->sink == SINK_JSON) {
        char text[24];
        snprintf(text, sizeof text, "%llu", (unsigned long long)v);
        put_text(em, text);
        return;
    }
    msgpack_packer pk = packer(em);
    msgpack_pack_uint64(&pk, v);
}

/* 15 digits are enough for most doubles, 17 for all. The program's locale may have another
 * decimal point, when it prints and when it reads. */
static void json_float(struct emitter *em, double v)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text - 2, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    bool integral = true;
    for (char *p = text; *p != '\0'; p++) {
        if (strchr("0123456789-+e", *p) == NULL)
            *p = '.';
        if (*p == '.' || *p == 'e')
            integral = false;
    }
    put_text(em, text);
    if (integral)
        put_text(em, ".0"); /* stays a float when it is read */
}

void emit_float(struct emitter *em, const char *key, double v)
{
    if (!isfinite(v)) {
        emit_nil(em, key);
        return;
    }
    member(em, key);
    if (em->sink == SINK_JSON) {
        json_float(em, v);
        return;
    }
    msgpack_packer pk = packer(em);
    msgpack_pack_double(&pk, v);
}

void emit_str(struct emitter *em, const char *key, struct str v)
{
    member(em, key);
    if (em->sink == SINK_JSON)
        json_str(em, v);
    else
        pack_str(em, v);
}

void emit_text(struct emitter *em, const char *key, const char *v)
{
    emit_str(em, key, str_of(v));
}

void emit_raw(struct emitter *em, const char *key, const void *bytes, size_t n)
{
    member(em, key);
    put(em, bytes, n);
}

int emit_finish(struct emitter *em)
{
    CHECK(em->depth == 0);
    return em->err != 0 ? em->err : (int)em->n;
}

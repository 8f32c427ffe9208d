#include "daemon/web/ask.h"

#include "daemon/web/ration.h"
#include "daemon/web/reply.h"
#include "proto/message.h"

#include <errno.h>
#include <stdlib.h>

struct ask {
    char *text; /* JSON, from at on not read yet */
    size_t at, n, cap;
    unsigned status;
    bool first;       /* nothing has come yet */
    bool ended, lost; /* the last answer has come; it never will */
    bool bad;         /* an argument that nobody knows */
    struct emitter em;
    char request[REQUEST_BYTES_MAX];
};

/* --- answers in ----------------------------------------------------------------------------- */

static bool add(struct ask *a, const char *text, size_t n)
{
    if (a->at == a->n)
        a->at = a->n = 0;
    if (a->n + n > a->cap) {
        size_t cap = a->n + n + ASK_WAITING_MAX;
        char *p = realloc(a->text, cap);
        if (p == NULL)
            return false;
        a->text = p;
        a->cap = cap;
    }
    memcpy(a->text + a->n, text, n);
    a->n += n;
    return true;
}

static unsigned status_of(struct str error)
{
    if (error.len == 0)
        return MHD_HTTP_OK;
    if (str_equal(error, str_of(err_name(ERR_BUSY))))
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    static const int unknown[] = {ERR_NO_TICKET, ERR_NO_NAME, ERR_NO_CARD};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
        if (str_equal(error, str_of(err_name(unknown[i]))))
            return MHD_HTTP_NOT_FOUND;
    return MHD_HTTP_BAD_REQUEST;
}

/* The answer as a piece of {"answers": [A, B], "upto_seq": …}; a refusal stands alone. */
static bool add_answer(struct ask *a, const char *json, size_t n, bool end)
{
    bool alone = a->first && end && a->status != MHD_HTTP_OK;
    bool fine = true;
    if (a->first && !alone)
        fine = add(a, "{\"answers\":[", strlen("{\"answers\":["));
    if (end && !alone)
        fine = fine && add(a, "],", 2) && add(a, json + 1, n - 1) && add(a, "\n", 1);
    else if (end)
        fine = add(a, json, n) && add(a, "\n", 1);
    else
        fine = fine && (a->first || add(a, ",", 1)) && add(a, json, n);
    a->first = false;
    return fine;
}

static int convert(struct web *w, struct ask *a, const void *bytes, size_t n)
{
    struct message m;
    bool end = false;
    int len = render_value(&w->live.render, bytes, n, &m);
    if (len < 0)
        return -EMSGSIZE;
    end = node_bool(message_find(&m, "end"), &end) && end;
    if (a->first)
        a->status = status_of(message_text(&m, "error"));
    a->ended = end;
    return add_answer(a, w->live.render.text, (size_t)len, end) ? 0 : -ENOMEM;
}

static int on_answer(void *data, const void *bytes, size_t n)
{
    struct visit *v = data;
    struct ask *a = v->own;
    int err = 0;
    if (bytes == NULL)
        a->lost = true;
    else if (a->n - a->at >= ASK_WAITING_MAX)
        return -EAGAIN;
    else
        err = convert(v->web, a, bytes, n);
    a->lost |= err != 0;
    visit_wake(v);
    return err;
}

/* --- answers out ---------------------------------------------------------------------------- */

static ssize_t on_read(void *data, uint64_t position, char *buf, size_t max)
{
    struct visit *v = data;
    struct ask *a = v->own;
    size_t n = a->n - a->at < max ? a->n - a->at : max;
    (void)position;
    v->web->moved++;
    if (n == 0 && a->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0 && a->lost)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0) {
        visit_wait(v);
        return 0;
    }
    memcpy(buf, a->text + a->at, n);
    a->at += n;
    ration_spend(v, n);
    return (ssize_t)n;
}

static void ask_answer(struct visit *v)
{
    struct ask *a = v->own;
    if (a->first) /* nothing at all came of it */
        reply_refusal(v, MHD_HTTP_INTERNAL_SERVER_ERROR, err_name(ERR_NO_ROOM),
                      "the answer was given up");
    else if (a->ended)
        reply_bytes(v, a->status, TYPE_JSON, a->text + a->at, a->n - a->at);
    else
        reply_pieces(v, a->status, TYPE_JSON, on_read);
}

/* --- questions ------------------------------------------------------------------------------ */

/* What a request may have; and as what its text goes on. */
static enum MHD_Result on_argument(void *data, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    static const char *const texts[] = {"scope", "name",  "window", "prefix",    "ticket",
                                        "team",  "agent", "run",    "indicator", "field"};
    struct ask *a = data;
    char *end = NULL;
    (void)kind;
    value = value == NULL ? "" : value;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strcmp(key, texts[i]) == 0) {
            emit_text(&a->em, texts[i], value);
            return MHD_YES;
        }
    }
    unsigned long long number = strtoull(value, &end, 10);
    bool counts = strcmp(key, "since_seq") == 0 || strcmp(key, "from") == 0 ||
                  strcmp(key, "to") == 0 || strcmp(key, "step") == 0;
    if (counts && value[0] >= '0' && value[0] <= '9' && *end == 0)
        emit_uint(&a->em, key, number);
    else if (strcmp(key, "active") == 0 && strcmp(value, "true") == 0)
        emit_bool(&a->em, "active", true);
    else
        a->bad = true;
    return MHD_YES;
}

static void ask_begin(struct visit *v)
{
    struct ask *a = v->own = calloc(1, sizeof *a);
    if (a == NULL)
        return;
    a->first = true;
    emit_start(&a->em, SINK_MSGPACK, a->request, sizeof a->request);
    emit_map(&a->em, NULL);
    emit_text(&a->em, "op", v->route->of);
    MHD_get_connection_values(v->connection, MHD_GET_ARGUMENT_KIND, on_argument, a);
    emit_end(&a->em);
    int n = emit_finish(&a->em);
    if (a->bad || n < 0)
        reply_refusal(v, MHD_HTTP_BAD_REQUEST, err_name(a->bad ? ERR_BAD_KEY : ERR_TOO_LARGE),
                      a->bad ? "an argument is not known, or its value makes no sense"
                             : "the arguments are too long");
    else if (!query_submit(v->web->parts.query, a->request, (size_t)n, on_answer, v))
        reply_refusal(v, MHD_HTTP_SERVICE_UNAVAILABLE, err_name(ERR_BUSY), err_text(ERR_BUSY));
    else if (v->woken) /* a refusal comes at once */
        ask_answer(v);
    else
        visit_wait(v);
}

static void ask_end(struct visit *v)
{
    struct ask *a = v->own;
    query_cancel(v->web->parts.query, v);
    if (a != NULL)
        free(a->text);
    free(a);
}

#define ASK(name)                                                                                  \
    {                                                                                              \
        .path = "/api/v1/" name, .begin = ask_begin, .answer = ask_answer, .end = ask_end,         \
        .of = name                                                                                 \
    }
const struct route ask_routes[] = {ASK("hold"),      ASK("snapshot"), ASK("alerts"),
                                   ASK("status"),    ASK("explain"),  ASK("worklist"),
                                   ASK("scorecard"), ASK("history")};
const size_t ask_routes_n = ARRAY_LEN(ask_routes);

#include "daemon/web/reply.h"

#include "daemon/web/ration.h"
#include "proto/emit.h"

#include <stdio.h>

enum { PIECE_BYTES = 32 * 1024, REFUSAL_BYTES = 1024, RETRY_S = 2 };

static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

/* Takes over the response, which may be NULL. */
static void send_reply(struct visit *v, unsigned status, struct MHD_Response *response,
                       const char *type, const char *cache)
{
    struct web *w = v->web;
    char retry[16];
    if (response == NULL)
        return;
    bool fine = MHD_add_response_header(response, "Cache-Control", cache) == MHD_YES;
    if (type != NULL)
        fine &= MHD_add_response_header(response, "Content-Type", type) == MHD_YES;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        fine &= MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
    if (status == MHD_HTTP_UNAUTHORIZED)
        fine &= MHD_add_response_header(response, "WWW-Authenticate", "Bearer") == MHD_YES;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        fine &= MHD_add_response_header(response, "Allow", v->route->post ? "POST" : "GET, HEAD") ==
                MHD_YES;
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE || status == MHD_HTTP_TOO_MANY_REQUESTS) {
        snprintf(retry, sizeof retry, "%u", v->retry_s > 0 ? v->retry_s : RETRY_S);
        fine &= MHD_add_response_header(response, "Retry-After", retry) == MHD_YES;
    }
    v->replied = fine && MHD_queue_response(v->connection, status, response) == MHD_YES;
    MHD_destroy_response(response);
    if (!v->replied)
        return;
    w->parts.status->http.responses[status / 100 - 1]++;
    peer_waits(v->peer, HTTP_CUT_ANSWER, uv_now(w->parts.loop),
               w->parts.config->http.body_deadline);
}

void reply_bytes(struct visit *v, unsigned status, const char *type, const void *bytes, size_t n)
{
    ration_spend(v, n);
    /* The library does not write to bytes that it copies. */
    send_reply(v, status, MHD_create_response_from_buffer(n, (void *)bytes, MHD_RESPMEM_MUST_COPY),
               type, "no-store");
}

void reply_static(struct visit *v, const char *type, const char *tag, struct str bytes)
{
    const char *has = visit_header(v, MHD_HTTP_HEADER_IF_NONE_MATCH);
    bool same = has != NULL && strcmp(has, tag) == 0;
    size_t n = same ? 0 : bytes.len;
    ration_spend(v, n);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(n, (void *)bytes.p, MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
        (void)MHD_add_response_header(response, "ETag", tag);
    send_reply(v, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response, same ? NULL : type,
               "no-cache");
}

void reply_refusal(struct visit *v, unsigned status, const char *error, const char *reason)
{
    char text[REFUSAL_BYTES];
    struct emitter em;
    emit_start(&em, SINK_JSON, text, sizeof text - 1);
    emit_map(&em, NULL);
    emit_text(&em, "error", error);
    emit_text(&em, "reason", reason);
    emit_end(&em);
    int n = emit_finish(&em);
    CHECK(n > 0);
    text[n++] = '\n';
    reply_bytes(v, status, TYPE_JSON, text, (size_t)n);
}

void reply_pieces(struct visit *v, unsigned status, const char *type,
                  MHD_ContentReaderCallback reader)
{
    send_reply(v, status,
               MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, reader, v, NULL),
               type, "no-store");
}

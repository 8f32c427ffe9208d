#include "daemon/web/web.h"

#include "daemon/web/head.h"
#include "daemon/web/listener.h"
#include "daemon/web/ration.h"
#include "daemon/web/reply.h"
#include "daemon/web/visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 32 * 1024, LOG_BYTES = 256, IDLE_RUNS = 16 };

static void waits(struct web *w, struct peer *peer, enum http_cut wait, ms_t ms)
{
    peer_waits(peer, wait, uv_now(w->parts.loop), ms);
}

/* --- connections ---------------------------------------------------------------------------- */

static void resume(struct web *w, struct peer *peer)
{
    if (!peer->suspended)
        return;
    peer->suspended = false;
    MHD_resume_connection(peer->connection);
    w->kicked = true;
}

/* The library closes what has no other end: it finds the connection at its end, or broken. */
static void cut(struct peer *peer, void *data)
{
    struct web *w = data;
    peer->cut = true;
    w->parts.status->http.cut[peer->wait]++;
    shutdown(peer->fd, SHUT_RDWR);
    resume(w, peer);
}

/* Full: who keeps connections, or begins requests and never ends them, keeps nobody out. */
static void make_place(struct web *w)
{
    if (w->peers.n < w->parts.config->http.connections)
        return;
    struct peer *peer = peers_yielding(&w->peers, uv_now(w->parts.loop));
    if (peer == NULL)
        return;
    char address[RATION_ADDRESS];
    ration_who(peer->connection, address);
    log_warning(w->parts.log, "http full", "connections=%u cut=%s address=%s", w->peers.n,
                http_cut_name((enum http_cut)peer->wait), address);
    cut(peer, w);
}

static void on_connection(void *data, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct web *w = data;
    struct peer *peer = *socket_context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (peer != NULL)
            peers_remove(&w->peers, peer);
        free(peer);
        return;
    }
    peer = calloc(1, sizeof *peer);
    *socket_context = peer;
    if (peer == NULL)
        return; /* its first request will find none */
    peer->connection = connection;
    peer->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    peer->budget = ration_key(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    waits(w, peer, HTTP_CUT_HEAD, w->parts.config->http.header_deadline);
    peers_add(&w->peers, peer);
}

void visit_wait(struct visit *v)
{
    CHECK(!v->peer->suspended);
    v->peer->suspended = true;
    MHD_suspend_connection(v->connection);
}

void visit_wake(struct visit *v)
{
    v->woken = true;
    resume(v->web, v->peer);
}

void visit_cut(struct visit *v, enum http_cut why)
{
    if (v->peer->cut)
        return;
    v->peer->wait = (uint8_t)why;
    cut(v->peer, v->web);
}

const char *visit_header(const struct visit *v, const char *name)
{
    return MHD_lookup_connection_value(v->connection, MHD_HEADER_KIND, name);
}

void visit_works(struct visit *v)
{
    struct web *w = v->web;
    w->busy_n++;
    w->waiting = false;
    if (w->busy == NULL) {
        v->next = v->prev = v;
        w->busy = v;
        return;
    }
    v->next = w->busy;
    v->prev = w->busy->prev;
    v->next->prev = v->prev->next = v;
}

static void leave_work(struct visit *v)
{
    struct web *w = v->web;
    if (v->next == NULL)
        return;
    if (w->busy == v)
        w->busy = v->next == v ? NULL : v->next;
    v->next->prev = v->prev;
    v->prev->next = v->next;
    v->next = v->prev = NULL;
    w->busy_n--;
}

/* --- requests ------------------------------------------------------------------------------- */

/* The first line of a request has come: on a kept connection its head's time begins. */
static void *on_line(void *data, const char *uri, struct MHD_Connection *connection)
{
    struct web *w = data;
    struct peer *peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (peer != NULL)
        peer->zero = head_has_zero(uri);
    if (peer != NULL && peer->wait == HTTP_CUT_IDLE)
        waits(w, peer, HTTP_CUT_HEAD, w->parts.config->http.header_deadline);
    return NULL;
}

static enum MHD_Result on_header(void *data, enum MHD_ValueKind kind, const char *key,
                                 const char *value)
{
    (void)kind;
    head_note(data, key, value);
    return MHD_YES;
}

/* Is there one way only to read this request? Replies if not. */
static bool admit_head(struct visit *v, const char *version)
{
    struct head head = {.hosts = 0};
    MHD_get_connection_values(v->connection, MHD_HEADER_KIND, on_header, &head);
    const char *why =
        v->peer->zero ? "a zero byte (%00) in path or arguments" : head_fault(&head, version);
    if (why == NULL)
        return true;
    reply_refusal(v, MHD_HTTP_BAD_REQUEST, "bad_request", why);
    return false;
}

/* May this request be answered? Replies if not. */
static bool admit(struct visit *v, const char *url, const char *method)
{
    const struct token *token = &v->web->token;
    const char *host = visit_header(v, "Host");
    bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    const struct route *route = visit_route(url);
    bool open = route != NULL && route->open;
    if (!open && !ration_take(v))
        return false; /* before the token: who guesses it is slowed down, too */
    if (token->n == 0 && !host_is_local(host)) {
        reply_refusal(v, MHD_HTTP_FORBIDDEN, "forbidden",
                      "the Host header must name this machine; others need a bearer token");
        return false;
    }
    if (!origin_is_ours(visit_header(v, "Origin"), host)) {
        reply_refusal(v, MHD_HTTP_FORBIDDEN, "forbidden",
                      "pages of other sites cannot use this (no CORS)");
        return false;
    }
    if (!open && !token_shown(token, visit_header(v, MHD_HTTP_HEADER_AUTHORIZATION))) {
        reply_refusal(v, MHD_HTTP_UNAUTHORIZED, "unauthorized",
                      "send the header Authorization: Bearer TOKEN");
        return false;
    }
    if (route == NULL) {
        reply_refusal(v, MHD_HTTP_NOT_FOUND, "not_found", "nothing is here; see PROTOCOL.md");
        return false;
    }
    v->route = route;
    if (route->post ? strcmp(method, "POST") != 0 : !get) {
        reply_refusal(v, MHD_HTTP_METHOD_NOT_ALLOWED, "bad_method",
                      route->post ? "only POST" : "only GET and HEAD");
        return false;
    }
    return true;
}

/* A body that says that it is too large is not waited for. */
static bool admit_body(struct visit *v)
{
    const char *length = visit_header(v, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length == NULL || strtoull(length, NULL, 10) <= v->web->parts.config->http.body_max)
        return true;
    reply_refusal(v, MHD_HTTP_CONTENT_TOO_LARGE, "too_large",
                  "the body is larger than http.body_max");
    return false;
}

/* Keeps a piece of the body, as far as one is wanted and it stays inside its bound. */
static void take_body(struct visit *v, const char *bytes, size_t n)
{
    if (!v->route->post || v->too_large)
        return;
    v->too_large = v->body_n + n > v->web->parts.config->http.body_max;
    if (!v->too_large && v->body_n + n > v->body_cap) {
        size_t cap = v->body_cap * 2 + n;
        char *p = realloc(v->body, cap);
        v->too_large = p == NULL;
        v->body = p == NULL ? v->body : p;
        v->body_cap = p == NULL ? v->body_cap : cap;
    }
    if (v->too_large)
        return;
    memcpy(v->body + v->body_n, bytes, n);
    v->body_n += n;
}

/* The head is there. NULL: no memory. */
static struct visit *start_visit(struct web *w, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version)
{
    struct peer *peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct visit *v = peer == NULL ? NULL : calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->web = w;
    v->peer = peer;
    v->connection = connection;
    waits(w, peer, HTTP_CUT_BODY, w->parts.config->http.body_deadline);
    v->admitted = admit(v, url, method) && admit_head(v, version) && admit_body(v);
    return v;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **request_context)
{
    struct visit *v = *request_context;
    struct web *w = data;
    w->moved++;
    if (v == NULL) {
        v = *request_context = start_visit(w, connection, url, method, version);
        return v != NULL && (v->admitted || v->replied) ? MHD_YES : MHD_NO;
    }
    if (*upload_n > 0) {
        take_body(v, upload, *upload_n);
        *upload_n = 0;
        return MHD_YES;
    }
    if (!v->begun) {
        v->begun = true;
        peer_rests(v->peer);
        ration_spend(v, v->body_n);
        if (v->too_large)
            reply_refusal(v, MHD_HTTP_CONTENT_TOO_LARGE, "too_large",
                          "the body is larger than http.body_max");
        else
            v->route->begin(v);
    } else if (v->woken && !v->replied) {
        v->route->answer(v);
    }
    /* Nothing was said, and nobody is going to: there was no memory for a reply. */
    return v->replied || v->peer->suspended ? MHD_YES : MHD_NO;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode why)
{
    struct web *w = data;
    struct visit *v = *request_context;
    (void)connection;
    (void)why;
    w->moved++;
    if (v == NULL)
        return;
    leave_work(v);
    if (v->route != NULL && v->route->end != NULL)
        v->route->end(v);
    if (!v->peer->cut)
        waits(w, v->peer, HTTP_CUT_IDLE, WEB_IDLE_MS);
    free(v->body);
    free(v);
    *request_context = NULL;
}

/* --- the loop ------------------------------------------------------------------------------- */

static void run(struct web *w)
{
    unsigned long long timeout;
    uint32_t peers = w->peers.n;
    uint64_t moved = w->moved;
    w->kicked = false;
    w->again = UINT64_MAX;
    w->parts.begin(w->parts.data);
    MHD_run(w->mhd);
    make_place(w);
    /* It wants to go on at once, for ever even, where a peer's buffer is full of what is no end of
     * anything (a chunk's extension of 200 kB): without a step forward only now and then. */
    w->idle = w->moved == moved ? w->idle + 1 : 0;
    if (MHD_get_timeout(w->mhd, &timeout) == MHD_YES && timeout == 0) {
        w->kicked = w->idle < IDLE_RUNS;
        w->again = uv_now(w->parts.loop) + 1;
    }
    /* Once full, the library looks for who waits outside at the beginning of a run only. */
    if (w->peers.n < peers)
        w->kicked = true;
    w->parts.status->http.connections = w->peers.n;
    w->parts.status->http.streams = w->live.clients;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

/* Scrapes and events that were sent: one piece of each visit in turn, while there is time. */
static void work_visits(struct web *w)
{
    uint64_t end = uv_hrtime() + WEB_SLICE_NS;
    uint32_t waits = 0; /* in a row */
    while (waits < w->busy_n && uv_hrtime() < end) {
        struct visit *v = w->busy;
        w->busy = v->next;
        enum visit_work what = v->route->work(v);
        waits = what == VISIT_WAITS ? waits + 1 : 0;
        if (what != VISIT_DONE)
            continue;
        leave_work(v);
        visit_wake(v);
    }
    w->waiting = waits == w->busy_n;
}

void web_work(struct web *w, uint64_t now, bool calm)
{
    if (w->mhd == NULL)
        return;
    work_visits(w);
    live_work(&w->live, now, calm);
    dayline_work(&w->dayline, w->parts.outlet->engine, w->parts.begin(w->parts.data));
    if (now >= w->swept + WEB_SWEEP_MS) {
        w->swept = now;
        peers_cut_late(&w->peers, now, cut, w);
        make_place(w); /* a request may have become too old meanwhile */
    }
    if (w->kicked || now >= w->again)
        run(w);
}

bool web_busy(const struct web *w)
{
    return w->mhd != NULL && (w->kicked || (w->busy != NULL && !w->waiting) || w->dayline.running);
}

uint64_t web_deadline(const struct web *w)
{
    if (w->mhd == NULL || w->peers.n == 0)
        return UINT64_MAX;
    uint64_t sweep = w->swept + WEB_SWEEP_MS, live = live_deadline(&w->live);
    uint64_t first = live < sweep ? live : sweep;
    return w->again < first ? w->again : first;
}

/* --- life ----------------------------------------------------------------------------------- */

static void on_log(void *data, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void on_log(void *data, const char *format, va_list args)
{
    struct web *w = data;
    char line[LOG_BYTES], text[LOG_TEXT_MAX];
    int n = vsnprintf(line, sizeof line, format, args);
    size_t len = n < 0 ? 0 : n < (int)sizeof line ? (size_t)n : sizeof line - 1;
    while (len > 0 && line[len - 1] == '\n')
        len--;
    log_debug(w->parts.log, "http", "said=%s", log_text(text, (struct str){line, (uint32_t)len}));
}

static bool failed(struct web *w, const char *why)
{
    log_error(w->parts.log, "http failed", "at=%s error=\"%s\"", w->parts.config->http.bind, why);
    return false;
}

static bool start(struct web *w, int fd)
{
    w->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, w,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, w, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, w, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        w, MHD_OPTION_URI_LOG_CALLBACK, on_line, w, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)w->parts.config->http.connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEAD_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (w->mhd == NULL)
        return false;
    int epoll = MHD_get_daemon_info(w->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (uv_poll_init(w->parts.loop, &w->poll, epoll) != 0)
        return false;
    w->polling = true;
    w->poll.data = w;
    return uv_poll_start(&w->poll, UV_READABLE, on_poll) == 0;
}

bool web_open(struct web *w, const struct web_parts *parts)
{
    const struct config_http *http = &parts->config->http;
    char at[LISTENER_TEXT], why[GUARD_WHY_BYTES];
    *w = (struct web){.parts = *parts,
                      .metrics = {parts->outlet, parts->config, parts->steps, parts->turns}};
    peers_init(&w->peers);
    if (http->bind[0] == 0)
        return true;
    if (!token_load(&w->token, http->token_file, why))
        return failed(w, why);
    if (!live_init(&w->live, w) || !dayline_init(&w->dayline))
        return failed(w, "no memory");
    int fd = listener_open(http->bind, at);
    if (fd == -EADDRINUSE)
        return failed(w, "another program listens there; set http.bind to another port, or none");
    if (fd < 0)
        return failed(w, strerror(-fd));
    if (!start(w, fd)) {
        if (w->mhd == NULL)
            close(fd);
        return failed(w, "libmicrohttpd does not start; are there too few file descriptors?");
    }
    if (parts->outlet->record != NULL)
        w->earlier = earlier_begin(parts->loop, parts->config->state_dir, &w->dayline,
                                   parts->outlet->engine, parts->begin(parts->data));
    log_info(parts->log, "serving", "socket=http endpoint=http://%s/ token=%s", at,
             w->token.n > 0 ? "wanted" : "none");
    return true;
}

void web_reload(struct web *w)
{
    struct token token;
    char why[GUARD_WHY_BYTES];
    if (w->mhd == NULL)
        return;
    if (token_load(&token, w->parts.config->http.token_file, why))
        w->token = token;
    else
        log_error(w->parts.log, "token not read", "error=\"%s\"; the old one stays", why);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct web *w = handle->data;
    w->closed(w);
}

void web_close(struct web *w, void (*closed)(struct web *w))
{
    w->closed = closed;
    w->closing = true;
    for (struct peer *p = w->peers.ring.next; w->mhd != NULL && p != &w->peers.ring; p = p->next)
        resume(w, p);
    if (w->polling)
        uv_poll_stop(&w->poll); /* its descriptor goes with the library */
    if (w->mhd != NULL)
        MHD_stop_daemon(w->mhd);
    w->mhd = NULL;
    live_fini(&w->live);
    earlier_forget(w->earlier);
    w->earlier = NULL;
    dayline_fini(&w->dayline);
    if (w->polling)
        uv_close((uv_handle_t *)&w->poll, on_poll_closed);
    else
        closed(w);
}

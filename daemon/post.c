#include "daemon/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

/* One socket of libcurl's. */
struct watched {
    uv_poll_t poll;
    struct post *post;
    curl_socket_t fd;
};

static void on_handle_gone(struct post *p)
{
    if (--p->handles == 0 && p->closed != NULL)
        p->closed(p);
}

static void on_watched_closed(uv_handle_t *handle)
{
    struct watched *w = handle->data;
    struct post *p = w->post;
    free(w);
    on_handle_gone(p);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_handle_gone(handle->data);
}

/* What has ended by now. */
static void reap(struct post *p)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(p->multi, &left)) != NULL) {
        struct post_request *r;
        long status = 0;
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        curl_easy_getinfo(msg->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(p->multi, r->easy);
        curl_slist_free_all(r->headers);
        r->headers = NULL;
        r->busy = false;
        r->done(r, code == CURLE_OK ? status : 0, code == CURLE_OK ? "" : curl_easy_strerror(code));
    }
}

static void act(struct post *p, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(p->multi, fd, events, &running);
    reap(p);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *w = poll->data;
    int what = status < 0 ? CURL_CSELECT_ERR : 0;
    what |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    what |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    act(w->post, w->fd, what);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *data)
{
    struct post *p = data;
    (void)multi;
    if (ms < 0)
        uv_timer_stop(&p->timer);
    else
        uv_timer_start(&p->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static struct watched *watch(struct post *p, curl_socket_t fd)
{
    struct watched *w = calloc(1, sizeof *w);
    if (w == NULL || uv_poll_init_socket(p->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->post = p;
    w->fd = fd;
    w->poll.data = w;
    p->handles++;
    curl_multi_assign(p->multi, fd, w);
    return w;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket)
{
    struct post *p = data;
    struct watched *w = socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL) {
            uv_poll_stop(&w->poll); /* libcurl closes the descriptor after this */
            uv_close((uv_handle_t *)&w->poll, on_watched_closed);
            curl_multi_assign(p->multi, fd, NULL);
        }
        return 0;
    }
    if (w == NULL)
        w = watch(p, fd);
    if (w == NULL)
        return -1; /* libcurl gives the transfer up */
    int events = (what & CURL_POLL_IN) != 0 ? UV_READABLE : 0;
    events |= (what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0;
    uv_poll_start(&w->poll, events, on_poll);
    return 0;
}

bool post_open(struct post *p, uv_loop_t *loop)
{
    *p = (struct post){.loop = loop, .data = p->data};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    p->multi = curl_multi_init();
    if (p->multi == NULL)
        return false;
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    p->handles = 1;
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
    return true;
}

/* The beginning of an answer is kept, for the log; the rest goes by. */
static size_t take_answer(char *bytes, size_t size, size_t n, void *data)
{
    struct post_request *r = data;
    size_t room = POST_ANSWER_MAX - r->answer_n, keep = size * n < room ? size * n : room;
    memcpy(r->answer + r->answer_n, bytes, keep);
    r->answer_n += keep;
    r->answer[r->answer_n] = 0;
    return size * n;
}

static bool set_headers(struct post_request *r, const char *token)
{
    char text[POST_HEADER_MAX];
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    struct curl_slist *more = list == NULL ? NULL : curl_slist_append(list, "Expect:");
    if (more != NULL && token != NULL) {
        snprintf(text, sizeof text, "Authorization: Bearer %s", token);
        more = curl_slist_append(list, text);
        explicit_bzero(text, sizeof text);
    }
    if (more == NULL) {
        curl_slist_free_all(list);
        return false;
    }
    r->headers = list;
    return true;
}

bool post_send(struct post *p, struct post_request *r, const char *url, const char *token,
               const char *body, size_t n, ms_t timeout)
{
    CHECK(!r->busy);
    if (r->easy == NULL)
        r->easy = curl_easy_init();
    if (r->easy == NULL || !set_headers(r, token))
        return false;
    r->answer_n = 0;
    r->answer[0] = 0;
    CURL *e = r->easy;
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(e, CURLOPT_PRIVATE, r);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L); /* signals are the loop's */
    /* A name server that does not answer holds a thread of libcurl's for half a minute, and who
     * ends the transfer must not wait for that one: it is the loop. */
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "ticketpulse/" TP_VERSION);
    r->busy = curl_multi_add_handle(p->multi, e) == CURLM_OK;
    if (!r->busy) {
        curl_slist_free_all(r->headers);
        r->headers = NULL;
    }
    return r->busy;
}

void post_cancel(struct post *p, struct post_request *r)
{
    if (r->busy)
        curl_multi_remove_handle(p->multi, r->easy);
    curl_slist_free_all(r->headers);
    if (r->easy != NULL)
        curl_easy_cleanup(r->easy);
    r->easy = r->headers = NULL;
    r->busy = false;
}

void post_close(struct post *p, void (*closed)(struct post *p))
{
    p->closed = closed;
    if (p->multi == NULL) {
        closed(p);
        return;
    }
    curl_multi_cleanup(p->multi); /* takes its sockets out of the loop, through set_socket */
    p->multi = NULL;
    uv_close((uv_handle_t *)&p->timer, on_timer_closed);
    curl_global_cleanup();
}

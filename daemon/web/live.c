#include "daemon/web/live.h"

#include "daemon/web/ration.h"
#include "daemon/web/reply.h"

#include <stdio.h>
#include <stdlib.h>

enum { FRAME_HEAD_MAX = 128 };

struct client {
    struct client *next, *prev;
    struct visit *visit;
    struct frame_mask mask;
    uint32_t interest[LIVE_PREFIXES_MAX];
    uint32_t interests;
    struct resume resume;     /* what comes first … */
    struct frame_place place; /* … and live */
    uint64_t heard;           /* uv_now() when it last read */
    uint64_t paced;           /* until then its address has had enough */
    bool live;                /* nothing comes first any more */
    bool due;                 /* sleeps, and has something to read */
    bool comment;             /* it has heard nothing for long */
};

static struct bus *bus_of(const struct live *s)
{
    return s->web->parts.outlet->bus;
}

/* --- interests ------------------------------------------------------------------------------ */

/* The place of the interest, one user more; FRAME_INTERESTS_MAX: no room for another. */
static uint32_t take_interest(struct live *s, struct str prefix, uint32_t windows)
{
    uint32_t open = FRAME_INTERESTS_MAX;
    for (uint32_t i = 0; i < FRAME_INTERESTS_MAX; i++) {
        const struct live_interest *at = &s->interest[i];
        struct str has = {at->prefix, at->len};
        if (i >= s->interests || at->users == 0) {
            open = open == FRAME_INTERESTS_MAX ? i : open;
            if (i >= s->interests)
                break;
        } else if (at->windows == windows && str_equal(has, prefix)) {
            open = i;
            break;
        }
    }
    if (open == FRAME_INTERESTS_MAX)
        return open;
    struct live_interest *at = &s->interest[open];
    if (at->users++ == 0) {
        memcpy(at->prefix, prefix.p, prefix.len);
        at->len = prefix.len;
        at->windows = windows;
        s->interests = open >= s->interests ? open + 1 : s->interests;
        prefixes_add(&bus_of(s)->prefixes, prefix);
    }
    return open;
}

static void leave_interest(struct live *s, uint32_t i)
{
    struct live_interest *at = &s->interest[i];
    CHECK(at->users > 0);
    if (--at->users == 0)
        (void)prefixes_remove(&bus_of(s)->prefixes, (struct str){at->prefix, at->len});
}

/* --- messages in ---------------------------------------------------------------------------- */

/* What has come since the last time. */
static void call_clients(struct live *s)
{
    struct client *c = s->ring;
    for (uint32_t i = 0; i < s->clients; i++, c = c->next) {
        if (c->due || !c->live || !c->visit->peer->suspended || c->place.next == s->frames.next)
            continue;
        if (mask_meets(&c->mask, &s->news)) {
            c->due = true;
            s->due++;
        } else { /* it sleeps, so it had read all that concerns it */
            c->place.next = s->frames.next;
        }
    }
    s->news = (struct frame_mask){{0}};
    s->is_news = false;
}

/* "id: RUN-SEQ\nevent: alert\ndata: " before text; only alerts move the id on. Its length. */
static int frame_head(const struct live *s, enum stream stream, char head[FRAME_HEAD_MAX])
{
    const struct bus *bus = bus_of(s);
    if (stream != STREAM_ALERT)
        return snprintf(head, FRAME_HEAD_MAX, "event: %s\ndata: ", stream_name(stream));
    return snprintf(head, FRAME_HEAD_MAX, "id: %s-%llu\nevent: alert\ndata: ", bus->run,
                    (unsigned long long)bus->seq[STREAM_ALERT]);
}

/* Of a snapshot only the latest counts, and of a heartbeat; alerts and cards count each. */
static uint64_t key_of(enum stream stream, const struct topic *topic, uint32_t windows)
{
    bool latest = stream == STREAM_SYS ||
                  (stream == STREAM_KPI && !str_equal(topic_str(topic), str_of("kpi.round.")));
    return latest ? hash_str(windows, topic_str(topic)) | 1 : 0;
}

static void add_frame(struct live *s, enum stream stream, const struct topic *topic,
                      const void *message, size_t n, const struct frame_mask *mask,
                      uint32_t windows)
{
    char head[FRAME_HEAD_MAX], *text = s->render.text;
    const struct settings *settings = &s->web->parts.config->settings;
    int len = render_message(&s->render, settings, windows, topic_str(topic), message, n);
    int before = frame_head(s, stream, head);
    if (len < 0 || len + before + 2 > RENDER_BYTES_MAX) {
        log_error(s->web->parts.log, "message too large", "socket=http");
        return;
    }
    memmove(text + before, text, (size_t)len);
    memcpy(text, head, (size_t)before);
    text[before + len] = text[before + len + 1] = '\n';
    if (frames_add(&s->frames, text, (size_t)(before + len) + 2, mask,
                   key_of(stream, topic, windows))) {
        mask_join(&s->news, mask);
        s->is_news = true;
    } else {
        log_error(s->web->parts.log, "stream broken", "error=\"no memory\"");
    }
}

/* One text for each selection of windows that is wanted; other messages have none to select. */
static void on_message(void *data, enum stream stream, const struct topic *topic,
                       const void *message, size_t n)
{
    struct live *s = data;
    uint32_t selection[FRAME_INTERESTS_MAX], selections = 0;
    if (s->clients == 0)
        return;
    for (uint32_t i = 0; i < s->interests; i++) {
        const struct live_interest *at = &s->interest[i];
        uint32_t windows = stream == STREAM_KPI ? at->windows : 0, k = 0;
        if (at->users == 0 || !topic_matches((struct str){at->prefix, at->len}, topic_str(topic)))
            continue;
        while (k < selections && selection[k] != windows)
            k++;
        if (k == selections)
            selection[selections++] = windows;
    }
    for (uint32_t k = 0; k < selections; k++) {
        struct frame_mask mask = {{0}};
        for (uint32_t i = 0; i < s->interests; i++) {
            const struct live_interest *at = &s->interest[i];
            if (at->users > 0 && (stream != STREAM_KPI || at->windows == selection[k]) &&
                topic_matches((struct str){at->prefix, at->len}, topic_str(topic)))
                mask_set(&mask, i);
        }
        add_frame(s, stream, topic, message, n, &mask, selection[k]);
    }
}

/* --- texts out ------------------------------------------------------------------------------ */

/* What a client listens to. */
struct listener {
    const struct live *live;
    const struct client *client;
};

static bool wants(const void *data, struct str topic)
{
    const struct listener *l = data;
    for (uint32_t i = 0; i < l->client->interests; i++) {
        const struct live_interest *at = &l->live->interest[l->client->interest[i]];
        if (topic_matches((struct str){at->prefix, at->len}, topic))
            return true;
    }
    return false;
}

/* What comes first; 0: it waits, or that is over. */
static int read_first(struct live *s, struct client *c, char *buf, size_t cap)
{
    const struct listener listener = {s, c};
    const struct resume_parts parts = {
        s->web->parts.outlet,          s->web->parts.loop, &s->render, wants, &listener,
        s->lookups >= LIVE_LOOKUPS_MAX};
    s->lookups -= c->resume.backlog.lookup != NULL;
    s->waiting -= c->resume.waits;
    int n = resume_read(&c->resume, &parts, buf, cap);
    s->lookups += c->resume.backlog.lookup != NULL;
    s->waiting += c->resume.waits;
    c->live = n == 0 && !c->resume.waits;
    return n;
}

static int read_next(struct live *s, struct client *c, char *buf, size_t cap)
{
    int n = c->live ? 0 : read_first(s, c, buf, cap);
    if (n == 0 && c->live)
        n = frames_read(&s->frames, &c->place, &c->mask, buf, cap);
    if (n != 0 || !c->comment)
        return n;
    buf[0] = ':';
    buf[1] = buf[2] = '\n';
    return 3;
}

/* A client that is new, or that the library asks on its own, has what is left of the slice. */
static bool slice_is_over(struct live *s)
{
    uint64_t now = uv_hrtime();
    if (uv_now(s->web->parts.loop) >= s->slice_at + LIVE_EVERY_MS) {
        s->slice_at = uv_now(s->web->parts.loop);
        s->slice_end = now + LIVE_SLICE_NS;
    }
    return now >= s->slice_end;
}

static ssize_t on_read(void *data, uint64_t position, char *buf, size_t max)
{
    struct visit *v = data;
    struct client *c = v->own;
    struct live *s = &v->web->live;
    uint64_t wait = ration_wait(v);
    (void)position;
    v->web->moved++;
    if (!v->web->closing && (wait > 0 || slice_is_over(s))) {
        c->paced = uv_now(v->web->parts.loop) + wait;
        c->due = true;
        s->due++;
        visit_wait(v);
        return 0;
    }
    int n = v->web->closing ? -1 : read_next(s, c, buf, max);
    if (n < 0) {
        visit_cut(v, HTTP_CUT_STREAM);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    c->heard = uv_now(v->web->parts.loop);
    c->comment = false;
    ration_spend(v, (uint64_t)n);
    peer_rests(v->peer);
    if (n == 0)
        visit_wait(v);
    return n;
}

/* --- clients -------------------------------------------------------------------------------- */

static void join(struct live *s, struct client *c)
{
    c->next = c->prev = c;
    if (s->ring != NULL) {
        c->next = s->ring;
        c->prev = s->ring->prev;
        c->next->prev = c->prev->next = c;
    }
    s->ring = c;
    s->clients++;
}

static void live_end(struct visit *v)
{
    struct client *c = v->own;
    struct live *s = &v->web->live;
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < c->interests; i++)
        leave_interest(s, c->interest[i]);
    if (c->next != NULL) {
        s->ring = s->ring != c ? s->ring : c->next == c ? NULL : c->next;
        c->next->prev = c->prev;
        c->prev->next = c->next;
        s->clients--;
        s->due -= c->due;
        s->lookups -= c->resume.backlog.lookup != NULL;
        s->waiting -= c->resume.waits;
        backlog_stop(&c->resume.backlog);
        frames_leave(&s->frames, &c->place);
        if (s->clients == 0)
            frames_rest(&s->frames);
    }
    free(c);
}

struct wishes {
    const struct settings *settings;
    struct str prefix[LIVE_PREFIXES_MAX];
    uint32_t prefixes, windows;
    bool bad;
};

static enum MHD_Result on_argument(void *data, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct wishes *w = data;
    struct str text = str_of(value == NULL ? "" : value);
    bool known = false;
    (void)kind;
    if (strcmp(key, "prefix") == 0 && w->prefixes < LIVE_PREFIXES_MAX &&
        text.len <= PREFIX_BYTES_MAX) {
        w->prefix[w->prefixes++] = text;
        known = true;
    }
    for (uint32_t i = 0; strcmp(key, "window") == 0 && i < w->settings->windows; i++) {
        if (str_equal(str_of(w->settings->window[i].name), text)) {
            w->windows |= 1u << i;
            known = true;
        }
    }
    w->bad |= !known;
    return MHD_YES;
}

static void refuse_busy(struct visit *v)
{
    reply_refusal(v, MHD_HTTP_SERVICE_UNAVAILABLE, err_name(ERR_BUSY),
                  "too many live streams, or too many different ones (http.streams)");
}

static void live_begin(struct visit *v)
{
    struct live *s = &v->web->live;
    const struct config *config = v->web->parts.config;
    struct wishes w = {.settings = &config->settings};
    MHD_get_connection_values(v->connection, MHD_GET_ARGUMENT_KIND, on_argument, &w);
    if (w.bad) {
        reply_refusal(v, MHD_HTTP_BAD_REQUEST, err_name(ERR_BAD_WORD),
                      "only prefix (8 at most) and window (one that is kept) are known");
        return;
    }
    if (w.prefixes == 0)
        w.prefix[w.prefixes++] = str_of("");
    if (w.windows == 0)
        w.windows = (1u << config->settings.windows) - 1;
    struct client *c = NULL;
    if (s->clients < config->http.streams)
        c = v->own = calloc(1, sizeof *c);
    if (c == NULL) {
        refuse_busy(v);
        return;
    }
    c->visit = v;
    for (uint32_t i = 0; i < w.prefixes; i++) {
        uint32_t at = take_interest(s, w.prefix[i], w.windows);
        if (at == FRAME_INTERESTS_MAX) {
            refuse_busy(v);
            return;
        }
        c->interest[c->interests++] = at;
        mask_set(&c->mask, at);
    }
    resume_begin(&c->resume, bus_of(s), visit_header(v, "Last-Event-ID"));
    c->place.next = s->frames.next;
    c->heard = uv_now(v->web->parts.loop);
    join(s, c);
    reply_pieces(v, MHD_HTTP_OK, "text/event-stream; charset=utf-8", on_read);
}

/* Who has slept for long is told something; who is awake and reads nothing for long is cut off, as
 * is who has not read what goes now. What all have read goes. */
static void look(struct live *s, uint64_t now)
{
    uint64_t patience = (uint64_t)s->web->parts.config->http.body_deadline;
    uint64_t slowest = s->frames.next;
    struct client *c = s->ring;
    for (uint32_t i = 0; i < s->clients; i++, c = c->next) {
        slowest = c->place.next < slowest ? c->place.next : slowest;
        bool sleeps = c->visit->peer->suspended;
        if (sleeps && !c->due && now >= c->heard + LIVE_COMMENT_MS) {
            c->comment = c->due = true;
            s->due++;
        }
        if (!sleeps && (c->place.next < s->frames.first || now >= c->heard + patience))
            visit_cut(c->visit, HTTP_CUT_STREAM);
    }
    frames_forget(&s->frames, slowest);
}

/* Those who wait for the record, and it has come. Who reads it and takes nothing for long leaves
 * it to them, and begins again where it was. */
static void call_waiting(struct live *s, uint64_t now)
{
    struct client *c = s->ring;
    for (uint32_t i = 0; i < s->clients; i++, c = c->next) {
        struct backlog *b = &c->resume.backlog;
        bool sleeps = c->visit->peer->suspended, room = s->lookups < LIVE_LOOKUPS_MAX;
        if (!sleeps && b->lookup != NULL && !room && now >= c->heard + LIVE_LENT_MS) {
            backlog_stop(b);
            s->lookups--;
        } else if (sleeps && c->resume.waits && !c->due && (room || b->lookup != NULL) &&
                   backlog_is_ready(b)) {
            c->due = true;
            s->due++;
        }
    }
}

void live_work(struct live *s, uint64_t now, bool calm)
{
    uint32_t woken = 0;
    if (s->waiting > 0)
        call_waiting(s, now);
    bool begins = calm && now >= s->slice_at + LIVE_EVERY_MS;
    if (begins && s->is_news)
        call_clients(s);
    begins = begins && s->due > 0;
    if (begins) {
        s->slice_at = now;
        s->slice_end = uv_hrtime() + LIVE_SLICE_NS;
    }
    for (uint32_t i = s->clients; begins && i > 0 && s->due > 0 && woken < LIVE_WOKEN; i--) {
        struct client *c = s->ring;
        s->ring = c->next;
        if (!c->due || now < c->paced)
            continue;
        c->due = false;
        s->due--;
        woken++;
        c->heard = now; /* from now on it is waited for */
        visit_wake(c->visit);
    }
    if (s->clients > 0 && now >= s->looked + LIVE_LOOK_MS) {
        s->looked = now;
        look(s, now);
    }
}

/* --- life ----------------------------------------------------------------------------------- */

bool live_init(struct live *s, struct web *web)
{
    *s = (struct live){.web = web};
    s->interest = calloc(FRAME_INTERESTS_MAX, sizeof *s->interest);
    if (s->interest == NULL || !render_init(&s->render) || !frames_init(&s->frames))
        return false;
    bus_of(s)->tap = on_message;
    bus_of(s)->tap_data = s;
    return true;
}

void live_fini(struct live *s)
{
    if (s->web != NULL && s->web->parts.outlet->bus != NULL)
        bus_of(s)->tap = NULL;
    frames_fini(&s->frames);
    render_fini(&s->render);
    free(s->interest);
    s->interest = NULL;
}

const struct route live_route = {.path = "/api/v1/stream", .begin = live_begin, .end = live_end};

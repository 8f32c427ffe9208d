#include "daemon/lookup.h"

#include "core/event.h"
#include "core/indicator.h"
#include "proto/json.h"
#include "proto/topic.h"

#include <stdio.h>
#include <stdlib.h>

/* One thread has all of it while in_thread; the loop has it otherwise. */
struct lookup {
    uv_work_t work;
    uv_loop_t *loop;        /* borrowed */
    bool in_thread, orphan; /* orphan: free it when the thread is through */
    bool begun, last, failed, points_open;
    bool history, published;
    char dir[STORE_PATH_MAX];
    struct archive_reader reader;
    uint64_t after, upto, oldest; /* alerts */
    struct archive_wish wish;     /* history */
    char scope[NAME_BYTES_MAX + 1], name[NAME_BYTES_MAX + 1];
    char indicator[NAME_BYTES_MAX + 1], field[NAME_BYTES_MAX + 1];
    char prefix[REQUEST_PREFIX_MAX + 1];
    bool gauge;
    struct emitter em; /* of the answer whose points come */
    uint32_t points;
    uint32_t pages, page;          /* answers; the next one */
    uint32_t end[LOOKUP_ROWS + 1]; /* of each, in bytes */
    uint64_t number[LOOKUP_ROWS];  /* published: of each, … */
    uint32_t topic[LOOKUP_ROWS];   /* … whose first bytes are the topic */
    uint32_t n;
    char message[ARCHIVE_JSON_MAX];
    char bytes[LOOKUP_BYTES];
};

/* --- in the thread: alerts ------------------------------------------------------------------ */

/* An answer of n bytes is there, behind the others. */
static void keep(struct lookup *l, int n)
{
    if (n <= 0)
        return;
    l->n += (uint32_t)n;
    l->end[l->pages++] = l->n;
}

static bool has_room(const struct lookup *l)
{
    return l->pages < LOOKUP_ROWS && sizeof l->bytes - l->n > sizeof l->message + 1024;
}

/* n bytes of l->message. */
static void keep_published(struct lookup *l, const struct archive_alert *alert, uint32_t n)
{
    if (alert->topic.len > TOPIC_BYTES_MAX)
        return; /* not one of ours */
    memcpy(l->bytes + l->n, alert->topic.p, alert->topic.len);
    memcpy(l->bytes + l->n + alert->topic.len, l->message, n);
    l->number[l->pages] = alert->n;
    l->topic[l->pages] = alert->topic.len;
    keep(l, (int)(alert->topic.len + n));
}

static bool on_alert(void *data, const struct archive_alert *alert)
{
    struct lookup *l = data;
    struct emitter em;
    if (alert->n > l->upto || !has_room(l))
        return false;
    l->after = alert->n;
    if (!topic_matches(str_of(l->prefix), alert->topic))
        return true;
    int n = msgpack_from_json(l->message, sizeof l->message, alert->message);
    if (n < 0)
        return true;
    if (l->published) {
        keep_published(l, alert, (uint32_t)n);
        return true;
    }
    emit_start(&em, SINK_MSGPACK, l->bytes + l->n, sizeof l->bytes - l->n);
    answer_message(&em, alert->topic, l->message, (size_t)n);
    keep(l, emit_finish(&em));
    return true;
}

static void read_alerts(struct lookup *l)
{
    uint64_t before = l->after, first = 0;
    int n = archive_alerts(&l->reader, l->after, LOOKUP_ROWS, &first, on_alert, l);
    l->failed = n < 0;
    if (!l->begun && first > before + 1)
        l->oldest = first;
    l->last = n <= 0 || l->after == before || l->after >= l->upto;
}

/* --- in the thread: history ----------------------------------------------------------------- */

static void close_points(struct lookup *l)
{
    if (l->points == 0)
        return;
    emit_end(&l->em);
    emit_end(&l->em);
    emit_end(&l->em);
    keep(l, emit_finish(&l->em));
    l->points = 0;
}

static void open_points(struct lookup *l, const struct archive_row *row)
{
    struct emitter *em = &l->em;
    emit_start(em, SINK_MSGPACK, l->bytes + l->n, sizeof l->bytes - l->n);
    emit_map(em, NULL);
    emit_map(em, "message");
    emit_text(em, "scope", l->scope);
    emit_text(em, "name", l->name);
    if (l->indicator[0] != 0)
        emit_text(em, "indicator", l->indicator);
    if (l->field[0] != 0)
        emit_text(em, "field", l->field);
    if (!l->gauge)
        emit_str(em, "window", row->window);
    emit_int(em, "step_ms", l->wish.step);
    emit_array(em, "points");
}

static bool on_row(void *data, const struct archive_row *row)
{
    struct lookup *l = data;
    char window[NAME_BYTES_MAX + 1];
    if (l->points == 0 && !has_room(l))
        return false;
    if (l->points > 0 && sizeof l->bytes - l->n - l->em.n < sizeof l->message)
        return false;
    if (l->points == 0)
        open_points(l, row);
    snprintf(window, sizeof window, "%.*s", (int)row->window.len, row->window.p);
    const char *const whole[] = {""};
    const char *const now[] = {"now", l->indicator, l->field, ""};
    const char *const windows[] = {"windows", window, l->indicator, l->field, ""};
    const char *const *path = l->indicator[0] == 0 ? whole : l->gauge ? now : windows;
    emit_map(&l->em, NULL);
    emit_int(&l->em, "at", row->at);
    if (!json_emit_at(&l->em, "value", row->numbers, path))
        emit_nil(&l->em, "value");
    emit_end(&l->em);
    l->wish.from = row->at + 1;
    if (++l->points == LOOKUP_POINTS)
        close_points(l);
    return true;
}

static void read_history(struct lookup *l)
{
    ms_t before = l->wish.from;
    int n = archive_history(&l->reader, &l->wish, on_row, l);
    close_points(l);
    l->failed = n < 0;
    l->last = n <= 0 || l->wish.from == before || n < LOOKUP_ROWS;
}

static void read_rows(uv_work_t *work)
{
    struct lookup *l = work->data;
    l->n = l->pages = l->page = 0;
    if (l->reader.db == NULL && !archive_reader_open(&l->reader, l->dir)) {
        l->failed = l->last = true;
        return;
    }
    if (l->history)
        read_history(l);
    else
        read_alerts(l);
    l->begun = true;
}

/* --- in the loop ---------------------------------------------------------------------------- */

static void on_read(uv_work_t *work, int status)
{
    struct lookup *l = work->data;
    l->in_thread = false;
    l->failed |= status != 0; /* the loop ends */
    l->last |= status != 0;
    if (l->orphan)
        lookup_free(l);
}

static struct lookup *begin(uv_loop_t *loop, const char *dir)
{
    struct lookup *l = malloc(sizeof *l);
    if (l == NULL)
        return NULL;
    memset(l, 0, offsetof(struct lookup, message));
    l->loop = loop;
    l->work.data = l;
    snprintf(l->dir, sizeof l->dir, "%s", dir);
    return l;
}

static void copy(char ret[NAME_BYTES_MAX + 1], struct str text)
{
    snprintf(ret, NAME_BYTES_MAX + 1, "%.*s", (int)text.len, text.len > 0 ? text.p : "");
}

struct lookup *lookup_alerts(uv_loop_t *loop, const char *dir, uint64_t after, uint64_t upto,
                             struct str prefix)
{
    struct lookup *l = begin(loop, dir);
    if (l == NULL)
        return NULL;
    l->after = after;
    l->upto = upto;
    snprintf(l->prefix, sizeof l->prefix, "%.*s", (int)prefix.len, prefix.len > 0 ? prefix.p : "");
    return l;
}

struct lookup *lookup_published(uv_loop_t *loop, const char *dir, uint64_t after, uint64_t upto)
{
    struct lookup *l = lookup_alerts(loop, dir, after, upto, str_of(""));
    if (l != NULL)
        l->published = true;
    return l;
}

ms_t lookup_step(const struct request *r)
{
    enum scope scope = r->scope < 0 ? SCOPE_ALL : (enum scope)r->scope;
    ms_t finest = scope == SCOPE_ALL || scope == SCOPE_TEAM ? ARCHIVE_MINUTE
                  : scope == SCOPE_AGENT                    ? ARCHIVE_DAY
                                                            : ARCHIVE_HOUR;
    ms_t length = r->from == 0 ? ARCHIVE_DAY : r->to - r->from;
    ms_t suits = length <= 2 * (ms_t)ARCHIVE_DAY    ? ARCHIVE_MINUTE
                 : length <= 60 * (ms_t)ARCHIVE_DAY ? ARCHIVE_HOUR
                                                    : ARCHIVE_DAY;
    if (r->step == 0)
        return suits > finest ? suits : finest;
    bool known = r->step == ARCHIVE_MINUTE || r->step == ARCHIVE_HOUR || r->step == ARCHIVE_DAY;
    return known && r->step >= finest ? r->step : 0;
}

struct lookup *lookup_history(uv_loop_t *loop, const char *dir, const struct request *r, ms_t now)
{
    struct lookup *l = begin(loop, dir);
    if (l == NULL)
        return NULL;
    l->history = true;
    copy(l->scope, str_of(scope_name(r->scope < 0 ? SCOPE_ALL : (enum scope)r->scope)));
    copy(l->name, r->name.len > 0 ? r->name : str_of("-"));
    copy(l->indicator, r->indicator);
    copy(l->field, r->field);
    int indicator = indicator_find(r->indicator);
    l->gauge = indicator >= 0 && indicator_kind((enum indicator)indicator) == IND_GAUGE;
    ms_t step = lookup_step(r);
    l->wish = (struct archive_wish){.step = step,
                                    .from = r->from != 0 ? r->from : now - ARCHIVE_DAY,
                                    .to = r->to != 0 ? r->to : now + 1,
                                    .scope = str_of(l->scope),
                                    .name = str_of(l->name),
                                    .most = LOOKUP_ROWS};
    return l;
}

enum lookup_end lookup_work(struct lookup *l)
{
    if (l->in_thread)
        return LOOKUP_WAITS;
    if (l->page < l->pages)
        return LOOKUP_PAGE;
    if (l->failed)
        return LOOKUP_FAILED;
    if (l->last)
        return LOOKUP_DONE;
    l->in_thread = uv_queue_work(l->loop, &l->work, read_rows, on_read) == 0;
    l->failed = l->last = !l->in_thread;
    return l->in_thread ? LOOKUP_WAITS : LOOKUP_FAILED;
}

struct str lookup_page(const struct lookup *l)
{
    uint32_t from = l->page == 0 ? 0 : l->end[l->page - 1];
    return (struct str){l->bytes + from, l->end[l->page] - from};
}

struct lookup_alert lookup_alert(const struct lookup *l)
{
    struct str page = lookup_page(l);
    uint32_t topic = l->topic[l->page];
    CHECK(l->published);
    return (struct lookup_alert){
        l->number[l->page], {page.p, topic}, {page.p + topic, page.len - topic}};
}

bool lookup_reads(const struct lookup *l)
{
    return l->in_thread;
}

void lookup_turn(struct lookup *l)
{
    CHECK(l->page < l->pages);
    l->page++;
}

uint64_t lookup_upto(const struct lookup *l)
{
    return l->upto;
}

uint64_t lookup_oldest(const struct lookup *l)
{
    return l->oldest;
}

const char *lookup_why(const struct lookup *l)
{
    return l->reader.why[0] != 0 ? l->reader.why : "record.db cannot be read";
}

void lookup_free(struct lookup *l)
{
    l->orphan = true;
    if (l->in_thread)
        return;
    archive_reader_close(&l->reader);
    free(l);
}

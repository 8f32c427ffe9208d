#include "daemon/web/earlier.h"

#include "daemon/archive_read.h"

#include <jansson.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { HALF_HOUR = 30 * ARCHIVE_MINUTE, ROWS_MAX = DAYLINE_ROWS * DAYLINE_POINTS };

struct row {
    int64_t minute;
    char team[NAME_BYTES_MAX + 1]; /* "" = all */
    double value[DAYLINE_COLUMNS];
};

struct earlier {
    uv_work_t work;
    struct dayline *dayline; /* NULL: nobody wants it any more */
    struct engine *engine;
    bool done; /* the thread is through */
    ms_t from, to;
    char window[NAME_BYTES_MAX + 1]; /* of which the lines are */
    char dir[STORE_PATH_MAX];
    struct row *row;
    uint32_t n, cap;
    atomic_bool unwanted; /* nobody waits for the rest */
};

/* --- in the thread -------------------------------------------------------------------------- */

static double number_at(const json_t *json, const char *const *path)
{
    for (; json != NULL && *path != NULL; path++)
        json = json_object_get(json, *path);
    return json_is_number(json) ? json_number_value(json) : (double)NAN;
}

static struct row *another(struct earlier *e)
{
    if (e->n == e->cap) {
        uint32_t cap = e->cap == 0 ? 1024 : 2 * e->cap;
        struct row *p = cap > 2 * ROWS_MAX ? NULL : realloc(e->row, cap * sizeof *p);
        if (p == NULL)
            return NULL;
        e->row = p;
        e->cap = cap;
    }
    return &e->row[e->n++];
}

static bool on_row(void *data, const struct archive_row *from)
{
    struct earlier *e = data;
    bool all = str_equal(from->scope, str_of("all"));
    if (!all && !str_equal(from->scope, str_of("team")))
        return true;
    struct row *row = another(e);
    if (row == NULL)
        return false;
    json_t *json = json_loadb(from->numbers.p, from->numbers.len, 0, NULL);
    const bool ours = str_equal(from->window, str_of(e->window));
    const char *window = ours ? e->window : "";
    row->minute = from->at / DAYLINE_STEP_MS;
    snprintf(row->team, sizeof row->team, "%.*s", all ? 0 : (int)from->name.len, from->name.p);
    row->value[DAYLINE_OPEN] = number_at(json, (const char *const[]){"now", "open", NULL});
    row->value[DAYLINE_WAITING] = number_at(json, (const char *const[]){"now", "waiting", NULL});
    row->value[DAYLINE_P90] =
        number_at(json, (const char *const[]){"windows", window, "first_response", "p90", NULL});
    row->value[DAYLINE_ATTAINMENT] = number_at(
        json, (const char *const[]){"windows", window, "first_response", "attainment", NULL});
    json_decref(json);
    return true;
}

static void read_day(uv_work_t *work)
{
    struct earlier *e = work->data;
    struct archive_reader reader;
    if (!archive_reader_open(&reader, e->dir))
        return; /* then the lines begin now */
    for (ms_t from = e->from; from < e->to && !atomic_load(&e->unwanted); from += HALF_HOUR) {
        const struct archive_wish wish = {
            .step = ARCHIVE_MINUTE, .from = from, .to = from + HALF_HOUR, .most = ROWS_MAX};
        if (archive_history(&reader, &wish, on_row, e) < 0)
            break;
    }
    archive_reader_close(&reader);
}

/* --- in the loop ---------------------------------------------------------------------------- */

static void take_over(struct earlier *e)
{
    for (uint32_t i = 0; i < e->n; i++) {
        const struct row *row = &e->row[i];
        uint32_t at = 0;
        if (row->team[0] != 0)
            at = engine_name_find(e->engine, SCOPE_TEAM, str_of(row->team));
        if ((row->team[0] != 0 && at == 0) || at >= DAYLINE_ROWS)
            continue;
        for (uint32_t c = 0; c < DAYLINE_COLUMNS; c++)
            dayline_recall(e->dayline, at, (enum dayline_column)c, row->minute, row->value[c]);
    }
}

static void on_read(uv_work_t *work, int status)
{
    struct earlier *e = work->data;
    e->done = true;
    if (e->dayline == NULL) {
        earlier_forget(e);
        return;
    }
    if (status == 0)
        take_over(e);
    free(e->row);
    e->row = NULL;
}

struct earlier *earlier_begin(uv_loop_t *loop, const char *dir, struct dayline *t,
                              struct engine *engine, ms_t now)
{
    struct earlier *e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    const struct settings *s = engine_settings(engine);
    e->work.data = e;
    e->dayline = t;
    e->engine = engine;
    e->to = now / ARCHIVE_MINUTE * ARCHIVE_MINUTE + ARCHIVE_MINUTE;
    e->from = e->to - (ms_t)DAYLINE_POINTS * DAYLINE_STEP_MS;
    snprintf(e->window, sizeof e->window, "%s", s->window[dayline_window(s)].name);
    snprintf(e->dir, sizeof e->dir, "%s", dir);
    dayline_begin(t, now);
    if (uv_queue_work(loop, &e->work, read_day, on_read) != 0) {
        free(e);
        return NULL;
    }
    return e;
}

void earlier_forget(struct earlier *e)
{
    if (e == NULL)
        return;
    e->dayline = NULL;
    atomic_store(&e->unwanted, true); /* the loop's end waits for the thread */
    if (!e->done)
        return; /* the thread still has it */
    free(e->row);
    free(e);
}

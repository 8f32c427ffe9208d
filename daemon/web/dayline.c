#include "daemon/web/dayline.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    const char *name;
    uint8_t indicator, field;
} columns[DAYLINE_COLUMNS] = {
    [DAYLINE_OPEN] = {"open", IND_OPEN, IF_VALUE},
    [DAYLINE_WAITING] = {"waiting", IND_WAITING, IF_VALUE},
    [DAYLINE_P90] = {"first_response_p90", IND_FIRST_RESPONSE, IF_P90},
    [DAYLINE_ATTAINMENT] = {"first_response_attainment", IND_FIRST_RESPONSE, IF_ATTAINMENT},
};

static float *cell(const struct dayline *t, uint32_t row, uint32_t column, int64_t minute)
{
    return &t->value[((size_t)row * DAYLINE_COLUMNS + column) * DAYLINE_POINTS +
                     (size_t)(minute % DAYLINE_POINTS)];
}

bool dayline_init(struct dayline *t)
{
    size_t n = (size_t)DAYLINE_ROWS * DAYLINE_COLUMNS * DAYLINE_POINTS;
    *t = (struct dayline){.value = malloc(n * sizeof *t->value), .first = -1};
    for (size_t i = 0; t->value != NULL && i < n; i++)
        t->value[i] = NAN;
    return t->value != NULL;
}

bool dayline_begin(struct dayline *t, ms_t now)
{
    int64_t minute = now / DAYLINE_STEP_MS;
    if (t->first >= 0 && minute <= t->last)
        return false;
    if (t->first < 0 || minute - t->last >= DAYLINE_POINTS) {
        t->first = minute;
        t->last = minute - 1;
    }
    while (t->last < minute) {
        t->last++;
        for (uint32_t row = 0; row < DAYLINE_ROWS; row++)
            for (uint32_t c = 0; c < DAYLINE_COLUMNS; c++)
                *cell(t, row, c, t->last) = NAN;
    }
    if (t->last - t->first >= DAYLINE_POINTS)
        t->first = t->last - DAYLINE_POINTS + 1;
    t->at = 0;
    t->running = true;
    return true;
}

void dayline_put(struct dayline *t, uint32_t row, enum dayline_column column, double v)
{
    CHECK(row < DAYLINE_ROWS && t->first >= 0);
    *cell(t, row, column, t->last) = (float)v;
}

void dayline_recall(struct dayline *t, uint32_t row, enum dayline_column column, int64_t minute,
                    double v)
{
    CHECK(row < DAYLINE_ROWS && t->first >= 0);
    if (isnan(v) || minute > t->last || t->last - minute >= DAYLINE_POINTS || minute < 0)
        return;
    float *at = cell(t, row, column, minute); /* before t->first: NaN, as it has been begun */
    if (isnan(*at))
        *at = (float)v;
    t->first = minute < t->first ? minute : t->first;
}

uint32_t dayline_window(const struct settings *s)
{
    for (uint32_t i = 0; i < s->windows; i++)
        if (strcmp(s->window[i].name, "1h") == 0)
            return i;
    return 0;
}

static void read_row(struct dayline *t, struct engine *engine, uint32_t row)
{
    struct figure_source source[DAYLINE_COLUMNS];
    struct figure figure[DAYLINE_COLUMNS];
    for (uint32_t c = 0; c < DAYLINE_COLUMNS; c++)
        source[c] = (struct figure_source){columns[c].indicator, columns[c].field, 0};
    enum scope scope = row == 0 ? SCOPE_ALL : SCOPE_TEAM;
    engine_figures(engine, scope, row == 0 ? 1 : row, dayline_window(engine_settings(engine)),
                   source, DAYLINE_COLUMNS, figure);
    for (uint32_t c = 0; c < DAYLINE_COLUMNS; c++) {
        bool ms = indicator_field_is_ms((enum indicator)columns[c].indicator,
                                        (enum indicator_field)columns[c].field);
        double unit = ms ? 1 : NUMBER_ONE;
        if (figure[c].bottom != 0)
            dayline_put(t, row, (enum dayline_column)c,
                        (double)figure[c].top / (double)figure[c].bottom / unit);
    }
}

void dayline_work(struct dayline *t, struct engine *engine, ms_t now)
{
    dayline_begin(t, now);
    const struct settings *s = engine_settings(engine);
    uint32_t teams = (s->scopes >> SCOPE_TEAM & 1) != 0 ? engine_names(engine, SCOPE_TEAM) : 0;
    for (int i = 0; i < DAYLINE_ROWS_A_SLICE && t->running; i++) {
        if (t->at > teams || t->at >= DAYLINE_ROWS)
            t->running = false;
        else
            read_row(t, engine, t->at++);
    }
}

void dayline_emit(const struct dayline *t, struct emitter *em, uint32_t row, struct str name)
{
    bool none = t->first < 0 || row >= DAYLINE_ROWS;
    int64_t first = none ? 0 : t->first, end = none ? 0 : t->last + 1;
    emit_map(em, NULL);
    emit_text(em, "scope", scope_name(row == 0 ? SCOPE_ALL : SCOPE_TEAM));
    emit_str(em, "name", name);
    emit_int(em, "step_ms", DAYLINE_STEP_MS);
    emit_int(em, "from", first * DAYLINE_STEP_MS);
    for (uint32_t c = 0; c < DAYLINE_COLUMNS; c++) {
        emit_array(em, columns[c].name);
        for (int64_t m = first; m < end; m++) {
            double v = (double)*cell(t, row, c, m);
            /* Four digits behind the point: a float has no more to tell of a share. */
            if (isnan(v))
                emit_nil(em, NULL);
            else if (c == DAYLINE_ATTAINMENT)
                emit_float(em, NULL, round(v * 10000) / 10000);
            else
                emit_int(em, NULL, (int64_t)round(v));
        }
        emit_end(em);
    }
    emit_end(em);
}

void dayline_fini(struct dayline *t)
{
    free(t->value);
    t->value = NULL;
}

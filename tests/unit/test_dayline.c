/* A day of minutes: what is kept, what was passed over. */
#include "daemon/web/dayline.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct dayline t;
static char text[DAYLINE_BYTES_MAX];

static void start(void)
{
    cr_assert(dayline_init(&t));
}

static void end(void)
{
    dayline_fini(&t);
}

TestSuite(dayline, .init = start, .fini = end);

static const ms_t day = 1795392000000; /* a whole minute */

static const char *said(uint32_t row)
{
    struct emitter em;
    emit_start(&em, SINK_JSON, text, sizeof text - 1);
    dayline_emit(&t, &em, row, str_of("x"));
    int n = emit_finish(&em);
    cr_assert_gt(n, 0);
    text[n] = 0;
    return text;
}

Test(dayline, begins_empty)
{
    cr_assert_str_eq(said(0), "{\"scope\":\"all\",\"name\":\"x\",\"step_ms\":60000,\"from\":0,"
                              "\"open\":[],\"waiting\":[],\"first_response_p90\":[],"
                              "\"first_response_attainment\":[]}");
}

Test(dayline, a_row_beyond_all_is_empty)
{
    dayline_begin(&t, day);
    cr_assert_not_null(strstr(said(DAYLINE_ROWS), "\"scope\":\"team\""));
    cr_assert_not_null(strstr(said(DAYLINE_ROWS), "\"open\":[]"));
}

Test(dayline, a_minute_begins_once)
{
    cr_assert(dayline_begin(&t, day + 5));
    cr_assert_not(dayline_begin(&t, day + 59999));
    cr_assert_not(dayline_begin(&t, day - 1)); /* the clock stands or is behind */
    cr_assert(dayline_begin(&t, day + 60000));
}

Test(dayline, what_an_earlier_run_measured)
{
    dayline_begin(&t, day);
    dayline_put(&t, 0, DAYLINE_OPEN, 7);
    dayline_recall(&t, 0, DAYLINE_OPEN, day / 60000 - 2, 5);
    dayline_recall(&t, 0, DAYLINE_OPEN, day / 60000, 9);          /* known better by now */
    dayline_recall(&t, 0, DAYLINE_OPEN, day / 60000 + 1, 9);      /* not yet */
    dayline_recall(&t, 0, DAYLINE_OPEN, day / 60000 - 1440, 9);   /* too long ago */
    dayline_recall(&t, 0, DAYLINE_WAITING, day / 60000 - 3, NAN); /* nothing */
    cr_assert_not_null(strstr(said(0), "\"open\":[5,null,7]"), "%s", text);
    dayline_recall(&t, 0, DAYLINE_OPEN, day / 60000 - 1439, 1);
    cr_assert_not_null(strstr(said(0), "\"open\":[1,null"), "%s", text);
    dayline_begin(&t, day + 60000); /* the oldest goes */
    dayline_put(&t, 0, DAYLINE_OPEN, 8);
    cr_assert_null(strstr(said(0), "\"open\":[1,"));
    cr_assert_not_null(strstr(text, ",5,null,7,8]"));
}

Test(dayline, minutes_passed_over_were_not_measured)
{
    dayline_begin(&t, day);
    dayline_put(&t, 0, DAYLINE_OPEN, 5);
    dayline_put(&t, 0, DAYLINE_P90, 90500.4);
    dayline_put(&t, 1, DAYLINE_ATTAINMENT, 0.123456);
    dayline_begin(&t, day + 2 * DAYLINE_STEP_MS);
    dayline_put(&t, 0, DAYLINE_OPEN, 7);
    cr_assert_str_eq(said(0), "{\"scope\":\"all\",\"name\":\"x\",\"step_ms\":60000,"
                              "\"from\":1795392000000,\"open\":[5,null,7],"
                              "\"waiting\":[null,null,null],"
                              "\"first_response_p90\":[90500,null,null],"
                              "\"first_response_attainment\":[null,null,null]}");
    cr_assert_not_null(strstr(said(1), "\"first_response_attainment\":[0.1235,null,null]"));
}

/* Against a plain array of all minutes there ever were. */
Test(dayline, the_last_day_is_kept)
{
    enum { MINUTES = 4000 };
    static int all[MINUTES];
    srandom(3);
    for (int m = 0; m < MINUTES; m++) {
        all[m] = random() % 5 == 0 ? -1 : (int)(random() % 1000);
        if (all[m] < 0)
            continue;
        dayline_begin(&t, day + (ms_t)m * DAYLINE_STEP_MS);
        dayline_put(&t, 3, DAYLINE_WAITING, all[m]);
        if (m % 500 != 0)
            continue;
        static char want[DAYLINE_BYTES_MAX];
        size_t n = 0;
        int first = m < DAYLINE_POINTS ? 0 : m - DAYLINE_POINTS + 1;
        while (m < DAYLINE_POINTS && all[first] < 0)
            first++;
        for (int i = first; i <= m; i++)
            n += all[i] < 0 ? (size_t)snprintf(want + n, sizeof want - n, ",null")
                            : (size_t)snprintf(want + n, sizeof want - n, ",%d", all[i]);
        want[0] = '[';
        snprintf(want + n, sizeof want - n, "]");
        cr_assert_not_null(strstr(said(3), want), "%d", m);
    }
}

Test(dayline, after_a_longer_gap_it_begins_anew)
{
    dayline_begin(&t, day);
    dayline_put(&t, 0, DAYLINE_OPEN, 5);
    dayline_begin(&t, day + DAYLINE_POINTS * (ms_t)DAYLINE_STEP_MS);
    dayline_put(&t, 0, DAYLINE_OPEN, 6);
    cr_assert_not_null(strstr(said(0), "\"open\":[6]"));
}

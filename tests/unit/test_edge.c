/* edge: the windows nobody sees: one for each horizon that needs one, no more. */
#include "core/edge.h"

#include <criterion/criterion.h>

static struct settings s;
static struct windows_setup setup;
static struct edges edges;

static void plan(const char *const *windows, uint32_t n)
{
    settings_default(&s);
    s.windows = 0;
    for (uint32_t i = 0; i < n; i++)
        cr_assert(window_setting_parse(str_of(windows[i]), &s.window[s.windows++]));
}

/* Windows 24h, 7d and 30d serve their horizons, 90 days are longer than all: 72 hours are left. */
Test(edge, defaults_need_one)
{
    settings_default(&s);
    edges_plan(&s, &setup, &edges);
    cr_assert_eq(setup.windows, s.windows + 1);
    cr_assert_eq(setup.length[s.windows], 72 * 3600);
    cr_assert_eq(edges.pending[HORIZON_FCR], s.windows);
    cr_assert_eq(edges.pending[HORIZON_WITHIN], 2);
    cr_assert_eq(edges.pending[HORIZON_REOPEN], 3);
    cr_assert_eq(edges.pending[HORIZON_FOLLOW_UP], 3);
    cr_assert_eq(edges.pending[HORIZON_RETURN], 4);
    cr_assert_eq(edges.pending[HORIZON_FOLLOW_UP + 2], EDGE_ALL);
}

/* Half seconds count as whole ones; two horizons share a window; 0 is none. */
Test(edge, horizons_share_windows)
{
    const char *const windows[] = {"1h", "today", "7d"};
    plan(windows, 3);
    s.fcr_horizon = 1500;
    s.reopen_horizon = 2000;
    s.resolved_within = 27 * 3600 * MS_SECOND; /* as long as `today` can be, which does not slide */
    s.follow_up[0] = 0;
    edges_plan(&s, &setup, &edges);
    cr_assert_eq(setup.windows, 5);
    cr_assert(edges.pending[HORIZON_FCR] == 3 && edges.pending[HORIZON_REOPEN] == 3);
    cr_assert_eq(setup.length[3], 2);
    cr_assert_eq(edges.pending[HORIZON_WITHIN], 4);
    cr_assert_eq(edges.pending[HORIZON_FOLLOW_UP], EDGE_NONE);
    cr_assert_eq(edges.pending[HORIZON_NONE], EDGE_NONE);
    cr_assert_eq(edges.pending[HORIZON_RETURN], EDGE_ALL);
}

/* Every window and horizon has room, the doubled ones too. */
Test(edge, the_most_there_can_be)
{
    const char *const windows[] = {"10s", "20h", "40h", "60h", "80h", "100h"};
    const char *why;
    plan(windows, 6);
    s.compared = 0x3f;
    cr_assert_eq(settings_check(&s, &why), 0);
    s.fcr_horizon = 1000;
    s.reopen_horizon = 2000;
    s.resolved_within = 3000;
    s.repeat_horizon = 4000;
    s.complaint_horizon = 5000;
    s.return_horizon = 6000;
    for (uint32_t i = 0; i < FOLLOW_UPS_MAX; i++)
        s.follow_up[i] = 7000 + 1000 * i;
    edges_plan(&s, &setup, &edges);
    cr_assert_eq(setup.windows, EDGES_MAX);
    cr_assert_eq(setup.length[edges.twice[5]], 200 * 3600);
    for (enum horizon h = HORIZON_FCR; h < HORIZON_N; h++)
        cr_assert_eq(setup.length[edges.pending[h]], h);
}

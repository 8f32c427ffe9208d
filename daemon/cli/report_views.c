/* What a report counts where: its views, from the setup. */
#include "daemon/cli/report_cube.h"

#include "core/policy.h"
#include "core/scorecard.h"
#include "daemon/cli/words.h"

#include <stdlib.h>

static struct cube_view *view_on(struct cube *c, uint32_t at, struct period p, ms_t as_of)
{
    struct cube_view *v = &c->view[at];
    *v = (struct cube_view){.on = true, .period = p, .as_of = as_of, .scope = SCOPE_ALL};
    sum_horizons(c->setup.settings, as_of, v->pending_from);
    c->views = at < c->views ? c->views : at + 1;
    return v;
}

/* The place of a calendar among those of the views; c->hours: it has none. */
static uint32_t hours_at(const struct cube *c, const char *id)
{
    uint32_t i = 0;
    while (i < c->hours && strcmp(c->calendar[i], id) != 0)
        i++;
    return i;
}

uint32_t cube_view_of(const struct cube *c, uint32_t period, const char *when)
{
    uint32_t at = when[0] == 0 ? 0 : hours_at(c, when);
    CHECK(period < CUBE_PERIODS && (when[0] == 0 || at < c->hours));
    return when[0] == 0 ? period : CUBE_PERIODS * (1 + at) + period;
}

/* A calendar more, compiled. false: complained. */
static bool add_hours(struct cube *c, const char *id)
{
    const struct sla_setting *sla = c->setup.settings->sla;
    uint32_t at = 0;
    const char *why;
    CHECK(c->hours < CUBE_HOURS_MAX && sla != NULL); /* slices_wrong has nothing against it */
    while (strcmp(sla->calendar[at].id, id) != 0)
        CHECK(++at < sla->calendars);
    void *memory = malloc(calendar_bytes(&sla->calendar[at]));
    if (memory == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        return false;
    }
    c->compiled_in[c->hours] = memory;
    c->calendar[c->hours] = id;
    CHECK(calendar_compile(&c->compiled[c->hours++], memory, &sla->calendar[at], &why) == 0);
    return true;
}

bool cube_views(struct cube *c)
{
    const struct cube_setup *setup = &c->setup;
    const struct scorecards *cards = setup->settings->cards;
    for (uint32_t p = 0; p < CUBE_PERIODS; p++)
        view_on(c, p, setup->period[p], setup->as_of[p])->names = UINT32_MAX;
    for (uint32_t i = 0; cards != NULL && i < cards->cards; i++) {
        const struct scorecard *card = &cards->card[i];
        if (card->when[0] == 0)
            continue;
        uint32_t at = hours_at(c, card->when);
        if (at == c->hours && !add_hours(c, card->when))
            return false;
        for (uint32_t p = 0; p < CUBE_PERIODS; p++) {
            uint32_t k = cube_view_of(c, p, card->when);
            uint32_t names = c->view[k].names;
            struct cube_view *v = view_on(c, k, setup->period[p], setup->as_of[p]);
            v->hours = &c->compiled[at];
            v->names = names | 1u << card->scope;
        }
    }
    CHECK(setup->spans <= CUBE_SPANS_MAX);
    for (uint32_t i = 0; i < setup->spans; i++) {
        const struct cube_span *span = &setup->span[i];
        struct cube_view *v = view_on(c, CUBE_SPAN_FIRST + i, span->period, span->as_of);
        v->scope = span->scope;
        v->name = span->name;
    }
    return true;
}

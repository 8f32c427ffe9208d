/* Slices: the samples of a calendar's hours, against a list of all samples that is looked through;
 * what settings ask for, and what they may not. */
#include "core/slice.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/op.h"
#include "core/policy.h"
#include "core/scorecard.h"
#include "tests/lib/calendar_oracle.h"
#include "tests/lib/desk.h"
#include "tests/lib/service.h"

enum { KEPT = 1 << 16 };

/* --- what settings ask for -------------------------------------------------------------------- */

static struct settings *plain(void)
{
    static struct settings s;
    static struct sla_setting sla;
    settings_default(&s);
    memset(&sla, 0, sizeof sla);
    sla.calendars = 3;
    memcpy(sla.calendar[0].id, "always", 7);
    memcpy(sla.calendar[1].id, "night", 6);
    memcpy(sla.calendar[2].id, "day", 4);
    s.sla = &sla;
    return &s;
}

static void rule(struct settings *s, enum indicator i, enum indicator_field field, enum scope scope,
                 const char *when)
{
    struct rule_setting *r = &s->rule[s->rules++];
    *r = (struct rule_setting){
        .id = {'r', (char)('0' + s->rules)}, .indicator = (uint16_t)i, .field = (uint8_t)field};
    r->scope = (uint8_t)scope;
    r->fire = r->clear = INT32_MAX;
    memcpy(r->when, when, strlen(when));
}

/* A card of one item; gauges: `value`. */
static struct scorecard *card(struct settings *s, const char *when, enum scope scope,
                              enum indicator i)
{
    static struct scorecards cards;
    if (s->cards == NULL)
        memset(&cards, 0, sizeof cards);
    s->cards = &cards;
    struct scorecard *c = &cards.card[cards.cards++];
    *c = (struct scorecard){.scope = (uint8_t)scope, .items = 1};
    memcpy(c->when, when, strlen(when));
    c->item[0].of = (struct figure_source){(uint16_t)i, i == IND_CSAT ? IF_MEAN : IF_NUM, 0};
    return c;
}

Test(slice, rules_share_the_slices_they_ask_for)
{
    struct settings *s = plain();
    struct time_slice got[SLICES_MAX];
    cr_assert_eq(slices_of(s, got), 0);
    rule(s, IND_CSAT, IF_MEAN, SCOPE_TEAM, "night");
    rule(s, IND_OPENED, IF_NUM, SCOPE_TEAM, "night");
    rule(s, IND_OPENED, IF_NUM, SCOPE_TEAM, "day");
    rule(s, IND_OPENED, IF_NUM, SCOPE_ALL, "night");
    rule(s, IND_REPLIES, IF_NUM, SCOPE_ALL, "");          /* counts all the time */
    rule(s, IND_WAITING, IF_VALUE, SCOPE_AGENT, "night"); /* a gauge */
    cr_assert_eq(slices_of(s, got), 3);
    cr_assert_str_eq(got[0].calendar, "day");
    cr_assert_str_eq(got[1].calendar, "night");
    cr_assert_eq(got[1].scope, SCOPE_ALL);
    cr_assert_eq(got[2].scope, SCOPE_TEAM);
    cr_assert_eq(got[0].families, 1u << FAM_OPENINGS);
    cr_assert_eq(got[2].families, 1u << FAM_OPENINGS | 1u << FAM_RATINGS);
}

Test(slice, no_more_than_there_is_room_for)
{
    struct settings *s = plain();
    struct time_slice got[SLICES_MAX];
    const char *why = NULL;
    for (uint8_t scope = 0; scope < SCOPE_N; scope++)
        rule(s, IND_OPENED, IF_NUM, (enum scope)scope, "night");
    struct scorecard *c = card(s, "day", SCOPE_ALL, IND_CSAT);
    card(s, "day", SCOPE_AGENT, IND_CSAT);
    card(s, "day", SCOPE_AGENT, IND_OPENED); /* of a slice that there is */
    card(s, "", SCOPE_TEAM, IND_OPENED);
    cr_assert_eq(slices_of(s, got), SLICES_MAX);
    cr_assert_eq(got[1].scope, SCOPE_AGENT);
    cr_assert_eq(got[1].families, 1u << FAM_OPENINGS | 1u << FAM_RATINGS);
    cr_assert_null(slices_wrong(s));
    cr_assert_eq(settings_check(s, &why), 0, "%s", why);
    rule(s, IND_OPENED, IF_NUM, SCOPE_TEAM, "day");
    cr_assert_gt(slices_of(s, got), SLICES_MAX);
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(strstr(why, "too many calendars"), "%s", why);
    s->rules--;
    c->item[0].of = (struct figure_source){IND_WAITING, IF_VALUE, 0};
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(strstr(why, "a number of now"), "%s", why);
    c->item[0].of = (struct figure_source){IND_OCCUPANCY, IF_VALUE, 0};
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    c->item[0].of = (struct figure_source){IND_CSAT, IF_MEAN, 0};
    cr_assert_eq(settings_check(s, &why), 0, "%s", why);
    rule(s, IND_ATTENDANCE, IF_VALUE, SCOPE_ALL, "day");
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(strstr(why, "people's time"), "%s", why);
}

Test(slice, calendars_must_be_there)
{
    struct settings *s = plain();
    const char *why = NULL;
    rule(s, IND_WAITING, IF_VALUE, SCOPE_ALL, "dawn");
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(strstr(why, "no calendar"), "%s", why);
    memcpy(s->rule[0].when, "day", 4);
    cr_assert_eq(settings_check(s, &why), 0, "%s", why);
    card(s, "dusk", SCOPE_ALL, IND_CSAT);
    cr_assert_eq(settings_check(s, &why), ERR_BAD_SETTINGS);
    cr_assert_not_null(strstr(why, "no calendar"), "%s", why);
}

Test(slice, others_need_a_restart)
{
    static struct settings a, b;
    a = *plain();
    rule(&a, IND_OPENED, IF_NUM, SCOPE_TEAM, "night");
    b = a;
    b.rule[0].fire = b.rule[0].clear = 7;
    cr_assert_null(settings_differ(&a, &b));
    rule(&b, IND_OPENED, IF_NUM, SCOPE_TEAM, "night"); /* the same slice */
    cr_assert_null(settings_differ(&a, &b));
    rule(&b, IND_REPLIES, IF_NUM, SCOPE_TEAM, "night"); /* one family more */
    cr_assert_not_null(settings_differ(&a, &b));
    cr_assert_not_null(settings_differ(&b, &a));
    b = a;
    b.rules = 0;
    cr_assert_not_null(settings_differ(&a, &b));
}

/* --- what they hold ------------------------------------------------------------------------- */

/* All that the board was told, in no order: samples stand and are withdrawn. */
struct list {
    struct op at[KEPT];
    uint32_t n;
};

/* Marks are of loose flags, which these stories do not look at. */
static void take(void *ctx, const struct op *op)
{
    struct list *l = ctx;
    cr_assert_lt(l->n, KEPT);
    l->at[l->n] = *op;
    l->n += !op->mark;
}

struct night {
    struct service *v;
    struct list list;
    uint32_t calendar;
};

/* Replies and ratings of agents and teams at night, in Berlin. */
static struct night *night_new(void)
{
    struct night *n = calloc(1, sizeof *n);
    n->v = service_new();
    n->calendar = service_calendar(n->v, "night", "Europe/Berlin");
    service_hours(n->v, n->calendar, 0x7f, 22, 30);
    struct settings *s = &n->v->d->settings;
    rule(s, IND_REPLIES, IF_NUM, SCOPE_AGENT, "night");
    rule(s, IND_CSAT, IF_MEAN, SCOPE_AGENT, "night");
    rule(s, IND_REPLIES, IF_NUM, SCOPE_TEAM, "night");
    service_open(n->v);
    engine_set_tap(n->v->d->e, &(struct board_tap){&n->list, take});
    return n;
}

static void night_free(struct night *n)
{
    service_free(n->v);
    free(n);
}

/* A number of the slice and the same from the list: samples of a name with these flags, inside of
 * the window and of the hours. */
static void compare(struct night *n, enum scope scope, const char *name, struct figure_source of,
                    uint32_t family, uint32_t flag)
{
    struct desk *d = n->v->d;
    uint32_t index = engine_name_find(d->e, scope, str_of(name));
    int32_t open = 0, all = 0;
    ms_t at = engine_at(d->e);
    for (uint32_t i = 0; i < n->list.n; i++) {
        const struct op *op = &n->list.at[i];
        bool counts = op->family == family && (op->sample.flags >> flag & 1) != 0 &&
                      (op->scopes >> scope & 1) != 0 && tags_of(&op->tags, scope) == index &&
                      op->sample.ts <= at && sec_floor(op->sample.ts) > sec_floor(at) - 86400;
        if (!counts)
            continue;
        all += op->sign;
        open += op->sign * calendar_oracle_is_open(&n->v->said->calendar[n->calendar],
                                                   sec_floor(op->sample.ts));
    }
    struct figure got;
    engine_figures(d->e, engine_view(d->e, scope, str_of("night")), index, W_24H, &of, 1, &got);
    cr_assert_eq((int32_t)got.n, open, "%s: %u in the slice, %d in the list", name, got.n, open);
    engine_figures(d->e, scope, index, W_24H, &of, 1, &got);
    cr_assert_eq((int32_t)got.n, all, "%s: %u in all, %d in the list", name, got.n, all);
}

Test(slice, holds_what_lies_in_the_hours)
{
    static const char *const agents[] = {"ada", "bob"}, *const teams[] = {"x", "y"};
    struct night *n = night_new();
    struct desk *d = n->v->d;
    struct figure_source replies = {IND_REPLIES, IF_NUM, 0}, rated = {IND_CSAT_RATE, IF_DEN, 0};
    ms_t ts = 1770336000000; /* 2026-02-06 */
    uint32_t seed = 1, compared = 0;
    for (int i = 0; i < 600; i++) {
        char line[128];
        seed = seed * 1664525 + 1013904223;
        uint32_t who = seed >> 30 & 1, ticket = seed >> 20 & 7, what = seed >> 16 & 7;
        ts += 1000 + (ms_t)(seed >> 8 & 0xff) * 4000;
        if (what == 0)
            snprintf(line, sizeof line, "opened ticket=T%u team=%s agent=%s", ticket, teams[who],
                     agents[who]);
        else if (what == 1)
            snprintf(line, sizeof line, "resolved ticket=T%u agent=%s", ticket, agents[who]);
        else if (what == 2)
            snprintf(line, sizeof line, "closed ticket=T%u outcome=spam", ticket);
        else if (what == 3)
            snprintf(line, sizeof line, "rated ticket=T%u score=%u agent=%s", ticket,
                     1 + (seed >> 4 & 3), agents[who]);
        else
            snprintf(line, sizeof line, "message ticket=T%u by=agent agent=%s", ticket,
                     agents[who]);
        /* Some come late, inside of lateness: the ticket is folded again, samples move. */
        desk_say(d, what == 5 ? ts - 50000 : ts, line);
        for (int a = 0; i > 20 && a < 2; a++) {
            compare(n, SCOPE_AGENT, agents[a], replies, FAM_REPLIES, REPLIES_REPLY);
            compare(n, SCOPE_AGENT, agents[a], rated, FAM_RATINGS, RATINGS_RATED);
            compare(n, SCOPE_TEAM, teams[a], replies, FAM_REPLIES, REPLIES_REPLY);
            compared++;
        }
        engine_check(d->e);
    }
    cr_assert_gt(compared, 1000);
    cr_assert_gt(n->list.n, 100);
    night_free(n);
}

/* A calendar that changes by a reload: what came before it is withdrawn where it stood. */
Test(slice, withdraws_by_the_hours_that_were)
{
    struct night *n = night_new();
    struct desk *d = n->v->d;
    struct figure_source replies = {IND_REPLIES, IF_NUM, 0};
    ms_t at = 1770336000000 + 3 * MS_HOUR; /* 4 at night in Berlin */
    desk_say(d, at, "opened ticket=T1 team=x agent=ada");
    desk_say(d, at + 1000, "message ticket=T1 by=agent agent=ada");
    compare(n, SCOPE_AGENT, "ada", replies, FAM_REPLIES, REPLIES_REPLY);
    uint64_t before = engine_digest(d->e);
    struct calendar_setting *c = &n->v->said->calendar[n->calendar];
    c->hours = 0;
    service_hours(n->v, n->calendar, 0x7f, 9, 17);
    service_apply(n->v);
    struct figure got;
    uint32_t ada = engine_name_find(d->e, SCOPE_AGENT, str_of("ada"));
    enum scope view = engine_view(d->e, SCOPE_AGENT, str_of("night"));
    engine_figures(d->e, view, ada, W_24H, &replies, 1, &got);
    cr_assert_eq(got.n, 1, "what was counted stays");
    desk_say(d, at + 2000, "message ticket=T1 by=agent agent=ada"); /* no longer open */
    engine_figures(d->e, view, ada, W_24H, &replies, 1, &got);
    cr_assert_eq(got.n, 1);
    desk_say(d, at + 3000, "closed ticket=T1 outcome=spam");
    engine_figures(d->e, view, ada, W_24H, &replies, 1, &got);
    cr_assert_eq(got.n, 0);
    cr_assert_neq(engine_digest(d->e), before);
    engine_check(d->e);
    night_free(n);
}

/* Of two engines only the hours differ: so do the digests. */
Test(slice, is_in_the_digest)
{
    uint64_t digest[2];
    for (int i = 0; i < 2; i++) {
        struct night *n = night_new();
        struct desk *d = n->v->d;
        if (i == 1) {
            n->v->said->calendar[n->calendar].hours = 0;
            service_hours(n->v, n->calendar, 0x7f, 9, 17);
            service_apply(n->v);
        }
        desk_say(d, 1770336000000 + 3 * MS_HOUR, "rated agent=ada score=4");
        digest[i] = engine_digest(d->e);
        night_free(n);
    }
    cr_assert_neq(digest[0], digest[1]);
}

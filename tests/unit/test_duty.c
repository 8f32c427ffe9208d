/* duty: turns, spells and shifts of one agent, by hand; presence's test has the walk by chance. */
#include "core/duty.h"

#include "core/stint.h"

#include <criterion/criterion.h>

enum { AGENT = 7, TIMEOUT = 1000 };

static struct duty_base base;
static struct record record[DUTY_RECORDS_MAX];
static uint32_t records;
static struct op op[DUTY_OPS_MAX];
static struct sink out;
static struct duty_found found;

static const ms_t start = 1770368400000;

static void set_up(void)
{
    memset(&base, 0, sizeof base);
    duty_init(&base);
    records = 0;
}

static void state(ms_t at, uint8_t is, uint16_t team)
{
    record[records++] = (struct record){.ts = start + at,
                                        .kind = EV_AGENT_STATE,
                                        .number = is,
                                        .names = 1u << SCOPE_TEAM,
                                        .tags = {.team = team}};
}

static void shift(ms_t at, ms_t from, ms_t to)
{
    record[records++] = (struct record){.ts = start + at,
                                        .kind = EV_SHIFT,
                                        .time = start + from,
                                        .waiting_since = start + to,
                                        .names = 1u << SCOPE_TEAM,
                                        .tags = {.team = 1}};
}

static void fold(ms_t known, ms_t touched, ms_t until)
{
    struct duty_range range = {start + known, start + touched, start + until};
    out = (struct sink){.op = op, .cap = DUTY_OPS_MAX};
    duty_fold(&base, AGENT, record, records, TIMEOUT, &range, &out, &found);
}

/* Is there exactly one such edge for everybody? */
static bool edge(ms_t at, uint32_t column, bool begins)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < out.n; i++) {
        const struct window_sample *s = &op[i].sample;
        bool ends = (s->flags >> (STINTS_END + column) & 1) != 0;
        n += s->ts == start + at && (s->present >> column & 1) != 0 && ends != begins &&
             (op[i].scopes & 1u << SCOPE_ALL) != 0;
    }
    return n == 1;
}

Test(duty, turns_have_edges_where_a_column_changes, .init = set_up)
{
    state(0, PRESENCE_AVAILABLE, 1);
    state(100, PRESENCE_BUSY, 1);
    state(200, PRESENCE_WRAP_UP, 1); /* busy as far as columns go */
    state(300, PRESENCE_BREAK, 1);
    fold(-1, 10000, 400);
    cr_assert_eq(out.n, 3);
    cr_assert(edge(0, STINTS_ONLINE, true) && edge(100, STINTS_OCCUPIED, true));
    cr_assert(edge(300, STINTS_OCCUPIED, false) && edge(300, STINTS_ONLINE, false));
    cr_assert(found.duty.state == PRESENCE_BREAK && found.since == start + 300);
    cr_assert_eq(found.next, start + 300 + TIMEOUT);
}

Test(duty, the_last_of_an_instant_counts_and_the_same_again_is_no_turn, .init = set_up)
{
    state(0, PRESENCE_BUSY, 1);
    state(0, PRESENCE_AVAILABLE, 1);
    state(500, PRESENCE_AVAILABLE, 1);
    fold(-1, 10000, 1200);
    cr_assert(out.n == 1 && edge(0, STINTS_ONLINE, true));
    cr_assert(found.since == start && found.next == start + 500 + TIMEOUT);
    fold(1200, 10000, 1500);
    cr_assert(out.n == 1 && edge(1500, STINTS_ONLINE, false) && found.duty.state == DUTY_NONE);
}

Test(duty, another_team_takes_over_without_a_change_for_everybody, .init = set_up)
{
    state(0, PRESENCE_BUSY, 1);
    state(100, PRESENCE_BUSY, 2);
    fold(0, 10000, 200);
    cr_assert_eq(out.n, 2);
    for (uint32_t i = 0; i < out.n; i++) {
        cr_assert_eq(op[i].scopes, 1u << SCOPE_TEAM);
        cr_assert_eq(op[i].tags.team, op[i].sample.flags != 0 ? 1 : 2, "ends for the first");
    }
}

static void own_team(ms_t at, uint16_t team)
{
    record[records++] = (struct record){
        .ts = start + at, .kind = EV_AGENT_INFO, .names = 1u << SCOPE_TEAM, .tags = {.team = team}};
}

Test(duty, his_own_team_is_that_of_what_names_none, .init = set_up)
{
    own_team(0, 1);
    state(100, PRESENCE_BUSY, 0);
    record[1].names = 0;
    own_team(200, 2);
    shift(250, 300, 400);
    record[3].names = 0;
    own_team(260, 3);
    for (int folded = 0; folded < 2; folded++) {
        fold(150, 10000, 350);
        cr_assert_eq(found.duty.team, 3);
        cr_assert(found.duty.rostered && found.duty.roster_team == 2, "as it was when he said so");
        cr_assert_eq(out.n, 6, "two changes of team, two beginnings");
        if (folded == 0)
            for (uint32_t i = 0; i < 2; i++)
                duty_take(&base, &record[i], TIMEOUT);
        memmove(record, record + 2, (records - 2) * sizeof record[0]);
        records = 3;
    }
}

Test(duty, attended_is_where_shift_and_spell_meet, .init = set_up)
{
    shift(0, 100, 400);
    shift(1, 300, 600); /* goes on */
    state(50, PRESENCE_OFFLINE, 1);
    state(200, PRESENCE_BREAK, 1);
    state(500, PRESENCE_OFFLINE, 1);
    fold(-1, 10000, 700);
    cr_assert(edge(100, STINTS_ROSTERED, true) && edge(600, STINTS_ROSTERED, false));
    cr_assert(edge(200, STINTS_ATTENDED, true) && edge(500, STINTS_ATTENDED, false));
    cr_assert_eq(out.n, 4);
    cr_assert(!found.duty.rostered && !found.duty.attended);
    fold(-1, 10000, 450);
    cr_assert(found.duty.rostered && found.duty.attended && found.next == start + 500);
}

Test(duty, folding_for_good_changes_nothing_after_it, .init = set_up)
{
    struct duty_found before;
    shift(0, 100, 900);
    state(10, PRESENCE_AVAILABLE, 1);
    state(200, PRESENCE_OFFLINE, 1);
    state(300, PRESENCE_BUSY, 2);
    state(600, PRESENCE_BREAK, 2);
    fold(450, 10000, 950);
    before = found;
    uint32_t n = out.n;
    for (uint32_t i = 0; i < 4; i++)
        duty_take(&base, &record[i], TIMEOUT);
    memmove(record, record + 4, --records * sizeof record[0]);
    records = 1;
    fold(450, 10000, 950);
    cr_assert(out.n == n && n == 3, "%u", out.n); /* busy ends, shift ends, attendance ends */
    cr_assert_eq(memcmp(&before, &found, sizeof found), 0);
    cr_assert_eq(base.spells, 1);
    duty_forget(&base, start + 250); /* the shift is not over: what is before it may be missed */
    cr_assert(base.shifts == 1 && base.spells == 1);
    duty_forget(&base, start + 900);
    cr_assert(base.shifts == 0 && base.spells == 0);
}

Test(duty, too_many_spells_become_fewer_longer_ones, .init = set_up)
{
    for (int i = 0; i <= DUTY_SPELLS_MAX; i++) {
        records = 0;
        state(200 * i, PRESENCE_BUSY, 1);
        state(200 * i + (i == 5 ? 199 : 100), PRESENCE_OFFLINE, 1);
        duty_take(&base, &record[0], TIMEOUT);
        duty_take(&base, &record[1], TIMEOUT);
    }
    cr_assert_eq(base.spells, DUTY_SPELLS_MAX);
    cr_assert(base.spell[5].from == start + 1000 && base.spell[5].to == start + 1300);
}

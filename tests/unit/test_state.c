/* state: an engine as a whole: batches of any size, images, reload. */
#include "core/engines.h"
#include "core/err.h"
#include "core/image.h"
#include "tests/lib/desk.h"
#include "tests/lib/tale.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { SLICE = IMAGE_SLICE_MIN };

static const ms_t start = 1770368400000; /* 2026-02-06 09:00 */

/* Fires when `opened` of a team reaches 2 in 5 minutes; unless it is told otherwise. */
static void add_rule(struct settings *s, const char *id, int64_t fire)
{
    struct rule_setting *r = &s->rule[s->rules++];
    memset(r, 0, sizeof *r);
    memcpy(r->id, id, strlen(id));
    r->indicator = IND_OPENED;
    r->field = IF_NUM;
    r->scope = SCOPE_TEAM;
    r->window = W_5M;
    r->fire = r->clear = fire * NUMBER_ONE;
}

/* --- batches and outbox -------------------------------------------------------------------- */

enum { STORY = 400 };

/* Some hours of three tickets at a time, with rules that fire often. */
static void draw_story(struct random *r, struct event story[STORY])
{
    struct tale t;
    for (uint32_t n = 0; n < STORY; n += 20) {
        tale_draw(r, 3, 20, start + n * 10 * MS_SECOND, 140 * MS_SECOND, &t);
        tale_sort(&t);
        memcpy(&story[n], t.event, 20 * sizeof story[0]);
        for (uint32_t i = n; i < n + 20; i++) { /* else the next twenty would be duplicates */
            story[i].src = str_of("src");
            story[i].has |= F1(SRC) | F1(SEQ);
            story[i].seq = i + 1;
        }
    }
}

static void ruled(struct settings *s)
{
    add_rule(s, "one", 1);
    add_rule(s, "two", 2);
    s->rule[0].indicator = IND_REPLIES;
    s->rule[1].hold = 20 * MS_SECOND;
    s->target[TARGET_FIRST_RESPONSE] = 30 * MS_SECOND;
    s->target[TARGET_RESOLUTION] = 200 * MS_SECOND;
}

/* Feeds it in batches of a size through an outbox of a size; a hash of verdicts and alerts. */
static uint64_t feed(struct desk *d, const struct event *story, uint32_t batch, uint32_t room)
{
    uint64_t hash = 0;
    struct result results[STORY];
    struct outbox out = {.effects = d->effects, .cap = room};
    for (uint32_t done = 0; done < STORY;) {
        uint32_t n = STORY - done < batch ? STORY - done : batch;
        uint32_t taken = engine_step(d->e, story + done, n, results + done, &out);
        cr_assert(taken <= n && out.n <= room);
        cr_assert(taken == n || out.n > 0, "it stops for want of room only");
        for (uint32_t i = 0; i < out.n; i++)
            hash = mix64(hash ^ d->effects[i].alert.alert_id ^ d->effects[i].alert.rev << 8 ^
                         d->effects[i].alert.state);
        out.n = 0;
        done += taken;
    }
    for (uint32_t i = 0; i < STORY; i++)
        hash = mix64(hash ^ results[i].verdict);
    return hash;
}

Test(state, batches_and_outbox_do_not_show)
{
    static struct event story[STORY];
    static const uint32_t batches[] = {1, 2, 7, 31, 32, 33, 100, STORY};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct random r = {seed};
        struct desk *d = desk_new();
        uint64_t digest = 0, hash = 0;
        draw_story(&r, story);
        ruled(&d->settings);
        for (size_t i = 0; i < ARRAY_LEN(batches); i++)
            for (uint32_t room = 4; room <= DESK_EFFECTS; room *= 8) {
                desk_open(d);
                uint64_t got = feed(d, story, batches[i], room);
                bool first = i == 0 && room == 4;
                cr_assert(first || got == hash, "seed %lu batch %u", seed, batches[i]);
                cr_assert(first || engine_digest(d->e) == digest);
                hash = got;
                digest = engine_digest(d->e);
                cr_assert_gt(engine_counters(d->e)->alerts_fired, 3);
                engine_check(d->e);
                desk_close(d);
            }
        desk_free(d);
    }
}

/* --- two machines -------------------------------------------------------------------------- */

/* What an engine told, by alert: the last state of each. */
struct told {
    uint32_t n;
    struct {
        uint64_t id;
        uint8_t state;
    } at[STORY];
};

static void note(struct told *t, const struct outbox *out)
{
    for (uint32_t i = 0; i < out->n; i++) {
        const struct alert *a = &out->effects[i].alert;
        uint32_t k = 0;
        while (k < t->n && t->at[k].id != a->alert_id)
            k++;
        cr_assert_lt(k, STORY);
        t->n += k == t->n;
        t->at[k].id = a->alert_id;
        t->at[k].state = a->state;
    }
}

/* The story as a machine hears it that began at another time, with its own delays and clock. */
static void live(struct desk *d, const struct event *story, struct random *r, ms_t began,
                 struct told *ret)
{
    ms_t now = began;
    d->started_at = began;
    desk_open(d);
    for (uint32_t i = 0; i < STORY; i++) {
        struct event e = story[i];
        ms_t heard = e.ts + (ms_t)random_below(r, 900);
        for (; now + MS_SECOND < heard; now += 200 + (ms_t)random_below(r, 800)) {
            desk_tick(d, now);
            note(ret, &d->out);
        }
        now = e.rts = ms_max(now, heard);
        desk_take(d, &e);
        note(ret, &d->out);
    }
    for (int i = 0; i < 3; i++) {
        desk_tick(d, story[STORY - 1].ts + (i + 1) * MS_HOUR);
        note(ret, &d->out);
    }
}

/* Every alert of a that was not taken back is one of b's, and ended alike. */
static uint32_t shared(const struct told *a, const struct told *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t k = 0;
        while (k < b->n && b->at[k].id != a->at[i].id)
            k++;
        if (a->at[i].state == ALERT_CORRECTED)
            continue;
        cr_assert_lt(k, b->n, "an alert of one machine alone");
        cr_assert_eq(a->at[i].state, b->at[k].state);
        n++;
    }
    return n;
}

Test(state, two_machines_that_hear_the_same_say_the_same)
{
    static struct event story[STORY];
    static struct told told[2];
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct random r = {seed};
        struct desk *d[2] = {desk_new(), desk_new()};
        draw_story(&r, story);
        memset(told, 0, sizeof told);
        for (int i = 0; i < 2; i++) {
            ruled(&d[i]->settings);
            live(d[i], story, &r, start - 5000 - 4321 * i, &told[i]);
        }
        cr_assert_eq(engine_digest(d[0]->e), engine_digest(d[1]->e), "seed %lu", seed);
        cr_assert_eq(shared(&told[0], &told[1]), shared(&told[1], &told[0]));
        cr_assert_gt(shared(&told[0], &told[1]), 3);
        desk_free(d[0]);
        desk_free(d[1]);
    }
}

/* --- image --------------------------------------------------------------------------------- */

struct file {
    uint8_t *bytes;
    uint64_t size;
};

/* Takes an image; events of `meanwhile` are told between its slices. */
static struct file save(struct desk *d, const struct event *meanwhile, uint32_t n)
{
    struct file f = {0};
    uint32_t len = 0, told = 0;
    int more = 1;
    image_begin(engine_image(d->e));
    while (more == 1) {
        f.bytes = realloc(f.bytes, f.size + SLICE);
        more = image_next(engine_image(d->e), f.bytes + f.size, SLICE, &len);
        cr_assert_geq(more, 0);
        f.size += len;
        for (int i = 0; i < 5 && told < n; i++)
            desk_take(d, &meanwhile[told++]);
    }
    while (told < n)
        desk_take(d, &meanwhile[told++]);
    return f;
}

static void load(struct desk *d, struct file f)
{
    desk_open(d);
    image_load_begin(engine_image(d->e));
    for (uint64_t at = 0; at < f.size; at += 1000)
        cr_assert_eq(image_load_feed(engine_image(d->e), f.bytes + at,
                                     f.size - at < 1000 ? f.size - at : 1000),
                     0);
    cr_assert_eq(image_load_end(engine_image(d->e)), 0);
    engine_loaded(d->e);
    engine_check(d->e);
}

static void same(struct desk *a, struct desk *b)
{
    char *want = desk_numbers(a), *got = desk_numbers(b);
    cr_assert_str_eq(got, want);
    cr_assert_eq(engine_digest(a->e), engine_digest(b->e));
    cr_assert_eq(engine_at(a->e), engine_at(b->e));
    /* What was loaded looked at every timer. */
    cr_assert_leq(engine_deadline(a->e), engine_deadline(b->e));
    cr_assert_eq(engine_deadline(a->e) == MS_NEVER, engine_deadline(b->e) == MS_NEVER);
    cr_assert_eq(engine_active(a->e), engine_active(b->e));
    cr_assert_eq(
        memcmp(engine_counters(a->e), engine_counters(b->e), sizeof(struct engine_counters)), 0);
    free(want);
    free(got);
}

Test(state, a_loaded_image_goes_on_like_the_engine_it_is_of)
{
    static struct event story[STORY];
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct random r = {seed};
        struct desk *d = desk_new(), *then = desk_new(), *loaded = desk_new();
        uint32_t half = (uint32_t)random_below(&r, STORY), rest = STORY - half;
        draw_story(&r, story);
        ruled(&d->settings);
        then->settings = loaded->settings = d->settings;
        desk_open(d);
        desk_open(then);
        for (uint32_t i = 0; i < half; i++) {
            desk_take(d, &story[i]);
            desk_take(then, &story[i]);
        }
        struct file f = save(d, story + half, rest);
        load(loaded, f);
        same(then, loaded);
        for (uint32_t i = half; i < STORY; i++)
            cr_assert_eq(desk_take(loaded, &story[i]).verdict, desk_take(then, &story[i]).verdict);
        same(then, loaded);
        same(d, loaded);
        desk_tick(d, start + 3 * MS_HOUR);
        desk_tick(loaded, start + 3 * MS_HOUR);
        same(d, loaded);
        free(f.bytes);
        desk_free(d);
        desk_free(then);
        desk_free(loaded);
    }
}

/* What is shed where there is no room depends on it. */
Test(state, an_image_holds_where_the_search_for_room_is)
{
    struct desk *d = desk_new(), *loaded = desk_new();
    const char *const ticket[] = {"t1", "t2"};
    desk_open(d);
    for (size_t i = 0; i < ARRAY_LEN(ticket); i++) {
        struct event opened = {.kind = EV_OPENED,
                               .has = F1(TS) | F1(TICKET) | F1(CUSTOMER),
                               .ts = start,
                               .ticket = str_of(ticket[i]),
                               .customer = str_of("ada")};
        struct event reply = {.kind = EV_MESSAGE,
                              .has = F1(TS) | F1(TICKET) | F1(AGENT) | F1(BY),
                              .ts = start + MS_SECOND,
                              .ticket = str_of(ticket[i]),
                              .agent = str_of("bob"),
                              .by = BY_AGENT,
                              .is_public = true};
        cr_assert_eq(desk_take(d, &opened).err, 0);
        cr_assert_eq(desk_take(d, &reply).err, 0);
    }
    uint32_t turn = tickets_blob(d->e->tickets)->turn;
    cr_assert_gt(turn, 0);
    struct file f = save(d, NULL, 0);
    load(loaded, f);
    cr_assert_eq(tickets_blob(loaded->e->tickets)->turn, turn);
    free(f.bytes);
    desk_free(d);
    desk_free(loaded);
}

Test(state, an_image_of_other_limits_or_settings_is_refused)
{
    struct desk *d = desk_new(), *other = desk_new();
    desk_open(d);
    desk_say(d, start, "opened ticket=T");
    struct file f = save(d, NULL, 0);
    for (int what = 0; what < 3; what++) {
        other->limits = d->limits;
        other->settings = d->settings;
        other->limits.tickets += what == 0;
        other->settings.scopes = what == 1 ? 1 : d->settings.scopes;
        other->settings.exact_samples += what == 2;
        desk_open(other);
        image_load_begin(engine_image(other->e));
        cr_assert_eq(image_load_feed(engine_image(other->e), f.bytes, f.size), ERR_OTHER_IMAGE);
        desk_close(other);
    }
    free(f.bytes);
    desk_free(d);
    desk_free(other);
}

/* --- reload -------------------------------------------------------------------------------- */

Test(state, what_cannot_change_is_refused_and_nothing_is)
{
    struct desk *d = desk_new();
    static struct settings wrong[6];
    desk_open(d);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        wrong[i] = d->settings;
    wrong[0].windows = 2;
    wrong[1].window[0].length++;
    wrong[2].scopes = 1;
    wrong[3].zone.shift[0].offset = 3600;
    wrong[4].exact_samples = 50000;
    wrong[5].lateness = -1;
    desk_say(d, start, "opened ticket=T");
    uint64_t digest = engine_digest(d->e);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *why = NULL;
        d->out.n = 0;
        wrong[i].fcr_horizon = 1;
        cr_assert_eq(engine_apply(d->e, &wrong[i], &d->out, &why), ERR_BAD_SETTINGS, "%zu", i);
        cr_assert(why != NULL && strlen(why) > 10);
        struct settings have = *engine_settings(d->e);
        have.sla = NULL; /* its own copy of no policies */
        cr_assert_eq(memcmp(&have, &d->settings, sizeof d->settings), 0);
        cr_assert(d->out.n == 0 && engine_digest(d->e) == digest);
    }
    desk_free(d);
}

Test(state, a_rule_that_is_gone_cancels_its_alert)
{
    struct desk *d = desk_new();
    const char *why = NULL;
    add_rule(&d->settings, "crowd", 2);
    desk_open(d);
    desk_say(d, start, "opened ticket=T1 team=red");
    cr_assert_eq(d->out.n, 0);
    desk_say(d, start + 1000, "opened ticket=T2 team=red");
    cr_assert_eq(d->out.n, 1);
    struct alert fired = d->effects[0].alert, active;
    uint32_t at = 0;
    cr_assert(fired.state == ALERT_BREACHED && fired.rev == 1 && fired.since == start + 1000);
    cr_assert(engine_active(d->e) == 1 && engine_alert_next(d->e, &at, &active));
    cr_assert(active.alert_id == fired.alert_id && !engine_alert_next(d->e, &at, &active));
    struct settings none = d->settings;
    none.rules = 0;
    none.target[TARGET_RESOLUTION] = MS_MINUTE;
    d->out.n = 0;
    cr_assert_eq(engine_apply(d->e, &none, &d->out, &why), 0);
    cr_assert_eq(d->out.n, 1);
    cr_assert(d->effects[0].alert.state == ALERT_CANCELLED && d->effects[0].alert.rev == 2);
    cr_assert_eq(d->effects[0].alert.alert_id, fired.alert_id);
    cr_assert_eq(engine_active(d->e), 0);
    desk_say(d, start + 2000, "opened ticket=T3 team=blue");
    desk_tick(d, start + 2 * MS_MINUTE);
    cr_assert_eq(desk_value(d, SCOPE_TEAM, "blue", IND_RESOLUTION, W_1H).missed, 1);
    engine_check(d->e);
    desk_free(d);
}

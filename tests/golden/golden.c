/* golden: runs stories (story.h tells their language) and compares what they bring.
 *
 *     golden FILE…             prints a difference per line that brings something else; exit 1
 *     golden --update FILE…    writes what the engine says into the files: read the diff!
 *
 * Besides, every story that is told in order and without refusals is told again: shuffled within
 * `lateness` and with doubled events it must end in the same state (V18, V19 of every story). */
#include "core/trace.h"
#include "daemon/config.h"
#include "proto/text.h"
#include "tests/golden/account.h"
#include "tests/golden/script.h"
#include "tests/golden/shown_parts.h"
#include "tests/golden/story.h"
#include "tests/lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { EFFECTS_MAX = 1024, TWINS = 8, CONFIGS_MAX = 8, YAML_MAX = 16384 };

/* An event as it was told, to be told again. */
struct told {
    char *json;
    ms_t ts;
    uint64_t key; /* its place in a shuffled telling */
    bool first;   /* about people, not tickets: stays in front */
};

struct world {
    struct limits limits;
    struct settings settings;
    struct engine *engine; /* NULL before the first event */
    void *mem;
    uint64_t size;
    struct text_reader reader;
    struct outbox out;
    ms_t day; /* midnight */
    struct told told[SCRIPT_MAX];
    uint32_t n_told;
    ms_t last_tick;
    bool retell;         /* nothing happened that depends on the telling */
    char yaml[YAML_MAX]; /* of the config block at hand */
    size_t yaml_n;
    bool yaml_open;
    struct config *config[CONFIGS_MAX]; /* all that were told: settings borrow from them */
    uint32_t configs;
    struct script got; /* what the line at hand brought */
};

static void bring(void *ctx, const char *line)
{
    struct world *w = ctx;
    script_add(&w->got, "= ", line);
}

/* --- the engine ------------------------------------------------------------------------------- */

static const char *world_begin(struct world *w)
{
    const char *why = NULL;
    if (settings_check(&w->settings, &why) != 0)
        return why;
    w->size = engine_size(&w->limits, &w->settings);
    w->mem = mmap(NULL, w->size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (w->mem == MAP_FAILED ||
        engine_init(&w->engine, w->mem, &w->limits, &w->settings, MS_NONE) != 0)
        return "no engine";
    return NULL;
}

static void world_end(struct world *w)
{
    if (w->engine != NULL)
        munmap(w->mem, w->size);
    w->engine = NULL;
}

/* Effects become lines; the alert's id is a hash that no person can work out, so it is left out. */
static void bring_effects(struct world *w, const struct settings *settings)
{
    char line[TRACE_BYTES_MAX];
    for (uint32_t i = 0; i < w->out.n; i++) {
        trace_effect(line, sizeof line, settings, &w->out.effects[i]);
        char *id = strstr(line, " id=");
        if (id != NULL)
            memmove(id, id + 20, strlen(id + 20) + 1);
        bring(w, line);
    }
    w->out.n = 0;
}

static void step(struct world *w, const struct event *e)
{
    static const char *const verdicts[] = {"applied", "duplicate", "late", "refused"};
    struct result result = {0};
    while (engine_step(w->engine, e, 1, &result, &w->out) == 0)
        bring_effects(w, engine_settings(w->engine));
    if (result.verdict != VERDICT_APPLIED) {
        char line[64];
        snprintf(line, sizeof line, "%s%s%s", verdicts[result.verdict], result.err ? " " : "",
                 result.err ? err_name(result.err) : "");
        bring(w, line);
        w->retell &= result.verdict == VERDICT_DUPLICATE;
    }
    bring_effects(w, engine_settings(w->engine));
}

static void tell(struct world *w, const char *json, ms_t rts)
{
    struct event e;
    enum event_field field;
    int err = text_read(&w->reader, json, strlen(json), rts, &e, &field);
    if (err == 1) {
        step(w, &e);
        return;
    }
    char line[128];
    snprintf(line, sizeof line, "rejected %s", err_name(err));
    bring(w, line);
    w->retell = false;
}

static void tick(struct world *w, ms_t at)
{
    struct event e = {.kind = EV_TICK, .ts = at, .rts = at};
    step(w, &e);
    w->last_tick = at;
}

/* --- lines of a story ------------------------------------------------------------------------- */

/* rts: when it was received, MS_NONE in a replay. */
static const char *line_event(struct world *w, ms_t at, ms_t rts, struct str rest)
{
    char json[STORY_LINE_MAX * 2];
    struct str look = rest;
    struct str kind = story_word(&look);
    if (str_equal(kind, str_of("tick"))) {
        tick(w, at);
        return NULL;
    }
    size_t n = story_json(rest, at, json);
    if (n == 0 || w->n_told == SCRIPT_MAX)
        return "no event: KIND key=value …";
    struct told *t = &w->told[w->n_told++];
    *t = (struct told){.json = strdup(json), .ts = at};
    t->first = str_equal(kind, str_of("agent_info"));
    w->retell &= rts == MS_NONE;
    tell(w, json, rts);
    return NULL;
}

/* A block of YAML is the whole configuration, as a file is; `set` lines may follow. */
static const char *line_yaml(struct world *w, struct str rest)
{
    if (rest.len > 0 && rest.p[0] == ' ')
        rest = (struct str){rest.p + 1, rest.len - 1};
    if (!w->yaml_open || w->yaml_n + rest.len + 1 >= YAML_MAX)
        return w->yaml_open ? "too much YAML" : "| lines follow `config`";
    memcpy(w->yaml + w->yaml_n, rest.p, rest.len);
    w->yaml_n += rest.len;
    w->yaml[w->yaml_n++] = '\n';
    return NULL;
}

static const char *end_yaml(struct world *w)
{
    static struct tree_error why;
    if (!w->yaml_open)
        return NULL;
    w->yaml_open = false;
    if (w->configs == CONFIGS_MAX)
        return "too many config blocks";
    struct config *c = w->config[w->configs++] = calloc(1, sizeof *c);
    if (c == NULL || !config_parse("config", w->yaml, w->yaml_n, c, &why)) {
        free(c);
        w->configs--;
        return c == NULL ? "no memory" : why.text;
    }
    w->settings = c->settings;
    return NULL;
}

static const char *line_explain(struct world *w, struct str rest)
{
    static struct explanation x; /* large */
    struct str ticket = story_word(&rest), metric = story_word(&rest);
    if (!engine_explain(w->engine, ticket, &x))
        bring(w, "unknown");
    else if (account_explain(&x, metric, bring, w) == 0)
        bring(w, "nothing");
    return NULL;
}

static const char *line_worklist(struct world *w)
{
    static struct worklist list; /* large */
    list = (struct worklist){.at = 0};
    while (!engine_worklist(w->engine, &list, 1))
        ;
    account_worklist(&list, bring, w);
    return NULL;
}

/* What the configuration told last, and not applied yet, would do. */
static const char *line_compare(struct world *w)
{
    static const struct sla_setting none;
    struct sla_change change = {.at = 0};
    const char *why = NULL;
    for (bool done = false; !done;) {
        const struct sla_setting *next = w->settings.sla != NULL ? w->settings.sla : &none;
        if (engine_compare(w->engine, next, &change, 1, &done, &why) != 0)
            return why;
    }
    account_change(&change, bring, w);
    return NULL;
}

static const char *line_show(struct world *w, struct str rest)
{
    static struct snapshot snapshot; /* large */
    int scope = scope_find(story_word(&rest));
    struct str name = story_word(&rest), window = story_word(&rest), indicator = story_word(&rest);
    if (scope < 0)
        return "no such scope";
    uint32_t index = engine_name_find(w->engine, (enum scope)scope, name);
    uint32_t i = 0;
    bool now = str_equal(window, str_of("now"));
    while (!now && i < w->settings.windows &&
           !str_equal(window, str_of(w->settings.window[i].name)))
        i++;
    if (i == w->settings.windows)
        return "no such window";
    if (index == 0) {
        bring(w, "unknown");
        return NULL;
    }
    engine_snapshot(w->engine, (enum scope)scope, index, 1u << i, &snapshot);
    uint32_t shown = story_show(&snapshot, engine_settings(w->engine), now, indicator, bring, w);
    if (!now)
        shown += shown_parts(&snapshot.window[0], indicator, bring, w);
    if (shown == 0)
        bring(w, "nothing");
    return NULL;
}

static const char *line_alerts(struct world *w)
{
    struct effect e = {.kind = EFFECT_ALERT};
    uint32_t at = 0;
    while (engine_alert_next(w->engine, &at, &e.alert)) {
        w->out.effects[w->out.n++] = e;
        bring_effects(w, engine_settings(w->engine));
    }
    return NULL;
}

/* `ack WHICH BY`, `mute WHICH BY [until TIME]` at the engine's clock; WHICH is the rule's
 * or the ticket's name. */
static const char *line_attend(struct world *w, struct str rest, enum attention what)
{
    struct str which = story_word(&rest), by = story_word(&rest), how = story_word(&rest);
    ms_t until = MS_NEVER;
    struct alert a;
    uint32_t at = 0;
    if (how.len > 0 && !story_time(story_word(&rest), &until))
        return "no time";
    until += how.len > 0 ? w->day : 0;
    w->retell = false; /* what people say is no event */
    while (engine_alert_next(w->engine, &at, &a)) {
        const char *rule = engine_settings(w->engine)->rule[a.rule].id;
        struct str is = a.kind == ALERT_SLA ? a.sla.ticket : str_of(rule);
        if (!str_equal(which, is))
            continue;
        int err = engine_attend(w->engine, &a, what, by, until, engine_at(w->engine), &w->out);
        bring_effects(w, engine_settings(w->engine));
        return err == 0 ? NULL : err_text(err);
    }
    bring(w, "unknown");
    return NULL;
}

static const char *line_apply(struct world *w)
{
    const char *why = NULL;
    static struct settings before; /* what the effects speak of */
    before = *engine_settings(w->engine);
    int err = engine_apply(w->engine, &w->settings, &w->out, &why);
    bring_effects(w, &before);
    w->retell = false;
    return err == 0 ? NULL : why;
}

/* NULL, or what is wrong with the line. */
static const char *tell_line(struct world *w, struct str rest)
{
    struct str all = rest, word = story_word(&rest);
    ms_t time, received;
    if (word.len == 0 || word.p[0] == '#')
        return NULL;
    if (str_equal(word, str_of("|")))
        return line_yaml(w, rest);
    const char *why = end_yaml(w);
    if (why != NULL)
        return why;
    if (str_equal(word, str_of("config"))) {
        w->yaml_open = true;
        w->yaml_n = 0;
        return NULL;
    }
    if (str_equal(word, str_of("set"))) {
        w->retell &= w->engine == NULL && strncmp(rest.p, " limit", 6) != 0;
        return story_set(rest, &w->settings, &w->limits);
    }
    if (str_equal(all, str_of("forget rules"))) {
        w->settings.rules = 0;
        return NULL;
    }
    if (str_equal(word, str_of("day")))
        return story_day(story_word(&rest), &w->day) ? NULL : "no date";
    why = w->engine == NULL ? world_begin(w) : NULL;
    if (why != NULL)
        return why;
    if (str_equal(word, str_of("show")))
        return line_show(w, rest);
    if (str_equal(word, str_of("explain")))
        return line_explain(w, rest);
    if (str_equal(all, str_of("worklist")))
        return line_worklist(w);
    if (str_equal(all, str_of("compare")))
        return line_compare(w);
    if (str_equal(word, str_of("alerts")))
        return line_alerts(w);
    if (str_equal(word, str_of("ack")))
        return line_attend(w, rest, ATTEND_ACK);
    if (str_equal(word, str_of("mute")))
        return line_attend(w, rest, ATTEND_MUTE);
    if (str_equal(word, str_of("apply")))
        return line_apply(w);
    if (!story_times(word, &time, &received))
        return "a line begins with config, set, day, TIME, show, explain, worklist, compare, "
               "alerts, ack, mute, forget rules, apply, =, | or #";
    return line_event(w, w->day + time, received == MS_NONE ? MS_NONE : w->day + received, rest);
}

/* --- telling it again ------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* The digest after another telling: seed 0 in the story's order, else shuffled and doubled. */
static uint64_t retell(const struct world *of, uint64_t seed, struct world *w)
{
    struct random r = {seed};
    w->settings = of->settings;
    w->limits = of->limits;
    w->retell = true;
    w->n_told = of->n_told;
    if (world_begin(w) != NULL)
        script_die("retell", 0, "no engine");
    for (uint32_t i = 0; i < of->n_told; i++) {
        w->told[i] = of->told[i];
        w->told[i].key = of->told[i].first ? i
                                           : (uint64_t)of->told[i].ts +
                                                 random_below(&r, (uint64_t)of->settings.lateness);
    }
    if (seed != 0)
        qsort(w->told, w->n_told, sizeof w->told[0], by_key);
    for (uint32_t i = 0; i < w->n_told; i++) {
        tell(w, w->told[i].json, MS_NONE);
        uint32_t again = i - (uint32_t)random_below(&r, i < 3 ? i + 1 : 3);
        bool known = w->told[i].ts - w->told[again].ts < w->settings.remember_ids;
        if (seed != 0 && known && random_percent(&r, 50))
            tell(w, w->told[again].json, MS_NONE);
    }
    if (of->last_tick != 0)
        tick(w, of->last_tick);
    engine_check(w->engine);
    uint64_t digest = engine_digest(w->engine);
    world_end(w);
    script_clear(&w->got);
    return digest;
}

static bool retold_alike(const char *file, const struct world *of, struct world *w)
{
    uint64_t want = engine_digest(of->engine);
    for (uint64_t seed = 0; of->settings.lateness > 0 && seed <= TWINS; seed++) {
        if (retell(of, seed, w) == want)
            continue;
        printf("%s: told again (shuffle %llu; 0 is in order) it ends in another state:\n", file,
               (unsigned long long)seed);
        for (uint32_t i = 0; i < w->n_told; i++)
            printf("    %s\n", w->told[i].json);
        return false;
    }
    return true;
}

/* --- one story -------------------------------------------------------------------------------- */

static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL || (w->out.effects = calloc(EFFECTS_MAX, sizeof(struct effect))) == NULL)
        script_die("golden", 0, "no memory");
    w->out.cap = EFFECTS_MAX;
    w->retell = true;
    w->limits = (struct limits){.tickets = 1000,
                                .history = 20000,
                                .ticket_events = 256,
                                .calls = 1000,
                                .agents = 100,
                                .teams = 50,
                                .channels = 20,
                                .priorities = 20,
                                .categories = 50,
                                .sources = 16,
                                .chunks = 20000,
                                .ids = 10000,
                                .alerts = 1000};
    settings_default(&w->settings);
    text_reader_init(&w->reader, false);
    return w;
}

static void world_free(struct world *w)
{
    world_end(w);
    while (w->configs > 0) {
        config_fini(w->config[--w->configs]);
        free(w->config[w->configs]);
    }
    text_reader_fini(&w->reader);
    script_clear(&w->got);
    free(w->out.effects);
    free(w);
}

static bool run(const char *file, bool update)
{
    static struct script story, now;
    struct world *w = world_new(), *twin = world_new();
    bool good = true;
    script_read(file, &story);
    for (uint32_t i = 0; i < story.n; i++) {
        const char *why = strncmp(story.at[i], "= ", 2) == 0 ? "nothing above this line brings it"
                                                             : tell_line(w, str_of(story.at[i]));
        if (why != NULL)
            script_die(file, i + 1, why);
        script_add(&now, "", story.at[i]);
        for (uint32_t k = 0; k < w->got.n; k++)
            script_add(&now, "", w->got.at[k]);
        i += script_compare(file, &story, i, &w->got, &good);
        script_clear(&w->got);
    }
    if (w->engine == NULL)
        script_die(file, story.n, "nothing happens");
    engine_check(w->engine);
    if (update)
        script_write(file, &now);
    if (w->retell)
        good &= retold_alike(file, w, twin);
    script_clear(&story);
    script_clear(&now);
    while (w->n_told > 0)
        free(w->told[--w->n_told].json);
    world_free(w);
    world_free(twin);
    return good;
}

int main(int argc, char **argv)
{
    bool update = argc > 1 && strcmp(argv[1], "--update") == 0, good = true;
    if (argc < (update ? 3 : 2)) {
        fprintf(stderr, "usage: golden [--update] FILE...\n");
        return 2;
    }
    for (int i = update ? 2 : 1; i < argc; i++)
        good &= run(argv[i], update);
    return good ? 0 : 1;
}

/* golden: runs stories (story.h tells their language) and compares what they bring.
 *
 *     golden FILE…             prints a difference per line that brings something else; exit 1
 *     golden --update FILE…    writes what the engine says into the files: read the diff!
 *
 * Besides, every story that is told in order and without refusals is told again: shuffled within
 * `lateness` and with doubled events it must end in the same state (V18, V19 of every story). */
#include "core/trace.h"
#include "proto/text.h"
#include "tests/golden/story.h"
#include "tests/lib/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LINES_MAX = 2000, EFFECTS_MAX = 1024, TWINS = 8 };

struct lines {
    char *at[LINES_MAX];
    uint32_t n;
};

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
    struct told told[LINES_MAX];
    uint32_t n_told;
    ms_t last_tick;
    bool retell;      /* nothing happened that depends on the telling */
    struct lines got; /* what the line at hand brought */
};

_Noreturn static void die(const char *file, uint32_t line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    exit(2);
}

static void add_line(struct lines *l, const char *prefix, const char *text)
{
    size_t n = strlen(prefix) + strlen(text) + 1;
    if (l->n == LINES_MAX || (l->at[l->n] = malloc(n)) == NULL)
        die(text, 0, "too many lines");
    snprintf(l->at[l->n++], n, "%s%s", prefix, text);
}

static void clear_lines(struct lines *l)
{
    while (l->n > 0)
        free(l->at[--l->n]);
}

static void bring(void *ctx, const char *line)
{
    struct world *w = ctx;
    add_line(&w->got, "= ", line);
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

static void tell(struct world *w, const char *json)
{
    struct event e;
    enum event_field field;
    int err = text_read(&w->reader, json, strlen(json), MS_NONE, &e, &field);
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

static const char *line_event(struct world *w, ms_t at, struct str rest)
{
    char json[STORY_LINE_MAX * 2];
    struct str look = rest;
    struct str kind = story_word(&look);
    if (str_equal(kind, str_of("tick"))) {
        tick(w, at);
        return NULL;
    }
    size_t n = story_json(rest, at, json);
    if (n == 0 || w->n_told == LINES_MAX)
        return "no event: KIND key=value …";
    struct told *t = &w->told[w->n_told++];
    *t = (struct told){.json = strdup(json), .ts = at};
    t->first = str_equal(kind, str_of("agent_info"));
    tell(w, json);
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
    if (story_show(&snapshot, now, indicator, bring, w) == 0)
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
    ms_t time;
    if (word.len == 0 || word.p[0] == '#')
        return NULL;
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
    const char *why = w->engine == NULL ? world_begin(w) : NULL;
    if (why != NULL)
        return why;
    if (str_equal(word, str_of("show")))
        return line_show(w, rest);
    if (str_equal(word, str_of("alerts")))
        return line_alerts(w);
    if (str_equal(word, str_of("apply")))
        return line_apply(w);
    if (!story_time(word, &time))
        return "a line begins with set, day, TIME, show, alerts, forget rules, apply, = or #";
    return line_event(w, w->day + time, rest);
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
        die("retell", 0, "no engine");
    for (uint32_t i = 0; i < of->n_told; i++) {
        w->told[i] = of->told[i];
        w->told[i].key = of->told[i].first ? i
                                           : (uint64_t)of->told[i].ts +
                                                 random_below(&r, (uint64_t)of->settings.lateness);
    }
    if (seed != 0)
        qsort(w->told, w->n_told, sizeof w->told[0], by_key);
    for (uint32_t i = 0; i < w->n_told; i++) {
        tell(w, w->told[i].json);
        if (seed != 0 && random_percent(&r, 50))
            tell(w, w->told[i - random_below(&r, i < 3 ? i + 1 : 3)].json);
    }
    if (of->last_tick != 0)
        tick(w, of->last_tick);
    engine_check(w->engine);
    uint64_t digest = engine_digest(w->engine);
    world_end(w);
    clear_lines(&w->got);
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

/* --- files ------------------------------------------------------------------------------------ */

static void read_lines(const char *file, struct lines *ret)
{
    char line[STORY_LINE_MAX];
    FILE *f = fopen(file, "r");
    if (f == NULL)
        die(file, 0, "cannot be read");
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\r\n")] = 0;
        add_line(ret, "", line);
    }
    fclose(f);
}

static void write_lines(const char *file, const struct lines *lines)
{
    FILE *f = fopen(file, "w");
    if (f == NULL)
        die(file, 0, "cannot be written");
    for (uint32_t i = 0; i < lines->n; i++)
        fprintf(f, "%s\n", lines->at[i]);
    fclose(f);
}

/* Compares what line `at` brought with the "= " lines behind it; returns how many those are. */
static uint32_t compare(const char *file, const struct lines *story, uint32_t at,
                        const struct lines *got, bool *good)
{
    uint32_t n = 0;
    while (at + 1 + n < story->n && strncmp(story->at[at + 1 + n], "= ", 2) == 0)
        n++;
    bool same = n == got->n;
    for (uint32_t i = 0; same && i < n; i++)
        same = strcmp(story->at[at + 1 + i], got->at[i]) == 0;
    if (same)
        return n;
    *good = false;
    printf("%s:%u: %s\n", file, at + 1, story->at[at]);
    for (uint32_t i = 0; i < n; i++)
        printf("  want %s\n", story->at[at + 1 + i]);
    for (uint32_t i = 0; i < got->n; i++)
        printf("  got  %s\n", got->at[i]);
    return n;
}

static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL || (w->out.effects = calloc(EFFECTS_MAX, sizeof(struct effect))) == NULL)
        die("golden", 0, "no memory");
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
    text_reader_fini(&w->reader);
    clear_lines(&w->got);
    free(w->out.effects);
    free(w);
}

static bool run(const char *file, bool update)
{
    static struct lines story, now;
    struct world *w = world_new(), *twin = world_new();
    bool good = true;
    read_lines(file, &story);
    for (uint32_t i = 0; i < story.n; i++) {
        const char *why = strncmp(story.at[i], "= ", 2) == 0 ? "nothing above this line brings it"
                                                             : tell_line(w, str_of(story.at[i]));
        if (why != NULL)
            die(file, i + 1, why);
        add_line(&now, "", story.at[i]);
        for (uint32_t k = 0; k < w->got.n; k++)
            add_line(&now, "", w->got.at[k]);
        i += compare(file, &story, i, &w->got, &good);
        clear_lines(&w->got);
    }
    if (w->engine == NULL)
        die(file, story.n, "nothing happens");
    engine_check(w->engine);
    if (update)
        write_lines(file, &now);
    if (w->retell)
        good &= retold_alike(file, w, twin);
    clear_lines(&story);
    clear_lines(&now);
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

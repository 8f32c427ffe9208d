#include "daemon/cli/clocks.h"

#include "daemon/cli/line.h"
#include "proto/answer.h"

#include <inttypes.h>

/* --- cells -------------------------------------------------------------------------------- */

static struct str text_of(const struct message *m, const struct node *map, const char *key)
{
    struct str text = {"", 0};
    node_text(message_find_in(m, map, key), &text);
    return text;
}

static void cell_text(struct clocks *c, struct str text)
{
    table_cell(&c->table, text.len > 0 ? text : str_of("·"));
}

static void cell_instant(struct clocks *c, const struct message *m, const struct node *map,
                         const char *key)
{
    char text[32] = "·";
    int64_t at;
    if (node_int(message_find_in(m, map, key), &at))
        line_time(text, sizeof(text), at, true);
    cell_text(c, str_of(text));
}

static void cell_duration(struct clocks *c, const struct message *m, const struct node *map,
                          const char *key)
{
    char text[PHRASE_MAX] = "·";
    int64_t ms;
    if (node_int(message_find_in(m, map, key), &ms))
        phrase_duration(text, ms, words_lang());
    cell_text(c, str_of(text));
}

static void cell_count(struct clocks *c, const struct message *m, const struct node *map,
                       const char *key)
{
    char text[24] = "·";
    int64_t n;
    if (node_int(message_find_in(m, map, key), &n))
        snprintf(text, sizeof(text), "%" PRId64, n);
    cell_text(c, str_of(text));
}

/* A word of the wire in the language in use; one that is not known stays as it is. */
static void cell_metric(struct clocks *c, struct str name)
{
    int metric = sla_metric_find(name);
    cell_text(c, metric < 0 ? name : str_of(phrase_metric((enum sla_metric)metric, words_lang())));
}

static void cell_state(struct clocks *c, struct str name)
{
    for (int s = 0; s < CLOCK_N; s++)
        if (str_equal(name, str_of(clock_state_name((enum clock_state)s))))
            name = str_of(word((enum word)(W_S_NONE + s)));
    cell_text(c, name);
}

/* "overdue 2": the second repeat. */
static void cell_kind(struct clocks *c, const struct message *m, const struct node *item)
{
    char text[PHRASE_MAX];
    int64_t level;
    struct str name = text_of(m, item, "kind");
    for (int k = 0; k < EXPLAIN_KINDS; k++)
        if (str_equal(name, str_of(explain_kind_name((enum explain_kind)k))))
            name = str_of(word((enum word)(W_X_INTERVAL + k)));
    if (node_int(message_find_in(m, item, "level"), &level)) {
        snprintf(text, sizeof(text), "%.*s %lld", (int)name.len, name.p, (long long)level);
        name = str_of(text);
    }
    cell_text(c, name);
}

/* "gold · office" */
static void cell_terms(struct clocks *c, const struct message *m, const struct node *map)
{
    char text[PHRASE_MAX];
    struct str policy = text_of(m, map, "policy"), calendar = text_of(m, map, "calendar");
    snprintf(text, sizeof(text), "%.*s%s%.*s", (int)policy.len, policy.p,
             policy.len > 0 && calendar.len > 0 ? " · " : "", (int)calendar.len, calendar.p);
    cell_text(c, str_of(text));
}

/* "ada (billing)", either of them, or nobody. */
static void cell_owner(struct clocks *c, const struct message *m, const struct node *map)
{
    char text[PHRASE_MAX];
    struct str agent = text_of(m, map, "agent"), team = text_of(m, map, "team");
    bool both = agent.len > 0 && team.len > 0;
    snprintf(text, sizeof(text), "%.*s%s%.*s%s", (int)agent.len, agent.p, both ? " (" : "",
             (int)team.len, team.p, both ? ")" : "");
    cell_text(c, str_of(text));
}

static void heads(struct clocks *c, const enum word *word_of, uint32_t n)
{
    table_init(&c->table, n);
    for (uint32_t i = 0; i < n; i++)
        table_cell(&c->table, str_of(word(word_of[i])));
}

static void print_table(struct clocks *c)
{
    if (table_rows(&c->table) > 1)
        table_print(&c->table, c->out);
    table_fini(&c->table);
    c->table = (struct table){0};
}

/* --- explain ------------------------------------------------------------------------------ */

static const enum word clock_heads[] = {W_H_METRIC,  W_H_INSTANCE, W_H_STATE, W_H_TARGET,
                                        W_H_ELAPSED, W_H_LEFT,     W_H_START, W_H_DUE,
                                        W_H_BREACH,  W_H_TERMS};
static const enum word item_heads[] = {W_H_FROM,     W_H_TO,      W_H_WHAT,  W_H_METRIC,
                                       W_H_INSTANCE, W_H_COUNTED, W_H_OWNER, W_H_TERMS};

static struct clocks_sum *sum_of(struct clocks *c, const struct message *m, const struct node *map)
{
    int metric = sla_metric_find(text_of(m, map, "metric"));
    int64_t instance = 0;
    node_int(message_find_in(m, map, "instance"), &instance);
    for (uint32_t i = 0; i < c->sums; i++)
        if (c->sum[i].metric == metric && c->sum[i].instance == instance)
            return &c->sum[i];
    return NULL;
}

static void remember(struct clocks *c, const struct message *m, const struct node *clock)
{
    struct clocks_sum sum = {0};
    int metric = sla_metric_find(text_of(m, clock, "metric"));
    if (metric < 0 || c->sums == EXPLAIN_CLOCKS_MAX)
        return;
    sum.metric = (uint8_t)metric;
    node_int(message_find_in(m, clock, "instance"), &sum.instance);
    node_int(message_find_in(m, clock, "elapsed_ms"), &sum.elapsed);
    c->sum[c->sums++] = sum;
}

static void print_ticket(struct clocks *c, const struct message *m, const struct node *ticket)
{
    static const char *const names[] = {"agent", "team", "priority", "channel", "category"};
    struct str id = text_of(m, ticket, "ticket"), into = text_of(m, ticket, "into");
    bool open = false;
    node_bool(message_find_in(m, ticket, "open"), &open);
    line_text(c->out, id);
    fputs(" · ", c->out);
    if (into.len > 0) {
        fprintf(c->out, "%s ", word(W_MERGED_INTO));
        line_text(c->out, into);
    } else {
        fputs(word(open ? W_TICKET_OPEN : W_TICKET_ENDED), c->out);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str name = text_of(m, ticket, names[i]);
        if (name.len == 0)
            continue;
        fputs(" · ", c->out);
        line_text(c->out, name);
    }
    fputc('\n', c->out);
}

static void take_ticket(struct clocks *c, const struct message *m, const struct node *ticket,
                        const struct node *clocks)
{
    const struct node *key, *clock;
    int64_t left_out = 0;
    node_bool(message_find_in(m, ticket, "folded"), &c->partial);
    c->partial |= node_int(message_find_in(m, ticket, "items_left_out"), &left_out);
    print_ticket(c, m, ticket);
    heads(c, clock_heads, ARRAY_LEN(clock_heads));
    c->table.left[0] = c->table.left[2] = c->table.left[9] = true;
    for (uint32_t at = 0; message_each(m, clocks, &at, &key, &clock);) {
        remember(c, m, clock);
        cell_metric(c, text_of(m, clock, "metric"));
        cell_count(c, m, clock, "instance");
        cell_state(c, text_of(m, clock, "state"));
        cell_duration(c, m, clock, "target_ms");
        cell_duration(c, m, clock, "elapsed_ms");
        cell_duration(c, m, clock, "remaining_ms");
        cell_instant(c, m, clock, "start");
        cell_instant(c, m, clock, "due_at");
        cell_instant(c, m, clock, "breach_at");
        cell_terms(c, m, clock);
    }
    if (table_rows(&c->table) == 1)
        fprintf(c->out, "%s\n", word(W_NO_CLOCKS));
    print_table(c);
    c->items = true;
    heads(c, item_heads, ARRAY_LEN(item_heads));
    c->table.left[0] = c->table.left[1] = c->table.left[2] = c->table.left[3] = true;
    c->table.left[6] = c->table.left[7] = true;
}

static void take_items(struct clocks *c, const struct message *m, const struct node *items)
{
    const struct node *key, *item;
    for (uint32_t at = 0; message_each(m, items, &at, &key, &item);) {
        int64_t counted;
        bool goes_on = false, lasts = message_find_in(m, item, "from") != NULL;
        struct clocks_sum *sum = sum_of(c, m, item);
        if (sum != NULL && node_int(message_find_in(m, item, "counted_ms"), &counted))
            sum->counted += counted;
        node_bool(message_find_in(m, item, "goes_on"), &goes_on);
        cell_instant(c, m, item, lasts ? "from" : "at");
        if (goes_on)
            cell_text(c, str_of(word(W_NOW)));
        else
            cell_instant(c, m, item, "to");
        cell_kind(c, m, item);
        cell_metric(c, text_of(m, item, "metric"));
        cell_count(c, m, item, "instance");
        cell_duration(c, m, item, lasts ? "counted_ms" : "target_ms");
        cell_owner(c, m, item);
        cell_terms(c, m, item);
    }
}

static bool check_sums(const struct clocks *c)
{
    bool fine = true;
    for (uint32_t i = 0; i < c->sums && !c->partial; i++) {
        const struct clocks_sum *sum = &c->sum[i];
        char counted[PHRASE_MAX], elapsed[PHRASE_MAX];
        if (sum->counted == sum->elapsed)
            continue;
        snprintf(counted, sizeof(counted), "%" PRId64, sum->counted);
        snprintf(elapsed, sizeof(elapsed), "%" PRId64, sum->elapsed);
        word_print(c->out, W_SUM_DIFFERS, phrase_metric((enum sla_metric)sum->metric, words_lang()),
                   counted, elapsed);
        fputc('\n', c->out);
        fine = false;
    }
    return fine;
}

/* --- worklist ----------------------------------------------------------------------------- */

static const enum word work_heads[] = {W_H_TICKET, W_H_METRIC, W_H_STATE,    W_H_LEFT,
                                       W_H_DUE,    W_H_OWNER,  W_H_PRIORITY, W_H_TERMS};

static void take_worklist(struct clocks *c, const struct message *m, const struct node *list)
{
    static const struct {
        const char *key;
        enum word word;
    } counts[] = {{"running", W_N_RUNNING}, {"paused", W_N_PAUSED},  {"breached", W_N_BREACHED},
                  {"due.15m", W_N_DUE_15},  {"due.30m", W_N_DUE_30}, {"due.60m", W_N_DUE_60}};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        int64_t n = 0;
        node_int(message_find_in(m, list, counts[i].key), &n);
        fprintf(c->out, "%s%s %" PRId64, i > 0 ? " · " : "", word(counts[i].word), n);
    }
    int64_t listed = 0;
    node_int(message_find_in(m, list, "listed"), &listed);
    if (listed == WORKLIST_MAX) {
        char most[16];
        snprintf(most, sizeof(most), "%d", WORKLIST_MAX);
        fputs("\n", c->out);
        word_print(c->out, W_LISTED_ONLY, most, NULL, NULL);
    }
    fputc('\n', c->out);
    heads(c, work_heads, ARRAY_LEN(work_heads));
    c->table.left[0] = c->table.left[1] = c->table.left[2] = true;
    c->table.left[5] = c->table.left[6] = c->table.left[7] = true;
}

static void take_works(struct clocks *c, const struct message *m, const struct node *works)
{
    const struct node *key, *work;
    for (uint32_t at = 0; message_each(m, works, &at, &key, &work);) {
        cell_text(c, text_of(m, work, "ticket"));
        cell_metric(c, text_of(m, work, "metric"));
        cell_state(c, text_of(m, work, "state"));
        cell_duration(c, m, work, "remaining_ms");
        cell_instant(c, m, work, "due_at");
        cell_owner(c, m, work);
        cell_text(c, text_of(m, work, "priority"));
        cell_terms(c, m, work);
    }
}

/* --- compare ------------------------------------------------------------------------------ */

static void take_change(struct clocks *c, const struct message *m, const struct node *change)
{
    static const struct {
        const char *key;
        enum word word;
    } counts[] = {
        {"tickets", W_D_TICKETS},     {"changed", W_D_CHANGED},   {"gained", W_D_GAINED},
        {"cancelled", W_D_CANCELLED}, {"breaches", W_D_BREACHES}, {"forgiven", W_D_FORGIVEN},
    };
    const struct node *key, *path, *fixed = message_find_in(m, change, "fixed");
    table_init(&c->table, 2);
    c->table.left[0] = true;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        table_cell(&c->table, str_of(word(counts[i].word)));
        cell_count(c, m, change, counts[i].key);
    }
    print_table(c);
    for (uint32_t at = 0; message_each(m, fixed, &at, &key, &path);) {
        struct str name = {"", 0};
        char text[128];
        node_text(path, &name);
        c->refused = true;
        snprintf(text, sizeof(text), "%.*s", (int)name.len, name.p);
        word_print(c->out, W_D_FIXED, text, NULL, NULL);
        fputc('\n', c->out);
    }
}

/* --- life --------------------------------------------------------------------------------- */

void clocks_begin(struct clocks *c, FILE *out)
{
    *c = (struct clocks){.out = out};
}

void clocks_take(struct clocks *c, const struct message *m, const struct node *message)
{
    const struct node *clocks = message_find_in(m, message, "clocks");
    const struct node *items = message_find_in(m, message, "items");
    const struct node *works = message_find_in(m, message, "works");
    bool begun = c->table.columns > 0;
    if (clocks != NULL && !begun)
        take_ticket(c, m, message, clocks);
    else if (message_find_in(m, message, "fixed") != NULL)
        take_change(c, m, message);
    else if (message_find_in(m, message, "due") != NULL && !begun)
        take_worklist(c, m, message);
    else if (items != NULL && begun && c->items)
        take_items(c, m, items);
    else if (works != NULL && begun && !c->items)
        take_works(c, m, works);
}

bool clocks_end(struct clocks *c)
{
    if (c->table.columns > 0) {
        if (table_rows(&c->table) > 1)
            fputc('\n', c->out);
        print_table(c);
    }
    return check_sums(c) && !c->refused;
}

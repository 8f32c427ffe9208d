/* ticketpulse check: reads a configuration as the daemon would, and says what it would do. */
#include "core/engine.h"
#include "daemon/cli/command.h"
#include "daemon/cli/table.h"
#include "daemon/config.h"

#include <stdarg.h>

static const struct usage usage = {"check", "FILE", W_ABOUT_CHECK, NULL, 0};

static struct table facts; /* what, and what about it */

static void fact(enum word what, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fact(enum word what, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    table_cell(&facts, str_of(word(what)));
    table_cell(&facts, str_of(text));
}

static void print_texts(enum word what, const char *how, const struct config_texts *texts)
{
    for (uint32_t i = 0; i < texts->n; i++)
        fact(what, "%s%s", how, texts->at[i]);
}

static void print_windows(const struct config *c)
{
    const struct settings *s = &c->settings;
    char windows[WINDOWS_MAX * 17] = "", scopes[128] = "";
    for (uint32_t i = 0; i < s->windows; i++)
        snprintf(windows + strlen(windows), sizeof(windows) - strlen(windows), "%s%s",
                 i > 0 ? " " : "", s->window[i].name);
    for (enum scope scope = 0; scope < SCOPE_N; scope++)
        if (scope == SCOPE_ALL || (s->scopes >> scope & 1) != 0)
            snprintf(scopes + strlen(scopes), sizeof(scopes) - strlen(scopes), "%s%s",
                     scope > 0 ? " " : "", scope_name(scope));
    fact(W_K_WINDOWS, "%s", windows);
    fact(W_K_SCOPES, "%s", scopes);
    fact(W_K_ZONE, "%s", c->zone);
}

static void print_targets(const struct settings *s)
{
    char duration[PHRASE_MAX];
    for (int i = 0; i < IND_N; i++) {
        if (indicator_kind((enum indicator)i) != IND_DURATION)
            continue;
        ms_t target = s->target[indicator_rows[i].target];
        if (target > 0)
            fact(W_K_TARGET, "%s ≤ %s", phrase_indicator((enum indicator)i, words_lang()),
                 phrase_duration(duration, target, words_lang()));
    }
}

static void print_rules(const struct settings *s)
{
    for (uint32_t i = 0; i < s->rules; i++) {
        const struct rule_setting *rule = &s->rule[i];
        enum indicator indicator = (enum indicator)rule->indicator;
        enum indicator_field field = (enum indicator_field)rule->field;
        char fire[PHRASE_MAX], clear[PHRASE_MAX], hold[PHRASE_MAX];
        bool gauge = indicator_kind(indicator) == IND_GAUGE;
        phrase_value(fire, indicator, field, rule->fire, words_lang());
        phrase_value(clear, indicator, field, rule->clear, words_lang());
        const char *held = "";
        if (rule->hold > 0)
            held = phrase_duration(hold, rule->hold, words_lang());
        fact(W_K_RULE, "%s: %s%s%s%s%s, %s%s%s: %s %s, %s %s%s%s%s%s", rule->id,
             phrase_indicator(indicator, words_lang()), gauge ? "" : " ",
             gauge ? "" : indicator_field_name(field), gauge ? "" : " ",
             gauge ? "" : s->window[rule->window].name,
             phrase_scope((enum scope)rule->scope, words_lang()), rule->name[0] != '\0' ? " " : "",
             rule->name, rule->below ? "≤" : "≥", fire, word(W_K_CLEAR), clear,
             held[0] != '\0' ? ", " : "", held[0] != '\0' ? word(W_K_FOR) : "",
             held[0] != '\0' ? " " : "", held);
    }
}

int command_check(int argc, char **argv)
{
    int operands;
    enum options_end end = options_read(&usage, argc, argv, &operands);
    if (end != OPTIONS_GO)
        return end == OPTIONS_WRONG ? EXIT_USAGE : EXIT_FINE;
    if (operands != 1)
        return options_operands_wrong(&usage);
    static struct config config;
    struct tree_error why;
    if (!config_load(argv[0], &config, &why)) {
        word_error(W_E_CONFIG, why.text, NULL, NULL);
        return EXIT_FAILED;
    }
    word_print(stdout, W_CHECK_FINE, argv[0], NULL, NULL);
    puts("");
    table_init(&facts, 2);
    facts.left[0] = facts.left[1] = true;
    print_texts(W_K_EVENTS, "bind ", &config.events_bind);
    print_texts(W_K_EVENTS, "connect ", &config.events_connect);
    print_texts(W_K_OUT, "", &config.out);
    print_texts(W_K_QUERY, "", &config.query);
    print_windows(&config);
    print_targets(&config.settings);
    print_rules(&config.settings);
    fact(W_K_MEMORY, "%.1f GiB", (double)engine_size(&config.limits, &config.settings) / (1 << 30));
    table_print(&facts, stdout);
    table_fini(&facts);
    return EXIT_FINE;
}

/* ticketpulse check: reads a configuration as the daemon would, and says what it would do. */
#include "core/engine.h"
#include "daemon/cli/command.h"
#include "daemon/config.h"

#include <stdlib.h>

static const struct usage usage = {"check", "FILE", W_ABOUT_CHECK, NULL, 0};

static void print_texts(enum word what, const char *how, const struct config_texts *texts)
{
    for (uint32_t i = 0; i < texts->n; i++)
        printf("  %-14s %s%s\n", word(what), how, texts->at[i]);
}

static void print_windows(const struct config *c)
{
    const struct settings *s = &c->settings;
    printf("  %-14s", word(W_K_WINDOWS));
    for (uint32_t i = 0; i < s->windows; i++)
        printf(" %s", s->window[i].name);
    printf("\n  %-14s", word(W_K_SCOPES));
    for (enum scope scope = 0; scope < SCOPE_N; scope++)
        if (scope == SCOPE_ALL || (s->scopes >> scope & 1) != 0)
            printf(" %s", scope_name(scope));
    printf("\n  %-14s %s\n", word(W_K_ZONE), c->zone);
}

static void print_targets(const struct settings *s)
{
    char duration[PHRASE_MAX];
    for (int i = 0; i < IND_N; i++) {
        if (indicator_kind((enum indicator)i) != IND_DURATION)
            continue;
        ms_t target = s->target[indicator_rows[i].target];
        if (target > 0)
            printf("  %-14s %s ≤ %s\n", word(W_K_TARGET),
                   phrase_indicator((enum indicator)i, words_lang()),
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
        printf("  %-14s %s: %s%s%s%s%s, %s%s%s: %s %s, %s %s", word(W_K_RULE), rule->id,
               phrase_indicator(indicator, words_lang()), gauge ? "" : " ",
               gauge ? "" : indicator_field_name(field), gauge ? "" : " ",
               gauge ? "" : s->window[rule->window].name,
               phrase_scope((enum scope)rule->scope, words_lang()),
               rule->name[0] != '\0' ? " " : "", rule->name, rule->below ? "≤" : "≥", fire,
               word(W_K_CLEAR), clear);
        if (rule->hold > 0)
            printf(", %s %s", word(W_K_FOR), phrase_duration(hold, rule->hold, words_lang()));
        puts("");
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
    print_texts(W_K_EVENTS, "bind ", &config.events_bind);
    print_texts(W_K_EVENTS, "connect ", &config.events_connect);
    print_texts(W_K_OUT, "", &config.out);
    print_texts(W_K_QUERY, "", &config.query);
    print_windows(&config);
    print_targets(&config.settings);
    print_rules(&config.settings);
    printf("  %-14s %.1f GiB\n", word(W_K_MEMORY),
           (double)engine_size(&config.limits, &config.settings) / (1 << 30));
    return EXIT_FINE;
}

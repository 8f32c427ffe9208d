/* ticketpulse: the companion of ticketpulsed; finds the command and calls it. */
#include "daemon/cli/command.h"
#include "daemon/cli/stop.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>

static const struct {
    const char *name;
    enum word about;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"simulate", W_ABOUT_SIMULATE, command_simulate}, {"send", W_ABOUT_SEND, command_send},
    {"replay", W_ABOUT_REPLAY, command_replay},       {"report", W_ABOUT_REPORT, command_report},
    {"watch", W_ABOUT_WATCH, command_watch},          {"top", W_ABOUT_TOP, command_top},
    {"query", W_ABOUT_QUERY, command_query},          {"export", W_ABOUT_EXPORT, command_export},
    {"check", W_ABOUT_CHECK, command_check},          {"keygen", W_ABOUT_KEYGEN, command_keygen},
    {"doctor", W_ABOUT_DOCTOR, command_doctor},
};

static int help(void)
{
    printf("ticketpulse %s: %s\n", TP_VERSION, word(W_ABOUT));
    printf("%s: ticketpulse [--lang en|zh] COMMAND …\n\n%s:\n", word(W_USAGE), word(W_COMMANDS));
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf("  %-10s %s\n", commands[i].name, word(commands[i].about));
    printf("\n%s\n", word(W_MORE_HELP));
    return EXIT_FINE;
}

/* What was written must have arrived, also where nobody asked. */
static int ended(int code)
{
    return stdout_flushed() || code != EXIT_FINE ? code : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    /* Widths of characters; C.UTF-8 is always there. Numbers stay as they are in C. */
    setlocale(LC_CTYPE, "C.UTF-8");
    words_use(words_locale(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")));
    signal(SIGPIPE, SIG_IGN); /* of connections; of stdout see stdout_flushed */
    int i = 1;
    enum lang lang;
    if (i + 1 < argc && strcmp(argv[i], "--lang") == 0 && words_parse(argv[i + 1], &lang)) {
        words_use(lang);
        i += 2;
    }
    const char *name = i < argc ? argv[i] : "--help";
    if (strcmp(name, "--version") == 0) {
        printf("ticketpulse %s\n", TP_VERSION);
        return ended(EXIT_FINE);
    }
    if (strcmp(name, "--help") == 0) {
        int code = help();
        return argc > 1 ? ended(code) : EXIT_USAGE;
    }
    for (size_t c = 0; c < ARRAY_LEN(commands); c++)
        if (strcmp(name, commands[c].name) == 0)
            return ended(commands[c].run(argc - i - 1, argv + i + 1));
    word_error(W_E_COMMAND, name, NULL, NULL);
    return EXIT_USAGE;
}

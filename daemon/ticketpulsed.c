/* ticketpulsed: the daemon's command line. Exit codes: 0 fine, 1 it failed, 2 wrong usage. */
#include "core/engine.h"
#include "daemon/app.h"
#include "daemon/clock.h"
#include "daemon/lint.h"
#include "daemon/reference.h"
#include "daemon/tz.h"
#include "daemon/verify.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "ticketpulsed [--config FILE] [--state DIR]   runs until SIGTERM; SIGHUP reads FILE again\n"
    "  --config FILE    configuration; without one the built-in defaults hold\n"
    "  --state DIR      keeps events and state there, over restarts (state.dir)\n"
    "  --check          only checks the configuration\n"
    "  --verify         would a start from --state DIR find everything? Prints what it would be\n"
    "  --at MS          with --verify: moves the clock there first (ms since 1970, UTC)\n"
    "  --print-config   prints the commented reference configuration, all keys at their defaults\n"
    "  --print-man      prints the manual page ticketpulse.yaml(5)\n"
    "  --version        prints the version\n"
    "  --help           prints this\n";

/* ", 2 calendars, 3 policies; ..." */
static void print_sla(const struct sla_setting *sla)
{
    char version[32];
    tz_version(version, sizeof version);
    printf(", %u calendars, %u policies (tz database %s, calendars reach from 2000 to 2100)",
           sla->calendars - 1, sla->policies, version[0] == 0 ? "of unknown version" : version);
}

/* The same questions that the start would ask, short of opening sockets. */
static int check(const char *path)
{
    static struct lint lint;
    struct tree_error why;
    struct config *c = calloc(1, sizeof *c);
    int code = 1;
    lint.now = clock_system();
    if (c == NULL)
        fputs("ticketpulsed: no memory\n", stderr);
    else if (!config_lint(path, c, &why, &lint))
        fprintf(stderr, "%s\n", why.text);
    else if (engine_size(&c->limits, &c->settings) == 0)
        fprintf(stderr, "%s:1: limits: impossible together; make some smaller\n", path);
    else
        code = 0;
    if (code == 0)
        lint_print(&lint, stderr);
    if (code == 0 && lint.faults > 0)
        code = 1;
    if (code == 0) {
        printf("%s: fine, %u rules, %u windows", path == NULL ? "built-in defaults" : path,
               c->settings.rules, c->settings.windows);
        if (c->sla != NULL)
            print_sla(c->sla);
        puts("");
    }
    if (c != NULL)
        config_fini(c);
    free(c);
    return code;
}

static int verify_state(const char *dir, const char *at)
{
    struct verified v;
    char *end = NULL;
    ms_t instant = at == NULL ? MS_NONE : strtoll(at, &end, 10);
    if (dir == NULL || (at != NULL && (*end != 0 || instant <= 0))) {
        fputs(dir == NULL ? "ticketpulsed: --verify needs --state DIR\n"
                          : "ticketpulsed: --at is no instant; write milliseconds since 1970\n",
              stderr);
        return 2;
    }
    return verify(dir, instant, stderr, &v) ? verify_print(dir, &v, stdout) : 1;
}

int main(int argc, char **argv)
{
    enum { CONFIG = 256, STATE, AT, CHECK_ONLY, VERIFY, PRINT_CONFIG, PRINT_MAN, VERSION, HELP };
    static const struct option options[] = {
        {"config", required_argument, NULL, CONFIG},
        {"state", required_argument, NULL, STATE},
        {"at", required_argument, NULL, AT},
        {"check", no_argument, NULL, CHECK_ONLY},
        {"verify", no_argument, NULL, VERIFY},
        {"print-config", no_argument, NULL, PRINT_CONFIG},
        {"print-man", no_argument, NULL, PRINT_MAN},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    const char *config = NULL, *state = NULL, *at = NULL;
    int c, what = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == '?')
            return 2;
        if (c == CONFIG)
            config = optarg;
        else if (c == STATE)
            state = optarg;
        else if (c == AT)
            at = optarg;
        else
            what = c;
    }
    if (optind < argc) {
        fprintf(stderr, "ticketpulsed: unknown argument '%s'; see --help\n", argv[optind]);
        return 2;
    }
    switch (what) {
    case CHECK_ONLY:
        return check(config);
    case VERIFY:
        return verify_state(state, at);
    case PRINT_CONFIG:
        return reference_print(stdout) ? 0 : 1;
    case PRINT_MAN:
        return reference_print_man(stdout) ? 0 : 1;
    case VERSION:
        return puts("ticketpulsed " TP_VERSION) < 0;
    case HELP:
        return fputs(usage, stdout) < 0;
    default:
        return app_run(config, state);
    }
}

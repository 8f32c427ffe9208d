/* Options of commands: every kind, its bounds, and what is refused. */
#include "daemon/cli/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

static struct {
    bool flag;
    const char *text;
    uint32_t count, milli, speed;
    uint64_t number;
    ms_t duration, instant;
} got;

static const struct option table[] = {
    {"flag", OPTION_FLAG, &got.flag, W_O_FLAT, 0, 0},
    {"text", OPTION_TEXT, &got.text, W_O_TO, 0, 0},
    {"count", OPTION_COUNT, &got.count, W_O_AGENTS, 1, 100},
    {"number", OPTION_NUMBER, &got.number, W_O_SEED, 0, INT64_MAX},
    {"milli", OPTION_MILLI, &got.milli, W_O_RATE, 1, 1000000},
    {"duration", OPTION_DURATION, &got.duration, W_O_FOR, 1, MS_DAY},
    {"instant", OPTION_INSTANT, &got.instant, W_O_AT, 0, 0},
    {"speed", OPTION_SPEED, &got.speed, W_O_SPEED, 0, 0},
};

static const struct usage usage = {"test", "FILE", W_ABOUT_SEND, table, ARRAY_LEN(table)};

static enum options_end read_all(const char *const *words, int *operands, char **argv)
{
    int argc = 0;
    for (; words[argc] != NULL; argc++)
        argv[argc] = (char *)words[argc];
    return options_read(&usage, argc, argv, operands);
}

#define READ(...) read_all((const char *const[]){__VA_ARGS__, NULL}, &operands, argv)

Test(options, every_kind, .init = cr_redirect_stderr)
{
    char *argv[32];
    int operands = -1;
    cr_assert_eq(READ("a", "--flag", "--text", "x y", "-", "--count=100", "--number", "7",
                      "--milli", "2.5", "--duration", "1h30m", "--instant",
                      "2026-02-06T16:30:00+01:00", "--speed", "60x", "--", "--flag"),
                 OPTIONS_GO);
    cr_assert_eq(operands, 3);
    cr_assert_str_eq(argv[0], "a");
    cr_assert_str_eq(argv[1], "-");
    cr_assert_str_eq(argv[2], "--flag");
    cr_assert(got.flag);
    cr_assert_str_eq(got.text, "x y");
    cr_assert_eq(got.count, 100);
    cr_assert_eq(got.number, 7);
    cr_assert_eq(got.milli, 2500);
    cr_assert_eq(got.duration, 90 * MS_MINUTE);
    cr_assert_eq(got.instant, 1770391800000);
    cr_assert_eq(got.speed, 60000);
    cr_assert_eq(READ("--speed", "max", "--instant", "1770391800000"), OPTIONS_GO);
    cr_assert_eq(got.speed, 0);
    cr_assert_eq(READ("--speed", "0.5x", "--milli", "0.001"), OPTIONS_GO);
    cr_assert_eq(got.speed, 500);
    cr_assert_eq(got.milli, 1);
}

Test(options, wrong_values_are_refused, .init = cr_redirect_stderr)
{
    char *argv[32];
    int operands;
    cr_assert_eq(READ("--count", "0"), OPTIONS_WRONG);
    cr_assert_eq(READ("--count", "101"), OPTIONS_WRONG);
    cr_assert_eq(READ("--count", "5x"), OPTIONS_WRONG);
    cr_assert_eq(READ("--count"), OPTIONS_WRONG);
    cr_assert_eq(READ("--count="), OPTIONS_WRONG);
    cr_assert_eq(READ("--milli", "1.2345"), OPTIONS_WRONG);
    cr_assert_eq(READ("--milli", "1.2.3"), OPTIONS_WRONG);
    cr_assert_eq(READ("--milli", "."), OPTIONS_WRONG);
    cr_assert_eq(READ("--duration", "5"), OPTIONS_WRONG);
    cr_assert_eq(READ("--duration", "2d"), OPTIONS_WRONG);
    cr_assert_eq(READ("--instant", "1770391800"), OPTIONS_WRONG);
    cr_assert_eq(READ("--instant", "2026-02-06"), OPTIONS_WRONG);
    cr_assert_eq(READ("--speed", "0x"), OPTIONS_WRONG);
    cr_assert_eq(READ("--speed", "fast"), OPTIONS_WRONG);
    cr_assert_eq(READ("--flag=1"), OPTIONS_WRONG);
    cr_assert_eq(READ("--unknown"), OPTIONS_WRONG);
    cr_assert_eq(READ("-f"), OPTIONS_WRONG);
    cr_assert_eq(READ("--fla"), OPTIONS_WRONG);
    cr_assert_eq(READ("--lang", "de"), OPTIONS_WRONG);
    cr_assert_eq(READ("--text="), OPTIONS_WRONG);
}

Test(options, complaint_is_one_line, .init = cr_redirect_stderr)
{
    char *argv[32];
    int operands;
    cr_assert_eq(READ("--count", "0"), OPTIONS_WRONG);
    fflush(stderr);
    cr_assert_stderr_eq_str("ticketpulse: test: --count wants N (1..100)\n");
}

Test(options, help_names_all, .init = cr_redirect_stdout)
{
    char *argv[32];
    int operands;
    cr_assert_eq(READ("--help", "--lang", "zh"), OPTIONS_HELPED);
    cr_assert_eq(words_lang(), LANG_ZH);
    fflush(stdout);
    char text[8192] = "";
    FILE *said = cr_get_redirected_stdout();
    size_t n = fread(text, 1, sizeof(text) - 1, said);
    text[n] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char dashed[32];
        snprintf(dashed, sizeof(dashed), "--%s ", table[i].name);
        cr_assert_not_null(strstr(text, dashed), "%s", dashed);
    }
}

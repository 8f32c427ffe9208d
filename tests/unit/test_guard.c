/* Who may ask: tokens, hosts, pages of other sites. */
#include "daemon/web/guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/tp-guard-XXXXXX";
static char why[GUARD_WHY_BYTES];

static void start(void)
{
    cr_assert_not_null(mkdtemp(dir));
}

static void end(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/token", dir);
    unlink(path);
    rmdir(dir);
}

TestSuite(guard, .init = start, .fini = end);

/* Loads the token from a file with this text. */
static bool load(struct token *t, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/token", dir);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
    return token_load(t, path, why);
}

Test(guard, a_token_is_one_line)
{
    struct token t;
    cr_assert(load(&t, "0123456789abcdef\n"));
    cr_assert_eq(t.n, 16);
    cr_assert(load(&t, "0123456789abcdefg"));
    cr_assert_eq(t.n, 17);
    cr_assert(load(&t, "0123456789abcdef\r\n"));
    cr_assert_eq(t.n, 16);
}

Test(guard, a_short_long_or_strange_token_is_refused)
{
    struct token t;
    char text[TOKEN_BYTES_MAX + 2];
    cr_assert_not(load(&t, ""));
    cr_assert_not(load(&t, "\n0123456789abcdef\n"));
    cr_assert_not(load(&t, "0123456789abcde\n"));
    cr_assert_not(load(&t, "0123456789 abcdef\n"));
    cr_assert_not(load(&t, "0123456789abcdef\xc3\xa4\n"));
    memset(text, 'x', sizeof text);
    text[TOKEN_BYTES_MAX] = 0;
    cr_assert(load(&t, text));
    text[TOKEN_BYTES_MAX] = 'x';
    text[TOKEN_BYTES_MAX + 1] = 0;
    cr_assert_not(load(&t, text));
    cr_assert_not_null(strstr(why, "16 to 256"));
    cr_assert_eq(t.n, 0);
}

Test(guard, a_zero_byte_does_not_cut_a_token_short)
{
    static const char text[] = "0123456789abcdef\0the rest\n";
    struct token t;
    char path[64];
    snprintf(path, sizeof path, "%s/token", dir);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fwrite(text, 1, sizeof text - 1, f);
    fclose(f);
    cr_assert_not(token_load(&t, path, why));
    cr_assert_not_null(strstr(why, "visible ASCII"), "%s", why);
    cr_assert_eq(t.n, 0);
}

Test(guard, what_is_no_file_is_not_waited_for)
{
    struct token t;
    char path[64];
    snprintf(path, sizeof path, "%s/token", dir);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_not(token_load(&t, path, why));
    cr_assert_not_null(strstr(why, "/token: is no file; put the token into one"), "%s", why);
    cr_assert_not(token_load(&t, dir, why));
    cr_assert_not_null(strstr(why, ": is no file"), "%s", why);
    cr_assert_eq(t.n, 0);
}

Test(guard, a_name_is_a_credential)
{
    struct token t;
    cr_assert(load(&t, "0123456789abcdef\n"));
    unsetenv("CREDENTIALS_DIRECTORY");
    cr_assert_not(token_load(&t, "credential:token", why));
    cr_assert_not_null(strstr(why, "LoadCredential="));
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    cr_assert(token_load(&t, "credential:token", why));
    cr_assert_eq(t.n, 16);
    cr_assert_not(token_load(&t, "credential:other", why));
    cr_assert_not_null(strstr(why, "No such file"));
}

Test(guard, only_the_whole_token_opens)
{
    struct token t;
    cr_assert(load(&t, "0123456789abcdef\n"));
    cr_assert(token_shown(&t, "Bearer 0123456789abcdef"));
    cr_assert(token_shown(&t, "bearer 0123456789abcdef"));
    static const char *const wrong[] = {"",
                                        "Bearer",
                                        "Bearer ",
                                        "0123456789abcdef",
                                        "Basic 0123456789abcdef",
                                        "Bearer 0123456789abcde",
                                        "Bearer 0123456789abcdeg",
                                        "Bearer 1123456789abcdef",
                                        "Bearer  0123456789abcdef",
                                        "Bearer 0123456789abcdef0123456789abcdef"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        cr_assert_not(token_shown(&t, wrong[i]), "%s", wrong[i]);
    cr_assert_not(token_shown(&t, NULL));
}

Test(guard, without_a_token_everybody_has_it)
{
    struct token t;
    cr_assert(token_load(&t, "", why));
    cr_assert(token_shown(&t, NULL));
}

Test(guard, hosts_of_this_machine)
{
    static const char *const local[] = {"localhost",    "localhost:9570", "127.0.0.1",
                                        "127.1.2.3:80", "[::1]",          "[::1]:9570"};
    static const char *const others[] = {"",
                                         "desk.example",
                                         "localhost.example:9570",
                                         "127.0.0.1.example",
                                         "10.0.0.1:9570",
                                         "[fe80::1]:80",
                                         "192.168.1.5"};
    for (size_t i = 0; i < ARRAY_LEN(local); i++)
        cr_assert(host_is_local(local[i]), "%s", local[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        cr_assert_not(host_is_local(others[i]), "%s", others[i]);
    cr_assert_not(host_is_local(NULL));
}

Test(guard, pages_of_ours)
{
    cr_assert(origin_is_ours(NULL, "127.0.0.1:9570"));
    cr_assert(origin_is_ours("http://127.0.0.1:9570", "127.0.0.1:9570"));
    cr_assert(origin_is_ours("https://desk.example", "desk.example"));
    cr_assert_not(origin_is_ours("http://127.0.0.1", "127.0.0.1:9570"));
    cr_assert_not(origin_is_ours("http://evil.example", "127.0.0.1:9570"));
    cr_assert_not(origin_is_ours("null", "127.0.0.1:9570"));
    cr_assert_not(origin_is_ours("http://127.0.0.1:9570", NULL));
}

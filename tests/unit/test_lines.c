/* Lines of plain and packed files, of every awkward length. */
#include "daemon/cli/lines.h"

#include "proto/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

static char path[] = "/tmp/ticketpulse-lines-XXXXXX";

static void write_file(const char *bytes, size_t n, bool packed)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    if (packed) {
        gzFile f = gzdopen(fd, "wb");
        cr_assert_eq(gzwrite(f, bytes, (unsigned)n), (int)n);
        gzclose(f);
    } else {
        cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
        close(fd);
    }
}

static struct lines *open_file(void)
{
    const char *why;
    struct lines *l = lines_open(path, &why);
    cr_assert_not_null(l);
    return l;
}

static void check_texts(bool packed)
{
    static const char text[] = "one\n\ntwo\r\nthree";
    static const char *const want[] = {"one", "", "two\r", "three"};
    struct str line;
    write_file(text, sizeof(text) - 1, packed);
    struct lines *l = open_file();
    cr_assert_gt(lines_total(l), 0);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(lines_next(l, &line), LINES_ONE);
        cr_assert(str_equal(line, str_of(want[i])), "line %u", i);
        cr_assert_eq(lines_number(l), i + 1);
    }
    cr_assert_eq(lines_next(l, &line), LINES_END);
    cr_assert_eq(lines_next(l, &line), LINES_END);
    cr_assert_eq(lines_done(l), lines_total(l));
    lines_close(l);
    unlink(path);
}

Test(lines, plain)
{
    check_texts(false);
}

Test(lines, packed)
{
    check_texts(true);
}

/* Lengths around the buffer's and the limit's edges: each line is whole, or refused by itself. */
Test(lines, long_ones)
{
    static const size_t lengths[] = {0,      1,      65535,  65536,  65537,  262143,
                                     262144, 262145, 300000, 600000, 131072, 5};
    size_t cap = 3000000, n = 0;
    char *text = malloc(cap);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        memset(text + n, 'a' + (int)i, lengths[i]);
        n += lengths[i];
        text[n++] = '\n';
    }
    write_file(text, n, true);
    struct lines *l = open_file();
    struct str line;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        bool fits = lengths[i] <= TEXT_LINE_MAX;
        cr_assert_eq(lines_next(l, &line), fits ? LINES_ONE : LINES_LONG, "length %zu", lengths[i]);
        cr_assert_eq(lines_number(l), i + 1);
        if (fits) {
            cr_assert_eq(line.len, lengths[i]);
            for (uint32_t k = 0; k < line.len; k++)
                cr_assert_eq(line.p[k], 'a' + (char)i);
        }
    }
    cr_assert_eq(lines_next(l, &line), LINES_END);
    lines_close(l);
    unlink(path);
    free(text);
}

Test(lines, damage_is_told)
{
    char text[20000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i % 50 == 49 ? '\n' : 'a' + (char)(mix64(i) % 26));
    write_file(text, sizeof(text), true);
    cr_assert_eq(truncate(path, 5000), 0);
    struct lines *l = open_file();
    struct str line;
    enum lines_end end;
    while ((end = lines_next(l, &line)) == LINES_ONE)
        cr_assert_eq(line.len, 49);
    cr_assert_eq(end, LINES_BROKEN);
    cr_assert_not_null(lines_why(l));
    lines_close(l);
    unlink(path);
}

Test(lines, what_cannot_be_opened)
{
    const char *why = NULL;
    cr_assert_null(lines_open("/nowhere/at/all", &why));
    cr_assert_not_null(why);
    why = NULL;
    cr_assert_null(lines_open("/tmp", &why));
    cr_assert_not_null(why);
}

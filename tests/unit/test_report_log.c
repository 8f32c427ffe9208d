/* Logs that are read twice: files, pipes, standard input from its middle, none. */
#include "daemon/cli/report_log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char text[] = "{\"type\":\"heartbeat\",\"src\":\"a\",\"ts\":1767225605000}\n"
                           "nothing\n"
                           "{\"type\":\"heartbeat\",\"src\":\"a\",\"ts\":1767225603000}\n"
                           "{\"type\":\"heartbeat\",\"src\":\"a\",\"ts\":1767225609000}\n"
                           "{\"type\":\"heartbeat\",\"src\":\"a\",\"ts\":1767225610000}\n";
static const ms_t start = 1767225600000;

static int file_of(const char *bytes, size_t n, char path[static 64])
{
    snprintf(path, 64, "/tmp/ticketpulse-log-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* Both passes see the same, whatever the first one saw. */
static void reads(struct report_log *l, ms_t first, ms_t last, uint64_t events, uint64_t refused)
{
    for (int pass = 0; pass < 2; pass++) {
        ms_t from, to;
        cr_assert(report_log_extent(l, MS_NEVER, &from, &to));
        cr_assert(from == first && to == last);
        struct feed *f = report_log_feed(l, true);
        cr_assert_not_null(f);
        for (uint64_t i = 0; i < events; i++)
            cr_assert_not_null(feed_next(f));
        cr_assert(feed_next(f) == NULL && feed_refused(f) == refused && feed_whole(f));
        feed_close(f);
    }
}

Test(report_log, a_file)
{
    char path[64], *paths[] = {path};
    struct report_log l;
    close(file_of(text, sizeof text - 1, path));
    cr_assert(report_log_open(&l, paths, 1, true));
    cr_assert_str_eq(l.path[0], path);
    reads(&l, start + 3000, start + 10000, 4, 1);
    ms_t first, last;
    cr_assert(report_log_extent(&l, start + 9000, &first, &last) && last == start + 9000);
    report_log_close(&l);
    unlink(path);
}

Test(report_log, several_and_none)
{
    char one[64], two[64], *paths[] = {one, two};
    struct report_log l;
    close(file_of(text, sizeof text - 1, one));
    close(file_of("", 0, two));
    cr_assert(report_log_open(&l, paths, 2, true));
    reads(&l, start + 3000, start + 10000, 4, 1);
    report_log_close(&l);
    cr_assert(report_log_open(&l, paths + 1, 1, true));
    reads(&l, MS_NONE, MS_NONE, 0, 0);
    report_log_close(&l);
    unlink(one);
    unlink(two);
    ms_t first, last;
    cr_assert(report_log_open(&l, paths, 1, true)); /* who reads it complains */
    cr_assert_not(report_log_extent(&l, MS_NEVER, &first, &last));
    report_log_close(&l);
}

/* A pipe gives what it has but once. */
Test(report_log, pipes)
{
    for (int standard = 0; standard < 2; standard++) {
        int ends[2];
        char path[32], *paths[] = {path};
        struct report_log l;
        cr_assert(pipe(ends) == 0 && write(ends[1], text, sizeof text - 1) > 0);
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        if (standard) {
            snprintf(path, sizeof path, "-");
            cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        }
        cr_assert(report_log_open(&l, paths, 1, true));
        cr_assert_eq(strcmp(l.path[0], "-") == 0, standard);
        reads(&l, start + 3000, start + 10000, 4, 1);
        report_log_close(&l);
        close(ends[0]);
    }
}

/* Nor is a pipe kept that is read but once. */
Test(report_log, a_pipe_once)
{
    int ends[2];
    char *paths[] = {"-"};
    struct report_log l;
    cr_assert(pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    cr_assert(report_log_open(&l, paths, 1, false)); /* nothing has come yet */
    cr_assert_eq(write(ends[1], text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(ends[1]);
    struct feed *f = report_log_feed(&l, true);
    cr_assert_eq(feed_next(f)->ts, start + 5000);
    feed_close(f);
    report_log_close(&l);
}

/* Standard input that is a file begins where it is: somebody took the first line already. */
Test(report_log, standard_input_from_its_middle)
{
    char path[64], *paths[] = {"-"};
    struct report_log l;
    int fd = file_of(text, sizeof text - 1, path);
    cr_assert(dup2(fd, STDIN_FILENO) == STDIN_FILENO &&
              lseek(STDIN_FILENO, strchr(text, '\n') + 1 - text, SEEK_SET) > 0);
    for (int again = 0; again < 2; again++) {
        cr_assert(report_log_open(&l, paths, 1, again));
        reads(&l, start + 3000, start + 10000, 3, 1);
        lseek(STDIN_FILENO, l.from, SEEK_SET);
        report_log_close(&l);
    }
    unlink(path);
}

Test(report_log, no_room_for_a_copy)
{
    int ends[2];
    char *paths[] = {"-"};
    struct report_log l;
    cr_assert(pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    close(ends[1]);
    setenv("TMPDIR", "/nowhere", 1);
    cr_assert_not(report_log_open(&l, paths, 1, true));
    report_log_close(&l);
}

/* Log lines: for the journal, for people, from strangers, and not too many. */
#include "daemon/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int out[2];
static struct log sut;

static void begin(void)
{
    cr_assert_eq(pipe(out), 0);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    log_init(&sut, out[1], LOG_INFO);
    log_at(&sut, MS_MIN_TS);
}

static const char *written(void)
{
    static char text[65536];
    ssize_t n = read(out[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    return text;
}

Test(log, lines_have_the_priority_of_the_journal, .init = begin)
{
    log_error(&sut, "a", "n=%d", 1);
    log_warning(&sut, "b", "%s", "");
    log_info(&sut, "c", "n=%d k=%s", 2, "v");
    log_debug(&sut, "d", "n=%d", 3);
    cr_assert_str_eq(written(), "<3>a n=1\n<4>b\n<6>c n=2 k=v\n");
    sut.level = LOG_DEBUG;
    log_debug(&sut, "d", "n=%d", 3);
    cr_assert_str_eq(written(), "<7>d n=3\n");
}

Test(log, lines_have_time_and_level_on_a_terminal, .init = begin)
{
    sut.tty = true;
    log_at(&sut, 1770391800250);
    log_warning(&sut, "event refused", "id=%d", 7);
    cr_assert_str_eq(written(), "2026-02-06 15:30:00.250Z warning event refused id=7\n");
}

Test(log, lines_are_cut_not_overrun, .init = begin)
{
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    log_info(&sut, "long", "t=%s", text);
    const char *line = written();
    cr_assert_eq(strlen(line), LOG_LINE_MAX - 1);
    cr_assert_eq(line[strlen(line) - 1], '\n');
}

static uint32_t lines(const char *text, const char *begin_with)
{
    uint32_t n = 0;
    for (const char *p = strstr(text, begin_with); p != NULL; p = strstr(p + 1, begin_with))
        n++;
    return n;
}

Test(log, reasons_are_limited_each_for_itself, .init = begin)
{
    for (int i = 0; i < 100; i++)
        log_warning(&sut, "bad", "i=%d", i);
    log_warning(&sut, "other", "i=%d", 0);
    const char *text = written();
    cr_assert_eq(lines(text, "<4>bad i="), LOG_BURST);
    cr_assert_eq(lines(text, "<4>other"), 1);
    log_at(&sut, MS_MIN_TS + LOG_PERIOD_MS - 1);
    cr_assert_str_eq(written(), "");
    log_at(&sut, MS_MIN_TS + LOG_PERIOD_MS);
    cr_assert_str_eq(written(), "<4>bad suppressed=90 seconds=10\n");
    log_at(&sut, MS_MIN_TS + 3 * LOG_PERIOD_MS);
    cr_assert_str_eq(written(), "");
    log_warning(&sut, "bad", "i=%d", 100);
    cr_assert_str_eq(written(), "<4>bad i=100\n");
}

Test(log, reasons_beyond_the_bound_share_a_place, .init = begin)
{
    static char names[2 * LOG_REASONS_MAX][16];
    for (int i = 0; i < 2 * LOG_REASONS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "reason%d", i);
        log_info(&sut, names[i], "n=%d", i);
    }
    cr_assert_eq(sut.reasons, LOG_REASONS_MAX);
    cr_assert_eq(lines(written(), "<6>reason"), LOG_REASONS_MAX + LOG_BURST - 1);
}

Test(log, texts_from_outside_are_made_safe)
{
    char buf[LOG_TEXT_MAX], longer[300];
    cr_assert_str_eq(log_text(buf, str_of("ada")), "ada");
    cr_assert_str_eq(log_text(buf, str_of("")), "\"\"");
    cr_assert_str_eq(log_text(buf, str_of("a b")), "\"a b\"");
    cr_assert_str_eq(log_text(buf, str_of("a\n<0>b\x1b[2J\"\\\x7f")),
                     "a\\x0a<0>b\\x1b[2J\\x22\\x5c\\x7f");
    cr_assert_str_eq(log_text(buf, str_of("\u202eevil \u2066x")),
                     "\"\\xe2\\x80\\xaeevil \\xe2\\x81\\xa6x\"");
    cr_assert_str_eq(log_text(buf, str_of("退款👩\u200d🚒?")), "退款👩\u200d🚒?");
    cr_assert_str_eq(log_text(buf, str_of("工单")), "工单");
    memset(longer, '\n', sizeof longer);
    cr_assert_lt(strlen(log_text(buf, (struct str){longer, sizeof longer})), LOG_TEXT_MAX);
}

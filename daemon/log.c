#include "daemon/log.h"

#include "daemon/logfield.h"
#include "daemon/unseen.h"

#include <stdarg.h>
#include <stdio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

const char *const log_level_names[LOG_LEVELS] = {"error", "warning", "info", "debug"};

/* sd-daemon(3): SD_ERR, SD_WARNING, SD_INFO, SD_DEBUG. */
static const int priorities[LOG_LEVELS] = {3, 4, 6, 7};

void log_init(struct log *log, int fd, enum log_level level)
{
    *log = (struct log){.fd = fd,
                        .tty = isatty(fd) == 1,
                        .journal = logfield_is_journal(fd),
                        .level = (uint8_t)level};
}

/* "<4>" or "2026-02-06 16:30:00.250 warning "; bytes written. */
static int write_head(const struct log *log, enum log_level level, char *p, size_t cap)
{
    if (!log->tty)
        return snprintf(p, cap, "<%d>", priorities[level]);
    struct tm tm;
    time_t seconds = (time_t)sec_floor(log->now);
    if (gmtime_r(&seconds, &tm) == NULL)
        return 0;
    size_t n = strftime(p, cap, "%Y-%m-%d %H:%M:%S", &tm);
    int more = snprintf(p + n, cap - n, ".%03dZ %-7s ", (int)(log->now - seconds * MS_SECOND),
                        log_level_names[level]);
    return (int)n + (more > 0 ? more : 0);
}

static bool put_journal(enum log_level level, const char *reason, const char *fields)
{
    char bytes[LOGFIELD_BYTES];
    struct iovec iov[LOGFIELDS_MAX];
    uint32_t n = logfields(reason, fields, priorities[level], bytes, iov);
    return sd_journal_sendv(iov, (int)n) == 0;
}

/* One write per line, so that lines of several programs do not mix. A full pipe loses it. */
static void put(const struct log *log, enum log_level level, const char *reason, const char *fields)
{
    char line[LOG_LINE_MAX];
    if (log->journal && put_journal(level, reason, fields))
        return;
    size_t cap = sizeof line - 1;
    size_t n = (size_t)write_head(log, level, line, cap);
    int more = snprintf(line + n, cap - n, "%s%s%s", reason, fields[0] == 0 ? "" : " ", fields);
    n += more > 0 ? (size_t)more : 0;
    if (n >= cap)
        n = cap - 1;
    line[n++] = '\n';
    ssize_t written = write(log->fd, line, n);
    (void)written;
}

/* The period of this reason is over: tell what was kept back, begin anew. */
static void turn_over(struct log *log, struct log_reason *r)
{
    char fields[64];
    if (r->suppressed > 0) {
        snprintf(fields, sizeof fields, "suppressed=%llu seconds=%d",
                 (unsigned long long)r->suppressed, LOG_PERIOD_MS / MS_SECOND);
        put(log, r->level, r->reason, fields);
    }
    r->since = log->now;
    r->lines = 0;
    r->suppressed = 0;
}

void log_at(struct log *log, ms_t now)
{
    log->now = now;
    for (uint32_t i = 0; i < log->reasons; i++)
        if (log->reason[i].suppressed > 0 && now - log->reason[i].since >= LOG_PERIOD_MS)
            turn_over(log, &log->reason[i]);
}

static struct log_reason *reason_of(struct log *log, enum log_level level, const char *reason)
{
    for (uint32_t i = 0; i < log->reasons; i++)
        if (strcmp(log->reason[i].reason, reason) == 0)
            return &log->reason[i];
    if (log->reasons == LOG_REASONS_MAX)
        return &log->reason[LOG_REASONS_MAX - 1];
    struct log_reason *r = &log->reason[log->reasons++];
    *r = (struct log_reason){.reason = reason, .level = (uint8_t)level, .since = log->now};
    return r;
}

void log_line(struct log *log, enum log_level level, const char *reason, const char *format, ...)
{
    if (level > log->level)
        return;
    struct log_reason *r = reason_of(log, level, reason);
    if (log->now - r->since >= LOG_PERIOD_MS)
        turn_over(log, r);
    if (r->lines >= LOG_BURST) {
        r->suppressed++;
        return;
    }
    r->lines++;
    char fields[LOG_LINE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(fields, sizeof fields, format, args);
    va_end(args);
    put(log, level, reason, fields);
}

/* Does nobody see the character at `at`? *ret_next: where the next one begins. */
static bool is_unseen(struct str text, uint32_t at, uint32_t *ret_next)
{
    char c[4] = {text.p[at]};
    uint32_t n = 1;
    for (; n < sizeof c && at + n < text.len && ((uint8_t)text.p[at + n] & 0xC0) == 0x80; n++)
        c[n] = text.p[at + n];
    *ret_next = at + n;
    return text.p[at] != '?' && unseen_hide(c, n) == 1 && c[0] == '?';
}

const char *log_text(char buf[LOG_TEXT_MAX], struct str text)
{
    static const char digits[] = "0123456789abcdef";
    bool quoted = text.len == 0 || memchr(text.p, ' ', text.len) != NULL;
    size_t n = 0;
    if (quoted)
        buf[n++] = '"';
    bool unseen = false;
    for (uint32_t i = 0, next = 0; i < text.len && n + 7 < LOG_TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (i == next)
            unseen = is_unseen(text, i, &next);
        if (unseen || c == '"' || c == '\\') {
            buf[n++] = '\\';
            buf[n++] = 'x';
            buf[n++] = digits[c >> 4];
            buf[n++] = digits[c & 15];
        } else {
            buf[n++] = (char)c;
        }
    }
    if (quoted)
        buf[n++] = '"';
    buf[n] = 0;
    return buf;
}

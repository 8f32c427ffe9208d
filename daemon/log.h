/* log.h: lines on stderr: journald priorities or, on a terminal, time and level; never a flood.
 *
 * A line is a reason (a few fixed words, by which it is rate-limited), then key=value fields. Of
 * one reason at most LOG_BURST lines go out in LOG_PERIOD_MS; the rest is counted, and the count
 * follows when the period is over. The log reads no clock: log_at tells it the time. */
#ifndef TP_DAEMON_LOG_H
#define TP_DAEMON_LOG_H

#include "core/base.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_LEVELS };
extern const char *const log_level_names[LOG_LEVELS];

enum {
    LOG_REASONS_MAX = 64, /* reasons told apart; more share the last place */
    LOG_BURST = 10,       /* lines of one reason in a period: a start tells eight endpoints */
    LOG_PERIOD_MS = 10000,
    LOG_LINE_MAX = 1024,
    LOG_TEXT_MAX = 128, /* a quoted field, see log_text */
};

struct log_reason {
    const char *reason;
    uint8_t level;
    ms_t since;          /* begin of its period */
    uint32_t lines;      /* in this period */
    uint64_t suppressed; /* in this period */
};

struct log {
    int fd;        /* where lines go; borrowed */
    bool tty;      /* time and level for people, else "<priority>" for whoever collects it */
    bool journal;  /* or fields for journald, past fd */
    uint8_t level; /* enum log_level: less important lines are not written */
    ms_t now;
    uint32_t reasons;
    struct log_reason reason[LOG_REASONS_MAX];
};

/* fd is borrowed; terminals are told from other files by isatty, the journal by JOURNAL_STREAM. */
void log_init(struct log *log, int fd, enum log_level level);

/* The loop's time, once per turn; writes what was counted in periods that are over. */
void log_at(struct log *log, ms_t now);

/* reason: static storage; format: fields "key=%d key=%s"; "" when there is none. */
void log_line(struct log *log, enum log_level level, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_error(log, ...) log_line(log, LOG_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_line(log, LOG_WARNING, __VA_ARGS__)
#define log_info(log, ...) log_line(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)

/* Text from outside as one safe field: control bytes, quotes and backslashes as \xNN, quotes
 * around it when it has blanks or is empty, cut at the end of buf. Returns buf. */
const char *log_text(char buf[LOG_TEXT_MAX], struct str text);

#endif

/* report_log.h: the log that a report reads, as often as it has to.
 *
 * Where a log ends decides what a report counts, so it is looked at before it is counted. What can
 * be read only once (standard input from a pipe, a named pipe) is kept in a temporary file. */
#ifndef TP_DAEMON_CLI_REPORT_LOG_H
#define TP_DAEMON_CLI_REPORT_LOG_H

#include "daemon/cli/feed.h"

struct log_copy {
    int fd; /* 0: none, the path given is read */
    char path[32];
};

struct report_log {
    char **path; /* as given, or of copies */
    struct log_copy *copy;
    uint32_t n;
    int64_t from; /* of standard input: the byte at which it began; -1: it is a pipe */
};

/* again: it will be read more than once. false: complained. The paths must live as long. */
bool report_log_open(struct report_log *l, char *const *paths, uint32_t n, bool again);

/* From its beginning, as feed_open. */
struct feed *report_log_feed(const struct report_log *l, bool quiet);

/* First and last ts, MS_NONE when there is nothing; looks no further than an event that is not
 * before `enough`. What cannot be read is complained about by who reads it next. false: not even
 * opened. */
bool report_log_extent(const struct report_log *l, ms_t enough, ms_t *ret_first, ms_t *ret_last);

void report_log_close(struct report_log *l);

#endif

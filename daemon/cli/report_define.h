/* report_define.h: what each indicator is, in a line for people. */
#ifndef TP_DAEMON_CLI_REPORT_DEFINE_H
#define TP_DAEMON_CLI_REPORT_DEFINE_H

#include "core/settings.h"
#include "proto/phrase.h"

/* "resolves that were reopened"; of one of the site's own what it is made of, and whether less is
 * better. Not of gauges. Returns buf. */
enum { DEFINED_MAX = 256 };
const char *define_indicator(char buf[DEFINED_MAX], const struct settings *s, enum indicator i,
                             enum lang lang);

/* The number that stands for it: p50 of durations, num of counts, value, mean. */
enum indicator_field define_field(const struct settings *s, enum indicator i);

#endif

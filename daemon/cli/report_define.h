/* report_define.h: what each indicator is, in a line for people, and which way is good. */
#ifndef TP_DAEMON_CLI_REPORT_DEFINE_H
#define TP_DAEMON_CLI_REPORT_DEFINE_H

#include "core/settings.h"
#include "proto/phrase.h"

enum direction { DIRECTION_NONE, HIGHER_IS_BETTER, LOWER_IS_BETTER };

/* "share of …", the unit of one of the site's own; lent. Not of gauges. */
const char *define_indicator(const struct settings *s, enum indicator i, enum lang lang);

enum direction define_direction(const struct settings *s, enum indicator i);

/* The number that stands for it: p50 of durations, num of counts, value, mean. */
enum indicator_field define_field(const struct settings *s, enum indicator i);

#endif

/* story.h: reads the lines of a .trace file: settings, clock times, events.
 *
 *     # Ada answers after a quarter of an hour.
 *     set target first_response 20m
 *     day 2026-02-06
 *     09:00 opened ticket=T1 team=billing
 *     09:15 message ticket=T1 by=agent agent=ada
 *     show team billing 1h first_response
 *     = first_response n=1 mean=15m00s min=15m00s max=15m00s target=20m00s met=1 missed=0
 *
 * A line is a comment, a setting, `day DATE`, TIME EVENT, TIME tick (the clock), `show …`,
 * `alerts` (the active ones), `ack WHICH BY`, `mute WHICH BY [until TIME]` (WHICH: rule or ticket),
 * `explain TICKET [METRIC]`, `worklist`, `forget rules` / `compare` (what would the new settings
 * do) / `apply` (a reload), or, after "= ", what the line above must bring. `config` and the lines
 * after it that begin with "|" are a configuration file.
 *
 * Times are UTC, h:mm, h:mm:ss or h:mm:ss.mmm; hours may pass 24. In 9:00@9:05 the second one is
 * when the event was received. */
#ifndef TP_TESTS_STORY_H
#define TP_TESTS_STORY_H

#include "core/engine.h"
#include "core/settings.h"

enum { STORY_LINE_MAX = 1024 };

/* Cuts the next word (up to a blank) off *rest; empty at the end. */
struct str story_word(struct str *rest);

/* One `set` line, the "set" cut off. NULL, or what is wrong with it. */
const char *story_set(struct str rest, struct settings *s, struct limits *limits);

/* "2026-02-06" -> its midnight in UTC. */
bool story_day(struct str text, ms_t *ret);

/* "9:15:00.250" -> ms after midnight. */
bool story_time(struct str text, ms_t *ret);

/* "9:15" or "9:15@9:20", happened and received; MS_NONE when the latter is not said. */
bool story_times(struct str text, ms_t *ret, ms_t *ret_received);

/* `KIND key=value …` as a line of NDJSON. Length, or 0 when it does not fit. */
size_t story_json(struct str rest, ms_t ts, char buf[STORY_LINE_MAX * 2]);

/* Writes what a snapshot of one window (or `now`) says of an indicator, "" of every one, to
 * print() as lines. How many. */
uint32_t story_show(const struct snapshot *snapshot, const struct settings *settings, bool now,
                    struct str indicator, void (*print)(void *ctx, const char *line), void *ctx);

#endif

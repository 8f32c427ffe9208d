/* line.h: one published message as one line for people. */
#ifndef TP_DAEMON_CLI_LINE_H
#define TP_DAEMON_CLI_LINE_H

#include "daemon/cli/paint.h"
#include "daemon/cli/view.h"

/* Local time: "14:03:21", with the date: "2026-02-06 14:03:21". Returns buf. */
char *line_time(char *buf, size_t cap, ms_t at, bool date);

/* A name or a sentence that somebody else chose, safe to show (unseen_hide); cut at PHRASE_MAX. */
void line_text(FILE *out, struct str text);

/* Time, state, sentence; red while it lasts, green when it is over. */
void line_alert(FILE *out, const struct message *m, const struct node *alert, bool colors);

/* Time, scope, name, and the numbers that are there, in a window. */
void line_snapshot(FILE *out, const struct message *m, const struct node *snapshot,
                   const char *window, bool colors);

/* Anything else: its topic and its numbers. */
void line_other(FILE *out, struct str topic, const struct message *m, const struct node *message,
                bool colors);

#endif

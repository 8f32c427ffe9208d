/* view.h: which numbers of a snapshot people see in tables, and how they are written. */
#ifndef TP_DAEMON_CLI_VIEW_H
#define TP_DAEMON_CLI_VIEW_H

#include "daemon/cli/table.h"
#include "daemon/cli/words.h"
#include "proto/message.h"

/* X(NAME, where, path, how): NOW gauges of this moment, WIN numbers of one window. */
#define VIEW_COLUMNS(X)                                                                            \
    X(OPEN, NOW, "open", COUNT)                                                                    \
    X(WAITING, NOW, "waiting", COUNT)                                                              \
    X(OLDEST, NOW, "oldest_waiting.ms", TIME)                                                      \
    X(RISK, NOW, "at_risk", COUNT)                                                                 \
    X(BREACHED, NOW, "breached_open", COUNT)                                                       \
    X(OPENED, WIN, "opened.num", COUNT)                                                            \
    X(REPLIES, WIN, "replies.num", COUNT)                                                          \
    X(FIRST, WIN, "first_response.p50", TIME)                                                      \
    X(FIRST90, WIN, "first_response.p90", TIME)                                                    \
    X(MET, WIN, "first_response.attainment", SHARE)                                                \
    X(RESOLVED, WIN, "resolved_tickets.num", COUNT)                                                \
    X(RESOLUTION, WIN, "resolution.p50", TIME)                                                     \
    X(FCR, WIN, "first_contact_resolution.value", SHARE)                                           \
    X(REOPEN, WIN, "reopen_rate.value", SHARE)                                                     \
    X(PENDING, WIN, "reopen_rate.pending", COUNT)                                                  \
    X(CSAT, WIN, "csat.mean", SCORE)                                                               \
    X(CALLS, WIN, "talk.n", COUNT)                                                                 \
    X(ANSWER, WIN, "answer_rate.value", SHARE)

enum view_column {
#define VIEW_ENUM(name, where, path, how) VIEW_##name,
    VIEW_COLUMNS(VIEW_ENUM)
#undef VIEW_ENUM
        VIEW_N
};

/* The head of a column in the language in use; static storage. */
const char *view_head(enum view_column c);

/* By the head in English ("open", "first p50"), for --sort; false: there is none. */
bool view_find(const char *head, enum view_column *ret);

struct view_number {
    double value;
    uint32_t n; /* of a share: the cases behind it */
};

/* The number of a snapshot (a map of its message) in a window. false: nothing to measure. */
bool view_value(const struct message *m, const struct node *snapshot, const char *window,
                enum view_column c, struct view_number *ret);

/* "12", "3m 20s", "4.31"; shares with Wilson's 95 % interval and the cases, "87.0% [83-90] n312";
 * "·" when has is false. Returns buf. */
char *view_text(char buf[PHRASE_MAX], enum view_column c, bool has, struct view_number number);

/* One of the site's own, or the ratings of an aspect: what a snapshot has beside built-in ones. */
struct view_own {
    struct str name, unit; /* lent by the message */
    double value;
    bool part; /* a fraction, to be shown in percent */
};

/* The next of them in a window, by id; at: 0 at first. false: no more. */
bool view_own(const struct message *m, const struct node *snapshot, const char *window,
              uint32_t *at, struct view_own *ret);
char *view_own_text(char buf[PHRASE_MAX], const struct view_own *own); /* "6.67%", "12.5 CNY" */

/* What stands in front: the title with the name behind it, or the name. Returns buf. */
char *view_name(char buf[PHRASE_MAX], const struct message *m, const struct node *snapshot);

/* A table with the head row: name, then all columns. */
void view_begin(struct table *t);
void view_row(struct table *t, const struct message *m, const struct node *snapshot,
              const char *window);

#endif

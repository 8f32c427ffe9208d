/* notice.h: published alerts as receivers want them: JSON for webhooks and for Alertmanager.
 *
 * Alertmanager (API v2) knows an alert by its labels, and takes it for resolved at its endsAt. So
 * labels are what does not change while an alert lives, and severity, team and agent, by which
 * people route; when one of these changes the old set is resolved and a new one begins. */
#ifndef TP_DAEMON_NOTICE_H
#define TP_DAEMON_NOTICE_H

#include "proto/message.h"

enum { NOTICE_LABELS_MAX = 4096, NOTICE_BYTES_MAX = 16384, NOTICE_TIME_MAX = 32 };

/* What delivery needs to know of a published alert. */
struct notice {
    struct str id; /* alert_id; empty: a digest */
    bool active;   /* warning or breached, else over */
    ms_t ends;     /* when it was over; valid unless active */
};
/* false: the message is no alert. */
MUST_CHECK bool notice_read(const struct message *m, struct notice *ret);

/* The labels as a JSON object; their length, or ERR_NO_ROOM. */
MUST_CHECK int notice_labels(const struct message *m, char *buf, size_t cap);

/* {"annotations": …, "startsAt": …} without its braces, to go with the labels. */
MUST_CHECK int notice_rest(const struct message *m, char *buf, size_t cap);

/* RFC 3339 in UTC, "2026-02-06T16:30:00.250Z". */
const char *notice_time(char ret[NOTICE_TIME_MAX], ms_t t);

#endif

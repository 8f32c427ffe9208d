/* intake.h: POST /api/v1/events: events as JSON or NDJSON, for who has only webhooks. */
#ifndef TP_DAEMON_WEB_INTAKE_H
#define TP_DAEMON_WEB_INTAKE_H

#include "daemon/web/visit.h"

enum {
    INTAKE_A_PIECE = 16,           /* events between two looks at the time */
    INTAKE_BEHIND_BYTES = 4 << 20, /* waiting for the disk: no more is taken in */
};

extern const struct route intake_route;

#endif

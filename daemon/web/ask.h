/* ask.h: GET /api/v1/…: a question of the query socket, its answers as one JSON object.
 *
 * Arguments of the URL are the members of the request, and the answers are those of the socket,
 * turned from MessagePack into JSON as they come: a long answer is never there as a whole. */
#ifndef TP_DAEMON_WEB_ASK_H
#define TP_DAEMON_WEB_ASK_H

#include "daemon/web/visit.h"

enum { ASK_WAITING_MAX = 64 * 1024 }; /* bytes that wait for the peer; then the job does too */

extern const struct route ask_routes[];
extern const size_t ask_routes_n;

#endif

/* reply.h: HTTP responses, each with the headers that keep browsers from doing what we never want.
 *
 * Scripts and styles come from us alone, nothing is framed, guessed or kept by others. A reply
 * that finds no memory is none: v->replied stays false and the connection ends. */
#ifndef TP_DAEMON_WEB_REPLY_H
#define TP_DAEMON_WEB_REPLY_H

#include "daemon/web/visit.h"

#define TYPE_JSON "application/json"

/* bytes: copied. */
void reply_bytes(struct visit *v, unsigned status, const char *type, const void *bytes, size_t n);

/* bytes: static storage; a browser may keep them while tag is the same ("\"…\""). */
void reply_static(struct visit *v, const char *type, const char *tag, struct str bytes);

/* {"error", "reason"}: the API's way to say no. */
void reply_refusal(struct visit *v, unsigned status, const char *error, const char *reason);

/* An answer in pieces, as long as it lasts. reader: as libmicrohttpd wants it, with v; one that
 * has nothing calls visit_wait and returns 0. */
void reply_pieces(struct visit *v, unsigned status, const char *type,
                  MHD_ContentReaderCallback reader);

#endif

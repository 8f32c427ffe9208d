/* head.h: heads of requests that two programs could read differently: what a proxy takes for one
 * request and we for two (or for another host, or another path) opens what the proxy guards. They
 * are refused, and the connection ends: see RFC 9112, sections 3.2, 6.1 and 6.3. */
#ifndef TP_DAEMON_WEB_HEAD_H
#define TP_DAEMON_WEB_HEAD_H

#include "core/base.h"

struct head {
    uint32_t hosts, lengths, encodings;
    bool chunked; /* each encoding is that */
};

/* One header. value: NULL when it has none. */
void head_note(struct head *h, const char *key, const char *value);

/* A sentence on what is wrong with the request; NULL: nothing. version: "HTTP/1.1". */
const char *head_fault(const struct head *h, const char *version);

/* Does the path, or an argument, as it was sent, hold a zero byte? Texts would end there. */
bool head_has_zero(const char *uri);

#endif

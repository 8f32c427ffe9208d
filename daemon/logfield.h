/* logfield.h: a line of the log as fields of the journal (systemd.journal-fields(7)).
 *
 * "event refused", "reason=late src=crm" becomes MESSAGE, PRIORITY, EVENT and one field per
 * key in capitals: REASON=late SRC=crm. Values lose their quotes; what journald would not take as
 * a name is left out. */
#ifndef TP_DAEMON_LOGFIELD_H
#define TP_DAEMON_LOGFIELD_H

#include "core/base.h"

#include <sys/uio.h>

enum { LOGFIELDS_MAX = 24, LOGFIELD_BYTES = 2048 };

/* Texts of the fields lie in bytes. priority: of syslog(3). Returns how many there are. */
uint32_t logfields(const char *reason, const char *fields, int priority, char bytes[LOGFIELD_BYTES],
                   struct iovec ret[LOGFIELDS_MAX]);

/* Is this descriptor the stream that systemd connected to the journal? */
bool logfield_is_journal(int fd);

#endif

/* endpoint.h: ZeroMQ endpoints as texts: are they well-formed, who can reach them. */
#ifndef TP_DAEMON_ENDPOINT_H
#define TP_DAEMON_ENDPOINT_H

#include "core/base.h"

/* NULL, or what is wrong with it and what to write (static storage). tcp:// and ipc:// only. */
const char *endpoint_check(const char *endpoint);

/* Can only this machine reach a well-formed endpoint? ipc://, and tcp:// on a loopback address
 * in digits or on localhost. */
bool endpoint_is_local(const char *endpoint);

#endif

/* tz.h: a time zone of the system's tz database as data for the engine.
 *
 * Reads TZif files (RFC 8536: the 64-bit block, and the POSIX TZ rule in the footer for what
 * comes after its last transition). Where they lie: $TZDIR if set, else /usr/share/zoneinfo. */
#ifndef TP_DAEMON_TZ_H
#define TP_DAEMON_TZ_H

#include "core/settings.h"

/* The shifts of an IANA zone ("Europe/Berlin") from 2000 to 2100. 0, or ERR_BAD_SETTINGS with
 * one sentence in *ret_why (static storage); *ret is untouched then. */
MUST_CHECK int tz_compile(const char *iana_name, struct zone *ret, const char **ret_why);

/* The release of the tz database, "2025b", from its tzdata.zi or +VERSION; "" when neither is
 * there. */
void tz_version(char *ret, size_t cap);

#endif

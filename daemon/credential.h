/* credential.h: secrets that the service manager hands us (systemd.exec(5), LoadCredential=): what
 * the configuration calls credential:NAME is the file NAME in $CREDENTIALS_DIRECTORY. */
#ifndef TP_DAEMON_CREDENTIAL_H
#define TP_DAEMON_CREDENTIAL_H

#include "core/base.h"

#define CREDENTIAL "credential:"

static inline bool credential_is(const char *path)
{
    return strncmp(path, CREDENTIAL, strlen(CREDENTIAL)) == 0;
}

/* Where the credential lies. false: there is none of that name, or the path is too long. */
MUST_CHECK bool credential_path(const char *path, char *ret, size_t cap);

#endif

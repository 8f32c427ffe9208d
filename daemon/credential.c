#include "daemon/credential.h"

#include <stdio.h>
#include <stdlib.h>

bool credential_path(const char *path, char *ret, size_t cap)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    const char *name = path + strlen(CREDENTIAL);
    if (directory == NULL || name[0] == 0 || strchr(name, '/') != NULL)
        return false;
    int n = snprintf(ret, cap, "%s/%s", directory, name);
    return n > 0 && (size_t)n < cap;
}

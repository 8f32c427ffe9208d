#include "daemon/endpoint.h"

#include <stdlib.h>

enum { IPC_PATH_MAX = 107 }; /* sun_path of sockaddr_un, unix(7), and its zero */

static const char *after(const char *text, const char *scheme)
{
    size_t n = strlen(scheme);
    return strncmp(text, scheme, n) == 0 ? text + n : NULL;
}

const char *endpoint_check(const char *endpoint)
{
    const char *path = after(endpoint, "ipc://");
    const char *host = after(endpoint, "tcp://");
    if (path != NULL)
        return path[0] == 0                   ? "no path; write ipc:///run/NAME"
               : strlen(path) >= IPC_PATH_MAX ? "the path is longer than 106 bytes"
                                              : NULL;
    if (host == NULL)
        return "neither tcp://ADDRESS:PORT nor ipc://PATH";
    const char *port = strrchr(host, ':');
    if (port == NULL || port == host)
        return "no port; write tcp://ADDRESS:PORT";
    if (host[0] == '[' ? port[-1] != ']' : memchr(host, ':', (size_t)(port - host)) != NULL)
        return "an IPv6 address stands in brackets; write tcp://[::1]:PORT";
    if (strcmp(port, ":*") == 0)
        return NULL;
    if (port[1] < '0' || port[1] > '9')
        return "the port must be a number or *";
    char *end;
    unsigned long number = strtoul(port + 1, &end, 10);
    return *end != 0 || number < 1 || number > 65535 ? "the port must lie between 1 and 65535"
                                                     : NULL;
}

/* 127.a.b.c, all digits: a name such as 127.example.org may be anywhere. */
static bool is_loopback4(const char *host, size_t n)
{
    int dots = 0;
    for (size_t i = 0; i < n; i++) {
        if (host[i] == '.')
            dots++;
        else if (host[i] < '0' || host[i] > '9')
            return false;
    }
    return dots == 3 && n > 4 && memcmp(host, "127.", 4) == 0;
}

bool endpoint_is_local(const char *endpoint)
{
    const char *host = after(endpoint, "tcp://");
    if (host == NULL)
        return after(endpoint, "ipc://") != NULL;
    const char *port = strrchr(host, ':');
    if (port == NULL)
        return false;
    struct str name = {host, (uint32_t)(port - host)};
    return str_equal(name, str_of("localhost")) || str_equal(name, str_of("[::1]")) ||
           is_loopback4(name.p, name.len);
}

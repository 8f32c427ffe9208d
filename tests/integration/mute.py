"""A name server that does not answer, for one name: who asks is told of, and waits for ever."""
import os
import subprocess

MUTE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        dlsym(RTLD_NEXT, "getaddrinfo");
    if (name == NULL || strcmp(name, "mute.example") != 0)
        return real(name, service, hints, ret);
    int fd = open(getenv("MUTE_ASKED"), O_WRONLY);
    if (write(fd, "?", 1) != 1)
        abort();
    for (;;)
        pause();
}
"""


def mute(scratch):
    """The environment of a daemon; the descriptor that gets a byte for each question."""
    library, asked = os.path.join(scratch, "mute.so"), os.path.join(scratch, "asked")
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-", "-ldl"], input=MUTE,
                   text=True, check=True)
    os.mkfifo(asked)
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return ({"LD_PRELOAD": library, "MUTE_ASKED": asked, "ASAN_OPTIONS": options},
            os.open(asked, os.O_RDWR))

"""A disk that fails when it is told to, and a clock that is set, below the real daemon.

A small library is put before the C library: calls that would change files of one directory are
counted, and from a given one on they fail until told otherwise. Counters and orders lie in a file
that both sides map.
"""
import mmap
import os
import struct
import subprocess

FULL, READONLY, WRITE, SYNC = 1, 2, 3, 4

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct { _Atomic int what, from, calls, failures, clock_s; } *orders;
static const char *dir;

__attribute__((constructor)) static void begin(void)
{
    int fd = open(getenv("FAULTY_ORDERS"), O_RDWR | O_CLOEXEC);
    dir = getenv("FAULTY_DIR");
    orders = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
}

static int fails(int fd, int sync)
{
    char link[64], path[4096];
    int what = orders->what, saved = errno;
    if (what == 0 || (what == 4) != sync)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (n < 0 || strncmp(path, dir, strlen(dir)) != 0)
        return 0;
    int call = ++orders->calls;
    if (orders->from == 0 || call < orders->from)
        return 0;
    orders->failures++;
    errno = what == 1 ? ENOSPC : what == 2 ? EROFS : EIO;
    return 1;
}

#define REAL(name) static typeof(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
ssize_t write(int fd, const void *p, size_t n)
{ REAL(write); return fails(fd, 0) ? -1 : real(fd, p, n); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{ REAL(pwrite); return fails(fd, 0) ? -1 : real(fd, p, n, at); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{ REAL(pwrite64); return fails(fd, 0) ? -1 : real(fd, p, n, at); }
int ftruncate(int fd, off_t n)
{ REAL(ftruncate); return fails(fd, 0) ? -1 : real(fd, n); }
int ftruncate64(int fd, off64_t n)
{ REAL(ftruncate64); return fails(fd, 0) ? -1 : real(fd, n); }
int fsync(int fd)
{ REAL(fsync); return fails(fd, 1) ? -1 : real(fd); }
int fdatasync(int fd)
{ REAL(fdatasync); return fails(fd, 1) ? -1 : real(fd); }
int clock_gettime(clockid_t id, struct timespec *ts)
{
    REAL(clock_gettime);
    int rc = real(id, ts);
    if (id == CLOCK_REALTIME && orders)
        ts->tv_sec += orders->clock_s;
    return rc;
}
"""


class Disk:
    """environment: for a daemon whose state lies below `state`."""

    def __init__(self, scratch, state):
        source, library = os.path.join(scratch, "faulty.c"), os.path.join(scratch, "faulty.so")
        orders = os.path.join(scratch, "orders")
        with open(source, "w", encoding="ascii") as file:
            file.write(SOURCE)
        with open(orders, "wb") as file:
            file.write(bytes(4096))
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"],
                       check=True)
        with open(orders, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 4096)
        self.environment = {
            "LD_PRELOAD": library, "FAULTY_ORDERS": orders, "FAULTY_DIR": state,
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def break_at(self, what, call):
        """The call-th change from now and all behind it fail; 0: calls are only counted."""
        self.map[:16] = struct.pack("iiii", 0, 0, 0, 0)
        self.map[4:16] = struct.pack("iii", call, 0, 0)
        self.map[:4] = struct.pack("i", what)

    def repair(self):
        self.map[:4] = struct.pack("i", 0)

    def set_clock(self, seconds):
        """So far ahead of ours; it may go back."""
        self.map[16:20] = struct.pack("i", seconds)

    @property
    def calls(self):
        return struct.unpack("i", self.map[8:12])[0]

    @property
    def failures(self):
        return struct.unpack("i", self.map[12:16])[0]

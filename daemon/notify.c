#include "daemon/notify.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 256, READY_WAIT_MS = 1000 };

/* Connected to the manager's socket; -1: there is none. */
static int manager(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = path == NULL ? 0 : strlen(path);
    if (n < 2 || n >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(to.sun_path, path, n);
    if (path[0] == '@') /* of no file */
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, len) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Not by sd_notify(3), which waits for ever for a manager that does not read: alerts would wait
 * with it. What finds no room within wait_ms is not told. */
static void tell(const char *text, int wait_ms)
{
    int fd = manager();
    if (fd < 0)
        return;
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    if (wait_ms == 0 || poll(&room, 1, wait_ms) == 1)
        (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
    close(fd);
}

void notify_ready(void)
{
    tell("READY=1", READY_WAIT_MS);
}

void notify_reloading(void)
{
    char text[TEXT_MAX];
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        return;
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
    tell(text, READY_WAIT_MS);
}

void notify_stopping(void)
{
    tell("STOPPING=1", READY_WAIT_MS);
}

void notify_progress(uint64_t done, uint64_t of)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text,
             "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=replaying the journal: %llu of %llu",
             (unsigned long long)done, (unsigned long long)of);
    tell(text, 0);
}

void notify_status(const char *role, uint64_t events, uint32_t active_alerts, uint64_t refused)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "STATUS=%s%llu events, %u active alerts, %llu refused", role,
             (unsigned long long)events, active_alerts, (unsigned long long)refused);
    tell(text, 0);
}

uint64_t notify_watchdog_ms(void)
{
    uint64_t usec = 0;
    return sd_watchdog_enabled(0, &usec) > 0 ? usec / 2000 : 0;
}

void notify_alive(void)
{
    tell("WATCHDOG=1", 0);
}

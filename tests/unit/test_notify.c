/* notify: a manager that reads is told, one that does not read is not waited for. */
#include "daemon/notify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fd;
static char heard[512];

/* Binds the manager's socket; '@' as its first byte: of no file. */
static void bind_to(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(name);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    memcpy(at.sun_path, name, n);
    if (name[0] == '@')
        at.sun_path[0] = 0;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static const char *hear(void)
{
    ssize_t n = recv(fd, heard, sizeof heard - 1, 0);
    heard[n < 0 ? 0 : n] = 0;
    return heard;
}

Test(notify, says_what_systemd_reads)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/tp-notify-%d", (int)getpid());
    bind_to(path);
    notify_ready();
    cr_expect_str_eq(hear(), "READY=1");
    notify_alive();
    cr_expect_str_eq(hear(), "WATCHDOG=1");
    notify_status("standby, ", 17, 2, 3);
    cr_expect_str_eq(hear(), "STATUS=standby, 17 events, 2 active alerts, 3 refused");
    notify_progress(1, 2);
    cr_expect(strstr(hear(), "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=") == heard);
    notify_reloading();
    cr_expect(strstr(hear(), "RELOADING=1\nMONOTONIC_USEC=") == heard);
    notify_stopping();
    cr_expect_str_eq(hear(), "STOPPING=1");
    cr_expect_str_eq(hear(), "", "and nothing else");
    unlink(path);
}

Test(notify, a_manager_that_does_not_read_is_not_waited_for, .timeout = 60)
{
    char name[64];
    snprintf(name, sizeof name, "@tp-notify-%d", (int)getpid());
    bind_to(name);
    for (uint64_t i = 0; i < 20000; i++) /* more than any queue holds */
        notify_status("", i, 0, 0);
    notify_stopping(); /* after a second at most */
    cr_expect_str_eq(hear(), "STATUS=0 events, 0 active alerts, 0 refused");
    while (hear()[0] != 0)
        ;
    notify_alive();
    cr_expect_str_eq(hear(), "WATCHDOG=1", "it reads again, and is told");
}

Test(notify, without_one_nothing_happens)
{
    static const char *const odd[] = {"", "x", "relative", "/nothing/is/here",
                                      "/a/path/that/is/longer/than/any/socket/may/have/"
                                      "/a/path/that/is/longer/than/any/socket/may/have/"
                                      "/a/path/that/is/longer/than/any/socket/may/have/"};
    unsetenv("NOTIFY_SOCKET");
    notify_ready();
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        setenv("NOTIFY_SOCKET", odd[i], 1);
        notify_ready();
        notify_alive();
    }
}

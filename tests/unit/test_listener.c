/* Our own listening socket: where it is, what connections inherit, what is refused. */
#include "daemon/web/listener.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Test(listener, a_free_port_is_told)
{
    char at[LISTENER_TEXT];
    int fd = listener_open("127.0.0.1:*", at);
    cr_assert_geq(fd, 0);
    cr_assert_eq(strncmp(at, "127.0.0.1:", 10), 0);
    cr_assert_neq(strcmp(at, "127.0.0.1:0"), 0);
    char again[LISTENER_TEXT];
    cr_assert_eq(listener_open(at, again), -EADDRINUSE);
    close(fd);
}

Test(listener, the_kernel_keeps_little_for_a_peer)
{
    char at[LISTENER_TEXT];
    int bytes = 0;
    socklen_t n = sizeof bytes;
    int fd = listener_open("localhost:*", at);
    cr_assert_geq(fd, 0);
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &n), 0);
    cr_assert_leq(bytes, 2 * LISTENER_SEND_BYTES); /* socket(7): the kernel doubles it */
    close(fd);
}

Test(listener, what_is_no_address_is_refused)
{
    char at[LISTENER_TEXT];
    cr_assert_lt(listener_open("nowhere.invalid:80", at), 0);
    cr_assert_lt(listener_open("127.0.0.1", at), 0);
    cr_assert_lt(listener_open(":80", at), 0);
    cr_assert_lt(listener_open("127.0.0.1:123456789", at), 0);
}

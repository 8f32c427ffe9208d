/* Endpoints: well-formed or not, local or not. */
#include "daemon/endpoint.h"

#include <criterion/criterion.h>

Test(endpoint, is_checked)
{
    static const char *const good[] = {
        "tcp://127.0.0.1:5560",    "tcp://127.0.0.1:*", "tcp://[::1]:5560", "tcp://*:1",
        "tcp://example.org:65535", "ipc:///run/x",      "ipc://x"};
    static const char *const bad[] = {"",
                                      "x",
                                      "udp://127.0.0.1:1",
                                      "tcp://",
                                      "tcp://127.0.0.1",
                                      "tcp://127.0.0.1:",
                                      "tcp://127.0.0.1:0",
                                      "tcp://127.0.0.1:65536",
                                      "tcp://127.0.0.1:99999999999999999999",
                                      "tcp://127.0.0.1:5560x",
                                      "tcp://127.0.0.1:-1",
                                      "tcp://:5560",
                                      "tcp://::1:5560",
                                      "tcp://[::1:5560",
                                      "ipc://",
                                      "inproc://x"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        cr_assert_null(endpoint_check(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_not_null(endpoint_check(bad[i]), "%s", bad[i]);
    char longer[128] = "ipc://";
    memset(longer + 6, 'x', 106);
    longer[112] = 0;
    cr_assert_null(endpoint_check(longer));
    longer[112] = 'x';
    longer[113] = 0;
    cr_assert_not_null(endpoint_check(longer));
}

Test(endpoint, is_local_or_can_be_reached)
{
    static const char *const local[] = {"tcp://127.0.0.1:1", "tcp://127.1.2.3:*",
                                        "tcp://localhost:1", "tcp://[::1]:1", "ipc:///run/x"};
    static const char *const open[] = {"tcp://0.0.0.0:1",
                                       "tcp://*:1",
                                       "tcp://10.0.0.1:1",
                                       "tcp://[::]:1",
                                       "tcp://eth0:1",
                                       "tcp://127.example.org:1",
                                       "tcp://127.0.0.1.example.org:1",
                                       "tcp://localhost.example.org:1",
                                       "tcp://1270.0.0.1:1"};
    for (size_t i = 0; i < ARRAY_LEN(local); i++)
        cr_assert(endpoint_is_local(local[i]), "%s", local[i]);
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        cr_assert_not(endpoint_is_local(open[i]), "%s", open[i]);
}

/* ration: whose budget a connection spends; what follows: tests/integration/test_http.py. */
#include "daemon/web/ration.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>

static uint64_t of4(const char *text, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    cr_assert_eq(inet_pton(AF_INET, text, &at.sin_addr), 1);
    return ration_key((const struct sockaddr *)&at);
}

static uint64_t of6(const char *text, uint16_t port)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    cr_assert_eq(inet_pton(AF_INET6, text, &at.sin6_addr), 1);
    return ration_key((const struct sockaddr *)&at);
}

Test(ration, an_address_whatever_its_port)
{
    cr_expect_eq(of4("192.0.2.1", 1), of4("192.0.2.1", 65535));
    cr_expect_neq(of4("192.0.2.1", 1), of4("192.0.2.2", 1));
    cr_expect_neq(of4("0.0.0.0", 1), 0);
}

Test(ration, a_network_of_ipv6)
{
    cr_expect_eq(of6("2001:db8::1", 1), of6("2001:db8::ffff:2", 2));
    cr_expect_neq(of6("2001:db8::1", 1), of6("2001:db8:0:1::1", 1));
    cr_expect_neq(of6("::", 1), 0);
}

Test(ration, an_address_in_the_other_notation)
{
    cr_expect_eq(of6("::ffff:192.0.2.1", 1), of4("192.0.2.1", 1));
    cr_expect_neq(of6("::ffff:192.0.2.1", 1), of6("::ffff:192.0.2.2", 1));
}

Test(ration, nobody)
{
    struct sockaddr at = {.sa_family = AF_UNIX};
    cr_expect_eq(ration_key(NULL), 0);
    cr_expect_eq(ration_key(&at), 0);
}

/* head: what could be read in two ways; the daemon's answers: tests/integration/test_http.py. */
#include "daemon/web/head.h"

#include <criterion/criterion.h>

static const char *of(const char *const headers[], const char *version)
{
    struct head h = {.hosts = 0};
    for (size_t i = 0; headers[i] != NULL; i += 2)
        head_note(&h, headers[i], headers[i + 1]);
    return head_fault(&h, version);
}

#define FAULT(...) of((const char *const[]){__VA_ARGS__, NULL}, "HTTP/1.1")

Test(head, ordinary_ones)
{
    cr_expect_null(FAULT("Host", "a"));
    cr_expect_null(FAULT("Host", "a", "Content-Length", "2"));
    cr_expect_null(FAULT("Host", "a", "Transfer-Encoding", "chunked"));
    cr_expect_null(FAULT("host", "a", "TRANSFER-ENCODING", "Chunked", "X-Host", "b"));
}

Test(head, what_can_be_read_in_two_ways)
{
    cr_expect_not_null(FAULT("Host", "a", "hOST", "a"));
    cr_expect_not_null(FAULT("Content-Length", "2", "content-length", "2"));
    cr_expect_not_null(FAULT("Content-Length", "2", "Transfer-Encoding", "chunked"));
    cr_expect_not_null(FAULT("Transfer-Encoding", "chunked", "Content-Length", "2"));
    cr_expect_not_null(FAULT("Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"));
    cr_expect_not_null(FAULT("Transfer-Encoding", "chunked, identity"));
    cr_expect_not_null(FAULT("Transfer-Encoding", "xchunked"));
    cr_expect_not_null(FAULT("Transfer-Encoding", ""));
    struct head h = {.hosts = 0};
    head_note(&h, "Transfer-Encoding", NULL);
    cr_expect_not_null(head_fault(&h, "HTTP/1.1"));
    static const char *const chunked[] = {"Transfer-Encoding", "chunked", NULL};
    cr_expect_not_null(of(chunked, "HTTP/1.0"));
}

Test(head, zero_bytes)
{
    cr_expect(head_has_zero("/metrics%00.css"));
    cr_expect(head_has_zero("/api/v1/snapshot?name=a%00"));
    cr_expect_not(head_has_zero("/api/v1/snapshot?name=%20%0a%2500"));
    cr_expect_not(head_has_zero("/"));
}

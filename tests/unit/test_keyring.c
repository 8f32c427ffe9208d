/* Keys of the companion's commands: options before the environment, both halves or none. */
#include "daemon/cli/keyring.h"

#include "daemon/curve.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

static void *context, *sut;

static void begin(void)
{
    cr_redirect_stderr();
    unsetenv("TICKETPULSE_KEY");
    unsetenv("TICKETPULSE_SERVER_KEY");
    context = zmq_ctx_new();
    sut = zmq_socket(context, ZMQ_SUB);
}

static void end(void)
{
    zmq_close(sut);
    zmq_ctx_term(context);
}

TestSuite(keyring, .init = begin, .fini = end);

static void server_key_is(const char *expected)
{
    char key[CURVE_TEXT];
    size_t n = sizeof key;
    cr_assert_eq(zmq_getsockopt(sut, ZMQ_CURVE_SERVERKEY, key, &n), 0);
    cr_assert_str_eq(key, expected);
}

Test(keyring, without_keys_nothing_is_shown)
{
    int mechanism;
    size_t n = sizeof mechanism;
    cr_assert(keyring_show(sut));
    cr_assert_eq(zmq_getsockopt(sut, ZMQ_MECHANISM, &mechanism, &n), 0);
    cr_assert_eq(mechanism, ZMQ_NULL);
}

Test(keyring, options_come_before_the_environment)
{
    struct curve_pair own, server, other;
    char directory[] = "/tmp/ticketpulse-keyring-XXXXXX", path[64];
    cr_assert(curve_make(&own) && curve_make(&server) && curve_make(&other));
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key", directory);
    cr_assert(curve_write(path, &own));
    setenv("TICKETPULSE_KEY", path, 1);
    setenv("TICKETPULSE_SERVER_KEY", other.public, 1);
    cr_assert(keyring_show(sut));
    server_key_is(other.public);
    keyring.server = server.public;
    cr_assert(keyring_show(sut));
    server_key_is(server.public);
    keyring.key = "/nonexistent";
    cr_assert_not(keyring_show(sut));
    unlink(path);
    rmdir(directory);
}

Test(keyring, one_half_alone_is_a_fault)
{
    keyring.server = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    cr_assert_not(keyring_show(sut));
    keyring.server = NULL;
    keyring.key = "/dev/null";
    cr_assert_not(keyring_show(sut));
}

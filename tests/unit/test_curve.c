/* CURVE keys as text and in files: what is taken, and what is refused with which words. */
#include "daemon/curve.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

static char directory[] = "/tmp/ticketpulse-curve-XXXXXX", path[64];
static struct curve_pair pair, got;
static const char *why;

static void begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key", directory);
    cr_assert(curve_make(&pair));
}

static void end(void)
{
    unlink(path);
    rmdir(directory);
}

TestSuite(curve, .init = begin, .fini = end);

static void put(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void refused(const char *complaint)
{
    cr_assert_not(curve_read(path, &got, &why));
    cr_assert_str_eq(why, complaint);
    static const char nothing[CURVE_TEXT];
    cr_assert_arr_eq(got.secret, nothing, sizeof nothing);
}

Test(curve, texts_are_forty_characters)
{
    uint8_t key[CURVE_BYTES], same[CURVE_BYTES];
    cr_assert(curve_key(str_of(pair.public), key));
    cr_assert_not_null(zmq_z85_decode(same, pair.public));
    cr_assert_arr_eq(key, same, sizeof key);
    cr_assert_not(curve_key((struct str){pair.public, CURVE_TEXT - 2}, key));
    cr_assert_not(curve_key(str_of(""), key));
    cr_assert_not(curve_key(str_of("~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"), key));
}

Test(curve, a_pair_goes_into_a_file_and_back)
{
    cr_assert(curve_write(path, &pair));
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
    cr_assert(curve_read(path, &got, &why), "%s", why);
    cr_assert_str_eq(got.public, pair.public);
    cr_assert_str_eq(got.secret, pair.secret);
    cr_assert_not(curve_write(path, &pair), "overwritten");
    cr_assert_eq(errno, EEXIST);
    char public[CURVE_TEXT];
    cr_assert(curve_read_public(path, public, &why));
    cr_assert_str_eq(public, pair.public);
    curve_forget(&got);
    cr_assert_eq(strlen(got.secret), 0);
}

Test(curve, the_public_key_may_be_left_out)
{
    char text[128];
    snprintf(text, sizeof text, "# mine\r\nsecret:\t%s\r\n", pair.secret);
    put(text, 0400);
    cr_assert(curve_read(path, &got, &why), "%s", why);
    cr_assert_str_eq(got.public, pair.public);
}

Test(curve, what_is_wrong_with_a_file_is_told)
{
    char text[256];
    struct curve_pair other;
    refused("does not exist");
    put("", 0600);
    refused("holds no secret key; make one with `ticketpulse keygen`");
    put("secret: short\n", 0600);
    refused("holds no secret key; make one with `ticketpulse keygen`");
    cr_assert(curve_make(&other));
    snprintf(text, sizeof text, "public: %s\nsecret: %s\n", other.public, pair.secret);
    put(text, 0600);
    refused("has a public key that does not belong to its secret key");
    put(text, 0640);
    refused("can be read by others; chmod 600 it");
    cr_assert_not(curve_read(directory, &got, &why));
    cr_assert_str_eq(why, "is no file");
    remove(path);
    cr_assert_eq(mkfifo(path, 0600), 0); /* nobody ever writes into it */
    refused("is no file");
}

Test(curve, a_credential_is_what_the_manager_passed)
{
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    char text[128];
    snprintf(text, sizeof text, "secret: %s\n", pair.secret);
    put(text, 0440); /* systemd decides who may read it */
    cr_assert(curve_read("credential:key", &got, &why), "%s", why);
    cr_assert_str_eq(got.public, pair.public);
    cr_assert_not(curve_read("credential:../key", &got, &why));
    unsetenv("CREDENTIALS_DIRECTORY");
    cr_assert_not(curve_read("credential:key", &got, &why));
    cr_assert_str_eq(why, "is no credential that the service manager passed to us");
}

Test(curve, a_public_key_is_text_or_a_file)
{
    char public[CURVE_TEXT], text[128];
    cr_assert(curve_read_public(pair.public, public, &why));
    cr_assert_str_eq(public, pair.public);
    snprintf(text, sizeof text, "public: %s\n", pair.public);
    put(text, 0644);
    cr_assert(curve_read_public(path, public, &why), "%s", why);
    cr_assert_str_eq(public, pair.public);
    put("nothing\n", 0644);
    cr_assert_not(curve_read_public(path, public, &why));
    cr_assert_str_eq(why, "holds no public key");
}

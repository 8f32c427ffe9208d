/* curve.h: CURVE keys (ZeroMQ RFC 26): 32 bytes, as text 40 characters of Z85 (RFC 32); in files
 * of `ticketpulse keygen`. A secret key is never logged, and wiped where it is no longer used.
 *
 * A key file is text: a line "public: KEY", in files of pairs another "secret: KEY", and comments
 * that begin with #. Functions that read or write files block; for start and reload only. */
#ifndef TP_DAEMON_CURVE_H
#define TP_DAEMON_CURVE_H

#include "core/base.h"

enum { CURVE_BYTES = 32, CURVE_TEXT = 41, CURVE_FILE_MAX = 4096 };

struct curve_pair {
    char public[CURVE_TEXT], secret[CURVE_TEXT];
};

/* 40 characters of Z85 as 32 bytes. false: it is no key. */
MUST_CHECK bool curve_key(struct str text, uint8_t ret[CURVE_BYTES]);

/* A new pair. false: this libzmq knows no CURVE. */
MUST_CHECK bool curve_make(struct curve_pair *ret);

/* The pair in the file at path, or in the credential that it names. A file that others may read is
 * refused. false: *why says what is wrong with it, static storage. */
MUST_CHECK bool curve_read(const char *path, struct curve_pair *ret, const char **why);

/* The public key in a file, whoever may read that, or the text itself when it is one. */
MUST_CHECK bool curve_read_public(const char *path, char ret[CURVE_TEXT], const char **why);

/* Writes the pair to path, for its owner only. An existing file is never overwritten.
 * false: errno. */
MUST_CHECK bool curve_write(const char *path, const struct curve_pair *pair);

/* Wipes the secret. */
void curve_forget(struct curve_pair *pair);

#endif

/* digest.h: the message that sums up the alerts which storm control did not publish one by one. */
#ifndef TP_PROTO_DIGEST_H
#define TP_PROTO_DIGEST_H

#include "core/storm.h"
#include "proto/encode.h"
#include "proto/topic.h"

enum { DIGEST_BYTES_MAX = 16384 };

/* "alert.digest.-.-.-." */
void topic_digest(struct topic *ret);

void encode_digest(struct emitter *em, const char *key, const struct envelope *env,
                   const struct storm_digest *digest, enum lang lang);

#endif

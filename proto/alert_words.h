/* alert_words.h: what alerts are called over the wire: their ids, how severe they are. */
#ifndef TP_PROTO_ALERT_WORDS_H
#define TP_PROTO_ALERT_WORDS_H

#include "core/effect.h"

const char *severity_name(enum severity severity);

/* Of its rule; of a clock as its state is. */
enum severity alert_severity(const struct settings *settings, const struct alert *alert);

/* 16 hexadecimal digits, as alert_id goes over the wire (64 bits do not fit a JSON number). */
enum { ALERT_ID_DIGITS = 16 };
void alert_id_text(uint64_t alert_id, char ret[ALERT_ID_DIGITS + 1]);
bool alert_id_parse(struct str text, uint64_t *ret); /* false: it is none, or 0 */

#endif

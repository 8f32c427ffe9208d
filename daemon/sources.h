/* sources.h: which number is meant, as rules and scorecards name it: indicator, field, scope,
 * window, and values in the unit of the field. */
#ifndef TP_DAEMON_SOURCES_H
#define TP_DAEMON_SOURCES_H

#include "core/figure.h"
#include "daemon/members.h"

/* The node as an indicator; its field is the usual one, IF_END where there is none (durations). */
MUST_CHECK bool source_indicator(const struct reading *r, struct figure_source *ret);

/* The node as a field of the source's indicator. */
MUST_CHECK bool source_field(const struct reading *r, struct figure_source *ret);

/* The node as a scope or window that is kept. */
MUST_CHECK bool source_scope(const struct reading *r, uint8_t *ret);
MUST_CHECK bool source_window(const struct reading *r, uint8_t *ret);

/* The node as the id of a calendar, whose open hours alone count. ret: NAME_BYTES_MAX + 1 bytes. */
MUST_CHECK bool source_when(const struct reading *r, char *ret);

/* A text as a number in the unit of the source: ms, or millionths. likes: how one would be written,
 * for the complaint: of a duration, of a number. A source without a field has no unit: any text
 * will do, and 0 is meant. */
MUST_CHECK bool source_number(const struct reading *r, struct figure_source source, struct str text,
                              const char *const likes[2], int64_t *ret);

/* Likewise, as a value that the source can have. */
MUST_CHECK bool source_value(const struct reading *r, struct figure_source source, struct str text,
                             const char *const likes[2], int64_t *ret);

/* Is a value, written as text, one that `name` can have? And does a threshold there tell values
 * apart, or does it hold of every one there is? */
MUST_CHECK bool span_holds(const struct reading *r, const char *name, struct span span,
                           struct str text, int64_t value);
MUST_CHECK bool span_splits(const struct reading *r, const char *name, struct span span, bool below,
                            int64_t value);

/* Are there such numbers for the names of that scope? */
MUST_CHECK bool source_exists(const struct reading *r, struct figure_source source,
                              enum scope scope);

/* "answer_rate", "first_response.missed": as complaints call it. */
enum {
    SOURCE_NAME = ASPECT_BYTES + NAME_BYTES_MAX + 16,
    MIN_N_MAX = 10000000, /* samples that a rule or an item may ask for: more than a window has */
};
const char *source_name(char ret[SOURCE_NAME], const struct settings *s,
                        struct figure_source source);

/* The node as ">= …" or "<= …": which, and what is behind it. */
MUST_CHECK bool source_operator(const struct reading *r, bool *ret_below, struct str *ret_text);

/* The node as a threshold, ">= VALUE" or "<= VALUE", that the source can reach and miss. */
MUST_CHECK bool source_threshold(const struct reading *r, struct figure_source source,
                                 bool *ret_below, int64_t *ret);

/* "2.5", "90%", "-0.2" -> millionths. false when it is no number or has more than 6 decimals. */
bool millionths_parse(struct str text, int64_t *ret);

/* The node as a number from 0 with at most two decimals, in hundredths, at most max of these. */
MUST_CHECK bool hundredths_read(const struct reading *r, uint32_t max, uint32_t *ret);

#endif

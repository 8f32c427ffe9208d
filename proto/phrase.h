/* phrase.h: numbers, indicators and alerts in words, Chinese or English: for people. */
#ifndef TP_PROTO_PHRASE_H
#define TP_PROTO_PHRASE_H

#include "core/effect.h"
#include "core/figure.h"
#include "core/policy.h"

enum lang { LANG_EN, LANG_ZH };

enum { PHRASE_MAX = 512 }; /* bytes that any phrase fits into, its zero included */

/* "first response", "首次响应时长"; static storage. */
const char *phrase_indicator(const struct settings *s, enum indicator i, enum lang lang);

/* What a mix is of: "tickets opened", and what its parts are called: "category". Static storage. */
const char *phrase_whole(enum part_kind mix, enum lang lang);
const char *phrase_part(enum part_kind mix, enum lang lang);

/* The same of a source: "satisfaction (politeness)". Returns buf. */
char *phrase_source(char buf[PHRASE_MAX], const struct settings *s, struct figure_source source,
                    enum lang lang);

/* "mean", "平均": which number of an indicator; static storage. */
const char *phrase_field(enum indicator_field field, enum lang lang);

/* "team", "团队"; static storage. */
const char *phrase_scope(enum scope scope, enum lang lang);

/* "next response", "后续响应", and why an alert of a clock came or ended; static storage. */
const char *phrase_metric(enum sla_metric metric, enum lang lang);
const char *phrase_cause(enum alert_cause cause, enum lang lang);

/* "2026-02-06 16:30" by the zone's clocks, with seconds when they are not zero. Returns buf. */
char *phrase_instant(char buf[PHRASE_MAX], const struct zone *zone, ms_t at);

/* 750000 -> "12m 30s", "12分30秒": the two largest units that say something. Returns buf. */
char *phrase_duration(char buf[PHRASE_MAX], ms_t ms, enum lang lang);

/* A value of that field as rules count it (ms or millionths): "12m 30s", "87.5%", "4.32", "17".
 * s: NULL with built-in indicators. */
char *phrase_value(char buf[PHRASE_MAX], const struct settings *s, enum indicator i,
                   enum indicator_field f, int64_t value, enum lang lang);

/* One of the site's own in millionths, with its unit: "12.34 CNY", "17单". part: of 1, "6.7%". */
char *phrase_own(char buf[PHRASE_MAX], int64_t value, struct str unit, bool part);

/* A value as the rule compares it: of its field, of points, of the change that a trend is about. */
char *phrase_compared(char buf[PHRASE_MAX], const struct settings *s,
                      const struct rule_setting *rule, int64_t value, enum lang lang);

/* What the rule fires at, or (clear) ends at; of scores by its grade, where one begins there. */
char *phrase_threshold(char buf[PHRASE_MAX], const struct settings *s,
                       const struct rule_setting *rule, bool clear, enum lang lang);

/* One sentence about the alert: rule, what, where, value, threshold; or ticket, metric, target,
 * due, owner. Returns buf. */
char *phrase_alert(char buf[PHRASE_MAX], const struct settings *settings, const struct alert *alert,
                   enum lang lang);

#endif

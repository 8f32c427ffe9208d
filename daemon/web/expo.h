/* expo.h: numbers as text for Prometheus: OpenMetrics 1.0, or the older text format 0.0.4.
 *
 * Samples follow the family that they belong to:
 *
 *     expo_family(&x, EXPO_COUNTER, "ticketpulse_rejected", "Events refused.");
 *     expo_sample(&x); expo_label(&x, "reason", str_of("bad_key")); expo_uint(&x, 3);
 *
 *     # HELP ticketpulse_rejected Events refused.
 *     # TYPE ticketpulse_rejected counter
 *     ticketpulse_rejected_total{reason="bad_key"} 3
 *
 * The text grows on the heap, up to EXPO_BYTES_MAX; what does not fit makes it invalid. */
#ifndef TP_DAEMON_WEB_EXPO_H
#define TP_DAEMON_WEB_EXPO_H

#include "core/base.h"
#include "daemon/histogram.h"

#define EXPO_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define EXPO_TEXT "text/plain; version=0.0.4; charset=utf-8"

enum { EXPO_BYTES_MAX = 64 << 20, EXPO_NAME_MAX = 96 };

enum expo_type { EXPO_COUNTER, EXPO_GAUGE, EXPO_HISTOGRAM, EXPO_INFO };

struct expo {
    char *p; /* the text so far; zeroed at the beginning, freed by expo_fini */
    size_t n, cap;
    bool openmetrics;
    bool failed;  /* no memory, or longer than it may be */
    bool labels;  /* of the sample at hand: one was written */
    uint8_t type; /* enum expo_type, and name, of the family at hand */
    char name[EXPO_NAME_MAX];
};

/* help: a sentence, without line ends and backslashes. */
void expo_family(struct expo *x, enum expo_type type, const char *name, const char *help);

/* A sample: its labels, then its number. */
void expo_sample(struct expo *x);
void expo_label(struct expo *x, const char *key, struct str value);
void expo_uint(struct expo *x, uint64_t v);
void expo_float(struct expo *x, double v);
void expo_seconds(struct expo *x, int64_t ms);

/* All samples of a histogram's family, in seconds. */
void expo_histogram(struct expo *x, const struct histogram *h);

/* The end of the text. false: it is not to be used. */
MUST_CHECK bool expo_end(struct expo *x);
void expo_fini(struct expo *x);

#endif

/* sampler.h: the numbers of each minute, hour and day, for the record.
 *
 * A row is taken at the end of its step: minutes and hours with the window of 1h (or the next
 * longer one), so that the row of an hour is that hour; days with that of 24h. Minutes: all and
 * teams; hours: every scope but agents; days: every scope. Who has nothing to tell is left out. A
 * step whose end nobody saw within SAMPLER_LATE_* has no row; of a minute there is no later. */
#ifndef TP_DAEMON_SAMPLER_H
#define TP_DAEMON_SAMPLER_H

#include "daemon/outlet.h"
#include "daemon/recorder.h"

enum {
    SAMPLER_SLICE_NS = 250000,
    SAMPLER_WAITING_BYTES = 8 << 20, /* to be written: alerts have the rest of the room */
    SAMPLER_LATE_HOUR = 300000,      /* ms after its end, e.g. over a restart */
    SAMPLER_LATE_DAY = 900000,
};

struct sampler {
    ms_t minute, hour, day; /* ends of the last steps that were begun */
    bool running;           /* names are being looked at: */
    bool waits;             /* the record has enough to write just now */
    bool hourly, daily;     /* also for these steps */
    uint8_t scope;          /* enum scope and name that come next */
    uint32_t index;
};

/* The next slice, when one is due. Nothing happens without a record. */
void sampler_work(struct sampler *s, struct outlet *o, ms_t at);

static inline bool sampler_busy(const struct sampler *s)
{
    return s->running && !s->waits;
}

#endif

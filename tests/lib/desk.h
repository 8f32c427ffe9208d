/* desk.h: an engine with everything around it that a test needs: memory, outbox, terse events.
 *
 *     struct desk *d = desk_new();         small limits; windows 5m 1h 24h
 *     d->settings.target[…] = …;           before desk_open
 *     desk_open(d);
 *     desk_say(d, ts, "opened ticket=T1");
 *     desk_num(d, SCOPE_ALL, "-", IND_OPENED, W_1H)
 *     desk_free(d);
 */
#ifndef TP_TESTS_DESK_H
#define TP_TESTS_DESK_H

#include "core/engine.h"

enum { W_5M, W_1H, W_24H, DESK_WINDOWS };
enum { DESK_EFFECTS = 256 };

struct desk {
    struct limits limits;
    struct settings settings;
    ms_t started_at; /* MS_NONE: the first event */
    struct engine *e;
    void *mem;
    uint64_t size;
    struct outbox out; /* emptied when an event begins */
    struct effect effects[DESK_EFFECTS];
};

struct desk *desk_new(void);
void desk_open(struct desk *d);
void desk_close(struct desk *d); /* settings stay; desk_open begins anew */
void desk_free(struct desk *d);

/* Memory of fresh pages, whose size need not be there as a whole; desk_unmap gives it back. */
void *desk_map(uint64_t size);
void desk_unmap(void *mem, uint64_t size);

/* One event; the verdict. */
struct result desk_take(struct desk *d, const struct event *e);
struct result desk_say(struct desk *d, ms_t ts, const char *line);

/* The clock. */
void desk_tick(struct desk *d, ms_t at);

/* What a name has in a window; all zero when nothing is there. */
struct kpi_value desk_value(struct desk *d, enum scope s, const char *name, enum indicator i,
                            uint32_t window);

/* num of it. */
int64_t desk_num(struct desk *d, enum scope s, const char *name, enum indicator i, uint32_t window);

/* The only sample's value (or of several, their mean); -1 when there is none. */
ms_t desk_mean(struct desk *d, enum scope s, const char *name, enum indicator i, uint32_t window);

/* A gauge; the ages in ms. */
int64_t desk_gauge(struct desk *d, enum scope s, const char *name, enum indicator gauge);

/* Every number of every name in every window as text, in an order of its own: two engines that
 * were told the same things say the same. The caller's to free. */
char *desk_numbers(struct desk *d);

#endif

#include "daemon/clock.h"

#include <time.h>

static ms_t read_clock(clockid_t id)
{
    struct timespec ts;
    int err = clock_gettime(id, &ts);
    CHECK(err == 0);
    return (ms_t)ts.tv_sec * MS_SECOND + (ms_t)ts.tv_nsec / 1000000;
}

ms_t clock_system(void)
{
    return read_clock(CLOCK_REALTIME);
}

ms_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

ms_t clock_take(struct clock *c, ms_t reading)
{
    ms_t behind = c->now - reading;
    if (behind <= 0) {
        c->now = reading;
        c->behind = 0;
        return c->now;
    }
    if (behind > c->behind) /* catching up makes it smaller: only a step makes it larger */
        c->steps++;
    c->behind = behind;
    return c->now;
}

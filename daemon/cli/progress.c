#include "daemon/cli/progress.h"

#include "daemon/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { CELLS = 40, REDRAW_MS = 100, QUIET_MS = 300 };

void progress_start(struct progress *p)
{
    *p = (struct progress){.on = isatty(STDERR_FILENO) == 1};
    if (p->on) {
        p->started = clock_monotonic();
        p->next = p->started + QUIET_MS; /* short work shows none */
    }
}

void progress_show(struct progress *p, uint64_t done, uint64_t total)
{
    if (!p->on)
        return;
    ms_t now = clock_monotonic();
    if (now < p->next)
        return;
    p->next = now + REDRAW_MS;
    p->shown = true;
    if (done > total)
        done = total;
    double part = (double)done / (double)total;
    int full = (int)(part * CELLS);
    fputs("\r\033[K[", stderr);
    for (int i = 0; i < CELLS; i++)
        fputs(i < full ? "█" : "·", stderr);
    double left = part > 0 ? (double)(now - p->started) / 1000 * (1 - part) / part : 0;
    fprintf(stderr, "] %3d %%  %.0f s", (int)(part * 100), left);
    fflush(stderr);
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

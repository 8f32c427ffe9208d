#include "daemon/swell.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

uint64_t swell_heap(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

uint64_t swell_resident(void)
{
    char text[128], *end = NULL;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    text[n] = 0;
    (void)strtoull(text, &end, 10); /* address space, then what is resident */
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool swell_grew(const struct swell *s, uint64_t resident)
{
    return s->heap > s->bound || resident >= s->resident + s->bound / SWELL_FRACTION;
}

bool swell_judge(struct swell *s, uint64_t heap, uint64_t resident, uint64_t now)
{
    bool was = s->heap > s->bound, is = heap > s->bound;
    s->heap = heap;
    s->resident = resident;
    s->cuts += is;
    s->due = now + (is ? SWELL_PAUSE_MS : SWELL_EVERY_MS);
    if (was && !is)
        malloc_trim(0); /* what was freed goes back to the system */
    return is;
}

bool swell_look(struct swell *s, uint64_t now)
{
    if (s->bound == 0 || now < s->due)
        return false;
    uint64_t resident = swell_resident();
    s->due = now + SWELL_EVERY_MS;
    if (resident < s->resident)
        s->resident = resident;
    return swell_grew(s, resident) && swell_judge(s, swell_heap(), resident, now);
}

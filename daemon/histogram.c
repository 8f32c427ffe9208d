#include "daemon/histogram.h"

const uint32_t histogram_limits[HISTOGRAM_LIMITS] = {10,     25,     50,     100,    250,   500,
                                                     1000,   2500,   5000,   10000,  25000, 50000,
                                                     100000, 250000, 500000, 1000000};

void histogram_add(struct histogram *h, uint64_t ns)
{
    uint32_t i = 0;
    while (i < HISTOGRAM_LIMITS && ns > (uint64_t)histogram_limits[i] * 1000)
        i++;
    h->count[i]++;
    h->ns += ns;
}

#include "daemon/cli/report_wilson.h"

#include <math.h>

struct interval wilson(uint64_t met, uint64_t n)
{
    CHECK(n > 0 && met <= n);
    const double z = 1.959963984540054; /* the normal distribution's 0.975 quantile */
    double size = (double)n, p = (double)met / size, zz = z * z;
    double middle = p + zz / (2 * size);
    double half = z * sqrt(p * (1 - p) / size + zz / (4 * size * size));
    double low = (middle - half) / (1 + zz / size), high = (middle + half) / (1 + zz / size);
    return (struct interval){met == 0 ? 0 : low, met == n ? 1 : high};
}

bool interval_apart(struct interval a, struct interval b)
{
    return a.high < b.low || b.high < a.low;
}

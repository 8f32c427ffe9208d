#include "tests/lib/spread.h"

#include <stdlib.h>

static int ascending(const void *x, const void *y)
{
    double a = *(const double *)x, c = *(const double *)y;
    return a < c ? -1 : a > c;
}

void spread_sort(double *values, uint64_t n)
{
    qsort(values, n, sizeof *values, ascending);
}

double spread_quantile(const double *sorted, uint64_t n, uint64_t permille)
{
    uint64_t rank = (n * permille + 999) / 1000;
    return n == 0 ? 0 : sorted[rank == 0 ? 0 : rank - 1];
}

double spread_median(double *values, uint64_t n)
{
    spread_sort(values, n);
    return spread_quantile(values, n, 500);
}

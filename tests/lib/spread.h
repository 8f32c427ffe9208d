/* spread.h: how measured values are spread: the nearest rank of a sorted array. */
#ifndef TP_TESTS_SPREAD_H
#define TP_TESTS_SPREAD_H

#include "core/base.h"

void spread_sort(double *values, uint64_t n);

/* Of n sorted values; 0 when there is none. */
double spread_quantile(const double *sorted, uint64_t n, uint64_t permille);

/* Sorts them. */
double spread_median(double *values, uint64_t n);

#endif

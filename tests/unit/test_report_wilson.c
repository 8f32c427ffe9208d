/* Wilson's interval against values from the literature and against its own equation. */
#include "daemon/cli/report_wilson.h"

#include <criterion/criterion.h>
#include <math.h>

static bool near(double a, double b)
{
    return fabs(a - b) < 0.0001;
}

/* Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
Test(report_wilson, published_values)
{
    static const struct {
        uint64_t met, n;
        double low, high;
    } known[] = {{81, 263, 0.2553, 0.3662},
                 {15, 148, 0.0624, 0.1605},
                 {0, 20, 0, 0.1611},
                 {1, 29, 0.0061, 0.1718}};
    for (size_t k = 0; k < ARRAY_LEN(known); k++) {
        struct interval i = wilson(known[k].met, known[k].n);
        cr_assert(near(i.low, known[k].low) && near(i.high, known[k].high), "%f %f", i.low, i.high);
    }
}

/* Each bound p is where the ratio lies z standard errors of p away. */
Test(report_wilson, bounds_solve_the_equation)
{
    for (uint64_t n = 1; n < 200; n += 7) {
        for (uint64_t met = 0; met <= n; met++) {
            struct interval i = wilson(met, n);
            double ratio = (double)met / (double)n;
            cr_assert(i.low >= 0 && i.high <= 1 && i.low <= ratio && i.high >= ratio);
            const double bounds[] = {i.low, i.high};
            for (size_t b = 0; b < 2; b++) {
                double p = bounds[b];
                if ((b == 0 && met == 0) || (b == 1 && met == n))
                    continue;
                double z = fabs(ratio - p) / sqrt(p * (1 - p) / (double)n);
                cr_assert(fabs(z - 1.959964) < 0.00001, "%f", z);
            }
        }
    }
}

Test(report_wilson, apart)
{
    struct interval few = wilson(5, 10), much = wilson(900, 1000), less = wilson(800, 1000);
    cr_assert(interval_apart(much, less) && interval_apart(less, much));
    cr_assert(!interval_apart(few, wilson(7, 10)) && !interval_apart(much, much));
}

/* The text for Prometheus, in both formats. */
#include "daemon/web/expo.h"

#include <criterion/criterion.h>

static struct expo x;

static void is(const char *want)
{
    cr_assert_eq(x.n, strlen(want), "%.*s", (int)x.n, x.p);
    cr_assert_eq(memcmp(x.p, want, x.n), 0, "%.*s", (int)x.n, x.p);
    expo_fini(&x);
}

static void some(bool openmetrics)
{
    x = (struct expo){.openmetrics = openmetrics};
    expo_family(&x, EXPO_COUNTER, "tp_a", "Some.");
    expo_sample(&x);
    expo_uint(&x, UINT64_MAX);
    expo_family(&x, EXPO_INFO, "tp_build", "The program.");
    expo_sample(&x);
    expo_label(&x, "version", str_of("1"));
    expo_uint(&x, 1);
    cr_assert(expo_end(&x));
}

Test(expo, the_older_format_names_families_as_their_samples)
{
    some(false);
    is("# HELP tp_a_total Some.\n# TYPE tp_a_total counter\ntp_a_total 18446744073709551615\n"
       "# HELP tp_build_info The program.\n# TYPE tp_build_info gauge\n"
       "tp_build_info{version=\"1\"} 1\n");
}

Test(expo, openmetrics_does_not_and_has_an_end)
{
    some(true);
    is("# HELP tp_a Some.\n# TYPE tp_a counter\ntp_a_total 18446744073709551615\n"
       "# HELP tp_build The program.\n# TYPE tp_build info\n"
       "tp_build_info{version=\"1\"} 1\n# EOF\n");
}

Test(expo, labels_are_escaped)
{
    x = (struct expo){.n = 0};
    expo_family(&x, EXPO_GAUGE, "g", "G.");
    expo_sample(&x);
    expo_label(&x, "a", str_of("q\"b\\n\nz"));
    expo_label(&x, "b", str_of(""));
    expo_float(&x, 0.25);
    is("# HELP g G.\n# TYPE g gauge\ng{a=\"q\\\"b\\\\n\\nz\",b=\"\"} 0.25\n");
}

Test(expo, milliseconds_are_exact_seconds)
{
    static const struct {
        ms_t ms;
        const char *text;
    } cases[] = {{0, "g 0.000\n"},
                 {1, "g 0.001\n"},
                 {1500, "g 1.500\n"},
                 {-1, "g -0.001\n"},
                 {-2500, "g -2.500\n"},
                 {1795419918262, "g 1795419918.262\n"},
                 {INT64_MIN, "g -9223372036854775.808\n"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        x = (struct expo){.name = "g", .type = EXPO_GAUGE};
        expo_sample(&x);
        expo_seconds(&x, cases[i].ms);
        is(cases[i].text);
    }
}

Test(expo, buckets_add_up)
{
    struct histogram h = {{0}, 0};
    histogram_add(&h, 20000);
    histogram_add(&h, 900000000);
    histogram_add(&h, 3000000000);
    x = (struct expo){.n = 0};
    expo_family(&x, EXPO_HISTOGRAM, "h", "H.");
    expo_histogram(&x, &h);
    is("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1e-05\"} 0\nh_bucket{le=\"2.5e-05\"} 1\n"
       "h_bucket{le=\"5e-05\"} 1\nh_bucket{le=\"0.0001\"} 1\nh_bucket{le=\"0.00025\"} 1\n"
       "h_bucket{le=\"0.0005\"} 1\nh_bucket{le=\"0.001\"} 1\nh_bucket{le=\"0.0025\"} 1\n"
       "h_bucket{le=\"0.005\"} 1\nh_bucket{le=\"0.01\"} 1\nh_bucket{le=\"0.025\"} 1\n"
       "h_bucket{le=\"0.05\"} 1\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"0.25\"} 1\n"
       "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 3\n"
       "h_sum 3.900020000\nh_count 3\n");
}

Test(expo, a_text_that_grew_too_long_is_not_used)
{
    static char name[1 << 16];
    memset(name, 'n', sizeof name);
    x = (struct expo){.name = "g", .type = EXPO_GAUGE};
    for (int i = 0; i < EXPO_BYTES_MAX / (1 << 16); i++) {
        expo_sample(&x);
        expo_label(&x, "a", (struct str){name, sizeof name});
        expo_uint(&x, 1);
    }
    cr_assert_leq(x.n, EXPO_BYTES_MAX);
    cr_assert_not(expo_end(&x));
    expo_fini(&x);
}

/* What somebody meant: the nearest of what there is, and nothing when nothing is near. */
#include "daemon/suggest.h"

#include <criterion/criterion.h>

static const char *const there[] = {
    "zone", "windows", "week_start", "targets.first_response", "targets.next_response", "skew"};

static const char *meant(const char *text)
{
    static char buf[SUGGEST_TEXT];
    struct suggestion s;
    suggest_begin(&s, str_of(text));
    for (size_t i = 0; i < ARRAY_LEN(there); i++)
        suggest_offer(&s, str_of(there[i]));
    return suggest_text(&s, buf);
}

Test(suggest, the_nearest)
{
    cr_assert_str_eq(meant("zoen"), "did you mean zone? ");      /* swapped */
    cr_assert_str_eq(meant("zones"), "did you mean zone? ");     /* too many */
    cr_assert_str_eq(meant("windws"), "did you mean windows? "); /* too few */
    cr_assert_str_eq(meant("targets.frst_respnse"), "did you mean targets.first_response? ");
    cr_assert_str_eq(meant("skwe"), "did you mean skew? ");
}

Test(suggest, nothing_far_away)
{
    static const char *const far[] = {
        "", "z", "zo", "colour", "notify", "wee", "targets", "targets.first_resolution_of_all"};
    char long_one[200];
    for (size_t i = 0; i < ARRAY_LEN(far); i++)
        cr_assert_str_eq(meant(far[i]), "", "%s", far[i]);
    memset(long_one, 'z', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = 0;
    cr_assert_str_eq(meant(long_one), "");
}

/* Against the definition, letter by letter. */
static uint32_t naive(const char *a, uint32_t n, const char *b, uint32_t m)
{
    if (n == 0 || m == 0)
        return n + m;
    uint32_t best = naive(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
    uint32_t other = naive(a, n - 1, b, m) + 1;
    best = other < best ? other : best;
    other = naive(a, n, b, m - 1) + 1;
    best = other < best ? other : best;
    if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1]) {
        other = naive(a, n - 2, b, m - 2) + 1;
        best = other < best ? other : best;
    }
    return best;
}

Test(suggest, counts_edits)
{
    static const char *const words[] = {"abcabc", "acbabc", "bcabca", "abc",
                                        "cba",    "aabbcc", "cab"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        for (size_t k = 0; k < ARRAY_LEN(words); k++) {
            struct str a = str_of(words[i]), b = str_of(words[k]);
            struct suggestion s = {.text = a, .edits = UINT32_MAX};
            suggest_offer(&s, b);
            cr_assert_eq(s.edits, naive(a.p, a.len, b.p, b.len), "%s %s", words[i], words[k]);
        }
}

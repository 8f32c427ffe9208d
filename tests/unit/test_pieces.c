/* Bodies cut into the texts of their events. */
#include "proto/pieces.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* The pieces joined by '|'; "!" and the reason when the body is refused. */
static const char *cut(const char *body, bool lines)
{
    static char ret[4096];
    struct pieces p;
    struct str text;
    uint32_t n = 0;
    int err = pieces_start(&p, body, strlen(body), lines);
    ret[0] = 0;
    if (err != 0) {
        snprintf(ret, sizeof ret, "!%s", err_name(err));
        return ret;
    }
    for (; pieces_next(&p, &text); n++)
        snprintf(ret + strlen(ret), sizeof ret - strlen(ret), "%s%.*s", n > 0 ? "|" : "",
                 (int)text.len, text.p);
    cr_assert_eq(n, p.count);
    return ret;
}

Test(pieces, one_object_is_one_event)
{
    cr_assert_str_eq(cut("{}", false), "{}");
    cr_assert_str_eq(cut(" \n{\"a\": {\"b\": [1]}}\r\n", false), "{\"a\": {\"b\": [1]}}");
    cr_assert_str_eq(cut("{\"a\":\"}\\\"{[\"}", false), "{\"a\":\"}\\\"{[\"}");
}

Test(pieces, an_array_is_a_batch)
{
    cr_assert_str_eq(cut("[]", false), "");
    cr_assert_str_eq(cut("[{\"a\":1},{\"b\":[{}]} , {}]", false), "{\"a\":1}|{\"b\":[{}]}|{}");
}

Test(pieces, what_is_neither_is_refused_whole)
{
    static const char *const bad[] = {"",     " ",      "5",       "\"{}\"",     "[",     "[{}",
                                      "{",    "[{},]",  "[1]",     "[{} {}]",    "[,{}]", "[[{}]]",
                                      "{\"a", "{\"a\\", "[{}, x]", "{\"a\":\"b}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_str_eq(cut(bad[i], false), "!bad_text", "%s", bad[i]);
    cr_assert_str_eq(cut("{} {}", false), "!trailing");
    cr_assert_str_eq(cut("[{}] 1", false), "!trailing");
}

Test(pieces, lines_are_judged_one_by_one)
{
    cr_assert_str_eq(cut("{\"a\":1}\r\n\n  \nnonsense\n{}", true), "{\"a\":1}|nonsense|{}");
    cr_assert_str_eq(cut("\n\n", true), "!bad_text");
}

Test(pieces, a_batch_has_its_bound)
{
    size_t n = (size_t)(BATCH_EVENTS_MAX + 1) * 3 + 2;
    char *body = malloc(n + 1);
    struct pieces p;
    cr_assert_not_null(body);
    for (int more = 0; more < 2; more++) {
        size_t at = 0;
        body[at++] = '[';
        for (int i = 0; i < BATCH_EVENTS_MAX + more; i++) {
            memcpy(body + at, &",{}"[i == 0], 3 - (size_t)(i == 0));
            at += 3 - (size_t)(i == 0);
        }
        body[at++] = ']';
        cr_assert_eq(pieces_start(&p, body, at, false), more ? ERR_TOO_MANY : 0);
        cr_assert_eq(pieces_start(&p, body, at, true), 0); /* one line, whatever is in it */
    }
    free(body);
}

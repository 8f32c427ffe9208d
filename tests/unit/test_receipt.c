/* receipt: only an answer about the alerts themselves gives them up. */
#include "daemon/receipt.h"

#include <criterion/criterion.h>
#include <string.h>

Test(receipt, only_three_answers_judge_the_alerts)
{
    static const long judged[] = {400, 413, 422};
    for (long status = 0; status < 1000; status++) {
        bool refused = false;
        for (size_t i = 0; i < sizeof judged / sizeof *judged; i++)
            refused = refused || judged[i] == status;
        enum receipt want = refused             ? RECEIPT_REFUSED
                            : status / 100 == 2 ? RECEIPT_TAKEN
                                                : RECEIPT_LATER;
        cr_assert_eq(receipt_of(status), want, "%ld", status);
    }
}

Test(receipt, what_only_a_person_can_put_right_says_what_to_check)
{
    static const long token[] = {401, 403}, url[] = {301, 302, 307, 308, 404, 405, 410, 415};
    static const long nothing[] = {0, 200, 204, 400, 408, 413, 422, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof token / sizeof *token; i++)
        cr_assert(strstr(receipt_advice(token[i]), "check its token_file") != NULL);
    for (size_t i = 0; i < sizeof url / sizeof *url; i++)
        cr_assert(strstr(receipt_advice(url[i]), "check its URL") != NULL, "%ld", url[i]);
    cr_assert(strstr(receipt_advice(407), "proxy") != NULL);
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        cr_assert_str_empty(receipt_advice(nothing[i]), "%ld", nothing[i]);
}

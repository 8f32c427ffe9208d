/* err: the table is whole, and its wire names are what readers were promised. */
#include "core/err.h"

#include "core/base.h"

#include <criterion/criterion.h>

Test(err, every_code_has_a_name_of_its_own_and_a_sentence)
{
    for (int code = 1; code < ERR_N; code++) {
        const char *name = err_name(-code);
        cr_assert_gt(strlen(name), 3);
        cr_assert_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
        cr_assert_gt(strlen(err_text(-code)), 10);
        for (int other = 0; other < code; other++)
            cr_assert_str_neq(name, err_name(-other));
    }
}

Test(err, signs_and_strangers)
{
    cr_assert_eq(ERR_LATE, -ERR_NO_LATE);
    cr_assert_str_eq(err_name(0), "ok");
    cr_assert_str_eq(err_name(ERR_LATE), "late_dropped");
    cr_assert_str_eq(err_name(-ERR_LATE), "late_dropped");
    cr_assert_str_eq(err_name(-ERR_N), "ok");
    cr_assert_str_eq(err_name(12345), "ok");
    cr_assert_str_eq(err_text(-12345), "no error");
}

Test(err, names_that_are_promised)
{
    const struct {
        int code;
        const char *name;
    } promised[] = {
        {ERR_NOT_MSGPACK, "not_msgpack"},   {ERR_TRUNCATED, "truncated"},
        {ERR_MISSING, "missing_field"},     {ERR_UNKNOWN_TYPE, "unknown_type"},
        {ERR_TS_UNIT, "ts_unit"},           {ERR_RESERVED, "reserved_name"},
        {ERR_MERGE_CYCLE, "merge_cycle"},   {ERR_TICKETS_FULL, "tickets_full"},
        {ERR_BAD_IMAGE, "bad_image"},       {ERR_OTHER_IMAGE, "other_image"},
        {ERR_BAD_SETTINGS, "bad_settings"}, {ERR_IMAGE_BUSY, "image_busy"},
        {ERR_BAD_PACK, "bad_pack"},
    };
    for (size_t i = 0; i < ARRAY_LEN(promised); i++)
        cr_assert_str_eq(err_name(promised[i].code), promised[i].name);
}

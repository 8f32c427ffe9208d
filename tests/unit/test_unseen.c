/* Characters that nobody sees: which are found, and which are somebody's letters. */
#include "daemon/unseen.h"

#include <criterion/criterion.h>

static uint32_t found(const char *text)
{
    return unseen_find(str_of(text));
}

Test(unseen, in_what_people_write)
{
    static const char *const fine[] = {"",         "billing",  "退款 客服", "Zürich – team №1",
                                       "a b",      "👍🏽", "👩\u200d🚒",  "می\u200cخواهم",
                                       "क्\u200dष", "\u00a0",   "~"};
    for (size_t i = 0; i < ARRAY_LEN(fine); i++)
        cr_assert_eq(found(fine[i]), 0, "%s", fine[i]);
}

Test(unseen, is_found)
{
    static const struct {
        const char *text;
        uint32_t is;
    } some[] = {
        {"a\n", '\n'},        {"\tb", '\t'},           {"\x1b[31mred", 0x1B}, {"a\x7f", 0x7F},
        {"\xC2\x9B", 0x9B},   {"a\u00adb", 0xAD},      {"a\u200bb", 0x200B},  {"\u200fx", 0x200F},
        {"x\u202ey", 0x202E}, {"x\u2066y", 0x2066},    {"x\u2028y", 0x2028},  {"\ufeffx", 0xFEFF},
        {"a\u200cb", 0x200C}, {"退\u200d", 0x200D},    {"\u200d退", 0x200D},  {"退\u200da", 0x200D},
        {"\u3164", 0x3164},   {"\U000e0041", 0xE0041}, {"ü\xC2\x85", 0x85},   {"x\u061cy", 0x61C},
    };
    for (size_t i = 0; i < ARRAY_LEN(some); i++)
        cr_assert_eq(found(some[i].text), some[i].is, "%zu: U+%04X", i, found(some[i].text));
    cr_assert_eq(unseen_find((struct str){"a\0b", 3}), UINT32_MAX);
}

Test(unseen, is_hidden)
{
    static const struct {
        const char *text, *shown;
    } some[] = {
        {"", ""},
        {"退款 Zürich", "退款 Zürich"},
        {"\u202egnp.exe", "?gnp.exe"},
        {"a\u2066b\u2069", "a?b?"},
        {"a\x1b[31m\x7f", "a?[31m?"},
        {"ad\u200ba", "ad?a"},
        {"👩\u200d🚒", "👩\u200d🚒"},
        {"\xC3z", "?z"},
        {"z\xE2\x80", "z?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        char text[64];
        size_t len = strlen(some[i].text), shown = strlen(some[i].shown);
        memcpy(text, some[i].text, len);
        cr_assert_eq(unseen_hide(text, (uint32_t)len), shown, "%zu", i);
        cr_assert_eq(memcmp(text, some[i].shown, shown), 0, "%zu", i);
    }
    char zero[] = {'a', '\0', 'b'};
    cr_assert_eq(unseen_hide(zero, sizeof zero), 3);
    cr_assert_eq(zero[1], '?');
}

Test(unseen, is_found_where_one_looks)
{
    static const struct {
        const char *text;
        uint32_t bytes;
    } some[] = {
        {"", 0},      {"a\u202e", 0},  {"\u202ea", 3},  {"\xC2\xADx", 2}, {"\U000e0041", 4},
        {"\x7fx", 1}, {"\xE2\x80", 2}, {"\u200d退", 0}, {"退\u202e", 0},  {"\xB7\u202e", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(some); i++)
        cr_assert_eq(unseen_at(some[i].text), some[i].bytes, "%zu", i);
}

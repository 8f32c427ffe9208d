/* The companion's words: both languages complete, placeholders the same, locales read right. */
#include "daemon/cli/words.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Bit k: {k+1} occurs. */
static unsigned placeholders(const char *text)
{
    unsigned found = 0;
    for (const char *p = text; *p != '\0'; p++)
        if (p[0] == '{' && p[1] >= '1' && p[1] <= '3' && p[2] == '}')
            found |= 1u << (p[1] - '1');
    return found;
}

Test(words, both_languages_say_the_same_things)
{
    unsigned chinese = 0;
    for (int w = 0; w < W_N; w++) {
        const char *en = word_in(w, LANG_EN), *zh = word_in(w, LANG_ZH);
        cr_assert(en[0] != '\0' && zh[0] != '\0');
        cr_assert_eq(placeholders(en), placeholders(zh), "%s", en);
        for (const char *p = en; *p != '\0'; p++)
            cr_assert_not((unsigned char)*p >= 0xE4 && (unsigned char)*p <= 0xE9, "%s", en);
        chinese += strcmp(en, zh) != 0;
    }
    cr_assert_gt(chinese, W_N * 9 / 10);
}

Test(words, locale_chooses)
{
    cr_assert_eq(words_locale(NULL, NULL, "zh_CN.UTF-8"), LANG_ZH);
    cr_assert_eq(words_locale("", NULL, "zh_CN.UTF-8"), LANG_ZH);
    cr_assert_eq(words_locale("C", NULL, "zh_CN.UTF-8"), LANG_EN);
    cr_assert_eq(words_locale(NULL, "zh", "en_US"), LANG_ZH);
    cr_assert_eq(words_locale(NULL, NULL, NULL), LANG_EN);
    enum lang lang = LANG_EN;
    cr_assert(words_parse("zh", &lang) && lang == LANG_ZH);
    cr_assert_not(words_parse("de", &lang));
}

Test(words, placeholders_are_filled_in)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    word_print(f, W_SENT, "12", "{1}", "99");
    fclose(f);
    cr_assert_str_eq(text, "sent 12 events in {1} messages, 99 events/s");
    free(text);
    words_use(LANG_ZH);
    cr_assert_str_eq(word(W_OPTIONS), "选项");
}

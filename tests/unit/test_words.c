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

static void says(enum word w, const char *a, const char *b, const char *c, const char *text)
{
    char *said = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&said, &n);
    word_print(f, w, a, b, c);
    fclose(f);
    cr_assert_str_eq(said, text);
    free(said);
}

Test(words, one_is_not_many)
{
    says(W_HEALED, "1", NULL, NULL, "1 alert was missed and has been asked for, see above");
    says(W_HEALED, "2", NULL, NULL, "2 alerts were missed and have been asked for, see above");
    says(W_SENT, "1", "0", "11", "sent 1 event in 0 messages, 11 events/s");
    says(W_E_NOT_ACKED, "1", NULL, NULL, "1 event was never acknowledged; send it again");
    for (int w = 0; w < W_N; w++) { /* each choice has two words and an end */
        const char *p = word_in(w, LANG_EN);
        while ((p = strchr(p, '{')) != NULL && *++p != 0) {
            if (p[1] != '|')
                continue;
            size_t n = strcspn(p, "}");
            const char *bar = memchr(p + 2, '|', n - 2);
            cr_assert(p[n] == '}' && bar != NULL && bar + 1 < p + n, "%s", p);
        }
    }
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

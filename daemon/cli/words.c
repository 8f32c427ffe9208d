#include "daemon/cli/words.h"

static const char *const texts[W_N][2] = {
#define WORDS_TEXT(name, en, zh) {[LANG_EN] = en, [LANG_ZH] = zh},
    WORDS(WORDS_TEXT)
#undef WORDS_TEXT
};

static enum lang used = LANG_EN;

enum lang words_locale(const char *lc_all, const char *lc_messages, const char *lang)
{
    const char *tried[] = {lc_all, lc_messages, lang};
    for (size_t i = 0; i < ARRAY_LEN(tried); i++)
        if (tried[i] != NULL && tried[i][0] != '\0')
            return strncmp(tried[i], "zh", 2) == 0 ? LANG_ZH : LANG_EN;
    return LANG_EN;
}

bool words_parse(const char *text, enum lang *ret)
{
    bool zh = strcmp(text, "zh") == 0;
    if (!zh && strcmp(text, "en") != 0)
        return false;
    *ret = zh ? LANG_ZH : LANG_EN;
    return true;
}

void words_use(enum lang lang)
{
    used = lang;
}

enum lang words_lang(void)
{
    return used;
}

const char *word_in(enum word w, enum lang lang)
{
    CHECK(w < W_N);
    return texts[w][lang];
}

const char *word(enum word w)
{
    return word_in(w, used);
}

/* "|one|many}": prints the one that fits the number. Returns where it ends. */
static const char *print_plural(FILE *out, const char *p, const char *number)
{
    size_t one = strcspn(p + 1, "|");
    const char *many = p + 1 + one + 1;
    size_t n = strcspn(many, "}");
    if (strcmp(number, "1") == 0)
        fwrite(p + 1, 1, one, out);
    else
        fwrite(many, 1, n, out);
    return many + n;
}

void word_print(FILE *out, enum word w, const char *a, const char *b, const char *c)
{
    const char *const given[] = {a, b, c};
    for (const char *p = word(w); *p != '\0'; p++) {
        if (p[0] == '{' && p[1] >= '1' && p[1] <= '3' && (p[2] == '}' || p[2] == '|')) {
            const char *text = given[p[1] - '1'];
            CHECK(text != NULL);
            if (p[2] == '}')
                fputs(text, out);
            p = p[2] == '}' ? p + 2 : print_plural(out, p + 2, text);
        } else {
            fputc(*p, out);
        }
    }
}

void word_error(enum word w, const char *a, const char *b, const char *c)
{
    fputs("ticketpulse: ", stderr);
    word_print(stderr, w, a, b, c);
    fputc('\n', stderr);
}

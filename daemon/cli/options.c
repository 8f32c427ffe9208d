#include "daemon/cli/options.h"

#include "core/settings.h"
#include "proto/text.h"

#include <errno.h>
#include <stdlib.h>

enum { HELP_COLUMN = 26 };

static const char *lang_text;

/* What a value of the kind looks like, in usage lines and complaints. */
static const char *kind_text(uint8_t kind)
{
    static const char *const texts[] = {
        [OPTION_FLAG] = "",           [OPTION_TEXT] = "TEXT",        [OPTION_COUNT] = "N",
        [OPTION_NUMBER] = "N",        [OPTION_MILLI] = "N[.N]",      [OPTION_DURATION] = "DURATION",
        [OPTION_INSTANT] = "INSTANT", [OPTION_SPEED] = "1x|60x|max",
    };
    return texts[kind];
}

static bool read_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || v < min || v > max)
        return false;
    *ret = v;
    return true;
}

/* "2.5" -> 2500; digits after the third are refused. */
static bool read_milli(const char *text, size_t len, int64_t min, int64_t max, int64_t *ret)
{
    int64_t v = 0;
    int decimals = -1;
    size_t digits = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && decimals < 0) {
            decimals = 0;
        } else if (text[i] >= '0' && text[i] <= '9' && decimals < 3 && v < INT64_MAX / 20000) {
            v = v * 10 + (text[i] - '0');
            decimals += decimals >= 0;
            digits++;
        } else {
            return false;
        }
    }
    for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
        v *= 10;
    *ret = v;
    return digits > 0 && v >= min && v <= max;
}

static bool read_speed(const char *text, uint32_t *ret)
{
    int64_t v = 0;
    size_t len = strlen(text);
    bool max = strcmp(text, "max") == 0;
    if (len > 0 && text[len - 1] == 'x')
        len--;
    if (!max && !read_milli(text, len, 1, 1000000000, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

static bool read_value(const struct option *o, const char *text)
{
    int64_t v = 0;
    switch ((enum option_kind)o->kind) {
    case OPTION_FLAG:
        *(bool *)o->place = true;
        return true;
    case OPTION_TEXT:
        *(const char **)o->place = text;
        return text[0] != '\0';
    case OPTION_COUNT:
        if (!read_number(text, o->min, o->max, &v))
            return false;
        *(uint32_t *)o->place = (uint32_t)v;
        return true;
    case OPTION_NUMBER:
        if (!read_number(text, o->min, o->max, &v))
            return false;
        *(uint64_t *)o->place = (uint64_t)v;
        return true;
    case OPTION_MILLI:
        if (!read_milli(text, strlen(text), o->min, o->max, &v))
            return false;
        *(uint32_t *)o->place = (uint32_t)v;
        return true;
    case OPTION_DURATION:
        if (!duration_parse(str_of(text), &v) || v < o->min || v > o->max)
            return false;
        *(ms_t *)o->place = v;
        return true;
    case OPTION_INSTANT:
        if (!iso8601_parse(str_of(text), &v) && !read_number(text, MS_MIN_TS, MS_MAX_TS, &v))
            return false;
        *(ms_t *)o->place = v;
        return true;
    case OPTION_SPEED:
        return read_speed(text, o->place);
    }
    return false;
}

static void print_option(const char *name, const char *value, enum word help)
{
    int n = printf("  --%s%s%s", name, value[0] != '\0' ? " " : "", value);
    printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 1, "", word(help));
}

static void print_help(const struct usage *u)
{
    printf("ticketpulse %s: %s\n", u->command, word(u->about));
    printf("%s: ticketpulse %s [%s] %s\n\n%s:\n", word(W_USAGE), u->command, word(W_OPTIONS),
           u->operands, word(W_OPTIONS));
    for (uint32_t i = 0; i < u->options; i++)
        print_option(u->option[i].name, kind_text(u->option[i].kind), u->option[i].help);
    print_option("lang", "en|zh", W_O_LANG);
    print_option("help", "", W_O_HELP);
}

static const struct option *find(const struct usage *u, const char *name, size_t len)
{
    static const struct option lang = {"lang", OPTION_TEXT, &lang_text, W_O_LANG, 0, 0};
    for (uint32_t i = 0; i < u->options; i++)
        if (strlen(u->option[i].name) == len && memcmp(u->option[i].name, name, len) == 0)
            return &u->option[i];
    return len == 4 && memcmp(name, "lang", 4) == 0 ? &lang : NULL;
}

/* One option at argv[*i]; false: complained. */
static bool read_one(const struct usage *u, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct option *o = strncmp(argv[*i], "--", 2) == 0 ? find(u, name, len) : NULL;
    if (o == NULL) {
        word_error(W_E_OPTION, u->command, argv[*i], NULL);
        return false;
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (o->kind == OPTION_FLAG && value != NULL) {
        word_error(W_E_NO_VALUE, u->command, o->name, NULL);
        return false;
    }
    if (o->kind != OPTION_FLAG && value == NULL)
        value = *i + 1 < argc ? argv[++*i] : "";
    enum lang lang;
    bool good = read_value(o, value);
    if (good && o->place == &lang_text) {
        good = words_parse(value, &lang);
        if (good)
            words_use(lang);
    }
    char range[80];
    const char *want = o->place == &lang_text      ? "en, zh"
                       : o->kind == OPTION_INSTANT ? word(W_WANT_INSTANT)
                                                   : kind_text(o->kind);
    if (!good && (o->kind == OPTION_COUNT || o->kind == OPTION_NUMBER)) {
        snprintf(range, sizeof(range), "N (%lld..%lld)", (long long)o->min, (long long)o->max);
        want = range;
    }
    if (!good)
        word_error(W_E_VALUE, u->command, o->name, want);
    return good;
}

enum options_end options_read(const struct usage *u, int argc, char **argv, int *ret_operands)
{
    int operands = 0;
    bool help = false, ended = false;
    for (int i = 0; i < argc; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            argv[operands++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            ended = true;
        else if (strcmp(argv[i], "--help") == 0)
            help = true;
        else if (!read_one(u, argc, argv, &i))
            return OPTIONS_WRONG;
    }
    if (help)
        print_help(u);
    *ret_operands = operands;
    return help ? OPTIONS_HELPED : OPTIONS_GO;
}

int options_operands_wrong(const struct usage *u)
{
    char text[160];
    snprintf(text, sizeof(text), "ticketpulse %s %s", u->command, u->operands);
    word_error(W_E_OPERANDS, u->command, text, NULL);
    return 2;
}

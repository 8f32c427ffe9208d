#include "daemon/reference.h"

#include "daemon/keys.h"
#include "daemon/rules.h"

enum { COMMENT_COLUMNS = 96, LEAF_MAX = 64 };

/* "5 minutes" needs no exactness: the largest unit that divides. */
static void print_ms(FILE *file, ms_t ms)
{
    static const struct {
        const char *unit;
        ms_t ms;
    } units[] = {{"d", MS_DAY}, {"h", MS_HOUR}, {"m", MS_MINUTE}, {"s", MS_SECOND}, {"ms", 1}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (ms % units[i].ms == 0 && ms > 0) {
            fprintf(file, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
            return;
        }
    }
    fputs("0s", file);
}

static void print_bounds(FILE *file, const struct key *key)
{
    switch ((enum key_type)key->type) {
    case KEY_DURATION:
    case KEY_TARGET:
        print_ms(file, key->min);
        fputs(" to ", file);
        print_ms(file, key->max);
        break;
    case KEY_COUNT:
        fprintf(file, "%lld to %lld", (long long)key->min, (long long)key->max);
        break;
    case KEY_ENDPOINTS:
    case KEY_TOPICS:
    case KEY_WINDOWS:
    case KEY_SCOPES:
    case KEY_RULES:
        fprintf(file, "%lld to %lld entries", (long long)key->min, (long long)key->max);
        break;
    default:
        break;
    }
}

static bool has_bounds(const struct key *key)
{
    return key->max > 0;
}

/* Words as comment lines of at most COMMENT_COLUMNS. */
static void print_comment(FILE *file, int indent, const char *text)
{
    int column = 0;
    while (*text != 0) {
        int n = (int)strcspn(text, " ");
        if (column == 0 || column + 1 + n > COMMENT_COLUMNS) {
            fprintf(file, "%s%*s#", column == 0 ? "" : "\n", indent, "");
            column = indent + 1;
        }
        fprintf(file, " %.*s", n, text);
        column += 1 + n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', file);
}

/* Prints the groups that begin with this key ("sockets:", "  events:"); returns its depth. */
static int print_groups(FILE *file, const char *path, const char *last)
{
    int depth = 0;
    for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(dot + 1, '.'), depth++) {
        size_t upto = (size_t)(dot - path) + 1;
        const char *begin = dot;
        while (begin > path && begin[-1] != '.')
            begin--;
        if (strncmp(path, last, upto) != 0)
            fprintf(file, "%*s%.*s:\n", depth * 2, "", (int)(dot - begin), begin);
    }
    return depth;
}

static void print_rule_keys(FILE *file)
{
    for (uint32_t i = 0; i < rule_keys_n; i++) {
        const struct rule_key *k = &rule_keys[i];
        char line[256];
        snprintf(line, sizeof line, "  %s: %s%s%s%s", k->name, k->text,
                 k->preset[0] == 0 ? "" : " Default: ", k->preset, k->preset[0] == 0 ? "" : ".");
        fprintf(file, "#%s\n", line);
    }
}

bool reference_print(FILE *file)
{
    const char *last = "";
    fputs("# TicketPulse configuration: every key with its default. Keys left out have these\n"
          "# values; an unknown or impossible one is refused with its line, and on a reload\n"
          "# (SIGHUP) the old configuration stays. \"(start)\" marks what only a restart changes.\n"
          "# `ticketpulsed --check --config FILE` checks a file.\n",
          file);
    for (uint32_t i = 0; i < keys_n; i++) {
        const struct key *k = &keys[i];
        const char *leaf = strrchr(k->path, '.');
        char comment[512];
        fputc('\n', file);
        int indent = 2 * print_groups(file, k->path, last);
        snprintf(comment, sizeof comment, "%s%s", k->fixed ? "(start) " : "", k->text);
        print_comment(file, indent, comment);
        fprintf(file, "%*s# %s%s", indent, "", key_type_text(k->type), has_bounds(k) ? "; " : "");
        print_bounds(file, k);
        fputc('\n', file);
        if (k->type == KEY_RULES)
            print_rule_keys(file);
        fprintf(file, "%*s%s:%s%s\n", indent, "", leaf == NULL ? k->path : leaf + 1,
                k->preset[0] == '\n' ? "" : " ", k->preset);
        last = k->path;
    }
    return fflush(file) == 0 && !ferror(file);
}

/* roff: a backslash, and a dot or quote at the beginning of a line, would be commands. */
static void print_roff(FILE *file, const char *text)
{
    for (bool begin = true; *text != 0; text++) {
        if (begin && (*text == '.' || *text == '\''))
            fputs("\\&", file);
        if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '-')
            fputs("\\-", file);
        else
            fputc(*text, file);
        begin = *text == '\n';
    }
}

static void print_man_rules(FILE *file)
{
    fputs(".SS Members of a rule\n", file);
    for (uint32_t i = 0; i < rule_keys_n; i++) {
        fprintf(file, ".TP\n.B %s\n", rule_keys[i].name);
        print_roff(file, rule_keys[i].text);
        if (rule_keys[i].preset[0] != 0)
            fprintf(file, " Default: %s.", rule_keys[i].preset);
        fputc('\n', file);
    }
}

bool reference_print_man(FILE *file)
{
    fputs(".\\\" Printed by ticketpulsed \\-\\-print\\-man from its table of keys.\n"
          ".TH TICKETPULSE.YAML 5 \"\" \"TicketPulse " TP_VERSION "\"\n"
          ".SH NAME\nticketpulse.yaml \\- configuration of ticketpulsed\n"
          ".SH DESCRIPTION\n"
          "One YAML document of at most 256 KiB. A key that is left out has its default. An\n"
          "unknown or double key, a wrong type or an impossible value is reported as\n"
          ".IR file : line : key ,\n"
          "and the daemon does not start; on a reload it keeps its old configuration.\n"
          "Keys marked (start) change with a restart only.\n"
          ".SH KEYS\n",
          file);
    for (uint32_t i = 0; i < keys_n; i++) {
        const struct key *k = &keys[i];
        fprintf(file, ".TP\n.B %s\n%s", k->path, k->fixed ? "(start) " : "");
        print_roff(file, k->text);
        fputs("\n", file);
        print_roff(file, key_type_text(k->type));
        fputs(has_bounds(k) ? "; " : "", file);
        print_bounds(file, k);
        fputs(".\n", file);
        if (k->preset[0] == '\n') {
            fputs("Default:\n.nf\n", file);
            print_roff(file, k->preset + 1);
            fputs("\n.fi\n", file);
        } else {
            fputs("Default: ", file);
            print_roff(file, k->preset);
            fputs(".\n", file);
        }
        if (k->type == KEY_RULES)
            print_man_rules(file);
    }
    fputs(".SH SEE ALSO\n.BR ticketpulsed (8),\n.BR ticketpulse (1)\n", file);
    return fflush(file) == 0 && !ferror(file);
}

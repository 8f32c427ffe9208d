#include "daemon/reference.h"

#include "daemon/calendars.h"
#include "daemon/customs.h"
#include "daemon/policies.h"
#include "daemon/receivers.h"
#include "daemon/rules.h"
#include "daemon/score_items.h"
#include "daemon/scorecards.h"
#include "daemon/security.h"

enum { COMMENT_COLUMNS = 96, LEAF_MAX = 64 };

static void print_bounds(FILE *file, const struct key *key)
{
    char low[DURATION_TEXT], high[DURATION_TEXT];
    switch ((enum key_type)key->type) {
    case KEY_DURATION:
    case KEY_TARGET:
        fprintf(file, "%s to %s", duration_text(low, key->min), duration_text(high, key->max));
        break;
    case KEY_PERCENT:
        fprintf(file, "%lld%% to %lld%%", (long long)key->min, (long long)key->max);
        break;
    case KEY_COUNT:
        fprintf(file, "%lld to %lld", (long long)key->min, (long long)key->max);
        break;
    case KEY_ENDPOINTS:
    case KEY_TOPICS:
    case KEY_NAMED:
    case KEY_WINDOWS:
    case KEY_ROUNDS:
    case KEY_SCOPES:
    case KEY_RULES:
    case KEY_CALENDARS:
    case KEY_POLICIES:
    case KEY_SCORECARDS:
    case KEY_CUSTOMS:
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

/* What the entries of a key's list have: one table, and those inside of it. Ends with NULL. */
static const struct members *const *groups_of(enum key_type type)
{
    static const struct members *const none[] = {NULL};
    static const struct members *const rules[] = {&rule_members, NULL};
    static const struct members *const calendars[] = {&calendar_members, NULL};
    static const struct members *const policies[] = {&policy_members, &policy_metric_members, NULL};
    static const struct members *const cards[] = {&scorecard_members, &score_item_members,
                                                  &score_tier_members, &score_gate_members, NULL};
    static const struct members *const customs[] = {&custom_members, &custom_name_members, NULL};
    static const struct members *const clients[] = {&client_members, NULL};
    static const struct members *const publishers[] = {&publisher_members, NULL};
    static const struct members *const receivers[] = {&receiver_members, NULL};
    static const struct members *const *const groups[KEY_TYPES] = {
        [KEY_RULES] = rules,         [KEY_CALENDARS] = calendars, [KEY_POLICIES] = policies,
        [KEY_SCORECARDS] = cards,    [KEY_CLIENTS] = clients,     [KEY_PUBLISHERS] = publishers,
        [KEY_RECEIVERS] = receivers, [KEY_CUSTOMS] = customs,
    };
    return groups[type] == NULL ? none : groups[type];
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

/* "name: text Default: so.", the lines after the first indented further. */
static void print_member(FILE *file, int indent, const struct member *m)
{
    char all[512];
    const char *preset = m->preset == NULL ? " Required" : m->preset[0] == 0 ? "" : " Default: ";
    snprintf(all, sizeof all, "%s: %s%s%s%s", m->name, m->text, preset,
             m->preset == NULL ? "" : m->preset, preset[0] == 0 ? "" : ".");
    int column = 0;
    for (const char *text = all; *text != 0;) {
        int n = (int)strcspn(text, " ");
        if (column == 0 || column + 1 + n > COMMENT_COLUMNS) {
            int in = indent + (column == 0 ? 0 : 4);
            fprintf(file, "%s#%*s", column == 0 ? "" : "\n", in, "");
            column = in + 1;
        }
        fprintf(file, " %.*s", n, text);
        column += 1 + n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', file);
}

static void print_example(FILE *file, const char *text)
{
    fputs("# Example:\n", file);
    while (*text != 0) {
        int n = (int)strcspn(text, "\n");
        fprintf(file, "#   %.*s\n", n, text);
        text += n + 1;
    }
}

static void print_members(FILE *file, enum key_type type)
{
    const struct members *const *groups = groups_of(type);
    for (uint32_t g = 0; groups[g] != NULL; g++) {
        if (g > 0)
            fprintf(file, "#   a %s is %s; its members:\n", groups[g]->of, groups[g]->shape);
        for (uint32_t i = 0; i < groups[g]->n; i++)
            print_member(file, g > 0 ? 4 : 2, &groups[g]->at[i]);
    }
    if (groups[0] != NULL && groups[0]->example != NULL)
        print_example(file, groups[0]->example);
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
        print_members(file, (enum key_type)k->type);
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

static void print_man_members(FILE *file, enum key_type type)
{
    const struct members *const *groups = groups_of(type);
    for (uint32_t g = 0; groups[g] != NULL; g++) {
        fprintf(file, ".SS Members of a %s\n", groups[g]->of);
        for (uint32_t i = 0; i < groups[g]->n; i++) {
            const struct member *m = &groups[g]->at[i];
            fprintf(file, ".TP\n.B %s\n", m->name);
            print_roff(file, m->text);
            if (m->preset == NULL) {
                fputs(" Required.", file);
            } else if (m->preset[0] != 0) {
                fputs(" Default: ", file);
                print_roff(file, m->preset);
                fputc('.', file);
            }
            fputc('\n', file);
        }
    }
    if (groups[0] != NULL && groups[0]->example != NULL) {
        fputs(".PP\nExample:\n.PP\n.nf\n", file);
        print_roff(file, groups[0]->example);
        fputs(".fi\n", file);
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
    }
    fputs(".SH ENTRIES OF LISTS\n", file);
    for (uint32_t i = 0; i < keys_n; i++)
        print_man_members(file, (enum key_type)keys[i].type);
    fputs(".SH SEE ALSO\n.BR ticketpulsed (8),\n.BR ticketpulse (1)\n", file);
    return fflush(file) == 0 && !ferror(file);
}

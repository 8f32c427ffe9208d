/* options.h: long options of a command, read and explained from one table.
 *
 * --name value, --name=value, -- ends them; "-" is an operand. --help and --lang belong to every
 * command. */
#ifndef TP_DAEMON_CLI_OPTIONS_H
#define TP_DAEMON_CLI_OPTIONS_H

#include "daemon/cli/words.h"

enum option_kind {
    OPTION_FLAG,     /* bool: given or not */
    OPTION_TEXT,     /* const char *: borrowed from argv */
    OPTION_COUNT,    /* uint32_t from min to max */
    OPTION_NUMBER,   /* uint64_t from min to max */
    OPTION_MILLI,    /* uint32_t: a decimal in thousandths, min to max */
    OPTION_DURATION, /* ms_t from min to max */
    OPTION_INSTANT,  /* ms_t: ms since 1970, or ISO 8601 with an offset */
    OPTION_SPEED,    /* uint32_t: 1x, 60x in thousandths; "max" is 0 */
};

struct option {
    const char *name; /* without dashes */
    uint8_t kind;     /* enum option_kind */
    void *place;      /* keeps its value when the option is absent */
    enum word help;
    int64_t min, max; /* where the kind has them; OPTION_TEXT: ignored */
};

struct usage {
    const char *command;  /* "simulate" */
    const char *operands; /* "FILE|- …", "" */
    enum word about;
    const struct option *option;
    uint32_t options;
};

enum options_end { OPTIONS_GO, OPTIONS_HELPED, OPTIONS_WRONG };

/* Reads argv[0..argc) (the command's name left off). OPTIONS_GO: the operands stand in argv[0..
 * *ret_operands). OPTIONS_HELPED: help was printed. OPTIONS_WRONG: one line on stderr says why. */
enum options_end options_read(const struct usage *u, int argc, char **argv, int *ret_operands);

/* Says that the operands are wrong; the exit code for it. */
int options_operands_wrong(const struct usage *u);

#endif

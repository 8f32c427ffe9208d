/* script.h: the lines of a story: read, written, and compared with what they brought. */
#ifndef TP_TESTS_SCRIPT_H
#define TP_TESTS_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

enum { SCRIPT_MAX = 2000 };

struct script {
    char *at[SCRIPT_MAX];
    uint32_t n;
};

_Noreturn void script_die(const char *file, uint32_t line, const char *what);

void script_add(struct script *l, const char *prefix, const char *text);
void script_clear(struct script *l);
void script_read(const char *file, struct script *ret);
void script_write(const char *file, const struct script *lines);

/* Compares what line `at` brought with the "= " lines behind it, prints a difference, and clears
 * *good then. How many "= " lines there are. */
uint32_t script_compare(const char *file, const struct script *story, uint32_t at,
                        const struct script *got, bool *good);

#endif

/* lint.h: what a configuration may say but hardly means, as "file:line: key: warning: text". */
#ifndef TP_DAEMON_LINT_H
#define TP_DAEMON_LINT_H

#include "daemon/config.h"

#include <stdio.h>

enum { LINT_MAX = 64 };

struct lint {
    ms_t now;          /* given: what is past, what lies ahead */
    uint32_t n;        /* those in `at` */
    uint32_t faults;   /* of them no warnings: a start would fail, or do without */
    uint32_t left_out; /* those that found no place there */
    struct tree_error at[LINT_MAX];
};

/* Adds warnings about c, which was read from t. */
void lint_config(struct lint *l, const struct tree *t, const struct config *c);

/* A line for each warning, and one for those left out. */
void lint_print(const struct lint *l, FILE *file);

#endif

/* paint.h: colours on a terminal, when somebody can see them (https://no-color.org). */
#ifndef TP_DAEMON_CLI_PAINT_H
#define TP_DAEMON_CLI_PAINT_H

#include "core/base.h"

#include <stdlib.h>
#include <unistd.h>

#define PAINT_RED "31"
#define PAINT_GREEN "32"
#define PAINT_YELLOW "33"
#define PAINT_CYAN "36"
#define PAINT_DIM "2"
#define PAINT_BOLD "1"
#define PAINT_INVERSE "7"

/* when: "auto" (or NULL), "always", "never". */
static inline bool paint_wanted(const char *when, int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (when != NULL && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    return isatty(fd) == 1 && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

#endif

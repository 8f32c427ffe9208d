/* lines.h: the lines of a file, of standard input, of a .gz of either. Blocks. */
#ifndef TP_DAEMON_CLI_LINES_H
#define TP_DAEMON_CLI_LINES_H

#include "core/base.h"

struct lines;

/* path "-": standard input. NULL: *ret_why tells what failed (until the next call). */
struct lines *lines_open(const char *path, const char **ret_why);

enum lines_end { LINES_ONE, LINES_LONG, LINES_END, LINES_BROKEN };

/* The next line without its end, lent until the next call. LINES_LONG: it had more than 64 KiB and
 * was skipped. LINES_BROKEN: lines_why tells what failed; there is no more. */
enum lines_end lines_next(struct lines *l, struct str *ret_line);

const char *lines_why(const struct lines *l);
uint64_t lines_number(const struct lines *l); /* of the line at hand, from 1 */

/* Bytes of the file read so far, and all of them (0: not known). */
uint64_t lines_done(const struct lines *l);
uint64_t lines_total(const struct lines *l);

void lines_close(struct lines *l);

#endif

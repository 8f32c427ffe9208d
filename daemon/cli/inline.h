/* inline.h: a configuration file as one text that names no other file, to be sent elsewhere.
 *
 * Holidays of .ics files are written out as dates; then the text is the same tree as JSON, which
 * is YAML too. Without such files it is the file as it stands. */
#ifndef TP_DAEMON_CLI_INLINE_H
#define TP_DAEMON_CLI_INLINE_H

#include "daemon/tree.h"

/* Into buf of cap bytes; *ret_n its length. false: *why says why. Blocks. */
MUST_CHECK bool inline_config(const char *path, char *buf, size_t cap, size_t *ret_n,
                              struct tree_error *why);

#endif

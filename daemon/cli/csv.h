/* csv.h: one cell of CSV (RFC 4180) that no spreadsheet takes for a formula. */
#ifndef TP_DAEMON_CLI_CSV_H
#define TP_DAEMON_CLI_CSV_H

#include "core/base.h"

#include <stdio.h>

/* A text. What begins like a formula gets an apostrophe before it (OWASP, "CSV Injection"). */
void csv_text(FILE *out, struct str text);

#endif

/* office.h: a small desk with something of everything, for who fuzzes what is asked about it. */
#ifndef TP_TESTS_OFFICE_H
#define TP_TESTS_OFFICE_H

#include "tests/lib/inside.h"

/* A daemon with rules, policies and scorecards, alerts that are active, and a history. http: the
 * lines of its configuration. */
void office_open(struct inside *in, const char *http);

#endif

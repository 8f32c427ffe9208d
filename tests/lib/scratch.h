/* scratch.h: directories for tests, in memory where the system has that: syncs cost nothing. */
#ifndef TP_TESTS_SCRATCH_H
#define TP_TESTS_SCRATCH_H

#include <stddef.h>

/* A new, empty directory; its path in ret. */
void scratch_make(char *ret, size_t cap, const char *name);

/* The files of a directory (no others in it) into a new one, as they are now; one that is removed
 * meanwhile is left out. */
void scratch_copy(const char *from, const char *to);

void scratch_remove(const char *dir);

#endif

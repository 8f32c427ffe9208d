/* reference.h: the table of keys as documents: the commented configuration, the manual page. */
#ifndef TP_DAEMON_REFERENCE_H
#define TP_DAEMON_REFERENCE_H

#include <stdbool.h>
#include <stdio.h>

/* Every key with its meaning, bounds and default, as a configuration that says the defaults.
 * false: the file could not be written. */
bool reference_print(FILE *file);

/* The same as the manual page ticketpulse.yaml(5), in man(7) macros. */
bool reference_print_man(FILE *file);

#endif

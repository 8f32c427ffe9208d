/* command.h: the commands of `ticketpulse`, each in a file of its name, and what they share.
 *
 * A command gets its arguments without its own name and returns the exit code: 0 fine, 1 the work
 * failed (one line on stderr), 2 wrong usage. */
#ifndef TP_DAEMON_CLI_COMMAND_H
#define TP_DAEMON_CLI_COMMAND_H

#include "daemon/cli/options.h"

#define ENDPOINT_EVENTS "tcp://127.0.0.1:5560"
#define ENDPOINT_INGEST "tcp://127.0.0.1:5561"
#define ENDPOINT_OUT "tcp://127.0.0.1:5570"
#define ENDPOINT_QUERY "tcp://127.0.0.1:5571"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

int command_simulate(int argc, char **argv);
int command_send(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_report(int argc, char **argv);
int command_watch(int argc, char **argv);
int command_top(int argc, char **argv);
int command_export(int argc, char **argv);
int command_query(int argc, char **argv);
int command_check(int argc, char **argv);
int command_keygen(int argc, char **argv);
int command_doctor(int argc, char **argv);

/* Where the daemon of this configuration is asked (check.c); lent until config_fini. */
struct config;
const char *query_of(const struct config *c);

#endif

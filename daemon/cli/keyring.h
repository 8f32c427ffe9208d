/* keyring.h: the keys with which a command shows who it is, where the daemon asks for that.
 *
 * --key names the file of the command's key pair, --server-key the daemon's public key or a file
 * with it; without these options TICKETPULSE_KEY and TICKETPULSE_SERVER_KEY of the environment. */
#ifndef TP_DAEMON_CLI_KEYRING_H
#define TP_DAEMON_CLI_KEYRING_H

#include "daemon/cli/options.h"

struct keyring {
    const char *key, *server; /* as given; NULL = see the environment */
};
extern struct keyring keyring;

/* Rows for the options of a command that connects. */
#define KEYRING_OPTIONS                                                                            \
    {"key", OPTION_TEXT, &keyring.key, W_O_KEY, 0, 0},                                             \
    {                                                                                              \
        "server-key", OPTION_TEXT, &keyring.server, W_O_SERVER_KEY, 0, 0                           \
    }

/* Before the socket connects: it will show the key to that server; without keys it stays as it
 * is. false: one line on stderr says why. */
MUST_CHECK bool keyring_show(void *socket);

#endif

#include "daemon/cli/keyring.h"

#include "daemon/curve.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

struct keyring keyring;

static const char *or_environment(const char *given, const char *variable)
{
    const char *value = given != NULL ? given : getenv(variable);
    return value == NULL || value[0] == 0 ? NULL : value;
}

bool keyring_show(void *socket)
{
    const char *file = or_environment(keyring.key, "TICKETPULSE_KEY");
    const char *server = or_environment(keyring.server, "TICKETPULSE_SERVER_KEY");
    struct curve_pair pair;
    char public[CURVE_TEXT];
    const char *why;
    if (file == NULL && server == NULL)
        return true;
    if (file == NULL || server == NULL) {
        word_error(W_E_HALF_KEYRING, file == NULL ? "--key" : "--server-key", NULL, NULL);
        return false;
    }
    if (!curve_read_public(server, public, &why)) {
        word_error(W_E_KEY, server, why, NULL);
        return false;
    }
    if (!curve_read(file, &pair, &why)) {
        word_error(W_E_KEY, file, why, NULL);
        return false;
    }
    bool fine = zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, public, CURVE_TEXT) == 0 &&
                zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, pair.public, CURVE_TEXT) == 0 &&
                zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, pair.secret, CURVE_TEXT) == 0;
    curve_forget(&pair);
    if (!fine)
        word_error(W_E_SOCKET, "CURVE", zmq_strerror(errno), NULL);
    return fine;
}

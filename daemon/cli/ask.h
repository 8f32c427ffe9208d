/* ask.h: asks the daemon's query socket and takes the answers, one by one. Blocks. */
#ifndef TP_DAEMON_CLI_ASK_H
#define TP_DAEMON_CLI_ASK_H

#include "proto/message.h"
#include "proto/request.h"

#include <zmq.h>

struct ask {
    void *context; /* borrowed */
    void *socket;
    const char *endpoint; /* borrowed */
    ms_t timeout;         /* for each answer */
    zmq_msg_t frame;      /* the answer at hand */
    bool open;
    bool quiet;           /* nobody complains when no answer comes: it is what was asked */
    const char *forgives; /* this refusal ends the answers, and nobody complains; NULL = none */
    char bytes[REQUEST_LARGE_MAX]; /* of the request */
    struct message answer;
    struct node nodes[MESSAGE_NODES_MAX];
};

/* Connects. false: complained. Sizable: heap or static storage, zeroed. */
bool ask_open(struct ask *a, void *context, const char *endpoint, ms_t timeout);

/* Sends a request; answers of an earlier one are forgotten. false: complained. */
bool ask_send(struct ask *a, const struct request *request);

/* What came. */
enum ask_end {
    ASK_ANSWER, /* in a->answer: {topic, message}, or {message} of one that is not published */
    ASK_END,    /* the last answer in a->answer: {end, upto_seq, …} */
    ASK_FAILED, /* refused, or nothing came in time: complained (not when stopped) */
};
enum ask_end ask_next(struct ask *a);

void ask_close(struct ask *a);

#endif

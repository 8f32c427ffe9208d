/* receipt.h: what the answer to a POST says: about the alerts in it, or about who was asked. */
#ifndef TP_DAEMON_RECEIPT_H
#define TP_DAEMON_RECEIPT_H

#include "core/base.h"

enum receipt {
    RECEIPT_TAKEN,
    RECEIPT_REFUSED, /* it judged the alerts themselves, and would again */
    RECEIPT_LATER    /* it was not asked, or is not who it should be: the same again later */
};

/* status: of HTTP; 0 = there was no answer. */
enum receipt receipt_of(long status);

/* What a person should check, to follow "HTTP status N"; "" = nothing: it will come by itself. */
const char *receipt_advice(long status);

#endif

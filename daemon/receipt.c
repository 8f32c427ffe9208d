#include "daemon/receipt.h"

/* Only these speak of a body as such. A wrong token, path or proxy answers anything else, the same
 * for every alert: were that a refusal, all of them would be gone until somebody looked. 415 is
 * among those: there is but one type that is sent. */
enum receipt receipt_of(long status)
{
    if (status >= 200 && status < 300)
        return RECEIPT_TAKEN;
    return status == 400 || status == 413 || status == 422 ? RECEIPT_REFUSED : RECEIPT_LATER;
}

const char *receipt_advice(long status)
{
    if (receipt_of(status) != RECEIPT_LATER || status < 200 || status == 408 || status == 429 ||
        status >= 500)
        return "";
    if (status == 401 || status == 403)
        return ": check its token_file, then its URL";
    if (status == 407)
        return ": a proxy asks for a password";
    return status < 400 ? ": check its URL, it answers that it is elsewhere"
                        : ": check its URL, then its token_file";
}

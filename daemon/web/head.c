#include "daemon/web/head.h"

#include <strings.h>

void head_note(struct head *h, const char *key, const char *value)
{
    h->hosts += strcasecmp(key, "Host") == 0;
    h->lengths += strcasecmp(key, "Content-Length") == 0;
    if (strcasecmp(key, "Transfer-Encoding") != 0)
        return;
    bool chunked = value != NULL && strcasecmp(value, "chunked") == 0;
    h->chunked = chunked && (h->encodings == 0 || h->chunked);
    h->encodings++;
}

const char *head_fault(const struct head *h, const char *version)
{
    if (h->hosts > 1)
        return "more than one Host header";
    if (h->lengths > 1)
        return "more than one Content-Length header";
    if (h->encodings > 0 && h->lengths > 0)
        return "both Content-Length and Transfer-Encoding";
    if (h->encodings > 1 || (h->encodings == 1 && !h->chunked))
        return "the only Transfer-Encoding that is known is chunked";
    if (h->encodings > 0 && strcmp(version, "HTTP/1.1") != 0)
        return "Transfer-Encoding is of HTTP/1.1";
    return NULL;
}

bool head_has_zero(const char *uri)
{
    return strstr(uri, "%00") != NULL;
}

/* guard.h: who may ask: bearer tokens, and what a stranger's web page makes a browser send.
 *
 * With a token everybody has to show it. Without one we listen on loopback only; then a page of
 * any site could still reach us through the browser of somebody on this machine. So the name in
 * Host must be this machine's (a name of the site's own, pointed at 127.0.0.1, is refused), and
 * a request that says which site's page made it must come from a page of ours. */
#ifndef TP_DAEMON_WEB_GUARD_H
#define TP_DAEMON_WEB_GUARD_H

#include "core/base.h"

enum { TOKEN_BYTES_MIN = 16, TOKEN_BYTES_MAX = 256, GUARD_WHY_BYTES = 256 };

struct token {
    uint32_t n; /* 0: none is wanted */
    char text[TOKEN_BYTES_MAX];
};

/* The token from a file: its one line of 16 to 256 visible characters. credential:NAME is one
 * of systemd; "": no token. false with a sentence in why. */
MUST_CHECK bool token_load(struct token *t, const char *file, char why[GUARD_WHY_BYTES]);

/* Does the header `Authorization` (NULL: there is none) show the token? In a time that says
 * nothing about where it differs. */
bool token_shown(const struct token *t, const char *authorization);

/* Is this Host header, with or without a port, this machine itself? */
bool host_is_local(const char *host);

/* Is the page at this Origin (NULL: no page) one of ours, as Host names us? */
bool origin_is_ours(const char *origin, const char *host);

#endif

/* suggest.h: what somebody probably meant to write. */
#ifndef TP_DAEMON_SUGGEST_H
#define TP_DAEMON_SUGGEST_H

#include "core/base.h"

enum { SUGGEST_BYTES_MAX = 64 };

struct suggestion {
    struct str text;  /* as it was written */
    uint32_t edits;   /* of the nearest one so far; none is further away than it may be */
    struct str found; /* empty: nothing is near; borrowed */
};

void suggest_begin(struct suggestion *s, struct str text);

/* One that there is. The first of several that are equally near is kept. */
void suggest_offer(struct suggestion *s, struct str candidate);

/* "did you mean zone? ", or "": to stand before what else helps. Returns buf. */
enum { SUGGEST_TEXT = SUGGEST_BYTES_MAX + 24 };
const char *suggest_text(const struct suggestion *s, char buf[SUGGEST_TEXT]);

#endif

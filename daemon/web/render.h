/* render.h: MessagePack of ours as JSON text: whole answers, messages for live streams. */
#ifndef TP_DAEMON_WEB_RENDER_H
#define TP_DAEMON_WEB_RENDER_H

#include "core/settings.h"
#include "proto/message.h"

enum { RENDER_BYTES_MAX = 2 << 20 }; /* of one text */

/* Scratch for one text at a time; heap, freed by render_fini. */
struct render {
    struct node *nodes;
    char *text; /* RENDER_BYTES_MAX; the last result */
};

/* false: no memory. */
MUST_CHECK bool render_init(struct render *r);

/* The value as it is, into r->text: its length, or an ERR_x. *ret_m: its nodes, until the next. */
MUST_CHECK int render_value(struct render *r, const void *bytes, size_t n, struct message *ret_m);

/* Into r->text {"topic": …, "message": {…}}; of a message's `windows` only those in the mask of
 * settings->window. */
MUST_CHECK int render_message(struct render *r, const struct settings *settings, uint32_t windows,
                              struct str topic, const void *bytes, size_t n);

void render_fini(struct render *r);

#endif

/* listener.h: a TCP socket of our own to listen on, bounded in what the kernel keeps for a peer.
 *
 * Connections inherit its options: at most LISTENER_SEND_BYTES wait in the kernel for a peer that
 * does not read (else 3 MB of each), and a peer that is gone is noticed. */
#ifndef TP_DAEMON_WEB_LISTENER_H
#define TP_DAEMON_WEB_LISTENER_H

#include <stddef.h>

enum { LISTENER_SEND_BYTES = 64 * 1024, LISTENER_BACKLOG = 256, LISTENER_TEXT = 80 };

/* Listens on "127.0.0.1:9570", "[::1]:9570", "localhost:9570"; port * is any free one. The
 * descriptor (non-blocking), or a negative errno; -EADDRNOTAVAIL for a name that is no address.
 * ret_text: where it really listens. */
int listener_open(const char *address, char ret_text[LISTENER_TEXT]);

#endif

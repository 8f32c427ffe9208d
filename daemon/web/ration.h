/* ration.h: what one address may have of HTTP: so many requests, and so many bytes of bodies and
 * answers, in a second (http.requests_per_second, http.bytes_per_second).
 *
 * Behind a proxy the address is the proxy's, and its clients share: the proxy is to divide. What
 * tells that we live (healthz, readyz) has no bound, as saying no is no cheaper. */
#ifndef TP_DAEMON_WEB_RATION_H
#define TP_DAEMON_WEB_RATION_H

#include "core/base.h"

struct MHD_Connection;
struct sockaddr;
struct visit;

/* Whose share a connection from there spends: of IPv4 an address, of IPv6 a network of 64 bits,
 * which one customer has whole. 0: nobody's. */
uint64_t ration_key(const struct sockaddr *address);

/* The address at the other end, for people. */
enum { RATION_ADDRESS = 64 };
void ration_who(struct MHD_Connection *connection, char ret[RATION_ADDRESS]);

/* One request. false: it was refused, and told when to come again. */
MUST_CHECK bool ration_take(struct visit *v);

void ration_spend(struct visit *v, uint64_t bytes);

/* ms until the peer may have more bytes; 0: now. */
uint64_t ration_wait(struct visit *v);

#endif

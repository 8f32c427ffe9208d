/* visitors.h: who comes by HTTP, as child processes: readers of live streams, a scraper.
 *
 * Their page tells `events`: bytes read, and `heard`: streams that have begun, or scrapes done.
 * 127.0.0.1 only; whatever goes wrong in setting up ends the program with a word about it. */
#ifndef TP_TESTS_VISITORS_H
#define TP_TESTS_VISITORS_H

#include "tests/lib/peer.h"

/* A port that is free just now. */
uint16_t visitors_port(void);

/* n streams of this path, all read at once. Returns when each has begun. */
struct peer visitors_streams(uint16_t port, const char *path, uint32_t n);

/* The same streams, asked for and never read. */
struct peer visitors_stalled(uint16_t port, const char *path, uint32_t n);

/* GET /metrics every second. */
struct peer visitors_scraper(uint16_t port);

#endif

/* peer.h: programs under measurement, as child processes: the daemon, and the barest receiver.
 *
 * Both take events from the same kind of socket that we bind; what a child costs is told by its
 * own CPU clock (all its threads, in user space and in the kernel). Whatever goes wrong in
 * setting up ends the program with a word about it. */
#ifndef TP_TESTS_PEER_H
#define TP_TESTS_PEER_H

#include "core/base.h"

#include <stdatomic.h>
#include <sys/types.h>

enum { PEER_MARKS_MAX = 1 << 16, PEER_PATH_MAX = 108 };

/* Memory shared with children. */
struct peer_page {
    _Atomic uint64_t events;           /* the bare receiver has unpacked so many */
    _Atomic uint64_t heard;            /* messages that the ear has heard … */
    _Atomic uint64_t marks;            /* … of these, different marks (marks.h) … */
    _Atomic uint64_t twice;            /* … and marks that were heard before */
    uint64_t heard_at[PEER_MARKS_MAX]; /* monotonic ns, by the number of the mark; 0: not heard */
};

struct peer {
    pid_t pid;
    struct peer_page *page;
};

struct peer_page *peer_page_new(void);

/* A child that goes when we go. 0 in the child. */
pid_t peer_split(void);

/* Receives from `events` (connects), unpacks each payload into a reused zone (msgpack-c), and
 * counts events in the page. The payload of a message whose topic is not `ticket` is published
 * on `out` (binds). */
struct peer peer_bare(const char *events, const char *out);

/* A message about mark N has this and N somewhere: as its ticket, so that what comes out is known
 * by what went in, not by its place among others. */
#define PEER_MARK "mark-"

/* Subscribes at `out` to the prefix and notes in its page when each mark came. */
struct peer peer_ear(const char *out, const char *prefix);

/* Starts the daemon; its log goes to the file. */
struct peer peer_daemon(const char *program, const char *config, const char *log);

/* Nanoseconds of CPU so far; kilobytes of memory now. */
double peer_cpu_ns(const struct peer *p);
long peer_rss_kb(const struct peer *p);

/* SIGTERM, and waits for its end. */
void peer_stop(struct peer *p);

#endif

/* checkpoint.h: the engine's state as a file, written in slices while events go on.
 *
 * A file is checkpoint-SEQ: the state after entry SEQ of the journal. It is written beside its
 * name, put on disk, and only then named; then the journal notes it (store_checkpoint). A slice is
 * 1 MB copied in the loop (0.2 ms) and written in a thread of libuv's; no more than two are on
 * their way, so the disk sets the pace. When too much changes ahead of the slices, or the disk
 * fails, the file is given up, and the next one is tried later.
 *
 * Bytes: struct checkpoint_head, lineage (lineage.h), clients (clients.h), the engine's image.
 * The digest is a checksum of all before the image and of the image's own. */
#ifndef TP_DAEMON_CHECKPOINT_H
#define TP_DAEMON_CHECKPOINT_H

#include "core/image.h"
#include "daemon/log.h"
#include "daemon/store.h"

#include <uv.h>

enum {
    CHECKPOINT_VERSION = 2,
    CHECKPOINT_SLICE = 1 << 20,
    CHECKPOINT_NAME_MAX = 32,
    CHECKPOINT_BUFFER = 1 << 16, /* for what is read in small pieces … */
    CHECKPOINT_READ = 1 << 18,   /* … and at most so much at once of the others */
};

struct checkpoint_head {
    char magic[8];
    uint32_t version;
    uint32_t pad;
    uint64_t seq;
    int64_t at;                /* when it was begun */
    uint64_t lineage, clients; /* bytes of each */
};

/* One slice on its way. */
struct checkpoint_slice {
    uv_work_t work;
    struct checkpoint *owner;
    bool busy; /* the thread has it */
    uint32_t n;
    uint64_t at; /* its place in the file */
    uint8_t bytes[CHECKPOINT_SLICE];
};

struct checkpoint {
    uv_loop_t *loop; /* borrowed, as these */
    struct image *image;
    const char *dir;
    uint64_t seq; /* of the one under way, or of the last */
    ms_t at;
    uint64_t size, digest;
    uint64_t begun_ns; /* for the log: when, and the longest time in the loop */
    uint64_t slice_ns_max;
    bool under_way;
    bool last;   /* the image has no more slices */
    bool broken; /* a write failed */
    int error;   /* errno of it */
    int fd;
    uint32_t turn; /* which slice comes next */
    uint32_t busy; /* slices that threads have */
    struct checksum sum;
    uint8_t *front; /* head, lineage, clients: before the image */
    uint64_t front_n, front_at;
    struct checkpoint_slice *slice; /* two of them */
    /* The file is there under its name (or is not: c->broken); under_way is false again. */
    void (*done)(struct checkpoint *c);
    void (*closed)(void *data);
    void *data; /* the owner's */
};

void checkpoint_init(struct checkpoint *c, const char *dir, struct image *image, uv_loop_t *loop);

/* Freezes the state as that after entry seq. front: lineage, then clients, borrowed. false: no
 * memory, no file; c->error. None may be under way. */
MUST_CHECK bool checkpoint_begin(struct checkpoint *c, uint64_t seq, ms_t at, const void *lineage,
                                 uint64_t lineage_n, const void *clients, uint64_t clients_n);

/* Once a turn: the next slice, if there is a buffer for it. */
void checkpoint_work(struct checkpoint *c);

/* Gives up the one under way; closed is called when no thread has anything of it any more. */
void checkpoint_close(struct checkpoint *c, void (*closed)(void *data), void *data);

void checkpoint_name(char ret[CHECKPOINT_NAME_MAX], uint64_t seq);

/* --- reading ------------------------------------------------------------------------------ */

struct checkpoint_reader {
    int fd;
    struct checkpoint_head head;
    struct checksum sum;
    uint64_t left;              /* bytes of the file that are not read yet */
    uint8_t *lineage, *clients; /* owned */
    uint8_t *buffer;            /* owned: read, not taken yet */
    uint32_t at, buffered;
    const char *why; /* what is wrong with it */
};

/* Reads up to the image. false: r->why; nothing is open. size: what the journal noted. */
MUST_CHECK bool checkpoint_open(struct checkpoint_reader *r, const char *dir, uint64_t seq,
                                uint64_t size);

/* The image into the engine's, which may then hold rubbish if this is false. */
MUST_CHECK bool checkpoint_load(struct checkpoint_reader *r, struct image *image, uint64_t digest);

void checkpoint_read_end(struct checkpoint_reader *r);

/* The number of the newest whole one, by its name; 0: there is none. */
MUST_CHECK uint64_t checkpoint_newest(const char *dir);

/* Those behind that one are none of this journal: they stay as checkpoint-SEQ.unknown. */
void checkpoint_put_aside(const char *dir, uint64_t after);

/* Removes checkpoints before that one, whole and half. */
void checkpoint_tidy(const char *dir, uint64_t before);

/* Removes all halves. */
void checkpoint_tidy_halves(const char *dir);

#endif

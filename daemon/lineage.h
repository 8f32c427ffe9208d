/* lineage.h: which settings an engine began with and which were applied since, as bytes.
 *
 * An image lies in memory as the first settings laid it out, and its tickets know policies by the
 * order in which they came; so who loads it must go the same way (engine_recall). Kept are the
 * first settings, those that brought policies the engine still knows, and the last ones: at most
 * AGREEMENTS_MAX + 2 of them, a few KB each (terms.h). Heap. */
#ifndef TP_DAEMON_LINEAGE_H
#define TP_DAEMON_LINEAGE_H

#include "core/agreement.h"
#include "core/engine.h"
#include "daemon/terms.h"

enum { LINEAGE_MAX = AGREEMENTS_MAX + 2, LINEAGE_BYTES_MAX = 64 << 20 };

struct lineage_step {
    ms_t since;    /* the engine's clock when they were applied; MS_NONE: at its begin */
    uint32_t n;    /* bytes */
    bool policies; /* they brought other policies */
    void *bytes;   /* owned: a struct terms, packed */
};

struct lineage {
    uint32_t n;
    struct lineage_step step[LINEAGE_MAX + 1];
};

void lineage_fini(struct lineage *l);

/* Another engine: it begins with these. Copies bytes. false: no memory. */
MUST_CHECK bool lineage_begin(struct lineage *l, const void *bytes, uint32_t n);

/* These were applied at that instant. */
MUST_CHECK bool lineage_add(struct lineage *l, ms_t since, bool policies, const void *bytes,
                            uint32_t n);

/* All of it as bytes, the caller's to free; NULL: no memory. */
void *lineage_pack(const struct lineage *l, uint64_t *ret_n);

/* false: damaged, or no memory. *ret must be fresh or finished. */
MUST_CHECK bool lineage_unpack(struct lineage *ret, const void *bytes, uint64_t n);

/* Of one step. false: damaged, or of another version. */
MUST_CHECK bool lineage_terms(const struct lineage *l, uint32_t step, struct terms *ret);

/* The engine, fresh from engine_init with the first terms, goes the same way. *ret_last: the last
 * terms, to be finished by the caller. */
MUST_CHECK bool lineage_recall(const struct lineage *l, struct engine *e, struct terms *ret_last);

#endif

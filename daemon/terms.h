/* terms.h: settings as bytes, for journal and checkpoints: what was agreed when events counted.
 *
 * A restart must judge replayed events by what was configured then, exactly, and a configuration
 * file may name files that have changed since (holidays, time zones). So the compiled settings are
 * kept, as plain data, compressed. They read back only in a daemon whose structs are the same;
 * else the caller goes by the configuration at hand. */
#ifndef TP_DAEMON_TERMS_H
#define TP_DAEMON_TERMS_H

#include "core/policy.h"
#include "core/scorecard.h"
#include "core/settings.h"

struct terms {
    struct limits limits;
    struct settings settings; /* settings.sla and .cards: NULL, or those below */
    ms_t started_at;          /* since when the first daemon of this state watched */
    struct sla_setting *sla;  /* owned, as cards; NULL = no policies */
    struct scorecards *cards; /* NULL = none */
};

/* Copies all of it. false: no memory. */
MUST_CHECK bool terms_copy(struct terms *ret, const struct limits *limits,
                           const struct settings *settings, ms_t started_at);
void terms_fini(struct terms *t);

/* Would an engine of these have the same layout: limits, windows, scopes, zone? */
bool terms_fit(const struct terms *a, const struct terms *b);

/* Do both say the same? started_at aside. */
bool terms_same(const struct terms *a, const struct terms *b);

/* The bytes, the caller's to free; NULL: no memory. */
void *terms_pack(const struct terms *t, uint32_t *ret_n);

/* false: damaged, or made by a daemon whose settings are other structs. */
MUST_CHECK bool terms_unpack(struct terms *ret, const void *bytes, uint64_t n);

#endif

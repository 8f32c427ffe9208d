/* snapshot.h: everything about one name at this moment, as people and subscribers see it. */
#ifndef TP_CORE_SNAPSHOT_H
#define TP_CORE_SNAPSHOT_H

#include "core/part.h"

/* One indicator from the counts of a window (or of anything else that samples were counted over);
 * order: of its column, looked at for durations only. false: nothing in it. */
bool snapshot_value(const struct settings *s, const struct window_numbers numbers[FAM_N],
                    const struct window_order *order, enum indicator i, struct kpi_value *ret);

/* Its mixes are of so many; no part is told yet, no aspect. Then the parts of all windows of *ret,
 * walking over the name's parts once; returns when time alone changes one that its name's own
 * numbers do not tell. */
void snapshot_wholes(const struct window_numbers numbers[FAM_N], struct kpi_window *ret);
ms_t snapshot_parts(struct board *b, const struct settings *s, enum scope scope, uint32_t index,
                    struct snapshot *ret);

/* Fills *ret for the windows in the mask. started_at: since when we watch (MS_NONE: unknown).
 * Costs one pass over the log of each family that has durations, however many windows. Returns
 * when time alone next changes something of it. */
ms_t snapshot_take(struct board *b, const struct settings *s, enum scope scope, uint32_t index,
                   uint32_t windows, ms_t started_at, struct snapshot *ret);

#endif

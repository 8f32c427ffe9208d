/* told.h: the alerts that a receiver takes for active, as they were told to it.
 *
 * A sorted list on the heap; zeroed it is empty. One that finds no memory is not in it. */
#ifndef TP_DAEMON_TOLD_H
#define TP_DAEMON_TOLD_H

#include "core/base.h"

/* Of an alert, by its alert_id. There is always one behind it. */
static inline uint64_t told_id(struct str alert_id)
{
    return hash_str(0, alert_id) >> 1;
}

struct told {
    uint64_t id;
    char *labels, *rest; /* parts of the alert (notice.h); heap */
};

struct told_list {
    struct told *at; /* by id */
    uint32_t n, cap;
};

/* NULL: it is not in it. Lent until the next change. */
const struct told *told_find(const struct told_list *l, uint64_t id);

/* The first whose id is not smaller; NULL: there is none. Likewise lent. */
const struct told *told_from(const struct told_list *l, uint64_t id);

/* Keeps copies, instead of what was told of it before. */
void told_keep(struct told_list *l, uint64_t id, const char *labels, const char *rest);

void told_forget(struct told_list *l, uint64_t id);

void told_fini(struct told_list *l);

#endif

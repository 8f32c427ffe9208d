/* score_items.h: items of scorecards in the configuration: what each judges and how. */
#ifndef TP_DAEMON_SCORE_ITEMS_H
#define TP_DAEMON_SCORE_ITEMS_H

#include "core/scorecard.h"
#include "daemon/members.h"

/* A card, or one of its items, while it is read. */
struct score_draft {
    struct scorecard *card;
    struct score_item *item;
    uint32_t min_n;                                    /* of items that do not say it */
    bool has_baseline, has_target, has_bands, has_cap; /* what the item at hand has said */
};

extern const struct members score_item_members;
extern const struct members score_tier_members;
extern const struct members score_gate_members;

/* Reads r->node as item i of the card; item: a struct score_draft. The groups are known by then. */
MUST_CHECK bool score_item_read(struct reading *r, uint32_t i, void *item);

#endif

/* shown_parts.h: mixes and ratings of aspects, as a story shows them when it asks for them. */
#ifndef TP_TESTS_SHOWN_PARTS_H
#define TP_TESTS_SHOWN_PARTS_H

#include "core/effect.h"

/* indicator: "mix.opened.category", "csat.attitude". A line for each part; how many. */
uint32_t shown_parts(const struct kpi_window *w, struct str indicator,
                     void (*print)(void *ctx, const char *line), void *ctx);

#endif

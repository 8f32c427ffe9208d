/* account.h: what the engine answers about clocks, as lines of a story: explain, worklist. */
#ifndef TP_TESTS_ACCOUNT_H
#define TP_TESTS_ACCOUNT_H

#include "core/engine.h"

/* Clocks, then the items of the account, of one metric or of all ("" ). How many lines. */
uint32_t account_explain(const struct explanation *x, struct str metric,
                         void (*print)(void *ctx, const char *line), void *ctx);

/* The sums, then the open clocks, the most urgent first. */
void account_worklist(const struct worklist *w, void (*print)(void *ctx, const char *line),
                      void *ctx);

/* What another configuration would do. */
void account_change(const struct sla_change *c, void (*print)(void *ctx, const char *line),
                    void *ctx);

#endif

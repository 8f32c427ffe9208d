/* answer.h: what explain, worklist and compare are answered with: maps of clocks.
 *
 * Each function writes one map through an emitter, as encode.h does; long lists go in pages. The
 * caller starts and finishes the emitter; key as in emit.h. PROTOCOL.md describes every member. */
#ifndef TP_PROTO_ANSWER_H
#define TP_PROTO_ANSWER_H

#include "core/explain.h"
#include "proto/emit.h"

enum {
    ANSWER_PAGE = 50,             /* items or clocks of one page */
    ANSWER_BYTES_MAX = 64 * 1024, /* any map below, in either sink */
    ANSWER_KEYS_MAX = 32,         /* keys named by a comparison */
};

/* {ticket, open, …, clocks: […]}: how the ticket's clocks stand. */
void answer_explained(struct emitter *em, const char *key, const struct explanation *x);

/* {items: […]}: items[from..] of the account, ANSWER_PAGE at most. Returns how many. */
uint32_t answer_items(struct emitter *em, const char *key, const struct explanation *x,
                      uint32_t from);

/* {at, running, paused, breached, due: {…}, works}: the whole of a list that is done. */
void answer_worklist(struct emitter *em, const char *key, const struct worklist *w, ms_t at);

/* {works: […]}: works[from..], ANSWER_PAGE at most. Returns how many. */
uint32_t answer_works(struct emitter *em, const char *key, const struct worklist *w, uint32_t from);

/* {tickets, changed, …, fixed: […]}. fixed: keys that a reload could not change. */
void answer_change(struct emitter *em, const char *key, const struct sla_change *change,
                   const char *const *fixed, uint32_t n);

/* "interval", "pause", …; static storage. */
const char *explain_kind_name(enum explain_kind kind);

#endif

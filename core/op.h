/* op.h: what the fold asks of the board, and the difference between two folds of one ticket.
 *
 * A list of ops is a multiset of signed samples and marks. Folding a ticket again gives another
 * list; only the difference of the two reaches the board. */
#ifndef TP_CORE_OP_H
#define TP_CORE_OP_H

#include "core/part.h"

/* What an op is: for the board a sample or a loose flag; for customer.h a touch; for repeat.h an
 * opening or a resolve. */
enum { OP_SAMPLE, OP_MARK, OP_TOUCHED, OP_OPENED, OP_SOLVED };

/* What the fold asks for. No padding: compared as bytes. */
struct op {
    uint8_t mark; /* OP_x */
    uint8_t family;
    uint8_t flag;   /* of a mark; of a part: enum part_kind; of OP_SOLVED: lost */
    uint8_t scopes; /* bit enum scope */
    int32_t sign;   /* sample: add or withdraw; mark: set or clear */
    struct tags tags;
    uint32_t part;               /* sample of a part: which; 0: of the names themselves */
    struct window_sample sample; /* a mark has the ts only, those of no board a key too */
};

struct sla_fact;  /* sla.h */
struct account;   /* account.h */
struct repeats;   /* repeat.h */
struct customers; /* customer.h */

/* Where touches, openings and resolves of one ticket go; all NULL: nowhere. */
struct repeat_of {
    struct repeats *all;
    handle_t *record; /* the ticket's */
    struct customers *customers;
};

/* Where ops go: to the board when there is one, else appended to the list, if there is one. */
struct sink {
    struct board *board;
    struct op *op;
    uint32_t n, cap;
    struct repeat_of repeat; /* beside the board */
    uint64_t negative;       /* durations below zero */
    struct sla_fact *fact;   /* what clocks say; NULL: nobody listens */
    uint32_t facts, facts_cap;
    struct account *account; /* NULL: nobody asks where the time went */
};

/* Adds (+1) or withdraws (-1) a sample for the scopes. */
void sink_sample(struct sink *out, uint32_t family, const struct window_sample *sample,
                 const struct tags *tags, uint32_t scopes, int sign);

/* The same of a part (part.h). */
void sink_part(struct sink *out, enum part_kind kind, uint32_t part,
               const struct window_sample *sample, const struct tags *tags, uint32_t scopes,
               int sign);

/* Sets or clears a loose flag of the samples at ts. */
void sink_mark(struct sink *out, uint32_t family, uint32_t flag, ms_t ts, const struct tags *tags,
               uint32_t scopes, bool on);

/* Clears two loose flags there: as sink_mark of both. */
void sink_unmark(struct sink *out, uint32_t family, uint32_t flag, uint32_t other, ms_t ts,
                 const struct tags *tags, uint32_t scopes);

/* Would that touch of the customer lead for all names: may its sample wear his flag? Never said of
 * what only goes into a list. */
bool sink_leads(const struct sink *out, uint64_t customer, uint32_t family, ms_t ts,
                const struct tags *tags, uint32_t scopes);

/* A touch of the customer has come (+1) or goes (-1): customer_touched. */
void sink_touched(struct sink *out, uint64_t customer, uint32_t family, ms_t ts,
                  const struct tags *tags, uint32_t scopes, int sign);

/* One of the same ticket goes from some scopes where it was, and has come: customer_followed. */
struct touch; /* recall.h */
uint32_t sink_followed(struct sink *out, uint64_t customer, const struct touch *was,
                       uint32_t scopes, const struct touch *is, bool worn);

/* The ticket was opened with this key of repeat.h, or stands as resolved (lost: it was reworked or
 * reopened soon). */
void sink_opened(struct sink *out, uint64_t key, ms_t ts, int sign);
void sink_resolved(struct sink *out, uint64_t key, ms_t ts, const struct tags *tags, bool lost,
                   int sign);

/* The net of old and new ops goes to the board, the customers and the ticket's repeats. Both lists
 * lie in one array, old first; it has room for cap >= SCOPE_N * n_all ops, and is used up. */
void op_difference(struct op *ops, uint32_t n_old, uint32_t n_all, uint32_t cap,
                   struct board *board, struct repeat_of repeat);

#endif

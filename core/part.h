/* part.h: parts of a name's numbers: what share each category has, how each aspect is rated.
 *
 * A part is one log of samples of one name: of all tickets opened for team billing, those of
 * category refund. Parts are made when their first sample comes and, when there is no more room,
 * give way once they are empty; a sample that finds no room is counted as shed. Those of one name
 * are linked, the last touched first. Of mixes (mix.h) those of all and of the teams are kept. */
#ifndef TP_CORE_PART_H
#define TP_CORE_PART_H

#include "core/board.h"
#include "core/mix.h"

struct part {
    struct slot slot;
    uint8_t kind;    /* enum part_kind */
    uint8_t scope;   /* enum scope */
    uint8_t touched; /* since the rules last looked */
    uint8_t unused;
    uint32_t index;        /* of the name */
    uint32_t part;         /* which: index of the category, of the aspect; 1 + kind of complaint */
    handle_t before, next; /* of the same name */
    struct window_log log;
};

/* For board.c: sizes, memory, readers of all. */
uint32_t parts_cap(const struct limits *limits);
uint64_t parts_bytes(const struct limits *limits);
void parts_init(struct board *b, void *mem, const struct limits *limits);

/* Index of an aspect's name, made when new. */
uint32_t board_aspect(struct board *b, struct str name);
/* Those that the settings name have a place before others take all the room. */
void board_keep_aspects(struct board *b);
struct names *board_aspects(const struct board *b);

/* Adds (sign +1) or withdraws (-1) a sample of a part for every kept scope in `scopes` that has a
 * tag. Of mixes: all and team only. */
void board_part(struct board *b, enum part_kind kind, uint32_t part,
                const struct window_sample *sample, const struct tags *tags, uint32_t scopes,
                int sign);

/* Walks a name's parts; begin with h = 0; NULL at the end. */
const struct part *board_part_next(const struct board *b, enum scope s, uint32_t index,
                                   handle_t *h);
handle_t board_part_find(const struct board *b, enum part_kind kind, enum scope s, uint32_t index,
                         uint32_t part);
const struct part *board_part_get(const struct board *b, handle_t h);

/* None of the name's is touched any more. */
void board_parts_seen(struct board *b, enum scope s, uint32_t index);

/* "refunds", "attitude", "dispute"; lent. */
struct str board_part_text(const struct board *b, enum part_kind kind, uint32_t part);

/* window: as of board_numbers, one with BOARD_BEFORE, too. */
void board_part_numbers(struct board *b, handle_t h, uint32_t window, struct window_numbers *ret);
ms_t board_part_next_change(struct board *b, handle_t h, uint32_t window);

/* Parts of all names: what board_digest, board_check and board_rebuild ask. */
uint64_t parts_digest(struct board *b);
void parts_check(struct board *b);
void parts_rebuild(struct board *b);

#endif

/* cards.h: scorecards for people: a ranking per card, or one name's card with its items.
 *
 *     cards_begin(&c, out, whole); cards_take(&c, &answer, message) for each; cards_end(&c);
 */
#ifndef TP_DAEMON_CLI_CARDS_H
#define TP_DAEMON_CLI_CARDS_H

#include "core/limits.h"
#include "daemon/cli/table.h"
#include "daemon/cli/words.h"
#include "proto/message.h"

enum { CARD_LIST_MAX = 192, CARD_HEAD_MAX = 256 };

/* One name of the ranking at hand. */
struct card_row {
    int64_t rank;
    int32_t counted; /* of the weights, in tenths of a percent */
    char score[16], name[PHRASE_MAX / 2];
    char grade[32]; /* wire word */
    char medal[8];  /* wire word or "" */
    char strengths[CARD_LIST_MAX], weak[CARD_LIST_MAX], gates[CARD_LIST_MAX];
};

struct cards {
    FILE *out;  /* borrowed */
    bool whole; /* each card with its items, no rankings */
    bool any;
    ms_t period;                 /* asked for; 0: none was. Cards of another length say so */
    char id[NAME_BYTES_MAX + 1]; /* of the card at hand: names of one id are ranked together, … */
    char head[CARD_HEAD_MAX];    /* … whatever its variants are called */
    struct card_row *row;
    uint32_t rows, cap;
};

void cards_begin(struct cards *c, FILE *out, bool whole);

/* One message of the answer. */
void cards_take(struct cards *c, const struct message *m, const struct node *card);

/* Prints what was gathered. */
void cards_end(struct cards *c);

/* A published card as one line. */
void cards_line(FILE *out, const struct message *m, const struct node *card);

#endif

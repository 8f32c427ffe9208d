/* card.h: scorecard results into published messages; encode.h has the others. */
#ifndef TP_PROTO_CARD_H
#define TP_PROTO_CARD_H

#include "core/score.h"
#include "proto/encode.h"
#include "proto/topic.h"

enum { CARD_BYTES_MAX = 96 * 1024 }; /* one card, every text escaped, in either sink */

/* One name's card. */
struct card_result {
    const struct scorecard *card;
    const struct score *score;
    struct str name;         /* "-" for all */
    struct str title;        /* agent_info's name, empty when none */
    ms_t from, covered_from; /* of the window */
    uint32_t place, of;      /* rank among so many; 0 = not ranked */
};

/* env NULL: without the envelope. lang: of grade_text. PROTOCOL.md describes every member. */
void encode_card(struct emitter *em, const char *key, const struct envelope *env,
                 const struct settings *settings, const struct card_result *r, enum lang lang);

/* score.<scope>.<name>. */
void topic_card(struct topic *ret, enum scope scope, struct str name);

#endif

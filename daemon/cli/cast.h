/* cast.h: who and what appears in simulated traffic: names of agents, teams, categories.
 *
 * Owned by one struct traffic; names live as long as it does. */
#ifndef TP_DAEMON_CLI_CAST_H
#define TP_DAEMON_CLI_CAST_H

#include "core/base.h"

struct cast_name {
    char text[47];
    uint8_t len;
};

struct cast {
    uint32_t agents, teams, categories;
    struct cast_name *agent; /* ids: "ada", "wang.fang", … */
    struct cast_name *title; /* what people call them: "Ada Novak", "王芳" */
    struct cast_name *team;
    struct cast_name *category;
    uint32_t *category_sums; /* for chance_zipf */
    uint32_t *load;          /* open tickets per agent */
};

/* What tickets of a category are about, as bits. */
enum cast_trait { CAST_ON_SITE = 1, CAST_GOODS = 2 };

/* How good somebody's work is, so that ranks have a reason: some are better, some worse. */
enum cast_skill { CAST_FAIR, CAST_GOOD, CAST_POOR };

/* false: no memory; what was got is released. */
bool cast_init(struct cast *c, uint32_t agents, uint32_t teams, uint32_t categories);
void cast_fini(struct cast *c);

static inline struct str cast_str(const struct cast_name *n)
{
    return (struct str){n->text, n->len};
}

/* Bits of enum cast_trait. */
uint32_t cast_traits(uint32_t category);

enum cast_skill cast_skill(uint32_t agent);

/* Agent i works in team i modulo teams; a team's k-th agent, k < cast_team_size. */
static inline uint32_t cast_team_size(const struct cast *c, uint32_t team)
{
    return (c->agents - team + c->teams - 1) / c->teams;
}

#endif

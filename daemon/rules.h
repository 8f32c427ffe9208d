/* rules.h: alert rules in the configuration: one small table of members, and the shipped rules. */
#ifndef TP_DAEMON_RULES_H
#define TP_DAEMON_RULES_H

#include "daemon/members.h"

/* Rules that hold without a configuration: the ones that every help desk asks for first. */
#define RULES_PRESET                                                                               \
    "\n"                                                                                           \
    "  - {id: many_waiting, indicator: waiting, scope: team, fire: \">= 20\", clear: 15,\n"        \
    "     for: 10s, severity: warning}\n"                                                          \
    "  - {id: long_waiting, indicator: oldest_waiting, scope: team, fire: \">= 1h\", clear: "      \
    "45m,\n"                                                                                       \
    "     severity: critical}\n"                                                                   \
    "  - {id: slow_first_response, indicator: first_response, field: p90, scope: team,\n"          \
    "     window: 1h, fire: \">= 30m\", clear: 25m, min_n: 10, severity: warning}\n"               \
    "  - {id: lost_calls, indicator: abandon_rate, scope: team, window: 1h, fire: \">= 10%\",\n"   \
    "     clear: 8%, min_n: 20, severity: warning}\n"                                              \
    "  - {id: low_csat, indicator: csat, scope: team, window: 7d, fire: \"<= 3.5\", clear: 3.7,\n" \
    "     min_n: 20, severity: info}"

extern const struct members rule_members;

/* Reads r->node as rule i of r->config->settings; windows and scopes are known by then. */
MUST_CHECK bool rule_read(struct reading *r, uint32_t i);

/* Reads the built-in rules from the list r->node, but those about a window or scope not kept. */
void rules_read_preset(struct reading *r);

#endif

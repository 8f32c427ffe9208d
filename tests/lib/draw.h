/* draw.h: rules and samples drawn by chance for the tests of measure and rule. */
#ifndef TP_TESTS_DRAW_H
#define TP_TESTS_DRAW_H

#include "core/settings.h"
#include "tests/lib/random.h"

enum { DRAW_NAMES = 3 }; /* teams 1..3 */

/* Windows 1m, 5m, today; scopes all and team; that many rules on teams, of what numbers.h knows. */
void draw_settings(struct random *r, uint32_t rules, struct settings *ret);

/* Makes trends of some of the rules. */
void draw_trends(struct random *r, struct settings *s);

/* A reply, a missed target or a rating at ts; *ret_family is its family. Values are few and
 * small, so that they meet thresholds exactly. */
struct window_sample draw_sample(struct random *r, ms_t ts, uint32_t *ret_family);

#endif

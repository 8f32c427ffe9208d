/* draw_sla.h: calendars and policies drawn by chance, for the names of chaos.h. */
#ifndef TP_TESTS_DRAW_SLA_H
#define TP_TESTS_DRAW_SLA_H

#include "core/policy.h"
#include "tests/lib/random.h"

/* Such that settings_check takes them. Days of summer time and holidays lie around `about`; names
 * of attributes are n0 .. n(names - 1). */
void draw_sla(struct random *r, ms_t about, uint32_t names, struct sla_setting *ret);

#endif

#include "tests/lib/telling.h"

#include <stdio.h>

void tell_tale(struct desk *d, struct random *r, struct tale *t, bool shuffled)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->event[i].kind != EV_MERGED)
            t->event[n++] = t->event[i];
    t->n = n;
    struct tale told = *t;
    tale_sort(t);
    if (shuffled)
        tale_shuffle(r, &told, 8);
    else
        told = *t;
    desk_open(d);
    for (uint32_t i = 0; i < told.n; i++)
        CHECK(desk_take(d, &told.event[i]).verdict != VERDICT_REFUSED);
}

bool told_agrees(struct desk *d, const void *want, told_wrong *wrong, const struct tale *t)
{
    for (enum scope s = 0; s < SCOPE_N; s++)
        for (uint32_t i = 1; i <= engine_names(d->e, s); i++) {
            const char *what = wrong(d, want, s, i);
            if (what == NULL)
                continue;
            struct str name = engine_name(d->e, s, i);
            tale_print(t);
            fprintf(stderr, "%s of %s %.*s\n", what, scope_name(s), (int)name.len, name.p);
            return false;
        }
    return true;
}

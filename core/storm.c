#include "core/storm.h"

static void count(struct storm_counts *c, struct str name)
{
    uint32_t i = 0;
    while (i < c->names && !str_equal(str_of(c->of[i].name), name))
        i++;
    if (i == c->names && i < STORM_NAMES) {
        CHECK(name.len <= NAME_BYTES_MAX);
        memcpy(c->of[i].name, name.p, name.len);
        c->names++;
    } else if (i == c->names) {
        i = STORM_NAMES;
        memcpy(c->of[i].name, "(other)", sizeof "(other)");
    }
    c->of[i].n++;
}

static void sum(struct storm_digest *d, const struct alert *a, enum severity severity,
                struct str by, uint64_t seq, ms_t at)
{
    if (d->n++ == 0) {
        d->from = at;
        d->first_seq = seq;
    }
    d->to = at;
    d->last_seq = seq;
    d->severity = severity > d->severity ? (uint8_t)severity : d->severity;
    CHECK(a->kind < STORM_KINDS && a->state < STORM_STATES);
    d->kind[a->kind]++;
    d->state[a->state]++;
    count(&d->rules, by);
    struct str none = str_of("-");
    count(&d->teams, a->team.len == 0 ? none : a->team);
}

bool storm_takes(struct storm *s, const struct alert *alert, enum severity severity, struct str by,
                 uint64_t seq, ms_t at, uint32_t most)
{
    int64_t minute = sec_floor(at) / 60;
    if (minute > s->minute) { /* a clock that is set back begins no minute anew */
        s->minute = minute;
        s->told = 0;
    }
    if (most == 0 || s->told < most) {
        s->told++;
        s->published++;
        return false;
    }
    s->digested++;
    sum(&s->digest, alert, severity, by, seq, at);
    return true;
}

bool storm_over(const struct storm *s, ms_t at)
{
    return s->digest.n > 0 && sec_floor(at) / 60 > sec_floor(s->digest.from) / 60;
}

void storm_clear(struct storm *s)
{
    CHECK(s->digest.n > 0);
    s->digest = (struct storm_digest){0};
    s->digests++;
}

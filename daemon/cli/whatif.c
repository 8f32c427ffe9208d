#include "daemon/cli/whatif.h"

#include "core/map.h"
#include "daemon/cli/words.h"

#include <stdlib.h>
#include <sys/mman.h>

static void *grown(void *p, size_t bytes)
{
    void *q = realloc(p, bytes);
    if (q == NULL) {
        word_error(W_E_MEMORY, NULL, NULL, NULL);
        exit(1);
    }
    return q;
}

static void copy_name(char to[NAME_BYTES_MAX + 1], struct str name)
{
    CHECK(name.len <= NAME_BYTES_MAX);
    if (name.len > 0)
        memcpy(to, name.p, name.len);
    to[name.len] = '\0';
}

/* --- alerts ------------------------------------------------------------------------------- */

static struct whatif_tally *tally_of(struct whatif *w, enum alert_kind kind, struct str name,
                                     uint8_t metric)
{
    for (uint32_t i = 0; i < w->tallies; i++) {
        struct whatif_tally *t = &w->tally[i];
        if (t->kind == kind && t->metric == metric && str_equal(str_of(t->name), name))
            return t;
    }
    if (w->tallies == w->tallies_cap) {
        w->tallies_cap = w->tallies_cap == 0 ? 64 : w->tallies_cap * 2;
        w->tally = grown(w->tally, w->tallies_cap * sizeof(*w->tally));
    }
    struct whatif_tally *t = &w->tally[w->tallies++];
    *t = (struct whatif_tally){.kind = (uint8_t)kind, .metric = metric};
    copy_name(t->name, name);
    return t;
}

static void count(struct whatif *w, enum whatif_side side, const struct alert *a)
{
    static const uint8_t counts[] = {
        [ALERT_BREACHED] = WHATIF_BREACHED,
        [ALERT_CLEARED] = WHATIF_CLEARED,
        [ALERT_CORRECTED] = WHATIF_CORRECTED,
        [ALERT_CANCELLED] = WHATIF_CANCELLED,
    };
    const struct settings *settings = engine_settings(w->side[side].engine);
    bool sla = a->kind == ALERT_SLA;
    struct whatif_tally *t =
        tally_of(w, (enum alert_kind)a->kind,
                 sla ? a->sla.policy : str_of(settings->rule[a->rule].id), sla ? a->sla.metric : 0);
    CHECK(a->state < ARRAY_LEN(counts));
    t->n[side][WHATIF_FIRED] += a->rev == 1;
    if (a->state != ALERT_WARNING && !(a->state == ALERT_BREACHED && a->sla.level > 0))
        t->n[side][counts[a->state]]++;
}

/* --- breaches ----------------------------------------------------------------------------- */

static struct whatif_breach *place_of(const struct whatif *w, uint64_t alert_id)
{
    for (uint64_t h = mix64(alert_id);; h++) {
        struct whatif_breach *b = &w->breach[h & (w->places - 1)];
        if (b->alert_id == 0 || b->alert_id == alert_id)
            return b;
    }
}

static void make_room(struct whatif *w)
{
    if (2 * w->breaches < w->places)
        return;
    struct whatif_breach *old = w->breach;
    uint64_t places = w->places;
    w->places = places == 0 ? 256 : 2 * places;
    w->breach = grown(NULL, w->places * sizeof(*w->breach));
    memset(w->breach, 0, w->places * sizeof(*w->breach));
    for (uint64_t i = 0; i < places; i++)
        if (old[i].alert_id != 0)
            *place_of(w, old[i].alert_id) = old[i];
    free(old);
}

static void note_breach(struct whatif *w, enum whatif_side side, const struct alert *a)
{
    uint64_t id = a->alert_id == 0 ? 1 : a->alert_id;
    if (a->kind != ALERT_SLA || (a->state != ALERT_BREACHED && a->state != ALERT_CORRECTED))
        return;
    make_room(w);
    struct whatif_breach *b = place_of(w, id);
    if (a->state == ALERT_CORRECTED) {
        b->breached[side] = false; /* also of a free place, which stays free */
        return;
    }
    w->breaches += b->alert_id == 0;
    b->alert_id = id;
    copy_name(b->ticket, a->sla.ticket);
    copy_name(b->policy[side], a->sla.policy);
    b->metric = a->sla.metric;
    b->instance = a->sla.instance;
    b->breached[side] = true;
    if (a->sla.level == 0)
        b->breach_at[side] = a->sla.breach_at;
}

static int by_ticket(const void *x, const void *y)
{
    const struct whatif_breach *a = x, *b = y;
    int by = strcmp(a->ticket, b->ticket);
    if (by == 0)
        by = (a->metric > b->metric) - (a->metric < b->metric);
    return by != 0 ? by : (a->instance > b->instance) - (a->instance < b->instance);
}

static int by_policy(const void *x, const void *y)
{
    const struct whatif_tally *a = x, *b = y;
    int by = (a->kind < b->kind) - (a->kind > b->kind);
    if (by == 0)
        by = strcmp(a->name, b->name);
    return by != 0 ? by : (a->metric > b->metric) - (a->metric < b->metric);
}

void whatif_finish(struct whatif *w)
{
    for (uint64_t i = 0; i < w->places; i++)
        if (w->breach[i].breached[WHATIF_WAS] != w->breach[i].breached[WHATIF_WOULD])
            w->breach[w->differing++] = w->breach[i]; /* over one that was looked at */
    w->places = 0;                                    /* no hash table any more */
    if (w->differing > 1)
        qsort(w->breach, w->differing, sizeof(*w->breach), by_ticket);
    for (uint64_t i = 0; i < w->differing; i++)
        w->tickets += i == 0 || strcmp(w->breach[i].ticket, w->breach[i - 1].ticket) != 0;
    if (w->tallies > 1)
        qsort(w->tally, w->tallies, sizeof(*w->tally), by_policy);
}

/* --- engines ------------------------------------------------------------------------------ */

static void drain(struct whatif *w, enum whatif_side side)
{
    struct outbox *out = &w->side[side].outbox;
    for (uint32_t i = 0; i < out->n; i++) {
        if (out->effects[i].kind != EFFECT_ALERT)
            continue;
        count(w, side, &out->effects[i].alert);
        note_breach(w, side, &out->effects[i].alert);
    }
    out->n = 0;
}

void whatif_step(struct whatif *w, const struct event *e)
{
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++) {
        struct whatif_engine *x = &w->side[side];
        struct result result;
        while (engine_step(x->engine, e, 1, &result, &x->outbox) == 0)
            drain(w, side);
        drain(w, side);
    }
}

static bool make_engine(struct whatif_engine *x, const struct config *c)
{
    x->outbox = (struct outbox){x->effects, 0, WHATIF_EFFECTS};
    x->bytes = engine_size(&c->limits, &c->settings);
    void *memory = MAP_FAILED;
    if (x->bytes > 0)
        memory = mmap(NULL, x->bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    x->memory = memory == MAP_FAILED ? NULL : memory;
    return x->memory != NULL &&
           engine_init(&x->engine, x->memory, &c->limits, &c->settings, MS_NONE) == 0;
}

struct whatif *whatif_new(const struct config *was, const struct config *would)
{
    struct whatif *w = calloc(1, sizeof(*w));
    if (w != NULL && make_engine(&w->side[WHATIF_WAS], was) &&
        make_engine(&w->side[WHATIF_WOULD], would))
        return w;
    word_error(W_E_MEMORY, NULL, NULL, NULL);
    whatif_free(w);
    return NULL;
}

void whatif_free(struct whatif *w)
{
    if (w == NULL)
        return;
    for (enum whatif_side side = 0; side < WHATIF_SIDES; side++)
        if (w->side[side].memory != NULL)
            munmap(w->side[side].memory, w->side[side].bytes);
    free(w->tally);
    free(w->breach);
    free(w);
}

/* Other settings come into force; part of the engine. */
#include "core/engines.h"
#include "core/err.h"

/* Are these the policies in force? */
static bool agreed(const struct engine *e, const struct sla_setting *said)
{
    const struct agreement *g = agreement_get(e->agreements, agreements_last(e->agreements));
    return said == NULL ? g->said.policies == 0 : g->print == sla_print(said);
}

/* since: policies that are others hold from then on. */
static int apply_settings(struct engine *e, const struct settings *s, ms_t since,
                          struct outbox *out, const char **ret_why)
{
    int err = settings_check(s, ret_why);
    if (err != 0)
        return err;
    const struct settings *old = &e->settings;
    const char *why = settings_differ(old, s);
    if (why != NULL) {
        *ret_why = why;
        return ERR_BAD_SETTINGS;
    }
    if (!agreed(e, s->sla)) {
        err = agreements_prepare(e->agreements, s->sla, e->board, ret_why);
        if (err != 0)
            return err;
        agreements_adopt(e->agreements, since);
    }
    CHECK(out->cap - out->n >= rules_active(e->rules));
    uint32_t first = out->n;
    ms_t now = e->core.at == MS_NONE ? 0 : e->core.at;
    if (!rules_apply(e->rules, e->board, s, now, out))
        e->core.limit_met[LIMIT_MET_ALERTS]++;
    engine_hear(e, out, first);
    uint64_t seed = old->seed;
    uint32_t compared = old->compared;
    e->settings = *s;
    e->settings.seed = seed;
    e->settings.compared = compared; /* the logs are as long as they are */
    engine_keep_cards(e, s->cards);
    e->core.agreement = agreements_last(e->agreements);
    e->settings.sla = &agreement_get(e->agreements, agreements_last(e->agreements))->said;
    tickets_retarget(e->tickets);
    engine_listen(e);
    return 0;
}

int engine_apply(struct engine *e, const struct settings *s, struct outbox *out,
                 const char **ret_why)
{
    return apply_settings(e, s, e->core.at, out, ret_why);
}

int engine_recall(struct engine *e, const struct settings *s, ms_t since, const char **ret_why)
{
    struct outbox none = {0}; /* nothing happened yet that could be told */
    CHECK(e->core.at == MS_NONE);
    return apply_settings(e, s, since, &none, ret_why);
}

uint32_t engine_generation(const struct engine *e)
{
    return agreements_last(e->agreements);
}

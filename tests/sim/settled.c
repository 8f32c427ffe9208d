#include "tests/sim/settled.h"

#include "core/event.h"
#include "tests/sim/sim.h"

static bool is_active(const struct world *w, uint32_t rule, struct str name, struct str part)
{
    struct alert a;
    uint32_t at = 0;
    while (engine_alert_next(w->e, &at, &a))
        if (a.kind == ALERT_MIX && a.rule == rule && str_equal(a.name, name) &&
            str_equal(a.part, part))
            return true;
    return false;
}

static const char *part_wrong(const struct world *w, uint32_t i, struct str name,
                              const struct kpi_part *part, uint64_t den)
{
    const struct rule_setting *rule = &w->settings.rule[i];
    int64_t num = (int64_t)part->num * NUMBER_ONE;
    int64_t fire = rule->fire * (int64_t)den, clear = rule->clear * (int64_t)den;
    bool active = is_active(w, i, name, part->name);
    bool fires = rule->beyond ? num > fire : num >= fire;
    bool clears = rule->beyond ? num <= clear : num < clear;
    if (rule->part[0] != 0 && !str_equal(part->name, str_of(rule->part)))
        return active ? "an alert on a part that the rule is not about" : NULL;
    if (fires && !active)
        return "a part is too large, and no alert";
    return clears && active ? "an alert on a part that is small again" : NULL;
}

static uint64_t seen;

uint64_t settled_seen(void)
{
    return seen;
}

void settled_expect(const struct world *w)
{
    static struct snapshot now;
    for (uint32_t i = 0; i < w->settings.rules; i++) {
        const struct rule_setting *rule = &w->settings.rule[i];
        enum scope scope = (enum scope)rule->scope;
        for (uint32_t k = 1; rule->kind == RULE_MIX && k <= engine_names(w->e, scope); k++) {
            engine_snapshot(w->e, scope, k, 1u << rule->window, &now);
            const struct kpi_mix *mix = &now.window[0].mix[rule->mix];
            if (rule->hold > 0 || now.window[0].slot_ms > 0 || mix->den < rule->min_n)
                continue;
            for (uint32_t j = 0; j < mix->listed; j++) {
                const char *wrong = part_wrong(w, i, now.name, &mix->part[j], mix->den);
                expect(wrong == NULL, wrong == NULL ? "" : wrong, i, k);
                seen++;
            }
        }
    }
}

/* Both periods side by side, for every team, channel, priority, category and agent. */
#include "daemon/cli/report_build.h"

#include <stdlib.h>

/* What is compared of a name, where both periods have it. */
static const uint8_t compared[] = {
    IND_OPENED, IND_RESOLVED_TICKETS, IND_FIRST_RESPONSE, IND_RESOLUTION, IND_SLA_RATE,
    IND_FCR,    IND_REOPEN_RATE,      IND_CONFIRMED_RATE, IND_CSAT,       IND_COMPLAINTS,
    IND_TALK,   IND_ANSWER_RATE,
};

enum { NAMES_SHOWN = 5 /* of a scope, before the rest is folded away */ };

static void put_name(struct report *r, struct doc_table *t, enum scope scope, uint32_t index)
{
    const struct sum *now = cube_name(r->cube, CUBE_NOW, scope, index);
    const struct sum *before = cube_name(r->cube, CUBE_PRIOR, scope, index);
    if (now == NULL || before == NULL)
        return;
    for (size_t k = 0; k < ARRAY_LEN(compared); k++) {
        enum indicator i = (enum indicator)compared[k];
        struct number n = report_number(r, now, before, report_source(r, i));
        if (!n.has || !n.had || (n.now.count && n.now.n == 0 && n.before.n == 0))
            continue;
        const char *field = indicator_field_name((enum indicator_field)n.of.field);
        const char *name = phrase_indicator(r->settings, i, words_lang());
        bool many = indicator_kind(i) == IND_DURATION;
        doc_cell(t, report_name(r, scope, index));
        doc_cell(t, many ? doc_text(r->doc, "%s · %s", name, field) : name)->key =
            custom_name(r->settings, i);
        report_cell(r, t, n.of, &n.before);
        report_cell(r, t, n.of, &n.now);
        report_change(r, t, &n);
    }
}

void report_compare(struct report *r)
{
    static const enum scope scopes[] = {SCOPE_TEAM, SCOPE_AGENT, SCOPE_CATEGORY, SCOPE_CHANNEL,
                                        SCOPE_PRIORITY};
    if (!r->compared)
        return;
    doc_head(r->doc, "compare", word(W_R_SIDE_BY_SIDE));
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
        const char *scope = phrase_scope(scopes[i], words_lang());
        const char *id = doc_text(r->doc, "compare_%s", scope_name(scopes[i]));
        struct doc_table *t = doc_table(r->doc, BLOCK_TABLE, id, scope);
        t->rows_shown = NAMES_SHOWN * ARRAY_LEN(compared);
        doc_column(t, "name", word(W_R_NAME), false, false);
        doc_column(t, "indicator", word(W_R_INDICATOR), false, false);
        doc_column(t, "before", word(W_R_BEFORE), true, false);
        doc_column(t, "actual", word(W_R_ACTUAL), true, false);
        doc_column(t, "change", word(W_R_CHANGE), true, false);
        for (uint32_t k = 1; k <= engine_names(r->cube->engine, scopes[i]); k++)
            put_name(r, t, scopes[i], k);
        if (doc_rows(t) == 0)
            doc_drop(r->doc);
        else
            any = true;
    }
    if (!any)
        doc_say(r->doc, BLOCK_NOTE, word(W_R_NOTHING_CLEAR));
}

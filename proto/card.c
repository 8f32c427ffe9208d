#include "proto/card.h"

#include "core/rank.h"

static void emit_hundredths(struct emitter *em, const char *key, int64_t v)
{
    emit_float(em, key, (double)v / 100);
}

static void emit_title(struct emitter *em, const char *key, const char *title)
{
    if (title[0] != '\0')
        emit_text(em, key, title);
}

static void emit_groups(struct emitter *em, const struct scorecard *card, const struct score *s)
{
    if (card->groups == 0)
        return;
    emit_array(em, "groups");
    for (uint32_t g = 0; g < card->groups; g++) {
        emit_map(em, NULL);
        emit_text(em, "group", card->group[g].name);
        emit_hundredths(em, "weight", card->group[g].weight);
        if (s->group_counted[g])
            emit_hundredths(em, "points", s->group_points[g]);
        else
            emit_nil(em, "points");
        if (s->group_voided[g])
            emit_bool(em, "voided", true);
        emit_end(em);
    }
    emit_end(em);
}

static void emit_marks(struct emitter *em, const struct score_item *item)
{
    struct figure_source of = item->of;
    if (item->has_marks) {
        encode_value(em, "baseline", of.indicator, of.field, item->baseline);
        encode_value(em, "target", of.indicator, of.field, item->target);
    }
    if (item->has_industry)
        encode_value(em, "industry", of.indicator, of.field, item->industry);
}

/* What people call one of the site's own; built-in ones have names of their own everywhere. */
static void emit_names(struct emitter *em, const struct custom_setting *own)
{
    if (own == NULL || (own->name[LANG_EN][0] == 0 && own->name[LANG_ZH][0] == 0))
        return;
    emit_map(em, "names");
    emit_title(em, "en", own->name[LANG_EN]);
    emit_title(em, "zh", own->name[LANG_ZH]);
    emit_end(em);
}

static void emit_item(struct emitter *em, const struct settings *settings,
                      const struct scorecard *card, const struct score_item *item,
                      const struct score_line *line)
{
    emit_map(em, NULL);
    emit_text(em, "item", item->id);
    emit_title(em, "title", item->title);
    emit_text(em, "indicator", figure_name(settings, item->of));
    emit_names(em, custom_of(settings, (enum indicator)item->of.indicator));
    emit_text(em, "field", indicator_field_name((enum indicator_field)item->of.field));
    encode_name(em, "unit",
                str_of(custom_unit(settings, (enum indicator)item->of.indicator,
                                   (enum indicator_field)item->of.field)));
    if (card->groups > 0)
        emit_text(em, "group", card->group[item->group].name);
    emit_hundredths(em, "weight", item->weight);
    emit_float(em, "share", (double)line->share / 1000000);
    emit_uint(em, "n", line->n);
    if (line->has_value)
        encode_value(em, "value", item->of.indicator, item->of.field, line->value);
    else
        emit_nil(em, "value");
    if (line->state == LINE_FEW)
        emit_bool(em, "left_out", true);
    else
        emit_hundredths(em, "points", line->points);
    if (line->state == LINE_VOID)
        emit_bool(em, "voided", true);
    if (line->hit)
        emit_bool(em, "gate_hit", true);
    if (line->band > 0)
        emit_uint(em, "band", line->band);
    emit_marks(em, item);
    emit_end(em);
}

static void emit_standing(struct emitter *em, const char *key, const struct card_result *r,
                          enum score_standing standing)
{
    emit_array(em, key);
    for (uint32_t i = 0; i < r->card->items; i++)
        if (r->score->line[i].standing == standing)
            emit_text(em, NULL, r->card->item[i].id);
    emit_end(em);
}

static void emit_result(struct emitter *em, const struct card_result *r, enum lang lang)
{
    const struct score *s = r->score;
    enum score_grade grade = (enum score_grade)s->grade;
    if (!s->scored) {
        emit_nil(em, "score");
        return;
    }
    emit_hundredths(em, "score", s->total);
    emit_text(em, "grade", score_grade_wire(grade));
    emit_text(em, "grade_text", score_grade_word(grade, lang == LANG_ZH));
    if (r->place > 0) {
        emit_uint(em, "rank", r->place);
        emit_uint(em, "of", r->of);
        if (rank_medal(r->place, s->total) != NULL)
            emit_text(em, "medal", rank_medal(r->place, s->total));
    }
    if (s->voided)
        emit_bool(em, "voided", true);
    emit_float(em, "counted", (double)s->counted / SCORE_SHARE_ONE);
}

void encode_card(struct emitter *em, const char *key, const struct envelope *env,
                 const struct settings *settings, const struct card_result *r, enum lang lang)
{
    const struct scorecard *card = r->card;
    encode_begin(em, key, env);
    emit_text(em, "card", card->id);
    emit_title(em, "card_title", card->title);
    emit_text(em, "scope", scope_name((enum scope)card->scope));
    emit_str(em, "name", r->name);
    encode_name(em, "title", r->title);
    emit_text(em, "window", settings->window[card->window].name);
    if (card->when[0] != 0)
        emit_text(em, "when", card->when);
    emit_int(em, "from", r->from);
    if (r->covered_from > r->from)
        emit_int(em, "covered_from", r->covered_from);
    if (card->valid_from != MS_NONE)
        emit_int(em, "valid_from", card->valid_from);
    emit_result(em, r, lang);
    emit_groups(em, card, r->score);
    emit_array(em, "items");
    for (uint32_t i = 0; i < card->items; i++)
        emit_item(em, settings, card, &card->item[i], &r->score->line[i]);
    emit_end(em);
    emit_standing(em, "strengths", r, LINE_STRONG);
    emit_standing(em, "weak_spots", r, LINE_WEAK);
    emit_int(em, "def_version", DEF_VERSION);
    emit_end(em);
}

void topic_card(struct topic *ret, enum scope scope, struct str name)
{
    topic_scope(ret, "score", scope, name);
}

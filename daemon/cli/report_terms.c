/* What scorecards are called in a report, for whom, which hours and how long they are. */
#include "daemon/cli/report_score.h"

#include "core/event.h"

#include <stdlib.h>

/* --- names ---------------------------------------------------------------------------------- */

const char *report_card_title(const struct scorecard *card)
{
    return card->title[0] != '\0' ? card->title : card->id;
}

const char *report_hours(const struct report *r, const char *text, const char *when)
{
    return when[0] == '\0' ? text
                           : doc_text(r->doc, "%s · %s", text,
                                      report_phrase(r, W_R_CARD_WHEN, when, NULL, NULL));
}

const char *report_card_head(const struct report *r, const struct scorecard *card)
{
    enum { NAMED = 3 };
    const struct score_names *names = card->teams.n > 0 ? &card->teams : &card->names;
    const char *all = "", *title = report_card_title(card);
    for (uint32_t i = 0; i < names->n && i < NAMED; i++)
        all = doc_text(r->doc, "%s%s%s", all, i > 0 ? ", " : "", names->at[i]);
    if (names->n > 0)
        title = doc_text(r->doc, "%s (%s%s)", title, all, names->n > NAMED ? ", …" : "");
    if (card->valid_from != MS_NONE) {
        char day[PERIOD_NAME];
        period_name(day, &r->settings->zone, STEP_DAY, card->valid_from);
        title =
            doc_text(r->doc, "%s · %s", title, report_phrase(r, W_R_CARD_VALID, day, NULL, NULL));
    }
    return report_hours(r, title, card->when);
}

const char *report_family_when(const struct report *r, const struct scorecard *first)
{
    const struct scorecard *end = r->cards->card + r->cards->cards;
    bool same = true;
    for (const struct scorecard *c = first; c < end; c++)
        same = same && (strcmp(c->id, first->id) != 0 || strcmp(c->when, first->when) == 0);
    return same ? first->when : "";
}

/* Items whose goals are one name's. */
const char *report_sized_items(const struct report *r, const struct scorecard *card)
{
    const char *all = "";
    for (uint32_t i = 0; i < card->items; i++)
        if (cards_item_is_sized(&card->item[i]))
            all = doc_text(r->doc, "%s%s%s", all,
                           all[0] == '\0'    ? ""
                           : r->doc->chinese ? "、"
                                             : ", ",
                           report_item_title(r, &card->item[i]));
    return all;
}

/* --- length --------------------------------------------------------------------------------- */

static const char *days_or(const struct report *r, ms_t length)
{
    char buf[PHRASE_MAX];
    ms_t days = (length + MS_DAY / 2) / MS_DAY, off = llabs(length - days * MS_DAY);
    if (days == 0 || off > 3 * MS_HOUR) /* more than the clocks of a zone change */
        return doc_text(r->doc, "%s", phrase_duration(buf, length, words_lang()));
    return days == 1 ? word(W_R_A_DAY)
                     : report_phrase(r, W_R_DAYS, report_count(r, (uint64_t)days), NULL, NULL);
}

static const char *window_text(const struct report *r, const struct scorecard *card)
{
    const struct window_setting *w = &r->settings->window[card->window];
    switch ((enum window_kind)w->kind) {
    case WINDOW_TODAY:
        return word(W_R_A_DAY);
    case WINDOW_WEEK:
        return word(W_R_A_WEEK);
    case WINDOW_MONTH:
        return word(W_R_A_MONTH);
    case WINDOW_SLIDING:
        break;
    }
    return days_or(r, w->length * MS_SECOND);
}

/* "made for a month, the period has 7 days"; NULL: it is for as long. */
const char *report_misfit(const struct report *r, const struct scorecard *card)
{
    const struct period *p = &r->cube->setup.period[CUBE_NOW];
    if (cards_length_fits(&r->settings->window[card->window], p->to - p->from))
        return NULL;
    return report_phrase(r, W_R_CARD_LENGTH, window_text(r, card), days_or(r, p->to - p->from),
                         NULL);
}

/* The sentence about a card of another length: goals of counts stay as they are. */
static const char *length_note(const struct report *r, const struct scorecard *card)
{
    const char *made = report_misfit(r, card), *sized = report_sized_items(r, card);
    if (made == NULL)
        return NULL;
    return report_phrase(r, sized[0] == '\0' ? W_R_CARD_LENGTH_RATES : W_R_CARD_LENGTH_COUNTS,
                         report_card_title(card), made, sized);
}

const char *report_card_length(const struct report *r, const struct scorecard *first)
{
    const struct scorecard *end = r->cards->card + r->cards->cards;
    ms_t from = r->cube->setup.period[CUBE_NOW].from;
    for (const struct scorecard *c = first; c < end; c++) /* the first variant that does not fit */
        if (strcmp(c->id, first->id) == 0 && cards_in_force(c, from) && report_misfit(r, c) != NULL)
            return length_note(r, c);
    return NULL;
}

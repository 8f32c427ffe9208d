/* Thresholds as people read them: of scores by the grade that begins or ends there. */
#include "core/event.h"
#include "core/score.h"
#include "proto/phrase.h"

#include <stdio.h>

enum { SCORE_STEP = NUMBER_ONE / 100 };

/* "needs improvement (below 60)", "good (80 or more)"; false: no grade ends there. */
static bool grade_phrase(char buf[PHRASE_MAX], const struct settings *s,
                         const struct rule_setting *rule, int64_t value, bool below, bool zh)
{
    char edge[PHRASE_MAX];
    int64_t beside = value + (below ? SCORE_STEP : -SCORE_STEP);
    enum score_grade grade = score_grade_of(value);
    if (grade == score_grade_of(beside))
        return false;
    phrase_compared(edge, s, rule, below ? beside : value, LANG_EN);
    const char *word = score_grade_word(grade, zh);
    if (below)
        snprintf(buf, PHRASE_MAX, zh ? "%s（低于 %.16s）" : "%s (below %.16s)", word, edge);
    else
        snprintf(buf, PHRASE_MAX, zh ? "%s（%.16s 及以上）" : "%s (%.16s or more)", word, edge);
    return true;
}

char *phrase_threshold(char buf[PHRASE_MAX], const struct settings *s,
                       const struct rule_setting *rule, bool clear, enum lang lang)
{
    bool below = rule->below != clear; /* it ends on the other side */
    int64_t value = clear ? rule->clear : rule->fire;
    int64_t first = !clear ? value : below ? value - SCORE_STEP : value + SCORE_STEP;
    if (rule->kind != RULE_SCORE || !grade_phrase(buf, s, rule, first, below, lang == LANG_ZH))
        phrase_compared(buf, s, rule, value, lang);
    return buf;
}

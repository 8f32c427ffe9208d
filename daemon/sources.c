#include "daemon/sources.h"

#include "core/event.h"
#include "daemon/calendars.h"
#include "daemon/suggest.h"

#include <stdio.h>

bool millionths_parse(struct str text, int64_t *ret)
{
    bool negative = text.len > 0 && text.p[0] == '-';
    bool percent = text.len > 0 && text.p[text.len - 1] == '%';
    uint32_t i = negative, end = text.len - percent, digits = 0;
    int64_t value = 0, unit = percent ? NUMBER_ONE / 100 : NUMBER_ONE, scale = unit;
    bool fraction = false;
    for (; i < end; i++) {
        char c = text.p[i];
        if (c == '.' && !fraction && digits > 0) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > 12)
            return false;
        if (!fraction) {
            value = value * 10 + (c - '0') * unit;
            continue;
        }
        scale /= 10;
        if (scale == 0)
            return false;
        value += (c - '0') * scale;
    }
    if (digits == 0 || value > INT64_MAX / 1000)
        return false;
    *ret = negative ? -value : value;
    return true;
}

/* "nps.speed": a known indicator, and a part that it has not. */
static bool has_part(struct str text)
{
    uint32_t dot = 0;
    while (dot < text.len && text.p[dot] != '.')
        dot++;
    return dot < text.len && indicator_find((struct str){text.p, dot}) >= 0;
}

static bool refuse_indicator(const struct reading *r)
{
    const struct settings *s = &r->config->settings;
    char text[SUGGEST_TEXT];
    struct suggestion near;
    suggest_begin(&near, r->node->text);
    for (uint32_t i = 0; i < IND_N; i++)
        if (!indicator_is_custom((enum indicator)i) || custom_of(s, (enum indicator)i) != NULL)
            suggest_offer(&near, str_of(custom_name(s, (enum indicator)i)));
    return refuse(r, "'%s' is no indicator; %sSEMANTICS.md and `indicators` list them",
                  r->node->text.p, suggest_text(&near, text));
}

bool source_indicator(const struct reading *r, struct figure_source *ret)
{
    const struct settings *s = &r->config->settings;
    int i = custom_find(s, r->node->text), aspect = 0;
    if (i < 0) {
        aspect = settings_aspect_find(&r->config->settings, r->node->text);
        i = aspect < 0 ? -1 : IND_CSAT;
    }
    if (i == IND_CSAT && aspect == 0 && !str_equal(r->node->text, str_of("csat")))
        return refuse(r, "more than %d aspects of csat are named; use fewer", ASPECTS_MAX);
    ret->aspect = (uint8_t)(aspect > 0 ? aspect : 0);
    if (i < 0 && r->node->text.p != NULL && has_part(r->node->text))
        return refuse(r,
                      "'%s' is no indicator: of csat there are aspects, as csat.politeness, of "
                      "others no parts",
                      r->node->text.p);
    if (i < 0)
        return refuse_indicator(r);
    static const uint8_t usual[] = {
        [IND_DURATION] = IF_END, [IND_COUNT] = IF_NUM,   [IND_RATIO] = IF_VALUE,
        [IND_NUMBER] = IF_VALUE, [IND_MEAN] = IF_MEAN,   [IND_SHARE] = IF_VALUE,
        [IND_CUSTOM] = IF_VALUE, [IND_GAUGE] = IF_VALUE,
    };
    ret->indicator = (uint16_t)i;
    ret->field = usual[indicator_kind((enum indicator)i)];
    const struct custom_setting *own = custom_of(s, (enum indicator)i);
    if (own != NULL)
        ret->field = (uint8_t)custom_field(own);
    return true;
}

bool source_when(const struct reading *r, char *ret)
{
    const struct sla_setting *sla = r->config->sla;
    if (!read_text(r, ret, NAME_BYTES_MAX + 1))
        return false;
    for (uint32_t i = 0; sla != NULL && i < sla->calendars; i++)
        if (i != CALENDAR_ALWAYS && strcmp(sla->calendar[i].id, ret) == 0)
            return true;
    return refuse(r, "'%s' is no calendar; add it to `calendars`, or leave `when` out", ret);
}

bool source_field(const struct reading *r, struct figure_source *ret)
{
    enum indicator indicator = (enum indicator)ret->indicator;
    int f = indicator_field_find(r->node->text);
    if (f >= 0 && custom_has_field(&r->config->settings, indicator, (enum indicator_field)f)) {
        ret->field = (uint8_t)f;
        return true;
    }
    char all[160] = "";
    size_t n = 0;
    for (int i = 0; i < IF_END; i++)
        if (custom_has_field(&r->config->settings, indicator, (enum indicator_field)i))
            n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n > 0 ? ", " : "",
                                  indicator_field_name((enum indicator_field)i));
    return refuse(r, "%s has no field '%s'; it has %s",
                  custom_name(&r->config->settings, indicator), r->node->text.p, all);
}

bool source_scope(const struct reading *r, uint8_t *ret)
{
    int scope = scope_find(r->node->text);
    if (scope < 0)
        return refuse(r,
                      "'%s' is no scope; there are all, agent, team, channel, priority, "
                      "category",
                      r->node->text.p);
    if ((r->config->settings.scopes >> scope & 1) == 0)
        return refuse(r, "scope %s is not kept; add it to `scopes`", r->node->text.p);
    *ret = (uint8_t)scope;
    return true;
}

bool source_window(const struct reading *r, uint8_t *ret)
{
    const struct settings *s = &r->config->settings;
    for (uint32_t i = 0; i < s->windows; i++) {
        if (str_equal(str_of(s->window[i].name), r->node->text)) {
            *ret = (uint8_t)i;
            return true;
        }
    }
    return refuse(r, "window '%s' is not kept; add it to `windows`", r->node->text.p);
}

bool source_number(const struct reading *r, struct figure_source source, struct str text,
                   const char *const likes[2], int64_t *ret)
{
    if (source.field == IF_END) {
        *ret = 0;
        return true;
    }
    bool is_ms =
        indicator_field_is_ms((enum indicator)source.indicator, (enum indicator_field)source.field);
    if (is_ms ? duration_parse(text, ret) : millionths_parse(text, ret))
        return true;
    return refuse(r, "'%s' is no value; write %s", r->node->text.p, likes[!is_ms]);
}

const char *source_name(char ret[SOURCE_NAME], const struct settings *s,
                        struct figure_source source)
{
    enum indicator_field f = (enum indicator_field)source.field;
    enum indicator_kind kind = indicator_kind((enum indicator)source.indicator);
    const struct custom_setting *own = custom_of(s, (enum indicator)source.indicator);
    bool plain = f == IF_END || f == (own != NULL         ? custom_field(own)
                                      : kind == IND_COUNT ? IF_NUM
                                      : kind == IND_MEAN  ? IF_MEAN
                                                          : IF_VALUE);
    snprintf(ret, SOURCE_NAME, "%s%s%s", figure_name(s, source), plain ? "" : ".",
             plain ? "" : indicator_field_name(f));
    return ret;
}

/* "it is 1 to 5", "it is never below 0". Bounds are whole numbers. */
static const char *span_text(char ret[64], struct span span)
{
    long long least = span.least / NUMBER_ONE, most = span.most / NUMBER_ONE;
    if (span.most == INT64_MAX)
        snprintf(ret, 64, "it is never below %lld", least);
    else
        snprintf(ret, 64, "it is %lld to %lld", least, most);
    return ret;
}

bool span_holds(const struct reading *r, const char *name, struct span span, struct str text,
                int64_t value)
{
    char bounds[64];
    bool percent = text.len > 0 && text.p[text.len - 1] == '%';
    if (value >= span.least && value <= span.most)
        return true;
    if (span.most == NUMBER_ONE && !percent && value > 0 && value <= 100 * (int64_t)NUMBER_ONE)
        return refuse(r, "%s of %s would be %lld %%: it is a part, %s to 1; write %s%%", text.p,
                      name, (long long)(value / (NUMBER_ONE / 100)), span.least < 0 ? "-1" : "0",
                      text.p);
    return refuse(r, "%s can never be %s: %s; write a value that there is", name, text.p,
                  span_text(bounds, span));
}

bool span_splits(const struct reading *r, const char *name, struct span span, bool below,
                 int64_t value)
{
    char bounds[64];
    if (below ? value < span.most : value > span.least)
        return true;
    return refuse(r, "'%s' holds of every %s: %s; write a value that not all reach",
                  r->node->text.p, name, span_text(bounds, span));
}

bool source_value(const struct reading *r, struct figure_source source, struct str text,
                  const char *const likes[2], int64_t *ret)
{
    char name[SOURCE_NAME];
    const struct settings *s = &r->config->settings;
    return source_number(r, source, text, likes, ret) &&
           (source.field == IF_END ||
            span_holds(r, source_name(name, s, source), figure_span(s, source), text, *ret));
}

bool source_exists(const struct reading *r, struct figure_source source, enum scope scope)
{
    const struct settings *s = &r->config->settings;
    uint32_t has = figure_scopes(s, source);
    char all[96] = "";
    size_t n = 0;
    if ((has >> scope & 1) != 0)
        return true;
    for (enum scope i = 0; i < SCOPE_N; i++)
        if ((has >> i & 1) != 0)
            n +=
                (size_t)snprintf(all + n, sizeof all - n, "%s%s", n > 0 ? ", " : "", scope_name(i));
    if (has == 0)
        return refuse(r, "there is no %s for anybody: its sides are of different scopes",
                      figure_name(s, source));
    return refuse(r, "there is no %s of scope %s, only of %s; choose another indicator or scope",
                  figure_name(s, source), scope_name(scope), all);
}

bool source_operator(const struct reading *r, bool *ret_below, struct str *ret_text)
{
    struct str text = r->node->text;
    bool below = text.len >= 2 && memcmp(text.p, "<=", 2) == 0;
    bool above = text.len >= 2 && memcmp(text.p, ">=", 2) == 0;
    if (r->node->kind != TREE_SCALAR || (!below && !above))
        return refuse(r, "begins with neither >= nor <=; write \">= 15m\"");
    for (text.p += 2, text.len -= 2; text.len > 0 && text.p[0] == ' '; text.len--)
        text.p++;
    *ret_below = below;
    *ret_text = text;
    return true;
}

bool source_threshold(const struct reading *r, struct figure_source source, bool *ret_below,
                      int64_t *ret)
{
    static const char *const likes[] = {"a duration like \">= 15m\"",
                                        "a number like \">= 20\" or \"<= 85%\""};
    struct str text = {"", 0};
    char name[SOURCE_NAME];
    const struct settings *s = &r->config->settings;
    if (!source_operator(r, ret_below, &text) || !source_value(r, source, text, likes, ret))
        return false;
    return source.field == IF_END ||
           span_splits(r, source_name(name, s, source), figure_span(s, source), *ret_below, *ret);
}

bool hundredths_read(const struct reading *r, uint32_t max, uint32_t *ret)
{
    struct str text = r->node->text;
    int64_t v;
    bool percent = text.len > 0 && text.p[text.len - 1] == '%';
    if (r->node->kind != TREE_SCALAR || percent || !millionths_parse(text, &v) ||
        v % (NUMBER_ONE / 100) != 0)
        return refuse(r, "a number with at most two decimals is wanted here; write 20 or 12.5");
    v /= NUMBER_ONE / 100;
    if (v < 0 || v > max)
        return refuse(r, "%s is outside of 0 to %u", text.p, max / 100);
    *ret = (uint32_t)v;
    return true;
}

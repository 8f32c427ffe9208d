#include "tests/golden/story.h"

#include "core/trace.h"
#include "proto/text.h"

#include <stdio.h>
#include <stdlib.h>

struct str story_word(struct str *rest)
{
    while (rest->len > 0 && rest->p[0] == ' ') {
        rest->p++;
        rest->len--;
    }
    struct str word = {rest->p, 0};
    bool quoted = false;
    while (word.len < rest->len && (quoted || rest->p[word.len] != ' ')) {
        quoted ^= rest->p[word.len] == '"';
        word.len++;
    }
    rest->p += word.len;
    rest->len -= word.len;
    return word;
}

static bool is(struct str word, const char *text)
{
    return str_equal(word, str_of(text));
}

static bool copy_name(char *to, size_t cap, struct str word)
{
    if (word.len == 0 || word.len >= cap)
        return false;
    memcpy(to, word.p, word.len);
    to[word.len] = 0;
    return true;
}

/* A decimal number in millionths. */
static bool parse_number(struct str word, int64_t *ret)
{
    char text[32], *end;
    if (!copy_name(text, sizeof text, word))
        return false;
    double v = strtod(text, &end) * NUMBER_ONE;
    *ret = (int64_t)(v < 0 ? v - 0.5 : v + 0.5);
    return *end == 0;
}

static bool parse_uint(struct str word, uint32_t *ret)
{
    char text[32], *end;
    if (!copy_name(text, sizeof text, word))
        return false;
    *ret = (uint32_t)strtoul(text, &end, 10);
    return *end == 0;
}

/* --- settings --------------------------------------------------------------------------------- */

static const char *set_windows(struct str rest, struct settings *s)
{
    s->windows = 0;
    for (struct str w = story_word(&rest); w.len > 0; w = story_word(&rest))
        if (s->windows == WINDOWS_MAX || !window_setting_parse(w, &s->window[s->windows++]))
            return "no window";
    return NULL;
}

static const char *set_scopes(struct str rest, struct settings *s)
{
    s->scopes = 0;
    for (struct str w = story_word(&rest); w.len > 0; w = story_word(&rest)) {
        if (scope_find(w) < 0)
            return "no scope";
        s->scopes |= 1u << scope_find(w);
    }
    return NULL;
}

static const char *set_target(struct str rest, struct settings *s)
{
    int i = indicator_find(story_word(&rest));
    if (i < 0 || indicator_kind((enum indicator)i) != IND_DURATION)
        return "no duration indicator";
    return duration_parse(story_word(&rest), &s->target[indicator_rows[i].target]) ? NULL
                                                                                   : "no duration";
}

/* `zone OFFSET` from the beginning, or `zone SINCE OFFSET`, in order; offsets as "+1h", "-30m". */
static const char *set_zone(struct str rest, struct settings *s)
{
    struct str first = story_word(&rest), offset = story_word(&rest);
    ms_t at = 0, ms;
    if (offset.len == 0) {
        offset = first;
        s->zone.n = 0;
    } else if (!iso8601_parse(first, &at)) {
        return "no time";
    }
    struct str length = {offset.p + 1, offset.len - 1};
    if (offset.len < 2 || !duration_parse(length, &ms) || s->zone.n == ZONE_SHIFTS_MAX)
        return "no offset";
    s->zone.shift[s->zone.n].at = sec_floor(at);
    s->zone.shift[s->zone.n++].offset = (int32_t)(ms / MS_SECOND) * (offset.p[0] == '-' ? -1 : 1);
    return NULL;
}

static const char *set_limit(struct str rest, struct limits *limits)
{
    const struct {
        const char *name;
        uint32_t *at;
    } all[] = {
        {"tickets", &limits->tickets},      {"history", &limits->history},
        {"events", &limits->ticket_events}, {"calls", &limits->calls},
        {"agents", &limits->agents},        {"teams", &limits->teams},
        {"alerts", &limits->alerts},        {"chunks", &limits->chunks},
    };
    struct str name = story_word(&rest);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (is(name, all[i].name))
            return parse_uint(story_word(&rest), all[i].at) ? NULL : "no number";
    return "no limit";
}

static bool parse_threshold(const struct rule_setting *rule, struct str word, int64_t *ret)
{
    if (indicator_field_is_ms((enum indicator)rule->indicator, (enum indicator_field)rule->field))
        return duration_parse(word, ret);
    return parse_number(word, ret);
}

/* "sum:orders", "count:orders", "resolved". */
static bool parse_side(struct customs *all, struct str word, struct custom_side *ret)
{
    const char *colon = memchr(word.p, ':', word.len);
    if (colon == NULL) {
        int i = indicator_find(word);
        *ret = (struct custom_side){.kind = SIDE_COUNT, .indicator = (uint16_t)i};
        return i >= 0;
    }
    struct str kind = {word.p, (uint32_t)(colon - word.p)};
    int i = custom_measure(all, (struct str){colon + 1, word.len - kind.len - 1});
    *ret = (struct custom_side){.kind = is(kind, "sum") ? SIDE_SUM : SIDE_NUMBER,
                                .measure = (uint8_t)i};
    return i >= 0;
}

/* `indicator ID count|sum|mean|ratio NUM [DEN]` */
static const char *set_indicator(struct str rest, struct customs *all)
{
    static const char *const kinds[] = {"count", "sum", "mean", "ratio"};
    if (all->n == CUSTOMS_MAX)
        return "too many indicators";
    struct custom_setting *c = &all->at[all->n++];
    if (!copy_name(c->id, sizeof c->id, story_word(&rest)))
        return "no id";
    struct str kind = story_word(&rest), num = story_word(&rest), den = story_word(&rest);
    while (c->kind < CUSTOM_KINDS && !is(kind, kinds[c->kind]))
        c->kind++;
    if (!parse_side(all, num, &c->num) || (den.len > 0 && !parse_side(all, den, &c->den)))
        return "no side of an indicator";
    if (c->kind == CUSTOM_MEAN)
        c->den = (struct custom_side){.kind = SIDE_NUMBER, .measure = c->num.measure};
    custom_settle(all);
    return NULL;
}

/* The options after a rule's threshold. */
static const char *set_rule_options(struct str rest, struct rule_setting *rule)
{
    static const char *const empty[] = {"hold", "clear", "fire"};
    for (struct str key = story_word(&rest); key.len > 0; key = story_word(&rest)) {
        struct str value = story_word(&rest);
        bool good = false;
        if (is(key, "clear"))
            good = parse_threshold(rule, value, &rule->clear);
        else if (is(key, "for"))
            good = duration_parse(value, &rule->hold);
        else if (is(key, "min_n"))
            good = parse_uint(value, &rule->min_n);
        else if (is(key, "name"))
            good = copy_name(rule->name, sizeof rule->name, value);
        for (uint8_t i = 0; is(key, "on_empty") && i < ARRAY_LEN(empty); i++) {
            if (!is(value, empty[i]))
                continue;
            rule->on_empty = i;
            good = true;
        }
        if (!good)
            return "no such option of a rule";
    }
    return NULL;
}

/* `rule ID INDICATOR.FIELD SCOPE [WINDOW] >= THRESHOLD [clear …] [for …] …` */
static const char *set_rule(struct str rest, struct settings *s)
{
    if (s->rules == RULES_MAX)
        return "too many rules";
    struct rule_setting rule = {0};
    if (!copy_name(rule.id, sizeof rule.id, story_word(&rest)))
        return "no id";
    struct str what = story_word(&rest);
    const char *dot = memchr(what.p, '.', what.len);
    if (dot == NULL)
        return "no indicator.field";
    int indicator = custom_find(s, (struct str){what.p, (uint32_t)(dot - what.p)});
    int field =
        indicator_field_find((struct str){dot + 1, (uint32_t)(what.p + what.len - dot - 1)});
    int scope = scope_find(story_word(&rest));
    if (indicator < 0 || field < 0 || scope < 0)
        return "no such indicator, field or scope";
    rule.indicator = (uint16_t)indicator;
    rule.field = (uint8_t)field;
    rule.scope = (uint8_t)scope;
    struct str word = story_word(&rest);
    if (indicator < IND_GAUGE_FIRST) {
        while (rule.window < s->windows && !is(word, s->window[rule.window].name))
            rule.window++;
        word = story_word(&rest);
    }
    rule.below = is(word, "<=");
    if (!rule.below && !is(word, ">="))
        return "no comparison";
    if (!parse_threshold(&rule, story_word(&rest), &rule.fire))
        return "no threshold";
    rule.clear = rule.fire;
    const char *why = set_rule_options(rest, &rule);
    s->rule[s->rules++] = rule;
    return why;
}

const char *story_set(struct str rest, struct settings *s, struct limits *limits)
{
    const struct {
        const char *name;
        ms_t *at;
    } durations[] = {
        {"lateness", &s->lateness},
        {"skew", &s->skew},
        {"fcr_horizon", &s->fcr_horizon},
        {"reopen_horizon", &s->reopen_horizon},
        {"resolved_within", &s->resolved_within},
        {"repeat_horizon", &s->repeat_horizon},
        {"complaint_horizon", &s->complaint_horizon},
        {"return_horizon", &s->return_horizon},
        {"follow_up_1", &s->follow_up[0]},
        {"follow_up_2", &s->follow_up[1]},
        {"follow_up_3", &s->follow_up[2]},
        {"short_abandon", &s->short_abandon},
        {"service_level_within", &s->service_level_within},
        {"presence_timeout", &s->presence_timeout},
        {"remember_closed", &s->remember_closed},
    };
    struct str key = story_word(&rest);
    for (size_t i = 0; i < ARRAY_LEN(durations); i++)
        if (is(key, durations[i].name))
            return duration_parse(story_word(&rest), durations[i].at) ? NULL : "no duration";
    if (is(key, "windows"))
        return set_windows(rest, s);
    if (is(key, "scopes"))
        return set_scopes(rest, s);
    if (is(key, "target"))
        return set_target(rest, s);
    if (is(key, "zone"))
        return set_zone(rest, s);
    if (is(key, "limit"))
        return set_limit(rest, limits);
    if (is(key, "indicator"))
        return set_indicator(rest, &s->customs);
    if (is(key, "rule"))
        return set_rule(rest, s);
    return "no such setting";
}

/* --- times and events ------------------------------------------------------------------------- */

bool story_day(struct str text, ms_t *ret)
{
    char full[64];
    int n = snprintf(full, sizeof full, "%.*sT00:00:00Z", (int)text.len, text.p);
    return iso8601_parse((struct str){full, (uint32_t)n}, ret);
}

bool story_time(struct str text, ms_t *ret)
{
    char buf[32];
    unsigned h = 0, m = 0, s = 0, ms = 0;
    int end = 0;
    if (!copy_name(buf, sizeof buf, text) || buf[0] < '0' || buf[0] > '9' ||
        sscanf(buf, "%u:%2u%n:%2u%n.%3u%n", &h, &m, &end, &s, &end, &ms, &end) < 2)
        return false;
    *ret = h * (ms_t)MS_HOUR + m * (ms_t)MS_MINUTE + s * (ms_t)MS_SECOND + (ms_t)ms;
    return buf[end] == 0;
}

bool story_times(struct str text, ms_t *ret, ms_t *ret_received)
{
    const char *at = memchr(text.p, '@', text.len);
    *ret_received = MS_NONE;
    if (at == NULL)
        return story_time(text, ret);
    struct str happened = {text.p, (uint32_t)(at - text.p)};
    return story_time(happened, ret) &&
           story_time((struct str){at + 1, text.len - happened.len - 1}, ret_received);
}

/* Does the value of this key go into JSON as it is? Else it is a text. */
static bool is_bare(struct str key, struct str value)
{
    static const char *const numbers[] = {"seq", "score", "out_of", "value"};
    if (is(value, "nil") || is(value, "true") || is(value, "false") ||
        (value.len > 0 && value.p[0] == '"'))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (is(key, numbers[i]))
            return true;
    return false;
}

size_t story_json(struct str rest, ms_t ts, char buf[STORY_LINE_MAX * 2])
{
    struct str kind = story_word(&rest);
    size_t cap = STORY_LINE_MAX * 2;
    size_t n = (size_t)snprintf(buf, cap, "{\"ts\":%lld,\"type\":\"%.*s\"", (long long)ts,
                                (int)kind.len, kind.p);
    for (struct str w = story_word(&rest); w.len > 0 && n < cap; w = story_word(&rest)) {
        const char *equals = memchr(w.p, '=', w.len);
        if (equals == NULL)
            return 0;
        struct str key = {w.p, (uint32_t)(equals - w.p)};
        struct str value = {equals + 1, w.len - key.len - 1};
        const char *quote = is_bare(key, value) ? "" : "\"";
        if (is(value, "nil"))
            value = str_of("null");
        n += (size_t)snprintf(buf + n, cap - n, ",\"%.*s\":%s%.*s%s", (int)key.len, key.p, quote,
                              (int)value.len, value.p, quote);
    }
    if (n + 2 > cap)
        return 0;
    memcpy(buf + n, "}", 2);
    return n + 1;
}

/* --- shown numbers ---------------------------------------------------------------------------- */

static const char *duration(char buf[64], ms_t d)
{
    trace_duration(buf, 64, d);
    return buf;
}

static const char *number(char buf[64], int64_t millionths)
{
    trace_number(buf, 64, millionths);
    return buf;
}

static void line_of_duration(char *line, size_t cap, const struct kpi_value *v)
{
    char mean[64], min[64], max[64], target[64];
    size_t n = (size_t)snprintf(line, cap, "%s n=%llu", indicator_name(v->indicator),
                                (unsigned long long)v->n);
    if (v->n > 0)
        n += (size_t)snprintf(line + n, cap - n, " mean=%s min=%s max=%s",
                              duration(mean, v->sum / (int64_t)v->n), duration(min, v->order.min),
                              duration(max, v->order.max));
    if (v->target > 0)
        n += (size_t)snprintf(line + n, cap - n, " target=%s", duration(target, v->target));
    if (v->target > 0 || v->met + v->missed > 0)
        snprintf(line + n, cap - n, " met=%llu missed=%llu", (unsigned long long)v->met,
                 (unsigned long long)v->missed);
}

/* Of the site's own, as it is called in the story. */
static void line_of_custom(char *line, size_t cap, const struct custom_setting *c,
                           const struct kpi_value *v)
{
    char num[64], den[64], value[64];
    size_t n = (size_t)snprintf(line, cap, "%s", c->id);
    if (c->kind == CUSTOM_SUM || c->kind == CUSTOM_MEAN)
        n += (size_t)snprintf(line + n, cap - n, " n=%llu", (unsigned long long)v->n);
    if (c->kind == CUSTOM_MEAN)
        snprintf(line + n, cap - n, " mean=%s", number(value, v->num / (int64_t)v->n));
    else
        n += (size_t)snprintf(line + n, cap - n, " num=%s", number(num, v->num));
    if (c->kind == CUSTOM_RATIO)
        snprintf(line + n, cap - n, " den=%s value=%s", number(den, v->den),
                 v->den <= 0 ? "nil"
                             : number(value, (int64_t)((__int128)v->num * NUMBER_ONE / v->den)));
}

static void line_of_kpi(char *line, size_t cap, const struct settings *s, const struct kpi_value *v)
{
    char value[64], num[64], den[64];
    const char *name = indicator_name(v->indicator);
    switch (indicator_kind(v->indicator)) {
    case IND_DURATION:
        line_of_duration(line, cap, v);
        break;
    case IND_COUNT:
        snprintf(line, cap, "%s num=%lld", name, (long long)v->num);
        break;
    case IND_RATIO:
    case IND_NUMBER:
        snprintf(line, cap, "%s num=%lld den=%lld value=%s", name, (long long)v->num,
                 (long long)v->den,
                 v->den == 0 ? "nil" : number(value, v->num * NUMBER_ONE / v->den));
        break;
    case IND_CUSTOM:
        line_of_custom(line, cap, custom_of(s, (enum indicator)v->indicator), v);
        break;
    case IND_SHARE:
        snprintf(line, cap, "%s num=%s den=%s value=%s", name, duration(num, v->num),
                 duration(den, v->den),
                 v->den == 0 ? "nil" : number(value, v->num * NUMBER_ONE / v->den));
        break;
    case IND_MEAN:
        snprintf(line, cap, "%s n=%llu mean=%s", name, (unsigned long long)v->n,
                 v->n == 0 ? "nil" : number(value, v->sum / (int64_t)v->n));
        break;
    case IND_GAUGE:
        abort();
    }
}

static void line_of_gauge(char *line, size_t cap, const struct snapshot *s, uint32_t i)
{
    char age[64];
    enum indicator gauge = (enum indicator)(IND_GAUGE_FIRST + i);
    if (indicator_field_is_ms(gauge, IF_VALUE))
        snprintf(line, cap, "%s %s %.*s", indicator_name(gauge), duration(age, s->gauge[i]),
                 (int)s->gauge_of[i].len, s->gauge_of[i].p);
    else
        snprintf(line, cap, "%s %lld", indicator_name(gauge), (long long)s->gauge[i]);
}

/* What is left of a cohort when those whose horizon is not over are left out. */
static void line_of_mature(char *line, size_t cap, const struct kpi_value *v)
{
    char value[64];
    int64_t num = v->num - v->pending_num, den = v->den - v->pending;
    snprintf(line, cap, "%s.mature pending=%lld num=%lld den=%lld value=%s",
             indicator_name(v->indicator), (long long)v->pending, (long long)num, (long long)den,
             den == 0 ? "nil" : number(value, num * NUMBER_ONE / den));
}

/* Takes ".mature" off. */
static bool wants_mature(struct str *indicator)
{
    static const struct str tail = {".mature", 7};
    if (indicator->len <= tail.len ||
        memcmp(indicator->p + indicator->len - tail.len, tail.p, tail.len) != 0)
        return false;
    indicator->len -= tail.len;
    return true;
}

uint32_t story_show(const struct snapshot *s, const struct settings *settings, bool now,
                    struct str indicator, void (*print)(void *ctx, const char *line), void *ctx)
{
    char line[STORY_LINE_MAX];
    bool mature = wants_mature(&indicator);
    uint32_t shown = 0, n = now ? GAUGES : s->window[0].values;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t which = now ? IND_GAUGE_FIRST + i : s->window[0].value[i].indicator;
        if (indicator.len > 0 && !is(indicator, custom_name(settings, (enum indicator)which)))
            continue;
        if (now && s->gauge[i] == 0 && s->gauge_of[i].len == 0)
            continue;
        if (now)
            line_of_gauge(line, sizeof line, s, i);
        else if (mature)
            line_of_mature(line, sizeof line, &s->window[0].value[i]);
        else
            line_of_kpi(line, sizeof line, settings, &s->window[0].value[i]);
        print(ctx, line);
        shown++;
    }
    return shown;
}

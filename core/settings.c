#include "core/settings.h"

#include "core/appraise.h"
#include "core/err.h"
#include "core/event.h"
#include "core/mix.h"
#include "core/score.h"
#include "core/slice.h"
#include "core/trend.h"

static const char *const scopes[SCOPE_N] = {"all",     "agent",    "team",
                                            "channel", "priority", "category"};

const char *scope_name(enum scope s)
{
    CHECK(s < SCOPE_N);
    return scopes[s];
}

int scope_find(struct str name)
{
    for (int i = 0; i < SCOPE_N; i++)
        if (str_equal(str_of(scopes[i]), name))
            return i;
    return -1;
}

struct str settings_aspect(const struct settings *s, uint32_t aspect)
{
    CHECK(aspect >= 1 && aspect <= s->aspects);
    return str_of(s->aspect[aspect - 1] + ASPECT_BYTES);
}

int settings_aspect_find(struct settings *s, struct str text)
{
    if (text.len <= ASPECT_BYTES || text.len > ASPECT_BYTES + NAME_BYTES_MAX ||
        memcmp(text.p, "csat.", ASPECT_BYTES) != 0)
        return -1;
    for (uint32_t i = 0; i < s->aspects; i++)
        if (str_equal(str_of(s->aspect[i]), text))
            return (int)i + 1;
    if (s->aspects == ASPECTS_MAX)
        return 0;
    memcpy(s->aspect[s->aspects], text.p, text.len);
    return (int)++s->aspects;
}

/* "90s" -> its unit in ms; 0 when it is no unit. */
static ms_t unit_of(struct str *rest)
{
    static const struct {
        const char *text;
        ms_t ms;
    } units[] = {{"ms", 1}, {"s", MS_SECOND}, {"m", MS_MINUTE}, {"h", MS_HOUR}, {"d", MS_DAY}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct str u = str_of(units[i].text);
        bool longer = rest->len > u.len && rest->p[u.len] >= 'a' && rest->p[u.len] <= 'z';
        if (rest->len >= u.len && memcmp(rest->p, u.p, u.len) == 0 && !longer) {
            rest->p += u.len;
            rest->len -= u.len;
            return units[i].ms;
        }
    }
    return 0;
}

bool duration_parse(struct str text, ms_t *ret)
{
    ms_t total = 0, smaller_than = MS_NEVER;
    if (text.len == 0)
        return false;
    while (text.len > 0) {
        ms_t count = 0;
        uint32_t digits = 0;
        while (text.len > 0 && text.p[0] >= '0' && text.p[0] <= '9') {
            count = count * 10 + (text.p[0] - '0');
            text.p++;
            text.len--;
            if (++digits > 12)
                return false;
        }
        ms_t unit = digits == 0 ? 0 : unit_of(&text);
        if (unit == 0 || unit >= smaller_than || count > 40000 * MS_DAY / unit)
            return false;
        smaller_than = unit;
        total += count * unit;
    }
    *ret = total;
    return true;
}

bool window_setting_parse(struct str text, struct window_setting *ret)
{
    static const struct {
        const char *name;
        enum window_kind kind;
        sec_t longest; /* a day and month with a zone change or two in them */
    } calendars[] = {
        {"today", WINDOW_TODAY, 27 * 3600},
        {"week", WINDOW_WEEK, 7 * 86400 + 3 * 3600},
        {"month", WINDOW_MONTH, 31 * 86400 + 3 * 3600},
    };
    struct window_setting w = {.kind = WINDOW_SLIDING};
    if (text.len == 0 || text.len >= sizeof w.name)
        return false;
    memcpy(w.name, text.p, text.len);
    for (size_t i = 0; i < ARRAY_LEN(calendars); i++) {
        if (str_equal(text, str_of(calendars[i].name))) {
            w.kind = (uint8_t)calendars[i].kind;
            w.length = calendars[i].longest;
            *ret = w;
            return true;
        }
    }
    ms_t ms;
    if (!duration_parse(text, &ms) || ms % MS_SECOND != 0 || ms < 10 * MS_SECOND ||
        ms > 400 * MS_DAY)
        return false;
    w.length = ms / MS_SECOND;
    *ret = w;
    return true;
}

void settings_default(struct settings *ret)
{
    static const char *const windows[] = {"5m", "1h", "24h", "7d", "30d", "today", "month"};
    memset(ret, 0, sizeof *ret);
    ret->seed = 0x7469636B65747075ULL;
    ret->scopes = (1u << SCOPE_N) - 1;
    ret->windows = ARRAY_LEN(windows);
    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        CHECK(window_setting_parse(str_of(windows[i]), &ret->window[i]));
    ret->zone.n = 1;
    ret->zone.shift[0].at = 0;
    ret->lateness = 120 * MS_SECOND;
    ret->skew = 5 * MS_SECOND;
    ret->fcr_horizon = 72 * (ms_t)MS_HOUR;
    ret->reopen_horizon = 7 * MS_DAY;
    ret->resolved_within = 24 * (ms_t)MS_HOUR;
    ret->repeat_horizon = 7 * MS_DAY;
    ret->complaint_horizon = ret->return_horizon = 30 * MS_DAY;
    ret->follow_up[0] = 7 * MS_DAY;
    ret->follow_up[1] = 30 * MS_DAY;
    ret->follow_up[2] = 90 * MS_DAY;
    ret->short_abandon = 5 * MS_SECOND;
    ret->service_level_within = 20 * MS_SECOND;
    ret->presence_timeout = 12 * (ms_t)MS_HOUR;
    ret->remember_closed = 90 * MS_DAY;
    ret->remember_ids = 24 * (ms_t)MS_HOUR;
    ret->flag_over = 20;
    ret->exact_samples = 100000;
    ret->pack_from = 16;
    ret->pack_after = 2 * MS_HOUR;
    ret->hold_after = MS_MINUTE;
    ret->hold_max = 5 * MS_MINUTE;
}

ms_t settings_horizon(const struct settings *s, enum horizon h)
{
    switch (h) {
    case HORIZON_NONE:
        return 0;
    case HORIZON_FCR:
        return s->fcr_horizon;
    case HORIZON_REOPEN:
        return s->reopen_horizon;
    case HORIZON_WITHIN:
        return s->resolved_within;
    case HORIZON_REPEAT:
        return s->repeat_horizon;
    case HORIZON_COMPLAINT:
        return s->complaint_horizon;
    case HORIZON_RETURN:
        return s->return_horizon;
    case HORIZON_FOLLOW_UP:
    case HORIZON_N:
        break;
    }
    CHECK(h >= HORIZON_FOLLOW_UP && h < HORIZON_N);
    return s->follow_up[h - HORIZON_FOLLOW_UP];
}

static const char *check_windows(const struct settings *s)
{
    if (s->windows == 0 || s->windows > WINDOWS_MAX)
        return "1 to 12 windows are possible";
    for (uint32_t i = 0; i < s->windows; i++)
        for (uint32_t j = 0; j < i; j++)
            if (str_equal(str_of(s->window[i].name), str_of(s->window[j].name)))
                return "a window is listed twice";
    return NULL;
}

static const char *check_compared(const struct settings *s)
{
    uint32_t n = s->windows;
    for (uint32_t left = s->compared; left != 0; left &= left - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(left);
        if (w >= s->windows || s->window[w].kind != WINDOW_SLIDING)
            return "only sliding windows are compared with what was before";
        n++;
    }
    return n > WINDOWS_MAX ? "too many windows: each that trends compare counts twice" : NULL;
}

static const char *check_number(const struct settings *s, const struct rule_setting *r)
{
    bool gauge = r->indicator >= IND_GAUGE_FIRST, trend = r->kind == RULE_TREND;
    if (r->indicator >= IND_N || r->field >= IF_END ||
        !custom_has_field(s, (enum indicator)r->indicator, (enum indicator_field)r->field))
        return "a rule's indicator does not have that field";
    if (!figure_is_aspect(s, (struct figure_source){r->indicator, r->field, r->aspect}))
        return "a rule is about an aspect of what has none";
    if (!gauge && r->window >= s->windows)
        return "a rule is about a window that is not kept";
    if (trend && (gauge || (s->compared >> r->window & 1) == 0))
        return "a trend is about a window that is not compared with what was before";
    if (trend && !r->absolute &&
        (r->fire > TREND_PART_MAX || r->fire < -TREND_PART_MAX || r->clear > TREND_PART_MAX ||
         r->clear < -TREND_PART_MAX))
        return "a trend's threshold is at most a thousandfold";
    return NULL;
}

static const char *check_score(const struct settings *s, const struct rule_setting *r)
{
    const struct scorecard *card = appraise_find(s->cards, str_of(r->card));
    if (card == NULL)
        return "a rule is about a scorecard that is not there";
    if (card->scope != r->scope)
        return "a rule is about another scope than its scorecard";
    return r->window >= s->windows ? "a rule is about a window that is not kept" : NULL;
}

static const char *check_mix(const struct settings *s, const struct rule_setting *r)
{
    if (r->mix >= MIX_N)
        return "a rule is about a mix that there is not";
    if (r->scope != SCOPE_ALL && r->scope != SCOPE_TEAM)
        return "mixes are kept of all and of teams: a rule on one cannot have another scope";
    if (r->window >= s->windows)
        return "a rule is about a window that is not kept";
    if (r->below || r->on_empty == ON_EMPTY_FIRE || r->when[0] != 0)
        return "a rule on a mix fires on shares that are too large, at all hours";
    if (r->fire < MIX_LEAST || r->fire > NUMBER_ONE || r->clear < 0)
        return "a share lies between 1 % and 100 %";
    return NULL;
}

static const char *check_rule(const struct settings *s, const struct rule_setting *r)
{
    const char *why = r->kind == RULE_SCORE ? check_score(s, r)
                      : r->kind == RULE_MIX ? check_mix(s, r)
                                            : check_number(s, r);
    if (why != NULL)
        return why;
    if (r->scope >= SCOPE_N || (s->scopes >> r->scope & 1) == 0)
        return "a rule is about a scope that is not kept";
    if (r->id[0] == 0)
        return "a rule has no id";
    if (r->below ? r->clear < r->fire : r->clear > r->fire)
        return "a rule would clear and fire at the same value: clear is on the wrong side of fire";
    if (r->hold < 0 || r->hold > 30 * MS_DAY)
        return "a rule's `for` must lie between 0 and 30 days";
    return NULL;
}

static const char *check_rules(const struct settings *s)
{
    if (s->rules > RULES_MAX)
        return "too many rules";
    for (uint32_t i = 0; i < s->rules; i++) {
        const char *why = check_rule(s, &s->rule[i]);
        if (why != NULL)
            return why;
        for (uint32_t j = 0; j < i; j++)
            if (str_equal(str_of(s->rule[i].id), str_of(s->rule[j].id)))
                return "two rules have the same id";
    }
    return NULL;
}

/* Judges a scorecard what is there? */
static const char *check_cards(const struct settings *s)
{
    for (uint32_t i = 0; s->cards != NULL && i < s->cards->cards; i++) {
        const struct scorecard *card = &s->cards->card[i];
        struct figure_source source[SCORE_SOURCES_MAX];
        for (uint32_t n = score_sources(card, source); n > 0; n--) {
            enum indicator at = (enum indicator)source[n - 1].indicator;
            if (indicator_is_custom(at) &&
                !custom_has_field(s, at, (enum indicator_field)source[n - 1].field))
                return "a scorecard judges an indicator that is not there";
            if (!figure_is_aspect(s, source[n - 1]))
                return "a scorecard judges an aspect of what has none";
        }
    }
    return NULL;
}

int settings_check(const struct settings *s, const char **ret_why)
{
    const char *why = check_windows(s);
    if (why == NULL && (s->scopes >> SCOPE_N != 0 || (s->scopes & 1) == 0))
        why = "scope all is always kept, and only known scopes can be";
    if (why == NULL && (s->zone.n == 0 || s->zone.n > ZONE_SHIFTS_MAX))
        why = "the zone has no data";
    if (why == NULL && (s->lateness < 0 || s->lateness > MS_DAY))
        why = "lateness must lie between 0 and 24 hours";
    if (why == NULL && (s->exact_samples < 1000 || s->exact_samples > 10000000))
        why = "exact_samples must lie between 1000 and 10000000";
    if (why == NULL && (s->service_level_within < 1 || s->service_level_within > MS_HOUR))
        why = "service_level_within must lie between 1 ms and an hour";
    if (why == NULL && (s->presence_timeout < MS_SECOND || s->presence_timeout > 7 * MS_DAY))
        why = "presence_timeout must lie between a second and 7 days";
    for (int i = 0; why == NULL && i < TARGET_N; i++)
        if (s->target[i] < 0 || s->target[i] > 400 * MS_DAY)
            why = "a target must lie between 0 and 400 days";
    for (enum horizon h = 0; why == NULL && h < HORIZON_N; h++)
        if (settings_horizon(s, h) < 0 || settings_horizon(s, h) > 400 * MS_DAY)
            why = "a horizon must lie between 0 and 400 days";
    if (why == NULL)
        why = check_compared(s);
    if (why == NULL)
        why = custom_wrong(&s->customs);
    if (why == NULL)
        why = check_cards(s);
    if (why == NULL)
        why = check_rules(s);
    if (why == NULL)
        why = slices_wrong(s);
    if (why != NULL) {
        *ret_why = why;
        return ERR_BAD_SETTINGS;
    }
    return 0;
}

static bool windows_equal(const struct settings *a, const struct settings *b)
{
    if (a->windows != b->windows)
        return false;
    for (uint32_t i = 0; i < a->windows; i++) {
        const struct window_setting *v = &a->window[i], *w = &b->window[i];
        if (!str_equal(str_of(v->name), str_of(w->name)) || v->kind != w->kind ||
            v->length != w->length)
            return false;
    }
    return true;
}

static bool zones_equal(const struct zone *a, const struct zone *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->shift[i].at != b->shift[i].at || a->shift[i].offset != b->shift[i].offset)
            return false;
    return true;
}

const char *settings_differ(const struct settings *a, const struct settings *b)
{
    if (a->scopes != b->scopes)
        return "scopes cannot change while running: restart";
    if (!windows_equal(a, b))
        return "windows cannot change while running: restart";
    if ((b->compared & ~a->compared) != 0)
        return "a trend over a window that was not compared so far needs its past: restart";
    if (!zones_equal(&a->zone, &b->zone) || a->week_start != b->week_start)
        return "the zone cannot change while running: restart";
    for (enum horizon h = 0; h < HORIZON_N; h++)
        if (settings_horizon(a, h) != settings_horizon(b, h))
            return "horizons cannot change while running: restart";
    if (a->service_level_within != b->service_level_within)
        return "service_level_within cannot change while running: restart";
    if (!custom_same_measures(&a->customs, &b->customs))
        return "what `indicators` are measured by cannot change while running: restart";
    if (a->exact_samples != b->exact_samples)
        return "exact_samples cannot change while running: restart";
    struct time_slice kept[SLICES_MAX], wanted[SLICES_MAX];
    uint32_t n_kept = slices_of(a, kept), n_wanted = slices_of(b, wanted);
    if (n_kept != n_wanted || !slices_cover(kept, n_kept, wanted, n_wanted) ||
        !slices_cover(wanted, n_wanted, kept, n_kept))
        return "calendars that rules and scorecards count by (`when`) cannot change while "
               "running: restart";
    return NULL;
}

#include "core/trace.h"

#include "core/policy.h"

/* A line under way; what no longer fits is left out. */
struct line {
    char *p;
    size_t n, cap; /* cap leaves room for the zero at the end */
};

static struct line line_begin(char *buf, size_t cap)
{
    CHECK(cap > 0);
    return (struct line){buf, 0, cap - 1};
}

static size_t line_end(struct line *l)
{
    l->p[l->n] = 0;
    return l->n;
}

static void put(struct line *l, char c)
{
    if (l->n < l->cap)
        l->p[l->n++] = c;
}

static void put_text(struct line *l, const char *text)
{
    while (*text != 0)
        put(l, *text++);
}

static void put_uint(struct line *l, uint64_t v, int digits_min)
{
    char digits[20];
    int n = 0;
    while (v > 0 || n < digits_min) {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    }
    while (n > 0)
        put(l, digits[--n]);
}

static void put_hex(struct line *l, uint64_t v, int digits)
{
    while (digits-- > 0)
        put(l, "0123456789abcdef"[v >> (4 * digits) & 15]);
}

static void put_str(struct line *l, struct str s)
{
    bool quoted = s.len == 0;
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        quoted |= c <= ' ' || c == '"' || c == '\\' || c == 127;
    }
    if (quoted)
        put(l, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' || c == 127) {
            put_text(l, "\\x");
            put_hex(l, c, 2);
            continue;
        }
        if (c == '"' || c == '\\')
            put(l, '\\');
        put(l, (char)c);
    }
    if (quoted)
        put(l, '"');
}

/* Days since 1970 -> date: Howard Hinnant, "chrono-compatible low-level date algorithms". */
static void put_date(struct line *l, int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted = (5 * of_year + 2) / 153; /* months from March on */
    int64_t day = of_year - (153 * shifted + 2) / 5 + 1;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    int64_t year = years + era * 400 + (month <= 2);
    put_uint(l, year < 0 ? 0 : (uint64_t)year, 4);
    put(l, '-');
    put_uint(l, (uint64_t)month, 2);
    put(l, '-');
    put_uint(l, (uint64_t)day, 2);
}

static void put_time(struct line *l, ms_t t)
{
    if (t == MS_NONE || t == MS_NEVER) {
        put_text(l, t == MS_NONE ? "none" : "never");
        return;
    }
    int64_t days = t / MS_DAY - (t % MS_DAY < 0);
    uint64_t rest = (uint64_t)(t - days * MS_DAY);
    put_date(l, days);
    put(l, 'T');
    put_uint(l, rest / MS_HOUR, 2);
    put(l, ':');
    put_uint(l, rest / MS_MINUTE % 60, 2);
    put(l, ':');
    put_uint(l, rest / MS_SECOND % 60, 2);
    put(l, '.');
    put_uint(l, rest % MS_SECOND, 3);
    put(l, 'Z');
}

static void put_duration(struct line *l, ms_t d)
{
    static const struct {
        uint64_t ms;
        char unit;
    } units[] = {{MS_DAY, 'd'}, {MS_HOUR, 'h'}, {MS_MINUTE, 'm'}};
    uint64_t rest = d < 0 ? 0 - (uint64_t)d : (uint64_t)d;
    bool started = false;
    if (d < 0)
        put(l, '-');
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (!started && rest < units[i].ms)
            continue;
        put_uint(l, rest / units[i].ms, started ? 2 : 1);
        put(l, units[i].unit);
        rest %= units[i].ms;
        started = true;
    }
    put_uint(l, rest / MS_SECOND, started ? 2 : 1);
    if (rest % MS_SECOND != 0) {
        put(l, '.');
        put_uint(l, rest % MS_SECOND, 3);
    }
    put(l, 's');
}

static void put_number(struct line *l, int64_t millionths)
{
    uint64_t v = millionths < 0 ? 0 - (uint64_t)millionths : (uint64_t)millionths;
    if (millionths < 0)
        put(l, '-');
    put_uint(l, v / NUMBER_ONE, 1);
    uint64_t rest = v % NUMBER_ONE;
    int digits = 6;
    if (rest == 0)
        return;
    for (; rest % 10 == 0; digits--)
        rest /= 10;
    put(l, '.');
    put_uint(l, rest, digits);
}

size_t trace_time(char *buf, size_t cap, ms_t t)
{
    struct line l = line_begin(buf, cap);
    put_time(&l, t);
    return line_end(&l);
}

size_t trace_duration(char *buf, size_t cap, ms_t d)
{
    struct line l = line_begin(buf, cap);
    put_duration(&l, d);
    return line_end(&l);
}

size_t trace_number(char *buf, size_t cap, int64_t millionths)
{
    struct line l = line_begin(buf, cap);
    put_number(&l, millionths);
    return line_end(&l);
}

/* --- events ------------------------------------------------------------------------------- */

enum field_type {
    FIELD_NAME,
    FIELD_ID,
    FIELD_WORD,
    FIELD_BOOL,
    FIELD_TIME,
    FIELD_UINT,
    FIELD_NUMBER
};

static const char *const keys[F_N] = {
#define TRACE_KEY(name, wire, type) wire,
    EVENT_FIELDS(TRACE_KEY)
#undef TRACE_KEY
};

static const uint8_t types[F_N] = {
#define TRACE_TYPE(name, wire, type) FIELD_##type,
    EVENT_FIELDS(TRACE_TYPE)
#undef TRACE_TYPE
};

/* Words of the fields that are one of a list, in the order of event.h's enums. */
static const char *const by_words[] = {"customer", "agent", "bot", "system"};
static const char *const outcome_words[] = {"resolved", "unresolved", "spam", "duplicate"};
static const char *const direction_words[] = {"in", "out"};
static const char *const state_words[] = {"available", "busy", "wrap_up", "break", "offline"};
static const char *const status_words[] = {"open", "paused", "resolved", "closed"};
static const char *const complaint_words[] = {"complaint", "dispute"};

/* Where a field lies in struct event, and the words it may be. */
static const struct place {
    uint16_t at;
    uint8_t words;
    const char *const *word;
} places[F_N] = {
#define AT(field, member) [F_##field] = {offsetof(struct event, member), 0, NULL}
#define WORDS(field, member, list)                                                                 \
    [F_##field] = {offsetof(struct event, member), ARRAY_LEN(list), (list)}
    AT(ID, id),
    AT(SRC, src),
    AT(SEQ, seq),
    AT(TS, ts),
    AT(TICKET, ticket),
    AT(AGENT, agent),
    AT(TEAM, team),
    AT(PRIORITY, priority),
    AT(CHANNEL, channel),
    AT(CATEGORY, category),
    AT(CUSTOMER, customer),
    AT(TIER, tier),
    WORDS(BY, by, by_words),
    AT(PUBLIC, is_public),
    AT(AUTO, is_auto),
    AT(NEEDS_REPLY, needs_reply),
    AT(REASON, reason),
    AT(LEVEL, level),
    AT(HOW, how),
    WORDS(OUTCOME, outcome, outcome_words),
    AT(INTO, into),
    AT(SCORE, score),
    AT(OUT_OF, out_of),
    AT(ASPECT, aspect),
    WORDS(KIND, complaint, complaint_words),
    AT(PASSED, passed),
    AT(ITEM, item),
    AT(VISIT, visit),
    AT(DUE, due),
    AT(CALL, call),
    WORDS(DIRECTION, direction, direction_words),
    WORDS(STATE, state, state_words),
    AT(FROM, from),
    AT(TO, to),
    AT(NAME, name),
    AT(ACTIVE, active),
    AT(BOT, bot),
    WORDS(STATUS, status, status_words),
    AT(OPENED_AT, opened_at),
    AT(WAITING_SINCE, waiting_since),
    AT(PAUSED_REASON, paused_reason),
    AT(VALUE, value),
#undef AT
#undef WORDS
};

static void put_key(struct line *l, const char *key)
{
    put(l, ' ');
    put_text(l, key);
    put(l, '=');
}

static void put_field(struct line *l, const struct event *e, enum event_field f)
{
    if (!event_names(e, f))
        return;
    put_key(l, keys[f]);
    if (!event_has(e, f)) {
        put_text(l, "nil");
        return;
    }
    const struct place *place = &places[f];
    const void *at = (const char *)e + place->at;
    switch ((enum field_type)types[f]) {
    case FIELD_NAME:
    case FIELD_ID:
        put_str(l, *(const struct str *)at);
        break;
    case FIELD_WORD:
        CHECK(*(const uint8_t *)at < place->words);
        put_text(l, place->word[*(const uint8_t *)at]);
        break;
    case FIELD_BOOL:
        put_text(l, *(const bool *)at ? "true" : "false");
        break;
    case FIELD_TIME:
        put_time(l, *(const ms_t *)at);
        break;
    case FIELD_UINT:
        put_uint(l, *(const uint64_t *)at, 1);
        break;
    case FIELD_NUMBER:
        put_number(l, *(const int64_t *)at);
        break;
    }
}

size_t trace_event(char *buf, size_t cap, const struct event *e)
{
    struct line l = line_begin(buf, cap);
    put_time(&l, e->kind == EV_TICK ? e->rts : e->ts);
    put(&l, ' ');
    put_text(&l, event_kind_name((enum event_kind)e->kind));
    if (e->kind == EV_TICK)
        return line_end(&l);
    for (int f = F_TICKET; f < F_N; f++)
        put_field(&l, e, (enum event_field)f);
    for (int f = F_ID; f <= F_SEQ; f++)
        put_field(&l, e, (enum event_field)f);
    return line_end(&l);
}

/* --- effects ------------------------------------------------------------------------------ */

static void put_state(struct line *l, const struct alert *a)
{
    static const char *const states[] = {
        [ALERT_WARNING] = "warning",     [ALERT_BREACHED] = "breached",
        [ALERT_CLEARED] = "cleared",     [ALERT_CORRECTED] = "corrected",
        [ALERT_CANCELLED] = "cancelled",
    };
    CHECK(a->state < ARRAY_LEN(states));
    put_time(l, a->at);
    put_text(l, " alert ");
    put_text(l, states[a->state]);
}

/* A value as the rule compares it; or of its field. */
static void put_value(struct line *l, const struct rule_setting *rule, bool compared, int64_t v)
{
    bool plain = rule->kind == RULE_SCORE || rule->kind == RULE_MIX ||
                 (compared && rule->kind == RULE_TREND && !rule->absolute);
    if (!plain &&
        indicator_field_is_ms((enum indicator)rule->indicator, (enum indicator_field)rule->field))
        put_duration(l, v);
    else
        put_number(l, v);
}

static void put_kpi(struct line *l, const struct settings *settings, const struct alert *a)
{
    CHECK(a->rule < settings->rules);
    const struct rule_setting *rule = &settings->rule[a->rule];
    put_key(l, "rule");
    put_str(l, str_of(rule->id));
    put_key(l, "scope");
    put_text(l, scope_name((enum scope)rule->scope));
    put_key(l, "name");
    put_str(l, a->name);
    if (rule->kind == RULE_MIX) {
        put_key(l, "part");
        put_str(l, a->part);
    }
    put_key(l, "value");
    if (!a->has_value)
        put_text(l, "nil");
    else
        put_value(l, rule, true, a->value);
    put_key(l, "n");
    put_uint(l, a->n, 1);
    if (rule->kind == RULE_TREND) {
        put_key(l, "now");
        put_value(l, rule, false, a->now);
        put_key(l, "before");
        put_value(l, rule, false, a->before);
        put_key(l, "n_before");
        put_uint(l, a->n_before, 1);
    }
    put_key(l, "since");
    put_time(l, a->since);
    if (a->ended_at != MS_NONE) {
        put_key(l, "ended");
        put_time(l, a->ended_at);
    }
    put_key(l, "id");
    put_hex(l, a->alert_id, 16);
}

static void put_pair(struct line *l, const char *key, struct str value)
{
    put_key(l, key);
    put_str(l, value);
}

static void put_span(struct line *l, const char *key, ms_t d)
{
    put_key(l, key);
    put_duration(l, d);
}

/* An instant that may never come is then left out. */
static void put_instant(struct line *l, const char *key, ms_t t)
{
    if (t == MS_NEVER)
        return;
    put_key(l, key);
    put_time(l, t);
}

static void put_shares(struct line *l, const struct alert_sla *sla)
{
    CHECK(sla->shares <= ALERT_SHARES);
    for (uint32_t i = 0; i < sla->shares; i++) {
        if (i == 0)
            put_key(l, "shares");
        else
            put(l, ',');
        put_str(l, sla->share[i].agent.len > 0 ? sla->share[i].agent : str_of("-"));
        put(l, ':');
        put_duration(l, sla->share[i].ms);
    }
}

static void put_sla(struct line *l, const struct alert *a)
{
    const struct alert_sla *sla = &a->sla;
    put_text(l, " sla");
    put_pair(l, "ticket", sla->ticket);
    put_pair(l, "metric", str_of(sla_metric_name((enum sla_metric)sla->metric)));
    put_key(l, "instance");
    put_uint(l, sla->instance, 1);
    if (sla->level > 0) {
        put_key(l, "level");
        put_uint(l, sla->level, 1);
    }
    put_pair(l, "policy", sla->policy);
    put_pair(l, "team", a->team);
    put_pair(l, "agent", a->agent);
    put_span(l, "target", sla->target);
    put_span(l, "elapsed", sla->elapsed);
    put_instant(l, "due_at", sla->due_at);
    put_instant(l, "breach_at", sla->breach_at);
    if (sla->cause != CAUSE_NONE)
        put_pair(l, "cause", str_of(alert_cause_name((enum alert_cause)sla->cause)));
    if (sla->late)
        put_pair(l, "late", str_of("true"));
    if (sla->held)
        put_pair(l, "held", str_of("true"));
    put_shares(l, sla);
}

static void put_remark(struct line *l, const struct alert *a)
{
    if (a->acked_by.len > 0)
        put_pair(l, "acked_by", a->acked_by);
    if (a->muted == MS_NEVER)
        put_pair(l, "muted", str_of("until_it_ends"));
    else if (a->muted != 0)
        put_instant(l, "muted", a->muted);
    if (a->untold != ALERT_TOLD)
        put_text(l, " untold");
}

static void put_alert(struct line *l, const struct settings *settings, const struct alert *a)
{
    put_state(l, a);
    if (a->kind == ALERT_SLA)
        put_sla(l, a);
    else
        put_kpi(l, settings, a);
    if (a->kind != ALERT_SLA && a->sla.cause != CAUSE_NONE)
        put_pair(l, "cause", str_of(alert_cause_name((enum alert_cause)a->sla.cause)));
    put_key(l, "rev");
    put_uint(l, a->rev, 1);
    put_remark(l, a);
}

size_t trace_effect(char *buf, size_t cap, const struct settings *settings, const struct effect *e)
{
    struct line l = line_begin(buf, cap);
    switch ((enum effect_kind)e->kind) {
    case EFFECT_ALERT:
        put_alert(&l, settings, &e->alert);
        break;
    case EFFECT_LIMIT:
        put_text(&l, "limit ");
        put_text(&l, limit_met_name((enum limit_met)e->limit));
        break;
    }
    return line_end(&l);
}

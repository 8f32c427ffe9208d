#include "proto/phrase.h"

#include "core/event.h"
#include "core/score.h"
#include "core/zone.h"
#include "proto/ops.h"
#include "proto/topic.h"

#include <stdio.h>

const char *phrase_scope(enum scope scope, enum lang lang)
{
    static const char *const scopes[SCOPE_N][2] = {
        [SCOPE_ALL] = {"all", "全部"},
        [SCOPE_AGENT] = {"agent", "客服"},
        [SCOPE_TEAM] = {"team", "团队"},
        [SCOPE_CHANNEL] = {"channel", "渠道"},
        [SCOPE_PRIORITY] = {"priority", "优先级"},
        [SCOPE_CATEGORY] = {"category", "分类"},
    };
    CHECK(scope < SCOPE_N);
    return scopes[scope][lang == LANG_ZH];
}

const char *phrase_metric(enum sla_metric metric, enum lang lang)
{
    static const char *const metrics[SLA_METRICS][2] = {
        [SLA_FIRST_RESPONSE] = {"first response", "首次响应"},
        [SLA_NEXT_RESPONSE] = {"next response", "后续响应"},
        [SLA_ASSIGNEE_RESPONSE] = {"assignee response", "受理人响应"},
        [SLA_RESOLUTION] = {"resolution", "解决"},
        [SLA_REQUESTER_WAIT] = {"requester wait", "客户等待"},
    };
    CHECK(metric < SLA_METRICS);
    return metrics[metric][lang == LANG_ZH];
}

const char *phrase_cause(enum alert_cause cause, enum lang lang)
{
    static const char *const causes[CAUSE_N][2] = {
        [CAUSE_NONE] = {"", ""},
        [CAUSE_MET] = {"in time", "按时完成"},
        [CAUSE_MET_LATE] = {"done late", "超时完成"},
        [CAUSE_RETARGET] = {"another target", "目标变更"},
        [CAUSE_NO_POLICY] = {"no policy matches any more", "不再适用任何策略"},
        [CAUSE_CLOSED_WITHOUT_REPLY] = {"ended without a reply", "未回复即结束"},
        [CAUSE_ENDED] = {"the ticket ended", "工单已结束"},
        [CAUSE_REASSIGNED] = {"reassigned", "已转派"},
        [CAUSE_MERGED] = {"merged into another ticket", "已合并到其他工单"},
        [CAUSE_VOID] = {"spam or a duplicate", "垃圾或重复工单"},
        [CAUSE_LATE_EVENT] = {"a late event showed it", "迟到事件所示"},
        [CAUSE_FORGIVEN] = {"a longer target, and forgiven", "目标放宽，予以撤销"},
        [CAUSE_FORGOTTEN] = {"forgotten to make room", "为腾出空间而移除"},
        [CAUSE_RULE_GONE] = {"the rule is gone", "规则已删除"},
        [CAUSE_RULE_CHANGED] = {"the rule was changed", "规则已更改"},
    };
    CHECK(cause < CAUSE_N);
    return causes[cause][lang == LANG_ZH];
}

char *phrase_instant(char buf[PHRASE_MAX], const struct zone *zone, ms_t at)
{
    sec_t s = sec_floor(at);
    s += zone_offset(zone, s);
    sec_t day = s >= 0 ? s / 86400 : -((86399 - s) / 86400);
    struct civil c = civil_from_days(day);
    int second = (int)(s - day * 86400);
    int n = snprintf(buf, PHRASE_MAX, "%04d-%02u-%02u %02d:%02d", c.year, c.month, c.day,
                     second / 3600, second / 60 % 60);
    if (second % 60 != 0)
        snprintf(buf + n, PHRASE_MAX - (size_t)n, ":%02d", second % 60);
    return buf;
}

static const struct {
    ms_t ms;
    const char *name[2];
} units[] = {
    {MS_DAY, {"d", "天"}},    {MS_HOUR, {"h", "小时"}}, {MS_MINUTE, {"m", "分"}},
    {MS_SECOND, {"s", "秒"}}, {1, {"ms", "毫秒"}},
};

char *phrase_duration(char buf[PHRASE_MAX], ms_t ms, enum lang lang)
{
    const char *sign = ms < 0 ? "-" : "";
    size_t i = 0;
    ms = ms < 0 ? -ms : ms;
    while (i + 1 < ARRAY_LEN(units) && ms < units[i].ms)
        i++;
    const char *unit = units[i].name[lang == LANG_ZH];
    long long first = ms / units[i].ms, second = 0;
    if (ms == 0) {
        first = 0;
        unit = units[ARRAY_LEN(units) - 2].name[lang == LANG_ZH];
    } else if (i + 1 < ARRAY_LEN(units)) {
        second = ms % units[i].ms / units[i + 1].ms;
    }
    if (second == 0)
        snprintf(buf, PHRASE_MAX, "%s%lld%s", sign, first, unit);
    else
        snprintf(buf, PHRASE_MAX, "%s%lld%s%s%lld%s", sign, first, unit, lang == LANG_ZH ? "" : " ",
                 second, units[i + 1].name[lang == LANG_ZH]);
    return buf;
}

/* At most two decimals, none that are zero at the end. v: in parts of the unit's hundredth. */
static void decimal(char buf[PHRASE_MAX], int64_t v, uint64_t parts, const char *unit)
{
    const char *sign = v < 0 ? "-" : "";
    uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    uint64_t hundredths = (size + parts / 2) / parts;
    unsigned long long whole = hundredths / 100, part = hundredths % 100;
    if (part == 0)
        snprintf(buf, PHRASE_MAX, "%s%llu%s", sign, whole, unit);
    else if (part % 10 == 0)
        snprintf(buf, PHRASE_MAX, "%s%llu.%llu%s", sign, whole, part / 10, unit);
    else
        snprintf(buf, PHRASE_MAX, "%s%llu.%02llu%s", sign, whole, part, unit);
}

/* Small ones keep what they say. */
static void own_number(char buf[PHRASE_MAX], int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (size >= NUMBER_ONE || size == 0) {
        decimal(buf, value, NUMBER_ONE / 100, "");
        return;
    }
    unsigned digits = size >= NUMBER_ONE / 100 ? 4 : 6;
    uint64_t parts = digits == 4 ? 100 : 1;
    uint64_t rest = (size + parts / 2) / parts;
    if (rest * parts == NUMBER_ONE) {
        snprintf(buf, PHRASE_MAX, "%s1", value < 0 ? "-" : "");
        return;
    }
    for (; rest % 10 == 0; digits--)
        rest /= 10;
    snprintf(buf, PHRASE_MAX, "%s0.%0*llu", value < 0 ? "-" : "", (int)digits,
             (unsigned long long)rest);
}

char *phrase_own(char buf[PHRASE_MAX], int64_t value, struct str unit, bool part)
{
    if (part) {
        decimal(buf, value, NUMBER_ONE / 10000, "%");
        return buf;
    }
    own_number(buf, value);
    size_t n = strlen(buf);
    uint8_t first = unit.len > 0 ? (uint8_t)unit.p[0] : 0;
    bool close = first == 0 || first == '%' || first >= 0xe4; /* Chinese stands without a space */
    snprintf(buf + n, PHRASE_MAX - n, "%s%.*s", close ? "" : " ", (int)unit.len, unit.p);
    return buf;
}

char *phrase_value(char buf[PHRASE_MAX], const struct settings *s, enum indicator i,
                   enum indicator_field f, int64_t value, enum lang lang)
{
    if (s != NULL && custom_of(s, i) != NULL)
        return phrase_own(buf, value, str_of(custom_unit(s, i, f)), custom_is_part(s, i, f));
    if (indicator_field_is_ms(i, f))
        return phrase_duration(buf, value, lang);
    if (indicator_field_is_part(i, f))
        decimal(buf, value, NUMBER_ONE / 10000, "%");
    else
        decimal(buf, value, NUMBER_ONE / 100, "");
    return buf;
}

char *phrase_compared(char buf[PHRASE_MAX], const struct settings *s,
                      const struct rule_setting *rule, int64_t value, enum lang lang)
{
    enum indicator i = (enum indicator)rule->indicator;
    enum indicator_field f = (enum indicator_field)rule->field;
    if (rule->kind == RULE_SCORE)
        decimal(buf, value, NUMBER_ONE / 100, "");
    else if (rule->kind == RULE_MIX || (rule->kind == RULE_TREND && !rule->absolute))
        decimal(buf, value, NUMBER_ONE / 10000, "%");
    else
        phrase_value(buf, s, i, f, value, lang);
    return buf;
}

/* "1h" -> "1h", "近1小时"; "today" -> "today", "今日". */
static void window_phrase(char buf[32], const char *name, enum lang lang)
{
    static const struct {
        const char *name, *zh;
    } calendar[] = {{"today", "今日"}, {"week", "本周"}, {"month", "本月"}};
    snprintf(buf, 32, "%s", name);
    if (lang != LANG_ZH)
        return;
    for (size_t i = 0; i < ARRAY_LEN(calendar); i++)
        if (strcmp(calendar[i].name, name) == 0)
            snprintf(buf, 32, "%s", calendar[i].zh);
    size_t len = strlen(name);
    const char *unit = len < 2 || name[len - 1] < 'a' ? NULL
                       : name[0] > '9'                ? NULL
                       : name[len - 1] == 's'         ? "秒"
                       : name[len - 1] == 'm'         ? "分钟"
                       : name[len - 1] == 'h'         ? "小时"
                       : name[len - 1] == 'd'         ? "天"
                                                      : NULL;
    if (unit != NULL)
        snprintf(buf, 32, "近%.*s%s", (int)(len - 1), name, unit);
}

/* Is `num` all there is to it? */
static bool is_plain_count(const struct settings *s, enum indicator i)
{
    const struct custom_setting *own = custom_of(s, i);
    return indicator_kind(i) == IND_COUNT || (own != NULL && own->kind < CUSTOM_MEAN);
}

/* "share of category refund among the tickets opened in 1h", "近1小时新建工单中分类 refund 占比" */
static void share_phrase(char buf[PHRASE_MAX], const struct settings *settings,
                         const struct rule_setting *rule, struct str part, enum lang lang)
{
    char over[32];
    enum part_kind mix = (enum part_kind)rule->mix;
    window_phrase(over, settings->window[rule->window].name, lang);
    const char *whole = phrase_whole(mix, lang), *by = phrase_part(mix, lang);
    if (lang == LANG_ZH)
        snprintf(buf, PHRASE_MAX, "%s%s中%s %.*s 占比", over, whole, by, (int)part.len, part.p);
    else
        snprintf(buf, PHRASE_MAX, "share of %s %.*s among the %s in %s", by, (int)part.len, part.p,
                 whole, over);
}

/* "p90 of first response in 1h", "近1小时首次响应时长 p90 ". */
static void subject(char buf[PHRASE_MAX], const struct settings *settings,
                    const struct rule_setting *rule, struct str part, enum lang lang)
{
    enum indicator i = (enum indicator)rule->indicator;
    if (rule->kind == RULE_MIX) {
        share_phrase(buf, settings, rule, part, lang);
        return;
    }
    if (rule->kind == RULE_SCORE) {
        char over[32];
        window_phrase(over, settings->window[rule->window].name, lang);
        snprintf(buf, PHRASE_MAX,
                 lang == LANG_ZH ? "%s评分卡 %.64s 得分" : "score in %s on card %.64s", over,
                 rule->card);
        return;
    }
    char name[PHRASE_MAX];
    phrase_source(name, settings,
                  (struct figure_source){rule->indicator, rule->field, rule->aspect}, lang);
    enum indicator_field f = (enum indicator_field)rule->field;
    bool plain = f == IF_VALUE || (f == IF_NUM && is_plain_count(settings, i));
    const char *field = plain ? "" : phrase_field(f, lang);
    bool gauge = indicator_kind(i) == IND_GAUGE;
    char window[32] = "";
    if (!gauge)
        window_phrase(window, settings->window[rule->window].name, lang);
    if (lang == LANG_ZH)
        snprintf(buf, PHRASE_MAX, "%s%.200s%s%s%s", gauge ? "当前" : window, name, plain ? "" : " ",
                 field, plain ? "" : " ");
    else
        snprintf(buf, PHRASE_MAX, "%s%s%.200s%s%s", field, plain ? "" : " of ", name,
                 gauge ? "" : " in ", window);
}

/* In whose hours: "… in 24h (night)". */
static void hours_phrase(char buf[PHRASE_MAX], const char *when, bool zh)
{
    size_t n = strlen(buf) - (zh && buf[0] != 0 && buf[strlen(buf) - 1] == ' ');
    if (when[0] != 0)
        snprintf(buf + n, PHRASE_MAX - n, zh ? "（%.64s）" : " (%.64s)", when);
}

static const char *state_phrase(enum alert_state state, enum lang lang)
{
    static const char *const phrases[][2] = {
        [ALERT_WARNING] = {"warning: ", "预警："},
        [ALERT_BREACHED] = {"", ""},
        [ALERT_CLEARED] = {"cleared: ", "已恢复："},
        [ALERT_CORRECTED] = {"corrected by a late event: ", "因迟到事件更正："},
        [ALERT_CANCELLED] = {"cancelled: ", "已取消："},
    };
    CHECK(state < ARRAY_LEN(phrases));
    return phrases[state][lang == LANG_ZH];
}

static bool is_change(const struct rule_setting *rule, const struct alert *alert)
{
    return rule->kind == RULE_TREND && alert->has_value;
}

static const char *verb_phrase(const struct rule_setting *rule, const struct alert *alert,
                               enum lang lang)
{
    bool zh = lang == LANG_ZH;
    if (!is_change(rule, alert))
        return zh ? "为" : "is";
    return alert->value < 0 ? (zh ? "下降" : "fell by") : (zh ? "上升" : "rose by");
}

/* "12m 30s", "58.25 (needs improvement)", "34% (from 31m to 42m)". */
static void value_phrase(char buf[PHRASE_MAX], const struct settings *s,
                         const struct rule_setting *rule, const struct alert *alert, enum lang lang)
{
    enum indicator i = (enum indicator)rule->indicator;
    enum indicator_field f = (enum indicator_field)rule->field;
    char value[PHRASE_MAX], now[PHRASE_MAX], before[PHRASE_MAX];
    bool zh = lang == LANG_ZH, change = is_change(rule, alert);
    if (!alert->has_value) {
        snprintf(buf, PHRASE_MAX, "%s", zh ? "无数据" : "unknown");
        return;
    }
    phrase_compared(value, s, rule, change && alert->value < 0 ? -alert->value : alert->value,
                    lang);
    if (change)
        snprintf(buf, PHRASE_MAX,
                 zh ? "%.36s（此前 %.36s，现为 %.36s）" : "%.36s (from %.36s to %.36s)", value,
                 phrase_value(before, s, i, f, alert->before, lang),
                 phrase_value(now, s, i, f, alert->now, lang));
    else if (rule->kind == RULE_MIX)
        snprintf(buf, PHRASE_MAX, zh ? "%.30s（%lld/%llu）" : "%.30s (%lld of %llu)", value,
                 (long long)alert->now, (unsigned long long)alert->n);
    else if (rule->kind == RULE_SCORE)
        snprintf(buf, PHRASE_MAX, zh ? "%.30s（%s）" : "%.30s (%s)", value,
                 score_grade_word(score_grade_of(alert->value), zh));
    else
        snprintf(buf, PHRASE_MAX, "%.60s", value);
}

static char *phrase_kpi(char buf[PHRASE_MAX], const struct settings *settings,
                        const struct alert *alert, enum lang lang)
{
    CHECK(alert->rule < settings->rules);
    const struct rule_setting *rule = &settings->rule[alert->rule];
    char what[PHRASE_MAX], value[PHRASE_MAX], fire[PHRASE_MAX];
    subject(what, settings, rule, alert->part, lang);
    hours_phrase(what, rule->when, lang == LANG_ZH);
    phrase_threshold(fire, settings, rule, false, lang);
    value_phrase(value, settings, rule, alert, lang);
    const char *state = state_phrase((enum alert_state)alert->state, lang);
    const char *scope = phrase_scope((enum scope)rule->scope, lang);
    const char *verb = verb_phrase(rule, alert, lang);
    bool all = rule->scope == SCOPE_ALL;
    int name_len = all ? 0 : (int)alert->name.len;
    const char *name = all ? "" : alert->name.p;
    const char *space = all ? "" : " ";
    if (lang == LANG_ZH)
        snprintf(buf, PHRASE_MAX, "%.64s：%s%s%s%.*s %.150s%s %.125s，阈值 %.46s", rule->id, state,
                 scope, space, name_len, name, what, verb, value, fire);
    else
        snprintf(buf, PHRASE_MAX, "%.64s: %s%.150s %s %.125s for %s%s%.*s, threshold %.46s",
                 rule->id, state, what, verb, value, scope, space, name_len, name, fire);
    return buf;
}

/* --- alerts of clocks --------------------------------------------------------------------- */

enum { SHARES_TOLD = 2, OWNER_MAX = 288 }; /* the whole sentence must fit PHRASE_MAX */

/* "bob", "team billing", "nobody", and behind it whose time it was: " (ada 55m, bob 5m)". */
static void owner_phrase(char buf[OWNER_MAX], const struct alert *a, enum lang lang)
{
    bool zh = lang == LANG_ZH;
    struct str agent = alert_owner(a->agent), team = alert_owner(a->team);
    const struct alert_sla *sla = &a->sla;
    size_t n;
    if (agent.len > 0)
        n = (size_t)snprintf(buf, OWNER_MAX, "%.*s", (int)agent.len, agent.p);
    else if (team.len > 0)
        n = (size_t)snprintf(buf, OWNER_MAX, "%s%.*s", zh ? "团队 " : "team ", (int)team.len,
                             team.p);
    else
        n = (size_t)snprintf(buf, OWNER_MAX, "%s", zh ? "无" : "nobody");
    bool alone = sla->shares == 1 && str_equal(sla->share[0].agent, agent);
    for (uint32_t i = 0; i < sla->shares && i < SHARES_TOLD && !alone; i++) {
        char time[PHRASE_MAX];
        struct str who = sla->share[i].agent;
        const char *before = i > 0 ? (zh ? "、" : ", ") : zh ? "（" : " (";
        if (who.len == 0)
            who = str_of(zh ? "无人" : "nobody");
        n += (size_t)snprintf(buf + n, OWNER_MAX - n, "%s%.*s %.30s", before, (int)who.len, who.p,
                              phrase_duration(time, sla->share[i].ms, lang));
    }
    if (sla->shares > 0 && !alone)
        snprintf(buf + n, OWNER_MAX - n, "%s%s", sla->shares > SHARES_TOLD ? "…" : "",
                 zh ? "）" : ")");
}

/* What a warning says behind the metric's name. */
static void warning_phrase(char buf[PHRASE_MAX], const struct settings *settings,
                           const struct alert *a, const char *target, const char *owner,
                           enum lang lang)
{
    char left[PHRASE_MAX], due[PHRASE_MAX] = "";
    phrase_duration(left, ms_max(0, a->sla.target - a->sla.elapsed), lang);
    bool known = a->sla.due_at != MS_NEVER;
    if (known)
        phrase_instant(due, &settings->zone, a->sla.due_at);
    if (lang == LANG_ZH)
        snprintf(buf, PHRASE_MAX, "剩余 %.30s（目标 %.30s）%s%.30s%s，负责人 %s", left, target,
                 known ? "，应于 " : "", due, known ? " 前完成" : "", owner);
    else
        snprintf(buf, PHRASE_MAX, " has %.30s left of %.30s%s%.30s, owner %s", left, target,
                 known ? ", due " : "", due, owner);
}

static void breach_phrase(char buf[PHRASE_MAX], const struct settings *settings,
                          const struct alert *a, const char *target, const char *owner,
                          enum lang lang)
{
    bool zh = lang == LANG_ZH, known = a->sla.breach_at != MS_NEVER;
    char over[PHRASE_MAX], at[PHRASE_MAX] = "";
    const char *told = "";
    if (a->sla.held)
        told = zh ? "（来源滞后，补发）" : "; told late, its source was behind";
    else if (a->sla.late)
        told = zh ? "（补发）" : "; told late";
    if (a->sla.level > 0) {
        phrase_duration(over, a->sla.elapsed - a->sla.target, lang);
        snprintf(buf, PHRASE_MAX,
                 zh ? "已超时 %.30s：目标 %.30s，负责人 %s%s"
                    : " overdue by %.30s: target %.30s, owner %s%s",
                 over, target, owner, told);
        return;
    }
    if (known)
        phrase_instant(at, &settings->zone, a->sla.breach_at);
    const char *why =
        a->sla.cause == CAUSE_RETARGET ? (zh ? "（目标变更）" : " (another target)") : "";
    snprintf(buf, PHRASE_MAX,
             zh ? "超时%s：目标 %.30s%s%.30s，负责人 %s%s"
                : " overdue%s: target %.30s%s%.30s, owner %s%s",
             why, target, known ? (zh ? "，超时于 " : ", breached ") : "", at, owner, told);
}

/* How a clock's alert came to its end. */
static void end_phrase(char buf[PHRASE_MAX], const struct alert *a, const char *target,
                       enum lang lang)
{
    bool zh = lang == LANG_ZH;
    char elapsed[PHRASE_MAX];
    enum alert_cause cause = (enum alert_cause)a->sla.cause;
    phrase_duration(elapsed, a->sla.elapsed, lang);
    const char *why = phrase_cause(cause, lang);
    if (a->state == ALERT_CLEARED)
        snprintf(buf, PHRASE_MAX, zh ? "%s：用时 %.30s，目标 %.30s" : " %s: %.30s, target %.30s",
                 why, elapsed, target);
    else if (a->state == ALERT_CORRECTED && cause == CAUSE_FORGIVEN)
        snprintf(buf, PHRASE_MAX,
                 zh ? "超时已撤销：目标现为 %.30s" : " breach taken back: the target is %.30s now",
                 target);
    else if (a->state == ALERT_CORRECTED)
        snprintf(buf, PHRASE_MAX, zh ? "更正：%s，目标 %.30s" : " corrected: %s, target %.30s", why,
                 target);
    else
        snprintf(buf, PHRASE_MAX, zh ? "计时取消：%s" : " cancelled: %s", why);
}

static char *phrase_sla(char buf[PHRASE_MAX], const struct settings *settings,
                        const struct alert *a, enum lang lang)
{
    char said[PHRASE_MAX], owner[OWNER_MAX], target[PHRASE_MAX];
    phrase_duration(target, a->sla.target, lang);
    owner_phrase(owner, a, lang);
    if (a->state == ALERT_WARNING)
        warning_phrase(said, settings, a, target, owner, lang);
    else if (a->state == ALERT_BREACHED)
        breach_phrase(said, settings, a, target, owner, lang);
    else
        end_phrase(said, a, target, lang);
    snprintf(buf, PHRASE_MAX, "%.*s%s%.40s%.390s", (int)a->sla.ticket.len, a->sla.ticket.p,
             lang == LANG_ZH ? "：" : ": ", phrase_metric((enum sla_metric)a->sla.metric, lang),
             said);
    return buf;
}

char *phrase_alert(char buf[PHRASE_MAX], const struct settings *settings, const struct alert *alert,
                   enum lang lang)
{
    if (alert->kind == ALERT_OPS)
        return ops_phrase(buf, alert, lang);
    return alert->kind == ALERT_SLA ? phrase_sla(buf, settings, alert, lang)
                                    : phrase_kpi(buf, settings, alert, lang);
}

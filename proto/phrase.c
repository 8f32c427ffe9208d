#include "proto/phrase.h"

#include "core/event.h"

#include <stdio.h>

static const char *const indicators[IND_N][2] = {
    [IND_FIRST_RESPONSE] = {"first response", "首次响应时长"},
    [IND_NEXT_RESPONSE] = {"next response", "后续响应时长"},
    [IND_ASSIGNEE_RESPONSE] = {"assignee response", "受理人响应时长"},
    [IND_HANDOFF_RESPONSE] = {"first response from handoff", "转人工首次响应时长"},
    [IND_FIRST_RESOLUTION] = {"first resolution", "首次解决时长"},
    [IND_RESOLUTION] = {"resolution", "解决时长"},
    [IND_REQUESTER_WAIT] = {"requester wait", "客户等待时长"},
    [IND_AGENT_WORK] = {"agent work", "客服处理时长"},
    [IND_WAIT] = {"call wait", "来电等待时长"},
    [IND_TALK] = {"talk", "通话时长"},
    [IND_OPENED] = {"opened", "新建工单"},
    [IND_RECEIVED] = {"received", "接手工单"},
    [IND_REPLIES] = {"replies", "回复数"},
    [IND_HANDLED] = {"handled", "接待工单"},
    [IND_RESOLVED] = {"resolved", "解决次数"},
    [IND_RESOLVED_TICKETS] = {"resolved tickets", "解决工单"},
    [IND_CLOSED_UNRESOLVED] = {"closed unresolved", "未解决关闭"},
    [IND_REOPENED] = {"reopened", "重新打开"},
    [IND_ESCALATED] = {"escalated", "升级"},
    [IND_TRANSFERRED] = {"transferred", "转派"},
    [IND_CLOSED_WITHOUT_REPLY] = {"closed without reply", "未回复关闭"},
    [IND_COMPLAINTS] = {"complaints", "投诉"},
    [IND_CALLS_OFFERED] = {"calls offered", "来电"},
    [IND_CALLS_ANSWERED] = {"calls answered", "接通来电"},
    [IND_CALLS_ABANDONED] = {"calls abandoned", "放弃来电"},
    [IND_CALLS_SHORT] = {"short abandoned calls", "短时放弃来电"},
    [IND_CALLS_RUNG] = {"calls rung", "振铃来电"},
    [IND_RESOLUTION_RATE] = {"resolution rate", "问题解决率"},
    [IND_RESOLVED_WITHIN] = {"resolved in time", "按时解决率"},
    [IND_CLEARANCE] = {"clearance", "结案比"},
    [IND_FCR] = {"first contact resolution", "首次解决率"},
    [IND_REOPEN_RATE] = {"reopen rate", "问题再发率"},
    [IND_CSAT] = {"satisfaction", "满意度"},
    [IND_CSAT_RATE] = {"satisfied customers", "客户满意率"},
    [IND_NPS] = {"net promoter score", "净推荐值"},
    [IND_CONFORMANCE_RATE] = {"conformance", "服务规范率"},
    [IND_ANSWER_RATE] = {"answer rate", "电话接通率"},
    [IND_ABANDON_RATE] = {"abandon rate", "电话放弃率"},
    [IND_OPEN] = {"open tickets", "未结工单"},
    [IND_UNASSIGNED] = {"unassigned tickets", "未分配工单"},
    [IND_WAITING] = {"waiting customers", "等待回复"},
    [IND_PAUSED] = {"paused tickets", "挂起工单"},
    [IND_OLDEST_OPEN] = {"oldest open ticket", "最早未结工单"},
    [IND_OLDEST_WAITING] = {"longest waiting customer", "最长等待回复"},
    [IND_CALLS_WAITING] = {"calls waiting", "排队来电"},
    [IND_LONGEST_CALL] = {"longest waiting call", "最长排队来电"},
};

const char *phrase_indicator(enum indicator i, enum lang lang)
{
    CHECK(i < IND_N);
    return indicators[i][lang == LANG_ZH];
}

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

static bool is_fraction(enum indicator i, enum indicator_field f)
{
    return f == IF_ATTAINMENT || (f == IF_VALUE && indicator_kind(i) == IND_RATIO);
}

char *phrase_value(char buf[PHRASE_MAX], enum indicator i, enum indicator_field f, int64_t value,
                   enum lang lang)
{
    if (indicator_field_is_ms(i, f))
        return phrase_duration(buf, value, lang);
    if (is_fraction(i, f))
        decimal(buf, value, NUMBER_ONE / 10000, "%");
    else
        decimal(buf, value, NUMBER_ONE / 100, "");
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

/* "p90 of first response in 1h", "近1小时首次响应时长 p90 ". */
static void subject(char buf[PHRASE_MAX], const struct settings *settings,
                    const struct rule_setting *rule, enum lang lang)
{
    enum indicator i = (enum indicator)rule->indicator;
    const char *name = phrase_indicator(i, lang);
    enum indicator_field f = (enum indicator_field)rule->field;
    bool plain = f == IF_VALUE || (f == IF_NUM && indicator_kind(i) == IND_COUNT);
    const char *field = plain ? "" : indicator_field_name(f);
    bool gauge = indicator_kind(i) == IND_GAUGE;
    char window[32] = "";
    if (!gauge)
        window_phrase(window, settings->window[rule->window].name, lang);
    if (lang == LANG_ZH)
        snprintf(buf, PHRASE_MAX, "%s%s%s%s%s", gauge ? "当前" : window, name, plain ? "" : " ",
                 field, plain ? "" : " ");
    else
        snprintf(buf, PHRASE_MAX, "%s%s%s%s%s", field, plain ? "" : " of ", name,
                 gauge ? "" : " in ", window);
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

char *phrase_alert(char buf[PHRASE_MAX], const struct settings *settings, const struct alert *alert,
                   enum lang lang)
{
    CHECK(alert->rule < settings->rules);
    const struct rule_setting *rule = &settings->rule[alert->rule];
    enum indicator i = (enum indicator)rule->indicator;
    enum indicator_field f = (enum indicator_field)rule->field;
    char what[PHRASE_MAX], value[PHRASE_MAX], fire[PHRASE_MAX];
    subject(what, settings, rule, lang);
    phrase_value(fire, i, f, rule->fire, lang);
    if (alert->has_value)
        phrase_value(value, i, f, alert->value, lang);
    else
        snprintf(value, sizeof value, "%s", lang == LANG_ZH ? "无数据" : "unknown");
    const char *state = state_phrase((enum alert_state)alert->state, lang);
    const char *scope = phrase_scope((enum scope)rule->scope, lang);
    bool all = rule->scope == SCOPE_ALL;
    int name_len = all ? 0 : (int)alert->name.len;
    const char *name = all ? "" : alert->name.p;
    const char *space = all ? "" : " ";
    if (lang == LANG_ZH)
        snprintf(buf, PHRASE_MAX, "%.64s：%s%s%s%.*s %.150s为 %.60s，阈值 %.60s", rule->id, state,
                 scope, space, name_len, name, what, value, fire);
    else
        snprintf(buf, PHRASE_MAX, "%.64s: %s%.150s is %.60s for %s%s%.*s, threshold %.60s",
                 rule->id, state, what, value, scope, space, name_len, name, fire);
    return buf;
}

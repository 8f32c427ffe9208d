/* What people call each indicator. */
#include "proto/phrase.h"

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
    [IND_FIRST_RESPONSE_B] = {"first response in business time", "首次响应时长(工作时间)"},
    [IND_NEXT_RESPONSE_B] = {"next response in business time", "后续响应时长(工作时间)"},
    [IND_ASSIGNEE_RESPONSE_B] = {"assignee response in business time", "受理人响应时长(工作时间)"},
    [IND_HANDOFF_RESPONSE_B] = {"first response from handoff in business time",
                                "转人工首次响应时长(工作时间)"},
    [IND_FIRST_RESOLUTION_B] = {"first resolution in business time", "首次解决时长(工作时间)"},
    [IND_RESOLUTION_B] = {"resolution in business time", "解决时长(工作时间)"},
    [IND_REQUESTER_WAIT_B] = {"requester wait in business time", "客户等待时长(工作时间)"},
    [IND_AGENT_WORK_B] = {"agent work in business time", "客服处理时长(工作时间)"},
    [IND_ARRIVAL] = {"on-site response", "上门响应时长"},
    [IND_ON_SITE] = {"time on site", "上门服务时长"},
    [IND_AHT] = {"handle time", "平均处理时长"},
    [IND_REFUND_TIME] = {"refund time", "退款时长"},
    [IND_OPENED] = {"opened", "新建工单"},
    [IND_RECEIVED] = {"received", "接手工单"},
    [IND_REPLIES] = {"replies", "回复数"},
    [IND_HANDLED] = {"handled", "接待工单"},
    [IND_CUSTOMERS] = {"customers", "接待人数"},
    [IND_RESOLVED] = {"resolved", "解决次数"},
    [IND_RESOLVED_TICKETS] = {"resolved tickets", "解决工单"},
    [IND_CLOSED_UNRESOLVED] = {"closed unresolved", "未解决关闭"},
    [IND_REOPENED] = {"reopened", "重新打开"},
    [IND_ESCALATED] = {"escalated", "升级"},
    [IND_TRANSFERRED] = {"transferred", "转派"},
    [IND_CLOSED_WITHOUT_REPLY] = {"closed without reply", "未回复关闭"},
    [IND_COMPLAINTS] = {"complaints", "投诉"},
    [IND_DISPUTES] = {"disputes", "争议"},
    [IND_CALLS_OFFERED] = {"calls offered", "来电"},
    [IND_CALLS_ANSWERED] = {"calls answered", "接通来电"},
    [IND_CALLS_ABANDONED] = {"calls abandoned", "放弃来电"},
    [IND_CALLS_SHORT] = {"short abandoned calls", "短时放弃来电"},
    [IND_CALLS_RUNG] = {"calls rung", "振铃来电"},
    [IND_RESOLUTION_RATE] = {"resolution rate", "问题解决率"},
    [IND_RESOLVED_WITHIN] = {"resolved in time", "按时解决率"},
    [IND_SLA_RATE] = {"service level", "服务级别达标率"},
    [IND_CLEARANCE] = {"clearance", "结案比"},
    [IND_FCR] = {"first contact resolution", "首次解决率"},
    [IND_REOPEN_RATE] = {"reopen rate", "问题再发率"},
    [IND_ARRIVAL_RATE] = {"arrivals in time", "及时到达率"},
    [IND_REPEAT_RATE] = {"repeat rate", "重复问题率"},
    [IND_CONFIRMED_RATE] = {"solved at first and confirmed", "首次解决且客户确认率"},
    [IND_CLASSIFICATION] = {"classification accuracy", "问题分类准确率"},
    [IND_COMPLAINT_RATE] = {"complaint rate", "投诉率"},
    [IND_REPEAT_COMPLAINT_RATE] = {"repeat complaint rate", "二次投诉率"},
    [IND_INSPECTION_COVER] = {"tickets inspected", "质检抽查率"},
    [IND_SURVEY_COVER] = {"tickets rated", "评价覆盖率"},
    [IND_FOLLOW_UP_RATE] = {"follow-up rate", "回访率"},
    [IND_FOLLOW_UP_RATE_2] = {"follow-up rate, second round", "第二轮回访率"},
    [IND_FOLLOW_UP_RATE_3] = {"follow-up rate, third round", "第三轮回访率"},
    [IND_RETURN_RATE] = {"return rate", "退货率"},
    [IND_REWORK_RATE] = {"rework rate", "返修率"},
    [IND_KEEP_RATE] = {"keep rate", "维修保持率"},
    [IND_CSAT] = {"satisfaction", "满意度"},
    [IND_CSAT_RATE] = {"satisfied customers", "客户满意率"},
    [IND_NPS] = {"net promoter score", "净推荐值"},
    [IND_RECOMMEND_RATE] = {"recommend rate", "推荐率"},
    [IND_CONFORMANCE_RATE] = {"conformance", "服务规范率"},
    [IND_ANSWER_RATE] = {"answer rate", "电话接通率"},
    [IND_ABANDON_RATE] = {"abandon rate", "电话放弃率"},
    [IND_SERVICE_LEVEL] = {"calls answered in time", "电话服务水平"},
    [IND_OCCUPANCY] = {"occupancy", "工时利用率"},
    [IND_ATTENDANCE] = {"attendance", "出勤率"},
    [IND_OPEN] = {"open tickets", "未结工单"},
    [IND_UNASSIGNED] = {"unassigned tickets", "未分配工单"},
    [IND_WAITING] = {"waiting customers", "等待回复"},
    [IND_PAUSED] = {"paused tickets", "挂起工单"},
    [IND_AT_RISK] = {"tickets at risk", "临近超时工单"},
    [IND_BREACHED_OPEN] = {"overdue tickets", "已超时工单"},
    [IND_OLDEST_OPEN] = {"oldest open ticket", "最早未结工单"},
    [IND_OLDEST_WAITING] = {"longest waiting customer", "最长等待回复"},
    [IND_CALLS_WAITING] = {"calls waiting", "排队来电"},
    [IND_LONGEST_CALL] = {"longest waiting call", "最长排队来电"},
    [IND_AGENTS_AVAILABLE] = {"agents available", "待命客服"},
    [IND_AGENTS_BUSY] = {"agents busy", "忙碌客服"},
    [IND_AGENTS_WRAP_UP] = {"agents in wrap-up", "整理中客服"},
    [IND_AGENTS_BREAK] = {"agents on a break", "小休客服"},
};

const char *phrase_indicator(const struct settings *s, enum indicator i, enum lang lang)
{
    const struct custom_setting *own = s == NULL ? NULL : custom_of(s, i);
    CHECK(i < IND_N);
    if (own != NULL)
        return own->name[lang][0] != 0 ? own->name[lang] : own->id;
    if (indicator_is_custom(i)) /* of settings that are not at hand */
        return indicator_name(i);
    return indicators[i][lang == LANG_ZH];
}

static const struct {
    const char *whole[2], *part[2];
} words_of_mixes[MIX_N] = {
    [PART_OPENED_CATEGORY] = {{"tickets opened", "新建工单"}, {"category", "分类"}},
    [PART_COMPLAINTS_CATEGORY] = {{"complaints", "投诉"}, {"category", "分类"}},
    [PART_COMPLAINTS_KIND] = {{"complaints", "投诉"}, {"kind", "类型"}},
    [PART_LOW_CATEGORY] = {{"low ratings", "低分评价"}, {"category", "分类"}},
    [PART_LOW_ASPECT] = {{"low ratings of aspects", "低分评价"}, {"aspect", "方面"}},
};

const char *phrase_whole(enum part_kind mix, enum lang lang)
{
    CHECK((uint32_t)mix < MIX_N);
    return words_of_mixes[mix].whole[lang == LANG_ZH];
}

const char *phrase_part(enum part_kind mix, enum lang lang)
{
    CHECK((uint32_t)mix < MIX_N);
    return words_of_mixes[mix].part[lang == LANG_ZH];
}

char *phrase_source(char buf[PHRASE_MAX], const struct settings *s, struct figure_source source,
                    enum lang lang)
{
    const char *name = phrase_indicator(s, (enum indicator)source.indicator, lang);
    bool zh = lang == LANG_ZH;
    if (source.aspect == 0)
        snprintf(buf, PHRASE_MAX, "%s", name);
    else
        snprintf(buf, PHRASE_MAX, zh ? "%s（%s）" : "%s (%s)", name,
                 settings_aspect(s, source.aspect).p);
    return buf;
}

/* Percentiles are called the same everywhere. */
const char *phrase_field(enum indicator_field field, enum lang lang)
{
    static const char *const zh[IF_END] = {[IF_N] = "样本数",
                                           [IF_NUM] = "数量",
                                           [IF_DEN] = "基数",
                                           [IF_VALUE] = "比值",
                                           [IF_MEAN] = "平均",
                                           [IF_MIN] = "最小",
                                           [IF_MAX] = "最大",
                                           [IF_P50] = "中位数",
                                           [IF_MET] = "达标数",
                                           [IF_MISSED] = "未达标数",
                                           [IF_ATTAINMENT] = "达标率",
                                           [IF_PENDING] = "观察中",
                                           [IF_VALUE_MATURE] = "比值(观察期满)"};
    bool known = lang == LANG_ZH && field < IF_END && zh[field] != NULL;
    return known ? zh[field] : indicator_field_name(field);
}

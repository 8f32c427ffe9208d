#include "daemon/cli/report_define.h"

#include <stdio.h>

static const char *const defined[IND_GAUGE_FIRST][2] = {
    /* by enum lang */
    [IND_FIRST_RESPONSE] = {"customer waits → first reply", "客户开始等待 → 首次回复"},
    [IND_NEXT_RESPONSE] = {"customer waits again → next reply", "客户再次等待 → 下一次回复"},
    [IND_ASSIGNEE_RESPONSE] = {"assigned → the assignee's reply", "受理 → 受理人回复"},
    [IND_HANDOFF_RESPONSE] = {"bot hands over → first human reply", "机器人转人工 → 人工回复"},
    [IND_FIRST_RESOLUTION] = {"opening → first resolve", "新建 → 首次解决"},
    [IND_RESOLUTION] = {"opening → latest resolve, without time resolved",
                        "新建 → 最近一次解决，不含已解决的时间"},
    [IND_REQUESTER_WAIT] = {"resolution without pauses that wait for the customer",
                            "解决时长，不含等待客户的挂起"},
    [IND_AGENT_WORK] = {"resolution without any pause", "解决时长，不含任何挂起"},
    [IND_WAIT] = {"call offered → answered", "来电 → 接通"},
    [IND_TALK] = {"call answered → ended", "接通 → 挂断"},
    [IND_FIRST_RESPONSE_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_NEXT_RESPONSE_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_ASSIGNEE_RESPONSE_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_HANDOFF_RESPONSE_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_FIRST_RESOLUTION_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_RESOLUTION_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_REQUESTER_WAIT_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_AGENT_WORK_B] = {"the same in open hours", "同上，仅计工作时间"},
    [IND_ARRIVAL] = {"opening → first arrival at the customer's", "新建 → 首次到达现场"},
    [IND_ON_SITE] = {"arrival → end of the visit", "到达现场 → 服务结束"},
    [IND_AHT] = {"call answered → ended, and wrap-up", "接通 → 挂断，加上话后整理"},
    [IND_REFUND_TIME] = {"refund requested → refunded", "申请退款 → 退款完成"},
    [IND_OPENED] = {"tickets opened", "新建的工单"},
    [IND_RECEIVED] = {"take-overs by a team or agent", "团队或客服的接手次数"},
    [IND_REPLIES] = {"public replies by people", "人工公开回复"},
    [IND_HANDLED] = {"distinct tickets replied to or resolved", "回复或解决过的不同工单"},
    [IND_CUSTOMERS] = {"distinct customers replied to or resolved for", "回复或解决过的不同客户"},
    [IND_RESOLVED] = {"resolves", "解决次数"},
    [IND_RESOLVED_TICKETS] = {"tickets, each at its latest resolve", "工单，各计最近一次解决"},
    [IND_CLOSED_UNRESOLVED] = {"tickets closed without a solution", "未解决即关闭的工单"},
    [IND_REOPENED] = {"reopenings", "重新打开次数"},
    [IND_ESCALATED] = {"escalations", "升级次数"},
    [IND_TRANSFERRED] = {"given to another agent or team", "转给其他客服或团队"},
    [IND_CLOSED_WITHOUT_REPLY] = {"ended, and nobody had replied", "无人回复即结束"},
    [IND_COMPLAINTS] = {"complaints and disputes", "投诉与争议"},
    [IND_DISPUTES] = {"complaints that are disputes", "投诉中的争议"},
    [IND_CALLS_OFFERED] = {"calls that came in", "呼入电话"},
    [IND_CALLS_ANSWERED] = {"calls answered", "接通电话"},
    [IND_CALLS_ABANDONED] = {"callers who gave up", "放弃等待的来电"},
    [IND_CALLS_SHORT] = {"callers who gave up at once", "立即挂断的来电"},
    [IND_CALLS_RUNG] = {"rings at agents", "振铃次数"},
    [IND_RESOLUTION_RATE] = {"resolved / (resolved + closed unresolved)",
                             "解决 / （解决 + 未解决关闭）"},
    [IND_RESOLVED_WITHIN] = {"of the tickets opened, resolved within the time set",
                             "新建工单中按时解决的比例"},
    [IND_SLA_RATE] = {"targets met / (met + missed)", "达标 / （达标 + 未达标）"},
    [IND_CLEARANCE] = {"resolves / opened", "解决 / 新建"},
    [IND_FCR] = {"first resolves after one reply, not reopened",
                 "一次回复即解决且未重新打开的比例"},
    [IND_REOPEN_RATE] = {"resolves that were reopened", "解决后又重新打开的比例"},
    [IND_ARRIVAL_RATE] = {"arrived by the time first promised", "不晚于首次约定时间到达的比例"},
    [IND_REPEAT_RATE] =
        {"resolved tickets that the customer came back after, with the same category",
         "解决后同一客户同类问题再次提交的工单比例"},
    [IND_CONFIRMED_RATE] = {"resolved tickets that the customer confirmed in the first cycle",
                            "首次解决并经客户确认的工单比例"},
    [IND_CLASSIFICATION] =
        {"resolved tickets whose first category stood; or inspections of it passed",
         "首次分类未被更改的工单比例；有分类质检时按质检合格比例"},
    [IND_COMPLAINT_RATE] = {"resolved tickets with a complaint", "有投诉的已解决工单比例"},
    [IND_REPEAT_COMPLAINT_RATE] = {"resolved tickets with two complaints or more",
                                   "有两次及以上投诉的已解决工单比例"},
    [IND_INSPECTION_COVER] = {"resolved tickets that were inspected", "被质检的已解决工单比例"},
    [IND_SURVEY_COVER] = {"resolved tickets that were rated", "有评价的已解决工单比例"},
    [IND_FOLLOW_UP_RATE] = {"resolved tickets followed up in the first round's time",
                            "首轮期限内回访的已解决工单比例"},
    [IND_FOLLOW_UP_RATE_2] = {"resolved tickets followed up in the second round's time",
                              "第二轮期限内回访的已解决工单比例"},
    [IND_FOLLOW_UP_RATE_3] = {"resolved tickets followed up in the third round's time",
                              "第三轮期限内回访的已解决工单比例"},
    [IND_RETURN_RATE] = {"resolves that a return followed", "解决后发生退换货的比例"},
    [IND_REWORK_RATE] = {"resolves that rework followed", "解决后返修的比例"},
    [IND_KEEP_RATE] = {"resolves that no rework, reopening or repeat followed",
                       "解决后未返修、未重新打开、未重复的比例"},
    [IND_CSAT] = {"mean rating, 1 to 5", "平均评分，1 至 5"},
    [IND_CSAT_RATE] = {"ratings of 4 and above", "4 分及以上的比例"},
    [IND_NPS] = {"promoters − detractors", "推荐者 − 贬损者"},
    [IND_RECOMMEND_RATE] = {"answers of 9 and 10", "9、10 分回答的比例"},
    [IND_CONFORMANCE_RATE] = {"inspections passed", "质检合格比例"},
    [IND_ANSWER_RATE] = {"answered / calls not given up at once", "接通 / 非立即挂断的来电"},
    [IND_ABANDON_RATE] = {"given up / calls not given up at once", "放弃 / 非立即挂断的来电"},
    [IND_SERVICE_LEVEL] = {"calls answered within the time set / calls not given up at once",
                           "规定时间内接通 / 非立即挂断的来电"},
    [IND_OCCUPANCY] = {"time busy or in wrap-up / that and time available",
                       "通话与整理时间 / 通话、整理与待命时间"},
    [IND_ATTENDANCE] = {"time signed in of the time rostered", "排班时间内的签入时间 / 排班时间"},
};

/* "sum of orders", "contacts 次数", "resolves": one side of the site's own. */
static void side_text(char buf[DEFINED_MAX], const struct settings *s,
                      const struct custom_side *side, enum lang lang)
{
    bool zh = lang == LANG_ZH;
    const char *measure = side->kind == SIDE_COUNT ? "" : s->customs.measure[side->measure];
    if (side->kind == SIDE_COUNT)
        snprintf(buf, DEFINED_MAX, "%s",
                 phrase_indicator(s, (enum indicator)side->indicator, lang));
    else if (side->kind == SIDE_SUM)
        snprintf(buf, DEFINED_MAX, zh ? "%s 合计" : "sum of %s", measure);
    else
        snprintf(buf, DEFINED_MAX, zh ? "%s 次数" : "number of %s", measure);
}

static void define_own(char buf[DEFINED_MAX], const struct settings *s,
                       const struct custom_setting *c, enum lang lang)
{
    bool zh = lang == LANG_ZH;
    char num[DEFINED_MAX], den[DEFINED_MAX];
    side_text(num, s, &c->num, lang);
    const char *less = !c->lower ? "" : zh ? "，越低越好" : ", less is better";
    if (c->kind == CUSTOM_RATIO) {
        side_text(den, s, &c->den, lang);
        snprintf(buf, DEFINED_MAX, "%.100s / %.100s%s", num, den, less);
    } else if (c->kind == CUSTOM_MEAN) {
        snprintf(buf, DEFINED_MAX, zh ? "%s 平均值%s" : "mean of %s%s",
                 s->customs.measure[c->num.measure], less);
    } else {
        snprintf(buf, DEFINED_MAX, "%.200s%s", num, less);
    }
}

const char *define_indicator(char buf[DEFINED_MAX], const struct settings *s, enum indicator i,
                             enum lang lang)
{
    const struct custom_setting *own = custom_of(s, i);
    buf[0] = 0;
    if (own != NULL)
        define_own(buf, s, own, lang);
    else if (!indicator_is_custom(i))
        snprintf(buf, DEFINED_MAX, "%s", defined[i][lang]);
    CHECK((uint32_t)i < IND_GAUGE_FIRST);
    return buf;
}

enum indicator_field define_field(const struct settings *s, enum indicator i)
{
    const struct custom_setting *own = custom_of(s, i);
    if (own != NULL)
        return custom_field(own);
    switch (indicator_kind(i)) {
    case IND_DURATION:
        return IF_P50;
    case IND_COUNT:
        return IF_NUM;
    case IND_MEAN:
        return IF_MEAN;
    case IND_RATIO:
    case IND_NUMBER:
    case IND_SHARE:
    case IND_CUSTOM:
    case IND_GAUGE:
        break;
    }
    return IF_VALUE;
}

#include "daemon/cli/report_define.h"

#include <stdio.h>

enum { N = DIRECTION_NONE, H = HIGHER_IS_BETTER, L = LOWER_IS_BETTER };

static const struct {
    uint8_t direction;
    const char *text[2]; /* by enum lang */
} defined[IND_GAUGE_FIRST] = {
    [IND_FIRST_RESPONSE] = {L, {"customer waits → first reply", "客户开始等待 → 首次回复"}},
    [IND_NEXT_RESPONSE] = {L, {"customer waits again → next reply", "客户再次等待 → 下一次回复"}},
    [IND_ASSIGNEE_RESPONSE] = {L, {"assigned → the assignee's reply", "受理 → 受理人回复"}},
    [IND_HANDOFF_RESPONSE] = {L, {"bot hands over → first human reply", "机器人转人工 → 人工回复"}},
    [IND_FIRST_RESOLUTION] = {L, {"opening → first resolve", "新建 → 首次解决"}},
    [IND_RESOLUTION] = {L,
                        {"opening → latest resolve, without time resolved",
                         "新建 → 最近一次解决,不含已解决的时间"}},
    [IND_REQUESTER_WAIT] = {L,
                            {"resolution without pauses that wait for the customer",
                             "解决时长,不含等待客户的挂起"}},
    [IND_AGENT_WORK] = {L, {"resolution without any pause", "解决时长,不含任何挂起"}},
    [IND_WAIT] = {L, {"call offered → answered", "来电 → 接通"}},
    [IND_TALK] = {N, {"call answered → ended", "接通 → 挂断"}},
    [IND_FIRST_RESPONSE_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_NEXT_RESPONSE_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_ASSIGNEE_RESPONSE_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_HANDOFF_RESPONSE_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_FIRST_RESOLUTION_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_RESOLUTION_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_REQUESTER_WAIT_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_AGENT_WORK_B] = {L, {"the same in open hours", "同上,仅计工作时间"}},
    [IND_ARRIVAL] = {L, {"opening → first arrival at the customer's", "新建 → 首次到达现场"}},
    [IND_ON_SITE] = {N, {"arrival → end of the visit", "到达现场 → 服务结束"}},
    [IND_AHT] = {N, {"call answered → ended, and wrap-up", "接通 → 挂断,加上话后整理"}},
    [IND_REFUND_TIME] = {L, {"refund requested → refunded", "申请退款 → 退款完成"}},
    [IND_OPENED] = {N, {"tickets opened", "新建的工单"}},
    [IND_RECEIVED] = {N, {"take-overs by a team or agent", "团队或客服的接手次数"}},
    [IND_REPLIES] = {N, {"public replies by people", "人工公开回复"}},
    [IND_HANDLED] = {N, {"distinct tickets replied to or resolved", "回复或解决过的不同工单"}},
    [IND_CUSTOMERS] = {N,
                       {"distinct customers replied to or resolved for", "回复或解决过的不同客户"}},
    [IND_RESOLVED] = {N, {"resolves", "解决次数"}},
    [IND_RESOLVED_TICKETS] = {N, {"tickets, each at its latest resolve", "工单,各计最近一次解决"}},
    [IND_CLOSED_UNRESOLVED] = {L, {"tickets closed without a solution", "未解决即关闭的工单"}},
    [IND_REOPENED] = {L, {"reopenings", "重新打开次数"}},
    [IND_ESCALATED] = {L, {"escalations", "升级次数"}},
    [IND_TRANSFERRED] = {L, {"given to another agent or team", "转给其他客服或团队"}},
    [IND_CLOSED_WITHOUT_REPLY] = {L, {"ended, and nobody had replied", "无人回复即结束"}},
    [IND_COMPLAINTS] = {L, {"complaints and disputes", "投诉与争议"}},
    [IND_DISPUTES] = {L, {"complaints that are disputes", "投诉中的争议"}},
    [IND_CALLS_OFFERED] = {N, {"calls that came in", "呼入电话"}},
    [IND_CALLS_ANSWERED] = {N, {"calls answered", "接通电话"}},
    [IND_CALLS_ABANDONED] = {L, {"callers who gave up", "放弃等待的来电"}},
    [IND_CALLS_SHORT] = {N, {"callers who gave up at once", "立即挂断的来电"}},
    [IND_CALLS_RUNG] = {N, {"rings at agents", "振铃次数"}},
    [IND_RESOLUTION_RATE] = {H,
                             {"resolved / (resolved + closed unresolved)",
                              "解决 / (解决 + 未解决关闭)"}},
    [IND_RESOLVED_WITHIN] = {H,
                             {"of the tickets opened, resolved within the time set",
                              "新建工单中按时解决的比例"}},
    [IND_SLA_RATE] = {H, {"targets met / (met + missed)", "达标 / (达标 + 未达标)"}},
    [IND_CLEARANCE] = {H, {"resolves / opened", "解决 / 新建"}},
    [IND_FCR] = {H,
                 {"first resolves after one reply, not reopened",
                  "一次回复即解决且未重新打开的比例"}},
    [IND_REOPEN_RATE] = {L, {"resolves that were reopened", "解决后又重新打开的比例"}},
    [IND_ARRIVAL_RATE] = {H,
                          {"arrived by the time first promised", "不晚于首次约定时间到达的比例"}},
    [IND_REPEAT_RATE] =
        {L,
         {"resolved tickets that the customer came back after, with the same category",
          "解决后同一客户同类问题再次提交的工单比例"}},
    [IND_CONFIRMED_RATE] = {H,
                            {"resolved tickets that the customer confirmed in the first cycle",
                             "首次解决并经客户确认的工单比例"}},
    [IND_CLASSIFICATION] =
        {H,
         {"resolved tickets whose first category stood; or inspections of it passed",
          "首次分类未被更改的工单比例;有分类质检时按质检合格比例"}},
    [IND_COMPLAINT_RATE] = {L, {"resolved tickets with a complaint", "有投诉的已解决工单比例"}},
    [IND_REPEAT_COMPLAINT_RATE] = {L,
                                   {"resolved tickets with two complaints or more",
                                    "有两次及以上投诉的已解决工单比例"}},
    [IND_INSPECTION_COVER] = {H,
                              {"resolved tickets that were inspected", "被质检的已解决工单比例"}},
    [IND_SURVEY_COVER] = {H, {"resolved tickets that were rated", "有评价的已解决工单比例"}},
    [IND_FOLLOW_UP_RATE] = {H,
                            {"resolved tickets followed up in the first round's time",
                             "首轮期限内回访的已解决工单比例"}},
    [IND_FOLLOW_UP_RATE_2] = {H,
                              {"resolved tickets followed up in the second round's time",
                               "第二轮期限内回访的已解决工单比例"}},
    [IND_FOLLOW_UP_RATE_3] = {H,
                              {"resolved tickets followed up in the third round's time",
                               "第三轮期限内回访的已解决工单比例"}},
    [IND_RETURN_RATE] = {L, {"resolves that a return followed", "解决后发生退换货的比例"}},
    [IND_REWORK_RATE] = {L, {"resolves that rework followed", "解决后返修的比例"}},
    [IND_KEEP_RATE] = {H,
                       {"resolves that no rework, reopening or repeat followed",
                        "解决后未返修、未重新打开、未重复的比例"}},
    [IND_CSAT] = {H, {"mean rating, 1 to 5", "平均评分,1 至 5"}},
    [IND_CSAT_RATE] = {H, {"ratings of 4 and above", "4 分及以上的比例"}},
    [IND_NPS] = {H, {"promoters − detractors", "推荐者 − 贬损者"}},
    [IND_RECOMMEND_RATE] = {H, {"answers of 9 and 10", "9、10 分回答的比例"}},
    [IND_CONFORMANCE_RATE] = {H, {"inspections passed", "质检合格比例"}},
    [IND_ANSWER_RATE] = {H, {"answered / calls not given up at once", "接通 / 非立即挂断的来电"}},
    [IND_ABANDON_RATE] = {L, {"given up / calls not given up at once", "放弃 / 非立即挂断的来电"}},
    [IND_SERVICE_LEVEL] = {H,
                           {"calls answered within the time set / calls not given up at once",
                            "规定时间内接通 / 非立即挂断的来电"}},
    [IND_OCCUPANCY] = {N,
                       {"time busy or in wrap-up / that and time available",
                        "通话与整理时间 / 通话、整理与待命时间"}},
    [IND_ATTENDANCE] = {H,
                        {"time signed in of the time rostered", "排班时间内的签入时间 / 排班时间"}},
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
    const char *less = !c->lower ? "" : zh ? ",越低越好" : ", less is better";
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
        snprintf(buf, DEFINED_MAX, "%s", defined[i].text[lang]);
    CHECK((uint32_t)i < IND_GAUGE_FIRST);
    return buf;
}

enum direction define_direction(const struct settings *s, enum indicator i)
{
    const struct custom_setting *own = custom_of(s, i);
    if (own != NULL)
        return own->lower ? LOWER_IS_BETTER : HIGHER_IS_BETTER;
    CHECK((uint32_t)i < IND_GAUGE_FIRST);
    return (enum direction)defined[i].direction;
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

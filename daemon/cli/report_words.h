/* report_words.h: what reports say, in English and Chinese: more rows of the table in words.h.
 * tidy: long because it is a table. */
#ifndef TP_DAEMON_CLI_REPORT_WORDS_H
#define TP_DAEMON_CLI_REPORT_WORDS_H

/* X(NAME, English, Chinese) */
#define REPORT_WORDS(X)                                                                            \
    X(ABOUT_REPORT, "writes the evaluation report of a period from event files",                   \
      "由事件文件生成某一时期的评估报告")                                                          \
    X(O_FROM, "first day (2012-10-01) or instant (default: of the files)",                         \
      "首日（2012-10-01）或时刻（默认：文件之首）")                                                \
    X(O_UNTIL, "last day, or instant that no longer belongs to it", "末日，或不含在内的截止时刻")  \
    X(O_MONTH, "instead of both: 2012-10, or 2012 for a year", "代替起止：2012-10，或全年 2012")   \
    X(O_REPORT_TEAM, "only this team", "仅此团队")                                                 \
    X(O_FORMAT, "html, md or csv (default: by --output, else html)",                               \
      "html、md 或 csv（默认按输出文件名，否则 html）")                                            \
    X(O_OUTPUT, "file to write (-o too; default: standard output)",                                \
      "输出文件（亦可 -o；默认标准输出）")                                                         \
    X(O_MEASURES, "measures taken, as YAML: owner, due, expected value",                           \
      "改进措施文件（YAML）：负责人、期限、预期值")                                                \
    X(O_AS_OF,                                                                                     \
      "count what is known at this instant, or when this day ends "                                \
      "(default: the end and a horizon later)",                                                    \
      "按此时刻（或此日结束时）所知统计（默认：期末再加观察期）")                                  \
    X(O_EARLIER,                                                                                   \
      "compare with this earlier period: 2012-09, or 2012-09-01/2012-09-14 "                       \
      "(default: the one before, as long)",                                                        \
      "对比的较早时期：2012-09 或 2012-09-01/2012-09-14（默认：等长的上一期）")                    \
    X(E_AGAINST, "write --against 2012-09 or 2012-09-01/2012-09-14, before the period begins",     \
      "应写 --against 2012-09 或 2012-09-01/2012-09-14，且早于报告时期")                           \
    X(O_STEP, "of the trend: day, week, month (default: by length)", "趋势步长：day、week、month") \
    X(O_NO_CHARTS, "tables only, without Chart.js", "只有表格，不用 Chart.js")                     \
    X(E_PERIOD, "report: {1} is no period: {2}", "report:{1} 不是有效时期：{2}")                   \
    X(E_PERIOD_DATE, "write --month 2012-10, or --from and --to as 2012-10-01 or ISO 8601",        \
      "应写 --month 2012-10，或 --from、--to 用 2012-10-01 或 IS"                           \
      "O 8601")                                                                                    \
    X(E_PERIOD_ENDS, "it must end after it begins", "结束须晚于开始")                              \
    X(E_PERIOD_STEPS, "more than 400 steps; choose a longer --step or a shorter period",           \
      "超过 400 步；请选择更长的 --step 或更短的时期")                                             \
    X(E_PERIOD_BEYOND, "the log has nothing there; give --from and --to both",                     \
      "日志中没有该时期；请同时给出 --from 与 --to")                                               \
    X(E_PERIOD_BOTH, "--month stands for both --from and --to; leave it or them out",              \
      "--month 已代替 --from 与 --to，请只给其一")                                                 \
    X(E_AS_OF_BEYOND,                                                                              \
      "report: as of a day beyond the log's end; nothing is known after {1}, and what had not "    \
      "come by then counts as not happened",                                                       \
      "report：统计截至日晚于日志结尾；{1} 之后没有任何记录，其后未知的均按未发生计")              \
    X(E_PERIOD_AS_OF, "as of then it has not begun", "届时该时期尚未开始")                         \
    X(E_NO_CHARTS,                                                                                 \
      "Chart.js not found ({1}): apt-get install libjs-chart.js, or "                              \
      "--no-charts",                                                                               \
      "未找到 Chart.js({1})：请执行 apt-get install libjs-chart."                           \
      "js，或用 --no-charts")                                                                      \
    X(E_NO_TEAM, "report: no event of the period names the team {1}",                              \
      "report：该时期没有团队 {1} 的事件")                                                         \
    X(E_MEASURES, "measures: {1}", "改进措施：{1}")                                                \
    X(REPORTED, "{1}: {2} {2|event|events} in {3}", "{1}:{2} 个事件，用时 {3}")                    \
    /* heads */                                                                                    \
    X(R_TITLE, "Service evaluation report", "售后服务评估报告")                                    \
    X(R_TITLE_TEAM, "Service evaluation report: team {1}", "售后服务评估报告：团队 {1}")           \
    X(R_CONTENTS, "contents", "目录")                                                              \
    X(R_SUMMARY, "Summary", "概要")                                                                \
    X(R_SCORECARD, "Scorecard", "评分卡")                                                          \
    X(R_CARD_OF_EACH, "A card for each of them, held against all together.",                       \
      "以个人或团队的评分卡评价整体。")                                                            \
    X(R_CARD_ITEMS, "Scorecard {1}: every item", "评分卡 {1}：各项")                               \
    X(R_CARD_WHEN, "only in the hours of {1}", "仅计 {1} 时段")                                    \
    X(R_CARD_VALID, "valid from {1}", "自 {1} 起生效")                                             \
    X(R_A_DAY, "a day", "一天")                                                                    \
    X(R_A_WEEK, "a week", "一周")                                                                  \
    X(R_A_MONTH, "a month", "一个月")                                                              \
    X(R_DAYS, "{1} days", "{1} 天")                                                                \
    X(R_CARD_LENGTH, "made for {1}, the period is {2}", "按{1}设定，而时期为{2}")                  \
    X(R_CARD_LENGTH_COUNTS,                                                                        \
      "Scorecard {1} is {2}: its goals of counts are not scaled to that ({3}), and min_n "         \
      "neither.",                                                                                  \
      "评分卡 {1} {2}：计数类目标（{3}）与 min_n 均未按比例换算。")                                \
    X(R_CARD_LENGTH_RATES,                                                                         \
      "Scorecard {1} is {2}: rates and averages hold for any length, min_n is not scaled.",        \
      "评分卡 {1} {2}：比率与平均值适用于任何长度，min_n 未按比例换算。")                          \
    X(R_CARD_FUTURE, "Scorecard {1} is left out: it was not in force yet when the period began.",  \
      "评分卡 {1} 未计入：时期开始时尚未生效。")                                                   \
    X(R_CARD_OF_SOME,                                                                              \
      "No total score: scorecard {1} is not for everybody ({2}); who has it is ranked below.",     \
      "无总分：评分卡 {1} 并非适用于全体（{2}）；适用者的得分见下。")                              \
    X(R_CARD_SIZED,                                                                                \
      "No total score: scorecard {1} sets goals for one {2} ({3}), not for all together; each "    \
      "one's score stands below.",                                                                 \
      "无总分：评分卡 {1} 的目标（{3}）按每个{2}设定，不适用于整体；各自得分见下。")               \
    X(R_CARD_EMPTY, "No total score: nothing that scorecard {1} judges was counted.",              \
      "无总分：评分卡 {1} 所评项目没有数据。")                                                     \
    X(R_CARD_CHANGES,                                                                              \
      "The terms of scorecard {1} change on {2}: those in force when the period began judge all "  \
      "of it.",                                                                                    \
      "评分卡 {1} 的标准于 {2} 变更：整个时期按期初有效的标准评分。")                              \
    X(R_CARD_NEW, "no such card before", "上期尚无此评分卡")                                       \
    X(R_CARD_OTHER, "the card has changed: not to be compared", "评分卡已变更，不可比较")          \
    X(R_CARD_CHANGED, "the card has changed: {1} by the one before, not to be compared",           \
      "评分卡已变更：上期按旧卡 {1}，不可比较")                                                    \
    X(R_VOID_CARD, "card void: {1}", "整卡作废：{1}")                                              \
    X(R_VOID_GROUP, "{2} void: {1}", "{2} 作废：{1}")                                              \
    X(R_VOID_ITEM, "{2} void: {1}", "{2} 作废：{1}")                                               \
    X(R_RANKED_EACH, "Each scorecard has a table: places are among those who have the same card.", \
      "每张评分卡一张表：仅在同卡者之间排名。")                                                    \
    X(R_WITHOUT_CARD, "Without a scorecard", "无评分卡")                                           \
    X(R_CARD_ITEMS_NOTE,                                                                           \
      "Points of each item, below them the value; the head has the weight. A dot was left "        \
      "out: too few samples.",                                                                     \
      "各项得分，下方为数值，表头为权重；圆点表示样本不足，未计入。")                              \
    X(R_INDICATORS, "Indicators", "指标")                                                          \
    X(R_TREND, "Trend", "趋势")                                                                    \
    X(R_GOALS, "Actual against target", "实际与目标")                                              \
    X(R_SIDE_BY_SIDE, "Side by side", "两期对比")                                                  \
    X(R_MIX, "Categories", "问题分类")                                                             \
    X(R_TIMES, "Response times", "响应时长")                                                       \
    X(R_AGENTS, "Agents", "客服")                                                                  \
    X(R_TEAMS, "Teams", "团队")                                                                    \
    X(R_WEAK, "Weak spots", "薄弱环节")                                                            \
    X(R_MEASURES, "Measures", "改进措施")                                                          \
    X(R_ABOUT, "About these numbers", "关于这些数字")                                              \
    X(R_AS_TABLE, "data as a table", "数据表")                                                     \
    X(R_FURTHER, "further rows", "更多行")                                                         \
    /* columns */                                                                                  \
    X(R_INDICATOR, "indicator", "指标")                                                            \
    X(R_BASELINE, "baseline", "基线")                                                              \
    X(R_TARGET, "target", "目标")                                                                  \
    X(R_ACTUAL, "actual", "实际")                                                                  \
    X(R_ATTAINMENT, "attainment", "达标率")                                                        \
    X(R_INTERVAL, "95 % interval", "95% 区间")                                                     \
    X(R_BEFORE, "before", "上期")                                                                  \
    X(R_CHANGE, "change", "变化")                                                                  \
    X(R_SHARE, "share", "占比")                                                                    \
    X(R_CATEGORY, "category", "分类")                                                              \
    X(R_HOUR, "hour", "时段")                                                                      \
    X(R_RANK, "rank", "名次")                                                                      \
    X(R_NAME, "name", "名称")                                                                      \
    X(R_SCORE, "score", "得分")                                                                    \
    X(R_WEIGHT, "weight", "权重")                                                                  \
    X(R_POINTS, "points", "得分")                                                                  \
    X(R_ITEM, "item", "项目")                                                                      \
    X(R_STEP_DAY, "day", "日")                                                                     \
    X(R_STEP_WEEK, "week from", "周（起始日）")                                                    \
    X(R_STEP_MONTH, "month", "月")                                                                 \
    X(R_MEDIAN, "median", "中位数")                                                                \
    X(R_P25, "p25", "p25")                                                                         \
    X(R_P75, "p75", "p75")                                                                         \
    X(R_P90, "p90", "p90")                                                                         \
    X(R_MEAN, "mean", "平均")                                                                      \
    X(R_CASES, "cases", "件数")                                                                    \
    X(R_OPEN_END, "open at the end", "期末未结")                                                   \
    X(R_WHERE, "where", "范围")                                                                    \
    X(R_WORSE_SHARE, "share of the misses", "占未达标")                                            \
    X(R_CASE_SHARE, "share of the cases", "占总件数")                                              \
    X(R_MISSED_THERE, "missed there", "该处未达标")                                                \
    X(R_MEAN_THERE, "mean there", "该处平均")                                                      \
    X(R_FLOW, "Tickets opened and resolved, replies", "新建、解决与回复")                          \
    X(R_RATES, "Rates", "比率")                                                                    \
    X(R_CALLS, "Calls", "电话")                                                                    \
    X(R_OVERALL, "overall", "总体")                                                                \
    X(R_MEASURE, "measure", "措施")                                                                \
    X(R_OWNER, "owner", "负责人")                                                                  \
    X(R_DUE, "due", "期限")                                                                        \
    X(R_EXPECTED, "expected", "预期")                                                              \
    X(R_STATE, "state", "状态")                                                                    \
    X(R_FIGURE, "figure", "数值")                                                                  \
    X(R_QUALITY, "quality", "数据质量")                                                            \
    /* sentences */                                                                                \
    X(R_COMPARED, "compared with {1}", "对比 {1}")                                                 \
    X(R_RUNNING, "The period goes on: these are its numbers up to {1}.",                           \
      "该时期尚未结束：数字截至 {1}。")                                                            \
    X(R_COMPARED_SO_FAR, "compared with as much of {1}, up to {2}",                                \
      "对比 {1} 的同等进度（截至 {2}）")                                                           \
    X(R_PENDING, "{1} pending, {2} without them", "{1} 件未满观察期，不含其值为 {2}")              \
    X(R_PENDING_ALL, "all pending", "均未满观察期")                                                \
    X(R_NOTHING_BEFORE, "nothing is known of {1} to compare with", "{1} 没有可对比的数据")         \
    X(R_NOTHING_SO_FAR, "nothing is known of {1} up to {2} to compare with",                       \
      "{1}（截至 {2}）没有可对比的数据")                                                           \
    X(R_NOT_COMPARED, "the log does not reach back into the period before",                        \
      "日志不含上一时期，无法对比")                                                                \
    X(R_PARTLY_COMPARED,                                                                           \
      "the log begins inside the period before ({1}): changes say "                                \
      "little",                                                                                    \
      "日志始于上一时期之中（{1}）：变化仅供参考")                                                 \
    X(R_BETTER, "Better than before: {1}", "优于上期：{1}")                                        \
    X(R_WORSE, "Worse than before: {1}", "差于上期：{1}")                                          \
    X(R_NOTHING_CLEAR, "No change that is clear beyond chance.", "没有超出随机波动的明显变化。")   \
    X(R_MISSED_MOST, "Target missed most often: {1}", "未达标最多：{1}")                           \
    X(R_NO_EVENTS, "Nothing happened in this period.", "该时期没有任何事件。")                     \
    X(R_NOT_COVERED, "The log does not reach this period: it goes from {1} to {2}.",               \
      "日志不含该时期：它从 {1} 到 {2}。")                                                         \
    X(R_SAME, "unchanged", "持平")                                                                 \
    X(R_POINTS_OF, "{1} points", "{1} 个百分点")                                                   \
    X(R_IS_BETTER, "better", "改善")                                                               \
    X(R_IS_WORSE, "worse", "变差")                                                                 \
    X(R_FLAGGED, "above {1} %", "超过 {1}%")                                                       \
    X(R_ATTENTION, "look into it", "请注意")                                                       \
    X(R_ACTUAL_BY_TARGET, "actual / target", "实际 / 目标")                                        \
    X(R_TARGET_BY_ACTUAL, "target / actual", "目标 / 实际")                                        \
    X(R_POLICY, "by policy", "按策略")                                                             \
    X(R_GOALS_SCALE,                                                                               \
      "1 is the target; for times and rates where less is better, shorter "                        \
      "is good",                                                                                   \
      "1 为目标；越低越好的时长与比率，条越短越好")                                                \
    X(R_NO_TARGETS, "No target is configured: targets, policies or scorecards.",                   \
      "未配置目标：可用 targets、policies 或 scorecards。")                                        \
    X(R_MIX_CHART, "Share of the tickets opened", "新建工单占比")                                  \
    X(R_MIX_FLAG, "A share above {1} % is flagged.", "占比超过 {1}% 的分类已标出。")               \
    X(R_BAND_CATEGORY, "{1} by category: middle half and median",                                  \
      "{1}（按分类）：中间一半与中位数")                                                           \
    X(R_BAND_HOUR, "{1} by the hour in which the wait began: middle half and median",              \
      "{1}（按开始等待的时段）：中间一半与中位数")                                                 \
    X(R_RANKED_BY, "Ranked by {1}; equal ones share a place.", "按{1}排名，相同者并列。")          \
    X(R_RANKED_SCORE, "the score of their scorecard", "评分卡得分")                                \
    X(R_AGENT_NOTE, "Who did fewer or harder tickets is not told by a number.",                    \
      "数字不反映工单的数量与难度差别。")                                                          \
    X(R_WEAK_NOTE,                                                                                 \
      "Slices that have more of the misses than of the cases, by the "                             \
      "excess; they overlap. The hour is that of the reply, deadline or "                          \
      "event.",                                                                                    \
      "列出未达标占比高于件数占比的部分，按超出量排序，彼此可重叠"    \
      "。时段指回复、期限或事件发生之时。")                                                        \
    X(R_WEAK_NONE, "Nothing stands out: no slice has clearly more misses than cases.",             \
      "没有明显的薄弱环节。")                                                                      \
    X(R_WEAK_OF, "{1}: {2} of {3}", "{1}:{2} / {3}")                                               \
    X(R_WEAK_TIME, "{1}: time beyond the average", "{1}：超出平均的时间")                          \
    X(R_MEASURE_NONE, "No measures were given (--measures FILE).",                                 \
      "未提供改进措施（--measures FILE）。")                                                       \
    X(R_MEASURE_NOTE,                                                                              \
      "After: the part of this period from the end of due on (without due, from start); "          \
      "before: as long, up to start (without start, to the end of due). A measure without "        \
      "dates has this period and the one before.",                                                 \
      "之后：本期中期限日结束之后（未写期限则自开始日起）的部分；"    \
      "之前：开始日之前（未写开始日则期限日结束之前）同样长的一段。" \
      "未写日期的措施以本期对比上一期。")                                                          \
    X(R_EARLIER, "before", "之前")                                                                 \
    X(R_SINCE, "after", "之后")                                                                    \
    X(R_START, "start", "开始")                                                                    \
    X(R_MET_SO_FAR, "not due; met so far", "未到期，目前达到")                                     \
    X(R_MET_BEFORE, "met before, too", "此前亦已达到")                                             \
    X(R_LOG_SINCE, "the log begins {1}", "日志始于 {1}")                                           \
    X(R_VERIFIED, "verified", "已验证")                                                            \
    X(R_NOT_YET, "not yet", "尚未达到")                                                            \
    X(R_NOT_DUE, "not due", "未到期")                                                              \
    X(R_NOT_SURE, "met, but the interval reaches beyond", "达到，但区间未排除偶然")                \
    X(R_NO_CASES, "no cases", "无数据")                                                            \
    X(R_NO_SUCH, "not yet: no such {1} in this period", "尚未达到：该时期没有此{1}")               \
    X(R_NOT_HERE, "not in this report, which is about one team", "不在本报告内：仅统计一个团队")   \
    X(R_MORE_NAMES, "{1} further names are left out here; --format csv has all of them.",          \
      "此处另有 {1} 个名称未列出；--format csv 包含全部。")                                        \
    X(R_SILENT,                                                                                    \
      "{1} indicators are left out, as the log has no event that they tell of: {2}. "              \
      "--format csv has them.",                                                                    \
      "日志中没有相关事件，略去 {1} 项指标：{2}。--format csv 含全部。")                           \
    X(R_COMPARE_NOTE,                                                                              \
      "Everything that either period has. A ratio has its cases and interval behind it; better "   \
      "or worse is said where the change is clear.",                                               \
      "列出任一时期有数据的全部指标。比率附件数与区间；变化明显时注明改善或变差。")                \
    X(R_PERIOD, "period", "时期")                                                                  \
    X(R_PERIOD_BEFORE, "period before", "上一时期")                                                \
    X(R_AS_OF, "as of", "统计截至")                                                                \
    X(R_BEYOND, "nothing is known after", "此后没有任何记录")                                      \
    X(R_BEYOND_IS, "{1}: what had not come by then counts as not happened",                        \
      "{1}：其后未知的均按未发生计")                                                               \
    X(R_AS_OF_BEFORE, "period before, as of", "上一时期统计截至")                                  \
    X(R_ZONE, "time zone", "时区")                                                                 \
    X(R_FILTER, "only", "筛选")                                                                    \
    X(R_EVERYTHING, "everything", "全部")                                                          \
    X(R_FILES, "files", "文件")                                                                    \
    X(R_LOG, "the log holds", "日志范围")                                                          \
    X(R_DEFINITIONS, "definitions", "指标定义版本")                                                \
    X(R_DEFINITIONS_ARE, "version {1} (SEMANTICS.md)", "第 {1} 版（SEMANTICS.md）")                \
    X(R_EVENTS, "events taken in", "计入事件")                                                     \
    X(R_AFTER, "events after as of, left out", "截至时刻之后略去的事件")                           \
    X(R_LINES_REFUSED, "lines refused", "拒绝的行")                                                \
    X(R_EVENTS_REFUSED, "events refused", "拒绝的事件")                                            \
    X(R_DUPLICATES, "duplicates", "重复事件")                                                      \
    X(R_LATE, "came too late and were dropped", "迟到而丢弃的事件")                                \
    X(R_SKEWED, "from the future", "时间超前的事件")                                               \
    X(R_GAPS, "missing sequence numbers", "缺失的序号")                                            \
    X(R_NEGATIVE, "durations below zero, counted as zero", "负时长（按零计）")                     \
    X(R_UNKNOWN_REOPEN, "reopenings of unknown tickets", "未知工单的重新打开")                     \
    X(R_UNNAMED, "measured, but no indicator is made of it", "有测量值但未配置指标")               \
    X(R_LIMITS, "samples lost to limits", "因限额丢失的样本")                                      \
    X(R_METHOD_PERIOD,                                                                             \
      "A number stands in the period in which it happened, and counts "                            \
      "what was known at the instant above: a reopening inside the "                               \
      "horizon takes a first contact resolution back. The period before "                          \
      "is counted as of as long after its own end, or while the period goes "                      \
      "on, of as long after its beginning. Pending are cases whose horizon "                       \
      "was not over.",                                                                             \
      "每个数字计入其发生的时期，并以上述时刻所知为准：观察期内的"    \
      "重新打开会撤销首次解决。上一时期按其期末加同样时长统计，"       \
      "本期未结束时按其期初加同样时长统计。")                                                      \
    X(R_METHOD_RATIO,                                                                              \
      "Intervals of ratios are Wilson's, 95 %. A change of a ratio is "                            \
      "clear when both intervals share nothing, of a time when it is 20 "                          \
      "% and 20 cases.",                                                                           \
      "比率区间为 Wilson 95% 区间。两期区间不相交时比率变化明显"             \
      "；时长变化达 20% 且至少 20 件为明显。")                                                     \
    X(R_METHOD_TIMES,                                                                              \
      "Times are elapsed time of the clock; percentiles are of the "                               \
      "nearest rank, within 1 %.",                                                                 \
      "时长为自然时间；百分位数取最近秩，误差在 1% 以内。")

#endif

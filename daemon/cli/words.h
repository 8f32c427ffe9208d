/* words.h: everything the companion says to people, in English and Chinese, as one table.
 * tidy: long because it is that table.
 *
 * {1} {2} {3} stand for what word_print is given, {1|was|were} for the word that fits its number.
 * Programs read --json, where no word stands. */
#ifndef TP_DAEMON_CLI_WORDS_H
#define TP_DAEMON_CLI_WORDS_H

#include "daemon/cli/card_words.h"
#include "daemon/cli/report_words.h"
#include "proto/phrase.h"

#include <stdio.h>

/* X(NAME, English, Chinese) */
#define WORDS(X)                                                                                   \
    /* what the program and its commands are for */                                                \
    X(ABOUT, "the companion of the daemon ticketpulsed", "服务进程 ticketpulsed 的配套工具")       \
    X(ABOUT_SIMULATE, "publishes realistic help-desk traffic", "发布逼真的服务台模拟流量")         \
    X(ABOUT_SEND, "publishes events from files (NDJSON or CSV, .gz too)",                          \
      "发布文件中的事件（NDJSON 或 CSV，可为 .gz）")                                               \
    X(ABOUT_REPLAY, "computes the numbers of event files offline", "离线计算事件文件的指标")       \
    X(ABOUT_WATCH, "prints alerts and snapshots as they are published", "实时打印告警与快照")      \
    X(ABOUT_TOP, "live table of agents and teams", "客服与团队的实时表格")                         \
    X(ABOUT_QUERY, "asks the daemon: snapshot, alerts, status, worklist, explain, scorecard, …",   \
      "查询服务进程：snapshot、alerts、status、worklist、explain、scorecard 等")                   \
    X(ABOUT_EXPORT, "writes what a state directory keeps as NDJSON or CSV",                        \
      "将状态目录的内容导出为 NDJSON 或 CSV")                                                      \
    X(ABOUT_KEYGEN, "makes a CURVE key pair; prints the public key",                               \
      "生成 CURVE 密钥对，输出公钥")                                                               \
    X(ABOUT_DOCTOR, "looks for what is wrong, and says what to do", "检查运行环境并给出建议")      \
    X(ABOUT_CHECK, "checks a configuration file", "检查配置文件")                                  \
    X(USAGE, "usage", "用法")                                                                      \
    X(COMMANDS, "commands", "命令")                                                                \
    X(OPTIONS, "options", "选项")                                                                  \
    X(MORE_HELP, "ticketpulse COMMAND --help tells more", "详见 ticketpulse 命令 --help")          \
    /* options */                                                                                  \
    X(O_HELP, "this text", "显示本帮助")                                                           \
    X(O_LANG, "language for people: en or zh (default: the locale)",                               \
      "输出语言：en 或 zh（默认按区域设置）")                                                      \
    X(O_AGENTS, "number of agents", "客服人数")                                                    \
    X(O_TEAMS, "number of teams", "团队数")                                                        \
    X(O_CATEGORIES, "number of categories", "问题类别数")                                          \
    X(O_PERIOD, "scorecards of a window that began then", "评分卡时段的起点（某窗口的开始）")      \
    X(O_PERIOD_END, "… and ends then, not before now", "…及其终点（不早于现在）")                  \
    X(O_CUSTOMERS, "number of customers", "客户数")                                                \
    X(O_RATE, "events per second of simulated time", "模拟时间每秒事件数")                         \
    X(O_SEED, "the same seed gives the same events", "随机种子，相同种子产生相同事件")             \
    X(O_FOR, "how long to go on (default: until stopped)", "持续时间（默认直到中断）")             \
    X(O_TO_SIM, "endpoint to publish to, or a file, or - for NDJSON on stdout",                    \
      "发布端点，或文件名，或 -（标准输出 NDJSON）")                                               \
    X(O_BATCH, "most events in one message", "每条消息最多事件数")                                 \
    X(O_PAST, "begin so long ago and catch up with the clock", "从过去这么久开始，追赶到现在")     \
    X(O_SPEED_SIM, "how fast to catch up: 60x, max", "追赶速度：60x、max")                         \
    X(WANT_INSTANT, "an instant like 2026-01-05T00:00:00Z or …+01:00, or ms since 1970",           \
      "时刻，如 2026-01-05T00:00:00Z 或 …+08:00，或自 1970 年起的毫秒数")                          \
    X(O_START, "ts of the first event: ms or ISO 8601 (default: now less --past)",                 \
      "首个事件的时间：毫秒或 ISO 8601（默认现在减 --past）")                                      \
    X(O_LIVE, "keep so many tickets open instead of following arrivals",                           \
      "保持这么多工单未决，而不随到达变化")                                                        \
    X(O_LOADED, "tickets that were open before", "之前已打开的工单数")                             \
    X(O_FLAT, "no curve of the day", "不按一天的高低峰变化")                                       \
    X(O_SHUFFLE, "deliver each event up to so much later, out of order", "乱序：最多推迟这么久")   \
    X(O_DOUBLED, "of 1000 events, deliver so many twice", "每千事件重复投递数")                    \
    X(O_LATE, "of 1000 events, deliver so many 3 to 60 minutes late",                              \
      "每千事件迟到 3 至 60 分钟的个数")                                                           \
    X(O_TO, "endpoint of the daemon's events socket", "服务进程的事件端点")                        \
    X(O_ACKED, "to the ingest socket: until the daemon has each batch on disk",                    \
      "发往 ingest 端点：直到服务进程将每批写入磁盘")                                              \
    X(O_CLIENT, "--acked: name of the sender", "--acked：发送方名称")                              \
    X(O_PATIENCE, "--acked: give up when nothing was acknowledged for so long (1m)",               \
      "--acked：这么久无确认则放弃（1m）")                                                         \
    X(O_SPEED, "1x, 60x, … as the events happened; max: at once", "1x、60x 按事件时间；max 尽快")  \
    X(O_SHIFT, "move all times so that the last event happens now", "平移时间，使最后事件为现在")  \
    X(O_CONFIG, "configuration file (default: built in)", "配置文件（默认内置）")                  \
    X(O_AT, "leave out later events, end at this instant: ms or ISO 8601",                         \
      "截止时刻（毫秒或 ISO 8601），略去其后的事件")                                               \
    X(O_JSON, "NDJSON for programs", "输出 NDJSON，供程序读取")                                    \
    X(O_TABLE, "a table for people", "输出表格")                                                   \
    X(O_CARDS, "the scorecards at the end instead of the numbers", "输出期末的评分卡，代替指标")   \
    X(O_SCOPE, "only this scope: all agent team channel priority category",                        \
      "只看此维度：all agent team channel priority category")                                      \
    X(O_WINDOW, "only this window, e.g. 1h", "只看此时间窗，如 1h")                                \
    X(O_NAME, "only this name", "只看此名称")                                                      \
    X(O_OUT, "the daemon's out socket", "服务进程的输出端点")                                      \
    X(O_QUERY, "the daemon's query socket", "服务进程的查询端点")                                  \
    X(O_WATCH_FOR, "end after this time", "运行这么久后结束")                                      \
    X(O_WATCH_COUNT, "end after so many messages", "收到这么多消息后结束")                         \
    X(O_KEY, "file of our key pair (else TICKETPULSE_KEY)", "本方密钥对文件")                      \
    X(O_SERVER_KEY, "the daemon's public key, or a file with it", "服务进程的公钥或其文件")        \
    X(O_STATE, "state directory of the daemon", "服务进程的状态目录")                              \
    X(O_TIMEOUT, "how long to wait for the daemon", "等待服务进程的时间")                          \
    X(O_ONCE, "print one picture and end", "只显示一次后退出")                                     \
    X(O_SORT, "column to sort by", "排序列")                                                       \
    X(O_SINCE, "alerts after this sequence number", "此序号之后的告警")                            \
    X(O_RUN, "… of this run of the daemon, which may be an earlier one",                           \
      "…属于此次运行（可为更早的运行）")                                                           \
    X(O_INDICATOR, "history: of this indicator, e.g. open, first_response",                        \
      "history：此指标，如 open、first_response")                                                  \
    X(O_FIELD, "history: only this field of it, e.g. p90", "history：仅此字段，如 p90")            \
    X(O_HISTORY_STEP, "history: 1m, 1h or 1d (default: what suits the period)",                    \
      "history:1m、1h 或 1d（默认按时段选择）")                                                    \
    X(O_EXPORT_FROM, "only what was at or after this instant: ms or ISO 8601",                     \
      "仅此时刻及之后（毫秒或 ISO 8601）")                                                         \
    X(O_EXPORT_TO, "… and before this one", "…及此时刻之前")                                       \
    X(O_EXPORT_FORMAT, "ndjson or csv (default: by the name of --output, else ndjson)",            \
      "ndjson 或 csv（默认按 --output 的扩展名，否则 ndjson）")                                    \
    X(O_EXPORT_OUTPUT, "file to write to (default: standard output)", "输出文件（默认标准输出）")  \
    X(WANT_EXPORT_FORMAT, "ndjson or csv", "ndjson 或 csv")                                        \
    X(E_DAMAGED, "{1}: {2} {2|entry|entries} of the journal {2|is|are} damaged and left out",      \
      "{1}：日志中 {2} 条记录已损坏，已略去")                                                      \
    X(O_ACTIVE, "only alerts that are active now", "仅当前活动告警")                               \
    X(O_PREFIX, "only topics that begin so", "仅此前缀的主题")                                     \
    X(O_TEAM, "worklist: only this team's", "worklist：仅此团队")                                  \
    X(O_BY, "ack, mute: who says so (else $USER)", "ack、mute：操作人（缺省为 $USER）")            \
    X(O_MUTE_FOR, "mute: for how long; 0s ends it (else until the alert ends)",                    \
      "mute：静音时长；0s 为取消（缺省至告警结束）")                                               \
    X(O_AGENT, "worklist: only this agent's", "worklist：仅此客服")                                \
    X(O_DIFF, "also ask the running daemon what a reload would change",                            \
      "并询问运行中的服务进程：重新加载会改变什么")                                                \
    X(O_AGAINST, "compare with this configuration: what would have been different",                \
      "与此配置比较：结果会有何不同")                                                              \
    X(O_COLOR, "colours: auto, always, never", "颜色：auto、always、never")                        \
    /* heads of tables */                                                                          \
    X(C_NAME, "name", "名称")                                                                      \
    X(C_OPEN, "open", "未结")                                                                      \
    X(C_WAITING, "waiting", "等待")                                                                \
    X(C_OLDEST, "longest", "最久等待")                                                             \
    X(C_OPENED, "opened", "新建")                                                                  \
    X(C_REPLIES, "replies", "回复")                                                                \
    X(C_FIRST, "first p50", "首响 p50")                                                            \
    X(C_FIRST90, "first p90", "首响 p90")                                                          \
    X(C_MET, "in time", "首响达标")                                                                \
    X(C_RESOLVED, "resolved", "解决")                                                              \
    X(C_RESOLUTION, "resolution", "解决 p50")                                                      \
    X(C_FCR, "fcr", "首次解决")                                                                    \
    X(C_REOPEN, "reopened", "再发率")                                                              \
    X(C_PENDING, "may reopen", "待观察")                                                           \
    X(C_CSAT, "csat", "满意度")                                                                    \
    X(C_CALLS, "calls", "通话")                                                                    \
    X(C_ANSWER, "answered", "接通率")                                                              \
    X(C_RISK, "at risk", "临近超时")                                                               \
    X(C_BREACHED, "overdue", "已超时")                                                             \
    X(H_TICKET, "ticket", "工单")                                                                  \
    X(H_METRIC, "metric", "指标")                                                                  \
    X(H_INSTANCE, "#", "#")                                                                        \
    X(H_STATE, "state", "状态")                                                                    \
    X(H_TARGET, "target", "目标")                                                                  \
    X(H_ELAPSED, "elapsed", "已用")                                                                \
    X(H_LEFT, "left", "剩余")                                                                      \
    X(H_START, "start", "开始")                                                                    \
    X(H_DUE, "due", "应完成")                                                                      \
    X(H_BREACH, "breach", "超时")                                                                  \
    X(H_TERMS, "policy · calendar", "策略 · 日历")                                                 \
    X(H_FROM, "from", "从")                                                                        \
    X(H_TO, "to", "到")                                                                            \
    X(H_WHAT, "what", "事项")                                                                      \
    X(H_COUNTED, "counted", "计入")                                                                \
    X(H_OWNER, "owner", "负责人")                                                                  \
    X(H_PRIORITY, "priority", "优先级")                                                            \
    X(H_POLICY, "policy, rule", "策略、规则")                                                      \
    X(H_WAS, "before", "原配置")                                                                   \
    X(H_WOULD, "with the other", "新配置")                                                         \
    X(H_SCOPE, "scope", "维度")                                                                    \
    X(H_MET, "met", "达标")                                                                        \
    X(H_MISSED, "missed", "未达标")                                                                \
    X(H_ATTAINMENT, "attainment", "达标率")                                                        \
    X(A_FIRED, "fired", "触发")                                                                    \
    X(A_BREACHED, "overdue", "超时")                                                               \
    X(A_CLEARED, "cleared", "恢复")                                                                \
    X(A_CORRECTED, "corrected", "更正")                                                            \
    X(A_CANCELLED, "cancelled", "取消")                                                            \
    X(NO_ALERTS_FIRED, "no alerts under either configuration", "两种配置下均无告警")               \
    X(NOT_BREACHED, "in time", "未超时")                                                           \
    X(BREACHES_DIFFER, "breaches that differ: {1}, of {2} tickets",                                \
      "超时不同：{1} 个，涉及 {2} 个工单")                                                         \
    X(MORE_DIFFER, "… and {1} more; --json lists all", "…… 另有 {1} 个；--json 列出全部")          \
    X(NUMBERS_DIFFER, "targets met and missed that differ", "达标数不同的指标")                    \
    X(NONE_DIFFER, "none", "无")                                                                   \
    X(LISTED_ONLY, "only the first {1} are listed", "仅列出前 {1} 个")                             \
    CARD_WORDS(X)                                                                                  \
    /* states of clocks, in the order of explain.h */                                              \
    X(S_NONE, "none", "无")                                                                        \
    X(S_RUNNING, "running", "计时中")                                                              \
    X(S_PAUSED, "paused", "暂停")                                                                  \
    X(S_WARNED, "warned", "已预警")                                                                \
    X(S_BREACHED, "overdue", "已超时")                                                             \
    X(S_MET, "met", "按时完成")                                                                    \
    X(S_MET_LATE, "met late", "超时完成")                                                          \
    X(S_CANCELLED, "cancelled", "已取消")                                                          \
    X(S_CORRECTED, "corrected", "已更正")                                                          \
    /* lines of an explanation, in the order of explain.h */                                       \
    X(X_INTERVAL, "counted", "计时")                                                               \
    X(X_PAUSE, "paused", "暂停")                                                                   \
    X(X_RETARGET, "new target", "目标变更")                                                        \
    X(X_WARNING, "warning", "预警")                                                                \
    X(X_BREACH, "overdue", "超时")                                                                 \
    X(X_CORRECTED, "corrected", "更正")                                                            \
    X(TICKET_OPEN, "open", "未结")                                                                 \
    X(TICKET_ENDED, "ended", "已结束")                                                             \
    X(MERGED_INTO, "merged into", "已合并到")                                                      \
    X(NOW, "now", "现在")                                                                          \
    X(NO_CLOCKS, "no policy has a clock for this ticket", "没有策略为此工单计时")                  \
    X(SUM_DIFFERS, "{1}: the intervals add up to {2} ms, the clock says {3} ms",                   \
      "{1}：各区间合计 {2} 毫秒，计时为 {3} 毫秒")                                                 \
    X(N_RUNNING, "running", "计时中")                                                              \
    X(N_PAUSED, "paused", "暂停")                                                                  \
    X(N_BREACHED, "overdue", "已超时")                                                             \
    X(N_DUE_15, "due in 15m", "15分内到期")                                                        \
    X(N_DUE_30, "in 30m", "30分内")                                                                \
    X(N_DUE_60, "in 60m", "60分内")                                                                \
    /* what a reload would do */                                                                   \
    X(D_TICKETS, "open tickets", "未结工单")                                                       \
    X(D_CHANGED, "with another target, calendar or policy", "目标、日历或策略改变")                \
    X(D_GAINED, "clocks that would begin", "将开始的计时")                                         \
    X(D_CANCELLED, "clocks that would be cancelled", "将取消的计时")                               \
    X(D_BREACHES, "clocks that would breach at once", "将立即超时的计时")                          \
    X(D_FORGIVEN, "breaches that would be taken back", "将撤销的超时")                             \
    X(D_FIXED, "{1} cannot change by a reload: it needs a restart",                                \
      "{1} 无法通过重新加载改变：需要重启")                                                        \
    /* what a configuration says */                                                                \
    X(V_CONFIG, "configuration", "配置")                                                           \
    X(V_BUILT_IN, "built-in defaults; --config FILE looks at a file",                              \
      "内置默认配置；--config FILE 检查文件")                                                      \
    X(V_DAEMON, "daemon", "服务进程")                                                              \
    X(V_OTHER_VERSION, ": restart the older one after an update", "：升级后请重启旧版本")          \
    X(V_NO_DAEMON, "no answer at {1}: start ticketpulsed, or name its query socket with --query",  \
      "{1} 无应答：请启动 ticketpulsed，或用 --query 指定端点")                                    \
    X(V_CLOCK, "clock", "时钟")                                                                    \
    X(V_APART, "the daemon's clock differs by {1}: set both by NTP",                               \
      "与服务进程的时钟相差 {1}：请用 NTP 校时")                                                   \
    X(V_UNSYNC, "nothing keeps it right: enable systemd-timesyncd or chrony",                      \
      "未同步：请启用 systemd-timesyncd 或 chrony")                                                \
    X(V_FILES, "open files", "文件描述符")                                                         \
    X(V_FEW_FILES, "{1} at most: raise LimitNOFILE (ulimit -n) above the number of peers",         \
      "上限 {1}：请调高 LimitNOFILE(ulimit -n)")                                                   \
    X(V_STATE, "state directory", "状态目录")                                                      \
    X(V_NO_STATE, "{1}: the daemon makes it when its parent is there",                             \
      "{1}：父目录存在时服务进程会创建")                                                           \
    X(V_NO_WRITE, "{1}: the daemon's user must be able to write there",                            \
      "{1}：服务进程的用户须可写入")                                                               \
    X(V_LITTLE_ROOM, "{1} left: make room, or shorten what is kept",                               \
      "{1} 可用：请清理空间或缩短保留期")                                                          \
    X(V_RECORD, "record", "记录")                                                                  \
    X(V_ALERTS, "alerts", "告警")                                                                  \
    X(V_PINNED, "{1}: some program has kept record.db open in one transaction; end it",            \
      "{1}：有程序长时间占用 record.db 的事务，请结束它")                                          \
    X(V_RECORD_BAD, "{1}; the daemon puts a damaged one aside at its next start",                  \
      "{1}；服务进程下次启动时会另存损坏的文件")                                                   \
    X(V_RECORD_OFF, "not written: see the log for `record not written`",                           \
      "未写入：见日志中的 record not written")                                                     \
    X(V_SOCKET, "socket", "端点")                                                                  \
    X(V_TAKEN, "{1}: another program listens there (ss -ltnp says which): end it, or set {2}",     \
      "{1}：已被其他程序占用（ss -ltnp 可查）：请结束它，或修改 {2}")                              \
    X(V_JOURNAL, "journal", "日志库")                                                              \
    X(V_ENTRIES, "entries", "条目")                                                                \
    X(V_JOURNAL_BAD,                                                                               \
      "{1}: ticketpulsed --verify --state DIR says more; a copy, or another directory, "           \
      "does instead",                                                                              \
      "{1}:ticketpulsed --verify --state 目录 可查明；请换用备份或其他目录")                       \
    X(V_RECEIVERS, "receivers", "接收方")                                                          \
    X(V_NOT_DELIVERED, "{1}: the log names the receiver and why (delivery failed, alert refused)", \
      "{1}：日志写明接收方与原因（delivery failed、alert refused）")                               \
    X(V_TROUBLE, "trouble", "故障")                                                                \
    X(V_READERS, "readers", "订阅者")                                                              \
    X(V_SLOW_READERS,                                                                              \
      "{1} {1|message was|messages were} lost by slow ones: `watch` heals its gaps, others must "  \
      "ask for theirs",                                                                            \
      "慢速订阅者丢失 {1} 条消息：watch 会自动补全，其他程序须自行查询")                           \
    X(V_REFUSED, "refused events", "被拒绝的事件")                                                 \
    X(V_LIMITS, "limits", "上限")                                                                  \
    X(V_RAISE, "{1}: raise it before it is met", "{1}：请在达到前调高")                            \
    X(V_VERSIONS, "versions", "版本")                                                              \
    X(V_NO_CURVE, "libzmq was built without CURVE: security.server_key cannot be used",            \
      "libzmq 未编入 CURVE：无法使用 security.server_key")                                         \
    X(K_EVENTS, "events", "事件")                                                                  \
    X(K_OUT, "out", "输出")                                                                        \
    X(K_QUERY, "query", "查询")                                                                    \
    X(K_WINDOWS, "windows", "时间窗")                                                              \
    X(K_SCOPES, "scopes", "维度")                                                                  \
    X(K_ZONE, "zone", "时区")                                                                      \
    X(K_TARGET, "target", "目标")                                                                  \
    X(K_INDICATOR, "indicator", "指标")                                                            \
    X(K_RULE, "rule", "规则")                                                                      \
    X(K_CALENDAR, "calendar", "日历")                                                              \
    X(K_DATES, "special dates", "特殊日期")                                                        \
    X(K_POLICY, "policy", "服务级别")                                                              \
    X(K_TZ, "tz database", "时区数据库")                                                           \
    X(K_HORIZON, "calendars reach", "日历范围")                                                    \
    X(K_CLEAR, "clears at", "恢复于")                                                              \
    X(K_FOR, "for", "持续")                                                                        \
    X(K_MEMORY, "address space", "地址空间")                                                       \
    /* what happens */                                                                             \
    X(SIM_PLAN, "simulating {1} {1|agent|agents} in {2} {2|team|teams}, {3} events/s, to",         \
      "模拟 {1} 名客服、{2} 个团队、每秒 {3} 个事件，发往")                                        \
    X(SIM_PAST, "catching up on the past {1}", "补发过去 {1} 的事件")                              \
    X(SIM_LIVE, "caught up: live from here, Ctrl-C ends", "已追上当前时间，实时运行，Ctrl-C 结束") \
    X(WAITING_FOR, "waiting for a subscriber at {1}", "等待 {1} 的订阅者")                         \
    X(SENT, "sent {1} {1|event|events} in {2} {2|message|messages}, {3} events/s",                 \
      "已发送 {1} 个事件、{2} 条消息，{3} 个/秒")                                                  \
    X(ACKED, "acknowledged: {1} accepted, {2} {2|duplicate|duplicates}, {3} late",                 \
      "已确认：接受 {1}、重复 {2}、迟到 {3}")                                                      \
    X(ACKED_REJECTED, ", {1} rejected", "、拒绝 {1}")                                              \
    X(AWAY, "the connection to {1} is gone; what is not acknowledged will be sent again",          \
      "与 {1} 的连接已断开；未确认的将重新发送")                                                   \
    X(NACKED, "the daemon takes nothing just now ({1}); trying again",                             \
      "服务进程暂不接收（{1}），将重试")                                                           \
    X(WROTE, "wrote {1} {1|event|events}", "已写出 {1} 个事件")                                    \
    X(REFUSED_LINES, "{1} {1|line was|lines were} refused", "{1} 行被拒绝")                        \
    X(MORE_LINES, "… and {1} more like them", "…… 另有 {1} 行")                                    \
    X(REPLAYED, "{1} {1|event|events} in {2}: {3} applied", "{1} 个事件，用时 {2}，应用 {3}")      \
    X(AFTER_AT, "{1} {1|event|events} after --at {1|was|were} left out",                           \
      "略去 --at 之后的 {1} 个事件")                                                               \
    X(HEALED, "{1} {1|alert was|alerts were} missed and {1|has|have} been asked for, see above",   \
      "漏收 {1} 条告警，已补取（见上）")                                                           \
    X(LOST, "the daemon was restarted or lost; joining again", "服务进程重启或失联，重新加入")     \
    X(NO_DATA, "nothing yet", "暂无数据")                                                          \
    X(NO_ALERTS, "no active alerts", "无活动告警")                                                 \
    X(ACTIVE_ALERTS, "active alerts: {1}", "活动告警：{1}")                                        \
    X(CHECK_FINE, "{1}: fine", "{1}：正确")                                                        \
    X(TOP_KEYS, "tab scope  w window  ←→ s column  r reverse  ↑↓ scroll  q quit",                  \
      "tab 维度  w 时间窗  ←→ s 排序列  r 倒序  ↑↓ 滚动  q 退出")                                  \
    X(TOP_MORE, "further indicators: no room", "另有指标未列出")                                   \
    X(KEPT, "one that the configuration keeps", "配置中保留的一项")                                \
    /* what goes wrong */                                                                          \
    X(E_COMMAND, "unknown command '{1}': ticketpulse --help lists them",                           \
      "未知命令“{1}”：ticketpulse --help 列出全部命令")                                            \
    X(E_OPTION, "{1}: unknown option '{2}'; {1} --help lists them",                                \
      "{1}：未知选项“{2}”；{1} --help 列出全部选项")                                               \
    X(E_VALUE, "{1}: --{2} wants {3}", "{1}:--{2} 的值应为 {3}")                                   \
    X(E_NO_VALUE, "{1}: --{2} takes no value", "{1}:--{2} 不带值")                                 \
    X(E_ALERT_ID, "{1}: an alert id is 16 hexadecimal digits, not “{2}”",                          \
      "{1}：告警编号为 16 位十六进制数，而非“{2}”")                                                \
    X(WANT_WHO, "a name: who says so? (USER is not set)", "姓名：由谁操作？（未设置 USER）")       \
    X(WANT_SCOPE, "all, agent, team, channel, priority or category",                               \
      "all、agent、team、channel、priority 或 category")                                           \
    X(WANT_COLUMN, "name, or the head of a column", "name 或某一列的列名")                         \
    X(WANT_SCOPE_OF, "the scope of that name", "该名称所属的范围")                                 \
    X(WANT_PERIOD, "its other end too, and goes with scorecard only",                              \
      "另一端时刻，且仅用于 scorecard")                                                            \
    X(E_OPERANDS, "{1}: wrong operands; usage: {2}", "{1}：参数有误；用法：{2}")                   \
    X(E_OPEN, "cannot open {1}: {2}", "无法打开 {1}:{2}")                                          \
    X(E_READ, "cannot read {1}: {2}", "无法读取 {1}:{2}")                                          \
    X(E_WRITE, "cannot write {1}: {2}", "无法写入 {1}:{2}")                                        \
    X(E_KEY, "{1} {2}", "{1}:{2}")                                                                 \
    X(E_HALF_KEYRING, "{1} is missing: a key pair and the daemon's public key go together",        \
      "缺少 {1}：密钥对与服务进程公钥须一并给出")                                                  \
    X(E_SOCKET, "cannot use {1}: {2}", "无法使用 {1}:{2}")                                         \
    X(E_NO_SUBSCRIBER, "nobody subscribes to {1}: is ticketpulsed running?",                       \
      "{1} 无人订阅：ticketpulsed 是否在运行？")                                                   \
    X(E_NO_INGEST,                                                                                 \
      "no ingest socket at {1} within {2}: is ticketpulsed running, with a state directory?",      \
      "{1} 在 {2} 内无 ingest 端点：ticketpulsed 是否在运行并设有状态目录？")                      \
    X(E_CLIENT, "--client wants a name of at most 47 bytes",                                       \
      "--client 的值应为至多 47 字节的名称")                                                       \
    X(E_NO_ACK, "nothing acknowledged by {1} for {2}", "{1} 已 {2} 未确认任何批次")                \
    X(E_NOT_ACKED, "{1} {1|event was|events were} never acknowledged; send {1|it|them} again",     \
      "{1} 个事件未获确认，请重新发送")                                                            \
    X(E_GONE, "the subscriber at {1} has gone; events may be lost",                                \
      "{1} 的订阅者已断开，可能丢失事件")                                                          \
    X(E_NO_ANSWER, "no answer from {1} within {2}: is ticketpulsed running?",                      \
      "{1} 在 {2} 内无应答：ticketpulsed 是否在运行？")                                            \
    X(E_REFUSED, "the daemon refused: {1} {2}", "服务进程拒绝：{1} {2}")                           \
    X(E_MEMORY, "not enough memory", "内存不足")                                                   \
    X(E_LINE_LONG, "the line is longer than 64 KiB", "该行超过 64 KiB")                            \
    X(E_CONFIG, "configuration: {1}", "配置：{1}")                                                 \
    X(E_SETUP, "{1}: these numbers do not fit together: {2}", "{1}：数值不合理：{2}")              \
    REPORT_WORDS(X)

enum word {
#define WORDS_ENUM(name, en, zh) W_##name,
    WORDS(WORDS_ENUM)
#undef WORDS_ENUM
        W_N
};

/* The language of LC_ALL, LC_MESSAGES or LANG as given (the first that is not empty; NULL = not
 * set): Chinese for zh…, else English. */
enum lang words_locale(const char *lc_all, const char *lc_messages, const char *lang);

/* "en" or "zh"; false: neither. */
bool words_parse(const char *text, enum lang *ret);

/* The language from here on; English before. */
void words_use(enum lang lang);
enum lang words_lang(void);

/* In the language in use; static storage. */
const char *word(enum word w);
const char *word_in(enum word w, enum lang lang);

/* The word with {1} {2} {3} filled in, without a line's end. Unused ones may be NULL. */
void word_print(FILE *out, enum word w, const char *a, const char *b, const char *c);

/* "ticketpulse: …" and a line's end on stderr. */
void word_error(enum word w, const char *a, const char *b, const char *c);

#endif

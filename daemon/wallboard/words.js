/* What the wallboard says, in English and Chinese, and how numbers are written. */
const words = {
    en: {
        skip: "Skip to the ranking", other_language: "中文", theme: "Light or dark", token: "Access token", open: "Open",
        all: "All teams", team: "Team", agent: "Agent", teams: "Teams", agents: "Agents", now: "The desk now",
        score: "Score", in_time: "In time", waiting: "Waiting", longest: "Longest", p90: "p90", replies: "Replies",
        breaches: "Breaches and alerts", trend_load: "Open and waiting, 24 hours", trend_speed: "First response p90 and in time, 24 hours", mix: "Categories today", mix_all: "Categories today, all teams",
        tile_waiting: "Waiting", tile_oldest: "Longest wait", tile_p50: "First response p50", tile_p90: "First response p90",
        tile_attainment: "In time", tile_breaches: "Open breaches", tile_service: "Service level", tile_csat: "Satisfaction",
        tile_occupancy: "Occupancy", available_of: "{0} of {1} available", presences: "{0} available, {1} busy, {2} wrap-up, {3} break",
        presence_available: "available", presence_busy: "busy", presence_wrap_up: "in wrap-up", presence_break: "on break", presence_offline: "signed out",
        of_open: "of {0} open", ticket: "ticket {0}", judged: "{0} judged, target {1}", judged_policy: "{0} judged", samples: "{0} replies", at_risk: "{0} at risk", calls: "{0} calls", ratings: "{0} ratings",
        live: "live", connecting: "connecting …", late: "late data", cut: "cut off",
        standby: "standby", standby_says: "This is the standby: it counts and keeps everything, the other machine tells. Its numbers are asked for once a minute.",
        cut_since: "Cut off since {0}. The numbers below are old. Trying again …", late_by: "The data arrives {0} late.",
        nothing: "Nothing yet.", no_alerts: "No breach, no alert.", why: "why", loading: "asking …", unknown: "Not remembered any more.",
        warning: "warning", breached: "breached", cleared: "over", corrected: "taken back", cancelled: "cancelled",
        since: "{0} ago", had: "{0} had it for {1}", nobody: "nobody", paused: "stood still for {0}", clock: "{0}: {1}, {2} of {3}",
        value: "value {0}, threshold {1}", window: "window {0}", n: "{0} samples", retarget: "target became {0}",
        state_running: "running", state_paused: "paused", state_warned: "warned", state_breached: "breached", state_met: "met",
        state_met_late: "met too late", state_cancelled: "cancelled", open_line: "open", waiting_line: "waiting", p90_line: "first response p90", in_time_line: "in time",
        better: "better than half an hour ago", worse: "worse than half an hour ago", same: "as half an hour ago", refused: "The token was refused.", no_teams: "Agents have told no teams; all are shown.",
        first_response: "first response", next_response: "next response", assignee_response: "response after assignment", resolution: "resolution", requester_wait: "requester wait",
        window_today: "today", window_month: "this month", window_week: "this week",
        void_by: "void by {0}", no_card: "Without a scorecard",
        units: ["d", "h", "m", "s"], gap: " ",
    },
    zh: {
        skip: "跳到排名", other_language: "English", theme: "浅色或深色", token: "访问令牌", open: "打开",
        all: "所有团队", team: "团队", agent: "客服", teams: "团队", agents: "客服", now: "当前情况",
        score: "得分", in_time: "达标率", waiting: "等待", longest: "最久", p90: "p90", replies: "回复",
        breaches: "超时与告警", trend_load: "未结与等待（24 小时）", trend_speed: "首次响应 p90 与达标率（24 小时）", mix: "今日分类", mix_all: "今日分类（所有团队）",
        tile_waiting: "等待中", tile_oldest: "最长等待", tile_p50: "首次响应 p50", tile_p90: "首次响应 p90",
        tile_attainment: "达标率", tile_breaches: "未结超时", tile_service: "服务水平", tile_csat: "满意度",
        tile_occupancy: "占用率", available_of: "{1} 人中 {0} 人空闲", presences: "空闲 {0}，忙碌 {1}，话后 {2}，小休 {3}",
        presence_available: "空闲", presence_busy: "忙碌", presence_wrap_up: "话后处理", presence_break: "小休", presence_offline: "已签出",
        of_open: "未结 {0}", ticket: "工单 {0}", judged: "{0} 个，目标 {1}", judged_policy: "{0} 个", samples: "{0} 次回复", at_risk: "{0} 个有风险", calls: "{0} 通电话", ratings: "{0} 次评价",
        live: "实时", connecting: "正在连接 …", late: "数据延迟", cut: "已断开",
        standby: "备用", standby_says: "这是备用机：照常计数和保存，由主机对外发布。此处数字每分钟更新一次。",
        cut_since: "{0} 起已断开，下方数字不是最新的。正在重试 …", late_by: "数据延迟 {0}。",
        nothing: "暂无数据。", no_alerts: "没有超时，也没有告警。", why: "原因", loading: "正在查询 …", unknown: "已无记录。",
        warning: "预警", breached: "超时", cleared: "已结束", corrected: "已更正", cancelled: "已取消",
        since: "{0}前", had: "{0} 处理了 {1}", nobody: "无人", paused: "暂停了 {0}", clock: "{0}：{1}，{2} / {3}",
        value: "当前 {0}，阈值 {1}", window: "窗口 {0}", n: "{0} 个样本", retarget: "目标改为 {0}",
        state_running: "计时中", state_paused: "已暂停", state_warned: "已预警", state_breached: "已超时", state_met: "达标",
        state_met_late: "超时完成", state_cancelled: "已取消", open_line: "未结", waiting_line: "等待", p90_line: "首次响应 p90", in_time_line: "达标率",
        better: "比半小时前好", worse: "比半小时前差", same: "与半小时前相同", refused: "令牌被拒绝。", no_teams: "客服未提供所属团队，显示全部。",
        first_response: "首次响应", next_response: "后续响应", assignee_response: "接手响应", resolution: "解决", requester_wait: "客户等待",
        window_today: "今日", window_month: "本月", window_week: "本周",
        void_by: "作废：{0}", no_card: "无评分卡",
        units: ["天", "时", "分", "秒"], gap: "",
    },
};

/* "today" has a word, "1h" speaks for itself. */
export const windowName = name => words[language]["window_" + name] ?? name;

let language = "en";

export function setLanguage(name) {
    language = name in words ? name : "en";
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-word]")) {
        element.textContent = say(element.dataset.word);
    }
    for (const element of document.querySelectorAll("[data-hint]")) {
        element.title = say(element.dataset.hint);
    }
    for (const element of document.querySelectorAll("[data-label]")) {
        element.setAttribute("aria-label", say(element.dataset.label));
    }
}

export const currentLanguage = () => language;

/* {0}, {1} in the phrase are the further arguments. */
export function say(key, ...values) {
    const phrase = words[language][key] ?? key;
    return typeof phrase === "string" ? phrase.replace(/\{(\d)\}/g, (_, i) => values[i]) : phrase;
}

/* The two largest units that say something; seconds only below an hour. */
export function duration(ms) {
    if (ms === null || ms === undefined) {
        return "–";
    }
    const sizes = [86400, 3600, 60, 1];
    let left = Math.round(Math.abs(ms) / 1000);
    const first = Math.max(0, sizes.findIndex(size => left >= size));
    if (left === 0) {
        return "0" + words[language].gap + words[language].units[3];
    }
    const parts = [];
    for (let i = first; i < Math.min(first + 2, 4); i++) {
        const n = Math.floor(left / sizes[i]);
        left -= n * sizes[i];
        if (n > 0 || parts.length === 0) {
            parts.push(n + words[language].units[i]);
        }
    }
    return (ms < 0 ? "−" : "") + parts.join(words[language].gap);
}

/* For tables: whole minutes from a minute on. */
export function short(ms) {
    return ms === null || ms === undefined || ms < 60000 ? duration(ms) : duration(Math.round(ms / 60000) * 60000);
}

/* Rounded down: 99.96 % in time is not all of them. */
export const percent = share => share === null || share === undefined ? "–"
    : (Math.floor(share * 1000 + 1e-9) / 10).toFixed(share === 1 || share === 0 ? 0 : 1) + "%";
export const count = n => n === null || n === undefined ? "–" : n.toLocaleString(language === "zh" ? "zh-CN" : "en");
export const clockTime = (at, seconds) => new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB",
    {hour: "2-digit", minute: "2-digit", ...(seconds ? {second: "2-digit"} : {})}).format(at);

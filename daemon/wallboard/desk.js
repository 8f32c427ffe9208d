/* The desk as the page knows it: questions to the daemon, its stream, which is joined again whenever
 * it ends, and what came in by both. Who draws it is told by on.changed(). */

export const desk = {
    kpi: new Map(), /* "team/billing" -> snapshot, its windows merged */
    cards: new Map(), /* "team/billing" -> scorecard */
    past: new Map(), /* "team/billing" -> [[time, score], …] of the last hour */
    alerts: new Map(), /* alert_id -> alert */
    trend: null,
    day: "", hour: "", /* windows */
    run: "", heard: 0, standby: false, cutSince: null, team: "",
};

const reserved = name => name.startsWith("(");
export const window_ = (snapshot, which) => snapshot?.windows?.[which] ?? {};
export const focus = () => desk.kpi.get(desk.team ? "team/" + desk.team : "all/-");

export function ranked(scope) {
    return [...desk.kpi.values()].filter(s => s.scope === scope && !reserved(s.name));
}

/* Who draws: changed(); cut(), the stream has ended; refused(), a promise of another token. */
let drawer = null;

/* --- questions and the stream -------------------------------------------------------------- */

let token = sessionStorage.getItem("token") ?? "";

/* A kiosk opens /#token=...; it does not stay in the address. */
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
    setToken(given);
    history.replaceState(null, "", location.pathname + location.search);
}

export function setToken(text) {
    token = text;
    sessionStorage.setItem("token", text);
}

export class Refused extends Error {}

function headers(more = {}) {
    return token ? {Authorization: "Bearer " + token, ...more} : more;
}

/* The messages that a query is answered with. */
export async function ask(path, args = {}) {
    const url = "api/v1/" + path + "?" + new URLSearchParams(args);
    const response = await fetch(url, {headers: headers(), cache: "no-store"});
    if (response.status === 401) {
        throw new Refused();
    }
    const body = await response.json();
    if (!response.ok) {
        throw new Error(body.error);
    }
    return body.answers ?? body;
}

/* A browser keeps a page that was left, and its stream with it, and has six connections to us: so the
 * stream ends with the page. One that is shown again begins anew. */
let current = null;
addEventListener("pagehide", () => current?.abort());
addEventListener("pageshow", event => event.persisted && location.reload());

/* Server-Sent Events: calls event(kind, data) for each, until the stream ends or says nothing for
 * so long that the connection must be dead. */
async function read(url, lastId, silence, event) {
    const abort = new AbortController();
    current = abort;
    let timer = setTimeout(() => abort.abort(), silence);
    const response = await fetch(url, {
        headers: headers(lastId.value ? {"Last-Event-ID": lastId.value} : {}),
        cache: "no-store", signal: abort.signal,
    });
    if (response.status === 401) {
        clearTimeout(timer);
        throw new Refused();
    }
    if (!response.ok) {
        clearTimeout(timer);
        throw new Error("status " + response.status);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", kind = "message", data = [];
    try {
        for (;;) {
            const {value, done} = await reader.read();
            if (done) {
                return;
            }
            clearTimeout(timer);
            timer = setTimeout(() => abort.abort(), silence);
            const lines = (rest + value).split("\n");
            rest = lines.pop();
            for (const line of lines) {
                if (line === "") {
                    if (data.length > 0) {
                        event(kind, JSON.parse(data.join("\n")));
                    }
                    kind = "message";
                    data = [];
                } else if (line.startsWith("event: ")) {
                    kind = line.slice(7);
                } else if (line.startsWith("data: ")) {
                    data.push(line.slice(6));
                } else if (line.startsWith("id: ")) {
                    lastId.value = line.slice(4);
                }
            }
        }
    } finally {
        clearTimeout(timer);
        abort.abort();
    }
}

const pause = ms => new Promise(done => setTimeout(done, ms));

/* For ever. on.event(kind, data), on.cut() when it ended, on.refused() when the token is wrong:
 * then it goes on after on.refused's promise. */
async function stay(query, on) {
    const lastId = {value: ""};
    let wait = 1000;
    for (;;) {
        try {
            await read("api/v1/stream?" + query(), lastId, 15000, (kind, data) => {
                wait = 1000;
                on.event(kind, data);
            });
        } catch (error) {
            if (error instanceof Refused) {
                await on.refused();
                continue;
            }
        }
        on.cut();
        await pause(wait);
        wait = Math.min(wait * 1.6, 10000);
    }
}

/* --- messages in -------------------------------------------------------------------------- */

function takeSnapshot(message) {
    const key = message.scope + "/" + message.name;
    const before = desk.kpi.get(key);
    if (before && before.run === message.run) {
        message.windows = {...before.windows, ...message.windows};
    }
    desk.kpi.set(key, message);
}

function takeCard(message) {
    const key = message.scope + "/" + message.name;
    const now = message.at, shown = desk.cards.get(key);
    if (shown && shown.card !== message.card && shown.card < message.card) {
        return; /* several cards for one name: the first by its id is shown */
    }
    desk.cards.set(key, message);
    const past = shown?.card === message.card ? desk.past.get(key) ?? [] : []; /* scores of one card */
    if (message.score !== null && (past.length === 0 || now - past.at(-1)[0] >= 60000)) {
        past.push([now, message.score]);
    }
    while (past.length > 1 && now - past[0][0] > 3600000) {
        past.shift();
    }
    desk.past.set(key, past);
}

function takeAlert(message) {
    const before = desk.alerts.get(message.alert_id);
    if (before && before.rev >= message.rev) {
        return;
    }
    desk.alerts.set(message.alert_id, message);
    if (desk.alerts.size > 600) { /* the oldest that are over make room */
        const over = [...desk.alerts.values()].filter(a => a.ended_at !== undefined).sort((a, b) => a.ended_at - b.ended_at);
        over.slice(0, 200).forEach(a => desk.alerts.delete(a.alert_id));
    }
}

/* A standby publishes nothing: what it shows is what it was asked for. */
function takeRole(standby) {
    if (desk.standby && !standby) {
        load().catch(cutOff);
    }
    desk.standby = standby;
}

function take(stream, {message}) {
    desk.heard = Date.now();
    if (stream === "sys") {
        takeRole(message.role === "standby");
    } else if (stream === "kpi" && message.scope) {
        takeSnapshot(message);
    } else if (stream === "score") {
        takeCard(message);
    } else if (stream === "alert") {
        takeAlert(message);
    }
    drawer.changed();
}

/* All that holds now. To be asked for after the stream is there, so that nothing falls between. */
async function load() {
    if (desk.day === "") {
        await chooseWindows();
    }
    const before = [...desk.alerts.values()].filter(a => a.ended_at === undefined);
    const active = await ask("alerts", {active: "true"});
    for (const {alert_id} of before) { /* what ended while we were away is not told again */
        if (!active.some(a => a.message?.alert_id === alert_id)) {
            desk.alerts.delete(alert_id);
        }
    }
    active.forEach(a => takeAlert(a.message));
    for (const window of new Set([desk.day, desk.hour])) {
        (await ask("snapshot", {window})).forEach(a => takeSnapshot(a.message));
    }
    (await ask("scorecard")).forEach(a => takeCard(a.message));
    await loadTrend();
    desk.heard = Date.now();
    desk.cutSince = null;
    drawer.changed();
}

export async function loadTrend() {
    desk.trend = await ask("trend", desk.team ? {team: desk.team} : {});
    drawer.changed();
}

/* Today if it is kept, else a day, else the longest; and an hour for what is going on. */
async function chooseWindows() {
    const [all] = await ask("snapshot", {scope: "all"});
    const kept = Object.keys(all.message.windows);
    desk.day = ["today", "24h", kept.at(-1)].find(w => kept.includes(w));
    desk.hour = ["1h", desk.day].find(w => kept.includes(w));
}

/* --- what is kept, in order --------------------------------------------------------------- */

/* Against half an hour ago: of scores what the page saw, else this hour against the day. */
export function direction(snapshot, value) {
    const past = desk.past.get(snapshot.scope + "/" + snapshot.name) ?? [];
    const card = desk.cards.get(snapshot.scope + "/" + snapshot.name);
    if (value === null) {
        return 0;
    }
    if (card) {
        const old = past.findLast(([at]) => card.at - at >= 1800000) ?? past[0];
        return old ? Math.sign(Math.round((value - old[1]) * 10)) : 0;
    }
    const hour = window_(snapshot, desk.hour).first_response?.attainment;
    return hour === undefined || hour === null ? 0 : Math.sign(Math.round(hour * 100 - value));
}

function concerns(alert) {
    return !desk.team || alert.team === desk.team || (alert.scope === "team" && alert.name === desk.team);
}

export function shownAlerts() {
    const all = [...desk.alerts.values()].filter(concerns);
    const active = all.filter(a => a.ended_at === undefined).sort((a, b) => (b.state === "breached") - (a.state === "breached") || b.since - a.since);
    const over = all.filter(a => a.ended_at !== undefined).sort((a, b) => b.ended_at - a.ended_at).slice(0, 8);
    return [active, [...active.slice(0, 60), ...over]];
}

/* --- for ever ----------------------------------------------------------------------------- */

function cutOff() {
    desk.cutSince ??= desk.heard || Date.now();
    drawer.cut();
}

/* Follows the daemon for ever. */
export function follow(who) {
    drawer = who;
    const prefixes = ["alert.", "kpi.all.", "kpi.team.", "kpi.agent.", "kpi.category.", "score.", "sys.heartbeat."];
    const query = () => [...prefixes.map(p => "prefix=" + p), ...[...new Set([desk.day, desk.hour])].filter(w => w).map(w => "window=" + w)].join("&");
    let joined = 0;
    const join = (which, wait = 1000) => load().catch(error => {
        if (!(error instanceof Refused) && which === joined) { /* busy, or cut off meanwhile */
            console.info("asked in vain: " + error.message);
            setTimeout(() => which === joined && desk.cutSince === null && join(which, Math.min(wait * 2, 15000)), wait);
        }
    });
    const event = (kind, data) => {
        if (kind !== "hello") {
            take(kind, data);
            return;
        }
        if (data.run !== desk.run) { /* another run of the daemon: what we knew of the old one is void */
            desk.kpi.clear();
            desk.cards.clear();
            desk.alerts.clear();
            desk.run = data.run;
        }
        joined++;
        join(joined);
    };
    const refused = () => {
        desk.cutSince = null;
        return drawer.refused();
    };
    chooseWindows().catch(error => error instanceof Refused ? refused() : undefined)
        .finally(() => stay(query, {event, cut: cutOff, refused}));
    setInterval(() => {
        if (desk.cutSince === null && desk.heard && Date.now() - desk.heard > 6000) {
            cutOff(); /* the stream stands, but not even the heartbeat of every second comes */
        }
    }, 1000);
    setInterval(() => desk.cutSince === null && desk.heard && (desk.standby ? load() : loadTrend()).catch(() => {}), 60000);
}

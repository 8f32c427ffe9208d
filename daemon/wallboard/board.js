/* The wallboard: draws what desk.js keeps, at most twice a second. Texts of others
 * get into the page as textContent only. */
import {desk, ask, follow, focus, ranked, window_, direction, shownAlerts, loadTrend, setToken} from "./desk.js";
import {say, setLanguage, currentLanguage, duration, short, percent, count, clockTime, windowName} from "./words.js";

const address = new URLSearchParams(location.search);
const $ = id => document.getElementById(id);

/* --- small pieces ------------------------------------------------------------------------- */

/* What nobody sees, or what turns a line around, is seen: a name cannot look like another one. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
const seen = text => String(text).replace(unseen, "?");

function element(name, className, text) {
    const e = document.createElement(name);
    if (className) {
        e.className = className;
    }
    if (text !== undefined) {
        e.textContent = seen(text);
    }
    return e;
}

/* --- tiles -------------------------------------------------------------------------------- */

function judge(share) {
    return share === undefined || share === null ? "" : share >= 0.9 ? "good" : share >= 0.8 ? "warn" : "bad";
}

function tilesOf(snapshot) {
    const now = snapshot?.now ?? {}, day = window_(snapshot, desk.day);
    const first = day.first_response ?? {}, calls = day.service_level, csat = day.csat;
    const judged = (first.met ?? 0) + (first.missed ?? 0);
    const tiles = [
        ["tile_waiting", count(now.waiting), say("of_open", count(now.open)), ""],
        ["tile_oldest", now.oldest_waiting ? duration(now.oldest_waiting.ms) : "–", now.oldest_waiting ? say("ticket", now.oldest_waiting.ticket) : "", ""],
        ["tile_p50", duration(first.p50), first.n ? say("samples", count(first.n)) : "", ""],
        ["tile_p90", duration(first.p90), windowName(desk.day), ""],
        ["tile_attainment", percent(first.attainment), judged === 0 ? "" : first.target ? say("judged", count(judged), duration(first.target)) : say("judged_policy", count(judged)), judge(first.attainment)],
        ["tile_breaches", count(now.breached_open), now.at_risk ? say("at_risk", count(now.at_risk)) : "", now.breached_open > 0 ? "bad" : "good"],
    ];
    if (calls) {
        tiles.push(["tile_service", percent(calls.value), say("calls", count(calls.den)), judge(calls.value)]);
    } else if (csat?.n) {
        tiles.push(["tile_csat", csat.mean.toFixed(2), say("ratings", count(csat.n)), ""]);
    }
    if (presenceTold()) {
        const known = now.agents_available + now.agents_busy + now.agents_wrap_up + now.agents_break;
        tiles.push(["tile_occupancy", percent(day.occupancy?.value), say("available_of", count(now.agents_available), count(known)), ""]);
    }
    return tiles;
}

/* Does the site send agent_state at all? */
const presenceTold = () => ranked("agent").some(s => s.now.presence);

/* Elements stay, texts change: no flicker, nothing for a screen reader to start anew. */
function drawTiles() {
    const box = $("tiles"), tiles = tilesOf(focus());
    while (box.children.length > tiles.length) {
        box.lastChild.remove();
    }
    tiles.forEach(([word, value, note, verdict], i) => {
        let tile = box.children[i];
        if (!tile) {
            tile = element("article");
            tile.append(element("h2"), element("strong"), element("small"));
            box.append(tile);
        }
        tile.className = "tile " + verdict;
        tile.dataset.tile = word;
        [say(word), value, note].map(seen).forEach((text, k) => {
            if (tile.children[k].textContent !== text) {
                tile.children[k].textContent = text;
            }
        });
    });
}

/* --- rankings ----------------------------------------------------------------------------- */

/* What a name is ranked by: its scorecard, or without one how much it answered in time. */
function standing(snapshot) {
    const card = desk.cards.get(snapshot.scope + "/" + snapshot.name);
    const attainment = window_(snapshot, desk.day).first_response?.attainment;
    if (card && card.score !== null) {
        const gates = card.items.filter(item => item.gate_hit).map(item => item.title ?? item.item);
        const note = [card.grade_text ?? ""].concat(gates.length ? say("void_by", gates.join(", ")) : []);
        return {value: card.score, text: card.score.toFixed(1), note: note.join(" · "), card: card.card, voided: card.voided === true};
    }
    return {card: "", value: attainment === undefined || attainment === null ? null : attainment * 100, text: percent(attainment), note: ""};
}

function rowsOf(scope) {
    let all = ranked(scope);
    const known = all.some(s => s.team);
    if (scope === "agent" && desk.team && known) {
        all = all.filter(s => s.team === desk.team);
    }
    if (scope === "agent") { /* who did nothing today has no place in the ranking */
        all = all.filter(s => window_(s, desk.day).replies || s.now.open || signedIn(s) || desk.cards.has("agent/" + s.name));
    }
    const rows = all.map(snapshot => ({snapshot, ...standing(snapshot)}));
    if (rows.some(r => r.card)) { /* how much was in time is no score */
        rows.filter(r => !r.card).forEach(r => Object.assign(r, {value: null, text: "–"}));
    }
    return rows.sort((a, b) => !a.card - !b.card || a.card.localeCompare(b.card) || !!a.voided - !!b.voided || (b.value ?? -1) - (a.value ?? -1)
        || a.snapshot.name.localeCompare(b.snapshot.name)).slice(0, 200);
}

/* What stands above the rows of one card, where there are several. */
function cardRow(scope, {card, snapshot}) {
    const tr = element("tr", "card"), th = element("th", "", card ? desk.cards.get(scope + "/" + snapshot.name).card_title ?? card : say("no_card"));
    th.colSpan = 6;
    th.scope = "rowgroup";
    tr.append(th);
    return tr;
}

const signedIn = snapshot => (snapshot.now.presence?.state ?? "offline") !== "offline";

/* What he is doing and for how long, as a mark before his name: told by shape, colour and words. */
function presenceMark({state, since}) {
    const mark = element("span", "presence " + state);
    mark.title = say("presence_" + state) + " · " + short(Math.max(0, Date.now() - since));
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", mark.title);
    return mark;
}

function row(scope, {snapshot, value, text, note, voided}, place) { /* a void card has no place */
    const tr = element("tr"), now = snapshot.now, day = window_(snapshot, desk.day);
    if (scope === "team" && snapshot.name === desk.team) {
        tr.className = "chosen";
        tr.setAttribute("aria-current", "true");
    }
    const name = element("td", "name", snapshot.title ?? snapshot.name);
    name.title = seen(snapshot.name);
    if (now.presence) {
        name.prepend(presenceMark(now.presence));
    }
    const score = element("td", "v score", text);
    score.title = seen(note);
    const way = direction(snapshot, value);
    const arrow = element("span", "arrow" + (way > 0 ? " up" : way < 0 ? " down" : ""), value === null ? "" : way > 0 ? "▲" : way < 0 ? "▼" : "→");
    if (value !== null) {
        arrow.setAttribute("role", "img");
        arrow.setAttribute("aria-label", say(way > 0 ? "better" : way < 0 ? "worse" : "same"));
    }
    score.prepend(arrow);
    const waiting = element("td", "v" + (now.breached_open ? " bad" : ""), count(now.waiting));
    const middle = scope === "team" ? short(now.oldest_waiting?.ms) : count(day.replies?.num ?? 0);
    tr.append(element("td", "n", value === null || voided ? "" : String(place)), name, score, waiting,
        element("td", "v wide", middle), element("td", "v wide", short(day.first_response?.p90)));
    return tr;
}

/* How many are doing what, beside the agents' heading. */
function drawPresence() {
    const told = presenceTold(), now = focus()?.now ?? {};
    $("agents").classList.toggle("told", told);
    $("presence").textContent = told ? "· " + say("presences", count(now.agents_available), count(now.agents_busy), count(now.agents_wrap_up), count(now.agents_break)) : "";
}

function drawRanks(scope, table) {
    const rows = rowsOf(scope);
    const body = table.tBodies[0];
    const scored = rows.some(r => r.card), cards = new Set(rows.map(r => r.card).filter(card => card));
    table.tHead.rows[0].cells[2].textContent = say(scored ? "score" : "in_time");
    let first = 0, place = 0;
    const drawn = rows.flatMap((r, i) => { /* each card has its own ranking */
        const begins = i === 0 || rows[i - 1].card !== r.card;
        first = begins ? i : first;
        const tie = !begins && (r.card ? rows[i - 1].value === r.value : rows[i - 1].text === r.text);
        place = tie ? place : i - first + 1;
        return [...begins && cards.size > 1 ? [cardRow(scope, r)] : [], row(scope, r, place)];
    });
    if (drawn.length === 0) {
        const tr = element("tr"), td = element("td", "empty", say("nothing"));
        td.colSpan = 6;
        tr.append(td);
        drawn.push(tr);
    }
    body.replaceChildren(...drawn);
}

function drawTeams() {
    const select = $("team");
    const names = ranked("team").map(s => s.name).sort((a, b) => a.localeCompare(b));
    if (desk.team && !names.includes(desk.team)) {
        names.unshift(desk.team);
    }
    const wanted = ["", ...names];
    if ([...select.options].map(o => o.value).join("\n") !== wanted.join("\n") || select.options[0]?.textContent !== say("all")) {
        select.replaceChildren(...wanted.map(name => {
            const option = element("option", "", name === "" ? say("all") : name);
            option.value = name;
            return option;
        }));
    }
    select.value = desk.team;
    $("title").textContent = seen(desk.team) || "TicketPulse";
    document.title = (desk.team ? seen(desk.team) + " · " : "") + "TicketPulse";
}

/* --- breaches ----------------------------------------------------------------------------- */

function figure(alert, value) {
    if (value === null || value === undefined) {
        return "–";
    }
    if (alert.unit !== undefined && alert.trend !== "relative") { /* one of the site's own */
        const unit = alert.unit;
        return unit === "%" && alert.field === "value" ? percent(value) : count(value) + (/^[\x21-\x7e€£¥]/.test(unit) && unit !== "%" ? " " : "") + unit;
    }
    const ms = /^(oldest_|longest_)/.test(alert.metric) || /^(mean|min|max|p\d+)$/.test(alert.field) && !/^csat/.test(alert.metric);
    return ms ? duration(value) : /^(attainment|value)$/.test(alert.field) && Math.abs(value) <= 1 && value % 1 !== 0 ? percent(value) : count(value);
}

async function explain(alert, box) {
    box.replaceChildren(element("li", "", say("loading")));
    try {
        const lines = alert.kind === "sla" ? clockLines(alert, await ask("explain", {ticket: alert.ticket})) : [
            say("value", figure(alert, alert.value), alert.kind === "score" && Math.round(alert.threshold * 100) % 100 === 99 ? "< " + count(Math.ceil(alert.threshold)) : figure(alert, alert.threshold)), say("n", count(alert.n)),
            ...(alert.window ? [say("window", windowName(alert.window))] : []),
            ...Object.entries(alert.labels ?? {}).map(([key, text]) => key + ": " + text)];
        box.replaceChildren(...lines.map(line => element("li", "", line)));
    } catch {
        box.replaceChildren(element("li", "", say("unknown")));
    }
}

/* Whose time it was, when the clock stood still, and how it stands. */
function clockLines(alert, answers) {
    const clock = answers[0].message.clocks.find(c => c.metric === alert.metric && c.instance === alert.instance);
    const lines = [];
    if (clock) {
        lines.push(say("clock", say(alert.metric), say("state_" + clock.state), duration(clock.elapsed_ms), duration(clock.target_ms)));
    }
    for (const {message} of answers.slice(1)) {
        for (const item of message.items) {
            if (item.metric !== alert.metric || item.instance !== alert.instance) {
                continue;
            }
            if (item.kind === "interval") {
                lines.push(clockTime(item.from) + "–" + clockTime(item.to) + "  " + say("had", item.agent ?? item.team ?? say("nobody"), duration(item.counted_ms)));
            } else if (item.kind === "pause") {
                lines.push(clockTime(item.from) + "–" + clockTime(item.to) + "  " + say("paused", duration(item.to - item.from)));
            } else if (item.kind === "retarget") {
                lines.push(clockTime(item.at) + "  " + say("retarget", duration(item.target_ms)));
            }
        }
    }
    return lines.length > 0 ? lines : [say("unknown")];
}

function alertItem(alert) {
    const item = element("li", alert.ended_at !== undefined ? "over" : alert.severity);
    item.dataset.id = alert.alert_id + "/" + alert.rev + "/" + currentLanguage();
    const head = element("div", "head");
    const when = element("span", "when");
    when.dataset.since = alert.ended_at ?? alert.since;
    head.append(element("span", "what", (alert.ended_at !== undefined ? say(alert.state) + ": " : "") + alert.text), when);
    const who = [...new Set([alert.team ?? (alert.scope === "team" ? alert.name : undefined), alert.agent, alert.customer, alert.priority])]
        .filter(x => x && x !== "-").join(" · ");
    const why = element("details"), lines = element("ul", "why");
    why.append(element("summary", "", say("why")), lines);
    why.addEventListener("toggle", () => why.open && explain(alert, lines));
    item.append(head, ...(who ? [element("div", "who", who)] : []), why);
    return item;
}

/* Items that stay are moved, not made anew: an open "why" stays open. */
function drawAlerts() {
    const [active, shown] = shownAlerts();
    const list = $("alerts");
    $("breach-count").textContent = active.length > 0 ? "· " + count(active.length) : "";
    const have = new Map([...list.children].map(item => [item.dataset.id, item]));
    const items = shown.map(a => have.get(a.alert_id + "/" + a.rev + "/" + currentLanguage()) ?? alertItem(a));
    if (items.length === 0) {
        items.push(have.get("none/" + currentLanguage()) ?? Object.assign(element("li", "over", say("no_alerts"))));
        items[0].dataset.id = "none/" + currentLanguage();
    }
    if (items.length !== list.children.length || items.some((item, i) => item !== list.children[i])) {
        list.replaceChildren(...items);
    }
    for (const when of list.querySelectorAll(".when")) {
        when.textContent = say("since", short(Math.max(0, Date.now() - when.dataset.since)));
    }
}

/* --- categories --------------------------------------------------------------------------- */

function drawMix() {
    $("mix").querySelector("h2").textContent = say(desk.team ? "mix_all" : "mix");
    const all = ranked("category").map(s => [s.name, window_(s, desk.day).opened?.num ?? 0])
        .filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
    const most = all.length > 0 ? all[0][1] : 1, total = all.reduce((sum, [, n]) => sum + n, 0);
    const rows = all.slice(0, 7).flatMap(([name, n]) => {
        const bar = element("dd", "bar"), fill = element("i");
        fill.style.width = n / most * 100 + "%";
        bar.setAttribute("aria-hidden", "true");
        bar.append(fill);
        return [element("dt", "", name), bar, element("dd", "v", count(n) + " · " + percent(n / total))];
    });
    $("categories").replaceChildren(...(rows.length > 0 ? rows : [element("dd", "empty", say("nothing"))]));
}

/* The day's lines, and the numbers of this moment as their last point. */
function trendNow() {
    const snapshot = focus(), hour = window_(snapshot, desk.hour).first_response;
    if (!desk.trend || !snapshot) {
        return desk.trend;
    }
    const {open, waiting, first_response_p90, first_response_attainment} = desk.trend;
    return {
        ...desk.trend, open: [...open, snapshot.now.open], waiting: [...waiting, snapshot.now.waiting],
        first_response_p90: [...first_response_p90, hour?.p90 ?? null],
        first_response_attainment: [...first_response_attainment, hour?.attainment ?? null],
        from: desk.trend.from || Date.now(),
    };
}

/* --- charts, with Chart.js ---------------------------------------------------------------- */

const charts = {};

function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/* A line needs two points: one without a neighbour is a dot. */
const alone = ({dataset: {data}, dataIndex: i}) => (data[i - 1] ?? null) === null && (data[i + 1] ?? null) === null ? 3 : 0;

function line(axis, hue, fill) {
    return {data: [], yAxisID: axis, borderColor: color(hue), backgroundColor: color(hue) + "2e", fill,
        borderWidth: 2.5, pointRadius: alone, pointHitRadius: 12, cubicInterpolationMode: "monotone", spanGaps: false};
}

function axis(side, write, more = {}) {
    return {position: side, beginAtZero: true, border: {display: false}, grid: {color: color("--line"), drawOnChartArea: side === "left", drawBorder: false},
        ticks: {color: color("--soft"), maxTicksLimit: 5, callback: write, font: {size: fontSize()}}, ...more};
}

function fontSize() {
    return 0.82 * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function make(id, datasets, scales, write) {
    return new Chart(document.getElementById(id), {
        type: "line",
        data: {labels: [], datasets},
        options: {
            animation: false, responsive: true, maintainAspectRatio: false, interaction: {mode: "index", intersect: false},
            scales: {x: {grid: {display: false, drawBorder: false}, ticks: {color: color("--soft"), maxRotation: 0, autoSkip: true, maxTicksLimit: 9, font: {size: fontSize()}}}, ...scales},
            plugins: {
                legend: {position: "top", align: "end", labels: {color: color("--text"), boxWidth: 14, boxHeight: 3, font: {size: fontSize()}}},
                tooltip: {callbacks: {label: item => item.dataset.label + ": " + write(item.datasetIndex, item.raw)}},
            },
        },
    });
}

/* After the theme has changed everything is drawn anew. */
function chartColors() {
    for (const id of Object.keys(charts)) {
        charts[id].destroy();
        delete charts[id];
    }
}

function update(id, labels, series) {
    const chart = charts[id];
    const changed = JSON.stringify([labels, series.map(s => s.data), series.map(s => s.label)]);
    if (chart.shown === changed) {
        return;
    }
    chart.shown = changed;
    chart.data.labels = labels;
    series.forEach((s, i) => Object.assign(chart.data.datasets[i], s));
    chart.update("none");
    const last = data => data.findLast(v => v !== null);
    chart.canvas.setAttribute("aria-label", series.map(s => s.label + ": " + (last(s.data) === undefined ? "–" : s.write(last(s.data)))).join("; "));
}

function drawCharts(trend) {
    if (!trend || typeof Chart === "undefined") {
        return;
    }
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    charts.load ??= make("load", [line("y", "--accent", true), line("y", "--warn", false)], {y: axis("left", v => v, {ticks: {color: color("--soft"), precision: 0, maxTicksLimit: 5, font: {size: fontSize()}}})}, (i, v) => v);
    charts.speed ??= make("speed", [line("y", "--accent", false), line("share", "--good", false)],
        {y: axis("left", v => short(v)), share: axis("right", v => percent(v), {max: 1})}, (i, v) => i === 0 ? duration(v) : percent(v));
    const labels = trend.open.map((_, i) => clockTime(trend.from + i * trend.step_ms));
    update("load", labels, [{label: say("open_line"), data: trend.open, write: v => v}, {label: say("waiting_line"), data: trend.waiting, write: v => v}]);
    update("speed", labels, [{label: say("p90_line"), data: trend.first_response_p90, write: duration}, {label: say("in_time_line"), data: trend.first_response_attainment, write: percent}]);
}

/* --- the whole ---------------------------------------------------------------------------- */

function drawState() {
    const behind = focus()?.quality?.behind_ms ?? 0;
    const cut = desk.cutSince !== null, late = !cut && behind > 60000;
    $("state").className = "state " + (cut ? "cut" : late || desk.standby ? "late" : desk.heard ? "live" : "");
    const text = say(cut ? "cut" : late ? "late" : desk.standby ? "standby" : desk.heard ? "live" : "connecting");
    if ($("state-text").textContent !== text) {
        $("state-text").textContent = text;
    }
    document.body.classList.toggle("cut", cut && desk.heard > 0);
    const banner = $("banner");
    const said = cut ? say("cut_since", clockTime(desk.cutSince, true)) : late ? say("late_by", duration(behind)) : desk.standby ? say("standby_says") : "";
    if (banner.textContent !== said) {
        banner.textContent = said;
    }
    banner.hidden = said === "";
    banner.classList.toggle("late", late || desk.standby);
    $("clock").textContent = clockTime(Date.now());
}

let pending = false;

function changed() {
    if (!pending) {
        pending = true;
        setTimeout(draw, 400);
    }
}

function draw() {
    pending = false;
    drawState();
    drawTeams();
    drawTiles();
    drawRanks("team", document.querySelector("#teams table"));
    drawPresence();
    drawRanks("agent", document.querySelector("#agents table"));
    drawAlerts();
    drawMix();
    drawCharts(trendNow());
}

function setTheme(name) {
    document.documentElement.dataset.theme = name;
    localStorage.setItem("theme", name);
    chartColors();
    changed();
}

function remember(key, value) {
    if (value) {
        address.set(key, value);
    } else {
        address.delete(key);
    }
    const query = address.toString();
    history.replaceState(null, "", location.pathname + (query ? "?" + query : ""));
}

/* Shows the form, and waits for a token. */
function askToken() {
    const form = $("ask");
    form.hidden = false;
    $("token").focus();
    return new Promise(done => form.addEventListener("submit", submit => {
        submit.preventDefault();
        setToken($("token").value);
        form.hidden = true;
        done();
    }, {once: true}));
}

function start() {
    desk.team = address.get("team") ?? "";
    setLanguage(address.get("lang") ?? localStorage.getItem("lang") ?? navigator.language.slice(0, 2));
    setTheme(address.get("theme") ?? localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
    $("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
    $("lang").addEventListener("click", () => {
        setLanguage(currentLanguage() === "en" ? "zh" : "en");
        localStorage.setItem("lang", currentLanguage());
        draw();
    });
    $("team").addEventListener("change", () => {
        desk.team = $("team").value;
        remember("team", desk.team);
        changed();
        loadTrend().catch(() => {}); /* the stream tells when we are cut off */
    });
    draw();
    setInterval(draw, 5000);
    follow({changed, cut: drawState, refused: askToken});
}

start();

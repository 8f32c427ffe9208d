/* The trend lines of the day, with Chart.js. */
import {say, duration, short, percent, clockTime} from "./words.js";

const charts = {};

function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function line(axis, hue, fill) {
    return {data: [], yAxisID: axis, borderColor: color(hue), backgroundColor: color(hue) + "2e", fill,
        borderWidth: 2.5, pointRadius: 0, pointHitRadius: 12, cubicInterpolationMode: "monotone", spanGaps: false};
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
export function chartColors() {
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
    const pointRadius = labels.length < 4 ? 3 : 0; /* a line needs two points */
    series.forEach((s, i) => Object.assign(chart.data.datasets[i], s, {pointRadius}));
    chart.update("none");
    const last = data => data.findLast(v => v !== null);
    chart.canvas.setAttribute("aria-label", series.map(s => s.label + ": " + (last(s.data) === undefined ? "–" : s.write(last(s.data)))).join("; "));
}

export function drawCharts(trend) {
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

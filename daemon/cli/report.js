"use strict";
/* Draws each chart from the table behind it: the first column says where, the columns marked
 * data-drawn are the series, data-v their values. Then the tables are folded away. */
(() => {
    const chinese = document.documentElement.lang.startsWith("zh");
    const units = [[86400000, "d", "天"], [3600000, "h", "小时"], [60000, "m", "分"],
        [1000, "s", "秒"], [1, "ms", "毫秒"]];
    const charts = [];

    function duration(ms) {
        if (ms === 0) {
            return "0";
        }
        const at = Math.max(0, units.findIndex(([size]) => Math.abs(ms) >= size));
        const [size, english, chineseName] = units[at];
        const whole = Math.trunc(ms / size);
        const next = units[at + 1];
        const rest = next ? Math.trunc((ms % size) / next[0]) : 0;
        const text = whole + (chinese ? chineseName : english);
        return rest ? text + (chinese ? "" : " ") + rest + (chinese ? next[2] : next[1]) : text;
    }

    const written = {
        ms: duration,
        share: v => +(v * 100).toFixed(1) + "%",
        count: v => +v.toFixed(2),
    };

    function read(figure) {
        const table = figure.querySelector("table"); /* what is folded away is not drawn */
        const heads = [...table.tHead.rows[0].cells];
        const rows = [...table.tBodies[0].rows].map(row => [...row.cells]);
        const text = cell => cell.firstChild ? cell.firstChild.textContent : "";
        const series = heads.map((head, at) => ({head, at}))
            .filter(({head}) => head.dataset.drawn !== undefined)
            .map(({head, at}) => ({
                key: head.dataset.drawn, label: head.textContent,
                data: rows.map(row => row[at].dataset.v === undefined ? null : +row[at].dataset.v),
                text: rows.map(row => text(row[at])),
                flagged: rows.map(row => row[at].classList.contains("flag")),
            }));
        return {
            labels: rows.map(row => text(row[0])),
            series: series.filter(one => one.data.some(v => v !== null)),
        };
    }

    function palette() {
        const style = getComputedStyle(document.documentElement);
        const color = name => style.getPropertyValue(name).trim();
        return {
            ink: color("--ink"), soft: color("--soft"), line: color("--line"), flag: color("--flag"),
            series: ["--s1", "--s2", "--s3", "--s4", "--s5"].map(color),
        };
    }

    /* Lengths that people use, for the ticks of a logarithmic axis. */
    const lengths = [1, 2, 5, 10, 20, 30].map(v => v * 1000)
        .concat([1, 2, 5, 10, 20, 30].map(v => v * 60000), [1, 2, 4, 8].map(v => v * 3600000),
            [1, 2, 4, 7, 14, 30, 60, 180, 365].map(v => v * 86400000));

    function scale(figure, data, colors, along) {
        const write = written[figure.dataset.unit];
        const axis = {
            ticks: {color: colors.soft, callback: v => write(v)},
            grid: {color: colors.line},
        };
        if (figure.dataset.log !== undefined) {
            const all = data.series.flatMap(one => one.data).filter(v => v > 0);
            axis.type = "logarithmic";
            axis.min = Math.max(500, Math.min(...all) * 0.7);
            axis.max = Math.max(...all) * 1.4;
            axis.afterBuildTicks = built => {
                const fit = lengths.filter(v => v >= built.min && v <= built.max);
                const every = Math.ceil(fit.length / 8);
                built.ticks = fit.filter((v, i) => i % every === 0).map(value => ({value}));
            };
        } else {
            axis.beginAtZero = true;
            if (figure.dataset.low !== undefined) {
                [axis.min, axis.max] = [+figure.dataset.low, +figure.dataset.high];
            }
            if (figure.dataset.unit === "ms") {
                axis.afterBuildTicks = built => {
                    const size = units.map(([unit]) => unit).find(unit => built.max >= 2 * unit);
                    const step = Math.max(1, Math.ceil(built.max / size / 6)) * size;
                    built.ticks = [];
                    for (let value = 0; value <= built.max && size; value += step) {
                        built.ticks.push({value});
                    }
                };
            }
        }
        const names = {
            ticks: {color: colors.soft, autoSkip: along === "x", autoSkipPadding: 14, maxRotation: 0},
            grid: {display: false},
        };
        return along === "x" ? {x: names, y: axis} : {x: axis, y: names};
    }

    function datasets(kind, data, colors) {
        if (kind === "line") {
            return data.series.map((one, i) => ({
                label: one.label, data: one.data, borderColor: colors.series[i % 5],
                backgroundColor: colors.series[i % 5], borderWidth: 2,
                pointRadius: data.labels.length > 40 ? 1 : 2.5, tension: 0, spanGaps: false,
            }));
        }
        if (kind === "band") {
            const [low, middle, high] = data.series;
            return [{
                type: "line", label: middle.label, data: middle.data, showLine: false,
                pointRadius: 4, pointStyle: "rectRot", borderColor: colors.ink,
                backgroundColor: colors.ink, text: middle.text,
            }, {
                type: "bar", label: low.label + " – " + high.label,
                data: low.data.map((v, i) => v === null ? null : [v, high.data[i]]),
                backgroundColor: colors.series[0] + "99", borderRadius: 3, borderSkipped: false,
                text: low.text.map((v, i) => v + " – " + high.text[i]),
            }];
        }
        const quiet = {baseline: colors.line, target: colors.soft};
        return data.series.map(one => ({
            label: one.label, data: one.data, borderRadius: 3, text: one.text,
            backgroundColor: one.flagged.map(flag => flag ? colors.flag
                : quiet[one.key] || colors.series[0]),
        }));
    }

    function draw(figure) {
        const kind = figure.dataset.chart;
        const data = read(figure);
        const lying = kind === "bars" || kind === "goals";
        const many = data.labels.length * (kind === "goals" ? data.series.length : 1);
        const plot = figure.querySelector(".plot");
        const canvas = document.createElement("canvas");
        const narrow = plot.clientWidth < 520;
        plot.style.height = lying ? 60 + many * (kind === "goals" ? 18 : 26) + "px"
            : narrow ? "240px" : "300px";
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", figure.querySelector("figcaption").textContent);
        plot.replaceChildren(canvas);
        const colors = palette();
        return new Chart(canvas, {
            type: kind === "line" ? "line" : "bar",
            data: {labels: data.labels, datasets: datasets(kind, data, colors)},
            options: {
                animation: false, maintainAspectRatio: false, indexAxis: lying ? "y" : "x",
                interaction: {mode: "index", intersect: false, axis: lying ? "y" : "x"},
                scales: scale(figure, data, colors, lying ? "y" : "x"),
                plugins: {
                    legend: {
                        display: data.series.length > 1,
                        labels: {color: colors.ink, boxWidth: 14, usePointStyle: kind === "band"},
                    },
                    tooltip: {
                        callbacks: {
                            label: item => item.dataset.label + ": " + (item.dataset.text
                                ? item.dataset.text[item.dataIndex]
                                : written[figure.dataset.unit](item.raw)),
                        },
                    },
                },
            },
        });
    }

    function drawAll() {
        charts.splice(0).forEach(chart => chart.destroy());
        document.querySelectorAll("figure.chart").forEach(f => charts.push(draw(f)));
    }

    if (typeof Chart === "undefined") {
        return;
    }
    drawAll();
    document.querySelectorAll("figure.chart > details").forEach(d => { d.open = false; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    for (const [when, printing] of [["beforeprint", true], ["afterprint", false]]) {
        addEventListener(when, () => {
            document.documentElement.classList.toggle("printing", printing);
            drawAll();
        });
    }
})();

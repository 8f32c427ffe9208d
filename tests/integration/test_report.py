"""ticketpulse report: its numbers are those of replay of the same period; its files are safe."""
import csv
import datetime
import functools
import html.parser
import io
import json
import os
import re
import unittest

from companion import run
from reported import DAY, START, Reported, aspects, mixes, numbers, table

SOURCE = os.environ["TP_SOURCE"]
GIVEN = os.path.join(SOURCE, "..", "shared", "data")
CHARTS = "/usr/share/javascript/chart.js/chart.min.js"


class Report(Reported):
    def same_parts(self, want, got, scope, name, least):
        """Every mix has its table, part by part, and so has every aspect."""
        shares = mixes(want, scope, name)
        self.assertGreaterEqual(len(shares), least)
        for key, parts in shares.items():
            rows = {row: (cells[key.split(".")[0] if "." in key else "opened"], cells["share"])
                    for row, cells in got[key].items()}
            self.assertEqual(set(rows), set(parts), key)
            for part, (num, share) in parts.items():
                self.assertEqual(rows[part][0], num, part)
                self.assertAlmostEqual(rows[part][1], share, delta=1e-9, msg=part)
        rated = aspects(want, scope, name)
        self.assertGreaterEqual(len(rated), 2)
        self.assertEqual({row: (round(c["mean"], 9), c["n"]) for row, c in got["aspects"].items()},
                         {aspect: (round(mean, 9), n) for aspect, (mean, n) in rated.items()})

    def test_equals_replay(self):
        """As of its end a period is the window that ends there: the whole, its names, a team."""
        targets = "targets: {first_response: 10m, resolution: 2h, wait: 20s}\n"
        config = self.write("targets.yaml", targets)
        end = START + 7 * DAY
        got = self.report("--config", config, "--from", "2026-01-01", "--to", "2026-01-07",
                          "--as-of", end - 1)
        want = self.replay(end - 1, "7d", extra=targets)
        self.compare(numbers(want), got["indicators"], 60)
        self.same_parts(want, got, "all", "-", 5)
        for team, mine in want["team"].items():
            if "(" in team:
                continue
            one = self.report("--config", config, "--from", "2026-01-01", "--to", "2026-01-07",
                              "--as-of", end - 1, "--team", team)
            self.compare(numbers(want, "team", team), one["indicators"], 40)
            self.same_parts(want, one, "team", team, 3)
            self.assertEqual(one["about"]["filter"]["value"], f"team {team}")
        agents = {name: numbers(want, "agent", name) for name in want["agent"]}
        checked = 0
        for row, cells in got["agents"].items():
            for key, column in (("handled", "handled.num"), ("replies", "replies.num"),
                                ("resolved_tickets", "resolved_tickets.num"),
                                ("first_response", "first_response.p50"),
                                ("csat", "csat.mean")):
                if key in agents[row]:
                    checked += 1
                    self.assertAlmostEqual(cells[column], agents[row][key]["actual"], delta=1)
        self.assertGreater(checked, 60)

    def test_later_events_correct_it(self):
        """As of later, counts are what the longer window has more than the shorter one."""
        as_of = START + 11 * DAY
        got = self.report("--from", "2026-01-01", "--to", "2026-01-07", "--as-of", as_of)
        long, short = (numbers(self.replay(as_of, w)) for w in ("950401s", "345601s"))
        compared = 0
        for wire, fields in long.items():
            row = got["indicators"].get(wire)
            if row is None or wire in ("handled", "customers"):  # distinct: no differences
                continue
            less = short.get(wire, {})
            if set(fields) == {"actual"}:
                compared += 1
                self.assertEqual(row["actual"], fields["actual"] - less.get("actual", 0), wire)
            elif "n" in fields:
                compared += 1
                self.assertEqual(row["n"], fields["n"] - less.get("n", 0), wire)
        self.assertGreater(compared, 20)

    def test_steps_add_up(self):
        got = self.report("--from", "2026-01-01", "--to", "2026-01-09")
        self.assertEqual(len(got["flow"]), 9)
        for column, wire in (("opened", "opened"), ("resolved", "resolved"),
                             ("replies", "replies")):
            total = sum(row[column] for row in got["flow"].values())
            self.assertEqual(total, got["indicators"][wire]["actual"])
        self.assertEqual(sum(row["n"] for row in got["times-hour"].values()),
                         got["indicators"]["first_response"]["n"])
        self.assertAlmostEqual(sum(row["share"] for row in got["categories"].values()), 1)
        day = self.report("--from", "2026-01-03", "--to", "2026-01-03", "--as-of",
                          START + 16 * DAY)["indicators"]
        long = self.report("--from", "2026-01-01", "--to", "2026-01-09", "--as-of",
                           START + 16 * DAY)
        self.assertEqual(long["flow"]["2026-01-03"]["opened"], day["opened"]["actual"])

    def test_formats_say_the_same(self):
        for lang, title in (("en", "Service evaluation report"), ("zh", "售后服务评估报告")):
            md = run("report", self.log, "--lang", lang, "--format", "md").stdout
            self.assertTrue(md.startswith(f"# {title}\n"), md[:80])
            page = run("report", self.log, "--lang", lang, "--no-charts").stdout
            self.assertIn(f"<h1>{title}</h1>", page)
            self.assertNotIn("<script", page)
            self.check_html(page)
            for name in ("王芳", "liam"):
                self.assertIn(name, md)
                self.assertIn(name, page)

    def check_html(self, page):
        """Elements are closed in order and ids are there once."""
        void = {"meta", "br", "link", "img"}
        stack, ids = [], set()

        class Reader(html.parser.HTMLParser):
            def handle_starttag(reader, tag, attrs):  # noqa: N805
                if tag not in void:
                    stack.append(tag)
                for key, value in attrs:
                    if key == "id":
                        self.assertNotIn(value, ids)
                        ids.add(value)

            def handle_endtag(reader, tag):  # noqa: N805
                self.assertEqual(stack.pop(), tag)

        reader = Reader()
        reader.feed(page)
        self.assertEqual(stack, [])
        self.assertGreater(len(ids), 8)

    @unittest.skipUnless(os.path.exists(CHARTS), "no libjs-chart.js here")
    def test_charts_are_in_the_file(self):
        out = self.path("page.html")
        run("report", self.log, "-o", out)
        with open(out, encoding="utf-8") as file:
            page = file.read()
        with open(CHARTS, encoding="utf-8") as file:
            self.assertIn(file.read(2000).split("\n")[1][:40], page)
        self.check_html(page)
        self.assertNotIn("src=", page.split("<script>")[0])
        self.assertIn('data-chart="line"', page)

    def test_names_are_nothing_but_names(self):
        bad = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "a|b`c*[x](y)", '"&\'']
        lines = []
        for i, name in enumerate(bad):
            base = {"ticket": f"T{i}", "team": name, "category": name, "src": "x"}
            lines += [dict(base, type="opened", ts=START + i, seq=10 * i + 1),
                      {"type": "message", "by": "agent", "agent": name, "ticket": f"T{i}",
                       "ts": START + 60000 + i, "src": "x", "seq": 10 * i + 2},
                      {"type": "resolved", "agent": name, "ticket": f"T{i}",
                       "ts": START + 120000 + i, "src": "x", "seq": 10 * i + 3}]
        log = self.write("bad.ndjson", "".join(json.dumps(e) + "\n" for e in lines))
        page = run("report", log, "--no-charts").stdout
        self.assertNotIn("<script", page)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", page)
        self.check_html(page)
        md = run("report", log, "--format", "md").stdout
        self.assertIn("a\\|b\\`c\\*\\[x\\](y)", md)
        self.assertNotIn("<script", md)
        text = run("report", log, "--format", "csv").stdout
        rows = list(csv.reader(io.StringIO(text)))
        self.assertTrue(any(cell == "'" + bad[0] for row in rows for cell in row))
        for row in rows:
            self.assertEqual(len(row), 7)
            for cell in (row[1], row[5], row[6]):
                self.assertFalse(cell[:1] in tuple("=+-@\t\r\n"), cell)

    def test_measures(self):
        measures = self.write("measures.yaml", """measures:
  - {measure: more people, owner: ada, indicator: first_response, field: p90,
     expected: "<= 10h"}
  - {measure: "<i>templates", owner: bo, indicator: reopen_rate, expected: "<= 0.001%"}
  - {measure: nobody, owner: cy, indicator: csat, expected: ">= 4", team: no-such-team}
  - {measure: busier, owner: di, indicator: occupancy, expected: ">= 0.01%"}
  - {measure: few, owner: ed, indicator: complaints, expected: "<= 999999", team: billing}
  - {measure: mistyped, owner: ed, indicator: complaints, expected: "<= 999999", team: biling}
  - {measure: nobody's, owner: ed, indicator: reopened, expected: "<= 999999", agent: no-one}
  - {measure: aspect, owner: ed, indicator: csat.atitude, field: n, expected: "<= 999999"}
""")
        got = self.report("--measures", measures, "--from", "2026-01-01", "--to", "2026-01-07")
        states = {row: cells["state"] for row, cells in got["measures"].items()}
        self.assertEqual(states, {"more people": "verified", "<i>templates": "not yet",
                                  "nobody": "not yet: no such team in this period",
                                  "busier": "verified", "few": "verified",
                                  "mistyped": "not yet: no such team in this period",
                                  "nobody's": "not yet: no such agent in this period",
                                  "aspect": "no cases"})
        team = self.report("--measures", measures, "--from", "2026-01-01", "--to", "2026-01-07",
                           "--team", "technical")["measures"]
        self.assertEqual(team["few"]["state"], "not in this report, which is about one team")
        empty = self.report("--measures", measures, "--month", "2027-05")["measures"]
        self.assertEqual({cells["state"].split(":")[0] for cells in empty.values()},
                         {"no cases", "not yet"})
        md = run("report", self.log, "--measures", measures, "--format", "md", "--from",
                 "2026-01-06", "--to", "2026-01-07", "--against", "2025-12-29/2025-12-31").stdout
        ratio = r"[\d.]+% \(n = \d+ · [\d.]+ – [\d.]+%\)"
        self.assertRegex(md, rf"\| &lt;i>templates .* \| {ratio} \| {ratio} \|")
        self.assertRegex(md, r"\| busier .* \| [\d.]+% \| [\d.]+% \|")  # time has no cases
        wrong = self.write("wrong.yaml", "measures:\n  - {measure: x, owner: y, indicator: csat,\n"
                           "     expected: \"> 4\"}\n")
        done = run("report", self.log, "--measures", wrong, code=1)
        self.assertIn(f"{wrong}:3: ", done.stderr)
        self.assertIn("expected", done.stderr)
        for what, says in (("indicator: csta", "csta"), ("indicator: csat, field: p90", "p90"),
                           ("indicator: csat, field: meen", "meen")):
            wrong = self.write("wrong.yaml", "measures:\n  - {measure: x, owner: y,\n     "
                               f"{what},\n     expected: \">= 4\"}}\n")
            done = run("report", self.log, "--measures", wrong, code=1)
            self.assertRegex(done.stderr, f"{re.escape(wrong)}:3: .*{says}")

    def test_measures_have_a_before_and_an_after(self):
        """Both sides are what a report of those days says, as of as long after their end."""
        measures = self.write("dated.yaml", """measures:
  - {measure: both, owner: ada, start: 2025-12-30, due: 2026-01-03, indicator: keep_rate,
     expected: ">= 1%"}
  - {measure: inside, owner: ada, due: 2026-01-03, indicator: resolution, field: mean,
     expected: "<= 100d", team: billing}
  - {measure: begins, owner: ada, start: 2026-01-04, indicator: occupancy, expected: ">= 1%"}
  - {measure: runs, owner: ada, start: 2026-01-04, due: 2026-02-28, indicator: opened,
     expected: ">= 1"}
  - {measure: unmet, owner: ada, start: 2026-01-04, due: 2026-02-28, indicator: opened,
     expected: "<= 1"}
  - {measure: aspect, owner: ada, start: 2026-01-04, indicator: csat.speed, expected: ">= 1.1"}
  - {measure: to come, owner: ada, due: 2026-02-28, indicator: opened, expected: ">= 1"}
  - {measure: too early, owner: ada, start: 2025-12-20, indicator: opened, expected: ">= 1"}
""")
        lag = 5 * DAY

        @functools.cache
        def told(first, last, *args):
            """The days of one side: first and last, as days of January."""
            end = START + last * DAY
            return self.report("--from", START + (first - 1) * DAY, "--to", end, "--as-of",
                               end + lag, *args)

        def report(*args):
            return self.report("--measures", measures, "--from", "2026-01-01", "--to",
                               "2026-01-06", "--as-of", START + 6 * DAY + lag, *args)["measures"]

        got = report()
        self.assertEqual({row: cells["state"] for row, cells in got.items()},
                         {"both": "verified", "inside": "verified", "begins": "verified",
                          "runs": "not due; met so far", "unmet": "not due", "to come": "not due",
                          "aspect": "verified", "too early": "verified"})
        mean = self.write("mean.yaml", "scorecards: [{id: a, scope: team, window: 7d, items: "
                          "[{indicator: resolution, field: mean, weight: 1, baseline: 2d, "
                          "target: 1d}]}]\n")
        sides = {  # measure: indicator, before, after, filter
            "both": ("keep_rate", (-4, -2), (4, 6), ()),
            "inside": ("resolution", (1, 3), (4, 6), ("--team", "billing")),
            "begins": ("occupancy", (1, 3), (4, 6), ()), "runs": ("opened", (1, 3), (4, 6), ())}
        for row, (indicator, before, after, args) in sides.items():
            for column, days in (("before", before), ("actual", after)):
                if indicator == "resolution":  # the median but for a card
                    args = (*args[:2], "--config", mean)
                want = told(*days, *args)["indicators"][indicator]["actual"]
                self.assertAlmostEqual(got[row][column], want, delta=1e-6, msg=(row, column))
        text = {line["row"]: line for line in csv.DictReader(io.StringIO(run(
            "report", self.log, "--measures", measures, "--from", "2026-01-01", "--to",
            "2026-01-06", "--lang", "en", "--format", "csv").stdout))
            if (line["table"], line["column"]) == ("measures", "before")}
        self.assertRegex(text["both"]["note"], r"^n = \d+ · [\d.]+ – [\d.]+% · .*"
                         r"2025-12-27 … 2025-12-29$")
        self.assertEqual(text["to come"]["note"], "2026-01-01 … 2026-01-06")
        self.assertNotIn("too early", {r for r, line in text.items() if line["text"]})
        self.assertEqual(report("--team", "billing")["inside"], got["inside"])
        early = report("--as-of", "2026-01-02")  # it runs, and nothing has had its time but one
        self.assertEqual([early[row]["state"] for row in ("inside", "begins", "runs")],
                         ["not due"] * 3)

    def test_scorecards_rank(self):
        config = self.write("cards.yaml", """scorecards:
  - id: desk
    scope: agent
    window: 30d
    items:
      - {indicator: first_response, field: mean, weight: 50, baseline: 30m, target: 20m}
      - {indicator: csat, weight: 50, baseline: 3.5, target: 4.5}
""")
        got = self.report("--config", config)["agents"]
        ranks = [(row["rank"], row["score"]) for row in got.values() if row["score"] != "·"]
        self.assertEqual(len(ranks), len(self.report("--config", config)["agents-items"]))
        self.assertGreater(len(ranks), 5)
        self.assertEqual(ranks, sorted(ranks, key=lambda pair: (pair[0], -pair[1])))
        for rank, score in ranks:
            self.assertEqual(rank, 1 + sum(other > score for _, other in ranks))

    def test_scorecards_explain_themselves(self):
        """Item by item, for everybody; a card of rates and means is held against all, too."""
        card = """scorecards:
  - id: desk
    title: Desk
    window: 30d
    items:
      - {indicator: first_response, field: mean, weight: 50, bands: [15m, 20m, 25m, 30m]}
      - {indicator: reopen_rate, weight: 30, baseline: 10%, target: 5%}
      - {indicator: csat, weight: 20, baseline: 3.5, target: 4.5}
"""
        weights = {"first_response.mean": 50, "reopen_rate.value": 30, "csat.mean": 20}
        got = self.report("--config", self.write("card.yaml", card))
        whole = got["scorecard"]
        self.assertEqual({i: row["weight"] for i, row in whole.items()},
                         {i: w / 100 for i, w in weights.items()})
        self.assertEqual([whole["reopen_rate.value"][c] for c in ("baseline", "target")],
                         [0.1, 0.05])
        self.assertEqual([whole["csat.mean"][c] for c in ("baseline", "target")], [3.5, 4.5])
        self.assertEqual(round(whole["csat.mean"]["actual"], 6),
                         round(got["indicators"]["csat"]["actual"], 6))
        cases = dict(got["agents-items"], whole={i: row["points"] for i, row in whole.items()})
        cases["whole"]["score"] = got["summary"]["score"]["value"]
        self.assertGreater(len(cases), 10)
        for name, row in cases.items():
            points = {i: round(row[i] * 100) for i in weights if row[i] != "·"}
            self.assertIn(points.get("first_response.mean", 2000), range(2000, 10001, 2000))
            over = sum(weights[i] for i in points)
            total = sum(weights[i] * p for i, p in points.items())
            self.assertEqual(round(row["score"] * 100), (2 * total + over) // (2 * over), name)
        page = run("report", self.log, "--config", self.path("card.yaml"), "--format", "md").stdout
        self.assertRegex(page, r"\| first response .* \(mean · p90 [\w ]+ · median [\w ]+\) \|")
        self.assertRegex(page, r"\| resolution .* \(median · p90 [\w ]+ · mean [\w ]+\) \|")
        self.assertIn("A card for each of them", page)
        self.assertIn("**Scorecard Desk: every item**", page)
        for line in page.split("**Scorecard Desk")[1].split("\n\n")[1].splitlines()[2:]:
            self.assertRegex(line, r"\| (·|[\d.]+ \([\d.]+% · n = \d+ · [\d.]+ – [\d.]+%"
                             r"( · \d+ pending, [\d.]+% without them| · all pending)?"
                             r"( · (strength|weak spot))?\)) \|"
                             r" [^|]+ \|$")
        few = card + "      - {indicator: next_response, field: mean, weight: 25, min_n: 99999,\n" \
                     "         baseline: 1h, target: 30m}\n"
        page = run("report", self.log, "--config", self.write("few.yaml", few), "--format", "md",
                   "--lang", "en").stdout
        self.assertGreater(page.count(" · counted 80.0%)"), 10)
        counts = card + "      - {indicator: replies, weight: 5, baseline: 1, target: 200}\n"
        alone = self.report("--config", self.write("counts.yaml", counts))
        self.assertIn("agents-items", alone)  # all together reply more than anybody
        self.assertNotIn("scorecard", alone)
        self.assertEqual(alone["summary"]["score"]["value"], "·")

    def test_ready_made_cards(self):
        """Each is fine by itself and ranks whom it is for; every item of it can be judged."""
        folder = os.path.join(SOURCE, "systemd")
        cards = sorted(f for f in os.listdir(folder) if re.fullmatch(r"scorecard-.*\.yaml", f))
        self.assertEqual(len(cards), 4)
        for card in cards:
            path = os.path.join(folder, card)
            self.assertIn("fine", run("check", path).stdout)
            got = self.report("--config", path, "--from", "2025-12-26", "--to", "2026-01-08")
            scope = "teams" if "telephone" in card else "agents"
            rows = got[f"{scope}-items"]
            self.assertGreaterEqual(len(rows), 4 if scope == "teams" else 15, card)
            for item in next(iter(rows.values())):
                self.assertTrue(any(row[item] != "·" for row in rows.values()), (card, item))
            self.assertEqual(min(row["rank"] for row in got[scope].values()), 1)

    def test_time_is_told_as_time(self):
        """A month of twenty people is more milliseconds than 32 bits hold."""
        log = self.path("long.ndjson")
        run("simulate", "--to", log, "--start", START, "--for", "31d", "--agents", "20",
            "--teams", "4", "--rate", "0.005", "--seed", "5")
        end = START + 31 * DAY - 1
        got = self.report("--month", "2026-01", "--as-of", end, log=log)["indicators"]
        want = numbers(self.replay(end, "31d", log=log))
        for name in ("occupancy", "attendance"):
            self.assertGreater(want[name]["n"], 2 ** 32)
            self.assertEqual(got[name]["n"], want[name]["n"])
            self.assertAlmostEqual(got[name]["actual"], want[name]["actual"], delta=1e-9)

    def test_wrong_usage(self):
        for args, word in ((("--month", "2026-13"), "2026-13"), (("--from", "x"), "x"),
                           (("--month", "2026-01", "--from", "2026-01-01"), "leave it or them out"),
                           (("--from", "2026-01-05", "--to", "2026-01-01"), "2026-01-05"),
                           (("--step", "hour"), "step"), (("--format", "pdf"), "format")):
            self.assertIn(word, run("report", self.log, *args, code=2).stderr)
        for args, word in ((("--from", "2026-01-05", "--as-of", "2026-01-04"), "not begun"),
                           (("--from", START, "--to", START), "end after it begins"),
                           (("--to", "2025-12-01"), "nothing there"),
                           (("--from", "2027-01-01"), "nothing there"),
                           (("--month", "2026-01", "--as-of", "soon"), "soon")):
            self.assertIn(word, run("report", self.log, *args, code=2).stderr)
        self.assertIn("nobody", run("report", self.log, "--team", "nobody", "--format", "md",
                                    code=1).stderr)
        run("report", code=2)

    def test_nothing_happened(self):
        log = self.write("empty.ndjson", "")
        self.assertIn("Nothing happened", run("report", log, "--format", "md").stdout)
        for month in "2019-05", "2027-05":
            done = run("report", self.log, "--month", month, "--format", "md").stdout
            self.assertIn("The log does not reach this period: it goes from ", done)
        broken = self.write("broken.ndjson", "{\n")
        done = run("report", broken, "--format", "csv", code=1)
        self.assertEqual(table(done.stdout)["quality"]["lines_refused"]["count"], 1)

    @unittest.skipUnless(os.path.isdir(GIVEN), "no given data at hand")
    def test_given_data(self):
        """Real logs: a year, a month, a quarter, each as of its end, against replay."""
        def ms(*date):
            return int(datetime.datetime(*date, tzinfo=datetime.timezone.utc).timestamp() * 1000)

        for name, month, first, last in (
                ("helpdesk", "2012", ms(2012, 1, 1), ms(2013, 1, 1)),
                ("helpdesk", "2012-10", ms(2012, 10, 1), ms(2012, 11, 1)),
                ("incidents", "2016-05", ms(2016, 5, 1), ms(2016, 6, 1))):
            log = os.path.join(GIVEN, f"{name}.ndjson.gz")
            got = self.report("--month", month, "--as-of", last - 1, log=log)
            want = self.replay(last - 1, f"{(last - first) // 1000}s", log=log)
            self.compare(numbers(want), got["indicators"], 15)


if __name__ == "__main__":
    unittest.main()

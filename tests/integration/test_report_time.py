#!/usr/bin/python3
"""As of when a report is, and what it is compared with: its numbers are those of replay then."""
import csv
import io
import itertools
import os
import subprocess
import unittest

from companion import run
from reported import DAY, START, Reported, numbers


class Time(Reported):
    """On the same log, with the same ways to read a report."""

    def test_as_of(self):
        """Its end and the longest horizon later, or the log's end; what comes later is counted."""
        def about(*args):
            text = run("report", self.log, "--format", "csv", *args).stdout
            return {r["row"]: r["text"] for r in csv.DictReader(io.StringIO(text))
                    if r["table"] in ("about", "quality")}

        config = self.write("week.yaml", "follow_up_rounds: [7d]\ncomplaint_horizon: 7d\n"
                            "return_horizon: 7d\n")
        early = about("--config", config, "--from", "2025-12-28", "--to", "2025-12-29")
        self.assertEqual(early["as_of"], "2026-01-06 00:00")
        self.assertGreater(int(early["after_as_of"]), 1000)
        late = about("--from", "2026-01-10", "--to", "2026-01-11")
        self.assertEqual(late["as_of"], late["log"].split(" … ")[1])
        self.assertEqual(late["after_as_of"], "0")
        self.assertEqual(early["log"], late["log"])
        self.assertEqual(late["period_before"], "2026-01-08 … 2026-01-09")
        self.assertNotIn("known_until", late)

    def test_as_of_a_day_that_the_log_does_not_reach(self):
        """What it knows nothing of counts as not happened, and both ways say so."""
        for as_of, beyond in (("2026-03-01", True), (self.last_day(), False)):
            done = run("report", self.log, "--format", "csv", "--from", "2026-01-03", "--to",
                       "2026-01-04", "--as-of", as_of)
            self.assertEqual("beyond the log's end" in done.stderr, beyond, done.stderr)
            self.assertEqual("counts as not happened" in done.stdout, beyond)

    def last_day(self):
        text = run("report", self.log, "--format", "csv").stdout
        log, = [r["text"] for r in csv.DictReader(io.StringIO(text))
                if r["table"] == "about" and r["row"] == "log"]
        return log.split(" … ")[1][:10]

    def lines(self, *args):
        return list(csv.DictReader(io.StringIO(
            run("report", self.log, "--format", "csv", *args).stdout)))

    @staticmethod
    def column(lines, name):
        """{indicator: {"actual", "actual.pending", "actual.mature": value}} of a column."""
        ret = {}
        for line in lines:
            column, dot, part = line["column"].partition(".")
            if line["table"] == "indicators" and column == name and line["value"]:
                ret.setdefault(line["row"], {})["actual" + dot + part] = float(line["value"])
        return ret

    def test_period_before(self):
        """It says what its own report said as long after its end."""
        config = self.write("before.yaml", "complaint_horizon: 9d\nreturn_horizon: 8d\n")
        for period, against, ends, was in (
                (("2026-01-04", "2026-01-07"), ("2025-12-31", "2026-01-03"), 7, 3),
                (("2026-01-06", "2026-01-07"), ("2025-12-29", "2025-12-31"), 7, 0)):
            early = START + was * DAY + (self.last - START - ends * DAY)
            said = self.column(self.lines(
                "--config", config, "--from", period[0], "--to", period[1], "--against",
                "/".join(against)), "before")
            actual = self.column(self.lines(
                "--config", config, "--from", against[0], "--to", against[1], "--as-of", early),
                "actual")
            self.assertGreater(len(said), 40)
            self.assertGreater(sum("actual.mature" in row for row in said.values()), 2)
            self.assertEqual(said, {i: row for i, row in actual.items() if i in said})
            self.assertEqual([row for i, row in actual.items() if i not in said and
                              row["actual"] != 0], [])

    def test_a_period_that_runs(self):
        """Without --as-of it is that of the log's end, and the one before as much of it."""
        extra = "targets: {first_response: 10m, resolution: 2h}\nfollow_up_rounds: [1d, 3d]\n"
        config = self.write("runs.yaml", extra)
        args = ("--config", config, "--from", "2026-01-11", "--to", "2026-01-17")
        lines = self.lines(*args)
        about = {r["row"]: r["text"] for r in lines if r["table"] == "about"}
        self.assertEqual(about["as_of"], about["log"].split(" … ")[1])
        for back, column in ((0, "actual"), (7 * DAY, "before")):
            at, begin = self.last - back, START + 10 * DAY - back
            want = {indicator: {f: v for f, v in fields.items() if f.startswith("actual")}
                    for indicator, fields in numbers(self.replay(
                        at, f"{at // 1000 - begin // 1000 + 1}s", extra=extra)).items()}
            self.compare(want, self.column(lines, column), 60)
            self.assertLess({"occupancy", "attendance", "arrival_rate"}, set(want))
            self.assertGreater(sum("actual.mature" in fields for fields in want.values()), 3)
        md = run("report", self.log, "--format", "md", *args).stdout
        self.assertIn(f"goes on: these are its numbers up to {about['as_of']}", md)
        self.assertIn(f"as much of 2026-01-04 … 2026-01-10, up to {about['as_of_before']}", md)
        self.assertRegex(md, r"first contact resolution: \*\*[\d.]+%\*\* \(n = \d+ · "
                             r"[\d.]+ – [\d.]+% · \d+ pending, [\d.]+% without them\)")
        self.assertRegex(md, r"reopen rate: \*\*[\d.]+%\*\* \(n = \d+ · [\d.]+ – [\d.]+% · "
                             r"all pending\)")  # nothing is as old as a week
        whole = run("report", self.log, "--format", "md", "--from", "2026-01-11", "--to",
                    "2026-01-14").stdout
        self.assertNotIn("these are its numbers", whole)
        self.assertNotIn("as much of", whole)

    def test_every_slice_tells_what_is_pending(self):
        """Agents, teams and steps too, each as replay says it."""
        lines = self.lines("--from", "2026-01-01", "--to", "2026-01-14")
        at = self.last
        want = self.replay(at, f"{at // 1000 - START // 1000 + 1}s")
        checked = 0
        for line in lines:
            indicator, _, part = line["column"].partition(".value.")
            if line["table"] not in ("agents", "teams") or part == "":
                continue
            window = next(iter(want[line["table"][:-1]][line["row"]].values()))
            field = {"pending": "pending", "mature": "value_mature"}[part]
            self.assertAlmostEqual(float(line["value"]), window[indicator][field], delta=1e-9)
            checked += 1
        self.assertGreater(checked, 50)
        steps = [int(line["value"]) for line in lines if line["table"] == "rates"
                 and line["column"] == "reopen_rate.pending"]
        self.assertEqual(len(steps), 7)
        self.assertEqual(sum(steps), int(next(
            line["value"] for line in lines if line["table"] == "indicators" and
            line["row"] == "reopen_rate" and line["column"] == "actual.pending")))

    def test_a_pipe_is_read_twice(self):
        """The log's end is known before it is counted, wherever the log comes from."""
        with open(self.log, encoding="utf-8") as file:
            text = "".join(itertools.islice(file, 20000))
        log, args = self.write("short.ndjson", text), ("--format", "csv", "--month", "2025-12")
        want = run("report", log, *args).stdout
        got = run("report", "-", *args, input=text).stdout
        self.assertEqual(got.replace("\"'-\"", "short.ndjson"), want)
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        with subprocess.Popen(["cp", log, fifo]):
            got = run("report", fifo, *args).stdout
        self.assertEqual(got.replace("fifo", "short.ndjson"), want)
        none = run("report", "-", "--format", "md", input="").stdout
        self.assertIn("Nothing happened", none)

    def test_any_two_periods(self):
        """--against: side by side for the whole and for every name, as their own reports say."""
        now, then = ("2026-01-06", "2026-01-07"), ("2025-12-29", "2025-12-31")
        early = START + (self.last - START - 7 * DAY)
        lines = list(csv.DictReader(io.StringIO(run(
            "report", self.log, "--format", "csv", "--from", now[0], "--to", now[1], "--against",
            "/".join(then)).stdout)))
        alone = run("report", self.log, "--format", "csv", "--from", then[0], "--to",
                    then[1], "--as-of", early).stdout
        actual = {r["row"]: r["text"] for r in csv.DictReader(io.StringIO(alone))
                  if r["table"] == "indicators" and r["column"] == "actual"}
        before = {r["row"]: r["text"] for r in lines
                  if r["table"] == "indicators" and r["column"] == "before"}
        self.assertGreater(len(before), 25)
        self.assertEqual(before, {row: actual[row] for row in before})
        about = {r["row"]: r["text"] for r in lines if r["table"] == "about"}
        self.assertEqual(about["period_before"], "2025-12-29 … 2025-12-31")
        for scope in ("team", "agent", "category", "channel", "priority"):
            columns = {r["column"] for r in lines if r["table"] == f"compare_{scope}"}
            self.assertLessEqual({"before", "actual", "change"}, columns, scope)
        md = run("report", self.log, "--format", "md", "--from", now[0], "--to", now[1],
                 "--against", "2025-12-30/2025-12-31").stdout
        self.assertRegex(md, r"\| \S+ \| reopen rate \| [\d.]+% \(n = \d+ · [\d.]+ – [\d.]+%\) \| "
                             r"[\d.]+% \(n = \d+ · [\d.]+ – [\d.]+%\) \| [↑↓u]")
        self.assertRegex(md, r"- reopen rate: \*\*[\d.]+%\*\* \(n = \d+ · [\d.]+ – [\d.]+%\)")
        for wrong in ("2026-02", "x", "2026-01-05/2026-01-07", "2025-12-31/2025-12-30"):
            done = run("report", self.log, "--from", now[0], "--to", now[1], "--against", wrong,
                       code=2)
            self.assertIn("--against", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""What a report says, and what replay says of the same, in one shape to compare."""
import csv
import io
import json
import os
import tempfile
import unittest

from companion import run

DAY = 86400000
START = 1767225600000  # 2026-01-01T00:00:00Z


def table(text):
    """A CSV report as {table: {row: {column: value or text}}}."""
    ret = {}
    for line in csv.DictReader(io.StringIO(text)):
        row = ret.setdefault(line["table"], {}).setdefault(line["row"], {})
        row[line["column"]] = float(line["value"]) if line["value"] else line["text"]
    return ret


def mixes(snapshots, scope="all", name="-"):
    """Table -> {part: (num, share, flagged)} of the only window; the categories are the first."""
    window = next(iter(snapshots[scope][name].values()))
    ret = {}
    for of, by_what in window.get("mix", {}).items():
        for by, mix in by_what.items():
            key = "categories" if (of, by) == ("opened", "category") else f"{of}.{by}"
            ret[key] = {p["name"]: (p["num"], p["value"]) for p in mix["parts"]}
    return ret


def aspects(snapshots, scope="all", name="-"):
    window = next(iter(snapshots[scope][name].values()))
    return {key[5:]: (v["mean"], v["n"]) for key, v in window.items() if key.startswith("csat.")}


def numbers(snapshots, scope="all", name="-"):
    """Indicator -> (what a report shows of it) of the only window."""
    window = next(iter(snapshots[scope][name].values()))
    ret = {}
    for key, value in window.items():
        if not isinstance(value, dict):
            continue
        if "p50" in value:
            ret[key] = {"n": value["n"], "actual": value["p50"]}
        elif "mean" in value:
            ret[key] = {"n": value["n"], "actual": value["mean"]}
        elif "value" in value:
            ret[key] = {"n": value["den"], "actual": value["value"]}
            if value.get("pending", 0) > 0:
                ret[key]["actual.pending"] = value["pending"]
            if value.get("pending", 0) > 0 and value["value_mature"] is not None:
                ret[key]["actual.mature"] = value["value_mature"]
        elif "num" in value:
            ret[key] = {"actual": value["num"]}
        if value.get("met", 0) + value.get("missed", 0) > 0:
            ret[key]["attainment"] = value["met"] / (value["met"] + value["missed"])
    return ret


class Reported(unittest.TestCase):
    """A simulated log of 20 days, and the ways to read what is said of it."""

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        cls.log = cls.path("log.ndjson")
        run("simulate", "--to", cls.log, "--start", START - 6 * DAY, "--for", "20d",
            "--agents", "20", "--teams", "4", "--rate", "0.02", "--seed", "3",
            "--shuffle", "60s", "--doubled", "20")
        with open(cls.log, encoding="utf-8") as file:
            cls.last = max(json.loads(line)["ts"] for line in file)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.dir.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def report(self, *args, log=None):
        return table(run("report", log or self.log, "--format", "csv", *args).stdout)

    def replay(self, at, window, log=None, extra=""):
        config = self.write("replay.yaml", f"windows: [{window}]\nrules: []\n{extra}")
        lines = run("replay", log or self.log, "--config", config, "--json", "--at", at).stdout
        ret = {}
        for line in lines.splitlines():
            message = json.loads(line)
            if "windows" in message:
                ret.setdefault(message["scope"], {})[message["name"]] = message["windows"]
        return ret

    def compare(self, want, rows, least):
        """Everything that replay counts stands in the report's table, and nothing else."""
        compared = 0
        for wire, fields in want.items():
            if "." in wire or not any(fields.get(f) for f in ("n", "actual")):
                continue
            row = rows[wire]
            for field, value in fields.items():
                compared += 1
                self.assertAlmostEqual(row[field], value, delta=1e-6, msg=f"{wire} {field}")
        self.assertGreaterEqual(compared, least)
        extra = [r for r, row in rows.items() if r not in want and row["actual"] not in (0, "·")]
        self.assertEqual(extra, [])

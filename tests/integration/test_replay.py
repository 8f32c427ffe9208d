#!/usr/bin/python3
"""`ticketpulse replay` against an oracle that knows nothing of core: every number, every name."""
import gzip
import json
import os
import pty
import random
import re
import subprocess
import sys
import tempfile
import unittest

from companion import PROGRAM, run
from daemon import PATIENCE_S

SOURCE = os.environ["TP_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "lib"))
import figures  # noqa: E402
import oracle  # noqa: E402

WINDOWS = ["1h", "24h", "7d", "30d"]
START, HOUR = 1767571200000, 3600000  # Monday 2026-01-05
# Where the given data lies when it is there: beside the tree.
GIVEN = os.path.join(os.path.dirname(SOURCE), "shared")


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        cls.config = cls.path("config.yaml")
        with open(cls.config, "w", encoding="utf-8") as file:
            file.write(f"windows: [{', '.join(WINDOWS)}]\n")
        cls.plain = cls.path("plain.ndjson")
        run("simulate", "--to", cls.plain, "--start", str(START), "--for", "36h",
            "--agents", "30", "--teams", "5", "--rate", "0.5", "--seed", "11")
        # The oracle knows no merging: leave out every ticket that takes part in one.
        events = oracle.read(cls.plain)
        merged = {e[key] for e in events if e["type"] == "merged" for key in ("ticket", "into")}
        cls.events = [e for e in events if e.get("ticket") not in merged]
        assert len(merged) > 4 and len(cls.events) > 20000
        cls.write(cls.plain, cls.events)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.dir.name, name)

    @staticmethod
    def write(path, events):
        with (gzip.open if path.endswith(".gz") else open)(path, "wt", encoding="utf-8") as file:
            for event in events:
                file.write(json.dumps(event, ensure_ascii=False) + "\n")

    def replay(self, *files, at=None, code=0):
        extra = ["--at", str(at)] if at else []
        done = run("replay", *files, "--config", self.config, "--json", *extra, code=code)
        return figures.read_replay(done.stdout.splitlines())

    def check(self, want, got, least):
        snapshots, now, _, _ = got
        compared, wrong = figures.compare(want, snapshots, now, WINDOWS, oracle.SCOPES,
                                          oracle.INDICATORS)
        self.assertEqual(wrong[:10], [], f"{len(wrong)} of {compared} differ")
        self.assertGreater(compared, least)

    def test_comparison_sees_a_difference(self):
        at = START + 20 * HOUR
        want = oracle.compute(self.events, at, ["24h"])
        snapshots, now, _, _ = self.replay(self.plain, at=at)
        name = max(snapshots["agent"])  # a z: somebody who works, not (auto)
        snapshots["agent"][name]["24h"]["replies"]["num"] += 1
        del snapshots["all"]["-"]["24h"]["wait"]
        now["open"] -= 1
        _, wrong = figures.compare(want, snapshots, now, ["24h"], oracle.SCOPES,
                                   oracle.INDICATORS)
        self.assertEqual(len(wrong), 3, wrong)

    def test_every_number(self):
        for at in (START + 9 * HOUR, START + 20 * HOUR + 12345, START + 36 * HOUR):
            self.check(oracle.compute(self.events, at, WINDOWS), self.replay(self.plain, at=at),
                       3000)

    def test_shuffled_and_doubled(self):
        """Within lateness (120 s), any order and any number of copies give the same digest."""
        chance = random.Random(5)
        sent = [(e["ts"] + chance.randrange(100000), e) for e in self.events
                for _ in range(1 + (chance.random() < 0.3))]
        sent.sort(key=lambda pair: pair[0])
        path = self.path("shuffled.ndjson.gz")
        self.write(path, [e for _, e in sent])
        plain, shuffled = self.replay(self.plain), self.replay(path)
        self.assertEqual(plain[3]["digest"], shuffled[3]["digest"])
        self.assertEqual(plain[0], shuffled[0])
        self.assertEqual(plain[1], shuffled[1])
        self.assertEqual(shuffled[3]["late_dropped"], 0)
        self.assertEqual(shuffled[3]["duplicates"], len(sent) - len(self.events))
        at = plain[3]["at"]
        self.check(oracle.compute(self.events, at, WINDOWS), shuffled, 3000)

    def test_disorder_of_the_simulator(self):
        path = self.path("disorder.ndjson")
        run("simulate", "--to", path, "--start", str(START), "--for", "12h", "--rate", "0.5",
            "--seed", "11", "--shuffle", "100s", "--doubled", "200")
        events = oracle.read(path)
        self.assertNotEqual([e["ts"] for e in events], sorted(e["ts"] for e in events))
        merged = {e[key] for e in events if e["type"] == "merged" for key in ("ticket", "into")}
        events = [e for e in events if e.get("ticket") not in merged]
        self.write(path, events)
        at = START + 12 * HOUR
        got = self.replay(path, at=at)
        self.assertGreater(got[3]["duplicates"], len(events) // 10)
        self.check(oracle.compute(events, at, WINDOWS), got, 1000)

    def test_several_files_are_merged(self):
        calls, rest = self.path("calls.ndjson"), self.path("rest.csv")
        self.write(calls, [e for e in self.events if "call" in e])
        keys = sorted({key for e in self.events for key in e})
        others = [e for e in self.events if "call" not in e]
        with open(rest, "w", encoding="utf-8") as file:
            file.write(",".join(keys) + "\n")
            for e in others:
                file.write(",".join(cell(e, key) for key in keys) + "\n")
        one, two = self.replay(self.plain), self.replay(calls, rest)
        self.assertEqual(one[3]["digest"], two[3]["digest"])
        self.assertEqual(one[0], two[0])

    def test_at_leaves_out_and_counts(self):
        at = START + 10 * HOUR
        later = sum(e["ts"] > at for e in self.events)
        _, _, _, summary = self.replay(self.plain, at=at)
        self.assertEqual((summary["after_at"], summary["events"], summary["at"]),
                         (later, len(self.events) - later, at))
        done = run("replay", self.plain, "--config", self.config, "--json",
                   "--at", "2026-01-05T10:00:00Z")
        self.assertEqual(figures.read_replay(done.stdout.splitlines())[3]["digest"],
                         summary["digest"])

    def test_alerts_and_table(self):
        with open(self.config, encoding="utf-8") as file:
            windows = file.read()
        config = self.path("rules.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(windows + "rules:\n  - {id: busy, indicator: open, fire: '>= 50', "
                                 "clear: 20, severity: critical}\n")
        done = run("replay", self.plain, "--config", config, "--json")
        _, _, alerts, summary = figures.read_replay(done.stdout.splitlines())
        self.assertEqual(summary["alerts"], len(alerts))
        self.assertEqual((alerts[0]["rule"], alerts[0]["state"], alerts[0]["value"]),
                         ("busy", "breached", 50))
        for lang, head in ("en", "first p50"), ("zh", "首响 p50"):
            table = run("replay", self.plain, "--config", config, "--table", "--scope", "agent",
                        "--window", "24h", "--lang", lang).stdout
            self.assertIn(head, table)
            self.assertIn("王芳 (wang.fang)", table)
            self.assertIn("busy", table)

    def test_bad_lines_are_told_and_counted(self):
        path = self.path("bad.ndjson")
        good = {"type": "opened", "ticket": "T", "ts": START, "id": "1"}
        lines = [json.dumps(good), "{", json.dumps(dict(good, type="??")), "",
                 json.dumps(dict(good, ts=1767571200)), "x" * 70000] + ["{"] * 30
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        done = run("replay", path, "--json", code=1)
        summary = figures.read_replay(done.stdout.splitlines())[3]
        self.assertEqual((summary["events"], summary["lines_refused"]), (1, 34))
        said = done.stderr.splitlines()
        self.assertTrue(said[0].startswith(f"{path}:2: "), said[0])
        self.assertTrue(said[1].startswith(f"{path}:3: ") and "type" in said[1], said[1])
        self.assertTrue(said[2].startswith(f"{path}:5: ") and "seconds" in said[2], said[2])
        self.assertTrue(said[3].startswith(f"{path}:6: "), said[3])
        self.assertEqual(len(said), 11)
        self.assertIn("24", said[10])

    def test_progress_on_a_terminal(self):
        path = self.path("long.ndjson")
        self.write(path, self.events * 12)  # takes more than a blink: duplicates count as work
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, "replay", path, "--table", "--scope", "all"],
                                   stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 4096):
                said += chunk
        except OSError:  # the other side has closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertIn("█".encode(), said)
        self.assertIn(b" %", said)
        self.assertTrue(said.rfind(b"\r\033[K") > said.rfind("█".encode()), "the bar was left")

    def test_no_event_at_all(self):
        """An empty file, and one without a single good line."""
        for text, code in (("", 0), ("no event\n", 1)):
            lines = run("replay", "-", "--json", input=text, code=code).stdout.splitlines()
            self.assertEqual([json.loads(line)["summary"]["events"] for line in lines], [0])
            self.assertEqual(run("replay", "-", "--table", input=text, code=code).stdout, "")

    def test_every_limit_at_its_maximum(self):
        """What the reference allows can be had, all at once."""
        reference = subprocess.run([PROGRAM + "d", "--print-config"], capture_output=True,
                                   text=True, check=True).stdout
        limits = re.findall(r"# a number; 1 to (\d+)\n  (\w+):", reference)
        self.assertGreater(len(limits), 10)
        path = self.path("limits.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("limits: {%s}\n" % ", ".join(f"{key}: {most}" for most, key in limits))
        lines = run("replay", "-", "--config", path, "--json", input="").stdout.splitlines()
        self.assertEqual(json.loads(lines[-1])["summary"]["events"], 0)

    def test_broken_archive(self):
        path = self.path("whole.ndjson.gz")
        self.write(path, self.events[:5000])
        with open(path, "rb") as file:
            half = file.read()[:-20000]
        with open(path, "wb") as file:
            file.write(half)
        done = run("replay", path, "--json", code=1)
        self.assertIn(path, done.stderr)

    @unittest.skipUnless(os.path.isdir(os.path.join(GIVEN, "data")), "no given data at hand")
    def test_given_data(self):
        """The given logs, against their own oracle and against ours."""
        for name, at in ("helpdesk", 1340000000000), ("incidents", 1465000000000):
            path = os.path.join(GIVEN, "data", f"{name}.ndjson.gz")
            given = json.loads(subprocess.run(
                ["/usr/bin/python3", os.path.join(GIVEN, "reference", "oracle.py"), path,
                 "--at", str(at), "--windows", ",".join(WINDOWS)],
                capture_output=True, check=True).stdout)
            got = self.replay(path, at=at)
            self.check(given, got, 1000)
            self.check(oracle.compute(oracle.read(path), at, WINDOWS), got, 1000)


def cell(event, key):
    """One CSV cell: absent is empty, nil is \\N, words are quoted where they must be."""
    if key not in event:
        return ""
    value = event[key]
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"') else text


if __name__ == "__main__":
    unittest.main()

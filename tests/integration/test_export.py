#!/usr/bin/python3
"""What a state directory keeps, read from outside while the daemon runs: export, replay, report."""
import csv
import io
import json
import os
import subprocess
import tempfile
import unittest

from daemon import FAST, PATIENCE_S, Daemon, event, now_ms, send

COMPANION = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
BEGUN = now_ms() - 20000
CONFIG = FAST + "policies: [{id: gold, first_response: 1s}]\nrules: []\nalerts_per_minute: 0\n"


def story(n):
    team = f"=team{n % 3}" if n % 3 == 0 else f"team{n % 3}"
    return [event("opened", f"T{n}", ts=BEGUN + n, team=team, seq=3 * n + 1),
            event("message", f"T{n}", ts=BEGUN + 5000 + n, by="agent", agent="ada", seq=3 * n + 2),
            event("assigned", f"T{n}", ts=BEGUN + 6000 + n, agent=None, seq=3 * n + 3)]


class Export(unittest.TestCase):
    def run_companion(self, *arguments, code=0):
        ended = subprocess.run([COMPANION, *arguments], capture_output=True, text=True,
                               timeout=PATIENCE_S * 4, check=False)
        self.assertEqual(ended.returncode, code, ended.stderr)
        return ended.stdout if code == 0 else ended.stderr

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = os.path.join(scratch.name, "state")
        os.mkdir(os.path.join(scratch.name, "file"))
        self.file = os.path.join(scratch.name, "file", "state")  # reports tell its name
        self.config = os.path.join(scratch.name, "config.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG)
        self.events = [e for n in range(400) for e in story(n)]
        with open(self.file, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(e) + "\n" for e in self.events)
        self.daemon = Daemon(CONFIG, state=self.dir)
        self.addCleanup(self.daemon.__exit__)
        publisher = self.daemon.publisher()
        for start in range(0, len(self.events), 100):
            send(publisher, self.events[start:start + 100])
        self.daemon.wait_status(lambda s: s["events"] == len(self.events) and
                                s["journal"]["committed"] == s["journal"]["entries"] and
                                s["published"]["alert"] == 800 and s["record"]["rows"] > 0 and
                                s["record"]["waiting_bytes"] == 0)

    def lines(self, *arguments):
        return [json.loads(line) for line in self.run_companion(*arguments).splitlines()]

    def table(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.run_companion(*arguments), newline="")))

    def test_numbers_of_any_size(self):
        large = [event("opened", f"L{n}", ts=BEGUN + n, seq=seq) | {"src": f"s{n}"}
                 for n, seq in enumerate((2**63 - 1, 2**63, 2**64 - 1))]
        send(self.daemon.publishers[0], large)
        self.daemon.wait_status(lambda s: s["events"] == len(self.events) + 3 and
                                s["journal"]["committed"] == s["journal"]["entries"])
        state = ("--state", self.dir)
        self.assertEqual(self.lines("export", "journal", *state)[-3:], large)
        rows = self.table("export", "journal", *state, "--format", "csv")[-3:]
        self.assertEqual([{k: r[k] for k in ("type", "ticket", "src", "ts", "seq")} for r in rows],
                         [{k: str(e[k]) for k in ("type", "ticket", "src", "ts", "seq")}
                          for e in large])

    def test_the_journal(self):
        state = ("--state", self.dir)
        self.assertEqual(self.lines("export", "journal", *state), self.events)
        some = [e for e in self.events if BEGUN + 100 <= e["ts"] < BEGUN + 5010]
        period = ("--from", str(BEGUN + 100), "--to", str(BEGUN + 5010))
        self.assertEqual(self.lines("export", "journal", *state, *period), some)
        rows = self.table("export", "journal", *state, "--format", "csv")
        self.assertEqual(len(rows), len(self.events))
        self.assertEqual([(r["type"], r["ticket"], r["ts"], r["seq"]) for r in rows],
                         [(e["type"], e["ticket"], str(e["ts"]), str(e["seq"]))
                          for e in self.events])
        self.assertEqual([rows[0]["team"], rows[3]["team"], rows[2]["agent"]],
                         ["'=team0", "team1", "\\N"])
        # The numbers are those of the file, by replay and by report, while the daemon runs.
        last = [self.lines("replay", path, "--json", "--config", self.config)[-1]["summary"]
                for path in (self.file, self.dir)]
        for summary in last:
            del summary["took_ms"]
        self.assertEqual(*last)
        for format in "csv", "md":
            of_file = self.run_companion("report", self.file, "-o", "-", "--format", format)
            self.assertEqual(self.run_companion("report", self.dir, "-o", "-", "--format", format),
                             of_file)
        self.daemon.kill()  # and after its end
        self.assertEqual(self.lines("export", "journal", *state), self.events)

    def test_alerts(self):
        state = ("--state", self.dir)
        told = [a["message"] for a in self.daemon.ask(op="alerts", since_seq=0)[:-1]]
        self.assertEqual(self.lines("export", "alerts", *state), told)
        rows = self.table("export", "alerts", *state, "--format", "csv")
        self.assertEqual([(r["alert_id"], r["rev"], r["state"], r["ticket"]) for r in rows],
                         [(a["alert_id"], str(a["rev"]), a["state"], a["ticket"]) for a in told])
        self.assertEqual({r["team"] for r in rows}, {"'=team0", "team1", "team2"})
        at = told[400]["at"]
        part = self.lines("export", "alerts", *state, "--from", str(at))
        self.assertEqual(part, [a for a in told if a["at"] >= at])
        self.assertEqual(self.lines("export", "alerts", *state, "--to", str(at)),
                         [a for a in told if a["at"] < at])

    def test_history(self):
        state = ("--state", self.dir)
        lines = self.lines("export", "history", *state)
        pages = self.daemon.ask(op="history")
        points = [p for page in pages[:-1] for p in page["message"]["points"]]
        of_all = [r for r in lines if r["scope"] == "all" and r["step_ms"] == 60000]
        self.assertGreaterEqual(len(of_all), 1)
        asked = [(p["at"], p["value"]) for p in points][:len(of_all)]  # a minute may have begun
        self.assertEqual([(r["at"], r["snapshot"]) for r in of_all], asked)
        output = os.path.join(os.path.dirname(self.dir), "out.csv")
        self.run_companion("export", "history", *state, "--output", output)
        with open(output, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        number, = [r["value"] for r in rows if r["scope"] == "all" and r["number"] == "now.open" and
                   r["step_ms"] == "60000" and int(r["at"]) == points[0]["at"]]
        self.assertEqual(int(number), points[0]["value"]["now"]["open"])

    def test_wrong_usage(self):
        self.run_companion("export", code=2)
        self.run_companion("export", "nonsense", code=2)
        self.assertIn("ndjson or csv", self.run_companion("export", "alerts", "--format", "xml",
                                                          "--lang", "en", code=2))
        for what in "journal", "alerts", "history":
            self.assertIn("/nowhere", self.run_companion("export", what, "--state", "/nowhere",
                                                         code=1))
        full = subprocess.run([COMPANION, "export", "alerts", "--state", self.dir, "--output",
                               "/dev/full"], capture_output=True, text=True, check=False)
        self.assertEqual(full.returncode, 1, full.stderr)


if __name__ == "__main__":
    unittest.main()

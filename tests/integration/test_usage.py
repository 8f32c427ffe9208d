#!/usr/bin/python3
"""How the companion is called: wrong usage, help, version, and what `check` says of files."""
import os
import signal
import subprocess
import unittest

from companion import PROGRAM, Scratch, run


class Usage(Scratch):
    def test_wrong_usage_is_one_line_and_2(self):
        for arguments in (["frobnicate"], ["send"], ["send", "--acked"], ["replay"], ["query"],
                          ["simulate", "--acked", "--to", "x"], ["send", "-", "--shift-to-now"],
                          ["simulate", "x"], ["top", "x"], ["check"], ["simulate", "--agents", "0"],
                          ["simulate", "--agents", "3", "--teams", "5"],
                          ["replay", "--json", "--table", "x"], ["top", "--sort", "nonsense"]):
            done = run(*arguments, code=2)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_what_is_wrong_of_a_query_is_said(self):
        nobody = {k: v for k, v in os.environ.items() if k != "USER"}
        for arguments, said in (("ack 0123456789abcdef", "--by wants"), ("ack 12", "“12”"),
                                ("mute x --by me", "“x”"), ("ack", "usage:"),
                                ("explain", "usage:"), ("frobnicate", "usage:"),
                                ("snapshot --scope x", "--scope wants"),
                                ("snapshot --name a", "--scope wants"),
                                ("scorecard --to 2026-01-01", "--to wants"),
                                ("snapshot --from 2026-01-01 --to 2026-02-01", "--from wants")):
            done = run("query", *arguments.split(), code=2, env=nobody)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(said, done.stderr)

    def test_an_instant_is_shown_as_one(self):
        for command in (["simulate", "--start"], ["replay", "x", "--at"]):
            said = run(*command, "2026-01-05", code=2).stderr
            self.assertIn("wants an instant like 2026-01-05T00:00:00Z", said)

    def test_check_reads_the_token(self):
        config = self.path("token.yaml", ["http: {token_file: %s}\n" % self.path("token")])
        for arguments in ([PROGRAM, "check", config],
                          [PROGRAM + "d", "--check", "--config", config]):
            done = subprocess.run(arguments, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"token.yaml:1: http.token_file: \S+: No such file")
        self.path("token", ["0123456789abcdef\n"])
        run("check", config)

    def test_failures_are_one_line_and_1(self):
        for arguments in (["replay", "/nowhere"], ["check", "/nowhere"], ["send", "/nowhere"],
                          ["simulate", "--to", "/nowhere/x", "--for", "1s"]):
            done = run(*arguments, code=1)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_a_reader_that_goes_away_ends_it_without_a_word(self):
        day = self.path("day.ndjson", [])
        run("simulate", "--to", day, "--start", "2026-01-05T00:00:00Z", "--for", "1h")
        for arguments in (["--help"], ["check", os.devnull], ["replay", day, "--json"],
                          ["replay", day, "--table"], ["report", day, "-o", "-"],
                          ["simulate", "--to", "-", "--for", "1h"], ["report", "--help"]):
            reads, writes = os.pipe()
            os.close(reads)
            done = subprocess.run([PROGRAM, *arguments], stdout=writes, stderr=subprocess.PIPE,
                                  text=True)
            os.close(writes)
            self.assertEqual(done.returncode, -signal.SIGPIPE, (arguments, done.stderr))
            self.assertNotIn("ticketpulse:", done.stderr)
        with open("/dev/full", "w") as full:  # while any other failure is told
            for arguments in (["--help"], ["check", os.devnull], ["replay", day, "--json"],
                              ["report", day, "-o", "-"], ["simulate", "--to", "-", "--for", "1h"]):
                done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE,
                                      text=True)
                self.assertEqual(done.returncode, 1, arguments)
                self.assertEqual(done.stderr.count("No space left"), 1, done.stderr)

    def test_help_and_version(self):
        self.assertRegex(run("--version").stdout, r"^ticketpulse \d+\.\d+\.\d+\n$")
        commands = ["simulate", "send", "replay", "watch", "top", "query", "check"]
        for lang in "en", "zh":
            text = run("--lang", lang, "--help").stdout
            for command in commands:
                self.assertIn(f"  {command} ", text)
                self.assertIn("--lang", run(command, "--help", "--lang", lang).stdout)
        environment = dict(os.environ, LC_ALL="zh_CN.UTF-8")
        self.assertIn("选项", run("send", "--help", env=environment).stdout)

    def test_check(self):
        good = self.path("good.yaml", ["windows: [5m]\n", "targets: {wait: 20s}\n", "rules:\n",
                                       "  - {id: r, indicator: open, fire: '>= 5', clear: 3}\n"])
        done = run("check", good)
        lines = done.stdout.splitlines()
        told = [one.split(None, 1)[1] for one in lines if one.startswith("target")]
        self.assertEqual(told, ["call wait ≤ 20s"])  # handle time and visits have no target
        self.assertIn("fine", done.stdout)
        self.assertIn("open tickets", done.stdout)
        bad = self.path("bad.yaml", ["windows: [5m]\n", "wibble: 1\n"])
        done = run("check", bad, code=1)
        self.assertIn(f"{bad}:2", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_check_of_rules(self):
        config = self.path("rules.yaml", [
            "windows: [7d, month]\n",
            "scorecards:\n",
            "  - {id: desk, window: month, items: [\n",
            "      {indicator: csat, weight: 1, baseline: 4, target: 4.5}]}\n",
            "rules:\n",
            "  - {id: poor, card: desk, fire: '<= needs_improvement'}\n",
            "  - {id: slower, indicator: first_response, field: p90, window: 7d,\n",
            "     trend: relative, fire: '>= 30%', clear: 20%}\n"])
        for lang, poor in (("en", "poor: desk month, agent: ≤ "), ("zh", "poor: desk month")):
            said = run("check", config, "--lang", lang).stdout
            self.assertIn(poor, said)
            self.assertRegex(said, "slower: Δ .* p90 7d, .*: ≥ .*30%")

    def test_check_of_policies(self):
        self.path("de.ics", ["BEGIN:VCALENDAR\n", "BEGIN:VEVENT\n",
                             "DTSTART;VALUE=DATE:20201225\n", "RRULE:FREQ=YEARLY\n",
                             "END:VEVENT\n", "END:VCALENDAR\n"])
        text = ["calendars:\n", "  - id: office\n", "    zone: Europe/Berlin\n",
                "    hours: {mon-fri: '09:00-17:30'}\n", "    holidays: [de.ics]\n",
                "policies:\n", "  - id: gold\n", "    match: {tier: [gold, silver]}\n",
                "    calendar: office\n", "    resolution: {target: {high: 4h, default: 8h}}\n"]
        done = run("check", self.path("sla.yaml", text))
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, r"calendar +office: Europe/Berlin, mon-fri 09:00-17:30; "
                                      r"special dates: 80\n")
        self.assertRegex(done.stdout, r"policy +gold \[tier gold\|silver\], office; resolution "
                                      r"high ≤ 4h, ≤ 8h\n")
        self.assertRegex(done.stdout, r"tz database +\d{4}[a-z]\n")
        self.assertRegex(done.stdout, r"calendars reach +2000 – 2100\n")
        text[4] = "    holidays: ['2020-12-25']\n"
        dated = self.path("dated.yaml", text)
        done = run("check", dated)
        self.assertEqual(done.stderr, f"{dated}:5: calendars.holidays: warning: office has no date "
                                      "after 2020-12-25; are the new ones missing?\n")
        text[3] = "    hours: {}\n"
        done = run("check", self.path("empty.yaml", text), code=1)
        self.assertIn("empty.yaml:4: calendars.hours: office: nothing is ever open", done.stderr)


if __name__ == "__main__":
    unittest.main()

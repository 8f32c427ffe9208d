#!/usr/bin/python3
"""ticketpulse doctor: a sound daemon, and things that are wrong: each told in a line of its own."""
import os
import socket
import sqlite3
import subprocess
import tempfile
import unittest

from daemon import PATIENCE_S, Daemon, event, send

PROGRAM = os.path.join(os.environ["TP_BUILD"], "ticketpulse")


def doctor(*arguments):
    """Exit code and {what: [(verdict, text)]}."""
    done = subprocess.run([PROGRAM, "doctor", "--lang", "en", *arguments], capture_output=True,
                          text=True, timeout=PATIENCE_S * 4, check=False)
    found = {}
    for line in done.stdout.splitlines():
        verdict, rest = line[:4].strip(), line[6:]
        what, text = rest.split(": ", 1)
        found.setdefault(what, []).append((verdict, text))
    return done.returncode, found


class Doctor(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name

    def config(self, text):
        path = os.path.join(self.dir, "c.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_a_daemon_that_is_well_and_what_it_refused(self):
        with Daemon("limits: {teams: 5}\n") as d:
            code, found = doctor("--config", d.path, "--query", d.query_endpoint,
                                 "--state", self.dir)
            self.assertEqual(code, 0, found)
            self.assertEqual(found["daemon"][0][0], "ok")
            self.assertEqual(found["limits"], [("ok", "< 80 %")])
            self.assertEqual(found["configuration"], [("ok", d.path)])
            self.assertIn("libzmq 4.", found["versions"][0][1])
            self.assertNotIn("refused events", found)
            publisher = d.publisher()
            send(publisher, [event("opened", f"T{i}", team=f"t{i}") for i in range(9)])
            send(publisher, {"type": "nothing"})
            d.wait_messages(2)
            code, found = doctor("--query", d.query_endpoint)
            self.assertEqual(code, 0, found)
            self.assertIn(("warn", "1 unknown_type"), found["refused events"])
            self.assertTrue(any(text.startswith("limits.teams") and "raise it" in text
                                for _, text in found["limits"]), found)

    def test_without_a_daemon_the_ports_are_looked_at(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            path = self.config("sockets: {events: {bind: ['tcp://127.0.0.1:*']}, "
                               f"ingest: ['tcp://127.0.0.1:{port}'], "
                               f"out: ['tcp://127.0.0.1:{port}'], "
                               "query: ['ipc://%s/query']}\n" % self.dir +
                               f"http: {{bind: '127.0.0.1:{port}'}}\n")
            code, found = doctor("--config", path)
        self.assertEqual(code, 1)
        advice = "another program listens there (ss -ltnp says which): end it, or set "
        self.assertEqual(found["socket"],
                         [("FAIL", f"ingest tcp://127.0.0.1:{port}: {advice}sockets.ingest"),
                          ("FAIL", f"out tcp://127.0.0.1:{port}: {advice}sockets.out"),
                          ("FAIL", f"http 127.0.0.1:{port}: {advice}http.bind")])
        self.assertIn("start ticketpulsed", found["daemon"][0][1])

    def test_what_the_daemon_says_of_itself_and_of_its_receivers(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # and nobody listens
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            config = ("limits: {teams: 5}\nsources: {gap_after: 1s}\nrules: [{id: any, indicator: "
                      "waiting, scope: team, fire: '>= 1', clear: 0, for: 0s}]\n"
                      f"receivers: [{{name: chat, webhook: '{url}'}}]\n")
            with Daemon(config) as d:
                code, found = doctor("--query", d.query_endpoint)
                self.assertEqual((code, "receivers" in found, "trouble" in found),
                                 (0, False, False))
                publisher = d.publisher()
                send(publisher, [event("opened", f"T{i}", team="t", seq=i)
                                 for i in (1, 2, 9)])
                d.wait_status(lambda s: s["deliveries"]["failed"] > 0 and s["active_alerts"] >= 2)
                code, found = doctor("--query", d.query_endpoint)
                self.assertEqual(code, 0, found)
                (verdict, text), = found["receivers"]
                self.assertEqual(verdict, "warn")
                self.assertIn("lost 0: the log names the receiver and why", text)
                self.assertTrue(any("test" in text for _, text in found["trouble"]), found)

    def test_a_directory_of_a_newer_version_and_one_of_something_else(self):
        path = self.config("sockets: {query: ['ipc://%s/query']}\nhttp: {bind: none}\n" % self.dir)
        state = os.path.join(self.dir, "state")
        with Daemon(state=state) as d:
            send(d.publisher(), event("opened", "T"))
            d.wait_messages(1)
        code, found = doctor("--config", path, "--state", state)
        self.assertEqual(found["journal"][0][0], "ok")
        self.assertRegex(found["journal"][0][1], r"journal.db: entries \d+$")
        with sqlite3.connect(f"{state}/journal.db") as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
        code, found = doctor("--config", path, "--state", state)
        self.assertEqual((code, found["journal"][0][0]), (1, "FAIL"))
        self.assertIn("is of schema 99, this program knows 1", found["journal"][0][1])
        with open(f"{state}/journal.db", "wb") as file:
            file.write(b"no database" * 1000)
        code, found = doctor("--config", path, "--state", state)
        self.assertIn("file is not a database: ticketpulsed --verify", found["journal"][0][1])

    def test_a_bad_configuration_and_a_missing_directory(self):
        code, found = doctor("--config", self.config("windows: 5\n"))
        self.assertEqual(code, 1)
        self.assertIn("c.yaml:1: windows: ", found["configuration"][0][1])
        path = self.config("sockets: {query: ['ipc://%s/query']}\n" % self.dir)
        code, found = doctor("--config", path, "--state", os.path.join(self.dir, "state"))
        self.assertEqual(found["state directory"][0][0], "warn")


if __name__ == "__main__":
    unittest.main()

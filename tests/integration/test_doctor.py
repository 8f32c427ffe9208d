#!/usr/bin/python3
"""ticketpulse doctor: a sound daemon, and things that are wrong: each told in a line of its own."""
import os
import socket
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
                               f"out: ['tcp://127.0.0.1:{port}'], "
                               "query: ['ipc://%s/query']}\n" % self.dir)
            code, found = doctor("--config", path)
        self.assertEqual(code, 1)
        self.assertEqual(found["socket"],
                         [("FAIL", f"out tcp://127.0.0.1:{port}: Address already in use")])
        self.assertIn("start ticketpulsed", found["daemon"][0][1])

    def test_a_bad_configuration_and_a_missing_directory(self):
        code, found = doctor("--config", self.config("windows: 5\n"))
        self.assertEqual(code, 1)
        self.assertIn("c.yaml:1: windows: ", found["configuration"][0][1])
        path = self.config("sockets: {query: ['ipc://%s/query']}\n" % self.dir)
        code, found = doctor("--config", path, "--state", os.path.join(self.dir, "state"))
        self.assertEqual(found["state directory"][0][0], "warn")


if __name__ == "__main__":
    unittest.main()

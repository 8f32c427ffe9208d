#!/usr/bin/python3
"""Start, reload, end: what the operator and the service manager see."""
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import zmq

from daemon import FAST, PATIENCE_S, PROGRAM, SOCKETS, Daemon, event, send, soon

RULE = 'rules:\n  - {id: "%s", indicator: waiting, fire: ">= %d"}\n'


def run(*arguments, config=None):
    """The program until its end: (exit code, standard output, standard error)."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        if config is not None:
            file.write(config)
            file.flush()
            arguments += ("--config", file.name)
        ended = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                               timeout=PATIENCE_S, check=False)
        return ended.returncode, ended.stdout, ended.stderr.replace(file.name, "FILE")


class Life(unittest.TestCase):
    def test_options(self):
        code, out, _ = run("--version")
        self.assertEqual((code, out.split()[0]), (0, "ticketpulsed"))
        self.assertEqual(run("--help")[0], 0)
        self.assertEqual(run("--check"), (0, "built-in defaults: fine, 5 rules, 7 windows\n", ""))
        for wrong in ["--nonsense"], ["file"], ["--config"], ["--state"], ["--check", "x"]:
            code, out, err = run(*wrong)
            self.assertEqual((code, out), (2, ""), wrong)
            self.assertTrue(err, wrong)

    def test_reference_is_a_configuration(self):
        code, reference, _ = run("--print-config")
        self.assertEqual(code, 0)
        self.assertEqual(run("--check", config=reference)[0], 0)
        code, page, _ = run("--print-man")
        self.assertTrue(code == 0 and page.startswith(".\\\""))

    def test_bad_configuration_does_not_start(self):
        for arguments in ["--check"], []:
            code, _, err = run(*arguments, config="zone: UTC\nwindow: [1h]\n")
            self.assertEqual(code, 1)
            self.assertIn("FILE:2: window: unknown key", err)
            self.assertEqual(len(err.splitlines()), 1)
        code, _, err = run(config="sockets: {out: ['tcp://0.0.0.0:5570']}\n")
        self.assertEqual(code, 1)
        self.assertIn("insecure: true", err)
        code, _, err = run("--config", "/nonexistent")
        self.assertEqual(code, 1)
        self.assertIn("/nonexistent:1: cannot be opened: No such file", err)

    def test_check_warns(self):
        code, out, err = run("--check", config="calendars:\n  - id: spare\n    hours: always\n"
                                               "policies: [{id: p, resolution: 1h}]\n")
        self.assertEqual((code, err), (0, "FILE:2: calendars.id: warning: no policy, rule or "
                                          "scorecard uses spare\n"))
        self.assertRegex(out, r": fine, 5 rules, 7 windows, 1 calendars, 1 policies \(tz database "
                              r"\d{4}[a-z], calendars reach from 2000 to 2100\)\n")

    def test_reload_of_policies(self):
        policies = FAST + "policies: [{id: %s, resolution: 1h}]\n"
        with Daemon(policies % "one") as daemon:
            daemon.write(policies % "two")
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<6>reloaded file=.* policies=1$")
            daemon.write(policies % "two, calendar: none")
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<3>configuration refused .*policies.calendar: 'none' is no calendar")
            daemon.write(FAST)
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<6>reloaded file=.* policies=0$")

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, _, err = run(config=f"""
sockets:
  events: {{bind: ["tcp://127.0.0.1:{port}"]}}
  out: ["tcp://127.0.0.1:*"]
  query: ["tcp://127.0.0.1:*"]
""")
        self.assertEqual(code, 1)
        self.assertIn(f"socket=events at=tcp://127.0.0.1:{port} error=\"Address already in use\"",
                      err)

    def test_http_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with Daemon() as daemon:
                config = daemon.sockets.replace('bind: "127.0.0.1:*"', f'bind: "127.0.0.1:{port}"')
                code, _, err = run(config=config.replace("/events", "/others"))
        self.assertEqual(code, 1)
        self.assertIn(f'http failed at=127.0.0.1:{port} error="another program listens there; ',
                      err)

    def test_manager_is_told(self):
        with Daemon(watchdog_ms=400) as daemon:  # READY has come, or we were not here
            daemon.wait_notified("WATCHDOG=1")
            daemon.wait_notified("WATCHDOG=1")
            daemon.wait_notified("STATUS=0 events, 0 active alerts, 0 refused")
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            daemon.signal(signal.SIGHUP)
            said = dict(line.split("=") for line in
                        daemon.wait_notified("RELOADING=1").split("\n"))
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self.assertTrue(before <= int(said["MONOTONIC_USEC"]) <= after, said)
            daemon.wait_notified("READY=1")
            daemon.signal(signal.SIGTERM)
            daemon.wait_notified("STOPPING=1")
            daemon.wait_line("^<6>stopping signal=15")

    def test_first_figures_come_with_ready(self):
        with Daemon() as daemon:  # READY has come, or we were not here
            daemon.signal(signal.SIGHUP)
            self.assertEqual(daemon.notices.get(timeout=60),
                             "STATUS=0 events, 0 active alerts, 0 refused")
            daemon.wait_notified("RELOADING=1")

    def test_ends_within_two_seconds(self):
        def took(number):
            with Daemon() as daemon:
                daemon.subscriber("").close()
                daemon.signal(number)
                return daemon.stop()

        for number in signal.SIGTERM, signal.SIGINT:
            soon(2, lambda n=number: took(n))

    def test_ends_within_two_seconds_though_readers_stall(self):
        def took():
            with Daemon("snapshot_every: 100ms\nfull_every: 1s\n") as daemon:
                publisher = daemon.publisher()
                stalled = daemon.socket(zmq.SUB)
                stalled.rcvhwm = 1
                stalled.subscribe("")
                stalled.connect(daemon.out)
                send(publisher, [event("opened", f"T{i}", id=str(i), team=f"t{i}")
                                 for i in range(1000)])
                daemon.wait_status(lambda s: s["published"]["kpi"] > 2000)
                return daemon.stop()

        soon(2, took)

    def test_what_has_arrived_is_published_before_the_end(self):
        with Daemon(FAST + RULE % ("many", 3)) as daemon:
            subscriber = daemon.subscriber("alert.")
            publisher = daemon.publisher()
            send(publisher, event("opened", "A", id="A"))
            daemon.wait_messages(1)
            with daemon.held():
                for i in range(2000):
                    send(publisher, event("opened", f"T{i}", id=str(i)))
                publisher.close(linger=-1)
                daemon.signal(signal.SIGTERM)
            daemon.process.wait(PATIENCE_S)
            topic, message = subscriber.next()
            self.assertEqual(topic, "alert.kpi.breached.-.-.")
            self.assertEqual(message["rule"], "many")

    def test_reload(self):
        with Daemon(FAST + RULE % ("one", 1000)) as daemon:
            subscriber = daemon.subscriber("alert.")
            publisher = daemon.publisher()
            send(publisher, [event("opened", f"T{i}", id=str(i)) for i in range(5)])
            daemon.wait_messages(1)
            daemon.write(FAST + RULE % ("two", 4))
            daemon.signal(signal.SIGHUP)
            daemon.wait_notified("READY=1")
            daemon.wait_line("^<6>reloaded file=")
            _, alert = subscriber.next()
            self.assertEqual((alert["rule"], alert["state"], alert["value"]),
                             ("two", "breached", 5))
            daemon.write(FAST + "rules: []\n")
            daemon.signal(signal.SIGHUP)
            _, ended = subscriber.next()
            self.assertEqual((ended["rule"], ended["state"], ended["alert_id"]),
                             ("two", "cancelled", alert["alert_id"]))
            status = daemon.wait_status(lambda s: s["active_alerts"] == 0)
            self.assertEqual(status["events"], 5)

    def test_reload_is_all_or_nothing(self):
        with Daemon(FAST + RULE % ("many", 3)) as daemon:
            for config, complaint in (
                    (RULE % ("x", 1) + "nonsense: 1\n", r"config.yaml:3: nonsense: unknown key"),
                    (RULE % ("x", 1) + "windows: [1h]\n", r"windows changed, which needs a"),
                    (RULE % ("x", 1) + "limits: {tickets: 5}\n", r"limits.tickets changed"),
                    ("rules: [\n", r"no valid YAML")):
                daemon.write(config)
                daemon.signal(signal.SIGHUP)
                daemon.wait_notified("READY=1")
                daemon.wait_line("^<3>.*" + complaint)
            daemon.sockets = daemon.sockets.replace("/events", "/elsewhere")
            daemon.write(RULE % ("x", 1))
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<3>reload refused .*sockets.events.bind changed")
            os.remove(daemon.path)
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("^<3>configuration refused .*cannot be opened")
            subscriber = daemon.subscriber("alert.")
            publisher = daemon.publisher()
            send(publisher, [event("opened", f"T{i}", id=str(i)) for i in range(3)])
            _, alert = subscriber.next()
            self.assertEqual(alert["rule"], "many")

    def test_language_of_alerts(self):
        with Daemon(FAST + "language: zh\n" + RULE % ("many", 1), SOCKETS) as daemon:
            subscriber = daemon.subscriber("alert.")
            send(daemon.publisher(), event("opened", "A", id="A"))
            _, alert = subscriber.next()
            self.assertRegex(alert["text"], "[\u4e00-\u9fff]")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Two machines: the second one counts the same, tells nobody, and takes over without a gap."""
import os
import signal
import sqlite3
import subprocess
import tempfile
import unittest

import msgpack
import zmq

from daemon import FAST, PROGRAM, SOCKETS, Daemon, event, held_port, now_ms, port_of, send
from test_delivery import Hook, one
from test_metrics import Scrape

RULES = FAST + """
hold_max: 0s
rules: [{id: queue, indicator: waiting, scope: team, fire: ">= 1", for: 0s}]
"""
GONE = "8s"
COMPANION = os.path.join(os.environ["TP_BUILD"], "ticketpulse")


def second(primary, gone_after="0s", config=RULES):
    """gone_after: not at all where nobody is to take over, and else no less than GONE, as a busy
    machine may hold up a heartbeat."""
    return f"{config}standby: true\nprimary: {{out: [{primary.out!r}], gone_after: {gone_after}}}\n"


class Desk:
    """A platform that publishes everything to both daemons."""

    def __init__(self, *daemons):
        self.publishers = [(d, d.publisher()) for d in daemons]
        self.seq = 0

    def send(self, *events, to=None):
        for e in events:
            self.seq += 1
            e["seq"] = self.seq
        for daemon, publisher in self.publishers:
            if to is None or daemon in to:
                send(publisher, list(events))

    def wait(self, *names, **more):
        self.send(*[event("opened", f"T{n}", team=n) for n in names], **more)

    def answer(self, *names, **more):
        self.send(*[event("resolved", f"T{n}", by="agent", agent="ada") for n in names], **more)


class Reader:
    """Connected to both; keeps what PROTOCOL.md says: each (alert_id, rev) once."""

    def __init__(self, *daemons):
        self.socket = daemons[0].socket(zmq.SUB)
        self.socket.rcvhwm = 0
        self.alerts, self.doubles, self.runs = {}, 0, []
        before = [self.subscriptions(d.status()) for d in daemons]
        for d in daemons:
            self.socket.connect(d.out)
        self.socket.subscribe("")
        for d, n in zip(daemons, before):  # what is told before it has come there would be missed
            d.wait_status(lambda s, n=n: self.subscriptions(s) > n)

    @staticmethod
    def subscriptions(status):
        return status["limits"]["subscriptions"]["used"]

    def take(self):
        topic, payload = self.socket.recv_multipart()
        message = msgpack.unpackb(payload)
        if not self.runs or self.runs[-1] != message["run"]:
            self.runs.append(message["run"])
        if topic.startswith(b"alert."):
            key = message["alert_id"], message["rev"]
            self.doubles += key in self.alerts
            self.alerts.setdefault(key, message)
        return topic.decode(), message

    def wait(self, condition):
        while not condition():
            self.take()

    def told(self, state="breached"):
        return sorted(m["name"] for m in self.alerts.values() if m["state"] == state)


def numbers(daemon):
    """Every number of every name that does not depend on when it was asked for."""
    kept = {}
    for key, m in daemon.snapshot().items():
        windows = {w: {i: v for i, v in one.items() if i not in ("from", "covered_from", "prev")}
                   for w, one in m["windows"].items()}
        kept[key] = windows, {k: v["ticket"] if isinstance(v, dict) else v
                              for k, v in m["now"].items()}
    return kept


class Standby(unittest.TestCase):
    def waits_for_heartbeat(self, daemon):
        daemon.wait_status(lambda s: s["standby"].get("silent_ms", 0) < 900)

    def hears_another(self, daemon):
        """Waits until the silence begins anew."""
        before = [0]

        def begins(status):
            was, before[0] = before[0], status["standby"]["silent_ms"]
            return before[0] < was
        daemon.wait_status(begins)

    def test_it_counts_the_same_and_says_nothing(self):
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as one, \
                tempfile.TemporaryDirectory(prefix="ticketpulse-") as two, \
                Daemon(RULES, state=one) as a, \
                Daemon(second(a), state=two, watchdog_ms=500) as b:
            self.assertEqual((a.status()["role"], b.status()["role"]), ("primary", "standby"))
            self.assertNotIn("standby", a.status())
            b.wait_notified("STATUS=")
            silent = b.socket(zmq.SUB)
            silent.connect(b.out)
            silent.subscribe("")
            reader, desk = Reader(a), Desk(a, b)
            desk.wait("x", "y", "z")
            desk.answer("y")
            reader.wait(lambda: reader.told("cleared") == ["y"])
            status = b.wait_status(lambda s: s["standby"]["confirmed"] == 4)["standby"]
            self.assertEqual((status["waiting"], status["unknown"], status["lost"]), (0, 0, 0))
            for d in a, b:
                d.wait_status(lambda s: s["active_alerts"] == 2)
            active = [sorted((m["message"]["alert_id"], m["message"]["rev"], m["message"]["since"])
                             for m in d.ask(op="alerts", active=True)[:-1]) for d in (a, b)]
            self.assertEqual(active[0], active[1])
            published = {"alert": 4, "kpi": 0, "score": 0, "sys": 0}  # kept, for who asks
            b.wait_status(lambda s: s["published"] == published)  # when its own disk has them
            kept = [m["message"] for m in b.ask(op="alerts", since_seq=0)[:-1]]
            self.assertEqual([m["seq"] for m in kept], [1, 2, 3, 4])
            self.assertEqual({(m["alert_id"], m["rev"]) for m in kept}, set(reader.alerts))
            self.assertEqual(len(a.snapshot(scope="team")), len(b.snapshot(scope="team")))
            # Not one message before it takes over, and everything after that.
            self.assertEqual(b.ask(op="promote")[0]["message"]["role"], "primary")
            topic = silent.recv_multipart()[0]
            self.assertIn(topic, (b"sys.heartbeat.", b"sys.status."))
            self.assertEqual(b.ask(op="promote")[0]["error"], "not_standby")
            self.assertEqual(a.ask(op="promote")[0]["error"], "not_standby")
            b.wait_notified("STATUS=")
            a.stop()
            b.stop()

    def test_numbers_are_the_same(self):
        with Daemon(RULES) as a, Daemon(second(a)) as b:
            desk, then = Desk(a, b), now_ms() - 3600000
            for i in range(200):
                desk.send(event("opened", f"T{i}", ts=then + i, team=f"t{i % 7}", agent="ada"),
                          event("message", f"T{i}", ts=then + 60000 + 7 * i, by="agent",
                                agent="ada"))
            for d in a, b:
                d.wait_status(lambda s: s["engine"]["events"] == 400)
            self.assertEqual(numbers(a), numbers(b))
            self.assertEqual(len(numbers(a)), 1 + 7 + 1)
            desk.send(event("opened", "one more", ts=then, team="t1"), to=[a])
            a.wait_status(lambda s: s["engine"]["events"] == 401)
            self.assertNotEqual(numbers(a), numbers(b))

    def test_a_primary_that_is_killed(self):
        """What it had not told, what happened meanwhile, what comes later: each is told once."""
        with Daemon(RULES) as a, Daemon(second(a, GONE)) as b:
            reader, desk = Reader(a, b), Desk(a, b)
            names = [f"t{i:02}" for i in range(40)]
            self.waits_for_heartbeat(b)
            desk.wait(*names[:10])
            reader.wait(lambda: len(reader.alerts) == 10)
            b.wait_status(lambda s: s["standby"]["confirmed"] == 10)
            a.signal(signal.SIGSTOP)  # it hears, and tells no more
            desk.wait(*names[10:20])
            desk.answer(*names[:5])
            b.wait_status(lambda s: s["standby"]["waiting"] == 15)
            a.process.kill()
            desk.wait(*names[20:30], to=[b])
            b.wait_line("took over reason=silence")
            desk.wait(*names[30:], to=[b])
            reader.wait(lambda: len(reader.told()) == 40 and len(reader.told("cleared")) == 5)
            self.assertEqual(reader.told(), names)
            self.assertEqual(reader.told("cleared"), names[:5])
            self.assertEqual((len(reader.alerts), reader.doubles), (45, 0))
            self.assertEqual(len(reader.runs), 2)
            status = b.status()
            self.assertEqual(status["role"], "primary")
            self.assertEqual(status["standby"]["told"], 25)
            self.assertEqual(status["published"]["alert"], 45)
            self.assertEqual(status["alerts"]["told"], 35)
            seqs = sorted(m["seq"] for m in reader.alerts.values() if m["run"] == reader.runs[-1])
            self.assertEqual(seqs, list(range(11, 46)))
            again = b.ask(op="alerts", since_seq=10)
            self.assertEqual([m["message"]["seq"] for m in again[:-1]], seqs)
            a.kill()

    def test_what_people_said_is_taken_over(self):
        with Daemon(RULES) as a, Daemon(second(a, GONE)) as b:
            reader, desk = Reader(a, b), Desk(a, b)
            self.waits_for_heartbeat(b)
            desk.wait("x", "y")
            reader.wait(lambda: len(reader.alerts) == 2)
            ids = {m["name"]: m["alert_id"] for m in reader.alerts.values()}
            b.wait_status(lambda s: s["standby"]["confirmed"] == 2)
            self.assertEqual(b.ask(op="ack", alert_id=ids["x"], by="ada")[0]["error"], "standby")
            a.ask(op="ack", alert_id=ids["x"], by="ada")
            until = now_ms() + 3600000
            a.ask(op="mute", alert_id=ids["y"], by="bo", until=until)
            b.wait_status(lambda s: s["standby"]["attended"] == 2 and s["standby"]["waiting"] == 0)
            active = [{m["message"]["name"]: m["message"]
                       for m in d.ask(op="alerts", active=True)[:-1]} for d in (a, b)]
            for m in active:
                self.assertEqual((m["x"]["acked_by"], m["x"]["rev"]), ("ada", 2))
                self.assertEqual((m["y"]["muted"], m["y"]["muted_by"], m["y"]["rev"]),
                                 (until, "bo", 2))
            a.ask(op="mute", alert_id=ids["y"], by="bo", until=now_ms() - 1)  # no more
            b.wait_status(lambda s: s["standby"]["attended"] == 3)
            a.process.kill()
            b.wait_line("took over")
            desk.answer("x", "y", to=[b])
            reader.wait(lambda: reader.told("cleared") == ["x", "y"])
            self.assertEqual(reader.doubles, 0)
            a.kill()

    def test_what_waits_outlives_a_restart_of_the_standby(self):
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as state, Daemon(RULES) as a:
            with Daemon(second(a), state=state) as b:
                desk = Desk(a, b)
                self.waits_for_heartbeat(b)
                desk.wait("x")
                b.wait_status(lambda s: s["standby"]["confirmed"] == 1)
                a.signal(signal.SIGSTOP)
                desk.wait("y", "z")
                b.wait_status(lambda s: s["standby"]["waiting"] == 2)
            with Daemon(second(a), state=state) as b:
                self.assertEqual(b.status()["standby"]["waiting"], 2)
                done = subprocess.run([COMPANION, "query", "promote", "--query",
                                       b.query_endpoint], capture_output=True, text=True,
                                      check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, r"role +primary")
                got = [m["message"]["name"] for m in b.ask(op="alerts", since_seq=0)[:-1]]
                self.assertEqual(sorted(got), ["y", "z"])
            with sqlite3.connect(os.path.join(state, "record.db")) as db:
                self.assertEqual(db.execute("select count(*) from alerts").fetchone()[0], 3)
            a.signal(signal.SIGCONT)

    def test_receivers_hear_of_what_the_primary_had_not_told(self):
        hook = Hook()
        with Daemon(RULES) as a, \
                Daemon(second(a, "0s", one(hook.port) + "hold_max: 0s\n")) as b:
            desk = Desk(a, b)
            self.waits_for_heartbeat(b)
            desk.wait("x")
            b.wait_status(lambda s: s["standby"]["confirmed"] == 1)
            self.hears_another(b)
            self.hears_another(b)  # which was sent after that
            desk.wait("y", to=[b])
            b.wait_status(lambda s: s["standby"]["waiting"] == 1)
            self.assertTrue(hook.bodies.empty())
            b.ask(op="promote")
            desk.wait("z", to=[b])
            self.assertEqual([alert["name"] for alert in hook.alerts(2)], ["y", "z"])
            b.wait_status(lambda s: s["deliveries"]["delivered"] == 2)
        hook.close()

    def test_receivers_that_were_down_when_the_primary_died(self):
        hook = Hook(down=True)
        with Daemon(one(hook.port)) as a, \
                Daemon(second(a, GONE, one(hook.port))) as b:
            desk = Desk(a, b)
            self.waits_for_heartbeat(b)
            names = [f"t{i}" for i in range(150)]
            desk.wait(*names)
            a.wait_line("delivery failed receiver=h")
            b.wait_status(lambda s: s["standby"]["confirmed"] == len(names))
            beats = a.subscriber("sys.heartbeat.")
            _, beat = beats.wait(lambda topic, m: topic == "sys.heartbeat." and "undelivered" in m)
            beats.close()
            first = a.ask(op="alerts", since_seq=0)[0]["message"]
            self.assertEqual(beat["undelivered"],
                             {"h": {"alert_id": first["alert_id"], "rev": first["rev"]}})
            a.process.kill()
            b.wait_line("took over reason=silence")
            hook.up()
            desk.wait("new", to=[b])
            told = hook.alerts(len(names) + 1)
            self.assertEqual(sorted(alert["name"] for alert in told), sorted([*names, "new"]))
            b.wait_status(lambda s: s["deliveries"]["delivered"] == len(names) + 1)
            a.kill()
        hook.close()

    def test_receivers_that_have_all_are_not_told_from_the_beginning(self):
        hook = Hook()
        with Daemon(one(hook.port)) as a, \
                Daemon(second(a, "0s", one(hook.port))) as b:
            desk = Desk(a, b)
            self.waits_for_heartbeat(b)
            desk.wait("x", "y")
            self.assertEqual([alert["name"] for alert in hook.alerts(2)], ["x", "y"])
            b.wait_status(lambda s: s["standby"]["confirmed"] == 2)
            a.wait_status(lambda s: s["deliveries"]["delivered"] == 2)
            self.hears_another(b)
            self.hears_another(b)  # which was sent after that
            a.process.kill()
            b.ask(op="promote")
            desk.wait("z", to=[b])
            self.assertEqual([alert["name"] for alert in hook.alerts(1)], ["z"])
            a.kill()
        hook.close()

    def test_a_standby_that_was_stopped_itself_takes_nothing_over(self):
        with Daemon(RULES) as a, Daemon(second(a, GONE)) as b:
            self.waits_for_heartbeat(b)
            beats = a.subscriber("sys.heartbeat.")
            with b.held():
                for _ in range(10):  # longer than GONE
                    beats.next()
            for _ in range(2):
                beats.next()
            self.assertEqual(b.status()["role"], "standby")

    def test_two_primaries_are_told(self):
        with Daemon(RULES) as a, Daemon(second(a)) as b:
            self.waits_for_heartbeat(b)
            b.ask(op="promote")
            b.wait_line("two primaries")
            self.assertTrue(b.wait_status(lambda s: "both" in s["standby"])["standby"]["both"])
            scrape = Scrape(b)
            self.assertEqual(scrape.value("ticketpulse_two_primaries"), 1)
            self.assertEqual(scrape.value("ticketpulse_standby"), 0)
            self.assertEqual(scrape.value("ticketpulse_took_over"), 1)
            self.assertEqual(Scrape(a).value("ticketpulse_standby"), 0)
            self.assertNotIn("ticketpulse_two_primaries", Scrape(a).text)
            a.process.kill()
            b.wait_status(lambda s: "both" not in s["standby"])
            a.kill()

    def test_two_that_name_each_other(self):
        """Both stand by and listen to the other: the first to miss it leads, the other follows."""
        held = [held_port() for _ in range(2)]
        for port in held:
            self.addCleanup(port.close)
        ports = [port_of(port) for port in held]
        sockets = [SOCKETS.replace('out: ["tcp://127.0.0.1:*"]',
                                   f'out: ["tcp://127.0.0.1:{port}"]') for port in ports]
        config = (RULES + "standby: true\nprimary: {out: ['tcp://127.0.0.1:%d'], "
                  f"gone_after: {GONE}}}\n")
        with Daemon(config % ports[1], sockets=sockets[0]) as a:
            a.wait_line("took over reason=silence")
            with Daemon(config % ports[0], sockets=sockets[1]) as b:
                self.waits_for_heartbeat(b)
                desk = Desk(a, b)
                desk.wait("x")
                b.wait_status(lambda s: s["standby"]["confirmed"] == 1)
                a.process.kill()
                b.wait_line("took over reason=silence")
                with Daemon(config % ports[1], sockets=sockets[0]) as again:
                    self.waits_for_heartbeat(again)
                    self.assertEqual(again.status()["role"], "standby")
                a.kill()

    def test_wrong_configurations(self):
        for text, line in (
                ("primary: {out: ['tcp://127.0.0.1:5570']}", r":1: primary\.out: only a standby"),
                ("standby: true\nprimary: {gone_after: 1s}",
                 r":2: primary\.gone_after: one late heartbeat"),
                ("standby: true\nprimary: {out: ['tcp://10.0.0.1:5570']}",
                 r":2: primary\.out: .*security\.publishers"),
                ("standby: maybe", r":1: standby: ")):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text + "\n")
                file.flush()
                done = subprocess.run([PROGRAM, "--config", file.name, "--check"], text=True,
                                      capture_output=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, line)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_its_own_socket_is_no_primary(self):
        held = held_port()
        self.addCleanup(held.close)
        port = port_of(held)
        sockets = SOCKETS.replace('out: ["tcp://127.0.0.1:*"]', f'out: ["tcp://127.0.0.1:{port}"]')
        with Daemon(RULES + "standby: true\n"
                    f"primary: {{out: ['tcp://127.0.0.1:{port}'], gone_after: 3s}}\n",
                    sockets=sockets) as d:
            d.wait_line("took over")
            d.wait_line("no primary .*is our own socket")


if __name__ == "__main__":
    unittest.main()

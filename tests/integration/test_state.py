#!/usr/bin/python3
"""The state directory: what outlives a crash, a stop, another configuration, and what refuses."""
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import unittest

import msgpack
import zmq

import faultydisk
from daemon import FAST, PATIENCE_S, PROGRAM, Daemon, event, now_ms, send

RULE = """rules:
  - {id: many, indicator: waiting, fire: ">= %d", clear: 1}
"""
POLICY = """policies:
  - {id: gold, first_response: {target: %s}}
"""


def numbers(daemon):
    """What is counted, without what moves by itself."""
    kept = {}
    for key, snapshot in daemon.snapshot().items():
        windows = {name: {k: v for k, v in w.items() if k not in ("from", "covered_from")}
                   for name, w in snapshot["windows"].items()}
        kept[key] = (windows, {k: v for k, v in snapshot["now"].items()
                               if not k.startswith("oldest")})
    return kept


BEGUN = now_ms() - 60000


def opened(n, ts=None):
    """Always the same one: a resend is the same event."""
    return event("opened", f"T{n}", ts=ts or BEGUN + n, team=f"team{n % 3}",
                 agent=f"agent{n % 7}", seq=n + 1)


class State(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.scratch, self.dir = scratch.name, os.path.join(scratch.name, "state")

    def daemon(self, config=FAST, **more):
        return Daemon(config, state=self.dir, **more)

    def committed(self, daemon, events):
        """Until so many events are on disk."""
        return daemon.wait_status(lambda s: s["events"] >= events and
                                  s["journal"]["committed"] == s["journal"]["entries"])

    def refused(self):
        """The log of a daemon that does not start here."""
        ended = subprocess.run([PROGRAM, "--state", self.dir], capture_output=True, text=True,
                               timeout=PATIENCE_S, check=False)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        return ended.stderr

    def test_a_crash_changes_no_number(self):
        daemon = self.daemon()
        publisher = daemon.publisher()
        send(publisher, [opened(n) for n in range(500)])
        send(publisher, [event("message", f"T{n}", by="agent", agent="ada", seq=1001 + n)
                         for n in range(0, 500, 2)])
        send(publisher, [event("rated", f"T{n}", score=4, seq=2001 + n) for n in range(50)])
        self.committed(daemon, 800)
        before, status = numbers(daemon), daemon.status()
        daemon.kill()
        with self.daemon() as daemon:
            daemon.wait_line(r"recovered .* events=800 lost=0 ")
            self.assertEqual(numbers(daemon), before)
            self.assertEqual(daemon.status()["engine"], status["engine"])
            publisher = daemon.publisher()  # sent again: seen before the crash
            send(publisher, [opened(n) for n in range(500)])
            after = daemon.wait_status(lambda s: s["events"] == 500)
            self.assertEqual(after["engine"]["duplicates"], 500)
            self.assertEqual(numbers(daemon), before)

    def test_stops_while_alerts_are_born(self):
        ended = threading.Event()
        self.addCleanup(ended.set)

        def stream(socket, life):
            number = 0
            while not ended.is_set():  # each ticket is breached already: an alert each
                number += 1
                head = msgpack.packb({"client": f"c{life}", "batch": number})
                events = [opened(life * 1000000 + number * 20 + i, BEGUN) for i in range(20)]
                try:
                    socket.send_multipart([b"batch", head, msgpack.packb(events)], zmq.DONTWAIT)
                except zmq.Again:
                    socket.poll(10, zmq.POLLOUT)

        for life in range(5):
            ended.clear()
            with self.daemon(FAST + POLICY % "1s") as daemon:
                socket = daemon.socket(zmq.DEALER)
                socket.sndhwm = 100
                socket.connect(daemon.endpoint("ingest"))
                thread = threading.Thread(target=stream, args=(socket, life))
                thread.start()
                daemon.wait_status(lambda s: s["events"] >= 500)
                daemon.stop()  # its end was a good one
                ended.set()
                thread.join()
                socket.close()

    def test_an_end_during_the_start(self):
        """The replay hears SIGTERM, gives up, and has changed nothing."""
        def asked():  # it waits already when the daemon begins
            signal.pthread_sigmask(signal.SIG_BLOCK, [number])
            os.kill(os.getpid(), number)

        daemon = self.daemon()
        publisher = daemon.publisher()
        send(publisher, [opened(n) for n in range(500)])
        self.committed(daemon, 500)
        daemon.kill()
        for number in signal.SIGTERM, signal.SIGINT:
            ended = subprocess.run([PROGRAM, "--state", self.dir], preexec_fn=asked, text=True,
                                   capture_output=True, timeout=PATIENCE_S, check=False)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            said = re.search(r"start given up entries=(\d+) ", ended.stderr)
            self.assertLess(int(said.group(1)), 500, ended.stderr)
            self.assertNotIn("ready", ended.stderr)
        with self.daemon() as daemon:
            self.assertEqual(daemon.status()["engine"]["applied"], 500)

    def test_alerts_that_were_not_recorded_name_their_own_tickets(self):
        config = FAST + POLICY % "1s" + "rules: []\nalerts_per_minute: 0\nhold_after: 24h\n"
        daemon = self.daemon(config)
        publisher = daemon.publisher()
        send(publisher, [opened(n, BEGUN) for n in range(200)])
        daemon.wait_status(lambda s: s["record"]["alerts"] == 200)
        daemon.kill()
        for name, change in (("record.db", "DELETE FROM alerts WHERE n % 3 = 0"),
                             ("journal.db", "UPDATE facts SET value = 0 WHERE name = 'told'")):
            file = sqlite3.connect(os.path.join(self.dir, name))
            file.execute(change)
            file.commit()
            file.close()
        with self.daemon(config) as daemon:
            daemon.wait_status(lambda s: s["record"]["alerts"] == 66)
        record = sqlite3.connect(os.path.join(self.dir, "record.db"))
        tickets = [t for t, in record.execute("SELECT ticket FROM alerts WHERE kind = 'sla'")]
        record.close()
        self.assertEqual(sorted(tickets), sorted(f"T{n}" for n in range(200)))

    def test_crashes_while_events_come(self):
        sent = 0
        for _ in range(8):
            daemon = self.daemon()
            publisher = daemon.publisher()
            for _ in range(40):
                send(publisher, [opened(sent + n) for n in range(25)])
                sent += 25
            daemon.wait_status(lambda s: s["events"] >= 200)
            promised = daemon.status()["journal"]["committed"]
            daemon.kill()
            journal = sqlite3.connect(os.path.join(self.dir, "journal.db"))
            last, = journal.execute("SELECT max(first + entries - 1) FROM batches").fetchone()
            journal.close()
            self.assertGreaterEqual(last, promised)
        with self.daemon() as daemon:
            status = daemon.status()
            tickets = status["limits"]["tickets"]["used"]
            self.assertEqual(status["engine"]["applied"], tickets)
            publisher = daemon.publisher()  # all of it again: each counts once
            for start in range(0, sent, 1000):
                send(publisher, [opened(start + n) for n in range(1000)])
            status = daemon.wait_status(lambda s: s["events"] == sent)
            self.assertEqual(status["engine"]["duplicates"], tickets)
            self.assertEqual(status["limits"]["tickets"]["used"], sent)
            self.assertEqual(daemon.snapshot(scope="all")[("all", "-")]["now"]["open"], sent)

    def test_alerts_leave_once_and_stay_active(self):
        with self.daemon(FAST + RULE % 3) as daemon:
            alerts = daemon.subscriber("alert.")
            send(daemon.publisher(), [opened(n) for n in range(3)])
            _, alert = alerts.wait(lambda topic, _: topic.startswith("alert.kpi."))
            self.committed(daemon, 3)
        with self.daemon(FAST + RULE % 3) as daemon:
            again = daemon.subscriber("alert.")
            active = [a["message"] for a in daemon.ask(op="alerts", active=True)[:-1]]
            self.assertEqual([(a["alert_id"], a["rev"]) for a in active],
                             [(alert["alert_id"], alert["rev"])])
            self.assertEqual(daemon.ask(op="alerts", since_seq=0)[:-1], [])
            send(daemon.publisher(), [event("message", f"T{n}", by="agent", agent="ada",
                                            seq=100 + n) for n in range(3)])
            _, cleared = again.wait(lambda topic, _: topic.startswith("alert."))
            self.assertEqual((cleared["alert_id"], cleared["rev"], cleared["state"]),
                             (alert["alert_id"], alert["rev"] + 1, "cleared"))

    def test_what_was_said_of_an_alert_stays(self):
        daemon = self.daemon(FAST + RULE % 1)
        send(daemon.publisher(), opened(1))
        daemon.wait_status(lambda s: s["active_alerts"] == 1)
        alert = daemon.ask(op="alerts", active=True)[0]["message"]
        self.assertNotIn("acked_by", alert)
        said = daemon.ask(op="ack", alert_id=alert["alert_id"], by="ada")[0]["message"]
        self.committed(daemon, 1)
        daemon.kill()
        with self.daemon(FAST + RULE % 1) as daemon:
            again = daemon.ask(op="alerts", active=True)[0]["message"]
            self.assertEqual((again["alert_id"], again["rev"], again["acked_by"]),
                             (alert["alert_id"], said["rev"], "ada"))

    def test_what_fell_due_meanwhile_is_told_late(self):
        due = FAST + "rules: []\n" + POLICY % "1h"
        disk = faultydisk.Disk(self.scratch, self.dir)  # of which only the clock is wanted
        daemon = self.daemon(due)
        send(daemon.publisher(), opened(1, ts=now_ms()))
        self.committed(daemon, 1)
        daemon.kill()
        disk.set_clock(7200)
        with self.daemon(due, environment=disk.environment) as daemon:
            alerts = daemon.wait_status(lambda s: s["published"]["alert"] == 1)
            self.assertEqual(alerts["engine"]["sla_breached"], 1)
            told = [a["message"] for a in daemon.ask(op="alerts", since_seq=0)[:-1]]
            self.assertEqual([(a["ticket"], a["state"], a.get("late")) for a in told],
                             [("T1", "breached", True)])
        with self.daemon(due, environment=disk.environment) as daemon:  # once
            self.assertEqual(daemon.ask(op="alerts", since_seq=0)[:-1], [])
            self.assertEqual(daemon.status()["engine"]["sla_breached"], 1)

    def test_another_configuration_comes_as_by_a_reload(self):
        with self.daemon(FAST + POLICY % "1h") as daemon:
            send(daemon.publisher(), opened(1, ts=now_ms() - 1800 * 1000))
            self.committed(daemon, 1)
            self.assertEqual(daemon.status()["engine"]["sla_breached"], 0)
        for _ in range(2):  # the second time it is the old one
            with self.daemon(FAST + POLICY % "10m") as daemon:
                status = daemon.wait_status(lambda s: s["engine"]["sla_breached"] == 1)
                self.assertEqual(status["active_alerts"], 1)
        self.assertEqual(len([line for line in daemon.log if "stopped" in line]), 0)
        with self.daemon(FAST + POLICY % "10m") as daemon:  # a reload is in the journal too
            daemon.write(FAST)
            daemon.signal(signal.SIGHUP)
            daemon.wait_notified("RELOADING=1")
            daemon.wait_status(lambda s: s["engine"]["sla_cancelled"] == 1)
            before = numbers(daemon)
        with self.daemon() as daemon:
            self.assertEqual(daemon.status()["engine"]["sla_cancelled"], 1)
            self.assertEqual(daemon.status()["active_alerts"], 0)
            self.assertEqual(numbers(daemon), before)

    def test_other_windows_are_counted_anew(self):
        with self.daemon() as daemon:
            send(daemon.publisher(), [opened(n) for n in range(10)])
            self.committed(daemon, 10)
        for _ in range(2):
            with self.daemon("windows: [2h]\nrules: []\n" + FAST) as daemon:
                snapshot = daemon.snapshot(scope="all")[("all", "-")]
                self.assertEqual(list(snapshot["windows"]), ["2h"])
                self.assertEqual(snapshot["windows"]["2h"]["opened"]["num"], 10)
        self.assertFalse([line for line in daemon.log if "counted anew" in line])

    def test_two_daemons_on_one_directory(self):
        with self.daemon() as daemon:
            said = self.refused()
            self.assertIn(f"process {daemon.process.pid};", said)
            send(daemon.publisher(), opened(1))
            self.committed(daemon, 1)

    def test_directories_that_are_not_ours(self):
        with self.daemon():
            pass
        journal = sqlite3.connect(os.path.join(self.dir, "journal.db"))
        journal.execute("PRAGMA user_version = 1000")
        journal.commit()
        journal.close()
        self.assertIn("newer ticketpulsed", self.refused())
        with open(os.path.join(self.dir, "journal.db"), "wb") as file:
            file.write(b"something else altogether, and long enough to be read " * 100)
        self.assertIn("journal.db", self.refused())
        self.dir = os.path.join(self.dir, "missing", "deep")
        self.assertIn("cannot be made", self.refused())

    def test_a_damaged_row_is_told_and_the_rest_counts(self):
        with self.daemon() as daemon:
            publisher = daemon.publisher()
            for start in range(0, 640, 64):
                send(publisher, [opened(start + n) for n in range(64)])
            self.committed(daemon, 640)
        journal = sqlite3.connect(os.path.join(self.dir, "journal.db"))
        entries, = journal.execute("SELECT entries FROM batches ORDER BY first LIMIT 1 OFFSET 2") \
            .fetchone()
        journal.execute("UPDATE batches SET bytes = x'28b52ffd00' WHERE first = "
                        "(SELECT first FROM batches ORDER BY first LIMIT 1 OFFSET 2)")
        journal.commit()
        journal.close()
        with self.daemon() as daemon:
            lost = daemon.wait_line(r"journal entries lost first=\d+ entries=(\d+) "
                                    r'reason="the row is damaged"')
            self.assertEqual(int(lost.group(1)), entries)
            open_now = daemon.snapshot(scope="all")[("all", "-")]["now"]["open"]
            self.assertGreaterEqual(open_now, 640 - entries)
            self.assertLess(open_now, 640)

    def checkpointed(self, daemon, count=1):
        return daemon.wait_status(lambda s: s["journal"]["checkpoints"] >= count)

    def files(self):
        return sorted((name for name in os.listdir(self.dir) if name.startswith("checkpoint-")),
                      key=lambda name: int(name.split("-")[1].split(".")[0]))

    def damage(self, name):
        with open(os.path.join(self.dir, name), "r+b") as file:
            file.seek(-2000, os.SEEK_END)
            file.write(b"damage")

    def test_a_start_from_a_checkpoint(self):
        often = FAST + POLICY % "1h" + "state: {checkpoint_every: 200ms}\n"
        daemon = self.daemon(often)
        publisher = daemon.publisher()
        for start in range(0, 3000, 100):
            send(publisher, [opened(start + n) for n in range(100)])
            if start == 1500:  # policies of before the reload judge what was before it
                self.checkpointed(daemon)
                daemon.write(often.replace("1h", "30m"))
                daemon.signal(signal.SIGHUP)
                daemon.wait_notified("RELOADING=1")
            elif start == 2500:  # one more, and events behind it
                self.checkpointed(daemon, daemon.status()["journal"]["checkpoints"] + 1)
        self.committed(daemon, 3000)
        before, engine = numbers(daemon), daemon.status()["engine"]
        daemon.kill()
        whole = [name for name in self.files() if "." not in name]
        self.assertEqual(len(whole), 2)
        for damaged in [], whole[1:], whole:  # the newest, the one before, none at all
            for name in damaged:
                self.damage(name)
            with self.daemon(FAST + POLICY % "30m") as daemon:
                found = int(daemon.wait_line(r"recovered .* checkpoint=(\d+) .* lost=0 ").group(1))
                want = [name for name in whole if name not in damaged]
                self.assertEqual(found, int(want[-1].split("-")[1]) if want else 0)
                self.assertEqual(len([line for line in daemon.log
                                      if "checkpoint not used" in line]), len(damaged))
                self.assertEqual(numbers(daemon), before)
                self.assertEqual(daemon.status()["engine"], engine)

    def verify(self, *more):
        return subprocess.run([PROGRAM, "--verify", "--state", self.dir, *more],
                              timeout=PATIENCE_S, capture_output=True, text=True, check=False)

    def test_verify_says_whether_it_is_whole(self):
        self.assertIn("no journal.db in it", self.verify().stderr)
        self.assertFalse(os.path.exists(self.dir), "nothing is made")
        with self.daemon(FAST + "state: {checkpoint_every: 200ms}\n") as daemon:
            said = self.verify()
            self.assertEqual(said.returncode, 1)
            self.assertIn("used by another daemon", said.stderr)
            send(daemon.publisher(), [opened(n) for n in range(50)])
            self.checkpointed(daemon)
        said = self.verify()
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertRegex(said.stdout, r": fine, entries=\d+ checkpoint=\d+ replayed=0 lost=0 .* "
                                      r"tickets=50 ")
        self.assertEqual(self.verify("--at", "yesterday").returncode, 2)
        later = self.verify("--at", str(now_ms() + 1000 * 86400 * 1000)).stdout
        self.assertNotEqual(later.split("digest=")[1], said.stdout.split("digest=")[1])
        self.damage(self.files()[-1])
        said = self.verify()
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stdout, r": not whole, .* checkpoint=0 .* unused_checkpoints=1 "
                                      r"tickets=50")

    def test_scorecards_come_back(self):
        cards = """scorecards:
  - {id: month, scope: agent, window: 30d, items: [{indicator: first_response, weight: 100,
     field: mean, baseline: 1h, target: 10m}]}
"""
        with self.daemon(FAST + cards) as daemon:
            send(daemon.publisher(), [opened(1), event("message", "T1", by="agent", agent="ada",
                                                       seq=2)])
            self.committed(daemon, 2)
            before = daemon.ask(op="scorecard")[0]["message"]["score"]
        for config in FAST + cards, FAST + cards.replace("10m", "9m"):
            with self.daemon(config) as daemon:
                self.assertEqual(daemon.ask(op="scorecard")[0]["message"]["name"], "ada")
                if config == FAST + cards:
                    self.assertEqual(daemon.ask(op="scorecard")[0]["message"]["score"], before)

    def test_without_one_nothing_is_kept(self):
        with Daemon(FAST) as daemon:
            self.assertNotIn("journal", daemon.status())
            self.assertFalse(os.path.exists(self.dir))

    def test_it_may_be_in_the_configuration(self):
        where = f"state: {{dir: '{self.dir}'}}\n"
        for events in 1, 2:
            with Daemon(FAST + where) as daemon:
                send(daemon.publisher(), opened(events))
                self.committed(daemon, 1)
                self.assertEqual(daemon.status()["engine"]["events"], events)


if __name__ == "__main__":
    unittest.main()

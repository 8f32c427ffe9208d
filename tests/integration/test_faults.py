#!/usr/bin/python3
"""A disk that is full, read-only, failing, damaged: what was acknowledged is there in the end."""
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import zmq

import faultydisk
from acked import Acked
from daemon import FAST, PATIENCE_S, PROGRAM, Daemon, now_ms, send

EVERY = int(os.environ.get("TP_FAULTS", "5"))  # 1: fails at each write; 5: at every fifth
PLAIN = FAST + "rules: []\n"
OFTEN = PLAIN + "state: {checkpoint_every: 200ms}\n"
BEGUN = now_ms() - 30000


def opened(n):
    return dict(type="opened", ticket=f"T{n}", ts=BEGUN + n % 30000, src="faults", team=f"t{n % 3}")


class Faults(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name
        self.dir = os.path.join(self.scratch, "state")
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, linger=0)

    def daemon(self, config=PLAIN, **more):
        return Daemon(config, state=self.dir, **more)

    def client(self, daemon):
        client = Acked(self.context, daemon.endpoint("ingest"))
        self.addCleanup(lambda: client.socket.close(linger=0))
        return client

    def disk(self):
        os.makedirs(self.dir, exist_ok=True)
        return faultydisk.Disk(self.scratch, self.dir)

    def send(self, client, first, count, batch=10):
        for n in range(first, first + count, batch):
            client.send([opened(k) for k in range(n, n + batch)])

    def expect(self, daemon, count):
        """Each of the first `count` events counts once."""
        status = daemon.status()
        self.assertEqual(status["engine"]["applied"], count)
        self.assertEqual(status["limits"]["tickets"]["used"], count)

    def refused(self, within=()):
        ended = subprocess.run([*within, PROGRAM, "--state", self.dir], capture_output=True,
                               text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        return ended.stderr

    def unwritten(self, what, reason):
        """The disk takes nothing for a while; all goes on, and nothing is lost."""
        disk = self.disk()
        with self.daemon(environment=disk.environment) as daemon:
            client, alerts = self.client(daemon), daemon.subscriber("alert.ops.")
            publisher = daemon.publisher()
            self.send(client, 0, 100)
            client.finish()
            disk.break_at(what, 1)
            send(publisher, [opened(n) for n in range(100, 120)])  # numbers go on
            _, alert = alerts.wait(lambda _, a: a["metric"] == "disk")
            self.assertEqual((alert["state"], alert["severity"]), ("breached", "critical"))
            self.assertTrue(alert["detail"].startswith(reason + ": "), alert)
            _, alert = alerts.wait(lambda _, a: a["metric"] == "record")  # it has no room either
            self.assertEqual((alert["state"], alert["severity"]), ("breached", "critical"))
            self.assertTrue(alert["detail"].startswith(reason + ": "), alert)
            status = daemon.wait_status(lambda s: s["engine"]["applied"] == 120)
            self.assertFalse(status["journal"]["written"])
            client.send([opened(120)])
            while client.nacks == 0:
                client.step(50)
            self.assertEqual(daemon.status()["engine"]["applied"], 120, "refused before it counts")
            disk.repair()
            left = {"disk", "record"}
            while left:
                left.discard(alerts.wait(lambda _, a: a["state"] == "cleared")[1]["metric"])
            client.finish()
            self.expect(daemon, 121)
            self.assertEqual(daemon.status()["journal"]["lost"], 0)
        with self.daemon() as daemon:
            self.expect(daemon, 121)

    def test_a_full_disk(self):
        self.unwritten(faultydisk.FULL, "full")

    def test_a_disk_that_became_read_only(self):
        self.unwritten(faultydisk.READONLY, "readonly")

    def test_alerts_leave_while_the_disk_is_full(self):
        disk = self.disk()
        rule = FAST + 'rules: [{id: many, indicator: waiting, fire: ">= 3", clear: 1}]\n'
        with self.daemon(rule, environment=disk.environment) as daemon:
            alerts, publisher = daemon.subscriber("alert."), daemon.publisher()
            disk.break_at(faultydisk.FULL, 1)
            send(publisher, opened(1))
            alerts.wait(lambda _, a: a.get("metric") == "disk")
            send(publisher, [opened(n) for n in (2, 3)])
            alerts.wait(lambda _, a: a.get("rule") == "many")
            disk.repair()
            alerts.wait(lambda _, a: a["state"] == "cleared")

    def recorded(self):
        """(ticket, rev) of every alert about one that record.db has."""
        record = sqlite3.connect(os.path.join(self.dir, "record.db"))
        rows = record.execute("SELECT ticket, rev FROM alerts WHERE kind = 'sla'").fetchall()
        record.close()
        return sorted(rows)

    def test_a_record_that_fails_alone(self):
        """Alerts leave, a crash meanwhile loses none to the record, and it heals by itself."""
        late = PLAIN + ("policies: [{id: gold, first_response: 1s}]\nalerts_per_minute: 0\n"
                        "hold_after: 24h\n")
        for what, reason in (faultydisk.SYNC, "broken"), (faultydisk.FULL, "full"):
            os.makedirs(self.dir)
            disk = faultydisk.Disk(self.scratch, os.path.join(self.dir, "record.db"))
            daemon = self.daemon(late, environment=disk.environment)
            client, alerts = self.client(daemon), daemon.subscriber("alert.")
            disk.break_at(what, 1)
            client.send([opened(n) for n in range(20)])
            client.finish()
            _, alert = alerts.wait(lambda _, a: a.get("metric") == "record")
            self.assertEqual((alert["state"], alert["name"]), ("breached", "-"))
            self.assertTrue(alert["detail"].startswith(reason + ": "), alert)
            daemon.wait_status(lambda s: s["published"]["alert"] >= 21)
            self.assertTrue(daemon.status()["journal"]["written"])
            daemon.kill()
            disk.repair()
            with self.daemon(late, environment=disk.environment) as daemon:
                daemon.wait_status(lambda s: s["record"]["waiting_bytes"] == 0)
                self.assertEqual(self.recorded(), sorted((f"T{n}", 1) for n in range(20)))
                client, alerts = self.client(daemon), daemon.subscriber("alert.ops.")
                disk.break_at(what, 1)
                client.send([opened(n) for n in range(20, 30)])
                client.finish()
                alerts.wait(lambda _, a: (a["metric"], a["state"]) == ("record", "breached"))
                disk.repair()
                alerts.wait(lambda _, a: (a["metric"], a["state"]) == ("record", "cleared"))
                status = daemon.wait_status(lambda s: s["record"]["waiting_bytes"] == 0)
                self.assertEqual((status["record"]["written"], status["record"]["lost"]), (True, 0))
                self.assertEqual(self.recorded(), sorted((f"T{n}", 1) for n in range(30)))
            shutil.rmtree(self.dir)

    def test_no_checkpoint_can_be_written(self):
        """Full for checkpoints: the daemon goes on, and a restart replays the journal."""
        disk = self.disk()
        with self.daemon(OFTEN, environment=disk.environment) as daemon:
            client = self.client(daemon)
            disk.break_at(faultydisk.FULL, 1)
            daemon.publisher().close()
            client.send([opened(0)])
            daemon.wait_status(lambda s: True)
            while client.nacks == 0 and client.waiting:
                client.step(50)
            disk.repair()
            self.send(client, 1, 50, 1)
            client.finish()
            daemon.wait_status(lambda s: s["journal"]["checkpoints"] > 0)
        with self.daemon() as daemon:
            self.expect(daemon, 51)
        self.assertFalse([f for f in os.listdir(self.dir) if f.endswith(".part")])

    def fail_at_each(self, what):
        """At change 1, 2, 3, ... of the directory, until a run passes without one that fails."""
        disk, call = self.disk(), 1
        while True:
            shutil.rmtree(self.dir)
            os.makedirs(self.dir)
            disk.break_at(what, 0)
            daemon = self.daemon(environment=disk.environment)
            client = self.client(daemon)
            self.send(client, 0, 20)
            client.finish()
            disk.break_at(what, call)
            for first in range(20, 100, 10):
                client.send([opened(k) for k in range(first, first + 10)])
                # One commit each, while it lives: so many writes however slow it is.
                while not (first // 10 + 1 in client.acks or client.nacks) and \
                        daemon.process.poll() is None:
                    client.step(20)
            failures, acked = disk.failures, 10 * len(client.acks)
            disk.repair()
            if what in (faultydisk.FULL, faultydisk.READONLY) or failures == 0:
                client.finish()
                self.expect(daemon, 100)
                daemon.__exit__()
            else:  # it ends, and only the next start knows what is on the disk
                self.assertEqual(daemon.ended(), 1, daemon.log)
                with self.daemon() as daemon:
                    self.assertGreaterEqual(daemon.status()["engine"]["applied"], acked)
                    client.connect(daemon.endpoint("ingest"))
                    client.finish()
                    self.expect(daemon, 100)
            client.socket.close(linger=0)
            if failures == 0:
                break
            call += EVERY
        self.assertGreater(call, 8)

    def test_a_write_that_finds_no_room_at_each_place(self):
        self.fail_at_each(faultydisk.FULL)

    def test_a_write_that_fails_at_each_place(self):
        self.fail_at_each(faultydisk.WRITE)

    def test_a_sync_that_fails_at_each_place(self):
        self.fail_at_each(faultydisk.SYNC)

    # --- damage ---------------------------------------------------------------------------------

    def fill(self, count, config=PLAIN, commits=2):
        """A directory as a kill leaves it, of at least so many commits, as each is waited for; how
        many events are in its newest checkpoint."""
        daemon = self.daemon(config)
        client = self.client(daemon)
        for first in range(0, count, count // commits):
            self.send(client, first, count // commits, 100)
            client.finish()
            if config is OFTEN:
                made = daemon.status()["journal"]["checkpoints"]
                daemon.wait_status(lambda s: s["journal"]["checkpoints"] > made or
                                   s["journal"]["checkpoint"] == s["journal"]["entries"])
        checkpoint = daemon.status()["journal"]["checkpoint"]
        daemon.kill()
        client.socket.close(linger=0)
        return checkpoint

    def into_the_file(self):
        """The write-ahead log goes into journal.db."""
        journal = sqlite3.connect(os.path.join(self.dir, "journal.db"))
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        journal.close()

    def scribble(self, name, at, size, rng):
        with open(os.path.join(self.dir, name), "r+b") as file:
            file.seek(at)
            file.write(rng.randbytes(size))

    def test_rubbish_in_pages_of_the_journal(self):
        self.fill(20000, OFTEN)
        self.into_the_file()
        whole = self.dir + ".whole"
        shutil.copytree(self.dir, whole)
        pages = os.path.getsize(os.path.join(self.dir, "journal.db")) // 4096
        rng, mended = random.Random(3), 0
        for page in [0] + sorted(rng.sample(range(1, pages), 11)):
            shutil.rmtree(self.dir)
            shutil.copytree(whole, self.dir)
            self.scribble("journal.db", page * 4096, 4096, rng)
            with self.daemon() as daemon:
                status = daemon.status()
                self.assertLessEqual(status["engine"]["applied"], 20000)
                lost = sum(int(re.search(r"entries=(\d+)", line).group(1)) for line in daemon.log
                           if "journal entries lost" in line)
                # Of an end that is gone, what was under way when it was last noted is unknown.
                unknown = 2000 if any("end of the journal" in line for line in daemon.log) else 0
                self.assertGreaterEqual(status["engine"]["applied"] + lost, 20000 - unknown)
                if page == 0:  # SQLite takes it for no database; nothing was on it but its form
                    self.assertEqual((status["engine"]["applied"], lost), (20000, 0))
                    self.assertIn("journal.db.damaged-front", os.listdir(self.dir))
                if any("journal mended" in line for line in daemon.log):
                    mended += 1
                    self.assertTrue(os.path.exists(os.path.join(self.dir, "journal.db.damaged")))
                if lost or any("journal mended" in line for line in daemon.log):
                    active = daemon.ask(op="alerts", active=True)[0]["message"]
                    self.assertEqual((active["metric"], active["value"]), ("damage", lost))
                client = self.client(daemon)  # and it goes on
                before = status["engine"]["applied"]
                self.send(client, 50000, 10)
                client.finish()
                client.socket.close(linger=0)
            with self.daemon() as daemon:
                self.assertEqual(daemon.status()["engine"]["applied"], before + 10)
        self.assertGreater(mended, 0)

    def test_a_torn_write_ahead_log(self):
        """Cut off or scribbled over anywhere: what starts is what was acknowledged up to there."""
        self.fill(3000, commits=30)
        whole, rng = self.dir + ".whole", random.Random(5)
        shutil.copytree(self.dir, whole)
        with open(os.path.join(whole, "journal.db-wal"), "rb") as file:
            size = len(file.read().rstrip(b"\0"))  # the file is longer than what is in it
        self.assertGreater(size, 20 * 4096)
        counts = []
        for n in range(16):
            shutil.rmtree(self.dir)
            shutil.copytree(whole, self.dir)
            at = rng.randrange(size)
            if n % 2 == 0:
                os.truncate(os.path.join(self.dir, "journal.db-wal"), at)
            else:
                self.scribble("journal.db-wal", at, rng.choice((1, 100, 8000)), rng)
            with self.daemon() as daemon:
                counts.append(daemon.status()["engine"]["applied"])
                # Those before the place, no other: the first ones that were sent.
                worst = daemon.ask(op="explain", ticket=f"T{counts[-1]}")[0]
                self.assertIn("error", worst)
                if counts[-1] > 0:
                    self.assertNotIn("error", daemon.ask(op="explain",
                                                         ticket=f"T{counts[-1] - 1}")[0])
                client = self.client(daemon)
                first = counts[-1] // 100 * 100  # from the platform's own copy; part of a batch
                self.send(client, first, 3000 - first, 100)  # may be there
                client.finish()
                client.socket.close(linger=0)
                self.expect(daemon, 3000)
        self.assertGreater(len(set(counts)), 4)

    def test_a_journal_that_is_gone(self):
        """A checkpoint tells that there was one; it is said once, and what is left is kept."""
        self.fill(3000, OFTEN)
        files = [name for name in os.listdir(self.dir) if name.startswith("checkpoint-")]
        newest = max(int(name.split("-")[1]) for name in files)
        os.unlink(os.path.join(self.dir, "journal.db-wal"))
        os.truncate(os.path.join(self.dir, "journal.db"), 0)
        with self.daemon() as daemon:
            self.expect(daemon, 0)
            daemon.wait_line(f"journal entries lost first=1 entries={newest} ")
            active = daemon.ask(op="alerts", active=True)[0]["message"]
            self.assertEqual((active["metric"], active["value"]), ("damage", newest))
            for name in files:
                self.assertTrue(os.path.exists(os.path.join(self.dir, name + ".unknown")), name)
            client = self.client(daemon)
            client.send([opened(0)])
            client.finish()
        with self.daemon() as daemon:
            self.expect(daemon, 1)
            self.assertEqual([a for a in daemon.ask(op="alerts", active=True) if "message" in a],
                             [])

    def test_all_checkpoints_damaged(self):
        self.fill(3000, OFTEN)
        files = [name for name in os.listdir(self.dir) if name.startswith("checkpoint-")]
        for name in files:
            self.scribble(name, 100, 5000, random.Random(1))
        with self.daemon() as daemon:
            self.expect(daemon, 3000)
            active = daemon.ask(op="alerts", active=True)[0]["message"]
            self.assertEqual((active["metric"], active["value"]), ("damage", 0))
            self.assertIn("checkpoints not used", active["detail"])
            alerts = daemon.subscriber("alert.ops.")
            daemon.write(OFTEN)
            daemon.signal(1)
            client = self.client(daemon)
            client.send([opened(3000)])
            client.finish()
            _, over = alerts.wait(lambda _, a: a["metric"] == "damage")
            self.assertEqual(over["state"], "cleared")

    # --- the directory itself -------------------------------------------------------------------

    def in_a_small_disk(self, options):
        """A command that runs another one where self.dir is a file system of its own."""
        os.makedirs(self.dir, exist_ok=True)
        within = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                  f'mount -t tmpfs -o {options} tmpfs "{self.dir}" && exec "$@"', "sh"]
        if subprocess.run([*within, "true"], capture_output=True, check=False).returncode:
            self.skipTest("file systems cannot be mounted here")
        return within

    def test_a_directory_that_cannot_be_written(self):
        said = self.refused(self.in_a_small_disk("size=1m,ro"))
        self.assertIn("Read-only file system", said)

    def test_a_small_disk_that_fills_up(self):
        within = self.in_a_small_disk("size=2m")
        with self.daemon(within=within) as daemon:
            inside = f"/proc/{daemon.process.pid}/root{self.dir}"
            client, alerts = self.client(daemon), daemon.subscriber("alert.ops.")
            sent = 0
            with open(os.path.join(inside, "ballast"), "wb") as file:
                file.write(bytes(900000))
            while client.nacks == 0:
                self.send(client, sent, 200, 200)
                sent += 200
                client.step(5)
                self.assertLess(sent, 200000, "it never filled up")
            _, alert = alerts.wait(lambda _, a: a["metric"] == "disk")
            self.assertEqual(alert["state"], "breached")
            os.unlink(os.path.join(inside, "ballast"))
            _, alert = alerts.wait(lambda _, a: a["metric"] == "disk")
            self.assertEqual(alert["state"], "cleared")
            client.finish()
            self.expect(daemon, sent)
            daemon.wait_status(lambda s: s["journal"]["committed"] == s["journal"]["entries"])
            self.assertEqual(daemon.status()["journal"]["lost"], 0)
            copy = self.dir + ".copy"
            shutil.copytree(inside, copy)
        with Daemon(PLAIN, state=copy) as daemon:
            self.expect(daemon, sent)

    # --- the clock ------------------------------------------------------------------------------

    def test_a_clock_that_is_set_back_and_forth(self):
        disk = self.disk()
        policy = FAST + "rules: []\npolicies: [{id: p, first_response: 30m}]\n"
        with self.daemon(policy, environment=disk.environment) as daemon:
            client, alerts = self.client(daemon), daemon.subscriber("alert.")
            self.send(client, 0, 10)
            client.finish()
            disk.set_clock(-3600)
            _, alert = alerts.wait(lambda _, a: a.get("metric") == "clock")
            self.assertGreater(alert["value"], 3500000)
            self.send(client, 10, 10)  # events count meanwhile
            client.finish()
            self.expect(daemon, 20)
            self.assertEqual(daemon.status()["engine"]["sla_breached"], 0)
            disk.set_clock(0)
            alerts.wait(lambda _, a: a.get("metric") == "clock" and a["state"] == "cleared")
            disk.set_clock(7200)  # all are due at once
            daemon.wait_status(lambda s: s["engine"]["sla_breached"] == 20)
            disk.set_clock(0)
            alerts.wait(lambda _, a: a.get("metric") == "clock" and a["state"] == "breached")
            daemon.wait_status(lambda s: s["loop"]["clock_steps"] == 2)
        with self.daemon(policy) as daemon:  # the clock is behind what the journal has seen
            self.expect(daemon, 20)
            status = daemon.wait_status(lambda s: s["ops"].get("clock", {}).get("active") == 1)
            self.assertEqual(status["engine"]["sla_breached"], 20, "once")
            client = self.client(daemon)
            self.send(client, 20, 10)
            client.finish()
            self.expect(daemon, 30)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Acknowledged ingest: nothing acknowledged is lost, nothing counts twice, over kill -9."""
import os
import random
import sqlite3
import subprocess
import tempfile
import unittest

import msgpack
import zmq

from acked import Acked
from daemon import FAST, PATIENCE_S, PROGRAM, Daemon, now_ms

ROUNDS = int(os.environ.get("TP_KILLS", "20"))
BEGUN = now_ms() - 30000
OFTEN = FAST + "rules: []\nstate: {checkpoint_every: 300ms}\n"


def opened(n, **more):
    """No seq and no id: only the batch's number can tell that it came before."""
    return dict(type="opened", ticket=f"T{n}", ts=BEGUN + n % 30000, src="acked", team=f"t{n % 3}",
                **more)
STEPS = 5  # events of one ticket
WATCHED = OFTEN + "policies: [{id: urgent, match: {priority: urgent}, first_response: 1s}]\n"


def happened(n):
    """The n-th event of a desk: five of each ticket, in an order of their own. Every seventh ticket
    is urgent and never replied to: its deadline is over when it comes."""
    ticket, step = divmod(n, STEPS)
    urgent = ticket % 7 == 0
    ts = BEGUN + ticket % 20000 + step * 1000
    kinds = (("opened", dict(team=f"t{ticket % 3}", priority="urgent" if urgent else "normal")),
             ("assigned", dict(agent=f"a{ticket % 11}")),
             ("message", dict(by="system" if urgent else "agent", agent=f"a{ticket % 11}")),
             ("message", dict(by="customer")),
             ("updated" if urgent else "resolved", dict(category="c") if urgent else {}))
    kind, more = kinds[step]
    return dict(type=kind, ticket=f"T{ticket}", ts=ts, src="acked", **more)


def breaches(sent):
    """Of so many events."""
    return (((sent + STEPS - 1) // STEPS) + 6) // 7


class Ingest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = os.path.join(scratch.name, "state")
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, linger=0)

    def daemon(self, config=FAST):
        return Daemon(config, state=self.dir)

    def client(self, daemon):
        client = Acked(self.context, daemon.endpoint("ingest"))
        self.addCleanup(lambda: client.socket.close(linger=0))
        return client

    def test_what_an_ack_says(self):
        with self.daemon() as daemon:
            client = self.client(daemon)
            client.send([opened(1), opened(2), opened(1), {"type": "nonsense"}, 7,
                         opened(3) | {"ts": 5}])
            client.finish()
            self.assertEqual(client.acks[1], {
                "batch": 1, "accepted": 2, "duplicates": 1, "late": 0,
                "rejected": [{"index": 3, "reason": "unknown_type"},
                             {"index": 4, "reason": "not_a_map"},
                             {"index": 5, "reason": "ts_unit"}]})
            status = daemon.status()
            self.assertEqual(status["journal"]["acks"], 1)
            self.assertEqual(status["journal"]["committed"], status["journal"]["entries"])
            client.send(opened(4))  # a map alone is a batch of one
            client.finish()
            self.assertEqual(client.acks[2]["accepted"], 1)

    def test_again_is_harmless_also_after_a_restart(self):
        event = [dict(type="complained", ts=BEGUN, src="x", agent="ada")]
        answers = []
        for config in FAST, OFTEN, FAST:
            with self.daemon(config) as daemon:
                client = Acked(self.context, daemon.endpoint("ingest"), name="same")
                client.send(event)
                client.finish()
                answers.append((client.acks[1]["accepted"], client.acks[1]["duplicates"]))
                if config == OFTEN:  # from now on it is in a checkpoint
                    client.send([opened(1)])
                    client.finish()
                    daemon.wait_status(lambda s: s["journal"]["checkpoints"] >= 1)
                client.socket.close(linger=0)
        self.assertEqual(answers, [(1, 0), (0, 1), (0, 1)])

    def test_what_is_no_batch_is_told(self):
        with self.daemon() as daemon:
            dealer = daemon.socket(zmq.DEALER)
            dealer.connect(daemon.endpoint("ingest"))
            head = msgpack.packb({"client": "x", "batch": 1})
            for frames, error in (([b"batch"], "not_a_map"), ([b"other", head, b"x"], "not_a_map"),
                                  ([b"batch", b"\xc1", b"x"], "not_msgpack"),
                                  ([b"batch", msgpack.packb({"batch": 1}), b"x"], "missing_field"),
                                  ([b"batch", msgpack.packb({"client": "x"}), b"x"],
                                   "missing_field"),
                                  ([b"batch", head, b"x", b"more"], "not_a_map"),
                                  ([b"batch", msgpack.packb({"client": "x" * 65, "batch": 1}),
                                    b"x"], "name_long"),
                                  *(([b"batch", msgpack.packb({"client": "x", "batch": n}), b"x"],
                                     "out_of_range") for n in (1 << 63, -1, 1.5, "1", None)),
                                  ([b"batch", head, b"\xc1"], "not_msgpack")):
                dealer.send_multipart(frames)
                word, answer = dealer.recv_multipart()
                self.assertEqual((word, msgpack.unpackb(answer)["error"]), (b"error", error))
            client = self.client(daemon)
            client.send([opened(1)])  # and it still serves
            client.finish()

    def test_without_a_state_directory_nothing_is_promised(self):
        with Daemon(FAST) as daemon:
            self.assertFalse([line for line in daemon.log if "socket=ingest" in line])

    def verified(self, directory, at):
        """What a start from it would be: {word: text}."""
        done = subprocess.run([PROGRAM, "--verify", "--state", directory, "--at", str(at)],
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return dict(word.split("=") for word in done.stdout.split() if "=" in word)

    def test_kill_again_and_again_under_load(self):
        """And in the end it is what a daemon is that was never killed."""
        rng = random.Random(7)
        batches, restarts, sent = [], 0, 0
        daemon = self.daemon(WATCHED)
        client = self.client(daemon)
        while restarts < ROUNDS:
            for _ in range(rng.randrange(1, 40)):
                size = rng.choice((1, 7, 64, 200))
                batches.append([happened(sent + n) for n in range(size)])
                client.send(batches[-1])
                sent += size
                if rng.random() < 0.2:
                    client.step()
            promised = sum(a["accepted"] + a["duplicates"] for a in client.acks.values())
            self.assertLessEqual(promised, sent)
            daemon.kill()
            restarts += 1
            daemon = self.daemon(WATCHED)
            self.assertFalse([line for line in daemon.log if "not used" in line])
            self.assertGreaterEqual(daemon.status()["engine"]["applied"], promised)
            client.connect(daemon.endpoint("ingest"))
        client.finish()
        tickets = (sent + STEPS - 1) // STEPS
        with daemon:
            status = daemon.wait_status(lambda s: s["engine"]["sla_breached"] >= breaches(sent))
            self.assertEqual(status["engine"]["applied"], sent)
            self.assertEqual(status["limits"]["tickets"]["used"], tickets)
            self.assertEqual(status["engine"]["sla_breached"], breaches(sent))
            teams = daemon.snapshot(scope="team")
            self.assertEqual([teams[("team", f"t{i}")]["windows"]["24h"]["opened"]["num"]
                              for i in range(3)], [(tickets + 2 - i) // 3 for i in range(3)])
        self.compare(self.dir, batches, sent)

    def compare(self, killed, batches, sent):
        """The same batches, in the same order, to a daemon that is left in peace."""
        self.dir = killed + ".whole"
        with self.daemon(WATCHED) as daemon:
            client = self.client(daemon)
            for batch in batches:
                client.send(batch)
            client.finish()
            daemon.wait_status(lambda s: s["engine"]["sla_breached"] >= breaches(sent))
        at = now_ms() + 1000
        a, b = self.verified(killed, at), self.verified(self.dir, at)
        for word in "digest", "alerts", "alerts_digest", "tickets", "at", "lost":
            self.assertEqual(a[word], b[word], word)
        self.assertEqual(int(a["alerts"]), breaches(sent))
        told, want = self.recorded(killed), self.recorded(self.dir)
        self.assertEqual(len(told), len(set(told)), "told twice")
        self.assertEqual((set(want) - set(told), set(told) - set(want)), (set(), set()))
        self.assertEqual(len(told), breaches(sent))

    def recorded(self, directory):
        """Every transition of an alert about the desk, as record.db has it."""
        record = sqlite3.connect(os.path.join(directory, "record.db"))
        rows = record.execute("SELECT alert_id, rev, state, ticket FROM alerts "
                              "WHERE kind = 'sla'").fetchall()
        record.close()
        return rows


if __name__ == "__main__":
    unittest.main()

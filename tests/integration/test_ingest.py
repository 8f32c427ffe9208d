#!/usr/bin/python3
"""Acknowledged ingest: nothing acknowledged is lost, nothing counts twice, over kill -9."""
import os
import random
import tempfile
import unittest

import msgpack
import zmq

from acked import Acked
from daemon import FAST, Daemon, now_ms

ROUNDS = int(os.environ.get("TP_KILLS", "20"))
BEGUN = now_ms() - 30000
OFTEN = FAST + "rules: []\nstate: {checkpoint_every: 300ms}\n"


def opened(n, **more):
    """No seq and no id: only the batch's number can tell that it came before."""
    return dict(type="opened", ticket=f"T{n}", ts=BEGUN + n % 30000, src="acked", team=f"t{n % 3}",
                **more)


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

    def test_kill_again_and_again_under_load(self):
        rng = random.Random(7)
        sent = restarts = 0
        daemon = self.daemon(OFTEN)
        client = self.client(daemon)
        while restarts < ROUNDS:
            for _ in range(rng.randrange(1, 40)):
                size = rng.choice((1, 7, 64, 200))
                client.send([opened(sent + n) for n in range(size)])
                sent += size
                if rng.random() < 0.2:
                    client.step()
            promised = sum(a["accepted"] + a["duplicates"] for a in client.acks.values())
            self.assertLessEqual(promised, sent)
            daemon.kill()
            restarts += 1
            daemon = self.daemon(OFTEN)
            self.assertFalse([line for line in daemon.log if "not used" in line])
            self.assertGreaterEqual(daemon.status()["engine"]["applied"], promised)
            client.connect(daemon.endpoint("ingest"))
        client.finish()
        with daemon:
            status = daemon.status()
            self.assertEqual(status["limits"]["tickets"]["used"], sent)
            self.assertEqual(status["engine"]["applied"], sent)
            snapshot = daemon.snapshot(scope="all")[("all", "-")]
            self.assertEqual(snapshot["now"]["open"], sent)
            teams = daemon.snapshot(scope="team")
            self.assertEqual([teams[("team", f"t{i}")]["windows"]["24h"]["opened"]["num"]
                              for i in range(3)], [(sent + 2 - i) // 3 for i in range(3)])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Peers that do not read: they lose, and nobody else notices."""
import unittest

import msgpack
import zmq

from daemon import Daemon, event, now_ms, send

NAMES = 1000


def busy(daemon):
    """A daemon with NAMES teams, all of them with something to say."""
    publisher = daemon.publisher()
    send(publisher, [event("opened", f"T{i}", now_ms() - 60000, id=str(i), team=f"team{i}")
                     for i in range(NAMES)])
    daemon.wait_messages(1)
    return publisher


class Slow(unittest.TestCase):
    def test_stalled_subscriber(self):
        with Daemon("snapshot_every: 100ms\nfull_every: 1s\nlimits: {agents: 1, teams: 1000}\n"
                    'rules: [{id: open, indicator: open, fire: ">= 1001"}]\n') as daemon:
            publisher = busy(daemon)
            stalled = daemon.socket(zmq.SUB)
            stalled.setsockopt(zmq.RCVHWM, 1)
            stalled.setsockopt(zmq.RCVBUF, 4096)
            stalled.subscribe("kpi.")
            stalled.connect(daemon.out)
            quick = daemon.subscriber("alert.")
            daemon.wait_line("slow reader socket=out")
            send(publisher, event("opened", "one more", id="more"))
            _, alert = quick.next()
            self.assertEqual(alert["rule"], "open")
            self.assertGreater(daemon.status()["dropped"], 0)

    def test_query_peer_that_does_not_read(self):
        with Daemon() as daemon:
            busy(daemon)
            stalled = daemon.socket(zmq.DEALER)
            stalled.setsockopt(zmq.RCVHWM, 1)
            stalled.setsockopt(zmq.RCVBUF, 4096)
            stalled.connect(daemon.query_endpoint)
            for _ in range(8):
                stalled.send(msgpack.packb({"op": "hold"}))
            for _ in range(3):  # others are served meanwhile, long answers too
                self.assertEqual(len(daemon.ask(op="snapshot", scope="team")), NAMES + 1)
            daemon.wait_line('query abandoned op=0 answers=\\d+ error="Connection timed out"')
            self.assertGreater(daemon.status()["queries"]["abandoned"], 0)

    def test_query_peer_that_goes(self):
        with Daemon() as daemon:
            busy(daemon)
            for _ in range(5):
                gone = daemon.socket(zmq.DEALER)
                gone.connect(daemon.query_endpoint)
                gone.send(msgpack.packb({"op": "hold"}))
                gone.recv()
                gone.close()
            self.assertEqual(len(daemon.ask(op="status")), 2)

    def test_more_questions_than_jobs(self):
        with Daemon() as daemon:
            busy(daemon)
            askers = []
            for _ in range(100):
                asker = daemon.socket(zmq.DEALER)
                asker.rcvhwm = 0
                asker.connect(daemon.query_endpoint)
                asker.send(msgpack.packb({"op": "snapshot", "scope": "team", "window": "1h"}))
                askers.append(asker)
            for asker in askers:
                count = 0
                while not msgpack.unpackb(asker.recv()).get("end"):
                    count += 1
                self.assertEqual(count, NAMES)


if __name__ == "__main__":
    unittest.main()

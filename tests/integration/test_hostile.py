"""Peers that want to do harm: memory that nobody here has seen, and noise that drowns others."""
import os
import socket
import struct
import sys
import unittest

import msgpack
import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import FAST, PATIENCE_S, Daemon, event, send  # noqa: E402

SOCKETS = """
sockets:
  events: {bind: ["tcp://127.0.0.1:*"]}
  out: ["tcp://127.0.0.1:*"]
  query: ["tcp://127.0.0.1:*"]
  memory: 64
"""
PIECE = 100000


class Bare:
    """ZMTP 3.0 (RFC 23) by hand: what no ZeroMQ library would send."""

    def __init__(self, endpoint, kind):
        host, port = endpoint.removeprefix("tcp://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        mechanism = b"NULL".ljust(20, b"\0")
        self.socket.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism + bytes(32))
        self.take(64)
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
        self.socket.sendall(bytes([4, len(ready)]) + ready)
        flags, n = self.take(2)
        assert flags == 4, "no command: its READY is missing"
        self.take(n)

    def take(self, n):
        """So many bytes."""
        bytes_ = b""
        while len(bytes_) < n:
            piece = self.socket.recv(n - len(bytes_))
            assert piece, "it hung up"
            bytes_ += piece
        return bytes_

    def endless(self, pieces):
        """Frames with MORE set. False when the peer cut us off."""
        frame = b"\x03" + struct.pack(">Q", PIECE) + bytes(PIECE)
        try:
            for _ in range(pieces):
                self.socket.sendall(frame)
        except OSError:
            return False
        return True

    def wait_cut(self):
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        self.socket.close()


class Hostile(unittest.TestCase):
    def test_endless_messages_end_with_their_connection(self):
        for name, kind in (("query_endpoint", b"DEALER"), ("events", b"PUB")):
            with self.subTest(name), Daemon(FAST, sockets=SOCKETS) as d:
                reader = d.subscriber("kpi.all.")
                attacker = Bare(getattr(d, name), kind)
                attacker.endless(1300)  # 130 MB that no application ever sees
                d.wait_line(r"sockets swollen memory=\d+M limit=64M cut=query")
                if kind == b"PUB":
                    d.wait_line(r"sockets swollen memory=\d+M limit=64M cut=events")
                attacker.wait_cut()
                status = d.wait_status(lambda s: s["limits"]["socket_memory"]["used"] < 32 << 20)
                self.assertEqual(status["limits"]["socket_memory"]["limit"], 64 << 20)
                self.assertEqual(status["peers"]["swollen"], 1 if kind == b"DEALER" else 3)
                send(d.publisher(), event("opened", "T1"))  # everything goes on
                reader.wait(lambda topic, m: m["now"]["open"] == 1)

    def test_a_noisy_source_does_not_starve_a_quiet_one(self):
        rule = "rules: [{id: one, indicator: waiting, scope: team, fire: '>= 1', clear: 0}]\n"
        with Daemon(FAST + rule, sockets=SOCKETS.replace("memory: 64", "memory: 0")) as d:
            alerts = d.subscriber("alert.kpi.breached.")
            noisy, quiet = d.publisher(), d.publisher()
            batch = [event("heartbeat", None) for _ in range(1000)]
            for beat in batch:
                del beat["ticket"]
            batch = msgpack.packb(batch)
            with d.held():  # all of it waits before the quiet one says a word
                for _ in range(1500):
                    send(noisy, batch)
                send(noisy, event("opened", "T0", team="noisy"))
                send(quiet, event("opened", "T1", team="quiet"))
            told = [alerts.next()[1]["team"] for _ in range(2)]
            self.assertEqual(told, ["quiet", "noisy"])

    def test_who_asks_too_often_is_told_so(self):
        sockets = SOCKETS + "  queries_per_second: 20\n  answers_per_second: 1\n"
        with Daemon(FAST, sockets=sockets) as d:
            s = d.socket(zmq.DEALER)
            s.connect(d.query_endpoint)
            with d.held():
                for _ in range(200):
                    s.send(msgpack.packb({"op": "alerts", "since_seq": 0}))
            answers = [msgpack.unpackb(s.recv()) for _ in range(200)]
            busy = sum(a.get("error") == "busy" for a in answers)
            self.assertGreater(busy, 0)
            self.assertGreaterEqual(sum("count" in a for a in answers), 20)
            status = d.status()  # another connection has its own
            self.assertEqual(status["queries"]["busy"], busy)
            # Answers of more than a second's bytes all come, only later.
            publisher = d.publisher()
            send(publisher, [event("opened", f"T{n}", team=f"team{n}") for n in range(1000)])
            d.wait_status(lambda s: s["events"] == 1000)
            self.assertGreater(len(d.ask(op="snapshot", scope="team")), 1000)

    def test_a_flood_of_subscriptions_is_bounded(self):
        with Daemon(FAST, sockets=SOCKETS) as d:
            flood = d.socket(zmq.XSUB)
            flood.sndhwm = 0
            flood.connect(d.out)
            for n in range(20000):
                flood.send(b"\x01kpi.agent.%d." % n)
            status = d.wait_status(lambda s: s["limits"]["subscriptions"]["used"] == 16384)
            self.assertEqual(status["limits"]["subscriptions"]["limit"], 16384)
            flood.close()
            d.wait_status(lambda s: s["limits"]["subscriptions"]["used"] < 16)


if __name__ == "__main__":
    unittest.main()

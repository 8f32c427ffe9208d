#!/usr/bin/python3
"""Live streams: what comes, resuming, readers that stall, and five hundred of them."""
import http.client
import os
import shutil
import socket
import sqlite3
import tempfile
import time
import unittest

from daemon import PATIENCE_S, Daemon, event, send, soon
from web import ONE, Stream, get, overdue, post, raw, read_to_end


def cpu_ms(daemon):
    with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


class Streams(unittest.TestCase):
    def test_alerts_numbers_and_windows(self):
        with Daemon(ONE) as daemon:
            stream = Stream(daemon, ("prefix", "alert."), ("prefix", "kpi.team."),
                            ("prefix", "sys.heartbeat."), ("window", "1h"))
            kind, hello = stream.next()
            self.assertEqual((kind, hello["upto_seq"], hello["resumed"]), ("hello", 0, False))
            self.assertEqual(stream.response.headers["Content-Type"],
                             "text/event-stream; charset=utf-8")
            subscriber = daemon.subscriber("alert.")
            post(daemon, overdue(1))
            alert = stream.wait("alert")
            topic, message = subscriber.next()
            self.assertEqual(alert, {"topic": topic, "message": message})
            self.assertEqual(stream.id, f"{hello['run']}-{message['seq']}")
            kpi = stream.wait("kpi", lambda d: d["message"].get("name") == "billing1")["message"]
            self.assertEqual((list(kpi["windows"]), kpi["now"]["waiting"]), (["1h"], 1))
            stream.wait("sys")
            stream.close()

    def test_a_reader_of_one_thing_hears_nothing_else(self):
        with Daemon(ONE) as daemon:
            stream = Stream(daemon, ("prefix", "alert.kpi.breached.billing7."))
            stream.next()
            for n in range(1, 9):
                post(daemon, overdue(n))
            self.assertEqual(stream.next()[1]["message"]["team"], "billing7")
            stream.close()

    def test_reconnecting_loses_and_doubles_no_alert(self):
        with Daemon(ONE) as daemon:
            stream = Stream(daemon, ("prefix", "alert."))
            run = stream.next()[1]["run"]
            seen = []
            for n in range(1, 61):
                post(daemon, overdue(n))
                if n % 10 == 5:  # gone in the middle, back after some more
                    while len(seen) < n - 2:
                        seen.append(stream.wait("alert")["message"]["team"])
                    stream.close()
                if n % 10 == 9:
                    stream = Stream(daemon, ("prefix", "alert."), last_id=stream.id)
                    kind, hello = stream.next()
                    self.assertEqual((kind, hello["resumed"], hello["run"]), ("hello", True, run))
            while len(seen) < 60:
                seen.append(stream.wait("alert")["message"]["team"])
            self.assertEqual(seen, [f"billing{n}" for n in range(1, 61)])
            stream.close()

    def test_who_was_away_too_long_begins_anew(self):
        with Daemon(ONE + "alerts_kept: 5\n") as daemon:
            stream = Stream(daemon, ("prefix", "alert."))
            run = stream.next()[1]["run"]
            stream.close()
            for n in range(1, 9):
                post(daemon, overdue(n))
            for last, resumed in ((f"{run}-0", False), (f"{run}-2", False), (f"{run}-3", True),
                                  (f"{run}-8", True), (f"{run}-9", False), ("else-3", False),
                                  (f"{run}-", False), (f"{run}-3x", False), ("", False)):
                stream = Stream(daemon, ("prefix", "alert."), last_id=last)
                hello = stream.next()[1]
                self.assertEqual((hello["resumed"], hello["upto_seq"]), (resumed, 8), last)
                stream.close()

    def test_a_silent_stream_is_kept_alive(self):
        with Daemon() as daemon:
            stream = Stream(daemon, ("prefix", "alert.sla."))
            self.assertEqual(stream.next()[0], "hello")
            self.assertEqual(stream.response.readline(), b":\n")
            self.assertEqual(get(daemon, "/healthz").status, 200)
            stream.close()

    def test_too_many_streams(self):
        with Daemon(ONE, http=", streams: 3") as daemon:
            held = [Stream(daemon, ("prefix", "alert.")) for _ in range(3)]
            for stream in held:
                stream.next()
            more = Stream(daemon, ("prefix", "alert."))
            self.assertEqual((more.status, more.response.headers["Retry-After"]), (503, "2"))
            more.close()
            held.pop().close()
            deadline = time.monotonic() + PATIENCE_S
            status, again = 503, 1
            while status != 200:  # one that is gone is noticed when it is written to
                self.assertLess(time.monotonic(), deadline)
                post(daemon, overdue(again))
                stream = Stream(daemon, ("prefix", "alert."))
                status, again = stream.status, again + 1
                stream.close()
            for stream in held:
                stream.close()

    def test_a_stream_that_is_not_read_is_cut(self):
        with Daemon(ONE, http=", body_deadline: 1s") as daemon:
            with raw(daemon) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                s.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
                healthy = Stream(daemon, ("prefix", "sys."))
                publisher = daemon.publisher()
                deadline, n = time.monotonic() + PATIENCE_S, 0
                while daemon.status()["http"]["cut"]["stream"] == 0:
                    self.assertLess(time.monotonic(), deadline)
                    send(publisher, [event("opened", f"S{n}-{i}", team=f"t{i}", seq=n * 100 + i)
                                     for i in range(100)])
                    n += 1
                self.assertLess(len(read_to_end(s)), 1 << 20)
                healthy.wait("sys")
                healthy.close()

    def test_five_hundred_streams(self):
        with Daemon(ONE) as daemon:
            streams = []
            for _ in range(500):
                s = raw(daemon)
                s.sendall(b"GET /api/v1/stream?prefix=alert. HTTP/1.1\r\nHost: localhost\r\n\r\n")
                streams.append(s)
            for s in streams:
                got = b""
                while b"event: hello" not in got or not got.endswith(b"\n\n\r\n"):
                    got += s.recv(65536)
            self.assertEqual(daemon.status()["http"]["streams"], 500)
            before = cpu_ms(daemon)
            for _ in range(3):
                daemon.subscriber().close()  # waits for a heartbeat: time passes, nothing happens
            self.assertLess(cpu_ms(daemon) - before, 1500)
            post(daemon, overdue(1))
            for s in streams:
                got = b""
                while b"event: alert" not in got:
                    got += s.recv(65536)
                s.close()
            daemon.stop()


def resumed(daemon, last_id):
    """A stream of alerts that goes on after that id."""
    stream = Stream(daemon, ("prefix", "alert."), last_id=last_id)
    kind, hello = stream.next()
    assert (kind, hello["resumed"]) == ("hello", True), hello
    return stream


def teams(stream, count):
    return [stream.wait("alert")["message"]["team"] for _ in range(count)]


class OverRestarts(unittest.TestCase):
    """With a state directory: the ring has few alerts, the record has all."""

    def setUp(self):
        self.state = tempfile.mkdtemp(prefix="ticketpulse-")
        self.addCleanup(shutil.rmtree, self.state)
        self.posted = 0

    def daemon(self, kept=20):
        return Daemon(ONE + f"alerts_kept: {kept}\nalerts_per_minute: 0\n", state=self.state)

    def tell(self, daemon, count):
        """So many further alerts; returns when they are in the record."""
        post(daemon, [e for n in range(self.posted, self.posted + count) for e in overdue(n)])
        self.posted += count
        daemon.wait_status(lambda s: s["active_alerts"] == self.posted and
                           s["record"]["waiting_bytes"] == 0)

    def all(self, first=0):
        return [f"billing{n}" for n in range(first, self.posted)]

    def test_every_alert_once_and_in_order(self):
        late = often = None
        got, of_late = [], []
        for round in range(5):
            with self.daemon() as daemon:
                if often is None:  # the first time
                    stream = Stream(daemon, ("prefix", "alert."))
                    late = f"{stream.next()[1]['run']}-0"
                else:
                    stream = resumed(daemon, often)
                self.tell(daemon, 15)
                got += teams(stream, self.posted - len(got) - 5)  # what is on its way comes again
                stream.close()
                self.tell(daemon, 35)  # more than the ring has
                stream = resumed(daemon, stream.id)
                self.tell(daemon, 5)
                got += teams(stream, self.posted - len(got))
                often = stream.id
                stream.close()
                if round == 2:  # and one who was away for all that, up to here
                    stream = resumed(daemon, late)
                    of_late += teams(stream, 60)
                    late = stream.id
                    stream.close()
                self.tell(daemon, 10)
                if round % 2:
                    daemon.kill()
        with self.daemon(1) as daemon:
            stream, other = resumed(daemon, often), resumed(daemon, late)
            self.tell(daemon, 3)
            got += teams(stream, self.posted - len(got))
            of_late += teams(other, self.posted - len(of_late))
            stream.close()
            other.close()
        self.assertEqual(got, self.all())
        self.assertEqual(of_late, self.all())

    def test_many_readers_come_back_at_once(self):
        with self.daemon() as daemon:
            stream = Stream(daemon, ("prefix", "alert."))
            run = stream.next()[1]["run"]
            stream.close()
            self.tell(daemon, 700)
        with self.daemon() as daemon:
            streams = [Stream(daemon, ("prefix", "alert."), last_id=f"{run}-{n}")
                       for n in range(0, 240, 10)]
            self.tell(daemon, 100)  # while they read
            for n, stream in zip(range(0, 240, 10), streams):
                self.assertTrue(stream.next()[1]["resumed"])
                self.assertEqual(teams(stream, self.posted - n), self.all(n))
                stream.close()

    def test_readers_that_take_nothing_hold_up_no_end(self):
        with self.daemon() as daemon:
            stream = Stream(daemon, ("prefix", "alert."))
            run = stream.next()[1]["run"]
            stream.close()
            self.tell(daemon, 700)

        def took():
            with self.daemon() as daemon:
                streams = [Stream(daemon, ("prefix", "alert."), last_id=f"{run}-0")
                           for _ in range(24)]
                ret = daemon.stop()
                for stream in streams:
                    stream.close()
                return ret

        soon(3, took)

    def test_what_the_record_has_no_longer_is_not_passed_over(self):
        with self.daemon() as daemon:
            stream = Stream(daemon, ("prefix", "alert."))
            run = stream.next()[1]["run"]
            stream.close()
            self.tell(daemon, 60)
        with sqlite3.connect(f"{self.state}/record.db") as db:
            db.execute("DELETE FROM alerts WHERE n <= 10 OR n = 30")
        db.close()
        with self.daemon() as daemon:
            for last, known in (0, False), (9, False), (10, True), (29, False), (30, True):
                stream = Stream(daemon, ("prefix", "alert."), last_id=f"{run}-{last}")
                self.assertEqual(stream.next()[1]["resumed"], known, last)
                if last == 10:  # cut off where one is missing: coming back it is told so
                    self.assertEqual(teams(stream, 19), self.all()[10:29])
                    self.assertRaises((AssertionError, http.client.HTTPException, OSError),
                                      stream.next)
                if last == 30:
                    self.assertEqual(teams(stream, 30), self.all(30))
                stream.close()


if __name__ == "__main__":
    unittest.main()

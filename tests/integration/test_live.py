#!/usr/bin/python3
"""Live streams: what comes, resuming, readers that stall, and five hundred of them."""
import os
import socket
import time
import unittest

from daemon import PATIENCE_S, Daemon, event, send
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
            self.assertLess(daemon.stop(), 3)


if __name__ == "__main__":
    unittest.main()

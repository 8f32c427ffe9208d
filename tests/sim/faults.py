"""What goes wrong: each fault is over when it returns, or leaves its end for later."""
import collections
import os
import random
import signal
import socket
import time

import msgpack
import zmq

from desk import now_ms


class Faults:
    """Ends are in self.later; tidy() has those come that are due."""

    def __init__(self, scene, desk, ear, seed, only):
        self.scene, self.desk, self.ear = scene, desk, ear
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self.later = []  # (when, what to do)
        self.context = zmq.Context()
        mild = [self.suspend, self.reload, self.garbage, self.flood, self.cut, self.slow_readers,
                self.subscriptions]
        if scene.clock:
            mild.append(self.clock_step)
        if scene.mounted:
            mild.append(self.full_disk)
        ends = [self.kill, self.kill, self.stop]
        chosen = [f for f in mild + ends if not only or f.__name__ in only]
        self.mild = [f for f in chosen if f not in ends] or [self.cut]
        self.all = chosen or self.mild

    def one(self, ends):
        fault = self.random.choice(self.all if ends else self.mild)
        self.counts[fault.__name__] += 1
        try:
            fault()
        finally:
            self.scene.check_alive()

    def tidy(self, everything=False):
        now = time.monotonic()
        for entry in [e for e in self.later if everything or e[0] <= now]:
            self.later.remove(entry)
            entry[1]()

    def kill(self):
        began = now_ms()
        self.scene.process.kill()
        self.scene.process.wait()
        self.scene.start()
        self.ear.blind.append((began - 1000, now_ms() + 2000))

    def stop(self):
        began = now_ms()
        self.scene.process.terminate()
        code = self.scene.process.wait(60)
        assert code == 0, f"the daemon ended with {code}: " + self.scene.tail()
        self.scene.start()
        self.ear.blind.append((began - 1000, now_ms() + 2000))

    def suspend(self):
        self.scene.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.2, 1.5))
        self.scene.process.send_signal(signal.SIGCONT)

    def clock_step(self):
        self.scene.set_clock(self.random.choice([-1500, -400, 300, 1500]))
        self.later.append((time.monotonic() + 1, lambda: self.scene.set_clock(0)))

    def reload(self):
        self.scene.many = self.random.randint(5, 40)
        self.scene.write("nonsense: 1\n" if self.random.random() < 0.3 else "")
        self.scene.process.send_signal(signal.SIGHUP)

    def full_disk(self):
        path = os.path.join(self.scene.disk, "filler")
        try:
            with open(path, "wb", buffering=0) as file:
                while file.write(bytes(65536)):
                    pass
        except OSError:
            pass  # that was the aim
        time.sleep(self.random.uniform(0.2, 1))
        os.remove(path)

    def cut(self):
        self.desk.cut = self.ear.cut = True

    def keep(self, sockets, seconds):
        def close():
            for s in sockets:
                s.close()
        self.later.append((time.monotonic() + seconds, close))

    def socket(self, kind, name):
        s = self.context.socket(kind)
        s.linger = 0
        s.connect(self.scene.endpoint(name))
        return s

    def slow_readers(self):
        sockets = []
        for _ in range(5):
            s = self.context.socket(zmq.SUB)
            s.linger, s.rcvhwm = 0, 1
            s.connect(self.scene.endpoint("out"))
            s.subscribe("")
            sockets.append(s)
        stream = socket.create_connection(("127.0.0.1", self.scene.ports["http"]))
        stream.sendall(b"GET /api/v1/stream?prefix= HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.keep(sockets + [stream], self.random.uniform(2, 8))

    def subscriptions(self):
        s = self.socket(zmq.SUB, "out")
        for n in range(1000):
            s.subscribe("kpi.agent.%d." % n)
        self.keep([s], 2)

    def junk(self):
        r = self.random
        some = msgpack.packb([{"type": "opened", "ts": now_ms(), "ticket": "X", "src": "junk"},
                              {"type": r.choice(["message", "boom", 7]), "ts": -1}])
        what = r.randrange(4)
        if what == 0:
            return r.randbytes(r.randint(0, 300))
        if what == 1:
            return some[:r.randrange(len(some))]
        if what == 2:
            return bytes(b if r.random() > 0.05 else r.randrange(256) for b in some[20:])
        return b"\xdd\xff\xff\xff\xff" + some[:5]

    def garbage(self):
        """Bytes that are none of ours to every port, as ZeroMQ and bare."""
        sockets = [self.socket(zmq.PUB, "events"), self.socket(zmq.DEALER, "ingest"),
                   self.socket(zmq.DEALER, "query"), self.socket(zmq.XSUB, "out")]
        time.sleep(0.1)
        for _ in range(50):
            sockets[0].send_multipart([b"ticket", self.junk()][:self.random.randint(1, 2)])
            sockets[1].send_multipart([b"batch"] + [self.junk()] * self.random.randint(0, 3))
            sockets[2].send_multipart([self.junk()] * self.random.randint(1, 3))
            sockets[3].send(self.junk())
        sockets[0].send_multipart([b"ticket"] + [b"x"] * 2000)
        sockets[1].send_multipart([b"batch", bytes(5 << 20), b""])
        for name in self.scene.names:
            bare = socket.create_connection(("127.0.0.1", self.scene.ports[name]))
            bare.sendall(self.random.choice([b"\xff" + bytes(8) + b"\x7f\x03", b"POST / HTTP/1.1",
                                             self.random.randbytes(2000)]))
            sockets.append(bare)
        self.keep(sockets, 1)

    def flood(self):
        """As much as fits into half a second, of what is refused."""
        s = self.socket(zmq.PUB, "events")
        time.sleep(0.1)
        end, junk = time.monotonic() + 0.5, bytes(100000)
        while time.monotonic() < end:
            s.send_multipart([b"ticket", junk])
        self.keep([s], 1)

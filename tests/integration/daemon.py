"""Starts the real ticketpulsed for a test, and a client that knows PROTOCOL.md and nothing else.

Nothing here sleeps: the daemon tells READY through NOTIFY_SOCKET and its endpoints in the log;
sockets are polled with a deadline.
"""
import contextlib
import ctypes
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import msgpack
import zmq

PAUSE_MS = 3
PATIENCE_S = int(os.environ.get("TP_PATIENCE", "100"))  # a hang is for ever, slow is not
PROGRAM = os.path.join(os.environ["TP_BUILD"], "ticketpulsed")

SOCKETS = """
sockets:
  events: {bind: ["tcp://127.0.0.1:*", "ipc://%(dir)s/events"]}
  out: ["tcp://127.0.0.1:*"]
  query: ["tcp://127.0.0.1:*"]
  ingest: ["tcp://127.0.0.1:*"]
"""
FAST = "snapshot_every: 100ms\nfull_every: 1s\n"


def die_with_parent():
    """In the child: a test that is killed leaves no daemon behind (prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def now_ms():
    return int(time.time() * 1000)


def held_port():
    """A port of 127.0.0.1 that nobody else is given while this socket is open: it does not listen,
    and so does not stand in the way of one who listens there with SO_REUSEADDR."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s


def port_of(s):
    return s.getsockname()[1]


def soon(limit_s, attempt):
    """attempt() gives seconds: one of a few must be quick enough. A busy machine may hold up any of
    them; what is slow by itself is slow each time."""
    took = []
    while not took or took[-1] >= limit_s:
        assert len(took) < 5, f"never within {limit_s} s: {took}"
        took.append(attempt())


def asked(s, request):
    """All answers to a request."""
    s.send(msgpack.packb(request))
    answers = []
    while not answers or not answers[-1].get("end"):
        answers.append(msgpack.unpackb(s.recv()))
    return answers


def answers_of(s, request):
    """All answers to a request; the socket is closed then."""
    answers = asked(s, request)
    s.close()
    return answers


class Daemon:
    """A running daemon; as a context manager it is stopped, and must then have ended well."""

    def __init__(self, config=FAST, sockets=SOCKETS, watchdog_ms=None, ready=True, state=None,
                 http="", port="*", environment=None, within=()):
        # environment: besides ours; within: a command that runs the daemon
        self.dir = tempfile.mkdtemp(prefix="ticketpulse-")
        self.path = os.path.join(self.dir, "config.yaml")
        self.sockets = sockets % {"dir": self.dir}
        self.sockets += f'http: {{bind: "127.0.0.1:{port}"{http}}}\n'
        self.log, self.lines, self.notices, self.publishers = [], queue.Queue(), queue.Queue(), []
        self.write(config)
        self.context = zmq.Context()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.path.join(self.dir, "notify"))
        environment = dict(os.environ, NOTIFY_SOCKET=os.path.join(self.dir, "notify"),
                           **(environment or {}))
        if watchdog_ms:
            environment["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        arguments = ["--state", state] if state else []
        self.process = subprocess.Popen([*within, PROGRAM, "--config", self.path, *arguments],
                                        env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True,
                                        preexec_fn=die_with_parent)
        for reader in self._read, self._hear:
            threading.Thread(target=reader, daemon=True).start()
        if ready:
            self.wait_notified("READY=1")
            self.events = self.endpoint("events")
            self.out = self.endpoint("out")
            self.query_endpoint = self.endpoint("query")

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _hear(self):
        """What the service manager is told: read at once, as what finds no room is not told."""
        with self.notify:
            while notice := self.notify.recv(4096):
                self.notices.put(notice.decode())

    def _left(self):
        """After its end."""
        while (line := self.lines.get(timeout=PATIENCE_S)) is not None:
            self.log.append(line)
        self.process.stderr.close()
        self.notify.shutdown(socket.SHUT_RDWR)
        shutil.rmtree(self.dir)

    def write(self, config):
        """The configuration file: config, and the sockets of this daemon."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(config + self.sockets)

    def wait_line(self, pattern, nth=1):
        """The nth line of the log, old or new, that the pattern matches."""
        for line in self.log:
            match = re.search(pattern, line)
            nth -= match is not None
            if nth == 0:
                return match
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"never said: {pattern}; its log: {self.log}") from None
            if line is None:
                raise AssertionError(f"the daemon ended; its log: {self.log}")
            self.log.append(line)
            match = re.search(pattern, line)
            nth -= match is not None
            if nth == 0:
                return match

    def wait_notified(self, text):
        """Until the service manager is told this."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                message = self.notices.get(timeout=0.1)
            except queue.Empty:
                if self.process.poll() is not None:
                    self.wait_line("$^")  # raises, with the log
                continue
            if text in message.split("\n") or (text.endswith("=") and text in message):
                return message
        raise AssertionError(f"the manager was never told {text}; log: {self.log}")

    def endpoint(self, name):
        return self.wait_line(rf"listening socket={name} endpoint=(\S+)").group(1)

    @property
    def url(self):
        """Where HTTP is: http://ADDRESS:PORT/"""
        return self.wait_line(r"serving socket=http endpoint=(\S+)").group(1)

    def socket(self, kind):
        s = self.context.socket(kind)
        s.linger = 0
        s.rcvtimeo = s.sndtimeo = PATIENCE_S * 1000
        return s

    def publisher(self, endpoint=None):
        """A PUB (XPUB, to see the daemon's subscription) that will lose nothing."""
        s = self.socket(zmq.XPUB)
        s.sndhwm = 0
        s.connect(endpoint or self.events)
        assert s.recv()[0] == 1, "the daemon did not subscribe"
        self.publishers.append(s)  # one that nobody holds would be closed with what it still has
        return s

    def subscriber(self, *prefixes):
        return Subscriber(self, prefixes)

    def asker(self):
        """A socket for requests."""
        s = self.socket(zmq.DEALER)
        s.connect(self.query_endpoint)
        return s

    def ask(self, **request):
        """All answers to a request."""
        return answers_of(self.asker(), request)

    def status(self):
        return self.ask(op="status")[0]["message"]

    def snapshot(self, **request):
        """{(scope, name): snapshot}"""
        messages = [a["message"] for a in self.ask(op="snapshot", **request)[:-1]]
        return {(m["scope"], m["name"]): m for m in messages}

    def wait_status(self, condition):
        """Asks for the status until the condition holds, not so often that the daemon has no time
        for anything else."""
        deadline = time.monotonic() + PATIENCE_S
        s = self.asker()
        while not condition(status := asked(s, dict(op="status"))[0]["message"]):
            assert time.monotonic() < deadline, f"never so: {status}"
            s.poll(PAUSE_MS)  # nothing comes that was not asked for
        s.close()
        return status

    def wait_messages(self, count):
        return self.wait_status(lambda s: s["messages"] >= count)

    def signal(self, number):
        self.process.send_signal(number)

    @contextlib.contextmanager
    def held(self):
        """It stands still meanwhile: what is sent comes to it at once, however slow we are."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def stop(self):
        """SIGTERM; the seconds until it had ended, which must be with exit code 0."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        took = time.monotonic() - began
        self._left()
        assert code == 0, f"exit code {code}; log: {self.log}"
        return took

    def ended(self):
        """Waits until it ended by itself; its exit code."""
        code = self.process.wait(PATIENCE_S)
        self._left()
        self.context.destroy(linger=0)
        return code

    def kill(self):
        """SIGKILL: what a power cut would leave, but for what the disk had not yet."""
        self.process.kill()
        self.process.wait()
        self._left()
        self.context.destroy(linger=0)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        try:
            if not self.process.stderr.closed:
                self.stop()
        finally:
            self.context.destroy(linger=0)


class Subscriber:
    """A SUB that knows when its subscriptions have arrived: with the first heartbeat."""

    def __init__(self, daemon, prefixes):
        self.socket = daemon.socket(zmq.SUB)
        self.socket.rcvhwm = 0
        self.socket.connect(daemon.out)
        for prefix in prefixes:
            self.socket.subscribe(prefix)
        self.socket.subscribe("sys.heartbeat.")
        self.kept = []
        while (message := self._receive())[0] != "sys.heartbeat.":
            self.kept.append(message)
        if "sys.heartbeat." not in prefixes and "" not in prefixes:
            self.socket.unsubscribe("sys.heartbeat.")

    def _receive(self):
        topic, payload = self.socket.recv_multipart()
        return topic.decode(), msgpack.unpackb(payload)

    def next(self):
        """The next (topic, message)."""
        return self.kept.pop(0) if self.kept else self._receive()

    def wait(self, condition):
        """The first message for which condition(topic, message) holds."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            topic, message = self.next()
            if condition(topic, message):
                return topic, message
            assert time.monotonic() < deadline, "no such message came"

    def close(self):
        self.socket.close()


def event(kind, ticket, ts=None, **fields):
    return dict(type=kind, ticket=ticket, ts=ts or now_ms(), src="test", **fields)


def send(publisher, payload, topic=b"ticket"):
    """payload: an event, a list of events, or bytes as they are."""
    if not isinstance(payload, bytes):
        payload = msgpack.packb(payload)
    publisher.send_multipart([topic, payload])

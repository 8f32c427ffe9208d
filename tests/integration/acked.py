"""A client of acknowledged ingest: the pattern of PROTOCOL.md, nothing else.

    client = Acked(context, endpoint)
    client.send([event, ...])        waits while the oldest under way is WINDOW back
    client.finish()                  until every batch is acknowledged

A batch is kept until its ack and sent again with the same number: when a nack asks for it, and
when no answer came for a while (the daemon was away, the connection broke). Answers may come in
any order.
"""
import time
import uuid

import msgpack
import zmq

WINDOW = 16  # numbers from the oldest under way to the newest; the daemon remembers 64
AGAIN_S = 5.0
PATIENCE_S = 100  # a hang is for ever, slow is not


class Acked:
    def __init__(self, context, endpoint, name=None):
        self.context, self.endpoint = context, endpoint
        self.name = name or uuid.uuid4().hex  # another life of a client is another client
        self.number = 0
        self.waiting = {}  # number: (payload, when to send it again)
        self.acks = {}
        self.nacks = 0
        self.socket = None
        self.connect()

    def connect(self, endpoint=None):
        """Also to a daemon that came back elsewhere."""
        self.endpoint = endpoint or self.endpoint
        if self.socket:
            self.socket.close(linger=0)
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.connect(self.endpoint)
        for number in self.waiting:
            self._transmit(number)

    def _transmit(self, number):
        head = msgpack.packb({"client": self.name, "batch": number})
        self.waiting[number] = (self.waiting[number][0], time.monotonic() + AGAIN_S)
        self.socket.send_multipart([b"batch", head, self.waiting[number][0]])

    def _hear(self, timeout_ms):
        while self.socket.poll(timeout_ms):
            word, head = self.socket.recv_multipart()
            head = msgpack.unpackb(head)
            if word == b"ack":
                self.acks.setdefault(head["batch"], head)  # the first: what came of it
                self.waiting.pop(head["batch"], None)
            elif word == b"nack" and head["batch"] in self.waiting:
                self.nacks += 1
                payload, _ = self.waiting[head["batch"]]
                self.waiting[head["batch"]] = (payload,
                                               time.monotonic() + head["retry_ms"] / 1000)
            elif word == b"error":
                raise ValueError(head)
            timeout_ms = 0
        for number, (_, due) in list(self.waiting.items()):
            if time.monotonic() >= due:
                self._transmit(number)

    def send(self, events):
        self.number += 1
        self.waiting[self.number] = (msgpack.packb(events), 0)
        self._transmit(self.number)
        while self.waiting and self.number - min(self.waiting) >= WINDOW:
            self._hear(50)

    def step(self, timeout_ms=0):
        self._hear(timeout_ms)

    def finish(self, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while self.waiting:
            assert time.monotonic() < end, f"not acknowledged: {sorted(self.waiting)}"
            self._hear(50)

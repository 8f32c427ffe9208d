"""Who feeds the daemon and who hears it, with what they know by themselves."""
import collections
import heapq
import os
import random
import sys
import threading
import time

import msgpack
import zmq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
from acked import Acked  # noqa: E402

TARGET_MS = 2000  # of the policy in scene.py
TEAMS, AGENTS = 6, 30
TICKETS_S = 40


def now_ms():
    return int(time.time() * 1000)


class Desk(threading.Thread):
    """Makes up tickets, feeds their events, and keeps the tally."""

    def __init__(self, scene, context, seed):
        super().__init__(daemon=True)
        self.random, self.context = random.Random(seed), context
        self.client = Acked(context, scene.endpoint("ingest"))
        self.due, self.seq, self.tickets = [], 0, 0
        self.sent = self.doubled = self.batches = 0
        self.seen = collections.deque()  # (ts, team, what) of the last six minutes
        self.breaches = {}  # ticket: (breach_at, end)
        self.open = True
        self.cut = self.ended = False
        self.idle = threading.Event()
        self.failure = None
        self.old = []

    def plan(self, ts, kind, **fields):
        self.seq += 1
        heapq.heappush(self.due, (ts, self.seq, dict(fields, type=kind, ts=ts, src="soak",
                                                     seq=self.seq)))

    def open_ticket(self):
        r, at = self.random, now_ms()
        self.tickets += 1
        ticket, team = f"T{self.tickets}", f"team{r.randrange(TEAMS)}"
        agent = f"agent{r.randrange(AGENTS)}"
        slow = r.random() < 0.2
        wait = r.randint(3000, 4500) if slow else r.randint(100, 1200)
        reply, done = at + wait, at + wait + r.randint(100, 600)
        self.plan(at, "opened", ticket=ticket, team=team, channel=f"c{r.randrange(3)}")
        self.plan(reply, "message", ticket=ticket, by="agent", agent=agent)
        self.plan(done, "resolved", ticket=ticket, agent=agent)
        self.plan(done + 50, "closed", ticket=ticket)
        if r.random() < 0.3:
            self.plan(done + 60, "rated", ticket=ticket, score=r.randint(1, 5))
        self.seen += [(at, team, "opened"), (reply, team, "replies"), (done, team, "resolved"),
                      (at + TARGET_MS, team, "missed") if slow else (reply, team, "met")]
        if slow:
            self.breaches[ticket] = (at + TARGET_MS, reply)

    def batch(self, events):
        if not events:
            return
        self.random.shuffle(events)
        self.sent += len(events)
        self.batches += 1
        self.client.send(events)
        if self.random.random() < 0.03:  # once more, as another batch
            self.doubled += len(events)
            self.client.send(events)

    def turn(self):
        if self.cut:
            self.cut = False
            self.client.connect()
        for _ in range(TICKETS_S // 20 if self.open else 0):
            self.open_ticket()
        ripe = []
        while self.due and self.due[0][0] <= now_ms():
            ripe.append(heapq.heappop(self.due)[2])
        self.batch(ripe)
        self.client.step()
        while self.open and self.seen and self.seen[0][0] < now_ms() - 400000:
            self.seen.popleft()
        if not self.open and not self.due:
            self.client.finish(120)
            self.idle.set()

    def run(self):
        try:
            while not self.ended:
                began = time.monotonic()
                self.turn()
                time.sleep(max(0.0, 0.05 - (time.monotonic() - began)))
        except Exception as e:  # told by whoever waits for us
            self.failure = e
            self.idle.set()

    def pause(self):
        """Until all that was begun has ended and is acknowledged; from then on nothing moves."""
        self.idle.clear()
        self.open = False
        assert self.idle.wait(180), "the feeder did not come to an end"
        if self.failure:
            raise self.failure

    def resume(self):
        self.open = True

    def check_acks(self):
        wrong = []
        for number, ack in self.client.acks.items():
            if ack["late"] or ack["rejected"]:
                wrong.append(f"batch {number} was not taken as it is: {ack}")
        taken = sum(a["accepted"] + a["duplicates"] for a in self.client.acks.values())
        if taken != self.sent + self.doubled:
            wrong.append(f"{self.sent + self.doubled} events sent, {taken} acknowledged")
        return wrong


class Ear(threading.Thread):
    """Reads alerts as PROTOCOL.md, section 3, says, and forgets none."""

    def __init__(self, scene, context):
        super().__init__(daemon=True)
        self.scene, self.context = scene, context
        self.run_id, self.last = None, 0
        self.alerts = collections.defaultdict(dict)  # (ticket, alert_id): {rev: state}
        self.published = set()  # (run, alert_id, rev)
        self.errors, self.late = [], []
        self.blind = []  # (from, to): a daemon was gone, and what it had just sent with it
        self.cut = self.ended = False
        self.socket = None

    def connect(self):
        if self.socket:
            self.socket.close(linger=0)
        self.socket = self.context.socket(zmq.SUB)
        self.socket.rcvhwm = 0
        self.socket.connect(self.scene.endpoint("out"))
        self.socket.subscribe("alert.sla.")
        self.socket.subscribe("sys.heartbeat.")

    def take(self, message, published):
        key = (message["ticket"], message["alert_id"])
        rev, state = message["rev"], message["state"]
        known = self.alerts[key].setdefault(rev, state)
        if known != state:
            self.errors.append(f"{key} rev {rev} is {known} and {state}")
        if not published:
            return
        name = (message["run"], message["alert_id"], rev)
        if name in self.published:
            self.errors.append(f"{name} was published twice")
        self.published.add(name)
        if state == "breached" and not message.get("late") and not message.get("held"):
            self.late.append((time.time() * 1000, time.time() * 1000 - message["breach_at"]))

    def ask(self, **request):
        s = self.context.socket(zmq.DEALER)
        s.linger, s.rcvtimeo = 0, 3000
        s.connect(self.scene.endpoint("query"))
        try:
            s.send(msgpack.packb(request))
            while not (answer := msgpack.unpackb(s.recv())).get("end"):
                self.take(answer["message"], False)
            return answer.get("upto_seq")
        except zmq.Again:  # it was killed meanwhile: the next heartbeat has us ask again
            return None
        finally:
            s.close()

    def heartbeat(self, message):
        if message["run"] != self.run_id:
            upto = self.ask(op="hold", prefix="alert.sla.")
            if upto is not None:
                self.run_id, self.last = message["run"], upto
        elif message["last"]["alert"] > self.last:
            self.last = self.ask(op="alerts", since_seq=self.last, prefix="alert.sla.") or self.last

    def run(self):
        self.connect()
        while not self.ended:
            if self.cut:
                self.cut = False
                self.connect()
            if not self.socket.poll(100):
                continue
            topic, message = self.socket.recv_multipart()
            message = msgpack.unpackb(message)
            if topic == b"sys.heartbeat.":
                self.heartbeat(message)
                continue
            self.take(message, True)
            # Numbers in between may be of alerts that others read, or lost: heartbeats settle it.
            if message["run"] == self.run_id and message["seq"] == self.last + 1:
                self.last += 1

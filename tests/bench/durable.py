#!/usr/bin/python3
"""What durability costs, and how fast a start is: the real daemon, fed by one client.

    durable.py BUILD [events [tickets]]      a directory with a Release build; 1,000,000 of each

  cost     CPU of the daemon for an event in batches of 64, acknowledged and on disk, beside the
           same batches published to a daemon without a state directory; in turn, the same minute
  latency  from a batch to its ack at 150,000 events a second: as it is, with an image being written
           again and again, and while `report` reads the directory again and again; and from an
           event to the alert that it leads to, with journal and record, in the same runs; the
           client is bench_load, beside what it sees of an echo (the floor)
  restart  `tickets` open tickets of 10,000 agents in a checkpoint, kill -9: the time to READY
           beside the time that reading the file takes

Prints figures beside their targets. On a busy machine believe the ratios.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else sys.exit(__doc__)
os.environ["TP_BUILD"] = BUILD
os.environ.setdefault("TP_PATIENCE", "600")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))

import msgpack  # noqa: E402
import zmq  # noqa: E402

from daemon import Daemon, now_ms  # noqa: E402

BATCH, AHEAD = 64, 24  # events of a batch; batches under way, of the 64 that a daemon remembers
QUIET = "rules: []\nsnapshot_every: 10s\nfull_every: 60s\n"
RATE = 150000
URGENT = ("policies: [{id: urgent, match: {priority: urgent}, first_response: 1s}]\n"
          "alerts_per_minute: 0\nhold_after: 24h\n")
STEPS = ("opened", "assigned", "message", "message", "resolved", "rated")


def event(n, ts):
    ticket, step = divmod(n, len(STEPS))
    agent = f"agent{ticket % 1000}"
    more = ({"team": f"team{ticket % 40}", "category": f"c{ticket % 60}", "priority": "normal"},
            {"agent": agent}, {"by": "agent", "agent": agent}, {"by": "customer"}, {},
            {"score": 1 + ticket % 5})[step]
    return dict(type=STEPS[step], ticket=f"T{ticket}", src="bench", seq=n + 1, ts=ts + n // 100,
                **more)


def batches(count, make):
    return [msgpack.packb([make(k) for k in range(n, n + BATCH)])
            for n in range(0, count, BATCH)]


def cpu(daemon):
    """Seconds of all threads so far."""
    with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    def __init__(self, daemon):
        self.socket = daemon.socket(zmq.DEALER)
        self.socket.sndhwm = self.socket.rcvhwm = 0
        self.socket.connect(daemon.endpoint("ingest"))
        self.waiting, self.took, self.number, self.nacks = {}, [], 0, 0

    def hear(self, timeout_ms):
        while self.socket.poll(timeout_ms):
            word, head = self.socket.recv_multipart()
            head = msgpack.unpackb(head)
            payload, sent = self.waiting.pop(head["batch"])
            if word == b"ack":
                self.took.append(time.monotonic() - sent)
            else:
                self.nacks += 1
                self.socket.poll(head["retry_ms"])
                self.transmit(head["batch"], payload)
            timeout_ms = 0

    def transmit(self, number, payload):
        head = msgpack.packb({"client": "bench", "batch": number})
        self.waiting[number] = (payload, time.monotonic())
        self.socket.send_multipart([b"batch", head, payload])

    def send(self, payload):
        while len(self.waiting) >= AHEAD or self.number - min(self.waiting, default=0) > 60:
            self.hear(100)
            if not self.waiting:
                break
        self.number += 1
        self.transmit(self.number, payload)

    def finish(self):
        while self.waiting:
            self.hear(1000)


def durable(payloads, state):
    with Daemon(QUIET, state=state) as daemon:
        client, began, spent = Client(daemon), time.monotonic(), cpu(daemon)
        for payload in payloads:
            client.send(payload)
        client.finish()
        took, spent = time.monotonic() - began, cpu(daemon) - spent
        assert daemon.status()["engine"]["applied"] == len(payloads) * BATCH
        client.socket.close()
    size = os.path.getsize(os.path.join(state, "journal.db"))
    events = len(payloads) * BATCH
    return events / took, spent / events, size / events


def plain(payloads):
    with Daemon(QUIET) as daemon:
        publisher = daemon.publisher()
        began, spent = time.monotonic(), cpu(daemon)
        for n, payload in enumerate(payloads):
            publisher.send_multipart([b"ticket", payload])
            if n % 64 == 63:  # not ahead of it by more than its queue
                daemon.wait_messages(n - 128)
        daemon.wait_messages(len(payloads))
        took, spent = time.monotonic() - began, cpu(daemon) - spent
        assert daemon.status()["events"] == len(payloads) * BATCH
        publisher.close()
    events = len(payloads) * BATCH
    return events / took, spent / events


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))] * 1000


class Report(threading.Thread):
    """`report` of the directory, one after the other, while it is asked for."""

    def __init__(self, state):
        super().__init__(daemon=True)
        self.state, self.wanted, self.done = state, True, 0
        self.start()

    def run(self):
        while self.wanted:
            subprocess.run([os.path.join(BUILD, "ticketpulse"), "report", self.state, "-o",
                            os.devnull, "--format", "csv"], check=True, stderr=subprocess.DEVNULL)
            self.done += 1


def make_load(path, count):
    """The file of bench_load: one batch of 16 has an event that is an alert at once."""
    ts = now_ms() - 60000
    with open(path, "wb") as file:
        for n, payload in enumerate(batches(count, lambda n: event(n, ts)), 1):
            leads = n % 16 == 0
            if leads:
                urgent = dict(type="opened", ticket=f"U{n}", src="urgent", priority="urgent",
                              ts=ts + 58000 + n * BATCH * 1000 // RATE)
                payload = b"\xdc\x00" + bytes([BATCH + 1]) + payload[3:] + msgpack.packb(urgent)
            file.write(struct.pack("=I", len(payload) | leads << 30) + payload)


def load(path, *endpoints):
    """What bench_load saw: {what: [seconds, ...]}"""
    lines = subprocess.run([os.path.join(BUILD, "bench_load"), "send", path, str(RATE / BATCH),
                            *endpoints], check=True, stdout=subprocess.PIPE, text=True).stdout
    saw = {"ack": [], "alert": [], "late": [], "nacks": []}
    for line in lines.splitlines():
        what, number = line.split()
        saw[what].append(int(number) / 1e6)
    nacks, late = round(saw.pop("nacks")[0] * 1e6), saw.pop("late")
    if nacks > 0 or max(late) > 0.1:
        print(f"           {RATE} events/s were too many here: {nacks} nacks, the client up to "
              f"{max(late):.1f} s behind", flush=True)
    return saw, late


def floor(path):
    """The same load, answered at once by a process that does nothing else."""
    echo = subprocess.Popen([os.path.join(BUILD, "bench_load"), "echo"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    try:
        return load(path, echo.stdout.readline().strip("\0\n"))
    finally:
        echo.communicate()


def latency(path, state, images, reports):
    """At RATE: {what: [seconds, ...]}, images written, reports made."""
    config = QUIET + URGENT + ("state: {checkpoint_every: 500ms}\n" if images else "")
    with Daemon(config, state=state) as daemon:
        report = Report(state) if reports else None
        saw, late = load(path, daemon.endpoint("ingest"), daemon.endpoint("out"))
        status = daemon.status()["journal"]
        if report:
            report.wanted = False
            report.join()
    return saw, late, status["checkpoints"], report.done if report else 0


def restart(count, state):
    ts = now_ms() - 3600 * 1000

    def opened(n):
        return dict(type="opened", ticket=f"T{n}", src="bench", seq=n + 1, ts=ts + n // 500,
                    team=f"team{n % 40}", agent=f"agent{n % 10000}", category=f"c{n % 60}",
                    customer=f"u{n % 200000}", priority="normal")

    daemon = Daemon(QUIET + "state: {checkpoint_every: 5s}\n", state=state)
    client = Client(daemon)
    for n in range(0, count, BATCH * 1000):
        for payload in batches(min(BATCH * 1000, count - n), lambda k, n=n: opened(n + k)):
            client.send(payload)
    client.finish()
    daemon.wait_status(lambda s: s["journal"]["checkpoint"] == s["journal"]["entries"])
    client.send(msgpack.packb({"type": "heartbeat", "src": "bench", "ts": now_ms()}))
    client.finish()  # behind it, the journal knows of the checkpoint
    client.socket.close()
    daemon.kill()
    name = max((f for f in os.listdir(state) if re.fullmatch(r"checkpoint-\d+", f)),
               key=lambda f: int(f.split("-")[1]))
    reads, readies = [], []
    for _ in range(3):
        began = time.monotonic()
        with open(os.path.join(state, name), "rb", buffering=0) as file:
            size = 0
            while chunk := file.read(1 << 20):
                size += len(chunk)
        reads.append(time.monotonic() - began)
        began = time.monotonic()
        daemon = Daemon(QUIET, state=state)
        readies.append(time.monotonic() - began)
        used = daemon.status()["limits"]["tickets"]["used"]
        daemon.kill()
    assert used == count, used
    return size, min(reads), min(readies)


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    tickets = int(sys.argv[3]) if len(sys.argv) > 3 else 1000000
    count -= count % BATCH
    tickets -= tickets % BATCH
    with tempfile.TemporaryDirectory(prefix="ticketpulse-bench-", dir=BUILD) as scratch:
        payloads = batches(count, lambda n, ts=now_ms() - 60000: event(n, ts))
        for turn in range(3):
            bare = plain(payloads)
            kept = durable(payloads, os.path.join(scratch, f"cost{turn}"))
            print(f"cost       {kept[0]:9.0f} events/s durable (target 400000), {bare[0]:.0f} not; "
                  f"CPU {kept[1] * 1e9:.0f} and {bare[1] * 1e9:.0f} ns/event: "
                  f"{kept[1] / bare[1]:.2f} x (target 2); {kept[2]:.1f} bytes/event", flush=True)
        path = os.path.join(scratch, "load")
        make_load(path, 10 * RATE // BATCH * BATCH)
        for images, reports in (False, False), (True, False), (False, True):
            bare, _ = floor(path)
            state = os.path.join(scratch, f"ack{images:d}{reports:d}")
            saw, late, made, read = latency(path, state, images, reports)
            for what, values in saw.items():
                print(f"{what:10} {percentile(values, 0.99):9.1f} ms p99 (target 10), "
                      f"{percentile(values, 0.5):.2f} p50 of {len(values)} at {RATE} events/s"
                      f"{f', {made} images' if images else ''}"
                      f"{f', {read} reports' if reports else ''}", flush=True)
            print(f"floor      {percentile(bare['ack'], 0.99):9.1f} ms p99, "
                  f"{percentile(bare['ack'], 0.5):.2f} p50 from an echo; sent late by "
                  f"{percentile(late, 0.99):.1f} ms p99", flush=True)
        size, read, ready = restart(tickets, os.path.join(scratch, "restart"))
        print(f"restart    {ready:9.2f} s to READY with {tickets} open tickets, {read:.2f} s to "
              f"read the {size >> 20} MiB of the image alone: {ready / read:.2f} x (target 1.5)")


if __name__ == "__main__":
    main()

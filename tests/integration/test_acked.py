#!/usr/bin/python3
"""send --acked and simulate --acked: every event counts once, whatever the daemon goes through."""
import json
import os
import subprocess
import tempfile
import threading
import unittest

import msgpack
import zmq

from daemon import FAST, PATIENCE_S, Daemon, die_with_parent, now_ms

PROGRAM = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
OFTEN = FAST + "rules: []\nstate: {checkpoint_every: 300ms}\n"


class Acked(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.endpoint = f"ipc://{self.dir}/ingest"
        self.sockets = ('\nsockets:\n  events: {bind: ["tcp://127.0.0.1:*"]}\n'
                        '  out: ["tcp://127.0.0.1:*"]\n  query: ["tcp://127.0.0.1:*"]\n'
                        f'  ingest: ["{self.endpoint}"]\n')

    def daemon(self, config=OFTEN):
        """Always at the same place, with the same state."""
        return Daemon(config, sockets=self.sockets, state=os.path.join(self.dir, "state"))

    def log(self, name, events):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)
        return path

    def opened(self, count, first=0):
        """No seq and no id, and each in the same second."""
        begun = now_ms() // 1000 * 1000 - 30000
        return [dict(type="opened", ticket=f"T{n}", ts=begun + n % 1000, src="acked", team="t")
                for n in range(first, first + count)]

    def start(self, *arguments, stdin=subprocess.DEVNULL):
        process = subprocess.Popen([PROGRAM, *map(str, arguments), "--lang", "en"], text=True,
                                   stderr=subprocess.PIPE, stdin=stdin,
                                   preexec_fn=die_with_parent)
        self.addCleanup(process.stderr.close)
        return process

    def run_it(self, *arguments, code=0):
        process = self.start(*arguments)
        said = process.stderr.read()
        self.assertEqual(process.wait(PATIENCE_S), code, said)
        return said

    def router(self):
        """A daemon of our own making, that answers as a test wants."""
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        router = context.socket(zmq.ROUTER)
        router.rcvtimeo = PATIENCE_S * 1000
        router.bind(self.endpoint)
        self.addCleanup(router.close, linger=0)
        return router

    def test_a_file_counts_once_however_often_it_is_sent(self):
        events = [dict(type="complained", ts=now_ms() - 60000 + n, src="x", agent="ada")
                  for n in range(1000)]
        log = self.log("log.ndjson", events + [dict(type="opened", ticket="T1", ts=now_ms(),
                                                    src="(auto)")])
        with self.daemon() as daemon:
            done = self.run_it("send", log, "--to", self.endpoint, "--acked", code=1)
            self.assertIn("acknowledged: 1000 accepted, 0 duplicates, 0 late, 0 rejected\n", done)
            self.assertIn("1 line was refused", done)
        with self.daemon() as daemon:  # another life of it
            done = self.run_it("send", log, "--to", self.endpoint, "--acked", code=1)
            self.assertIn(" 0 accepted, 1000 duplicates, 0 late, 0 rejected\n", done)
            longer = self.log("log.ndjson", events + self.opened(70))
            done = self.run_it("send", longer, "--to", self.endpoint, "--acked")
            self.assertIn(" 70 accepted, 1000 duplicates,", done)  # a run of its own
            self.assertEqual(daemon.status()["limits"]["tickets"]["used"], 70)

    def test_kill_in_the_middle(self):
        lines = [json.dumps(e) + "\n" for e in self.opened(60000)]
        daemon = self.daemon()
        process = self.start("send", "-", "--to", self.endpoint, "--acked", "--batch", 20,
                             stdin=subprocess.PIPE)
        self.addCleanup(process.stdin.close)

        def feed(begin, end):
            process.stdin.writelines(lines[begin:end])
            process.stdin.flush()

        said, upto = [], (0, 7000, 19000, 50000, len(lines))
        for n, least in enumerate((500, 8000, 20000, 51000)):
            feeder = threading.Thread(target=feed, args=upto[n:n + 2])
            feeder.start()
            if n == 1:  # there is something to send, and nobody to send it to
                said.append(process.stderr.readline())
                self.assertIn("is gone; what is not acknowledged will be sent again", said[0])
            if n > 0:
                daemon = self.daemon()
            daemon.wait_status(lambda s, least=least: s["events"] > 0 and
                               s["engine"]["applied"] >= least)
            feeder.join()
            if n < 3:
                daemon.kill()
        reader = threading.Thread(target=lambda: said.extend(process.stderr))
        reader.start()
        process.stdin.close()
        with daemon:
            self.assertEqual(process.wait(PATIENCE_S * 4), 0, said)
            reader.join()
            status = daemon.status()
            self.assertEqual(status["engine"]["applied"], 60000)
            self.assertEqual(status["limits"]["tickets"]["used"], 60000)
            self.assertEqual(daemon.snapshot(scope="all")[("all", "-")]["now"]["open"], 60000)
        self.assertRegex("".join(said),
                         r"acknowledged: \d+ accepted, \d+ duplicates, 0 late, 0 rejected\n$")

    def test_what_is_rejected_is_told_by_reason(self):
        router = self.router()
        log = self.log("log.ndjson", self.opened(5))
        process = self.start("send", log, "--to", self.endpoint, "--acked")
        peer, word, head, payload = router.recv_multipart()
        head = msgpack.unpackb(head)
        self.assertEqual((word, head["batch"], len(msgpack.unpackb(payload))), (b"batch", 1, 5))
        self.assertRegex(head["client"], "^ticketpulse-[0-9a-f]{16}$")
        router.send_multipart([peer, b"ack", msgpack.packb(
            {"batch": 1, "accepted": 1, "duplicates": 0, "late": 1, "rejected": [
                {"index": 1, "reason": "forbidden"}, {"index": 2, "reason": "ts_future"},
                {"index": 4, "reason": "forbidden"}]})])
        self.assertIn("1 accepted, 0 duplicates, 1 late, 3 rejected (forbidden 2, ts_future 1)\n",
                      process.stderr.read())
        self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_nacks_are_told_once_and_the_batch_comes_again(self):
        router = self.router()
        log = self.log("log.ndjson", self.opened(100))
        process = self.start("send", log, "--to", self.endpoint, "--acked", "--client", "crm")
        numbers, payloads = [], set()
        while len(numbers) < 6:
            peer, _, head, payload = router.recv_multipart()
            head = msgpack.unpackb(head)
            self.assertTrue(head["client"].startswith("crm-"))
            numbers.append(head["batch"])
            payloads.add((head["batch"], payload))
            nack = numbers.count(head["batch"]) <= 2
            answer = {"batch": head["batch"], "reason": "full", "retry_ms": 10} if nack else {
                "batch": head["batch"], "accepted": len(msgpack.unpackb(payload)),
                "duplicates": 0, "late": 0, "rejected": []}
            router.send_multipart([peer, b"nack" if nack else b"ack", msgpack.packb(answer)])
        said = process.stderr.read()
        self.assertEqual(process.wait(PATIENCE_S), 0, said)
        self.assertEqual(sorted(numbers), [1, 1, 1, 2, 2, 2])
        self.assertEqual(len(payloads), 2)
        self.assertEqual(said.count("takes nothing just now (full)"), 1)
        self.assertIn("acknowledged: 100 accepted", said)

    def test_the_window_is_bounded_and_the_end_is_told(self):
        router = self.router()
        log = self.log("log.ndjson", self.opened(1000))
        process = self.start("send", log, "--to", self.endpoint, "--acked", "--batch", 10,
                             "--patience", "4s")
        numbers = set()
        said = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
        reader.start()
        while process.poll() is None:
            if router.poll(50):
                peer, _, head, _ = router.recv_multipart()
                number = msgpack.unpackb(head)["batch"]
                numbers.add(number)
                if 1 < number < 20:  # the first one never
                    router.send_multipart([peer, b"ack", msgpack.packb(
                        {"batch": number, "accepted": 10, "duplicates": 0, "late": 0,
                         "rejected": []})])
        reader.join()
        self.assertEqual(process.wait(), 1)
        self.assertEqual(numbers, set(range(1, 33)))
        self.assertIn("nothing acknowledged by " + self.endpoint + " for 4s\n", said[0])
        self.assertIn("180 accepted", said[0])
        self.assertRegex(said[0], r"ticketpulse: \d+ events were never acknowledged")

    def test_an_error_ends_it_with_one_line(self):
        router = self.router()
        log = self.log("log.ndjson", self.opened(10))
        process = self.start("send", log, "--to", self.endpoint, "--acked")
        peer = router.recv_multipart()[0]
        router.send_multipart([peer, b"error", msgpack.packb(
            {"batch": 1, "error": "forbidden", "reason": "not allowed"})])
        said = process.stderr.read()
        self.assertEqual(process.wait(PATIENCE_S), 1)
        self.assertIn("the daemon refused: forbidden not allowed\n", said)
        self.assertIn("10 events were never acknowledged", said)

    def test_without_a_state_directory_one_line_says_so(self):
        log = self.log("log.ndjson", self.opened(1))
        with Daemon(FAST, sockets=self.sockets):
            for command in ["send", log], ["simulate"]:
                said = self.run_it(*command, "--to", self.endpoint, "--acked", "--patience",
                                   "300ms", code=1).splitlines()
                self.assertIn("with a state directory?", said[-1])
                self.assertEqual(len(said), 1 if command[0] == "send" else 2, said)

    def test_simulated_traffic(self):
        with self.daemon() as daemon:
            said = self.run_it("simulate", "--to", self.endpoint, "--acked", "--past", "24h",
                               "--for", "1ms", "--rate", "0.1", "--seed", 5, "--speed", "max")
            applied = daemon.status()["engine"]["applied"]
            self.assertGreater(applied, 1000)
            self.assertIn(f"sent {applied} events", said)
            self.assertIn(f"acknowledged: {applied} accepted, 0 duplicates, 0 late, 0 rejected\n",
                          said)

    def test_at_its_own_pace_over_a_restart(self):
        """Nothing is under way when the daemon goes, and the next batch finds the new one."""
        events = self.opened(2)
        events[1]["ts"] = events[0]["ts"] + 2000
        log = self.log("log.ndjson", events)
        daemon = self.daemon()
        process = self.start("send", log, "--to", self.endpoint, "--acked", "--speed", "1x")
        daemon.wait_status(lambda s: s["engine"]["applied"] == 1)
        daemon.kill()
        with self.daemon() as daemon:
            said = process.stderr.read()
            self.assertEqual(process.wait(PATIENCE_S), 0, said)
            self.assertEqual(daemon.status()["engine"]["applied"], 2)


if __name__ == "__main__":
    unittest.main()

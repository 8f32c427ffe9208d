#!/usr/bin/python3
"""The companion with the real daemon: simulate, send, query, watch, top."""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
import unittest

import msgpack
import zmq

from companion import PROGRAM, Scratch, run
from daemon import FAST, PATIENCE_S, Daemon, event, now_ms, send

sys.path.insert(0, os.path.join(os.environ["TP_SOURCE"], "tests", "lib"))
import figures  # noqa: E402

RULE = FAST + """
windows: [1h, 24h, 7d, 30d]
rules:
  - {id: many_waiting, indicator: waiting, fire: ">= 3", clear: 2, severity: critical}
"""


def lines_of(process, count):
    """That many lines of its output, each an object."""
    return [json.loads(process.stdout.readline()) for _ in range(count)]


class Sending(Scratch):
    def test_log_through_the_daemon_is_the_same_as_replay(self):
        log = self.path("log.ndjson")
        run("simulate", "--to", log, "--past", "30h", "--rate", "0.5", "--seed", "3")
        with open(log, encoding="utf-8") as file:
            count = sum(1 for _ in file)
        with Daemon(RULE) as daemon:
            said = run("send", log, "--to", daemon.events, "--speed", "max", "--batch", "500")
            self.assertIn(f"sent {count} events", said.stderr)
            daemon.wait_status(lambda s: s["events"] == count)
            live = run("query", "snapshot", "--query", daemon.query_endpoint, "--json")
            live = [json.loads(line) for line in live.stdout.splitlines()]
            replays = {}  # one name after the other, in what may be different seconds
            for at in sorted(m["at"] for m in live):
                replays[at // 1000] = at
            for second, at in replays.items():
                done = run("replay", log, "--json", "--config", daemon.path, "--at", at)
                replays[second] = at, *figures.read_replay(done.stdout.splitlines())[:2]
        self.assertEqual(len(live), sum(len(names) for names in replays[second][1].values()))
        for m in live:
            at, snapshots, now = replays[m["at"] // 1000]
            want = snapshots[m["scope"]][m["name"]]
            for window, got in m["windows"].items():
                for numbers in (got, want[window]):
                    for key in ("from", "covered_from"):  # the daemon began to watch just now
                        numbers.pop(key, None)
                    if m["at"] != at:  # parts of time go on between one name and the next
                        for share in ("occupancy", "attendance"):
                            numbers.pop(share, None)
                self.assertEqual(got, want[window], (m["scope"], m["name"], window))
            if m["scope"] == "all":
                self.assertEqual(m["now"]["open"], now["open"])
                self.assertEqual(m["now"]["waiting"], now["waiting"])

    def test_nothing_is_lost_at_full_speed(self):
        count = 60000
        log = self.path("many.ndjson.gz", (event("opened", f"T{i}", id=str(i))
                                           for i in range(count)))
        with Daemon() as daemon:
            for batch in (1, 4096):
                run("send", log, "--to", daemon.events, "--batch", batch)
            status = daemon.wait_status(lambda s: s["events"] == 2 * count)
            self.assertEqual(status["engine"]["applied"], count)
            self.assertEqual(status["engine"]["duplicates"], count)
            self.assertEqual(status["messages"], count + -(-count // 4096))

    def test_waits_for_the_daemon_and_for_its_return(self):
        """Nobody subscribed, or to something else: nothing is sent into the void."""
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        endpoint = f"ipc://{self.path('events')}"
        log = self.path("log.ndjson", [event("opened", f"T{i}", now_ms() - 60000 + i * 3000,
                                             id=str(i)) for i in range(20)])
        process = subprocess.Popen([PROGRAM, "send", log, "--to", endpoint, "--speed", "20x",
                                    "--batch", "1"], stderr=subprocess.PIPE, text=True)

        def subscriber(topic):
            s = context.socket(zmq.SUB)
            s.rcvtimeo = PATIENCE_S * 1000
            s.bind(endpoint)
            s.subscribe(topic)
            return s

        def next_id(s):
            return int(msgpack.unpackb(s.recv_multipart()[1])["id"])

        deaf = subscriber("other")
        self.assertEqual(deaf.poll(300), 0)
        deaf.close()
        first = subscriber("tick")
        self.assertEqual([next_id(first) for _ in range(3)], [0, 1, 2])
        first.close()
        self.assertIn("has gone", process.stderr.readline())
        second = subscriber("")
        later = [next_id(second)]
        while later[-1] < 19:
            later.append(next_id(second))
        self.assertEqual(later, list(range(later[0], 20)))
        _, said = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("sent 20 events", said)
        second.close()

    def test_shift_to_now(self):
        old = 1400000000000
        log = self.path("old.ndjson", [event("opened", "T", old, id="1", team="a"),
                                       event("message", "T", old + 60000, id="2", by="agent",
                                             agent="ada")])
        with Daemon() as daemon:
            before = now_ms()
            run("send", log, "--to", daemon.events, "--shift-to-now")
            daemon.wait_messages(1)
            hour = daemon.snapshot(scope="all")["all", "-"]["windows"]["1h"]
            self.assertEqual(hour["first_response"]["mean"], 60000)
            self.assertEqual(hour["opened"]["num"], 1)
            self.assertGreater(now_ms(), before)

    def test_speed(self):
        log = self.path("slow.ndjson", [event("opened", f"T{i}", now_ms() - 60000 + i * 20000,
                                              id=str(i)) for i in range(3)])
        with Daemon() as daemon:
            began = time.monotonic()
            run("send", log, "--to", daemon.events, "--speed", "40x")
            took = time.monotonic() - began
            self.assertGreaterEqual(took, 1.0)  # 40 s of events at 40x
            self.assertEqual(daemon.wait_messages(3)["events"], 3)

    def test_standard_input_csv_and_bad_lines(self):
        text = ("type,ticket,ts,team,other\n"
                f"opened,T1,{now_ms()},billing,x\n"
                f"opened,,{now_ms()},billing,x\n"
                f"opened,T2,{now_ms()},\"a, b\",x\n")
        with Daemon() as daemon:
            done = run("send", "-", "--to", daemon.events, code=1, input=text)
            self.assertIn("-:3: ", done.stderr)
            self.assertIn("ticket", done.stderr)
            daemon.wait_status(lambda s: s["events"] == 2)
            self.assertEqual(set(daemon.snapshot(scope="team")),
                             {("team", "billing"), ("team", "a, b")})

    def test_simulate_catches_up_and_goes_on(self):
        with Daemon(FAST) as daemon:
            done = run("simulate", "--to", daemon.events, "--past", "3h", "--speed", "max",
                       "--for", "1s", "--rate", "1", "--flat", "--agents", "12", "--seed", "5",
                       "--lang", "zh")
            self.assertIn("已追上", done.stderr)
            status = daemon.wait_status(lambda s: s["engine"]["applied"] > 3000)
            self.assertEqual(status["engine"]["skewed"], 0)
            self.assertEqual(status["rejected"], {})
            snapshots = daemon.snapshot(scope="agent")
            self.assertIn(("agent", "wang.fang"), snapshots)
            self.assertEqual(snapshots["agent", "wang.fang"]["title"], "王芳")

    def test_simulate_ends_by_a_signal(self):
        with Daemon(FAST) as daemon:
            process = subprocess.Popen([PROGRAM, "simulate", "--to", daemon.events, "--rate", "50",
                                        "--flat"], stderr=subprocess.PIPE, text=True)
            daemon.wait_status(lambda s: s["events"] > 30)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0)
            self.assertIn("sent ", said)


class Asking(Scratch):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(RULE)
        publisher = cls.daemon.publisher()
        for i in range(4):
            send(publisher, event("opened", f"T{i}", id=str(i), team="售后", agent="ada"))
        send(publisher, event("agent_info", None, agent="ada", name="王芳", id="i"))
        cls.daemon.wait_messages(5)
        publisher.close()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def query(self, *arguments, code=0):
        return run("query", *arguments, "--query", self.daemon.query_endpoint, code=code)

    def test_query(self):
        table = self.query("snapshot", "--scope", "agent", "--window", "1h").stdout
        self.assertIn("王芳 (ada)", table)
        rows = [json.loads(line) for line in self.query(
            "snapshot", "--scope", "team", "--name", "售后", "--json").stdout.splitlines()]
        self.assertEqual([(r["name"], r["now"]["open"]) for r in rows], [("售后", 4)])
        alerts = [json.loads(line) for line in self.query("alerts", "--json").stdout.splitlines()]
        self.assertEqual([(a["rule"], a["state"]) for a in alerts], [("many_waiting", "breached")])
        since = self.query("alerts", "--since", "0", "--json").stdout.splitlines()
        self.assertEqual([json.loads(a)["seq"] for a in since], [1])
        self.assertEqual(self.query("alerts", "--since", "1", "--json").stdout, "")
        self.assertIn("many_waiting", self.query("hold").stdout)
        self.assertIn("events", self.query("status", "--lang", "zh").stdout)
        self.assertEqual(json.loads(self.query("status", "--json").stdout)["events"], 5)

    def test_refused(self):
        said = self.query("snapshot", "--window", "7y", code=1).stderr
        self.assertIn("window", said)
        self.assertEqual(len(said.splitlines()), 1)
        self.query("nonsense", code=2)
        self.query("snapshot", "--scope", "galaxy", code=2)

    def test_no_daemon(self):
        nobody = f"ipc://{self.path('nobody')}"
        done = run("query", "status", "--query", nobody, "--timeout", "200ms", code=1)
        self.assertIn("no answer from " + nobody, done.stderr)
        done = run("watch", "--out", nobody, "--query", nobody, "--timeout", "200ms", code=1)
        self.assertIn("no answer from " + nobody, done.stderr)
        run("top", "--once", "--out", nobody, "--query", nobody, "--timeout", "200ms", code=1)

    def test_watch(self):
        where = ["--out", self.daemon.out, "--query", self.daemon.query_endpoint]
        lines = run("watch", "alert.", "kpi.team.", *where, "--json", "--count", "3",
                    "--for", "20s").stdout.splitlines()
        topics = [json.loads(line)["topic"] for line in lines]
        self.assertEqual(topics[0], "alert.kpi.breached.-.-.")
        self.assertEqual(topics[1], "kpi.team.售后.")
        people = run("watch", "alert.", *where, "--count", "1", "--lang", "zh", "--color",
                     "always").stdout
        self.assertIn("many_waiting", people)
        self.assertIn("\033[31m", people)
        plain = run("watch", "kpi.all.", *where, "--count", "1").stdout
        self.assertIn("open 4", plain)
        self.assertNotIn("\033", plain)

    def test_top_once(self):
        done = run("top", "--once", "--scope", "team", "--out", self.daemon.out,
                   "--query", self.daemon.query_endpoint)
        self.assertIn("售后", done.stdout)
        self.assertIn("many_waiting", done.stdout)
        self.assertNotIn("\033", done.stdout)

    def test_top_on_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", NO_COLOR="")
            os.execv(PROGRAM, [PROGRAM, "top", "--out", self.daemon.out, "--query",
                               self.daemon.query_endpoint, "--lang", "en"])
        screen = Screen(terminal)
        screen.wait(b"\033[?1049h")
        screen.wait("王芳 (ada)".encode())
        screen.size(24, 40)
        os.kill(pid, signal.SIGWINCH)
        screen.wait(b"\033[24;1H")
        for keys, shown in (("\t", "· team (1) · 1h · open ▼"), ("w", "· 24h · open ▼"),
                            ("r", "· 24h · open ▲"), ("s", "· 24h · waiting"),
                            ("\033[D", "· 24h · open ▲")):
            os.write(terminal, keys.encode())
            screen.wait(shown.encode())
        os.write(terminal, b"\033[B\033[A\033[Cxq")
        screen.wait(b"\033[?25h\033[?1049l")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(terminal)


class Screen:
    """What a program writes to its terminal."""

    def __init__(self, terminal):
        self.terminal, self.seen = terminal, b""
        self.size(40, 200)

    def size(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, text):
        """Until it has been written; what came before is forgotten."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], deadline - time.monotonic())
            assert ready, f"never written: {text}; instead: {self.seen[-3000:]}"
            self.seen += os.read(self.terminal, 4096)
        self.seen = self.seen.partition(text)[2]


class FakeDaemon(threading.Thread):
    """Heartbeats and answers as a test wants them: for what a real daemon does too rarely."""

    def __init__(self):
        super().__init__(daemon=True)
        self.context = zmq.Context()
        self.out = self.context.socket(zmq.XPUB)
        self.query = self.context.socket(zmq.ROUTER)
        self.out_port = self.out.bind_to_random_port("tcp://127.0.0.1")
        self.query_port = self.query.bind_to_random_port("tcp://127.0.0.1")
        self.run_id, self.alerts, self.published = "run1", [], 0
        self.todo, self.asked, self.lock = [], [], threading.Lock()
        self.told, self.tells = {}, threading.Condition(self.lock)
        self.ended = threading.Event()
        self.start()

    def alert(self, number, publish=True, rev=1, **more):
        topic = "alert.kpi.breached.-.-."
        message = {"v": 1, "run": self.run_id, "at": now_ms(), "stream": "alert",
                   "seq": len(self.alerts) + 1, "alert_id": f"id{number}", "rev": rev,
                   "state": "breached", "severity": "critical", "text": f"alert {number}", **more}
        with self.lock:
            self.alerts.append((topic, message))
            if publish:
                self.todo.append((topic, message))

    def run(self):
        poller = zmq.Poller()
        poller.register(self.query, zmq.POLLIN)
        while not self.ended.is_set():
            with self.lock:
                for topic, message in self.todo:
                    self.send(topic, message)
                self.todo.clear()
                self.send("sys.heartbeat.", {"run": self.run_id, "at": now_ms(), "stream": "sys",
                                             "last": {"alert": len(self.alerts), "kpi": 0}})
            if poller.poll(50):
                with self.lock:
                    self.answer(*self.query.recv_multipart())
        self.context.destroy(linger=0)

    def send(self, topic, message):
        self.out.send_multipart([topic.encode(), msgpack.packb(message)])

    def answer(self, identity, payload):
        request = msgpack.unpackb(payload)
        self.asked.append(request)
        since = request.get("since_seq", 0)
        for topic, message in self.alerts[since:]:
            self.query.send_multipart([identity, msgpack.packb({"topic": topic,
                                                                "message": message})])
        self.query.send_multipart([identity, msgpack.packb(
            {"end": True, "upto_seq": len(self.alerts), "count": len(self.alerts) - since})])
        self.told[identity] = len(self.alerts)
        self.tells.notify_all()

    def wait_told(self, readers, upto):
        """So many readers have been answered up to there: they ask for nothing more now."""
        with self.tells:
            if not self.tells.wait_for(
                    lambda: sum(told >= upto for told in self.told.values()) >= readers,
                    PATIENCE_S):
                raise AssertionError(f"told: {self.told}")


class Reading(unittest.TestCase):
    """Joining, gaps, duplicates, restarts."""

    def setUp(self):
        self.fake = FakeDaemon()
        self.addCleanup(self.fake.ended.set)
        self.fake.alert(1, publish=False)
        self.fake.alert(2, publish=False)
        self.watch = self.begin("--json")
        self.assertEqual(self.ids(2), ["id1", "id2"])

    def begin(self, *more):
        return subprocess.Popen(
            [PROGRAM, "watch", "alert.", "--out", f"tcp://127.0.0.1:{self.fake.out_port}",
             "--query", f"tcp://127.0.0.1:{self.fake.query_port}", *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def tearDown(self):
        self.watch.send_signal(signal.SIGTERM)
        _, self.said = self.watch.communicate(timeout=PATIENCE_S)
        self.assertEqual(self.watch.returncode, 0, self.said)

    def ids(self, count):
        return [m["alert_id"] for m in lines_of(self.watch, count)]

    def test_follows(self):
        for i in range(3, 50):
            self.fake.alert(i)
        self.assertEqual(self.ids(47), [f"id{i}" for i in range(3, 50)])

    def test_gap_is_healed_and_nothing_comes_twice(self):
        self.fake.alert(3)
        self.fake.alert(4, publish=False)  # lost on the way
        self.fake.alert(5)
        self.fake.alert(6, publish=False)
        self.assertEqual(sorted(self.ids(4)), ["id3", "id4", "id5", "id6"])
        self.fake.alert(7)
        self.assertEqual(self.ids(1), ["id7"])
        self.assertTrue(any(r["op"] == "alerts" and r["since_seq"] >= 2 and
                            r["prefix"] == "alert." for r in self.fake.asked))

    def test_what_was_held_back_was_not_missed(self):
        """Only what had been published to us and did not come is called missed."""
        with self.begin() as watch:
            self.addCleanup(watch.kill)
            next(watch.stdout), next(watch.stdout)
            self.fake.alert(3, publish=False, untold="storm")
            self.fake.alert(4, publish=False, untold="mute")
            self.fake.alert(5)
            self.assertIn("alert 5", next(watch.stdout))
            self.fake.wait_told(2, 5)  # else 6 might be in an answer that was asked for before it
            self.fake.alert(6, publish=False)  # lost on the way
            self.assertIn("alert 6", next(watch.stdout))
            self.assertEqual(next(watch.stderr),
                             "1 alert was missed and has been asked for, see above\n")
            self.fake.alert(7, publish=False, untold="storm")
            self.fake.alert(8)
            self.assertIn("alert 8", next(watch.stdout))
            watch.send_signal(signal.SIGTERM)
            self.assertEqual(watch.stderr.read(), "")
            self.assertEqual(watch.stdout.read(), "")

    def test_another_run_is_joined_again(self):
        with self.fake.lock:
            self.fake.run_id = "run2"
            self.fake.alerts.clear()
        self.fake.alert(9, publish=False)
        self.assertEqual(self.ids(1), ["id9"])
        self.assertEqual([r["op"] for r in self.fake.asked if r["op"] == "hold"],
                         ["hold", "hold"])


if __name__ == "__main__":
    unittest.main()

"""Alerts to receivers by HTTP: a webhook of our own that fails when it is told to, and a real
Alertmanager that is stopped and started again."""
import http.client
import http.server
import json
import os
import queue
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import (FAST, PATIENCE_S, Daemon, die_with_parent, event, held_port,  # noqa: E402
                    port_of, send)
from mute import mute  # noqa: E402
from web import get  # noqa: E402

ALERTMANAGER = shutil.which("prometheus-alertmanager")
RULE = """
rules:
  - {id: queue, indicator: waiting, scope: team, fire: '>= 1', severity: critical,
     labels: {run-book: wiki}}
"""


class Hook:
    """A webhook: answers what it is told to, hands every body over. Down: its port is its own, and
    nobody listens there until it is up."""

    def __init__(self, down=False):
        hook = self
        self.answers, self.bodies, self.seen, self.all = [], queue.Queue(), [], []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = hook.answers.pop(0) if hook.answers else 200
                hook.seen.append((status, self.path, self.headers.get("Authorization")))
                if status == 200:
                    hook.all.append(json.loads(body))
                    hook.bodies.put(hook.all[-1])
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"no" if status != 200 else b"ok")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # the daemon ends with a connection open
                pass

        self.server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.server.server_bind()
        self.port, self.is_up = self.server.server_address[1], False
        if not down:
            self.up()

    def up(self):
        self.server.server_activate()
        self.is_up = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def alerts(self, count):
        """So many alerts, from as many bodies as it takes."""
        got = []
        while len(got) < count:
            body = self.bodies.get(timeout=PATIENCE_S)
            assert body["version"] == 1
            got += body["alerts"]
        return got

    def close(self):
        if self.is_up:
            self.server.shutdown()
        self.server.server_close()


def receivers(text):
    return FAST + RULE + "receivers:\n" + text


def one(port, path=""):
    """A configuration with one webhook."""
    return receivers(f"  - {{name: h, webhook: 'http://127.0.0.1:{port}/{path}'}}\n")


def make_wait(daemon, publisher, *teams):
    for team in teams:
        send(publisher, event("opened", "T" + team, team=team))


class Webhook(unittest.TestCase):
    def test_every_alert_once_and_in_order(self):
        hook = Hook()
        with Daemon(one(hook.port, "x")) as d:
            publisher = d.publisher()
            teams = [f"t{i}" for i in range(200)]
            make_wait(d, publisher, *teams)
            got = hook.alerts(200)
            self.assertEqual([a["seq"] for a in got], list(range(1, 201)))
            self.assertEqual({a["name"] for a in got}, set(teams))
            self.assertEqual({a["state"] for a in got}, {"breached"})
            send(publisher, event("resolved", "Tt7", by="agent", agent="ada"))
            over, = hook.alerts(1)
            self.assertEqual((over["state"], over["name"]), ("cleared", "t7"))
            status = d.wait_status(lambda s: s["deliveries"]["delivered"] == 201)
            self.assertEqual(status["deliveries"]["lost"], 0)
            self.assertEqual(hook.seen[0][1:], ("/x", None))
        hook.close()

    def test_what_failed_is_sent_again(self):
        hook = Hook()
        hook.answers = [500, 429, 200]
        with Daemon(one(hook.port)) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a")
            self.assertEqual(hook.alerts(1)[0]["name"], "a")
            self.assertEqual([s[0] for s in hook.seen], [500, 429, 200])
            d.wait_line('failed receiver=h error="HTTP status 500" answer=no retry_ms=1000')
            d.wait_line("delivery goes on receiver=h")
            self.assertEqual(d.status()["deliveries"]["failed"], 2)
        hook.close()

    def test_a_name_server_that_does_not_answer_holds_up_nobody(self):
        scratch = tempfile.mkdtemp(prefix="ticketpulse-")
        self.addCleanup(shutil.rmtree, scratch)
        environment, asked = mute(scratch)
        self.addCleanup(os.close, asked)
        hook = Hook()
        config = one(hook.port) + ("  - {name: m, webhook: 'http://mute.example/',"
                                   " timeout: 100ms}\n")
        with Daemon(config, environment=environment) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a")
            self.assertEqual(hook.alerts(1)[0]["name"], "a")
            for _ in range(2):  # the second time it has given the first one up
                self.assertTrue(select.select([asked], [], [], PATIENCE_S)[0])
                os.read(asked, 1)
            d.wait_line("delivery failed receiver=m")
            make_wait(d, publisher, "b")
            self.assertEqual(hook.alerts(1)[0]["name"], "b")
            # A third question is under way when it is stopped.
            self.assertTrue(select.select([asked], [], [], PATIENCE_S)[0])
        hook.close()

    def test_what_was_not_delivered_before_a_restart_is_delivered_after_it(self):
        hook = Hook()
        state = tempfile.mkdtemp(prefix="ticketpulse-")
        self.addCleanup(shutil.rmtree, state)
        config = one(hook.port)
        d = Daemon(config, state=state)
        publisher = d.publisher()
        make_wait(d, publisher, "a", "b")
        first = hook.alerts(2)
        d.wait_status(lambda s: s["deliveries"]["delivered"] == 2 and
                      s["record"]["waiting_bytes"] == 0)
        hook.answers = [500] * 1000  # nobody takes these
        make_wait(d, publisher, "c", "e")
        d.wait_status(lambda s: s["published"]["alert"] == 4 and
                      s["record"]["waiting_bytes"] == 0 and s["deliveries"]["failed"] > 0)
        d.kill()
        with Daemon(config, state=state) as d:
            make_wait(d, d.publisher(), "f")
            d.wait_status(lambda s: s["published"]["alert"] == 1)
            d.wait_line("delivery failed")
        hook.answers = []
        with Daemon(config + "targets: {first_response: 17m}\n", state=state) as d:
            got = hook.alerts(3)
            self.assertEqual([a["name"] for a in first + got], ["a", "b", "c", "e", "f"])
            self.assertEqual(len({a["run"] for a in got}), 2)
            d.wait_status(lambda s: s["deliveries"]["delivered"] == 3 and
                          s["record"]["waiting_bytes"] == 0)
        with Daemon(config, state=state) as d:
            make_wait(d, d.publisher(), "g")
            self.assertEqual([a["name"] for a in hook.alerts(1)], ["g"])  # and none of the others
        hook.close()
        # A receiver that nobody knew begins with what comes now.
        hook = Hook()
        other = one(hook.port).replace("name: h,", "name: other,")
        self.assertNotEqual(other, one(hook.port))
        with Daemon(other, state=state) as d:
            make_wait(d, d.publisher(), "h")
            self.assertEqual([a["name"] for a in hook.alerts(1)], ["h"])
        hook.close()

    def test_what_the_ring_has_no_longer_comes_from_the_record(self):
        hook = Hook(down=True)
        state = tempfile.mkdtemp(prefix="ticketpulse-")
        self.addCleanup(shutil.rmtree, state)
        config = "alerts_kept: 10\nalerts_per_minute: 0\n" + one(hook.port)
        with Daemon(config, state=state) as d:
            publisher = d.publisher()
            teams = [f"t{i}" for i in range(600)]
            make_wait(d, publisher, *teams[:300])
            d.wait_line("delivery failed receiver=h")
            d.wait_status(lambda s: s["published"]["alert"] == 300)
        with Daemon(config, state=state) as d:  # not a word was taken in this run, nor in the next
            make_wait(d, d.publisher(), *teams[300:400])
            d.wait_status(lambda s: s["published"]["alert"] == 100)
            d.wait_line("delivery failed receiver=h")
            d.kill()
        with Daemon(config, state=state) as d:
            publisher = d.publisher()
            make_wait(d, publisher, *teams[400:500])
            hook.answers = [200, 500, 200, 413] + [200, 503] * 5
            hook.up()
            make_wait(d, publisher, *teams[500:])
            got = hook.alerts(600)
            d.wait_status(lambda s: s["deliveries"]["delivered"] == 600 and
                          s["deliveries"]["lost"] == 0)
        hook.close()
        self.assertEqual([a["name"] for a in got], teams)

    def test_what_is_refused_takes_no_other_along(self):
        hook = Hook()
        hook.answers = [500] * 1000  # the first one waits, so that the next three share a body
        with Daemon(one(hook.port)) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a")
            d.wait_line("delivery failed")
            make_wait(d, publisher, "b", "c", "e")
            d.wait_status(lambda s: s["published"]["alert"] == 4)
            hook.answers = [200, 400, 200, 422, 200]
            self.assertEqual([a["name"] for a in hook.alerts(3)], ["a", "b", "e"])
            d.wait_line("alert refused receiver=h status=422 answer=no")
            status = d.wait_status(lambda s: s["deliveries"]["delivered"] == 3)["deliveries"]
            failed = status["failed"]
            self.assertGreaterEqual(failed, 1)
            self.assertEqual(status, dict(delivered=3, failed=failed, refused=1, lost=0))
            metrics = get(d, "/metrics").text.splitlines()
            for line in ("deliveries_total 3", f"deliveries_failed_total {failed}",
                         "deliveries_refused_total 1", "deliveries_lost_total 0"):
                self.assertIn(f"ticketpulse_{line}", metrics)
        hook.close()

    def test_nothing_is_lost_while_it_is_down(self):
        hook = Hook(down=True)
        with Daemon(one(hook.port)) as d:
            publisher = d.publisher()
            teams = [f"t{i}" for i in range(150)]
            make_wait(d, publisher, *teams)
            d.wait_line("delivery failed receiver=h")
            hook.up()
            self.assertEqual({a["name"] for a in hook.alerts(150)}, set(teams))
        hook.close()

    def test_more_than_is_kept_is_told(self):
        hook = Hook(down=True)
        with Daemon("alerts_kept: 10\n" + one(hook.port)) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "first")
            d.wait_line("delivery failed")
            make_wait(d, publisher, *[f"t{i}" for i in range(30)])
            d.wait_status(lambda s: s["published"]["alert"] == 31)
            hook.up()
            self.assertEqual(len(hook.alerts(11)), 11)  # the first was in hand, ten were kept
            d.wait_line("alerts not delivered receiver=h lost=20")
            self.assertEqual(d.status()["deliveries"]["lost"], 20)
        hook.close()

    def test_what_a_storm_or_a_mute_held_back_is_not_sent_by_the_back_door(self):
        hook = Hook()
        with Daemon("alerts_per_minute: 2\n" + one(hook.port)) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a", "b", "c", "e", "f")
            d.wait_status(lambda s: s["alerts"]["digested"] == 3
                          and s["deliveries"]["delivered"] == 2)
            d.stop()  # one digest sums up the rest
            self.assertEqual([a.get("name", a["kind"]) for a in hook.alerts(2)], ["a", "b"])
            self.assertTrue(all("untold" not in a for body in hook.all for a in body["alerts"]))
        hook.close()

    def test_a_faulty_token_on_a_reload_leaves_the_old_one(self):
        hook = Hook()
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
            file.write("0123456789abcdef\n")
            file.flush()
            with Daemon(receivers(f"  - {{name: h, webhook: 'http://127.0.0.1:{hook.port}/', "
                                  f"token_file: {file.name}}}\n")) as d:
                publisher = d.publisher()
                file.truncate(3)
                d.signal(1)
                d.wait_line("no token receiver=h")
                d.wait_line("reloaded")
                make_wait(d, publisher, "a")
                self.assertEqual(hook.alerts(1)[0]["name"], "a")
                self.assertEqual(hook.seen[-1][2], "Bearer 0123456789abcdef")
        hook.close()

    def test_tokens_prefixes_and_reloads(self):
        hook, other = Hook(), Hook()
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
            file.write("0123456789abcdef\n")
            file.flush()
            first = (f"  - {{name: h, webhook: 'http://127.0.0.1:{hook.port}/', "
                     f"token_file: {file.name}, prefixes: [alert.kpi.cleared.]}}\n")
            with Daemon(receivers(first)) as d:
                publisher = d.publisher()
                make_wait(d, publisher, "a")
                send(publisher, event("resolved", "Ta", by="agent", agent="ada"))
                self.assertEqual(hook.alerts(1)[0]["state"], "cleared")
                self.assertEqual(hook.seen[0][2], "Bearer 0123456789abcdef")
                d.write(receivers(
                    first + f"  - {{name: o, webhook: 'http://127.0.0.1:{other.port}/'}}\n"))
                d.signal(1)
                d.wait_line("reloaded")
                make_wait(d, publisher, "b")
                self.assertEqual(other.alerts(1)[0]["name"], "b")
                self.assertTrue(hook.bodies.empty())
        hook.close()
        other.close()


@unittest.skipUnless(ALERTMANAGER, "no Alertmanager on this machine")
class RealAlertmanager(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        with open(os.path.join(self.dir, "am.yml"), "w", encoding="utf-8") as file:
            file.write("route: {receiver: none}\nreceivers: [{name: none}]\n")
        held = held_port()
        self.addCleanup(held.close)
        self.url = f"http://127.0.0.1:{port_of(held)}"
        self.process = None
        self.addCleanup(self.stop)

    def start(self):
        self.process = subprocess.Popen(
            [ALERTMANAGER, "--config.file", os.path.join(self.dir, "am.yml"), "--storage.path",
             os.path.join(self.dir, "data"), "--web.listen-address", self.url[7:],
             "--cluster.listen-address", ""], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def alerts(self, condition):
        """What it holds as active, {(name, severity): alert}, once the condition holds."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            got = {}
            try:
                with urllib.request.urlopen(self.url + "/api/v2/alerts",
                                            timeout=PATIENCE_S) as answer:
                    for a in json.load(answer):
                        got[a["labels"]["name"], a["labels"]["severity"]] = a
            except (OSError, http.client.HTTPException):  # not there yet, or no more
                got = None
            if got is not None and condition(got):
                return got
            self.assertLess(time.monotonic(), deadline,
                            f"never so: {got and sorted(n for n, _ in got)[:50]}")
            threading.Event().wait(0.05)  # between two questions

    def test_a_breach_arrives_and_is_resolved(self):
        self.start()
        self.alerts(lambda got: got == {})
        config = receivers(f"  - {{name: am, alertmanager: '{self.url}', resend: 1s}}\n")
        with Daemon(config) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a", "b")
            got = self.alerts(lambda got: len(got) == 2)
            labels = got["a", "critical"]["labels"]
            self.assertEqual(labels["alertname"], "queue")
            self.assertEqual((labels["kind"], labels["scope"], labels["run_book"]),
                             ("kpi", "team", "wiki"))
            self.assertIn("a", got["a", "critical"]["annotations"]["summary"])
            since = got["a", "critical"]["startsAt"]
            send(publisher, event("resolved", "Ta", by="agent", agent="ada"))
            self.alerts(lambda got: list(got) == [("b", "critical")])
            # It is stopped, things happen, and it comes back with nothing in its memory.
            self.stop()
            make_wait(d, publisher, "c")
            send(publisher, event("resolved", "Tb", by="agent", agent="ada"))
            make_wait(d, publisher, "e")
            d.wait_line("delivery failed receiver=am")
            shutil.rmtree(os.path.join(self.dir, "data"))
            self.start()
            got = self.alerts(lambda got: {n for n, _ in got} == {"c", "e"})
            self.stop()
            shutil.rmtree(os.path.join(self.dir, "data"))
            self.start()  # told again of what is active, though nothing happened
            got = self.alerts(lambda got: {n for n, _ in got} == {"c", "e"})
            self.assertGreater(got["c", "critical"]["startsAt"], since)
            self.assertEqual(d.status()["deliveries"]["lost"], 0)
            self.assertEqual(d.status()["deliveries"]["refused"], 0)

    def received(self):
        """What its own counters say: {status: alerts that were posted to it since it began}."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=PATIENCE_S) as answer:
            found = re.findall(r'^alertmanager_alerts_received_total\{status="(\w+)".*\} (\S+)$',
                               answer.read().decode(), re.M)
        return {status: sum(int(float(n)) for s, n in found if s == status) for status, _ in found}

    def test_down_and_stopped_under_load_nothing_is_lost_or_doubled(self):
        """Everything there and over exactly once: by its API, by its counters, by a webhook."""
        hook = Hook()
        self.start()
        self.alerts(lambda got: got == {})
        config = "alerts_per_minute: 0\n" + receivers(
            f"  - {{name: am, alertmanager: '{self.url}', resend: 10m, timeout: 1m}}\n"
            f"  - {{name: h, webhook: 'http://127.0.0.1:{hook.port}/'}}\n")
        with Daemon(config) as d:
            publisher = d.publisher()
            active, told, number = set(), 0, 0

            def act(fire, over):
                """So many new ones, so many of these over again, among other traffic."""
                nonlocal told, number
                names = [f"t{number + i}" for i in range(fire)]
                number += fire
                for i in range(0, fire, 50):
                    send(publisher, [event("opened", "T" + n, team=n) for n in names[i:i + 50]])
                    send(publisher, [event("resolved", "T" + n, by="agent", agent="ada")
                                     for n in names[i:min(i + 50, over)]] +
                         [event("message", f"X{number}-{i}-{k}", by="agent", agent="bob")
                          for k in range(200)])
                active.update(names[over:])
                told += fire + over
                d.wait_status(lambda s: s["published"]["alert"] >= told)

            def is_exact(got):
                return len(got) == len(active) and {name for name, _ in got} == active

            self.stop()
            act(1500, 800)
            d.wait_line("delivery failed receiver=am")
            self.start()
            self.alerts(is_exact)
            self.assertEqual(self.received(), {"firing": 1500, "resolved": 800})
            d.write(config.replace("timeout: 1m", "timeout: 2s"))
            d.signal(signal.SIGHUP)
            d.wait_line("reloaded")
            before = d.status()["deliveries"]["failed"]
            self.process.send_signal(signal.SIGSTOP)
            act(500, 300)
            d.wait_status(lambda s: s["deliveries"]["failed"] > before)
            self.process.send_signal(signal.SIGCONT)
            self.alerts(is_exact)
            got = hook.alerts(told)
            d.wait_status(lambda s: s["deliveries"]["delivered"] == 2 * told)
            self.assertEqual(d.status()["deliveries"]["lost"], 0)
            self.assertEqual(len({(a["alert_id"], a["rev"]) for a in got}), told)
            self.assertEqual(len([a for body in hook.all for a in body["alerts"]]), told)
        hook.close()

    def test_an_end_is_told_beyond_the_prefixes(self):
        self.start()
        self.alerts(lambda got: got == {})
        config = receivers(f"  - {{name: am, alertmanager: '{self.url}', resend: 1s, "
                           "prefixes: [alert.kpi.breached.]}\n")
        with Daemon("alerts_per_minute: 1\n" + config) as d:
            publisher = d.publisher()
            make_wait(d, publisher, "a", "b")  # the second one held back, by a storm
            self.alerts(lambda got: len(got) == 2)
            send(publisher, event("resolved", "Ta", by="agent", agent="ada"))
            self.alerts(lambda got: list(got) == [("b", "critical")])
            self.stop()
            shutil.rmtree(os.path.join(self.dir, "data"))
            self.start()
            self.alerts(lambda got: list(got) == [("b", "critical")])  # by what is told again


if __name__ == "__main__":
    unittest.main()

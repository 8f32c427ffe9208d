#!/usr/bin/python3
"""record.db: every alert once, whatever ends the daemon, for readers that were away meanwhile."""
import json
import math
import os
import random
import select
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.request

from daemon import FAST, PATIENCE_S, Daemon, event, now_ms, send

COMPANION = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
# However late events come, their source counts as up to date: every breach is told.
POLICY = """policies: [{id: gold, first_response: 1s}]
rules: []
alerts_per_minute: 0
hold_after: 24h
"""
BEGUN = now_ms() - 20000


def opened(n):
    """Always the same; its first response is late as soon as it is known."""
    return event("opened", f"T{n}", ts=BEGUN + n % 1000, team=f"team{n % 3}", seq=2 * n + 1)


def answered(n):
    return event("message", f"T{n}", ts=BEGUN + 8000 + n % 1000, by="agent", agent="ada",
                 seq=2 * n + 2)


class Record(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name
        self.dir = os.path.join(scratch.name, "state")

    def daemon(self, config=FAST + POLICY, **more):
        return Daemon(config, state=self.dir, **more)

    def sql(self, text, *arguments):
        record = sqlite3.connect(os.path.join(self.dir, "record.db"))
        rows = record.execute(text, arguments).fetchall()
        record.commit()
        record.close()
        return rows

    def past(self, rows):
        """Rows of history: step, scope, name, at, numbers."""
        record = sqlite3.connect(os.path.join(self.dir, "record.db"))
        record.executemany("INSERT INTO history VALUES(?, ?, ?, ?, '1h', ?)",
                           [(*row[:4], json.dumps(row[4])) for row in rows])
        record.commit()
        record.close()

    def told(self, daemon, count):
        """Until so many alerts of this run are out and in the record."""
        return daemon.wait_status(lambda s: s["published"]["alert"] >= count and
                                  s["record"]["waiting_bytes"] == 0)

    def test_no_alert_is_missing_or_double_after_crashes(self):
        dice, tickets, seen = random.Random(5), 1500, set()
        events = [e for n in range(tickets) for e in (opened(n), answered(n))]
        config = FAST + POLICY + "state: {checkpoint_every: 200ms}\n"
        for round in range(21):
            daemon = self.daemon(config)
            alerts = daemon.subscriber("alert.")
            publisher = daemon.publisher()
            if round == 20:
                break
            upto = dice.randrange(len(events) * round // 21, len(events) * (round + 1) // 21 + 1)
            for start in range(0, upto, 100):  # again: what was lost on the way counts now
                send(publisher, events[start:min(start + 100, upto)])
            for _ in range(dice.randrange(0, 60)):
                if alerts.socket.poll(1000):
                    topic, message = alerts.next()
                    if topic.startswith("alert."):
                        seen.add((message["alert_id"], message["rev"]))
            daemon.kill()
        for start in range(0, len(events), 100):
            send(publisher, events[start:start + 100])
        daemon.wait_status(lambda s: s["events"] == len(events) and s["active_alerts"] == 0 and
                           s["journal"]["committed"] == s["journal"]["entries"] and
                           s["record"]["waiting_bytes"] == 0)
        daemon.__exit__()
        rows = self.sql("SELECT alert_id, rev, state, ticket FROM alerts")
        self.assertEqual(len(rows), 2 * tickets)
        self.assertEqual({(ticket, rev, state) for _, rev, state, ticket in rows},
                         {(f"T{n}", rev, state) for n in range(tickets)
                          for rev, state in ((1, "breached"), (2, "cleared"))})
        self.assertEqual(len({row[0] for row in rows}), tickets)
        self.assertTrue(seen)
        self.assertLessEqual(seen, {row[:2] for row in rows})
        # As a run without any crash: the same alerts with the same ids.
        self.dir += "-other"
        with self.daemon() as daemon:
            send(daemon.publisher(), events[:1000])
            self.told(daemon, 1000)
        self.assertLessEqual(set(self.sql("SELECT alert_id, rev, state, ticket FROM alerts")),
                             set(rows))

    def test_what_is_recorded_is_not_told_again(self):
        daemon = self.daemon()
        send(daemon.publisher(), [opened(n) for n in range(50)])
        self.told(daemon, 50)
        daemon.kill()  # the journal may not know yet that these have left
        with self.daemon() as daemon:
            self.assertEqual(daemon.status()["published"]["alert"], 0)
            self.assertEqual(daemon.status()["active_alerts"], 50)

    def test_alerts_of_earlier_runs_can_be_asked_for(self):
        runs, tickets = [], 0
        for kept in 10000, 10000, 7, 1:  # from the ring, and from the file behind it
            with self.daemon(FAST + POLICY + f"alerts_kept: {kept}\n") as daemon:
                publisher = daemon.publisher()
                send(publisher, [opened(n) for n in range(tickets, tickets + 30)])
                self.told(daemon, 30)
                tickets += 30
                answers = daemon.ask(op="alerts", since_seq=10)
                runs.append(answers[-1]["run"])
                self.assertEqual([a["message"]["seq"] for a in answers[:-1]], list(range(11, 31)))
                for i, run in enumerate(runs):
                    answers = daemon.ask(op="alerts", since_seq=25, run=run)
                    self.assertEqual(
                        [(a["message"]["run"], a["message"]["seq"]) for a in answers[:-1]],
                        [(of, seq) for k, of in enumerate(runs[i:])
                         for seq in range(1 if k else 26, 31)], (kept, i))
                    self.assertEqual((answers[-1]["upto_seq"], answers[-1]["run"]), (30, runs[-1]))
                    self.assertNotIn("truncated", answers[-1])
                    team = daemon.ask(op="alerts", since_seq=0, run=run,
                                      prefix="alert.sla.breached.team1.")
                    self.assertEqual(len(team) - 1, 10 * (len(runs) - i))
                    self.assertEqual({a["message"]["team"] for a in team[:-1]}, {"team1"})
                ahead = daemon.ask(op="alerts", since_seq=99, run=runs[0])  # told, never recorded
                self.assertEqual(len(ahead) - 1, 30 * (len(runs) - 1))
                other = daemon.ask(op="alerts", since_seq=1, run="nobody")
                self.assertEqual((other[-1]["error"], other[-1]["key"]), ("not_covered", "run"))
        self.sql("DELETE FROM alerts WHERE n <= 40")  # too old by now
        with self.daemon(FAST + POLICY + "alerts_kept: 5\n") as daemon:
            last = daemon.ask(op="alerts", since_seq=0, run=runs[0])[-1]
            self.assertEqual((last["count"], last["truncated"], last["oldest_seq"]), (80, True, 11))

    def test_without_a_record_other_runs_are_unknown(self):
        with Daemon(FAST) as daemon:
            self.assertEqual(daemon.ask(op="alerts", since_seq=0, run="x")[-1]["error"],
                             "not_covered")
            own = daemon.ask(op="alerts", since_seq=0)[-1]["run"]
            self.assertEqual(daemon.ask(op="alerts", since_seq=0, run=own)[-1]["count"], 0)
            self.assertEqual(daemon.ask(op="history")[-1]["error"], "not_covered")
            self.assertNotIn("record", daemon.status())

    def fixed(self):
        """Sockets that are the same ones after a restart."""
        return (f'sockets:\n  events: {{bind: ["ipc://{self.scratch}/events"]}}\n'
                f'  out: ["ipc://{self.scratch}/out"]\n  query: ["ipc://{self.scratch}/query"]\n'
                f'  ingest: ["ipc://{self.scratch}/ingest"]\n')

    def watch(self):
        """The companion, the alerts that it gave, and what waits for so many (inf: to its end)."""
        watch = subprocess.Popen(
            [COMPANION, "watch", "alert.", "--json", "--out", f"ipc://{self.scratch}/out",
             "--query", f"ipc://{self.scratch}/query", "--timeout", "30s"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(watch.communicate)
        self.addCleanup(watch.kill)
        lines, rest, poll = [], b"", select.poll()
        poll.register(watch.stdout, select.POLLIN)

        def read(count):
            nonlocal rest
            while len(lines) < count:
                self.assertTrue(poll.poll(PATIENCE_S * 1000), f"only {len(lines)} alerts")
                more = os.read(watch.stdout.fileno(), 65536)
                if not more and count == math.inf:
                    return
                self.assertTrue(more, f"it ended after {len(lines)} alerts")
                *whole, rest = (rest + more).split(b"\n")
                lines.extend(json.loads(line) for line in whole)
        return watch, lines, read

    def test_watch_gives_each_once_however_many_are_active(self):
        daemon = self.daemon(sockets=self.fixed())
        watch, lines, read = self.watch()
        send(daemon.publisher(), [opened(n) for n in range(4000)])
        read(4000)
        self.told(daemon, 4000)
        daemon.__exit__()
        with self.daemon(sockets=self.fixed()) as daemon:
            publisher = daemon.publisher()
            for n in range(4000, 4005):  # it has joined again before the last ones
                send(publisher, [opened(n)])
                read(n + 1)
            watch.send_signal(signal.SIGTERM)
            read(math.inf)
        self.assertEqual(sorted(int(a["ticket"][1:]) for a in lines), list(range(4005)))

    def test_watch_goes_on_over_restarts(self):
        daemon = self.daemon(sockets=self.fixed())
        watch, lines, read = self.watch()
        send(daemon.publisher(), [opened(n) for n in range(20)])
        read(20)
        self.told(daemon, 20)
        watch.send_signal(signal.SIGSTOP)  # is not there when the next ones come
        send(daemon.publisher(), [answered(n) for n in range(10)])
        self.told(daemon, 30)
        daemon.kill()
        with self.daemon(sockets=self.fixed()) as daemon:
            send(daemon.publisher(), [answered(n) for n in range(10, 20)])
            self.told(daemon, 10)
        with self.daemon(sockets=self.fixed()) as daemon:
            watch.send_signal(signal.SIGCONT)
            read(40)
            send(daemon.publisher(), [opened(n) for n in range(20, 25)])
            read(45)
        self.assertEqual(sorted((int(a["ticket"][1:]), a["rev"]) for a in lines),
                         sorted([(n, rev) for n in range(20) for rev in (1, 2)] +
                                [(n, 1) for n in range(20, 25)]))

    def stream(self, daemon, last=None):
        headers = {"Last-Event-ID": last} if last else {}
        request = urllib.request.Request(daemon.url + "api/v1/stream?prefix=alert.",
                                         headers=headers)
        return urllib.request.urlopen(request, timeout=PATIENCE_S)

    def events(self, stream, count):
        """So many events: (id, kind, data)."""
        found, fields = [], {}
        while len(found) < count:
            line = stream.readline().decode().rstrip("\n")
            if line:
                key, _, value = line.partition(": ")
                fields[key] = value
            elif "event" in fields:
                found.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
                fields = {}
        return found

    def test_a_stream_resumes_after_a_restart(self):
        with self.daemon() as daemon:
            stream = self.stream(daemon)
            (_, kind, hello), = self.events(stream, 1)
            self.assertEqual((kind, hello["resumed"]), ("hello", False))
            send(daemon.publisher(), [opened(n) for n in range(10)])
            last = self.events(stream, 4)[-1]
            self.told(daemon, 10)
            stream.close()
        with self.daemon() as daemon:
            send(daemon.publisher(), opened(10))
            self.told(daemon, 1)
            stream = self.stream(daemon, last[0])
            hello, *missed = self.events(stream, 8)
            self.assertEqual((hello[0], hello[2]["resumed"], hello[2]["upto_seq"]),
                             (last[0], True, 1))
            self.assertEqual([data["message"]["ticket"] for _, _, data in missed],
                             [f"T{n}" for n in range(4, 11)])
            self.assertEqual([i for i, _, _ in missed],
                             [f'{data["message"]["run"]}-{data["message"]["seq"]}'
                              for _, _, data in missed])
            stream.close()
            (_, _, hello), = self.events(self.stream(daemon, "0123456789abcdef-3"), 1)
            self.assertFalse(hello["resumed"])

    def test_other_programs_read_while_it_is_written(self):
        with self.daemon() as daemon:
            publisher = daemon.publisher()
            reader = sqlite3.connect(f"file:{self.dir}/record.db?mode=ro", uri=True)
            reader.execute("BEGIN")  # and does not end it for long
            self.assertEqual(reader.execute("SELECT count(*) FROM alerts").fetchone(), (0,))
            for start in range(0, 500, 50):
                send(publisher, [opened(n) for n in range(start, start + 50)])
            self.told(daemon, 500)
            status = daemon.status()
            self.assertEqual(status["journal"]["held"], 0)
            self.assertEqual(status["record"]["alerts"], 500)
            self.assertEqual(reader.execute("SELECT count(*) FROM alerts").fetchone(), (0,))
            reader.execute("COMMIT")
            self.assertEqual(reader.execute("SELECT count(*) FROM alerts WHERE policy='gold' AND "
                                            "json_extract(message, '$.state')='breached'")
                             .fetchone(), (500,))
            reader.close()

    def test_the_numbers_of_the_past(self):
        with self.daemon() as daemon:
            send(daemon.publisher(), [opened(n) for n in range(30)])
            self.told(daemon, 30)
        self.sql("DELETE FROM history")
        with self.daemon() as daemon:  # the first turn of a minute takes them
            daemon.wait_status(lambda s: s["record"]["rows"] >= 4)
            self.told(daemon, 0)
            pages = daemon.ask(op="history", scope="team", name="team1", indicator="open")
            page, = pages[:-1]
            point = page["message"]["points"][0]  # another minute may have begun
            self.assertEqual((point["value"], point["at"] % 60000), (10, 0))
            self.assertEqual(pages[0]["message"]["step_ms"], 60000)
            point = daemon.ask(op="history", indicator="first_response",
                               field="missed")[0]["message"]["points"][0]
            self.assertEqual(point["value"], 30)
            whole = daemon.ask(op="history")[0]["message"]["points"][0]["value"]
            self.assertEqual(whole["windows"]["1h"]["opened"]["num"], 30)
            self.assertEqual(daemon.ask(op="history", scope="team", name="none")[-1]["count"], 0)
            at = point["at"]
            self.past((60000, "all", "-", at - n * 60000, {"now": {"open": n}})
                      for n in range(1, 501))
            pages = daemon.ask(op="history", indicator="open", **{"from": at - 450 * 60000,
                                                                  "to": at + 1})
            points = [p for page in pages[:-1] for p in page["message"]["points"]]
            self.assertEqual([(p["at"], p["value"]) for p in points],
                             [(at - n * 60000, n) for n in range(450, 0, -1)] + [(at, 30)])
            hour = at // 3600000 * 3600000
            self.sql("DELETE FROM history WHERE step > 60000")
            self.past([(3600000, "all", "-", hour, {"now": {"open": 77}})])
            page = daemon.ask(op="history", indicator="open", step=3600000)[0]["message"]
            self.assertEqual(page["points"], [{"at": hour, "value": 77}])
            for wrong, key in (({"step": 1000}, "step"), ({"indicator": "x"}, "indicator"),
                               ({"scope": "team"}, "name"), ({"field": "p90"}, "indicator"),
                               ({"scope": "agent", "name": "a", "step": 60000}, "step"),
                               ({"from": at}, "to")):
                self.assertEqual(daemon.ask(op="history", **wrong)[-1]["key"], key, wrong)
            url = f"{daemon.url}api/v1/history?indicator=open&step=3600000"
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                got = json.load(answer)
            self.assertEqual(got["answers"][0]["message"]["points"], page["points"])

    def test_the_lines_of_the_day_after_a_restart(self):
        with self.daemon() as daemon:
            send(daemon.publisher(), [opened(n) for n in range(9)])
            self.told(daemon, 9)
        self.sql("DELETE FROM history")
        now = now_ms() // 60000
        hour = [{"first_response": {"p90": 1000 * n, "attainment": 0.5} if n % 2 else {}}
                for n in range(200)]
        self.past((60000, scope, name, (now - n) * 60000,
                   {"now": {"open": n + len(name), "waiting": 2}, "windows": {"1h": hour[n]}})
                  for n in range(1, 200)
                  for scope, name in (("all", "-"), ("team", "team1"), ("team", "gone")))
        with self.daemon() as daemon:
            deadline = time.monotonic() + PATIENCE_S
            for query, more in ("", 1), ("?team=team1", 5):
                while True:
                    with urllib.request.urlopen(daemon.url + "api/v1/trend" + query,
                                                timeout=PATIENCE_S) as answer:
                        trend = json.load(answer)
                    if len(trend["open"]) >= 200 or time.monotonic() > deadline:
                        break
                self.assertEqual(trend["from"], (now - 199) * 60000)
                self.assertEqual(trend["open"][:199], [n + more for n in range(199, 0, -1)])
                self.assertEqual(trend["waiting"][:199], [2] * 199)
                self.assertEqual(trend["first_response_p90"][:199],
                                 [1000 * n if n % 2 else None for n in range(199, 0, -1)])
                self.assertEqual(trend["first_response_attainment"][0], 0.5)

    def test_a_record_that_is_gone_is_told(self):
        with self.daemon() as daemon:  # nothing is missed where there is nothing
            self.assertEqual(daemon.status()["ops"], {})
            send(daemon.publisher(), opened(1))
            self.told(daemon, 1)
        for name in os.listdir(self.dir):
            if name.startswith("record.db"):
                os.unlink(os.path.join(self.dir, name))
        with self.daemon() as daemon:
            daemon.wait_line(r"record begun anew missing=\S+record.db")
            daemon.wait_status(lambda s: s["ops"] == {"damage": {"active": 1, "raised": 1}})
            detail, = [m["message"]["detail"] for m in daemon.ask(op="alerts", active=True)[:-1]
                       if m["message"]["kind"] == "ops"]
            self.assertEqual(detail, "record.db was missing, begun anew")

    def test_a_damaged_record_does_not_stop_anybody(self):
        with self.daemon() as daemon:
            send(daemon.publisher(), opened(1))
            self.told(daemon, 1)
        with open(os.path.join(self.dir, "record.db"), "wb") as file:
            file.write(b"something else altogether, and long enough to be read " * 100)
        with self.daemon() as daemon:
            daemon.wait_line(r"record begun anew damaged=\S+record.db.damaged")
            ops = daemon.wait_status(lambda s: s["ops"])["ops"]
            self.assertEqual(ops, {"damage": {"active": 1, "raised": 1}})
            detail, = [m["message"]["detail"] for m in daemon.ask(op="alerts", active=True)[:-1]
                       if m["message"]["kind"] == "ops"]
            self.assertEqual(detail, "record.db begun anew")
            send(daemon.publisher(), answered(1))
            self.told(daemon, 2)
            self.assertEqual(daemon.status()["active_alerts"], 1)
        rows = self.sql("SELECT rev, state FROM alerts WHERE ticket IS NOT NULL")
        self.assertEqual(rows, [(2, "cleared")])


if __name__ == "__main__":
    unittest.main()

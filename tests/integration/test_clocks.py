#!/usr/bin/python3
"""Clocks through the daemon: alerts, explain, worklist, compare, and what the companion makes of
them."""
import json
import os
import signal
import tempfile
import unittest

import msgpack
import zmq

from companion import run
from daemon import FAST, SOCKETS, Daemon, event, now_ms, send

MINUTE, HOUR = 60000, 3600000
# Events of these tests come long after they happened: no deadline waits for their source.
POLICIES = FAST + """
hold_max: 0s
rules: []
calendars:
  - {id: office, zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
policies:
  - id: gold
    match: {priority: high}
    warn_at: [50%]
    first_response: {target: 1h, overdue_at: [1h]}
    resolution: {target: 8h, warn_at: []}
  - {id: rest, first_response: 4h}
"""


def messages(answers):
    """What came before the end, which must have counted it."""
    assert answers[-1]["end"] and "error" not in answers[-1], answers[-1]
    assert answers[-1]["count"] == len(answers) - 1
    return [a["message"] for a in answers[:-1]]


def opened(ticket, ago, priority="high", **fields):
    return event("opened", ticket, now_ms() - ago, id=f"{ticket}-o", priority=priority, **fields)


class Alerts(unittest.TestCase):
    def test_from_the_warning_to_the_end(self):
        with Daemon(POLICIES) as daemon:
            alerts = daemon.subscriber("alert.sla.")
            publisher = daemon.publisher()
            first = opened("T", 90 * MINUTE, team="billing", agent="ada", channel="mail")
            send(publisher, first)
            topic, breach = alerts.wait(lambda _, m: m.get("state") == "breached")
            self.assertEqual(topic, "alert.sla.breached.billing.ada.")
            due = first["ts"] + HOUR
            want = {"kind": "sla", "severity": "critical", "policy": "gold", "calendar": "always",
                    "metric": "first_response", "ticket": "T", "instance": 1, "agent": "ada",
                    "team": "billing", "priority": "high", "channel": "mail", "target_ms": HOUR,
                    "elapsed_ms": HOUR, "remaining_ms": 0, "due_at": due, "breach_at": due,
                    "shares": {"ada": HOUR}}
            self.assertEqual({k: breach.get(k) for k in want}, want)
            self.assertTrue(breach.get("late") or breach.get("held"), breach)
            for absent in ("level", "ended_at", "rule", "value", "category", "cause"):
                self.assertNotIn(absent, breach)
            active = messages(daemon.ask(op="alerts", active=True))
            self.assertEqual([(m["alert_id"], m["rev"]) for m in active],
                             [(breach["alert_id"], breach["rev"])])
            for absent in ("late", "held", "shares"):  # of the transition, which is over
                self.assertNotIn(absent, active[0])
            self.assertEqual(daemon.status()["active_alerts"], 1)
            self.assertEqual(daemon.snapshot(scope="agent")["agent", "ada"]["now"]["breached_open"],
                             1)
            send(publisher, event("message", "T", id="r", by="agent", agent="ada"))
            topic, end = alerts.wait(lambda _, m: m.get("state") == "cleared")
            self.assertEqual(topic, "alert.sla.cleared.billing.ada.")
            self.assertEqual((end["alert_id"], end["cause"], end["severity"]),
                             (breach["alert_id"], "met_late", "info"))
            self.assertGreater(end["rev"], breach["rev"])
            self.assertNotIn("level", end)
            self.assertEqual(daemon.ask(op="alerts", active=True)[:-1], [])
            told = messages(daemon.ask(op="alerts", since_seq=0, prefix="alert.sla."))
            self.assertEqual([m["state"] for m in told if m["state"] == "breached"], ["breached"])
            hour = daemon.snapshot(scope="all")["all", "-"]["windows"]["24h"]["first_response"]
            self.assertEqual((hour["met"], hour["missed"], hour["attainment"],
                              hour["attainment_strict"]), (0, 1, 0, 0))
            self.assertNotIn("target", hour)

    def test_a_reply_that_was_late_on_its_way_corrects(self):
        """V14: in time by its timestamp, told after the breach."""
        with Daemon(POLICIES + "lateness: 1h\n") as daemon:
            alerts = daemon.subscriber("alert.sla.")
            publisher = daemon.publisher()
            first = opened("T", 61 * MINUTE, agent="ada")
            send(publisher, first)
            alerts.wait(lambda _, m: m.get("state") == "breached")
            send(publisher, event("message", "T", first["ts"] + HOUR - 1, id="r", by="agent",
                                  agent="ada"))
            topic, end = alerts.wait(lambda _, m: m.get("state") == "corrected")
            self.assertEqual(topic, "alert.sla.corrected.-.ada.")
            self.assertEqual(end["cause"], "late_event")
            day = daemon.snapshot(scope="all")["all", "-"]["windows"]["24h"]["first_response"]
            self.assertEqual((day["met"], day["missed"]), (1, 0))
            items = messages(daemon.ask(op="explain", ticket="T"))[1]["items"]
            self.assertIn("corrected", {i["kind"] for i in items})

    def test_business_time_stands_inside(self):
        with Daemon(POLICIES.replace("{id: rest,", "{id: rest, calendar: office,")) as daemon:
            publisher = daemon.publisher()
            wait = 3 * 24 * HOUR  # over the night at least: less of it is open
            send(publisher, opened("T", wait, "low"))
            send(publisher, event("message", "T", id="r", by="agent", agent="ada"))
            daemon.wait_messages(2)
            got = daemon.snapshot(scope="all")["all", "-"]["windows"]["24h"]["first_response"]
            self.assertGreaterEqual(got["mean"], wait)
            self.assertEqual(got["business"]["n"], 1)
            self.assertLessEqual(got["business"]["mean"], 24 * HOUR)
            self.assertNotIn("met", got["business"])
            self.assertNotIn("first_response.business", daemon.snapshot(scope="all")["all", "-"]
                             ["windows"]["24h"])


class Explain(unittest.TestCase):
    def test_intervals_add_up(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            start = opened("T", 65 * MINUTE, agent="ada", team="billing")
            ts = start["ts"]
            send(publisher, [start,
                             event("assigned", "T", ts + 55 * MINUTE, id="a", agent="bob"),
                             event("paused", "T", ts + 60 * MINUTE, id="p", reason="pending"),
                             event("resumed", "T", ts + 62 * MINUTE, id="q")])
            daemon.wait_messages(1)
            head, *pages = messages(daemon.ask(op="explain", ticket="T"))
            items = [i for page in pages for i in page["items"]]
            self.assertEqual((head["ticket"], head["open"], head["agent"], head["opened_at"]),
                             ("T", True, "bob", ts))
            self.assertEqual([(c["metric"], c["instance"], c["state"]) for c in head["clocks"]],
                             [("first_response", 1, "breached"), ("resolution", 1, "running")])
            for clock in head["clocks"]:
                counted = [i for i in items if i["kind"] == "interval"
                           and i["metric"] == clock["metric"]]
                self.assertEqual(sum(i["counted_ms"] for i in counted), clock["elapsed_ms"])
                owners = {}
                for i in counted:
                    owners[i["agent"]] = owners.get(i["agent"], 0) + i["counted_ms"]
                self.assertEqual(owners["ada"], 55 * MINUTE)
            response, resolution = head["clocks"]
            self.assertEqual(response["elapsed_ms"], head["at"] - ts)
            self.assertEqual(resolution["elapsed_ms"], head["at"] - ts - 2 * MINUTE)
            pause, = [i for i in items if i["kind"] == "pause"]
            self.assertEqual((pause["metric"], pause["to"] - pause["from"]),
                             ("resolution", 2 * MINUTE))
            breach, = [i for i in items if i["kind"] == "breach"]
            self.assertEqual(breach["at"], ts + HOUR)
            times = [i.get("from", i.get("at")) for i in items]
            self.assertEqual(times, sorted(times))
            alert = messages(daemon.ask(op="alerts", since_seq=0))[-1]
            self.assertEqual(alert["alert_id"], response["alert_id"])

    def test_long_ones_come_in_pages(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            ts = opened("T", HOUR)["ts"]
            moves = [event("assigned", "T", ts + i * 1000, id=f"a{i}", agent=f"agent{i % 7}")
                     for i in range(1, 200)]
            send(publisher, [opened("T", HOUR), *moves])
            daemon.wait_messages(1)
            head, *pages = messages(daemon.ask(op="explain", ticket="T"))
            sizes = [len(page["items"]) for page in pages]
            self.assertGreater(len(sizes), 4)
            self.assertEqual(set(sizes[:-1]), {50})
            self.assertNotIn("items_left_out", head)

    def test_unknown_tickets_and_tickets_without_clocks(self):
        with Daemon(FAST) as daemon:
            publisher = daemon.publisher()
            send(publisher, opened("T", HOUR))
            daemon.wait_messages(1)
            answer, = daemon.ask(op="explain", ticket="U")
            self.assertEqual((answer["error"], answer["key"]), ("no_ticket", "ticket"))
            self.assertEqual(daemon.ask(op="explain")[0]["error"], "missing_field")
            head, = messages(daemon.ask(op="explain", ticket="T"))
            self.assertEqual((head["open"], head["clocks"]), (True, []))


class Worklist(unittest.TestCase):
    def test_least_time_left_first(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            send(publisher, [opened("red", 70 * MINUTE, agent="ada", team="x"),
                             opened("soon", 50 * MINUTE, agent="bob", team="x"),
                             opened("later", 10 * MINUTE, agent="ada", team="y"),
                             opened("calm", 10 * MINUTE, "low", agent="bob", team="y"),
                             event("paused", "red", id="p", reason="pending"),
                             opened("done", 10 * MINUTE, agent="ada"),
                             event("message", "done", id="m", by="agent", agent="ada"),
                             event("resolved", "done", id="r", agent="ada")])
            daemon.wait_messages(1)
            head, page = messages(daemon.ask(op="worklist"))
            works = page["works"]
            self.assertEqual([(w["ticket"], w["metric"], w["state"]) for w in works],
                             [("red", "first_response", "breached"),
                              ("soon", "first_response", "warned"),
                              ("later", "first_response", "running"),
                              ("calm", "first_response", "running"),
                              ("soon", "resolution", "running"),
                              ("later", "resolution", "running"),
                              ("red", "resolution", "paused")])
            self.assertLess(works[0]["remaining_ms"], -9 * MINUTE)
            self.assertEqual(works[1]["breach_at"] - head["at"], works[1]["remaining_ms"])
            self.assertNotIn("due_at", works[-1])
            self.assertEqual({k: head[k] for k in ("running", "paused", "breached", "listed")},
                             {"running": 5, "paused": 1, "breached": 1, "listed": 7})
            self.assertEqual(head["due"], {"15m": 1, "30m": 1, "60m": 2})
            for filters, want in (({"agent": "bob"}, {"soon", "calm"}), ({"team": "y"},
                                  {"later", "calm"}), ({"team": "x", "agent": "ada"}, {"red"})):
                _, page = messages(daemon.ask(op="worklist", **filters))
                self.assertEqual({w["ticket"] for w in page["works"]}, want)
            head, = messages(daemon.ask(op="worklist", agent="nobody"))
            self.assertEqual((head["running"], head["listed"]), (0, 0))

    def test_long_ones_come_in_pages(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            send(publisher, [opened(f"T{i:03}", 5000 + i * 1000, "low") for i in range(300)])
            daemon.wait_messages(1)
            head, *pages = messages(daemon.ask(op="worklist"))
            self.assertEqual((head["running"], head["listed"]), (300, 200))
            self.assertEqual([len(page["works"]) for page in pages], [50] * 4)
            tickets = [w["ticket"] for page in pages for w in page["works"]]
            self.assertEqual(tickets, [f"T{i:03}" for i in range(299, 99, -1)])

    def test_too_many_at_once_are_told_so(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            for start in range(0, 40000, 4000):
                send(publisher, [opened(f"T{start + i}", 5000, "low") for i in range(4000)])
            daemon.wait_messages(10)
            dealer = daemon.socket(zmq.DEALER)
            dealer.connect(daemon.query_endpoint)
            for _ in range(12):
                dealer.send(msgpack.packb({"op": "worklist"}))
            ends = []
            while len(ends) < 12:
                answer = msgpack.unpackb(dealer.recv())
                if answer.get("end"):
                    ends.append(answer.get("error", "fine"))
            self.assertIn("busy", ends)
            self.assertGreaterEqual(ends.count("fine"), 4)
            self.assertEqual(set(ends), {"busy", "fine"})
            messages(daemon.ask(op="worklist"))  # and then there is room again


class Compare(unittest.TestCase):
    def ask(self, daemon, config):
        return daemon.ask(op="compare", config=config + daemon.sockets)

    def test_what_a_reload_would_do(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            send(publisher, [opened("red", 70 * MINUTE), opened("soon", 50 * MINUTE),
                             opened("calm", 30 * MINUTE, "low"),
                             opened("done", 30 * MINUTE),
                             event("resolved", "done", id="r", agent="ada")])
            daemon.wait_messages(1)
            zeroes = dict.fromkeys(("changed", "gained", "cancelled", "breaches", "forgiven"), 0)
            same, = messages(self.ask(daemon, POLICIES))
            self.assertEqual(same, dict(zeroes, tickets=3, fixed=[]))
            before = daemon.status()
            tighter, = messages(self.ask(daemon, POLICIES.replace("target: 1h", "target: 40m")))
            self.assertEqual(tighter, dict(zeroes, tickets=3, changed=2, breaches=1, fixed=[]))
            none, = messages(self.ask(daemon, POLICIES[:POLICIES.index("  - {id: rest")]))
            self.assertEqual(none, dict(zeroes, tickets=3, changed=1, cancelled=1, fixed=[]))
            more, = messages(self.ask(daemon, POLICIES.replace("4h}", "4h, resolution: 20m}")))
            self.assertEqual(more, dict(zeroes, tickets=3, gained=1, breaches=1, fixed=[]))
            forgiving = POLICIES.replace("target: 1h", "target: 2h, forgive: true")
            more, = messages(self.ask(daemon, forgiving))
            self.assertEqual(more, dict(zeroes, tickets=3, changed=2, forgiven=1, fixed=[]))
            off, = messages(self.ask(daemon, "hold_max: 0s\n"))
            self.assertEqual((off["cancelled"], off["fixed"]), (5, []))
            after = daemon.status()
            for key in ("sla_fired", "sla_breached", "sla_cancelled", "sla_corrected"):
                self.assertEqual(before["engine"][key], after["engine"][key], key)
            self.assertEqual(before["published"]["alert"], after["published"]["alert"])
            daemon.write(POLICIES.replace("target: 1h", "target: 40m"))  # what was said comes true
            daemon.signal(signal.SIGHUP)
            daemon.wait_notified("RELOADING=1")
            daemon.wait_status(lambda s: s["engine"]["sla_breached"] == 2)

    def test_what_cannot_be_reloaded(self):
        with Daemon(POLICIES) as daemon:
            got, = messages(daemon.ask(op="compare", config="windows: [1h]\nzone: Asia/Tokyo\n"))
            self.assertEqual(got["fixed"], ["sockets.events.bind", "sockets.out", "sockets.query",
                                            "sockets.ingest", "http.bind", "zone", "windows"])

    def test_what_is_refused(self):
        with Daemon(POLICIES) as daemon:
            def refusal(**request):
                answer, = daemon.ask(op="compare", **request)
                return answer["error"], answer.get("key"), answer["reason"]
            self.assertEqual(refusal()[:2], ("missing_field", "config"))
            error, key, reason = refusal(config="windows: [1h]\nwibble: 5\n")
            self.assertEqual((error, key), ("bad_settings", "config"))
            self.assertIn(":2: wibble", reason)
            error, _, reason = refusal(config="calendars: [{id: a, hours: always, "
                                              "holidays: [/etc/hostname.ics]}]\n")
            self.assertEqual(error, "bad_settings")
            self.assertIn("no file can be named", reason)
            self.assertEqual(refusal(config="#" * (256 * 1024 + 1))[:2], ("too_large", "config"))
            messages(daemon.ask(op="compare", config="#" * (256 * 1024)))
            answer, = daemon.ask(op="status", config="#" * 3000)  # large: of this op only
            self.assertEqual(answer["error"], "too_large")

    def test_one_at_a_time_and_never_in_the_way(self):
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            for start in range(0, 40000, 4000):
                send(publisher, [opened(f"T{start + i}", 5000, "low") for i in range(4000)])
            daemon.wait_messages(10)
            dealer = daemon.socket(zmq.DEALER)
            dealer.connect(daemon.query_endpoint)
            config = POLICIES.replace("4h}", "1s}") + daemon.sockets + "#\n" * 100000
            for _ in range(3):
                dealer.send(msgpack.packb({"op": "compare", "config": config}))
            dealer.send(msgpack.packb({"op": "status"}))
            ends = []
            while len(ends) < 4:
                answer = msgpack.unpackb(dealer.recv())
                if "breaches" in answer.get("message", {}):
                    self.assertEqual(answer["message"]["breaches"], 40000)
                    ends.append("compared")
                elif "message" in answer:
                    ends.append("status")
                elif "error" in answer:
                    ends.append(answer["error"])
            self.assertEqual(ends, ["busy", "busy", "status", "compared"])

    def test_peers_and_daemons_that_go_away_meanwhile(self):
        config = POLICIES + "#\n" * 100000
        with Daemon(POLICIES) as daemon:
            publisher = daemon.publisher()
            send(publisher, [opened(f"T{i}", 5000, "low") for i in range(4000)])
            daemon.wait_messages(1)
            for _ in range(3):
                dealer = daemon.socket(zmq.DEALER)
                dealer.connect(daemon.query_endpoint)
                dealer.send(msgpack.packb({"op": "compare", "config": config + daemon.sockets}))
                daemon.wait_status(lambda s, n=daemon.status()["queries"]["taken"]:
                                   s["queries"]["taken"] > n)
                dealer.close()
            dealer = daemon.socket(zmq.DEALER)
            dealer.connect(daemon.query_endpoint)
            dealer.send(msgpack.packb({"op": "compare", "config": config + daemon.sockets}))
            taken = daemon.status()["queries"]["taken"]
            daemon.write(POLICIES.replace("4h}", "1s}"))  # another reload while it is under way
            daemon.signal(signal.SIGHUP)
            daemon.wait_status(lambda s: s["queries"]["taken"] > taken)
            dealer.send(msgpack.packb({"op": "compare", "config": config + daemon.sockets}))


class Companion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(POLICIES)
        publisher = cls.daemon.publisher()
        send(publisher, [opened("T1", 70 * MINUTE, team="售后", agent="ada"),
                         opened("T2", 10 * MINUTE, "low", team="售后", agent="bob")])
        cls.daemon.wait_messages(1)
        publisher.close()
        cls.scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()
        cls.daemon.__exit__()

    def path(self, name, text):
        path = os.path.join(self.scratch.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def query(self, *arguments, code=0):
        return run("query", *arguments, "--query", self.daemon.query_endpoint, code=code)

    def test_explain(self):
        said = self.query("explain", "T1").stdout
        self.assertRegex(said, r"^T1 · open · ada · 售后 · high\n")
        self.assertRegex(said, r"first response +1 +overdue +1h ")
        self.assertRegex(said, r"counted +first response +1 +1h +ada \(售后\) +gold · always")
        self.assertRegex(self.query("explain", "T1", "--lang", "zh").stdout, r"首次响应 +1 +已超时")
        lines = [json.loads(line) for line in
                 self.query("explain", "T1", "--json").stdout.splitlines()]
        self.assertEqual(lines[0]["clocks"][0]["state"], "breached")
        self.assertEqual(sum(i.get("counted_ms", 0) for i in lines[1:]
                             if i["metric"] == "first_response"),
                         lines[0]["clocks"][0]["elapsed_ms"])
        self.assertIn("no_ticket", self.query("explain", "T9", code=1).stderr)
        self.query("explain", code=2)
        self.query("status", "T1", code=2)

    def test_worklist(self):
        said = self.query("worklist").stdout
        self.assertIn("running 2 · paused 0 · overdue 1 · due in 15m 0", said)
        self.assertRegex(said, r"T1 +first response +overdue +-1\dm ")
        said = self.query("worklist", "--agent", "bob", "--lang", "zh").stdout
        self.assertIn("计时中 1", said)
        self.assertNotIn("T1", said)
        lines = [json.loads(line) for line in
                 self.query("worklist", "--team", "售后", "--json").stdout.splitlines()]
        self.assertEqual(lines[0]["listed"], 3)
        self.assertEqual([w["ticket"] for w in lines[1:]], ["T1", "T2", "T1"])

    def test_watch_and_top(self):
        where = ["--out", self.daemon.out, "--query", self.daemon.query_endpoint]
        line = run("watch", "alert.sla.", *where, "--count", "1", "--color", "always").stdout
        self.assertIn("\033[31mbreached", line)
        self.assertIn("T1: first response overdue: target 1h", line)
        said = run("top", "--once", "--scope", "agent", *where).stdout
        self.assertRegex(said, r"name .* at risk +overdue")
        self.assertIn("active alerts: 1", said)

    def test_check_diff(self):
        self.path("de.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
                            "BEGIN:VEVENT\r\nUID:1\r\n"
                            "DTSTART;VALUE=DATE:20261225\r\n"
                            "END:VEVENT\r\nEND:VCALENDAR\r\n")
        tighter = POLICIES.replace("first_response: 4h", "first_response: 5m").replace(
            '"09:00-17:00"}', '"09:00-17:00"}, holidays: [de.ics]')
        config = self.path("new.yaml", tighter + self.daemon.sockets)
        said = run("check", config, "--diff", self.daemon.query_endpoint).stdout
        self.assertIn("fine", said)
        self.assertRegex(said, r"(?m)^open tickets +2$")
        self.assertRegex(said, r"(?m)^with another target, calendar or policy +1$")
        self.assertRegex(said, r"(?m)^clocks that would breach at once +1$")
        config = self.path("other.yaml", POLICIES + SOCKETS % {"dir": "/nowhere"})
        said = run("check", config, "--diff", self.daemon.query_endpoint, code=1).stdout
        self.assertIn("sockets.events.bind cannot change by a reload", said)
        run("check", config, self.daemon.query_endpoint, code=2)
        run("check", config, "--diff", "a", "b", code=2)
        nobody = f"ipc://{self.scratch.name}/nobody"
        said = run("check", config, "--diff", nobody, "--timeout", "200ms", code=1).stderr
        self.assertIn("no answer from " + nobody, said)

    def test_replay_says_the_same_and_compares(self):
        start = 1767600000000
        events = [dict(opened("A", 0, agent="ada"), ts=start),
                  dict(event("message", "A", id="m", by="agent", agent="ada"),
                       ts=start + 50 * MINUTE),
                  dict(opened("B", 0, agent="ada"), ts=start),
                  dict(event("assigned", "B", id="b", agent="bob"), ts=start + 55 * MINUTE),
                  dict(event("message", "B", id="n", by="agent", agent="bob"),
                       ts=start + 70 * MINUTE)]
        log = self.path("log.ndjson", "".join(json.dumps(e) + "\n" for e in
                                              sorted(events, key=lambda e: e["ts"])))
        new = self.path("a.yaml", POLICIES)
        old = self.path("b.yaml", POLICIES.replace("target: 1h", "target: 45m"))
        lines = [json.loads(line) for line in
                 run("replay", log, "--config", new, "--json").stdout.splitlines()]
        alerts = [m for m in lines if m.get("kind") == "sla"]
        self.assertEqual([(m["ticket"], m["state"]) for m in alerts],
                         [("A", "warning"), ("B", "warning"), ("A", "cleared"), ("B", "breached"),
                          ("B", "cleared")])
        self.assertEqual(alerts[3]["at"], start + 60 * MINUTE + 1)
        self.assertEqual(alerts[3]["shares"], {"ada": 55 * MINUTE, "bob": 5 * MINUTE})  # V15
        self.assertEqual(alerts[3]["agent"], "bob")
        self.assertEqual(lines[-1]["summary"]["sla_breached"], 1)
        lines = [json.loads(line) for line in run("replay", log, "--config", new, "--against", old,
                                                  "--json").stdout.splitlines()]
        self.assertEqual([(m["ticket"], m["against"]["breached"], m["config"]["breached"])
                          for m in lines if m.get("differs") == "breach"], [("A", True, False)])
        counts, = [m for m in lines if m.get("differs") == "alerts"]
        self.assertEqual((counts["policy"], counts["metric"], counts["against"]["breached"],
                          counts["config"]["breached"]), ("gold", "first_response", 2, 1))
        self.assertEqual(lines[-1]["summary"]["tickets_differ"], 1)
        said = run("replay", log, "--config", new, "--against", old, "--table").stdout
        self.assertIn("breaches that differ: 1, of 1 tickets", said)
        run("replay", log, "--against", self.path("bad.yaml", "wibble: 1\n"), code=1)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Events in, numbers and alerts out: published, and by query."""
import unittest

import msgpack
import zmq

from daemon import FAST, SOCKETS, Daemon, event, now_ms, send

RULE = FAST + """
rules:
  - {id: many_waiting, indicator: waiting, fire: ">= 3", clear: 2, severity: critical,
     labels: {runbook: call in help}}
"""


def story(ticket, team, agent, ts):
    """A ticket of one team, opened and answered after a minute, resolved after two."""
    return [event("opened", ticket, ts, id=f"{ticket}-1", team=team, agent=agent),
            event("message", ticket, ts + 60000, id=f"{ticket}-2", by="agent", agent=agent),
            event("resolved", ticket, ts + 120000, id=f"{ticket}-3", agent=agent)]


class Stream(unittest.TestCase):
    def test_numbers_by_query(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            for i in range(10):
                for one in story(f"T{i}", "billing", "ada", now_ms() - 600000):
                    send(publisher, one)
            daemon.wait_messages(30)
            snapshots = daemon.snapshot()
            for key in ("all", "-"), ("team", "billing"), ("agent", "ada"):
                hour = snapshots[key]["windows"]["1h"]
                self.assertEqual(hour["opened"]["num"], 10, key)
                self.assertEqual(hour["resolved"]["num"], 10, key)
                self.assertEqual(hour["first_response"]["n"], 10, key)
                self.assertEqual(hour["first_response"]["mean"], 60000, key)
                self.assertEqual(hour["first_response"]["max"], 60000, key)
            one = daemon.snapshot(scope="team", name="billing", window="1h")
            self.assertEqual(list(one), [("team", "billing")])
            self.assertEqual(list(one["team", "billing"]["windows"]), ["1h"])
            self.assertEqual(set(daemon.snapshot(scope="agent")), {("agent", "ada")})
            self.assertEqual(daemon.snapshot(scope="agent", name="nobody"), {})

    def test_batch_counts_as_its_events(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            batch = [e for i in range(500) for e in story(f"T{i}", "a", "b", now_ms() - 600000)]
            send(publisher, batch)
            status = daemon.wait_messages(1)
            self.assertEqual(status["events"], 1500)
            self.assertEqual(daemon.snapshot(scope="all")["all", "-"]["windows"]["1h"]
                             ["opened"]["num"], 500)

    def test_several_endpoints_and_connections(self):
        with Daemon() as outer:  # only lends its context and directory
            hub = outer.socket(zmq.XPUB)
            port = hub.bind_to_random_port("tcp://127.0.0.1")
            sockets = SOCKETS.replace("events: {", f'events: {{connect: ["tcp://127.0.0.1:{port}"],'
                                                   ' topics: [ticket, other], ')
            with Daemon(sockets=sockets) as daemon:
                self.assertEqual(hub.recv()[0], 1)
                self.assertEqual(hub.recv()[0], 1)
                unix = daemon.publisher(f"ipc://{daemon.dir}/events")
                tcp = daemon.publisher()
                send(unix, event("opened", "A", id="1"), b"ticket.x")
                send(tcp, event("opened", "B", id="2"), b"other")
                send(hub, event("opened", "C", id="3"))
                send(hub, event("opened", "D", id="4"), b"else")  # nobody asked for this topic
                daemon.wait_messages(3)
                self.assertEqual(daemon.snapshot(scope="all")["all", "-"]["now"]["open"], 3)

    def test_alert_fires_and_clears(self):
        with Daemon(RULE) as daemon:
            subscriber = daemon.subscriber("alert.")
            publisher = daemon.publisher()
            for i in range(3):
                send(publisher, event("opened", f"T{i}", id=str(i)))
            topic, fired = subscriber.next()
            self.assertEqual(topic, "alert.kpi.breached.-.-.")
            self.assertEqual((fired["rule"], fired["state"], fired["rev"], fired["severity"]),
                             ("many_waiting", "breached", 1, "critical"))
            self.assertEqual((fired["value"], fired["threshold"]), (3, 3))
            self.assertEqual(fired["labels"], {"runbook": "call in help"})
            self.assertEqual((fired["v"], fired["stream"], fired["seq"]), (1, "alert", 1))
            self.assertTrue(fired["text"])
            active = daemon.ask(op="alerts", active=True)
            self.assertEqual([a["message"]["alert_id"] for a in active[:-1]],
                             [fired["alert_id"]])
            hold = daemon.ask(op="hold", prefix="alert.")
            self.assertEqual([a["topic"] for a in hold[:-1]], ["alert.kpi.breached.-.-."])
            for i in range(2):
                send(publisher, event("resolved", f"T{i}", id=f"r{i}", agent="ada"))
            topic, cleared = subscriber.next()
            self.assertEqual(topic, "alert.kpi.cleared.-.-.")
            self.assertEqual((cleared["alert_id"], cleared["rev"], cleared["seq"]),
                             (fired["alert_id"], 2, 2))
            self.assertEqual(daemon.ask(op="alerts", active=True)[:-1], [])

    def test_missed_alerts_can_be_asked_for(self):
        with Daemon(RULE + "alerts_kept: 4\n") as daemon:
            publisher = daemon.publisher()
            for i in range(2):
                send(publisher, event("opened", f"W{i}", id=f"w{i}"))
            for i in range(3):  # fires and clears three times: seq 1 to 6
                send(publisher, event("opened", f"T{i}", id=f"o{i}"))
                send(publisher, [event("resolved", f"T{i}", id=f"r{i}", agent="a"),
                                 event("resolved", f"W{i}", id=f"v{i}", agent="a"),
                                 event("opened", f"W{i + 1}x", id=f"x{i}"),
                                 event("opened", f"W{i + 2}", id=f"w{i + 2}"),
                                 event("resolved", f"W{i + 1}x", id=f"y{i}", agent="a")])
            daemon.wait_status(lambda s: s["published"]["alert"] >= 6)
            answers = daemon.ask(op="alerts", since_seq=4)
            self.assertEqual([a["message"]["seq"] for a in answers[:-1]],
                             list(range(5, answers[-1]["upto_seq"] + 1)))
            self.assertNotIn("truncated", answers[-1])
            self.assertEqual(answers[-1]["count"], len(answers) - 1)
            answers = daemon.ask(op="alerts", since_seq=0)
            last = answers[-1]["upto_seq"]
            self.assertEqual([a["message"]["seq"] for a in answers[:-1]],
                             list(range(last - 3, last + 1)))
            self.assertTrue(answers[-1]["truncated"])
            self.assertEqual(answers[-1]["oldest_seq"], last - 3)
            cleared = daemon.ask(op="alerts", since_seq=0, prefix="alert.kpi.cleared.")
            self.assertEqual({a["message"]["state"] for a in cleared[:-1]}, {"cleared"})

    def test_rounds_of_snapshots(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            send(publisher, story("T", "team.one", "ada", now_ms() - 600000))
            daemon.wait_messages(1)
            subscriber = daemon.subscriber("kpi.")
            names, full, seq = [], False, None
            for _ in range(2):  # of the first round the beginning may be missing
                names.clear()
                while True:
                    topic, message = subscriber.next()
                    if not topic.startswith("kpi."):
                        continue
                    self.assertTrue(seq is None or message["seq"] == seq + 1, "a gap in seq")
                    seq = message["seq"]
                    if topic != "kpi.round.":
                        names.append(topic)
                    elif message["full"]:
                        break
                full = message
            self.assertEqual(full["count"], len(names))
            self.assertEqual(sorted(names),
                             ["kpi.agent.ada.", "kpi.all.-.", "kpi.team.team%2Eone."])

    def test_only_what_changed_and_is_subscribed(self):
        with Daemon("snapshot_every: 100ms\nfull_every: 1h\n") as daemon:
            subscriber = daemon.subscriber("kpi.agent.ada.", "kpi.round.")
            publisher = daemon.publisher()
            send(publisher, story("A", "t", "adam", now_ms() - 600000))
            send(publisher, story("B", "t", "ada", now_ms() - 600000))
            topic, message = subscriber.wait(lambda topic, _: topic != "kpi.round.")
            self.assertEqual(topic, "kpi.agent.ada.")
            self.assertEqual(message["windows"]["1h"]["resolved"]["num"], 1)
            for _ in range(5):  # nothing happens to ada in these rounds
                topic, message = subscriber.next()
                self.assertEqual(topic, "kpi.round.")
            self.assertEqual((message["count"], message["full"]), (0, False))

    def test_heartbeats(self):
        with Daemon(RULE) as daemon:
            subscriber = daemon.subscriber("sys.heartbeat.")
            _, first = subscriber.wait(lambda topic, _: topic == "sys.heartbeat.")
            publisher = daemon.publisher()
            send(publisher, [event("opened", f"T{i}", id=str(i)) for i in range(3)])
            _, later = subscriber.wait(lambda _, m: m["last"]["alert"] == 1)
            self.assertEqual(first["last"]["alert"], 0)
            self.assertEqual(later["run"], first["run"])
            self.assertLess(later["at"] - first["at"], 60000)
            self.assertGreater(later["seq"], first["seq"])

    def test_hold_then_follow(self):
        """PROTOCOL.md's way to join: subscribe, ask what holds, then merge by seq."""
        with Daemon(RULE) as daemon:
            publisher = daemon.publisher()
            send(publisher, [event("opened", f"T{i}", id=str(i), team="x") for i in range(5)])
            daemon.wait_messages(1)
            joined = daemon.subscriber("")
            answers = daemon.ask(op="hold")
            topics = [a["topic"] for a in answers[:-1]]
            self.assertEqual(topics, ["alert.kpi.breached.-.-.", "kpi.all.-.", "kpi.team.x."])
            self.assertEqual(answers[-1], {"end": True, "upto_seq": 1, "count": 3,
                                           "run": answers[0]["message"]["run"]})
            self.assertEqual(answers[1]["message"]["now"]["waiting"], 5)
            only = daemon.ask(op="hold", prefix="kpi.team.")
            self.assertEqual([a["topic"] for a in only[:-1]], ["kpi.team.x."])
            joined.close()

    def test_long_answers_come_in_order(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            send(publisher, [e for i in range(400)
                             for e in story(f"T{i}", f"team{i}", "a", now_ms() - 600000)])
            daemon.wait_messages(1)
            answers = daemon.ask(op="snapshot", scope="team")
            self.assertEqual(len(answers), 401)
            self.assertEqual({a["message"]["name"] for a in answers[:-1]},
                             {f"team{i}" for i in range(400)})

    def test_duplicates_and_status(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            for _ in range(2):
                send(publisher, story("T", "a", "b", now_ms() - 600000))
            status = daemon.wait_messages(2)
            self.assertEqual(status["events"], 6)
            self.assertEqual(status["engine"]["events"], 6)
            self.assertEqual(status["limits"]["tickets"]["limit"], 1100000)
            self.assertEqual(status["active_alerts"], 0)
            self.assertLess(abs(now_ms() - status["started_at"]), 120000)

    def test_bad_requests(self):
        with Daemon() as daemon:
            for request in ({"op": "explain", "ticket": "T"}, {"op": "ack"}, {},
                            {"op": 5}, {"op": "snapshot", "scope": "galaxy"},
                            {"op": "snapshot", "window": "7y"}, {"op": "alerts"},
                            {"op": "snapshot", "name": "ada"}):
                answers = daemon.ask(**request)
                self.assertEqual(len(answers), 1, request)
                self.assertTrue(answers[0]["end"] and answers[0]["error"], request)
            dealer = daemon.socket(zmq.DEALER)
            dealer.connect(daemon.query_endpoint)
            for frames in ([b""], [b"\xc1"], [b"x" * 3000], [b"a", b"b"], [b"", b"a", b"b"],
                           [msgpack.packb([1])]):
                dealer.send_multipart(frames)
                self.assertTrue(msgpack.unpackb(dealer.recv_multipart()[-1])["end"], frames)
            req = daemon.socket(zmq.REQ)
            req.connect(daemon.query_endpoint)
            req.send(msgpack.packb({"op": "status"}))
            self.assertIn("messages", msgpack.unpackb(req.recv())["message"])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Acknowledged, muted, and too many alerts: nothing is lost, and not everything is sent."""
import os
import subprocess
import unittest

from daemon import FAST, Daemon, event, now_ms, send

BUSY = FAST + """
rules:
  - {id: busy, indicator: waiting, scope: team, fire: ">= 1", labels: {runbook: call in help}}
"""


def opened(ticket, team):
    return event("opened", ticket, now_ms(), id=f"{ticket}-o", team=team)


def replied(ticket):
    return event("message", ticket, now_ms(), id=f"{ticket}-m", by="agent", agent="ada")


class Attention(unittest.TestCase):
    def fired(self, daemon, publisher, ticket):
        """The alert that this ticket's team has now."""
        before = {a["message"]["alert_id"] for a in daemon.ask(op="alerts", active=True)[:-1]}
        send(publisher, opened(ticket, "billing"))
        daemon.wait_status(lambda s: s["active_alerts"] > len(before))
        return [a["message"] for a in daemon.ask(op="alerts", active=True)[:-1]
                if a["message"]["alert_id"] not in before][0]

    def test_who_has_it(self):
        with Daemon(BUSY) as daemon:
            publisher, reader = daemon.publisher(), daemon.subscriber("alert.")
            alert = self.fired(daemon, publisher, "T1")
            self.assertEqual(alert["labels"], {"runbook": "call in help"})
            self.assertNotIn("acked_by", alert)
            self.assertEqual(reader.next()[1]["rev"], 1)
            answer, end = daemon.ask(op="ack", alert_id=alert["alert_id"], by="bob")
            self.assertEqual(answer["topic"], "alert.kpi.breached.billing.-.")
            self.assertEqual(answer["message"]["acked_by"], "bob")
            self.assertEqual(end["count"], 1)
            topic, told = reader.next()
            self.assertEqual(told, answer["message"])
            self.assertEqual((told["rev"], told["state"], told["since"]),
                             (2, "breached", alert["since"]))
            held = daemon.ask(op="hold", prefix="alert.")[0]["message"]
            self.assertEqual((held["rev"], held["acked_by"]), (2, "bob"))
            send(publisher, replied("T1"))
            topic, end = reader.next()
            self.assertEqual((end["state"], end["rev"], end["acked_by"]), ("cleared", 3, "bob"))
            refusal = daemon.ask(op="ack", alert_id=alert["alert_id"], by="bob")
            self.assertEqual([(r["error"], r["key"], r["end"]) for r in refusal],
                             [("no_alert", "alert_id", True)])

    def test_what_is_refused(self):
        with Daemon(BUSY) as daemon:
            for request, error, key in (
                    (dict(alert_id="0123456789abcdef", by="bob"), "no_alert", "alert_id"),
                    (dict(alert_id="bob", by="bob"), "bad_word", "alert_id"),
                    (dict(alert_id="0123456789abcdef", by="a\033[31m"), "not_utf8", "by"),
                    (dict(by="bob"), "missing_field", "alert_id"),
                    (dict(alert_id="0123456789abcdef"), "missing_field", "by"),
                    (dict(alert_id="0123456789abcdef", by="bob", until="x"), "wrong_type",
                     "until")):
                for op in "ack", "mute":
                    answer = daemon.ask(op=op, **request)[-1]
                    self.assertEqual((answer["error"], answer["key"]), (error, key))

    def test_muted_repeats_are_kept_and_not_sent(self):
        with Daemon(BUSY) as daemon:
            publisher, reader = daemon.publisher(), daemon.subscriber("alert.")
            alert = self.fired(daemon, publisher, "T1")
            until = now_ms() + 3600000
            daemon.ask(op="mute", alert_id=alert["alert_id"], by="bob", until=until)
            send(publisher, replied("T1"))
            again = self.fired(daemon, publisher, "T2")
            self.assertEqual((again["muted"], again["muted_by"], again["rev"]), (until, "bob", 1))
            send(publisher, replied("T2"))
            daemon.wait_status(lambda s: s["active_alerts"] == 0)
            third = self.fired(daemon, publisher, "T3")
            daemon.ask(op="mute", alert_id=third["alert_id"], by="bob", until=1)
            sent = [reader.next()[1] for _ in range(4)]
            self.assertEqual([(m["alert_id"], m["state"], m["rev"], "muted" in m) for m in sent],
                             [(alert["alert_id"], "breached", 1, False),
                              (alert["alert_id"], "breached", 2, True),
                              (alert["alert_id"], "cleared", 3, True),
                              (third["alert_id"], "breached", 2, False)])
            kept = [a["message"] for a in daemon.ask(op="alerts", since_seq=0)[:-1]]
            self.assertEqual([m["seq"] for m in kept], list(range(1, 8)))
            self.assertEqual([m["state"] for m in kept if m.get("untold") == "mute"],
                             ["breached", "cleared", "breached"])
            status = daemon.status()
            self.assertEqual(status["alerts"], dict(told=4, digested=0, muted=3, digests=0))

    def test_a_storm_is_summed_up(self):
        with Daemon(BUSY + "alerts_per_minute: 5\n") as daemon:
            publisher, reader = daemon.publisher(), daemon.subscriber("alert.")
            for i in range(40):
                send(publisher, opened(f"T{i}", f"team{i % 20}x{i}"))
            daemon.wait_messages(40)
            for i in range(10):
                send(publisher, replied(f"T{i}"))
            status = daemon.wait_status(lambda s: s["engine"]["alerts_cleared"] == 10)
            self.assertEqual(len(daemon.ask(op="alerts", active=True)) - 1, 30)
            self.assertEqual(len(daemon.ask(op="hold", prefix="alert.")) - 1, 30)
            kept = [a["message"] for a in daemon.ask(op="alerts", since_seq=0)[:-1]]
            alerts = [m for m in kept if m["kind"] != "digest"]
            self.assertEqual(len(alerts), 50)
            untold = [m for m in alerts if m.get("untold") == "storm"]
            self.assertEqual(len(untold), status["alerts"]["digested"])
            self.assertEqual(status["alerts"]["told"], 50 - len(untold))
            engine = status["engine"]
            self.assertEqual(engine["alerts_fired"], status["active_alerts"]
                             + engine["alerts_cleared"] + engine["alerts_corrected"]
                             + engine["alerts_cancelled"])
            daemon.stop()  # tells what it has held back
            digests, told = [], 0
            while sum(d["count"] for d in digests) < len(untold):
                topic, message = reader.next()
                told += message["kind"] != "digest"
                if message["kind"] == "digest":
                    self.assertEqual(topic, "alert.digest.-.-.-.")
                    digests.append(message)
            self.assertEqual(told, 50 - len(untold))
            self.assertLess(len(digests), 4)  # one a minute
            for d in digests:
                self.assertEqual(d["severity"], "warning")
                for counts in "kinds", "states", "rules", "teams":
                    self.assertEqual(sum(d[counts].values()), d["count"], counts)
                self.assertEqual(d["rules"], {"busy": d["count"]})
                within = [m for m in untold if d["first_seq"] <= m["seq"] <= d["last_seq"]]
                self.assertEqual(len(within), d["count"])

    def test_commands(self):
        program = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
        with Daemon(BUSY) as daemon:
            publisher = daemon.publisher()
            alert = self.fired(daemon, publisher, "T1")["alert_id"]

            def run(*words):
                return subprocess.run([program, "query", *words, "--query", daemon.query_endpoint],
                                      capture_output=True, text=True)

            done = run("ack", alert, "--by", "bob")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("✓ bob", done.stdout)
            self.assertIn(alert, done.stdout)
            self.assertIn('"muted":true', run("mute", alert, "--by", "bob", "--json").stdout)
            self.assertIn('"muted_by":"eve"',
                          run("mute", alert, "--by", "eve", "--for", "1h", "--json").stdout)
            self.assertNotIn("muted", run("mute", alert, "--for", "0s", "--by", "x",
                                          "--json").stdout)
            gone = run("ack", "0123456789abcdef", "--by", "bob")
            self.assertEqual(gone.returncode, 1)
            self.assertIn("no alert with this id is active", gone.stderr)
            self.assertEqual(run("ack", "bob", "--by", "bob").returncode, 2)
            self.assertEqual(run("ack").returncode, 2)


if __name__ == "__main__":
    unittest.main()

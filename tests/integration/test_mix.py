#!/usr/bin/python3
"""Rules on mixes over sockets: told per part, taken over restarts, as replay tells them, too."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

from daemon import FAST, Daemon, event, now_ms, send

RULES = FAST + """
rules:
  - {id: flood, mix: opened.category, scope: team, window: 1h, min_n: 4, severity: critical,
     labels: {runbook: refunds}}
  - {id: angry, mix: complaints.kind, part: dispute, window: 1h, fire: ">= 50%", clear: 40%}
"""


def opened(ticket, category, team="shop"):
    return event("opened", ticket, now_ms(), id=f"{ticket}-o", team=team, category=category)


def complained(ticket, kind):
    return {**event("complained", ticket, now_ms(), id=f"{ticket}-{kind}"), "kind": kind}


def five():
    """Two refunds of five: 40 %; the others have exactly 20 %, which is not above it."""
    return [opened(f"T{i}", c) for i, c in
            enumerate(("refund", "refund", "login", "parts", "bill"))]


class Mix(unittest.TestCase):
    def active(self, daemon):
        return {(a["message"]["rule"], a["message"]["part"]): a["message"]
                for a in daemon.ask(op="alerts", active=True)[:-1]}

    def test_told_as_snapshots_show_it(self):
        with Daemon(RULES) as daemon:
            publisher, reader = daemon.publisher(), daemon.subscriber("alert.mix.")
            # One message: nothing is judged before the fourth, which gives 50 % to refunds and
            # 25 % to each of the others; with the fifth those have a fifth.
            send(publisher, five())
            told = [reader.next() for _ in range(5)]
            self.assertEqual({t for t, _ in told[:3]}, {"alert.mix.breached.shop.-."})
            self.assertEqual({t for t, _ in told[3:]}, {"alert.mix.cleared.shop.-."})
            self.assertEqual({m["part"] for _, m in told[3:]}, {"login", "parts"})
            refund = self.active(daemon)["flood", "refund"]
            self.assertEqual(
                [refund[k] for k in ("kind", "rule", "metric", "field", "window", "scope", "name",
                                     "team", "category", "value", "num", "n", "threshold",
                                     "severity", "labels")],
                ["mix", "flood", "opened.category", "value", "1h", "team", "shop", "shop",
                 "refund", 0.5, 2, 4, 0.2, "critical", {"runbook": "refunds"}])
            self.assertEqual(refund["text"], "flood: share of category refund among the tickets "
                             "opened in 1h is 50% (2 of 4) for team shop, threshold 20%")
            mix = daemon.snapshot(scope="team", name="shop", window="1h")["team", "shop"]
            parts = mix["windows"]["1h"]["mix"]["opened"]["category"]["parts"]
            self.assertEqual({p["name"] for p in parts if p.get("flagged")}, {"refund"})
            self.assertEqual(set(self.active(daemon)), {("flood", "refund")})
            # Whoever subscribes to the team's alerts of this kind hears nothing of complaints.
            send(publisher, [complained("T0", "complaint"), complained("T1", "dispute")])
            topic, angry = reader.next()
            self.assertEqual((topic, angry["part"], angry["value"], angry["n"]),
                             ("alert.mix.breached.-.-.", "dispute", 0.5, 2))
            self.assertNotIn("category", angry)
            daemon.wait_line("state=breached rule=flood scope=team name=shop part=refund "
                             "team=shop rev=1")

    def test_acknowledged_and_muted_part_by_part(self):
        with Daemon(RULES) as daemon:
            publisher, reader = daemon.publisher(), daemon.subscriber("alert.mix.")
            send(publisher, [opened("A", "refund"), opened("B", "refund"), opened("C", "login"),
                             opened("D", "login")])
            both = {m["part"]: m for _, m in (reader.next(), reader.next())}
            self.assertEqual(len({m["alert_id"] for m in both.values()}), 2)
            daemon.ask(op="ack", alert_id=both["refund"]["alert_id"], by="bob")
            daemon.ask(op="mute", alert_id=both["login"]["alert_id"], by="bob",
                       until=now_ms() + 3600000)
            now = self.active(daemon)
            self.assertEqual(now["flood", "refund"]["acked_by"], "bob")
            self.assertNotIn("acked_by", now["flood", "login"])
            self.assertNotIn("muted_by", now["flood", "refund"])
            self.assertEqual(now["flood", "login"]["muted_by"], "bob")

    def test_over_restarts_and_reloads(self):
        with tempfile.TemporaryDirectory() as state:
            with Daemon(RULES, state=state) as daemon:
                send(daemon.publisher(), five())
                daemon.wait_status(lambda s: s["active_alerts"] == 1)
                before = self.active(daemon)
            with Daemon(RULES, state=state) as daemon:
                after = self.active(daemon)
                self.assertEqual(set(after), set(before))
                for key in ("alert_id", "rev", "since", "value", "n", "num", "part"):
                    self.assertEqual(after["flood", "refund"][key], before["flood", "refund"][key])
                reader = daemon.subscriber("alert.mix.")
                # Another threshold is another rule: what it says holds from now on.
                daemon.write(RULES.replace("min_n: 4", 'min_n: 4, fire: ">= 35%"'))
                daemon.signal(signal.SIGHUP)
                told = [reader.next()[1] for _ in range(2)]
                self.assertEqual([(m["state"], m["part"], m["threshold"]) for m in told],
                                 [("cancelled", "refund", 0.2), ("breached", "refund", 0.35)])
                self.assertEqual(told[1]["value"], 0.4)
                self.assertNotEqual(told[0]["alert_id"], told[1]["alert_id"])

    def test_replay_tells_the_same(self):
        tool = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
        events = five()
        with Daemon(RULES) as daemon, tempfile.TemporaryDirectory() as scratch:
            reader = daemon.subscriber("alert.mix.")
            send(daemon.publisher(), events)
            live = [reader.next()[1] for _ in range(5)]
            config, log = os.path.join(scratch, "c.yaml"), os.path.join(scratch, "e.ndjson")
            with open(config, "w", encoding="utf-8") as file:
                file.write(RULES.replace(FAST, ""))
            with open(log, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(e) + "\n" for e in events)
            out = subprocess.run([tool, "replay", "--config", config, log], check=True,
                                 capture_output=True, text=True).stdout
            told = [json.loads(line) for line in out.splitlines()]
            told = [m for m in told if m.get("kind") == "mix"]
            keys = ("alert_id", "rev", "state", "part", "value", "num", "n", "since", "ended_at")
            self.assertEqual(sorted([str(m.get(k)) for k in keys] for m in told),
                             sorted([str(m.get(k)) for k in keys] for m in live))


if __name__ == "__main__":
    unittest.main()

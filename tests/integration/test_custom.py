#!/usr/bin/python3
"""Indicators of the site's own with the real daemon: measured, counted, judged, kept, reloaded."""
import os
import random
import signal
import subprocess
import tempfile
import unittest

from daemon import FAST, PATIENCE_S, Daemon, event, now_ms, send
from test_metrics import Scrape

PROGRAM = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
OWN = FAST + """
windows: [1h, 24h]
indicators:
  - {id: orders, kind: sum, measure: orders, unit: 单}
  - {id: order_size, kind: mean, measure: order_value, unit: CNY}
  - {id: conversion, kind: ratio, num: {sum: orders}, den: {sum: contacts}, unit: '%',
     name: {en: conversion, zh: 转化率}}
  - {id: cost, kind: ratio, num: {sum: cost}, den: resolved, better: lower}
  - {id: trainings, kind: count, measure: training}
"""
CARD = """
scorecards:
  - id: shop
    window: 24h
    items:
      - {indicator: conversion, weight: 50, baseline: 10%, target: 20%}
      - {indicator: orders, weight: 50, baseline: 0, target: 10}
"""
RULE = """
rules:
  - {id: weak, indicator: conversion, scope: agent, window: 1h, fire: "<= 10%", clear: 15%,
     min_n: 20}
"""
BEGUN = now_ms() - 600000


def measured(name, value, agent="ada", ago=0, **more):
    return {"type": "measured", "ts": BEGUN + 300000 - ago * 1000, "src": "shop", "name": name,
            "value": value, "agent": agent, "team": "red", **more}


def day():
    return [measured("contacts", 40, id="1"), measured("orders", 6, id="2"),
            measured("orders", -1.5, ago=20, id="3"), measured("order_value", 80, id="4"),
            measured("order_value", 19.5, id="5", agent="bob"), measured("contacts", 20, "bob",
                                                                       id="6"),
            measured("cost", 12.25, id="7"), measured("training", 1, id="8"),
            event("opened", "T", BEGUN, id="9", team="red", agent="ada"),
            event("resolved", "T", BEGUN + 1000, id="10", agent="ada")]


WANTED = {"orders": {"n": 2, "num": 4.5, "unit": "单"},
          "order_size": {"n": 1, "mean": 80, "unit": "CNY"},
          "conversion": {"num": 4.5, "den": 40, "value": 0.1125, "unit": "%"},
          "cost": {"num": 12.25, "den": 1, "value": 12.25},
          "trainings": {"num": 1}}


def own(daemon, scope="agent", name="ada"):
    hour = daemon.snapshot(scope=scope, name=name)[scope, name]["windows"]["1h"]
    return {k: v for k, v in hour.items() if k in WANTED or k == "spend"}


class Custom(unittest.TestCase):
    def test_numbers_whatever_the_order(self):
        for seed in range(3):
            events = day() * 2  # each twice
            random.Random(seed).shuffle(events)
            with Daemon(OWN) as daemon:
                send(daemon.publisher(), events)
                status = daemon.wait_messages(1)
                self.assertEqual(status["engine"]["duplicates"], len(events) // 2)
                self.assertEqual(own(daemon), WANTED, seed)
                # 99.5 of two, whoever they are of
                self.assertEqual(own(daemon, "team", "red")["order_size"],
                                 {"n": 2, "mean": 49.75, "unit": "CNY"})
                self.assertEqual(own(daemon, "all", "-")["conversion"],
                                 {"num": 4.5, "den": 60, "value": 0.075, "unit": "%"})

    def test_card_and_rule(self):
        with Daemon(OWN + CARD + RULE) as daemon:
            subscriber = daemon.subscriber("alert.")
            publisher = daemon.publisher()
            send(publisher, [measured("orders", 1.5, ago=1), measured("contacts", 30)])
            _, alert = subscriber.wait(lambda _, m: m["state"] == "breached")
            self.assertEqual((alert["rule"], alert["metric"], alert["name"], alert["value"],
                              alert["n"], alert["unit"]),
                             ("weak", "conversion", "ada", 0.05, 30, "%"))
            self.assertIn("conversion in 1h is 5% for agent ada, threshold 10%", alert["text"])
            send(publisher, measured("orders", 4.5))
            _, alert = subscriber.wait(lambda _, m: m["state"] == "cleared")
            self.assertEqual(alert["value"], 0.2)
            card = daemon.ask(op="scorecard", scope="agent", name="ada")[0]["message"]
            self.assertEqual([(i["item"], i["unit"], i["value"], i["points"])
                              for i in card["items"]],
                             [("conversion.value", "%", 0.2, 80.0), ("orders.num", "单", 6, 72.0)])
            self.assertEqual(card["score"], 76.0)
            shown = subprocess.run([PROGRAM, "query", "scorecard", "--scope", "agent", "--name",
                                    "ada", "--query", daemon.query_endpoint], check=True,
                                   capture_output=True, text=True, timeout=PATIENCE_S).stdout
            self.assertRegex(shown, r"conversion +20% +30 +10% +20%")
            self.assertRegex(shown, r"orders +6单 +6 +0单 +10单")

    def test_what_nothing_is_made_of(self):
        with Daemon(OWN) as daemon:
            send(daemon.publisher(), [measured("order", 1), measured("orders", 2e9),
                                      measured("orders", 1)])
            status = daemon.wait_messages(1)
            self.assertEqual(status["engine"]["measured_unnamed"], 1)
            self.assertEqual(status["rejected"], {"out_of_range": 1})
            self.assertEqual(own(daemon)["orders"]["num"], 1)

    def test_wherever_numbers_are_shown(self):
        """Asked for as a table, on the screen, for Prometheus, and on cards by their names."""
        def shown(*arguments):
            return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True,
                                  timeout=PATIENCE_S).stdout

        with Daemon(OWN + CARD, http=", per_agent_series: true") as daemon:
            publisher = daemon.publisher()
            send(publisher, day())
            daemon.wait_messages(1)
            ask = "--query", daemon.query_endpoint
            said = shown("query", "snapshot", "--scope", "agent", "--window", "1h", *ask)
            self.assertIn("\nada  orders 4.5单  order_size 80 CNY  conversion 11.25%  cost 12.25  "
                          "trainings 1\n", said)
            head, *rows = [line.split() for line in shown(
                "top", "--once", "--scope", "agent", "--out", daemon.out, *ask).splitlines()[2:]]
            self.assertEqual(head[-5:], ["orders", "order_size", "conversion", "cost", "trainings"])
            self.assertEqual({row[0]: row[-6:] for row in rows}["ada"],
                             ["4.5单", "80", "CNY", "11.25%", "12.25", "1"])
            scrape = Scrape(daemon)
            label = {"agent": "ada", "window": "1h"}
            for name, value in (("orders", 4.5), ("order_size", 80), ("conversion", 0.1125),
                                ("cost", 12.25), ("trainings", 1)):
                self.assertEqual(scrape.value("ticketpulse_agent_window_indicator", indicator=name,
                                              **label), value)
            self.assertEqual(scrape.value("ticketpulse_window_indicator", indicator="orders",
                                          window="1h"), 4.5)
            self.assertEqual({dict(k)["indicator"] for k in scrape.values(
                "ticketpulse_team_window_indicator")}, set(WANTED))
            card = shown("query", "scorecard", "--scope", "agent", "--name", "ada", "--lang", "zh",
                         *ask)
            self.assertRegex(card, r"转化率 +11.25%")
            self.assertNotIn("conversion", card)
            del publisher

    def test_watched_with_units(self):
        with Daemon(OWN) as daemon:
            watch = subprocess.Popen([PROGRAM, "watch", "--out", daemon.out, "--query",
                                      daemon.query_endpoint, "kpi.agent.ada."], text=True,
                                     stdout=subprocess.PIPE)
            self.addCleanup(watch.stdout.close)
            self.addCleanup(watch.wait)
            self.addCleanup(watch.kill)
            send(daemon.publisher(), day())
            daemon.wait_messages(1)
            for line in watch.stdout:
                if "trainings" in line:
                    break
            self.assertRegex(line, "  orders 4.5单  order_size 80 CNY  conversion 11.25%"
                                   "  cost 12.25  trainings 1$")


class Kept(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(scratch.cleanup)
        self.dir = os.path.join(scratch.name, "state")

    def daemon(self, config):
        return Daemon(config, state=self.dir)

    def committed(self, daemon, events):
        return daemon.wait_status(lambda s: s["events"] >= events and
                                  s["journal"]["committed"] == s["journal"]["entries"])

    def test_outlive_a_crash(self):
        daemon = self.daemon(OWN)
        send(daemon.publisher(), day() + [measured("order", 1)])
        self.committed(daemon, 11)
        daemon.kill()
        with self.daemon(OWN) as daemon:
            self.assertEqual(own(daemon), WANTED)
            self.assertEqual(daemon.status()["engine"]["measured_unnamed"], 1)

    def test_another_name_measured_after_a_restart(self):
        with self.daemon(OWN) as daemon:
            send(daemon.publisher(), day() + [measured("spend", 7, id="11")])
            self.committed(daemon, 11)
        spend = OWN.replace("  - {id: trainings, kind: count, measure: training}\n",
                            "  - {id: spend, kind: sum, measure: spend}\n")
        with self.daemon(spend) as daemon:
            got = own(daemon)
            self.assertNotIn("trainings", got)
            self.assertEqual(got.pop("spend"), {"n": 1, "num": 7})  # the journal had it
            self.assertEqual(got, {k: v for k, v in WANTED.items() if k != "trainings"})
            self.assertEqual(daemon.status()["engine"]["measured_unnamed"], 1)  # the training

    def test_reload(self):
        with self.daemon(OWN + RULE) as daemon:
            subscriber = daemon.subscriber("alert.")
            send(daemon.publisher(), [measured("orders", 1.5, id="1"),
                                      measured("contacts", 30, id="2")])
            subscriber.wait(lambda _, m: m["state"] == "breached")
            # Made of something else: the rule begins anew, the numbers are all there.
            other = (OWN + RULE).replace("num: {sum: orders}, den: {sum: contacts}",
                                         "num: {count: orders}, den: {sum: contacts}")
            daemon.write(other)
            daemon.signal(signal.SIGHUP)
            _, gone = subscriber.wait(lambda _, m: m["state"] == "cancelled")
            self.assertEqual(gone["rule"], "weak")
            _, alert = subscriber.wait(lambda _, m: m["state"] == "breached")
            self.assertEqual(alert["value"], 0.033333)
            self.assertEqual(own(daemon)["conversion"]["num"], 1)
            # Another name measured: not while running.
            daemon.write(other.replace("measure: training", "measure: course"))
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("what `indicators` are measured by cannot change while running")
            self.assertEqual(own(daemon)["conversion"]["num"], 1)


if __name__ == "__main__":
    unittest.main()

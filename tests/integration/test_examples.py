#!/usr/bin/python3
"""The examples that are installed: a dashboard for Grafana, rules for Prometheus, routes for
Alertmanager, each judged by the real program that is going to read it."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import prometheus
from daemon import Daemon, FAST, event, now_ms, send
from test_metrics import NAME, Scrape
from web import post

DIRECTORY = os.path.join(os.environ["TP_SOURCE"], "systemd")
DASHBOARD = os.path.join(DIRECTORY, "grafana-dashboard.json")
ROUTES = os.path.join(DIRECTORY, "alertmanager-route.yaml")
CONFIG = FAST + """
targets: {first_response: 1m}
policies: [{id: p, first_response: 1m}]
hold_max: 0s
"""


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def expressions(board):
    """[(panel's title, expression)], with Grafana's variables as it fills them in."""
    found = []
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"].replace("$__rate_interval", "30s")
            found.append((panel["title"], re.sub(r"\$(instance|team)\b", ".*", text)))
    return found


def metrics_of(expression):
    """Names of metrics in an expression: what is neither a label, a function nor a text."""
    bare = re.sub(r'"(\\.|[^"\\])*"|\{[^}]*\}|\b(by|on|without) \([^)]*\)', "", expression)
    return set(re.findall(r"\bticketpulse" + NAME[:-1] + r"*", bare))


class Examples(unittest.TestCase):
    def feed(self, daemon):
        """Something for every panel: answers, ratings, refusals, a breach, a reader that is cut."""
        publisher, now = daemon.publisher(), now_ms()
        send(publisher, [event("opened", f"T{i}", ts=now - 120000, team=("billing", "售后")[i % 2],
                               agent=f"agent{i % 3}", seq=i + 1) for i in range(12)])
        send(publisher, [event("message", f"T{i}", ts=now - 60000, by="agent",
                               agent=f"agent{i % 3}", seq=13 + i) for i in range(6)])
        send(publisher, [event("rated", "T1", ts=now - 1000, score=4, agent="agent1", seq=19)])
        send(publisher, b"\xc1")
        daemon.wait_messages(4)

    def test_every_expression_is_answered(self):
        if prometheus.MISSING:
            self.skipTest(prometheus.MISSING)
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as state, \
                Daemon(CONFIG, state=state) as daemon, prometheus.Prometheus(daemon) as p:
            self.feed(daemon)
            p.wait_value("sum(ticketpulse_team_open)", 12)
            found = expressions(dashboard())
            self.assertGreater(len(found), 30)
            sent = 0
            for title, text in found:
                if text.endswith("> 0"):  # only while it happens
                    text = text.removesuffix("> 0")
                with self.subTest(panel=title, expression=text):
                    p.wait(text)
                    sent += 1
                    post(daemon, event("opened", f"N{sent}", seq=100 + sent, team="billing"))
            with open(prometheus.RULES, encoding="utf-8") as file:
                recorded = re.findall(r"record: (\S+)", file.read())
            self.assertGreater(len(recorded), 2)
            for name in recorded:
                p.wait(name)

    def test_every_metric_is_there(self):
        """In the rules too, whose alerts must not be silent because of a name that nobody has."""
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as state, \
                Daemon(CONFIG + "standby: true\n", state=state) as daemon:
            self.feed(daemon)
            scrape = Scrape(daemon)
            have = {sample for samples in scrape.families.values() for sample, _, _ in samples[1]}
            with open(prometheus.RULES, encoding="utf-8") as file:
                rules = file.read()
            recorded = set(re.findall(r"record: (\S+)", rules))
            asked = [("rules", line) for line in rules.split("\n")
                     if not re.search("(alert|summary|annotations|name):|#", line)]
            for where, text in expressions(dashboard()) + asked:
                for name in metrics_of(text):
                    self.assertIn(name, have | recorded, where)
        self.assertEqual(metrics_of('sum by (ticketpulse_x) (rate(ticketpulse_a_total{b="c"}[1m]))'
                                    " / ticketpulse:r:rate1m"),
                         {"ticketpulse_a_total", "ticketpulse:r:rate1m"})

    def test_the_dashboard_is_one(self):
        board = dashboard()
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
            if panel["type"] != "row":
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                self.assertTrue(panel["targets"], panel["title"])
                refs = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(refs), len(set(refs)))
        names = {variable["name"] for variable in board["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(board["panels"]))) - {"__rate_interval"}
        self.assertEqual(used, names)

    @unittest.skipUnless(shutil.which("promtool"), "no promtool here")
    def test_rules(self):
        done = subprocess.run(["promtool", "check", "rules", prometheus.RULES], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("amtool"), "no amtool here")
    def test_routes(self):
        done = subprocess.run(["amtool", "check-config", ROUTES], text=True, capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for labels, receiver in (
                ("alertname=sla_first_response kind=sla severity=critical team=billing", "on-call"),
                ("alertname=sla_first_response kind=sla severity=warning team=billing",
                 "billing-leads"),
                ("alertname=sla_first_response kind=sla severity=warning team=x", "desk"),
                ("alertname=many_waiting kind=kpi severity=critical", "desk"),
                ("alertname=poor kind=score severity=warning", "desk"),
                ("alertname=ops_gap kind=ops severity=warning", "operators"),
                ("alertname=TicketPulseDown severity=critical", "operators")):
            done = subprocess.run(["amtool", "config", "routes", "test", "--config.file", ROUTES,
                                   *labels.split()], text=True, capture_output=True, check=False)
            self.assertEqual(done.stdout.split(), [receiver], labels + done.stderr)


if __name__ == "__main__":
    unittest.main()

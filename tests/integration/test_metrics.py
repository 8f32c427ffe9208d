#!/usr/bin/python3
"""/metrics: read by a strict parser of both formats, by promtool, and by a real Prometheus."""
import http.client
import re
import shutil
import subprocess
import tempfile
import unittest
from urllib.parse import urlparse

import prometheus
from daemon import PATIENCE_S, Daemon, FAST, event, now_ms, send

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "info": ("_info",),
            "histogram": ("_bucket", "_sum", "_count")}


class Wrong(AssertionError):
    pass


def labels_of(text):
    labels, at = {}, 0
    while text and at < len(text):
        match = LABEL.match(text, at)
        if not match or match.group(1) in labels:
            raise Wrong(f"labels: {text}")
        labels[match.group(1)] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]),
                                        match.group(2))
        at = match.end()
    return labels


def number(text):
    if not re.fullmatch(r"[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)|NaN", text):
        raise Wrong(f"number: {text}")
    return float(text)


def check_histogram(name, samples):
    buckets = [(number(labels["le"]), value) for sample, labels, value in samples
               if sample == name + "_bucket"]
    counts = [value for _, value in buckets]
    total = [value for sample, _, value in samples if sample == name + "_count"]
    if buckets != sorted(buckets) or counts != sorted(counts) or [counts[-1]] != total \
            or buckets[-1][0] != float("inf"):
        raise Wrong(f"histogram {name}")


def parse(text, openmetrics):
    """{name: (type, [(sample, labels, value)])}; raises Wrong at anything that is not allowed."""
    if not text.endswith("\n"):
        raise Wrong("no line end at the end")
    lines = text[:-1].split("\n")
    if openmetrics and lines.pop() != "# EOF":
        raise Wrong("no # EOF")
    families, family, seen = {}, None, set()
    for line in lines:
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            if family in families or len(line.split(" ", 3)) < 4:
                raise Wrong(f"twice, or without words: {line}")
            families[family] = [None, []]
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != family or families[name] != [None, []] or kind not in SUFFIXES:
                raise Wrong(line)
            families[name][0] = kind
        else:
            match = SAMPLE.match(line)
            if not match or family is None:
                raise Wrong(line)
            sample, labels, value = match[1], labels_of(match[2]), number(match[3])
            kind = families[family][0]
            suffixes = SUFFIXES[kind]
            if not openmetrics and kind in ("counter", "info"):
                suffixes = ("",)
            if sample not in [family + s for s in suffixes]:
                raise Wrong(f"{line} in {family}")
            if (sample, tuple(sorted(labels.items()))) in seen or (kind == "counter" and value < 0):
                raise Wrong(f"twice or negative: {line}")
            seen.add((sample, tuple(sorted(labels.items()))))
            families[family][1].append((sample, labels, value))
    for name, (kind, samples) in families.items():
        if not openmetrics and kind == "counter" and not name.endswith("_total"):
            raise Wrong(f"counter {name}")
        if kind == "histogram":
            check_histogram(name, samples)
    return families


class Scrape:
    def __init__(self, daemon, accept=""):
        at = urlparse(daemon.url)
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=PATIENCE_S)
        connection.request("GET", "/metrics", headers={"Accept": accept})
        response = connection.getresponse()
        self.type, self.text = response.headers["Content-Type"], response.read().decode()
        connection.close()
        self.families = parse(self.text, "openmetrics" in self.type)

    def values(self, name):
        """{labels: value}"""
        return {tuple(sorted(labels.items())): value
                for samples in self.families.values() for sample, labels, value in samples[1]
                if sample == name}

    def value(self, name, **labels):
        return self.values(name)[tuple(sorted(labels.items()))]


class Parser(unittest.TestCase):
    """The parser must be able to fail."""

    def test_what_is_wrong_is_refused(self):
        good = '# HELP a_total A.\n# TYPE a_total counter\na_total{b="c\\n\\"\\\\"} 1\n'
        self.assertEqual(parse(good, False)["a_total"][1],
                         [("a_total", {"b": 'c\n"\\'}, 1.0)])
        for bad in (good[:-1], good + good, good.replace("} 1", "}  1"), good.replace(" 1", " x"),
                    good.replace(" 1", " -1"), good.replace('b="', "b="), good.replace("\\n", "\n"),
                    good.replace("counter", "thing"), good.replace("a_total{", "b_total{"),
                    good.replace("a_total", "a"), good + 'a_total{b="c\\n\\"\\\\"} 2\n',
                    good.replace("# HELP a_total A.\n", ""), good.replace(" A.", "")):
            with self.assertRaises(Wrong, msg=bad):
                parse(bad, False)
        with self.assertRaises(Wrong):
            parse(good.replace("a_total", "a", 2), True)  # no # EOF
        parse(good.replace("a_total", "a", 2) + "# EOF\n", True)
        with self.assertRaises(Wrong):
            parse('# HELP h H.\n# TYPE h histogram\nh_bucket{le="1.0"} 2\nh_bucket{le="+Inf"} 1\n'
                  "h_sum 1\nh_count 1\n", False)


class Metrics(unittest.TestCase):
    def feed(self, daemon):
        publisher, now = daemon.publisher(), now_ms()
        names = ["billing", 'q"uo\\te', "售后"]
        send(publisher, [event("opened", f"T{i}", ts=now - 60000, team=names[i % 3],
                               agent=f"agent {i % 5}", seq=i + 1) for i in range(30)])
        send(publisher, [event("message", f"T{i}", ts=now - 30000, by="agent",
                               agent=f"agent {i % 5}", seq=31 + i) for i in range(10)])
        send(publisher, [{"type": "nonsense"}, {"type": "opened", "ts": 5, "ticket": "x"}])
        send(publisher, b"\xc1")
        daemon.wait_messages(4)

    def test_both_formats_say_the_same_and_it_is_right(self):
        with Daemon(FAST + "targets: {first_response: 10s}\n") as daemon:
            self.feed(daemon)
            text = Scrape(daemon)
            openmetrics = Scrape(daemon, "application/openmetrics-text;version=1.0.0,text/plain")
            self.assertTrue(text.type.startswith("text/plain; version=0.0.4"))
            self.assertTrue(openmetrics.type.startswith("application/openmetrics-text; version=1"))
            names = [{sample for f in s.families.values() for sample, _, _ in f[1]}
                     for s in (text, openmetrics)]
            self.assertEqual(*names)
            status = daemon.status()
            for reason in "unknown_type", "ts_unit", "not_msgpack":
                self.assertEqual(text.value("ticketpulse_rejected_total", reason=reason), 1)
                self.assertEqual(status["rejected"][reason], 1)
            self.assertEqual(sum(text.values("ticketpulse_rejected_total").values()), 3)
            for name, count in status["engine"].items():
                if isinstance(count, int):
                    self.assertEqual(text.value(f"ticketpulse_engine_{name}_total"), count, name)
            for fate in "told", "digested", "muted":
                self.assertEqual(text.value("ticketpulse_alert_messages_total", fate=fate),
                                 status["alerts"][fate])
            self.assertEqual(text.value("ticketpulse_alert_digests_total"),
                             status["alerts"]["digests"])
            for name, use in status["limits"].items():
                self.assertEqual(text.value("ticketpulse_limit", limit=name), use["limit"])
            self.assertEqual(text.value("ticketpulse_events_total"), 40)
            self.assertEqual(text.value("ticketpulse_waiting"), 20)
            self.assertEqual({dict(k)["team"]: v for k, v in
                              text.values("ticketpulse_team_open").items()},
                             {"billing": 10, 'q"uo\\te': 10, "售后": 10})
            self.assertEqual(text.value("ticketpulse_window_first_response_p50_seconds",
                                        window="1h"), 30)
            self.assertEqual(text.value("ticketpulse_window_first_response_attainment",
                                        window="1h"), 0)
            self.assertGreater(text.value("ticketpulse_oldest_waiting_seconds"), 59)
            self.assertGreater(text.value("ticketpulse_step_seconds_count"), 0)
            self.assertNotIn("ticketpulse_agent_open", text.text)
            if shutil.which("promtool"):
                done = subprocess.run(["promtool", "check", "metrics"], input=text.text, text=True,
                                      capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_agents_when_switched_on_and_capped(self):
        with Daemon(http=", per_agent_series: true, series_max: 4") as daemon:
            self.feed(daemon)
            scrape = Scrape(daemon)
            self.assertEqual(len(scrape.values("ticketpulse_agent_open")), 4)
            self.assertEqual(len(scrape.values("ticketpulse_team_open")), 3)
            self.assertGreaterEqual(scrape.value("ticketpulse_agent_series_left_out"), 1)

    def test_the_journal_when_there_is_one(self):
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as state:
            with Daemon(state=state) as daemon:
                self.feed(daemon)
                while Scrape(daemon).value("ticketpulse_commit_seconds_count") == 0:
                    pass  # what was taken is not on disk yet
                journal = None
                while journal != (now := daemon.status()["journal"]):  # both of one moment
                    journal, scrape = now, Scrape(daemon)
                self.assertEqual(scrape.value("ticketpulse_journal_written"), 1)
                self.assertGreaterEqual(scrape.value("ticketpulse_journal_entries_total"), 1)
                self.assertEqual(scrape.value("ticketpulse_journal_lost_total"), 0)
                self.assertGreaterEqual(scrape.value("ticketpulse_commit_seconds_count"), 1)
                self.assertEqual(scrape.value("ticketpulse_journal_checkpoints_total"),
                                 journal["checkpoints"])
                self.assertEqual(scrape.value("ticketpulse_journal_replay_entries"),
                                 journal["entries"] - journal["checkpoint"])
                for word in "acks", "nacks":
                    self.assertEqual(scrape.value(f"ticketpulse_ingest_{word}_total"),
                                     journal[word])
        with Daemon() as daemon:
            self.assertNotIn("ticketpulse_journal", Scrape(daemon).text)
            self.assertNotIn("ticketpulse_commit", Scrape(daemon).text)

    def test_prometheus(self):
        """It scrapes, a recording rule of ours evaluates, nothing of the text is refused."""
        if prometheus.MISSING:
            self.skipTest(prometheus.MISSING)
        with Daemon() as daemon, prometheus.Prometheus(daemon) as p:
            self.feed(daemon)
            p.wait_value("ticketpulse_waiting", 20)
            p.wait_value("up{job='ticketpulse'}", 1)
            p.wait_value("sum(ticketpulse_team_open)", 30)
            p.wait("ticketpulse:rejected:rate5m")


if __name__ == "__main__":
    unittest.main()

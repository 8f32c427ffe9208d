#!/usr/bin/python3
"""Scorecards with the real daemon: published, asked for, held, reloaded, as a table."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from daemon import FAST, PATIENCE_S, Daemon, event, now_ms, send

PROGRAM = os.path.join(os.environ["TP_BUILD"], "ticketpulse")
DAEMON = os.path.join(os.environ["TP_BUILD"], "ticketpulsed")
CARDS = FAST + """
windows: [1h, 24h]
scorecards:
  - id: desk
    title: 电话组考核
    window: 24h
    items:
      - {indicator: first_response, field: mean, weight: 25, bands: [1h, 90m, 2h, 3h]}
      - {indicator: csat, weight: 60, baseline: 4, target: 4.5, industry: 4.2}
      - {indicator: complaints, weight: 15, deduct: 5, gate: {at: ">= 3", void: card}}
  - id: teams
    scope: team
    window: 1h
    items: [{indicator: csat, weight: 1, baseline: 3, target: 4}]
"""


def ticket(number, agent, minutes, score, **more):
    """A ticket that the agent answers after so many minutes, and that is rated."""
    at, name = now_ms() - 4 * 3600000, f"T{number}"
    return [event("opened", name, at, id=f"{name}o", team="t", **more),
            event("message", name, at + minutes * 60000, id=f"{name}m", by="agent", agent=agent),
            event("rated", name, at + 200 * 60000, id=f"{name}r", agent=agent, score=score)]


def complaint(number, agent):
    return {"type": "complained", "ts": now_ms() - 60000, "src": "s", "id": f"c{number}",
            "agent": agent}


def three_agents():
    """ada 100 84 100, bob 80 60 66.67, cyd 20 (4.2 of 5) 100."""
    return (ticket(1, "ada", 50, 5) + ticket(2, "ada", 60, 5) + ticket(3, "ada", 30, 4)
            + ticket(4, "bob", 90, 4) + [complaint(1, "bob")]
            + ticket(5, "cyd", 185, 5))


def cards(daemon, **request):
    answers = daemon.ask(op="scorecard", **request)
    assert answers[-1]["end"] and answers[-1]["count"] == len(answers) - 1, answers
    return {(a["message"]["card"], a["message"]["name"]): a["message"] for a in answers[:-1]}


class Score(unittest.TestCase):
    def test_query(self):
        with Daemon(CARDS) as daemon:
            self.assertEqual(cards(daemon), {})  # before the first event
            send(daemon.publisher(), three_agents())
            daemon.wait_messages(1)
            got = cards(daemon)
            # ada: 25·100 + 60·86.67 + 15·100; bob: 25·80 + 60·60 + 15·66.67;
            # cyd: 25·20 + 60·100 + 15·100
            self.assertEqual({name: (c["score"], c["grade"], c["rank"], c["of"], c.get("medal"))
                              for (card, name), c in got.items() if card == "desk"},
                             {"ada": (92.0, "excellent", 1, 3, "gold"),
                              "bob": (66.0, "qualified", 3, 3, "bronze"),
                              "cyd": (80.0, "good", 2, 3, "silver")})
            self.assertEqual(got["teams", "t"]["rank"], 1)
            ada = got["desk", "ada"]
            self.assertEqual([(i["item"], i["value"], i["n"], i["points"]) for i in ada["items"]],
                             [("first_response.mean", 2800000, 3, 100.0),
                              ("csat.mean", 4.666667, 3, 86.67), ("complaints.num", 0, 0, 100.0)])
            self.assertEqual(ada["items"][0]["band"], 5)
            self.assertEqual(ada["items"][1]["industry"], 4.2)
            self.assertEqual(ada["strengths"], ["first_response.mean", "csat.mean"])
            self.assertEqual(got["desk", "cyd"]["weak_spots"], ["first_response.mean"])
            self.assertEqual((ada["card_title"], ada["grade_text"]), ("电话组考核", "excellent"))
            self.assertEqual(set(cards(daemon, scope="agent", name="bob")), {("desk", "bob")})
            self.assertEqual(set(cards(daemon, window="1h")), {("teams", "t")})
            self.assertEqual(cards(daemon, scope="channel"), {})
            self.assertEqual(set(cards(daemon, prefix="score.agent.c")), {("desk", "cyd")})
            error = daemon.ask(op="scorecard", name="ada")[0]
            self.assertEqual((error["error"], error["key"]), ("missing_field", "scope"))

    def test_hours(self):
        """A card of the hours of a calendar, open for 20 minutes an hour ago, and a rule."""
        inside = now_ms() - 3600000
        hours = "-".join(time.strftime("%H:%M", time.gmtime((inside + minutes * 60000) / 1000))
                         for minutes in (-10, 10))
        config = FAST + f"""
zone: UTC
windows: [24h]
calendars: [{{id: shift, hours: {{mon-sun: "{hours}"}}}}]
rules: [{{id: bad, indicator: csat, scope: agent, window: 24h, when: shift, fire: "<= 2"}}]
scorecards:
  - {{id: all, window: 24h, items: [{{indicator: csat, weight: 1, baseline: 3, target: 4}}]}}
  - {{id: shift, window: 24h, when: shift, items: [
      {{indicator: csat, weight: 1, baseline: 3, target: 4}}]}}
"""
        with Daemon(config) as daemon:
            subscriber = daemon.subscriber("alert.")
            send(daemon.publisher(), [
                {"type": "rated", "src": "s", "id": f"r{i}", "ts": at, "agent": "ada",
                 "score": score}
                for i, (at, score) in enumerate(((inside - 3600000, 5), (inside, 2),
                                                 (inside + 1800000, 5)))])
            daemon.wait_messages(1)
            got = cards(daemon)
            self.assertNotIn("when", got["all", "ada"])
            self.assertEqual((got["all", "ada"]["items"][0]["n"],
                              got["all", "ada"]["items"][0]["value"]), (3, 4))
            self.assertEqual(got["shift", "ada"]["when"], "shift")
            self.assertEqual((got["shift", "ada"]["items"][0]["n"],
                              got["shift", "ada"]["items"][0]["value"]), (1, 2))
            _, alert = subscriber.wait(lambda t, m: m["rule"] == "bad")
            self.assertEqual((alert["when"], alert["value"], alert["n"]), ("shift", 2, 1))
            self.assertIn("in 24h (shift) is 2", alert["text"])

    def test_of_a_period(self):
        """The day so far is a window; yesterday is none, and is not answered with another's."""
        at = now_ms()
        far = 3600000 <= at % 86400000 < 23 * 3600000  # from midnight: it must not come meanwhile
        config = FAST + f"zone: {'UTC' if far else 'Asia/Tokyo'}" + """
windows: [24h, today]
scorecards:
  - {id: day, window: today, items: [{indicator: csat, weight: 1, baseline: 3, target: 4}]}
  - {id: hours, window: 24h, items: [{indicator: csat, weight: 1, baseline: 3, target: 4}]}
"""
        with Daemon(config) as daemon:
            today = at - (at + (0 if far else 9 * 3600000)) % 86400000
            period = {"from": today, "to": today + 86400000}
            send(daemon.publisher(), [{"type": "rated", "src": "s", "id": "r", "ts": at,
                                       "agent": "ada", "score": 4}])
            daemon.wait_messages(1)
            got = cards(daemon, **period)
            self.assertEqual(set(got), {("day", "ada")})
            self.assertEqual(got["day", "ada"]["from"], today)
            self.assertEqual(set(cards(daemon, scope="team", **period)), set())
            for wrong in ({"from": today - 86400000, "to": today}, {"from": today, "to": at - 1000},
                          {"from": today + 5000, "to": today + 86400000},
                          {"window": "24h", **period}):
                error = daemon.ask(op="scorecard", **wrong)[0]
                self.assertEqual((error["error"], error["key"]), ("not_covered", "from"), wrong)
                self.assertIn("ticketpulse report --from --to", error["reason"])
            for wrong, key in (({"from": today}, "to"), ({"to": today}, "from")):
                error = daemon.ask(op="scorecard", **wrong)[0]
                self.assertEqual((error["error"], error["key"]), ("missing_field", key))
            command = [PROGRAM, "query", "scorecard", "--query", daemon.query_endpoint, "--to",
                       str(today + 86400000), "--from"]
            said = [subprocess.run(command + [str(at)], capture_output=True, text=True,
                                   timeout=PATIENCE_S * 4) for at in (today, today - 1000)]
            self.assertEqual([done.returncode for done in said], [0, 1], said)
            self.assertIn("ada", said[0].stdout)
            self.assertIn("ticketpulse report", said[1].stderr)
            self.assertNotIn("made for", said[0].stdout)
            command[-2] = str(today + 3 * 86400000)  # a day's card, asked for three days
            long = subprocess.run(command + [str(today), "--lang", "en"], capture_output=True,
                                  text=True, timeout=PATIENCE_S * 4)
            self.assertIn("today · made for today, the period is 3d\n", long.stdout)

    def test_examples_are_valid(self):
        directory = os.path.join(os.environ["TP_SOURCE"], "systemd")
        examples = [name for name in os.listdir(directory) if name.startswith("scorecard-")]
        self.assertGreaterEqual(len(examples), 4)
        for name in examples:
            done = subprocess.run([DAEMON, "--check", "--config", os.path.join(directory, name)],
                                  capture_output=True, text=True, timeout=PATIENCE_S * 4)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_examples_judge_a_simulated_month(self):
        """Every item of the ready-made cards gets a value, and names differ in their scores."""
        directory = os.path.join(os.environ["TP_SOURCE"], "systemd")
        with tempfile.TemporaryDirectory(prefix="ticketpulse-") as scratch:
            log = os.path.join(scratch, "log.ndjson")
            subprocess.run([PROGRAM, "simulate", "--to", log, "--past", "20d", "--rate", "0.02",
                            "--agents", "8", "--teams", "2", "--seed", "5"], check=True,
                           capture_output=True, timeout=PATIENCE_S * 4)
            with open(log, encoding="utf-8") as file:
                events = sum(1 for _ in file)
            for name in sorted(os.listdir(directory)):
                if not name.startswith("scorecard-"):
                    continue
                with open(os.path.join(directory, name), encoding="utf-8") as file:
                    example = file.read().replace("window: month", "window: 30d")
                with Daemon(FAST + example) as daemon:
                    sent = subprocess.run([PROGRAM, "send", log, "--to", daemon.events],
                                          capture_output=True, text=True, timeout=PATIENCE_S * 8)
                    self.assertEqual(sent.returncode, 0, sent.stderr)
                    daemon.wait_status(lambda s: s["events"] >= events)
                    got = list(cards(daemon).values())
                self.assertGreater(len(got), 1, name)
                self.assertGreater(len({card["score"] for card in got}), 1, name)
                for item in range(len(got[0]["items"])):
                    values = [card["items"][item]["value"] for card in got
                              if not card["items"][item].get("left_out")]
                    self.assertGreater(len(values), len(got) // 2,
                                       (name, got[0]["items"][item]["item"]))
                    self.assertNotIn(None, values)

    def test_published_with_places_that_are_right(self):
        with Daemon(CARDS) as daemon:
            subscriber = daemon.subscriber("score.agent.", "sys.heartbeat.")
            publisher = daemon.publisher()
            send(publisher, three_agents())
            seen, seq = {}, 0
            while len(seen) < 3:
                topic, message = subscriber.wait(lambda t, _: t.startswith("score."))
                self.assertEqual(topic, f"score.agent.{message['name']}.")
                self.assertEqual(message["stream"], "score")
                self.assertGreater(message["seq"], seq)
                seq = message["seq"]
                seen[message["name"]] = message
            self.assertEqual({name: m["rank"] for name, m in seen.items()},
                             {"ada": 1, "bob": 3, "cyd": 2})
            subscriber.wait(lambda t, m: t == "sys.heartbeat." and m["last"]["score"] >= seq)
            # A third complaint voids bob's card: he has no place any more.
            send(publisher, [complaint(2, "bob"), complaint(3, "bob")])
            _, bob = subscriber.wait(lambda t, m: t == "score.agent.bob." and m["score"] == 0)
            self.assertTrue(bob["voided"])
            self.assertEqual((bob["grade"], bob.get("rank")), ("unqualified", None))

    def test_only_news_between_full_rounds(self):
        with Daemon(CARDS.replace("full_every: 1s", "full_every: 1h")) as daemon:
            subscriber = daemon.subscriber("score.", "kpi.round.")
            publisher = daemon.publisher()
            send(publisher, three_agents())
            names = [subscriber.wait(lambda t, _: t.startswith("score."))[1]["name"]
                     for _ in range(4)]
            self.assertEqual(sorted(names), ["ada", "bob", "cyd", "t"])
            # Nothing is news while ratings stay as they are; then cyd falls, and nobody else moves.
            for _ in range(5):
                topic, _ = subscriber.next()
                self.assertEqual(topic, "kpi.round.")
            send(publisher, [complaint(4, "cyd")])
            topic, cyd = subscriber.wait(lambda t, _: t.startswith("score."))
            self.assertEqual((topic, cyd["score"], cyd["rank"]), ("score.agent.cyd.", 75.0, 2))

    def test_hold_and_reload(self):
        with Daemon(CARDS) as daemon:
            send(daemon.publisher(), three_agents())
            daemon.wait_messages(1)
            topics = [a["topic"] for a in daemon.ask(op="hold", prefix="score.")[:-1]]
            self.assertEqual(topics, ["score.agent.ada.", "score.agent.bob.", "score.agent.cyd.",
                                      "score.team.t."])
            everything = [a["topic"] for a in daemon.ask(op="hold")[:-1]]
            self.assertEqual(everything[-4:], topics)
            self.assertTrue(set(topics).isdisjoint(a["topic"] for a in
                                                   daemon.ask(op="hold", prefix="kpi.")[:-1]))
            daemon.write(CARDS.replace("weight: 60", "weight: 0"))
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("reloaded")
            self.assertEqual(cards(daemon)["desk", "cyd"]["score"], 50.0)  # (25·20 + 15·100) / 40
            daemon.write(FAST + "windows: [1h, 24h]\n")
            daemon.signal(signal.SIGHUP)
            daemon.wait_status(lambda _: cards(daemon) == {})

    def test_a_score_that_is_gone_is_taken_back(self):
        with Daemon(CARDS) as daemon:
            subscriber = daemon.subscriber("score.agent.")
            publisher = daemon.publisher()
            send(publisher, ticket(1, "ada", 50, 5))
            _, message = subscriber.wait(lambda *_: True)
            self.assertEqual(message["rank"], 1)
            send(publisher, event("closed", "T1", id="spam", outcome="spam"))
            _, message = subscriber.wait(lambda _, m: m["score"] is None)
            self.assertNotIn("rank", message)
            self.assertEqual(cards(daemon), {})

    def test_agents_and_their_team(self):
        config = CARDS.replace("    window: 24h\n    items:",
                               "    window: 24h\n    match: {team: gold}\n    items:", 1)
        with Daemon(config) as daemon:
            send(daemon.publisher(), three_agents() + [
                {"type": "agent_info", "ts": now_ms(), "src": "s", "id": f"i{agent}",
                 "agent": agent, "team": team, "name": agent.title()}
                for agent, team in (("ada", "gold"), ("bob", "silver"))])
            daemon.wait_messages(1)
            got = cards(daemon, scope="agent")
            self.assertEqual(set(got), {("desk", "ada")})
            self.assertEqual(got["desk", "ada"]["title"], "Ada")
            self.assertEqual(got["desk", "ada"]["of"], 1)

    def run_query(self, daemon, *arguments, code=0):
        done = subprocess.run([PROGRAM, "query", "scorecard", "--query", daemon.query_endpoint,
                               *arguments], capture_output=True, text=True, check=False,
                              timeout=PATIENCE_S * 4)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_names_that_nobody_has(self):
        """No such name, or no card for it: told, and no empty answer."""
        with Daemon(CARDS) as daemon:
            publisher = daemon.publisher()
            send(publisher, three_agents() + [event("opened", "T9", now_ms(), id="t9", team="t",
                                                    channel="web")])
            daemon.wait_messages(1)
            for error, request in (("no_name", {"scope": "agent", "name": "adda"}),
                                   ("no_name", {"scope": "channel", "name": "ada"}),
                                   ("no_card", {"scope": "channel", "name": "web"}),
                                   ("no_card", {"scope": "agent", "name": "ada", "window": "1h"})):
                answer, = daemon.ask(op="scorecard", **request)
                self.assertEqual((answer["error"], answer["key"]), (error, "name"), request)
            said = self.run_query(daemon, "--scope", "agent", "--name", "adda", code=1)
            self.assertIn("nothing of that name was seen", said)
            said = self.run_query(daemon, "--scope", "channel", "--name", "web", code=1)
            self.assertIn("no scorecard", said)
            self.assertIn("no scores", self.run_query(daemon, "--scope", "channel"))
            del publisher

    def test_ranks_are_of_one_card(self):
        """Agents on card A and agents on card B, and teams: each card has its own first place."""
        config = FAST + """
windows: [24h]
scorecards:
  - {id: a, title: Desk, window: 24h, match: {agent: [ada, bob]},
     items: [{indicator: csat, weight: 1, baseline: 3, target: 4}]}
  - {id: b, title: Desk, window: 24h, match: {agent: [cyd]},
     items: [{indicator: complaints, weight: 1, deduct: 0.1, gate: {at: ">= 2", void: card}},
             {indicator: csat, weight: 1, baseline: 4, target: 5}]}
"""
        with Daemon(config) as daemon:
            subscriber, publisher = daemon.subscriber("score."), daemon.publisher()
            send(publisher, three_agents() + [complaint(7, "cyd"), complaint(8, "cyd")])
            daemon.wait_messages(1)
            places = {("a", "ada"): (1, 2), ("a", "bob"): (2, 2), ("b", "cyd"): (None, None)}
            got = cards(daemon)
            self.assertEqual({key: (c.get("rank"), c.get("of")) for key, c in got.items()}, places)
            left = dict(places)
            while left:  # as they are published, too
                _, m = subscriber.wait(lambda _, m: (m["card"], m["name"]) in left)
                told = (m.get("rank"), m.get("of"))
                if m["score"] is not None and told == left[m["card"], m["name"]]:
                    del left[m["card"], m["name"]]
            void = got["b", "cyd"]
            self.assertEqual((void["score"], void["voided"]), (0, True))
            self.assertEqual([i.get("gate_hit") for i in void["items"]], [True, None])
            said = self.run_query(daemon, "--scope", "agent", "--lang", "en")
            tables = [[line.split()[0:3] for line in part.splitlines()[2:]]
                      for part in said.strip().split("\n\n")]
            self.assertEqual(tables, [[["1", "gold", "ada"], ["2", "silver", "bob"]],
                                      [["·", "cyd", "0.00"]]], said)  # void: no place
            self.assertIn("unqualified · void by complaints", said)
            del publisher

    def test_tables(self):
        with Daemon(CARDS) as daemon:
            send(daemon.publisher(), three_agents())
            daemon.wait_messages(1)
            lines = [json.loads(line) for line in self.run_query(daemon, "--json").splitlines()]
            self.assertEqual({(m["card"], m["name"], m.get("rank")) for m in lines},
                             {("desk", "ada", 1), ("desk", "bob", 3), ("desk", "cyd", 2),
                              ("teams", "t", 1)})
            table = self.run_query(daemon, "--scope", "agent", "--lang", "en").splitlines()
            rows = [line.split() for line in table]
            self.assertIn("电话组考核", table[0])
            self.assertEqual([row[:4] for row in rows[2:5]],
                             [["1", "gold", "ada", "92.00"], ["2", "silver", "cyd", "80.00"],
                              ["3", "bronze", "bob", "66.00"]])
            chinese = self.run_query(daemon, "--scope", "agent", "--lang", "zh")
            for word in ("名次", "优秀", "良好", "合格", "金牌"):
                self.assertIn(word, chinese)
            one = self.run_query(daemon, "--scope", "agent", "--name", "bob", "--lang", "zh")
            for word in ("合格", "66.67", "基线", "目标", "首次响应时长 平均", "1小时30分"):
                self.assertIn(word, one)


if __name__ == "__main__":
    unittest.main()

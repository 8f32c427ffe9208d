#!/usr/bin/python3
"""Scorecards of a calendar's hours, of periods that are over: worked out again here from the bare
events, and told alike by a report, by a replay, and by a daemon that was there."""
import datetime
import json
import random
import unittest
import zoneinfo
from fractions import Fraction

from companion import Scratch, run
from daemon import FAST, Daemon, now_ms, send
from reported import table

DAY, HOUR, MINUTE = 86400000, 3600000, 60000
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
MARCH = 1772319600000  # 2026-03-01 in Berlin; the clocks go forward on the 29th
APRIL = 1774994400000
CALENDARS = """zone: Europe/Berlin
calendars:
  - id: night
    zone: Europe/Berlin
    hours: {mon-sun: "22:00-06:00"}
    holidays: ["2026-03-10"]
    special: {"2026-03-17": "00:00-24:00"}
  - {id: noon, zone: Europe/Berlin, hours: {mon-fri: "11:00-14:00"}}
"""
ITEMS = """[
      {indicator: first_response, field: mean, weight: 40, bands: [1h, 2h, 3h, 4h]},
      {indicator: csat, weight: 30, baseline: 3, target: 4, min_n: 2},
      {indicator: resolved_tickets, weight: 20, baseline: 2, target: 6},
      {indicator: complaints, weight: 10, deduct: 2, gate: {at: ">= %d", void: card}}]"""
RATES = """[{indicator: first_response, field: mean, weight: 4, bands: [1h, 2h, 3h, 4h]},
      {indicator: csat, weight: 3, baseline: 3, target: 4}]"""
GATE = 3


def cards(window):
    return CALENDARS + f"windows: [{window}]\nrules: []\nscorecards:\n" + "".join(
        f"  - {{id: {when}-{scope}, scope: {scope}, window: {window}, when: {when},"
        f" items: {RATES if scope == 'all' else ITEMS % GATE}}}\n"
        for when in ("night", "noon") for scope in ("agent", "team", "all"))


# --- the hours, the numbers and the scores, from nothing but the events ---

def is_open(when, ts):
    local = datetime.datetime.fromtimestamp(ts / 1000, BERLIN)
    if when == "noon":
        return local.weekday() < 5 and 11 <= local.hour < 14

    def begins(date):  # hours of the intervals that begin on that date
        return {"2026-03-10": (0, 0), "2026-03-17": (0, 24)}.get(date.isoformat(), (22, 30))

    today, before = begins(local.date()), begins(local.date() - datetime.timedelta(days=1))
    return today[0] <= local.hour < today[1] or before[0] <= local.hour + 24 < before[1]


def figures(events, when, key, name, since, until):
    """Durations, ratings, resolved tickets and complaints of a name, by what is known at until."""
    first, ratings, resolved, opened, complaints = {}, {}, {}, {}, []
    known = sorted((e for e in events if e["ts"] < until), key=lambda e: e["ts"])
    for e in known:
        ticket, who = e["ticket"], (e.get("agent"), e["team_of"])
        if e["type"] == "opened":
            opened[ticket] = e["ts"]
        elif e["type"] == "message":
            first.setdefault(ticket, (e["ts"], who, e["ts"] - opened[ticket]))
        elif e["type"] == "rated":
            ratings[ticket] = (e["ts"], who, Fraction(e["score"]))
        elif e["type"] == "resolved":
            resolved[ticket] = (e["ts"], who, 1)
        elif e["type"] == "complained":
            complaints.append((e["ts"], who, 1))

    def here(samples):
        return [value for ts, who, value in samples if since <= ts < until and is_open(when, ts)
                and (key == "all" or who[key == "team"] == name)]

    return [here(part) for part in (first.values(), ratings.values(), resolved.values(),
                                    complaints)]


def half_up(x):
    return int((2 * x + 1) // 2)


def score(parts, sized=True):
    """(score or None, {item: (n, points or None)}, void) in hundredths."""
    times, ratings, resolved, complaints = parts

    def mean(values):
        return Fraction(sum(values), len(values))

    def linear(value, baseline, target):
        return max(0, min(10000, half_up(6000 + 2000 * (value - baseline)
                                         / Fraction(target - baseline))))

    points = {"first_response.mean": None, "csat.mean": None}
    if times:
        points["first_response.mean"] = 2000 * (5 - sum(mean(times) > h * HOUR
                                                        for h in (1, 2, 3, 4)))
    if len(ratings) >= (2 if sized else 1):
        points["csat.mean"] = linear(mean(ratings), 3, 4)
    weight = {"first_response.mean": 40, "csat.mean": 30}
    if sized:
        points["resolved_tickets.num"] = linear(len(resolved), 2, 6)
        points["complaints.num"] = half_up(Fraction(max(0, 10 - 2 * len(complaints)) * 10000, 10))
        weight |= {"resolved_tickets.num": 20, "complaints.num": 10}
    void = sized and len(complaints) >= GATE
    if void:
        points = dict.fromkeys(points, 0)
    count = [len(part) for part in (times, ratings, resolved, complaints)]
    if not any(count if sized else count[:2]):
        return None, points, False
    total = sum(weight[i] for i, p in points.items() if p is not None)
    if total == 0:
        return None, points, False
    return half_up(Fraction(sum(weight[i] * p for i, p in points.items() if p is not None),
                            total)), points, void


# --- a desk ---

def desk(start, days, seed):
    """Tickets around the clock; reopened, answered twice, rated again, complained of."""
    draw, events = random.Random(seed), []
    for n in range(days * 9):
        ticket, team = f"T{n}", draw.choice(("red", "blue"))
        at = start + draw.randrange(days * DAY)

        def say(kind, later, **more):
            event = {"type": kind, "ticket": ticket, "ts": at + later, "src": "s",
                     "id": f"{ticket}-{kind}-{later}", "team_of": team, **more}
            events.append(event)

        def agent():
            return draw.choice(("ada", "bob", "cyd", "dan"))
        say("opened", 0, team=team)
        reply = draw.randrange(MINUTE, 9 * HOUR)
        say("message", reply, by="agent", agent=agent())
        done = reply + draw.randrange(MINUTE, 20 * HOUR)
        say("resolved", done, agent=agent())
        if draw.random() < 0.2:
            say("reopened", done + HOUR)
            say("message", done + 2 * HOUR, by="agent", agent=agent())
            say("resolved", done + draw.randrange(3 * HOUR, 30 * HOUR), agent=agent())
        for _ in range(draw.choice((0, 1, 1, 2))):
            say("rated", done + draw.randrange(MINUTE, 20 * HOUR), agent=agent(),
                score=draw.randrange(1, 6))
        if draw.random() < 0.06:
            say("complained", done + draw.randrange(MINUTE, 20 * HOUR), agent=agent())
    events.sort(key=lambda e: e["ts"] + draw.randrange(60000))
    return events


class Hours(Scratch):
    def log(self, events, draw):
        """As a source would send them: some twice, and late."""
        sent = events + draw.sample(events, len(events) // 10)
        sent.sort(key=lambda e: (e["ts"] + draw.randrange(MINUTE)))
        return self.path("log.ndjson", [{k: v for k, v in e.items() if k != "team_of"}
                                        for e in sent])

    def expected(self, events, since, until):
        """{(card, name): (score, points, void)} of everybody who has a score."""
        ret, self.resolved = {}, {}
        for when in ("night", "noon"):
            for key, names in (("agent", ("ada", "bob", "cyd", "dan")), ("team", ("red", "blue")),
                               ("all", ("-",))):
                for name in names:
                    parts = figures(events, when, key, name, since, until)
                    got = score(parts, key != "all")
                    self.resolved[f"{when}-{key}", name] = len(parts[2])
                    if got[0] is not None:
                        ret[f"{when}-{key}", name] = got
        return ret

    def places(self, want):
        """A place among those of the same card; none for a void one."""
        return {(card, name): None if void else 1 + sum(
            other > total for (k, _), (other, _, gone) in want.items() if k == card and not gone)
            for (card, name), (total, _, void) in want.items()}

    def same_messages(self, want, messages):
        """As the daemon publishes them."""
        places, got = self.places(want), {(m["card"], m["name"]): m for m in messages}
        self.assertEqual(set(got), set(want))
        for key, (total, points, void) in want.items():
            m = got[key]
            self.assertEqual(m["when"], key[0].split("-")[0])
            self.assertAlmostEqual(m["score"], total / 100, delta=1e-9, msg=key)
            self.assertEqual((m.get("rank"), m.get("voided", False)), (places[key], void), key)
            self.assertEqual({i["item"]: None if "left_out" in i else round(i["points"] * 100)
                              for i in m["items"]}, points, key)

    def same_report(self, want, config, log, *args):
        rows = table(run("report", log, "--config", config, "--format", "csv", "--lang", "en",
                         *args).stdout)
        places, compared = self.places(want), 0
        for key in ("agent", "team"):
            for at, when in enumerate(("night", "noon")):
                card = f"{when}-{key}"
                tables = [f"{key}s" + (f".{card}" if at else ""),
                          f"{key}s-items" + (f".{card}" if at else "")]
                had = {name for k, name in want if k == card}
                got = rows.get(tables[0], {})
                self.assertEqual({n for n, row in got.items() if row["score"] != "·"}, had, card)
                for name in had:
                    total, points, _ = want[card, name]
                    self.assertAlmostEqual(got[name]["score"], total / 100, delta=1e-6)
                    self.assertEqual(got[name]["rank"], places[card, name] or "·")
                    self.assertEqual(got[name]["resolved_tickets.num"],
                                     self.resolved[card, name], (card, name))
                    for item, p in points.items():
                        compared += 1
                        cell = rows[tables[1]][name][item]
                        self.assertEqual(cell if p is None else round(cell * 100),
                                         "·" if p is None else p, (card, name, item))
        for at, when in enumerate(("night", "noon")):
            row = "score" + (f".{when}-all" if at else "")
            total = want.get((f"{when}-all", "-"), (None,))[0]
            self.assertEqual(rows["summary"][row]["value"], "·" if total is None else total / 100)
        return compared

    def test_a_month_with_a_change_of_the_clocks(self):
        events, draw = desk(MARCH - 6 * DAY, 45, 5), random.Random(1)
        log, config = self.log(events, draw), self.path("c.yaml", [cards("month")])
        few = self.expected(events, MARCH, MARCH + 3 * DAY)
        self.assertTrue(any(None in points.values() for _, points, _ in few.values()))
        want = self.expected(events, MARCH, APRIL)
        self.assertTrue(any(void for _, _, void in want.values()))
        until = ("--as-of", APRIL - 1)
        self.assertGreater(self.same_report(want, config, log, "--month", "2026-03", *until), 40)
        lines = run("replay", log, "--config", config, "--at", APRIL - 1, "--cards",
                    "--json").stdout.splitlines()
        self.same_messages(want, [json.loads(line) for line in lines[:-1]])
        self.assertIn("summary", json.loads(lines[-1]))
        day = run("report", log, "--config", config, "--month", "2026-03", "--format", "md",
                  "--lang", "en", "--no-charts").stdout
        self.assertIn("**night-agent · only in the hours of night**", day)
        self.assertNotIn("made for", day)

    def test_any_other_period(self):
        events, draw = desk(MARCH - 6 * DAY, 45, 8), random.Random(2)
        log, config = self.log(events, draw), self.path("c.yaml", [cards("10d")])
        for first in (MARCH, MARCH + 9 * DAY, MARCH + 14 * DAY + 5 * HOUR):
            last = first + 10 * DAY
            want = self.expected(events, first, last)
            self.same_report(want, config, log, "--from", first, "--to", last, "--as-of", last - 1)
            lines = run("replay", log, "--config", config, "--at", last - 1, "--cards",
                        "--json").stdout.splitlines()
            self.same_messages(want, [json.loads(line) for line in lines[:-1]])

    def test_what_the_daemon_says(self):
        now = now_ms()
        start = now - 22 * DAY
        events = [e for e in desk(start, 20, 3) if e["ts"] < now - HOUR]
        log, config = self.log(events, random.Random(3)), self.path("c.yaml", [cards("30d")])
        want = self.expected(events, start, now)
        with Daemon(FAST + cards("30d")) as daemon:
            publisher = daemon.publisher()
            with open(log, encoding="utf-8") as file:
                sent = [json.loads(line) for line in file]
            for i in range(0, len(sent), 200):
                send(publisher, sent[i:i + 200])
            daemon.wait_status(lambda s: s["engine"]["events"] >= len(sent))
            answers = daemon.ask(op="scorecard")
            self.same_messages(want, [a["message"] for a in answers[:-1]])
            del publisher
        self.same_report(want, config, log, "--from", start - DAY, "--to", now)

    def test_replay_usage(self):
        log = self.path("log.ndjson", [{"type": "rated", "ts": MARCH, "agent": "a", "score": 5,
                                        "src": "s", "id": "1"}])
        config = self.path("c.yaml", [cards("30d")])
        run("replay", log, "--cards", "--against", config, "--config", config, code=2)
        said = run("replay", log, "--cards", "--table", "--config", config, "--lang", "en").stdout
        self.assertIn("night-agent · agent · 30d · only in the hours of night", said)
        said = run("replay", log, "--cards", "--table", "--config", config, "--lang", "en",
                   "--scope", "channel").stdout
        self.assertIn("no scores", said)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""Scorecards in reports: whose card, which terms, ranks of one card, and a word where one is
needed. A log of some forty events, so that each score can be worked out by hand."""
import csv
import io
import json
import os
import re
import tempfile
import unittest

from browser import MISSING, Browser
from companion import run
from reported import table

DAY = 86400000
MAY = 1777593600000  # 2026-05-01T00:00:00Z
APRIL = MAY - 30 * DAY
CSAT = "{indicator: csat, weight: 1, baseline: %s, target: %s}"


def rated(agent, day, score, team="desk"):
    ticket = f"{agent}{day}{score}"
    at = APRIL + day * DAY
    return [{"type": "opened", "ts": at, "ticket": ticket, "team": team, "agent": agent,
             "category": f"c{day % 3}", "src": "s", "id": ticket + "o"},
            {"type": "resolved", "ts": at + 3600000, "ticket": ticket, "agent": agent, "src": "s",
             "id": ticket + "s"},
            {"type": "rated", "ts": at + 7200000, "ticket": ticket, "agent": agent, "score": score,
             "src": "s", "id": ticket + "r"}]


def complaint(agent, day, number):
    return {"type": "complained", "ts": APRIL + day * DAY, "agent": agent, "src": "s",
            "id": f"c{number}"}


# April: all 3. May: ada 5, bob 4, cyd 4 (other team), dan complained of twice.
LOG = (rated("ada", 3, 3) + rated("bob", 4, 3) + rated("ada", 33, 5) + rated("bob", 34, 4)
       + rated("cyd", 35, 4, "shop") + rated("dan", 36, 3)
       + [complaint("dan", 36, 1), complaint("dan", 37, 2)])


class ReportCards(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="ticketpulse-")
        self.addCleanup(self.dir.cleanup)
        self.log = self.write("log.ndjson", "".join(json.dumps(e) + "\n" for e in LOG))

    def write(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def said(self, cards, *args, form="csv", log=None):
        config = self.write("cards.yaml", cards)
        return run("report", log or self.log, "--config", config, "--month", "2026-05", "--format",
                   form, "--no-charts", "--lang", "en", *args).stdout

    def cells(self, cards, *args, log=None):
        """{(table, row, column): (text, note)}"""
        lines = csv.DictReader(io.StringIO(self.said(cards, *args, log=log)))
        return {(c["table"], c["row"], c["column"]): (c["text"], c["note"]) for c in lines}

    def test_the_period_before_has_the_card_of_then(self):
        """April has 60 points by the new terms and 40 by its own; no bare difference is told."""
        now = "  - {id: desk, scope: all, window: 30d, valid_from: %s,\n     items: [" \
              + CSAT % (3, 4) + "]}\n"
        old = "  - {id: desk, scope: all, window: 30d, items: [" + CSAT % (4, 5) + "]}\n"
        score = ("summary", "score", "value")
        change = ("summary", "score", "change")
        got = self.cells("scorecards:\n" + now % "2026-05-01" + old)
        self.assertEqual(got[score][0], "80.00")  # (5 + 4 + 4 + 3) / 4
        self.assertEqual(got[change][0], "the card has changed: 40.00 by the one before, "
                                         "not to be compared")
        got = self.cells("scorecards:\n" + now % "2026-04-01" + old)  # the same card in both
        self.assertEqual((got[score][0], got[change][0]), ("80.00", "↑ 20.00"))
        got = self.cells("scorecards:\n" + now % "2026-05-01")
        self.assertEqual((got[score][0], got[change][0]), ("80.00", "no such card before"))
        got = self.cells("scorecards:\n" + now % "2026-05-02" + old)  # within the period
        self.assertEqual((got[score][0], got[change][0]), ("60.00", "↑ 20.00"))
        text = self.said("scorecards:\n" + now % "2026-05-02" + old, form="md")
        self.assertIn("The terms of scorecard desk change on 2026-05-02", text)
        got = self.cells("scorecards:\n" + now % "2026-05-02")
        self.assertEqual(got[score][0], "·")
        self.assertIn("was not in force yet", got[score][1])

    def test_one_ranking_for_each_card(self):
        """dan is best on his card and ada on hers: nobody stands between names of other cards."""
        cards = """scorecards:
  - {id: a, title: Desk, window: 30d, match: {agent: [ada, bob]}, items: [%s]}
  - {id: b, title: Shop, window: 30d, match: {agent: [dan]}, items: [%s]}
  - {id: t, title: Teams, scope: team, window: 30d, items: [%s]}
  - {id: c, title: Kinds, scope: category, window: 30d, items: [%s]}
""" % (CSAT % (3, 4), CSAT % (2, 3), CSAT % (3, 4), CSAT % (3, 4))
        got = table(self.said(cards))
        ranks = {key: {name: (row["rank"], row["score"]) for name, row in got[key].items()}
                 for key in ("agents", "agents.b", "teams", "scores_category")}
        self.assertEqual(ranks["agents"], {"ada": (1, 100), "bob": (2, 80)})
        self.assertEqual(ranks["agents.b"], {"dan": (1, 80)})
        self.assertEqual(ranks["teams"], {"shop": (1, 80), "desk": (1, 80)})
        self.assertEqual(ranks["scores_category"], {c: (1, 80) for c in ("c0", "c1", "c2")})
        self.assertEqual({name: row["rank"] for name, row in got["agents-without"].items()},
                         {"cyd": "·"})
        self.assertEqual((set(got["agents-items"]), set(got["agents-items.b"])),
                         ({"ada", "bob"}, {"dan"}))
        text = self.said(cards, form="md")
        self.assertIn("Each scorecard has a table", text)
        for title in ("**Desk**", "**Shop**", "**Without a scorecard**"):
            self.assertIn(title, text)
        self.assertNotIn("Each scorecard", self.said(cards.replace("  - {id: b", "  - {id: a"),
                                                     form="md"))

    def test_variants_of_one_card_are_ranked_together(self):
        cards = """scorecards:
  - {id: a, window: 30d, match: {agent: [dan, cyd]}, items: [%s]}
  - {id: a, window: 30d, items: [%s]}
""" % (CSAT % (2, 3), CSAT % (3, 4))
        got = table(self.said(cards))
        self.assertEqual({name: row["rank"] for name, row in got["agents"].items()},
                         {"ada": 1, "cyd": 1, "bob": 3, "dan": 3})
        self.assertEqual((set(got["agents-items"]), set(got["agents-items-2"])),
                         ({"cyd", "dan"}, {"ada", "bob"}))
        self.assertIn("**Scorecard a (dan, cyd): every item**", self.said(cards, form="md"))

    def test_no_total_without_a_word(self):
        """In every format: which card, and what of it fits one name only."""
        cards = "scorecards:\n  - {id: a, title: Month, window: 30d, items: [" + CSAT % (3, 4) \
                + ",\n     {indicator: complaints, title: told off, weight: 1, deduct: 0.25}]}\n"
        why = "No total score: scorecard Month sets goals for one agent (told off), not for all " \
              "together; each one's score stands below."
        got = self.cells(cards)
        self.assertEqual(got["summary", "score", "value"], ("·", why))
        self.assertEqual(got["agents", "ada", "score"][0], "100.00")
        for form in ("md", "html"):
            self.assertIn(why.replace("'", "&#39;" if form == "html" else "'"),
                          self.said(cards, form=form))
        self.assertIn("无总分：评分卡 Month 的目标", run(
            "report", self.log, "--config", self.write("c.yaml", cards), "--lang", "zh",
            "--format", "md").stdout)
        some = cards.replace("window: 30d,", "window: 30d, match: {agent: [ada]},", 1)
        self.assertIn("is not for everybody (agent)", self.said(some, form="md"))
        ratio = cards.replace("deduct: 0.25", "baseline: 0, target: 0").replace(
            "complaints, title: told off", "csat_rate, title: told off").replace(
            "baseline: 0, target: 0", "baseline: 40%, target: 50%, gate: {indicator: "
            "conformance_rate, at: '<= 50%', void: card}")
        got = self.cells(ratio)  # a gate on a rate is no goal of one name; nobody inspected: no hit
        self.assertEqual(got["summary", "score", "value"], ("90.00", "excellent"))
        nothing = "scorecards:\n  - {id: a, scope: all, window: 30d, items: [{indicator: nps, " \
                  "weight: 1, baseline: 0, target: 1}]}\n"
        self.assertIn("nothing that scorecard a judges was counted", self.said(nothing, form="md"))
        self.assertNotIn("No total", self.said("{}", form="md"))

    def test_a_card_for_another_length_says_so(self):
        """Rates hold for any; goals of counts are not scaled, and named. Nothing of a fit."""
        card = "windows: [7d, 30d, month, today]\nscorecards:\n  - {id: a, title: Desk, window: " \
               "%s, items: [" + CSAT % (3, 4) + "%s]}\n"
        more = ", {indicator: resolved_tickets, title: solved, weight: 1, baseline: 1, target: 2}"
        week = ("--from", "2026-05-04", "--to", "2026-05-10")

        def line(cards, *args):
            config = self.write("cards.yaml", cards)
            text = run("report", self.log, "--config", config, "--format", "md", "--no-charts",
                       "--lang", "en", *args).stdout
            return [said for said in text.splitlines() if said.startswith("Scorecard")]

        self.assertEqual(line(card % ("month", ""), *week), [
            "Scorecard Desk is made for a month, the period is 7 days: rates and averages hold "
            "for any length, min\\_n is not scaled."])
        self.assertEqual(line(card % ("month", more), *week), [
            "Scorecard Desk is made for a month, the period is 7 days: its goals of counts are "
            "not scaled to that (solved), and min\\_n neither."])
        self.assertIn("is made for a day, the period is 31 days",
                      line(card % ("today", ""), "--month", "2026-05")[0])
        for fits, args in (("7d", week), ("month", ("--month", "2026-05")),
                           ("30d", ("--month", "2026-04"))):
            self.assertEqual(line(card % (fits, more), *args), [], fits)
        config = self.write("cards.yaml", card % ("month", ""))
        notes = [c["note"] for c in csv.DictReader(io.StringIO(run(
            "report", self.log, "--config", config, "--format", "csv", "--lang", "en",
            *week).stdout)) if (c["table"], c["row"], c["column"]) == ("summary", "score", "value")]
        self.assertEqual(notes, ["good · made for a month, the period is 7 days"])

    def test_a_score_of_some_hours_is_not_the_whole(self):
        """It says so, and the card of all hours still says why it has none; the indicators keep
        goals of all hours only."""
        cards = """calendars: [{id: day, hours: {mon-sun: "00:00-12:00"}}]
windows: [30d]
scorecards:
  - {id: a, title: Desk, window: 30d, items: [
      {indicator: complaints, title: angry, weight: 1, deduct: 0.1}, %s]}
  - {id: d, title: Days, window: 30d, when: day, items: [%s]}
""" % (CSAT % (3, 4), CSAT % (2, 3))
        got = self.cells(cards)
        self.assertEqual(got["summary", "score", "value"][0], "100.00")
        self.assertEqual(got["indicators", "csat", "baseline"][0], "3")
        text = self.said(cards, form="md")
        self.assertIn("- score · Days · only in the hours of day: **100.00**", text)
        self.assertIn("scorecard Desk sets goals for one agent (angry)", text)
        whole = self.said(cards + "  - {id: w, scope: all, window: 30d, items: [%s]}\n"
                          % (CSAT % (3, 4)), form="md")
        self.assertNotIn("sets goals for one agent", whole)

    def test_variants_tell_since_when(self):
        cards = """scorecards:
  - {id: a, window: 30d, valid_from: 2026-05-01, match: {agent: [ada]}, items: [%s]}
  - {id: a, window: 30d, valid_from: 2026-04-15, items: [%s]}
  - {id: a, window: 30d, items: [%s]}
""" % ((CSAT % (3, 4),) * 3)
        text = self.said(cards, form="md")
        self.assertIn("**Scorecard a (ada) · valid from 2026-05-01: every item**", text)
        self.assertIn("**Scorecard a · valid from 2026-04-15: every item**", text)

    def test_what_the_log_never_speaks_of_is_named(self):
        """Parts of the tickets that nobody ever complained of, … are a line, not rows of 0 %."""
        config = self.write("none.yaml", "{}")
        quiet = self.write("quiet.ndjson", "".join(
            json.dumps(e) + "\n" for e in LOG if e["type"] != "complained"))
        for form in ("md", "html"):
            text = run("report", quiet, "--config", config, "--month", "2026-05", "--format",
                       form, "--no-charts", "--lang", "en").stdout
            self.assertEqual(text.count("9 indicators are left out, as the log has no event"), 2)
            for name in ("complaint rate", "follow-up rate, third round", "rework rate"):
                self.assertEqual(text.count(name), 2 * (1 + name.count("complaint")), name)
            self.assertIn("tickets rated", text)
        rows = self.cells("{}", log=quiet)
        self.assertEqual(rows["indicators", "complaint_rate", "actual"][0], "0.0%")
        self.assertIn("| complaint rate ", self.said("{}", form="md"))

    def test_a_void_card_says_by_what(self):
        cards = """scorecards:
  - id: a
    window: 30d
    groups: {work: 85, conduct: 15}
    items:
      - {group: work, indicator: csat, weight: 1, baseline: 3, target: 4}
      - {group: conduct, indicator: complaints, weight: 1, deduct: 0.1,
         gate: {at: ">= 2", void: %s}}
"""
        got = self.cells(cards % "card")
        self.assertEqual(got["agents", "dan", "score"],
                         ("0.00", "unqualified · card void: complaints 2 ≥ 2"))
        self.assertEqual(got["agents-items", "dan", "csat.mean"][1], "3 · n = 1 · void")
        self.assertEqual(got["agents", "bob", "score"], ("83.00", "good"))
        got = self.cells(cards % "group")
        self.assertEqual(got["agents", "dan", "score"],
                         ("51.00", "needs improvement · conduct void: complaints 2 ≥ 2"))
        got = self.cells(cards % "item")
        self.assertEqual(got["agents", "dan", "score"],
                         ("51.00", "needs improvement · complaints void: complaints 2 ≥ 2"))
        whole = self.cells(cards.replace("window:", "scope: all\n    window:", 1) % "card")
        self.assertEqual(whole["summary", "score", "value"],
                         ("0.00", "unqualified · card void: complaints 2 ≥ 2"))
        self.assertEqual(whole["scorecard", "csat.mean", "verdict"][0], "void")
        pair = cards.replace("window:", "match: {agent: [bob, dan]}\n    window:", 1) % "card"
        pair = pair.replace("baseline: 3, target: 4", "baseline: 1, target: 2")
        got = self.cells(pair)
        self.assertEqual([got["agents", name, "rank"][0] for name in ("bob", "dan")],
                         ["★ 1", "·"])  # a void card holds no place
        void = re.findall(r'<td class="([^"]*)"[^>]*>0\.00<small>(?:(?!</td>).)*<span>void</span>',
                          self.said(pair, form="html"))
        self.assertEqual(void, ["n bad", "n bad"])  # both items, not green for what they were

    def test_no_change_where_nothing_is_known_of_before(self):
        self.assertNotEqual(self.cells("{}")["summary", "open_at_end", "change"][0], "")
        late = self.write("may.ndjson", "".join(
            json.dumps(e) + "\n" for e in LOG if e["ts"] >= MAY))
        got = self.cells("{}", log=late)
        self.assertEqual(got["summary", "open_at_end", "value"][0], "0")
        self.assertEqual(got["summary", "open_at_end", "change"][0], "")

    def test_open_tickets_are_held_against_the_same_period_as_the_rest(self):
        def event(kind, day, ticket):
            return {"type": kind, "ts": APRIL + day * DAY, "ticket": ticket, "agent": "ada",
                    "src": "s", "id": kind + ticket}

        log = self.write("open.ndjson", "".join(json.dumps(e) + "\n" for e in (
            event("opened", -9, "a"), event("opened", -8, "b"), event("resolved", 3, "a"),
            event("opened", 40, "c"), event("opened", 50, "d"))))
        cases = (((), "3", "↑ 2"), (("--as-of", "2026-05-12T00:00:00Z"), "2", "↑ 1"),
                 (("--against", "2026-03", "--as-of", "2026-06-01T00:00:00Z"), "3", "↑ 1"))
        for args, value, change in cases:
            got = self.cells("{}", *args, log=log)
            self.assertEqual([got["summary", "open_at_end", key][0] for key in ("value", "change")],
                             [value, change], args)

    def test_everything_is_set_side_by_side(self):
        """Every indicator of either period, the site's own and aspects, too, with what it is made
        of and which way it went; and a name that only one of both has."""
        more = [{"type": "measured", "ts": APRIL + day * DAY, "name": "orders", "value": value,
                 "agent": "ada", "src": "s", "id": f"m{day}"} for day, value in ((5, 10), (35, 12))]
        more += [{"type": "rated", "ts": APRIL + day * DAY, "agent": "ada", "score": score,
                  "aspect": "skill", "src": "s", "id": f"a{day}"}
                 for day, score in ((5, 3), (36, 4.004))]
        more += rated("eve", 6, 3)
        log = self.write("more.ndjson", "".join(json.dumps(e) + "\n" for e in sorted(
            LOG + more, key=lambda e: e["ts"])))
        own = "indicators: [{id: orders, kind: sum, measure: orders}]\n" \
              "targets: {resolution: 2h}\n"
        got = self.cells(own, log=log)
        ada = {row.removeprefix("ada/"): {c: got["compare_agent", row, c]
                                          for c in ("before", "actual", "change")}
               for name, row, c in got if name == "compare_agent" and row.startswith("ada/")}
        self.assertLessEqual({"opened.num", "resolution.p50", "resolution.attainment",
                              "resolution_rate.value", "csat.mean", "csat_rate.value", "orders.num",
                              "csat.skill.mean"}, set(ada))
        self.assertEqual([ada["orders.num"][c][0] for c in ("before", "actual", "change")],
                         ["10", "12", "↑ 20.0%"])
        self.assertEqual([ada["csat.skill.mean"][c] for c in ("before", "actual")],
                         [("3", "n = 1"), ("4", "n = 1")])
        reached = ada["resolution.attainment"]
        self.assertEqual(reached["actual"], ("100.0%", "n = 1 · 20.7 – 100.0%"))
        self.assertEqual(reached["change"][0], "unchanged")
        card = "scorecards: [{id: a, window: 30d, items: [{indicator: csat.skill, weight: 1, " \
               "baseline: 1, target: 2}]}]\n"
        aspect = self.cells(own + card, log=log)  # the goal of an aspect is none of all ratings
        rated_all = got["indicators", "csat", "actual"]
        self.assertEqual(aspect["indicators", "csat", "actual"], rated_all)
        self.assertEqual(aspect["indicators", "csat", "target"][0], "")
        self.assertEqual(got["compare_agent", "eve/csat.mean", "actual"][0], "·")
        self.assertEqual(got["compare_agent", "eve/csat.mean", "before"][0], "3")
        self.assertEqual(got["compare_agent", "dan/complaints.num", "change"][0], "↑ 2")
        for scope, row in (("all", "all"), ("team", "desk"), ("category", "c0")):
            self.assertIn(("compare_" + scope, row + "/opened.num", "change"), got)
        # Every indicator that the whole has stands there, by the same numbers.
        for name, row, column in [key for key in got if key[0] == "indicators"]:
            if column == "actual" and got[name, row, column][0] not in ("·", "0"):
                fields = [key for key in got if key[0] == "compare_all" and key[2] == "actual"
                          and key[1].rsplit(".", 1)[0] == f"all/{row}"]
                self.assertIn(got[name, row, column][0], [got[key][0] for key in fields], row)

    def test_flags_and_changes_are_words_too(self):
        lines = [{"type": "opened", "ts": at + i * 60000, "ticket": f"{at}{i}", "src": "s",
                  "category": "a" if i % (2 if at == MAY else 9) else "b", "by": "customer",
                  "id": f"{at}{i}"} for at in (APRIL, MAY) for i in range(90)]
        lines += [{"type": "rated", "ts": at + DAY, "agent": "ada", "score": score, "src": "s",
                   "id": f"r{at}"} for at, score in ((APRIL, 4), (MAY, 4.004))]
        lines.sort(key=lambda e: e["ts"])
        log = self.write("mix.ndjson", "".join(json.dumps(e) + "\n" for e in lines))
        got = self.cells("flag_over: 40%\n", log=log)
        self.assertEqual(got["categories", "a", "share"], ("50.0%", "above 40 %"))
        self.assertEqual(got["categories", "b", "share"], ("50.0%", "above 40 %"))
        text = self.said("flag_over: 60%\n", form="md", log=log)
        self.assertNotIn("(above", text)
        self.assertIn("| 50.0% (above 40 %) |", self.said("flag_over: 40%\n", form="md", log=log))
        text = self.said("flag_over: 40%\n", form="html", log=log)
        self.assertIn("<span>above 40 %</span>", text)
        self.assertEqual(got["summary", "opened", "change"][0], "unchanged")
        self.assertEqual(got["summary", "csat", "change"][0], "unchanged")  # 0.00 when written
        # dan's complaints by hand: 2 of none is no percentage, and nothing that is 0 has an arrow
        for arrow in ("↑ 0", "↓ 0"):
            for form in ("csv", "md"):
                self.assertNotRegex(self.said("{}", form=form, log=log), arrow + r"(\.0+)?\b[^.]")

    def test_a_clear_change_is_told_in_words(self):
        lines = [complaint("ada", 1 + i // 9, i) for i in range(40)]
        lines += [complaint("ada", 31 + i // 9, 100 + i) for i in range(20)]
        lines += [{"type": "rated", "ts": APRIL + day * DAY, "agent": "ada", "score": score,
                   "src": "s", "id": f"r{day}{i}"}
                  for day, score in ((3, 4), (33, 3)) for i in range(20)]
        lines.append(complaint("ada", 75, 999))  # the months are over
        lines.sort(key=lambda e: e["ts"])
        log = self.write("less.ndjson", "".join(json.dumps(e) + "\n" for e in lines))
        got = self.cells("{}", log=log)
        for table_, row in (("summary", "complaints"), ("indicators", "complaints"),
                            ("compare_agent", "ada/complaints.num")):
            self.assertEqual(got[table_, row, "change"], ("↓ 50.0%", "better"))
        self.assertEqual(got["indicators", "csat", "change"], ("↓ 1.00", "worse"))
        self.assertIn("- complaints: **20** ↓ 50.0% (better)", self.said("{}", form="md", log=log))
        self.assertIn("↓ 50.0% · better</span>", self.said("{}", form="html", log=log))
        with open(log, "a", encoding="utf-8") as file:
            file.write("{\n")
        refused = run("report", log, "--format", "csv", "--month", "2026-05", code=1).stdout
        self.assertIn("quality,lines_refused,count,1,,1,look into it", refused)

    def test_names_that_are_left_out_are_told(self):
        """Where people read; programs get all of them. Who has most stands first."""
        lines = [{"type": "opened", "ts": at + i, "ticket": f"{at}{i}", "src": "s",
                  "category": f"c{i % 201:03}", "by": "customer", "id": f"{at}{i}"}
                 for at in (APRIL, MAY) for i in range(201 + 1)]
        log = self.write("names.ndjson", "".join(json.dumps(e) + "\n" for e in lines))
        text = self.said("{}", form="md", log=log)
        part = text.split("**category**")[1].split("\n## ")[0]
        self.assertIn("1 further names are left out here; --format csv has all of them.", part)
        self.assertEqual(part.splitlines()[4].split(" | ")[0], "| c000")
        self.assertEqual(part.count("| opened |"), 200)
        rows = {row for name, row, _ in self.cells("{}", log=log) if name == "compare_category"}
        self.assertEqual(len({row for row in rows if row.endswith("/opened.num")}), 201)

    @unittest.skipIf(MISSING, MISSING)
    def test_no_table_is_cut(self):
        """On paper nothing can be scrolled, on a phone nobody likes to: A4 has 186 mm between its
        margins. A card of sixteen items has more columns than a page has room for."""
        log, page = self.write("sim.ndjson", ""), self.write("page.html", "")
        run("simulate", "--to", log, "--start", APRIL, "--for", "35d", "--agents", "6", "--teams",
            "2", "--rate", "0.001", "--seed", "5", "--lang", "en")
        rates = ("csat_rate reopen_rate first_contact_resolution resolution_rate keep_rate "
                 "repeat_rate return_rate rework_rate survey_cover inspection_cover complaint_rate "
                 "resolved_within confirmed_rate sla_rate clearance occupancy").split()
        browser = Browser()
        self.addCleanup(browser.close)
        for items in (rates, rates[:2]):
            card = self.write("card.yaml", "targets: {resolution: 2h}\nscorecards:\n"
                              "  - id: a\n    window: 30d\n    items:\n" + "".join(
                                  f"      - {{indicator: {i}, weight: 1, baseline: 0.1, "
                                  "target: 0.5}\n" for i in items))
            run("report", log, "--config", card, "--month", "2026-05", "--no-charts", "--lang",
                "en", "-o", page)
            wide = """[...document.querySelectorAll("#agents table, #compare table")]
                .filter(t => t.offsetWidth > document.querySelector("main").clientWidth + 1)
                .map(t => t.caption ? t.caption.textContent : t.closest("section").id)"""
            shown = "[...document.querySelectorAll('#agents table')].map(t => t.offsetHeight > 100)"
            for media, width in (("screen", 390), ("print", 703)):
                browser.size(width, 900)
                browser.call("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia",
                             params={"media": media})
                browser.open("file://" + page)
                self.assertEqual(browser.run("return " + wide), [], media)
                self.assertEqual(browser.run("return " + shown), [True, True], media)
            self.assertEqual(browser.log(), [])


if __name__ == "__main__":
    unittest.main()

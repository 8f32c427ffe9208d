#!/usr/bin/python3
"""Indicators of the site's own in the evaluation report."""
import json
import unittest

from reported import DAY, START, Reported


class Own(Reported):
    """On the same log, with the same ways to read a report."""

    def test_the_sites_own(self):
        """What is measured, as a walk over the file sums it up: of all, and of each agent."""
        end = START + 7 * DAY
        own = """indicators:
  - {id: orders, kind: sum, measure: orders}
  - {id: order_size, kind: mean, measure: order_value, unit: CNY}
  - {id: conversion, kind: ratio, num: {sum: orders}, den: {sum: contacts}, unit: '%'}
  - {id: courses, kind: ratio, num: {count: trainings}, den: {count: contacts}, unit: '%'}
"""
        sums, seen = {}, set()
        with open(self.log, encoding="utf-8") as file:
            for one in map(json.loads, file):
                key = one["src"], one.get("id", one.get("seq"))
                if one["type"] != "measured" or key in seen:
                    continue
                seen.add(key)
                if START <= one["ts"] < end:
                    for name in "-", one["agent"]:
                        at = sums.setdefault(name, {}).setdefault(one["name"], [0, 0])
                        at[0] += 1
                        at[1] += one["value"]

        def want(name):
            of = {"trainings": [0, 0], **sums[name]}
            return {"orders": {"actual": of["orders"][1]},
                    "order_size": {"n": of["order_value"][0],
                                   "actual": of["order_value"][1] / of["order_value"][0]},
                    "conversion": {"n": of["contacts"][1],
                                   "actual": of["orders"][1] / of["contacts"][1]},
                    "courses": {"n": of["contacts"][0],
                                "actual": of["trainings"][0] / of["contacts"][0]}}

        card = own + """scorecards:
  - id: shop
    window: 30d
    items:
      - {indicator: conversion, weight: 50, baseline: 1%, target: 8%}
      - {indicator: orders, weight: 50, baseline: 1, target: 20}
"""
        got = self.report("--config", self.write("own.yaml", card), "--from", "2026-01-01",
                          "--to", "2026-01-07", "--as-of", "2026-01-08")
        self.assertGreater(len(sums), 15)
        rows, whole = got["indicators"], want("-")
        for wire, fields in whole.items():
            for field, value in fields.items():
                self.assertAlmostEqual(rows[wire][field], value, delta=1e-6, msg=wire)
        self.assertAlmostEqual(rows["conversion"]["attainment"],
                               whole["conversion"]["actual"] / 0.08, delta=1e-4)
        # One agent's goal is none of all of them.
        self.assertEqual((rows["orders"]["target"], rows["orders"]["attainment"]), ("", ""))
        self.assertRegex(rows["courses"]["interval"], r"^[\d.]+ – [\d.]+%$")  # of cases
        self.assertEqual(rows["conversion"]["interval"], "")  # of sums
        by = self.replay(end - 1, "7d", extra=own)
        for name in sums.keys() - {"-"}:
            window = next(iter(by["agent"][name].values()))
            self.assertEqual(window["orders"]["num"], sums[name]["orders"][1])
            self.assertAlmostEqual(window["conversion"]["value"],
                                   want(name)["conversion"]["actual"], delta=1e-6)
            self.assertEqual(window["order_size"]["unit"], "CNY")


    def test_who_has_only_what_the_card_asks_is_ranked_too(self):
        lines = [{"type": "measured", "ts": START + n * 1000, "agent": agent, "name": "orders",
                  "value": value, "src": "shop", "id": f"{agent}{n}"}
                 for n, (agent, value) in enumerate([("ada", 10), ("bob", 30), ("(x)", 20)])]
        lines += [{"type": "opened", "ts": START, "ticket": "T", "agent": "ada", "id": "t"}]
        log = self.write("few.ndjson", "".join(json.dumps(line) + "\n" for line in lines))
        card = """indicators:
  - {id: orders, kind: sum, measure: orders}
rules:
  - {id: fewer, indicator: orders, scope: agent, window: 7d, trend: relative, fire: "<= -30%"}
scorecards:
  - {id: shop, window: 30d, items: [{indicator: orders, weight: 100, baseline: 1, target: 40}]}
"""
        got = self.report("--config", self.write("few.yaml", card), "--from", "2026-01-01",
                          "--to", "2026-01-07", log=log)
        self.assertEqual({name: row["rank"] for name, row in got["agents"].items()},
                         {"bob": 1, "(x)": 2, "ada": 3})


if __name__ == "__main__":
    unittest.main()

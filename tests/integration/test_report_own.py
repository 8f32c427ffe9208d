#!/usr/bin/python3
"""Indicators of the site's own in the evaluation report."""
import json
import unittest

import test_report
from test_report import DAY, START


class Own(unittest.TestCase):
    """On the same log, with the same ways to read a report."""

    setUpClass = classmethod(test_report.Report.setUpClass.__func__)
    tearDownClass = classmethod(test_report.Report.tearDownClass.__func__)
    path = classmethod(test_report.Report.path.__func__)
    write = test_report.Report.write
    report = test_report.Report.report
    replay = test_report.Report.replay

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


if __name__ == "__main__":
    unittest.main()

"""What the numbers must be, by brute force: keeps everything, sorts everything, folds each ticket
and call from beginning to end, and adds up. Written from SEMANTICS.md, knows nothing of core/.

Covers the indicators that INDICATORS names, scopes all, agent and team, and the gauges open,
unassigned, waiting, paused. Not: merging, bulk load, bots by agent_info, the other indicators.
"""
import gzip
import json
import math
from collections import defaultdict

HOUR = 3600000
UNITS = {"m": 60000, "h": HOUR, "d": 24 * HOUR}
FCR_HORIZON, REOPEN_HORIZON, SHORT_ABANDON = 72 * HOUR, 7 * 24 * HOUR, 5000
RANKS = {kind: rank for rank, kind in enumerate(
    "opened assigned message paused resumed updated escalated resolved confirmed reopened closed "
    "merged rated recommended complained inspected followed_up visit_planned visit_arrived "
    "visit_ended return_requested returned call_offered call_rung call_answered call_held "
    "call_transferred call_abandoned call_ended agent_state shift agent_info state measured "
    "heartbeat".split())}
DURATIONS = ("first_response", "next_response", "first_resolution", "resolution",
             "requester_wait", "agent_work", "wait", "talk")
COUNTS = ("opened", "replies", "handled", "resolved", "resolved_tickets", "closed_unresolved",
          "reopened", "escalated", "transferred", "closed_without_reply", "calls_offered",
          "calls_answered", "calls_abandoned", "calls_short_abandoned")
RATIOS = ("first_contact_resolution", "reopen_rate", "resolution_rate", "answer_rate")
INDICATORS = DURATIONS + COUNTS + RATIOS
SCOPES = ("all", "agent", "team")


def read(path):
    with (gzip.open(path, "rt") if path.endswith(".gz") else open(path, encoding="utf-8")) as file:
        return [json.loads(line) for line in file]


def in_order(events):
    """Each event once, in the order in which its ticket sees it."""
    once = {}
    for e in events:
        key = (e.get("src"), "id", str(e["id"])) if "id" in e else (e.get("src"), e.get("seq"))
        once.setdefault(key, e)
    return sorted(once.values(), key=lambda e: (e["ts"], e.get("src", ""), e.get("seq", 0),
                                                RANKS[e["type"]], str(e.get("id", ""))))


class Ticket:
    """One ticket's state, and the samples that stand at the end of its events.

    A sample is (ts, indicator, value, agent, team)."""

    def __init__(self):
        self.agent = self.team = self.opened = self.waiting = self.resolver = self.ended = None
        self.last = {"agent": None, "team": None}   # the last owner that was not nobody
        self.first = {"agent": None, "team": None}  # the first one
        self.remembered = None  # a customer's message while resolved
        self.pause = None       # (since, reason)
        self.resolved = self.closed = self.replied = self.void = False
        self.gaps = self.pending = self.paused = self.replies = 0
        self.cycle = 1
        self.samples = []       # those that nothing takes back
        self.outcome = []       # of the latest resolve or unresolved close
        self.single = None      # first contact resolution, while it holds
        self.latest = None      # (ts, agent, team) of the latest resolve, until reopened
        self.touches = {}       # (scope, name) -> ts of the latest touch by a human
        self.ever_resolved = False

    def add(self, ts, indicator, value=1, owner=None):
        agent, team = owner or (self.agent, self.team)
        self.samples.append((ts, indicator, value, agent, team))

    def touch(self, ts, agent):
        for scope, name in (("all", "-"), ("agent", agent), ("team", self.team)):
            if name is not None:
                self.touches[scope, name] = ts

    def end_pause(self, ts):
        if self.pause:
            since, reason = self.pause
            self.paused += ts - since
            self.pending += ts - since if reason == "pending" else 0
        self.pause = None

    def end_waiting(self, ts, agent):
        if self.waiting is not None and not self.replied:
            self.add(ts, "closed_without_reply", owner=(agent, self.team))
        self.waiting = None

    def own(self, e):
        for part in ("agent", "team"):
            if part in e:
                setattr(self, part, e[part])

    def note_owner(self):
        for part in ("agent", "team"):
            name = getattr(self, part)
            if name is not None:
                self.last[part] = name
                self.first[part] = self.first[part] or name

    def on_opened(self, ts, e):
        for part in ("agent", "team"):
            if getattr(self, part) is None:
                setattr(self, part, e.get(part))
        if self.opened is None:
            self.opened = ts
            fresh = not (self.replied or self.resolved or self.closed)
            if e.get("by", "customer") == "customer" and self.waiting is None and fresh:
                self.waiting = ts

    def on_assigned(self, ts, e):
        if e["type"] == "escalated":
            self.add(ts, "escalated")
        elsewhere = any(e.get(part) and self.last[part] and e[part] != self.last[part]
                        for part in ("agent", "team"))
        if elsewhere and not self.resolved and not self.closed:
            self.add(ts, "transferred", owner=(self.last["agent"], self.last["team"]))
        self.own(e)

    on_escalated = on_assigned

    def on_updated(self, ts, e):
        self.own({k: v for k, v in e.items() if k == "team"})

    def on_message(self, ts, e):
        if not e.get("public", True) or e.get("auto", False):
            return
        if e["by"] == "customer" and e.get("needs_reply", True):
            if self.resolved or self.closed:
                self.remembered = ts if self.remembered is None else self.remembered
            elif self.waiting is None:
                self.waiting = ts
        elif e["by"] == "agent":
            agent = e.get("agent") or self.agent
            self.add(ts, "replies", owner=(agent, self.team))
            self.touch(ts, agent)
            if self.waiting is not None:
                which = "next_response" if self.replied else "first_response"
                self.add(ts, which, ts - self.waiting, (agent, self.team))
            self.waiting = self.remembered = None
            self.replied = True
            self.replies += 1

    def on_paused(self, ts, e):
        reason = e.get("reason") or "pending"
        if not self.resolved and not self.closed and (not self.pause or self.pause[1] != reason):
            self.end_pause(ts)
            self.pause = (ts, reason)

    def on_resumed(self, ts, e):
        self.end_pause(ts)

    def on_resolved(self, ts, e):
        if self.resolved:
            return
        if self.closed:
            self.reopen(ts)
        by = e.get("by", "agent")
        agent = {"bot": "(auto)", "system": "(auto)", "customer": "(customer)"}.get(by)
        agent = agent or e.get("agent") or self.agent
        owner = (agent, self.team)
        self.end_pause(ts)
        self.resolved, self.ended, self.resolver = True, ts, agent
        self.latest = (ts, *owner)
        self.add(ts, "resolved", owner=owner)
        if self.cycle == 1:
            self.add(ts, "first_cycles", owner=owner)
        self.outcome = [(ts, "resolved_tickets", 1, *owner)]
        if self.opened is not None:
            total = ts - self.opened - self.gaps
            self.outcome += [(ts, "resolution", total, *owner),
                             (ts, "requester_wait", total - self.pending, *owner),
                             (ts, "agent_work", total - self.paused, *owner)]
            if not self.ever_resolved:
                self.add(ts, "first_resolution", ts - self.opened, owner)
        self.ever_resolved = True
        if by == "agent":
            self.touch(ts, agent)
            if self.cycle == 1 and self.replies == 1:
                self.single = (ts, "single_contacts", 1, *owner)
        self.end_waiting(ts, agent)

    def on_closed(self, ts, e):
        outcome = e.get("outcome", "resolved")
        running = not self.resolved and not self.closed
        if outcome in ("spam", "duplicate"):
            self.void = True
        elif running and outcome == "resolved":
            self.on_resolved(ts, e)
        elif running:
            agent = e.get("agent") or self.agent
            self.end_pause(ts)
            self.ended = ts
            self.outcome = [(ts, "closed_unresolved", 1, agent, self.team)]
            self.end_waiting(ts, agent)
        self.closed = True

    def on_reopened(self, ts, e):
        if not self.resolved and not self.closed:
            return
        self.reopen(ts)
        by_customer = e.get("by", "customer") == "customer"
        self.waiting = self.remembered or (ts if by_customer else None)
        self.remembered = None

    def reopen(self, ts):
        self.gaps += ts - self.ended
        self.add(ts, "reopened", owner=(self.resolver, self.team))
        if self.latest and ts - self.latest[0] <= REOPEN_HORIZON:
            self.add(self.latest[0], "reopened_soon", owner=self.latest[1:])
        if self.single and ts - self.single[0] <= FCR_HORIZON:
            self.single = None
        elif self.single:
            self.samples.append(self.single)
            self.single = None
        self.resolved = self.closed = False
        self.ended = self.latest = None
        self.cycle += 1

    def fold(self, e):
        handler = getattr(self, "on_" + e["type"], None)
        if handler:
            handler(e["ts"], e)
            self.note_owner()

    def all_samples(self):
        """-> (ts, indicator, value, scope, name)"""
        if self.void:
            return
        for ts, indicator, value, agent, team in (self.samples + self.outcome
                                                  + [s for s in [self.single] if s]):
            yield from spread(ts, indicator, value, agent, team)
        for (scope, name), ts in self.touches.items():
            yield ts, "handled", 1, scope, name
        if self.opened is not None:
            yield from spread(self.opened, "opened", 1, self.first["agent"], self.first["team"])


def spread(ts, indicator, value, agent, team):
    for scope, name in (("all", "-"), ("agent", agent), ("team", team)):
        if name is not None:
            yield ts, indicator, value, scope, name


def call_samples(events):
    """The same of one call."""
    offered = outcome = answered = agent = team = None
    talked = False
    rings = []  # each ring of an agent; the last one before the answer by that agent was answered
    for e in events:
        ts = e["ts"]
        if e["type"] == "call_rung":
            rings.append([ts, e["agent"], False])
        if e["type"] == "call_offered" and offered is None:
            offered, team = ts, e.get("team")
            yield from spread(ts, "calls_offered", 1, None, team)
        elif e["type"] in ("call_answered", "call_abandoned") and outcome is None:
            outcome = e["type"]
            if outcome == "call_answered":
                answered, agent = ts, e.get("agent")
                for ring in [r for r in rings if r[1] == agent][-1:]:
                    ring[2] = True
            if offered is None:
                continue
            if outcome == "call_answered":
                yield from spread(offered, "calls_answered", 1, None, team)
                yield from spread(ts, "wait", ts - offered, agent, team)
            else:
                short = "short_" if ts - offered < SHORT_ABANDON else ""
                yield from spread(offered, f"calls_{short}abandoned", 1, None, team)
        elif e["type"] == "call_ended" and answered is not None and not talked:
            talked = True
            yield from spread(ts, "talk", ts - answered, agent, team)
    for ts, rung, taken in rings:
        yield ts, "rings", 1, "agent", rung
        if taken:
            yield ts, "rings_taken", 1, "agent", rung


def duration_numbers(values):
    values.sort()
    numbers = {"n": len(values), "mean": sum(values) / len(values), "min": values[0],
               "max": values[-1]}
    for percent in (50, 75, 90, 95, 99):
        numbers[f"p{percent}"] = values[max(1, math.ceil(percent * len(values) / 100)) - 1]
    return numbers


def window_numbers(values):
    """{indicator: [values]} of one name in one window -> {indicator: {field: number}}"""
    count = {indicator: len(v) for indicator, v in values.items()}
    count = defaultdict(int, count)
    numbers = {i: duration_numbers(values[i]) for i in DURATIONS if values.get(i)}
    numbers.update({i: {"num": count[i]} for i in COUNTS if count[i]})
    for ratio, num, den in (
            ("first_contact_resolution", count["single_contacts"], count["first_cycles"]),
            ("reopen_rate", count["reopened_soon"], count["resolved"]),
            ("resolution_rate", count["resolved_tickets"],
             count["resolved_tickets"] + count["closed_unresolved"]),
            # Of an agent: of the rings, those taken; else of the calls.
            ("answer_rate", count["rings_taken"] + count["calls_answered"],
             count["rings"] + count["calls_answered"] + count["calls_abandoned"])):
        if den:
            numbers[ratio] = {"num": num, "den": den}
    return numbers


def compute(events, at, windows):
    """{scope: {name: {window: {indicator: {field: number}}}}, "now": {gauge: number}} at `at`."""
    tickets, calls = defaultdict(Ticket), defaultdict(list)
    for e in in_order(events):
        if e["ts"] > at:
            continue
        if e["type"].startswith("call_"):
            calls[e["call"]].append(e)
        elif "ticket" in e:
            tickets[e["ticket"]].fold(e)
    samples = [s for t in tickets.values() for s in t.all_samples()]
    samples += [s for events in calls.values() for s in call_samples(events)]
    result = {scope: {} for scope in SCOPES}
    for window in windows:
        edge = at // 1000 - int(window[:-1]) * UNITS[window[-1]] // 1000
        found = defaultdict(lambda: defaultdict(list))
        for ts, indicator, value, scope, name in samples:
            if edge < ts // 1000 <= at // 1000:
                found[scope, name][indicator].append(value)
        for (scope, name), values in found.items():
            numbers = window_numbers(values)
            if numbers:
                result[scope].setdefault(name, {})[window] = numbers
    live = [t for t in tickets.values() if not t.resolved and not t.closed]
    result["now"] = {"open": len(live), "unassigned": sum(t.agent is None for t in live),
                     "waiting": sum(t.waiting is not None for t in live),
                     "paused": sum(t.pause is not None for t in live)}
    return result

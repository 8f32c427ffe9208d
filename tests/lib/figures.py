"""Compares what `ticketpulse replay --json` printed with what an oracle computed.

An oracle's result: {scope: {name: {window: {indicator: {field: value}}}}, "now": {gauge: value}}.
Counts, minimum and maximum must be equal, means within 1 ms (durations) or 0.005 (scores),
percentiles within 1 %. Both ways: what one side has and the other has not is a difference.
"""
import json

PERCENTILES = ("p50", "p75", "p90", "p95", "p99")
EXACT = ("n", "num", "den", "min", "max")


def read_replay(lines):
    """-> (snapshots as {scope: {name: {window: …}}}, gauges of scope all, alerts, summary)"""
    snapshots, now, alerts, summary = {}, {}, [], None
    for line in lines:
        message = json.loads(line)
        if "summary" in message:
            summary = message["summary"]
        elif "alert_id" in message:
            alerts.append(message)
        else:
            snapshots.setdefault(message["scope"], {})[message["name"]] = message["windows"]
            if message["scope"] == "all":
                now = message["now"]
    return snapshots, now, alerts, summary


def close(field, want, got):
    if want is None or got is None:
        return want is got
    if field in EXACT:
        return want == got
    if field == "mean":
        return abs(want - got) <= (1 if abs(want) > 10 else 0.005)
    if field in PERCENTILES:
        return abs(want - got) <= 0.01 * abs(want) + 1e-9
    return True


def is_empty(numbers):
    """Nothing in it: an oracle leaves such an indicator out."""
    return not any(numbers.get(f) for f in ("n", "num", "den"))


def compare(want, snapshots, now, windows, scopes, indicators):
    """-> (how many numbers were compared, list of differences as text)"""
    compared, wrong = 0, []
    for scope in scopes:
        names = set(want.get(scope, {})) | set(snapshots.get(scope, {}))
        for name in names:
            for window in windows:
                left = want.get(scope, {}).get(name, {}).get(window, {})
                right = snapshots.get(scope, {}).get(name, {}).get(window, {})
                for indicator in indicators:
                    a, b = left.get(indicator), right.get(indicator)
                    if (a is None or is_empty(a)) and (b is None or is_empty(b)):
                        continue
                    where = f"{scope} {name} {window} {indicator}"
                    if a is None or b is None:
                        wrong.append(f"{where}: oracle {a}, replay {b}")
                        continue
                    for field in a:
                        compared += 1
                        if not close(field, a[field], b.get(field)):
                            wrong.append(f"{where}.{field}: oracle {a[field]}, "
                                         f"replay {b.get(field)}")
    for gauge, value in want.get("now", {}).items():
        compared += 1
        if now.get(gauge) != value:
            wrong.append(f"now {gauge}: oracle {value}, replay {now.get(gauge)}")
    return compared, wrong

"""What a report says, and what replay says of the same, in one shape to compare."""
import csv
import io


def table(text):
    """A CSV report as {table: {row: {column: value or text}}}."""
    ret = {}
    for line in csv.DictReader(io.StringIO(text)):
        row = ret.setdefault(line["table"], {}).setdefault(line["row"], {})
        row[line["column"]] = float(line["value"]) if line["value"] else line["text"]
    return ret


def mixes(snapshots, scope="all", name="-"):
    """Table -> {part: (num, share, flagged)} of the only window; the categories are the first."""
    window = next(iter(snapshots[scope][name].values()))
    ret = {}
    for of, by_what in window.get("mix", {}).items():
        for by, mix in by_what.items():
            key = "categories" if (of, by) == ("opened", "category") else f"{of}.{by}"
            ret[key] = {p["name"]: (p["num"], p["value"]) for p in mix["parts"]}
    return ret


def aspects(snapshots, scope="all", name="-"):
    window = next(iter(snapshots[scope][name].values()))
    return {key[5:]: (v["mean"], v["n"]) for key, v in window.items() if key.startswith("csat.")}


def numbers(snapshots, scope="all", name="-"):
    """Indicator -> (what a report shows of it) of the only window."""
    window = next(iter(snapshots[scope][name].values()))
    ret = {}
    for key, value in window.items():
        if not isinstance(value, dict):
            continue
        if "p50" in value:
            ret[key] = {"n": value["n"], "actual": value["p50"]}
        elif "mean" in value:
            ret[key] = {"n": value["n"], "actual": value["mean"]}
        elif "value" in value:
            ret[key] = {"n": value["den"], "actual": value["value"]}
            if value.get("pending", 0) > 0:
                ret[key]["actual.pending"] = value["pending"]
            if value.get("pending", 0) > 0 and value["value_mature"] is not None:
                ret[key]["actual.mature"] = value["value_mature"]
        elif "num" in value:
            ret[key] = {"actual": value["num"]}
        if value.get("met", 0) + value.get("missed", 0) > 0:
            ret[key]["attainment"] = value["met"] / (value["met"] + value["missed"])
    return ret

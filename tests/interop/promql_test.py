#!/usr/bin/env python3
"""PromQL beside Debian's Prometheus 2.42: random queries, the same data, the same answers.

  tests/interop/promql_test.py [--queries N] [--seed S]

Compared are the kind of result, labels, times, values, the order after sort() and, of errors, kind and text.
Values agree when their bits do, or within 1e-12 of their size: Go's and C's sin, exp or pow differ in the last
bits. After such functions everything that follows is compared within 1e-9.

  Where a remainder, a comparison
or a rounding follows, such a bit may become anything: these are counted as "last bit" and may be few.

What Prometheus does not decide:
- Over several steps it keeps the series of most expressions in a Go map, whose order is random, and what is
  computed from them in this order (sums, averages, ties of topk) differs from run to run. When an answer
  differs, Prometheus is asked again: if its own answers differ from each other, there is nothing to compare with.
- count_values by three labels: Prometheus 2.42 writes its own label over the last of them after the first step
  (append() into a slice with room). No such query is made.
- With equal values sort() leaves the order open.
- Of two errors in one query, which is met first may depend on that order too.
"""

import argparse
import collections
import json
import math
import os
import re
import struct
import subprocess
import sys
import urllib.parse
from http.client import HTTPConnection
from typing import Any, Optional

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import promql_queries  # noqa: E402

OPTIONS = argparse.Namespace(queries=1500, seed=1, show=20, undecided=False)
# What makes a last bit large: remainders, steps, differences, which of two is more.
AMPLIFIERS = ("%", "floor", "ceil", "round", "sgn", "=", "<", ">", " - ", "stddev", "stdvar", "deriv", "rate", "delta",
              "increase", "changes", "resets", "topk", "bottomk", "quantile", "day", "month", "year", "hour", "minute",
              "predict_linear", "sqrt", "label_")
ASK_AGAIN = 60


class Prometheus:
    def __init__(self, case: kt.Case, text: str):
        promtool, program = kt.need_program("promtool"), kt.need_program("prometheus")
        blocks = case.path("tsdb")
        subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", case.write("data.om", text), blocks],
                       check=True, stdout=subprocess.DEVNULL)
        config = case.write("prometheus.yml", "global: {scrape_interval: 1h}\n")
        process = case.start("prometheus", [program, f"--config.file={config}", f"--storage.tsdb.path={blocks}",
                                            "--web.listen-address=127.0.0.1:0", "--storage.tsdb.retention.time=100y"])
        port = kt.wait_until(lambda: process.running() and kt.listening_ports(process.pid), 30, "prometheus")[0]
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        kt.wait_until(lambda: self.ask({"query": "1", "time": 0})["status"] == "success", 30, "an answer")

    def ask(self, query: dict[str, Any]) -> dict[str, Any]:
        path = "/api/v1/query_range" if "start" in query else "/api/v1/query"
        try:
            self.connection.request("POST", path, urllib.parse.urlencode(query),
                                    {"Content-Type": "application/x-www-form-urlencoded"})
            answer = self.connection.getresponse().read()
            return json.loads(answer)
        except (OSError, ValueError):
            self.connection.close()
            return {"status": "none"}


class Kizashi:
    def __init__(self, case: kt.Case):
        self.process = subprocess.Popen([kt.binary(), "query", "batch", "--file", case.path("data.om")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, query: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(query).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"kizashi ended at {json.dumps(query)}"
        return json.loads(line)


def bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack(">d", value)


def near(left: str, right: str, tolerance: float) -> bool:
    a, b = float(left), float(right)
    if bits(a) == bits(b):
        return True
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return False
    # Near zero what is left of a difference of large numbers counts as nothing.
    return abs(a - b) <= max(tolerance * max(abs(a), abs(b)), 0 if tolerance < 1e-10 else 1e-10)


def names_a_tie(query: str, ours: str, theirs: str) -> bool:
    """Both refuse for the same reason, and name two of the series that a sort had left in any order:
    Go's sort.Sort, which Prometheus sorts with, is not stable."""
    series = re.compile(r": \[.*\];")
    sorts = any(word in query for word in ("sort", "topk", "bottomk"))
    return sorts and "duplicate series" in ours and series.sub("", ours, 1) == series.sub("", theirs, 1)


def differs(query: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> Optional[str]:
    """What is different, or nothing."""
    if ours["status"] != theirs["status"]:
        return "status"
    if theirs["status"] == "error":
        text = theirs["error"]
        prefix = 'invalid parameter "query": '
        text = text[len(prefix):] if text.startswith(prefix) else text
        if ours["errorType"] != theirs["errorType"]:
            return "error type"
        return None if ours["error"] == text else "error text"
    left, right = ours["data"], theirs["data"]
    if left["resultType"] != right["resultType"]:
        return "result type"
    tolerance = 1e-9 if any(word in query["query"] for word in promql_queries.INEXACT) else 1e-12
    if left["resultType"] == "string":
        return None if left["result"][1] == right["result"][1] else "string"
    if left["resultType"] == "scalar":
        same = left["result"][0] == right["result"][0] and near(left["result"][1], right["result"][1], tolerance)
        return None if same else "scalar"
    return differing_series(query["query"], left["result"], right["result"], tolerance)


def differing_series(text: str, left: list[Any], right: list[Any], tolerance: float) -> Optional[str]:
    def by_labels(result: list[Any]) -> dict[str, Any]:
        return {json.dumps(one["metric"], sort_keys=True): one for one in result}

    mine, others = by_labels(left), by_labels(right)
    if len(mine) != len(left) or mine.keys() != others.keys():
        return "labels"
    for key, one in mine.items():
        points = [one["value"]] if "value" in one else one["values"]
        wanted = [others[key]["value"]] if "value" in one else others[key]["values"]
        if [at for at, _ in points] != [at for at, _ in wanted]:
            return "times"
        if not all(near(a, b, tolerance) for (_, a), (_, b) in zip(points, wanted)):
            return "values"
    if text.startswith("sort") and left and "value" in left[0]:
        if [one["value"][1] for one in left] != [one["value"][1] for one in right] and tolerance < 1e-10:
            return "order"
    return None


def is_last_bit(text: str) -> bool:
    inexact = sum(text.count(word) for word in promql_queries.INEXACT)
    return inexact > 1 or inexact == 1 and any(word in text for word in AMPLIFIERS)


def test_random_queries(case: kt.Case) -> None:
    rng = promql_queries.random.Random(OPTIONS.seed)
    prometheus = Prometheus(case, promql_queries.open_metrics(promql_queries.make_series(rng)))
    kizashi = Kizashi(case)
    generator = promql_queries.Generator(OPTIONS.seed)
    counts: collections.Counter[str] = collections.Counter()
    shown = 0
    for _ in range(OPTIONS.queries):
        query = generator.query()
        ours, theirs = kizashi.ask(query), prometheus.ask(query)
        counts["errors" if theirs["status"] == "error" else
               "empty" if not theirs.get("data", {}).get("result") else "answers"] += 1
        what = differs(query, ours, theirs)
        if what is None:
            continue
        again = []  # of a small map, most orders are rare
        while len(again) < ASK_AGAIN and not (again and differs(query, ours, again[-1]) is None):
            again.append(prometheus.ask(query))
        if differs(query, ours, again[-1]) is None:
            counts["undecided, one agrees"] += 1
        elif any(json.dumps(differs(query, theirs, one)) != "null" for one in again):
            counts["undecided, none agrees"] += 1
            if OPTIONS.undecided:
                print(f"undecided: {json.dumps(query)}", file=sys.stderr)
        elif what == "error text" and names_a_tie(query["query"], ours["error"], theirs["error"]):
            counts["undecided, the order of a tie"] += 1
        elif what != "error text" and is_last_bit(query["query"]):
            counts["last bit"] += 1
            if OPTIONS.undecided:
                print(f"last bit: {json.dumps(query)}", file=sys.stderr)
        else:
            counts[f"different {what}"] += 1
            if shown < OPTIONS.show:
                shown += 1
                print(f"{what}: {json.dumps(query)}\n  ours   {json.dumps(ours)[:700]}\n"
                      f"  theirs {json.dumps(theirs)[:700]}", file=sys.stderr)
    print(f"promql: seed {OPTIONS.seed}, {OPTIONS.queries} queries: {dict(counts)}", file=sys.stderr)
    different = sum(count for what, count in counts.items() if what.startswith("different"))
    assert counts["last bit"] <= 2 + OPTIONS.queries // 1000, counts
    assert different == 0, f"{different} answers differ from Prometheus' (seed {OPTIONS.seed})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=OPTIONS.queries)
    parser.add_argument("--seed", type=int, default=OPTIONS.seed)
    parser.add_argument("--show", type=int, default=OPTIONS.show, help="differences printed at most")
    parser.add_argument("--undecided", action="store_true", help="print queries that Prometheus has no one answer to")
    OPTIONS = parser.parse_args()
    sys.argv = sys.argv[:1]
    kt.main(test_random_queries)

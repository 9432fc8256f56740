#!/usr/bin/env python3
"""The minutes at which SLOs fire and clear, beside Debian's promtool on the rules of Sloth and in Pyrra's shape.

Sloth's are its own generated rules (../shared/data/slo/sloth/_gen), Pyrra's are exported here. Both are run on the same
series as `kizashi slo replay`. Their named defects are left out of the series: an error series that is born with a
value loses it (rate() needs two samples), a window without traffic is 0/0 and ends an alert, and one failure of a quiet
service pages. Edges may be off by a minute: rate() stretches what lies between the first and the last sample of a
window to the window's ends.
"""

import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/data/slo")
MINUTES = 9 * 60

EDGE_MINUTES = 1

def steps(rng, shape):
    """The bad share and the requests of every minute."""
    bad, requests = [0.0] * MINUTES, [6000] * MINUTES
    if shape == "outage":
        begin = rng.randrange(400, 440)
        for m in range(begin, begin + rng.randrange(5, 60)):
            bad[m] = 1.0
    elif shape == "partial":
        begin = rng.randrange(390, 420)
        share = rng.choice([0.02, 0.05, 0.1, 0.3])
        for m in range(begin, begin + rng.randrange(30, 100)):
            bad[m] = share
    elif shape == "bumps":
        for _ in range(6):
            begin = rng.randrange(370, 520)
            for m in range(begin, begin + rng.randrange(1, 8)):
                bad[m] = rng.choice([0.05, 0.5, 1.0])
    elif shape == "healthy":
        bad = [0.0003] * MINUTES
    return bad, requests


def counters(bad, requests):
    good_total, bad_total, goods, bads = 0, 0, [], []
    for share, count in zip(bad, requests):
        failures = round(share * count)
        good_total += count - failures
        bad_total += failures
        goods.append(good_total)
        bads.append(bad_total)
    return goods, bads


def write_series(path, good_series, bad_series, goods, bads):
    with open(path, "w") as out:
        out.write("interval: 1m\ninput_series:\n")
        for series, values in ((good_series, goods), (bad_series, bads)):
            out.write(f"- series: '{series}'\n  values: '{' '.join(str(v) for v in values)}'\n")


def promtool_minutes(case, rules, good_series, bad_series, goods, bads, matcher):
    """For each value of the label that tells severities apart: the minutes at which an alert fires."""
    test = case.path("test.yaml")
    with open(test, "w") as out:
        out.write(f"rule_files: ['{rules}']\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n")
        for series, values in ((good_series, goods), (bad_series, bads)):
            out.write(f"  - series: '{series}'\n    values: '{' '.join(str(v) for v in values)}'\n")
        out.write("  promql_expr_test:\n")
        for minute in range(MINUTES):
            # Never true of anything, so that promtool prints what there is.
            out.write(f"  - expr: ALERTS{{alertstate=\"firing\"}}\n    eval_time: {minute}m\n"
                      "    exp_samples: [{labels: never, value: 1}]\n")
    result = subprocess.run(["promtool", "test", "rules", test], capture_output=True, text=True)
    text = result.stdout + result.stderr
    minutes = {}
    for at, got in re.findall(r'time: ([0-9hms]+),\s*exp: ?.*\s*got: ?(.*)', text):
        seconds = sum(int(n) * {"h": 3600, "m": 60, "s": 1}[u] for n, u in re.findall(r"(\d+)([hms])", at))
        for severity in set(re.findall(matcher, got)):
            minutes.setdefault(severity, set()).add(seconds // 60)
    assert "got:" in text, text[:500]
    return minutes


def our_minutes(case, spec, slo):
    result = case.run("slo", "replay", spec, case.path("series.yaml"), "--slo", slo, "--format", "json")
    assert result.returncode == 0, result.stderr[:500]
    minutes = {}
    for line in result.stdout.splitlines():
        row = json.loads(line)
        for pair in row["pairs"]:
            if pair["firing"]:
                minutes.setdefault(pair["severity"], set()).add(round(row["time"]) // 60)
    return minutes


def edges(minutes):
    """(begin, end) of every stretch."""
    spans = []
    for minute in sorted(minutes):
        if spans and spans[-1][1] == minute - 1:
            spans[-1][1] = minute
        else:
            spans.append([minute, minute])
    return spans


def compare(what, theirs, ours):
    """How many edges were compared; fails on one that is off by more than EDGE_MINUTES."""
    compared = 0
    for severity in sorted(set(theirs) | set(ours)):
        a, b = edges(theirs.get(severity, ())), edges(ours.get(severity, ()))
        if len(a) != len(b):  # what fires for no longer than an edge may be off is one at the other's
            a, b = ([span for span in spans if span[1] - span[0] >= EDGE_MINUTES] for spans in (a, b))
        same = len(a) == len(b) and all(abs(x - y) <= EDGE_MINUTES for p, q in zip(a, b) for x, y in zip(p, q))
        assert same, f"{what}, {severity}: promtool {a}, kizashi {b}"
        compared += 2 * len(a)
    return compared


def run(case, rules, spec, slo, series, matcher, rename, seeds):
    good_series, bad_series = series
    compared = exact = 0
    for shape in ("healthy", "outage", "partial", "bumps"):
        for seed in range(1 if shape == "healthy" else seeds):
            rng = random.Random(f"{shape} {seed}")
            goods, bads = counters(*steps(rng, shape))
            write_series(case.path("series.yaml"), good_series, bad_series, goods, bads)
            theirs = promtool_minutes(case, rules, good_series, bad_series, goods, bads, matcher)
            theirs = {rename.get(name, name): minutes for name, minutes in theirs.items()}
            ours = our_minutes(case, spec, slo)
            compared += compare(f"{slo} {shape} {seed}", theirs, ours)
            exact += sum(1 for name in theirs for p, q in zip(edges(theirs[name]), edges(ours[name]))
                         for x, y in zip(p, q) if x == y)
    print(f"{slo}: {compared} minutes at which an alert fires or clears, {exact} the same to the minute", file=sys.stderr)
    assert compared >= 20, "too few alerts to compare"


def test_sloth(case: kt.Case) -> None:
    kt.need_program("promtool")
    if not os.path.isdir(SHARED):
        kt.skip(SHARED)
    series = ('http_request_duration_seconds_count{job="myservice",code="200"}',
              'http_request_duration_seconds_count{job="myservice",code="500"}')
    run(case, os.path.abspath(f"{SHARED}/sloth/_gen/getting-started.yml"), f"{SHARED}/sloth/getting-started.yml",
        "requests-availability", series, r'sloth_severity="(page|ticket)"', {}, 4)


def test_pyrra(case: kt.Case) -> None:
    kt.need_program("promtool")
    spec = case.write("spec.yaml", """apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: shop-requests}
spec:
  target: '99.5'
  window: 28d
  indicator:
    ratio:
      errors: {metric: 'requests_total{code=~"5.."}'}
      total: {metric: requests_total}
""")
    exported = case.run("slo", "export", spec, "--to", "rules-pyrra")
    assert exported.returncode == 0, exported.stderr
    rules = case.write("rules.yaml", exported.stdout.decode())
    run(case, rules, spec, "shop-requests", ('requests_total{code="200"}', 'requests_total{code="500"}'),
        r'severity="(critical|warning)"', {"critical": "page", "warning": "ticket"}, 4)


if __name__ == "__main__":
    kt.main(test_sloth, test_pyrra)

#!/usr/bin/env python3
"""Runs the conformance suite of SLO budgets and alerts (README.md) on `kizashi slo replay`."""

import json
import os
import sys
from fractions import Fraction

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../lib"))
import kizashi_test as kt  # noqa: E402


def value(text) -> Fraction:
    """A number or a sum of fractions, such as "1-5000/10050"."""
    if not isinstance(text, str):
        return Fraction(text)
    total = Fraction(0)
    for term in text.replace("-", "+-").split("+"):
        total += Fraction(term) if term else 0
    return total


def close(a: float, b: Fraction) -> bool:
    return abs(a - float(b)) <= 1e-9 * max(1.0, abs(float(b)))


def check_rows(rows, expected) -> list:
    wrong = []
    for want in expected:
        row = rows[want["minute"] * 60]
        for key, name in (("good", "good"), ("total", "total"), ("remaining", "budget_remaining"),
                          ("coverage", "coverage")):
            if key in want and not close(row[name], value(want[key])):
                wrong.append(f"minute {want['minute']}: {name} is {row[name]}, expected {want[key]}")
    return wrong


def check_alerts(rows, expected) -> list:
    wrong = []
    for severity, want in expected.items():
        if want == "any":
            continue
        minutes = [int(time // 60) for time, row in rows.items()
                   if any(pair["firing"] and pair["severity"] == severity for pair in row["pairs"])]
        got = [minutes[0], minutes[-1]] if minutes else []
        if got != want:
            wrong.append(f"{severity} fires from and to minute {got}, expected {want}")
    return wrong


def run_case(case: kt.Case, name: str) -> list:
    folder = os.path.join(HERE, name)
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
        expected = json.load(file)
    more = ["--start", expected["start"]] if "start" in expected else []
    result = case.run("slo", "replay", os.path.join(folder, "slo.yaml"), os.path.join(folder, "series.yaml"), "--format",
                      "json", *more)
    if result.returncode != 0:
        return [result.stderr.decode()[:500]]
    rows = {json.loads(line)["time"]: json.loads(line) for line in result.stdout.splitlines()}
    return check_rows(rows, expected["rows"]) + check_alerts(rows, expected.get("alerts", {}))


def test_conformance(case: kt.Case) -> None:
    names = sorted(name for name in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, name)) and name[0] != "_")
    wrong = [f"{name}: {text}" for name in names for text in run_case(case, name)]
    print(f"{len(names)} cases", file=sys.stderr)
    assert len(names) >= 20 and not wrong, "\n".join(wrong)


if __name__ == "__main__":
    kt.main(test_conformance)

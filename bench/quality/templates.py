#!/usr/bin/env python3
"""Accuracy of `kizashi logs templates` on labelled logs: GA, FGA, PA and FTA as Loghub-2.0 defines them.

templates.py [--data FOLDER] [--build FOLDER] [--shuffles N] [--misses NAME]

FOLDER holds a folder for each log, with NAME_2k.log_structured_corrected.csv in it (columns Content and
EventTemplate). The program gets the Content column, one line a message, and nothing else. With
--shuffles the set of templates is compared over as many orders of the lines. --misses prints the
templates of one log that were not found.

Of a log with lines i, true templates t(i) and printed templates p(i):
  GA   share of lines whose group by p is exactly their group by t
  FGA  harmonic mean of precision (groups by p that are groups by t, of all groups by p) and recall
  PA   share of lines with p(i) = t(i), as text
  FTA  as FGA, of groups by p that are groups by t and have its text
Source: Jiang et al. 2024, "A Large-Scale Evaluation for Log Parsing Techniques: How Far Are We?".
"""

import argparse
import collections
import csv
import os
import random
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMES = ("GA", "FGA", "PA", "FTA")


def groups(labels: list[str]) -> dict[str, frozenset[int]]:
    members = collections.defaultdict(list)
    for line, label in enumerate(labels):
        members[label].append(line)
    return {label: frozenset(lines) for label, lines in members.items()}


def harmonic(hits: int, printed: int, true: int) -> float:
    return 2 * hits / (printed + true) if printed + true else 0.0


def measure(true: list[str], printed: list[str]) -> tuple[float, float, float, float]:
    by_true = groups(true)
    by_printed = groups(printed)
    lines_of = {lines: label for label, lines in by_true.items()}
    same = [(label, lines) for label, lines in by_printed.items() if lines in lines_of]
    in_text = [label for label, lines in same if lines_of[lines] == label]
    return (sum(len(lines) for _, lines in same) / len(true),
            harmonic(len(same), len(by_printed), len(by_true)),
            sum(a == b for a, b in zip(true, printed)) / len(true),
            harmonic(len(in_text), len(by_printed), len(by_true)))


def check_by_hand() -> None:
    """Five lines; worked out on paper: group {0,1} is right and in text, {2} and {3} split {2,3}, {4} is
    right with another text."""
    true = ["a <*>", "a <*>", "b <*>", "b <*>", "c"]
    printed = ["a <*>", "a <*>", "b x", "b <*>", "C"]
    expected = (3 / 5, 2 * 2 / (4 + 3), 3 / 5, 2 * 1 / (4 + 3))
    assert measure(true, printed) == expected, (measure(true, printed), expected)
    assert measure(true, true) == (1, 1, 1, 1)


def templates(program: str, lines: list[str]) -> list[str]:
    text = "".join(line.replace("\n", " ") + "\n" for line in lines)
    done = subprocess.run([program, "logs", "templates", "--format", "csv", "-"], input=text.encode(),
                          stdout=subprocess.PIPE, check=True, timeout=120)
    rows = list(csv.reader(done.stdout.decode("utf-8", "replace").splitlines()))
    assert rows[0] == ["line", "template_id", "template"] and len(rows) == len(lines) + 1
    return [row[2] for row in rows[1:]]


def row(name: str, figure: float, spread: str) -> None:
    print(f"{name}\t{figure:.4f}\tshare\t{spread}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.path.join(ROOT, "..", "shared", "data", "loghub-2k"))
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--shuffles", type=int, default=0)
    parser.add_argument("--misses", default="")
    options = parser.parse_args()
    check_by_hand()
    program = os.path.join(options.build, "kizashi")
    if not os.path.isdir(options.data):
        print(f"templates: no labelled logs at {options.data}: nothing was measured", file=sys.stderr)
        return 0
    sums = [0.0] * 4
    logs = sorted(name for name in os.listdir(options.data) if os.path.isdir(os.path.join(options.data, name)))
    worst = 1.0
    for name in logs:
        path = os.path.join(options.data, name, f"{name}_2k.log_structured_corrected.csv")
        with open(path, newline="", encoding="utf-8") as file:
            labelled = list(csv.DictReader(file))
        lines = [one["Content"] for one in labelled]
        true = [one["EventTemplate"] for one in labelled]
        printed = templates(program, lines)
        measured = measure(true, printed)
        sums = [a + b for a, b in zip(sums, measured)]
        for what, figure in zip(NAMES, measured):
            row(f"templates/{name}/{what}", figure, f"{len(set(printed))} of {len(set(true))}")
        for seed in range(options.shuffles):
            order = list(lines)
            random.Random(seed).shuffle(order)
            again = set(templates(program, order))
            worst = min(worst, len(again & set(printed)) / len(again | set(printed)))
        if name == options.misses:
            for label in sorted(set(true) - set(printed)):
                print(f"  not found: {label}", file=sys.stderr)
    for what, total in zip(NAMES, sums):
        row(f"templates/mean/{what}", total / len(logs), f"{len(logs)} logs")
    if options.shuffles:
        row("templates/jaccard-least", worst, f"{options.shuffles} orders of each")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How well prices and forecasts of redundancy groups hold, each figure beside reach and aim.

price_quality.py [--data FOLDER] [--build FOLDER] [--fleets N] [--groups N]
                 [--group-seeds N,N,...]

FOLDER holds DEPL of the OpenStack fault injections (Failure_Labels.txt, LCS_with_VMM.tsv); without it
that row is left out, and the script says so. Exit code: 0 every row reached, 1 one did not.
"""

import argparse
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def figures(*command: str) -> dict:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    print(done.stdout, end="", file=sys.stderr)
    return {name: float(value) for name, value in
            (line.split("\t") for line in done.stdout.splitlines() if "\t" in line)}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.path.join(ROOT, "../shared/data/openstack-failures/DEPL"))
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--fleets", default="60")
    parser.add_argument("--groups", default="100", help="of each seed")
    parser.add_argument("--group-seeds", default="11,12,13", help="the rule was made on others")
    asked = parser.parse_args()
    program = os.path.join(asked.build, "bench/price_figures")
    rows = []  # what, figure, reach, aim, more is better
    if os.path.isdir(asked.data):
        depl = figures(program, "depl", asked.data)
        rows.append(("price: OpenStack DEPL, 10-fold, Brier skill", depl["depl_brier_skill"], 0.80, 0.92, True))
    else:
        print(f"left out: {asked.data} is not there", file=sys.stderr)
    fleets = figures(program, "fleets", asked.fleets)
    rows.append(("price: fleets, worst decile's loss off by", fleets["fleet_decile_worst"], 0.30, 0.20, False))
    unrelated = figures(program, "unrelated", asked.fleets)
    rows.append(("price: unrelated kinds priced above base", unrelated["unrelated_above_base"], 0.05, 0.05, False))
    together = figures(os.path.join(asked.build, "bench/together_figures"), asked.groups,
                       *asked.group_seeds.split(","))
    rows.append(("together: nine of ten forecasts off by at most", together["together_off_p90"], 3, 2, False))
    rows.append(("together: share of forecasts within three times", together["together_within_3"], 0.99, 0.99, True))
    rows.append(("together: truth in the 90% interval", together["together_interval_holds"], 0.85, 0.9, True))
    print(f"{'what':50} {'figure':>8} {'reach':>6} {'aim':>6}")
    missed = 0
    for what, figure, reach, aim, more in rows:
        good = figure >= reach if more else figure <= reach
        missed += not good
        print(f"{what:50} {figure:8.3f} {reach:6.2f} {aim:6.2f} {'' if good else 'missed'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

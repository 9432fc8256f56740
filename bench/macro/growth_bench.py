#!/usr/bin/env python3
"""CPU for each scraped sample as the number of series grows: 10,000, 100,000 and a million.

    python3 bench/macro/growth_bench.py [--series 10000 100000 1000000] [--minutes 3] [--interval 15s]

One server after the other scrapes targets of 1,000 series each (bench/metrics_pages). The figure is the CPU
time (all threads) of the whole server for each sample, after the first scrapes, which define the series. A
server that scrapes nothing takes some time too: it is told first, and each figure also without it, since with
few series it is most of what there is. The last lines are the ratios of the last size to the first.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kizashi_test as kt  # noqa: E402
from series_bench import pages, target_file  # noqa: E402

SERIES_OF_TARGET = 1000
OWN_SERIES = 5  # up and its like, of each target


def show(name: str, figure: float, unit: str, note: str = "") -> None:
    print(f"growth/{name}\t{figure:.3f}\t{unit}\t{note}", flush=True)


def cpu_ns(pid: int) -> int:
    """Of all threads that run now; /proc/PID/stat counts in steps of 10 ms, which is too coarse for few series."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        except OSError:  # it has ended
            pass
    return total


def per_second(server: kt.Kizashi, seconds: float) -> float:
    """CPU nanoseconds a second."""
    begin, spent = time.monotonic(), -cpu_ns(server.pid)
    time.sleep(seconds)
    spent += cpu_ns(server.pid)
    return spent / (time.monotonic() - begin)


def idle(seconds: float) -> float:
    case = kt.Case("growth-idle")
    try:
        server = case.kizashi("serve")
        time.sleep(10)  # what a start does beside
        return per_second(server, seconds)
    finally:
        case.close()


def scraping(series: int, interval: str, seconds: float) -> tuple[float, float]:
    """CPU nanoseconds a second, and samples a second."""
    case = kt.Case("growth")
    targets = max(1, series // SERIES_OF_TARGET)
    source, port = pages(targets, SERIES_OF_TARGET)
    try:
        server = case.kizashi("serve", "--scrape-interval", interval, "--scrape-file", target_file(case, port, targets))
        time.sleep(3 * float(interval.rstrip("s")))
        samples = targets * (SERIES_OF_TARGET + OWN_SERIES) / float(interval.rstrip("s"))
        return per_second(server, seconds), samples
    finally:
        source.terminate()
        case.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--interval", default="15s")
    chosen = parser.parse_args()
    seconds = chosen.minutes * 60
    nothing = idle(min(60.0, seconds))
    show("idle", nothing / 1e6, "ms CPU/s", "a server that scrapes only itself")
    whole, net = [], []
    for series in chosen.series:
        spent, samples = scraping(series, chosen.interval, seconds)
        whole.append(spent / samples)
        net.append((spent - nothing) / samples)
        show(f"{series}", whole[-1], "ns/sample", f"{net[-1]:.0f} ns without what an idle server takes")
    show("ratio", whole[-1] / whole[0], "", f"{chosen.series[-1]} series to {chosen.series[0]}")
    show("ratio without idle", net[-1] / net[0], "", "the same without what an idle server takes")


if __name__ == "__main__":
    main()

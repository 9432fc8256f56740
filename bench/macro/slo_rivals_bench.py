#!/usr/bin/env python3
"""CPU of SLOs beside Debian's Prometheus with Sloth's rules, in one run.

Kizashi scrapes pages every 15 s, once without SLOs and once with them; the difference is what the SLOs cost. What they
cost does not depend on how long the past is. To Prometheus it does: it gets one of these SLOs with a past of
--past-days in blocks that promtool makes (a sample every 15 s), evaluates Sloth's rules every 30 s, and is measured
with and without them. Its figure is still a lower bound: no scraping, and days where there would be a month.

  python3 bench/macro/slo_rivals_bench.py [--slos 20] [--targets 25] [--minutes 2] [--past-days 3]
"""

import argparse
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tests/lib"))
sys.path.insert(0, HERE)
import kizashi_test as kt  # noqa: E402
from series_bench import cpu_seconds, pages, target_file  # noqa: E402


def catalog(slos: int) -> str:
    return "".join(
        f"---\nservice:\n  name: s{i}\n  slo:\n    name: requests\n    target: 99.9\n"
        f"    bad: app_metric_{i}_total{{code=\"500\"}}\n    total: app_metric_{i}_total\n" for i in range(slos))


def settle_and_measure(pid: int, minutes: float) -> float:
    """CPU seconds a second over the later part of the time."""
    time.sleep(45)
    before, begin = cpu_seconds(pid), time.monotonic()
    time.sleep(minutes * 60)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begin)


def ours(case: kt.Case, targets: str, catalog_folder: str, minutes: float, name: str) -> float:
    server = case.kizashi("serve", "--scrape-file", targets, *(["--catalog", catalog_folder] if catalog_folder else []),
                          data=f"data-{name}")
    share = settle_and_measure(server.pid, minutes)
    server.stop()
    return share


def make_past(case: kt.Case, series: int, days: float) -> str:
    """A data directory with the counters of one SLO, a sample every 15 s up to a minute from now."""
    now = int(time.time()) // 60 * 60
    steps = int(days * 24 * 240)
    with open(case.path("past.txt"), "w", encoding="ascii") as out:
        out.write("# TYPE app_metric_0 counter\n")
        for i in range(series):
            labels = f'route="/api/v1/r{i % 8}",code="{200 if i // 8 % 2 == 0 else 500}",instance="10.0.0.{i // 16}:9100"'
            rate = 1 + i % 61
            out.write("".join(f"app_metric_0_total{{{labels}}} {step * rate} {now + (step - steps + 4) * 15}\n"
                              for step in range(steps)))
        out.write("# EOF\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", case.path("past.txt"), case.path("tsdb")],
                   check=True, capture_output=True)
    os.remove(case.path("past.txt"))
    return case.path("tsdb")


def prometheus(case: kt.Case, data: str, rules: str, minutes: float, name: str) -> float:
    config = case.write(f"prometheus-{name}.yml", json.dumps({
        "global": {"evaluation_interval": "30s"}, "rule_files": [rules] if rules else []}))
    process = case.start("prometheus", ["prometheus", f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                                        f"--storage.tsdb.path={data}", "--log.level=error"])
    share = settle_and_measure(process.pid, minutes)
    process.stop()
    return share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slos", type=int, default=20)
    parser.add_argument("--targets", type=int, default=25)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--past-days", type=float, default=3)
    arguments = parser.parse_args()
    series = arguments.slos * 16
    case = kt.Case("slo-rivals")
    server, port = pages(arguments.targets, series)
    try:
        targets = target_file(case, port, arguments.targets)
        case.write("catalog/slos.yaml", catalog(arguments.slos))
        exported = case.run("slo", "export", case.path("catalog"), "--to", "rules-sloth", "--service", "s0")
        rules = case.write("rules.yml", exported.stdout.decode())
        assert exported.returncode == 0 and subprocess.run(["promtool", "check", "rules", rules], check=False,
                                                           capture_output=True).returncode == 0
        figures = {}
        for name, catalog_folder in (("without", ""), ("with", case.path("catalog"))):
            figures["kizashi", name] = ours(case, targets, catalog_folder, arguments.minutes, name)
        data = make_past(case, arguments.targets * 16, arguments.past_days)
        for name, file in (("without", ""), ("with", rules)):
            figures["prometheus", name] = prometheus(case, data, file, arguments.minutes, name)
        cost = {}
        for who, slos in (("kizashi", arguments.slos), ("prometheus", 1)):
            with_slos, without = figures[who, "with"], figures[who, "without"]
            cost[who] = max(with_slos - without, 1e-6) / slos
            print(f"slo/{who}\t{cost[who] * 100:.4f}\t% of a core an SLO\t{slos} of {arguments.targets * 16} series each; "
                  f"{with_slos * 100:.2f} with and {without * 100:.2f} without")
        print(f"slo/ratio\t{cost['prometheus'] / cost['kizashi']:.0f}\ttimes less")
    finally:
        server.terminate()
        case.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""CPU of SLOs beside Debian's Prometheus with Sloth's rules, in one run.

Both scrape the same pages every 15 s, once without SLOs and once with them; the difference is what the SLOs cost. The
windows are as young as the run, so Prometheus reads minutes where it would read 30 days: its figure is a lower bound.

  python3 bench/macro/slo_rivals_bench.py [--slos 20] [--targets 100] [--minutes 3]
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


def prometheus(case: kt.Case, port: str, count: int, rules: str, minutes: float, name: str) -> float:
    config = case.write(f"prometheus-{name}.yml", json.dumps({
        "global": {"scrape_interval": "15s", "evaluation_interval": "30s"},
        "rule_files": [rules] if rules else [],
        "scrape_configs": [{"job_name": f"t{t}", "metrics_path": f"/t/{t}",
                            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for t in range(count)]}))
    process = case.start("prometheus", ["prometheus", f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                                        f"--storage.tsdb.path={case.path('tsdb-' + name)}", "--log.level=error"])
    share = settle_and_measure(process.pid, minutes)
    process.stop()
    return share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slos", type=int, default=20)
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=3)
    arguments = parser.parse_args()
    series = arguments.slos * 16
    case = kt.Case("slo-rivals")
    server, port = pages(arguments.targets, series)
    try:
        targets = target_file(case, port, arguments.targets)
        case.write("catalog/slos.yaml", catalog(arguments.slos))
        exported = case.run("slo", "export", case.path("catalog"), "--to", "rules-sloth")
        rules = case.write("rules.yml", exported.stdout.decode())
        assert exported.returncode == 0 and subprocess.run(["promtool", "check", "rules", rules], check=False,
                                                           capture_output=True).returncode == 0
        figures = {}
        for name, catalog_folder in (("without", ""), ("with", case.path("catalog"))):
            figures["kizashi", name] = ours(case, targets, catalog_folder, arguments.minutes, name)
        for name, file in (("without", ""), ("with", rules)):
            figures["prometheus", name] = prometheus(case, port, arguments.targets, file, arguments.minutes, name)
        cost = {}
        for who in ("kizashi", "prometheus"):
            with_slos, without = figures[who, "with"], figures[who, "without"]
            cost[who] = max(with_slos - without, 1e-6)
            print(f"slo/{who}\t{cost[who] * 100:.3f}\t% of a core\t{arguments.slos} SLOs, "
                  f"{arguments.targets * series} series; {with_slos * 100:.2f} with and {without * 100:.2f} without them")
        print(f"slo/ratio\t{cost['prometheus'] / cost['kizashi']:.0f}\ttimes less")
    finally:
        server.terminate()
        case.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

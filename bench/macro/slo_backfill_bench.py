#!/usr/bin/env python3
"""How long `kizashi slo backfill` takes, from Debian's Prometheus into a server.

    python3 bench/macro/slo_backfill_bench.py [--days 90] [--slos 100]

Each SLO has two to four series with a sample a minute. The data is made by promtool in blocks, before the
clock runs. Prints the seconds of the whole command, and the CPU seconds of the three processes.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from typing import TextIO

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
import kizashi_test as kt  # noqa: E402

DAY = 86_400


def write_series(file: TextIO, slo: int, base: int, days: int) -> None:
    codes = ("200", "500", "503", "404")[:2 + slo % 3]
    for place, code in enumerate(codes):
        head = f'req_total{{job="shop",instance="shop-{slo % 7}:8080",n="{slo}",code="{code}"}}'
        rise, every = ((slo * 7919) % 900 + 100, 1) if place == 0 else (1, 7 * place)
        file.write("".join(f"{head} {minute // every * rise} {base + 60 * minute}\n"
                           for minute in range(days * 1440 + 1)))


def make_blocks(case: kt.Case, slos: int, days: int, base: int) -> None:
    promtool = kt.need_program("promtool")
    path = case.path("data.txt")
    for first in range(0, slos, 10):  # promtool holds a file in memory
        with open(path, "w", encoding="ascii") as file:
            file.write("# TYPE req counter\n")
            for slo in range(first, min(first + 10, slos)):
                write_series(file, slo, base, days)
            file.write("# EOF\n")
        subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1458h", path,
                        case.path("tsdb")], check=True, capture_output=True)
        print(f"blocks of {min(first + 10, slos)} SLOs", file=sys.stderr, flush=True)
    os.remove(path)


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(case: kt.Case, slos: int, days: int) -> None:
    base = (int(time.time()) // DAY - days) * DAY
    make_blocks(case, slos, days, base)
    listed = "".join(f"    - {{name: s{i}, target: 99.9, window: 90d, good: 'req_total{{n=\"{i}\",code!~\"5..\"}}', "
                     f"total: 'req_total{{n=\"{i}\"}}'}}\n" for i in range(slos))
    case.write("catalog/shop.yaml", f"service:\n  name: shop\n  slo:\n{listed}")
    prometheus = case.start("prometheus", [
        kt.need_program("prometheus"), f"--config.file={case.write('prometheus.yml', 'global: {}')}",
        "--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={case.path('tsdb')}",
        "--storage.tsdb.retention.time=2y"])
    port = kt.wait_until(lambda: kt.listening_ports(prometheus.pid), 60, "Prometheus to listen")[0]
    url = f"http://127.0.0.1:{port}"
    kt.wait_until(lambda: kt.request(url, "GET", "/-/ready").status == 200, 120, "Prometheus to be ready")
    server = case.kizashi("serve", "--catalog", case.path("catalog"))
    cpu = [cpu_seconds(prometheus.pid), cpu_seconds(server.pid)]
    begin = time.monotonic()
    done = case.run("slo", "backfill", "--server", server.url, "--catalog", case.path("catalog"),
                    "--since", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(base)),
                    "--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(base + days * DAY)),
                    "--from-prometheus", url, timeout_s=3600)
    seconds = time.monotonic() - begin
    assert done.returncode == 0, done
    print(done.stdout.decode().strip(), file=sys.stderr)
    print(f"slo_backfill\t{seconds:.1f}\ts\t{slos} SLOs, {days} days", flush=True)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"slo_backfill_prometheus_cpu\t{cpu_seconds(prometheus.pid) - cpu[0]:.1f}\ts\t")
    print(f"slo_backfill_server_cpu\t{cpu_seconds(server.pid) - cpu[1]:.1f}\ts\t")
    print(f"slo_backfill_children_cpu\t{usage.ru_utime + usage.ru_stime:.1f}\ts\twith promtool's")

    def is_whole() -> bool:
        found = server.get_json("/kizashi/v1/services/shop")["summary"]["slos"]
        return all(slo["covered_share"] > 0.98 for slo in found)
    kt.wait_until(is_whole, 120, "the budgets")
    print(f"slo_backfill_shown\t{time.monotonic() - begin:.1f}\ts\tuntil the board has it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--slos", type=int, default=100)
    options = parser.parse_args()
    case = kt.Case("slo-backfill-bench")
    try:
        run(case, options.slos, options.days)
    except kt.Skipped as missing:
        print(f"left out: {missing}", file=sys.stderr)
    finally:
        case.close()


if __name__ == "__main__":
    main()

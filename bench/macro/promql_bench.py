#!/usr/bin/env python3
"""PromQL in CPU milliseconds a query, Kizashi and Debian's Prometheus in one run.

    python3 bench/macro/promql_bench.py [--series 2500] [--repeats 15]

Both hold the same three hours of samples every 15 seconds: Prometheus in blocks that promtool made, Kizashi
in memory (`kizashi query batch`). Each query is over the last two hours, 480 steps. The figure is the CPU
time (user and system, all threads) that the process spends on a query, reading the question and writing the
answer included; Prometheus runs with GOMAXPROCS=1.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from typing import Any, Callable

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
import kizashi_test as kt  # noqa: E402

BASE, STEP, SAMPLES, STEPS = 1_700_000_000, 15, 720, 480
BOUNDS = ["0.1", "0.5", "1", "2", "5", "10", "+Inf"]
QUERIES = [
    ("sum by of rate", "sum by (cluster, namespace) (rate(requests_total[5m]))"),
    ("histogram_quantile of rate", "histogram_quantile(0.99, rate(latency_bucket[5m]))"),
    ("topk of rate, 2/5 of the series", 'topk(10, rate(requests_total{cluster=~"tokyo-[01]"}[5m]))'),
    ("max of max_over_time[1h], 2/5", 'max(max_over_time(requests_total{cluster=~"tokyo-[01]"}[1h]))'),
    ("sum of all", '{SUM}'),
    ("rate, 1/50", 'rate(requests_total{namespace="team-7"}[5m])'),
]


def write_data(path: str, series: int) -> None:
    with open(path, "w", encoding="ascii") as file:
        for name, count, kind in (("requests", series, "counter"), ("latency", series * 7 // 5 // 7 * 7, "histogram")):
            file.write(f"# TYPE {name} {'counter' if kind == 'counter' else 'unknown'}\n" if kind == "counter"
                       else "# TYPE latency_bucket unknown\n")
            for i in range(count):
                owner = i if kind == "counter" else i // 7
                labels = (f'cluster="tokyo-{owner % 5}",namespace="team-{owner % 50}",pod="shop-7f9c6d5b8-{owner}",'
                          f'instance="10.0.0.{owner % 250}:9100",job="shop"')
                head = f"requests_total{{{labels}}}" if kind == "counter" else \
                    f'latency_bucket{{{labels},le="{BOUNDS[i % 7]}"}}'
                rise = (i * 7919) % 61 + 1 if kind == "counter" else i % 7 + 1
                offset = i % 97 / 10
                file.write("".join(f"{head} {(s * rise + s * s % 13) * 0.25} {BASE + s * STEP + offset:.1f}\n"
                                   for s in range(SAMPLES)))
        file.write("# EOF\n")


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(pid: int, ask: Callable[[dict[str, Any]], int], query: str, repeats: int) -> tuple[float, int]:
    end = BASE + (SAMPLES - 1) * STEP
    question = {"query": query, "start": end - (STEPS - 1) * STEP, "end": end, "step": STEP}
    series = ask(question)
    begin = cpu_seconds(pid)
    for _ in range(repeats):
        ask(question)
    return (cpu_seconds(pid) - begin) / repeats * 1000, series


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=2500)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data.om")
        write_data(data, options.series)
        ours = subprocess.Popen([kt.binary(), "query", "batch", "--file", data], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)

        def ask_ours(question: dict[str, Any]) -> int:
            assert ours.stdin and ours.stdout
            ours.stdin.write(json.dumps(question).encode() + b"\n")
            ours.stdin.flush()
            return len(json.loads(ours.stdout.readline())["data"]["result"])

        try:
            programs = kt.need_program("promtool"), kt.need_program("prometheus")
        except kt.Skipped as missing:
            print(f"promql: {missing}: the rival is left out", file=sys.stderr)
            programs = ("", "")
        theirs, port = None, 0
        if programs[0]:
            subprocess.run([programs[0], "tsdb", "create-blocks-from", "openmetrics", data, f"{folder}/tsdb"],
                           check=True, stdout=subprocess.DEVNULL)
            config = os.path.join(folder, "prometheus.yml")
            with open(config, "w", encoding="ascii") as file:
                file.write("global: {scrape_interval: 1h}\n")
            theirs = subprocess.Popen([programs[1], f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb",
                                       "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:0"],
                                      stderr=subprocess.DEVNULL, env={**os.environ, "GOMAXPROCS": "1"})
            port = kt.wait_until(lambda: kt.listening_ports(theirs.pid), 60, "prometheus")[0]
            time.sleep(3)

        def ask_theirs(question: dict[str, Any]) -> int:
            body = urllib.parse.urlencode(question).encode()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query_range", body) as answer:
                return len(json.load(answer)["data"]["result"])

        try:
            for name, query in QUERIES:
                query = query.replace("{SUM}", 'sum({__name__=~"requests_total|latency_bucket"})')
                figure, series = measure(ours.pid, ask_ours, query, options.repeats)
                spread = f"{series} series out"
                if theirs:
                    rival, rival_series = measure(theirs.pid, ask_theirs, query, options.repeats)
                    assert rival_series == series, (query, series, rival_series)
                    spread += f"; Prometheus {rival:.1f}, {rival / max(figure, 0.01):.1f} times ours"
                print(f"promql {name}\t{figure:.1f}\tms\t{spread}", flush=True)
        finally:
            ours.kill()
            if theirs:
                theirs.kill()
                theirs.wait()


if __name__ == "__main__":
    main()

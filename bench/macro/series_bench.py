#!/usr/bin/env python3
"""Memory, disk, CPU and restart of the whole server with many series, beside Debian's Prometheus.

    python3 bench/macro/series_bench.py [--targets 400] [--series 1000] [--minutes 10] [--interval 15s] [--rival]

Both scrape the pages of bench/metrics_pages (a fixed mix of counters and gauges; seven labels of each
target, three of each series). Then the server is killed with SIGKILL and started again: the figures are the
time until it is ready, and until a query over all series found all of them. A block is made of what came in
ten minutes, or of 24 million samples: with 400,000 series the worst moment is after 9.9 minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
import kizashi_test as kt  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def pages(targets: int, series: int) -> tuple[subprocess.Popen, str]:
    program = os.path.join(os.path.dirname(kt.binary()), "bench/metrics_pages")
    process = subprocess.Popen([program, str(targets), str(series)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def labels(target: int) -> dict[str, str]:
    return {"job": f"job-{target % 20}", "instance": f"10.0.{target // 250}.{target % 250}:9100",
            "pod": f"app-{target % 20}-7d9f8b6c5-x{target}", "namespace": f"team-{target % 20}",
            "cluster": "prod-1", "node": f"node-{target // 10}", "zone": f"zone-{target % 3}"}


def target_file(case: kt.Case, port: str, targets: int) -> str:
    groups = [{"targets": [f"127.0.0.1:{port}"], "labels": {**labels(t), "__metrics_path__": f"/t/{t}"}}
              for t in range(targets)]
    return case.write("targets.json", json.dumps(groups))


def rss(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bytes_below(path: str) -> int:
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)


def show(name: str, figure: float, unit: str, note: str) -> None:
    print(f"series/{name}\t{figure:.3f}\t{unit}\t{note}", flush=True)


def measure(name: str, pid: int, minutes: float, series: int, data: str, per_second: float) -> None:
    time.sleep(60)
    first = cpu_seconds(pid)
    begin = time.monotonic()
    time.sleep(max(1.0, minutes * 60 - 60))
    spent = cpu_seconds(pid) - first
    took = (time.monotonic() - begin) * per_second
    show(f"{name}/rss", rss(pid) / series, "B/series", f"{series} series, {minutes} min")
    show(f"{name}/cpu", 1e9 * spent / took, "ns/sample", f"{took / spent / 1e6:.2f} M samples/s/core")
    show(f"{name}/disk", bytes_below(data) / (minutes * 60 * per_second), "B/sample", "with all that is there")


def restart(case: kt.Case, arguments: list[str], series: int) -> None:
    """Asks for both at once, from the moment it listens: whether it is ready, and for all series."""
    query = urllib.parse.urlencode({"query": 'count(last_over_time({__name__=~"app_metric_.*"}[2m]))',
                                    "time": time.time() - 2})
    begin = time.monotonic()
    server = case.start("restart", [kt.binary(), "serve", "--listen", "127.0.0.1:0", "--data", case.path("data"),
                                    *arguments])
    url = "http://" + server.wait_for_log(r'msg="?listening"?.*\baddress="?([\w.:\[\]-]+:\d+)').group(1)
    show("kizashi/listens", time.monotonic() - begin, "s", f"after SIGKILL; {cpu_seconds(server.pid):.2f} s CPU")

    def is_ready() -> bool:
        return kt.request(url, "GET", "/readyz").status == 200

    def has_all() -> bool:
        answer = kt.request(url, "GET", "/api/v1/query?" + query, timeout_s=60)
        got = answer.json()["data"]["result"] if answer.status == 200 else []
        return bool(got) and float(got[0]["value"][1]) == series

    waiting = {"start": (is_ready, "until /readyz says so: what was not judged yet is"),
               "answer": (has_all, f"until a query found all {series} series")}
    while waiting:
        assert time.monotonic() < begin + 60, f"waited 60 s for {list(waiting)}"
        for name, (reached, note) in list(waiting.items()):
            if not reached():
                continue
            show(f"kizashi/{name}", time.monotonic() - begin, "s",
                 f"after SIGKILL, {note}; {cpu_seconds(server.pid):.2f} s CPU")
            del waiting[name]
        time.sleep(0.01)
    server.stop()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--targets", type=int, default=400)
    arguments.add_argument("--series", type=int, default=1000)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--interval", default="15s")
    arguments.add_argument("--rival", action="store_true")
    chosen = arguments.parse_args()
    case = kt.Case("series-bench")
    process, port = pages(chosen.targets, chosen.series)
    series = chosen.targets * (chosen.series + 5)  # up and its like
    per_second = series / float(chosen.interval.rstrip("s"))
    try:
        file = target_file(case, port, chosen.targets)
        if chosen.rival:
            program = kt.need_program("prometheus")
            config = case.write("prometheus.yml", f"global: {{scrape_interval: {chosen.interval}}}\nscrape_configs:\n"
                                f"  - job_name: x\n    file_sd_configs: [{{files: ['{file}']}}]\n")
            rival = case.start("prometheus", [program, f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                                              f"--storage.tsdb.path={case.path('tsdb')}"])
            measure("prometheus", rival.pid, chosen.minutes, series, case.path("tsdb"), per_second)
            rival.stop()
            return 0
        arguments_ = ["--scrape-interval", chosen.interval, "--scrape-file", file]
        server = case.kizashi("serve", *arguments_)
        measure("kizashi", server.pid, chosen.minutes, series, case.path("data"), per_second)
        text = server.get("/metrics").text()
        for line in text.splitlines():
            if line.startswith(("kizashi_series_store_", "kizashi_store_series", "kizashi_judge_lag")):
                print("  " + line)
        server.kill()
        restart(case, arguments_, chosen.targets * chosen.series)
    finally:
        process.terminate()
        case.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

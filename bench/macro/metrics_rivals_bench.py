#!/usr/bin/env python3
"""Kizashi, Debian's Prometheus and Debian's VictoriaMetrics side by side, in one run.

    python3 bench/macro/metrics_rivals_bench.py [--series 10000 100000] [--minutes 5] [--repeats 5]

Two parts. **Live**: for each size the three scrape the same kind of pages (bench/metrics_pages) at the same
time, each from a source of its own; the figures are CPU time for each sample, memory for each series and
bytes on disk for each sample. Then all are killed with SIGKILL and started one after the other: the figure is
the time until a query finds every series again. **Past**: the same three hours of 10,000 series
(bench/metrics_backfill) in all three, as blocks of ours, blocks that promtool made and an import, and six
range queries over the last two hours, in steps of 15 and 60 seconds; the figure is the CPU time (all threads)
that the server spends on a query over HTTP, without what it spends when nobody asks, and the wall time.

A rival that is not installed is left out. Figures depend on what else the machine does: compare those of one
run.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kizashi_test as kt  # noqa: E402
from series_bench import bytes_below, cpu_seconds, pages, rss, target_file  # noqa: E402

INTERVAL = 15
SERIES_OF_TARGET = 1000
OWN_SERIES = {"kizashi": 5, "prometheus": 5, "victoria-metrics": 6}  # up and its like, of each target
IDLE_S = 10
QUERY_S_MIN = 1.5
ALL = 'sum({__name__=~"requests_total|latency_bucket|queue_length"})'
QUERIES = [
    ("sum by two labels of rate[5m], 2,500 series", "sum by (cluster, namespace) (rate(requests_total[5m]))"),
    ("histogram_quantile, 3,500 series",
     "histogram_quantile(0.99, sum by (le, namespace) (rate(latency_bucket[5m])))"),
    ("topk(10) of rate, 1,000 series", 'topk(10, rate(requests_total{cluster=~"tokyo-[01]"}[5m]))'),
    ("max of max_over_time[1h], 1,000 series", 'max(max_over_time(requests_total{cluster=~"tokyo-[01]"}[1h]))'),
    ("sum of 10,000 series", ALL),
    ("rate of 40 series", 'rate(requests_total{namespace="team-7"}[5m])'),
]


def show(name: str, figure: float, unit: str, note: str = "") -> None:
    print(f"{name}\t{figure:.3f}\t{unit}\t{note}", flush=True)


def ask(url: str, **question: Any) -> list[Any]:
    kind = "query_range" if "step" in question else "query"
    with urllib.request.urlopen(f"{url}/api/v1/{kind}", urllib.parse.urlencode(question).encode(), timeout=300) as got:
        return list(json.load(got)["data"]["result"])


class Server:
    """One of the three; `start` may be called again after `kill`."""

    def __init__(self, case: kt.Case, name: str, folder: str, targets: str = ""):
        self.case, self.name, self.folder, self.targets = case, name, folder, targets
        self.process: Any = None
        self.url = ""

    def start(self) -> None:
        if self.name == "kizashi":
            scrape = ["--scrape-file", self.targets] if self.targets else []
            # Not by Case.kizashi: that waits for the judge, and is asked for in the middle of a start here.
            command = [kt.binary(), "serve", "--listen", "127.0.0.1:0", "--data", self.folder,
                       "--scrape-interval", f"{INTERVAL}s", *scrape]
        elif self.name == "prometheus":
            config = self.case.write(f"{os.path.basename(self.folder)}.yml", self.config())
            command = [kt.need_program("prometheus"), f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                       f"--storage.tsdb.path={self.folder}", "--storage.tsdb.retention.time=1y"]
        else:
            command = [kt.need_program("victoria-metrics"), f"-storageDataPath={self.folder}", "-retentionPeriod=12",
                       "-httpListenAddr=127.0.0.1:0", "-search.latencyOffset=0s", "-search.disableCache",
                       "-search.maxStalenessInterval=5m"]
            if self.targets:
                command += [f"-promscrape.config={self.case.write('victoria.yml', self.config())}"]
        self.process = self.case.start(self.name, command)
        port = kt.wait_until(lambda: self.process.running() and kt.listening_ports(self.process.pid), 120,
                             f"{self.name} to listen", interval_s=0.01)[0]
        self.url = f"http://127.0.0.1:{port}"

    def config(self) -> str:
        scrape = f"scrape_configs:\n  - job_name: x\n    file_sd_configs: [{{files: ['{self.targets}']}}]\n"
        return f"global: {{scrape_interval: {INTERVAL}s}}\n" + (scrape if self.targets else "")

    def count(self, query: str, at: float) -> float:
        try:
            found = ask(self.url, query=query, time=at)
        except (OSError, urllib.error.HTTPError, ValueError, KeyError):
            return 0.0
        return float(found[0]["value"][1]) if found else 0.0


def installed() -> list[str]:
    names = ["kizashi"]
    for name in ("prometheus", "victoria-metrics"):
        if shutil.which(name):
            names.append(name)
        else:
            print(f"{name} is not installed: it is left out", file=sys.stderr)
    return names


def live(size: int, minutes: float) -> None:
    case = kt.Case("rivals-live")
    targets = max(1, size // SERIES_OF_TARGET)
    sources: list[subprocess.Popen[str]] = []
    try:
        servers = []
        for name in installed():
            source, port = pages(targets, SERIES_OF_TARGET)
            sources.append(source)
            file = shutil.move(target_file(case, port, targets), case.path(f"targets-{name}.json"))
            servers.append(Server(case, name, case.path(f"data-{name}"), file))
        for server in servers:
            server.start()
        time.sleep(60)  # the first scrapes, which define the series, are not counted
        spent = {server.name: -cpu_seconds(server.process.pid) for server in servers}
        begin = time.monotonic()
        time.sleep(max(1.0, minutes * 60 - 60))
        took = time.monotonic() - begin
        first: dict[str, dict[str, float]] = {}
        for server in servers:
            name, series = server.name, targets * (SERIES_OF_TARGET + OWN_SERIES[server.name])
            per_second = series / INTERVAL
            cpu = spent[name] + cpu_seconds(server.process.pid)
            figures = {"cpu": 1e9 * cpu / (took * per_second), "rss": rss(server.process.pid) / series,
                       "disk": bytes_below(server.folder) / (minutes * 60 * per_second)}
            first[name] = figures
            ratio = {key: value / first["kizashi"][key] for key, value in figures.items()}
            label = f"live {size} series {name}"
            show(f"{label} ingest", 1e3 / figures["cpu"], "M samples/s/core",
                 f"{figures['cpu']:.0f} ns CPU a sample, {ratio['cpu']:.2f} times ours")
            show(f"{label} memory", figures["rss"], "B/series", f"{ratio['rss']:.2f} times ours")
            show(f"{label} disk", figures["disk"], "B/sample", f"with logs and journals, {ratio['disk']:.2f} times ours")
        restart(servers, targets * SERIES_OF_TARGET, size)
    finally:
        for source in sources:
            source.terminate()
        case.close()


def restart(servers: list[Server], series: int, size: int) -> None:
    query = 'count(last_over_time({__name__=~"app_metric_.*"}[2m]))'
    at = {}
    for server in servers:
        at[server.name] = time.time() - 5
        found = server.count(query, at[server.name])
        if found != series:
            print(f"{server.name} finds {found:.0f} of {series} series before the kill", file=sys.stderr)
        at[server.name + " found"] = found
    for server in servers:
        server.process.kill()
    own = 0.0
    for server in servers:
        begin = time.monotonic()
        server.start()
        listens = time.monotonic() - begin
        # A server that keeps acknowledged samples finds all; the others as many as they kept.
        wanted = at[server.name + " found"] if server.name == "kizashi" else 1
        kt.wait_until(lambda: server.count(query, at[server.name]) >= wanted, 300, "a full answer", interval_s=0.02)
        took = time.monotonic() - begin
        found = server.count(query, at[server.name])
        own = own or took
        show(f"live {size} series {server.name} restart", took, "s",
             f"after SIGKILL until a query over all is answered ({found:.0f} of {series} found), listens after "
             f"{listens:.2f} s, {took / own:.2f} times ours")
        server.process.kill()


def import_lines(url: str, path: str) -> None:
    with open(path, "rb") as file:
        while chunk := file.readlines(16 << 20):
            urllib.request.urlopen(f"{url}/api/v1/import", b"".join(chunk), timeout=300).read()


def idle_share(server: Server) -> float:
    """CPU seconds a second that the server takes when nobody asks."""
    cpu, wall = cpu_seconds(server.process.pid), time.monotonic()
    time.sleep(IDLE_S)
    return (cpu_seconds(server.process.pid) - cpu) / (time.monotonic() - wall)


def measure(server: Server, question: dict[str, Any], repeats: int, idle: float) -> tuple[float, float, list[Any]]:
    """CPU and wall milliseconds a query, what the server does anyway taken off, and the result."""
    result = ask(server.url, **question)
    cpu, begin, times = cpu_seconds(server.process.pid), time.monotonic(), 0
    while times < repeats or time.monotonic() - begin < QUERY_S_MIN:  # CPU time is told in steps of 10 ms
        ask(server.url, **question)
        times += 1
    wall = time.monotonic() - begin
    spent = max(0.0, cpu_seconds(server.process.pid) - cpu - idle * wall)
    return spent / times * 1000, wall / times * 1000, result


def same(ours: list[Any], theirs: list[Any]) -> str:
    """Whether the rival says the same, for the note."""
    def by_labels(result: list[Any]) -> dict[str, Any]:
        return {json.dumps(one["metric"], sort_keys=True): dict(one["values"]) for one in result}
    mine, other = by_labels(ours), by_labels(theirs)
    if mine.keys() != other.keys():
        return f"other series: {len(mine)} and {len(other)}"
    points = [(float(value), float(other[key].get(at, "nan"))) for key in mine for at, value in mine[key].items()]
    off = sum(1 for a, b in points if not (a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b)) or (a != a and b != b)))
    return "the same values" if not off else f"{100 * off / len(points):.1f} % of the values differ"


def past(scrapes: int, repeats: int) -> None:
    case = kt.Case("rivals-past")
    try:
        end = int(time.time()) // 60 * 60 - 60
        program = os.path.join(os.path.dirname(kt.binary()), "bench/metrics_backfill")
        subprocess.run([program, case.folder, str(end), str(scrapes)], check=True)
        servers = []
        for name in installed():
            server = Server(case, name, case.path("ours" if name == "kizashi" else f"past-{name}"))
            if name == "prometheus":
                subprocess.run([kt.need_program("promtool"), "tsdb", "create-blocks-from", "openmetrics",
                                case.path("data.om"), server.folder], check=True, stdout=subprocess.DEVNULL)
            server.start()
            if name == "victoria-metrics":
                import_lines(server.url, case.path("data.jsonl"))
            servers.append(server)
        for server in servers:
            kt.wait_until(lambda: server.count(ALL.replace("sum", "count"), end - 30) == 10_000, 300,
                          f"the past in {server.name}")
        time.sleep(10)  # what a start does beside
        idle = {server.name: idle_share(server) for server in servers}
        for name, share in idle.items():
            show(f"past idle {name}", 1000 * share, "ms CPU/s", "taken off below")
        for step in (15, 60):
            for name, query in QUERIES:
                question = {"query": query, "start": end - 7200, "end": end - 30, "step": step}
                ours: tuple[float, float, list[Any]] = (0.0, 0.0, [])
                for server in servers:
                    one = measure(server, question, repeats, idle[server.name])
                    ours = one if server.name == "kizashi" else ours
                    note = "" if server.name == "kizashi" else f", {one[0] / max(ours[0], 0.01):.1f} times ours; " \
                        f"{same(ours[2], one[2])}"
                    show(f"past step {step} {server.name}: {name}", one[0], "ms CPU",
                         f"{one[1]:.1f} ms wall, {len(one[2])} series out{note}")
    finally:
        case.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--scrapes", type=int, default=720, help="of the past, 15 seconds each; 0: no past")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if options.scrapes:
        past(options.scrapes, options.repeats)
    for size in options.series:
        live(size, options.minutes)


if __name__ == "__main__":
    main()

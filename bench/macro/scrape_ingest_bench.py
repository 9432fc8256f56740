#!/usr/bin/env python3
"""Scrape ingest in samples per second and core, Kizashi and Debian's Prometheus in one run.

    python3 bench/macro/scrape_ingest_bench.py [--seconds 30] [--turns 3]

Both scrape the same TARGETS targets of SERIES series once a second, one after the other, turn by turn,
each with a fresh store. The figure is samples taken in divided by the CPU seconds that the process
spent meanwhile (user and system), after the first scrapes have made the series known; so it is
the cost of the steady state: fetch, parse, write, sync, and for Kizashi also judging.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
import kizashi_test as kt  # noqa: E402

TARGETS = 50
SERIES = 2000
BODIES = 8
WARM_SECONDS = 8


def make_body(turn: int) -> bytes:
    """Counters of a web server; three in seven do not move from one scrape to the next."""
    lines = []
    for i in range(SERIES):
        if i % 20 == 0:
            lines.append(f"# TYPE http_requests_{i // 20}_total counter")
        value = 1000 * i + turn * max(0, i % 7 - 2)
        lines.append(f'http_requests_{i // 20}_total{{method="GET",route="/api/v1/items/{i % 20}",code="200"}} {value}')
    return ("\n".join(lines) + "\n").encode()


class Targets:
    def __init__(self) -> None:
        bodies = [make_body(turn) for turn in range(BODIES)]
        served = [0]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                served[0] += 1
                body = bodies[served[0] // TARGETS % BODIES]
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def per_core(pid: int, samples: Callable[[], float], seconds: int) -> tuple[float, float]:
    """Samples per CPU second, and the resident bytes at the end."""
    time.sleep(WARM_SECONDS)
    samples_before, cpu_before = samples(), cpu_seconds(pid)
    time.sleep(seconds)
    rate = (samples() - samples_before) / (cpu_seconds(pid) - cpu_before)
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return rate, int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def number(text: str, name: str) -> float:
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


def kizashi(case: kt.Case, targets: Targets, turn: int, seconds: int) -> tuple[float, float]:
    arguments = [f"--scrape=http://{targets.address}/metrics,job=shop,instance=i{i}" for i in range(TARGETS)]
    server = case.kizashi("serve", "--scrape-interval", "1s", *arguments, data=f"kizashi{turn}")
    result = per_core(server.pid, lambda: number(server.get("/metrics").text(), "kizashi_scrape_samples_total"), seconds)
    server.stop()
    return result


def prometheus(case: kt.Case, targets: Targets, turn: int, seconds: int) -> tuple[float, float]:
    program = kt.need_program("prometheus")
    jobs = "".join(f"      - {{targets: ['{targets.address}'], labels: {{instance: i{i}}}}}\n" for i in range(TARGETS))
    config = case.write("prometheus.yml", "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
                        f"scrape_configs:\n  - job_name: shop\n    static_configs:\n{jobs}")
    process = case.start("prometheus", [program, f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                                        f"--storage.tsdb.path={case.path(f'tsdb{turn}')}"])
    port = kt.wait_until(lambda: kt.listening_ports(process.pid), 20, "Prometheus to listen")[0]
    base = f"http://127.0.0.1:{port}"
    result = per_core(process.pid, lambda: sum_of(kt.request(base, "GET", "/metrics").text(),
                                                  "prometheus_tsdb_head_samples_appended_total"), seconds)
    process.stop()
    return result


def sum_of(text: str, name: str) -> float:
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=30)
    arguments.add_argument("--turns", type=int, default=3)
    chosen = arguments.parse_args()
    case = kt.Case("scrape-bench")
    rates: dict[str, list[float]] = {"kizashi": [], "prometheus": []}
    memory: dict[str, list[float]] = {"kizashi": [], "prometheus": []}
    rivals = {"kizashi": kizashi, "prometheus": prometheus}
    if shutil.which("prometheus") is None:
        print("prometheus is not installed: Kizashi alone is measured", file=sys.stderr)
        del rivals["prometheus"]
    try:
        targets = Targets()
        for turn in range(chosen.turns):
            for name, run in rivals.items():
                rate, rss = run(case, targets, turn, chosen.seconds)
                rates[name].append(rate)
                memory[name].append(rss)
                print(f"turn {turn + 1}: {name} {rate:,.0f} samples/s/core, {rss / 2**20:.0f} MiB", file=sys.stderr)
    finally:
        case.close()
    for name in rivals:
        spread = f"{min(rates[name]):.0f} to {max(rates[name]):.0f}"
        print(f"scrape_ingest/{name}\t{statistics.median(rates[name]):.0f}\tsamples/s/core\t{spread}")
        print(f"scrape_rss/{name}\t{statistics.median(memory[name]) / 2**20:.1f}\tMiB\t{TARGETS * SERIES} series")
    if "prometheus" in rivals:
        ratios = [a / b for a, b in zip(rates["kizashi"], rates["prometheus"])]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"scrape_ingest/ratio\t{statistics.median(ratios):.2f}\ttimes\t{spread}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

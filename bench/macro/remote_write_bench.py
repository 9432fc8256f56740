#!/usr/bin/env python3
"""How quickly a receiver of remote write that was away catches up, while scraping goes on.

    python3 bench/macro/remote_write_bench.py [--targets 70] [--series 1000] [--interval 1] [--away 30] [--send 2000]

Kizashi scrapes the pages of bench/metrics_pages and writes on to Debian's Prometheus, which comes back after
`away` seconds. Figures: samples a second that were taken until nothing waited, CPU time of Kizashi for each of
them (scraping included), and how old the oldest sample is that waits afterwards.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kizashi_test as kt  # noqa: E402
from series_bench import cpu_seconds, pages, rss, target_file  # noqa: E402

SENT = "kizashi_remote_write_samples_sent_total"
LAG_S = "kizashi_remote_write_lag_seconds"


def show(name: str, figure: float, unit: str, note: str = "") -> None:
    print(f"remote_write/{name}\t{figure:.3f}\t{unit}\t{note}", flush=True)


def metric(server: kt.Kizashi, name: str) -> float:
    return sum(float(line.split()[-1]) for line in server.get("/metrics").text().splitlines() if line.startswith(name))


def start_receiver(case: kt.Case, port: int) -> tuple[kt.Process, int]:
    process = case.start("receiver", [
        kt.need_program("prometheus"), f"--config.file={case.write('receiver.yml', 'global: {}')}",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
        f"--storage.tsdb.path={case.path('tsdb')}"])
    return process, kt.wait_until(lambda: kt.listening_ports(process.pid), 30, "the receiver to listen")[0]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, fallback in (("targets", 70), ("series", 1000), ("interval", 1), ("away", 30), ("send", 2000)):
        arguments.add_argument(f"--{name}", type=int, default=fallback)
    chosen = arguments.parse_args()
    case = kt.Case("remote-write-bench")
    source, port = pages(chosen.targets, chosen.series)
    try:
        receiver, at = start_receiver(case, 0)
        targets = target_file(case, port, chosen.targets)
        config = case.write("prometheus.yml", f"remote_write:\n- url: http://127.0.0.1:{at}/api/v1/write\n"
                            f"  queue_config: {{max_samples_per_send: {chosen.send}}}\n")
        server = case.kizashi("serve", "--scrape-interval", f"{chosen.interval}s", "--scrape-file", targets,
                              "--prometheus-config", config)
        kt.wait_until(lambda: metric(server, SENT) > 0, 60, "the first samples")
        receiver.kill()
        time.sleep(chosen.away)
        before, spent = metric(server, SENT), cpu_seconds(server.pid)
        begin = time.monotonic()
        start_receiver(case, at)
        kt.wait_until(lambda: metric(server, SENT) > before and metric(server, LAG_S) < 3 * chosen.interval, 600,
                      "the receiver to have caught up", interval_s=0.2)
        took = time.monotonic() - begin
        sent = metric(server, SENT) - before
        spent = cpu_seconds(server.pid) - spent
        show("catch_up", sent / took / 1000, "k samples/s", f"{sent:.0f} samples after {chosen.away} s away")
        show("scraped", chosen.targets * (chosen.series + 5) / chosen.interval / 1000, "k samples/s", "meanwhile")
        show("cpu", 1e9 * spent / sent, "ns/sample", "scraping and keeping them included")
        time.sleep(10)
        show("lag", metric(server, LAG_S), "s", "ten seconds later")
        show("rss", rss(server.pid) / 2**20, "MiB")
        server.stop()
    finally:
        source.terminate()
        case.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

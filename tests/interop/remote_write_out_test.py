#!/usr/bin/env python3
"""Samples written on to Debian's Prometheus by remote write: over restarts and a kill -9 of both sides
nothing is lost, nothing comes that the receiver objects to, and what rules drop does not come.

    python3 tests/interop/remote_write_out_test.py random_kills [--rounds 50] [--seed N]
"""

import os
import random
import sys
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

SERIES = 50
ROUNDS = 4
REFUSED = 'kizashi_remote_write_samples_dropped_total{reason="refused"'
SEED = random.randrange(1_000_000)
Samples = dict[frozenset[tuple[str, str]], dict[int, str]]  # by the series' labels: time in ms to value


class Page:
    """Each scrape finds every counter one higher."""

    def __init__(self) -> None:
        self.scrapes = 0
        outer = self

        class Answers(kt.Receiver):
            def _next(self, got: kt.Received) -> kt.Reply:
                outer.scrapes += 1
                return kt.Reply(body="".join(f'work_total{{n="{n}"}} {outer.scrapes + n / 8}\n'
                                             for n in range(SERIES)).encode())

        self.url = Answers().url


class Prometheus:
    def __init__(self, case: kt.Case):
        self.case, self.port = case, 0
        self.processes: list[kt.Process] = []
        self.program = kt.need_program("prometheus")
        self.config = case.write("receiver.yml", "global: {}\n")
        self.start()

    def start(self) -> None:
        self.processes.append(self.case.start(f"receiver-{len(self.processes)}", [
            self.program, f"--config.file={self.config}", f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-remote-write-receiver", f"--storage.tsdb.path={self.case.path('tsdb')}"]))
        self.port = kt.wait_until(lambda: self.process.running() and kt.listening_ports(self.process.pid), 20,
                                  "the receiver to listen")[0]
        self.base = f"http://127.0.0.1:{self.port}"
        kt.wait_until(lambda: kt.request(self.base, "GET", "/-/ready").status == 200, 30, "the receiver to be ready")

    @property
    def process(self) -> kt.Process:
        return self.processes[-1]

    def logs(self) -> list[str]:
        return [process.stderr() for process in self.processes]


def samples(base: str, selector: str, until: float, seconds: int = 600) -> Samples:
    query = kt.urllib.parse.urlencode({"query": f"{selector}[{seconds}s]", "time": until})
    answer = kt.request(base, "GET", "/api/v1/query?" + query)
    assert answer.status == 200, answer.text()
    return {frozenset(series["metric"].items()): {round(float(at) * 1000): value for at, value in series["values"]}
            for series in answer.json()["data"]["result"]}


def metric(server: kt.Kizashi, name: str) -> float:
    return sum(float(line.split()[-1]) for line in server.get("/metrics").text().splitlines()
               if line.startswith(name) and not line.startswith("#"))


def settled() -> float:
    """What was scraped until then can be found: a scrape that begins now is found a little later."""
    return time.time() - 0.5


def count(all_of: Samples) -> int:
    return sum(len(times) for times in all_of.values())


def config_of(case: kt.Case, page: Page, port: int) -> str:
    return case.write("prometheus.yml", f"""
global: {{scrape_interval: 1s, external_labels: {{cluster: west}}}}
scrape_configs:
  - job_name: work
    static_configs: [{{targets: ['{page.url.removeprefix("http://")}']}}]
remote_write:
  - url: http://127.0.0.1:{port}/api/v1/write
    name: receiver
    queue_config: {{batch_send_deadline: 500ms, min_backoff: 30ms, max_backoff: 500ms, max_samples_per_send: 120}}
    write_relabel_configs:
      - {{source_labels: [job], regex: work, action: keep}}
      - {{source_labels: [n], regex: '7', action: drop}}
""")


def test_nothing_is_lost(case: kt.Case) -> None:
    page = Page()
    receiver = Prometheus(case)
    # Short blocks: what is read again comes from columns too.
    arguments = ["serve", "--scrape-interval", "1s", "--series-block-seconds", "2",
                 "--prometheus-config", config_of(case, page, receiver.port)]
    server = case.kizashi(*arguments)

    def flows() -> Any:
        before = metric(server, "kizashi_remote_write_samples_sent_total")
        return kt.wait_until(
            lambda: metric(server, "kizashi_remote_write_samples_sent_total") > before + 3 * SERIES, 30, "samples to flow")

    def scrapes_more(times: int) -> None:
        before = page.scrapes
        kt.wait_until(lambda: page.scrapes >= before + times, 30, "scrapes to go on")

    flows()
    receiver.process.kill()
    scrapes_more(4)
    assert metric(server, "kizashi_remote_write_lag_entries") > 0
    assert metric(server, "kizashi_remote_write_samples_retried_total") > 0
    receiver.start()
    flows()
    refused = metric(server, REFUSED)
    server.kill()  # while everything flows
    server = case.kizashi(*arguments)
    flows()
    receiver.process.stop()
    scrapes_more(3)
    refused += metric(server, REFUSED)
    server.kill()  # while a request has no answer
    server = case.kizashi(*arguments)
    scrapes_more(2)
    receiver.start()
    flows()

    until = settled()
    ours = samples(server.url, 'work_total{n!="7"}', until)
    newest = max(max(times) for times in ours.values())
    kt.wait_until(lambda: count(samples(receiver.base, 'work_total', until)) >= count(ours), 30, "the last samples")
    theirs = samples(receiver.base, "work_total", until)
    wanted = {labels | {("cluster", "west")}: times for labels, times in ours.items()}
    assert theirs == wanted, [(key, sorted(set(wanted[key].items()) ^ set(theirs.get(key, {}).items())))
                              for key in wanted if theirs.get(key) != wanted[key]][:3]
    assert len(ours) == SERIES - 1 and newest / 1000 > until - 10
    up = samples(receiver.base, 'up{job="work"}', until)
    assert count(up) > 10 and count(samples(receiver.base, '{__name__!="",job!="work"}', until)) == 0
    # What the receiver had kept and found no time to answer for comes again, and may be refused then: a
    # round of requests at most, each of the three times that a side went.
    refused += metric(server, REFUSED)
    assert refused <= 3 * 4 * SERIES, refused
    assert refused or "ut of order" not in "".join(receiver.logs()), "the receiver objected"
    print(f"{count(ours)} samples written on, none lost; {refused:g} came again and were refused", file=sys.stderr)


def test_random_kills(case: kt.Case) -> None:
    """Either side is killed or stopped at any moment, and comes back after any while."""
    print(f"SEED={SEED}", file=sys.stderr)
    chance = random.Random(SEED)
    page = Page()
    receiver = Prometheus(case)
    arguments = ["serve", "--scrape-interval", "1s", "--series-block-seconds", "2",
                 "--prometheus-config", config_of(case, page, receiver.port)]
    server = case.kizashi(*arguments)
    begin = time.time()
    kt.wait_until(lambda: count(samples(receiver.base, "work_total", time.time())) > 0, 30, "the first samples")
    refused = 0.0
    for _ in range(ROUNDS):
        time.sleep(chance.uniform(0.5, 2.5))
        if chance.random() < 0.5:
            end = receiver.process.kill if chance.random() < 0.7 else receiver.process.stop
            end()
            time.sleep(chance.uniform(0, 3))
            if chance.random() < 0.5:
                refused += metric(server, REFUSED)
                server.kill()
                server = case.kizashi(*arguments)
            receiver.start()
        else:
            refused += metric(server, REFUSED)
            end = server.kill if chance.random() < 0.7 else server.stop
            end()
            time.sleep(chance.uniform(0, 1))
            server = case.kizashi(*arguments)
    until = settled()
    span = int(until - begin) + 10
    ours = samples(server.url, 'work_total{n!="7"}', until, span)
    kt.wait_until(lambda: count(samples(receiver.base, "work_total", until, span)) >= count(ours), 60, "the last samples")
    theirs = samples(receiver.base, "work_total", until, span)
    assert theirs == {labels | {("cluster", "west")}: times for labels, times in ours.items()}
    refused += metric(server, REFUSED)
    print(f"{ROUNDS} rounds: {count(ours)} samples written on, none lost; {refused:g} came again and were refused",
          file=sys.stderr)


def test_a_receiver_comes_and_goes(case: kt.Case) -> None:
    page = Page()
    receiver = Prometheus(case)
    path = config_of(case, page, receiver.port)
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    case.write("prometheus.yml", whole.split("remote_write:")[0])
    server = case.kizashi("serve", "--scrape-interval", "1s", "--prometheus-config", path)
    kt.wait_until(lambda: page.scrapes >= 2, 20, "scrapes")
    assert "kizashi_remote_write_samples_sent_total" not in server.get("/metrics").text()
    case.write("prometheus.yml", whole)
    kt.wait_until(lambda: metric(server, "kizashi_remote_write_samples_sent_total") > 2 * SERIES, 30, "samples to flow")
    case.write("prometheus.yml", whole.split("remote_write:")[0])
    gone = page.scrapes
    server.wait_for_log("scrape configuration read", 20)
    kt.wait_until(lambda: page.scrapes >= gone + 5, 30, "scrapes without a receiver")
    case.write("prometheus.yml", whole)
    until = time.time()
    one = 'work_total{n="1"}'
    (ours,) = samples(server.url, one, until).values()

    def missing() -> set[int]:
        (theirs,) = samples(receiver.base, one, until).values()
        return {at for at in ours if at >= min(theirs)} - set(theirs)

    kt.wait_until(lambda: not missing(), 30, "what was scraped while there was no receiver")
    server.stop()


def option(name: str, fallback: int) -> int:
    if name not in sys.argv:
        return fallback
    at = sys.argv.index(name)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


if __name__ == "__main__":
    ROUNDS = option("--rounds", ROUNDS)
    SEED = option("--seed", SEED)
    kt.main(test_nothing_is_lost, test_random_kills, test_a_receiver_comes_and_goes)

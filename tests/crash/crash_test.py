#!/usr/bin/env python3
"""kill -9 under load, round after round: whatever was acknowledged is there afterwards.

    python3 tests/crash/crash_test.py --rounds 200 [--seed 1]

Two clients push numbered lines (Loki JSON and NDJSON) and note each acknowledgement; ten targets
number their scrapes, and the server's own counter tells how many of its samples were
acknowledged. A server of five members goes up and down, so that there are verdicts. After every kill
the journal must hold every acknowledged line once and every acknowledged scrape, without a gap and
without a torn entry, although by then most samples are in blocks and their rows are gone;
/api/v1/query_range must find the same scrapes, as many with the same sum, whatever they lie in; the log
store must find every line of the journal once, in blocks so small that many are cut by a kill, and
know a fixed set of lines by the same pattern ids; at the end `kizashi replay` must reach the same
verdicts as were kept.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

CATALOG = """
service:
  name: shop
  owner: shop-team
  redundancy: {need: 3, of: 5, by: server}
  slo: {target: 99, window: 1d, good: 'requests_total{service="shop",code="200"}',
        total: 'requests_total{service="shop"}'}
---
team: {name: shop-team}
"""
LINES_PER_PUSH = 20
MEMBERS = "abcde"
NUMBERED = "0123456789"
FIXED = [f"login of {name} from 10.0.0.{n} took {n} ms" for n, name in enumerate(("ann", "bob", "cyd", "dan"))] + \
    [f"state={state} of the disk" for state in ("good", "good", "bad")] + ["cache cleared", "cache filled"]


class Targets:
    """Fifteen scrape targets in one: /a to /e are members that may be down, /0 to /9 number their scrapes."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.served = dict.fromkeys(NUMBERED, 0)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                name = self.path[1:2]
                if name in outer.down:
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                text = "member_number 1\n"
                if name in NUMBERED:
                    outer.served[name] += 1
                    n = outer.served[name]
                    bad = 40 * n if len(outer.down) > 2 else 0
                    text = (f'scrape_number {n}\nrequests_total{{code="200"}} {100 * n}\n'
                            f'requests_total{{code="500"}} {bad}\n')
                body = text.encode()
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
                pass  # the server was killed

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def what(number: int) -> str:
    """The end of a line; now and then one of a kind never seen before."""
    if number == 0 or number % 4000:
        return "of the flood"
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return f"brought {letters}"


class Pusher(threading.Thread):
    """Pushes numbered lines until its server is gone; `acknowledged` are the numbers that were."""

    def __init__(self, address: str, kind: str, first: int):
        super().__init__(daemon=True)
        self.address, self.kind, self.next = address, kind, first
        self.acknowledged: list[int] = []
        self.failed = ""

    def body(self, numbers: range) -> bytes:
        texts = [f"{self.kind} line number {n} {what(n)}" for n in numbers]
        if self.kind == "loki":
            values = [[str(time.time_ns()), text] for text in texts]
            return json.dumps({"streams": [{"stream": {"service": "shop", "by": "loki"}, "values": values}]}).encode()
        return "".join(json.dumps({"service": "shop", "by": "ndjson", "message": text}) + "\n" for text in texts).encode()

    def run(self) -> None:
        path = "/loki/api/v1/push" if self.kind == "loki" else "/kizashi/v1/logs"
        kind = "application/json" if self.kind == "loki" else "application/x-ndjson"
        host, port = self.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        while True:
            numbers = range(self.next, self.next + LINES_PER_PUSH)
            self.next += LINES_PER_PUSH
            try:
                connection.request("POST", path, self.body(numbers), {"Content-Type": kind})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status in (200, 204):
                self.acknowledged += numbers
            elif answer.status in (429, 503):
                time.sleep(0.01)
            else:
                self.failed = f"{self.kind}: {answer.status}"
                return


def journal(case: kt.Case, after: int) -> Iterator[Any]:
    with subprocess.Popen([kt.binary(), "journal", "--data", case.path("data"), "--after", str(after)],
                          stdout=subprocess.PIPE) as printing:
        assert printing.stdout
        for line in printing.stdout:
            yield json.loads(line)
    assert printing.returncode == 0, "the journal could not be read"


class Kept:
    """What the journal has given so far."""

    def __init__(self) -> None:
        self.seq = 0
        self.lines: dict[str, set[int]] = {"loki": set(), "ndjson": set()}
        self.scrapes: dict[str, list[int]] = {name: [] for name in NUMBERED}
        self.samples = 0

    def read(self, case: kt.Case) -> None:
        """Reads on from where it was: entries without a gap, lines and scrapes without a double."""
        for entry in journal(case, self.seq):
            assert entry["seq"] == self.seq + 1, f"a gap behind entry {self.seq}"
            self.seq = entry["seq"]
            if entry["type"] == "logs":
                self.read_lines(entry)
            elif entry["type"] == "scrape":
                self.samples += len(entry["samples"])
                for labels, value in entry["samples"]:
                    if labels["__name__"] == "scrape_number" and value is not None:
                        self.scrapes[labels["target"]].append(int(value))

    def read_lines(self, entry: Any) -> None:
        for _, text, *_ in entry["lines"]:
            if text in FIXED:
                continue
            kind, _, _, number = text.split()[:4]
            assert int(number) not in self.lines[kind], f"sent once, there twice: {text}"
            self.lines[kind].add(int(number))


def acknowledged_samples(server: kt.Kizashi) -> int:
    """By the server's own counter, which grows when the store has answered."""
    for line in server.get("/metrics").text().splitlines():
        if line.startswith("kizashi_scrape_samples_total "):
            return int(float(line.split()[-1]))
    raise AssertionError("the server does not count its samples")


class Crash:
    def __init__(self, case: kt.Case, seed: int):
        case.write("catalog/shop.yaml", CATALOG)
        self.case = case
        self.dice = random.Random(seed)
        self.targets = Targets()
        self.kept = Kept()
        self.next = {"loki": 0, "ndjson": 0}
        self.lines = 0
        self.samples = 0
        self.killed_at = 0.0
        self.ids: dict[str, str] = {}

    def start(self) -> kt.Kizashi:
        scrapes = [f"--scrape=http://{self.targets.address}/{n},job=shop,service=shop,target={n}" for n in NUMBERED]
        scrapes += [f"--scrape=http://{self.targets.address}/{m},job=shop,service=shop,server={m}" for m in MEMBERS]
        return self.case.kizashi("serve", "--catalog", self.case.path("catalog"), "--scrape-interval", "1s",
                                 "--log-block-bytes", "100000", "--series-block-seconds", "1", *scrapes)

    def push_fixed(self, server: kt.Kizashi) -> None:
        values = [[str(time.time_ns()), text] for text in FIXED]
        server.post_json("/loki/api/v1/push", {"streams": [{"stream": {"service": "fixed"}, "values": values}]})

    def find_again(self, server: kt.Kizashi) -> None:
        """What the log store finds after a kill: as many lines as the journal has, by the same patterns."""
        wanted = {"shop": sum(map(len, self.kept.lines.values())), "fixed": len(FIXED)}

        def ids_found() -> dict[str, Any]:
            ids: dict[str, Any] = {}
            for service, lines in wanted.items():
                found = server.get_json("/kizashi/v1/logs/patterns", service=service)
                assert found["lines"] == lines, f"{service}: {found['lines']} lines are found of {lines}"
                ids |= {one["text"]: one["id"] for one in found["patterns"] if service == "fixed"}
            assert not self.ids or ids == self.ids, (ids, self.ids)
            return ids

        self.ids = kt.wait_until(ids_found, 60, "the lines of the journal in the log store")

    def query_again(self, server: kt.Kizashi) -> None:
        """What /api/v1/query_range finds after a kill of what came before: the scrapes of the journal."""
        for query, wanted in (("count_over_time", len), ("sum_over_time", sum)):
            found = server.get_json("/api/v1/query_range", query=f"{query}(scrape_number[1d])", step=1,
                                    start=self.killed_at, end=self.killed_at)["data"]["result"]
            values = {one["metric"]["target"]: float(one["values"][0][1]) for one in found}
            expected = {name: float(wanted(numbers)) for name, numbers in self.kept.scrapes.items() if numbers}
            assert values == expected, f"{query} by query_range: {values}, in the journal: {expected}"

    def round(self, number: int) -> None:
        if number % 3 == 0:  # long enough for two failed scrapes
            self.targets.down = set(self.dice.sample(MEMBERS, self.dice.choice([0, 1, 3])))
        served = dict(self.targets.served)
        samples_before = self.kept.samples
        scrapes_before = {name: len(numbers) for name, numbers in self.kept.scrapes.items()}
        server = self.start()
        if number == 1:
            self.push_fixed(server)
        else:
            self.find_again(server)
            self.query_again(server)
        pushers = [Pusher(server.address, kind, self.next[kind]) for kind in self.next]
        for pusher in pushers:
            pusher.start()
        time.sleep(self.dice.uniform(0.3, 2.2))
        samples = acknowledged_samples(server)
        server.kill()
        self.killed_at = time.time()
        for pusher in pushers:
            pusher.join(15)
            assert not pusher.is_alive() and not pusher.failed, pusher.failed
            self.next[pusher.kind] = pusher.next
        self.kept.read(self.case)
        for pusher in pushers:
            missing = [n for n in pusher.acknowledged if n not in self.kept.lines[pusher.kind]]
            assert not missing, f"{len(missing)} acknowledged {pusher.kind} lines are gone, the first {missing[0]}"
            self.lines += len(pusher.acknowledged)
        there = self.kept.samples - samples_before
        assert there >= samples, f"{samples} samples were acknowledged, {there} are there"
        self.samples += samples
        # Numbered scrapes: those of this round, none missing among them.
        for name, all_numbers in self.kept.scrapes.items():
            numbers = all_numbers[scrapes_before[name]:]
            first = served[name] + 1
            assert numbers == list(range(first, first + len(numbers))), f"target {name} from {first}: {numbers}"

    def replay(self) -> Any:
        done = self.case.run("replay", "--data", self.case.path("data"), "--format", "json", timeout_s=300)
        result = json.loads(done.stdout)
        assert done.returncode == 0 and result["same"] == result["verdicts"], (result, done.stderr[-2000:])
        return result


def kill_9(rounds: int, seed: int) -> Any:
    def test_kill_9(case: kt.Case) -> None:
        crash = Crash(case, seed)
        for number in range(1, rounds + 1):
            crash.round(number)
            if number % 20 == 0 or number == rounds:
                # A last start brings the kept verdicts up to the journal; SIGTERM ends it in order.
                server = crash.start()
                server.stop()
                crash.killed_at = time.time()
                crash.kept.read(case)
                result = crash.replay()
                print(f"{number} rounds: {crash.lines} lines and {crash.samples} samples acknowledged, all there; "
                      f"replay of {result['entries']} entries: {result['same']} verdicts the same",
                      file=sys.stderr, flush=True)
        blocks = [name for name in os.listdir(case.path("data/telemetry/series")) if name.endswith(".kzser")]
        assert blocks, "no samples came into blocks"
        assert crash.lines > 100 * rounds, "there was no load"
        assert result["verdicts"] > rounds / 10, "there was nothing to judge"
    return test_kill_9


if __name__ == "__main__":
    kt.main_of_rounds(kill_9, __doc__ or "", rounds=10)

#!/usr/bin/env python3
"""Alerts beside Debian's prometheus-alertmanager, in one run: how soon after a POST the receiver hears, how long 2,000
groups take, and what 10,000 active alerts behind 1,000 routes cost.

Kizashi's POST is answered once the alert is on disk; Alertmanager's is in memory alone. The two take turns.

  python3 bench/macro/alert_rivals_bench.py [--posts 300] [--groups 2000] [--alerts 10000] [--routes 1000] [--turns 3]
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/lib"))
import kizashi_test as kt  # noqa: E402


class Hook:
    """A receiver that answers at once and notes when the first byte of each request came; a thread a connection."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.heard: list[float] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self.socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._answer(connection)
        except OSError:
            pass  # the server was killed: the measurement is over

    def _answer(self, connection: socket.socket) -> None:
        held = b""
        with connection:
            while data := connection.recv(1 << 16):
                if not held:
                    self.heard.append(time.perf_counter())
                held += data
                while (end := held.find(b"\r\n\r\n")) >= 0:
                    head = held[:end].lower()
                    at = head.index(b"content-length:") + 15
                    length = int(head[at:].split(b"\r\n", 1)[0])
                    if len(held) < end + 4 + length:
                        break
                    held = held[end + 4 + length:]
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    if held:
                        self.heard.append(time.perf_counter())

    def wait(self, count: int, timeout_s: float = 60) -> None:
        end = time.monotonic() + timeout_s
        while len(self.heard) < count:
            assert time.monotonic() < end, f"{len(self.heard)} of {count} arrived"
            time.sleep(0.0005)


def config(hook: Hook, routes: int, wait: str) -> str:
    tree = "".join(f"  - {{receiver: hook, matchers: ['service=\"s{i}\"']}}\n" for i in range(routes))
    return (f"route:\n  receiver: hook\n  group_by: ['...']\n  group_wait: {wait}\n  group_interval: 5m\n"
            f"{'  routes:' if routes else ''}\n{tree}"
            f"receivers:\n- name: hook\n  webhook_configs: [{{url: '{hook.url}'}}]\n")


class Server:
    """One of the two, with a folder of its own."""

    def __init__(self, case: kt.Case, kind: str, text: str):
        name = f"{kind}-{len(os.listdir(case.folder))}"
        file = case.write(f"{name}.yml", text)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [kt.binary(), "alert", "serve"] if kind == "kizashi" else ["prometheus-alertmanager"]
        quiet = [] if kind == "kizashi" else ["--cluster.listen-address="]
        self.process = case.start(name, [*command, "--config.file", file, "--storage.path", case.path(name + "-data"),
                                         "--web.listen-address", f"127.0.0.1:{self.port}", *quiet])
        self.url = f"http://127.0.0.1:{self.port}"
        kt.wait_until(lambda: kt.request(self.url, "GET", "/-/ready").status == 200, 20, "the server")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, alerts: "list[dict[str, object]]") -> None:
        self.connection.request("POST", "/api/v2/alerts", json.dumps(alerts).encode(),
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body

    def get_alerts(self) -> "tuple[float, int]":
        begin = time.perf_counter()
        self.connection.request("GET", "/api/v2/alerts")
        body = self.connection.getresponse().read()
        return time.perf_counter() - begin, len(body)


def alert(number: int, services: int) -> "dict[str, object]":
    return {"labels": {"alertname": "HighErrorRate", "service": f"s{number % services}", "instance": f"10.0.0.{number}",
                       "severity": "page", "cluster": "tokyo-1"},
            "annotations": {"summary": f"errors of instance {number} are above 5 % for ten minutes",
                            "runbook": "https://wiki.example/runbooks/errors"},
            "generatorURL": "http://prometheus.example:9090/graph?g0.expr=rate%28errors%5B5m%5D%29&g0.tab=1"}


def latencies(case: kt.Case, kind: str, posts: int) -> "tuple[list[float], list[float]]":
    """Milliseconds from the start of each POST to the receiver's first byte, and to the answer."""
    hook = Hook()
    server = Server(case, kind, config(hook, 0, "0s"))
    told, answered = [], []
    for number in range(posts + 20):
        begin = time.perf_counter()
        server.post([alert(number, 50)])
        answered.append((time.perf_counter() - begin) * 1e3)
        hook.wait(number + 1)
        told.append((hook.heard[number] - begin) * 1e3)
        time.sleep(0.002)
    server.process.kill()
    return told[20:], answered[20:]


def burst(case: kt.Case, kind: str, groups: int) -> float:
    hook = Hook()
    server = Server(case, kind, config(hook, 0, "0s"))
    server.post([alert(1_000_000, 50)])
    hook.wait(1)
    begin = time.perf_counter()
    server.post([alert(number, 50) for number in range(groups)])
    hook.wait(groups + 1)
    took = max(hook.heard) - begin
    server.process.kill()
    return took


def crowd(case: kt.Case, kind: str, alerts: int, routes: int) -> "tuple[float, float, float]":
    """MiB, and p50 and p99 of a list of all alerts in milliseconds."""
    hook = Hook()
    server = Server(case, kind, config(hook, routes, "1s"))
    for begin in range(0, alerts, 1000):
        server.post([alert(number, routes) for number in range(begin, begin + 1000)])
    hook.wait(alerts, 120)
    took = sorted(server.get_alerts()[0] * 1e3 for _ in range(100))
    rss = server.process.rss_bytes() / (1 << 20)
    server.process.kill()
    return rss, took[50], took[98]


def tell(name: str, figure: float, unit: str, spread: str = "") -> None:
    print(f"{name}\t{figure:.3f}\t{unit}\t{spread}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("posts", 300), ("groups", 2000), ("alerts", 10000), ("routes", 1000), ("turns", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    kinds = ["kizashi", "alertmanager"]
    if shutil.which("prometheus-alertmanager") is None:
        kinds.remove("alertmanager")
        print("prometheus-alertmanager is not installed: left out", file=sys.stderr)
    case = kt.Case("alert-rivals")
    told: dict[str, list[float]] = {kind: [] for kind in kinds}
    answered: dict[str, list[float]] = {kind: [] for kind in kinds}
    bursts: dict[str, list[float]] = {kind: [] for kind in kinds}
    try:
        for _ in range(arguments.turns):
            for kind in kinds:
                one = latencies(case, kind, arguments.posts)
                told[kind] += one[0]
                answered[kind] += one[1]
                bursts[kind].append(burst(case, kind, arguments.groups))
        for kind in kinds:
            told[kind].sort()
            answered[kind].sort()
            last = len(told[kind]) - 1
            tell(f"alert POST to first byte at receiver p50/{kind}", told[kind][last // 2], "ms")
            tell(f"alert POST to first byte at receiver p99/{kind}", told[kind][last * 99 // 100], "ms")
            tell(f"alert POST to answer p50/{kind}", answered[kind][last // 2], "ms")
            tell(f"alert POST to answer p99/{kind}", answered[kind][last * 99 // 100], "ms")
            tell(f"{arguments.groups} groups delivered/{kind}", statistics.median(bursts[kind]), "s",
                 f"{min(bursts[kind]):.3f}-{max(bursts[kind]):.3f}")
            rss, p50, p99 = crowd(case, kind, arguments.alerts, arguments.routes)
            tell(f"{arguments.alerts} alerts, {arguments.routes} routes: memory/{kind}", rss, "MiB")
            tell(f"{arguments.alerts} alerts, {arguments.routes} routes: list p50/{kind}", p50, "ms")
            tell(f"{arguments.alerts} alerts, {arguments.routes} routes: list p99/{kind}", p99, "ms")
    finally:
        case.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

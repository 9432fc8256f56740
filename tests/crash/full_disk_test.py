#!/usr/bin/env python3
"""A disk that fills up: nothing acknowledged is lost, nothing is acknowledged that is not kept, and the
server goes on by itself when there is room again.

The data lie in a tmpfs of 64 MiB, which takes root to mount; without it the test is skipped.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

DISK = "64m"
LINES_PER_PUSH = 50


class Numbers:
    """A scrape target that numbers its scrapes."""

    def __init__(self) -> None:
        self.served = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.served += 1
                body = f"scrape_number {outer.served}\n".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metrics"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def push(server: kt.Kizashi, first: int) -> int:
    # Long enough to fill the room that the journal's file has in advance.
    text = "".join(json.dumps({"service": "shop", "message": f"line number {n} {os.urandom(500).hex()}"}) + "\n"
                   for n in range(first, first + LINES_PER_PUSH))
    try:
        return server.request("POST", "/kizashi/v1/logs", text.encode(), {"Content-Type": "application/x-ndjson"}).status
    except (OSError, http.client.HTTPException):
        return 0


def lines_in_journal(case: kt.Case) -> list[int]:
    done = case.run("journal", "--data", case.path("disk/data"), timeout_s=120)
    assert done.returncode == 0, done.stderr[-2000:]
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1)), "a gap in the journal"
    return [int(text.split()[2]) for entry in entries if entry["type"] == "logs" for _, text, *_ in entry["lines"]]


def sum_of_scrapes(server: kt.Kizashi, function: str, at: float) -> float:
    found = server.get_json("/api/v1/query_range", query=f"{function}(scrape_number[1d])", start=at, end=at,
                            step=1)["data"]["result"]
    return float(found[0]["values"][0][1]) if found else 0.0


def fill(case: kt.Case) -> str:
    ballast = case.path("disk/ballast")
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass  # that is what it is for
    return ballast


def test_full_disk(case: kt.Case) -> None:
    os.mkdir(case.path("disk"))
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", case.path("disk")],
                                           capture_output=True, check=False).returncode != 0:
        kt.skip("the right to mount a tmpfs")
    try:
        fill_and_free(case)
    finally:
        for process in case._processes:
            process.clean_up()
        subprocess.run(["umount", case.path("disk")], check=True)


def fill_and_free(case: kt.Case) -> None:
    numbers = Numbers()
    arguments = ["--scrape-interval", "1s", "--series-block-seconds", "2", "--scrape", f"{numbers.url},job=shop"]
    server = case.kizashi("serve", *arguments, data="disk/data")
    acknowledged: list[int] = []
    refused = 0

    def push_for(seconds: float) -> list[int]:
        statuses = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            first = len(acknowledged) + refused * LINES_PER_PUSH + 1
            statuses.append(push_one(first))
            time.sleep(0.02)
        return statuses

    def push_one(first: int) -> int:
        nonlocal refused
        status = push(server, first)
        if status in (200, 204):
            acknowledged.extend(range(first, first + LINES_PER_PUSH))
        else:
            refused += 1
        return status

    assert set(push_for(3)) <= {200, 204}, "an empty disk refuses"
    ballast = fill(case)
    kt.wait_until(lambda: any(status not in (200, 204) for status in push_for(0.5)), 60, "the disk to be noticed")
    assert server.request("GET", "/readyz").status == 200, "a full disk ends the server"
    assert sum_of_scrapes(server, "count_over_time", time.time()) > 0, "a full disk ends queries"
    os.remove(ballast)
    kt.wait_until(lambda: push_for(0.5)[-1] in (200, 204), 60, "room to be noticed")
    served = numbers.served
    kt.wait_until(lambda: numbers.served > served + 3, 20, "scrapes to go on")
    kt.wait_until(lambda: sum_of_scrapes(server, "max_over_time", time.time()) > served, 20, "scrapes to be kept")
    at = time.time()
    before = [sum_of_scrapes(server, name, at) for name in ("count_over_time", "sum_over_time")]
    server.kill()

    there = lines_in_journal(case)
    assert len(there) == len(set(there)), "a line twice"
    missing = set(acknowledged) - set(there)
    assert not missing, f"{len(missing)} acknowledged lines are gone, the first {min(missing)}"
    server = case.kizashi("serve", *arguments, data="disk/data")
    after = [sum_of_scrapes(server, name, at) for name in ("count_over_time", "sum_over_time")]
    assert after == before, f"scrapes after the kill {after}, before {before}"
    server.stop()
    print(f"full disk: {len(acknowledged)} lines acknowledged, all there; {refused} pushes refused", file=sys.stderr)


if __name__ == "__main__":
    kt.main(test_full_disk)

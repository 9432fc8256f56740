#!/usr/bin/env python3
"""kill -9 while SLOs are judged, round after round: no slice is lost and none counts twice.

    python3 tests/crash/slo_crash_test.py --rounds 20 [--seed 1]

A page of counters grows with each scrape, errors among them. After every kill the good and all events of the budget
must come to what the newest scrape says, less the first: the counters themselves are the truth.
"""

import http.server
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

CATALOG = """service:
  name: shop
  slo:
    - {name: requests, target: 99, good: 'requests_total{code="200"}', total: requests_total}
    - {name: slices, target: 99, good: 'requests_total{code="200"}', total: requests_total,
       budgeting: {timeslices: 90%, every: 10s}, interval: 10s}
"""


class Page(http.server.ThreadingHTTPServer):
    """Counters that grow with every scrape until they are held."""

    def __init__(self) -> None:
        self.lock, self.good, self.bad, self.held, self.scrapes = threading.Lock(), 1000, 50, False, 0
        self.first: "tuple[int, int] | None" = None
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with page.lock:
                    if not page.held:
                        page.good += 90 + page.scrapes % 17
                        page.bad += page.scrapes % 5
                    page.scrapes += 1
                    page.first = page.first or (page.good, page.bad)
                    body = (f'requests_total{{code="200"}} {page.good}\nrequests_total{{code="500"}} {page.bad}\n')
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def budget(server: kt.Kizashi, slo: str) -> "tuple[float, float]":
    for team in server.get_json("/kizashi/v1/board")["teams"]:
        for one in (one for service in team["services"] for one in service["slos"]):
            if one["name"] == slo:
                return one["good"], one["total"]
    return -1, -1


def kill_9(rounds: int, seed: int) -> "kt.Callable[[kt.Case], None]":
    def test_kill_9_while_slos_are_judged(case: kt.Case) -> None:
        dice, page = random.Random(seed), Page()
        case.write("catalog/shop.yaml", CATALOG)
        targets = case.write("targets.json", json.dumps(
            [{"targets": [f"127.0.0.1:{page.server_port}"], "labels": {"job": "shop", "instance": "a"}}]))
        slices = 0.0
        for number in range(rounds):
            server = case.kizashi("serve", "--scrape-file", targets, "--scrape-interval", "1s", "--catalog",
                                  case.path("catalog"))
            if number == 0:
                # What a kill takes away before it was kept is no begin to count from.
                kt.wait_until(lambda: budget(server, "requests")[1] > 0, 60, "the first events to be counted")
            time.sleep(dice.uniform(0.2, 4.0))
            if number % 5 == 4 or number == rounds - 1:
                with page.lock:
                    page.held = True
                    first = page.first
                    assert first
                    truth = (page.good - first[0], page.good + page.bad - first[0] - first[1])
                seen: "list[tuple[float, float]]" = []

                def agrees() -> bool:
                    seen.append(budget(server, "requests"))
                    return seen[-1] == truth

                try:
                    kt.wait_until(agrees, 90, f"the budget to count {truth}")
                except AssertionError as error:
                    raise AssertionError(f"round {number}: {error}, it has {seen[-1]}") from error
                # Slices of the past do not change: of those that were counted none is lost.
                assert budget(server, "slices")[1] >= slices
                slices = budget(server, "slices")[1]
                page.held = False
            server.kill()
        page.shutdown()
        print(f"{rounds} rounds: {page.scrapes} scrapes, {page.good + page.bad} events, {slices:.0f} slices",
              file=sys.stderr)

    return test_kill_9_while_slos_are_judged


if __name__ == "__main__":
    kt.main_of_rounds(kill_9, __doc__ or "", rounds=20)

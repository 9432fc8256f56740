#!/usr/bin/env python3
"""A service with ever new label values is stopped at its limit and named; it keeps what is known, and the
others are not harmed. The limit is the catalog's, also after it changed and after a kill -9."""

import os
import sys
import time
from typing import Any, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

LIMIT = 50
NAMED_WITHIN_S = 15


class Pages:
    """/pay has a new user at each scrape; /shop has an order more each time."""

    def __init__(self, case: kt.Case):
        self.users = 0
        outer = self

        class Answers(kt.Receiver):
            def _next(self, got: kt.Received) -> kt.Reply:
                if got.path == "/shop":
                    return kt.Reply(body="".join(f'orders_total{{item="{n}"}} 1\n' for n in range(20)).encode())
                outer.users += 20
                return kt.Reply(body=("requests_total 7\n" + "".join(
                    f'logins_total{{host="h{n % 3}",user="u{n}"}} 1\n' for n in range(outer.users))).encode())

        self.url = Answers().url


def metric(server: kt.Kizashi, name: str, owner: str) -> Optional[float]:
    for line in server.get("/metrics").text().splitlines():
        if line.startswith(f'{name}{{owner="{owner}"}} '):
            return float(line.split()[-1])
    return None


def use_of(server: kt.Kizashi, owner: str) -> dict[str, Any]:
    uses = {one["owner"]: one for one in server.get_json("/kizashi/v1/series")["owners"]}
    return dict(uses.get(owner, {"refused": 0, "series": 0}))


def value(server: kt.Kizashi, query: str) -> float:
    found = server.get_json("/api/v1/query", query=query)["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0


def test_budget(case: kt.Case) -> None:
    def catalog(limit: int) -> None:
        case.write("catalog/all.yaml", f"service: {{name: pay, series_limit: {limit}}}\n---\nservice: {{name: shop}}\n")

    catalog(LIMIT)
    pages = Pages(case)
    arguments = ["--catalog", case.path("catalog"), "--scrape-interval", "1s",
                 "--scrape", f"{pages.url}/pay,job=pay,service=pay", "--scrape", f"{pages.url}/shop,job=shop,service=shop"]
    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: use_of(server, "pay")["refused"] > 0, 20, "the limit to be reached")
    begin = time.monotonic()
    server.wait_for_log(r"series refused.*owner=pay.*limit=50.*metric=logins_total label=user", NAMED_WITHIN_S)
    kt.wait_until(lambda: (metric(server, "kizashi_series_refused_total", "pay") or 0) > 0, NAMED_WITHIN_S, "the metric")
    assert time.monotonic() - begin <= NAMED_WITHIN_S
    use = use_of(server, "pay")
    assert use["series"] == LIMIT == use["limit"], use
    assert use["metrics"][0]["name"] == "logins_total" and use["labels"][0]["name"] == "user", use
    assert metric(server, "kizashi_series", "pay") == LIMIT == metric(server, "kizashi_series_limit", "pay")
    assert use_of(server, "shop")["refused"] == 0 and use_of(server, "shop")["series"] == 25, use_of(server, "shop")
    target = next(one for one in server.get_json("/api/v1/targets")["data"]["activeTargets"]
                  if one["labels"]["job"] == "pay")
    assert target["health"] == "up" and "samples are left out: the series of pay are at their limit of 50" in \
        target["lastError"], target

    # What is known goes on, of both.
    kt.wait_until(lambda: value(server, 'count_over_time(requests_total{job="pay"}[10s])') >= 5, 20, "pay to go on")
    assert value(server, 'up{job="pay"}') == 1
    assert value(server, 'count(orders_total)') == 20

    server.kill()
    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: use_of(server, "pay")["refused"] > 0, 20, "the limit after a kill")
    assert use_of(server, "pay")["series"] == LIMIT, use_of(server, "pay")

    catalog(2 * LIMIT)
    kt.wait_until(lambda: use_of(server, "pay")["series"] == 2 * LIMIT, 30, "the new limit")
    server.stop()


if __name__ == "__main__":
    kt.main(test_budget)

#!/usr/bin/env python3
"""The five-server shop with its real processes, from a killed server to the message and the report.

The same story on a virtual clock is tests/scenario/five_servers.kz.
"""

import json
import os
import sys
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

PATTERN = "ledger mismatch"


class Shop:
    """The demo with a receiver for its messages."""

    def __init__(self, case: kt.Case):
        self.receiver = case.receiver()
        self.server = case.kizashi("demo", "--webhook", self.receiver.url)
        self.folder = case.path("data")

    def fault(self, case: kt.Case, name: str, server: str, seconds: int) -> None:
        """By the command line, as a person would."""
        where = ["--server", server] if server else []
        done = case.run("demo", "fault", name, *where, "--for", f"{seconds}s", "--dir", self.folder)
        assert done.returncode == 0, done.stderr

    def anomalies(self, code: str, state: str = "all") -> list[Any]:
        found = self.server.get_json("/kizashi/v1/anomalies", state=state)["anomalies"]
        return [one for one in found if one["code"] == code]

    def messages(self, status: str) -> list[Any]:
        """The alerts of those messages."""
        return [alert for got in self.receiver.received for alert in got.json()["alerts"] if alert["status"] == status]

    def pages(self) -> list[Any]:
        return [one for one in self.messages("firing") if one["labels"]["severity"] == "page"]

    def ready(self) -> bool:
        """All five seen up, and enough lines read to know the log."""
        members = self.server.get_json("/kizashi/v1/services/shop")["members"]
        return len(members) == 5 and all(one["up"] for one in members) and self.lines() >= 2000

    def lines(self) -> float:
        for line in self.server.get("/metrics").text().splitlines():
            if line.startswith('kizashi_ingest_lines_total{receiver="tail"}'):
                return float(line.split()[-1])
        return 0


def traffic_harms_nobody(case: kt.Case, shop: Shop) -> None:
    shop.fault(case, "traffic", "", 25)
    kt.stays(lambda: not shop.receiver.received, 30, "three times the traffic sends nothing")
    assert not shop.anomalies("member_down")


def one_down(case: kt.Case, shop: Shop) -> None:
    shop.fault(case, "down", "c", 900)
    begin = time.monotonic()
    found = kt.wait_until(lambda: shop.anomalies("member_down"), 30, "the anomaly of server c")
    print(f"one down: anomaly after {time.monotonic() - begin:.1f} s", file=sys.stderr)
    assert len(found) == 1 and found[0]["fields"]["member"] == "c", found
    price = found[0]["price"]
    assert 0 < price["mean_minutes"] < price["high_minutes"], price
    assert price["low_minutes"] <= price["mean_minutes"], price
    board = shop.server.get_json("/kizashi/v1/board")
    service = next(one for team in board["teams"] for one in team["services"] if one["name"] == "shop")
    assert service["state"] == "anomaly" and service["anomaly_budget"]["spent_minutes"] > 0, service
    kt.stays(lambda: not shop.receiver.received, 30, "one server down pages nobody")
    assert len(shop.anomalies("member_down")) == 1, "one anomaly, told once"


def a_line_never_seen(case: kt.Case, shop: Shop) -> None:
    shop.fault(case, "new_line", "b", 15)
    kt.wait_until(lambda: shop.anomalies("pattern_new"), 30, "the anomaly of the new line")
    for language, title in (("en", "New log patterns"), ("ja", "新しいログパターン")):
        # Three lines make it worth a row; how many there are is kept once a minute.
        kt.wait_until(lambda: PATTERN in shop.server.get_json("/kizashi/v1/reports/daily", language=language, hours=1)
                      ["markdown"].split(title)[1], 90, "the new line in the report")
    done = case.run("report", "daily", "--data", os.path.join(shop.folder, "data"), "--since", "1h")
    assert done.returncode == 0 and PATTERN in done.stdout.decode(), done
    new = [one["fields"]["pattern"] for one in shop.anomalies("pattern_new")]
    assert all(PATTERN in one for one in new), f"only the line that was new: {new}"


def three_down(case: kt.Case, shop: Shop) -> None:
    assert not shop.receiver.received
    shop.fault(case, "down", "d", 900)
    shop.fault(case, "down", "e", 900)
    begin = time.monotonic()
    kt.wait_until(shop.pages, 90, "the page")
    print(f"three down: page after {time.monotonic() - begin:.1f} s", file=sys.stderr)
    page = shop.pages()[0]
    assert page["labels"]["service"] == "shop" and page["labels"]["owner"] == "shop-team", page
    kt.stays(lambda: len(shop.receiver.received) == 1, 60, "exactly one message about the failure")
    assert len(shop.anomalies("member_down", "open")) == 3


def all_restored(case: kt.Case, shop: Shop) -> None:
    done = case.run("demo", "restore", "--dir", shop.folder)
    assert done.returncode == 0, done.stderr
    begin = time.monotonic()
    kt.wait_until(lambda: shop.messages("resolved"), 240, "the message that it is over")
    print(f"restored: resolved after {time.monotonic() - begin:.1f} s", file=sys.stderr)
    kt.wait_until(lambda: not shop.anomalies("member_down", "open"), 30, "the anomalies to end")
    kt.stays(lambda: len(shop.receiver.received) == 2, 20, "one firing and one resolved, no more")
    ids = [one["annotations"]["kizashi_id"] for one in (shop.messages("resolved")[0], shop.pages()[0])]
    assert ids[0] == ids[1], ids
    assert len(shop.anomalies("member_down")) == 3


def test_five_servers(case: kt.Case) -> None:
    shop = Shop(case)
    kt.wait_until(shop.ready, 60, "five servers and a known log")
    traffic_harms_nobody(case, shop)
    one_down(case, shop)
    a_line_never_seen(case, shop)
    three_down(case, shop)
    all_restored(case, shop)
    shop.server.stop()
    replay = case.run("replay", "--data", os.path.join(shop.folder, "data"), "--format", "json")
    result = json.loads(replay.stdout)
    assert replay.returncode == 0 and result["same"] == result["verdicts"] >= 9, replay
    print(f"replay: {result}", file=sys.stderr)


if __name__ == "__main__":
    kt.main(test_five_servers)

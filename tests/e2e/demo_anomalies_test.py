#!/usr/bin/env python3
"""A log change, a slow server, a CPU burn and a traffic surge in the five-server shop, with its real processes.

Each becomes one explained anomaly with a price, spends the anomaly budget and ranks in the daily report, and none
pages. It takes most of an hour, because what is usual has to be learnt first, and an anomaly ends ten quiet
minutes after its cause: `make demoproof`, not part of `make test`. The same on a virtual clock, from what one run
recorded, is src/judge/demo_faults_test.cc.

    python3 tests/e2e/demo_anomalies_test.py                 # all four, about 50 minutes
    python3 tests/e2e/demo_anomalies_test.py --faults slow   # some of them: --faults new_line,traffic
    python3 tests/e2e/demo_anomalies_test.py --learn 60      # minutes of quiet before the first, 15 without it
    python3 tests/e2e/demo_anomalies_test.py --record FILE   # and keeps what was measured, for that test
"""

import json
import os
import re
import sys
import time
from dataclasses import dataclass
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

FAULT_S = 3 * 60 + 15
TOLD_WITHIN_S = 4 * 60  # of the begin of the fault: a lone signal takes two looks, one a minute
POLL_S = 5.0  # always: requests are a signal of Kizashi itself
STEP_S = 15  # of what is recorded
SLACK_S = 75  # a signal is over the last minute, and is looked at once a minute
RECORDED = ('{__name__=~"up|http_requests_total|http_request_duration_seconds_bucket|shop_request_duration_seconds_bucket'
            '|process_cpu_seconds_total|process_resident_memory_bytes|process_open_fds|process_max_fds",'
            'job=~"shop.*|kizashi"}')


@dataclass(frozen=True)
class Fault:
    name: str
    server: str  # "" for the whole shop
    code: str  # of the anomaly
    signal: str  # that it moves; "" of a log change
    also_named: "tuple[str, ...]" = ()  # what may name the anomaly when it moved at the same look

    def explained(self, anomaly: Any) -> None:
        fields = anomaly["fields"]
        if not self.signal:
            assert "ledger mismatch" in fields["pattern"], fields
            assert f"server-{self.server}" in fields["first_seen_on"], fields
            return
        assert fields["signal"] in (self.signal, *self.also_named) and fields["direction"] == "up", fields
        said = [one["fields"] for one in anomaly["evidence"] if one["code"] == "signal"]
        (moved,) = [one for one in said if one["signal"] == self.signal]
        assert moved["value"] > moved["band_high"] >= moved["band_low"] and moved["direction"] == "up", moved
        if self.server:
            assert moved["member"] == self.server and moved["by"] == "server", moved
            assert moved["member_value"] > moved["siblings_high"], moved


FAULTS = [
    Fault("slow", "c", "signals_moved", "http_latency_p99"),
    Fault("new_line", "d", "pattern_new", ""),
    # Where servers share processors, one that burns makes the others' customers wait.
    Fault("cpu", "b", "signals_moved", "process_cpu", ("http_latency_p99",)),
    Fault("traffic", "", "traffic_up", "http_requests"),
]


def option(name: str) -> str:
    """The value behind `name` on the command line, taken away from it; "" when there is none."""
    if name not in sys.argv:
        return ""
    at = sys.argv.index(name)
    _, value = sys.argv[at:at + 2]
    del sys.argv[at:at + 2]
    return value


WANTED = option("--faults").split(",")
LEARN_S = 60 * float(option("--learn") or 15)  # the first twelve minutes are not judged
RECORD = option("--record")


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S", time.gmtime()), text, file=sys.stderr, flush=True)


class Shop:
    """The demo with a receiver for its messages."""

    def __init__(self, case: kt.Case):
        self.case = case
        self.receiver = case.receiver()
        self.server = case.kizashi("demo", "--webhook", self.receiver.url)
        self.folder = case.path("data")

    def anomalies(self) -> "list[Any]":
        return self.server.get_json("/kizashi/v1/anomalies", state="all")["anomalies"]

    def described(self) -> str:
        return "\n".join(f"  {one['service']} {one['code']} {one['begin']} {one['fields']}" for one in self.anomalies())

    def spent(self) -> float:
        return self.server.get_json("/kizashi/v1/services/shop")["summary"]["anomaly_budget"]["spent_minutes"]

    def quiet(self, for_s: float, known: int, what: str) -> None:
        """No anomaly beyond those that are known, and no message."""
        def holds() -> bool:
            found = self.anomalies()
            assert len(found) == known, f"{what}: {len(found)} anomalies, {known} expected\n{self.described()}"
            return not self.receiver.received
        kt.stays(holds, for_s, f"{what}: nobody is told", interval_s=POLL_S)

    def start_fault(self, fault: Fault) -> float:
        where = ["--server", fault.server] if fault.server else []
        done = self.case.run("demo", "fault", fault.name, *where, "--for", f"{FAULT_S}s", "--dir", self.folder)
        assert done.returncode == 0, done.stderr
        say(f"fault {fault.name} {fault.server}")
        return time.time()


def becomes_one_anomaly(shop: Shop, fault: Fault) -> float:
    """Returns when the fault began. Requires that no anomaly of its source is open."""
    known = {one["id"] for one in shop.anomalies()}
    spent = shop.spent()
    begin = shop.start_fault(fault)

    def news() -> "list[Any]":
        return [one for one in shop.anomalies() if one["id"] not in known]

    kt.wait_until(news, TOLD_WITHIN_S, f"the anomaly of {fault.name}", interval_s=POLL_S)
    say(f"  told after {time.time() - begin:.0f} s")
    over = begin + FAULT_S + SLACK_S
    shop.quiet(over - time.time(), len(known) + 1, fault.name)
    (anomaly,) = news()
    assert anomaly["code"] == fault.code and anomaly["service"] == "shop", anomaly
    assert anomaly["owner"] == "shop-team" and anomaly["kind"].startswith("shop/"), anomaly
    assert begin - 5 <= anomaly["begin"] / 1000 <= begin + FAULT_S, (begin, anomaly)
    fault.explained(anomaly)
    price = anomaly["price"]
    assert 0 <= price["low_minutes"] <= price["mean_minutes"] < price["high_minutes"], price
    assert price["mean_minutes"] > 0 and price["basis"] and price["fields"], price
    assert abs(shop.spent() - spent - price["mean_minutes"]) < 1e-6, (spent, shop.spent(), price)
    shown = shop.case.run("anomaly", "show", anomaly["id"], "--server", shop.server.url)
    assert shown.returncode == 0, shown.stderr
    say(f"  {shown.stdout.decode().strip()}".replace("\n", "\n    "))
    return begin


def signals_are_quiet(shop: Shop) -> None:
    """What moved is told as over: ten quiet minutes after the last sign of it. A line never seen has its own end."""
    known = len(shop.anomalies())
    kt.wait_until(lambda: all(one["end"] for one in shop.anomalies() if one["source"] == "signals"), 15 * 60,
                  "the anomaly to end", interval_s=POLL_S)
    assert len(shop.anomalies()) == known, shop.described()


def ranks_in_the_report(shop: Shop, faults: "list[Fault]") -> None:
    done = shop.case.run("report", "daily", "--data", os.path.join(shop.folder, "data"), "--catalog",
                         os.path.join(shop.folder, "catalog"), "--team", "shop-team", "--since", "3h")
    assert done.returncode == 0, done.stderr
    report = done.stdout.decode()
    say(report)
    table = report.split("## What was anomalous, by price")[1].split("\n## ")[0]
    rows = [row.split("|") for row in table.splitlines() if re.match(r"\| *[\d.]+", row)]
    prices = [float(re.match(r" *([\d.]+)", row[1])[1]) for row in rows]
    assert len(rows) == len(faults) and prices == sorted(prices, reverse=True), report
    assert all(price > 0 for price in prices), report
    if any(not fault.signal for fault in faults):
        assert "ledger mismatch" in report, report


def keep_what_was_measured(shop: Shop, begin_s: float, faults: "list[tuple[Fault, float]]", path: str) -> None:
    """Every 15 s what the judge saw of the shop.

    A line a fault: `fault NAME SERVER SECOND`. A line a series: its name, its scale and tokens, with tabs between: the
    first value, then what each next one is more, times the scale; `X*N` is N times X, `-` is no value.
    """
    begin = int(begin_s) // STEP_S * STEP_S + STEP_S
    answer = shop.server.get_json("/api/v1/query_range", query=RECORDED, start=begin, end=int(time.time()), step=STEP_S)
    steps = (int(time.time()) - begin) // STEP_S
    with open(path, "w", encoding="utf-8") as file:
        for fault, at in faults:
            file.write(f"fault {fault.name} {fault.server or '-'} {at - begin:.0f}\n")
        for series in answer["data"]["result"]:
            labels = series["metric"]
            name = labels.pop("__name__") + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()
                                                           if key in ("job", "service", "server", "code", "le")) + "}"
            scale = 1 if all(float(value).is_integer() for _, value in series["values"]) else 1000
            values = {(at - begin) // STEP_S: round(float(value) * scale) for at, value in series["values"]}
            tokens: "list[tuple[str, int]]" = []
            before = 0
            for step in range(steps):
                token = "-" if step not in values else str(values[step] - before)
                before = values.get(step, before)
                if tokens and tokens[-1][0] == token:
                    tokens[-1] = (token, tokens[-1][1] + 1)
                else:
                    tokens.append((token, 1))
            text = " ".join(token if count == 1 else f"{token}*{count}" for token, count in tokens)
            file.write(f"{name}\t{scale}\t{text}\n")


def test_each_fault_becomes_one_anomaly(case: kt.Case) -> None:
    faults = [fault for fault in FAULTS if fault.name in WANTED or WANTED == [""]]
    assert faults, f"no such fault among {WANTED}"
    shop = Shop(case)
    begin_s = time.time()
    say(f"learning for {LEARN_S / 60:g} minutes")
    shop.quiet(LEARN_S, 0, "a quiet stretch")
    told = []
    for fault in faults:
        if fault.signal:
            signals_are_quiet(shop)
        told.append((fault, becomes_one_anomaly(shop, fault)))
    if RECORD:
        keep_what_was_measured(shop, begin_s, told, RECORD)
    assert not shop.receiver.received, [got.json() for got in shop.receiver.received]
    assert not shop.server.get_json("/kizashi/v1/alerts")["alerts"], "no page and no ticket"
    budget = shop.server.get_json("/kizashi/v1/services/shop")["summary"]["anomaly_budget"]
    say(f"spent {budget['spent_minutes']:.2f} of {budget['allowance_minutes']:.2f} minutes; nobody was told")
    ranks_in_the_report(shop, faults)
    shop.server.stop()
    replay = case.run("replay", "--data", os.path.join(shop.folder, "data"), "--format", "json", timeout_s=300)
    result = json.loads(replay.stdout)
    assert replay.returncode == 0 and result["same"] == result["verdicts"] >= len(faults), replay
    say(f"replay: {result}")


if __name__ == "__main__":
    kt.main(test_each_fault_becomes_one_anomaly)

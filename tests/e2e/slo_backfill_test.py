#!/usr/bin/env python3
"""`kizashi slo backfill` from a real Prometheus, a file and the server itself; killed and gone on with."""

import os
import re
import signal
import subprocess
import sys
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

DAYS = 3
DAY = 86_400
# An outage over a midnight: half of a hundred requests a minute fail, their counter is born with it.
OUTAGE = range(1440 + 1380, 2 * 1440 + 90)
RESTART = 2 * 1440 + 600  # in this minute the counters begin anew
SLOS = 40

CATALOG = """
service:
  name: shop
  owner: shop-team
  slo:
{slos}---
team: {{name: shop-team}}
"""
SLO = "    - {{name: s{0}, target: 99.9, window: 30d, good: 'req_total{{n=\"{0}\",code!=\"500\"}}', " \
      "total: 'req_total{{n=\"{0}\"}}'}}\n"


def begin_of_data() -> int:
    """Midnight, so long ago that all of it is over."""
    return (int(time.time()) // DAY - DAYS) * DAY


def truth(number: int) -> tuple[int, int]:
    """Bad and all events of an SLO."""
    return 50 * len(OUTAGE), (100 + number) * DAYS * 1440


def counters(number: int) -> tuple[list[int], list[int]]:
    """Good and bad at each minute; -1: not there yet."""
    good, bad, goods, bads = 1000, -1, [1000], [-1]
    for minute in range(1, DAYS * 1440 + 1):
        if minute == RESTART:
            good, bad = 0, 0
        failing = minute in OUTAGE
        good += 100 + number - (50 if failing else 0)
        if failing:
            bad = max(bad, 0) + 50
        goods.append(good)
        bads.append(bad)
    return goods, bads


def write_catalog(case: kt.Case, count: int) -> str:
    case.write("catalog/shop.yaml", CATALOG.format(slos="".join(SLO.format(i) for i in range(count))))
    return case.path("catalog")


def start_prometheus(case: kt.Case, count: int) -> str:
    prometheus, promtool = kt.need_program("prometheus"), kt.need_program("promtool")
    base = begin_of_data()
    with open(case.path("data.txt"), "w", encoding="ascii") as file:
        file.write("# TYPE req counter\n")
        for number in range(count):
            for code, values in zip((200, 500), counters(number)):
                head = f'req_total{{job="shop",instance="a",n="{number}",code="{code}"}}'
                file.write("".join(f"{head} {value} {base + 60 * minute}\n"
                                   for minute, value in enumerate(values) if value >= 0))
        file.write("# EOF\n")
    subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", case.path("data.txt"),
                    case.path("tsdb")], check=True, capture_output=True)
    config = case.write("prometheus.yml", "global: {}\n")
    process = case.start("prometheus", [prometheus, f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                                        f"--storage.tsdb.path={case.path('tsdb')}"])
    port = kt.wait_until(lambda: process.running() and kt.listening_ports(process.pid), 30, "Prometheus to listen")[0]
    url = f"http://127.0.0.1:{port}"
    kt.wait_until(lambda: kt.request(url, "GET", "/-/ready").status == 200, 60, "Prometheus to be ready")
    return url


def times() -> list[str]:
    base = begin_of_data()
    return [flag for name, at in (("--since", base), ("--until", base + DAYS * DAY))
            for flag in (name, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)))]


def budgets(server: kt.Kizashi) -> dict[str, Any]:
    return {slo["name"]: slo for slo in server.get_json("/kizashi/v1/services/shop")["summary"]["slos"]}


def is_exact(server: kt.Kizashi, count: int) -> bool:
    found = budgets(server)
    for number in range(count):
        bad, total = truth(number)
        slo = found[f"s{number}"]
        expected = 1 - bad / total / 0.001
        if (slo["good"], slo["total"]) != (total - bad, total) or \
                abs(slo["budget"]["remaining_share"] - expected) > 1e-9 * abs(expected):
            return False
    return True


def wait_for_slos(server: kt.Kizashi, count: int) -> None:
    kt.wait_until(lambda: len(budgets(server)) == count, 20, "the SLOs")


def test_budgets_are_exact(case: kt.Case) -> None:
    url = start_prometheus(case, 3)
    catalog = write_catalog(case, 3)
    server = case.kizashi("serve", "--catalog", catalog)
    wait_for_slos(server, 3)
    arguments = ("slo", "backfill", "--server", server.url, "--catalog", catalog, *times())
    dry = case.run(*arguments, "--from-prometheus", url, "--dry-run")
    assert dry.returncode == 0 and b"none sent" in dry.stdout, dry
    assert not is_exact(server, 3)
    done = case.run(*arguments, "--from-prometheus", url)
    assert done.returncode == 0, done
    assert re.search(rb"^3 of 3 SLOs, .*: 12960 slices on the server's disk", done.stdout), done
    kt.wait_until(lambda: is_exact(server, 3), 30, f"exact budgets, of {budgets(server)}")
    # Again: the same. And after a restart.
    assert case.run(*arguments, "--from-prometheus", url).returncode == 0
    server.stop()
    server = case.kizashi("serve", "--catalog", catalog)
    kt.wait_until(lambda: is_exact(server, 3), 30, f"exact budgets, of {budgets(server)}")
    journal = case.run("journal", "--data", case.path("data"))
    assert b'"type":"slices","service":"shop","slo":"s0"' in journal.stdout, journal.stdout[-500:]


def test_a_file_gives_the_same(case: kt.Case) -> None:
    catalog = write_catalog(case, 1)
    server = case.kizashi("serve", "--catalog", catalog)
    wait_for_slos(server, 1)
    text = "interval: 1m\ninput_series:\n"
    for code, values in zip((200, 500), counters(0)):
        listed = " ".join("_" if value < 0 else str(value) for value in values)
        text += f"  - {{series: 'req_total{{n=\"0\",code=\"{code}\"}}', values: '{listed}'}}\n"
    done = case.run("slo", "backfill", "--server", server.url, "--catalog", catalog, *times(),
                    "--from-file", case.write("series.yaml", text))
    assert done.returncode == 0, done
    kt.wait_until(lambda: is_exact(server, 1), 30, f"exact budgets, of {budgets(server)}")


def test_a_server_fills_in_from_itself(case: kt.Case) -> None:
    case.write("catalog/shop.yaml", "service: {name: shop}\n")
    server = case.kizashi("serve", "--catalog", case.path("catalog"), "--scrape-interval", "1s")
    name = "kizashi_store_commits_total"
    begin = time.time()

    def points() -> int:
        found = server.get_json("/api/v1/query_range", query=name, start=begin - 60, end=time.time(), step=10)
        return len(found["data"]["result"][0]["values"]) if found["data"]["result"] else 0

    kt.wait_until(lambda: points() >= 5, 90, "half a minute of samples", 0.5)
    case.write("catalog/shop.yaml", "service: {name: shop, slo: {target: 99, window: 1h, interval: 10s, "
                                    f"good: {name}, total: {name}}}}}\n")
    server.signal(signal.SIGHUP)
    kt.wait_until(lambda: budgets(server)["availability"]["total"] > 0, 30, "live samples")
    before = budgets(server)["availability"]["total"]
    done = case.run("slo", "backfill", "--server", server.url, "--catalog", case.path("catalog"), "--since", "10m")
    assert done.returncode == 0, done
    kt.wait_until(lambda: budgets(server)["availability"]["total"] > before + 20, 10,
                  f"the slices before, beside {before}")


def test_a_killed_command_goes_on(case: kt.Case) -> None:
    url = start_prometheus(case, SLOS)
    catalog = write_catalog(case, SLOS)
    server = case.kizashi("serve", "--catalog", catalog)
    wait_for_slos(server, SLOS)
    record = case.path("done.txt")
    arguments = ["slo", "backfill", "--server", server.url, "--catalog", catalog, *times(),
                 "--from-prometheus", url, "--resume", record]

    def lines() -> int:
        if not os.path.exists(record):
            return 0
        with open(record, "rb") as file:
            return file.read().count(b"\n")

    command = case.start("backfill", [kt.binary(), *arguments])
    kt.wait_until(lambda: lines() >= 5, 60, "some finished days", 0.002)
    command.kill()
    before = lines()
    assert 5 <= before < SLOS * DAYS, before
    done = case.run(*arguments)
    assert done.returncode == 0, done
    assert lines() == SLOS * DAYS, (before, lines())
    kt.wait_until(lambda: is_exact(server, SLOS), 30, "exact budgets")
    # Nothing is left to do.
    assert b" 0 slices " in case.run(*arguments).stdout


def test_a_killed_server_keeps_what_it_acknowledged(case: kt.Case) -> None:
    url = start_prometheus(case, SLOS)
    catalog = write_catalog(case, SLOS)
    server = case.kizashi("serve", "--catalog", catalog)
    wait_for_slos(server, SLOS)
    record = case.path("done.txt")
    command = case.start("backfill", [kt.binary(), "slo", "backfill", "--server", server.url, "--catalog", catalog,
                                      *times(), "--from-prometheus", url, "--resume", record])
    for wanted in (10, 40):
        kt.wait_until(lambda: os.path.exists(record) and open(record, "rb").read().count(b"\n") >= wanted,
                      60, "some finished days", 0.002)
        server.kill()
        server = case.kizashi("serve", "--catalog", catalog, listen=server.address)
    assert command.wait(120) == 0, command.tail()
    kt.wait_until(lambda: is_exact(server, SLOS), 30, "exact budgets")


def test_documented_example(case: kt.Case) -> None:
    for page in ("slo-backfill.md", "slo-backfill.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        catalog, series = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        [(command, output)] = re.findall(r"```\n\$ kizashi (slo backfill .*?)\n(.*?)\n```", text)
        case.write("catalog/shop.yaml", catalog)
        case.write("series.yaml", series)

        def masked(line: str) -> str:
            return re.sub(r"\d+\.\d s", "S", re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "T", line))

        server = case.kizashi("serve", "--catalog", case.path("catalog"), data=f"data-{page}")
        kt.wait_until(lambda: budgets(server), 20, "the SLO")
        arguments = [*command.split(), "--server", server.url]
        done = case.run(*arguments)
        assert masked(done.stdout.decode().strip()) == masked(output), done
        assert case.run(*arguments[:-3], *arguments[-2:]).returncode == 0
        kt.wait_until(lambda: abs(budgets(server)["availability"]["budget"]["remaining_share"]
                                  - (1 - 600 / 16_200 / 0.01)) < 1e-9, 20, f"the budget of {budgets(server)}")
        server.stop()


def test_refusals(case: kt.Case) -> None:
    catalog = write_catalog(case, 2)
    server = case.kizashi("serve", "--catalog", catalog)
    wait_for_slos(server, 2)
    case.write("other.yaml", "service: {name: shop, slo: {name: s0, target: 95, good: a, total: b}}\n")
    series = case.write("series.yaml", "interval: 1m\ninput_series:\n  - {series: a, values: '0+1x90'}\n"
                                       "  - {series: b, values: '0+1x90'}\n"
                                       "  - {series: 'req_total{n=\"0\"}', values: '0+1x90'}\n")
    for arguments, code, text in (
            (("--catalog", "other.yaml"), 1, b"means something else"),
            (("--catalog", "catalog", "--slo", "none"), 2, b"no such SLO"),
            (("--catalog", "none"), 3, b"none"),
            (("--catalog", "catalog", "--since", "soon"), 2, b"--since: found 'soon'"),
            (("--catalog", "catalog", "--step", "1h"), 2, b"--step"),
            (("--catalog", "catalog", "--from-prometheus", "http://127.0.0.1:1"), 2, b"exclude"),
            (("--catalog", "catalog"), 0, b"")):
        since = () if "--since" in arguments else ("--since", "2h")
        done = case.run("slo", "backfill", "--server", server.url, "--from-file", series, *since, *arguments)
        assert done.returncode == code and text in done.stderr, (arguments, done)
    assert case.run("slo", "backfill", "--help").returncode == 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    kt.main(test_documented_example, test_budgets_are_exact, test_a_file_gives_the_same,
            test_a_server_fills_in_from_itself, test_a_killed_command_goes_on,
            test_a_killed_server_keeps_what_it_acknowledged, test_refusals)

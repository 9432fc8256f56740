#!/usr/bin/env python3
"""Kizashi beside Debian's node_exporter, Prometheus and promtool."""

import os
import subprocess
import sys
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

HOST_CATALOG = """
service: {name: host, owner: platform-team, match: ['{job="node"}']}
---
team: {name: platform-team}
"""


def port_of(process: kt.Process) -> int:
    return kt.wait_until(lambda: process.running() and kt.listening_ports(process.pid), 20,
                         f"{process.name} to listen")[0]


def signals(server: kt.Kizashi, service: str) -> dict[str, Any]:
    detail = server.get_json(f"/kizashi/v1/services/{service}")
    return {one["rule"]: one for one in detail["signals"] if one["latest"] is not None}


def test_node_exporter_is_judged(case: kt.Case) -> None:
    program = kt.need_program("prometheus-node-exporter", "node_exporter")
    node = case.start("node", [program, "--web.listen-address=127.0.0.1:0"])
    port = port_of(node)
    case.write("catalog/host.yaml", HOST_CATALOG)
    server = case.kizashi("serve", "--catalog", case.path("catalog"), "--scrape-interval", "2s",
                          "--scrape", f"http://127.0.0.1:{port}/metrics,job=node")
    wanted = {"node_cpu", "node_memory", "node_load", "node_filesystem", "targets_up"}
    kt.wait_until(lambda: wanted <= signals(server, "host").keys(), 90, f"the signals {sorted(wanted)}")
    found = signals(server, "host")
    print(f"node_exporter: {sorted(found)}", file=sys.stderr)
    assert all(found[rule]["side"] == "resource" for rule in wanted), found
    assert found["targets_up"]["latest"] == 1, found
    for rule in ("node_cpu", "node_memory", "node_filesystem"):
        assert 0 <= found[rule]["latest"] <= 1, found[rule]
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = {line.split(":")[0]: int(line.split()[1]) for line in file}
    used = 1 - memory["MemAvailable"] / memory["MemTotal"]
    assert abs(found["node_memory"]["latest"] - used) < 0.15, (found["node_memory"], used)
    unclaimed = [one["name"] for one in server.get_json("/kizashi/v1/board")["unclaimed"]]
    assert unclaimed == ["kizashi"], f"all but the server's own metrics is claimed: {unclaimed}"


def test_what_nobody_claims_is_shown(case: kt.Case) -> None:
    program = kt.need_program("prometheus-node-exporter", "node_exporter")
    node = case.start("node", [program, "--web.listen-address=127.0.0.1:0"])
    server = case.kizashi("serve", "--scrape-interval", "1s",
                          "--scrape", f"127.0.0.1:{port_of(node)},job=stray")
    row = kt.wait_until(lambda: [one for one in server.get_json("/kizashi/v1/board")["unclaimed"]
                                 if one["name"] == "stray"], 30, "the unclaimed telemetry")[0]
    assert row["series"] > 100, row
    kt.wait_until(lambda: [one for one in server.get_json("/kizashi/v1/board")["unclaimed"]
                           if one["name"] == "stray" and one["samples_per_second"] > 100], 60, "its volume")


def test_prometheus_scrapes_kizashi(case: kt.Case) -> None:
    program = kt.need_program("prometheus")
    server = case.kizashi("serve")
    config = case.write("prometheus.yml", f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: kizashi
    static_configs: [{{targets: ['{server.address}']}}]
""")
    prometheus = case.start("prometheus", [program, f"--config.file={config}", "--web.listen-address=127.0.0.1:0",
                                           f"--storage.tsdb.path={case.path('tsdb')}"])
    base = f"http://127.0.0.1:{port_of(prometheus)}"

    def query(text: str) -> list[Any]:
        answer = kt.request(base, "GET", "/api/v1/query?query=" + kt.urllib.parse.quote(text))
        return answer.json()["data"]["result"] if answer.status == 200 else []

    kt.wait_until(lambda: query('up{job="kizashi"} == 1'), 30, "Prometheus to have scraped Kizashi")
    count = float(query('count({job="kizashi",__name__=~"kizashi_.+"})')[0]["value"][1])
    print(f"prometheus: {count:g} series of Kizashi's own", file=sys.stderr)
    assert count > 50, count
    assert query('process_resident_memory_bytes{job="kizashi"} > 1e6')


def test_promtool_finds_nothing(case: kt.Case) -> None:
    promtool = kt.need_program("promtool")
    server = case.kizashi("serve")
    text = server.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4"), text.headers
    checked = subprocess.run([promtool, "check", "metrics"], input=text.body, capture_output=True, check=False)
    assert checked.returncode == 0 and not checked.stderr, checked


if __name__ == "__main__":
    kt.main(test_node_exporter_is_judged, test_what_nobody_claims_is_shown, test_prometheus_scrapes_kizashi,
            test_promtool_finds_nothing)

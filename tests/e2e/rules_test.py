#!/usr/bin/env python3
"""Rules in a running server: series are recorded; an alert fires once, survives a restart and resolves once; a bad
file keeps the last good rules."""

import http.server
import json
import os
import sys
import threading
import time
from typing import Any, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

RULES = """groups:
- name: shop
  interval: 1s
  rules:
  - {record: 'service:up:sum', expr: 'sum by (service) (up{job="shop"})'}
  - alert: Down
    expr: up{job="shop"} == 0
    for: 1s
    labels: {severity: page}
    annotations: {summary: '{{ $labels.instance }} is down'}
  - {alert: Nobody, expr: 'vector(1)', labels: {team: none}}
"""


class Target:
    """Something to scrape, at the same port each time."""

    def __init__(self, port: int = 0):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"a 1\n")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def events(receiver: kt.Receiver) -> list[tuple[str, str]]:
    alerts = [alert for got in receiver.received for alert in json.loads(got.body)["alerts"]]
    return [(alert["status"], alert["annotations"]["summary"]) for alert in alerts]


def value(server: kt.Kizashi, query: str) -> Optional[str]:
    result = server.get_json(f"/api/v1/query?query={query}")["data"]["result"]
    return result[0]["value"][1] if result else None


def test_alert(case: kt.Case) -> None:
    receiver = case.receiver()
    case.write("catalog/a.yaml", "service: {name: shop, owner: shop-team}\n---\nteam: {name: shop-team, "
                                 f"notify: [{{webhook: '{receiver.url}'}}]}}\n")
    rules = case.write("rules/a.yml", RULES)
    target = Target()
    arguments = ["--catalog", case.path("catalog"), "--rule-file", case.path("rules/*.yml"), "--scrape-interval", "1s",
                 "--scrape", f"127.0.0.1:{target.port},service=shop,job=shop"]
    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: value(server, "service:up:sum") == "1", 20, "a recorded series")
    assert events(receiver) == []
    target.stop()
    kt.wait_until(lambda: events(receiver), 20, "the alert")
    assert events(receiver) == [("firing", f"Page: Down of shop: 127.0.0.1:{target.port} is down")], events(receiver)
    alerts = server.get_json("/api/v1/alerts")["data"]["alerts"]
    assert {(alert["labels"]["alertname"], alert["state"]) for alert in alerts} == {("Down", "firing"),
                                                                                  ("Nobody", "firing")}, alerts
    groups = server.get_json("/api/v1/rules?type=alert&rule_name[]=Down")["data"]["groups"]
    assert [rule["name"] for rule in groups[0]["rules"]] == ["Down"] and groups[0]["interval"] == 1, groups
    assert groups[0]["rules"][0]["health"] == "ok" and groups[0]["rules"][0]["state"] == "firing", groups
    assert value(server, 'ALERTS{alertname="Down",alertstate="firing"}') == "1"
    recorded = server.get_json("/kizashi/v1/alerts")["alerts"]
    nobody = [alert for alert in recorded if alert["slo"] == "Nobody"]
    assert len(nobody) == 1 and nobody[0]["deliveries"] == [] and nobody[0]["service"] == "", recorded
    server.stop()

    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: value(server, 'ALERTS{alertname="Down",alertstate="firing"}') == "1", 20, "firing again")
    time.sleep(3)
    assert len(events(receiver)) == 1, events(receiver)
    target = Target(target.port)
    kt.wait_until(lambda: len(events(receiver)) == 2, 20, "the end")
    assert events(receiver)[1][0] == "resolved", events(receiver)

    case.write("rules/a.yml", RULES.replace("sum by", "sum bye"))
    kt.wait_until(lambda: "kizashi_rule_files_ok 0" in server.get("/metrics").text(), 20, "the error to be seen")
    kt.wait_until(lambda: value(server, "service:up:sum") == "1", 20, "the last good rules")
    case.write("rules/a.yml", RULES.replace("service:up:sum", "service:up:total"))
    kt.wait_until(lambda: value(server, "service:up:total") == "1", 20, "the new rules")
    kt.wait_until(lambda: value(server, "service:up:sum") is None, 20, "the end of the old series")
    server.stop()
    target.stop()
    assert len(events(receiver)) == 2, events(receiver)
    assert os.path.exists(rules)


def test_bad_file_at_start(case: kt.Case) -> None:
    rules = case.write("a.yml", RULES.replace("expr", "exp"))
    done = case.run("serve", "--listen", "127.0.0.1:0", "--data", case.path("data"), "--rule-file", rules)
    assert done.returncode == 2 and f"{rules}:5:" in done.stderr.decode(), done


if __name__ == "__main__":
    kt.main(test_alert, test_bad_file_at_start)

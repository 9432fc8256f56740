#!/usr/bin/env python3
"""Prometheus' HTTP API as Kizashi answers it, held against Debian's Prometheus: what is wrong with a
request, word for word; the same samples by the same queries; /federate scraped by a real Prometheus."""

import os
import sys
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

# Requests whose answer does not depend on the samples.
ASKED = [
    "/api/v1/query?query=1%2B1&time=10", "/api/v1/query?query=%22a%22&time=10", "/api/v1/query?query=sum(",
    "/api/v1/query?query=", "/api/v1/query", "/api/v1/query?query=1&time=x", "/api/v1/query?query=up&timeout=x",
    "/api/v1/query?query=rate(up)", "/api/v1/query?query=nosuchseries&time=10",
    "/api/v1/query?query=%7Ba%3D%22%22%7D", "/api/v1/query?query=up%20and%201",
    "/api/v1/query_range?query=vector(1)&start=10&end=40&step=15", "/api/v1/query_range?query=1&start=10&end=40&step=15",
    "/api/v1/query_range?query=1&start=5&end=1&step=1", "/api/v1/query_range?query=1&start=1&end=5&step=0",
    "/api/v1/query_range?query=1&start=1&end=5&step=-1", "/api/v1/query_range?query=1&start=1&end=5&step=x",
    "/api/v1/query_range?query=1&start=1&end=5", "/api/v1/query_range?query=1&end=5&step=1",
    "/api/v1/query_range?query=1&start=1&step=1", "/api/v1/query_range?query=1&start=1&end=50000&step=1",
    "/api/v1/query_range?query=up%5B5m%5D&start=1&end=5&step=1", "/api/v1/query_range?query=sum(&start=1&end=5&step=1",
    "/api/v1/series", "/api/v1/series?match[]=%7Ba%3D%22%22%7D", "/api/v1/series?match[]=up%5B5m%5D",
    "/api/v1/series?match[]=nosuchseries", "/api/v1/series?match[]=up&start=x", "/api/v1/labels?start=x",
    "/api/v1/labels?match[]=%7B", "/api/v1/label/1a/values", "/api/v1/label/nosuch/values",
    "/api/v1/format_query?query=sum(rate(x%5B5m%5D))by(a)", "/api/v1/format_query?query=sum(",
    "/api/v1/query_exemplars", "/api/v1/query_exemplars?query=sum(", "/api/v1/query_exemplars?query=1",
    "/api/v1/query_exemplars?query=nosuchseries", "/api/v1/query_exemplars?query=up&start=x",
    "/api/v1/query_exemplars?query=up&end=x", "/api/v1/query_exemplars?query=up&start=5&end=1",
    "/api/v1/query_exemplars?query=up%7Ba%3D~%22(%22%7D",
]


def port_of(process: kt.Process) -> int:
    return kt.wait_until(lambda: process.running() and kt.listening_ports(process.pid), 20,
                         f"{process.name} to listen")[0]


def start_prometheus(case: kt.Case, config: str, name: str = "prometheus") -> str:
    program = kt.need_program("prometheus")
    process = case.start(name, [program, f"--config.file={case.write(name + '.yml', config)}",
                                "--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={case.path(name)}",
                                "--enable-feature=exemplar-storage"])
    base = f"http://127.0.0.1:{port_of(process)}"
    kt.wait_until(lambda: kt.request(base, "GET", "/-/ready").status == 200, 30, "Prometheus to be ready")
    return base


def told(base: str, path: str) -> tuple[int, Any]:
    answer = kt.request(base, "GET", path)
    body = answer.json() if answer.body else {}
    return answer.status, (body.get("errorType"), body.get("error")) if answer.status >= 400 else body


def test_requests_are_answered_alike(case: kt.Case) -> None:
    server = case.kizashi("serve", "--scrape-interval", "1000s")
    prometheus = start_prometheus(case, "global: {}\n")
    differing = []
    for path in ASKED:
        theirs = told(prometheus, path)
        ours = told(server.url, path)
        if ours != theirs:
            differing.append(f"{path}\n  Prometheus {theirs}\n  Kizashi    {ours}")
    print(f"{len(ASKED)} requests, {len(differing)} answered differently", file=sys.stderr)
    assert not differing, "\n".join(differing)


def test_prometheus_scrapes_federate(case: kt.Case) -> None:
    server = case.kizashi("serve", "--scrape-interval", "1s")
    prometheus = start_prometheus(case, f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: {{'match[]': ['{{job="kizashi"}}']}}
    static_configs: [{{targets: ['{server.address}']}}]
""")

    def values(base: str, text: str, at: float) -> dict[str, str]:
        query = kt.urllib.parse.urlencode({"query": text, "time": at})
        result = kt.request(base, "GET", "/api/v1/query?" + query).json()["data"]["result"]
        return {str(sorted(one["metric"].items())): one["value"][1] for one in result}

    kt.wait_until(lambda: len(values(prometheus, 'up{job="kizashi"}', time.time())) > 0, 30, "a federated series")
    time.sleep(3)  # several scrapes on both sides
    at = time.time() - 2
    selector = '{job="kizashi",__name__=~"kizashi_(store|http|scrape).*_total"}'
    theirs = values(prometheus, selector, at)
    ours = values(server.url, selector, at)
    print(f"{len(theirs)} federated series", file=sys.stderr)
    assert len(theirs) > 5 and set(theirs) <= set(ours), (theirs.keys() - ours.keys())


# The time stands with each exemplar, so that both know the same of it.
PAGE = '''# TYPE latency_seconds histogram
latency_seconds_bucket{{le="0.1",path="/a"}} 5 # {{trace_id="a1"}} 0.067 {at}
latency_seconds_bucket{{le="1",path="/a"}} 6 # {{trace_id="a2",span_id="s"}} 0.5 {at}
latency_seconds_bucket{{le="+Inf",path="/a"}} 7 # {{}} 2e+30 {at}
latency_seconds_count{{path="/a"}} 7
latency_seconds_sum{{path="/a"}} 3
# TYPE orders counter
orders_total{{path="/b"}} 3 # {{trace_id="b1"}} 1 {at}
orders_total{{path="/c"}} 4
# EOF
'''


def test_exemplars_are_answered_alike(case: kt.Case) -> None:
    at = round(time.time() - 10.0, 3)
    pages = [PAGE.format(at=at + n * 1.25) for n in range(3)]
    type_of = {"Content-Type": "application/openmetrics-text; version=1.0.0; charset=utf-8"}

    class Answers(kt.Receiver):
        def _next(self, got: kt.Received) -> kt.Reply:
            seen = scrapes.setdefault(got.headers.get("user-agent", "").split("/")[0], [0])
            seen[0] += 1
            return kt.Reply(body=pages[min(seen[0], len(pages)) - 1].encode(), headers=type_of)

    scrapes: dict[str, list[int]] = {}
    target = Answers().url.removeprefix("http://")
    config = f"""
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: app, static_configs: [{{targets: ['{target}']}}]}}]
"""
    prometheus = start_prometheus(case, config)
    server = case.kizashi("serve", "--prometheus-config", case.write("same.yml", config))
    kt.wait_until(lambda: len(scrapes) == 2 and min(scrapes.values())[0] > len(pages), 30, "scrapes by both")
    asked = [{"query": "latency_seconds_bucket"}, {"query": "orders_total"}, {"query": '{job="app"}'},
             {"query": "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m]))) / on() orders_total"},
             {"query": 'latency_seconds_bucket{le=~"0.1|1"}', "start": at + 1, "end": at + 2},
             {"query": 'orders_total{path!="/b"}'}, {"query": "max_over_time(orders_total[5m:1m] offset 1h)"},
             {"query": "orders_total", "end": at - 1}]
    for one in asked:
        path = "/api/v1/query_exemplars?" + kt.urllib.parse.urlencode(one)
        theirs, ours = told(prometheus, path), told(server.url, path)
        assert ours == theirs, f"{path}\n  Prometheus {theirs}\n  Kizashi    {ours}"
    found = told(prometheus, "/api/v1/query_exemplars?query=latency_seconds_bucket")[1]["data"]
    assert len(found) == 3 and all(len(one["exemplars"]) == len(pages) for one in found), found


def test_grafana_calls(case: kt.Case) -> None:
    """What Grafana's Prometheus data source asks for: health, labels, metrics, exploring."""
    server = case.kizashi("serve", "--scrape-interval", "1s")
    kt.wait_until(lambda: server.get_json("/api/v1/query", query="up")["data"]["result"], 30, "the first scrape")
    now = time.time()
    for path, asked in [("/api/v1/status/buildinfo", {}), ("/api/v1/labels", {"start": now - 60, "end": now}),
                        ("/api/v1/label/__name__/values", {"start": now - 60, "end": now}),
                        ("/api/v1/series", {"match[]": "up", "start": now - 60, "end": now}),
                        ("/api/v1/metadata", {})]:
        answer = server.get_json(path, **asked)
        assert answer["status"] == "success" and answer["data"], (path, answer)
    form = kt.urllib.parse.urlencode({"query": "1+1", "time": now})
    posted = kt.request(server.url, "POST", "/api/v1/query", form.encode(),
                        {"Content-Type": "application/x-www-form-urlencoded"})
    assert posted.json()["data"]["result"][1] == "2", posted.body


if __name__ == "__main__":
    kt.main(test_requests_are_answered_alike, test_exemplars_are_answered_alike, test_prometheus_scrapes_federate, test_grafana_calls)

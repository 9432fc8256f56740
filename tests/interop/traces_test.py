#!/usr/bin/env python3
"""Traces from OpenTelemetry's real exporters (tests/interop/node-traces): every span is counted, every edge seen."""

import os
import sys
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

NODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node-traces")
ROUNDS = 10


def otlp(client: str) -> Any:
    def test(case: kt.Case) -> None:
        node = kt.need_program("node")
        if not os.path.isdir(os.path.join(NODE, "node_modules")):
            kt.skip("tests/interop/node-traces is not installed: run tools/build-page --test")
        server = case.kizashi("serve", "--scrape-interval", "1s")
        sender = case.start(client, [node, os.path.join(NODE, "send.mjs"), client, server.url, str(ROUNDS)])
        assert sender.wait(60) == 0, sender.tail()
        shop, cart = f"shop-{client}", f"cart-{client}"

        def value(series: str) -> Any:
            answer = kt.request(server.url, "GET", "/api/v1/query?query=" + kt.urllib.parse.quote(series))
            result = answer.json()["data"]["result"]
            return float(result[0]["value"][1]) if result else None

        graph = "traces_service_graph_request"
        edge = f'{{client="{shop}",server="{cart}"}}'
        kt.wait_until(lambda: value(f"{graph}_total{edge}") == ROUNDS, 30, "the edges to be counted")
        own = "traces_span_metrics_exclusive"
        expected = {
            f"{graph}_failed_total{edge}": ROUNDS / 2,
            f'{graph}_total{{client="{cart}",server="mysql",connection_type="database"}}': ROUNDS,
            f'{graph}_total{{client="user",server="{shop}"}}': ROUNDS,
            f'traces_span_metrics_calls_total{{service_name="{shop}",span_kind="SPAN_KIND_SERVER"}}': ROUNDS,
            f'traces_span_metrics_calls_total{{service_name="{cart}",status_code="STATUS_CODE_ERROR"}}': ROUNDS / 2,
            f'{own}_failed_total{{service_name="{cart}"}}': ROUNDS / 2,
            f'{own}_seconds_count{{service_name="{shop}"}}': ROUNDS,
        }
        for series, wanted in expected.items():
            assert value(series) == wanted, f"{series}: found {value(series)}, expected {wanted}"
        # Of 100 ms the shop waits 80, of 60 ms the cart 20.
        for series, wanted in ((f'{own}_seconds_sum{{service_name="{shop}"}}', 0.02),
                               (f'{own}_seconds_sum{{service_name="{cart}"}}', 0.04)):
            assert abs(value(series) - ROUNDS * wanted) < 1e-6, f"{series}: found {value(series)}"
    test.__name__ = f"test_otlp_{client}"
    return test


if __name__ == "__main__":
    kt.main(*(otlp(client) for client in ("http", "proto")))

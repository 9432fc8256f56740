#!/usr/bin/env python3
"""`kizashi serve` routes alerts by the catalog: the developers of the owning team in Slack first, then SRE by PagerDuty;
kill -9 loses and doubles nothing, the API says who was told and who is next, and no secret is shown."""

import http.server
import os
import sys
import threading
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import kizashi_test as kt  # noqa: E402
from alert_peers import PagerDuty, Slack  # noqa: E402

RULES = """
groups:
- name: up
  interval: 1s
  rules:
  - {alert: Down, expr: up == 0, labels: {severity: page}, annotations: {summary: "{{ $labels.job }} is down"}}
"""
CATALOG = """
service: {{name: shop, owner: shop-team}}
---
team: {{name: shop-team, notify: [{{slack: "#shop"}}]}}
---
team: {{name: sre, notify: [{{webhook: "{0}"}}]}}
"""
# The same by a file of one's own, for what the catalog's routes send to the vendor itself.
CONFIG = """
global: {{slack_app_token_file: slack-token, slack_app_url: '{0}', pagerduty_url: '{1}'}}
route:
  receiver: none
  routes:
  - matchers: [owner="shop-team"]
    receiver: shop
    group_by: [service]
    group_wait: 0s
    group_interval: 1s
    escalation: [{{receiver: sre, after: 4s}}]
receivers:
- {{name: none}}
- {{name: shop, slack_configs: [{{channel: '#shop', send_resolved: true, title: '{{{{ .CommonAnnotations.title }}}}'}}]}}
- {{name: sre, pagerduty_configs: [{{routing_key_file: pd-key}}]}}
"""


class Target:
    """Something to scrape that can go away and come back at the same port."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"a 1\n")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def told(server: kt.Kizashi, token: dict[str, str]) -> set[str]:
    """Where the one open group was told, as far as the server has kept the answers."""
    [group] = server.request("GET", "/kizashi/v1/alerts/groups", headers=token).json()["groups"]
    path = f"/kizashi/v1/alerts/{group['alerts'][0]['fingerprint']}/told"
    return {one["destination"] for one in server.request("GET", path, headers=token).json()["told"]}


def test_a_file_of_ones_own(case: kt.Case) -> None:
    slack, pagerduty, target = Slack(), PagerDuty(), Target()
    try:
        case.write("catalog/a.yaml", CATALOG.format("http://127.0.0.1:1/s3cret-hook"))
        case.write("slack-token", slack.token)
        case.write("pd-key", pagerduty.key)
        config = case.write("am.yml", CONFIG.format(slack.url, pagerduty.url))
        tokens = case.write("tokens", "alice 0123456789abcdef\n")
        signing = case.write("signing", slack.signing_secret)
        arguments = ["--catalog", case.path("catalog"), "--rule-file", case.write("r.yml", RULES), "--scrape",
                     f"127.0.0.1:{target.port},service=shop,job=shop", "--scrape-interval", "1s", "--alert-config",
                     config, "--token-file", tokens, "--slack-signing-secret-file", signing]
        token = {"Authorization": "Bearer 0123456789abcdef"}
        server = case.kizashi("serve", *arguments)
        kt.wait_until(lambda: b'"1"' in server.request("GET", "/api/v1/query?query=up", headers=token).body, 20, "up")
        target.stop()
        kt.wait_until(lambda: "Down is firing: shop" in slack.shown(), 20, "the developers to be told")
        assert not pagerduty.events
        # A kill between Slack's answer and what is kept of it would post once more.
        kt.wait_until(lambda: told(server, token) == {"shop/slack/0"}, 10, "its answer to be kept")
        server.kill()
        server = case.kizashi("serve", *arguments)
        kt.wait_until(lambda: pagerduty.states() == ["triggered"], 30, "SRE to be told")
        groups = server.request("GET", "/kizashi/v1/alerts/groups", headers=token).json()["groups"]
        assert len(groups) == 1 and groups[0]["level"] == 1 and groups[0]["next"] == [], groups
        # PagerDuty knows of it before the server has kept its answer.
        both = {"shop/slack/0", "sre/pagerduty/0"}
        kt.wait_until(lambda: told(server, token) == both, 10, "both answers to be kept")

        def recorded() -> bool:
            [alert] = server.request("GET", "/kizashi/v1/alerts", headers=token).json()["alerts"]
            return {one["destination"] for one in alert["deliveries"]} == both

        kt.wait_until(recorded, 10, "both deliveries on the alert's record")
        # What is signed needs no token; everything else does.
        assert server.request("GET", "/kizashi/v1/alerts/groups").status == 401
        assert server.request("POST", "/api/v2/alerts", b"[]").status == 401
        base = server.url
        value = slack.buttons()["kizashi_acknowledge"]
        assert slack.press(base, "kizashi_acknowledge", value, secret="guess").status == 401
        assert slack.press(base, "kizashi_acknowledge", value, user="bob").status == 200
        kt.wait_until(lambda: "Taken care of by bob" in slack.shown(), 10, "who takes care of it")
        target.start()
        kt.wait_until(lambda: "Over after" in slack.shown(), 30, "the end")
        kt.wait_until(lambda: pagerduty.states() == ["resolved"], 10, "the end there")
        assert len(slack.posted) == 1 and not slack.refused, (slack.posted, slack.refused)
        assert "Down resolved: shop" in slack.shown(), slack.shown()
        shown = server.stderr() + "".join(
            server.request("GET", path, headers=token).text()
            for path in ("/api/v2/status", "/kizashi/v1/alerts/queues", "/kizashi/v1/alerts", "/metrics",
                         "/kizashi/v1/services/shop"))
        for secret in (slack.token, slack.signing_secret, pagerduty.key, "s3cret-hook"):
            assert secret not in shown, secret
        server.stop()
    finally:
        slack.stop()
        pagerduty.stop()


def test_the_catalogs_routes(case: kt.Case) -> None:
    target, developers, sre = Target(), case.receiver(), case.receiver()
    catalog = CATALOG.format(sre.url + "/s3cret-hook").replace('slack: "#shop"', f'webhook: "{developers.url}"')
    case.write("catalog/a.yaml", catalog)
    arguments = ["--catalog", case.path("catalog"), "--rule-file", case.write("r.yml", RULES), "--scrape",
                 f"127.0.0.1:{target.port},service=shop,job=shop", "--scrape-interval", "1s", "--escalate-after", "6s"]
    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: b'"1"' in server.get("/api/v1/query?query=up").body, 20, "up")
    target.stop()
    kt.wait_until(lambda: developers.received, 20, "the developers to be told")
    assert not sre.received
    begin = time.monotonic()
    kt.wait_until(lambda: sre.received, 20, "SRE to be told")
    print(f"SRE was told {time.monotonic() - begin:.1f} s after the developers", file=sys.stderr)
    [group] = server.get_json("/kizashi/v1/alerts/groups")["groups"]
    assert group["destinations"] == ["team shop-team/webhook/0", "team sre/webhook/0"], group
    server.post_json(f"/kizashi/v1/alerts/groups/{group['group']}/acknowledge", {"by": "carol"})

    def acknowledged() -> bool:
        (incident,) = server.get_json("/kizashi/v1/incidents")["incidents"]
        lines = server.get_json(f"/kizashi/v1/incidents/{incident['id']}")["timeline"]
        return incident["state"] == "acknowledged" and [line["what"] for line in lines].count("acknowledged") == 1

    kt.wait_until(acknowledged, 20, "the incident to be acknowledged with its group, once")
    server.kill()
    server = case.kizashi("serve", *arguments)
    kt.wait_until(acknowledged, 20, "the incident after kill -9")
    [group] = kt.wait_until(lambda: server.get_json("/kizashi/v1/alerts/groups")["groups"], 10, "the group")
    assert group["acknowledged"]["by"] == "carol", group
    assert "s3cret-hook" not in server.get("/api/v2/status").text()
    target.start()
    kt.wait_until(lambda: len(developers.received) == 2 and len(sre.received) == 2, 40, "the end")
    assert [got.json()["status"] for got in developers.received] == ["firing", "resolved"]
    server.stop()
    target.stop()


if __name__ == "__main__":
    kt.main(test_a_file_of_ones_own, test_the_catalogs_routes)

#!/usr/bin/env python3
"""Slack, PagerDuty, e-mail and a webhook with a template behind `kizashi alert serve`: the message is updated in place,
buttons and webhooks act once, nobody is told twice after kill -9, and no secret is shown anywhere."""

import base64
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import kizashi_test as kt  # noqa: E402
from alert_peers import Mailbox, PagerDuty, Slack  # noqa: E402

CONFIG = """
global:
  slack_app_token_file: slack-token
  slack_app_url: {slack}
  pagerduty_url: {pagerduty}
  smtp_smarthost: {mail}
  smtp_from: kizashi@example.com
  smtp_require_tls: false
route:
  receiver: developers
  group_by: [service]
  group_wait: 0s
  group_interval: 1s
  escalation: [{{receiver: sre, after: 5s}}]
receivers:
- name: developers
  slack_configs: [{{channel: '#shop', send_resolved: true}}]
  email_configs: [{{to: 'dev@example.com, ops@example.com', send_resolved: true}}]
- name: sre
  pagerduty_configs: [{{routing_key_file: pd-key}}]
  webhook_configs:
  - url: {hook}
    body: '{{"text": {{{{ printf "%q" .CommonAnnotations.summary }}}}, "state": "{{{{ .Status }}}}"}}'
"""


class World:
    def __init__(self, case: kt.Case):
        self.case = case
        self.slack, self.pagerduty, self.mail, self.hook = Slack(), PagerDuty(), Mailbox(), case.receiver()
        case.write("slack-token", self.slack.token + "\n")
        case.write("pd-key", self.pagerduty.key)
        case.write("signing", self.slack.signing_secret)
        case.write("pd-secret", "one-before\n" + self.pagerduty.secret)
        case.write("alertmanager.yml", CONFIG.format(slack=self.slack.url, pagerduty=self.pagerduty.url,
                                                     mail=self.mail.address, hook=self.hook.url + "/hook-s3cret"))
        self.starts = 0
        self.start()

    def start(self) -> None:
        self.server = self.case.start(f"alert-{self.starts}", [
            kt.binary(), "alert", "serve", "--config.file", self.case.path("alertmanager.yml"), "--storage.path",
            self.case.path("data"), "--web.listen-address", "127.0.0.1:0", "--slack-signing-secret-file",
            self.case.path("signing"), "--pagerduty-webhook-secret-file", self.case.path("pd-secret")])
        self.starts += 1
        self.url = "http://" + self.server.wait_for_log(r"Listening on.*address=(\S+)").group(1)

    def post(self, host: str, firing: bool, severity: str = "page", since: float = 0) -> None:
        alert = {"labels": {"alertname": "Down", "service": "shop", "host": host, "severity": severity},
                 "annotations": {"summary": "down & out"},
                 "startsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since or time.time()))}
        alert["endsAt"] = "2090-01-01T00:00:00Z" if firing else \
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        answer = kt.request(self.url, "POST", "/api/v2/alerts", json.dumps([alert]).encode(),
                            {"Content-Type": "application/json"})
        assert answer.status == 200, answer

    def groups(self) -> list:
        return kt.request(self.url, "GET", "/kizashi/v1/alerts/groups").json()["groups"]

    def close(self) -> None:
        for one in (self.slack, self.pagerduty, self.mail):
            one.stop()


def test_developers_then_sre_then_acknowledged_in_slack(case: kt.Case) -> None:
    world = World(case)
    slack, pagerduty = world.slack, world.pagerduty
    try:
        world.post("a", True)
        kt.wait_until(lambda: "kizashi_acknowledge" in slack.shown(), 10, "a message with buttons")
        assert "Next: sre" in slack.shown() and "down &amp; out" not in slack.shown(), slack.shown()
        assert not pagerduty.events, "SRE is not told yet"
        kt.wait_until(lambda: len(world.mail.mails) == 1, 10, "the e-mail")
        assert len(world.mail.recipients[0]) == 2, world.mail.recipients
        text = world.mail.mails[0]
        assert "host = a" in base64.b64decode(text.split("\r\n\r\n", 1)[1]).decode(), text
        [group] = world.groups()
        assert [one["receiver"] for one in group["next"]] == ["sre"], group
        kt.wait_until(lambda: pagerduty.states() == ["triggered"], 10, "SRE to be told")
        kt.wait_until(lambda: world.hook.received, 10, "the webhook")
        assert world.hook.received[0].json() == {"text": "down & out", "state": "firing"}
        kt.wait_until(lambda: "Escalated, step 1" in slack.shown(), 10, "Slack's message to say so")
        # Forged, stale and repeated requests change nothing.
        value = slack.buttons()["kizashi_acknowledge"]
        assert slack.press(world.url, "kizashi_acknowledge", value, secret="guess").status == 401
        assert slack.press(world.url, "kizashi_acknowledge", value, at=int(time.time()) - 301).status == 401
        assert "acknowledged" not in world.groups()[0]
        body, headers = slack.signed("kizashi_acknowledge", value, "alice")
        path = "/kizashi/v1/slack/actions"
        assert kt.request(world.url, "POST", path, body, headers).status == 200
        assert kt.request(world.url, "POST", path, body, headers).status == 409
        assert kt.request(world.url, "POST", path, body + b"x", headers).status == 401
        kt.wait_until(lambda: "Taken care of by alice" in slack.shown(), 10, "who takes care of it")
        assert "kizashi_acknowledge" not in slack.buttons()
        kt.wait_until(lambda: pagerduty.states() == ["acknowledged"], 10, "PagerDuty to know")
        world.post("a", False)
        kt.wait_until(lambda: "Over after" in slack.shown(), 15, "the message to say that it is over")
        kt.wait_until(lambda: pagerduty.states() == ["resolved"], 10, "PagerDuty to be resolved")
        kt.wait_until(lambda: len(world.mail.mails) == 2, 10, "the second e-mail")
        assert len(slack.posted) == 1 and slack.updates >= 3 and not slack.buttons(), slack.updates
        assert not slack.refused, slack.refused
        show_no_secret(world)
    finally:
        world.close()


def show_no_secret(world: World) -> None:
    """Neither logs nor answers have any."""
    secrets = [world.slack.token, world.slack.signing_secret, world.pagerduty.key, world.pagerduty.secret,
               "hook-s3cret"]
    shown = [world.server.stderr(), world.server.stdout()]
    for path in ("/api/v2/status", "/kizashi/v1/alerts/queues", "/kizashi/v1/alerts/groups", "/metrics",
                 "/api/v2/receivers", "/"):
        shown.append(kt.request(world.url, "GET", path).text())
    for secret in secrets:
        assert not any(secret in text for text in shown), secret


def test_pagerduty_speaks_back_and_kill_9_repeats_nothing(case: kt.Case) -> None:
    world = World(case)
    slack, pagerduty = world.slack, world.pagerduty
    try:
        since = time.time()
        world.post("a", True, since=since)
        kt.wait_until(lambda: pagerduty.states() == ["triggered"], 15, "SRE to be told")
        for _ in range(3):
            world.server.kill()
            world.start()
            time.sleep(0.5)
        assert pagerduty.tell(world.url, 1, "acknowledged", "Eve", secret="guess").status == 401
        assert pagerduty.tell(world.url, 2, "acknowledged", "Eve").status == 200
        kt.wait_until(lambda: "Taken care of by Eve" in slack.shown(), 10, "Slack to know")
        assert world.groups()[0]["acknowledged"]["via"] == "pagerduty"
        world.server.kill()
        world.start()
        assert world.groups()[0]["acknowledged"]["by"] == "Eve", "it was kept"
        assert pagerduty.tell(world.url, 3, "resolved", "Eve").status == 200
        kt.wait_until(lambda: "Over after" in slack.shown(), 10, "it to be over")
        world.post("a", True, since=since)  # its source has not noticed
        time.sleep(3)
        assert world.groups() == []
        kt.wait_until(lambda: pagerduty.states() == ["resolved"], 10, "its end there")
        world.post("a", True)
        kt.wait_until(lambda: pagerduty.states() == ["resolved", "triggered"], 15, "a new incident")
        assert len(slack.posted) == 2, "and a new message"
    finally:
        world.close()


def test_a_burst_is_held_as_slack_asks(case: kt.Case) -> None:
    world = World(case)
    try:
        world.slack.last["#shop"] = time.monotonic() + 2  # two seconds longer than usual
        world.post("a", True)
        kt.wait_until(lambda: world.slack.posted, 10, "the message")
        assert world.slack.limited >= 1
        world.post("b", True, severity="warning")
        kt.wait_until(lambda: "FIRING:2" in world.slack.shown(), 10, "the second member")
        assert len(world.slack.posted) == 1
    finally:
        world.close()


if __name__ == "__main__":
    kt.main(test_developers_then_sre_then_acknowledged_in_slack,
            test_pagerduty_speaks_back_and_kill_9_repeats_nothing, test_a_burst_is_held_as_slack_asks)

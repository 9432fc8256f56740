#!/usr/bin/env python3
"""Three of the shop's servers die: the developer on call is told in Slack and does not answer, SRE is told, the telephone
of the one on call there rings, a key acknowledges, the servers come back, everything is resolved once, and the report's
draft holds the true timeline. No secret is shown anywhere.

The telephone is sipp. Slack checks its token and its own signatures and takes one message a second.
"""

import glob
import json
import os
import re
import sys
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import sip_peers as sip  # noqa: E402
from alert_peers import Slack  # noqa: E402

PHONE_SECRET = "s3cret-of-the-trunk"
TOKEN = "0123456789abcdef"
TEAMS = """team: {{name: shop-team, title: Shop, members: [aiko, ben, chie], notify: [{{slack: "#shop"}}]}}
---
team: {{name: sre, title: SRE, members: [dai], notify: [{{slack: "#sre"}}]}}
---
team: {{name: platform-team, title: Platform, members: [dai]}}
---
person: {{name: aiko, slack: U0AIKO}}
---
person: {{name: ben}}
---
person: {{name: chie}}
---
person: {{name: dai, phone: "sip:dai@{phone}"}}
"""
ON_CALL = """schedule:
  name: shop-primary
  team: shop-team
  layers: [{rotation: weekly, start: 2026-01-05 00:00, people: [aiko]}]
---
schedule:
  name: sre-primary
  team: sre
  layers: [{rotation: weekly, start: 2026-01-05 00:00, people: [dai]}]
---
escalation:
  name: shop
  team: shop-team
  steps:
    - {tell: [{schedule: shop-primary}, {channel: shop-team}], wait: 1m}
    - {tell: [{schedule: sre-primary}, {channel: sre}], wait: 1h}
"""
PICKS_UP = sip.receive("INVITE", sip.REMEMBER_CALLER, rrs="true") + sip.RINGING + sip.pause(300) + sip.answer() + sip.ACK
# Kizashi hangs up once the key came.
ACKNOWLEDGES = PICKS_UP + sip.pause(2000) + sip.key_by_info("4") + sip.HANGS_UP


class World:
    """The demo with Slack, a telephone, tokens, and people on call."""

    def __init__(self, case: kt.Case, slack: Slack, phone: sip.Sipp):
        self.case, self.slack = case, slack
        case.write("data/catalog/teams.yaml", TEAMS.format(phone=phone.address))
        case.write("data/catalog/oncall.yaml", ON_CALL)
        case.write("sip-secret", PHONE_SECRET)
        config = case.write("phone.yml", "sip: {user: kizashi, secret_file: sip-secret}\nlimits: {call_max: 30s}\n")
        self.token_file = case.write("tokens", f"tester {TOKEN}\n")
        self.server = case.kizashi(
            "demo", "--slack-token-file", case.write("slack-token", slack.token), "--slack-url", slack.url,
            "--slack-signing-secret-file", case.write("signing", slack.signing_secret), "--phone-config", config,
            "--token-file", self.token_file, token=TOKEN)

    def demo(self, *arguments: str) -> None:
        done = self.case.run("demo", *arguments, "--dir", self.case.path("data"))
        assert done.returncode == 0, done.stderr

    def incidents(self, state: str) -> "list[Any]":
        return self.server.get_json("/kizashi/v1/incidents", state=state)["incidents"]

    def escalations(self) -> "list[Any]":
        return self.server.get_json("/kizashi/v1/escalations")["escalations"]

    def told_at(self, channel: str) -> "list[str]":
        """What the messages of a channel show, oldest first."""
        with self.slack.lock:
            return [json.dumps(self.slack.messages[ts], ensure_ascii=False) for ts in self.slack.posted
                    if self.slack.messages[ts]["channel"] == channel]

    def everything_shown(self) -> str:
        paths = ["/api/v2/status", "/api/v2/alerts", "/kizashi/v1/alerts/queues", "/kizashi/v1/alerts/groups",
                 "/kizashi/v1/escalations", "/kizashi/v1/oncall", "/kizashi/v1/incidents", "/kizashi/v1/alerts",
                 "/metrics", "/api/v1/status/config", "/api/v1/status/flags"]
        shown = "".join(self.server.get(path).text() for path in paths)
        for file in glob.glob(self.case.path("data") + "/**/*.log", recursive=True):
            with open(file, encoding="utf-8", errors="replace") as log:
                shown += log.read()
        return shown + self.server.stderr() + self.server.stdout()


def starts(world: World) -> None:
    def ready() -> bool:
        seen = world.server.get_json("/kizashi/v1/services/shop")["members"]
        answered = world.server.get_json("/api/v1/query", query='sum(http_requests_total{job="shop-balancer"}) > 100')
        return len(seen) == 5 and all(one["up"] for one in seen) and bool(answered["data"]["result"])

    kt.wait_until(ready, 120, "five servers and their customers")


def test_three_servers_die_and_the_phone_rings(case: kt.Case) -> None:
    slack, phone = Slack(), sip.Sipp(case, ACKNOWLEDGES)
    try:
        world = World(case, slack, phone)
        starts(world)
        for name in "cde":
            world.demo("fault", "down", "--server", name, "--for", "1200s")
        (incident,) = kt.wait_until(lambda: world.incidents("active"), 300, "the incident")
        # The developer on call first, in Slack, with the reason; nobody else.
        (aiko,) = kt.wait_until(lambda: world.told_at("U0AIKO"), 20, "the developer on call to be told")
        assert "you are on call of shop-primary" in aiko and "kizashi_acknowledge" in aiko, aiko
        assert len(world.told_at("#shop")) == 1
        assert not world.told_at("#sre") and "INVITE" not in phone.messages()
        (open_one,) = world.escalations()
        assert open_one["next"] == ["dai", "sre"] and {one["to"] for one in open_one["told"]} == {"aiko", "shop-team"}
        # A minute without an answer: SRE, whose telephone rings.
        kt.wait_until(lambda: "INVITE" in phone.messages(), 120, "the telephone to ring")
        phone.succeeded(60)
        kt.wait_until(lambda: world.escalations()[0]["state"] == "acknowledged", 20, "the key to acknowledge")
        (group,) = world.server.get_json("/kizashi/v1/alerts/groups")["groups"]
        assert group["acknowledged"]["by"] == "dai" and group["acknowledged"]["via"] == "phone", group
        for channel in ("#shop", "#sre", "U0AIKO"):
            kt.wait_until(lambda: any("Taken care of by dai" in one for one in world.told_at(channel)), 20,
                          f"{channel} to show who takes care of it")
        # What people write below the message is part of the story.
        with slack.lock:
            (thread,) = [ts for ts, one in slack.messages.items() if one["channel"] == "#shop"]
        event = {"type": "event_callback", "event_id": "Ev1",
                 "event": {"type": "message", "channel": "#shop", "user": "U0AIKO", "text": "I was on the train",
                           "ts": "9.9", "thread_ts": thread}}
        body, headers = slack.signed_body(json.dumps(event).encode())
        assert kt.request(world.server.url, "POST", "/kizashi/v1/slack/events", body, headers).status == 200
        assert kt.request(world.server.url, "POST", "/kizashi/v1/slack/events", body).status == 401
        # The servers return.
        world.demo("restore")
        kt.wait_until(lambda: not world.incidents("active"), 400, "its end")
        for channel in ("#shop", "#sre", "U0AIKO"):
            kt.wait_until(lambda: all("Over after" in one for one in world.told_at(channel)), 30,
                          f"{channel} to hear that it is over")
            assert len(world.told_at(channel)) == 1, world.told_at(channel)
        assert not world.escalations() and not slack.refused, slack.refused
        assert phone.messages().count("CSeq: 1 INVITE") <= 8, "one call"
        the_report_is_true(world, incident["id"])
        shown = world.everything_shown()
        for secret in (slack.token, slack.signing_secret, PHONE_SECRET, TOKEN):
            assert secret not in shown, secret
        world.server.stop()
    finally:
        slack.stop()


def the_report_is_true(world: World, number: int) -> None:
    def drafted() -> str:
        done = world.case.run("incident", "report", str(number), "--server", world.server.url, "--token-file",
                              world.token_file)
        text = done.stdout.decode()
        assert done.returncode == 0 and "Acknowledged by dai" in text, (done.stderr, text)
        return text

    text = kt.wait_until(drafted, 30, "the draft of the report")
    at = re.findall(r"^- (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (.*)$", text, re.MULTILINE)
    assert [when for when, _ in at] == sorted(when for when, _ in at), at
    order = [next((i for i, (_, line) in enumerate(at) if part in line), -1)
             for part in ("U0AIKO", "aiko", "dai", "Acknowledged by dai")]
    assert -1 not in order[1:], (order, text)
    phone = [line for _, line in at if "dai" in line]
    assert any("ring" in line.lower() for line in phone) and any("4" in line for line in phone), at
    assert order[1] < order[3], text
    assert any("aiko: I was on the train" in line for _, line in at), text


def test_tel_from_slack_and_the_api(case: kt.Case) -> None:
    slack, phone = Slack(), sip.Sipp(case, PICKS_UP + sip.pause(1500) + sip.key_by_info("4") + sip.HANGS_UP, calls=1)
    try:
        case.write("catalog/teams.yaml", TEAMS.format(phone=phone.address))
        case.write("catalog/oncall.yaml", ON_CALL)
        case.write("catalog/shop.yaml", "service: {name: shop, owner: shop-team}\n")
        config = case.write("phone.yml", "sip: {caller: kizashi}\n")
        server = case.kizashi(
            "serve", "--catalog", case.path("catalog"), "--slack-token-file", case.write("slack-token", slack.token),
            "--slack-url", slack.url, "--slack-signing-secret-file", case.write("signing", slack.signing_secret),
            "--phone-config", config)
        wrong = server.request("POST", "/kizashi/v1/tel", json.dumps({"name": "aiko", "reason": "x"}).encode())
        assert wrong.status == 404 and "aiko has no phone" in wrong.text(), wrong.text()
        begin = time.monotonic()
        call = server.post_json("/kizashi/v1/tel", {"name": "sre-primary", "reason": "the shop is down", "by": "aiko"})
        kt.wait_until(lambda: "INVITE" in phone.messages(), 10, "the telephone to ring", interval_s=0.01)
        print(f"/tel to the INVITE at sipp: {1000 * (time.monotonic() - begin):.0f} ms", file=sys.stderr)
        phone.succeeded(60)

        def ended() -> Any:
            state = server.get_json(f"/kizashi/v1/tel/{call['call']}")
            return state if state["state"] == "ended" else None

        state = kt.wait_until(ended, 20, "the end of the call")
        assert state["outcome"] == "acknowledged" and state["person"] == "dai" and state["by"] == "aiko", state
        # Its team's channel heard of both.
        kt.wait_until(lambda: len(slack.posted) >= 2 or slack.limited, 20, "the channel to be told")
        first = json.dumps(slack.messages[slack.posted[0]])
        assert "aiko has dai called: the shop is down" in first and "#sre" in first, first
        # A slash command has to be signed.
        form = b"command=%2Ftel&user_id=U0AIKO&user_name=aiko&text=aiko+hello"
        assert server.request("POST", "/kizashi/v1/slack/commands", form).status == 401
        server.stop()
    finally:
        slack.stop()


if __name__ == "__main__":
    kt.main(test_tel_from_slack_and_the_api, test_three_servers_die_and_the_phone_rings)

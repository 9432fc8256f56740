#!/usr/bin/env python3
"""kill -9 of `kizashi serve` at random moments while alerts page, on-call escalates and people acknowledge.

A model counts: a page that was answered 200 and of which the one on call, or after the wait the next one, is never told;
an acknowledgement or an escalation by a person that is forgotten; and messages that somebody gets twice. Nothing may be
lost; a kill may repeat one message for each person.

    python3 tests/crash/oncall_crash_test.py --rounds 200 [--seed 1]
"""

import http.client
import json
import os
import random
import re
import sys
import threading
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
from alert_peers import Slack  # noqa: E402

SERVICES = [f"s{number}" for number in range(6)]
CATALOG = """team: {name: dev, members: [ann, bob]}
---
team: {name: sre, members: [sam]}
---
person: {name: ann, slack: U0ANN}
---
person: {name: bob}
---
person: {name: sam, slack: U0SAM}
---
schedule:
  name: dev-primary
  team: dev
  layers: [{rotation: weekly, start: 2026-01-05 00:00, people: [ann]}]
"""
WAIT_S = 3
CLOSED_AFTER_S = 30  # well above the interval at which groups are looked at


class Model:
    """What was accepted: by service whether it fires, and what people did about it since."""

    def __init__(self, dice: random.Random):
        self.dice = dice
        self.fires: "dict[str, bool]" = {name: False for name in SERVICES}
        self.began: "dict[str, float]" = {}
        self.episode: "dict[str, int]" = {name: 0 for name in SERVICES}  # another alert each time: none flaps
        self.did: "dict[str, str]" = {}
        self.ended: "dict[str, tuple[float, str]]" = {name: (0.0, "") for name in SERVICES}  # and what was done
        self.unsure: "set[str]" = set()
        self.accepted = {"pages": 0, "ends": 0, "acknowledge": 0, "escalate": 0}

    def send(self, url: str, service: str) -> bool:
        fires = self.fires[service]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began[service] if fires else time.time()))
        alert = {"labels": {"alertname": f"Burn{self.episode[service]}", "service": service, "owner": "dev", "severity": "page"},
                 "startsAt": stamp, "endsAt": "2090-01-01T00:00:00Z" if fires else stamp}
        self.unsure.add(service)
        try:
            answer = kt.request(url, "POST", "/api/v2/alerts", json.dumps([alert]).encode(),
                                {"Content-Type": "application/json"}, 5)
        except (OSError, http.client.HTTPException):
            return False
        assert answer.status == 200, answer.text()
        self.unsure.discard(service)
        self.accepted["pages" if fires else "ends"] += 1
        return True

    def change(self, url: str) -> bool:
        if self.unsure:
            return self.send(url, min(self.unsure))
        service = self.dice.choice(SERVICES)
        self.fires[service] = not self.fires[service]
        self.began[service] = time.time()
        self.episode[service] += self.fires[service]
        did = self.did.pop(service, "")
        if not self.fires[service]:
            self.ended[service] = (time.time(), did)
        elif self.ended[service][1] and time.time() - self.ended[service][0] < CLOSED_AFTER_S:
            # The group may not have closed in between: then somebody takes care of it still.
            self.did[service] = "unsure"
        return self.send(url, service)

    def act(self, url: str) -> bool:
        try:
            groups = kt.request(url, "GET", "/kizashi/v1/alerts/groups", timeout_s=5).json()["groups"]
            groups = [one for one in groups if self.fires.get(one["labels"]["service"])]
            if not groups:
                return True
            group, action = self.dice.choice(groups), self.dice.choice(["acknowledge", "escalate"])
            service = group["labels"]["service"]
            self.did[service] = "unsure"
            answer = kt.request(url, "POST", f"/kizashi/v1/alerts/groups/{group['group']}/{action}", b'{"by": "bob"}',
                                {"Content-Type": "application/json"}, 5)
        except (OSError, http.client.HTTPException):
            return False
        if answer.status == 404:
            return True
        assert answer.status == 200, answer.text()
        self.did[service] = action
        self.accepted[action] += 1
        return True


class Messages(Slack):
    """Slack that knows which message of a person is the newest about a service: one that a kill made it post twice is
    never updated, and counts for the kill behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0  # kills so far
        self.newest: "dict[tuple[str, str], tuple[str, int]]" = {}  # by person and service: ts, epoch
        self.extra: "dict[tuple[int, str], int]" = {}

    def handle(self, path: str, headers: Any, body: Any) -> "tuple[int, dict[str, str], Any]":
        code, more, answer = super().handle(path, headers, body)
        with self.lock:
            is_new = code == 200 and answer["ok"] and path.endswith("postMessage") and "thread_ts" not in body
            for name in SERVICES if is_new else []:
                if not re.search(rf"\b{name}\b", json.dumps(body)):
                    continue
                before, epoch = self.newest.get((body["channel"], name), ("", 0))
                if before and "Over after" not in json.dumps(self.messages[before]):
                    at = (epoch, body["channel"])
                    self.extra[at] = self.extra.get(at, 0) + 1
                self.newest[(body["channel"], name)] = (answer["ts"], self.epoch)
        return code, more, answer

    def told(self, member: str) -> "set[str]":
        """Of which services a person's messages say that they fire."""
        with self.lock:
            return {name for (channel, name), (ts, _) in self.newest.items()
                    if channel == member and "Over after" not in json.dumps(self.messages[ts])}


def wrong(url: str, model: Model, slack: Messages) -> "list[str]":
    found = []
    ann, sam = slack.told("U0ANN"), slack.told("U0SAM")
    groups = {one["labels"]["service"]: one for one in kt.request(url, "GET", "/kizashi/v1/alerts/groups").json()["groups"]}
    escalations = {one["service"]: one for one in kt.request(url, "GET", "/kizashi/v1/escalations").json()["escalations"]}
    for service, fires in model.fires.items():
        did = model.did.get(service, "")
        if not fires:
            if service in ann or service in sam or service in groups or service in escalations:
                found.append(f"{service} is over: {service in ann} {service in sam} {groups.get(service)}")
            continue
        if service not in groups or service not in escalations:
            found.append(f"{service} fires: {service in groups} {service in escalations}")
            continue
        if service not in ann and did == "":
            found.append(f"{service}: ann is not told")
        if did == "acknowledge":
            if "acknowledged" not in groups[service] or escalations[service]["state"] != "acknowledged":
                found.append(f"{service} was acknowledged: {groups[service]} {escalations[service]}")
        elif did != "unsure" and service not in sam:
            found.append(f"{service}: sam is not told, {did} {escalations[service]}")
    return found


def kill_9(rounds: int, seed: int) -> "kt.Callable[[kt.Case], None]":
    def test_kill_9_loses_no_step(case: kt.Case) -> None:
        dice, slack = random.Random(seed), Messages()
        model = Model(dice)
        case.write("catalog/all.yaml", CATALOG + "".join(f"---\nservice: {{name: {name}, owner: dev}}\n" for name in SERVICES))
        arguments = ["--catalog", case.path("catalog"), "--slack-token-file", case.write("token", slack.token),
                     "--slack-url", slack.url, "--escalate-after", f"{WAIT_S}s"]
        for number in range(rounds):
            server = case.kizashi("serve", *arguments)
            killer = threading.Timer(dice.uniform(0, 1.0), server.popen.kill)
            killer.start()
            while dice.choices([model.act, model.change], [1, 2])[0](server.url):
                time.sleep(dice.uniform(0, 0.15))
            killer.join()
            server.popen.wait()
            time.sleep(0.05)  # what it sent is heard
            slack.epoch += 1
            if number % 10 == 9 or number == rounds - 1:
                check(case, arguments, model, slack)
        print(f"{rounds} kills, seed {seed}: accepted {model.accepted}, Slack took {len(slack.posted)} messages and "
              f"{slack.updates} updates, lost 0, {sum(slack.extra.values())} messages too many, at most "
              f"{max(slack.extra.values(), default=0)} a kill and person", file=sys.stderr)
        assert model.accepted["pages"] > 0 and model.accepted["escalate"] > 0
        assert max(slack.extra.values(), default=0) <= 1, slack.extra
        slack.stop()

    return test_kill_9_loses_no_step


def check(case: kt.Case, arguments: "list[str]", model: Model, slack: Messages) -> None:
    server = case.kizashi("serve", *arguments)
    while model.unsure:
        assert model.send(server.url, min(model.unsure))
    seen: "list[Any]" = []

    def right() -> bool:
        seen[:] = wrong(server.url, model, slack)
        return not seen

    try:
        kt.wait_until(right, 60, "everybody to know what is so")
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen}") from error
    metrics = server.get("/metrics").text()
    assert "kizashi_oncall_steps_missed_total 0" in metrics, metrics
    server.kill()
    slack.epoch += 1


if __name__ == "__main__":
    kt.main_of_rounds(kill_9, __doc__ or "", rounds=10)

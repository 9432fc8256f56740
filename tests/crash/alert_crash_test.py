#!/usr/bin/env python3
"""kill -9 of `kizashi alert serve` at random moments while alerts are accepted, grouped, sent, escalated and resolved,
with receivers that answer 200, 429 or 503, reset the connection or never answer.

A model counts: an alert, an end, a silence, an escalation or an acknowledgement that was answered 200 and is not known
in the end (lost), and messages that a receiver accepted twice. Nothing may be lost; a kill may repeat one message for
each destination. PagerDuty must not open an incident twice: each key is triggered open once. Slack gets one message for
each time that a group fires.

    python3 tests/crash/alert_crash_test.py --rounds 2000 [--seed 1]
"""

import http.client
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

CONFIG = """
route:
  receiver: all
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 300ms
  repeat_interval: 10h
  escalation: [{{receiver: sre, after: 5h}}]
  routes:
  - matchers: [team="a"]
    receiver: pair
    continue: true
  - matchers: [team=~"a|b"]
    receiver: each
    group_by: ['...']
    group_wait: 0s
receivers:
- name: all
  webhook_configs: [{{url: '{0}/all/0', timeout: 4s}}]
  pagerduty_configs: [{{routing_key: k, url: '{0}/v2/enqueue', timeout: 4s}}]
  slack_configs: [{{app_token: t, app_url: '{0}/api/chat.postMessage', channel: c, send_resolved: true, timeout: 4s}}]
- name: sre
  webhook_configs: [{{url: '{0}/sre/0', timeout: 4s}}]
- name: pair
  webhook_configs: [{{url: '{0}/pair/0', timeout: 4s}}, {{url: '{0}/pair/1', timeout: 4s}}]
- name: each
  webhook_configs: [{{url: '{0}/each/0', timeout: 4s}}]
"""
PATHS = {"a": ["/pair/0", "/pair/1", "/each/0"], "b": ["/each/0"], "c": ["/all/0"]}
ALERTS = 36
MOODS = ["ok"] * 6 + ["429", "503", "reset", "hang"]


class PagerDuty:
    """Incidents by dedup_key, as PagerDuty keeps them: a trigger of one that is open changes it.

    A new page of a group is triggered before the incident of the one before is resolved; in the end a group has one.
    """

    def __init__(self) -> None:
        self.open: "dict[str, bool]" = {}
        self.opened = 0
        self.again: "list[str]" = []  # keys that were opened once more: a page that is a duplicate

    def hear(self, event: Any) -> None:
        key, action = event["dedup_key"], event["event_action"]
        if action == "trigger" and not self.open.get(key):
            self.opened += 1
            if key in self.open:
                self.again.append(key)
            self.open[key] = True
        elif action == "resolve" and key in self.open:
            self.open[key] = False


class Slack:
    """Messages by their timestamp: the group they are about, whether they show that it fires, and when they came."""

    def __init__(self) -> None:
        self.messages: "dict[str, tuple[str, bool, int]]" = {}
        self.extra: "dict[int, int]" = {}
        self.without_kill = 0

    def hear(self, path: str, body: Any, epoch: int) -> Any:
        if "thread_ts" in body:  # a reply below the message, which is updated for itself
            assert body["thread_ts"] in self.messages, body
            return {"ok": True, "channel": body["channel"], "ts": f"reply.{time.monotonic_ns()}"}
        attachment = body["attachments"][0]
        fires = attachment["color"] == "danger"
        group = attachment["fallback"].split()[1]
        ts = body.get("ts")
        if path.endswith("/chat.update"):
            self.messages[ts] = (group, fires, self.messages[ts][2])
        else:
            before = [at for name, on, at in self.messages.values() if name == group and on]
            if before and fires:
                # The one before is never updated any more.
                self.extra[max(before)] = self.extra.get(max(before), 0) + 1
                self.without_kill += max(before) == epoch
                self.messages = {name: one for name, one in self.messages.items() if one[0] != group}
            ts = f"{len(self.messages)}.{time.monotonic_ns()}"
            self.messages[ts] = (group, fires, epoch)
        return {"ok": True, "channel": "C1", "ts": ts}

    def firing(self) -> "set[str]":
        return {group for group, fires, _ in self.messages.values() if fires}


class Receivers:
    """The other end of all webhooks; each path has a mood."""

    def __init__(self, dice: random.Random):
        self.lock = threading.Lock()
        self.mood = {path: "ok" for paths in PATHS.values() for path in paths}
        self.mood.update({"/v2/enqueue": "ok", "/api": "ok", "/sre/0": "ok"})
        self.pagerduty = PagerDuty()
        self.slack = Slack()
        self.dice = dice
        self.epoch = 0  # kills so far
        self.epochs: dict[Any, int] = {}  # by the address of a connection: kills when it was accepted
        self.told: dict[tuple[str, str], str] = {}  # path and alert: the status heard last
        self.keys: dict[tuple[str, str], int] = {}  # path and Idempotency-Key: the epoch it was accepted in
        self.last: dict[tuple[str, str], Any] = {}  # path and group: what was heard last, and the epoch
        self.extra: dict[tuple[int, str], int] = {}  # the kill that repeated it, and path: copies too many
        self.without_kill = 0
        self.accepted = 0
        self.answers: dict[str, int] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                # Of the server that connected: what it sent may be read when it is dead already.
                self.epoch = outer.epochs.pop(self.client_address)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/sync":
                    return self.answer(200)
                mood = outer.mood["/api" if self.path.startswith("/api/") else self.path]
                with outer.lock:
                    outer.answers[mood] = outer.answers.get(mood, 0) + 1
                if mood == "ok" and self.path == "/v2/enqueue":
                    with outer.lock:
                        outer.pagerduty.hear(json.loads(body))
                    return self.answer(202)
                if mood == "ok" and self.path.startswith("/api/"):
                    with outer.lock:
                        told = outer.slack.hear(self.path, json.loads(body), self.epoch)
                    return self.answer(200, body=json.dumps(told).encode())
                if mood == "ok":
                    outer.hear(self.path, self.headers["Idempotency-Key"], json.loads(body), self.epoch)
                    return self.answer(200)
                if mood == "429":
                    return self.answer(429, {"Retry-After": "1"})
                if mood == "503":
                    return self.answer(503)
                self.close_connection = True
                if mood == "hang":
                    time.sleep(6)
                # With nothing to linger for, closing is a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

            def answer(self, code: int, headers: Optional[dict[str, str]] = None, body: bytes = b"") -> None:
                self.send_response(code)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self) -> Any:
                connection, address = super().get_request()
                outer.epochs[address] = outer.epoch
                return connection, address

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next_epoch(self) -> None:
        """After a kill: what connected before is accepted when a connection made now is."""
        assert kt.request(self.url, "POST", "/sync", b"{}", timeout_s=30).status == 200
        self.epoch += 1

    def hear(self, path: str, key: str, message: Any, now: int) -> None:
        with self.lock:
            self.accepted += 1
            said = sorted((alert["fingerprint"], alert["status"], alert["startsAt"]) for alert in message["alerts"])
            group = (path, message["groupKey"])
            before, epoch = self.last.get(group, (None, now))
            epoch = self.keys.get((path, key), epoch)
            if (path, key) in self.keys or before == said:
                # It is the kill right after the first copy that repeated it, whenever the second one comes.
                self.extra[(epoch, path)] = self.extra.get((epoch, path), 0) + 1
                self.without_kill += epoch == now
            self.keys[(path, key)] = now
            self.last[group] = (said, now)
            for alert in message["alerts"]:
                self.told[(path, alert["labels"]["number"])] = alert["status"]

    def change_moods(self) -> None:
        for path in self.mood:
            if self.dice.random() < 0.3:
                self.mood[path] = self.dice.choice(MOODS)


class Source:
    """Sends alerts once, never again; knows what was answered 200."""

    def __init__(self, dice: random.Random):
        self.dice = dice
        self.fires = {number: False for number in range(ALERTS)}
        self.unsure: set[int] = set()  # sent without an answer: sent again by the next server
        self.silences: dict[str, str] = {}  # id: state
        self.acts: "dict[str, Any]" = {}  # by group: as the last answer to what was done to it showed it
        self.accepted = {"alerts": 0, "ends": 0, "silences": 0, "acknowledge": 0, "escalate": 0}

    @staticmethod
    def team(number: int) -> str:
        return "abc"[number % 3]

    def labels(self, number: int) -> dict[str, str]:
        return {"alertname": f"N{number % 5}", "number": str(number), "team": self.team(number)}

    def post(self, url: str, numbers: list[int]) -> bool:
        """True when it was accepted; then it is lost at no kill from here on."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 36_000))
        self.unsure.update(numbers)
        body = json.dumps([{"labels": self.labels(number), "startsAt": stamp,
                            "endsAt": later if self.fires[number] else stamp} for number in numbers]).encode()
        try:
            answer = kt.request(url, "POST", "/api/v2/alerts", body, {"Content-Type": "application/json"}, 5)
        except (OSError, http.client.HTTPException):
            return False
        assert answer.status == 200, (answer.status, answer.text())
        self.unsure.difference_update(numbers)
        for number in numbers:
            self.accepted["alerts" if self.fires[number] else "ends"] += 1
        return True

    def change(self, url: str) -> bool:
        if self.unsure:
            return self.post(url, sorted(self.unsure))
        numbers = self.dice.sample(range(ALERTS), self.dice.randint(1, 4))
        for number in numbers:
            self.fires[number] = not self.fires[number]
        return self.post(url, numbers)

    def silence(self, url: str) -> bool:
        active = [name for name, state in self.silences.items() if state == "active"]
        try:
            if active and self.dice.random() < 0.4:
                name = self.dice.choice(active)
                self.silences[name] = "unsure"
                assert kt.request(url, "DELETE", f"/api/v2/silence/{name}").status == 200
                self.silences[name] = "expired"
            else:
                wanted = {"matchers": [{"name": "alertname", "value": f"none{len(self.silences)}", "isRegex": False}],
                          "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2090-01-01T00:00:00Z", "createdBy": "me",
                          "comment": "x"}
                answer = kt.request(url, "POST", "/api/v2/silences", json.dumps(wanted).encode(),
                                    {"Content-Type": "application/json"})
                assert answer.status == 200, answer.text()
                self.silences[answer.json()["silenceID"]] = "active"
        except (OSError, http.client.HTTPException):
            return False
        self.accepted["silences"] += 1
        return True

    def act(self, url: str) -> bool:
        """Somebody acknowledges or escalates a group that fires."""
        action = self.dice.choice(["acknowledge", "escalate"])
        try:
            groups = kt.request(url, "GET", "/kizashi/v1/alerts/groups", timeout_s=5).json()["groups"]
            groups = [one for one in groups if one["receiver"] == "all"]
            if not groups:
                return True
            group = self.dice.choice(groups)["group"]
            self.acts.pop(group, None)  # without an answer nobody knows
            answer = kt.request(url, "POST", f"/kizashi/v1/alerts/groups/{group}/{action}", b'{"by": "me"}',
                                {"Content-Type": "application/json"}, 5)
        except (OSError, http.client.HTTPException):
            return False
        if answer.status == 404:
            return True  # it was over meanwhile
        assert answer.status == 200, (answer.status, answer.text())
        if "group" in answer.json():
            self.acts[group] = answer.json()
            assert ("acknowledged" in self.acts[group]) == (action == "acknowledge"), answer.text()
        self.accepted[action] += 1
        return True

    def acts_lost(self, groups: "list[Any]", receivers: Receivers) -> "list[str]":
        """Of what was done to groups, what they do not show although they fire as they did then."""
        found = []
        for one in groups:
            then = self.acts.get(one["group"])
            if then is None or then["episode"] != one["episode"]:
                continue
            if one["level"] < then["level"] or ("acknowledged" in one) != ("acknowledged" in then):
                found.append(f"{one} was {then}")
            for alert in one["alerts"] if then["level"] else []:
                told = receivers.told.get(("/sre/0", alert["labels"]["number"]), "nothing")
                if alert["status"] == "firing" and told != "firing":
                    found.append(f"/sre/0 {alert['labels']}: heard {told}")
        return found

    def wrong(self, receivers: Receivers) -> list[str]:
        """What receivers believe and is not so."""
        found = []
        with receivers.lock:
            for number, fires in self.fires.items():
                for path in PATHS[self.team(number)]:
                    told = receivers.told.get((path, str(number)), "resolved")
                    if told != ("firing" if fires else "resolved"):
                        found.append(f"{path} alert {number}: heard {told}")
            fire = {self.labels(number)["alertname"] for number, on in self.fires.items()
                    if on and self.team(number) == "c"}
            if receivers.slack.firing() != fire:
                found.append(f"Slack shows {receivers.slack.firing()}, but {fire} fire")
            if sum(receivers.pagerduty.open.values()) != len(fire):
                found.append(f"PagerDuty has {receivers.pagerduty.open}, but {fire} fire")
        return found


def start(case: kt.Case, config: str, number: int) -> "tuple[kt.Process, str]":
    server = case.start(f"alert-{number % 50}", [
        kt.binary(), "alert", "serve", "--config.file", config, "--storage.path", case.path("data"),
        "--web.listen-address", "127.0.0.1:0", "--log.level", "info", "--alerts.flap-firings", "0"])
    return server, "http://" + server.wait_for_log(r"Listening on.*address=(\S+)").group(1)


def kill_9(rounds: int, seed: int) -> "kt.Callable[[kt.Case], None]":
    def test_kill_9_loses_no_alert(case: kt.Case) -> None:
        dice = random.Random(seed)
        receivers, source = Receivers(dice), Source(dice)
        config = case.write("alertmanager.yml", CONFIG.format(receivers.url))
        for number in range(rounds):
            server, url = start(case, config, number)
            end = time.monotonic() + dice.uniform(0, 0.5)
            killer = threading.Timer(max(0.0, end - time.monotonic()), server.popen.kill)
            killer.start()
            receivers.change_moods()
            while dice.choices([source.silence, source.act, source.change], [1, 2, 7])[0](url):
                time.sleep(dice.uniform(0, 0.08))
            killer.join()
            server.popen.wait()
            receivers.next_epoch()
            if number % 10 == 9:
                check_now_and_then(case, config, number, receivers, source)
        check_now_and_then(case, config, rounds, receivers, source)
        extra = sum(receivers.extra.values())
        print(f"{rounds} kills, seed {seed}: accepted {source.accepted}, receivers answered {receivers.answers}, "
              f"lost 0, {extra} extra copies, at most {max(receivers.extra.values(), default=0)} a kill and "
              f"destination, {receivers.without_kill} without a kill; PagerDuty opened {receivers.pagerduty.opened} "
              f"incidents, {len(receivers.pagerduty.again)} of them twice; Slack got {sum(receivers.slack.extra.values())} "
              f"messages too many", file=sys.stderr)
        assert receivers.pagerduty.opened > 0 and not receivers.pagerduty.again, receivers.pagerduty.again
        assert receivers.slack.without_kill == 0 and max(receivers.slack.extra.values(), default=0) <= 1
        assert receivers.without_kill == 0, "a message came twice without a kill"
        assert max(receivers.extra.values(), default=0) <= 1, receivers.extra

    return test_kill_9_loses_no_alert


def check_now_and_then(case: kt.Case, config: str, number: int, receivers: Receivers, source: Source) -> None:
    """Everybody answers: in the end everybody knows what is so, from what was accepted alone."""
    for path in receivers.mood:
        receivers.mood[path] = "ok"
    server, url = start(case, config, number)
    if source.unsure:
        assert source.post(url, sorted(source.unsure))
    # Slack takes one message a second.
    kt.wait_until(lambda: not source.wrong(receivers), 60, "receivers to know what is so")
    listed = {one["id"]: one["status"]["state"] for one in kt.request(url, "GET", "/api/v2/silences").json()}
    lost = [name for name, state in source.silences.items()
            if name not in listed or (state != "unsure" and listed[name] != state)]
    assert not lost, f"silences lost: {lost}"
    fires = {one["labels"]["number"] for one in kt.request(url, "GET", "/api/v2/alerts").json()}
    assert fires == {str(n) for n, on in source.fires.items() if on}, "alerts in the API"
    kt.wait_until(lambda: not source.acts_lost(groups_of(url), receivers), 60, "what people did to be there")
    server.kill()
    receivers.next_epoch()


def groups_of(url: str) -> "list[Any]":
    return kt.request(url, "GET", "/kizashi/v1/alerts/groups").json()["groups"]


if __name__ == "__main__":
    kt.main_of_rounds(kill_9, __doc__ or "", rounds=30)

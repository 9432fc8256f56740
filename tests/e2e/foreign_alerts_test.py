#!/usr/bin/env python3
"""Alerts of other programs: urgent ones are told to the owning team and are over when their source says so, low ones
are anomalies; who proves nothing is refused; kill -9 keeps what was answered. A real Alertmanager sends."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import signal
import sys
from typing import Any, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import sip_peers as sip  # noqa: E402

SECRET = "a secret of 32 letters and digits"
IN = "/kizashi/v1/alerts/in/"
CATALOG = """service: {{name: shop, owner: shop-team}}
---
team: {{name: shop-team, language: en, members: [aiko], notify: [{{webhook: "{0}"}}]}}
---
person: {{name: aiko}}
"""
SOURCES = """alertmanager: {secret_file: secret}
datadog: {secret_file: secret, header: X-Kizashi-Secret}
sentry: {secret_file: secret}
cloudwatch: {secret_file: secret}
backup:
  secret_file: secret
  hmac: X-Hub-Signature-256
  map: {list: /jobs, name: /title, id: /key, severity: /level, status: /state, resolved: [done], label: {service: /app}}
"""
ALERTMANAGER = """route: {{receiver: kizashi, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 2s}}
receivers:
- name: kizashi
  webhook_configs:
  - url: {0}/kizashi/v1/alerts/in/alertmanager
    send_resolved: true
    http_config: {{authorization: {{credentials_file: {1}}}}}
"""


def signed(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


class World:
    """A server that knows its senders, the shop's team, and whoever is told of what nobody owns."""

    def __init__(self, case: kt.Case):
        self.case, self.team, self.default = case, case.receiver(), case.receiver()
        case.write("catalog/a.yaml", CATALOG.format(self.team.url))
        self.secret_file = case.write("secret", SECRET + "\n")
        self.arguments = ["--catalog", case.path("catalog"), "--alert-sources", case.write("sources.yml", SOURCES),
                          "--webhook", self.default.url]
        self.start()

    def start(self) -> None:
        self.server = self.case.kizashi("serve", *self.arguments)
        kt.wait_until(lambda: self.server.get("/readyz").status == 200, 30, "the server to be ready")

    def send(self, source: str, value: Any, headers: "Optional[dict[str, str]]" = None) -> Any:
        body = json.dumps(value).encode()
        if headers is None:
            headers = {"alertmanager": {"Authorization": f"Bearer {SECRET}"},
                       "datadog": {"X-Kizashi-Secret": SECRET},
                       "sentry": {"Sentry-Hook-Signature": signed(body)},
                       "cloudwatch": {"Authorization": "Basic " + base64.b64encode(f"sns:{SECRET}".encode()).decode()},
                       "backup": {"X-Hub-Signature-256": "sha256=" + signed(body)}}.get(source, {})
        return self.server.request("POST", IN + source, body, headers)

    def taken(self, source: str, value: Any) -> Any:
        """As a sender who comes back when he is asked to: the catalog may be new to the judge yet."""
        answer = kt.wait_until(lambda: (got := self.send(source, value)).status != 503 and got, 30, f"{source}'s answer")
        assert answer.status == 200, answer.text()
        return answer.json()

    def told(self, receiver: kt.Receiver, name: str) -> "list[str]":
        """What was told of it, in order, each once."""
        states: list[str] = []
        for got in receiver.received:
            for alert in got.json()["alerts"]:
                if alert["labels"]["alertname"] == name and states[-1:] != [alert["status"]]:
                    states.append(alert["status"])
        return states

    def anomalies(self) -> "list[str]":
        found = self.server.get_json("/kizashi/v1/anomalies", state="open")["anomalies"]
        return sorted(one["fields"]["alert"] for one in found if one["code"] == "foreign_alert")

    def firing(self) -> "list[str]":
        groups = self.server.get_json("/kizashi/v1/alerts/groups")["groups"]
        return sorted(alert["labels"]["alertname"] for group in groups for alert in group["alerts"]
                      if alert["status"] == "firing")


class Alertmanager:
    """Debian's, sending to `url`."""

    def __init__(self, case: kt.Case, url: str, secret_file: str):
        program = kt.need_program("prometheus-alertmanager")
        config = case.write("alertmanager.yml", ALERTMANAGER.format(url, secret_file))
        self.port = sip.free_port()
        self.process = case.start("alertmanager", [
            program, f"--config.file={config}", f"--storage.path={case.path('alertmanager')}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="])
        kt.wait_until(lambda: kt.request(f"http://127.0.0.1:{self.port}", "GET", "/-/ready").status == 200, 60,
                      "Alertmanager")

    def post(self, name: str, severity: str, over: bool = False) -> None:
        now = datetime.datetime.now(datetime.timezone.utc)
        alert = {"labels": {"alertname": name, "service": "shop", "severity": severity},
                 "annotations": {"summary": f"{name} of the shop"},
                 "endsAt": (now + datetime.timedelta(seconds=-1 if over else 300)).isoformat()}
        if not over:
            alert["startsAt"] = (now - datetime.timedelta(seconds=5)).isoformat()
        answer = kt.request(f"http://127.0.0.1:{self.port}", "POST", "/api/v2/alerts", json.dumps([alert]).encode(),
                            {"Content-Type": "application/json"})
        assert answer.status == 200, answer.text()


def test_a_real_alertmanager_pages_and_ends(case: kt.Case) -> None:
    world = World(case)
    sender = Alertmanager(case, world.server.url, world.secret_file)
    sender.post("DiskFull", "critical")
    sender.post("DiskFills", "warning")
    kt.wait_until(lambda: world.told(world.team, "DiskFull") == ["firing"], 60, "the team to be told")
    kt.wait_until(lambda: world.anomalies() == ["DiskFills"], 60, "the anomaly")
    (incident,) = kt.wait_until(lambda: world.server.get_json("/kizashi/v1/incidents", state="active")["incidents"], 30,
                                "the incident")
    assert incident["service"] == "shop", incident
    # It comes again and again, and is one.
    before = len(world.team.received)
    kt.stays(lambda: world.firing() == ["DiskFull"], 5, "one alert")
    assert len(world.team.received) == before, "repeated by its sender, told once"
    # Whoever acknowledges the incident acknowledges its group, once.
    done = case.run("incident", "ack", str(incident["id"]), "--by", "aiko", "--server", world.server.url)
    assert done.returncode == 0, done.stderr
    (group,) = world.server.get_json("/kizashi/v1/alerts/groups")["groups"]
    assert group["acknowledged"]["by"] == "aiko" and group["acknowledged"]["via"] == "incident", group
    sender.post("DiskFull", "critical", over=True)
    sender.post("DiskFills", "warning", over=True)
    kt.wait_until(lambda: world.told(world.team, "DiskFull") == ["firing", "resolved"], 60, "the end")
    kt.wait_until(lambda: world.anomalies() == [], 60, "the anomaly's end")
    kt.wait_until(lambda: world.server.get_json("/kizashi/v1/incidents", state="over")["incidents"], 30, "its end")
    timeline = world.server.get_json(f"/kizashi/v1/incidents/{incident['id']}")["timeline"]
    assert [line["what"] for line in timeline if line["what"].startswith("acknowledge")] == ["acknowledge"], timeline
    assert world.told(world.team, "DiskFills") == [] and not world.default.received


def test_kill_9_keeps_what_was_answered(case: kt.Case) -> None:
    world = World(case)
    alarm = {"AlarmName": "cpu", "AlarmArn": "arn:cpu", "NewStateValue": "ALARM", "NewStateReason": "over 90 %",
             "Trigger": {"Dimensions": [{"name": "ServiceName", "value": "shop"}]}}
    envelope = {"Type": "Notification", "MessageId": "1", "Message": json.dumps(alarm)}
    assert world.taken("cloudwatch", envelope)["alerts"] == 1
    assert world.taken("backup", {"jobs": [{"title": "late", "key": 1, "level": "low", "state": "x", "app": "shop"}]}
                       )["anomalies"] == 1
    world.server.kill()
    world.start()
    kt.wait_until(lambda: world.firing() == ["cpu"], 30, "the alert")
    kt.wait_until(lambda: world.anomalies() == ["late"], 30, "the anomaly")
    kt.wait_until(lambda: world.told(world.team, "cpu") == ["firing"], 30, "the team to be told")
    assert world.taken("cloudwatch", envelope)["alerts"] == 1
    assert world.firing() == ["cpu"], "sent again it is the same"
    alarm["NewStateValue"] = "OK"
    world.taken("cloudwatch", {**envelope, "Message": json.dumps(alarm)})
    kt.wait_until(lambda: world.told(world.team, "cpu") == ["firing", "resolved"], 30, "the end")


def test_each_source_its_own_secret(case: kt.Case) -> None:
    world = World(case)
    good = {"alertmanager": {"alerts": [{"status": "firing", "labels": {"alertname": "a", "service": "shop",
                                                                        "severity": "page"}}]},
            "datadog": {"title": "CPU", "alert_id": "1", "transition": "Triggered", "priority": "P1",
                        "tags": "service:shop"},
            "sentry": {"action": "triggered", "data": {"event": {"issue_id": "1", "title": "KeyError",
                                                                 "level": "error", "tags": [["service", "shop"]]}}},
            "cloudwatch": {"AlarmName": "cpu", "NewStateValue": "ALARM"},
            "backup": {"jobs": [{"title": "late", "level": "high", "state": "x"}]}}
    wrong = {"Authorization": "Bearer wrong", "X-Kizashi-Secret": "wrong", "Sentry-Hook-Signature": "0" * 64,
             "X-Hub-Signature-256": "sha256=" + "0" * 64}
    for source, value in good.items():
        for headers in ({}, wrong):
            answer = world.send(source, value, headers)
            assert answer.status == 401 and SECRET not in answer.text(), (source, answer.text())
        assert world.taken(source, value)["alerts"] == 1, source
    unclaimed = [one["item"] for source in ("cloudwatch", "backup")
                 for one in world.taken(source, good[source])["by_default_route"]]
    assert unclaimed == ["cpu", "late"]
    kt.wait_until(lambda: world.told(world.default, "cpu") == ["firing"], 30, "whom the default route tells")
    kt.wait_until(lambda: world.told(world.team, "CPU") == ["firing"], 30, "the team")
    kt.wait_until(lambda: {one["title"] for one in world.server.get_json("/kizashi/v1/incidents")["incidents"]
                           if one["service"] == ""} == {"cpu", "late"}, 30, "an incident of each that nobody claims")
    # What is wrong is said with its place.
    answer = world.send("alertmanager", {"alerts": [{"status": "gone", "labels": {"alertname": "a"}}]})
    assert answer.status == 400 and answer.json()["left_out"] == [
        {"item": "alerts[0].status", "reason": "expected firing or resolved"}], answer.text()
    answer = world.send("backup", {"jobs": [{"level": "high", "state": "x"}]})
    assert answer.status == 400 and answer.json()["left_out"] == [
        {"item": "/jobs/0/title", "reason": "expected a name"}], answer.text()
    # A stranger's address is not opened, whoever gives it.
    trap = case.receiver()
    world.taken("cloudwatch", {"Type": "SubscriptionConfirmation", "SubscribeURL": trap.url + "/?Action=Confirm"})
    kt.stays(lambda: not trap.received, 1, "nothing to be fetched from a stranger")
    shown = world.server.stderr() + "".join(
        world.server.get(path).text() for path in ("/api/v2/status", "/api/v2/alerts", "/metrics",
                                                   "/kizashi/v1/alerts/groups", "/kizashi/v1/status"))
    assert SECRET not in shown
    # Another file is taken by SIGHUP; a wrong one is refused with its place, and the old one stays.
    case.write("sources.yml", SOURCES.replace("/title", "title"))
    world.server.signal(signal.SIGHUP)
    kt.wait_until(lambda: "backup.map.name: found 'title'" in world.server.stderr(), 30, "the error")
    assert world.taken("backup", good["backup"])["alerts"] == 1
    case.write("sources.yml", SOURCES.replace("datadog: {", "datadog: {urgent: never, "))
    world.server.signal(signal.SIGHUP)
    kt.wait_until(lambda: world.taken("datadog", {**good["datadog"], "alert_id": "2"})["anomalies"] == 1, 30,
                  "the new file")


def test_the_sources_of_the_docs(case: kt.Case) -> None:
    """The file that docs/use/foreign-alerts.md shows is taken, and its example alert is read by it."""
    for page in ("foreign-alerts.md", "foreign-alerts.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        (sources,) = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
        (example,) = [part.split("```")[0] for part in text.split("```json\n")[2:]]
        for line in sources.splitlines():
            if "secret_file:" in line:
                case.write(line.split("secret_file:")[1].split(",")[0].strip(" }"), SECRET)
        world = World(case)
        case.write("sources.yml", sources)
        world.server.stop()
        world.start()
        body = example.encode()
        answer = world.server.request("POST", IN + "backup", body, {"X-Signature": signed(body)})
        assert answer.status == 200 and answer.json()["alerts"] == 1, answer.text()
        world.server.stop()


if __name__ == "__main__":
    kt.main(test_a_real_alertmanager_pages_and_ends, test_kill_9_keeps_what_was_answered,
            test_each_source_its_own_secret, test_the_sources_of_the_docs)

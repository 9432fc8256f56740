#!/usr/bin/env python3
"""Incidents: a page opens one, people work on it from a shell, its report is drafted, edited and published.

The first test runs a rule's page in seconds, with everything that `kizashi incident` does; the second the five-server
shop, whose SLO pages, and compares the draft's timeline with what the server and its replay know.
"""

import datetime
import glob
import json
import os
import re
import subprocess
import sys
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
from members import Members  # noqa: E402

CATALOG = """service: {name: shop, owner: shop-team, redundancy: {need: 2, of: 3}}
---
team: {name: shop-team, language: %s, time_zone: Asia/Tokyo, members: [hanako], notify: [{webhook: "%s"}]}
---
person: {name: hanako}
"""
RULES = """groups:
- name: shop
  interval: 1s
  rules:
  - alert: Down
    expr: count(up{service="shop"} == 0) > 0
    labels: {severity: page, service: shop}
"""


class Incidents:
    """`kizashi incident` against one server."""

    def __init__(self, case: kt.Case, server: kt.Kizashi):
        self.case, self.server = case, server

    def run(self, *arguments: str, code: int = 0) -> str:
        done = self.case.run("incident", *arguments, "--server", self.server.url)
        assert done.returncode == code, f"{arguments}: {done.returncode} {done.stdout!r} {done.stderr!r}"
        return (done.stdout if code == 0 else done.stderr).decode()

    def all(self, state: str = "all") -> "list[Any]":
        return json.loads(self.run("list", "--state", state, "--format", "json"))["incidents"]

    def show(self, number: int) -> Any:
        return json.loads(self.run("show", str(number), "--format", "json"))


def start(case: kt.Case, members: Members, url: str, language: str = "en") -> kt.Kizashi:
    # Files that are there stay: people write into them.
    case.write("catalog/teams/shop.yaml", CATALOG % (language, url))
    rules = case.write("rules/a.yml", RULES)
    targets = case.write("targets.json", json.dumps(members.targets("shop", "abc")))
    return case.kizashi("serve", "--scrape-file", targets, "--scrape-interval", "1s", "--catalog",
                        case.path("catalog"), "--rule-file", rules)


def whats(incident: Any) -> "list[str]":
    return [line["what"] for line in incident["timeline"]]


def page_once(server: kt.Kizashi, members: Members) -> None:
    kt.wait_until(lambda: [one["up"] for one in server.get_json("/kizashi/v1/services/shop")["members"]] == [True] * 3,
                  30, "three members up")
    members.down = {"b"}


def test_an_incident_from_a_shell(case: kt.Case) -> None:
    members, receiver = Members(), case.receiver()
    server = start(case, members, receiver.url)
    incidents = Incidents(case, server)
    assert "No incidents" in incidents.run("list")
    page_once(server, members)
    (one,) = kt.wait_until(lambda: incidents.all("active"), 30, "the incident")
    assert one["id"] == 1 and one["service"] == "shop" and one["team"] == "shop-team" and one["by_page"], one
    # Whoever takes the incident takes its group of alerts.
    kt.wait_until(lambda: server.get_json("/kizashi/v1/alerts/groups")["groups"], 20, "the group")
    incidents.run("ack", "1", "--by", "hanako")
    (group,) = server.get_json("/kizashi/v1/alerts/groups")["groups"]
    assert group["acknowledged"]["by"] == "hanako" and group["acknowledged"]["via"] == "incident", group
    assert whats(incidents.show(1)).count("acknowledge") == 1, incidents.show(1)
    assert "acknowledged" not in whats(incidents.show(1)), incidents.show(1)
    assert "acknowledged already, by hanako" in incidents.run("ack", "1", code=1)
    incidents.run("role", "1", "commander", "hanako")
    incidents.run("note", "1", "Cable of b is out", "--by", "hanako")
    incidents.run("severity", "1", "3")
    incidents.run("mitigate", "1")
    assert "no such incident" in incidents.run("show", "77", code=1)
    refused = server.request("POST", "/kizashi/v1/incidents/1/edits", b'{"what":"severity","severity":9}')
    assert refused.status == 400 and "found 9, expected 1 to 4" in refused.text(), refused.text()
    kt.wait_until(lambda: "delivery" in whats(incidents.show(1)), 20, "the delivery")
    # A deploy that somebody tells stands where it happened, before the page.
    begin = incidents.show(1)["begin"]
    told = server.request("POST", "/kizashi/v1/incidents/events", json.dumps(
        {"events": [{"kind": "deploy", "id": "d1", "service": "shop", "time": begin - 60_000,
                     "fields": {"version": "1.2.3", "by": "ci"}}]}).encode())
    assert told.status == 200 and told.json() == {"taken": 1}, told.text()
    assert whats(incidents.show(1))[0] == "deploy"
    wrong = server.request("POST", "/kizashi/v1/incidents/events", b'{"events":[{"kind":"nonsense","id":"x"}]}')
    assert wrong.status == 400 and wrong.json()["item"] == "events[0].kind", wrong.text()

    # Nothing of it is lost when the server is killed, and nothing is there twice.
    before = incidents.show(1)
    server.kill()
    server = start(case, members, receiver.url)
    incidents = Incidents(case, server)
    after = incidents.show(1)
    assert before["timeline"] == after["timeline"][:len(before["timeline"])], after["timeline"]
    assert after["state"] == "mitigated" and after["roles"] == [{"role": "commander", "person": "hanako"}], after

    members.down = set()
    kt.wait_until(lambda: incidents.all("over"), 30, "the end")
    (file,) = kt.wait_until(lambda: glob.glob(case.path("catalog/teams/incidents/*-incident-1.md")), 20, "the draft")
    with open(file, encoding="utf-8") as draft:
        text = draft.read()
    assert text.startswith("---\nincident: 1\n") and "Cable of b is out" in text and "owner: hanako" in text, text
    assert incidents.run("report", "1").strip() == text.strip()
    # People write into the file; what cannot be read is told with its place.
    broken = text.replace("trigger: unknown", "trigger: gremlins")
    rewrite(file, broken)
    done = case.run("incident", "check", file)
    line = broken[:broken.index("gremlins")].count("\n") + 1
    assert done.returncode == 1 and f"{file}:{line}:10: trigger: found 'gremlins'" in done.stdout.decode(), done.stdout
    kt.wait_until(lambda: server.get_json("/kizashi/v1/incidents/1/report")["errors"], 20, "the error on the page")
    good = text.replace("trigger: unknown", "trigger: hardware").replace("causes: []", "causes: [network]").replace(
        "actions: []", "actions:\n  - {what: A second cable, owner: hanako, due: 2020-01-01}")
    rewrite(file, good)
    kt.wait_until(lambda: json.loads(incidents.run("actions", "--format", "json"))["actions"], 20, "the action item")
    late = case.run("incident", "actions", "--state", "overdue", "--server", server.url)
    assert late.returncode == 1 and b"A second cable" in late.stdout, late
    markdown = server.get_json("/kizashi/v1/reports/daily", team="shop-team")["markdown"]
    assert "its report is not published" in markdown and "overdue since 2020-01-01: A second cable" in markdown
    # It is published from a shell, and the file has it.
    newest = case.write("mine.md", good.replace("state: draft", "state: published"))
    incidents.run("report", "1", "--file", newest, "--by", "hanako")
    assert incidents.show(1)["state"] == "closed"
    kt.wait_until(lambda: "state: published" in open(file, encoding="utf-8").read(), 20, "the file")
    stats = json.loads(incidents.run("stats", "--format", "json"))
    assert stats["by_trigger"] == [{"name": "hardware", "count": 1}], stats
    assert stats["by_cause"] == [{"name": "network", "count": 1}] and stats["unpublished"] == 0, stats
    history = server.get_json("/kizashi/v1/incidents/1/report")["versions"]
    assert [one["author"] for one in history][-2:] == ["file", "hanako"], history

    # A person's own, merged into another; a second page knows the first one as similar.
    incidents.run("open", "Customers call", "--service", "shop", "--severity", "1", "--by", "aiko")
    incidents.run("open", "The shop is slow", "--team", "shop-team")
    incidents.run("merge", "3", "2")
    assert incidents.show(3)["merged_into"] == 2 and incidents.show(2)["severity"] == 1
    assert "was merged into 2" in incidents.run("note", "3", "x", code=1)
    incidents.run("link", "2", "1", "--relation", "caused_by")
    assert incidents.show(1)["links"][0]["relation"] == "caused", incidents.show(1)["links"]
    incidents.run("resolve", "2")
    shown = incidents.run("show", "2", "--language", "ja")
    assert "経緯" in shown and "aiko がインシデントを開始、SEV1" in shown, shown
    members.shutdown()


def rewrite(path: str, text: str) -> None:
    with open(path + "~", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + "~", path)


def local(ms: int) -> str:
    """Where the shop's team is."""
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    return datetime.datetime.fromtimestamp(ms // 1000, tokyo).strftime("%Y-%m-%d %H:%M:%S")


def test_the_shops_page_becomes_a_report_with_the_true_timeline(case: kt.Case) -> None:
    receiver = case.receiver()
    server = case.kizashi("demo", "--webhook", receiver.url)
    incidents = Incidents(case, server)
    folder = case.path("data")

    def ready() -> bool:
        seen = server.get_json("/kizashi/v1/services/shop")["members"]
        return len(seen) == 5 and all(one["up"] for one in seen)

    def served() -> float:
        query = 'sum(http_requests_total{job="shop-balancer",code="200"})'
        result = server.get_json("/api/v1/query", query=query)["data"]["result"]
        return float(result[0]["value"][1]) if result else 0

    kt.wait_until(ready, 60, "five servers")
    # Customers come once the balancer has found three servers; without them nothing fails, and nobody is paged.
    kt.wait_until(lambda: served() >= 1000, 120, "a shop that has served customers")
    for name in "cde":
        done = case.run("demo", "fault", "down", "--server", name, "--for", "900s", "--dir", folder)
        assert done.returncode == 0, done.stderr
    (one,) = kt.wait_until(lambda: incidents.all("active"), 300, "the incident of the SLO's page")
    incidents.run("ack", str(one["id"]), "--by", "hanako")
    assert case.run("demo", "restore", "--dir", folder).returncode == 0
    kt.wait_until(lambda: incidents.all("over"), 300, "its end")
    number = one["id"]

    def drafted() -> str:
        text = incidents.run("report", str(number))
        assert text.count("slack") + text.count("webhook") >= 2, "both messages are told"
        return text

    text = kt.wait_until(drafted, 40, "the draft with the last message")
    # What the judge has in its journal is what stands there, to the second.
    (alert,) = [one for one in server.get_json("/kizashi/v1/alerts")["alerts"] if one["severity"] == "page"]
    anomalies = [one for one in server.get_json("/kizashi/v1/anomalies")["anomalies"]
                 if one["code"] == "member_down"]
    assert len(anomalies) == 3, anomalies
    lines = re.findall(r"^- (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) .*\(\[(\w+) ([^\]]+)\]\(|"
                       r"^- (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) .*\(`(\w+) ([^`]+)`\)", text, re.MULTILINE)
    assert lines, text
    times = {((what or what2), (id or id2).replace("\\", "")): (time or time2)
             for time, what, id, time2, what2, id2 in lines}
    assert times[("page_begin", alert["id"])] == local(alert["begin"]), (times, alert)
    assert times[("page_end", alert["id"])] == local(alert["end"]), (times, alert)
    for anomaly in anomalies:
        assert times[("anomaly_begin", anomaly["id"])] == local(anomaly["begin"]), (times, anomaly)
    order = [(time or time2) for time, _, _, time2, _, _ in lines]
    assert order == sorted(order), order
    assert "Acknowledged by hanako" in text and "## Impact" in text
    failed = re.search(r"([\d,]+) of ([\d,]+) failed", text)
    assert failed and int(failed[1].replace(",", "")) > 0, text
    for message in receiver.received:
        assert any(what == "delivery" for what, _ in times), message
    server.stop()
    replay = case.run("replay", "--data", os.path.join(folder, "data"), timeout_s=120)
    assert replay.returncode == 0, replay.stdout


def test_the_example_of_the_docs(case: kt.Case) -> None:
    for page in ("incidents.md", "incidents.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        (example,) = re.findall(r"```markdown\n(.*?)```", text, re.DOTALL)
        good = case.write(page, example)
        assert case.run("incident", "check", good).returncode == 0, case.run("incident", "check", good).stdout
        # What the page says of a wrong one is what is printed.
        (printed,) = re.findall(r"```\n\$ kizashi incident check wrong.md\n(.*?)```", text, re.DOTALL)
        case.write("wrong.md", example.replace("due: 2026-12-10", "due: soon"))
        done = case.run("incident", "check", "wrong.md")
        assert done.returncode == 1 and done.stdout.decode() == printed, (done.stdout.decode(), printed)
        # Each command of the walk exists and takes what the page gives it.
        commands = re.findall(r"^kizashi incident (\w+)", text, re.MULTILINE)
        assert {"list", "show", "ack", "note", "report", "actions"} <= set(commands), commands
        for command in set(commands):
            helped = subprocess.run([kt.binary(), "incident", command, "--help"], capture_output=True, check=False)
            assert helped.returncode == 0, command


if __name__ == "__main__":
    kt.main(test_an_incident_from_a_shell, test_the_example_of_the_docs,
            test_the_shops_page_becomes_a_report_with_the_true_timeline)

#!/usr/bin/env python3
"""Anomalies from a shell and over a morning: `kizashi anomaly`, token names, the daily report by file, Slack and e-mail.

    python3 tests/e2e/anomalies_test.py
"""

import base64
import json
import os
import re
import socketserver
import sqlite3
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
from members import Members  # noqa: E402

TOKEN = "0123456789abcdef0123"
KIND = "shop/redundancy/member_down"
CATALOG = """service:
  name: shop
  title: Shop
  owner: shop-team
  redundancy: {need: 2, of: 3}
  slo: {target: 99, good: 'req_total{code!="500"}', total: req_total}
  anomaly_budget: {share: 0.001%%, policy: [{spent: 1%%, do: ticket, text: Look at the servers}]}
---
team:
  name: shop-team
  language: %s
  report: {at: "00:00", email: team@example.com}
  notify: [{slack: "%s"}]
"""


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every message, in the clear."""

    allow_reuse_address = True

    def __init__(self) -> None:
        self.messages: "list[str]" = []
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 ready\r\n")
                for line in self.rfile:
                    if line.upper().startswith(b"DATA"):
                        self.wfile.write(b"354 go on\r\n")
                        text = b"".join(iter(self.rfile.readline, b".\r\n"))
                        server.messages.append(text.decode())
                    elif line.upper().startswith(b"QUIT"):
                        self.wfile.write(b"221 bye\r\n")
                        return
                    self.wfile.write(b"250 fine\r\n")

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def start(case: kt.Case, members: Members, language: str = "en", slack: str = "http://127.0.0.1:1/",
          *more: str) -> kt.Kizashi:
    case.write("catalog/shop.yaml", CATALOG % (language, slack))
    targets = case.write("targets.json", json.dumps(members.targets("shop", "abc")))
    return case.kizashi("serve", "--scrape-file", targets, "--scrape-interval", "1s", "--catalog",
                        case.path("catalog"), *more)


def an_anomaly(server: kt.Kizashi, members: Members) -> "dict":
    kt.wait_until(lambda: [one["up"] for one in server.get_json("/kizashi/v1/services/shop")["members"]] == [True] * 3,
                  30, "three members up")
    members.down = {"b"}
    kt.wait_until(lambda: server.get_json("/kizashi/v1/anomalies?state=open")["anomalies"], 30, "the anomaly")
    return server.get_json("/kizashi/v1/anomalies?state=open")["anomalies"][0]


def test_the_ledger_from_a_shell(case: kt.Case) -> None:
    members = Members()
    tokens = case.write("tokens", f"# who\nhanako {TOKEN}\n")
    server = start(case, members, "en", "http://127.0.0.1:1/", "--token-file", tokens)
    server.token = TOKEN
    anomaly = an_anomaly(server, members)
    where = ["--server", server.url, "--token-file", tokens]

    def run(*arguments: str, code: int = 0) -> str:
        done = case.run("anomaly", *arguments, *where)
        assert done.returncode == code, f"{arguments}: {done.returncode} {done.stdout!r} {done.stderr!r}"
        return (done.stdout if code == 0 else done.stderr).decode()

    listed = run("list", "--state", "open")
    assert anomaly["id"] in listed and "instance b went down" in listed, listed
    assert "が停止" in run("list", "--language", "ja")
    assert json.loads(run("list", "--format", "json"))["anomalies"][0]["id"] == anomaly["id"]
    run("acknowledge", anomaly["id"])
    kt.wait_until(lambda: server.get_json(f"/kizashi/v1/anomalies/{anomaly['id']}")["state"] == "acknowledged", 20,
                  "the acknowledgement")
    # Somebody who sees an anomaly need not know its kind.
    assert KIND in run("expect", anomaly["id"], "--until", "7d", "--reason", "the rack moves")
    kt.wait_until(lambda: server.get_json(f"/kizashi/v1/anomalies/{anomaly['id']}")["state"] == "expected", 20,
                  "the expectation")
    summary = server.get_json("/kizashi/v1/services/shop")["summary"]
    assert summary["anomaly_budget"]["spent_minutes"] == 0, summary["anomaly_budget"]
    shown = run("show", anomaly["id"])
    for part in ("Acknowledged by hanako", "Expected until", "the rack moves", KIND, "Price", "Decisions",
                 "/explore?q=up", "prior_redundancy"):
        assert part in shown, f"{part} in {shown}"
    assert "想定内" in run("show", anomaly["id"], "--language", "ja")
    details = json.loads(run("show", anomaly["id"], "--format", "json"))
    assert [edit["actor"] for edit in details["ledger"]["edits"]] == ["hanako", "hanako"]
    assert details["ledger"]["decided"]["expected_because"] == "the rack moves"
    run("unexpect", KIND)
    run("fixed", KIND, "--by", "a new cable")
    members.down = set()
    kt.wait_until(lambda: server.get_json(f"/kizashi/v1/anomalies/{anomaly['id']}")["end"], 30, "its end")
    members.down = {"b"}
    kt.wait_until(lambda: server.get_json("/kizashi/v1/anomalies?state=came_back")["anomalies"], 30, "what came back")
    assert "no such anomaly" in run("show", "0000", code=1)
    assert "no such service" in run("expect", "nobody/x", "--until", "7d", "--reason", "x", code=1)
    assert "not in the future" in run("expect", KIND, "--until", "2020-01-01", "--reason", "x", code=2)
    assert "expected a day" in run("expect", KIND, "--until", "soon", "--reason", "x", code=2)
    run("expect", KIND, "--until", "7d", code=2)  # without a reason
    assert "a token is needed" in case.run("anomaly", "list", "--server", server.url).stderr.decode()
    # All of it is in the journal: judging it again comes to the same.
    edits = server.get_json("/kizashi/v1/ledger?service=shop")["edits"]
    assert [edit["what"] for edit in edits] == ["fixed", "unexpect", "expect", "acknowledge"]
    server.stop()
    replay = case.run("replay", "--data", case.path("data"))
    assert replay.returncode == 0, replay.stdout
    members.shutdown()


def test_the_budget_of_anomalies_opens_a_ticket_and_never_pages(case: kt.Case) -> None:
    members = Members()
    server = start(case, members)
    an_anomaly(server, members)
    kt.wait_until(lambda: server.get_json("/kizashi/v1/alerts")["alerts"], 30, "a ticket")
    (alert,) = server.get_json("/kizashi/v1/alerts")["alerts"]
    assert alert["severity"] == "ticket" and alert["slo"] == "anomalies", alert
    assert alert["fields"]["spent_by"].startswith(KIND), alert
    budget = server.get_json("/kizashi/v1/services/shop")["summary"]["anomaly_budget"]
    assert [step["action"] for step in budget["policy"]] == ["ticket"], budget
    assert budget["dearest"][0]["kind"] == KIND and not budget["hold"], budget
    members.shutdown()


def test_the_daily_report_arrives_once_and_late_after_a_night_without_the_server(case: kt.Case) -> None:
    members, mail, slack = Members(), MailServer(), case.receiver()
    more = ("--smtp", f"smtp://127.0.0.1:{mail.server_address[1]}", "--mail-from", "kizashi@example.com",
            "--report-dir", case.path("reports"))
    server = start(case, members, "ja", slack.url, *more)
    an_anomaly(server, members)
    kt.wait_until(lambda: os.path.exists(case.path("data/records.db")), 20, "the records")

    def first_seen() -> bool:
        with sqlite3.connect(case.path("data/records.db")) as records:
            return records.execute("SELECT count(*) FROM reports").fetchone()[0] == 1

    kt.wait_until(first_seen, 30, "the team to be seen")
    assert not mail.messages, "the morning of its first day is past"
    server.stop()
    # As if it had been seen the day before, and the server had been down since.
    with sqlite3.connect(case.path("data/records.db")) as records:
        records.execute("UPDATE reports SET day = '2020-01-01', until_ms = until_ms - 86400000")
    for _ in range(2):
        server = start(case, members, "ja", slack.url, *more)
        kt.wait_until(lambda: mail.messages, 40, "the e-mail")
        kt.wait_until(lambda: any("日次レポート" in got.body.decode() for got in slack.accepted()), 20, "Slack")
        delivered = server.get_json("/kizashi/v1/reports/delivered", team="shop-team")["reports"]
        assert len(delivered) == 1 and len(delivered[0]["deliveries"]) == 3, delivered
        server.kill()
    assert len(mail.messages) == 1, mail.messages
    assert len([got for got in slack.accepted() if "日次レポート" in got.body.decode()]) == 1
    head, body = mail.messages[0].split("\r\n\r\n", 1)
    assert "To: <team@example.com>" in head, head
    text = base64.b64decode(body).decode()
    assert "instance b" in text and re.search(r"# 日次レポート: shop-team", text), text
    (folder,) = os.listdir(case.path("reports"))
    (name,) = os.listdir(case.path("reports", folder))
    with open(case.path("reports", folder, name), encoding="utf-8") as file:
        assert file.read() in text
    refused = case.run("serve", "--data", case.path("other"), "--smtp", "smtp://me:sesame@host", "--mail-from", "a@b")
    assert refused.returncode == 2 and b"sesame" not in refused.stderr, refused.stderr
    members.shutdown()
    mail.shutdown()


if __name__ == "__main__":
    kt.main(test_the_ledger_from_a_shell, test_the_budget_of_anomalies_opens_a_ticket_and_never_pages,
            test_the_daily_report_arrives_once_and_late_after_a_night_without_the_server)

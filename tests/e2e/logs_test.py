#!/usr/bin/env python3
"""Stored log lines as people find them: pushed to a real server, searched, killed, searched again."""

import json
import os
import sys
import threading
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

SHOP = "service: {name: shop, owner: shop-team}\n---\nteam: {name: shop-team, title: Shop team}\n"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
USERS = ["ann", "bob", "cyd", "dan", "eve"]


def lines_of_shop(count: int) -> list[str]:
    lines = []
    for n in range(count):
        lines += [f"INFO order {1000 + n} placed total {n % 7}.50 EUR",
                  f"INFO login of {USERS[n % len(USERS)]} ok",
                  f"WARN inventory feed behind by {n % 9} s"]
    return lines + ["ERROR ledger mismatch for account 4017", "caf\u00e9 完了123件 \t tab \"quoted\" \\ back",
                    f"INFO charge done trace_id={TRACE}"]


def push(server: kt.Kizashi, service: str, lines: list[str], begin: int) -> None:
    values = [[str((begin + i) * 1_000_000), line] for i, line in enumerate(lines)]
    body = {"streams": [{"stream": {"service": service, "host": "a"}, "values": values}]}
    server.post_json("/loki/api/v1/push", body)


def search(server: kt.Kizashi, **query: Any) -> tuple[list[Any], Any]:
    answer = server.get("/kizashi/v1/logs/search", **query)
    assert answer.status == 200, answer
    *lines, end = [json.loads(line) for line in answer.text().splitlines()]
    return lines, end


def patterns(server: kt.Kizashi, service: str) -> dict[str, Any]:
    answer = server.get_json("/kizashi/v1/logs/patterns", service=service)
    assert sum(one["lines"] for one in answer["patterns"]) + answer["other_lines"] == answer["lines"], answer
    for one in answer["patterns"]:
        assert sum(lines for _, lines in one["counts"]) == one["lines"], one
    return {one["text"]: one for one in answer["patterns"]}


def asked(server: kt.Kizashi, count: int) -> list[Any]:
    """What every kind of question answers, for comparing."""
    order = patterns(server, "shop")["INFO order <*> placed total <*> EUR"]
    answers = []
    for query in ({"q": "order"}, {"regex": "order 10[0-4]\\d placed"}, {"pattern": order["id"]},
                  {"pattern": order["skeletons"][0]}, {"trace": TRACE}, {"parameter": "4017"},
                  {"severity": "error"}, {"service": "shop"}, {"service": "cart"}, {}):
        lines, end = search(server, limit=5000, **query)
        assert end["end"] == "all" and not end["damaged"], (query, end)
        answers.append([query, lines])
    counts = [len(lines) for _, lines in answers]
    assert counts == [count, 50, count, count, 1, 1, 1, 3 * count + 3, 2, 3 * count + 5], counts
    answers.append({text: (one["id"], one["lines"], one["skeletons"])
                    for service in ("shop", "cart") for text, one in patterns(server, service).items()})
    return answers


def wait_for_lines(server: kt.Kizashi, service: str, count: int) -> None:
    kt.wait_until(lambda: server.get_json("/kizashi/v1/logs/patterns", service=service)["lines"] == count, 20,
                  f"{count} lines of {service}")


def test_lines_are_found_again_after_kill_9(case: kt.Case) -> None:
    case.write("catalog/shop.yaml", SHOP)
    # Blocks so small that some of the lines are in blocks and some in the journal only.
    arguments = ["serve", "--catalog", case.path("catalog"), "--log-block-bytes", "6000"]
    server = case.kizashi(*arguments)
    count = 200
    sent = lines_of_shop(count)
    begin = int(time.time() * 1000) - 60_000
    push(server, "shop", sent, begin)
    push(server, "cart", ["INFO login of zoe ok", "cart is full"], begin)
    wait_for_lines(server, "shop", len(sent))
    wait_for_lines(server, "cart", 2)
    found, _ = search(server, service="shop", limit=5000)
    assert [(line["time"], line["text"]) for line in reversed(found)] == \
        [(begin + i, text) for i, text in enumerate(sent)], "every byte of every line"
    assert found[0]["stream"] == {"service": "shop", "host": "a"} and found[0]["trace_id"] == TRACE, found[0]
    assert "INFO login of <*> ok" in patterns(server, "shop"), patterns(server, "shop").keys()
    assert "INFO login of zoe ok" in patterns(server, "cart"), "another service's lines vary nothing here"
    before = asked(server, count)
    assert any(name.endswith(".kzlog") for name in os.listdir(case.path("data", "logs")))
    server.kill()
    server = case.kizashi(*arguments)
    wait_for_lines(server, "shop", len(sent))
    wait_for_lines(server, "cart", 2)

    def same() -> bool:
        now = asked(server, count)
        assert now == before, [pair for pair in zip(now, before) if pair[0] != pair[1]]
        return True

    kt.wait_until(same, 10, "the same lines, ids and counts")


def test_one_pattern_and_what_changed(case: kt.Case) -> None:
    server = case.kizashi("serve")
    now = int(time.time() * 1000)
    push(server, "shop", lines_of_shop(100), now - 2 * 3_600_000)
    push(server, "shop", ["INFO cache cold"] * 30 + lines_of_shop(10), now - 60_000)
    wait_for_lines(server, "shop", 303 + 63)
    order = patterns(server, "shop")["INFO order <*> placed total <*> EUR"]
    detail = server.get_json(f"/kizashi/v1/logs/patterns/{order['id']}", service="shop")
    assert detail["sampled"] == 110 and len(detail["examples"]) == 10, detail
    number, total = detail["parameters"]
    assert number["distinct"] == 100 and number["numbers"]["max"] == 1099, number
    assert total["numbers"]["p50"] == 3.5 and total["top"][0][1] >= 15, total
    example = detail["examples"][0]
    text = example["text"].encode()
    assert [text[begin:end].decode() for begin, end, _ in example["slots"]] == ["1009", "2.50"], example
    diff = server.get_json("/kizashi/v1/logs/diff", service="shop", a_from=now - 3 * 3_600_000,
                           a_to=now - 3_600_000, b_from=now - 1_800_000)
    assert [one["text"] for one in diff["new"]] == ["INFO cache cold"] and not diff["gone"], diff
    assert (diff["lines_before"], diff["lines_after"]) == (303, 63), diff
    for path, status in (("patterns", 400), ("patterns?service=nobody", 404), ("search?regex=(", 400),
                         ("patterns/12?service=shop", 400), ("patterns/0123456789abcdef?service=shop", 404),
                         ("search?from=yesterday", 400), ("search?limit=0", 400), ("search?severity=bad", 400),
                         ("tail?after=1", 400), ("nothing", 404)):
        answer = server.request("GET", "/kizashi/v1/logs/" + path)
        assert answer.status == status and answer.json()["error"], (path, answer)


NAMED = """service:
  name: shop
  owner: shop-team
  log_patterns:
    - {name: Big order, pattern: "INFO order 10<*> placed total 6.50 EUR"}
    - {pattern: "INFO <*> o<*>"}
---
team: {name: shop-team}
"""


def run(case: kt.Case, code: int, *arguments: str) -> str:
    """What `kizashi logs ARGUMENTS...` prints, or why it does not."""
    done = case.run("logs", *arguments)
    assert done.returncode == code, (arguments, done)
    return (done.stdout if code < 2 else done.stderr).decode()


def test_a_team_names_splits_and_merges(case: kt.Case) -> None:
    case.write("catalog/shop.yaml", SHOP)
    server = case.kizashi("serve", "--catalog", case.path("catalog"), "--log-block-bytes", "6000")
    lines = lines_of_shop(100)
    push(server, "shop", lines, int(time.time() * 1000) - 600_000)
    wait_for_lines(server, "shop", len(lines))
    order = patterns(server, "shop")["INFO order <*> placed total <*> EUR"]
    assert order["lines"] == 100 and not order["name"], order
    # Lines that were stored before the team said so, and those that come.
    case.write("catalog/shop.yaml", NAMED)
    kt.wait_until(lambda: "INFO <*> o<*>" in patterns(server, "shop"), 30, "the new catalog")
    push(server, "shop", ["INFO order 1006 placed total 6.50 EUR", "INFO stock of 7 ok"], int(time.time() * 1000))
    wait_for_lines(server, "shop", len(lines) + 2)
    now = patterns(server, "shop")
    big, wide = now["INFO order 10<*> placed total 6.50 EUR"], now["INFO <*> o<*>"]
    expected = [line for line in lines if line.startswith("INFO order 10") and line.endswith(" 6.50 EUR")]
    assert big["name"] == "Big order" and big["lines"] == len(expected) + 1, big
    assert wide["lines"] == 100 + 1, wide
    assert now["INFO order <*> placed total <*> EUR"]["lines"] == 100 - len(expected), now
    assert "INFO login of <*> ok" not in now, now.keys()
    found, _ = search(server, pattern=big["id"], limit=5000)
    assert sorted(line["text"] for line in found) == sorted(expected + ["INFO order 1006 placed total 6.50 EUR"])
    assert all(line["pattern_name"] == "Big order" for line in found), found[0]
    found, _ = search(server, pattern=order["id"], service="shop", limit=5000)
    assert len(found) == 100 - len(expected), len(found)
    where = ["--server", server.url, "--service", "shop"]
    listed = run(case, 0, "patterns", *where)
    assert f"  {big['id']}  [Big order] INFO order 10<*> placed total 6.50 EUR\n" in listed, listed
    assert "[Big order] INFO order 1006 placed" in run(case, 0, "search", *where, "--pattern", big["id"])
    # The same without a server.
    log = case.write("shop.log", "".join(line + "\n" for line in lines))
    yaml = case.path("catalog/shop.yaml")
    rows = [json.loads(row) for row in run(case, 0, "patterns", log, "--patterns", yaml, "--format", "json",
                                           "--parameters").splitlines()]
    of_file = {row["pattern"]: row for row in rows}
    assert of_file[big["text"]]["count"] == len(expected) and of_file[big["text"]]["id"] == big["id"], rows
    assert of_file[big["text"]]["parameters"][0]["numbers"]["count"] == len(expected), rows
    assert "[Big order] INFO order" in run(case, 0, "report", log, "--patterns", yaml)
    assert run(case, 0, "diff", log, log, "--patterns", yaml).endswith("0 patterns new, 0 gone, 0 changed\n")
    wrong = case.write("wrong.yaml", "service:\n  log_patterns:\n    - {pattern: '<*>'}\n")
    assert "wrong.yaml:3:17: log_patterns[0].pattern: found" in run(case, 2, "report", log, "--patterns", wrong)
    assert "none.yaml: cannot be read" in run(case, 3, "patterns", log, "--patterns", case.path("none.yaml"))


def test_diff_of_two_ranges(case: kt.Case) -> None:
    server = case.kizashi("serve")
    now = int(time.time() * 1000)
    push(server, "shop", lines_of_shop(100) + ["INFO old cache"] * 5, now - 2 * 3_600_000)
    push(server, "shop", ["INFO cache cold"] * 30 + lines_of_shop(100), now - 60_000)
    wait_for_lines(server, "shop", 308 + 333)
    where = ["--server", server.url, "--service", "shop"]
    text = run(case, 1, "diff", *where, "--before", "150m/1h", "--after", "30m")
    assert text.startswith("308 lines before, 333 after: 1 patterns new, 1 gone, 0 changed\n"), text
    new, gone = text.index("\nNEW "), text.index("\nGONE ")
    assert new < text.index("INFO cache cold") < gone < text.index("INFO old cache"), text
    begin = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(now / 1000 - 7200))
    diff = json.loads(run(case, 1, "diff", *where, "--before", begin + "/10m", "--after", "30m", "--format", "json"))
    assert [row["pattern"] for row in diff["new"]] == ["INFO cache cold"], diff
    assert diff["new"][0]["after"] == 30 and diff["new"][0]["g"] > 10 and diff["new"][0]["level"] == "info", diff
    assert set(diff["new"][0]) == {"id", "pattern", "name", "level", "before", "after", "g", "p", "example"}, diff
    run(case, 0, "diff", *where, "--before", "30m", "--after", "30m")
    for arguments, reason in ((("--before", "yesterday", "--after", "1h"), "--before: 'yesterday' is no range"),
                              (("--before", "1h"), "expected two files, or --before and --after"),
                              (("a.log", "--before", "2h/1h", "--after", "1h"), "expected two files"),
                              (("--before", "2h/10s", "--after", "1h"), "shorter than a minute")):
        message = run(case, 2, "diff", *where, *arguments)
        assert reason in message, message
    other = ["--server", server.url, "--before", "2h/1h", "--after", "1h"]
    assert "--service NAME is needed" in run(case, 2, "diff", *other)
    assert "no lines of service 'nobody'" in run(case, 2, "diff", *other, "--service", "nobody")
    assert "does not answer" in run(case, 3, "diff", "--server", "http://127.0.0.1:1", "--service", "shop",
                                    "--before", "2h/1h", "--after", "1h")


def test_tail_gives_every_line_once(case: kt.Case) -> None:
    server = case.kizashi("serve")
    cursor = server.get_json("/kizashi/v1/logs/tail", service="shop")["cursor"]
    got: list[str] = []

    def follow() -> None:
        nonlocal cursor
        while "the end" not in got:
            answer = server.request("GET", f"/kizashi/v1/logs/tail?service=shop&q=e&after={cursor}", timeout_s=30)
            cursor = answer.json()["cursor"]
            got.extend(line["text"] for line in answer.json()["lines"])

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    wanted = []
    for n in range(30):
        push(server, "cart", ["not here"], 1000 * n)
        push(server, "shop", [f"line {n}.{k}" for k in range(50)] + ["no"], 1000 * n)
        wanted += [f"line {n}.{k}" for k in range(50)]
    push(server, "shop", ["the end"], 99)
    follower.join(30)
    assert not follower.is_alive() and got == wanted + ["the end"], (len(got), got[-3:])


if __name__ == "__main__":
    kt.main(test_lines_are_found_again_after_kill_9, test_one_pattern_and_what_changed,
            test_a_team_names_splits_and_merges, test_diff_of_two_ranges, test_tail_gives_every_line_once)

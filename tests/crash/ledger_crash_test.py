#!/usr/bin/env python3
"""kill -9 while people decide about anomalies, round after round: no edit and no episode is lost, none is there twice.

    python3 tests/crash/ledger_crash_test.py --rounds 20 [--seed 1]

Members of a group go and come back at random while edits are posted, some of them twice as a sender does whose answer
was lost. After every kill: each edit that was answered with 200 is in the ledger once, in the order of the journal;
each began where the one before had left the kind; each anomaly has begun and ended once; and at the end a replay of
the journal reaches the same verdicts.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
from members import Members  # noqa: E402

CATALOG = """service:
  name: shop
  redundancy: {need: 2, of: 3}
  slo: {target: 99, good: 'req_total{code!="500"}', total: req_total}
"""
KIND = "shop/redundancy/member_down"


class Editor(threading.Thread):
    """Posts edits until it is told to stop; every third a second time with the same id."""

    def __init__(self, server: kt.Kizashi, seed: int, first: int) -> None:
        super().__init__(daemon=True)
        self.server, self.dice, self.number = server, random.Random(seed), first
        self.answered: "dict[str, str]" = {}  # reason -> id
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.number += 1
            reason = f"edit {self.number}"
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600 + self.number))
            body = {"what": "expect", "kind": KIND, "until": until, "reason": reason, "id": reason}
            if self.number % 4 == 0:
                body = {"what": "fixed", "kind": KIND, "reason": reason, "id": reason}
            try:
                for _ in range(2 if self.number % 3 == 0 else 1):
                    answer = self.server.post_json("/kizashi/v1/ledger", body)
                    self.answered[reason] = answer["id"]
            except Exception:  # the server was killed: nobody knows whether it took it
                if not self.server.running():
                    return
            self.stopped.wait(self.dice.uniform(0, 0.05))


def check(case: kt.Case, server: kt.Kizashi, answered: "dict[str, str]") -> "tuple[int, int]":
    """Everything that was answered is there once; how many edits and episodes there are."""

    def kept() -> "list[dict]":
        return server.get_json("/kizashi/v1/ledger?service=shop&limit=1000")["edits"]

    def all_there() -> bool:
        return {edit["reason"] for edit in kept()} >= set(list(answered)[-900:])

    kt.wait_until(all_there, 40, "every answered edit to be in the ledger")
    with sqlite3.connect(f"file:{case.path('data/records.db')}?mode=ro", uri=True) as records:
        rows = records.execute("SELECT reason, before, after FROM ledger_edits ORDER BY number").fetchall()
        reasons = [reason for reason, _, _ in rows]
        for (_, _, left), (reason, found, _) in zip(rows, rows[1:]):
            assert left == found, f"{reason} found {found}, the edit before had left {left}"
        assert len(set(reasons)) == len(reasons), "an edit is in the ledger twice"
        lost = set(answered) - set(reasons)
        assert not lost, f"lost: {sorted(lost)[:5]}"
        assert [int(reason.split()[1]) for reason in reasons] == sorted(int(r.split()[1]) for r in reasons)
        begun = records.execute("SELECT count(*), count(DISTINCT subject) FROM verdicts WHERE type = 'anomaly_begin'")
        count, distinct = begun.fetchone()
        assert count == distinct
        episodes = records.execute("SELECT count(*) FROM anomalies").fetchone()[0]
        assert episodes == count, f"{episodes} episodes, {count} of them begun"
        twice = records.execute("SELECT count(*) FROM anomalies WHERE end_ms IS NOT NULL AND id NOT IN "
                                "(SELECT subject FROM verdicts WHERE type = 'anomaly_end')").fetchone()[0]
        assert twice == 0, f"{twice} ended without a verdict"
    return len(reasons), episodes


def kill_9(rounds: int, seed: int) -> "kt.Callable[[kt.Case], None]":
    def test_kill_9_while_people_decide(case: kt.Case) -> None:
        dice, members = random.Random(seed), Members()
        case.write("catalog/shop.yaml", CATALOG)
        targets = case.write("targets.json", json.dumps(members.targets("shop", "abc")))
        answered: "dict[str, str]" = {}
        edits = episodes = 0
        for number in range(rounds):
            server = case.kizashi("serve", "--scrape-file", targets, "--scrape-interval", "1s", "--catalog",
                                  case.path("catalog"))
            if number > 0:
                edits, episodes = check(case, server, answered)
            kt.wait_until(lambda: server.get_json("/kizashi/v1/services/shop")["summary"], 20, "the service")
            editor = Editor(server, seed * 1000 + number, edits * 10 + number * 1000)
            editor.start()
            end = time.monotonic() + dice.uniform(1.0, 7.0)
            while time.monotonic() < end:
                members.down = {name for name in "abc" if dice.random() < 0.4}
                time.sleep(min(dice.uniform(0.5, 4.0), max(end - time.monotonic(), 0.01)))
            server.kill()
            editor.stopped.set()
            editor.join()
            answered.update(editor.answered)
        members.down = set()
        server = case.kizashi("serve", "--scrape-file", targets, "--scrape-interval", "1s", "--catalog",
                              case.path("catalog"))
        edits, episodes = check(case, server, answered)
        assert episodes > 0 and edits >= len(answered)
        server.stop()
        replay = subprocess.run([kt.binary(), "replay", "--data", case.path("data"), "--format", "json"],
                                capture_output=True, text=True, timeout=120)
        assert replay.returncode == 0, replay.stdout + replay.stderr
        members.shutdown()
        print(f"{rounds} rounds: {len(answered)} edits answered, {edits} kept, {episodes} episodes; {replay.stdout}",
              file=sys.stderr)

    return test_kill_9_while_people_decide


if __name__ == "__main__":
    kt.main_of_rounds(kill_9, __doc__ or "", rounds=20)

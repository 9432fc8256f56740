#!/usr/bin/env python3
"""kill -9 under a load of Fluent Forward, round after round: every acknowledged chunk is there afterwards.

    python3 tests/crash/forward_crash_test.py --rounds 20 [--seed 1]

Three clients send chunks of numbered events (small, large, and of several services) and note each
acknowledgement; a fourth sends without asking for any. After every kill each acknowledged event is
in the journal, and no event is there that was not sent.
"""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import log_receivers as logs  # noqa: E402

SIZES = {"small": 5, "large": 3000, "mixed": 60, "unasked": 20}


class Sender(threading.Thread):
    """Sends until its server is gone; `acknowledged` are the numbers that were, `next` the first not sent."""

    def __init__(self, port: int, kind: str, first: int):
        super().__init__(daemon=True)
        self.port, self.kind, self.next = port, kind, first
        self.acknowledged: list[int] = []

    def run(self) -> None:
        try:
            client = logs.ForwardClient(self.port)
            while True:
                numbers = range(self.next, self.next + SIZES[self.kind])
                self.next += len(numbers)
                services = 7 if self.kind == "mixed" else 1
                events = [(int(time.time()), {"message": f"{self.kind} {n}", "service": f"shop-{n % services}"})
                          for n in numbers]
                if self.kind == "unasked":
                    client.send("crash", events)
                    time.sleep(0.001)
                elif client.send("crash", events, chunk=f"{self.kind}-{self.next}"):
                    self.acknowledged += numbers
                else:
                    return
        except OSError:
            return


def kill_9(rounds: int, seed: int) -> "kt.Callable[[kt.Case], None]":
    def test_kill_9_under_forward(case: kt.Case) -> None:
        dice = random.Random(seed)
        kept: dict[str, set[int]] = {kind: set() for kind in SIZES}
        following = dict.fromkeys(SIZES, 0)
        acknowledged, seq = 0, 0
        for _ in range(rounds):
            server = case.kizashi("serve", "--forward", "127.0.0.1:0")
            port = logs.port_of(server, "forward", "tcp")
            senders = [Sender(port, kind, following[kind]) for kind in SIZES]
            for sender in senders:
                sender.start()
            time.sleep(dice.uniform(0.2, 1.5))
            server.kill()
            for sender in senders:
                sender.join(15)
                assert not sender.is_alive(), f"{sender.kind} did not notice the end"
                following[sender.kind] = sender.next
            lines, seq = logs.stored_after(case, seq)
            for _, text in lines:
                kind, number = text.split()
                kept[kind].add(int(number))
            for sender in senders:
                missing = [n for n in sender.acknowledged if n not in kept[sender.kind]]
                assert not missing, f"{len(missing)} acknowledged {sender.kind} events are gone, the first {missing[0]}"
                assert max(kept[sender.kind], default=0) < sender.next, f"{sender.kind}: never sent"
                acknowledged += len(sender.acknowledged)
        there = sum(len(numbers) for numbers in kept.values())
        print(f"{rounds} rounds: {acknowledged} events acknowledged, all there among {there}", file=sys.stderr)
        assert acknowledged > 1000 * rounds, "there was no load"
    return test_kill_9_under_forward


if __name__ == "__main__":
    kt.main_of_rounds(kill_9, __doc__ or "", rounds=20)

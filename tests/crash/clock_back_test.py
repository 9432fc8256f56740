#!/usr/bin/env python3
"""A clock that jumps back an hour and forth again while the server runs: it goes on taking in and answering,
and nothing acknowledged is lost, also over a kill -9 with the clock set back.

The clock is moved for the server alone, by a small library that is put in front of clock_gettime; without a
C compiler the test is skipped.
"""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
from full_disk_test import LINES_PER_PUSH, Numbers, push  # noqa: E402

CLOCK = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec* out) {
  const int result = (int)syscall(SYS_clock_gettime, id, out);
  if (result == 0 && id == CLOCK_REALTIME) {
    char text[32] = {0};
    const int file = open(getenv("CLOCK_OFFSET_FILE"), O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, text, sizeof text - 1) > 0) out->tv_sec += atol(text);
    if (file >= 0) close(file);
  }
  return result;
}
"""
HOUR = 3600


def lines_in_journal(case: kt.Case) -> tuple[list[int], list[float]]:
    done = case.run("journal", "--data", case.path("data"), timeout_s=120)
    assert done.returncode == 0, done.stderr[-2000:]
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1)), "a gap in the journal"
    lines = [int(text.split()[2]) for entry in entries if entry["type"] == "logs" for _, text, *_ in entry["lines"]]
    scrapes = [value for entry in entries if entry["type"] == "scrape" for labels, value in entry["samples"]
               if labels["__name__"] == "scrape_number" and value is not None]
    return lines, scrapes


def test_clock_jumps(case: kt.Case) -> None:
    compiler = kt.need_program("cc", "gcc", "clang")
    source, library, offset = case.write("clock.c", CLOCK), case.path("clock.so"), case.write("offset", "0")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    env = {**os.environ, "LD_PRELOAD": library, "CLOCK_OFFSET_FILE": offset}
    numbers = Numbers()
    arguments = ["--scrape-interval", "1s", "--series-block-seconds", "2", "--scrape", f"{numbers.url},job=shop"]
    server = case.kizashi("serve", *arguments, env=env)
    acknowledged: list[int] = []

    def go_on(what: str) -> None:
        served, first = numbers.served, len(acknowledged) + 1
        kt.wait_until(lambda: numbers.served > served + 2, 20, f"scrapes to go on {what}")
        status = push(server, first)
        assert status in (200, 204), f"a push {what}: {status}"
        acknowledged.extend(range(first, first + LINES_PER_PUSH))

    go_on("at first")
    for seconds, what in ((-HOUR, "an hour back"), (0, "back where it was"), (HOUR, "an hour ahead"), (-60, "a minute back")):
        case.write("offset.new", str(seconds))
        os.replace(case.path("offset.new"), offset)
        go_on(what)
        assert server.request("GET", "/readyz").status == 200
    server.kill()
    lines, scrapes = lines_in_journal(case)
    assert sorted(lines) == acknowledged, f"{len(lines)} lines of {len(acknowledged)}"
    assert scrapes == sorted(set(scrapes)) and len(scrapes) >= 10, scrapes
    server = case.kizashi("serve", *arguments, env=env)
    go_on("after a kill")
    at = time.time() + 2 * HOUR
    found = server.get_json("/api/v1/query_range", query="max_over_time(scrape_number[1d])", start=at, end=at,
                            step=1)["data"]["result"]
    assert float(found[0]["values"][0][1]) >= max(scrapes), found
    server.stop()
    print(f"clock: {len(acknowledged)} lines and {len(scrapes)} scrapes, all there", file=sys.stderr)


if __name__ == "__main__":
    kt.main(test_clock_jumps)

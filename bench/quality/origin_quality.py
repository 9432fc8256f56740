#!/usr/bin/env python3
"""Does the ranking of origins find the service that a fault was injected into?

origin_quality.py [--data FOLDER] [--build FOLDER] [--explain]

FOLDER holds one day of Train-Ticket as Nezha published it: log.tar.zst, trace.tar.zst,
metric.tar.zst, fault-free.tar.zst and fault_list.json; without it the script says so. Prints the
rank of each fault's service within three minutes after the injection, from what came in before,
with floors: the most surprising log alone, the largest change of latency alone, chance.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from find_quality import milliseconds, service_of

csv.field_size_limit(1 << 30)
SERVER, CLIENT, INTERNAL = 2, 3, 1

FAULT_FREE_SHIFT_MS = -10 * 60_000
# What each pod uses: Resource signals. Those of its node are of others as well.
SIGNALS = ("CpuUsageRate(%)", "MemoryUsageRate(%)", "SyscallRead", "SyscallWrite", "NetworkReceiveBytes",
           "NetworkTransmitBytes")

Row = tuple[int, str]  # milliseconds, line


def files(folder: str, ending: str) -> Iterator[str]:
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(ending):
                yield os.path.join(root, name)


def table(path: str) -> Iterator[dict[str, str]]:
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        yield from csv.DictReader(file)


def logs(folder: str, shift_ms: int = 0) -> Iterator[Row]:
    """Files of one day overlap: a record that is in two comes once."""
    seen = set()
    for path in files(folder, "_log.csv"):
        for row in table(path):
            key = (row["TimeUnixNano"], row["PodName"], row["Log"])
            if key in seen:
                continue
            seen.add(key)
            try:
                message = json.loads(row["Log"])["log"]
            except (ValueError, KeyError, TypeError):
                message = row["Log"]
            message = message.rstrip("\n").replace("\n", "\\n").replace("\t", " ")
            ms = milliseconds(row["Timestamp"]) + shift_ms
            yield ms, f"{ms}\tL\t{service_of(row['PodName'])}\t{message}"


def spans(folder: str, shift_ms: int = 0) -> Iterator[Row]:
    """The set leaves out a span's kind: what enters a service is a server's, what calls another is a
    client's. A span comes when it ends."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for path in files(folder, "_trace.csv"):
        for row in table(path):
            rows[(row["TraceID"], row["SpanID"])] = row
    calls = set()
    for (trace, _), row in rows.items():
        parent = rows.get((trace, row["ParentID"]))
        if parent is not None and parent["PodName"] != row["PodName"]:
            calls.add((trace, row["ParentID"]))
    for (trace, span), row in rows.items():
        parent = rows.get((trace, row["ParentID"]))
        kind = INTERNAL
        if parent is None or parent["PodName"] != row["PodName"]:
            kind = SERVER
        elif (trace, span) in calls:
            kind = CLIENT
        ms = int(row["EndTimeUnixNano"]) // 1_000_000 + shift_ms
        start_ns = int(row["StartTimeUnixNano"]) + shift_ms * 1_000_000
        parent_id = "-" if row["ParentID"] == "root" else row["ParentID"]
        name = row["OperationName"].replace("\t", " ")
        yield ms, (f"{ms}\tS\t{trace}\t{span}\t{parent_id}\t{service_of(row['PodName'])}\t{name}\t{kind}\t"
                   f"{start_ns}")


def extract(data: str, archive: str, folder: str) -> str:
    to = os.path.join(folder, archive)
    os.makedirs(to)
    subprocess.run(["tar", "--zstd", "-xf", os.path.join(data, archive), "-C", to], check=True)
    return to


def day(data: str, folder: str) -> list[Row]:
    """All rows in order of time. The three fault-free minutes (08:48 to 08:51) are there to learn from:
    they come before the day, ten minutes earlier than they were, and not a second time."""
    free = extract(data, "fault-free.tar.zst", folder)
    rows = [*logs(free, FAULT_FREE_SHIFT_MS), *spans(free, FAULT_FREE_SHIFT_MS)]
    rows += logs(extract(data, "log.tar.zst", folder))
    rows += spans(extract(data, "trace.tar.zst", folder))
    rows += signals(extract(data, "metric.tar.zst", folder))
    return sorted(rows, key=lambda row: row[0])


def signals(folder: str) -> Iterator[Row]:
    for path in files(folder, "_metric.csv"):
        for row in table(path):
            for column in SIGNALS if "PodName" in row else ():
                ms = milliseconds(row["Time"])
                yield ms, f"{ms}\tM\t{service_of(row['PodName'])}\t{column}\t{row[column]}"


def run(data: str, program: str, explain: bool) -> None:
    with open(os.path.join(data, "fault_list.json"), encoding="utf-8") as file:
        listed = [fault for hour in json.load(file).values() for fault in hour]
    with tempfile.TemporaryDirectory() as folder:
        rows = day(data, folder)
        path = os.path.join(folder, "faults.tsv")
        with open(path, "w", encoding="utf-8") as file:
            for fault in listed:
                # inject_time has the clock of the files; inject_timestamp has not, on most lines.
                file.write(f"{milliseconds(fault['inject_time'])}\t{service_of(fault['inject_pod'])}\t"
                           f"{fault['inject_type']}\n")
        text = "".join(line + "\n" for _, line in rows).encode("utf-8", "surrogateescape")
        environment = dict(os.environ, EXPLAIN="1") if explain else None
        subprocess.run([program, path], input=text, check=True, env=environment)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data/train-ticket/2023-01-29")
    parser.add_argument("--build", default="build/release/bench")
    parser.add_argument("--explain", action="store_true", help="the reasons of the first three")
    arguments = parser.parse_args()
    if not os.path.exists(os.path.join(arguments.data, "trace.tar.zst")):
        print(f"left out: no trace.tar.zst in {arguments.data}", file=sys.stderr)
        return 0
    run(arguments.data, os.path.join(arguments.build, "origin_faults"), arguments.explain)
    return 0


if __name__ == "__main__":
    sys.exit(main())

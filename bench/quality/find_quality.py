#!/usr/bin/env python3
"""Accuracy of the log finder: faults found in recorded logs, and false findings in steady traffic.

find_quality.py [--data FOLDER] [--build FOLDER] [--services N] [--days N]

FOLDER holds one day of Train-Ticket as Nezha published it: log.tar.zst, fault-free.tar.zst and
fault_list.json. Without it the faults are left out, and the script says so.
"""

import argparse
import calendar
import csv
import datetime
import json
import os
import subprocess
import sys
import tempfile

csv.field_size_limit(1 << 30)


def milliseconds(text: str) -> int:
    """Of "2023-01-29T08:42:22.383150913Z", or with a space and no fraction."""
    second = datetime.datetime.strptime(text[:19].replace("T", " "), "%Y-%m-%d %H:%M:%S")
    fraction = text[20:].rstrip("Z")
    return calendar.timegm(second.timetuple()) * 1000 + int((fraction + "000")[:3] if fraction else 0)


def service_of(pod: str) -> str:
    return "-".join(pod.split("-")[:-2])


def read_rows(folder: str) -> list:
    """(milliseconds, service, message) of every record below the folder, in order of time.

    The Timestamp column is the clock of the file names and of inject_time; TimeUnixNano is eight
    hours ahead and inject_timestamp is not to be relied on."""
    rows = []
    for root, _, files in os.walk(folder):
        for name in files:
            if not name.endswith("_log.csv"):
                continue
            with open(os.path.join(root, name), newline="", encoding="utf-8", errors="replace") as file:
                for row in csv.DictReader(file):
                    try:
                        message = json.loads(row["Log"])["log"]
                    except (ValueError, KeyError, TypeError):
                        message = row["Log"]
                    message = message.rstrip("\n").replace("\n", "\\n").replace("\t", " ")
                    rows.append((milliseconds(row["Timestamp"]), service_of(row["PodName"]), message))
    rows.sort(key=lambda row: row[0])
    return rows


def faults(data: str, program: str) -> None:
    with open(os.path.join(data, "fault_list.json"), encoding="utf-8") as file:
        listed = [fault for hour in json.load(file).values() for fault in hour]
    with tempfile.TemporaryDirectory() as folder:
        for archive in ("log.tar.zst", "fault-free.tar.zst"):
            subprocess.run(["tar", "--zstd", "-xf", os.path.join(data, archive), "-C", folder], check=True)
        rows = "".join(f"{ms}\t{service}\t{text}\n" for ms, service, text in read_rows(folder))
        path = os.path.join(folder, "faults.tsv")
        with open(path, "w", encoding="utf-8") as file:
            for fault in listed:
                file.write(f"{milliseconds(fault['inject_time'])}\t{service_of(fault['inject_pod'])}\t"
                           f"{fault['inject_type']}\n")
        subprocess.run([program, path], input=rows.encode("utf-8", "surrogateescape"), check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="")
    parser.add_argument("--build", default="build/release/bench")
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--days", type=int, default=14)
    arguments = parser.parse_args()
    if arguments.data and os.path.exists(os.path.join(arguments.data, "log.tar.zst")):
        faults(arguments.data, os.path.join(arguments.build, "find_faults"))
    else:
        print("faults left out: --data names no folder with log.tar.zst", file=sys.stderr)
    steady = os.path.join(arguments.build, "find_steady")
    subprocess.run([steady, str(arguments.services), str(arguments.days)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

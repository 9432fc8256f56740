#!/usr/bin/env python3
"""The messages of a Train-Ticket day, one a line, in the order of time.

  bench/quality/train_ticket.py ../shared/data/train-ticket/2023-01-29/log.tar.zst FOLDER

writes FOLDER/messages.txt and FOLDER/meta.tsv with "unix_nanos<TAB>pod" for each line. The data set
(Nezha, FSE 2023) has a row a record; its column Log is Docker's JSON, whose member `log` is the
message. The line's end is removed; other line feeds are shown as \\n.
"""

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator


def records(archive: str) -> Iterator[tuple[int, str, str]]:
    """(unix nanoseconds, pod, message) of every record, file by file. Needs the program zstd."""
    csv.field_size_limit(1 << 30)
    with subprocess.Popen(["zstd", "-dqc", archive], stdout=subprocess.PIPE) as unpack:
        assert unpack.stdout is not None
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
            for member in tar:
                if not member.name.endswith(".csv"):
                    continue
                file = tar.extractfile(member)
                assert file is not None
                for row in csv.DictReader(io.StringIO(file.read().decode(), newline="")):
                    try:
                        message = json.loads(row["Log"])["log"]
                    except (ValueError, KeyError, TypeError):
                        message = row["Log"]
                    yield int(row["TimeUnixNano"]), row["PodName"], message.rstrip("\n").replace("\n", "\\n")


def write(archive: str, folder: str) -> int:
    """Writes messages.txt and meta.tsv into `folder`; returns how many lines."""
    # The files of the archive in order of their names, records of one time in the order of the file.
    rows = sorted(records(archive), key=lambda row: row[0])
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "messages.txt"), "w", encoding="utf-8", newline="\n") as messages, \
            open(os.path.join(folder, "meta.tsv"), "w", encoding="utf-8", newline="\n") as meta:
        for nanos, pod, message in rows:
            messages.write(message + "\n")
            meta.write(f"{nanos}\t{pod}\n")
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(write(sys.argv[1], sys.argv[2]), "lines")

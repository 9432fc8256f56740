#!/usr/bin/env python3
"""What the log store costs, beside zstd: ratio, write speed, search speed, counts.

KIZASHI_LOG_MESSAGES names a file of messages, one a line; KIZASHI_LOG_META one with
"unix_nanos<TAB>stream" for each of them. bench/quality/train_ticket.py writes both for the
Train-Ticket day. Without them a corpus is made by the program.
"""

import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "build", "release", "bench", "log_store_figures")


def zstd(messages: str, level: int) -> None:
    size = os.path.getsize(messages)
    begin = time.process_time() + sum(os.times()[2:4])
    packed = len(subprocess.run(["zstd", f"-{level}", "--single-thread", "-qc", messages], check=True,
                                stdout=subprocess.PIPE).stdout)
    seconds = time.process_time() + sum(os.times()[2:4]) - begin
    print(f"zstd -{level}, ratio\t{size / packed:.4g}\tx\t")
    print(f"zstd -{level}, write\t{size / 1e6 / seconds:.4g}\tMB/s\t", flush=True)


def main() -> int:
    messages = os.environ.get("KIZASHI_LOG_MESSAGES")
    meta = os.environ.get("KIZASHI_LOG_META")
    arguments = ([messages] + ([meta] if meta else [])) if messages else []
    done = subprocess.run([PROGRAM, *arguments], check=False)
    if done.returncode != 0:
        return done.returncode
    if messages and shutil.which("zstd"):
        for level in (3, 19):
            zstd(messages, level)
    elif messages:
        print("log store: zstd is not installed, so it is left out", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

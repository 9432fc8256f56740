#!/usr/bin/env python3
"""The worked example of docs/use/detect.md prints what the page says, in both languages."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402


def test_worked_example(case: kt.Case) -> None:
    os.makedirs(case.path("bin"))
    os.symlink(os.path.abspath(kt.binary()), case.path("bin/kizashi"))
    environment = {**os.environ, "PATH": case.path("bin") + os.pathsep + os.environ["PATH"]}

    def shell(script: str) -> str:
        done = subprocess.run(["sh", "-c", script], cwd=case.path("."), env=environment, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for page in ("detect.md", "detect.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        [script] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        shell(script)
        [(command, printed)] = re.findall(r"```\n\$ (kizashi detect .*?)\n(.*?)```", text, re.DOTALL)
        assert shell(command) == printed, shell(command)
        # What is told is the burn that the script puts in, and one row is printed for each row read.
        [begin] = re.findall(r"i >= (\d+)", script)
        assert printed.split()[0] == str(1767225600 + 300 * int(begin))
        assert shell("kizashi detect cpu.csv || test $? = 1").count("\n") == 4033


if __name__ == "__main__":
    kt.main(test_worked_example)

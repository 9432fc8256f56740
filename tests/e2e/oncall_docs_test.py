#!/usr/bin/env python3
"""The example of docs/use/oncall.md prints what the page says, in both languages; gaps and errors are findings."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402


def example(page: str) -> "tuple[dict[str, str], list[tuple[str, str]]]":
    """The files of a page, and its commands with what they print."""
    with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
        text = file.read()
    files = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", text, re.DOTALL))
    [printed] = re.findall(r"```\n(\$ kizashi oncall .*?)```", text, re.DOTALL)
    return files, re.findall(r"\$ kizashi (.*?)\n((?:[^$].*\n)*)", printed)


def test_example(case: kt.Case) -> None:
    for page in ("oncall.md", "oncall.ja.md"):
        files, commands = example(page)
        assert sorted(files) == ["oncall.yaml", "team.yaml"] and len(commands) == 4, (files, commands)
        for name, text in files.items():
            os.makedirs(case.path("catalog"), exist_ok=True)
            case.write(f"catalog/{name}", text)
        for command, printed in commands:
            done = case.run(*command.split())
            # Of the preview the page shows the beginning.
            shown = done.stdout.decode()[:len(printed)] if " preview " in command else done.stdout.decode()
            assert done.returncode == 0 and shown == printed, (command, done.stdout.decode(), done.stderr.decode())
    calendar = case.run("oncall", "calendar", "catalog", "--person", "taro", "--at", "2026-11-03T00:00:00Z")
    assert calendar.returncode == 0 and calendar.stdout.startswith(b"BEGIN:VCALENDAR\r\n"), calendar.stdout
    assert b"SUMMARY:shop-primary: taro\r\n" in calendar.stdout


def test_findings(case: kt.Case) -> None:
    files, _ = example("oncall.md")
    os.makedirs(case.path("catalog"), exist_ok=True)
    case.write("catalog/team.yaml", files["team.yaml"])
    case.write("catalog/oncall.yaml", files["oncall.yaml"].replace("rotation: weekly", "rotation: weekly\n"
                                                                   "      until: 2026-12-01"))
    done = case.run("oncall", "check", "catalog", "--at", "2026-11-20T00:00:00Z", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and not found["ok"], found
    assert {one["kind"] for one in found["findings"]} == {"gap"}, found
    case.write("catalog/oncall.yaml", files["oncall.yaml"].replace("team: shop-team", "team: shop-taem"))
    done = case.run("oncall", "check", "catalog")
    assert done.returncode == 1 and b"oncall.yaml:3:9: team: found 'shop-taem'" in done.stdout, done.stdout
    # What is wrong with on-call is wrong with the catalog.
    assert case.run("check", "catalog").returncode == 1
    assert case.run("oncall", "now", "catalog", "--weeks", "1").returncode == 2
    assert case.run("oncall", "now", "nowhere").returncode == 3


if __name__ == "__main__":
    kt.main(test_example, test_findings)

#!/usr/bin/env python3
"""The worked example of docs/use/prices.md says what `kizashi price explain` prints, in both languages."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402


def test_worked_example(case: kt.Case) -> None:
    for page in ("prices.md", "prices.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        [price] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
        case.write("price.json", price)
        [(command, printed)] = re.findall(r"```\n\$ kizashi (price explain .*?)\n(.*?)```", text, re.DOTALL)
        done = case.run(*command.split())
        assert done.returncode == 0 and done.stdout.decode() == printed, (done.stdout.decode(), printed)
        # The text's arithmetic is that of the numbers.
        fields = json.loads(price)["fields"]
        assert f"{fields['chance_shape'] / fields['chance_rate']:.2f}" == "0.24"
        assert f"{fields['failure_chance_mean'] * fields['failure_minutes']:.2f}" == "1.92"
        assert f"{json.loads(price)['mean_minutes']:.2f}" == "1.92"
        # A price that its numbers do not give is a finding.
        case.write("wrong.json", price.replace('"mean_minutes": 1', '"mean_minutes": 2'))
        assert case.run("price", "explain", "--from", "wrong.json").returncode == 1
        case.write("none.json", "{}")
        assert case.run("price", "explain", "--from", "none.json").returncode == 2


if __name__ == "__main__":
    kt.main(test_worked_example)

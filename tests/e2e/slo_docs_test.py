#!/usr/bin/env python3
"""The worked example of docs/use/slo.md says what `kizashi slo replay` prints, in both languages."""

import os
import re
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402


def test_worked_example(case: kt.Case) -> None:
    for page in ("slo.md", "slo.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        slo, series = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        case.write("shop.yaml", slo)
        case.write("monday.yaml", series)
        [(command, printed)] = re.findall(r"```\n\$ kizashi (slo replay .*?)\n(.*?)```", text, re.DOTALL)
        done = case.run(*command.split())
        assert done.returncode == 0 and done.stdout.decode() == printed, (done.stdout.decode(), printed)
        # The arithmetic of the text is that of the last row, and the ticket fires when it says.
        remaining = float(printed.splitlines()[-1].split(",")[5])
        assert "1 - (200 / 12000) / (1 - 0.99)" in text
        assert abs(remaining - float(1 - Fraction(200, 12000) / Fraction(1, 100))) < 1e-9
        rows = case.run("slo", "replay", "shop.yaml", "monday.yaml").stdout.decode().splitlines()[1:]
        first = next(int(row.split(",")[0]) // 60 for row in rows if row.endswith(",ticket"))
        assert re.search(rf"\b(in minute {first}\.|{first} 分に発報)", text), first
        os.makedirs(case.path("catalog"), exist_ok=True)
        case.write("catalog/shop.yaml", slo)
        assert case.run("check", "catalog").returncode == 0


if __name__ == "__main__":
    kt.main(test_worked_example)

#!/usr/bin/env python3
"""`kizashi slo` on the documented example, and rules that promtool takes; exit codes."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402


def example(case: kt.Case, page: str = "slo-formats.md") -> str:
    with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
        text = file.read()
    [spec] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    case.write("shop.yml", spec)
    return text


def test_documented_example(case: kt.Case) -> None:
    for page in ("slo-formats.md", "slo-formats.ja.md"):
        text = example(case, page)
        for command in ("check", "explain", "import"):
            done = case.run("slo", command, "shop.yml")
            assert done.returncode == 0, done
            assert f"$ kizashi slo {command} shop.yml\n{done.stdout.decode().rstrip()}\n```" in text, done.stdout


def test_what_is_imported_is_a_catalog(case: kt.Case) -> None:
    example(case)
    os.mkdir(case.path("catalog"))
    case.write("catalog/shop.yaml", case.run("slo", "import", "shop.yml").stdout.decode())
    assert case.run("check", "catalog").returncode == 0
    again = case.run("slo", "export", "catalog", "--to", "sloth")
    assert again.returncode == 0, again
    case.write("again.yml", again.stdout.decode())
    first, second = (case.run("slo", "import", name).stdout for name in ("shop.yml", "again.yml"))
    assert first == second, (first, second)


def test_a_catalog_with_wrong_promql_is_refused(case: kt.Case) -> None:
    os.mkdir(case.path("catalog"))
    case.write("catalog/a.yaml", "service: {name: a, slo: {target: 99, ratio: {bad: 'sum('}}}\n")
    done = case.run("check", "catalog")
    assert done.returncode == 1 and b"expected PromQL that can be read" in done.stdout, done


def test_promtool_takes_the_rules(case: kt.Case) -> None:
    promtool = kt.need_program("promtool")
    example(case)
    for shape in ("rules-sloth", "rules-pyrra"):
        done = case.run("slo", "export", "shop.yml", "--to", shape)
        assert done.returncode == 0, done
        path = case.write(f"{shape}.yml", done.stdout.decode())
        subprocess.run([promtool, "check", "rules", path], check=True, capture_output=True)


def test_exit_codes(case: kt.Case) -> None:
    example(case)
    case.write("bad.yml", "version: prometheus/v1\nservice: s\nslos: [{name: a}]\n")
    for arguments, code in ((("check", "shop.yml"), 0), (("check", "--strict", "shop.yml"), 1),
                            (("check", "bad.yml"), 1), (("import", "bad.yml"), 1),
                            (("check", "none.yml"), 3), (("explain", "shop.yml", "--slo", "none"), 2),
                            (("export", "shop.yml", "--to", "word"), 2), (("export", "shop.yml"), 2),
                            (("--help",), 0), (("check", "--help"), 0), (("export", "--help"), 0),
                            (("import", "--help"), 0), (("explain", "--help"), 0)):
        done = case.run("slo", *arguments)
        assert done.returncode == code, (arguments, done)


if __name__ == "__main__":
    kt.main(test_documented_example, test_what_is_imported_is_a_catalog,
            test_a_catalog_with_wrong_promql_is_refused, test_promtool_takes_the_rules, test_exit_codes)

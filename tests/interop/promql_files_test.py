#!/usr/bin/env python3
"""Prometheus 2.42's own PromQL test files, which lie in ../shared/data/promqltest-2.42: every case passes."""

import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

CASES = 566


def test_files_of_prometheus(case: kt.Case) -> None:
    folder = os.path.join(kt.ROOT, "../shared/data/promqltest-2.42")
    files = sorted(glob.glob(os.path.join(folder, "*.test")))
    if not files:
        kt.skip(f"{folder}: Prometheus' test files")
    done = case.run("query", "test", *files)
    print(done.stdout.decode(), file=sys.stderr)
    assert done.returncode == 0, done
    assert done.stdout.decode().splitlines()[-1] == f"{CASES} passed, 0 failed", done.stdout[-500:]


def test_what_is_not_understood_is_named(case: kt.Case) -> None:
    path = case.write("odd.test", "load 5m\n  a 1 2 3\n\neval instant at 5m a\n  a 2\n\nexpect warn\n")
    done = case.run("query", "test", path)
    assert done.returncode == 3 and f'{path}:7: ' in done.stderr.decode() and '"expect warn"' in done.stderr.decode()
    path = case.write("wrong.test", "load 5m\n  a 1 2 3\n\neval instant at 5m a\n  a 7\n")
    done = case.run("query", "test", path)
    assert done.returncode == 1, done
    assert done.stdout.decode() == (f"{path}:4: a at 5m: expected a{{}} 7, got a{{}} 2\n"
                                    "0 passed, 1 failed\n"), done.stdout


def test_query_a_file(case: kt.Case) -> None:
    path = case.write("data.om", '# TYPE up gauge\nup{job="a"} 1 100\nup{job="a"} 0 115\n# EOF\n')
    done = case.run("query", "instant", "--file", path, "--time", "110", "--format", "json", "up + 1")
    assert done.stdout == (b'{"status":"success","data":{"resultType":"vector","result":'
                           b'[{"metric":{"job":"a"},"value":[110,"2"]}]}}\n'), done
    done = case.run("query", "range", "--file", path, "--start", "100", "--end", "120", "--step", "10s", "up")
    assert done.stdout.decode().splitlines()[0] == 'up{job="a"}', done
    assert case.run("query", "instant", "--file", path, "up +").returncode == 1
    assert case.run("query", "parse", "sum by(a)(b)").stdout == b"sum by (a) (b)\n"


if __name__ == "__main__":
    kt.main(test_files_of_prometheus, test_what_is_not_understood_is_named, test_query_a_file)

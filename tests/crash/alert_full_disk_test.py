#!/usr/bin/env python3
"""A disk that fills up below `kizashi alert serve`: new alerts are refused with a clear error, what was accepted is
kept and told, and the server goes on by itself when there is room again.

The data lie in a tmpfs, which takes root to mount; without it the test is skipped.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

CONFIG = """
route: {receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: '%s'}]}]
"""


def start(case: kt.Case, config: str, number: int) -> "tuple[kt.Process, str]":
    server = case.start(f"alert-{number}", [kt.binary(), "alert", "serve", "--config.file", config, "--storage.path",
                                            case.path("disk/data"), "--web.listen-address", "127.0.0.1:0"])
    return server, "http://" + server.wait_for_log(r"Listening on.*address=(\S+)").group(1)


def post(url: str, number: int) -> kt.Response:
    alert = {"labels": {"alertname": f"N{number}"}, "annotations": {"text": os.urandom(8_000).hex()},
             "endsAt": "2090-01-01T00:00:00Z"}
    return kt.request(url, "POST", "/api/v2/alerts", json.dumps([alert]).encode(),
                      {"Content-Type": "application/json"})


def names(url: str) -> "set[str]":
    return {one["labels"]["alertname"] for one in kt.request(url, "GET", "/api/v2/alerts").json()}


def groups(url: str) -> "list":
    return kt.request(url, "GET", "/kizashi/v1/alerts/groups").json()["groups"]


def test_a_disk_that_fills_up(case: kt.Case) -> None:
    disk = case.path("disk")
    os.makedirs(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False,
                      capture_output=True).returncode != 0:
        kt.skip("the right to mount a tmpfs")
    try:
        receiver = case.receiver()
        config = case.write("alertmanager.yml", CONFIG % receiver.url)
        server, url = start(case, config, 0)
        accepted, refused = set(), None
        for number in range(1000):
            answer = post(url, number)
            if answer.status == 200:
                accepted.add(f"N{number}")
                continue
            refused = answer
            break
        assert refused is not None and refused.status == 503, refused
        assert "No space left on device" in refused.text() and "send them again" in refused.text(), refused.text()
        assert names(url) == accepted
        receiver.wait_for(len(accepted))
        group = groups(url)[0]["group"]
        acted = kt.request(url, "POST", f"/kizashi/v1/alerts/groups/{group}/acknowledge", b'{"by": "alice"}')
        assert acted.status == 200 or (acted.status == 503 and "No space left on device" in acted.text()), acted
        server.kill()
        server, url = start(case, config, 1)
        assert names(url) == accepted, "what was accepted is there after kill -9"
        if acted.status == 200:
            assert [one["acknowledged"]["by"] for one in groups(url) if one["group"] == group] == ["alice"]
        assert post(url, 1001).status == 503
        case_room = subprocess.run(["mount", "-o", "remount,size=64m", disk], check=False)
        assert case_room.returncode == 0
        assert post(url, 1001).status == 200
        kt.wait_until(lambda: any(one.json()["groupLabels"]["alertname"] == "N1001" for one in receiver.received), 10,
                      "the new one")
        server.kill()
        _, url = start(case, config, 2)
        assert names(url) == accepted | {"N1001"}
        print(f"{len(accepted)} accepted, then refused: {refused.text()}", file=sys.stderr)
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


if __name__ == "__main__":
    kt.main(test_a_disk_that_fills_up)

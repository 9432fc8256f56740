#!/usr/bin/env python3
"""Three alert servers as one: one tells, all know; a peer that was away learns; when the first dies the next tells."""

import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

CONFIG = """
route: {receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: '%s'}]}]
"""


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


class Peer:
    def __init__(self, case: kt.Case, config: str, number: int, addresses: "list[str]", probe: str = "200ms"):
        self.command = [kt.binary(), "alert", "serve", "--config.file", config, "--storage.path",
                        case.path(f"data{number}"), "--web.listen-address", "127.0.0.1:0", "--cluster.listen-address",
                        addresses[number], "--cluster.probe-interval", probe, "--cluster.peer-timeout", "3s",
                        "--cluster.settle-timeout", "5s", *[f"--cluster.peer={one}" for one in addresses]]
        self.case, self.number = case, number
        self.start()

    def start(self) -> None:
        self.process = self.case.start(f"peer{self.number}", self.command)
        self.url = "http://" + self.process.wait_for_log(r"Listening on.*address=(\S+)").group(1)

    def status(self) -> "dict[str, object]":
        return kt.request(self.url, "GET", "/api/v2/status").json()["cluster"]

    def post(self, name: str, ends_in_s: float = 3600) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ends_in_s))
        answer = kt.request(self.url, "POST", "/api/v2/alerts",
                            json.dumps([{"labels": {"alertname": name}, "endsAt": at}]).encode(),
                            {"Content-Type": "application/json"})
        assert answer.status == 200, answer.text()

    def silences(self) -> "set[str]":
        return {one["id"] for one in kt.request(self.url, "GET", "/api/v2/silences").json()
                if one["status"]["state"] == "active"}


def silence(peer: Peer, name: str) -> str:
    wanted = {"matchers": [{"name": "alertname", "value": name, "isRegex": False}], "startsAt": "2020-01-01T00:00:00Z",
              "endsAt": "2090-01-01T00:00:00Z", "createdBy": "me", "comment": "x"}
    return kt.request(peer.url, "POST", "/api/v2/silences", json.dumps(wanted).encode()).json()["silenceID"]


def told(receiver: kt.Receiver, name: str) -> int:
    return sum(one.json()["groupLabels"]["alertname"] == name for one in receiver.received)


def test_three_servers_are_one(case: kt.Case) -> None:
    receiver = case.receiver()
    config = case.write("alertmanager.yml", CONFIG % receiver.url)
    addresses = [free_address() for _ in range(3)]
    peers = [Peer(case, config, number, addresses) for number in range(3)]
    for peer in peers:
        kt.wait_until(lambda: len(peer.status()["peers"]) == 3 and peer.status()["status"] == "ready", 10, "peers")
    for peer in peers:
        peer.post("One")
    kt.wait_until(lambda: told(receiver, "One") == 1, 10, "the first to tell")

    known = silence(peers[0], "Other")
    for peer in peers:
        kt.wait_until(lambda: known in peer.silences(), 5, "the silence at each peer")
    peers[2].process.kill()
    later = silence(peers[1], "Later")
    kt.request(peers[1].url, "DELETE", f"/api/v2/silence/{known}")
    peers[2].start()
    kt.wait_until(lambda: peers[2].silences() == {later}, 10, "the peer that was away to learn")

    first = min(peers, key=lambda peer: str(peer.status()["name"]))
    kt.wait_until(lambda: all(len(peer.status()["peers"]) == 3 for peer in peers), 10, "all again")
    first.process.kill()
    others = [peer for peer in peers if peer is not first]
    for peer in others:
        peer.post("Two")
    kt.wait_until(lambda: told(receiver, "Two") == 1, 15, "the next to tell")
    kt.stays(lambda: told(receiver, "Two") == 1 and told(receiver, "One") == 1, 5, "nobody tells twice")


def test_who_comes_is_known_at_once(case: kt.Case) -> None:
    config = case.write("alertmanager.yml", CONFIG % "http://127.0.0.1:1")
    addresses = [free_address() for _ in range(2)]
    # Who came first has asked the other in vain, and would not ask again for a minute.
    peers = [Peer(case, config, number, addresses, probe="60s") for number in range(2)]
    for peer in peers:
        kt.wait_until(lambda: len(peer.status()["peers"]) == 2, 20, "both")


if __name__ == "__main__":
    kt.main(test_three_servers_are_one, test_who_comes_is_known_at_once)

#!/usr/bin/env python3
"""Fluent Forward: npm's two Fluent loggers, with acknowledgements, a shared key and kill -9; heartbeats."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import log_receivers as logs  # noqa: E402

NODE_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node-fluent")
KEY = "a key that only the two know"


def node_sender(case: kt.Case, library: str, mode: str, port: int, count: int, key: str = "") -> kt.Process:
    node = kt.need_program("node")
    if not os.path.isdir(os.path.join(NODE_FOLDER, "node_modules")):
        kt.skip("tests/interop/node-fluent/node_modules: run tools/build-page --test")
    return case.start(f"{library}-{mode}", [node, os.path.join(NODE_FOLDER, "send.mjs"), library, mode, str(port),
                                            str(count), *([key] if key else [])])


def acknowledged(sender: kt.Process) -> list[int]:
    return [int(line) for line in sender.stdout().splitlines(keepends=True) if line.endswith("\n")]


def numbers(case: kt.Case) -> list[int]:
    """Of the events that are on disk."""
    found = []
    for stream, text in logs.stored(case):
        if text.startswith("event "):
            assert stream == {"service_name": "shop", "tag": "shop.web"}, stream
            found.append(int(text.split()[1]))
    return found


def test_every_library_and_mode(case: kt.Case) -> None:
    server = case.kizashi("serve", "--forward", "127.0.0.1:0")
    port = logs.port_of(server, "forward", "tcp")
    kinds = [("fluent-logger", "Message"), ("fluent-logger", "PackedForward"),
             ("fluent-logger", "CompressedPackedForward"), ("fluent-org", "Message"), ("fluent-org", "Forward"),
             ("fluent-org", "PackedForward"), ("fluent-org", "CompressedPackedForward")]
    count = 200
    for done, (library, mode) in enumerate(kinds, 1):
        sender = node_sender(case, library, mode, port, count)
        assert sender.wait(60) == 0, sender.tail()
        assert sorted(acknowledged(sender)) == list(range(count)), f"{library} {mode}"
        kept = numbers(case)
        assert sorted(kept) == sorted(list(range(count)) * done), f"{library} {mode}: {len(kept)} kept"
    assert logs.counter(server, "kizashi_ingest_lines_total", receiver="forward") == count * len(kinds)
    assert logs.counter(server, "kizashi_ingest_refused_total", receiver="forward") == 0


def test_shared_key(case: kt.Case) -> None:
    server = case.kizashi("serve", "--forward", "127.0.0.1:0", "--forward-shared-key-file", case.write("key", KEY + "\n"))
    port = logs.port_of(server, "forward", "tcp")
    for library in ("fluent-logger", "fluent-org"):
        sender = node_sender(case, library, "PackedForward", port, 50, KEY)
        assert sender.wait(60) == 0, sender.tail()
    assert sorted(numbers(case)) == sorted(list(range(50)) * 2)
    stranger = node_sender(case, "fluent-org", "PackedForward", port, 50, "another key altogether")
    mute = node_sender(case, "fluent-logger", "Message", port, 50)
    kt.wait_until(lambda: logs.counter(server, "kizashi_ingest_refused_total", receiver="forward",
                                       reason="unauthenticated") >= 2, 30, "both to be refused")
    assert not acknowledged(stranger) and not acknowledged(mute)
    assert len(numbers(case)) == 100


def killed_in_the_middle(case: kt.Case, library: str, mode: str, count: int) -> None:
    """What was acknowledged before a kill -9 is on disk; after a restart the rest comes too."""
    server = case.kizashi("serve", "--forward", "127.0.0.1:0")
    port = logs.port_of(server, "forward", "tcp")
    sender = node_sender(case, library, mode, port, count)
    kt.wait_until(lambda: len(acknowledged(sender)) >= count // 4, 60, "a quarter of the events")
    server.kill()
    time.sleep(0.3)  # an acknowledgement that is on its way is one
    before = acknowledged(sender)
    assert sender.running() and len(before) < count, f"{len(before)} of {count} before the kill"
    missing = set(before) - set(numbers(case))
    assert not missing, f"acknowledged and gone: {sorted(missing)[:10]}"
    case.kizashi("serve", "--forward", f"127.0.0.1:{port}")
    assert sender.wait(120) == 0, sender.tail()
    kept = numbers(case)
    assert set(kept) == set(range(count))
    print(f"{library} {mode}: {len(before)} acknowledged before the kill, all there; "
          f"{len(kept) - count} of {count} sent again", file=sys.stderr)


def test_kill_9_fluent_logger(case: kt.Case) -> None:
    killed_in_the_middle(case, "fluent-logger", "Message", 2000)


def test_kill_9_fluent_org(case: kt.Case) -> None:
    killed_in_the_middle(case, "fluent-org", "CompressedPackedForward", 20000)


def test_heartbeats_are_answered(case: kt.Case) -> None:
    server = case.kizashi("serve", "--forward", "127.0.0.1:0")
    port = logs.port_of(server, "forward", "tcp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.sendto(b"\0", ("127.0.0.1", port))
        assert udp.recv(10) == b"\0"


def test_without_a_chunk(case: kt.Case) -> None:
    server = case.kizashi("serve", "--forward", "127.0.0.1:0")
    client = logs.ForwardClient(logs.port_of(server, "forward", "tcp"))
    for number in range(1000):
        client.send("shop.web", [(int(time.time()), {"message": f"event {number}", "service": "shop"})])
    client.close()
    kt.wait_until(lambda: logs.counter(server, "kizashi_ingest_lines_total", receiver="forward") == 1000, 20,
                  "a thousand lines")
    server.stop()
    assert numbers(case) == list(range(1000))


if __name__ == "__main__":
    kt.main(test_every_library_and_mode, test_shared_key, test_kill_9_fluent_logger, test_kill_9_fluent_org,
            test_heartbeats_are_answered, test_without_a_chunk)

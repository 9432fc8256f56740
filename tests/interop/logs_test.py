#!/usr/bin/env python3
"""Real log clients deliver to a real server: OpenTelemetry's exporters and winston-loki (tests/interop/node).

Every line is there exactly once, byte for byte, in order, with its severity and trace, also when the server is
restarted while they send.
"""

import json
import os
import sys
import threading
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

NODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node")
STREAMS = ("shop", "cart")
LEVELS = ("debug", "info", "warn", "error")
LINES = 2000


def text_of(stream: str, n: int) -> str:
    return f'{stream} line {n}: 兆し "quoted" \\ back\tslash 🚀 {{"a": {n}}}'


def trace_of(n: int) -> str:
    return f"{n:x}".rjust(32, "a")


def start_client(case: kt.Case, client: str, server: kt.Kizashi) -> kt.Process:
    node = kt.need_program("node")
    if not os.path.isdir(os.path.join(NODE, "node_modules")):
        kt.skip("tests/interop/node is not installed: run tools/build-page --test")
    return case.start(client, [node, os.path.join(NODE, "send.mjs"), client, server.url, str(LINES)])


def journal(case: kt.Case) -> list[Any]:
    done = case.run("journal", "--data", case.path("data"))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def kept_lines(case: kt.Case, label: str) -> dict[str, list[tuple[str, Any, Any]]]:
    """Text, fields and stream labels of each line by service, in the order of the journal."""
    lines: dict[str, list[tuple[str, Any, Any]]] = {name: [] for name in STREAMS}
    for entry in journal(case):
        if entry["type"] == "logs":
            for _, text, *fields in entry["lines"]:
                lines[entry["stream"][label]].append((text, fields[0] if fields else {}, entry["stream"]))
    return lines


def check(case: kt.Case, client: str) -> None:
    is_loki = client.startswith("loki")
    for service, lines in kept_lines(case, "service" if is_loki else "service_name").items():
        if is_loki:  # a stream a level: the order is that of each stream
            ordered = [line for level in LEVELS for line in lines if line[2]["level"] == level]
            numbers = [n for rest in range(len(LEVELS)) for n in range(rest, LINES, len(LEVELS))]
        else:
            ordered, numbers = lines, list(range(LINES))
        wanted = [text_of(service, n) + (f" trace_id={trace_of(n)}" if is_loki else "") for n in numbers]
        found = [text for text, _, _ in ordered]
        assert len(found) == len(wanted), f"{client} {service}: {len(found)} lines instead of {len(wanted)}"
        assert found == wanted, next((a, b) for a, b in zip(found, wanted) if a != b)
        for n, (_, fields, _) in zip(numbers, ordered):
            assert fields["severity"] == LEVELS[n % len(LEVELS)], (n, fields)
            assert fields["trace_id"] == trace_of(n), (n, fields)
            if not is_loki:
                assert fields["span_id"] == f"{n:x}".rjust(16, "b"), (n, fields)
                assert fields["metadata"]["number"] == str(n), (n, fields)
                assert fields["metadata"]["scope_name"] == "interop", (n, fields)


def delivers(client: str) -> Any:
    def test(case: kt.Case) -> None:
        server = case.kizashi("serve")
        sender = start_client(case, client, server)
        assert sender.wait(120) == 0, sender.tail()
        server.stop()
        check(case, client)
    test.__name__ = f"test_{client.replace('-', '_')}_delivers"
    return test


def delivers_over_a_restart(client: str) -> Any:
    def test(case: kt.Case) -> None:
        server = case.kizashi("serve")
        address = server.address
        sender = start_client(case, client, server)
        for _ in range(3):
            kt.wait_until(lambda: lines_counted(server) > 200 or not sender.running(), 60, "lines to come")
            assert sender.running(), f"all was sent before the restart: {sender.tail()}"
            server.stop()
            server = case.kizashi("serve", listen=address)
        assert sender.wait(120) == 0, sender.tail()
        server.stop()
        check(case, client)
    test.__name__ = f"test_{client.replace('-', '_')}_delivers_over_a_restart"
    return test


def lines_counted(server: kt.Kizashi) -> int:
    return sum(int(float(line.split()[-1])) for line in server.get("/metrics").text().splitlines()
               if line.startswith("kizashi_ingest_lines_total"))


def test_tailed_files(case: kt.Case) -> None:
    """What a container's runtime and the journal wrote, followed while it is written."""
    path = case.write("pod.log", "")
    case.kizashi("serve", "--tail", f"{path},service=shop")
    wanted = []

    def write() -> None:
        with open(path, "a", encoding="utf-8") as file:
            for n in range(LINES):
                stamp = f"2026-01-02T15:04:{n // 100:02}.{n % 100:02}0000000Z"
                file.write(f"{stamp} stdout F line {n}\n")
                wanted.append(f"line {n}")
                if n % 500 == 250:
                    trace = ["java.io.IOException: reset", "\tat a.B.c(B.java:1)", f"\tat a.B.d(B.java:{n})"]
                    file.writelines(f"{stamp} stderr F {line}\n" for line in trace)
                    wanted.append("\n".join(trace))
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    def kept() -> list[str]:
        return [text for entry in journal(case) if entry["type"] == "logs" for _, text, *_ in entry["lines"]]
    kt.wait_until(lambda: len(kept()) >= len(wanted), 30, "every record")
    assert kept() == wanted


if __name__ == "__main__":
    clients = ("otlp-http", "otlp-proto", "loki-json", "loki-proto")
    kt.main(*[delivers(client) for client in clients], *[delivers_over_a_restart(client) for client in clients],
            test_tailed_files)

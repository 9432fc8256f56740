"""What the tests of syslog and Fluent Forward share: ports, what is stored, a small Forward client."""

import json
import socket
import struct
import subprocess
from typing import Any, Optional

import kizashi_test as kt


def port_of(server: kt.Kizashi, receiver: str, protocol: str) -> int:
    """The port that a receiver says it listens on."""
    found = server.wait_for_log(rf'listening.*receiver="?{receiver}"?.*protocol="?{protocol}"?.*address=\S*:(\d+)')
    return int(found.group(1))


Lines = list[tuple[dict[str, str], str]]


def stored_after(case: kt.Case, seq: int) -> tuple[Lines, int]:
    """Every line that is on disk behind entry `seq` of the journal, in its order, with the labels of its stream; and
    the last entry's number."""
    printed = subprocess.run([kt.binary(), "journal", "--data", case.path("data"), "--after", str(seq)],
                             capture_output=True, check=True, timeout=120)
    lines = []
    for row in printed.stdout.splitlines():
        entry = json.loads(row)
        seq = entry["seq"]
        if entry["type"] == "logs":
            lines += [(entry["stream"], line[1]) for line in entry["lines"]]
    return lines, seq


def stored(case: kt.Case) -> Lines:
    return stored_after(case, 0)[0]


def counter(server: kt.Kizashi, name: str, **labels: str) -> float:
    """The sum of the server's own metric over the series that have these labels."""
    total = 0.0
    for line in server.get("/metrics").text().splitlines():
        series, _, value = line.rpartition(" ")
        if series.split("{")[0] == name and all(f'{key}="{one}"' in series for key, one in labels.items()):
            total += float(value)
    return total


def pack(value: Any) -> bytes:
    """MessagePack of the shapes that the tests send."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xd3" + struct.pack(">q", value)
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, str):
        return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(pack(one) for one in value)
    assert isinstance(value, dict), value
    return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())


class ForwardClient:
    """Sends chunks one after another and waits for each acknowledgement."""

    def __init__(self, port: int, timeout_s: float = 10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)

    def send(self, tag: str, events: list[tuple[int, dict[str, Any]]], chunk: Optional[str] = None) -> bool:
        """One message in the form PackedForward; with a chunk, whether it was acknowledged."""
        entries = b"".join(pack([time, record]) for time, record in events)
        self.socket.sendall(pack([tag, entries, {"chunk": chunk} if chunk else {}]))
        if not chunk:
            return False
        expected = b"\x81\xa3ack" + pack(chunk)
        got = b""
        while len(got) < len(expected):
            piece = self.socket.recv(len(expected) - len(got))
            if not piece:
                return False
            got += piece
        assert got == expected, got
        return True

    def close(self) -> None:
        self.socket.close()

#!/usr/bin/env python3
"""Syslog: Debian's logger and rsyslog, over UDP and TCP, over a kill -9 and a restart."""

import os
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import log_receivers as logs  # noqa: E402


def lines_total(server: kt.Kizashi) -> float:
    return logs.counter(server, "kizashi_ingest_lines_total", receiver="syslog")


def wait_for_lines(server: kt.Kizashi, count: int, timeout_s: float = 30.0) -> None:
    kt.wait_until(lambda: lines_total(server) >= count, timeout_s, f"{count} lines to be on disk")


def test_logger(case: kt.Case) -> None:
    logger = kt.need_program("logger")
    server = case.kizashi("serve", "--syslog-udp", "127.0.0.1:0", "--syslog-tcp", "127.0.0.1:0")
    ports = {protocol: str(logs.port_of(server, "syslog", protocol)) for protocol in ("udp", "tcp")}
    expected = []
    ways = [("udp", "--rfc5424"), ("udp", "--rfc3164"), ("tcp", "--rfc5424"), ("tcp", "--rfc3164"),
            ("tcp", "--rfc5424", "--octet-count"), ("tcp", "--rfc3164", "--octet-count")]
    for protocol, *form in ways:
        text = f"order 17: paid, 支払い済み [{' '.join([protocol, *form])}]"
        subprocess.run([logger, "--server", "127.0.0.1", "--port", ports[protocol], f"--{protocol}", *form,
                        "--tag", "shop-web", "--id=42", "--priority", "local3.err", text], check=True, timeout=10)
        expected.append(text)
    long = "x" * 200_000
    subprocess.run([logger, "--server", "127.0.0.1", "--port", ports["tcp"], "--tcp", "--octet-count", "--size",
                    "250000", "--tag", "shop-web"], check=True, timeout=10, input=long.encode())
    expected.append(long)
    wait_for_lines(server, len(expected))
    kept = logs.stored(case)
    assert [text for _, text in kept] == expected, [text[:80] for _, text in kept]
    host = os.uname().nodename.split(".")[0]
    for stream, text in kept:
        assert stream["service_name"] == "shop-web" and stream["host"].split(".")[0] == host, (stream, text[:80])


def rsyslog(case: kt.Case, port: int, protocol: str) -> kt.Process:
    """An rsyslogd of the test's own: from a file that the test writes, to the server."""
    program = kt.need_program("rsyslogd", "/usr/sbin/rsyslogd")
    case.write("app.log", "")
    os.makedirs(case.path("rsyslog"), exist_ok=True)
    framing = 'TCP_Framing="octet-counted"' if protocol == "tcp" else ""
    config = case.write("rsyslog.conf", f"""
global(workDirectory="{case.path('rsyslog')}" maxMessageSize="300k")
module(load="imfile" mode="inotify")
input(type="imfile" file="{case.path('app.log')}" tag="shop:" severity="info" facility="local0")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="{protocol}" {framing}
       template="RSYSLOG_SyslogProtocol23Format"
       action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList" queue.size="100000")
""")
    return case.start("rsyslog", [program, "-n", "-f", config, "-i", case.path("rsyslog.pid"), "-C"])


def write_lines(case: kt.Case, begin: int, end: int, pause_s: float = 0.0) -> None:
    with open(case.path("app.log"), "a", encoding="utf-8") as file:
        for number in range(begin, end):
            file.write(f"line {number} of the shop\n")
            if pause_s > 0:
                file.flush()
                time.sleep(pause_s)


def numbers(case: kt.Case) -> list[int]:
    return [int(text.split()[1]) for stream, text in logs.stored(case)
            if stream.get("service_name") == "shop" and text.startswith("line ")]


def test_rsyslog_over_udp(case: kt.Case) -> None:
    server = case.kizashi("serve", "--syslog-udp", "127.0.0.1:0")
    rsyslog(case, logs.port_of(server, "syslog", "udp"), "udp")
    write_lines(case, 0, 1000, pause_s=0.001)

    def accounted() -> float:
        return lines_total(server) + logs.counter(server, "kizashi_datagrams_dropped_total", receiver="syslog")

    kt.wait_until(lambda: accounted() >= 1000, 30, "every line to be kept or counted as dropped")
    dropped = logs.counter(server, "kizashi_datagrams_dropped_total", receiver="syslog")
    assert len(set(numbers(case))) == 1000 - dropped
    print(f"rsyslog over UDP: {dropped:g} of 1000 dropped", file=sys.stderr)


def test_rsyslog_over_tcp_and_a_kill(case: kt.Case) -> None:
    """Plain TCP syslog has no acknowledgements: what the network held when the server died is lost, in one run of
    lines around the kill. All before it and all after it is there, and what rsyslog had queued comes."""
    server = case.kizashi("serve", "--syslog-tcp", "127.0.0.1:0")
    port = logs.port_of(server, "syslog", "tcp")
    rsyslog(case, port, "tcp")
    write_lines(case, 0, 5000)
    wait_for_lines(server, 5000)
    write_lines(case, 5000, 25000)
    kt.wait_until(lambda: lines_total(server) > 6000, 30, "more lines")
    on_disk = int(lines_total(server))
    server.kill()
    before = numbers(case)
    assert set(range(on_disk)) <= set(before), "counted as kept and not there"
    write_lines(case, 25000, 26000)
    case.kizashi("serve", "--syslog-tcp", f"127.0.0.1:{port}")
    write_lines(case, 26000, 27000)
    kt.wait_until(lambda: 26999 in numbers(case), 60, "the last line", interval_s=0.3)
    kept = numbers(case)
    missing = sorted(set(range(27000)) - set(kept))
    print(f"rsyslog over TCP: {len(before)} lines on disk at the kill, {len(missing)} lost in the network, "
          f"{len(kept) - len(set(kept))} twice", file=sys.stderr)
    assert not missing or missing == list(range(len(before), len(before) + len(missing))), missing


def test_rsyslog_over_a_restart(case: kt.Case) -> None:
    """An orderly restart between two lines loses none: rsyslog notices the end and keeps what follows."""
    server = case.kizashi("serve", "--syslog-tcp", "127.0.0.1:0")
    port = logs.port_of(server, "syslog", "tcp")
    rsyslog(case, port, "tcp")
    write_lines(case, 0, 2000)
    wait_for_lines(server, 2000)
    server.stop()
    write_lines(case, 2000, 2500)
    case.kizashi("serve", "--syslog-tcp", f"127.0.0.1:{port}")
    kt.wait_until(lambda: len(set(numbers(case))) == 2500, 60, "all lines", interval_s=0.3)


def test_tls(case: kt.Case) -> None:
    openssl = kt.need_program("openssl")
    cert, key = case.path("cert.pem"), case.path("key.pem")
    subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost"], check=True, capture_output=True)
    server = case.kizashi("serve", "--tls-cert", cert, "--tls-key", key, "--syslog-tcp", "tls://127.0.0.1:0",
                          scheme="https")
    context = ssl.create_default_context(cafile=cert)
    plain = socket.create_connection(("127.0.0.1", logs.port_of(server, "syslog", "tcp")), timeout=10)
    with context.wrap_socket(plain, server_hostname="localhost") as tls:
        # RFC 5425: octet counting over TLS.
        message = "<14>1 - web-1 shop - - - over TLS"
        tls.sendall(f"{len(message)} {message}".encode())
        wait_for_lines(server, 1)
    assert logs.stored(case) == [({"host": "web-1", "service_name": "shop"}, "over TLS")]


def test_what_could_be_reached_is_refused(case: kt.Case) -> None:
    key = case.write("key", "a key that only the two know")
    refused = [(["--syslog-udp", "0.0.0.0:0"], "--allow-unauthenticated"),
               (["--syslog-tcp", "[::]:0"], "--allow-unauthenticated"),
               (["--forward", "0.0.0.0:0"], "--forward-shared-key-file"),
               (["--forward", "tls://127.0.0.1:0"], "--tls-cert"),
               (["--forward-shared-key-file", key], "--forward"),
               (["--forward", "127.0.0.1:0", "--forward-shared-key-file", case.write("short", "abc")], "3 characters"),
               (["--syslog-udp", "localhost"], "HOST:PORT")]
    for options, named in refused:
        done = case.run("serve", "--listen", "127.0.0.1:0", "--data", case.path("data"), *options)
        assert done.returncode == 2 and named in done.stderr.decode(), (options, done)
    assert not os.path.exists(case.path("data")), "nothing is made before the options are right"
    server = case.kizashi("serve", "--forward", "0.0.0.0:0", "--forward-shared-key-file", key, "--syslog-udp",
                          "0.0.0.0:0", "--allow-unauthenticated")
    assert logs.port_of(server, "forward", "tcp") and logs.port_of(server, "syslog", "udp")


if __name__ == "__main__":
    kt.main(test_logger, test_tls, test_what_could_be_reached_is_refused, test_rsyslog_over_udp, test_rsyslog_over_tcp_and_a_kill, test_rsyslog_over_a_restart)

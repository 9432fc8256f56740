#!/usr/bin/env python3
"""`kizashi serve` as its operator meets it: start, stop, reload, tokens, TLS, bad clients, tailed files."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

SHOP = "service: {name: shop, owner: shop-team}\n---\nteam: {name: shop-team, title: Shop team}\n"


def push(server: kt.Kizashi, text: str, service: str = "shop") -> kt.Response:
    line = json.dumps({"service": service, "message": text}).encode()
    return server.request("POST", "/kizashi/v1/logs", line, {"Content-Type": "application/x-ndjson"})


def journal_lines(case: kt.Case, data: str = "data") -> list[str]:
    done = case.run("journal", "--data", case.path(data))
    assert done.returncode == 0, done.stderr
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    return [text for entry in entries if entry["type"] == "logs" for _, text, *_ in entry["lines"]]


def connect(server: kt.Kizashi) -> socket.socket:
    host, port = server.address.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_start_and_stop(case: kt.Case) -> None:
    """Ready within 0.5 s on an empty store, small when idle, gone within 5 s of SIGTERM under load."""
    times = []
    for i in range(3):
        begin = time.monotonic()
        server = case.kizashi("serve", data=f"empty{i}")
        times.append(time.monotonic() - begin)
        assert server.get("/healthz").status == 200
        if i == 2:
            break
        server.stop()
    time.sleep(3)
    rss = server.rss_bytes() / 2**20
    print(f"ready after {min(times):.3f} s, idle {rss:.1f} MiB", file=sys.stderr)
    assert min(times) <= 0.5, times
    assert rss <= 64, rss
    slow = connect(server)
    slow.sendall(b"POST /kizashi/v1/logs HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
    waiting = connect(server)
    waiting.sendall(b"GET /kizashi/v1/changes?since=999999 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert push(server, "the last line").status == 204
    begin = time.monotonic()
    server.stop(5)
    print(f"stopped after {time.monotonic() - begin:.3f} s", file=sys.stderr)
    assert journal_lines(case, "empty2") == ["the last line"]


def test_a_second_server_on_the_same_data_is_refused(case: kt.Case) -> None:
    case.kizashi("serve")
    done = case.run("serve", "--listen", "127.0.0.1:0", "--data", case.path("data"))
    assert done.returncode != 0 and b"data" in done.stderr, done


def test_catalog_is_reloaded(case: kt.Case) -> None:
    path = case.write("catalog/shop.yaml", SHOP)
    server = case.kizashi("serve", "--catalog", case.path("catalog"))

    def names() -> list[str]:
        board = server.get_json("/kizashi/v1/board")
        return [one["name"] for team in board["teams"] for one in team["services"]]

    kt.wait_until(lambda: names() == ["shop"], 10, "the shop")
    case.write("catalog/cart.yaml", "service: {name: cart, owner: shop-team}\n")
    server.signal(signal.SIGHUP)
    kt.wait_until(lambda: sorted(names()) == ["cart", "shop"], 10, "the cart after SIGHUP")
    with open(path, "w", encoding="utf-8") as file:
        file.write("service: {name: shop, owner: nobody, tier: [1]}\n")
    server.signal(signal.SIGHUP)
    catalog = kt.wait_until(lambda: (now := server.get_json("/kizashi/v1/board")["catalog"]) and not now["ok"] and now,
                            10, "the errors")
    assert len(catalog["errors"]) >= 2 and all(one["line"] > 0 for one in catalog["errors"]), catalog
    assert sorted(names()) == ["cart", "shop"], "the last good catalog stays"
    case.write("catalog/shop.yaml", SHOP)
    kt.wait_until(lambda: server.get_json("/kizashi/v1/board")["catalog"]["ok"], 20, "the change to be noticed")


def test_other_machines_need_a_token(case: kt.Case) -> None:
    done = case.run("serve", "--listen", "0.0.0.0:0", "--data", case.path("data"))
    assert done.returncode == 2 and b"--token-file" in done.stderr, done
    token_file = case.write("tokens", "first-token-of-the-test\n")
    server = case.kizashi("serve", "--token-file", token_file, token="first-token-of-the-test")
    assert server.get("/kizashi/v1/board").status == 200
    assert push(server, "with the token").status == 204
    server.token = "wrong"
    for path in ("/kizashi/v1/board", "/metrics"):
        assert server.get(path).status == 401, path
    assert push(server, "without").status == 401
    server.token = ""
    assert server.get("/healthz").status == 200
    assert server.get("/").status == 200, "the page itself asks for the token"
    case.write("tokens", "second-token-of-the-test\n")
    server.signal(signal.SIGHUP)
    server.token = "second-token-of-the-test"
    kt.wait_until(lambda: server.get("/kizashi/v1/board").status == 200, 10, "the new token")
    server.token = "first-token-of-the-test"
    assert server.get("/kizashi/v1/board").status == 401


def test_tls(case: kt.Case) -> None:
    openssl = kt.need_program("openssl")
    cert, key = case.path("cert.pem"), case.path("key.pem")
    subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"], check=True,
                   capture_output=True)
    server = case.kizashi("serve", "--tls-cert", cert, "--tls-key", key, scheme="https")
    assert server.get("/kizashi/v1/board").status == 200
    # A body of many TLS records.
    body = server.get("/kizashi/v1/openapi.yaml").body
    assert len(body) > 50_000 and body.startswith(b"openapi:") and body.endswith(b"\n"), len(body)
    host, port = server.address.split(":")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with context.wrap_socket(plain) as secured:
            assert secured.version() in ("TLSv1.2", "TLSv1.3"), secured.version()
    with connect(server) as silent:  # no handshake at all: others go on
        assert silent and server.get("/healthz").status == 200


def test_bad_clients_harm_nobody(case: kt.Case) -> None:
    server = case.kizashi("serve")
    silent = [connect(server) for _ in range(200)]
    for one in silent[:100]:
        one.sendall(b"GET /kizashi/v1/board HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    begin = time.monotonic()
    assert server.get("/kizashi/v1/board").status == 200
    assert time.monotonic() - begin < 1, "a slow client blocks another"
    with connect(server) as one:
        one.sendall(b"GARBAGE\x00\xff\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 400"), "garbage is refused"
    with connect(server) as one:
        one.sendall(b"POST /kizashi/v1/logs HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 413"), "a body without measure is refused"
    answer = server.request("POST", "/loki/api/v1/push", b"{not json", {"Content-Type": "application/json"})
    assert answer.status == 400 and "error" in answer.text(), answer
    assert server.get("/kizashi/v1/no-such").status == 404
    assert server.request("DELETE", "/kizashi/v1/board").status in (404, 405)
    assert server.get("/kizashi/v1/services/shop/signals", range="-5").status in (400, 404)
    for one in silent:
        one.close()
    assert push(server, "after all that").status == 204


def test_tail_goes_on_where_it_was(case: kt.Case) -> None:
    """Rotation by rename and by copytruncate, and a restart: every line once."""
    log = case.path("app.log")
    wanted: list[str] = []

    def write(*texts: str) -> None:
        with open(log, "a", encoding="utf-8") as file:
            for text in texts:
                file.write(text + "\n")
                wanted.append(text)

    def tailed(server: Any) -> float:
        return next(float(line.split()[-1]) for line in server.get("/metrics").text().splitlines()
                    if line.startswith('kizashi_ingest_lines_total{receiver="tail"}'))

    arguments = ["--tail", f"{log},service=shop"]
    write("one", "two")
    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: tailed(server) == 2, 10, "two lines")
    write("three")
    os.rename(log, log + ".1")
    write("four", "five")
    kt.wait_until(lambda: tailed(server) == 5, 10, "the lines around a rename")
    time.sleep(0.5)
    with open(log, "r+", encoding="utf-8") as file:
        file.truncate(0)
    write("six")
    kt.wait_until(lambda: tailed(server) == 6, 10, "the line after copytruncate")
    server.kill()
    write("seven")
    server = case.kizashi("serve", *arguments)
    kt.wait_until(lambda: tailed(server) == 1, 10, "the line of while it was away")
    time.sleep(0.5)
    server.stop()
    assert journal_lines(case) == wanted, journal_lines(case)


def test_what_the_command_line_says(case: kt.Case) -> None:
    usage = case.run("--help").stdout.decode()
    for verb in ("serve", "check", "replay", "journal", "logs", "report", "demo"):
        assert verb in usage, usage
        help_text = case.run(verb, "--help")
        assert help_text.returncode == 0 and len(help_text.stdout) > 100, verb
    wrong = case.run("serve", "--no-such-option")
    assert wrong.returncode == 2 and b"no-such-option" in wrong.stderr, wrong
    known = case.write("before.log", "".join(f"order {n} paid\n" for n in range(500)))
    now = case.write("now.log", "order 9 paid\nledger mismatch for account 7\n")
    report = case.run("logs", "report", now, "--baseline", known)
    assert report.returncode == 1 and b"ledger mismatch" in report.stdout, report
    piped = case.run("logs", "report", "-", "--baseline", known, input_bytes=b"order 12 paid\n")
    assert piped.returncode == 0, piped


if __name__ == "__main__":
    kt.main(test_start_and_stop, test_a_second_server_on_the_same_data_is_refused, test_catalog_is_reloaded,
            test_other_machines_need_a_token, test_tls, test_bad_clients_harm_nobody,
            test_tail_goes_on_where_it_was, test_what_the_command_line_says)

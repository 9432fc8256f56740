"""What the end-to-end, crash and interop tests share: processes, HTTP, a webhook receiver, waiting.

Python's standard library only. A test is a script:

    import kizashi_test as kt

    def test_one_server_down(case: kt.Case) -> None:
        server = case.kizashi("demo")
        kt.wait_until(lambda: server.get_json("/kizashi/v1/anomalies")["anomalies"], 30, "an anomaly")

    if __name__ == "__main__":
        kt.main(test_one_server_down)

The exit code is 0 when all passed, 1 when one failed, 77 when something that a test needs is absent
(CTest's SKIP_RETURN_CODE). Everything listens on port 0 of loopback and writes under one temporary
folder, which is removed at the end; KEEP=1 keeps it, and so does a failure. Only processes that a
test started are ever signalled.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Optional, Sequence, TypeVar

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIP_EXIT_CODE = 77
START_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 15.0

T = TypeVar("T")


class Skipped(Exception):
    """Something that the test needs is not there."""


def skip(missing: str) -> None:
    """Ends the test as skipped and says what is missing."""
    raise Skipped(missing)


def need_program(*names: str) -> str:
    """The path of the first of these programs that is installed; none: the test is skipped."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise Skipped(f"program {' or '.join(names)} is not installed")


def wait_until(predicate: Callable[[], T], timeout_s: float = 10.0, what: str = "a condition",
               interval_s: float = 0.02) -> T:
    """The first truthy value of `predicate`; an AssertionError after `timeout_s`.

    An OSError or an AssertionError of the predicate counts as not yet, and is told at the end.
    """
    deadline = time.monotonic() + timeout_s
    last: Any = None
    while True:
        try:
            last = predicate()
            if last:
                return last
        except (OSError, http.client.HTTPException, AssertionError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout_s:g} s for {what}; last seen: {last!r}")
        time.sleep(interval_s)


def stays(predicate: Callable[[], Any], for_s: float, what: str, interval_s: float = 0.1) -> None:
    """Asserts that `predicate` is truthy now and whenever asked during the next `for_s` seconds."""
    deadline = time.monotonic() + for_s
    while True:
        assert predicate(), f"no longer holds: {what}"
        if time.monotonic() >= deadline:
            return
        time.sleep(interval_s)


@dataclass
class Response:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def request(base: str, method: str, path: str, body: bytes = b"", headers: Optional[dict[str, str]] = None,
            timeout_s: float = 10.0) -> Response:
    """One HTTP request on a connection of its own; any status is an answer, not an error."""
    parts = urllib.parse.urlsplit(base)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme == "https":
        # The certificate is the test's own, made a moment ago.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, parts.port, timeout=timeout_s,
                                                                             context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, fields, answer.read())
    finally:
        connection.close()


class Process:
    """A program of the test, in a session of its own, with its output in files of the case's folder."""

    def __init__(self, name: str, command: Sequence[str], folder: str, env: Optional[dict[str, str]] = None):
        self.name = name
        self.command = list(command)
        self.stdout_path = os.path.join(folder, f"{name}.stdout")
        self.stderr_path = os.path.join(folder, f"{name}.stderr")
        # Files, not pipes: a program never waits for its test to read, and the log outlives both.
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder,
                                          env={**os.environ, **(env or {})}, start_new_session=True)
        self.pid = self.popen.pid

    def stderr(self) -> str:
        with open(self.stderr_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stdout(self) -> str:
        with open(self.stdout_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def running(self) -> bool:
        return self.popen.poll() is None

    def wait_for_log(self, pattern: str, timeout_s: float = START_SECONDS_MAX) -> re.Match[str]:
        """The first whole line of standard error that the pattern is found in."""
        deadline = time.monotonic() + timeout_s
        compiled = re.compile(pattern)
        while True:
            ended = not self.running()
            for line in self.stderr().splitlines(keepends=True):
                if line.endswith("\n") and (found := compiled.search(line)):
                    return found
            assert not ended, f"{self.name} ended with {self.popen.returncode}:\n{self.tail()}"
            assert time.monotonic() < deadline, f"{self.name} wrote no line with {pattern!r}:\n{self.tail()}"
            time.sleep(0.01)

    def tail(self, lines: int = 30) -> str:
        return "".join(self.stderr().splitlines(keepends=True)[-lines:])

    def signal(self, number: signal.Signals) -> None:
        """Sends to the program alone; its children are its own to end."""
        self.popen.send_signal(number)

    def stop(self, timeout_s: float = STOP_SECONDS_MAX, exit_code: int = 0) -> None:
        """SIGTERM; asserts that it ends in time and with this exit code."""
        self.signal(signal.SIGTERM)
        assert self.wait(timeout_s) == exit_code, \
            f"{self.name} ended with {self.popen.returncode}, expected {exit_code}:\n{self.tail()}"

    def wait(self, timeout_s: float) -> int:
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout_s:g} s:\n{self.tail()}") from None

    def kill(self) -> None:
        """kill -9 of the program alone."""
        self.popen.kill()
        self.popen.wait()

    def clean_up(self) -> None:
        """kill -9 of whatever is left of its session: the program and the children it started."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()

    def rss_bytes(self) -> int:
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def listening_ports(pid: int) -> list[int]:
    """The TCP ports that a process of this machine listens on: for programs that do not tell."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    ports.append(int(fields[1].rsplit(":", 1)[1], 16))
    return ports


class Kizashi(Process):
    """A running kizashi that listens; `url` is its address."""

    def __init__(self, name: str, command: Sequence[str], folder: str, env: Optional[dict[str, str]] = None,
                 token: str = "", scheme: str = "http"):
        super().__init__(name, command, folder, env)
        self.token = token
        try:
            found = self.wait_for_log(r'msg="?listening"?.*\baddress="?([\w.:\[\]-]+:\d+)')
            self.address = found.group(1)
            self.url = f"{scheme}://{self.address}"
            wait_until(lambda: self.request("GET", "/readyz").status == 200, START_SECONDS_MAX, f"{name} to be ready")
        except BaseException:
            self.clean_up()
            raise

    def request(self, method: str, path: str, body: bytes = b"", headers: Optional[dict[str, str]] = None,
                timeout_s: float = 30.0) -> Response:
        fields = dict(headers or {})
        if self.token:
            fields.setdefault("Authorization", f"Bearer {self.token}")
        return request(self.url, method, path, body, fields, timeout_s)

    def get(self, path: str, **query: Any) -> Response:
        return self.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def get_json(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status == 200, f"GET {path}: {answer.status} {answer.text()[:500]}"
        return answer.json()

    def post_json(self, path: str, value: Any, expect: Sequence[int] = (200, 201, 202, 204)) -> Any:
        answer = self.request("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"})
        assert answer.status in expect, f"POST {path}: {answer.status} {answer.text()[:500]}"
        return answer.json() if answer.body else None


@dataclass
class Reply:
    """How the receiver answers one request."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    hang: bool = False  # no answer until the receiver stops


def retry_after(seconds: int) -> Reply:
    """429 with Retry-After."""
    return Reply(429, {"Retry-After": str(seconds)}, b"slow down")


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at_s: float  # monotonic

    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """A webhook's other end: records every request and answers by script, then with 200.

    `received` holds what arrived, whatever was answered; `accepted()` only what was answered with 2xx.
    """

    def __init__(self, *script: Reply):
        self._lock = threading.Lock()
        self._script = list(script)
        self._log: list[tuple[Received, int]] = []
        self._stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                fields = {name.lower(): value for name, value in self.headers.items()}
                got = Received(self.command, self.path, fields, body, time.monotonic())
                reply = outer._next(got)
                if reply.hang:
                    outer._stop.wait()
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_POST = do_PUT = do_GET = _answer

            def log_message(self, format: str, *args: Any) -> None:
                pass  # what arrived is in `received`

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that went away is the sender's affair

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def _next(self, got: Received) -> Reply:
        with self._lock:
            reply = self._script.pop(0) if self._script else Reply()
            self._log.append((got, 0 if reply.hang else reply.status))
            return reply

    def script(self, *replies: Reply) -> None:
        """The answers to the next requests, in place of what is left of the script."""
        with self._lock:
            self._script = list(replies)

    @property
    def received(self) -> list[Received]:
        with self._lock:
            return [got for got, _ in self._log]

    def accepted(self) -> list[Received]:
        with self._lock:
            return [got for got, status in self._log if 200 <= status < 300]

    def wait_for(self, count: int, timeout_s: float = 10.0) -> list[Received]:
        wait_until(lambda: len(self.received) >= count, timeout_s, f"{count} requests at the receiver")
        return self.received

    def stop(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Case:
    """One test's folder, processes and receivers; all end with it."""

    def __init__(self, name: str):
        self.folder = tempfile.mkdtemp(prefix=f"kizashi-{name}-")
        self._processes: list[Process] = []
        self._receivers: list[Receiver] = []

    def path(self, *parts: str) -> str:
        return os.path.join(self.folder, *parts)

    def write(self, name: str, text: str) -> str:
        """Writes a file of the case's folder and returns its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, name: str, command: Sequence[str], env: Optional[dict[str, str]] = None) -> Process:
        process = Process(f"{len(self._processes)}-{name}", command, self.folder, env)
        self._processes.append(process)
        return process

    def kizashi(self, verb: str, *arguments: str, data: str = "data", env: Optional[dict[str, str]] = None,
                token: str = "", scheme: str = "http", listen: str = "127.0.0.1:0") -> Kizashi:
        """Starts `kizashi VERB --listen ADDRESS --data FOLDER ARGUMENTS...` and waits until it is ready.

        For the verb demo the folder is its --dir, and the arguments go to its server.
        """
        command = [binary(), verb, "--listen", listen]
        if verb == "demo":
            command += ["--dir", self.path(data), "--", *arguments]
        else:
            command += ["--data", self.path(data), *arguments]
        name = f"{len(self._processes)}-{verb}"
        process = Kizashi(name, command, self.folder, env, token, scheme)
        self._processes.append(process)
        return process

    def run(self, *arguments: str, input_bytes: bytes = b"", timeout_s: float = 60.0) \
            -> "subprocess.CompletedProcess[bytes]":
        """Runs `kizashi ARGUMENTS...` to its end."""
        return subprocess.run([binary(), *arguments], input=input_bytes, capture_output=True, timeout=timeout_s,
                              cwd=self.folder, check=False)

    def receiver(self, *script: Reply) -> Receiver:
        receiver = Receiver(*script)
        self._receivers.append(receiver)
        return receiver

    def close(self, keep: bool = False) -> None:
        for process in reversed(self._processes):
            process.clean_up()
        for receiver in self._receivers:
            receiver.stop()
        if keep or os.environ.get("KEEP") == "1":
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def binary() -> str:
    """The kizashi under test: KIZASHI_BIN, else the release build."""
    path = os.path.abspath(os.environ.get("KIZASHI_BIN") or os.path.join(ROOT, "build/release/kizashi"))
    if not os.access(path, os.X_OK):
        raise Skipped(f"{path} is not there: run make build, or set KIZASHI_BIN")
    return path


def run_case(test: Callable[[Case], None]) -> str:
    """Runs one test; "passed", "failed" or "skipped"."""
    name = test.__name__.removeprefix("test_")
    case = Case(name)
    begin = time.monotonic()
    result, why = "passed", ""
    try:
        test(case)
    except Skipped as missing:
        result, why = "skipped", f": {missing}"
    except KeyboardInterrupt:
        case.close()
        raise
    except BaseException:  # noqa: B902: whatever a test does wrong, its processes must end
        result = "failed"
        traceback.print_exc()
    case.close(keep=result == "failed")
    print(f"{result} {name} ({time.monotonic() - begin:.1f} s){why}", file=sys.stderr, flush=True)
    return result


def main_of_rounds(test_of: "Callable[[int, int], Callable[[Case], None]]", said: str, rounds: int) -> None:
    """main() for a test of so many rounds from a seed; both can be given on the command line."""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seed", type=int, default=1)
    options, sys.argv[1:] = parser.parse_known_args()
    main(test_of(options.rounds, options.seed))


def main(*tests: Callable[[Case], None]) -> None:
    """Runs the tests, or those whose names stand on the command line, and exits."""
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    # A test that CTest gives up on gets SIGTERM: end by way of the clean-up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = [test for test in tests if not wanted or test.__name__ in wanted
              or test.__name__.removeprefix("test_") in wanted]
    if not chosen:
        print(f"no such test; there are: {' '.join(test.__name__ for test in tests)}", file=sys.stderr)
        sys.exit(2)
    results = [run_case(test) for test in chosen]
    if "failed" in results:
        sys.exit(1)
    sys.exit(SKIP_EXIT_CODE if "skipped" in results else 0)

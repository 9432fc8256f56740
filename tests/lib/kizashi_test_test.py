"""The tests' own tools: does a wait end, a failure fail, a skip skip, a process go away?

Run: python3 tests/lib/kizashi_test_test.py
"""

import contextlib
import io
import os
import signal
import sys
import tempfile
import textwrap
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import kizashi_test as kt  # noqa: E402

# Stands in for the server: announces its port as kizashi does, answers JSON, ends on SIGTERM.
FAKE = """\
#!{python}
import http.server, json, os, signal, subprocess, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = 404 if self.path == "/missing" else 200
        said = {{"path": self.path, "body": body.decode(), "token": self.headers.get("Authorization", "")}}
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    do_GET = do_POST = answer
    def log_message(self, *arguments):
        pass

if sys.argv[1] == "broken":
    sys.exit("cannot start: no reason")
if sys.argv[1] == "echo":
    sys.stdout.write(sys.stdin.read())
    sys.exit(1)
child = subprocess.Popen(["sleep", "600"])
print("child", child.pid, flush=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
def stop(*_):
    child.kill()
    os._exit(3 if "--bad-exit" in sys.argv else 0)
signal.signal(signal.SIGTERM, stop)
print('time=x level=info msg="listening" address=127.0.0.1:%d' % server.server_address[1], file=sys.stderr, flush=True)
server.serve_forever()
"""


def gone(pid: int) -> bool:
    """True when the process ended, collected or not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        pass
    try:  # a root without /proc
        os.kill(pid, 0)
        return False
    except ProcessLookupError:
        return True


class ToolsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.case = kt.Case("self")
        self.addCleanup(self.case.close)
        path = self.case.write("fake", textwrap.dedent(FAKE).format(python=sys.executable))
        os.chmod(path, 0o755)
        before = os.environ.get("KIZASHI_BIN")
        os.environ["KIZASHI_BIN"] = path
        self.addCleanup(lambda: os.environ.pop("KIZASHI_BIN") if before is None
                        else os.environ.__setitem__("KIZASHI_BIN", before))

    def child_of(self, server: kt.Process) -> int:
        return int(kt.wait_until(lambda: server.stdout().split()[1:2])[0])

    def test_starts_asks_and_stops(self) -> None:
        server = self.case.kizashi("serve", token="secret")
        self.assertRegex(server.url, r"^http://127\.0\.0\.1:\d+$")
        self.assertEqual(server.get_json("/a", q="x y")["path"], "/a?q=x+y")
        self.assertEqual(server.get_json("/a")["token"], "Bearer secret")
        self.assertEqual(server.post_json("/b", {"n": 1})["body"], '{"n": 1}')
        if os.path.exists("/proc/self"):
            self.assertGreater(server.rss_bytes(), 0)
        with self.assertRaisesRegex(AssertionError, "GET /missing: 404"):
            server.get_json("/missing")
        server.stop()
        self.assertFalse(server.running())

    def test_wrong_exit_code_fails(self) -> None:
        server = self.case.kizashi("serve", "--bad-exit")
        with self.assertRaisesRegex(AssertionError, "ended with 3, expected 0"):
            server.stop()

    def test_server_that_does_not_start_tells_why(self) -> None:
        begin = time.monotonic()
        with self.assertRaisesRegex(AssertionError, "no reason"):
            self.case.kizashi("broken")
        self.assertLess(time.monotonic() - begin, 10)

    def test_kill_leaves_no_child_after_the_case(self) -> None:
        server = self.case.kizashi("serve")
        child = self.child_of(server)
        server.kill()
        self.assertEqual(server.popen.returncode, -signal.SIGKILL)
        self.assertFalse(gone(child))
        self.case.close()
        kt.wait_until(lambda: gone(child), what="the child to end")
        self.assertFalse(os.path.exists(self.case.folder))

    def test_runs_to_the_end(self) -> None:
        done = self.case.run("echo", input_bytes=b"line\n")
        self.assertEqual((done.returncode, done.stdout), (1, b"line\n"))

    def test_wait_until(self) -> None:
        answers = [0, OSError("refused"), 7]

        def next_answer() -> int:
            answer = answers.pop(0)
            if isinstance(answer, OSError):
                raise answer
            return answer

        self.assertEqual(kt.wait_until(next_answer, 5), 7)
        with self.assertRaisesRegex(AssertionError, "for a thing; last seen: 0"):
            kt.wait_until(lambda: 0, 0.05, "a thing")
        with self.assertRaisesRegex(AssertionError, "no longer holds: truth"):
            kt.stays(lambda: False, 0.05, "truth")

    def test_receiver_answers_by_script(self) -> None:
        receiver = self.case.receiver(kt.retry_after(2), kt.Reply(503))
        answers = [kt.request(receiver.url, "POST", "/hook", b'{"n": %d}' % n) for n in range(3)]
        self.assertEqual([answer.status for answer in answers], [429, 503, 200])
        self.assertEqual(answers[0].headers["retry-after"], "2")
        self.assertEqual([got.json()["n"] for got in receiver.wait_for(3)], [0, 1, 2])
        self.assertEqual([got.json()["n"] for got in receiver.accepted()], [2])

    def test_receiver_hangs_and_still_stops(self) -> None:
        receiver = kt.Receiver(kt.Reply(hang=True))
        with self.assertRaises(OSError):
            kt.request(receiver.url, "POST", "/hook", b"x", timeout_s=0.1)
        self.assertEqual(len(receiver.received), 1)
        self.assertEqual(receiver.accepted(), [])
        receiver.stop()

    def result_of(self, test) -> tuple[str, str]:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            return kt.run_case(test), said.getvalue()

    def test_results(self) -> None:
        def test_good(case: kt.Case) -> None:
            case.write("a/b", "c")

        def test_absent(case: kt.Case) -> None:
            kt.need_program("no-such-program-1", "no-such-program-2")

        self.assertEqual(self.result_of(test_good)[0], "passed")
        result, said = self.result_of(test_absent)
        self.assertEqual(result, "skipped")
        self.assertIn("no-such-program-1 or no-such-program-2 is not installed", said)

    def test_failure_keeps_the_folder(self) -> None:
        folders = []

        def test_bad(case: kt.Case) -> None:
            folders.append(case.folder)
            assert not case.folder, "wrong"

        result, said = self.result_of(test_bad)
        self.addCleanup(os.rmdir, folders[0])
        self.assertEqual(result, "failed")
        self.assertIn("AssertionError: wrong", said)
        self.assertIn(f"kept: {folders[0]}", said)

    def test_absent_binary_skips(self) -> None:
        os.environ["KIZASHI_BIN"] = os.path.join(tempfile.gettempdir(), "no-such-kizashi")
        result, said = self.result_of(lambda case: case.kizashi("serve"))
        self.assertEqual(result, "skipped")
        self.assertIn("make build", said)


if __name__ == "__main__":
    unittest.main()

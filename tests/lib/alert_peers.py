"""The other ends of receivers: Slack, PagerDuty and a mail server, as strict as the real ones are.

Slack checks its token and Block Kit's limits and takes one message a second for a channel; PagerDuty keeps incidents by
dedup_key. Both sign what they send back. Sources: docs.slack.dev, developer.pagerduty.com, RFC 5321.
"""

import hashlib
import hmac
import json
import socketserver
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Optional

import kizashi_test as kt


class Http:
    """A server whose answers `handle(path, headers, body)` gives: code, headers, JSON."""

    def __init__(self, handle: Callable[[str, Any, Any], "tuple[int, dict[str, str], Any]"]):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                code, headers, answer = handle(self.path, self.headers, body)
                text = json.dumps(answer).encode()
                self.send_response(code)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # who was killed answers nobody

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def block_problems(message: Any) -> "Optional[str]":
    """Why Slack would not take a message; None when it would."""
    blocks = list(message.get("blocks", []))
    for attachment in message.get("attachments", []):
        blocks += attachment.get("blocks", [])
    if not blocks and not message.get("text"):
        return "no_text"
    if len(blocks) > 50:
        return "invalid_blocks"
    total = 0
    for block in blocks:
        kind = block["type"]
        texts = []
        if kind == "section":
            texts = [block["text"]] if "text" in block else []
            fields = block.get("fields", [])
            if not texts and not fields or len(fields) > 10 or any(len(one["text"]) > 2000 for one in fields):
                return "invalid_blocks"
            total += sum(len(one["text"]) for one in fields)
        elif kind == "context":
            texts = block["elements"]
            if not 0 < len(texts) <= 10:
                return "invalid_blocks"
        elif kind == "actions":
            if not 0 < len(block["elements"]) <= 25:
                return "invalid_blocks"
            for one in block["elements"]:
                if not 0 < len(one["text"]["text"]) <= 75 or one["text"]["type"] != "plain_text":
                    return "invalid_blocks"
        elif kind != "image":
            return "invalid_blocks"
        if any(not 0 < len(one["text"]) <= 3000 for one in texts):
            return "invalid_blocks"
        total += sum(len(one["text"]) for one in texts)
    return "msg_blocks_too_long" if total > 13_200 else None


class Slack:
    def __init__(self, token: str = "xoxb-secret-token", signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"):
        self.token = token
        self.signing_secret = signing_secret
        self.lock = threading.Lock()
        self.messages: "dict[str, Any]" = {}  # by ts: what they show now
        self.posted: "list[str]" = []  # ts of new messages, in order
        self.replies: "list[Any]" = []
        self.updates = 0
        self.limited = 0
        self.refused: "list[str]" = []
        self.last: "dict[str, float]" = {}
        self.http = Http(self.handle)
        self.url = self.http.url + "/api/chat.postMessage"

    def handle(self, path: str, headers: Any, body: Any) -> "tuple[int, dict[str, str], Any]":
        with self.lock:
            if headers["Authorization"] != "Bearer " + self.token:
                return self.refuse("invalid_auth")
            problem = block_problems(body)
            if problem:
                return self.refuse(problem)
            channel = body["channel"]
            now = time.monotonic()
            if path == "/api/chat.update":
                if body["ts"] not in self.messages:
                    return self.refuse("message_not_found")
                self.messages[body["ts"]] = body
                self.updates += 1
                return 200, {}, {"ok": True, "channel": channel, "ts": body["ts"]}
            if path != "/api/chat.postMessage":
                return 404, {}, {}
            if now - self.last.get(channel, -9) < 1:
                self.limited += 1
                return 429, {"Retry-After": "1"}, {"ok": False, "error": "ratelimited"}
            self.last[channel] = now
            ts = f"{time.time():.6f}"
            if "thread_ts" in body:
                self.replies.append(body)
            else:
                self.messages[ts] = body
                self.posted.append(ts)
            return 200, {}, {"ok": True, "channel": channel, "ts": ts}

    def refuse(self, error: str) -> "tuple[int, dict[str, str], Any]":
        self.refused.append(error)
        return 200, {}, {"ok": False, "error": error}

    def shown(self, at: int = -1) -> str:
        """All texts of a message as it shows now."""
        with self.lock:
            return json.dumps(self.messages[self.posted[at]], ensure_ascii=False) if self.posted else ""

    def buttons(self, at: int = -1) -> "dict[str, str]":
        with self.lock:
            found = {}
            for attachment in self.messages[self.posted[at]]["attachments"]:
                for block in attachment["blocks"]:
                    if block["type"] == "actions":
                        found.update({one["action_id"]: one.get("value", "") for one in block["elements"]})
            return found

    def signed(self, action: str, value: str, user: str, at: "Optional[int]" = None,
               secret: "Optional[str]" = None) -> "tuple[bytes, dict[str, str]]":
        payload = {"type": "block_actions", "user": {"id": "U1", "username": user},
                   "actions": [{"type": "button", "action_id": action, "value": value}]}
        return self.signed_body(("payload=" + urllib.parse.quote(json.dumps(payload))).encode(), at, secret)

    def signed_body(self, body: bytes, at: "Optional[int]" = None,
                    secret: "Optional[str]" = None) -> "tuple[bytes, dict[str, str]]":
        stamp = str(int(time.time()) if at is None else at)
        digest = hmac.new((secret or self.signing_secret).encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        return body, {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + digest.hexdigest(),
                      "Content-Type": "application/x-www-form-urlencoded"}

    def press(self, server: str, action: str, value: str, user: str = "alice", **how: Any) -> kt.Response:
        body, headers = self.signed(action, value, user, **how)
        return kt.request(server, "POST", "/kizashi/v1/slack/actions", body, headers)

    def stop(self) -> None:
        self.http.stop()


class PagerDuty:
    def __init__(self, key: str = "R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY00", secret: str = "pd-webhook-secret"):
        self.key = key
        self.secret = secret
        self.lock = threading.Lock()
        self.incidents: "list[tuple[str, str]]" = []  # dedup_key and state, as they were opened
        self.events: "list[Any]" = []
        self.http = Http(self.handle)
        self.url = self.http.url + "/v2/enqueue"

    def handle(self, path: str, headers: Any, body: Any) -> "tuple[int, dict[str, str], Any]":
        with self.lock:
            assert path == "/v2/enqueue", path
            if body.get("routing_key") != self.key:
                return 400, {}, {"status": "invalid event", "message": "routing_key"}
            self.events.append(body)
            key, action = body["dedup_key"], body["event_action"]
            at = next((i for i, (one, state) in enumerate(self.incidents) if one == key and state != "resolved"), None)
            if action == "trigger":
                payload = body["payload"]
                if not payload["summary"] or payload["severity"] not in ("critical", "error", "warning", "info"):
                    return 400, {}, {"status": "invalid event"}
                if at is None:
                    self.incidents.append((key, "triggered"))
            elif at is not None:
                self.incidents[at] = (key, {"acknowledge": "acknowledged", "resolve": "resolved"}[action])
            return 202, {}, {"status": "success", "dedup_key": key}

    def states(self) -> "list[str]":
        with self.lock:
            return [state for _, state in self.incidents]

    def tell(self, server: str, number: int, kind: str, by: str, secret: "Optional[str]" = None) -> kt.Response:
        """Its webhook about the newest incident."""
        event = {"event": {"id": f"E{number}", "event_type": "incident." + kind, "resource_type": "incident",
                           "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1)),
                           "agent": {"type": "user_reference", "summary": by},
                           "data": {"type": "incident", "incident_key": self.incidents[-1][0],
                                    "html_url": "https://acme.pagerduty.com/incidents/1"}}}
        body = json.dumps(event).encode()
        digest = hmac.new((secret or self.secret).encode(), body, hashlib.sha256).hexdigest()
        return kt.request(server, "POST", "/kizashi/v1/pagerduty/webhook", body,
                          {"X-PagerDuty-Signature": f"v1=0000,v1={digest}"})

    def stop(self) -> None:
        self.http.stop()


class Mailbox:
    """A mail server that takes everything; `refusals` are answered to RCPT first."""

    def __init__(self) -> None:
        self.mails: "list[str]" = []
        self.recipients: "list[list[str]]" = []
        self.refusals: "list[str]" = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

            def handle(self) -> None:
                self.say("220 mail")
                to: "list[str]" = []
                while True:
                    line = self.rfile.readline().decode().strip()
                    verb = line[:4].upper()
                    if not line or verb == "QUIT":
                        return
                    if verb == "EHLO":
                        self.say("250 mail")
                    elif verb == "RCPT":
                        if outer.refusals:
                            self.say(outer.refusals.pop(0))
                            continue
                        to.append(line)
                        self.say("250 ok")
                    elif verb == "DATA":
                        self.say("354 go on")
                        text = ""
                        while True:
                            part = self.rfile.readline().decode()
                            if part in (".\r\n", ""):
                                break
                            text += part
                        outer.recipients.append(to)
                        outer.mails.append(text)
                        self.say("250 taken")
                    else:
                        self.say("250 ok")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

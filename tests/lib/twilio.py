"""A provider like Twilio: takes calls by REST, checks the request, and calls back signed."""

import base64
import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Optional

ACCOUNT, TOKEN, FROM = "AC0123456789", "a token that only the two know", "+15005550006"


def signature(url: str, fields: dict[str, str], token: str = TOKEN) -> str:
    """X-Twilio-Signature, as "Webhooks security" at twilio.com/docs has it."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Provider:
    """Records every call that it is asked for; the test says what becomes of it by `tell` and `press`."""

    SID = "CA00112233"

    def __init__(self) -> None:
        self.calls: list[dict[str, list[str]]] = []
        self.hung_up = threading.Event()
        self.refusals: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                code, answer = outer._take(self.path, dict(self.headers.items()), body)
                data = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass  # what arrived is in `calls`

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _take(self, path: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, object]]:
        right = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if headers.get("Authorization") != right:
            self.refusals.append("credentials")
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        form = urllib.parse.parse_qs(body, keep_blank_values=True, strict_parsing=True)
        folder = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"
        if path == f"{folder}/{self.SID}.json" and form.get("Status") == ["completed"]:
            self.hung_up.set()
            return 200, {"sid": self.SID, "status": "completed"}
        wanted = {"To", "From", "Twiml", "StatusCallback", "StatusCallbackEvent", "StatusCallbackMethod", "Timeout",
                  "TimeLimit"}
        if path != folder + ".json" or not wanted <= set(form):
            self.refusals.append(f"{path} {sorted(form)}")
            return 400, {"code": 21201, "message": "a parameter is missing", "status": 400}
        self.calls.append(form)
        return 201, {"sid": self.SID, "status": "queued"}

    def call_back(self, url: str, fields: dict[str, str], token: str = TOKEN, sign: Optional[str] = None) -> tuple[int, str]:
        """POSTs a callback; the code and the body of the answer."""
        fields = {"CallSid": self.SID, "AccountSid": ACCOUNT, "From": FROM, **fields}
        request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
        request.add_header("X-Twilio-Signature", sign if sign is not None else signature(url, fields, token))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def tell(self, status: str, **options: str) -> tuple[int, str]:
        return self.call_back(self.calls[-1]["StatusCallback"][0], {"CallStatus": status}, **options)

    def digits_url(self) -> str:
        """Where the TwiML of the call wants keys to be sent."""
        gather = xml.fromstring(self.calls[-1]["Twiml"][0]).find("Gather")
        assert gather is not None and gather.get("numDigits") == "1", self.calls[-1]
        return gather.get("action") or ""

    def press(self, digit: str, **options: str) -> tuple[int, str]:
        return self.call_back(self.digits_url(), {"Digits": digit, "CallStatus": "in-progress"}, **options)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

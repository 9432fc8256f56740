"""Members of a redundancy group for tests: targets on one port, told apart by their path."""

import http.server
import threading


class Members(http.server.ThreadingHTTPServer):
    """Every path is a member that is scraped; those in `down` answer 500."""

    def __init__(self) -> None:
        self.down: "set[str]" = set()
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(500 if self.path.strip("/") in page.down else 200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(b"alive 1\n")

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def targets(self, service: str, names: str) -> "list[dict]":
        """As Prometheus' file_sd has them; each letter of `names` is a member."""
        return [{"targets": [f"127.0.0.1:{self.server_address[1]}"],
                 "labels": {"service": service, "instance": name, "__metrics_path__": f"/{name}"}} for name in names]

#!/usr/bin/env python3
"""Everything hostile at once: one owner's target has ever new series, while 200 queries at once ask for all
series and for nested subqueries. The others' scrapes go on, the server too, and the owner is named.

    python3 tests/e2e/hostile_test.py [--series 10000000]
"""

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

SERIES = 1_000_000  # unless --series says more
SERIES_OF_PAGE = 100_000
QUIET_SERIES = 50
LIMIT = 300_000  # of a service whose catalog says nothing of it
INTERVAL_S = 2.0
QUERIES_AT_ONCE = 200
NAMED_WITHIN_S = 15.0
SECONDS_MIN = 30.0  # of flood and queries
RSS_MAX = 3 << 30  # four queries of 512 MiB at a time, and the store
QUERIES = [
    '{__name__=~".+"}', 'count({__name__=~".+"})', 'sum by (user) ({__name__=~".+"})', 'topk(10, {__name__=~".+"})',
    'sort_desc(rate({__name__=~".+"}[1m]))',
    'max_over_time(avg_over_time(rate({__name__=~".+"}[10s])[20s:1s])[30s:1s])',
    'sum(max_over_time((sum by (host) (max_over_time({__name__=~".+"}[10s:1s])))[1m:1s]))',
    'count(count by (__name__, user, host) ({__name__=~".+"})) + on() count({__name__=~".+", job="quiet"})',
    'label_replace({__name__=~".+"}, "copy", "$1$1$1$1", "user", "(.*)")',
    '{__name__=~".+"} * on (instance, user, host, job) group_left() {__name__=~".+"}',
]


class Pages(BaseHTTPRequestHandler):
    """The pages of an owner, in a process of their own. /flood has new users each time."""

    protocol_version = "HTTP/1.1"
    users, most = 0, 0
    beyond = 0.0  # since when there are more users than the owner may have series

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/flood":
            begin = Pages.users
            Pages.users = min(begin + SERIES_OF_PAGE, Pages.most)
            if begin <= LIMIT < Pages.users:
                Pages.beyond = time.time()
            lines = [f'logins_total{{host="h{n % 7}",user="u{n}"}} 1\n' for n in range(begin, Pages.users)]
        elif self.path == "/sent":
            lines = [f"{Pages.users} {Pages.beyond}"]
        else:
            lines = [f'orders_total{{item="{n}"}} {time.time():.3f}\n' for n in range(QUIET_SERIES)]
        body = "".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve_pages(most: int) -> None:
    Pages.most = most

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a scrape that took too long, or the end of the server

    server = Server(("127.0.0.1", 0), Pages)
    print(server.server_address[1], flush=True)
    server.serve_forever()


class Askers:
    """So many queries at once, each asked again as soon as it is answered."""

    def __init__(self, server: kt.Kizashi):
        self.server, self.stopping = server, False
        self.answers: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.threads = [threading.Thread(target=self.ask, args=(n,)) for n in range(QUERIES_AT_ONCE)]
        for thread in self.threads:
            thread.start()

    def ask(self, number: int) -> None:
        while not self.stopping:
            query = QUERIES[number % len(QUERIES)]
            number += 1
            now = time.time()
            asked = {"query": query, "time": now, "timeout": "20s"}
            path = "/api/v1/query"
            if number % 3 == 0 and "[" in query:
                path, asked = "/api/v1/query_range", {"query": query, "start": now - 60, "end": now, "step": 1,
                                                      "timeout": "20s"}
            try:
                answer = self.server.request("GET", path + "?" + kt.urllib.parse.urlencode(asked), timeout_s=120)
                self.answers[str(answer.status)] += 1
                if answer.status != 200:
                    self.errors[re.sub(r"\d+", "N", answer.text())[:160]] += 1
            except (OSError, http.client.HTTPException) as error:
                self.answers[f"no answer: {type(error).__name__}"] += 1

    def stop(self) -> None:
        self.stopping = True
        for thread in self.threads:
            thread.join()


def guilty(server: kt.Kizashi) -> Optional[dict[str, Any]]:
    for use in server.get_json("/kizashi/v1/series")["owners"]:
        if use["owner"] == "pay" and use["refused"] > 0:
            return dict(use)
    return None


def scrapes_of(server: kt.Kizashi, selector: str, until: float, seconds: float) -> list[tuple[float, float]]:
    """Time and value of every sample of one series."""
    found = server.get_json("/api/v1/query", query=f"{selector}[{int(seconds)}s]", time=until)["data"]["result"]
    assert len(found) == 1, (selector, len(found))
    return [(float(at), float(value)) for at, value in found[0]["values"]]


def missed(samples: list[tuple[float, float]]) -> tuple[int, float]:
    """How many scrapes are missing between the first and the last, and the longest time between two."""
    gaps = [b[0] - a[0] for a, b in zip(samples, samples[1:])]
    return sum(max(0, round(gap / INTERVAL_S) - 1) for gap in gaps), max(gaps)


def start_pages() -> tuple[subprocess.Popen[str], str]:
    """Not in this process, which has 200 threads of its own to run."""
    pages = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--pages", str(SERIES)],
                             stdout=subprocess.PIPE, text=True)
    assert pages.stdout is not None
    return pages, f"127.0.0.1:{int(pages.stdout.readline())}"


def test_hostile(case: kt.Case) -> None:
    flood, flood_at = start_pages()
    quiet, quiet_at = start_pages()
    try:
        hostile(case, flood_at, quiet_at)
    finally:
        for pages in (flood, quiet):
            pages.kill()
            pages.wait()


def hostile(case: kt.Case, flood_at: str, quiet_at: str) -> None:
    case.write("catalog/all.yaml", "service: {name: pay}\n---\nservice: {name: quiet}\n")
    quiet = f"""
global: {{scrape_interval: {INTERVAL_S:g}s, scrape_timeout: {INTERVAL_S:g}s}}
scrape_configs:
  - job_name: quiet
    static_configs: [{{targets: ['{quiet_at}']}}]
"""
    config = case.write("prometheus.yml", quiet)
    server = case.kizashi("serve", "--catalog", case.path("catalog"), "--prometheus-config", config)
    kt.wait_until(lambda: server.get_json("/api/v1/query", query='up{job="quiet"}')["data"]["result"], 20, "a scrape")
    begin = time.time()
    case.write("prometheus.yml", quiet + f"""
  - job_name: pay
    metrics_path: /flood
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{{targets: ['{flood_at}']}}]
""")
    askers = Askers(server)
    named: Optional[float] = None
    rss_max, sent, beyond = 0, 0.0, 0.0
    while sent < SERIES or time.time() - begin < SECONDS_MIN or named is None:
        assert server.running(), f"the server ended:\n{server.tail()}"
        rss_max = max(rss_max, server.rss_bytes())
        sent, beyond = map(float, kt.request(f"http://{flood_at}", "GET", "/sent").text().split())
        use = guilty(server)
        if use and named is None and use["labels"][0]["name"] == "user" and use["metrics"][0]["name"] == "logins_total":
            named = time.time()
        assert named or not beyond or time.time() - beyond < NAMED_WITHIN_S + 60, "the owner is not named"
        time.sleep(0.2)
    end = time.time()
    askers.stop()
    use = guilty(server)
    assert use and named and beyond
    ups = scrapes_of(server, 'up{job="quiet"}', end, end - begin)
    orders = scrapes_of(server, 'orders_total{item="7"}', end, end - begin)
    lost, longest = missed(ups)
    print(f"{sent:.0f} series sent, {use['series']} of at most {use['limit']} kept, {use['refused']} refused; "
          f"named after {named - beyond:.1f} s", file=sys.stderr)
    print(f"{sum(askers.answers.values())} queries, answers {dict(askers.answers)}; "
          f"at most {rss_max / 2**20:.0f} MiB; {end - begin:.0f} s", file=sys.stderr)
    for error, times in askers.errors.most_common(6):
        print(f"  {times} x {error}", file=sys.stderr)
    print(f"quiet target: {len(ups)} scrapes, {lost} missed, the longest time between two {longest:.2f} s; "
          f"{sum(1 for _, up in ups if up != 1)} failed", file=sys.stderr)
    assert server.running() and kt.request(server.url, "GET", "/readyz").status == 200
    assert named - beyond <= NAMED_WITHIN_S
    assert lost == 0 and missed(orders)[0] == 0 and len(orders) == len(ups), (lost, longest)
    assert all(up == 1 for _, up in ups) and len(ups) >= (end - begin) / INTERVAL_S - 2
    assert rss_max <= RSS_MAX, rss_max
    assert use["series"] <= use["limit"] == LIMIT and use["refused"] > 0
    assert not [answer for answer in askers.answers if answer not in ("200", "422", "503")], askers.answers
    server.stop(timeout_s=60)


if __name__ == "__main__":
    if "--pages" in sys.argv:
        serve_pages(int(sys.argv[2]))
    if "--series" in sys.argv:
        at = sys.argv.index("--series")
        SERIES = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    kt.main(test_hostile)

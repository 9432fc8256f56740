#!/usr/bin/env python3
"""Metrics from real senders: Debian's Prometheus by remote write, node_exporter by a prometheus.yml, and
OpenTelemetry's exporters (tests/interop/node-metrics).
"""

import json
import os
import random
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402

NODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node-metrics")
ROUNDS = 5  # of send.mjs

Samples = dict[str, dict[int, Any]]  # by the series' labels as JSON: time in ms to value


def key_of(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True)


def journal(case: kt.Case) -> Samples:
    """Every sample that is kept, of scrapes and of pushes; a stale marker is None."""
    done = case.run("journal", "--data", case.path("data"))
    assert done.returncode == 0, done.stderr
    kept: Samples = {}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if entry["type"] not in ("samples", "scrape"):
            continue
        for labels, value, *time in entry["samples"]:
            kept.setdefault(key_of(labels), {}).setdefault(time[0] if time else entry["at"], value)
    return kept


def metric(server: kt.Kizashi, name: str) -> float:
    return sum(float(line.split()[-1]) for line in server.get("/metrics").text().splitlines()
               if line.startswith(name) and not line.startswith("#"))


def port_of(process: kt.Process) -> int:
    return kt.wait_until(lambda: process.running() and kt.listening_ports(process.pid), 20,
                         f"{process.name} to listen")[0]


class Prometheus:
    """Debian's Prometheus that scrapes itself each second and writes to Kizashi."""

    def __init__(self, case: kt.Case, address: str):
        self.case, self.starts = case, 0
        self.program = kt.need_program("prometheus")
        self.config = case.write("prometheus.yml", f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: prometheus
    static_configs: [{{targets: ['127.0.0.1:0']}}]
    file_sd_configs: [{{files: ['{case.path("self.json")}']}}]
remote_write:
  - url: http://{address}/api/v1/write
    queue_config: {{min_backoff: 30ms, max_backoff: 200ms, batch_send_deadline: 200ms}}
    metadata_config: {{send_interval: 1s}}
""")
        self.start()

    def start(self) -> None:
        self.starts += 1
        self.process = self.case.start(f"prometheus-{self.starts}", [
            self.program, f"--config.file={self.config}", "--web.listen-address=127.0.0.1:0",
            f"--storage.tsdb.path={self.case.path('tsdb')}"])
        port = port_of(self.process)
        self.base = f"http://127.0.0.1:{port}"
        self.case.write("self.json", json.dumps([{"targets": [f"127.0.0.1:{port}"], "labels": {"me": "self"}}]))
        kt.wait_until(lambda: kt.request(self.base, "GET", "/-/ready").status == 200, 30, "Prometheus to be ready")

    def samples(self, selector: str) -> Samples:
        answer = kt.request(self.base, "GET", "/api/v1/query?query=" + kt.urllib.parse.quote(f"{selector}[10m]"))
        assert answer.status == 200, answer.text()
        return {key_of(series["metric"]): {round(float(at) * 1000): float(value) for at, value in series["values"]}
                for series in answer.json()["data"]["result"]}

    def sent_until_ms(self) -> float:
        name = "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"
        here = self.base.removeprefix("http://")
        sent = self.samples(f'{name}{{instance="{here}"}}')
        return max((times[max(times)] * 1000 for times in sent.values()), default=0)

    def scrapes(self) -> int:
        return sum(len(times) for times in self.samples('up{me="self"}').values())


def same(a: Any, b: float) -> bool:
    return a is not None and (a == b or abs(a - b) <= 1e-12 * abs(b)) or (a is None and b != b)


def test_prometheus_writes_over_restarts_of_both(case: kt.Case) -> None:
    server = case.kizashi("serve")
    address = server.address
    prometheus = Prometheus(case, address)

    def kept_more() -> Any:
        before = metric(server, 'kizashi_ingest_samples_total{receiver="remote_write"}')
        return kt.wait_until(
            lambda: metric(server, 'kizashi_ingest_samples_total{receiver="remote_write"}') > before + 500, 60,
            "samples to come")

    kept_more()
    for number in range(2):
        if number == 0:
            server.stop()
        else:
            server.kill()
        # While nobody listens Prometheus goes on; what it has is sent again and again.
        scraped = prometheus.scrapes()
        kt.wait_until(lambda: prometheus.scrapes() >= scraped + 3, 30, "Prometheus to scrape on")
        server = case.kizashi("serve", listen=address)
        kept_more()
    prometheus.process.stop()
    prometheus.start()
    kept_more()
    wanted = prometheus.samples('{job="prometheus"}')
    newest = max(max(times) for times in wanted.values())
    kt.wait_until(lambda: prometheus.sent_until_ms() > newest + 1000, 60, "everything to be sent")
    assert metric(server, 'kizashi_ingest_refused_total{reason="bad_input",receiver="remote_write"}') == 0
    metadata = server.get_json("/api/v1/metadata", metric="prometheus_build_info")["data"]
    assert metadata["prometheus_build_info"][0]["type"] == "gauge", metadata
    server.stop()
    kept = journal(case)
    count = 0
    for series, times in wanted.items():
        for at, value in times.items():
            assert at in kept.get(series, {}), f"{series} at {at} is lost"
            assert same(kept[series][at], value), (series, at, kept[series][at], value)
            count += 1
    assert count > 2000, count
    assert any(value is None for series, times in kept.items() if '"self"' in series for value in times.values()), \
        "the series that ended with the first Prometheus have stale markers"
    print(f"prometheus: {count} samples of {len(wanted)} series, none lost", file=sys.stderr)


class Discovery(BaseHTTPRequestHandler):
    targets: list[str] = []

    def do_GET(self) -> None:  # noqa: N802
        body = json.dumps([{"targets": self.targets, "labels": {"found": "http"}}]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_prometheus_yml_is_followed(case: kt.Case) -> None:
    program = kt.need_program("prometheus-node-exporter", "node_exporter")
    port = port_of(case.start("node", [program, "--web.listen-address=127.0.0.1:0"]))
    web = ThreadingHTTPServer(("127.0.0.1", 0), Discovery)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    Discovery.targets = [f"127.0.0.1:{port}"]
    config = f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: static
    static_configs: [{{targets: ['127.0.0.1:{port}', 'nobody:1'], labels: {{rack: r1}}}}]
    relabel_configs:
      - {{source_labels: [__address__], regex: 'nobody:.*', action: drop}}
      - {{source_labels: [rack], target_label: place, replacement: 'dc-$1'}}
      - {{regex: rack, action: labeldrop}}
    metric_relabel_configs:
      - {{source_labels: [__name__], regex: 'go_.*', action: drop}}
  - job_name: files
    file_sd_configs: [{{files: ['targets/*.json']}}]
    sample_limit: 10
  - job_name: http
    http_sd_configs: [{{url: 'http://127.0.0.1:{web.server_port}/', refresh_interval: 1s}}]
  - job_name: pods
    kubernetes_sd_configs: [{{role: pod}}]
"""
    path = case.write("prometheus.yml", config)
    case.write("targets/one.json", json.dumps([{"targets": [f"127.0.0.1:{port}"]}]))
    checked = case.run("check", path)
    assert checked.returncode == 0 and b"kubernetes_sd_configs" in checked.stdout, checked
    server = case.kizashi("serve", "--prometheus-config", path)
    # Itself, static, files (which fails at its limit) and http.
    kt.wait_until(lambda: metric(server, "kizashi_scrape_targets") == 4, 20, "four targets")
    kt.wait_until(lambda: metric(server, 'kizashi_scrapes_total{outcome="ok"}') >= 8 and
                  metric(server, 'kizashi_scrapes_total{outcome="failed"}') >= 2, 30, "scrapes")
    case.write("prometheus.yml", config.replace("replacement: 'dc-$1'", "replacement: 'dc-$1', action: x"))
    kt.wait_until(lambda: metric(server, "kizashi_scrape_config_last_reload_successful") == 0, 20, "the bad file")
    assert metric(server, "kizashi_scrape_targets") == 4, "the last good state stays"
    case.write("prometheus.yml", config.replace("sample_limit: 10", "sample_limit: 100000"))
    failed = kt.wait_until(lambda: metric(server, "kizashi_scrape_config_last_reload_successful") == 1 and
                           metric(server, 'kizashi_scrapes_total{outcome="failed"}'), 20, "the good file")
    Discovery.targets = []
    kt.wait_until(lambda: metric(server, "kizashi_scrape_targets") == 3, 20, "the target to leave")
    ok = metric(server, 'kizashi_scrapes_total{outcome="ok"}')
    kt.wait_until(lambda: metric(server, 'kizashi_scrapes_total{outcome="ok"}') >= ok + 6, 30, "scrapes")
    assert metric(server, 'kizashi_scrapes_total{outcome="failed"}') <= failed + 1
    metadata = server.get_json("/api/v1/metadata", metric="node_load1")["data"]
    assert metadata == {"node_load1": [{"type": "gauge", "help": "1m load average.", "unit": ""}]}, metadata
    server.stop()
    web.shutdown()
    kept = journal(case)
    instance = f"127.0.0.1:{port}"
    load = {"__name__": "node_load1", "instance": instance}
    assert key_of({**load, "job": "static", "place": "dc-r1"}) in kept, [k for k in kept if "node_load1" in k]
    assert key_of({**load, "job": "files"}) in kept
    http = kept[key_of({**load, "job": "http", "found": "http"})]
    assert http[max(http)] is None, "what left its list got a stale marker"
    ups = list(kept[key_of({"__name__": "up", "instance": instance, "job": "files"})].values())
    assert ups[0] == 0 and ups[-1] == 1, "above its sample_limit the target was down"
    assert not any('"go_' in series for series in kept if '"static"' in series)
    assert any('"go_' in series for series in kept if '"http"' in series)
    own = {"instance": instance, "job": "static", "place": "dc-r1"}
    scraped = kept[key_of({"__name__": "scrape_samples_scraped", **own})]
    after = kept[key_of({"__name__": "scrape_samples_post_metric_relabeling", **own})]
    assert 0 < list(after.values())[0] < list(scraped.values())[0], (scraped, after)
    assert key_of({"__name__": "scrape_series_added", **own}) in kept


LABELS = ("__address__", "rack", "zone", "__meta_role", "job", "gone")
REGEXES = ("(.*)", "a.*", "([^:]+)(?::([0-9]+))?", "(?P<left>[a-z]*)-?(.*)", "r1|r2", "", "__meta_(.+)", ".*", "z")
REPLACEMENTS = ("$1", "${1}-$2", "$left", "x$1y", "", "$$-$", "${2}", "fixed", "$10")


def random_rule(pick: random.Random) -> dict[str, Any]:
    action = pick.choice(("replace",) * 4 + ("keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap",
                                             "labeldrop", "labelkeep", "lowercase", "uppercase"))
    source = pick.sample(LABELS, pick.randint(1, 2))
    if action in ("labeldrop", "labelkeep"):
        # What keeps an address; without one there is no target.
        return {"action": action, "regex": pick.choice(("rack|zone", "gone")) if action == "labeldrop"
                else "__.*|job|rack"}
    if action == "labelmap":
        return {"action": action, "regex": pick.choice(("__meta_(.+)", "(z)one", "ra(.*)")),
                "replacement": pick.choice(("$1", "${1}_x"))}
    rule: dict[str, Any] = {"action": action, "source_labels": source}
    if action in ("keepequal", "dropequal"):
        return {**rule, "target_label": pick.choice(LABELS)}
    if action in ("keep", "drop"):
        return {**rule, "regex": pick.choice(("(.*)", "a.*", ".*r1.*", ".*:.*") if action == "keep" else ("z", "q.*"))}
    rule["separator"] = pick.choice((";", "-", ""))
    rule["target_label"] = pick.choice(("rack", "zone", "new", "instance"))
    if action == "hashmod":
        return {**rule, "modulus": pick.choice((1, 7, 1000, 2 ** 40))}
    if action == "replace":
        rule["regex"], rule["replacement"] = pick.choice(REGEXES), pick.choice(REPLACEMENTS)
        if pick.random() < 0.2:
            rule["target_label"] = pick.choice(("${1}_n", "n_$2", "$left"))
    return rule


def test_relabelling_is_that_of_prometheus(case: kt.Case) -> None:
    """Random rules, by `promtool check service-discovery` and by `kizashi check`."""
    promtool = kt.need_program("promtool")
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10 ** 6)
    print(f"SEED={seed}", file=sys.stderr)
    pick = random.Random(seed)
    jobs = [{
        "job_name": f"job-{n}",
        "static_configs": [{"targets": ["a:1", "b-c", "[::1]:9100", "r1.example:443"],
                            "labels": {"rack": pick.choice(("r1", "R-2")), "zone": "Z", "__meta_role": "web"}}],
        "relabel_configs": [random_rule(pick) for _ in range(pick.randint(1, 5))],
    } for n in range(40)]
    path = case.write("prometheus.yml", json.dumps({"scrape_configs": jobs}))
    checked = case.run("check", "--format", "json", path)
    ours: dict[str, list[Any]] = {}
    report = json.loads(checked.stdout)
    for target in report["static_targets"]:
        ours.setdefault(target["job"], []).append(target["labels"])
    made = 0
    for job in jobs:
        name = str(job["job_name"])
        done = subprocess.run([promtool, "check", "service-discovery", "--timeout=150ms", path, name], capture_output=True, check=False)
        assert done.returncode == 0, done
        theirs = [{key: value for key, value in found["labels"].items() if not key.startswith("__")}
                  for found in json.loads(done.stdout) if found["labels"] and not found.get("error")]
        found = ours.get(name, [])
        assert sorted(map(key_of, found)) == sorted(map(key_of, theirs)), \
            f"SEED={seed} {json.dumps(job['relabel_configs'])}\nKizashi: {found}\nPrometheus: {theirs}"
        made += len(found)
    print(f"relabelling: {made} targets of {len(jobs)} jobs alike", file=sys.stderr)
    assert made > 30, made


def otlp(client: str, temporality: str) -> Any:
    def test(case: kt.Case) -> None:
        node = kt.need_program("node")
        if not os.path.isdir(os.path.join(NODE, "node_modules")):
            kt.skip("tests/interop/node-metrics is not installed: run tools/build-page --test")
        server = case.kizashi("serve")
        sender = case.start(client, [node, os.path.join(NODE, "send.mjs"), client, server.url, temporality])
        assert sender.wait(60) == 0, sender.tail()
        metadata = server.get_json("/api/v1/metadata", metric="http_requests_total")["data"]
        assert metadata["http_requests_total"] == [
            {"type": "counter", "help": "Requests.", "unit": "{requests}"}], metadata
        server.stop()
        kept = journal(case)
        base = {"job": "shop/cart", "instance": f"{client}-{temporality}"}
        scope = {**base, "otel_scope_name": "interop", "otel_scope_version": "1.0"}

        def values(name: str, **labels: str) -> list[Any]:
            times = kept[key_of({"__name__": name, **scope, **labels})]
            return [times[at] for at in sorted(times)]

        sums = [sum(range(1, n + 1)) for n in range(1, ROUNDS + 1)]
        rounds = list(range(1, ROUNDS + 1))
        assert values("http_requests_total", http_route="/a") == sums
        assert values("queue_length") == sums
        assert values("room_temperature_celsius") == rounds
        assert values("http_server_duration_seconds_count") == rounds
        assert values("http_server_duration_seconds_sum") == sums
        assert values("http_server_duration_seconds_bucket", le="5") == rounds
        assert values("http_server_duration_seconds_bucket", le="0") == [0] * ROUNDS
        assert values("http_server_duration_seconds_bucket", le="+Inf") == rounds
        assert values("work_size_bytes_count") == rounds
        assert values("work_size_bytes_bucket", le="+Inf") == rounds
        assert values("work_size_bytes_bucket", le="4")[-1] == 2, "2 and 4 are at most 4"
        infos = [(json.loads(series), times) for series, times in kept.items() if '"target_info"' in series]
        assert len(infos) == 1, infos
        assert {**base, "host_name": "h1"}.items() <= infos[0][0].items(), infos
        assert infos[0][0]["telemetry_sdk_language"] == "nodejs" and set(infos[0][1].values()) == {1}, infos
    test.__name__ = f"test_otlp_{client}_{temporality}"
    return test


if __name__ == "__main__":
    kt.main(test_prometheus_writes_over_restarts_of_both, test_a_prometheus_yml_is_followed,
            test_relabelling_is_that_of_prometheus,
            *(otlp(client, temporality) for client in ("http", "proto") for temporality in ("cumulative", "delta")))

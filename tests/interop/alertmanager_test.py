#!/usr/bin/env python3
"""Alertmanager's own acceptance tests, amtool and Prometheus against `kizashi alert serve`.

The tests are those that Debian ships in golang-github-prometheus-alertmanager-dev, built as they are;
where they start Alertmanager, a wrapper starts Kizashi. tools/setup alertmanager installs what they need.
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import kizashi_test as kt  # noqa: E402

GOCODE = "/usr/share/gocode"
PACKAGE = "github.com/prometheus/alertmanager"
CACHE = os.path.join(kt.ROOT, "build", "go-cache")

# Debian's tests give two flags of Debian's own.
# The suite asks again half a second later when no answer comes within 50 ms: a small shell helps.
WRAPPER = """#!/bin/sh
for argument; do
  shift
  case $argument in
    --template.default | --web.ui-path) skip=1 ;;
    *) [ "$skip" ] || set -- "$@" "$argument"; skip= ;;
  esac
done
exec {binary} alert serve "$@"
"""


def go_path(case: kt.Case) -> str:
    """A GOPATH whose bin has amtool, and Kizashi under Alertmanager's name."""
    folder = case.path("gopath")
    os.makedirs(os.path.join(folder, "bin"))
    wrapper = os.path.join(folder, "bin", "prometheus-alertmanager")
    with open(wrapper, "w", encoding="utf-8") as file:
        file.write(WRAPPER.format(binary=kt.binary()))
    os.chmod(wrapper, 0o755)
    os.symlink(kt.need_program("amtool"), os.path.join(folder, "bin", "amtool"))
    return folder


def with_restart(case: kt.Case, folder: str) -> str:
    """An overlay in which TestRepeat restarts the server, which upstream has as a comment "disabled as long as alerts
    are not persisted"."""
    path = os.path.join(GOCODE, "src", PACKAGE, folder, "send_test.go")
    with open(path, encoding="utf-8") as file:
        source = file.read()
    off = "\t// at.Do(At(1.2), func() {\n\t//\tam.Terminate()\n\t//\tam.Start()\n\t// })\n"
    assert source.count(off) == 1, "upstream's test has changed"
    changed = case.write("send_test.go", source.replace(off, off.replace("// ", "").replace("//", "")))
    return case.write("overlay.json", json.dumps({"Replace": {path: changed}}))


def run_binary(case: kt.Case, binary: str, env: "dict[str, str]", only: str,
               parallel: int = 8) -> "tuple[list[str], list[str], str]":
    ran = subprocess.run([binary, "-test.v", "-test.parallel", str(parallel), "-test.run", only], cwd=case.folder,
                         capture_output=True, env=env, check=False, timeout=240)
    output = ran.stdout.decode("utf-8", "replace")
    return re.findall(r"^--- PASS: (\w+)", output, re.M), re.findall(r"^--- FAIL: (\w+)", output, re.M), output


def run_suite(case: kt.Case, folder: str, tests: int, only: str = "") -> None:
    """Builds one of Alertmanager's test packages and asserts that all of its tests pass; `only` one, with a restart."""
    go = kt.need_program("go")
    if not os.path.isdir(os.path.join(GOCODE, "src", PACKAGE, folder)):
        kt.skip(f"{GOCODE}/src/{PACKAGE}/{folder} (golang-github-prometheus-alertmanager-dev)")
    binary = case.path("suite")
    build_env = {**os.environ, "GO111MODULE": "off", "GOPATH": GOCODE, "GOCACHE": CACHE, "GOFLAGS": ""}
    overlay = ["-overlay", with_restart(case, folder)] if only else []
    built = subprocess.run([go, "test", "-c", *overlay, "-o", binary, f"{PACKAGE}/{folder}"], env=build_env,
                           cwd=case.folder, capture_output=True, check=False, timeout=400)
    assert built.returncode == 0, built.stderr.decode()
    env = {**os.environ, "GOPATH": go_path(case)}
    passed, failed, output = run_binary(case, binary, env, only)
    for _ in range(2):
        if not failed:
            break
        # They allow half a second for what takes a second: on a busy machine they are asked again, alone.
        print(f"{folder}: again {failed}", file=sys.stderr)
        again, failed, output = run_binary(case, binary, env, f"^({'|'.join(failed)})$", parallel=1)
        passed += again
    print(f"{folder}: {len(passed)} of {len(passed) + len(failed)} pass", file=sys.stderr)
    assert not failed, f"failed {failed}\n{output[-8000:]}"
    assert len(passed) == tests, passed


def test_acceptance_api(case: kt.Case) -> None:
    run_suite(case, "test/with_api_v2/acceptance", 17)


def test_acceptance_amtool(case: kt.Case) -> None:
    run_suite(case, "test/cli/acceptance", 4)


def test_acceptance_restart(case: kt.Case) -> None:
    """Upstream's own test of what it does not do."""
    run_suite(case, "test/with_api_v2/acceptance", 1, "^TestRepeat$")


CONFIG = """
route:
  receiver: all
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  routes:
  - receiver: team
    matchers: ['team="a"', 'severity=~"page|ticket"']
receivers:
- name: all
  webhook_configs: [{url: '%s/secret-path'}]
- name: team
"""


def start(case: kt.Case, receiver: kt.Receiver) -> "tuple[kt.Process, str]":
    config = case.write("alertmanager.yml", CONFIG % receiver.url)
    server = case.start("alert", [kt.binary(), "alert", "serve", "--config.file", config, "--storage.path",
                                  case.path("data"), "--web.listen-address", "127.0.0.1:0",
                                  "--cluster.listen-address=", "--data.maintenance-interval=5m"])
    address = server.wait_for_log(r"Listening on.*address=(\S+)").group(1)
    return server, f"http://{address}"


def amtool(case: kt.Case, url: str, *arguments: str) -> str:
    ran = subprocess.run([kt.need_program("amtool"), "--alertmanager.url", url, *arguments], capture_output=True,
                         cwd=case.folder, env={**os.environ, "HOME": case.folder}, check=False, timeout=30)
    assert ran.returncode == 0, (arguments, ran.stderr.decode())
    return ran.stdout.decode()


def test_amtool(case: kt.Case) -> None:
    receiver = case.receiver()
    _, url = start(case, receiver)
    amtool(case, url, "alert", "add", "Disk", "instance=a", "severity=page", "--annotation=summary=full")
    assert "Disk" in amtool(case, url, "alert", "query", "instance=a")
    assert "Disk" not in amtool(case, url, "alert", "query", "instance=b")
    silence = amtool(case, url, "silence", "add", "alertname=Disk", "--duration=1h", "--comment=known",
                     "--author=me").strip()
    assert silence in amtool(case, url, "silence", "query")
    assert "Disk" not in amtool(case, url, "alert", "query")
    assert "Disk" in amtool(case, url, "alert", "query", "--silenced")
    exported = amtool(case, url, "-o", "json", "silence", "query")
    amtool(case, url, "silence", "expire", silence)
    assert silence not in amtool(case, url, "silence", "query")
    case.write("silences.json", exported)
    assert "Disk" in amtool(case, url, "alert", "query")
    shown = amtool(case, url, "config", "show")
    assert "receiver: all" in shown and "secret-path" not in shown, shown
    routes = amtool(case, url, "config", "routes", "test", "team=a", "severity=page")
    assert routes.strip() == "team", routes
    assert "Cluster Status" in amtool(case, url, "cluster", "show")
    told = receiver.wait_for(1)[0].json()
    assert told["groupLabels"] == {"alertname": "Disk"} and told["version"] == "4", told


def test_prometheus_sends(case: kt.Case) -> None:
    """A real Prometheus' alert arrives at the webhook, and so does its end."""
    program = kt.need_program("prometheus")
    receiver = case.receiver()
    server, url = start(case, receiver)
    target = url.removeprefix("http://")
    flag = case.write("rules.yml", """
groups:
- name: g
  interval: 1s
  rules:
  - alert: Always
    expr: vector(1) unless (vector(1) and on() up{job="none"})
    labels: {severity: page}
    annotations: {summary: 'it is {{ $value }}'}
""")
    config = case.write("prometheus.yml", f"""
global: {{evaluation_interval: 1s}}
rule_files: [{flag}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}
""")
    prometheus = case.start("prometheus", [
        program, f"--config.file={config}", f"--storage.tsdb.path={case.path('tsdb')}",
        "--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle", "--rules.alert.resend-delay=1s"])
    got = receiver.wait_for(1, 30)[0].json()
    alert = got["alerts"][0]
    assert alert["labels"] == {"alertname": "Always", "severity": "page"}, alert
    assert alert["annotations"] == {"summary": "it is 1"} and alert["status"] == "firing", alert
    listed = json.loads(kt.request(url, "GET", "/api/v2/alerts").body)
    assert [one["fingerprint"] for one in listed] == [alert["fingerprint"]], listed
    case.write("rules.yml", "groups: []\n")
    prometheus.signal(kt.signal.SIGHUP)
    server.wait_for_log("Listening")
    # Prometheus sends no end for a rule that is gone: its alert ends by its endsAt, four resend delays on.
    kt.wait_until(lambda: any(one.json()["status"] == "resolved" for one in receiver.received), 30, "the end")


if __name__ == "__main__":
    kt.main(test_acceptance_api, test_acceptance_amtool, test_acceptance_restart, test_amtool, test_prometheus_sends)

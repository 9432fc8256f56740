#!/usr/bin/env python3
"""Rules beside Debian's promtool: the same verdict on rule files and on their unit tests, and the same text of
every template.

Not compared: YAML aliases (refused by Kizashi), the words of a template's error, and what Go prints as a pointer.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402


def group(rules: str, more: str = "") -> str:
    return "groups:\n- name: g\n" + more + "  rules:\n" + rules


RULE_FILES = {  # name: text; promtool says which are good
    "empty": "",
    "no_groups": "groups: []\n",
    "null_groups": "groups:\n",
    "comment": "# nothing\n",
    "record": group("  - record: job:up:sum\n    expr: sum by (job) (up)\n"),
    "record_labels": group("  - record: a:b\n    expr: up\n    labels: {team: x, n: 5}\n"),
    "alert": group("  - alert: Down\n    expr: up == 0\n    for: 5m\n    keep_firing_for: 10m\n"
                   "    labels: {severity: page}\n    annotations: {summary: '{{ $labels.instance }} is down'}\n"),
    "interval": group("  - {record: a, expr: b}\n", "  interval: 1h30m\n  limit: 10\n"),
    "interval_zero": group("  - {record: a, expr: b}\n", "  interval: 0s\n"),
    "interval_bad": group("  - {record: a, expr: b}\n", "  interval: 5\n"),
    "interval_order": group("  - {record: a, expr: b}\n", "  interval: 5s1m\n"),
    "limit_bad": group("  - {record: a, expr: b}\n", "  limit: many\n"),
    "limit_negative": group("  - {record: a, expr: b}\n", "  limit: -1\n"),
    "unknown_group": group("  - {record: a, expr: b}\n", "  partial: warn\n"),
    "unknown_rule": group("  - {record: a, expr: b, four: 5m}\n"),
    "unknown_top": "group: []\n",
    "no_name": "groups:\n- rules: []\n",
    "name_twice": "groups:\n- name: a\n- name: a\n",
    "groups_text": "groups: a\n",
    "rules_text": "groups:\n- name: a\n  rules: b\n",
    "rule_text": "groups:\n- name: a\n  rules: [b]\n",
    "both": group("  - {record: a, alert: b, expr: c}\n"),
    "neither": group("  - {expr: c}\n"),
    "no_expr": group("  - {record: a}\n"),
    "expr_empty": group("  - {record: a, expr: ''}\n"),
    "expr_number": group("  - {record: a, expr: 5}\n"),
    "expr_bad": group("  - {record: a, expr: 'sum('}\n  - {alert: b, expr: 'up ='}\n"),
    "expr_type": group("  - {record: a, expr: 'sum(1)'}\n"),
    "expr_matrix": group("  - {record: a, expr: 'up[5m]'}\n"),
    "record_for": group("  - {record: a, expr: b, for: 5m}\n"),
    "record_for_zero": group("  - {record: a, expr: b, for: 0s}\n"),
    "record_keep": group("  - {record: a, expr: b, keep_firing_for: 5m}\n"),
    "record_annotations": group("  - {record: a, expr: b, annotations: {c: d}}\n"),
    "record_name": group("  - {record: 'a-b', expr: b}\n"),
    "alert_name": group("  - {alert: 'a b-c', expr: b}\n"),
    "label_name": group("  - {alert: a, expr: b, labels: {a-b: c}}\n"),
    "label_metric": group("  - {alert: a, expr: b, labels: {__name__: c}}\n"),
    "label_empty": group("  - {alert: a, expr: b, labels: {c: ''}}\n"),
    "annotation_name": group("  - {alert: a, expr: b, annotations: {a-b: c}}\n"),
    "for_bad": group("  - {alert: a, expr: b, for: soon}\n"),
    "template_function": group("  - {alert: a, expr: b, annotations: {c: '{{ nothing }}'}}\n"),
    "template_open": group("  - {alert: a, expr: b, annotations: {c: '{{ $value'}}\n"),
    "template_variable": group("  - {alert: a, expr: b, annotations: {c: '{{ $other }}'}}\n"),
    "template_end": group("  - {alert: a, expr: b, annotations: {c: '{{ if true }}'}}\n"),
    "template_extra_end": group("  - {alert: a, expr: b, annotations: {c: '{{ end }}'}}\n"),
    "template_else": group("  - {alert: a, expr: b, annotations: {c: '{{ if true }}{{ else }}{{ else }}{{ end }}'}}\n"),
    "template_label": group("  - {alert: a, expr: b, labels: {c: '{{ '}}\n"),
    "template_record": group("  - {record: a, expr: b, labels: {c: '{{ '}}\n"),
    "template_pipe": group("  - {alert: a, expr: b, annotations: {c: '{{ 1 | 2 }}'}}\n"),
    "template_break": group("  - {alert: a, expr: b, annotations: {c: '{{ break }}'}}\n"),
    "template_empty": group("  - {alert: a, expr: b, annotations: {c: '{{ }}'}}\n"),
    "template_runtime": group("  - {alert: a, expr: b, annotations: {c: '{{ humanize \"x\" }}'}}\n"),
    "duplicate": group("  - {record: a, expr: b}\n  - {record: a, expr: c}\n"),
    "duplicate_key": group("  - {record: a, expr: b, expr: c}\n"),
    "not_yaml": "groups: [\n",
    "tab": "groups:\n\t- name: a\n",
    "two_documents": group("  - {record: a, expr: b}\n") + "---\nother: 1\n",
    "list": "- a\n",
}

RULES = """groups:
- name: first
  rules:
  - {record: 'job:up:sum', expr: 'sum by (job) (up)', labels: {from: rule}}
  - {record: 'job:up:double', expr: 'job:up:sum * 2'}
- name: second
  interval: 5m
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    keep_firing_for: 3m
    labels: {severity: '{{ if eq $labels.job "a" }}page{{ else }}ticket{{ end }}'}
    annotations: {summary: '{{ $labels.instance }} of {{ $externalLabels.region }} is down ({{ $value }})'}
  - {alert: Now, expr: 'up == 0'}
"""
SERIES = """  input_series:
  - {series: 'up{job="a",instance="1"}', values: '1 1 0 0 0 0 1 1 1 1 1 1'}
  - {series: 'up{job="b",instance="2"}', values: '1+0x5 stale _x3 1'}
  external_labels: {region: here}
"""


def down(at: str, severity: str = "page") -> str:
    return f"""  alert_rule_test:
  - eval_time: {at}
    alertname: Down
    exp_alerts:
    - exp_labels: {{job: a, instance: '1', severity: {severity}}}
      exp_annotations: {{summary: 1 of here is down (0)}}
"""


def none(at: str, name: str = "Down") -> str:
    return f"  alert_rule_test:\n  - {{eval_time: {at}, alertname: {name}}}\n"


def expr(text: str, at: str, *samples: str) -> str:
    lines = f"  promql_expr_test:\n  - expr: '{text}'\n    eval_time: {at}\n    exp_samples:\n"
    return lines + "".join(f"    - {sample}\n" for sample in samples)


def test_file(body: str, head: str = "", interval: str = "1m") -> str:
    return f"rule_files: [rules.yml]\n{head}tests:\n- interval: {interval}\n{SERIES}{body}"


TEST_FILES = {
    **{f"down_{at}": test_file(down(at)) for at in ("1m", "3m", "4m", "5m", "6m", "8m", "9m", "270s")},
    **{f"none_{at}": test_file(none(at)) for at in ("0", "3m", "4m", "6m", "8m", "9m", "10m")},
    **{f"now_{at}": test_file(none(at, "Now")) for at in ("1m", "2m", "6m")},
    "wrong_severity": test_file(down("5m", "ticket")),
    "unknown_alert": test_file(none("5m", "Other")),
    "sum": test_file(expr("job:up:sum", "3m", "{labels: 'job:up:sum{job=\"a\",from=\"rule\"}', value: 0}",
                          "{labels: 'job:up:sum{job=\"b\",from=\"rule\"}', value: 1}")),
    "sum_without_label": test_file(expr("job:up:sum", "3m", "{labels: 'job:up:sum{job=\"a\"}', value: 0}")),
    "double": test_file(expr("sum(job:up:double)", "2m", "{labels: '{}', value: 2}")),
    "stale": test_file(expr("job:up:sum{job=\"b\"}", "6m")),
    "alerts": test_file(expr("ALERTS{alertname=\"Down\"}", "3m", "{labels: 'ALERTS{alertname=\"Down\",alertstate="
                             "\"pending\",instance=\"1\",job=\"a\",severity=\"page\"}', value: 1}")),
    "for_state": test_file(expr("min(ALERTS_FOR_STATE)", "4m", "{labels: '{}', value: 120}")),
    "scalar": test_file(expr("5", "1m", "{labels: '{}', value: 5}")),
    "text": test_file(expr('"a"', "1m")),
    "bad_expr": test_file(expr("sum(", "1m")),
    "bad_labels": test_file(expr("up", "1m", "{labels: 'up{', value: 1}")),
    "nan": test_file(expr("0 * (vector(1) / 0)", "1m", "{labels: '{}', value: .nan}")),
    "infinite": test_file(expr("vector(1) / 0", "1m", "{labels: '{}', value: +Inf}")),
    "between": test_file(expr("sum(up)", "90s", "{labels: '{}', value: 2}"), interval="30s"),
    "between_late": test_file(expr("sum(up)", "90s", "{labels: '{}', value: 1}"), interval="30s"),
    "evaluation_interval": test_file(down("5m"), "evaluation_interval: 2m\n"),
    "order": test_file(down("5m"), "group_eval_order: [second, first]\n"),
    "order_twice": test_file(down("5m"), "group_eval_order: [second, second]\n"),
    "unknown_key": test_file(down("5m"), "evaluation: 2m\n"),
    "no_alertname": test_file("  alert_rule_test:\n  - {eval_time: 1m}\n"),
    "bad_series": "rule_files: [rules.yml]\ntests:\n- interval: 1m\n  input_series:\n"
                  "  - {series: 'up{', values: '1'}\n",
    "bad_values": "rule_files: [rules.yml]\ntests:\n- interval: 1m\n  input_series:\n"
                  "  - {series: 'up', values: '1 x'}\n",
    "no_tests": "rule_files: [rules.yml]\n",
    "no_match": "rule_files: ['nothing*.yml']\ntests: []\n",
    "missing_rules": "rule_files: [nothing.yml]\ntests:\n- {interval: 1m}\n",
}

TEMPLATES = r"""
plain
{{ $value }}
{{ .Value }}
{{ $labels.job }}
{{ .Labels.job }}
{{ $labels.none }}|
{{ $labels }}
{{ $externalLabels.region }}
{{ .ExternalLabels.region }}
{{ $externalURL }}
{{ 1 }}
{{ 1.5 }}
{{ 1e6 }}
{{ 123456.0 }}
{{ 1e21 }}
{{ 0.0001 }}
{{ 0.00001 }}
{{ -0.5 }}
{{ 0x1F }}
{{ 'a' }}
{{ "a\tb" }}
{{ `raw\t` }}
{{ true }}
{{ print nil }}
{{ print 1 2 "a" 3 "b" "c" 4 5 }}
{{ println "a" 1 }}
{{ humanize 0 }}
{{ humanize 1 }}
{{ humanize 1234567.0 }}
{{ humanize .12 }}
{{ humanize 0.0000123 }}
{{ humanize -1234 }}
{{ humanize "1e30" }}
{{ humanize "NaN" }}
{{ humanize "-Inf" }}
{{ humanize "+Inf" }}
{{ humanize1024 0 }}
{{ humanize1024 1 }}
{{ humanize1024 1048576.0 }}
{{ humanize1024 .12 }}
{{ humanize1024 1500 }}
{{ humanize1024 -123456789 }}
{{ humanizeDuration 0 }}
{{ humanizeDuration 1 }}
{{ humanizeDuration 61.7 }}
{{ humanizeDuration 3661 }}
{{ humanizeDuration 86400 }}
{{ humanizeDuration 0.00123 }}
{{ humanizeDuration 899.99 }}
{{ humanizeDuration -90061 }}
{{ humanizeDuration 12.3456 }}
{{ humanizePercentage 0.1234567 }}
{{ humanizePercentage -0.5 }}
{{ humanizePercentage 12345 }}
{{ humanizePercentage "NaN" }}
{{ humanizeTimestamp 1435065584.128 }}
{{ humanizeTimestamp 0 }}
{{ humanizeTimestamp "-1.5" }}
{{ humanizeTimestamp "NaN" }}
{{ humanizeTimestamp 1e20 }}
{{ toTime 1.25 }}
{{ printf "%v|%s|%d|%f|%.2f|%q|%e|%g" 1.5 "a" 3 1.5 2.345 "q\"" 12345.678 1e-7 }}
{{ printf "%5d|%-5d|%05d|%+d|% d|%x|%X|%o|%b|%c|%U" 42 42 42 42 42 255 255 8 5 65 65 }}
{{ printf "%8.3f|%-8.2f|%08.2f|%+.1f|%.0f|%6.2e|%.3g|%G" 3.14159 2.5 -2.5 1.25 2.5 12345.678 1234567.0 1e-10 }}
{{ printf "%10s|%-10s|%.2s|%05s|%x|%q|%t|%v" "abc" "abc" "abc" "abc" "abc" "a\n" true false }}
{{ printf "%d" 1.5 }}
{{ printf "%s" 1 }}
{{ printf "%d" "a" }}
{{ printf "%z" 1 }}
{{ printf "%d %d" 1 }}
{{ printf "a" 1 "b" 2.5 }}
{{ printf "%" }}
{{ printf "100%%" }}
{{ printf "%!" 1 }}
{{ printf "%t" 1 }}
{{ printf "%v" nil }}
{{ printf "%s" nil }}
{{ printf "%.3f" $value }}
{{ $value | printf "%.1f %s" 2.0 }}
{{ printf "%v" $labels }}
{{ printf "%s" $labels }}
{{ printf "%06.2f|%+v|%6v|%-6v|" 1.5 1.5 1.5 1.5 }}
{{ title "foo bar-baz x_y it's 1a" }}
{{ toUpper "aBc" }}
{{ toLower "ABc" }}
{{ "abc" | toUpper | printf "%s!" }}
{{ match "a.c" "xabcx" }}
{{ match "^a$" "ab" }}
{{ reReplaceAll "(.*):.*" "$1" "host:9090" }}
{{ reReplaceAll "a" "b" "banana" }}
{{ reReplaceAll "x*" "-" "abc" }}
{{ reReplaceAll "(?P<n>b)" "[${n}${1}$$]" "abc" }}
{{ reReplaceAll "b" "$1x|$z" "abc" }}
{{ reReplaceAll "x*" "-" "axxb" }}
{{ match "(" "a" }}
{{ stripPort "a:80" }}
{{ stripPort "a" }}
{{ stripPort "[::1]:80" }}
{{ stripPort "::1" }}
{{ stripDomain "a.b.c:80" }}
{{ stripDomain "a.b.c" }}
{{ stripDomain "1.2.3.4:80" }}
{{ stripDomain "1.2.3.4" }}
{{ stripDomain "[::1]:80" }}
{{ stripDomain "a.b:" }}
{{ parseDuration "1h30m" }}
{{ parseDuration "250ms" }}
{{ parseDuration "0" }}
{{ query "up" | len }}
{{ query "up{job=\"a\"}" | first | value }}
{{ query "up{job=\"a\"}" | first | label "job" }}
{{ (query "up{job=\"a\"}" | first).Value }}
{{ with query "up{job=\"a\"}" }}{{ . | first | value }}{{ end }}
{{ with query "nothing" }}a{{ else }}none{{ end }}
{{ range query "up" | sortByLabel "instance" }}{{ .Labels.instance }}={{ .Value }},{{ end }}
{{ range $i, $e := query "up" | sortByLabel "job" }}{{ $i }}:{{ $e.Labels.job }} {{ end }}
{{ range query "nothing" }}a{{ else }}empty{{ end }}
{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}
{{ range $labels }}{{ . }};{{ end }}
{{ range $k := $labels }}{{ $k }}{{ end }}
{{ range query "up" | sortByLabel "job" }}{{ if eq .Labels.job "b" }}{{ break }}{{ end }}{{ .Labels.job }}{{ end }}
{{ range query "up" | sortByLabel "job" }}{{ if eq .Labels.job "a" }}{{ continue }}{{ end }}{{ .Labels.job }}{{ end }}
{{ query "label_replace(up, \"__value__\", \"text\", \"\", \"\")" | first | strvalue }}
{{ query "nothing" | first }}
{{ query "sum(" }}
{{ (args 1 "b" 2.5).arg1 }}
{{ args 1 "b" }}
{{ (args 1).arg5 }}
{{ with args 1 2 }}{{ .arg0 }}{{ end }}
{{ if gt $value 1.0 }}high{{ else if gt $value 0.5 }}middle{{ else }}low{{ end }}
{{ if and true 0 }}a{{ else }}b{{ end }}
{{ or "" 0 "x" }}
{{ and 1 "" 2 }}
{{ not 1 }}
{{ if gt $value 1 }}a{{ end }}
{{ eq 1 1 }}
{{ eq 1 2 1 }}
{{ ne "a" "b" }}
{{ lt 1 2 }}
{{ le 2 2 }}
{{ gt "b" "a" }}
{{ ge 1.5 1.5 }}
{{ eq true true }}
{{ eq $labels.job "a" }}
{{ $x := 5 }}{{ $x }} | {{ $x = 6 }}{{ $x }} | {{ with $y := "w" }}{{ $y }}{{ . }}{{ end }} | {{ if $z := 0 }}{{ else }}{{ $z }}{{ end }} | {{ if true }}{{ $x := 7 }}{{ $x = 8 }}{{ end }}{{ $x }}
a {{- " b " -}} c
a  {{- /* comment */ -}}  b
{{/* c */}}
x {{ "y" -}}   z
{{ ( ( 1 ) ) }}
{{ (printf "%d" 3) | toUpper }}
{{ index $labels "job" }}
{{ len "abc" }}
{{ len $labels }}
{{ (index (query "up" | sortByLabel "job") 1).Labels.job }}
{{ html "<a&'\">" }}
{{ urlquery "a b/c" }}
{{ safeHtml "<b>" }}
{{ graphLink "up == 0" }}
{{ tableLink "rate(a[5m])" }}
{{ .Nothing }}
{{ $value.x }}
{{ toUpper $value }}
{{ "a" "b" }}
{{ humanize }}
{{ len 1 }}
{{ index $labels 1 }}
{{ first "a" }}
{{ value 1 }}
{{ range 5 }}a{{ end }}
{{ nil }}
{{ eq $labels $labels }}
{{ $ }}
{{ . }}
{{ $.Value }}
{{ with $labels }}{{ .job }} {{ $.Value }}{{ end }}
"""


def both(case: kt.Case, promtool: str, *args: str) -> tuple[bool, bool, str, str]:
    ours = case.run("rules", *args)
    theirs = subprocess.run([promtool, args[0], "rules", *args[1:]], capture_output=True, check=False)
    assert ours.returncode in (0, 1), ours
    return (ours.returncode == 0, theirs.returncode == 0, ours.stdout.decode(),
            (theirs.stdout + theirs.stderr).decode())


def compare(case: kt.Case, command: str, files: dict[str, str]) -> None:
    promtool = kt.need_program("promtool")
    differences, good = [], 0
    for name, text in files.items():
        path = case.write(f"{name}.yml", text)
        ours, theirs, our_text, their_text = both(case, promtool, command, path)
        good += theirs
        if ours != theirs:
            differences.append(f"{name}: ours {ours}, theirs {theirs}\n{our_text}\n{their_text}")
    print(f"{len(files)} files, {good} good", file=sys.stderr)
    assert not differences, "\n".join(differences)
    assert 0 < good < len(files)


def test_rule_files(case: kt.Case) -> None:
    compare(case, "check", RULE_FILES)


def test_test_files(case: kt.Case) -> None:
    case.write("rules.yml", RULES)
    compare(case, "test", TEST_FILES)


def test_documented_example(case: kt.Case) -> None:
    for page in ("rules.md", "rules.ja.md"):
        with open(os.path.join(kt.ROOT, "docs/use", page), encoding="utf-8") as file:
            text = file.read()
        rules, tests = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        case.write("rules.yml", rules)
        case.write("rules_test.yml", tests)
        for command, name in (("check", "rules.yml"), ("test", "rules_test.yml")):
            done = case.run("rules", command, name)
            assert done.returncode == 0, done
            assert f"$ kizashi rules {command} {name}\n{done.stdout.decode().rstrip()}\n" in text, done.stdout


ANNOTATION = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
FAILED = "<error expanding template: "


def annotations(output: str) -> dict[str, str]:
    line = next(line for line in output.splitlines() if "Annotations:" in line)
    return dict(ANNOTATION.findall(line))


def test_templates(case: kt.Case) -> None:
    promtool = kt.need_program("promtool")
    texts = TEMPLATES.strip().splitlines()
    lines = "".join(f"      a{i}: '{text.replace(chr(39), chr(39) * 2)}'\n" for i, text in enumerate(texts))
    case.write("rules.yml", group("  - alert: A\n    expr: up\n    annotations:\n" + lines))
    path = case.write("test.yml", """rule_files: [rules.yml]
tests:
- interval: 1m
  external_labels: {region: here}
  external_url: http://example.org/base
  input_series:
  - {series: 'up{job="a",instance="2"}', values: '0.75'}
  - {series: 'up{job="b",instance="1"}', values: '0.25'}
  alert_rule_test:
  - {eval_time: 0m, alertname: A}
""")
    _, _, our_text, their_text = both(case, promtool, "test", path)
    ours, theirs = annotations(our_text), annotations(their_text)
    assert len(theirs) == len(texts), (len(theirs), their_text[:500])
    differences = []
    failing = 0
    for i, text in enumerate(texts):
        a, b = ours.get(f"a{i}", "(none)"), theirs[f"a{i}"]
        if a.startswith(FAILED) and b.startswith(FAILED):
            failing += 1
        elif a != b:
            differences.append(f"{text}\n  ours:   {a}\n  theirs: {b}")
    print(f"{len(texts)} templates, {failing} of them fail", file=sys.stderr)
    assert not differences, "\n".join(differences)


if __name__ == "__main__":
    kt.main(test_documented_example, test_rule_files, test_test_files, test_templates)

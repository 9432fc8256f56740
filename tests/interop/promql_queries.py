"""Random PromQL and the data that it asks about, for promql_test.py. A seed gives the same again."""

import math
import random
from typing import Callable

BASE = 1_600_000_200  # seconds; not a multiple of an hour, so that subqueries have to align
SPAN = 7200

ELEMENTWISE = ["abs", "ceil", "floor", "sgn", "sqrt", "deg", "rad", "exp", "ln", "log2", "log10", "sin", "cos",
               "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"]
DATES = ["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"]
OVER_TIME = ["rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "avg_over_time",
             "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "stddev_over_time",
             "stdvar_over_time", "last_over_time", "present_over_time", "absent_over_time"]
AGGREGATIONS = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"]
COMPARISONS = ["==", "!=", "<", ">", "<=", ">="]
LABELS = ["job", "instance", "code", "zone", "le", "version"]
DURATIONS = ["15s", "30s", "1m", "2m30s", "5m", "7m", "10m", "20m", "1h", "90s", "1m1ms", "3m20s500ms"]
OFFSETS = ["10s", "1m", "5m", "33s", "1h", "-1m", "-20s", "-10m"]
REGEXES = ["a.*", "b|c", ".+", ".*", "[ab]", "", "2..", "5\\\\d\\\\d", "(?i)A", "x.*|y", "(a|b)c?"]


# What Go computes by code of its own, so that the last bits differ from the C library's.
INEXACT = ("exp(", "ln(", "log", "sin(", "cos(", "tan(", "sinh", "cosh", "tanh", "^", "atan2")


def number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def make_series(rng: random.Random) -> dict[str, list[tuple[float, float]]]:
    """Series text to samples: counters with resets, gauges with odd values, gaps, histograms, ties."""
    series: dict[str, list[tuple[float, float]]] = {}

    def walk(text: str, step: Callable[[float], float], start: float = 0.0, interval: float = 15.0,
             begin: float = 0.0, end: float = SPAN, gaps: float = 0.01) -> None:
        value, at, samples = start, begin + rng.choice([0, 1.5, 3.25, 7.125]), []
        while at <= end:
            value = step(value)
            if rng.random() >= gaps:
                samples.append((round(BASE + at + rng.choice([0, 0, 0, 0.013]), 3), value))
            at += interval
            if rng.random() < gaps / 8:
                at += 600
        series[text] = samples

    for job in "abc":
        for instance in "12":
            for code in ("200", "404", "500"):
                scale = rng.choice([1, 3, 0.25])
                walk(f'requests_total{{job="{job}",instance="{instance}",code="{code}"}}',
                     lambda v, s=scale: 0.0 if rng.random() < 0.004 else v + s * rng.randrange(0, 9))
            walk(f'temperature{{job="{job}",instance="{instance}",zone="{rng.choice("xyz")}"}}',
                 lambda v: v + rng.gauss(0, 3), start=20)
            walk(f'flaky{{job="{job}",instance="{instance}"}}',
                 lambda v: rng.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, -1e-300, 5.5, 5.5, 7.0]),
                 gaps=0.2)
            walk(f'busy{{job="{job}",instance="{instance}"}}', lambda v: float(rng.randrange(0, 3)), gaps=0.05)
        total = [0.0] * 8
        bounds = ["0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]
        buckets: list[list[tuple[float, float]]] = [[] for _ in bounds]
        for tick in range(SPAN // 15):
            for _ in range(rng.randrange(0, 6)):
                place = min(int(rng.expovariate(0.6)), 7)
                for i in range(place, 8):
                    total[i] += 1
            for i in range(8):
                buckets[i].append((BASE + tick * 15, total[i]))
        for bound, samples in zip(bounds, buckets):
            series[f'latency_bucket{{job="{job}",le="{bound}"}}'] = samples
        walk(f'build_info{{job="{job}",version="1.{rng.randrange(3)}"}}', lambda v: 1.0)
        walk(f'started{{job="{job}"}}', lambda v: BASE - 12345.0)
    walk('late{job="a"}', lambda v: v + 1, begin=SPAN / 2)
    walk('early{job="a"}', lambda v: v + 1, end=SPAN / 3)
    walk('sparse{job="a",instance="1"}', lambda v: v + 2.5, interval=290)
    walk('sparse{job="b",instance="1"}', lambda v: v * 1.01 + 1, interval=700)
    walk('fast{job="a"}', lambda v: v + rng.random(), interval=1)
    return series


METRICS = ["requests_total", "temperature", "flaky", "busy", "latency_bucket", "build_info", "started", "late",
           "early", "sparse", "fast", "missing"]


def open_metrics(series: dict[str, list[tuple[float, float]]]) -> str:
    lines = []
    for metric in METRICS:
        named = [text for text in series if text.split("{")[0] == metric]
        if named:
            lines.append(f"# TYPE {metric} unknown" if metric != "requests_total" else "# TYPE requests counter")
        for text in named:
            lines += [f"{text} {number(value)} {at:.3f}" for at, value in series[text]]
    return "\n".join(lines) + "\n# EOF\n"


class Generator:
    def __init__(self, seed: int):
        self.rng = random.Random(seed)

    def pick(self, options):
        return self.rng.choice(options)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # The expressions, by type. `depth` is what may still be nested.

    def vector(self, depth: int) -> str:
        if depth <= 0 or self.chance(0.12):
            return self.selector() + self.shift()
        makers = [self.over_time, self.over_time, self.aggregation, self.aggregation, self.binary, self.binary,
                  self.elementwise, self.with_scalar, self.with_scalar, self.special, self.set_operation]
        text = self.pick(makers)(depth - 1)
        return f"({text})" if self.chance(0.1) else text

    def selector(self) -> str:
        metric = self.pick(METRICS[:-1] if self.chance(0.97) else METRICS)
        matchers = []
        for _ in range(self.pick([0, 0, 0, 0, 0, 1, 1, 2])):
            label = self.pick(LABELS)
            if self.chance(0.5):
                matchers.append(f'{label}{self.pick(["=", "!="])}"{self.pick({"job": ["a", "b"], "instance": ["1"], "code": ["200", "404"]}.get(label, ["x", ""]))}"')
            else:
                matchers.append(f'{label}{self.pick(["=~", "!~"])}"{self.pick(REGEXES)}"')
        if self.chance(0.06):
            matchers.append(f'__name__=~"{metric}|{self.pick(METRICS)}"')
            metric = ""
        if not matchers:
            return metric
        return metric + "{" + ",".join(matchers) + "}"

    def shift(self) -> str:
        parts = []
        if self.chance(0.12):
            parts.append("offset " + self.pick(OFFSETS))
        if self.chance(0.08):
            parts.append("@ " + self.pick(["start()", "end()", str(BASE + self.rng.randrange(SPAN)),
                                           f"{BASE + self.rng.randrange(SPAN)}.25", str(BASE - 100)]))
        self.rng.shuffle(parts)
        return "".join(" " + part for part in parts)

    def matrix(self, depth: int) -> str:
        if depth > 0 and self.chance(0.25):
            inner = self.vector(depth - 1)
            if " " in inner or self.chance(0.3):
                inner = f"({inner})"
            step = self.pick(["", "15s", "30s", "1m", "77s", "2m"])
            return f"{inner}[{self.pick(DURATIONS[2:9])}:{step}]" + self.shift()
        return f"{self.selector()}[{self.pick(DURATIONS)}]" + self.shift()

    def over_time(self, depth: int) -> str:
        matrix = self.matrix(depth)
        roll = self.rng.random()
        if roll < 0.06:
            return f"quantile_over_time({self.scalar(0)}, {matrix})"
        if roll < 0.12:
            return f"predict_linear({matrix}, {self.scalar(0)})"
        if roll < 0.16:
            return f"holt_winters({matrix}, {self.pick(['0.1', '0.5', '0.9', '0', '1.5'])}, 0.{self.rng.randrange(1, 9)})"
        return f"{self.pick(OVER_TIME)}({matrix})"

    def labels(self) -> str:
        return ", ".join(self.rng.sample(LABELS, self.pick([0, 1, 1, 2, 2, 3])))

    def aggregation(self, depth: int) -> str:
        inner = self.vector(depth)
        clause = self.pick(["", f" {self.pick(['by', 'without'])} ({self.labels()})"])
        roll = self.rng.random()
        if roll < 0.12:
            body, op = f"({self.pick(['1', '2', '3', '5', '0', '-1', '100', '1.7'])}, {inner})", self.pick(["topk", "bottomk"])
        elif roll < 0.2:
            body, op = f"({self.scalar(1)}, {inner})", "quantile"
        elif roll < 0.26:
            # It prints all digits, of which the last of some functions are Go's own.
            while any(word in inner for word in INEXACT):
                inner = self.vector(depth)
            body, op = f'("{self.pick(["v", "job", "version"])}", {inner})', "count_values"
        else:
            body, op = f"({inner})", self.pick(AGGREGATIONS)
        return op + clause + " " + body if self.chance(0.5) else op + body + clause

    def binary(self, depth: int) -> str:
        left, right = self.vector(depth), self.vector(depth)
        if self.chance(0.4):  # the same on both sides matches
            right = left
        op = self.pick(ARITHMETIC + COMPARISONS)
        text = " bool" if op in COMPARISONS and self.chance(0.3) else ""
        roll = self.rng.random()
        if roll < 0.5:
            text += f" {self.pick(['on', 'ignoring'])} ({self.labels()})"
            if self.chance(0.5):
                text += f" {self.pick(['group_left', 'group_right'])}" + self.pick(["", f" ({self.pick(LABELS)})", " ()"])
        return f"{self.wrap(left)} {op}{text} {self.wrap(right)}"

    def wrap(self, text: str) -> str:
        return f"({text})" if " " in text and self.chance(0.7) else text

    def set_operation(self, depth: int) -> str:
        clause = self.pick(["", "", f" {self.pick(['on', 'ignoring'])} ({self.labels()})"])
        return f"{self.wrap(self.vector(depth))} {self.pick(['and', 'or', 'unless'])}{clause} {self.wrap(self.vector(depth))}"

    def with_scalar(self, depth: int) -> str:
        op = self.pick(ARITHMETIC + COMPARISONS)
        text = op + (" bool" if op in COMPARISONS and self.chance(0.4) else "")
        sides = [self.wrap(self.vector(depth)), self.wrap(self.scalar(depth))]
        if self.chance(0.4):
            sides.reverse()
        return f"{sides[0]} {text} {sides[1]}"

    def elementwise(self, depth: int) -> str:
        inner = self.vector(depth)
        roll = self.rng.random()
        if roll < 0.5:
            return f"{self.pick(ELEMENTWISE)}({inner})"
        if roll < 0.6:
            return f"{self.pick(DATES)}({inner})"
        if roll < 0.7:
            return f"-{self.wrap(inner)}" if self.chance(0.8) else f"+{self.wrap(inner)}"
        if roll < 0.8:
            return f"round({inner}{self.pick(['', ', 0.1', ', 5', ', ' + self.scalar(0)])})"
        if roll < 0.87:
            return f"clamp({inner}, {self.scalar(0)}, {self.scalar(0)})"
        return f"{self.pick(['clamp_min', 'clamp_max'])}({inner}, {self.scalar(0)})"

    def special(self, depth: int) -> str:
        inner = self.vector(depth)
        roll = self.rng.random()
        if roll < 0.2:
            return f"{self.pick(['sort', 'sort_desc'])}({inner})"
        if roll < 0.32:
            return f"absent({inner})"
        if roll < 0.44:
            return f"timestamp({inner})"
        if roll < 0.62:
            grouped = f"sum by (le{self.pick(['', ', job', ', instance'])}) ({inner})"
            inside = self.pick([f"rate(latency_bucket[{self.pick(DURATIONS[3:8])}])", "latency_bucket", grouped])
            return f"histogram_quantile({self.scalar(0)}, {inside})"
        if roll < 0.74:
            target, source = self.pick(LABELS + ["new"]), self.pick(LABELS)
            replacement = self.pick(["$1", "x-${1}", "$2", "", "fixed", "$$1", "${name}", "$1x"])
            regex = self.pick(["(.*)", "(.)(.*)", "a", "(?P<name>.+)", ".*", "(b)|c"])
            return f'label_replace({inner}, "{target}", "{replacement}", "{source}", "{regex}")'
        if roll < 0.82:
            sources = "".join(f', "{self.pick(LABELS)}"' for _ in range(self.pick([1, 2, 3])))
            return f'label_join({inner}, "{self.pick(LABELS + ["new"])}", "{self.pick(["-", "", ", "])}"{sources})'
        if roll < 0.88:
            return f"vector({self.scalar(depth)})"
        if roll < 0.93:
            return f"{self.pick(DATES)}()"
        return f"{self.pick(['histogram_count', 'histogram_sum'])}({inner})"

    def scalar(self, depth: int) -> str:
        if depth > 0 and self.chance(0.3):
            return self.pick([lambda: f"scalar({self.vector(depth - 1)})",
                              lambda: f"({self.scalar(depth - 1)} {self.pick(ARITHMETIC)} {self.scalar(depth - 1)})",
                              lambda: f"({self.scalar(depth - 1)} {self.pick(COMPARISONS)} bool {self.scalar(depth - 1)})",
                              lambda: "time()", lambda: "pi()", lambda: f"-{self.scalar(depth - 1)}"])()
        return self.pick(["0", "1", "2", "0.5", "0.9", "0.99", "-1", "10", "1e3", "0x1f", "NaN", "Inf", "-Inf", "3.7",
                          "1.5", "100", ".25", "017", "1e-3"])

    def broken(self, text: str) -> str:
        """The query with a small mistake somewhere; some stay valid."""
        at = self.rng.randrange(len(text) + 1)
        roll = self.rng.random()
        piece = self.pick(["(", ")", "[", "]", "{", "}", ",", "=", "!", "~", '"', "'", "`", "\\", "#", "$", "@", ":",
                           ".", " ", "\n", "5m", "foo", "by", "on", "bool", "offset", "é", "[5m]", "=~", "==", "-",
                           "sum", "{}", "()", "1", "0x", "e", "start()", "group_left", "and", "\\q", "日本"])
        if roll < 0.35:
            return text[:at] + text[at + self.pick([1, 1, 2, 4]):]
        if roll < 0.75:
            return text[:at] + piece + text[at:]
        if roll < 0.9:
            return text[:at] + piece + text[at + 1:]
        return text[:at]

    def query(self) -> dict[str, object]:
        depth = self.pick([0, 1, 1, 2, 2, 2, 3, 3])
        roll = self.rng.random()
        text = self.scalar(depth) if roll < 0.05 else self.matrix(depth) if roll < 0.1 else self.vector(depth)
        if roll > 0.995:
            text = self.pick(['"text"', "'a\\'b'", "`raw\\n`"])
        if self.chance(0.12):
            text = self.broken(text)
        at = BASE + self.rng.randrange(-600, SPAN + 900) + self.pick([0, 0, 0, 0.5, 0.125])
        if self.chance(0.5):
            return {"query": text, "time": at}
        step = self.pick([1, 7, 15, 15, 60, 60, 300, 0.25])
        return {"query": text, "start": at, "end": at + step * self.rng.randrange(0, 40), "step": step}

"""The rules of tools/tidy. A rule takes the tree (path to text) and yields findings; its name, with
dashes, is the name that findings carry. A new rule goes into RULES and gets a case in
tidy_selftest.py, which fails without one.
"""

import functools
import re
from typing import Iterator, NamedTuple

import tidy_text

Tree = dict[str, str]


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    message: str


# The way of the data, from top to bottom: a folder includes only folders above it.
ORDER = ["base", "net", "wire", "pattern", "catalog", "ingest", "store", "query", "judge", "act", "gate", "kube",
         "kit", "team", "access", "probe", "api"]
DEMO_INCLUDES = {"base", "net", "demo"}

FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 70
README_LINES_MAX = 40
COLUMNS_MAX = 100

_CPP = (".cc", ".h")
_TS = (".ts", ".tsx")
# Inputs and expected outputs are data: they hold what they hold.
_DATA = re.compile(r"^tests/(corpus|golden|data)/|/(testdata|golden|corpus)/")
# These files name the banned things in order to ban them.
_SELF = re.compile(r"^tools/tidy")


@functools.lru_cache(maxsize=None)
def _masked(path: str, text: str) -> str:
    return tidy_text.mask(text, typescript=path.endswith(_TS))


def _sources(tree: Tree, endings: tuple[str, ...], under: str = "") -> Iterator[tuple[str, str]]:
    for path, text in tree.items():
        if path.endswith(endings) and path.startswith(under) and not _DATA.search(path):
            yield path, text


def _search(path: str, code: str, pattern: re.Pattern, rule: str, message: str) -> Iterator[Finding]:
    for found in pattern.finditer(code):
        yield Finding(path, tidy_text.line_of(code, found.start()), rule,
                      message.format(found.group().strip()))


_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def include_order(tree: Tree) -> Iterator[Finding]:
    """A folder of src includes only folders above it; demo includes base and net alone."""
    for path, text in _sources(tree, _CPP):
        parts = path.split("/")
        if parts[0] not in ("src", "demo") or len(parts) < 3 and parts[0] == "src":
            continue
        here = parts[1] if parts[0] == "src" else "demo"
        if here != "demo" and here not in ORDER:
            yield Finding(path, 1, "include-order",
                          f"folder src/{here} has no place in the order: add it to tools/tidy_rules.py")
            continue
        allowed = DEMO_INCLUDES if here == "demo" else set(ORDER[:ORDER.index(here) + 1])
        for found in _INCLUDE.finditer(text):
            there = found.group(2).split("/")[0]
            line = tidy_text.line_of(text, found.start(1))
            if there in ("..", "."):
                yield Finding(path, line, "include-order", "include from the root of src, not relatively")
            elif found.group(1) == '"' and there in ORDER and there not in allowed:
                yield Finding(path, line, "include-order", f"{here} must not include {there}, which is below it")


def file_size(tree: Tree) -> Iterator[tuple[str, Finding, int]]:
    """A C++ or TypeScript file has at most 700 lines."""
    for path, text in _sources(tree, _CPP + _TS):
        lines = text.count("\n")
        yield path, Finding(path, 1, "file-size", f"{lines} lines, the limit is {{limit}}"), lines


def function_size(tree: Tree) -> Iterator[tuple[str, Finding, int]]:
    """A C++ function has at most 70 lines."""
    for path, text in _sources(tree, _CPP):
        for function in tidy_text.functions(_masked(path, text)):
            message = f"{function.name} has {function.lines} lines, the limit is {{limit}}"
            yield (f"{path}:{function.name}", Finding(path, function.line, "function-size", message),
                   function.lines)


_COROUTINE = re.compile(r"\bco_(await|return|yield|spawn)\b")


def coroutine_place(tree: Tree) -> Iterator[Finding]:
    """Coroutines are in src/net alone."""
    for path, text in _sources(tree, _CPP):
        if not path.startswith("src/net/"):
            yield from _search(path, _masked(path, text), _COROUTINE, "coroutine-place",
                               "{} outside src/net: coroutines stay in net")


_CAPTURE = re.compile(r"(?<![\w\])])\s*\[[^\[\]]+\]\s*(?:\(|\{|mutable\b)")
_EMPTY_CAPTURE_BODY = re.compile(r"(?<![\w\])])\[\]\s*(?:\([^()]*\))?\s*(?:mutable\s*)?(?:->[^{;]*)?$")


def coroutine_temporary(tree: Tree) -> Iterator[Finding]:
    """No capturing lambda and no brace-made temporary in a co_await expression (g++ 12.2 destroys it twice)."""
    for path, text in _sources(tree, _CPP):
        code = _masked(path, text)
        for found in re.finditer(r"\bco_await\b", code):
            before, after = _statement_around(code, found.start())
            line = tidy_text.line_of(code, found.start())
            if _CAPTURE.search(after) or _CAPTURE.search(before):
                yield Finding(path, line, "coroutine-temporary",
                              "a capturing lambda inside a co_await expression: name it first")
            elif _has_brace_temporary(after) or _BRACE_BEFORE.search(before):
                yield Finding(path, line, "coroutine-temporary",
                              "a brace-made temporary inside a co_await expression: name it first")


_BRACE_BEFORE = re.compile(r"(?:[(,=?:]|\breturn|\bco_return|^)\s*(?:[\w:]+::)?[A-Z]\w*(?:<[^<>;]*>)?\s*\{")


def _statement_around(code: str, at: int) -> tuple[str, str]:
    """What stands in the same full expression before and after this co_await."""
    end, depth = at, 0
    while end < len(code):
        c = code[end]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif c == ";" and depth == 0:
            break
        end += 1
    begin = at
    while begin > 0 and code[begin - 1] != ";":
        c = code[begin - 1]
        if c == "{" and not re.search(r"[A-Z]\w*(<[^<>;]*>)?\s*$", code[max(0, begin - 120):begin - 1]):
            break  # a block opens here; after a type's name it is a temporary's brace
        if c == "{" and re.search(r"(?:->|\b(?:struct|class|const|noexcept|override))\s*[\w:<>]*\s*$",
                                  code[max(0, begin - 120):begin - 1]):
            break  # the body of a function or of a lambda with its result named
        if c == "}":
            if code[begin:at].lstrip()[:1] not in (",", ")", "."):
                break  # a block ended here
            depth = 1  # over the body of a lambda or a temporary's values
            while begin > 1 and depth > 0:
                begin -= 1
                depth += {"}": 1, "{": -1}.get(code[begin - 1], 0)
        begin -= 1
    return code[begin:at], code[at:end]


def _has_brace_temporary(expression: str) -> bool:
    """True when a brace opens here that is not the body of a lambda without captures."""
    i = 0
    while (i := expression.find("{", i)) >= 0:
        if not _EMPTY_CAPTURE_BODY.search(expression[:i]):
            return True
        depth = 0
        while i < len(expression):  # over the body, which is a function of its own
            depth += {"{": 1, "}": -1}.get(expression[i], 0)
            i += 1
            if depth == 0:
                break
    return False


_HEAVY = re.compile(r"^(asio\.hpp$|asio/|spdlog/|CLI/|simdjson|yaml-cpp/|rocksdb/|nlohmann/|curl/|sqlite3\.h$|openssl/)")


def heavy_header(tree: Tree) -> Iterator[Finding]:
    """Headers do not include the libraries that are slow to compile."""
    for path, text in _sources(tree, (".h",)):
        for found in _INCLUDE.finditer(text):
            if _HEAVY.search(found.group(2)):
                yield Finding(path, tidy_text.line_of(text, found.start(1)), "heavy-header",
                              f"<{found.group(2)}> in a header: include it in the .cc file")


_NOW = re.compile(r"::\s*now\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)|\bgettimeofday\b|\bclock_gettime\b"
                  r"|\babsl::Now\b")
_NOW_ALLOWED = ("src/base/", "src/net/", "demo/", "tests/", "bench/")


def bare_now(tree: Tree) -> Iterator[Finding]:
    """The time comes from a Clock that is handed in."""
    for path, text in _sources(tree, _CPP):
        if not path.startswith(_NOW_ALLOWED) and not path.endswith("_test.cc"):
            yield from _search(path, _masked(path, text), _NOW, "bare-now", "{} here: take a Clock (base/clock.h)")


_README_PLACES = ("src/", "apps/", "demo/", "web/", "tests/", "bench/", "deploy/", "tools/")


def folder_readme(tree: Tree) -> Iterator[Finding]:
    """Every folder of src has a README.md; a folder's README.md has at most 40 lines."""
    for folder in sorted({"/".join(path.split("/")[:2]) for path in tree
                          if path.startswith("src/") and path.count("/") > 1}):
        if f"{folder}/README.md" not in tree:
            yield Finding(f"{folder}/README.md", 1, "folder-readme",
                          "is missing: what it is, where to start reading, invariants, limits")
    for path, text in tree.items():
        lines = text.count("\n")
        if path.endswith("/README.md") and path.startswith(_README_PLACES) and lines > README_LINES_MAX:
            yield Finding(path, README_LINES_MAX + 1, "folder-readme",
                          f"{lines} lines, the limit is {README_LINES_MAX}")


_TODO = re.compile(r"\b(?:TODO|FIXME)\b(?![^\n]*#\d+)")
_CODE = _CPP + _TS + (".py", ".sh", ".css", ".txt", ".cmake", ".yaml", ".yml")


def todo_without_issue(tree: Tree) -> Iterator[Finding]:
    """A TODO names an issue as #number."""
    for path, text in tree.items():
        if (path.endswith(_CODE) or "." not in path.split("/")[-1]) and not _SELF.search(path) \
                and not _DATA.search(path):
            yield from _search(path, text, _TODO, "todo-without-issue", "{} without an issue's #number")


_STD_REGEX = re.compile(r"\bstd::w?s?regex\w*|^[ \t]*#[ \t]*include[ \t]*<regex>", re.M)


def std_regex(tree: Tree) -> Iterator[Finding]:
    """RE2 reads regular expressions; std::regex has no bound on time or stack."""
    for path, text in _sources(tree, _CPP):
        yield from _search(path, _masked(path, text), _STD_REGEX, "std-regex", "{}: use RE2")


_THROW = re.compile(r"\bthrow\b")


def no_throw(tree: Tree) -> Iterator[Finding]:
    """The product does not throw; fallible functions return Status."""
    for path, text in _sources(tree, _CPP):
        if path.startswith(("src/", "apps/")):
            yield from _search(path, _masked(path, text), _THROW, "no-throw", "{}: return a Status")


_ABSOLUTE = re.compile(r"(?<![\w.~/-])/(?:work|home)/[\w.-]*")


def absolute_path(tree: Tree) -> Iterator[Finding]:
    """No path of somebody's machine in a tracked file."""
    for path, text in tree.items():
        if not _SELF.search(path) and not _DATA.search(path):
            yield from _search(path, text, _ABSOLUTE, "absolute-path", "{}: a path of one machine")


_LOCKED = re.compile(r'"resolved": "(?!https://registry\.npmjs\.org/)[^"]*"')


def lock_file_host(tree: Tree) -> Iterator[Finding]:
    """The page's locked dependencies come from the public registry."""
    for path, text in tree.items():
        if path.split("/")[-1] == "package-lock.json":
            yield from _search(path, text, _LOCKED, "lock-file-host", "{}: not the public registry")


_ANY = re.compile(r"(?<![\w.$'-])any(?![\w$(-]|\s*\??:)")


def typescript_any(tree: Tree) -> Iterator[Finding]:
    """TypeScript has no `any`: unknown, and a check."""
    for path, text in _sources(tree, _TS):
        yield from _search(path, _masked(path, text), _ANY, "typescript-any", "{}: use unknown and narrow it")


def columns(tree: Tree) -> Iterator[Finding]:
    """C++ lines have at most 100 columns, but for raw strings and addresses."""
    for path, text in _sources(tree, _CPP):
        if max((tidy_text.width(line) for line in text.split("\n")), default=0) <= COLUMNS_MAX:
            continue
        data = tidy_text.raw_string_lines(text)
        for number, line in enumerate(text.split("\n"), 1):
            if tidy_text.width(line) > COLUMNS_MAX and number not in data and "://" not in line:
                yield Finding(path, number, "columns", f"{tidy_text.width(line)} columns, the limit is {COLUMNS_MAX}")


def _headings(text: str) -> list[str]:
    return re.findall(r"^#{1,6} .*", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)


def two_languages(tree: Tree) -> Iterator[Finding]:
    """README.md and docs/use/*.md have a Japanese twin with as many headings."""
    for path, text in tree.items():
        if path != "README.md" and not (path.startswith("docs/use/") and path.endswith(".md")):
            continue
        if path.endswith(".ja.md"):
            if path[:-len(".ja.md")] + ".md" not in tree:
                yield Finding(path, 1, "two-languages", "has no English twin")
            continue
        twin = path[:-len(".md")] + ".ja.md"
        if twin not in tree:
            yield Finding(path, 1, "two-languages", f"has no Japanese twin {twin}")
        elif len(_headings(text)) != len(_headings(tree[twin])):
            yield Finding(twin, 1, "two-languages",
                          f"{len(_headings(tree[twin]))} headings, {path} has {len(_headings(text))}")


SIZE_RULES = {"file": (file_size, FILE_LINES_MAX), "function": (function_size, FUNCTION_LINES_MAX)}
RULES = [include_order, file_size, function_size, coroutine_place, coroutine_temporary, heavy_header,
         bare_now, folder_readme, todo_without_issue, std_regex, no_throw, absolute_path,
         lock_file_host, typescript_any, columns, two_languages]


def _check_sizes(tree: Tree, kind: str, held: dict[str, int]) -> Iterator[Finding]:
    """Sizes against their limit or against what the ratchet holds, and the ratchet against the sizes."""
    rule, limit = SIZE_RULES[kind]
    seen: dict[str, int] = {}
    for key, finding, size in rule(tree):
        seen[key] = max(size, seen.get(key, 0))
        allowed = max(limit, held.get(key, 0))
        if size > allowed:
            yield finding._replace(message=finding.message.format(limit=allowed))
    for key, size in held.items():
        now = seen.get(key, 0)
        if now < size:
            what = f"lower it to {now}" if now > limit else "take the entry out"
            yield Finding("tools/tidy-ratchet.json", 1, f"{kind}-size", f"{key} is at {now}, not {size}: {what}")


def check(tree: Tree, ratchet: dict[str, dict[str, int]]) -> list[Finding]:
    findings: list[Finding] = []
    for kind in SIZE_RULES:
        findings.extend(_check_sizes(tree, kind, ratchet.get(kind, {})))
    sized = [rule for rule, _ in SIZE_RULES.values()]
    for rule in RULES:
        if rule not in sized:
            findings.extend(rule(tree))
    return sorted(set(findings))

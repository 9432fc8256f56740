"""Source text as tools/tidy's rules see it: code apart from comments and literals, functions, lines.

Not a parser: it reads clang-formatted C++ and ordinary TypeScript well enough for counting and for
patterns. What it gets wrong shows up in `tools/tidy --self-test`, which pins what it must get right.
"""

import re
import unicodedata
from typing import Iterator, NamedTuple

_REGEX_MAY_FOLLOW = set("(,=:[!&|?{};+\n")


def mask(text: str, typescript: bool = False) -> str:
    """The text with comments and the insides of literals blanked; length and lines stay the same."""
    out = list(text)
    i, n = 0, len(text)

    def blank(begin: int, end: int) -> None:
        for k in range(begin, min(end, n)):
            if out[k] != "\n":
                out[k] = " "

    while i < n:
        c = text[i]
        if text.startswith("//", i):
            end = text.find("\n", i)
            end = n if end < 0 else end
            blank(i, end)
            i = end
        elif text.startswith("/*", i):
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
            blank(i, end)
            i = end
        elif not typescript and c == "R" and (raw := re.compile(r'R"([^()\\\s]{0,16})\(').match(text, i)) \
                and (i == 0 or not text[i - 1].isalnum() or text[i - 1] in "uUL8"):
            end = text.find(")" + raw.group(1) + '"', raw.end())
            end = n if end < 0 else end
            blank(raw.end(), end)
            i = end + len(raw.group(1)) + 2
        elif c == '"' or c == "'" or (typescript and c == "`"):
            if c == "'" and not typescript and i > 0 and text[i - 1].isalnum() and text[i - 1] not in "uUL":
                i += 1  # a digit separator: 10'000
                continue
            end = _literal_end(text, i, c)
            blank(i + 1, end)
            i = end + 1
        elif typescript and c == "/" and _regex_may_stand(text, i):
            end = _literal_end(text, i, "/")
            blank(i + 1, end)
            i = end + 1
        else:
            i += 1
    return "".join(out)


def _literal_end(text: str, begin: int, quote: str) -> int:
    i = begin + 1
    while i < len(text):
        if text[i] == "\\":
            i += 2
            continue
        if text[i] == quote or (text[i] == "\n" and quote != "`"):
            return i
        i += 1
    return len(text)


def _regex_may_stand(text: str, i: int) -> bool:
    """True when the slash at i begins a regular expression: no value stands before it."""
    before = text[max(0, i - 80):i].rstrip(" \t")
    return not before or before[-1] in _REGEX_MAY_FOLLOW or before.endswith(("=>", "return"))


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def raw_string_lines(text: str) -> set[int]:
    """Lines that a C++ raw string covers: their width is the data's, not the author's."""
    lines: set[int] = set()
    for raw in re.finditer(r'R"([^()\\\s]{0,16})\((.*?)\)\1"', text, re.S):
        lines.update(range(line_of(text, raw.start()), line_of(text, raw.end()) + 1))
    return lines


def width(line: str) -> int:
    """Columns as clang-format counts them: a wide character takes two."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Function(NamedTuple):
    name: str
    line: int  # of its name
    lines: int  # from there to the closing brace


_NAME = re.compile(r"((?:[A-Za-z_]\w*(?:<[^<>()]*>)?::)*~?[A-Za-z_]\w*|operator[^\w\s]{1,3})\s*\(([^()]*)")
_TYPE = re.compile(r"^\s*(?:template\s*<.*>\s*)?(?:typedef\s+)?(?:class|struct|union|enum)\b", re.S)
_SPACE = re.compile(r"^\s*(?:inline\s+)?(?:namespace\b|extern\s*\")")


def functions(code: str) -> Iterator[Function]:
    """Functions of masked C++, from namespace and class scope; lambdas count to what holds them."""
    scopes: list[tuple[str, str, int]] = []  # what opened, its name, offset of its head
    head_begin = 0
    skip_preprocessor = re.compile(r"^[ \t]*#.*(?:\\\n.*)*", re.M)
    code = skip_preprocessor.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), code)
    for i, c in enumerate(code):
        inside = bool(scopes) and scopes[-1][0] in ("function", "other")
        if c == "{":
            if inside:
                scopes.append(("other", "", i))
                continue
            head = code[head_begin:i]
            scopes.append(_opens(head, head_begin))
            head_begin = i + 1
        elif c == "}" and scopes:
            kind, name, begin = scopes.pop()
            if kind == "function":
                first = line_of(code, begin)
                yield Function(name, first, line_of(code, i) - first + 1)
            if not (scopes and scopes[-1][0] in ("function", "other")):
                # After `: member_{1}` of a constructor the same head goes on.
                goes_on = kind != "scope" and re.match(r"\s*[,{]", code[i + 1:i + 200])
                head_begin = begin if goes_on else i + 1
        elif c == ";" and not inside:
            head_begin = i + 1
        elif c == ":" and not inside and re.search(r"\b(public|private|protected)\s*$", code[head_begin:i]):
            head_begin = i + 1


def _opens(head: str, offset: int) -> tuple[str, str, int]:
    """What the `{` after this head opens."""
    if _SPACE.match(head) or _TYPE.match(head):
        return ("scope", "", offset)
    found = _NAME.search(re.sub(r"^\s*template\s*<[^;{]*?>(?=\s*\w)", lambda m: " " * len(m.group()), head))
    if not found:
        return ("other", "", offset)
    name = found.group(1)
    if name in ("TEST", "TEST_F", "TEST_P", "BENCHMARK_DEFINE_F", "BENCHMARK_F"):
        name = ".".join(part.strip() for part in found.group(2).split(","))
    begin = offset + len(head) - len(head.lstrip())
    return ("function", name, begin)

"""`tools/tidy --self-test`: every rule must find what it is for and leave its look-alikes alone.

A case is (rule, path, text, lines): the rule's findings in this file stand on exactly these lines.
"""

import tidy_rules
import tidy_text

_LONG_FUNCTION = "int Long(int a) {\n" + "  a += 1;\n" * 80 + "  return a;\n}\n"
_FITS = "int Fits(int a) {\n" + "  a += 1;\n" * 67 + "  return a;\n}\n"

CASES = [
    ("include-order", "src/wire/a.cc", '#include "base/status.h"\n#include "store/x.h"\n', [2]),
    ("include-order", "src/store/a.cc", '#include "../base/status.h"\n', [1]),
    ("include-order", "src/judge/slo/a.cc", '#include "judge/price/p.h"\n#include "act/alert/a.h"\n', [2]),
    ("include-order", "src/api/a.cc", '#include "act/a.h"\n#include <act/b.h>\n#include "base/c.h"\n', []),
    ("include-order", "src/novel/a.cc", "int x;\n", [1]),
    ("include-order", "demo/shop.cc", '#include "net/http.h"\n#include "catalog/catalog.h"\n', [2]),
    ("include-order", "apps/kizashi/main.cc", '#include "api/server.h"\n', []),
    ("file-size", "src/base/long.cc", "int x;\n" * 701, [1]),
    ("file-size", "web/src/fits.tsx", "x();\n" * 700, []),
    ("function-size", "src/base/a.cc", _FITS + _LONG_FUNCTION, [71]),
    ("function-size", "src/base/b.cc", "namespace a {\nclass B {\n public:\n" + _LONG_FUNCTION + "};\n}\n", [4]),
    ("function-size", "src/base/c.cc",
     "A::A(int a)\n    : a_{a}, b_{a} {\n" + "  Use(a);\n" * 80 + "}\n", [1]),
    ("function-size", "src/base/d.cc",
     "TEST(Suite, Case) {\n  auto f = [&](int a) {\n" + "    Use(a);\n" * 80 + "  };\n}\n", [1]),
    ("function-size", "src/base/e.cc", "constexpr Row kRows[] = {\n" + "    {1, 2},\n" * 90 + "};\n", []),
    ("function-size", "src/base/f.cc",
     'const char* kText = R"(f() {\n' + "x\n" * 90 + '})";\n' + "#define M(x) \\\n  f(x) {\nint y;\n", []),
    ("coroutine-place", "src/api/a.cc", "// co_await in words\nawait<void> F() {\n  co_return;\n}\n", [3]),
    ("coroutine-place", "src/net/a.cc", "await<void> F() {\n  co_return;\n}\n", []),
    ("coroutine-temporary", "src/net/a.cc", "A F() {\n  co_await G([this] { return 1; });\n}\n", [2]),
    ("coroutine-temporary", "src/net/b.cc", "A F() {\n  auto r = co_await G(Request{1, 2});\n}\n", [2]),
    ("coroutine-temporary", "src/net/c.cc", "A F() {\n  if (co_await G({1, 2})) {\n    H();\n  }\n}\n", [2]),
    ("coroutine-temporary", "src/net/d.cc", "A F() {\n  co_return Answer{1, co_await G()};\n}\n", [2]),
    ("coroutine-temporary", "src/net/e.cc", "A F() {\n  Use([&](int a) { return a; }, co_await G());\n}\n", [2]),
    ("coroutine-temporary", "src/net/f.cc", "A F() {\n  co_await G(Request{1, 2}, co_await H());\n}\n", [2]),
    ("coroutine-temporary", "src/net/g.cc",
     "A F() {\n  auto named = [this] { return 1; };\n  Request request{1};\n  co_await G(named, request);\n"
     "  co_await G([](int a) { return B{a}; });\n  if (co_await H(t[i], t[j])) {\n    I({1});\n  }\n"
     "  for (auto& x : co_await J()) {\n    K(Request{1});\n  }\n  auto [a, b] = co_await L();\n"
     "  auto f = [this]() -> Awaitable<void> { co_await M(); };\n}\n", []),
    ("heavy-header", "src/base/a.h", "#pragma once\n#include <asio.hpp>\n#include <CLI/CLI.hpp>\n", [2, 3]),
    ("heavy-header", "src/store/b.h", '#include "rocksdb/db.h"\n#include <sqlite3.h>\n#include <openssl/ssl.h>\n',
     [1, 2, 3]),
    ("heavy-header", "src/base/c.cc", "#include <spdlog/spdlog.h>\n", []),
    ("heavy-header", "src/base/d.h", "#include <fmt/format.h>\n#include \"base/asio_free.h\"\n", []),
    ("bare-now", "src/judge/a.cc", "auto t = std::chrono::system_clock::now();\nauto u = time(nullptr);\n", [1, 2]),
    ("bare-now", "apps/kizashi/a.cc", "gettimeofday(&t, 0);\nauto u = absl::Now();\nclock_gettime(0, &u);\n",
     [1, 2, 3]),
    ("bare-now", "src/judge/b.cc", "// Clock::now() in words\nauto t = clock.Now();\nauto u = uptime(0);\n", []),
    ("bare-now", "src/net/a.cc", "auto t = std::chrono::steady_clock::now();\n", []),
    ("folder-readme", "src/act/README.md", "# act\n" + "line\n" * 40, [41]),
    ("folder-readme", "src/act/sub/README.md", "# sub\n", []),
    ("todo-without-issue", "src/act/a.cc", "// TODO: soon\n// TODO(#12): later\n// FIXME later\n", [1, 3]),
    ("todo-without-issue", "tools/script", "# TODO soon\n", [1]),
    ("todo-without-issue", "src/act/b.cc", 'auto kTODOs = 1;\n', []),
    ("std-regex", "src/wire/a.cc", "#include <regex>\nstd::regex r;\nstd::regex_match(a, r);\n", [1, 2, 3]),
    ("std-regex", "src/wire/b.cc", "// std::regex is banned\nre2::RE2 regex;\n", []),
    ("no-throw", "src/wire/a.cc", 'void F() {\n  throw std::runtime_error("x");\n}\n', [2]),
    ("no-throw", "src/wire/b.cc", 'EXPECT_NO_THROW(F());\nLog("do not throw this");  // throw\n', []),
    ("absolute-path", "docs/use/a.md", "See /work/data/x and\n/home/me/y.\n", [1, 2]),
    ("absolute-path", "docs/use/b.md", "https://example.com/work/x and ./work/y and ~/home/z\n", []),
    ("lock-file-host", "web/package-lock.json",
     '"resolved": "https://registry.npmjs.org/a.tgz"\n"resolved": "http://mirror.example/a.tgz"\n', [2]),
    ("typescript-any", "web/src/a.ts",
     "let a: any;\nf(b as any);\nlet c: any[] = [];\nlet d: Array<any>;\nfunction e(f: any) {}\n", [1, 2, 3, 4, 5]),
    ("typescript-any", "web/src/b.tsx",
     'const a = "any";  // any\nPromise.any(p);\nif (list.some((x) => /any/.test(x))) t(`any`);\nconst company = 1;\n', []),
    ("columns", "src/base/a.cc", "//" + "x" * 98 + "\n//" + "x" * 99 + "\n// " + "兆" * 49 + "\n", [2, 3]),
    ("columns", "src/base/b.cc", 'auto kRaw = R"(' + "x" * 120 + ')";\n// https://example.com/' + "x" * 100 + "\n", []),
    ("two-languages", "docs/use/alone.md", "# A\n", [1]),
    ("two-languages", "docs/use/alone2.ja.md", "# A\n", [1]),
]

# Cases about more than one file: (rule, tree, ratchet, path and line of each finding).
TREES = [
    ("folder-readme", {"src/act/a.cc": ""}, {}, [("src/act/README.md", 1)]),
    ("two-languages", {"README.md": "# A\n## B\n", "README.ja.md": "# A\n"}, {}, [("README.ja.md", 1)]),
    ("two-languages", {"README.md": "# A\n```\n# not a heading\n```\n", "README.ja.md": "# A\n"}, {}, []),
    ("two-languages", {"docs/use/a.md": "# A\n", "docs/use/a.ja.md": "# A\n"}, {}, []),
    ("file-size", {"src/base/a.cc": "\n" * 800}, {"file": {"src/base/a.cc": 800}}, []),
    ("file-size", {"src/base/a.cc": "\n" * 801}, {"file": {"src/base/a.cc": 800}}, [("src/base/a.cc", 1)]),
    ("file-size", {"src/base/a.cc": "\n" * 750}, {"file": {"src/base/a.cc": 800}}, [("tools/tidy-ratchet.json", 1)]),
    ("file-size", {}, {"file": {"src/base/gone.cc": 800}}, [("tools/tidy-ratchet.json", 1)]),
    ("function-size", {"src/base/a.cc": _LONG_FUNCTION}, {"function": {"src/base/a.cc:Long": 83}}, []),
    ("function-size", {"src/base/a.cc": _LONG_FUNCTION}, {"function": {"src/base/a.cc:Long": 82}},
     [("src/base/a.cc", 1)]),
    ("function-size", {"src/base/a.cc": _FITS}, {"function": {"src/base/a.cc:Fits": 90}},
     [("tools/tidy-ratchet.json", 1)]),
]


def _expect(problems: list[str], what: str, got: object, wanted: object) -> None:
    if got != wanted:
        problems.append(f"{what}: found {got}, expected {wanted}")


def run() -> int:
    problems: list[str] = []
    for number, (rule, path, text, lines) in enumerate(CASES):
        found = [f.line for f in tidy_rules.check({path: text}, {}) if f.rule == rule and f.path == path]
        _expect(problems, f"case {number}, {rule} in {path}", found, lines)
    for number, (rule, tree, ratchet, places) in enumerate(TREES):
        found = [(f.path, f.line) for f in tidy_rules.check(tree, ratchet) if f.rule == rule]
        _expect(problems, f"tree {number}, {rule}", found, places)

    names = {rule.__name__.replace("_", "-") for rule in tidy_rules.RULES}
    proven = {case[0] for case in CASES if case[3]} | {case[0] for case in TREES if case[3]}
    _expect(problems, "rules without a case that they find", sorted(names - proven), [])
    _expect(problems, "cases of unknown rules", sorted(proven - names), [])

    code = "a = \"x{\\\"\"; b = '{'; c = 10'000; // {\n/* {\n */ d = R\"x({\n)x\";\n"
    masked = tidy_text.mask(code)
    _expect(problems, "mask keeps length and lines", (len(masked), masked.count("\n")), (len(code), code.count("\n")))
    _expect(problems, "mask blanks braces in literals and comments", "{" in masked, False)
    _expect(problems, "mask keeps code", [name for name in "abcd" if f"{name} =" in masked], list("abcd"))

    for problem in problems:
        print(f"tidy self-test: {problem}")
    print(f"tidy self-test: {len(CASES) + len(TREES)} cases, {len(names)} rules, {len(problems)} problems")
    return 1 if problems else 0

#include "query/promql/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "query/promql/function_table.h"

namespace kizashi::promql {
namespace {

std::string Canonical(std::string_view text) {
  const auto parsed = ParseExpr(text);
  return parsed.ok() ? Print(**parsed) : "error " + std::string(Message(parsed.status()));
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

const Pairs kCanonical = {
    {"1", "1"},
    {"0x1F", "31"},
    {"010", "8"},
    {"08", "8"},
    {".5e-1", "0.05"},
    {"1e21", "1e+21"},
    {"-inF", "-Inf"},
    {"nan", "NaN"},
    {"+1 + -2", "1 + -2"},
    {"-1^2", "-1 ^ 2"},
    {"2 ^ -1 * 3", "2 ^ -1 * 3"},
    {"'a\\'b\\n' ", "\"a'b\\n\""},
    {"`raw\\n`", "\"raw\\\\n\""},
    {"\"\\u65e5\\x41\\101\"", "\"日AA\""},
    {"foo", "foo"},
    {"foo:bar:baz", "foo:bar:baz"},
    {"sum", "sum"},
    {"offset offset 5m", "offset offset 5m"},
    {"start + end", "start + end"},
    {"{a='b',c!=\"d\"}", "{a=\"b\",c!=\"d\"}"},
    {"foo{z=~'x.*',a!~`y`,}", "foo{a!~\"y\",z=~\"x.*\"}"},
    {"{__name__='foo'}", "{__name__=\"foo\"}"},
    {"foo{on='a',sum='b'}", "foo{on=\"a\",sum=\"b\"}"},
    {"foo[5m]", "foo[5m]"},
    {"foo[ 1h30m ] offset -1d", "foo[1h30m] offset -1d"},
    {"foo @ 1.5 offset 2w", "foo @ 1.500 offset 2w"},
    {"foo offset 90s @ -7", "foo @ -7.000 offset 1m30s"},
    {"foo[14d] @ start()", "foo[2w] @ start()"},
    {"rate(foo[5m])[1h:30s] @ end() offset 1y", "rate(foo[5m])[1h:30s] @ end() offset 1y"},
    {"foo[1m1ms:]", "foo[1m1ms:]"},
    {"sum(foo)by(a,b)", "sum by (a, b) (foo)"},
    {"sum without(a,) (foo)", "sum without (a) (foo)"},
    {"sum by () (foo)", "sum(foo)"},
    {"sum without () (foo)", "sum without () (foo)"},
    {"avg by(sum,on,offset,atan2,__name__)(foo)",
     "avg by (sum, on, offset, atan2, __name__) (foo)"},
    {"topk(5, foo)", "topk(5, foo)"},
    {"count_values('v', foo) by (x)", "count_values by (x) (\"v\", foo)"},
    {"a + on(x) group_left(y,z) b", "a + on (x) group_left (y, z) b"},
    {"a + ignoring(x) group_right b", "a + ignoring (x) group_right () b"},
    {"a == bool on() b", "a == bool on () b"},
    {"a + ignoring() b", "a + b"},
    {"a and b or c unless d", "a and b or c unless d"},
    {"(a + b) * -c", "(a + b) * -c"},
    {"a atan2 b % c", "a atan2 b % c"},
    {"histogram_quantile(0.9, sum by(le) (rate(x[1m])))",
     "histogram_quantile(0.9, sum by (le) (rate(x[1m])))"},
    {"label_join(a, 'x', '-')", "label_join(a, \"x\", \"-\")"},
    {"round(a)", "round(a)"},
    {"hour()", "hour()"},
    {"foo # a comment", "foo"},
    {"# first\nfoo{ # in braces\n a='b' }", "foo{a=\"b\"}"},
    {"foo[5m:5m] [1h:]",
     "error 1:1: parse error: subquery is only allowed on instant vector, got "
     "matrix instead"},
};

TEST(Parser, PrintsTheCanonicalForm) {
  for (const auto& [text, printed] : kCanonical) {
    EXPECT_EQ(Canonical(text), printed) << text;
    if (printed.starts_with("error")) continue;
    EXPECT_EQ(Canonical(printed), printed) << text;
  }
}

const Pairs kErrors = {
    {"", "1:1: parse error: no expression found in input"},
    {"# only a comment\n", "1:1: parse error: no expression found in input"},
    {"1+", "1:3: parse error: unexpected end of input"},
    {"1 1", "1:3: parse error: unexpected number \"1\""},
    {"*1", "1:1: parse error: unexpected <op:*>"},
    {"(1", "1:3: parse error: unclosed left parenthesis"},
    {"(1))", "1:5: parse error: unexpected right parenthesis ')'"},
    {"foo\n  bar", "2:3: parse error: unexpected identifier \"bar\""},
    {"foo a:b", "1:5: parse error: unexpected metric identifier \"a:b\""},
    {"1 \"0123456789abc\"", "1:3: parse error: unexpected string \"\\\"012345678\"..."},
    {"1 bool", "1:3: parse error: unexpected <bool>"},
    {"1 by", "1:3: parse error: unexpected <by>"},
    {"$", "1:1: parse error: unexpected character: '$'"},
    {"é", "1:1: parse error: unexpected character: 'é'"},
    {"1 =~ 2", "1:3: parse error: unexpected character after '=': '~'"},
    {"1 !~ 2", "1:3: parse error: unexpected character after '!': '~'"},
    {"1 !", "1:3: parse error: unexpected character after '!': '�'"},
    {"0x",
     "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"0x\": invalid "
     "syntax"},
    {"1e400",
     "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e400\": "
     "value out of range"},
    {"1foo", "1:1: parse error: bad number or duration syntax: \"1\""},
    {"\"abc", "1:1: parse error: unterminated quoted string"},
    {"`abc", "1:1: parse error: unterminated raw string"},
    {"\"\\q\"", "1:1: parse error: unknown escape sequence U+0071 'q'"},
    {"\"\\xg1\"", "1:1: parse error: illegal character U+0067 'g' in escape sequence"},
    {"\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point"},
    {"\"\xff\"", "1:1: parse error: invalid UTF-8 rune"},
    {"foo{", "1:5: parse error: unexpected end of input inside braces"},
    {"foo{a", "1:6: parse error: unexpected end of input inside braces"},
    {"foo{a}",
     "1:6: parse error: unexpected \"}\" in label matching, expected label matching "
     "operator"},
    {"foo{a=}", "1:7: parse error: unexpected \"}\" in label matching, expected string"},
    {"foo{a='b' c}",
     "1:11: parse error: unexpected identifier \"c\" in label matching, expected "
     "\",\" or \"}\""},
    {"foo{'a'}",
     "1:5: parse error: unexpected string \"'a'\" in label matching, expected "
     "identifier or \"}\""},
    {"foo{a='b'}{", "1:11: parse error: unexpected \"{\""},
    {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
    {"{a=''}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
    {"{a=~'.*'}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
    {"foo{__name__='bar'}",
     "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""},
    {"foo{a=~'('}", "1:5: parse error: error parsing regexp: missing closing ): `^(?:()$`"},
    {"foo{a=~'*'}",
     "1:5: parse error: error parsing regexp: missing argument to repetition operator: `*`"},
    {"foo{a=~'a)(b'}", "1:5: parse error: error parsing regexp: unexpected ): `a)(b`"},
    {"foo[", "1:5: parse error: missing unit character in duration"},
    {"foo[5]", "1:5: parse error: missing unit character in duration"},
    {"foo[5mx]", "1:5: parse error: bad duration syntax: \"5mx\""},
    {"foo[5m", "1:7: parse error: unclosed left bracket"},
    {"foo[0s]", "1:5: parse error: duration must be greater than 0"},
    {"foo[5m1d]", "1:5: parse error: not a valid duration string: \"5m1d\""},
    {"foo[999y]", "1:5: parse error: duration out of range"},
    {"1[5m]", "1:2: parse error: ranges only allowed for vector selectors"},
    {"foo offset 1m [5m]", "1:15: parse error: no offset modifiers allowed before range"},
    {"foo @ 1 [5m]", "1:9: parse error: no @ modifiers allowed before range"},
    {"foo[5m:1m", "1:10: parse error: unclosed left bracket"},
    {"foo[5m:1m 3]",
     "1:11: parse error: unexpected number \"3\" in subquery selector, expected "
     "\"]\""},
    {"foo offset", "1:11: parse error: unexpected end of input in offset, expected duration"},
    {"foo offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"},
    {"1 offset 1m",
     "1:1: parse error: offset modifier must be preceded by an instant vector "
     "selector or range vector selector or a subquery"},
    {"foo @", "1:6: parse error: unexpected end of input in @, expected timestamp"},
    {"foo @ @", "1:7: parse error: unexpected \"<Item 57385>\" <op:@> in @, expected timestamp"},
    {"foo @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"},
    {"foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
    {"sum(", "1:5: parse error: unclosed left parenthesis"},
    {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
    {"sum(a, b)",
     "1:1: parse error: wrong number of arguments for aggregate expression "
     "provided, expected 1, got 2"},
    {"topk(a)",
     "1:1: parse error: wrong number of arguments for aggregate expression provided, "
     "expected 2, got 1"},
    {"sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"},
    {"sum by a (b)",
     "1:8: parse error: unexpected identifier \"a\" in grouping opts, expected "
     "\"(\""},
    {"sum by (a b) (c)",
     "1:11: parse error: unexpected identifier \"b\" in grouping opts, "
     "expected \",\" or \")\""},
    {"sum by (1) (c)",
     "1:9: parse error: unexpected number \"1\" in grouping opts, expected "
     "label"},
    {"sum by (without) (c)",
     "1:9: parse error: unexpected <without> in grouping opts, expected "
     "label"},
    {"sum(1)",
     "1:5: parse error: expected type instant vector in aggregation expression, got "
     "scalar"},
    {"topk(a, a)",
     "1:6: parse error: expected type scalar in aggregation parameter, got instant "
     "vector"},
    {"foo(1)", "1:1: parse error: unknown function with name \"foo\""},
    {"rate(a,)", "1:7: parse error: trailing commas not allowed in function call args"},
    {"rate(a)",
     "1:6: parse error: expected type range vector in call to function \"rate\", got "
     "instant vector"},
    {"rate()", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0"},
    {"round(a, 1, 2)",
     "1:1: parse error: expected at most 2 argument(s) in call to \"round\", "
     "got 3"},
    {"label_join(a)",
     "1:1: parse error: expected at least 3 argument(s) in call to "
     "\"label_join\", got 1"},
    {"1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
    {"a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"},
    {"1 and a", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"},
    {"1 + on(x) a", "1:1: parse error: vector matching only allowed between instant vectors"},
    {"a or on(x) group_left b", "1:1: parse error: no grouping allowed for \"or\" operation"},
    {"a + on(x) group_left(x) b",
     "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once"},
    {"a + b[5m]",
     "1:5: parse error: binary expression must contain only scalar and instant "
     "vector types"},
    {"-'a'",
     "1:1: parse error: unary expression only allowed on expressions of type scalar or "
     "instant vector, got \"string\""},
};

TEST(Parser, SaysWhatIsWrongAndWhere) {
  for (const auto& [text, message] : kErrors)
    EXPECT_EQ(Canonical(text), "error " + message) << text;
}

TEST(Parser, DepthIsBounded) {
  const std::string deep(100'000, '(');
  EXPECT_THAT(Canonical(deep), testing::HasSubstr("expression is nested deeper than 500 levels"));
  EXPECT_THAT(Canonical(std::string(100'000, '-') + "a"), testing::HasSubstr("nested deeper"));
  std::string chain = "a";
  for (int i = 0; i < 498; ++i) chain += "+a";
  EXPECT_EQ(Canonical(chain + "+a").substr(0, 5), "a + a");
  EXPECT_THAT(Canonical(chain + "+a+a"), testing::HasSubstr("nested deeper"));
  EXPECT_THAT(Canonical(std::string(kQueryBytesMax + 1, ' ')), testing::HasSubstr("the most is"));
}

/// Random trees as text: every form that the printer has.
class RandomText {
 public:
  explicit RandomText(uint32_t seed) : random_(seed) {}

  std::string Vector(int depth) {
    switch (depth <= 0 ? 0 : Pick(8)) {
      case 1: return "(" + Vector(depth - 1) + ")";
      case 2: return "-" + Vector(depth - 1);
      case 3: return Vector(depth - 1) + Operator() + Vector(depth - 1);
      case 4: return "sum " + One({"by", "without"}) + " (x, le) (" + Vector(depth - 1) + ")";
      case 5: return "topk(3, " + Vector(depth - 1) + ")";
      case 6: return "rate(" + Range(depth - 1) + ")";
      case 7: return "clamp_max(" + Vector(depth - 1) + ", " + Number() + ")";
      default: return Selector() + Shift();
    }
  }

 private:
  size_t Pick(size_t n) { return random_() % n; }
  std::string One(std::initializer_list<const char*> all) { return all.begin()[Pick(all.size())]; }
  std::string Selector() {
    return One({"a", "b:c", "up{x=\"\\n\"}", "{y=~\"a|b\",z!=\"\"}", "sum", "{__name__=~\"q.+\"}"});
  }
  std::string Number() { return One({"1", "0.001", "1e+30", "+Inf", "NaN", "1.5e-07"}); }
  std::string Operator() {
    return One({" + ", " ^ ", " == bool ", " and on (x) ", " or ",
                " / ignoring (y) group_left (z) ", " > ", " atan2 "});
  }
  std::string Shift() {
    return One({"", "", " offset 5m", " @ 12.345", " @ start() offset -1m30s", " @ end()"});
  }
  std::string Range(int depth) {
    if (depth <= 0 || Pick(2) == 0) return Selector() + One({"[5m]", "[1h1s]"}) + Shift();
    return "(" + Vector(depth - 1) + ")" + One({"[1h:]", "[90s:15s]"}) + Shift();
  }

  std::mt19937 random_;
};

TEST(Parser, WhatIsPrintedParsesToTheSame) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    const std::string text = RandomText(seed).Vector(5);
    const auto parsed = ParseExpr(text);
    if (!parsed.ok()) {
      // The one mistake that such texts can have.
      EXPECT_THAT(std::string(Message(parsed.status())), testing::HasSubstr("no grouping allowed"));
      continue;
    }
    const std::string printed = Print(**parsed);
    EXPECT_EQ(Canonical(printed), printed) << text;
  }
}

TEST(Parser, ASignBelongsToThePowerBehindIt) {
  EXPECT_EQ(Canonical("inf ^ a"), "Inf ^ a");
  EXPECT_EQ(Canonical("+inf ^ a"), "+Inf ^ a");
  EXPECT_EQ(Canonical("-inf ^ inf ^ a"), "-Inf ^ Inf ^ a");
  EXPECT_EQ(Canonical("inf * a ^ inf"), "+Inf * a ^ +Inf");
}

TEST(Parser, FunctionsAreSortedByName) {
  const auto all = AllFunctions();
  EXPECT_EQ(all.size(), 70U);
  for (const Function& function : all) EXPECT_EQ(FindFunction(function.name), &function);
}

std::string Series(std::string_view text) {
  const auto series = ParseSeriesDescription(text);
  if (!series.ok()) return "error " + std::string(Message(series.status()));
  std::string out = series->labels.ToString();
  for (const SequenceValue& value : series->values) {
    out += value.omitted             ? " _"
           : IsStaleNan(value.value) ? " stale"
                                     : fmt::format(" {}", value.value);
  }
  return out;
}

TEST(SeriesDescription, ReadsTheNotationOfTests) {
  EXPECT_EQ(Series("m"), "m{}");
  EXPECT_EQ(Series("m 1"), "m{} 1");
  EXPECT_EQ(Series("{a=\"b\"} 1 2"), "{a=\"b\"} 1 2");
  EXPECT_EQ(Series("m{a='b',c='d'} 1+2x3"), "m{a=\"b\", c=\"d\"} 1 3 5 7");
  EXPECT_EQ(Series("m 1-0.5x2 _ _x2 stale 3x1"), "m{} 1 0.5 0 _ _ _ stale 3 3");
  EXPECT_EQ(Series("m -1 +2 -2-1x1 Inf"), "m{} -1 2 -2 -3 inf");
  EXPECT_EQ(Series("sum 0x2"), "sum{} 0 0 0");
}

TEST(SeriesDescription, SaysWhatIsWrong) {
  EXPECT_EQ(Series("m foo"),
            "error 1:3: parse error: unexpected identifier \"foo\" in series "
            "values, expected number or \"stale\"");
  EXPECT_EQ(Series("m{a} 1"),
            "error 1:4: parse error: unexpected \"}\" in label set, expected \"=\"");
  EXPECT_EQ(Series("m 1+"), "error 1:5: parse error: unexpected end of input in series values");
  EXPECT_THAT(Series("m 1x99999999"), testing::HasSubstr("more than"));
  EXPECT_THAT(Series("m 1x1.5"), testing::HasSubstr("invalid repetition in series values"));
}

}  // namespace
}  // namespace kizashi::promql

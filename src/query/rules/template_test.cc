#include "query/rules/template.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi::rules {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Expand(std::string_view text) {
  const auto parsed = Template::Parse(text);
  if (!parsed.ok()) return fmt::format("parse: {}", Message(parsed.status()));
  TemplateData data;
  data.labels = {{"instance", "a.example.org:9090"}, {"job", "shop"}};
  data.external_labels = {{"region", "here"}};
  data.external_url = "http://example.org/base";
  data.value = 0.75;
  const auto query = [](const std::string& expr) -> StatusOr<std::vector<TemplateSample>> {
    if (expr == "wrong(") return InvalidArgument("wrong query");
    if (expr == "none") return std::vector<TemplateSample>();
    return std::vector<TemplateSample>{{{{"job", "b"}, {"__value__", "text"}}, 2},
                                       {{{"job", "a"}}, 1.5}};
  };
  auto expanded = parsed->Expand(data, query);
  return expanded.ok() ? *expanded : fmt::format("error: {}", Message(expanded.status()));
}

// Compared with promtool in tests/interop/rules_test.py, at greater length.
TEST(Template, Expands) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"plain", "plain"},
      {"{{ $labels.job }}/{{ .Labels.job }}/{{ $labels.none }}", "shop/shop/"},
      {"{{ $value }} {{ .Value | humanizePercentage }}", "0.75 75%"},
      {"{{ $externalLabels.region }} {{ $externalURL }} {{ pathPrefix }}",
       "here http://example.org/base /base"},
      {"{{ humanize 1234567.0 }} {{ humanize1024 1048576 }} {{ humanizeDuration 3661 }}",
       "1.235M 1Mi 1h 1m 1s"},
      {"{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23 13:19:44.128 +0000 UTC"},
      {"{{ printf \"%.2f %5d|%-4s|%q\" 1.234 7 \"ab\" \"x\" }}", "1.23     7|ab  |\"x\""},
      {"{{ printf \"%d\" 1.5 }} {{ printf \"%s\" }}", "%!d(float64=1.5) %!s(MISSING)"},
      {"{{ \"ab\" | toUpper }} {{ title \"foo bar\" }} {{ toLower \"AB\" }}", "AB Foo Bar ab"},
      {"{{ reReplaceAll \"(.*):.*\" \"$1\" $labels.instance }}", "a.example.org"},
      {"{{ match \"^s\" $labels.job }}", "true"},
      {"{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }}",
       "a.example.org a:9090"},
      {"{{ parseDuration \"1h30m\" }}", "5400"},
      {"{{ query \"up\" | first | value }} {{ query \"up\" | first | label \"job\" }}", "2 b"},
      {"{{ query \"up\" | first | strvalue }}", "text"},
      {"{{ range query \"up\" | sortByLabel \"job\" }}{{ .Labels.job }}={{ .Value }};{{ end }}",
       "a=1.5;b=2;"},
      {"{{ range query \"none\" }}x{{ else }}empty{{ end }}", "empty"},
      {"{{ range $i, $s := query \"up\" }}{{ $i }}{{ $s.Value }} {{ end }}", "02 11.5 "},
      {"{{ with query \"up\" }}{{ . | first | value }}{{ end }}", "2"},
      {"{{ if gt $value 0.5 }}high{{ else if gt $value 0.2 }}mid{{ else }}low{{ end }}", "high"},
      {"{{ $x := \"a\" }}{{ $x }}{{ $x = \"b\" }}{{ $x }}", "ab"},
      {"{{ (args 1 \"b\").arg1 }}", "b"},
      {"a {{- /* said */ -}} b", "ab"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Expand(text), expected) << text;
}

TEST(Template, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{{ foo }}", "parse: 1: function \"foo\" not defined"},
      {"a\n{{ $x }}", "parse: 2: undefined variable \"$x\""},
      {"{{ if true }}", "parse: 1: unexpected EOF"},
      {"{{ $value", "parse: 1: unclosed action"},
      {"{{ end }}", "parse: 1: unexpected {{end}} or {{else}}"},
      {"{{ template \"x\" }}", "parse: 1: template is not supported"},
      {"{{ gt $value 1 }}", "error: 1: error calling gt: incompatible types for comparison"},
      {"{{ toUpper $value }}",
       "error: 1: error calling toUpper: wrong type for value; expected string; got float64"},
      {"{{ query \"wrong(\" }}", "error: 1: error calling query: wrong query"},
      {"{{ .Nothing }}",
       "error: 1: can't evaluate field Nothing in type template.alertTemplateData"},
      {"{{ humanize }}", "error: 1: wrong number of args for humanize: want 1 got 0"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Expand(text), expected) << text;
}

TEST(Template, IsBounded) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "{{ if true }}";
  EXPECT_THAT(Expand(deep), HasSubstr("blocks inside each other"));
  EXPECT_THAT(Expand("{{ " + std::string(200, '(')), HasSubstr("parentheses inside each other"));
  EXPECT_THAT(Expand(std::string(kTemplateBytesMax + 1, 'a')), HasSubstr("the most are"));
  // 2^40 characters, had nobody counted.
  std::string twice = "{{ $x := \"aaaaaaaa\" }}";
  for (int i = 0; i < 40; ++i) twice += "{{ $x = printf \"%s%s\" $x $x }}";
  EXPECT_THAT(Expand(twice), HasSubstr("gives more than"));
  std::string queries;
  for (size_t i = 0; i <= kTemplateQueriesMax; ++i) queries += "{{ query \"up\" | len }}";
  EXPECT_THAT(Expand(queries), HasSubstr("more than 20 queries"));
  std::string loops = "{{ $q := query \"up\" }}";
  for (int i = 0; i < 20; ++i) loops += "{{ range $q }}";
  for (int i = 0; i < 20; ++i) loops += "{{ end }}";
  EXPECT_THAT(Expand(loops), HasSubstr("more than 100000 steps"));
  EXPECT_THAT(Expand("{{ args (args 1) }}"), StartsWith("error: "));
}

}  // namespace
}  // namespace kizashi::rules

#include "judge/slo_formats/slo_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "catalog/slo_writer.h"
#include "judge/slo_formats/pyrra.h"
#include "judge/slo_formats/sloth.h"
#include "judge/slo_formats/test_support.h"
#include "query/promql/parser.h"
#include "query/rules/rule_file.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using promql::As;
using promql::Expr;
using promql::ExprKind;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<SloToExport> ToExport(const SloImport& import) {
  std::vector<SloToExport> out;
  for (const ImportedSlo& one : import.slos) out.push_back({one.service, one.slo});
  return out;
}

/// An SLO of the short form in a service `shop`.
SloToExport Short(std::string_view lines) {
  std::string text = "service:\n  name: shop\n  slo:\n    target: 99.9%\n    evidence: false\n";
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    text += "    " + std::string(lines.substr(0, end)) + "\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  const SloImport import = ImportFine(text);
  return import.slos.empty() ? SloToExport{} : ToExport(import)[0];
}

/// What was exported without a warning reads back as the same.
void ExpectRoundTrip(const SloToExport& one, SloExportFormat format) {
  const SloExport out = ExportSlos({one}, format);
  EXPECT_THAT(out.warnings, IsEmpty()) << out.text;
  const SloImport import = ImportFine(out.text);
  ASSERT_EQ(import.slos.size(), 1u) << out.text;
  EXPECT_EQ(import.slos[0].service, one.service) << out.text;
  SloSpec read = import.slos[0].slo;
  read.alerting.evidence = one.slo.alerting.evidence;  // no format has it
  if (format == SloExportFormat::kOpenSloV1Alpha) read.alerting = one.slo.alerting;  // nor alerts
  EXPECT_EQ(read, one.slo) << out.text << "\n--- read:\n"
                           << FormatSlo(read) << "\n--- was:\n"
                           << FormatSlo(one.slo);
}

SloToExport WithPairs(SloToExport one, std::vector<BurnPair> pairs) {
  one.slo.alerting.kind = SloAlerting::Pairs::kOwn;
  one.slo.alerting.pairs = std::move(pairs);
  return one;
}

TEST(SloExport, SlothRoundTrips) {
  const std::string counts = "bad: 'b{code=~\"5..\"}'\ntotal: t\n";
  const auto pairs = SlothPairs(std::chrono::days(30), SlothWindows());
  const std::string name = "annotations: {sloth/alerting.name: Burns}\n";
  ExpectRoundTrip(WithPairs(Short(counts + name), pairs), SloExportFormat::kSloth);
  ExpectRoundTrip(Short(counts + "alerts: none\ndescription: |\n  Two\n  lines\n"),
                  SloExportFormat::kSloth);
  ExpectRoundTrip(
      WithPairs(
          Short(counts + "labels: {tier: \"2\", a: ''}\nannotations: {sloth/alerting.name: X, "
                         "sloth/alerting.labels/c: d, sloth/page.labels/severity: p, "
                         "sloth/ticket.annotations/e: f}"),
          {pairs[0], pairs[1]}),
      SloExportFormat::kSloth);
  ExpectRoundTrip(
      WithPairs(Short("latency: {histogram: 'h{a=\"b\"}', below: 300ms}\n" + name), pairs),
      SloExportFormat::kSloth);
  ExpectRoundTrip(Short("ratio: {bad: '1 - sum(sum_over_time(x[$window]))'}\nalerts: none"),
                  SloExportFormat::kSloth);
  ExpectRoundTrip(Short("bad: {of: [a, b], less: c}\ntotal: [d, e]\nalerts: none"),
                  SloExportFormat::kSloth);
}

TEST(SloExport, SlothTakesItsWindowsAlong) {
  SloToExport one = Short("bad: b\ntotal: t\nwindow: 7d\nannotations: {sloth/alerting.name: X}\n");
  one = WithPairs(one, SlothPairs(std::chrono::days(7),
                                  {{8, std::chrono::minutes(5), std::chrono::hours(1)},
                                   {12.5, std::chrono::minutes(30), std::chrono::hours(6)},
                                   {20, std::chrono::hours(2), std::chrono::days(1)},
                                   {42, std::chrono::hours(6), std::chrono::days(3)}}));
  const SloExport out = ExportSlos({one}, SloExportFormat::kSloth);
  ASSERT_EQ(out.warnings.size(), 1u);
  EXPECT_THAT(out.warnings[0], HasSubstr("--default-slo-period=1w"));
  EXPECT_THAT(out.text, HasSubstr("errorBudgetPercent: 12.5\n"));
  const SloImport import = ImportFine(out.text);
  ASSERT_EQ(import.slos.size(), 1u);
  EXPECT_EQ(import.slos[0].slo.alerting.pairs, one.slo.alerting.pairs);
}

TEST(SloExport, PyrraRoundTrips) {
  const auto pairs = PyrraPairs(std::chrono::days(28));
  const std::string quoted = "bad: 'b{a=\"1\"}'\ntotal: 't{a=\"1\"}'\nwindow: 28d\n";
  ExpectRoundTrip(WithPairs(Short(quoted), pairs), SloExportFormat::kPyrra);
  ExpectRoundTrip(
      Short(quoted + "alerts: none\nlabels: {role: x}\nannotations: {a: b, pyrra/namespace: n, "
                     "pyrra/alerting.absent: \"false\"}"),
      SloExportFormat::kPyrra);
  ExpectRoundTrip(WithPairs(Short("latency: {histogram: h, below: 0.25}\nwindow: 28d"), pairs),
                  SloExportFormat::kPyrra);
  ExpectRoundTrip(WithPairs(Short("samples: {of: up, is: \">= 1\"}\nwindow: 28d"), pairs),
                  SloExportFormat::kPyrra);
}

TEST(SloExport, OpenSloRoundTrips) {
  const std::string alert =
      "alerts: [{severity: page, long: 1h, short: 5m, burn: 14.4, for: 5m, name: fast}]\n";
  for (const SloExportFormat format :
       {SloExportFormat::kOpenSloV1, SloExportFormat::kOpenSloV2Alpha}) {
    for (const std::string& lines : std::vector<std::string>{
             "bad: {of: [a, b], less: c}\ntotal: t\n" + alert,
             "good: a\ntotal: t\nwindow: {calendar: quarter, time_zone: Asia/Tokyo}\n" + alert,
             "latency: {histogram: h, below: 2s}\nbudgeting: {timeslices: 95%, every: 5m}\n" +
                 alert,
             "ratio: {good: sum(x)}\nbudgeting: {ratio_timeslices: 10m}\n" + alert,
             "samples: {of: up, is: \">= 1\"}\nwindow: 4w\n" + alert,
             "slice: {promql: max(x), is: \"< 0.5\"}\nlabels: {a: b}\nannotations: {c/d: e}\n" +
                 alert,
             "good: {promql: 'avg(rate(x[$window]))'}\ntotal: {promql: 'avg(rate(y[$window]))'}\n" +
                 alert,
             "good: a\ntotal: t\nwindow: {calendar: week, count: 2, time_zone: UTC, start: "
             "2024-01-01T00:00:00Z}\n" +
                 alert}) {
      ExpectRoundTrip(Short(lines), format);
    }
  }
  ExpectRoundTrip(Short("good: a\ntotal: t\ntitle: Shop\nalerts: none"),
                  SloExportFormat::kOpenSloV1);
  ExpectRoundTrip(Short("good: a\ntotal: t\ntitle: Shop\nalerts: none\nwindow: month"),
                  SloExportFormat::kOpenSloV1Alpha);
  ExpectRoundTrip(Short("samples: {of: up, is: \"> 0\"}\nalerts: none\nwindow: 6h"),
                  SloExportFormat::kOpenSloV1Alpha);
}

TEST(SloExport, SharedFilesRoundTripInTheirOwnFormat) {
  if (!fs::exists(kSharedSlos)) GTEST_SKIP() << kSharedSlos << " is not there";
  size_t compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kSharedSlos)) {
    const std::string path = entry.path().string();
    if (!entry.is_regular_file() || path.find("_gen") != std::string::npos) continue;
    const SloImport import = ImportSlos({{path, ReadSharedFile(path)}}, {});
    for (const ImportedSlo& one : import.slos) {
      if (path.ends_with("pyrra/nginx.yaml") && one.slo.name == "nginx-api-latency") {
        continue;  // its success does not belong to its total
      }
      const auto format = ParseSloExportFormat(SloFormatName(one.format));
      ASSERT_TRUE(format);
      const SloExport out = ExportSlos({{one.service, one.slo}}, *format);
      const SloImport again = ImportSlos({{"a.yaml", out.text}}, {});
      ASSERT_EQ(again.slos.size(), 1u) << path << out.text;
      EXPECT_EQ(again.slos[0].slo, one.slo) << path << "\n" << out.text;
      EXPECT_EQ(again.slos[0].service, one.service);
      ++compared;
    }
  }
  EXPECT_GT(compared, 30u);
}

TEST(SloExport, SaysWhatIsLost) {
  const SloToExport rich = Short(
      "good: a\ntotal: t\ntitle: T\nwindow: month\nbudgeting: {timeslices: 90%, every: 5m}\n"
      "policy: [{spent: 50%, do: tell}]\nagreement: {review: 2026-01-01}\n");
  const auto warnings = ExportSlos({rich}, SloExportFormat::kSloth).warnings;
  EXPECT_THAT(warnings, Contains("shop/availability: Sloth has no place for: title, policy, "
                                 "agreement"));
  EXPECT_THAT(warnings, Contains(HasSubstr("cannot count by timeslices")));
  EXPECT_THAT(warnings, Contains(HasSubstr("no calendar windows: 30d that roll are taken")));
  EXPECT_THAT(warnings, Contains(HasSubstr("two pages and two tickets")));
  EXPECT_THAT(ExportSlos({rich}, SloExportFormat::kPyrra).warnings,
              Contains(HasSubstr("left out: Pyrra's ratio is one counter of errors")));
  EXPECT_THAT(ExportSlos({rich}, SloExportFormat::kOpenSloV1).warnings,
              Contains(HasSubstr("OpenSLO cannot say the workbook's pairs")));
  const SloToExport journey = Short("journey: {}\nalerts: none");
  for (const std::string& name : SloExportFormatNames()) {
    const SloExport out = ExportSlos({journey}, *ParseSloExportFormat(name));
    EXPECT_EQ(out.exported, name == "short" ? 1u : 0u) << name;
    if (name != "short") {
      EXPECT_THAT(out.warnings, Contains(HasSubstr("left out:"))) << name;
      EXPECT_EQ(out.text, "");
    }
  }
  EXPECT_THAT(ExportSlos({SloToExport{"s", SloSpec()}}, SloExportFormat::kShort).warnings,
              IsEmpty());
}

/// The tree of an expression without its parentheses.
std::string Tree(const Expr& wrapped) {
  const Expr& expr = promql::Unwrap(wrapped);
  std::vector<promql::ExprPtr*> children = promql::Children(const_cast<Expr&>(expr));
  if (children.empty()) return promql::Print(expr);
  std::string out = "(";
  if (expr.kind == ExprKind::kBinary) {
    const auto& binary = As<promql::BinaryExpr>(expr);
    out += promql::Spelling(binary.op);
    if (binary.matching) {
      for (const std::string& label : binary.matching->labels) out += " " + label;
      out += binary.matching->on ? " on" : "";
      out += std::to_string(static_cast<int>(binary.matching->cardinality));
    }
  } else if (expr.kind == ExprKind::kAggregate) {
    const auto& aggregate = As<promql::AggregateExpr>(expr);
    out += promql::Spelling(aggregate.op);
    for (const std::string& label : aggregate.grouping) out += " " + label;
    out += aggregate.without ? " without" : "";
  } else {
    const std::string text = promql::Print(expr);
    out += text.substr(0, text.find('('));
  }
  for (promql::ExprPtr* child : children) out += " " + Tree(**child);
  return out + ")";
}

/// Name and expression of every rule of a text, also inside of Kubernetes' PrometheusRule.
std::vector<std::string> RulesOf(const std::string& text) {
  std::vector<std::string> out;
  for (const YamlNode& document : ReadYaml(text).documents) {
    const YamlNode* spec = document.Find("spec");
    const YamlNode* groups = (spec == nullptr ? document : *spec).Find("groups");
    if (groups == nullptr) continue;
    for (const YamlNode& group : groups->children) {
      const std::string name = group.Find("name")->scalar;
      for (const YamlNode& rule : group.Find("rules")->children) {
        const YamlNode* record = rule.Find("record");
        const YamlNode* alert = rule.Find("alert");
        const auto parsed = promql::ParseExpr(rule.Find("expr")->scalar);
        EXPECT_TRUE(parsed.ok()) << rule.Find("expr")->scalar;
        out.push_back(name + " " + (record == nullptr ? alert : record)->scalar + " " +
                      (parsed.ok() ? Tree(**parsed) : ""));
        if (const YamlNode* labels = rule.Find("labels"); labels != nullptr) {
          std::map<std::string, std::string> sorted;
          for (size_t i = 0; i < labels->keys.size(); ++i) {
            const std::string& key = labels->keys[i].name;
            const bool by_program = key == "cmd" || key == "sloth_mode" || key == "sloth_version" ||
                                    key == "sloth_spec";
            if (!by_program) sorted[key] = labels->children[i].scalar;
          }
          for (const auto& [key, value] : sorted) out.back() += " " + key + "=" + value;
        }
      }
    }
  }
  return out;
}

TEST(SlothRules, AreThoseThatSlothMakes) {
  if (!fs::exists(kSharedSlos)) GTEST_SKIP() << kSharedSlos << " is not there";
  for (const std::string name :
       {"getting-started.yml", "home-wifi.yml", "k8s-getting-started.yml", "k8s-home-wifi.yml",
        "k8s-multifile.yml", "kubernetes-apiserver.yml", "multifile.yml", "no-alerts.yml",
        "raw-home-wifi.yml", "slo-plugin-getting-started.yml",
        "slo-plugin-k8s-getting-started.yml"}) {
    SCOPED_TRACE(name);
    const SloImport import = ImportFine(ReadSharedFile(kSharedSlos + "/sloth/" + name));
    const SloExport out = ExportSlos(ToExport(import), SloExportFormat::kRulesSloth);
    const auto ours = RulesOf(out.text);
    const auto theirs = RulesOf(ReadSharedFile(kSharedSlos + "/sloth/_gen/" + name));
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], theirs[i]);
  }
}

/// What promtool says to rules; nullopt without promtool.
void ExpectGoodRules(const std::string& text) {
  const rules::RuleFile file = rules::ParseRuleFile("rules.yml", text);
  EXPECT_THAT(file.errors, IsEmpty()) << text;
  EXPECT_GT(file.RuleCount(), 0u);
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) return;
  std::string folder = (fs::temp_directory_path() / "kizashi-rules-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/rules.yml";
  std::ofstream(path) << text;
  EXPECT_EQ(std::system(("promtool check rules " + path + " >" + path + ".out 2>&1").c_str()), 0)
      << ReadSharedFile(path + ".out") << text;
  fs::remove_all(folder);
}

TEST(SloRules, PromtoolTakesBothShapesOfEverySharedFile) {
  if (!fs::exists(kSharedSlos)) GTEST_SKIP() << kSharedSlos << " is not there";
  std::vector<SloToExport> slos;
  for (const std::string folder : {"sloth", "pyrra"}) {
    for (const auto& entry : fs::directory_iterator(kSharedSlos + "/" + folder)) {
      if (!entry.is_regular_file()) continue;
      for (auto& one : ToExport(ImportSlos({{"a", ReadSharedFile(entry.path())}}, {}))) {
        one.slo.name += "-" + std::to_string(slos.size());
        slos.push_back(std::move(one));
      }
    }
  }
  slos.push_back(Short("samples: {of: [a, b], is: \"!= 3\"}"));
  slos.push_back(Short("name: fresh\nfreshness: {of: last, within: 1h}\nwindow: month"));
  slos.push_back(Short("name: both\ngood: a\nbad: [b, c]"));
  ExpectGoodRules(ExportSlos(slos, SloExportFormat::kRulesSloth).text);
  ExpectGoodRules(ExportSlos(slos, SloExportFormat::kRulesPyrra).text);
}

TEST(PyrraRules, HaveItsShape) {
  const std::string text =
      "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\n"
      "metadata: {name: errors, labels: {pyrra.dev/team: shop}}\nspec:\n  target: '99'\n"
      "  window: 4w\n  indicator:\n    ratio:\n"
      "      errors: {metric: 'req_total{job=\"a\",h=~\"x.*\",code=~\"5..\"}'}\n"
      "      total: {metric: 'req_total{job=\"a\",h=~\"x.*\"}'}\n";
  const auto rules =
      RulesOf(ExportSlos(ToExport(ImportFine(text)), SloExportFormat::kRulesPyrra).text);
  ASSERT_EQ(rules.size(), 13u) << testing::PrintToString(rules);
  EXPECT_EQ(rules[0],
            "errors-increase req:increase4w (sum code h (increase req_total{h=~\"x.*\",job=\"a\"}"
            "[4w])) job=a slo=errors team=shop");
  EXPECT_EQ(rules[2],
            "errors req:burnrate5m (/0 (sum (rate req_total{code=~\"5..\",h=~\"x.*\",job=\"a\"}[5m]"
            ")) (sum (rate req_total{h=~\"x.*\",job=\"a\"}[5m]))) job=a slo=errors team=shop");
  EXPECT_EQ(rules[9],
            "errors ErrorBudgetBurn (and3 (> req:burnrate5m{job=\"a\",slo=\"errors\"} (* 14 (- 1 "
            "0.99))) (> req:burnrate1h{job=\"a\",slo=\"errors\"} (* 14 (- 1 0.99)))) exhaustion=2d "
            "job=a long=1h severity=critical short=5m slo=errors team=shop");
}

}  // namespace
}  // namespace kizashi

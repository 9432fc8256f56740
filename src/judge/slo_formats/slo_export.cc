#include "judge/slo_formats/slo_export.h"

#include <algorithm>

#include "catalog/slo_alerts.h"
#include "catalog/slo_writer.h"
#include "judge/slo_formats/format_writer.h"

namespace kizashi {
namespace {

void ExportShort(const std::vector<SloToExport>& slos, FormatOutput* out) {
  for (size_t i = 0; i < slos.size();) {
    std::vector<SloSpec> of_service;
    const std::string& service = slos[i].service;
    for (; i < slos.size() && slos[i].service == service; ++i) {
      of_service.push_back(slos[i].slo);
      out->Count();
    }
    out->Add(ServiceTree(service, of_service));
  }
}

}  // namespace

const std::vector<std::string>& SloExportFormatNames() {
  static const auto* names =
      new std::vector<std::string>{"short", "openslo-v1alpha", "openslo",     "openslo-v2alpha",
                                   "sloth", "pyrra",           "rules-sloth", "rules-pyrra"};
  return *names;
}

std::optional<SloExportFormat> ParseSloExportFormat(std::string_view name) {
  const auto& names = SloExportFormatNames();
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<SloExportFormat>(at - names.begin());
}

void FormatOutput::Warn(const SloToExport& slo, std::string_view text) {
  warnings_.push_back(fmt::format("{}/{}: {}", slo.service, slo.slo.name, text));
}

SloExport FormatOutput::Take() {
  SloExport out;
  for (const YamlNode& document : documents_) {
    if (!out.text.empty()) out.text += "---\n";
    out.text += WriteYaml(document);
  }
  out.warnings = std::move(warnings_);
  out.exported = exported_;
  return out;
}

void WarnOfLost(const SloToExport& one, const FormatKeeps& keeps, FormatOutput* out) {
  const SloSpec& slo = one.slo;
  std::string lost;
  const auto check = [&](bool is_set, std::string_view what) {
    if (is_set) lost += fmt::format("{}{}", lost.empty() ? "" : ", ", what);
  };
  check(!keeps.title && !slo.title.empty(), "title");
  check(!keeps.description && !slo.description.empty(), "description");
  check(!keeps.labels && !slo.labels.empty(), "labels");
  check(
      slo.interval != SloSpec().interval && slo.budgeting.method == Budgeting::Method::kOccurrences,
      "interval");
  check(!slo.policy.empty(), "policy");
  check(!slo.overrides.empty(), "overrides");
  check(!slo.changes.empty(), "exclusions and adjustments");
  check(slo.agreement != Agreement(), "agreement");
  check(!slo.indicator.dependency.empty(), "dependency");
  if (!lost.empty()) out->Warn(one, fmt::format("{} has no place for: {}", keeps.format, lost));
  if (!keeps.budgeting && slo.budgeting.method != Budgeting::Method::kOccurrences) {
    out->Warn(one, fmt::format("{} cannot count by {}: it counts events there", keeps.format,
                               BudgetingName(slo.budgeting.method)));
  }
  if (!keeps.calendar && slo.window.unit != BudgetWindow::Unit::kRolling) {
    out->Warn(one, fmt::format("{} has no calendar windows: {} that roll are taken", keeps.format,
                               FormatDuration(NominalLength(slo.window))));
  }
}

Texts WithPrefix(const Texts& texts, std::string_view prefix) {
  Texts out;
  for (const auto& [key, text] : texts) {
    if (key.starts_with(prefix)) out.push_back({key.substr(prefix.size()), text});
  }
  return out;
}

Texts WithoutPrefix(const Texts& texts, std::string_view prefix) {
  Texts out;
  for (const auto& one : texts) {
    if (!one.first.starts_with(prefix)) out.push_back(one);
  }
  return out;
}

Texts RuleLabels(const SloToExport& slo, const Texts& labels, FormatOutput* out) {
  Texts kept;
  std::string lost;
  for (const auto& one : labels) {
    const std::string& name = one.first;
    const bool good = !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
                      std::all_of(name.begin(), name.end(), [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '_';
                      });
    if (good) {
      kept.push_back(one);
    } else {
      lost += fmt::format("{}{}", lost.empty() ? "" : ", ", name);
    }
  }
  if (!lost.empty()) out->Warn(slo, fmt::format("no labels of Prometheus: {}", lost));
  return kept;
}

YamlNode TextsTree(const Texts& texts) {
  YamlMapping out;
  for (const auto& [key, text] : texts) out.Add(key, text);
  return out.Take();
}

void AddTextsIfAny(std::string_view key, const Texts& texts, YamlMapping* out) {
  if (!texts.empty()) out->Add(key, TextsTree(texts));
}

YamlNode DurationNode(Duration duration) { return YamlPlain(FormatDuration(duration)); }

SloExport ExportSlos(const std::vector<SloToExport>& slos, SloExportFormat format) {
  FormatOutput out;
  switch (format) {
    case SloExportFormat::kShort: ExportShort(slos, &out); break;
    case SloExportFormat::kOpenSloV1Alpha:
    case SloExportFormat::kOpenSloV1:
    case SloExportFormat::kOpenSloV2Alpha: ExportOpenSlo(slos, format, &out); break;
    case SloExportFormat::kSloth: ExportSloth(slos, &out); break;
    case SloExportFormat::kPyrra: ExportPyrra(slos, &out); break;
    case SloExportFormat::kRulesSloth: ExportSlothRules(slos, &out); break;
    case SloExportFormat::kRulesPyrra: ExportPyrraRules(slos, &out); break;
  }
  const bool evidence = std::any_of(slos.begin(), slos.end(), [](const SloToExport& one) {
    return one.slo.alerting.evidence && !ReachablePairs(one.slo).empty();
  });
  if (evidence && format != SloExportFormat::kShort) {
    out.WarnAll("alerts there fire without evidence: at low traffic also by chance");
  }
  return out.Take();
}

}  // namespace kizashi

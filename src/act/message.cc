#include "act/message.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "act/format.h"
#include "act/rule_alerts.h"
#include "act/slo_text.h"
#include "net/http.h"

namespace kizashi {
namespace {

// A name in a heading; longer ones are cut so that what follows stays readable.
constexpr size_t kNameMax = 80;
constexpr size_t kValueMax = 2'000;

bool IsFiring(std::string_view event) { return event == "firing"; }

TextId HeaderId(const AlertRecord& alert, std::string_view event) {
  const std::string code = AlertCode(alert);
  if (code == "rule") return IsFiring(event) ? TextId::kRuleFiring : TextId::kRuleResolved;
  if (code == "no_data") return IsFiring(event) ? TextId::kNoDataFiring : TextId::kNoDataResolved;
  if (code == "policy") return IsFiring(event) ? TextId::kPolicyFiring : TextId::kPolicyResolved;
  const bool page = alert.severity == Severity::kPage;
  if (IsFiring(event)) return page ? TextId::kPageFiring : TextId::kTicketFiring;
  return page ? TextId::kPageResolved : TextId::kTicketResolved;
}

double NumberOrNan(const AlertRecord& alert, std::string_view name) {
  return FindField(alert.fields, name) == nullptr ? std::nan("") : FieldNumber(alert.fields, name);
}

std::string Span(double seconds, Language language) {
  // Beyond a thousand years it is not a span that anybody waits for.
  if (!std::isfinite(seconds) || std::abs(seconds) > 3.2e10) return "–";
  return FormatSpan(Duration(std::llround(seconds * 1000)), language);
}

std::string DurationText(const AlertRecord& alert, Language language) {
  return alert.end ? FormatSpan(*alert.end - alert.begin, language) : "–";
}

/// What a rule's author says about the alert; its labels when nothing.
std::string RuleText(const AlertRecord& alert) {
  for (const std::string_view name :
       {"annotation_summary", "annotation_message", "annotation_description"}) {
    if (std::string text = FieldText(alert.fields, name); !text.empty()) return text;
  }
  return FieldText(alert.fields, "labels");
}

std::string RuleSummary(const AlertRecord& alert, std::string_view event,
                        const MessageContext& context) {
  const Language language = context.language;
  const TextId severity = alert.severity == Severity::kPage ? TextId::kPage : TextId::kTicket;
  const std::string severity_text(Text(severity, language));
  if (IsFiring(event)) {
    return FillText(TextId::kRuleSummaryFiring, language,
                    {{"severity", severity_text},
                     {"alert", alert.slo},
                     {"service", context.service_title},
                     {"what", RuleText(alert)}});
  }
  return FillText(TextId::kRuleSummaryResolved, language,
                  {{"severity", severity_text},
                   {"alert", alert.slo},
                   {"service", context.service_title},
                   {"duration", DurationText(alert, language)}});
}

std::string ActionText(const AlertRecord& alert, Language language) {
  const std::string action = FieldText(alert.fields, "action");
  const TextId id = action == "hold"     ? TextId::kPolicyHold
                    : action == "ticket" ? TextId::kPolicyTicket
                                         : TextId::kPolicyTell;
  return std::string(Text(id, language));
}

std::string NoDataSummary(const AlertRecord& alert, std::string_view event,
                          const MessageContext& context) {
  const Language language = context.language;
  const TextId id = IsFiring(event) ? TextId::kNoDataSummaryFiring : TextId::kNoDataSummaryResolved;
  return FillText(id, language,
                  {{"service", context.service_title},
                   {"slo", alert.slo},
                   {"silent", Span(NumberOrNan(alert, "silent_seconds"), language)},
                   {"duration", DurationText(alert, language)}});
}

std::string PolicySummary(const AlertRecord& alert, std::string_view event,
                          const MessageContext& context) {
  const Language language = context.language;
  const TextId id = IsFiring(event) ? TextId::kPolicySummaryFiring : TextId::kPolicySummaryResolved;
  return FillText(
      id, language,
      {{"service", context.service_title},
       {"slo",
        IsOfAnomalies(alert) ? std::string(Text(TextId::kAnomalyBudgetOf, language)) : alert.slo},
       {"action", ActionText(alert, language)},
       {"condition", PolicyConditionOf(alert, language)},
       {"duration", DurationText(alert, language)}});
}

std::string Summary(const AlertRecord& alert, std::string_view event,
                    const MessageContext& context) {
  const std::string code = AlertCode(alert);
  if (code == "rule") return RuleSummary(alert, event, context);
  if (code == "no_data") return NoDataSummary(alert, event, context);
  if (code == "policy") return PolicySummary(alert, event, context);
  const Language language = context.language;
  const TextId severity = alert.severity == Severity::kPage ? TextId::kPage : TextId::kTicket;
  const std::string severity_text(Text(severity, language));
  if (IsFiring(event)) {
    return FillText(TextId::kSummaryFiring, language,
                    {{"severity", severity_text},
                     {"service", context.service_title},
                     {"slo", alert.slo},
                     {"burn", FormatNumber(NumberOrNan(alert, "long_burn"), 1)}});
  }
  return FillText(TextId::kSummaryResolved, language,
                  {{"severity", severity_text},
                   {"service", context.service_title},
                   {"slo", alert.slo},
                   {"duration", DurationText(alert, language)}});
}

using Rows = std::vector<std::pair<TextId, std::string>>;

void AddBurnRows(const AlertRecord& alert, Language language, Rows* rows) {
  const std::string long_span = Span(NumberOrNan(alert, "long_seconds"), language);
  const std::string short_span = Span(NumberOrNan(alert, "short_seconds"), language);
  rows->emplace_back(TextId::kBurnRate,
                     FillText(TextId::kBurnRateValue, language,
                              {{"long", long_span},
                               {"short", short_span},
                               {"long_burn", FormatNumber(NumberOrNan(alert, "long_burn"), 1)},
                               {"short_burn", FormatNumber(NumberOrNan(alert, "short_burn"), 1)}}));
  rows->emplace_back(TextId::kPair,
                     FillText(TextId::kPairValue, language,
                              {{"long", long_span},
                               {"short", short_span},
                               {"factor", fmt::format("{:g}", NumberOrNan(alert, "factor"))}}));
  if (FindField(alert.fields, "needed") != nullptr) {
    rows->emplace_back(TextId::kFailureCount,
                       FillText(TextId::kFailureCountValue, language,
                                {{"bad", FormatNumber(NumberOrNan(alert, "bad"), 0)},
                                 {"needed", FormatNumber(NumberOrNan(alert, "needed"), 0)}}));
  }
}

void AddTextRow(TextId id, const AlertRecord& alert, std::string_view field, Rows* rows) {
  if (std::string text = FieldText(alert.fields, field); !text.empty()) {
    rows->emplace_back(id, std::move(text));
  }
}

void AddPolicyRows(const AlertRecord& alert, Language language, Rows* rows) {
  rows->emplace_back(TextId::kCondition, PolicyConditionOf(alert, language));
  AddTextRow(TextId::kAgreed, alert, "text", rows);
  rows->emplace_back(TextId::kBudgetSpent, FormatPercent(NumberOrNan(alert, "spent_share")));
  AddTextRow(TextId::kBurnedBy, alert, "spent_by", rows);
}

void AddNoDataRows(const AlertRecord& alert, std::string_view event, Language language,
                   Rows* rows) {
  if (!IsFiring(event)) return;
  rows->emplace_back(TextId::kSilent, Span(NumberOrNan(alert, "silent_seconds"), language));
  rows->emplace_back(TextId::kAlerts, Text(TextId::kAlertsFrozen, language));
}

void AddSloRows(const AlertRecord& alert, std::string_view event, Language language, Rows* rows) {
  rows->emplace_back(
      TextId::kSlo,
      FillText(TextId::kSloValue, language,
               {{"slo", alert.slo}, {"target", FormatTarget(NumberOrNan(alert, "target"))}}));
  const std::string code = AlertCode(alert);
  if (code == "no_data") return AddNoDataRows(alert, event, language, rows);
  if (code == "policy") return AddPolicyRows(alert, language, rows);
  if (IsFiring(event)) AddBurnRows(alert, language, rows);
  AddTextRow(TextId::kBurnedBy, alert, "burned_by", rows);
  AddTextRow(TextId::kDependency, alert, "dependency", rows);
  rows->emplace_back(TextId::kBudgetSpent, FormatPercent(NumberOrNan(alert, "spent_share")));
  if (IsFiring(event)) {
    rows->emplace_back(TextId::kTimeToEmpty,
                       Span(NumberOrNan(alert, "hours_to_empty") * 3600, language));
  }
}

void AddRuleRows(const AlertRecord& alert, Rows* rows) {
  rows->emplace_back(TextId::kAlert, RuleText(alert));
  rows->emplace_back(TextId::kLabels, FieldText(alert.fields, "labels"));
  rows->emplace_back(TextId::kExpression, FieldText(alert.fields, "expr"));
}

/// What the message says, one labelled value each.
Rows MessageRows(const AlertRecord& alert, std::string_view event, const MessageContext& context) {
  const Language language = context.language;
  Rows rows;
  rows.emplace_back(TextId::kService, context.service_title);
  rows.emplace_back(TextId::kOwner, alert.owner.empty() ? "–" : alert.owner);
  if (IsRuleAlert(alert)) {
    AddRuleRows(alert, &rows);
  } else {
    AddSloRows(alert, event, language, &rows);
  }
  rows.emplace_back(TextId::kBegin, FormatMoment(alert.begin, context.time_zone, language));
  if (!IsFiring(event)) {
    rows.emplace_back(TextId::kEnd, alert.end
                                        ? FormatMoment(*alert.end, context.time_zone, language)
                                        : std::string("–"));
    rows.emplace_back(TextId::kDuration, DurationText(alert, language));
  }
  return rows;
}

}  // namespace

MessageContext MakeMessageContext(const AlertRecord& alert, const Catalog& catalog,
                                  std::string_view page_url) {
  MessageContext context;
  context.page_url = page_url;
  context.service_title = alert.service;
  if (const Service* service = catalog.FindService(alert.service);
      service != nullptr && !service->title.empty()) {
    context.service_title = service->title;
  }
  if (const Team* team = catalog.FindTeam(alert.owner); team != nullptr) {
    context.language = LanguageFromCode(team->language);
    context.time_zone = team->time_zone;
  }
  return context;
}

std::string ServiceLink(std::string_view page_url, std::string_view service) {
  if (page_url.empty()) return "";
  while (page_url.ends_with('/')) page_url.remove_suffix(1);
  return fmt::format("{}/services/{}", page_url, PercentEncode(service));
}

std::string SloLink(std::string_view page_url, std::string_view service, std::string_view slo) {
  if (page_url.empty()) return "";
  while (page_url.ends_with('/')) page_url.remove_suffix(1);
  return fmt::format("{}/slos/{}/{}", page_url, PercentEncode(service), PercentEncode(slo));
}

std::string AlertCode(const AlertRecord& alert) {
  if (IsRuleAlert(alert)) return "rule";
  std::string code = FieldText(alert.fields, "code");
  return code.empty() ? "burn" : code;
}

std::string SlackEscape(std::string_view text, size_t units_max) {
  std::string out;
  size_t units = 0;
  size_t cut = 0;  // the length of `out` that leaves room for "…"
  for (size_t i = 0; i < text.size();) {
    const size_t size = CharacterSize(text, i);
    std::string_view piece = text.substr(i, size);
    if (piece == "&") piece = "&amp;";
    if (piece == "<") piece = "&lt;";
    if (piece == ">") piece = "&gt;";
    const size_t piece_units = size == 1 ? piece.size() : (size == 4 ? 2 : 1);
    if (units + piece_units > units_max) {
      out.resize(cut);
      if (units_max > 0) out += "…";
      return out;
    }
    out += piece;
    units += piece_units;
    if (units + 1 <= units_max) cut = out.size();
    i += size;
  }
  return out;
}

AlertTexts TextsOfAlert(const AlertRecord& alert, std::string_view event,
                        const MessageContext& context) {
  const Language language = context.language;
  AlertTexts texts;
  texts.title = FillText(HeaderId(alert, event), language,
                         {{"service", CutText(context.service_title, kNameMax)},
                          {"alert", CutText(alert.slo, kNameMax)},
                          {"action", ActionText(alert, language)}});
  texts.summary = OneLine(Summary(alert, event, context));
  for (const auto& [label, value] : MessageRows(alert, event, context)) {
    if (value.empty()) continue;
    texts.details +=
        fmt::format("{}: {}\n", Text(label, language), CutText(OneLine(value), kValueMax));
  }
  return texts;
}

}  // namespace kizashi

#include "act/message.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "act/format.h"
#include "act/rule_alerts.h"
#include "act/slo_text.h"
#include "base/json_writer.h"
#include "net/http.h"

namespace kizashi {
namespace {

// Block Kit's limits in characters (docs.slack.dev/reference/block-kit).
constexpr size_t kHeaderMax = 150;
constexpr size_t kFieldMax = 2'000;
constexpr size_t kTextMax = 3'000;
// A name in a heading or a link; longer ones are cut so that what follows stays readable.
constexpr size_t kNameMax = 80;

// Block Kit's limit of a section.
constexpr size_t kFieldsMax = 10;

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

void WriteTextObject(std::string_view type, std::string_view text, JsonWriter* writer) {
  writer->BeginObject().Key("type").String(type).Key("text").String(text).EndObject();
}

void WriteSections(const Rows& rows, Language language, JsonWriter* writer) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i % kFieldsMax == 0) {
      if (i > 0) writer->EndArray().EndObject();
      writer->BeginObject().Key("type").String("section").Key("fields").BeginArray();
    }
    const auto& [label, value] = rows[i];
    const std::string text = fmt::format("*{}*\n", Text(label, language)) +
                             SlackEscape(OneLine(value), kFieldMax - 2 * kNameMax);
    WriteTextObject("mrkdwn", text, writer);
  }
  writer->EndArray().EndObject();
}

std::string ContextLine(const AlertRecord& alert, const MessageContext& context) {
  const std::string id = FillText(TextId::kAlertId, context.language, {{"id", alert.id}});
  std::string line = SlackEscape(id, kNameMax);
  const std::string link = SlackEscape(ServiceLink(context.page_url, alert.service), kTextMax);
  if (link.empty() || link.size() + 2 * kNameMax > kFieldMax) return line;
  const std::string label = FillText(TextId::kOpenService, context.language,
                                     {{"service", CutText(context.service_title, kNameMax)}});
  // A bar in the label would end the link's address a second time.
  std::string escaped = SlackEscape(label, 2 * kNameMax);
  for (char& c : escaped) {
    if (c == '|') c = '/';
  }
  return fmt::format("<{}|{}> · {}", link, escaped, line);
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

std::string DedupKey(const AlertRecord& alert, std::string_view event) {
  return fmt::format("{}-{}", alert.id, event);
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

std::string SlackMessage(const AlertRecord& alert, std::string_view event,
                         const MessageContext& context) {
  const Language language = context.language;
  const std::string header = FillText(HeaderId(alert, event), language,
                                      {{"service", CutText(context.service_title, kNameMax)},
                                       {"alert", CutText(alert.slo, kNameMax)},
                                       {"action", ActionText(alert, language)}});
  JsonWriter writer;
  writer.BeginObject().Key("text").String(SlackEscape(Summary(alert, event, context), kTextMax));
  writer.Key("blocks").BeginArray();
  writer.BeginObject().Key("type").String("header").Key("text");
  WriteTextObject("plain_text", SlackEscape(header, kHeaderMax), &writer);
  writer.EndObject();
  WriteSections(MessageRows(alert, event, context), language, &writer);
  writer.BeginObject().Key("type").String("context").Key("elements").BeginArray();
  WriteTextObject("mrkdwn", ContextLine(alert, context), &writer);
  writer.EndArray().EndObject();
  writer.EndArray().EndObject();
  return writer.Take();
}

std::string WebhookMessage(const AlertRecord& alert, std::string_view event,
                           const MessageContext& context) {
  JsonWriter writer;
  writer.BeginObject().Key("version").Int(1).Key("event").String(event);
  writer.Key("id").String(alert.id).Key("dedup_key").String(DedupKey(alert, event));
  writer.Key("service").String(alert.service).Key("service_title").String(context.service_title);
  writer.Key("owner").String(alert.owner).Key("slo").String(alert.slo);
  writer.Key("severity").String(SeverityName(alert.severity));
  writer.Key("code").String(AlertCode(alert));
  writer.Key("begin").String(FormatTime(alert.begin)).Key("end");
  // A firing that is sent late says what it would have said in time.
  if (alert.end && !IsFiring(event)) {
    writer.String(FormatTime(*alert.end));
  } else {
    writer.Null();
  }
  writer.Key("summary").String(Summary(alert, event, context));
  writer.Key("fields").Raw(FieldsToJson(alert.fields));
  writer.Key("links").BeginObject();
  if (const std::string link = ServiceLink(context.page_url, alert.service); !link.empty()) {
    writer.Key("service").String(link);
    if (!IsRuleAlert(alert)) {
      writer.Key("slo").String(IsOfAnomalies(alert)
                                   ? ServiceLink(context.page_url, alert.service)
                                   : SloLink(context.page_url, alert.service, alert.slo));
    }
  }
  return writer.EndObject().EndObject().Take();
}

}  // namespace kizashi

// What stands beside an SLO: policy, overrides, exclusions, adjustments, agreement, labels.
#include <algorithm>

#include "catalog/recurrence.h"
#include "catalog/slo_reader.h"

namespace kizashi {
namespace {

constexpr double kMinutesMax = 366.0 * 24 * 60;

void RequireKeys(const Field& field,
                 std::initializer_list<std::pair<const char*, const char*>> keys) {
  for (const auto& [key, expected] : keys) {
    if (!field.Key(key).present()) field.Key(key).Wrong(expected);
  }
}

/// 50% and 150%: above 0 and up to ten budgets.
std::optional<double> ReadSpent(const Field& field) {
  if (!field.present()) return std::nullopt;
  std::string text =
      field.node().kind == YamlNode::Kind::kScalar ? field.node().scalar : std::string();
  if (text.ends_with('%')) text.pop_back();
  const auto moved =
      text.empty() || text.size() > 32 || text.find_first_not_of("0123456789.") != std::string::npos
          ? 0.0
          : std::strtod((text + "e-2").c_str(), nullptr);
  if (moved >= 1e-9 && moved <= 10) return moved;
  field.Wrong("a percentage of the budget above 0 and up to 1000");
  return std::nullopt;
}

std::optional<PolicyStep> ReadStep(const Field& field) {
  if (!CheckMapping(field, "a mapping such as {spent: 50%, do: tell}")) return std::nullopt;
  CheckKeys(field, {"spent", "burn", "over", "do", "text"});
  PolicyStep step;
  RequireKeys(field, {{"do", "tell, ticket or hold"}});
  const auto action = ReadOneOf(field.Key("do"), {"tell", "ticket", "hold"});
  if (action == "ticket") step.action = PolicyStep::Action::kTicket;
  if (action == "hold") step.action = PolicyStep::Action::kHold;
  step.text = ReadProse(field.Key("text")).value_or("");
  const bool by_burn = field.Key("burn").present();
  if (by_burn == field.Key("spent").present() || by_burn != field.Key("over").present()) {
    field.Wrong("either spent, or burn and over");
    return std::nullopt;
  }
  if (by_burn) {
    step.burn = ReadNumber(field.Key("burn"), 1e-6, 1e6).value_or(0);
    step.over = ReadDuration(field.Key("over"), std::chrono::minutes(1), SloSpec::kWindowMax)
                    .value_or(Duration(0));
  } else {
    step.spent = ReadSpent(field.Key("spent")).value_or(0);
  }
  return step;
}

std::optional<PolicyOverride> ReadOverride(const Field& field) {
  if (!CheckMapping(field, "a mapping with until, reason and author")) return std::nullopt;
  CheckKeys(field, {"until", "reason", "author"});
  RequireKeys(field, {{"until", "a time such as 2026-01-31T22:00:00Z"},
                      {"reason", "why the hold does not count"},
                      {"author", "who decided it"}});
  PolicyOverride out;
  const auto until = ReadTime(field.Key("until"));
  out.reason = ReadProse(field.Key("reason")).value_or("");
  out.author = ReadText(field.Key("author")).value_or("");
  if (!until) return std::nullopt;
  out.until = *until;
  return out;
}

std::optional<BudgetChange> ReadExclusion(const Field& field) {
  if (!CheckMapping(field, "a mapping with from, to or for, reason and author")) {
    return std::nullopt;
  }
  CheckKeys(field, {"from", "to", "for", "repeat", "time_zone", "reason", "author"});
  RequireKeys(field, {{"from", "a time such as 2026-01-31T22:00:00Z"},
                      {"reason", "why it is not to count"},
                      {"author", "who decided it"}});
  BudgetChange change;
  const auto from = ReadTime(field.Key("from"));
  const auto to = ReadTime(field.Key("to"));
  const auto length = ReadDuration(field.Key("for"), std::chrono::seconds(1), SloSpec::kWindowMax);
  change.reason = ReadProse(field.Key("reason")).value_or("");
  change.author = ReadText(field.Key("author")).value_or("");
  change.time_zone = ReadTimeZone(field.Key("time_zone")).value_or("");
  if (const auto rule = ReadText(field.Key("repeat"))) {
    const auto parsed = ParseRecurrence(*rule);
    if (!parsed.ok()) {
      field.Key("repeat").Wrong(
          fmt::format("a recurrence of RFC 5545 ({})", Message(parsed.status())));
    }
    change.recurrence = *rule;
  }
  if (field.Key("to").present() == field.Key("for").present()) {
    field.Wrong("an end: either to, or for with a duration");
    return std::nullopt;
  }
  if (!from || (!to && !length)) return std::nullopt;
  change.begin = *from;
  change.end = to ? *to : *from + *length;
  if (change.end <= change.begin) {
    field.Key("to").Wrong("a time after `from`");
    return std::nullopt;
  }
  return change;
}

std::optional<BudgetChange> ReadAdjustment(const Field& field) {
  if (!CheckMapping(field, "a mapping with at, minutes, reason and author")) return std::nullopt;
  CheckKeys(field, {"at", "minutes", "reason", "author"});
  RequireKeys(field, {{"at", "a time such as 2026-01-31T22:00:00Z"},
                      {"minutes", "minutes to give back, or below 0 to take"},
                      {"reason", "why the budget changes"},
                      {"author", "who decided it"}});
  BudgetChange change;
  change.kind = BudgetChange::Kind::kAdjust;
  const auto at = ReadTime(field.Key("at"));
  const auto minutes = ReadNumber(field.Key("minutes"), -kMinutesMax, kMinutesMax);
  change.reason = ReadProse(field.Key("reason")).value_or("");
  change.author = ReadText(field.Key("author")).value_or("");
  if (!at || !minutes) return std::nullopt;
  change.begin = change.end = *at;
  change.minutes = *minutes;
  return change;
}

/// "2026-01-31".
std::string ReadDay(const Field& field) {
  if (!field.present()) return "";
  const std::string text =
      field.node().kind == YamlNode::Kind::kScalar ? field.node().scalar : std::string();
  if (text.size() == 10 && ParseTime(text + "T00:00:00Z").ok()) return text;
  field.Wrong("a day such as 2026-01-31");
  return "";
}

void ReadAgreement(const Field& field, DraftSlo* draft) {
  if (!field.present()) return;
  if (!CheckMapping(field, "a mapping with owner, approver, approved and review")) return;
  CheckKeys(field, {"owner", "approver", "approved", "review"});
  draft->owner = ReadReference(field.Key("owner"));
  draft->approver = ReadReference(field.Key("approver"));
  Agreement& agreement = draft->slo.agreement;
  agreement.approved = ReadDay(field.Key("approved"));
  agreement.review = ReadDay(field.Key("review"));
  if (!agreement.approved.empty() && !field.Key("approver").present()) {
    field.Key("approver").Wrong("who approved it");
  }
}

std::vector<std::pair<std::string, std::string>> ReadTexts(const Field& field) {
  std::vector<std::pair<std::string, std::string>> texts;
  if (!field.present() || !CheckMapping(field, "a mapping of texts")) return texts;
  for (const YamlKey& key : field.node().keys) {
    if (auto text = ReadProse(field.Key(key.name))) texts.push_back({key.name, *std::move(text)});
  }
  return texts;
}

}  // namespace

std::vector<PolicyStep> ReadPolicy(const Field& list) {
  std::vector<PolicyStep> policy;
  for (const Field& item : ReadList(list, "steps such as {spent: 50%, do: tell}")) {
    if (auto step = ReadStep(item)) policy.push_back(*std::move(step));
  }
  return policy;
}

std::vector<PolicyOverride> ReadOverrides(const Field& list) {
  std::vector<PolicyOverride> overrides;
  for (const Field& item : ReadList(list, "overrides of a hold")) {
    if (auto one = ReadOverride(item)) overrides.push_back(*std::move(one));
  }
  return overrides;
}

void ReadSloGovernance(const Field& slo, DraftSlo* draft) {
  SloSpec& out = draft->slo;
  out.policy = ReadPolicy(slo.Key("policy"));
  out.overrides = ReadOverrides(slo.Key("overrides"));
  for (const Field& item : ReadList(slo.Key("exclude"), "times that are not to count")) {
    if (auto change = ReadExclusion(item)) out.changes.push_back(*std::move(change));
  }
  for (const Field& item : ReadList(slo.Key("adjust"), "adjustments of the budget")) {
    if (auto change = ReadAdjustment(item)) out.changes.push_back(*std::move(change));
  }
  ReadAgreement(slo.Key("agreement"), draft);
  out.labels = ReadTexts(slo.Key("labels"));
  out.annotations = ReadTexts(slo.Key("annotations"));
}

}  // namespace kizashi

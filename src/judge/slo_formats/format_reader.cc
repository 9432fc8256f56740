#include "judge/slo_formats/format_reader.h"

#include <algorithm>

#include "catalog/slo_alerts.h"
#include "catalog/suggest.h"
#include "judge/slo_formats/expression.h"

namespace kizashi {
namespace {

constexpr size_t kNameBytesMax = 128;
constexpr size_t kLabelBytesMax = 256;  // of a key
constexpr double kFactorMin = 1e-6;
constexpr double kFactorMax = 1e6;

bool IsNameByte(char c, bool first) {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || (!first && (c == '.' || c == '_' || c == '-'));
}

std::string Joined(const YamlNode& node) {
  std::string out = node.scalar;
  for (const YamlNode& child : node.children) {
    if (!out.empty()) out += ',';
    out += child.scalar;
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

/// Why a pair cannot be evaluated here; "" when it can.
std::string WhyNot(const BurnPair& pair, const SloSpec& slo) {
  if (pair.long_window > WindowLengthMax(slo.window)) {
    return fmt::format("its long window is longer than the budget's, {}",
                       FormatDuration(WindowLengthMax(slo.window)));
  }
  if (pair.short_window < slo.interval || pair.short_window >= pair.long_window) {
    return fmt::format("its short window, {}, is not between a slice, {}, and the long window",
                       FormatDuration(pair.short_window), FormatDuration(slo.interval));
  }
  if (!(pair.factor >= kFactorMin && pair.factor <= kFactorMax)) {
    return fmt::format("its burn rate, {}, is out of reason", pair.factor);
  }
  if (pair.hold > std::chrono::days(1)) return "it waits for more than a day";
  return "";
}

}  // namespace

void WarnOfKeys(const Field& mapping, const std::vector<std::string_view>& known) {
  if (!mapping.IsMapping()) return;
  for (const YamlKey& key : mapping.node().keys) {
    if (std::find(known.begin(), known.end(), key.name) != known.end()) continue;
    mapping.Key(key.name).Warn(fmt::format(
        "this format has no such field here, it is passed over{}", DidYouMean(key.name, known)));
  }
}

std::optional<std::string> ReadQuery(const Field& field) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind != YamlNode::Kind::kScalar) {
    field.Wrong("a PromQL expression");
    return std::nullopt;
  }
  std::string_view text = field.node().scalar;
  const auto is_space = [](char c) { return c == '\n' || c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  std::string query = FromTemplateWindow(text);
  if (query.empty()) {
    field.Wrong("a PromQL expression");
    return std::nullopt;
  }
  const auto error = CheckSloExpression(query);
  if (!error) return query;
  field.Error(field.place(), Quoted(text),
              fmt::format("PromQL that can be read: {}", error->message));
  return std::nullopt;
}

std::string NameFrom(const Field& field, std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (out.size() < kNameBytesMax) out += IsNameByte(c, out.empty()) ? c : '-';
  }
  if (!out.empty() && out[0] == '-') out[0] = 'x';
  if (out != name) field.Warn(fmt::format("the name is not one of ours, {} is taken", Quoted(out)));
  return out;
}

std::vector<std::pair<std::string, std::string>> ReadLabels(const Field& field,
                                                            std::string_view prefix) {
  std::vector<std::pair<std::string, std::string>> labels;
  if (!field.IsMapping()) return labels;
  for (size_t i = 0; i < field.node().keys.size(); ++i) {
    const std::string& key = field.node().keys[i].name;
    if (key.empty() || key.size() > kLabelBytesMax) {
      field.Warn("a name that is empty or too long is passed over");
      continue;
    }
    labels.push_back({std::string(prefix) + key, Joined(field.node().children[i])});
  }
  return labels;
}

void DropUnreachable(const Field& at, SloSpec* slo) {
  if (slo->alerting.kind != SloAlerting::Pairs::kOwn) return;
  std::erase_if(slo->alerting.pairs, [&](const BurnPair& pair) {
    const std::string why = WhyNot(pair, *slo);
    if (!why.empty()) at.Warn(fmt::format("the alert {} is left out: {}", PairName(pair), why));
    return !why.empty();
  });
  for (const UnreachablePair& one : UnreachablePairs(*slo)) {
    at.Warn(fmt::format("the alert {} is left out: {}", PairName(one.pair), one.why));
    std::erase(slo->alerting.pairs, one.pair);
  }
  if (slo->alerting.pairs.empty()) slo->alerting.kind = SloAlerting::Pairs::kNone;
}

void SetText(std::string_view key, std::string text,
             std::vector<std::pair<std::string, std::string>>* texts) {
  for (auto& one : *texts) {
    if (one.first != key) continue;
    one.second = std::move(text);
    return;
  }
  texts->push_back({std::string(key), std::move(text)});
}

const std::string* FindText(const std::vector<std::pair<std::string, std::string>>& texts,
                            std::string_view key) {
  for (const auto& [name, text] : texts) {
    if (name == key) return &text;
  }
  return nullptr;
}

std::vector<Field> Objects(const Field& document) { return OneOrMany(document); }

void AddSlo(const Field& at, SloFormat format, std::string service, SloSpec slo, SloImport* out) {
  if (service.empty() || slo.name.empty()) return;  // was wrong, and is told
  const Place place = at.place();
  out->slos.push_back(
      {std::move(service), std::move(slo), format, place.file, place.line, place.column});
}

}  // namespace kizashi

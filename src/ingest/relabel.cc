#include "ingest/relabel.h"

#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "wire/metric_names.h"

namespace kizashi {
namespace {

using Action = RelabelRule::Action;

constexpr int64_t kRegexBytesMax = 1 << 20;
constexpr int kGroupsMax = 64;
using Groups = std::vector<re2::StringPiece>;

constexpr std::array<std::pair<std::string_view, Action>, 11> kActions = {{
    {"replace", Action::kReplace},
    {"keep", Action::kKeep},
    {"drop", Action::kDrop},
    {"keepequal", Action::kKeepEqual},
    {"dropequal", Action::kDropEqual},
    {"hashmod", Action::kHashMod},
    {"labelmap", Action::kLabelMap},
    {"labeldrop", Action::kLabelDrop},
    {"labelkeep", Action::kLabelKeep},
    {"lowercase", Action::kLowercase},
    {"uppercase", Action::kUppercase},
}};

std::string ChangeCase(std::string text, bool up) {
  for (char& c : text) {
    if (up && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!up && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// The last eight bytes of the MD5 sum, big endian.
uint64_t Md5Number(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), sum.data(), &size, EVP_md5(), nullptr);
  uint64_t number = 0;
  for (size_t i = 8; i < 16; ++i) number = number << 8 | sum[i];
  return number;
}

/// The name or number behind a '$' at the start of `text`, and its length with braces; 0: none.
std::pair<std::string_view, size_t> GroupName(std::string_view text) {
  const bool braced = text.starts_with('{');
  if (braced) text.remove_prefix(1);
  size_t end = 0;
  while (end < text.size() && (IsNameLetter(text[end]) || (text[end] >= '0' && text[end] <= '9'))) {
    ++end;
  }
  if (end == 0 || (braced && (end == text.size() || text[end] != '}'))) return {{}, 0};
  return {text.substr(0, end), end + (braced ? 2 : 0)};
}

/// A template as Go's regexp expands it: $1, ${1}, $name, $$; a group that is not there is empty.
std::string Expand(const RE2& regex, std::string_view text, const Groups& groups) {
  std::string out;
  while (true) {
    const size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    const auto [name, length] = GroupName(text);
    if (length == 0) {
      out += '$';
      continue;
    }
    text.remove_prefix(length);
    const bool is_number =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    size_t group = groups.size();
    if (is_number && name.size() <= 3) {
      group = static_cast<size_t>(std::stoul(std::string(name)));
    } else if (!is_number) {
      const auto found = regex.NamedCapturingGroups().find(std::string(name));
      if (found != regex.NamedCapturingGroups().end()) group = static_cast<size_t>(found->second);
    }
    if (group < groups.size()) out.append(groups[group].data(), groups[group].size());
  }
}

}  // namespace

struct Relabeler::Compiled {
  RelabelRule rule;
  std::unique_ptr<RE2> regex;
  bool needs_groups = false;

  /// Whether the whole of `text` matches, and with what in its groups.
  bool Match(const std::string& text, Groups* groups) const {
    const int count = needs_groups && groups != nullptr ? regex->NumberOfCapturingGroups() + 1 : 0;
    if (groups != nullptr) groups->resize(static_cast<size_t>(count));
    return regex->Match(text, 0, text.size(), RE2::ANCHOR_BOTH,
                        groups != nullptr ? groups->data() : nullptr, count);
  }
};

Relabeler::Relabeler() = default;
Relabeler::~Relabeler() = default;
Relabeler::Relabeler(Relabeler&&) noexcept = default;
Relabeler& Relabeler::operator=(Relabeler&&) noexcept = default;

StatusOr<Action> RelabelActionOf(std::string_view name) {
  const std::string lower = ChangeCase(std::string(name), false);
  for (const auto& [known, action] : kActions) {
    if (known == lower) return action;
  }
  return InvalidArgument(
      "found '{}', expected replace, keep, drop, keepequal, dropequal, hashmod, labelmap, "
      "labeldrop, labelkeep, lowercase or uppercase",
      name.substr(0, 60));
}

Status Relabeler::Add(RelabelRule rule) {
  const Action action = rule.action;
  const bool needs_target = action == Action::kReplace || action == Action::kHashMod ||
                            action == Action::kLowercase || action == Action::kUppercase ||
                            action == Action::kKeepEqual || action == Action::kDropEqual;
  if (needs_target && rule.target_label.empty()) {
    return InvalidArgument("target_label is missing");
  }
  // A template is looked at when it is filled in.
  const bool is_template =
      action == Action::kReplace && rule.target_label.find('$') != std::string::npos;
  if (needs_target && !is_template && !IsLabelName(rule.target_label)) {
    return InvalidArgument("target_label is '{}', expected a label name",
                           rule.target_label.substr(0, 60));
  }
  if (action == Action::kHashMod && rule.modulus == 0) {
    return InvalidArgument("modulus is missing, expected a number above 0");
  }
  if (rules_.size() == kRelabelRulesMax) {
    return InvalidArgument("expected at most {} rules", kRelabelRulesMax);
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(kRegexBytesMax);
  auto compiled = std::make_unique<Compiled>();
  compiled->regex = std::make_unique<RE2>(rule.regex, options);
  if (!compiled->regex->ok()) {
    return InvalidArgument("regex '{}': {}", rule.regex.substr(0, 60), compiled->regex->error());
  }
  if (compiled->regex->NumberOfCapturingGroups() > kGroupsMax) {
    return InvalidArgument("regex '{}': expected at most {} groups", rule.regex.substr(0, 60),
                           kGroupsMax);
  }
  compiled->needs_groups = action == Action::kReplace || action == Action::kLabelMap;
  compiled->rule = std::move(rule);
  rules_.push_back(std::move(compiled));
  return OkStatus();
}

bool Relabeler::Apply(Labels* labels) const {
  return std::all_of(rules_.begin(), rules_.end(),
                     [&](const auto& rule) { return ApplyOne(*rule, labels); });
}

bool Relabeler::ApplyOne(const Compiled& compiled, Labels* labels) {
  const RelabelRule& rule = compiled.rule;
  std::string value;
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) value += rule.separator;
    value += labels->Get(rule.source_labels[i]);
  }
  switch (rule.action) {
    case Action::kKeep: return compiled.Match(value, nullptr);
    case Action::kDrop: return !compiled.Match(value, nullptr);
    case Action::kKeepEqual: return labels->Get(rule.target_label) == value;
    case Action::kDropEqual: return labels->Get(rule.target_label) != value;
    case Action::kHashMod:
      labels->Set(rule.target_label, std::to_string(Md5Number(value) % rule.modulus));
      return true;
    case Action::kLowercase:
    case Action::kUppercase:
      labels->Set(rule.target_label,
                  ChangeCase(std::move(value), rule.action == Action::kUppercase));
      return true;
    case Action::kReplace: Replace(compiled, value, labels); return true;
    case Action::kLabelMap: MapNames(compiled, labels); return true;
    case Action::kLabelDrop:
    case Action::kLabelKeep: {
      std::vector<Label> kept;
      for (const Label& label : *labels) {
        const bool matches = compiled.Match(label.name, nullptr);
        if (matches == (rule.action == Action::kLabelKeep)) kept.push_back(label);
      }
      *labels = Labels(std::move(kept));
      return true;
    }
  }
  return true;
}

void Relabeler::Replace(const Compiled& compiled, const std::string& value, Labels* labels) {
  const RelabelRule& rule = compiled.rule;
  Groups groups;
  if (!compiled.Match(value, &groups)) return;
  const std::string target = Expand(*compiled.regex, rule.target_label, groups);
  if (!IsLabelName(target)) return;
  labels->Set(target, Expand(*compiled.regex, rule.replacement, groups));
}

void Relabeler::MapNames(const Compiled& compiled, Labels* labels) {
  const Labels before = *labels;
  Groups groups;
  for (const Label& label : before) {
    if (!compiled.Match(label.name, &groups)) continue;
    const std::string name = Expand(*compiled.regex, compiled.rule.replacement, groups);
    if (IsLabelName(name)) labels->Set(name, label.value);
  }
}

}  // namespace kizashi

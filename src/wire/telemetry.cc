#include "wire/telemetry.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi {

Labels::Labels(std::vector<Label> labels) : labels_(std::move(labels)) {
  // What was stored is in order already.
  const auto out_of_order = [](const Label& a, const Label& b) { return a.name >= b.name; };
  const auto is_empty = [](const Label& label) { return label.value.empty(); };
  if (std::adjacent_find(labels_.begin(), labels_.end(), out_of_order) == labels_.end() &&
      std::none_of(labels_.begin(), labels_.end(), is_empty)) {
    return;
  }
  std::stable_sort(labels_.begin(), labels_.end(),
                   [](const Label& a, const Label& b) { return a.name < b.name; });
  size_t kept = 0;
  for (size_t i = 0; i < labels_.size(); ++i) {
    const bool repeated = i + 1 < labels_.size() && labels_[i + 1].name == labels_[i].name;
    if (repeated || labels_[i].value.empty()) continue;
    if (kept != i) labels_[kept] = std::move(labels_[i]);
    ++kept;
  }
  labels_.resize(kept);
}

std::string_view Labels::Get(std::string_view name) const {
  for (const Label& label : labels_) {
    if (label.name == name) return label.value;
  }
  return {};
}

void Labels::Set(std::string_view name, std::string_view value) {
  const auto at =
      std::lower_bound(labels_.begin(), labels_.end(), name,
                       [](const Label& label, std::string_view n) { return label.name < n; });
  const bool present = at != labels_.end() && at->name == name;
  if (value.empty()) {
    if (present) labels_.erase(at);
  } else if (present) {
    at->value = value;
  } else {
    labels_.insert(at, Label{std::string(name), std::string(value)});
  }
}

std::string Labels::ToString() const {
  std::string out(Get(kMetricName));
  out += '{';
  bool first = true;
  for (const Label& label : labels_) {
    if (label.name == kMetricName) continue;
    if (!first) out += ", ";
    first = false;
    out += label.name;
    out += '=';
    AppendJsonString(label.value, &out);
  }
  out += '}';
  return out;
}

uint64_t Labels::Hash() const {
  std::string flat;
  for (const Label& label : labels_) {
    flat += label.name;
    flat += '\xff';
    flat += label.value;
    flat += '\xff';
  }
  return Hash64(flat);
}

bool IsStaleNan(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }
std::string_view ToString(LogSeverity severity) {
  constexpr std::array<std::string_view, 7> kNames = {"",     "trace", "debug", "info",
                                                      "warn", "error", "fatal"};
  return kNames[static_cast<size_t>(severity)];
}

bool LogLine::CutText() {
  if (text.size() <= kLogTextBytesMax) return false;
  text.resize(kLogTextBytesMax);
  text.shrink_to_fit();
  cut = true;
  return true;
}

double StaleNan() { return std::bit_cast<double>(kStaleNanBits); }

}  // namespace kizashi

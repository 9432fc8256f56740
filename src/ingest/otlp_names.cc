#include "ingest/otlp_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "wire/metric_names.h"

namespace kizashi {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 28> kUnits = {{
    {"d", "days"},
    {"h", "hours"},
    {"min", "minutes"},
    {"s", "seconds"},
    {"ms", "milliseconds"},
    {"us", "microseconds"},
    {"ns", "nanoseconds"},
    {"By", "bytes"},
    {"KiBy", "kibibytes"},
    {"MiBy", "mebibytes"},
    {"GiBy", "gibibytes"},
    {"TiBy", "tibibytes"},
    {"KBy", "kilobytes"},
    {"MBy", "megabytes"},
    {"GBy", "gigabytes"},
    {"TBy", "terabytes"},
    {"kBy", "kilobytes"},
    {"m", "meters"},
    {"V", "volts"},
    {"A", "amperes"},
    {"J", "joules"},
    {"W", "watts"},
    {"g", "grams"},
    {"Cel", "celsius"},
    {"Hz", "hertz"},
    {"%", "percent"},
    {"1", ""},
    {"", ""},
}};

constexpr std::array<Pair, 7> kPer = {{{"s", "second"},
                                       {"m", "minute"},
                                       {"h", "hour"},
                                       {"d", "day"},
                                       {"w", "week"},
                                       {"mo", "month"},
                                       {"y", "year"}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return IsNameLetter(c) && c != '_'; }

/// The words between characters that no name has.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  bool open = false;
  for (const char c : text) {
    const bool is_part = IsLetter(c) || IsDigit(c) || c == ':';
    if (is_part && !open) words.emplace_back();
    if (is_part) words.back() += c;
    open = is_part;
  }
  return words;
}

template <typename Table>
std::string_view Translate(const Table& table, std::string_view unit) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Pair& pair) { return pair.first == unit; });
  return found == table.end() ? unit : found->second;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Adds the words of a unit that `name` does not have. What stands in braces says what is counted,
/// and is no unit.
void AddUnit(std::string_view unit, const char* before, std::vector<std::string>* name) {
  if (unit.empty() || unit.find_first_of("{}") != std::string_view::npos) return;
  std::vector<std::string> words = Words(unit);
  const bool has_all = std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(name->begin(), name->end(), word) != name->end();
  });
  if (words.empty() || has_all) return;
  if (before != nullptr) name->emplace_back(before);
  for (std::string& word : words) name->push_back(std::move(word));
}

void MoveToEnd(const std::string& word, std::vector<std::string>* name) {
  std::erase(*name, word);
  name->push_back(word);
}

}  // namespace

std::string PrometheusName(const OtlpMetric& metric) {
  std::vector<std::string> words = Words(metric.name);
  const size_t slash = metric.unit.find('/');
  AddUnit(Translate(kUnits, Trim(metric.unit.substr(0, slash))), nullptr, &words);
  if (slash != std::string_view::npos) {
    AddUnit(Translate(kPer, Trim(metric.unit.substr(slash + 1))), "per", &words);
  }
  const bool is_sum = metric.kind == OtlpMetric::Kind::kSum;
  if (is_sum && metric.is_monotonic) MoveToEnd("total", &words);
  if (metric.kind == OtlpMetric::Kind::kGauge && metric.unit == "1") MoveToEnd("ratio", &words);
  std::string name;
  for (const std::string& word : words) {
    if (!name.empty()) name += '_';
    name += word;
  }
  if (!name.empty() && IsDigit(name[0])) name.insert(0, 1, '_');
  return name;
}

std::string_view PrometheusType(const OtlpMetric& metric) {
  switch (metric.kind) {
    case OtlpMetric::Kind::kGauge: return "gauge";
    case OtlpMetric::Kind::kSum: return metric.is_monotonic ? "counter" : "gauge";
    case OtlpMetric::Kind::kHistogram:
    case OtlpMetric::Kind::kExponentialHistogram: return "histogram";
    case OtlpMetric::Kind::kSummary: return "summary";
  }
  return "unknown";
}

std::string PrometheusLabelName(std::string_view attribute) {
  std::string name;
  if (!attribute.empty() && IsDigit(attribute[0])) name = "key_";
  for (const char c : attribute) {
    // A character of several bytes becomes one underscore.
    if ((c & 0xc0) == 0x80) continue;
    name += IsLetter(c) || IsDigit(c) ? c : '_';
  }
  return name;
}

void AddAttributeLabels(std::vector<Label> attributes, std::vector<Label>* labels) {
  std::sort(attributes.begin(), attributes.end());
  const size_t begin = labels->size();
  for (Label& attribute : attributes) {
    std::string name = PrometheusLabelName(attribute.name);
    const auto same =
        std::find_if(labels->begin() + static_cast<std::ptrdiff_t>(begin), labels->end(),
                     [&](const Label& label) { return label.name == name; });
    if (same == labels->end()) {
      labels->push_back({std::move(name), std::move(attribute.value)});
    } else {
      same->value += ';';
      same->value += attribute.value;
    }
  }
}

std::string BoundText(double bound) {
  if (std::isinf(bound)) return bound > 0 ? "+Inf" : "-Inf";
  std::array<char, 64> text{};
  const double size = std::abs(bound);
  const bool is_plain = size == 0 || (size >= 1e-6 && size < 1e21);
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), bound,
                    is_plain ? std::chars_format::fixed : std::chars_format::scientific);
  return std::string(text.data(), written.ptr);
}

}  // namespace kizashi

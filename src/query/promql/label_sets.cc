#include "query/promql/label_sets.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

bool IsChosen(const Label& label, const LabelChoice& choice) {
  const bool named = std::binary_search(choice.names.begin(), choice.names.end(), label.name);
  return choice.keep ? named : !named && label.name != kMetricName;
}

// Lengths first: no text can be mistaken for the border between two.
void AppendText(std::string_view text, std::string* key) {
  const auto size = static_cast<uint32_t>(text.size());
  key->append(reinterpret_cast<const char*>(&size), sizeof(size));
  key->append(text);
}

}  // namespace

void AppendKey(const Labels& labels, const LabelChoice& choice, std::string* key) {
  for (const Label& label : labels) {
    if (!IsChosen(label, choice)) continue;
    AppendText(label.name, key);
    AppendText(label.value, key);
  }
}

Labels Choose(const Labels& labels, const LabelChoice& choice) {
  std::vector<Label> chosen;
  for (const Label& label : labels) {
    if (IsChosen(label, choice)) chosen.push_back(label);
  }
  return Labels(std::move(chosen));
}

size_t KeyIds::Find(std::string_view key) {
  if (const auto at = ids_.find(key); at != ids_.end()) return at->second;
  const size_t id = ids_.size();
  ids_.emplace(key, id);
  return id;
}

std::string ShowLabels(const Labels& labels) {
  std::string out = "{";
  for (const Label& label : labels) {
    if (out.size() > 1) out += ", ";
    out += label.name + "=" + QuoteGo(label.value);
  }
  return out + "}";
}

void DropNames(std::vector<Labels>* series) {
  for (Labels& labels : *series) labels.Set(kMetricName, "");
}

Merged MergeEqual(std::vector<Labels> labels) {
  Merged merged;
  merged.ids.reserve(labels.size());
  KeyIds ids;
  std::string key;
  for (Labels& one : labels) {
    key.clear();
    for (const Label& label : one) {
      AppendText(label.name, &key);
      AppendText(label.value, &key);
    }
    const size_t id = ids.Find(key);
    merged.ids.push_back(id);
    if (id == merged.series.size()) merged.series.push_back(std::move(one));
  }
  merged.all_different = merged.series.size() == labels.size();
  return merged;
}

Merged DropNamesAndMerge(std::vector<Labels> labels) {
  const bool one_name = std::all_of(labels.begin(), labels.end(), [&labels](const Labels& one) {
    return one.Get(kMetricName) == labels.front().Get(kMetricName);
  });
  DropNames(&labels);
  if (!one_name) return MergeEqual(std::move(labels));
  Merged merged;
  merged.series = std::move(labels);
  merged.ids.resize(merged.series.size());
  std::iota(merged.ids.begin(), merged.ids.end(), size_t{0});
  return merged;
}

}  // namespace kizashi::promql

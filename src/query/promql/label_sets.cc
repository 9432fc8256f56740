#include "query/promql/label_sets.h"

#include <algorithm>
#include <bit>
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
  // Places in merged.series by hash, open addressing, at most half full.
  constexpr size_t kFree = SIZE_MAX;
  std::vector<size_t> slots(std::bit_ceil(labels.size() * 2 + 1), kFree);
  for (Labels& one : labels) {
    uint64_t hash = 0;
    for (const Label& label : one) hash = Hash64(label.value, Hash64(label.name, hash));
    size_t at = hash & (slots.size() - 1);
    while (slots[at] != kFree && merged.series[slots[at]] != one) at = (at + 1) % slots.size();
    if (slots[at] == kFree) {
      slots[at] = merged.series.size();
      merged.series.push_back(std::move(one));
    }
    merged.ids.push_back(slots[at]);
  }
  merged.all_different = merged.series.size() == labels.size();
  return merged;
}

Merged AllDifferent(std::vector<Labels> labels) {
  Merged merged;
  merged.series = std::move(labels);
  merged.ids.resize(merged.series.size());
  std::iota(merged.ids.begin(), merged.ids.end(), size_t{0});
  return merged;
}

Merged DropNamesAndMerge(std::vector<Labels> labels) {
  const bool one_name = std::all_of(labels.begin(), labels.end(), [&labels](const Labels& one) {
    return one.Get(kMetricName) == labels.front().Get(kMetricName);
  });
  DropNames(&labels);
  return one_name ? AllDifferent(std::move(labels)) : MergeEqual(std::move(labels));
}

}  // namespace kizashi::promql

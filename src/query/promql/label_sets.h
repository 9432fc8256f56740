// Sets of labels while a query is evaluated: dropping names, keys of groups and of matches, and
// which results fall together.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "wire/telemetry.h"

namespace kizashi::promql {

/// Labels that are kept, or left out, of a series.
struct LabelChoice {
  std::vector<std::string> names;  // sorted
  bool keep = false;               // only these; else all but these and the metric's name
};

/// Appends the chosen part of `labels` to `*key`: equal keys mean equal parts.
void AppendKey(const Labels& labels, const LabelChoice& choice, std::string* key);
Labels Choose(const Labels& labels, const LabelChoice& choice);

/// Numbers keys from 0 in the order in which they are first seen.
class KeyIds {
 public:
  size_t Find(std::string_view key);  // adds it when it is new
  size_t size() const { return ids_.size(); }

 private:
  std::unordered_map<std::string, size_t, StringHash, std::equal_to<>> ids_;
};

/// As Go prints labels in messages: `{__name__="up", job="a"}`.
std::string ShowLabels(const Labels& labels);

/// Removes __name__ from all.
void DropNames(std::vector<Labels>* series);

/// Which output each input becomes, when equal labels become one.
struct Merged {
  std::vector<Labels> series;
  std::vector<size_t> ids;  // by input
  bool all_different = true;
};
Merged MergeEqual(std::vector<Labels> labels);
/// The same for labels that are known to be different.
Merged AllDifferent(std::vector<Labels> labels);
/// The same for series that were different until DropNames: mostly there is nothing to do.
Merged DropNamesAndMerge(std::vector<Labels> labels);

}  // namespace kizashi::promql

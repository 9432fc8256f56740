#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

#include "base/check.h"
#include "store/series/series_names.h"
#include "store/series/value_matcher.h"

namespace kizashi {

Status SeriesView::SelectAwake(std::span<const LabelMatcher> matchers, std::vector<SeriesId>* ids) {
  SeriesNames::Awake& awake = *state_->awake;
  KZ_RETURN_IF_ERROR(names_.ResolveAwake(&awake));
  std::vector<ValueMatcher> tests;
  for (const LabelMatcher& matcher : matchers) {
    KZ_ASSIGN_OR_RETURN(ValueMatcher test, ValueMatcher::Make(matcher));
    tests.push_back(std::move(test));
  }
  const std::lock_guard lock(awake.mutex);
  for (const auto& [id, labels] : awake.series) {
    if (!labels) continue;  // came after the reader was opened
    bool satisfied = true;
    for (size_t i = 0; i < tests.size() && satisfied; ++i) {
      satisfied = tests[i].Matches(labels->Get(matchers[i].name));
    }
    if (!satisfied) continue;
    ids->push_back(id);
    awake_.emplace(id, *labels);
  }
  return OkStatus();
}

StatusOr<std::vector<SeriesId>> SeriesView::Select(std::span<const LabelMatcher> matchers,
                                                   int64_t from_ms) {
  KZ_ASSIGN_OR_RETURN(std::vector<SeriesId> ids, state_->living->Select(matchers));
  const size_t living = ids.size();
  KZ_RETURN_IF_ERROR(SelectAwake(matchers, &ids));
  for (const auto& ended : state_->ended) {
    if (ended->group->max_ms() < from_ms) continue;
    std::shared_ptr<const SeriesIndex>& loaded = loaded_[ended->number];
    if (!loaded) {
      KZ_ASSIGN_OR_RETURN(loaded, names_.LoadEnded(ended.get()));
    }
    KZ_ASSIGN_OR_RETURN(const std::vector<SeriesId> more, loaded->Select(matchers));
    ids.insert(ids.end(), more.begin(), more.end());
  }
  if (ids.size() == living) return ids;
  // One that returned is in several places.
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// Calls `visit(index, ids, places in ids)` for the series of each index, and gives the places of
// those that are awake.
template <typename Visit>
std::vector<uint32_t> SeriesView::VisitIndexes(std::span<const SeriesId> ids, Visit visit) const {
  std::vector<uint32_t> places(ids.size());
  std::iota(places.begin(), places.end(), 0U);
  const auto take = [&](const SeriesIndex& index) {
    std::vector<SeriesId> rest;
    for (const uint32_t place : places) rest.push_back(ids[place]);
    const std::vector<SeriesId> unknown = index.Unknown(rest);
    if (unknown.size() == rest.size()) return;
    std::vector<SeriesId> own;
    std::vector<uint32_t> own_places;
    std::vector<uint32_t> left;
    for (const uint32_t place : places) {
      if (left.size() < unknown.size() && unknown[left.size()] == ids[place]) {
        left.push_back(place);
      } else {
        own.push_back(ids[place]);
        own_places.push_back(place);
      }
    }
    visit(index, own, own_places);
    places = std::move(left);
  };
  take(*state_->living);
  for (const auto& [number, index] : loaded_) {
    if (places.empty()) break;
    if (index) take(*index);
  }
  return places;
}

bool SeriesView::AllLive(std::span<const SeriesId> ids) const {
  return (loaded_.empty() && awake_.empty()) || state_->living->Unknown(ids).empty();
}

Labels SeriesView::Get(SeriesId id) const {
  std::vector<Labels> labels;
  Get({&id, 1}, &labels);
  return std::move(labels[0]);
}

void SeriesView::Get(std::span<const SeriesId> ids, std::vector<Labels>* labels) const {
  if (AllLive(ids)) return state_->living->Get(ids, labels);
  const size_t before = labels->size();
  labels->resize(before + ids.size());
  std::vector<Labels> some;
  const auto awake = VisitIndexes(
      ids, [&](const SeriesIndex& index, const auto& own, const std::vector<uint32_t>& places) {
        some.clear();
        index.Get(own, &some);
        for (size_t i = 0; i < places.size(); ++i)
          (*labels)[before + places[i]] = std::move(some[i]);
      });
  for (const uint32_t place : awake) (*labels)[before + place] = awake_.at(ids[place]);
}

void SeriesView::GetChosen(std::span<const SeriesId> ids, std::span<const std::string> names,
                           std::vector<Labels>* labels) const {
  if (AllLive(ids)) return state_->living->GetChosen(ids, names, labels);
  std::vector<Labels> all;
  Get(ids, &all);
  for (const Labels& one : all) {
    std::vector<Label> chosen;
    for (const std::string& name : names) chosen.push_back({name, std::string(one.Get(name))});
    labels->emplace_back(std::move(chosen));
  }
}

std::vector<uint32_t> SeriesView::OrderByLabels(std::span<const SeriesId> ids) const {
  if (AllLive(ids)) return state_->living->OrderByLabels(ids);
  std::vector<Labels> labels;
  Get(ids, &labels);
  std::vector<uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return labels[a] < labels[b]; });
  return order;
}

std::vector<std::string> SeriesView::LabelNames(std::span<const SeriesId> ids) const {
  if (AllLive(ids)) return state_->living->Names(ids);
  std::set<std::string> names;
  const auto awake = VisitIndexes(ids, [&](const SeriesIndex& index, const auto& own, const auto&) {
    for (std::string& name : index.Names(own)) names.insert(std::move(name));
  });
  for (const uint32_t place : awake) {
    for (const Label& label : awake_.at(ids[place])) names.emplace(label.name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> SeriesView::LabelValues(std::string_view name,
                                                 std::span<const SeriesId> ids) const {
  if (AllLive(ids)) return state_->living->Values(name, ids);
  std::set<std::string> values;
  const auto awake = VisitIndexes(ids, [&](const SeriesIndex& index, const auto& own, const auto&) {
    for (std::string& value : index.Values(name, own)) values.insert(std::move(value));
  });
  for (const uint32_t place : awake) {
    for (const Label& label : awake_.at(ids[place])) {
      if (label.name == name) values.emplace(label.value);
    }
  }
  return {values.begin(), values.end()};
}

}  // namespace kizashi

#include "store/series/store_reader.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace kizashi {
namespace {

// A reference is the number of its Select and its place there.
constexpr unsigned kSelectionShift = 32;

// Puts what several parts gave in order; of two samples of one time the one that was accepted first
// stays. What comes from one source is in order already.
void SortByTime(SampleColumns* samples) {
  const std::vector<int64_t>& times = samples->times_ms;
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) == times.end()) return;
  std::vector<uint32_t> order(times.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return times[a] < times[b]; });
  SampleColumns sorted;
  for (const uint32_t i : order) {
    if (!sorted.times_ms.empty() && sorted.times_ms.back() == times[i]) continue;
    sorted.times_ms.push_back(times[i]);
    sorted.values.push_back(samples->values[i]);
  }
  *samples = std::move(sorted);
}

}  // namespace

StoreReader::StoreReader(const SeriesIndex& index, StoreView view)
    : index_(index), view_(std::move(view)) {}

Status StoreReader::Select(std::span<const LabelMatcher> matchers, Time from, Time to,
                           std::vector<Ref>* refs) {
  KZ_ASSIGN_OR_RETURN(std::vector<SeriesId> ids, index_.Select(matchers));
  Selection selection;
  KZ_RETURN_IF_ERROR(Locate(std::move(ids), from, to, &selection));
  const Ref number = static_cast<Ref>(selections_.size()) << kSelectionShift;
  for (size_t i = 0; i < selection.ids.size(); ++i) refs->push_back(number | i);
  selections_.push_back(std::move(selection));
  return OkStatus();
}

// Every part that may have samples then, those with the same series together.
Status StoreReader::AddParts(Time from, Time to, Selection* selection) {
  std::unordered_map<uint64_t, size_t> set_of;
  const auto add = [&](std::unique_ptr<SeriesPart> part) {
    if (part->max_ms() < ToMs(from) || part->min_ms() > ToMs(to)) return;
    const auto [found, is_new] = set_of.try_emplace(part->set_hash(), selection->sets.size());
    if (is_new) selection->sets.emplace_back();
    selection->sets[found->second].parts.push_back(std::move(part));
  };
  for (const HeadSourcePtr& source : view_.head.sources) {
    for (auto& part : PartsOf(*source)) add(std::move(part));
  }
  return OkStatus();
}

// Finds out which parts have which series. References are in the order of sets and places, so that
// neighbours are read together; a series that is nowhere gets none.
Status StoreReader::Locate(std::vector<SeriesId> ids, Time from, Time to, Selection* selection) {
  struct Found {
    uint32_t index;  // in ids
    Location at;
  };
  KZ_RETURN_IF_ERROR(AddParts(from, to, selection));
  std::vector<Found> found;
  for (uint32_t set = 0; set < selection->sets.size(); ++set) {
    // The newest part is the one most likely to have its series in memory.
    KZ_ASSIGN_OR_RETURN(const ColumnSetPtr columns, selection->sets[set].parts.back()->Columns());
    columns->runs.Match(ids, [&](size_t index, uint32_t place) {
      found.push_back({static_cast<uint32_t>(index), {set, place}});
    });
  }
  constexpr uint32_t kNowhere = UINT32_MAX;
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.at.set != b.at.set ? a.at.set < b.at.set : a.at.place < b.at.place;
  });
  std::vector<uint32_t> ref_of(ids.size(), kNowhere);
  for (const Found& one : found) {
    if (ref_of[one.index] != kNowhere) continue;
    ref_of[one.index] = static_cast<uint32_t>(selection->ids.size());
    selection->ids.push_back(ids[one.index]);
  }
  for (const auto& loose : view_.head.loose) {
    for (const uint32_t index : loose->Match(ids, ToMs(from), ToMs(to))) {
      if (ref_of[index] != kNowhere) continue;
      ref_of[index] = static_cast<uint32_t>(selection->ids.size());
      selection->ids.push_back(ids[index]);
    }
  }
  selection->begins.assign(selection->ids.size() + 1, 0);
  for (const Found& one : found) ++selection->begins[ref_of[one.index] + 1];
  std::partial_sum(selection->begins.begin(), selection->begins.end(), selection->begins.begin());
  selection->locations.resize(found.size());
  std::vector<uint32_t> next(selection->begins.begin(), selection->begins.end() - 1);
  for (const Found& one : found) selection->locations[next[ref_of[one.index]]++] = one.at;
  return OkStatus();
}

Labels StoreReader::LabelsOf(Ref ref) const {
  return index_.Get(selections_[ref >> kSelectionShift].ids[static_cast<uint32_t>(ref)]);
}

void StoreReader::ReadLoose(SeriesId id, int64_t from_ms, int64_t to_ms, SampleColumns* out) {
  for (const auto& loose : view_.head.loose) {
    for (const LooseSamples::Sample& sample : loose->Get(id, view_.head.last_seq)) {
      if (sample.time_ms < from_ms || sample.time_ms > to_ms) continue;
      out->times_ms.push_back(sample.time_ms);
      out->values.push_back(sample.value);
    }
  }
}

Status StoreReader::Read(Ref ref, Time from, Time to, SampleColumns* out) {
  out->Clear();
  KZ_CHECK(ref >> kSelectionShift < selections_.size());
  Selection& selection = selections_[ref >> kSelectionShift];
  const auto index = static_cast<uint32_t>(ref);
  const SeriesId id = selection.ids[index];
  for (uint32_t i = selection.begins[index]; i < selection.begins[index + 1]; ++i) {
    const Location& at = selection.locations[i];
    for (const auto& part : selection.sets[at.set].parts) {
      if (part->max_ms() < ToMs(from) || part->min_ms() > ToMs(to)) continue;
      KZ_RETURN_IF_ERROR(part->Read(at.place, ToMs(from), ToMs(to), out));
    }
  }
  ReadLoose(id, ToMs(from), ToMs(to), out);
  SortByTime(out);
  if (view_.tombstones) view_.tombstones->Apply(id, out);
  return OkStatus();
}

// The ids of series that satisfy the matchers and may have samples then.
StatusOr<std::vector<SeriesId>> StoreReader::Candidates(std::span<const LabelMatcher> matchers,
                                                        Time from, Time to) {
  KZ_ASSIGN_OR_RETURN(std::vector<SeriesId> ids, index_.Select(matchers));
  Selection selection;
  KZ_RETURN_IF_ERROR(Locate(std::move(ids), from, to, &selection));
  std::sort(selection.ids.begin(), selection.ids.end());
  return std::move(selection.ids);
}

StatusOr<std::vector<std::string>> StoreReader::LabelNames(std::span<const LabelMatcher> matchers,
                                                           Time from, Time to) {
  KZ_ASSIGN_OR_RETURN(const std::vector<SeriesId> ids, Candidates(matchers, from, to));
  return index_.Names(ids);
}

StatusOr<std::vector<std::string>> StoreReader::LabelValues(std::string_view name,
                                                            std::span<const LabelMatcher> matchers,
                                                            Time from, Time to) {
  KZ_ASSIGN_OR_RETURN(const std::vector<SeriesId> ids, Candidates(matchers, from, to));
  return index_.Values(name, ids);
}

}  // namespace kizashi

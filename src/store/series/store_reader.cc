#include "store/series/store_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>

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

StoreReader::StoreReader(const SeriesNames& names, StoreView view)
    : view_(std::move(view)), names_(names) {}

Status StoreReader::Select(std::span<const LabelMatcher> matchers, Time from, Time to,
                           std::vector<Ref>* refs) {
  KZ_ASSIGN_OR_RETURN(std::vector<SeriesId> ids, names_.Select(matchers, ToMs(from)));
  Selection selection;
  KZ_RETURN_IF_ERROR(Locate(std::move(ids), from, to, &selection));
  const Ref number = static_cast<Ref>(selections_.size()) << kSelectionShift;
  for (size_t i = 0; i < selection.ids.size(); ++i) refs->push_back(number | i);
  selections_.push_back(std::move(selection));
  return OkStatus();
}

// Finds every set of series with parts that may have samples then, and which of `ids` it has. Sets
// without any of them get no parts. What is in memory is looked at first: a block's chunk with the
// same series then need not be read to know which they are.
Status StoreReader::FindSets(const std::vector<SeriesId>& ids, Time from, Time to,
                             Selection* selection, std::vector<Found>* found) {
  std::unordered_map<uint64_t, uint32_t> set_of;
  const auto overlaps = [&](int64_t min_ms, int64_t max_ms) {
    return max_ms >= ToMs(from) && min_ms <= ToMs(to);
  };
  const auto add_set = [&](uint64_t hash, const ColumnSet& columns) {
    const auto set = static_cast<uint32_t>(selection->sets.size());
    set_of.emplace(hash, set);
    const size_t before = found->size();
    columns.runs.Match(ids, [&](size_t index, uint32_t place) {
      found->push_back({static_cast<uint32_t>(index), {set, place}});
    });
    selection->sets.emplace_back().wanted = found->size() - before;
    return set;
  };
  std::vector<std::pair<uint32_t, std::unique_ptr<SeriesPart>>> newest;
  for (const HeadSourcePtr& source : view_.head.sources) {
    for (auto& part : PartsOf(*source)) {
      if (!overlaps(part->min_ms(), part->max_ms())) continue;
      const auto known = set_of.find(part->set_hash());
      KZ_ASSIGN_OR_RETURN(const ColumnSetPtr columns, part->Columns());
      const uint32_t set =
          known != set_of.end() ? known->second : add_set(part->set_hash(), *columns);
      if (selection->sets[set].wanted > 0) newest.emplace_back(set, std::move(part));
    }
  }
  for (const SeriesBlockPtr& block : view_.blocks) {
    selection->blocks.push_back(nullptr);
    if (!overlaps(block->min_ms(), block->max_ms())) continue;
    KZ_ASSIGN_OR_RETURN(selection->blocks.back(), block->Load());
    const std::vector<ChunkEntry>& chunks = selection->blocks.back()->directory.chunks;
    for (size_t i = 0; i < chunks.size(); ++i) {
      if (!overlaps(chunks[i].min_ms, chunks[i].max_ms)) continue;
      const auto known = set_of.find(chunks[i].set_hash);
      if (known != set_of.end() && selection->sets[known->second].wanted == 0) continue;
      auto part = std::make_unique<BlockPart>(block, selection->blocks.back(), i,
                                              view_.shapes.get(), &stretches_);
      uint32_t set = 0;
      if (known != set_of.end()) {
        set = known->second;
      } else {
        KZ_ASSIGN_OR_RETURN(const ColumnSetPtr columns, part->Columns());
        set = add_set(chunks[i].set_hash, *columns);
      }
      if (selection->sets[set].wanted == 0) continue;
      part->ExpectReads(selection->sets[set].wanted);
      selection->sets[set].parts.push_back(std::move(part));
    }
  }
  for (auto& [set, part] : newest) selection->sets[set].parts.push_back(std::move(part));
  return OkStatus();
}

// Which of `ids` have samples with times of their own.
Status StoreReader::MatchLoose(const std::vector<SeriesId>& ids, Time from, Time to,
                               const Selection& selection, std::vector<uint32_t>* indexes) const {
  for (const auto& contents : selection.blocks) {
    if (contents == nullptr || contents->loose.empty()) continue;
    auto entry = contents->loose.begin();
    for (uint32_t i = 0; i < ids.size(); ++i) {
      while (entry != contents->loose.end() && entry->id < ids[i]) ++entry;
      if (entry == contents->loose.end()) break;
      if (entry->id == ids[i]) indexes->push_back(i);
    }
  }
  for (const auto& loose : view_.head.loose) {
    const std::vector<uint32_t> matched = loose->Match(ids, ToMs(from), ToMs(to));
    indexes->insert(indexes->end(), matched.begin(), matched.end());
  }
  return OkStatus();
}

// References are in the order of sets and places, so that neighbours are read together; a series
// that is nowhere gets none.
Status StoreReader::Locate(std::vector<SeriesId> ids, Time from, Time to, Selection* selection) {
  std::vector<Found> found;
  KZ_RETURN_IF_ERROR(FindSets(ids, from, to, selection, &found));
  std::vector<uint32_t> loose;
  KZ_RETURN_IF_ERROR(MatchLoose(ids, from, to, *selection, &loose));
  constexpr uint32_t kNowhere = UINT32_MAX;
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.at.set != b.at.set ? a.at.set < b.at.set : a.at.place < b.at.place;
  });
  std::vector<uint32_t> ref_of(ids.size(), kNowhere);
  const auto give_ref = [&](uint32_t index) {
    if (ref_of[index] != kNowhere) return;
    ref_of[index] = static_cast<uint32_t>(selection->ids.size());
    selection->ids.push_back(ids[index]);
  };
  for (const Found& one : found) give_ref(one.index);
  for (const uint32_t index : loose) give_ref(index);
  selection->begins.assign(selection->ids.size() + 1, 0);
  for (const Found& one : found) ++selection->begins[ref_of[one.index] + 1];
  std::partial_sum(selection->begins.begin(), selection->begins.end(), selection->begins.begin());
  selection->locations.resize(found.size());
  std::vector<uint32_t> next(selection->begins.begin(), selection->begins.end() - 1);
  for (const Found& one : found) selection->locations[next[ref_of[one.index]]++] = one.at;
  return OkStatus();
}

SeriesId StoreReader::IdOf(Ref ref) const {
  return selections_[ref >> kSelectionShift].ids[static_cast<uint32_t>(ref)];
}

Labels StoreReader::LabelsOf(Ref ref) const { return names_.Get(IdOf(ref)); }

void StoreReader::AppendLabels(std::span<const Ref> refs, std::vector<Labels>* labels) const {
  std::vector<SeriesId> ids;
  ids.reserve(refs.size());
  for (const Ref ref : refs) ids.push_back(IdOf(ref));
  names_.Get(ids, labels);
}

void StoreReader::AppendChosenLabels(std::span<const Ref> refs, std::span<const std::string> names,
                                     std::vector<Labels>* labels) const {
  if (names.empty()) return labels->resize(labels->size() + refs.size());
  std::vector<SeriesId> ids;
  ids.reserve(refs.size());
  for (const Ref ref : refs) ids.push_back(IdOf(ref));
  names_.GetChosen(ids, names, labels);
}

void StoreReader::SortByLabels(std::vector<Ref>* refs) const {
  std::vector<SeriesId> ids;
  ids.reserve(refs->size());
  for (const Ref ref : *refs) ids.push_back(IdOf(ref));
  const std::vector<Ref> unsorted = std::move(*refs);
  refs->clear();
  refs->reserve(unsorted.size());
  for (const uint32_t place : names_.OrderByLabels(ids)) refs->push_back(unsorted[place]);
}

Status StoreReader::ReadLoose(SeriesId id, const Selection& selection, int64_t from_ms,
                              int64_t to_ms, SampleColumns* out) const {
  const auto take = [&](int64_t time, double value) {
    if (time < from_ms || time > to_ms) return;
    out->times_ms.push_back(time);
    out->values.push_back(value);
  };
  SampleColumns stored;
  for (size_t i = 0; i < selection.blocks.size(); ++i) {
    if (selection.blocks[i] == nullptr) continue;
    const std::vector<LooseEntry>& loose = selection.blocks[i]->loose;
    const auto entry =
        std::lower_bound(loose.begin(), loose.end(), id,
                         [](const LooseEntry& one, SeriesId wanted) { return one.id < wanted; });
    if (entry == loose.end() || entry->id != id) continue;
    stored.Clear();
    KZ_RETURN_IF_ERROR(view_.blocks[i]->ReadLoose(*entry, &stored));
    for (size_t j = 0; j < stored.size(); ++j) take(stored.times_ms[j], stored.values[j]);
  }
  for (const auto& loose : view_.head.loose) {
    for (const LooseSamples::Sample& sample : loose->Get(id, view_.head.last_seq)) {
      take(sample.time_ms, sample.value);
    }
  }
  return OkStatus();
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
  KZ_RETURN_IF_ERROR(ReadLoose(id, selection, ToMs(from), ToMs(to), out));
  SortByTime(out);
  if (view_.tombstones) view_.tombstones->Apply(id, out);
  return OkStatus();
}

// The ids of series that satisfy the matchers and may have samples then.
StatusOr<std::vector<SeriesId>> StoreReader::Candidates(std::span<const LabelMatcher> matchers,
                                                        Time from, Time to) {
  KZ_ASSIGN_OR_RETURN(std::vector<SeriesId> ids, names_.Select(matchers, ToMs(from)));
  Selection selection;
  KZ_RETURN_IF_ERROR(Locate(std::move(ids), from, to, &selection));
  std::sort(selection.ids.begin(), selection.ids.end());
  return std::move(selection.ids);
}

StatusOr<std::vector<std::string>> StoreReader::LabelNames(std::span<const LabelMatcher> matchers,
                                                           Time from, Time to) {
  KZ_ASSIGN_OR_RETURN(const std::vector<SeriesId> ids, Candidates(matchers, from, to));
  return names_.LabelNames(ids);
}

StatusOr<std::vector<std::string>> StoreReader::LabelValues(std::string_view name,
                                                            std::span<const LabelMatcher> matchers,
                                                            Time from, Time to) {
  KZ_ASSIGN_OR_RETURN(const std::vector<SeriesId> ids, Candidates(matchers, from, to));
  return names_.LabelValues(name, ids);
}

}  // namespace kizashi

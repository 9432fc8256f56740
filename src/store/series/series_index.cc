#include "store/series/series_index.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <mutex>
#include <numeric>
#include <set>

#include "base/check.h"
#include "base/hash.h"
#include "store/series/value_matcher.h"

namespace kizashi {
namespace {

struct Run {
  SeriesId first;
  uint32_t count;
};

uint64_t PairHash(uint32_t name, uint32_t value) {
  uint64_t hash = (uint64_t{name} << 32 | value) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}

uint32_t HashOf(const std::vector<uint32_t>& pairs) {
  return static_cast<uint32_t>(
      Hash64({reinterpret_cast<const char*>(pairs.data()), pairs.size() * sizeof(uint32_t)}));
}

void PutVarint(uint32_t value, std::vector<uint8_t>* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<uint8_t>(value));
}

uint32_t GetVarint(const uint8_t** at) {
  uint32_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t byte = *(*at)++;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

void KeepLargest(size_t most, SeriesSummary::Counts* counts) {
  std::sort(counts->begin(), counts->end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (counts->size() > most) counts->resize(most);
}

// A series is written as a mask of the labels that differ from those of the series before, and
// their numbers; or, with an empty mask, as their count and all of them.
constexpr size_t kMaskLabels = 21;

void PutSeries(const std::vector<uint32_t>& pairs, const std::vector<uint32_t>& before,
               std::vector<uint8_t>* out) {
  uint32_t mask = 0;
  if (pairs.size() == before.size() && pairs.size() <= kMaskLabels) {
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i] != before[i]) mask |= 1U << i;
    }
  }
  PutVarint(mask, out);
  if (mask == 0) PutVarint(static_cast<uint32_t>(pairs.size()), out);
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (mask == 0 || (mask >> i & 1) != 0) PutVarint(pairs[i], out);
  }
}

void GetSeries(const uint8_t** at, std::vector<uint32_t>* pairs) {
  uint32_t mask = GetVarint(at);
  if (mask == 0) {
    pairs->resize(GetVarint(at));
    for (uint32_t& pair : *pairs) pair = GetVarint(at);
    return;
  }
  for (; mask != 0; mask &= mask - 1)
    (*pairs)[static_cast<size_t>(std::countr_zero(mask))] = GetVarint(at);
}

}  // namespace

// What one matcher leaves: the series of these labels, or all others.
struct SeriesIndex::Match {
  bool subtract = false;
  uint64_t size_hint = 0;
  std::vector<Run> runs;  // ascending, not overlapping: a series has one value of a name
};

uint32_t SeriesIndex::FindPair(uint32_t name, uint32_t value) const {
  if (pair_slots_.empty()) return kNone;
  const size_t mask = pair_slots_.size() - 1;
  for (size_t at = PairHash(name, value) & mask; pair_slots_[at] != kNone; at = (at + 1) & mask) {
    const Pair& pair = pairs_[pair_slots_[at]];
    if (pair.name == name && pair.value == value) return pair_slots_[at];
  }
  return kNone;
}

void SeriesIndex::GrowPairs() {
  pair_slots_.assign(pair_slots_.empty() ? 64 : pair_slots_.size() * 2, kNone);
  const size_t mask = pair_slots_.size() - 1;
  for (uint32_t id = 0; id < pairs_.size(); ++id) {
    size_t at = PairHash(pairs_[id].name, pairs_[id].value) & mask;
    while (pair_slots_[at] != kNone) at = (at + 1) & mask;
    pair_slots_[at] = id;
  }
}

uint32_t SeriesIndex::InternPair(std::string_view name, std::string_view value) {
  const uint32_t name_symbol = symbols_.Intern(name);
  const uint32_t value_symbol = symbols_.Intern(value);
  const uint32_t found = FindPair(name_symbol, value_symbol);
  if (found != kNone) return found;
  const auto id = static_cast<uint32_t>(pairs_.size());
  pairs_.push_back({name_symbol, value_symbol, {}});
  if (pairs_.size() * 4 > pair_slots_.size() * 3) {
    GrowPairs();
  } else {
    const size_t mask = pair_slots_.size() - 1;
    size_t at = PairHash(name_symbol, value_symbol) & mask;
    while (pair_slots_[at] != kNone) at = (at + 1) & mask;
    pair_slots_[at] = id;
  }
  const auto [named, is_new] =
      name_index_.try_emplace(name_symbol, static_cast<uint32_t>(names_.size()));
  if (is_new) names_.push_back({name_symbol, {}});
  names_[named->second].pairs.push_back(id);
  return id;
}

bool SeriesIndex::FindPairs(const Labels& labels, PairIds* pairs) const {
  pairs->clear();
  for (const Label& label : labels) {
    const uint32_t name = symbols_.Find(label.name);
    const uint32_t value = name == kNone ? kNone : symbols_.Find(label.value);
    const uint32_t pair = value == kNone ? kNone : FindPair(name, value);
    if (pair == kNone) return false;
    pairs->push_back(pair);
  }
  return true;
}

uint32_t SeriesIndex::FindOrdinal(const PairIds& pairs, uint32_t hash) const {
  if (series_slots_.empty()) return kNone;
  const size_t mask = series_slots_.size() - 1;
  PairIds known;
  for (size_t at = hash & mask; series_slots_[at] != kNone; at = (at + 1) & mask) {
    const uint32_t ordinal = series_slots_[at];
    if (hashes_[ordinal] != hash) continue;
    Decode(ordinal, &known);
    if (known == pairs) return ordinal;
  }
  return kNone;
}

std::optional<SeriesId> SeriesIndex::Find(const Labels& labels) const {
  const std::shared_lock lock(mutex_);
  PairIds pairs;
  if (!FindPairs(labels, &pairs)) return std::nullopt;
  const uint32_t ordinal = FindOrdinal(pairs, HashOf(pairs));
  if (ordinal == kNone) return std::nullopt;
  return ids_[ordinal];
}

void SeriesIndex::PutHash(uint32_t hash, uint32_t ordinal) {
  const size_t mask = series_slots_.size() - 1;
  size_t at = hash & mask;
  while (series_slots_[at] != kNone) at = (at + 1) & mask;
  series_slots_[at] = ordinal;
}

void SeriesIndex::GrowHashes() {
  series_slots_.assign(series_slots_.empty() ? 64 : series_slots_.size() * 2, kNone);
  for (uint32_t ordinal = 0; ordinal < hashes_.size(); ++ordinal) {
    PutHash(hashes_[ordinal], ordinal);
  }
}

void SeriesIndex::Add(SeriesId id, const Labels& labels) {
  const std::unique_lock lock(mutex_);
  PairIds pairs;
  pairs.reserve(labels.size());
  for (const Label& label : labels) pairs.push_back(InternPair(label.name, label.value));
  AddPairs(id, pairs);
}

void SeriesIndex::AddGroup(SeriesId first, std::span<const PairText> pairs,
                           std::span<const std::vector<uint32_t>> series) {
  const std::unique_lock lock(mutex_);
  PairIds ids(pairs.size(), kNone);  // the group may have labels that none of these has
  PairIds one;
  for (const std::vector<uint32_t>& indexes : series) {
    one.clear();
    for (const uint32_t index : indexes) {
      uint32_t& id = ids[index];
      if (id == kNone) id = InternPair(pairs[index].first, pairs[index].second);
      one.push_back(id);
    }
    AddPairs(first++, one);
  }
}

void SeriesIndex::Copier::Copy(std::span<const SeriesId> ids) {
  const std::shared_lock reading(from_.mutex_);
  const std::unique_lock writing(to_.mutex_);
  pairs_.resize(from_.pairs_.size(), kNone);
  PairIds one;
  size_t copied = 0;
  from_.VisitPairs(ids, [&](const PairIds& pairs) {
    one.clear();
    for (const uint32_t pair : pairs) {
      uint32_t& id = pairs_[pair];
      if (id == kNone) {
        id = to_.InternPair(from_.symbols_.Get(from_.pairs_[pair].name),
                            from_.symbols_.Get(from_.pairs_[pair].value));
      }
      one.push_back(id);
    }
    to_.AddPairs(ids[copied++], one);
  });
  KZ_CHECK(copied == ids.size(), "a series id was never given");
}

void SeriesIndex::AddPairs(SeriesId id, const PairIds& pairs) {
  KZ_CHECK(ids_.empty() || id > ids_.back(), "series id {} after {}", id, ids_.back());
  const auto ordinal = static_cast<uint32_t>(ids_.size());
  if (ordinal % kBlockSeries == 0) {
    block_begins_.push_back(coded_.size());
    last_pairs_.clear();
  }
  PutSeries(pairs, last_pairs_, &coded_);
  last_pairs_ = pairs;
  ids_.push_back(id);
  const uint32_t hash = HashOf(pairs);
  hashes_.push_back(hash);
  if (hashes_.size() * 4 > series_slots_.size() * 3) {
    GrowHashes();
  } else {
    PutHash(hash, ordinal);
  }
  for (const uint32_t pair : pairs) pairs_[pair].series.Add(id);
}

void SeriesIndex::Decode(uint32_t ordinal, PairIds* pairs) const {
  const uint8_t* at = coded_.data() + block_begins_[ordinal / kBlockSeries];
  for (uint32_t i = 0; i <= ordinal % kBlockSeries; ++i) GetSeries(&at, pairs);
}

std::optional<uint32_t> SeriesIndex::OrdinalOf(SeriesId id) const {
  // Mostly no id was left out.
  if (!ids_.empty() && id >= ids_.front() && id - ids_.front() < ids_.size() &&
      ids_[id - ids_.front()] == id) {
    return id - ids_.front();
  }
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (found == ids_.end() || *found != id) return std::nullopt;
  return static_cast<uint32_t>(found - ids_.begin());
}

bool SeriesIndex::Has(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  return OrdinalOf(id).has_value();
}

std::vector<SeriesId> SeriesIndex::Unknown(std::span<const SeriesId> ids) const {
  std::vector<SeriesId> unknown;
  const std::shared_lock lock(mutex_);
  for (const SeriesId id : ids) {
    if (!OrdinalOf(id)) unknown.push_back(id);
  }
  return unknown;
}

Labels SeriesIndex::Get(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  const auto ordinal = OrdinalOf(id);
  KZ_CHECK(ordinal.has_value(), "series id {} was never given", id);
  PairIds pairs;
  Decode(*ordinal, &pairs);
  return LabelsOf(pairs);
}

Labels SeriesIndex::LabelsOf(const PairIds& pairs) const {
  std::vector<Label> labels;
  labels.reserve(pairs.size());
  for (const uint32_t pair : pairs) {
    labels.push_back({std::string(symbols_.Get(pairs_[pair].name)),
                      std::string(symbols_.Get(pairs_[pair].value))});
  }
  return Labels(std::move(labels));
}

void SeriesIndex::Get(std::span<const SeriesId> ids, std::vector<Labels>* labels) const {
  const std::shared_lock lock(mutex_);
  const size_t wanted = labels->size() + ids.size();
  labels->reserve(wanted);
  VisitPairs(ids, [&](const PairIds& pairs) { labels->push_back(LabelsOf(pairs)); });
  KZ_CHECK(labels->size() == wanted, "a series id was never given");
}

void SeriesIndex::GetChosen(std::span<const SeriesId> ids, std::span<const std::string> names,
                            std::vector<Labels>* labels) const {
  const size_t wanted = labels->size() + ids.size();
  labels->reserve(wanted);
  const std::shared_lock lock(mutex_);
  std::vector<uint32_t> symbols;
  for (const std::string& name : names) symbols.push_back(symbols_.Find(name));
  PairIds chosen;
  VisitPairs(ids, [&](const PairIds& pairs) {
    chosen.clear();
    for (const uint32_t pair : pairs) {
      const bool is_chosen =
          std::find(symbols.begin(), symbols.end(), pairs_[pair].name) != symbols.end();
      if (is_chosen) chosen.push_back(pair);
    }
    labels->push_back(LabelsOf(chosen));
  });
  KZ_CHECK(labels->size() == wanted, "a series id was never given");
}

// Replaces each label's number by its place among those of the list, from 1 on, in the order of
// names and values.
void SeriesIndex::RankPairs(std::vector<uint32_t>* pairs) const {
  // A table of all labels there are pays only when many are asked for.
  std::vector<uint32_t> table(pairs->size() > pairs_.size() / 16 ? pairs_.size() : 0, 0);
  std::unordered_map<uint32_t, uint32_t> map;
  const auto rank_of = [&](uint32_t pair) -> uint32_t& {
    return table.empty() ? map[pair] : table[pair];
  };
  std::vector<uint32_t> distinct;
  for (const uint32_t pair : *pairs) {
    if (std::exchange(rank_of(pair), 1) == 0) distinct.push_back(pair);
  }
  std::sort(distinct.begin(), distinct.end(), [this](uint32_t a, uint32_t b) {
    if (pairs_[a].name != pairs_[b].name) {
      return symbols_.Get(pairs_[a].name) < symbols_.Get(pairs_[b].name);
    }
    return symbols_.Get(pairs_[a].value) < symbols_.Get(pairs_[b].value);
  });
  for (uint32_t i = 0; i < distinct.size(); ++i) rank_of(distinct[i]) = i + 1;
  for (uint32_t& pair : *pairs) pair = rank_of(pair);
}

// Sorts by the last label first, each time keeping the order there was: then the first decides, and
// of those that have it in common the second. Who has fewer labels comes first.
std::vector<uint32_t> SeriesIndex::OrderByLabels(std::span<const SeriesId> ids) const {
  std::vector<uint32_t> ranks;
  std::vector<uint32_t> begins = {0};
  size_t width = 0;
  {
    const std::shared_lock lock(mutex_);
    VisitPairs(ids, [&](const PairIds& pairs) {
      ranks.insert(ranks.end(), pairs.begin(), pairs.end());
      begins.push_back(static_cast<uint32_t>(ranks.size()));
      width = std::max(width, pairs.size());
    });
    KZ_CHECK(begins.size() == ids.size() + 1, "a series id was never given");
    RankPairs(&ranks);
  }
  const auto rank_at = [&](uint32_t series, size_t label) {
    const size_t at = begins[series] + label;
    return at < begins[series + 1] ? ranks[at] : 0;
  };
  std::vector<uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::vector<uint32_t> sorted(ids.size());
  std::vector<uint32_t> begin_of;  // by rank, less the lowest
  for (size_t label = width; label-- > 0;) {
    uint32_t low = UINT32_MAX;
    uint32_t high = 0;
    for (uint32_t i = 0; i < ids.size(); ++i) {
      low = std::min(low, rank_at(i, label));
      high = std::max(high, rank_at(i, label));
    }
    if (low == high) continue;
    begin_of.assign(high - low + 2, 0);
    for (uint32_t i = 0; i < ids.size(); ++i) ++begin_of[rank_at(i, label) - low + 1];
    std::partial_sum(begin_of.begin(), begin_of.end(), begin_of.begin());
    for (const uint32_t i : order) sorted[begin_of[rank_at(i, label) - low]++] = i;
    std::swap(order, sorted);
  }
  return order;
}

size_t SeriesIndex::size() const {
  const std::shared_lock lock(mutex_);
  return ids_.size();
}

SeriesId SeriesIndex::end() const {
  const std::shared_lock lock(mutex_);
  return ids_.empty() ? 0 : ids_.back() + 1;
}

std::vector<SeriesId> SeriesIndex::All() const {
  const std::shared_lock lock(mutex_);
  return ids_;
}

const SeriesIndex::Name* SeriesIndex::FindName(std::string_view name) const {
  const uint32_t symbol = symbols_.Find(name);
  const auto found = symbol == kNone ? name_index_.end() : name_index_.find(symbol);
  return found == name_index_.end() ? nullptr : &names_[found->second];
}

StatusOr<SeriesIndex::Match> SeriesIndex::Evaluate(const LabelMatcher& matcher) const {
  KZ_ASSIGN_OR_RETURN(const ValueMatcher test, ValueMatcher::Make(matcher));
  Match match;
  match.subtract = test.Matches("");
  const Name* const name = FindName(matcher.name);
  if (name == nullptr) return match;
  size_t lists = 0;
  const auto take = [&](uint32_t pair) {
    pairs_[pair].series.VisitRuns([&](SeriesId first, uint32_t count) {
      match.runs.push_back({first, count});
    });
    match.size_hint += pairs_[pair].series.SizeHint();
    ++lists;
  };
  const auto* texts = match.subtract ? test.Exceptions() : test.Alternatives();
  if (texts != nullptr) {
    for (const std::string& text : *texts) {
      const uint32_t value = symbols_.Find(text);
      const uint32_t pair = value == kNone ? kNone : FindPair(name->symbol, value);
      if (pair != kNone) take(pair);
    }
  } else {
    for (const uint32_t pair : name->pairs) {
      if (test.Matches(symbols_.Get(pairs_[pair].value)) != match.subtract) take(pair);
    }
  }
  if (lists > 1) {
    std::sort(match.runs.begin(), match.runs.end(),
              [](const Run& a, const Run& b) { return a.first < b.first; });
  }
  return match;
}

void SeriesIndex::Apply(const Match& match, std::vector<SeriesId>* ids) const {
  size_t kept = 0;
  size_t run = 0;
  for (const SeriesId id : *ids) {
    while (run < match.runs.size() && match.runs[run].first + match.runs[run].count <= id) ++run;
    const bool in = run < match.runs.size() && match.runs[run].first <= id;
    if (in != match.subtract) (*ids)[kept++] = id;
  }
  ids->resize(kept);
}

StatusOr<std::vector<SeriesId>> SeriesIndex::Select(std::span<const LabelMatcher> matchers) const {
  const std::shared_lock lock(mutex_);
  std::vector<Match> matches;
  for (const LabelMatcher& matcher : matchers) {
    KZ_ASSIGN_OR_RETURN(matches.emplace_back(), Evaluate(matcher));
  }
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return a.subtract != b.subtract ? b.subtract : a.size_hint < b.size_hint;
  });
  std::vector<SeriesId> ids;
  size_t next = 0;
  if (!matches.empty() && !matches[0].subtract) {
    for (const Run& run : matches[0].runs) {
      for (uint32_t i = 0; i < run.count; ++i) ids.push_back(run.first + i);
    }
    next = 1;
  } else {
    ids = ids_;
  }
  for (; next < matches.size() && !ids.empty(); ++next) Apply(matches[next], &ids);
  return ids;
}

// Calls `visit` with the labels' numbers of each of the ids.
template <typename Visit>
void SeriesIndex::VisitPairs(std::span<const SeriesId> ids, Visit visit) const {
  PairIds pairs;
  uint32_t decoded = kNone;  // the series whose labels are in `pairs`
  const uint8_t* at = nullptr;
  for (const SeriesId id : ids) {
    const auto ordinal = OrdinalOf(id);
    if (!ordinal) continue;
    const uint32_t begin = *ordinal / kBlockSeries * kBlockSeries;
    if (decoded == kNone || decoded < begin || decoded > *ordinal) {
      at = coded_.data() + block_begins_[*ordinal / kBlockSeries];
      decoded = begin;
      GetSeries(&at, &pairs);
    }
    for (; decoded < *ordinal; ++decoded) GetSeries(&at, &pairs);
    visit(pairs);
  }
}

std::vector<std::string> SeriesIndex::Names(std::span<const SeriesId> ids) const {
  const std::shared_lock lock(mutex_);
  std::vector<bool> seen(pairs_.size());
  std::set<uint32_t> symbols;
  VisitPairs(ids, [&](const PairIds& pairs) {
    for (const uint32_t pair : pairs) {
      if (seen[pair]) continue;
      seen[pair] = true;
      symbols.insert(pairs_[pair].name);
    }
  });
  std::vector<std::string> names;
  for (const uint32_t symbol : symbols) names.emplace_back(symbols_.Get(symbol));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> SeriesIndex::Values(std::string_view name,
                                             std::span<const SeriesId> ids) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> values;
  const Name* const named = FindName(name);
  if (named == nullptr) return values;
  if (ids.size() == ids_.size()) {
    for (const uint32_t pair : named->pairs) values.emplace_back(symbols_.Get(pairs_[pair].value));
  } else {
    std::vector<bool> seen(pairs_.size());
    VisitPairs(ids, [&](const PairIds& pairs) {
      for (const uint32_t pair : pairs) {
        if (seen[pair] || pairs_[pair].name != named->symbol) continue;
        seen[pair] = true;
        values.emplace_back(symbols_.Get(pairs_[pair].value));
      }
    });
  }
  std::sort(values.begin(), values.end());
  return values;
}

SeriesSummary SeriesIndex::Summarize(const SeriesSet& set, size_t most) const {
  const std::shared_lock lock(mutex_);
  SeriesSummary summary;
  summary.series = set.size();
  std::vector<std::pair<uint64_t, uint32_t>> pair_counts;
  for (const Name& name : names_) {
    const std::string_view text = symbols_.Get(name.symbol);
    uint64_t values = 0;
    uint64_t bytes = 0;
    for (const uint32_t pair : name.pairs) {
      uint64_t series = 0;
      pairs_[pair].series.VisitRuns(
          [&](SeriesId first, uint32_t count) { series += set.Count(first, count); });
      if (series == 0) continue;
      ++values;
      bytes += symbols_.Get(pairs_[pair].value).size();
      pair_counts.emplace_back(series, pair);
      if (text == kMetricName) {
        summary.series_by_metric.emplace_back(series, symbols_.Get(pairs_[pair].value));
      }
    }
    if (values == 0) continue;
    summary.label_pairs += values;
    summary.values_by_label.emplace_back(values, text);
    summary.bytes_by_label.emplace_back(bytes, text);
  }
  // Of the labels, which are many, only those that may be among the first get their texts.
  if (pair_counts.size() > most) {
    const auto end = pair_counts.begin() + static_cast<ptrdiff_t>(most);
    std::nth_element(pair_counts.begin(), end, pair_counts.end(), std::greater<>());
    const uint64_t least = end->first;
    std::erase_if(pair_counts, [least](const auto& pair) { return pair.first < least; });
  }
  for (const auto& [series, pair] : pair_counts) {
    summary.series_by_pair.emplace_back(
        series,
        fmt::format("{}={}", symbols_.Get(pairs_[pair].name), symbols_.Get(pairs_[pair].value)));
  }
  for (auto* counts : {&summary.series_by_metric, &summary.values_by_label, &summary.bytes_by_label,
                       &summary.series_by_pair}) {
    KeepLargest(most, counts);
  }
  return summary;
}

size_t SeriesIndex::bytes() const {
  const std::shared_lock lock(mutex_);
  size_t total =
      symbols_.bytes() + pairs_.capacity() * sizeof(Pair) +
      pair_slots_.capacity() * sizeof(uint32_t) +
      (ids_.capacity() + hashes_.capacity() + series_slots_.capacity()) * sizeof(uint32_t) +
      coded_.capacity() + block_begins_.capacity() * sizeof(uint64_t);
  for (const Pair& pair : pairs_) total += pair.series.heap_bytes();
  for (const Name& name : names_) total += name.pairs.capacity() * sizeof(uint32_t);
  return total;
}

}  // namespace kizashi

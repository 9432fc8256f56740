#include "store/definitions.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <limits>
#include <span>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/definition_group.h"

namespace kizashi {

Status Definitions::LoadSources() {
  for (const MetaKind kind : {MetaKind::kLayout, MetaKind::kSource, MetaKind::kStream}) {
    KZ_RETURN_IF_ERROR(Load(kind));
  }
  return OkStatus();
}

Status Definitions::LoadSeries() {
  // Series one by one are older than those in groups.
  KZ_RETURN_IF_ERROR(Load(MetaKind::kSeries));
  KZ_RETURN_IF_ERROR(LoadGroups());
  series_.FinishLoad();
  return OkStatus();
}

// A group ends where the next one begins: of those whose series have all ended nothing is decoded.
Status Definitions::LoadGroups() {
  Status restored;
  std::string group_key;
  std::string group;
  const auto restore = [&](SeriesId end) {
    const SeriesId first = group_key.empty() ? end : ByteReader(group_key).BigU32();
    if (first == end || series_.SkipEnded(first, end - first)) return;
    restored = Restore(static_cast<char>(MetaKind::kSeriesGroup) + group_key, group);
  };
  KZ_RETURN_IF_ERROR(database_.Visit(database_.meta(), MetaKey(MetaKind::kSeriesGroup, 0),
                                     "read what ids stand for",
                                     [&](std::string_view key, std::string_view value) {
                                       if (key[0] != static_cast<char>(MetaKind::kSeriesGroup))
                                         return false;
                                       restore(ByteReader(key.substr(1)).BigU32());
                                       group_key = key.substr(1);
                                       group = value;
                                       return restored.ok();
                                     }));
  KZ_RETURN_IF_ERROR(restored);
  if (!group_key.empty()) {
    restored = Restore(static_cast<char>(MetaKind::kSeriesGroup) + group_key, group);
  }
  return restored;
}

void Definitions::KeepEndedIn(std::string directory) {
  series_.OpenEnded(std::move(directory),
                    [this](SeriesId first, uint32_t count, const SeriesNames::Visit& visit) {
                      return VisitStored(first, count, visit);
                    });
}

Status Definitions::VisitStored(SeriesId first, uint32_t count,
                                const SeriesNames::Visit& visit) const {
  const uint64_t end = uint64_t{first} + count;
  for (uint64_t id = first; id < end;) {
    KZ_ASSIGN_OR_RETURN(const StoredGroupPtr stored, GroupOf(static_cast<SeriesId>(id)));
    const auto from = static_cast<size_t>(id - stored->first);
    const auto some = std::span(stored->group.series)
                          .subspan(from)
                          .first(static_cast<size_t>(
                              std::min<uint64_t>(end - id, stored->group.series.size() - from)));
    visit(static_cast<SeriesId>(id), stored->group.pairs, some);
    id += some.size();
  }
  return OkStatus();
}

StatusOr<Definitions::StoredGroupPtr> Definitions::GroupOf(SeriesId id) const {
  const auto has = [id](const StoredGroup& stored) {
    return id >= stored.first && id - stored.first < stored.group.series.size();
  };
  {
    const std::lock_guard lock(group_mutex_);
    if (last_group_ && has(*last_group_)) return last_group_;
  }
  auto stored = std::make_shared<StoredGroup>();
  KZ_ASSIGN_OR_RETURN(const Database::Row row,
                      database_.Floor(database_.meta(), MetaKey(MetaKind::kSeriesGroup, id)));
  if (row && row->first[0] == static_cast<char>(MetaKind::kSeriesGroup)) {
    stored->first = ByteReader(std::string_view(row->first).substr(1)).BigU32();
    KZ_ASSIGN_OR_RETURN(stored->group, DecodeDefinitionGroup(row->second));
  }
  if (!has(*stored)) {
    // Stored by itself, by a program that knew no groups.
    KZ_ASSIGN_OR_RETURN(const auto single,
                        database_.Get(database_.meta(), MetaKey(MetaKind::kSeries, id)));
    if (!single) return DataLoss("store: series {} is not defined", id);
    KZ_ASSIGN_OR_RETURN(const Labels labels, DecodeLabels(*single));
    stored->first = id;
    KZ_ASSIGN_OR_RETURN(stored->group, DecodeDefinitionGroup(EncodeDefinitionGroup({&labels, 1})));
  }
  const std::lock_guard lock(group_mutex_);
  last_group_ = stored;
  return StoredGroupPtr(std::move(stored));
}

Status Definitions::Load(MetaKind kind) {
  Status restored;
  KZ_RETURN_IF_ERROR(database_.Visit(database_.meta(), MetaKey(kind, 0), "read what ids stand for",
                                     [&](std::string_view key, std::string_view value) {
                                       if (key[0] != static_cast<char>(kind)) return false;
                                       restored = Restore(key, value);
                                       return restored.ok();
                                     }));
  return restored;
}

Status Definitions::Restore(std::string_view key, std::string_view value) {
  const uint32_t id = ByteReader(key.substr(1)).BigU32();
  switch (static_cast<MetaKind>(key[0])) {
    case MetaKind::kSeries: {
      KZ_ASSIGN_OR_RETURN(const Labels labels, DecodeLabels(value));
      if (id != series_.end()) {
        return DataLoss("stored series are not numbered in order: {} after {}", id, series_.end());
      }
      if (!series_.SkipEnded(id, 1)) series_.Add(id, labels);
      return OkStatus();
    }
    case MetaKind::kSeriesGroup: {
      KZ_ASSIGN_OR_RETURN(const DefinitionGroup group, DecodeDefinitionGroup(value));
      if (id != series_.end()) {
        return DataLoss("stored series are not numbered in order: {} after {}", id, series_.end());
      }
      series_.AddGroup(id, group.pairs, group.series);
      return OkStatus();
    }
    case MetaKind::kStream: {
      KZ_ASSIGN_OR_RETURN(Labels labels, DecodeLabels(value));
      return streams_.Restore(id, std::move(labels));
    }
    case MetaKind::kSource:
      if (id != sources_.size()) return DataLoss("store: sources are not numbered in order");
      source_ids_.emplace(std::string(value), id);
      sources_.emplace_back(value);
      return OkStatus();
    case MetaKind::kLayout:
      if (id != layouts_.size()) return DataLoss("store: layouts are not numbered in order");
      layout_ids_.emplace(Hash64(value), id);
      layouts_.emplace_back();  // decoded when asked for
      return OkStatus();
    case MetaKind::kFormat:
    case MetaKind::kDropped:
    case MetaKind::kCursor: return OkStatus();
  }
  return OkStatus();
}

StatusOr<SeriesId> Definitions::InternSeries(const Labels& labels) {
  KZ_ASSIGN_OR_RETURN(const std::optional<SeriesId> found, series_.Find(labels));
  if (found) return *found;
  if (series_.size() >= series_max_) {
    return ResourceExhausted("the store holds {} series already, its limit", series_max_);
  }
  if (series_.end() == std::numeric_limits<SeriesId>::max()) {
    return ResourceExhausted("the store has had {} series, it cannot number more", series_.end());
  }
  // Without a lock held: who owns a series is asked of others.
  if (budget_ != nullptr) KZ_RETURN_IF_ERROR(budget_->Admit(labels));
  // One lock around all keeps the definitions in the order of their ids.
  const std::lock_guard lock(waiting_mutex_);
  if (const auto known = series_.FindLiving(labels)) {
    if (budget_ != nullptr) budget_->Withdraw(labels);  // another thread was quicker
    return *known;
  }
  const SeriesId id = series_.end();
  series_.Add(id, labels);
  if (waiting_series_.empty()) waiting_first_ = id;
  waiting_series_.push_back(labels);
  return id;
}

StatusOr<StreamId> Definitions::InternStream(const Labels& labels) {
  bool is_new = false;
  const std::lock_guard lock(waiting_mutex_);
  KZ_ASSIGN_OR_RETURN(const StreamId id, streams_.Intern(labels, &is_new));
  if (is_new) waiting_.emplace_back(MetaKey(MetaKind::kStream, id), EncodeLabels(labels));
  return id;
}

RowIds Definitions::IdsFor(const ScrapeBatch& batch) {
  RowIds ids;
  ids.source = SourceId(batch.source);
  LastLayout& last = last_layout_[ids.source];
  if (last.layout != batch.layout) last = {batch.layout, LayoutId(batch.layout)};
  ids.layout = last.id;
  return ids;
}

uint32_t Definitions::SourceId(const std::string& source) {
  uint32_t id = 0;
  {
    const std::lock_guard lock(rows_mutex_);
    const auto [found, is_new] =
        source_ids_.emplace(source, static_cast<uint32_t>(sources_.size()));
    id = found->second;
    if (!is_new) return id;
    sources_.push_back(source);
  }
  const std::lock_guard lock(waiting_mutex_);
  waiting_.emplace_back(MetaKey(MetaKind::kSource, id), source);
  return id;
}

uint32_t Definitions::LayoutId(const SeriesLayout& layout) {
  std::string encoded = EncodeLayout(*layout);
  const uint64_t hash = Hash64(encoded);
  std::vector<uint32_t> candidates;
  {
    const std::lock_guard lock(rows_mutex_);
    const auto [begin, end] = layout_ids_.equal_range(hash);
    for (auto it = begin; it != end; ++it) candidates.push_back(it->second);
  }
  for (const uint32_t candidate : candidates) {
    const auto known = Layout(candidate);
    if (known.ok() && **known == *layout) return candidate;
  }
  uint32_t id = 0;
  {
    const std::lock_guard lock(rows_mutex_);
    id = static_cast<uint32_t>(layouts_.size());
    layouts_.push_back(layout);
    layout_ids_.emplace(hash, id);
  }
  const std::lock_guard lock(waiting_mutex_);
  waiting_.emplace_back(MetaKey(MetaKind::kLayout, id), std::move(encoded));
  return id;
}

Definitions::Put Definitions::PutWaiting(rocksdb::WriteBatch* batch) const {
  const std::lock_guard lock(waiting_mutex_);
  for (const auto& [key, value] : waiting_) batch->Put(database_.meta(), key, value);
  const std::span<const Labels> series = waiting_series_;
  for (size_t at = 0; at < series.size(); at += kGroupSeriesMax) {
    const size_t count = std::min(kGroupSeriesMax, series.size() - at);
    batch->Put(database_.meta(),
               MetaKey(MetaKind::kSeriesGroup, waiting_first_ + static_cast<SeriesId>(at)),
               EncodeDefinitionGroup(series.subspan(at, count)));
  }
  return {waiting_.size(), waiting_series_.size()};
}

void Definitions::Committed(Put put) {
  const std::lock_guard lock(waiting_mutex_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(put.others));
  waiting_series_.erase(waiting_series_.begin(),
                        waiting_series_.begin() + static_cast<ptrdiff_t>(put.series));
  waiting_first_ += static_cast<SeriesId>(put.series);
  if (put.series > 0) series_.NoteStored(waiting_first_);
  if (waiting_series_.empty()) waiting_series_.shrink_to_fit();
}

StatusOr<std::string> Definitions::Source(uint32_t id) const {
  const std::lock_guard lock(rows_mutex_);
  if (id >= sources_.size()) return DataLoss("store: source {} is not defined", id);
  return sources_[id];
}

StatusOr<SeriesLayout> Definitions::Layout(uint32_t id) const {
  {
    const std::lock_guard lock(rows_mutex_);
    if (id >= layouts_.size()) return DataLoss("store: layout {} is not defined", id);
    if (SeriesLayout known = layouts_[id].lock()) return known;
  }
  KZ_ASSIGN_OR_RETURN(const std::optional<std::string> encoded,
                      database_.Get(database_.meta(), MetaKey(MetaKind::kLayout, id)));
  if (!encoded) return DataLoss("store: layout {} is not on disk", id);
  KZ_ASSIGN_OR_RETURN(SeriesLayout layout, DecodeLayout(*encoded));
  const std::lock_guard lock(rows_mutex_);
  // Another reader may have been quicker: all are to share one.
  if (SeriesLayout known = layouts_[id].lock()) return known;
  layouts_[id] = layout;
  return layout;
}

}  // namespace kizashi

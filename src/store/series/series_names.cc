#include "store/series/series_names.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/logs/durable_file.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListMagic = "KZSENL01";

// Calls `visit(first, count)` for the runs of ids that follow each other.
template <typename Visit>
void VisitIdRuns(std::span<const SeriesId> ids, Visit visit) {
  for (size_t at = 0; at < ids.size();) {
    size_t end = at + 1;
    while (end < ids.size() && ids[end] == ids[end - 1] + 1) ++end;
    visit(ids[at], static_cast<uint32_t>(end - at));
    at = end;
  }
}

void LogUnreadable(const Status& why) {
  Log(LogLevel::kError, "what series are cannot be read", {{"reason", Message(why)}});
}

}  // namespace

SeriesNames::SeriesNames() {
  auto state = std::make_shared<State>();
  state->living = std::make_shared<SeriesIndex>();
  state->awake = std::make_shared<Awake>();
  state_ = std::move(state);
}

SeriesNames::StatePtr SeriesNames::Current() const {
  const std::shared_lock lock(mutex_);
  return state_;
}

std::string SeriesNames::PathOf(uint64_t number) const {
  return (fs::path(directory_) / fmt::format("{:010}.kzend", number)).string();
}

std::string SeriesNames::ListPath() const { return (fs::path(directory_) / "list").string(); }

void SeriesNames::OpenEnded(std::string directory, ReadStored read) {
  is_loading_ = true;
  directory_ = std::move(directory);
  read_ = std::move(read);
  const Status opened = ReadEnded();
  if (opened.ok()) return;
  Log(LogLevel::kWarn, "series that ended are brought back into memory",
      {{"reason", Message(opened)}});
  auto state = std::make_shared<State>(*state_);
  state->ended.clear();
  state_ = std::move(state);
  load_ended_ = {};
  returned_.clear();
  ended_count_ = 0;
  std::error_code error;
  fs::remove_all(directory_, error);
}

// The list says which files there are, and which of their series live again.
Status SeriesNames::ReadEnded() {
  std::ifstream file(ListPath(), std::ios::binary);
  auto state = std::make_shared<State>(*state_);
  std::set<std::string> known;
  if (file) {
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    constexpr size_t kHash = sizeof(uint64_t);
    const auto damaged = [this] { return DataLoss("{} is damaged", ListPath()); };
    if (bytes.size() < kListMagic.size() + kHash) return damaged();
    const std::string_view content = std::string_view(bytes).substr(0, bytes.size() - kHash);
    if (ByteReader(std::string_view(bytes).substr(content.size())).U64() != Hash64(content)) {
      return damaged();
    }
    ByteReader in(content);
    if (in.Bytes(kListMagic.size()) != kListMagic) return damaged();
    const uint64_t groups = in.Varint();
    std::vector<SeriesSet::Run> runs;
    for (uint64_t i = 0; i < groups && in.ok(); ++i) {
      auto ended = std::make_shared<Ended>();
      ended->number = in.Varint();
      next_number_ = std::max(next_number_, ended->number + 1);
      if (!in.ok()) break;
      KZ_ASSIGN_OR_RETURN(ended->group, EndedGroup::Open(PathOf(ended->number)));
      ended->group->ids().VisitRuns([&](SeriesId first, uint32_t count) {
        runs.push_back({first, count});
      });
      known.insert(PathOf(ended->number));
      state->ended.push_back(std::move(ended));
    }
    const uint64_t returned = in.Varint();
    uint64_t id = 0;
    for (uint64_t i = 0; i < returned && in.ok(); ++i) {
      id += in.Varint();
      if (id > UINT32_MAX) in.Fail();
      returned_.push_back(static_cast<SeriesId>(id));
    }
    if (!in.ok() || !in.AtEnd()) return damaged();
    load_ended_ = SeriesSet(std::move(runs)).Without(returned_);
    ended_count_ = load_ended_.size();
  }
  // What a crash left behind.
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_, error)) {
    const std::string path = entry.path().string();
    if (path != ListPath() && known.count(path) == 0) fs::remove(entry.path(), error);
  }
  state_ = std::move(state);
  return OkStatus();
}

Status SeriesNames::WriteList(const std::vector<std::shared_ptr<Ended>>& ended,
                              const std::vector<SeriesId>& returned) const {
  ByteWriter out;
  out.Raw(kListMagic.data(), kListMagic.size());
  out.Varint(ended.size());
  for (const auto& one : ended) out.Varint(one->number);
  out.Varint(returned.size());
  SeriesId before = 0;
  for (const SeriesId id : returned) {
    out.Varint(id - before);
    before = id;
  }
  out.U64(Hash64(out.bytes()));
  return WriteDurably(ListPath(), out.bytes());
}

void SeriesNames::AddGroup(SeriesId first, std::span<const SeriesIndex::PairText> pairs,
                           std::span<const std::vector<uint32_t>> series) {
  const auto count = static_cast<uint32_t>(series.size());
  if (load_ended_.Count(first, count) == 0) {
    state_->living->AddGroup(first, pairs, series);
  } else {
    for (uint32_t i = 0; i < count; ++i) {
      if (load_ended_.Count(first + i, 1) != 0) continue;
      state_->living->AddGroup(first + i, pairs, series.subspan(i, 1));
    }
  }
  const std::unique_lock lock(mutex_);
  end_ = first + count;
}

bool SeriesNames::SkipEnded(SeriesId first, SeriesId count) {
  if (count == 0 || load_ended_.Count(first, count) < count) return false;
  const std::unique_lock lock(mutex_);
  end_ = first + count;
  return true;
}

void SeriesNames::FinishLoad() {
  load_ended_ = {};
  const std::unique_lock lock(mutex_);
  stored_end_ = end_before_ = end_;
  is_loading_ = false;
}

// Of those that are awake.
void SeriesNames::Awake::Put(SeriesId id, const Labels& labels) {
  const std::lock_guard lock(mutex);
  const auto found = series.find(id);
  if (found == series.end() || found->second) return;
  found->second = labels;
  by_hash.emplace(HashOfLabels(labels), id);
}

std::optional<SeriesId> SeriesNames::Awake::Find(const Labels& labels, uint64_t hash) {
  const std::lock_guard lock(mutex);
  const auto [begin, end] = by_hash.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (series.at(it->second) == labels) return it->second;
  }
  return std::nullopt;
}

StatusOr<std::optional<SeriesId>> SeriesNames::Find(const Labels& labels) {
  const StatePtr state = Current();
  if (const auto living = state->living->Find(labels)) return living;
  if (state->ended.empty()) return std::optional<SeriesId>();
  const uint64_t hash = HashOfLabels(labels);
  if (const auto awake = state->awake->Find(labels, hash)) return awake;
  std::vector<SeriesId> ids;
  for (const auto& ended : state->ended) KZ_RETURN_IF_ERROR(ended->group->Find(hash, &ids));
  for (const SeriesId id : ids) {
    KZ_ASSIGN_OR_RETURN(const std::vector<Labels> found, ReadLabels({&id, 1}));
    if (found[0] != labels) continue;
    Touch({&id, 1});
    Current()->awake->Put(id, labels);
    return std::optional(id);
  }
  return std::optional<SeriesId>();
}

std::optional<SeriesId> SeriesNames::FindLiving(const Labels& labels) const {
  return Current()->living->Find(labels);
}

void SeriesNames::Add(SeriesId id, const Labels& labels) {
  const std::unique_lock lock(mutex_);
  KZ_CHECK(id >= end_, "series id {} below {}", id, end_);
  state_->living->Add(id, labels);
  end_ = id + 1;
}

void SeriesNames::NoteStored(SeriesId end) {
  const std::unique_lock lock(mutex_);
  stored_end_ = end;
}

bool SeriesNames::Touch(std::span<const SeriesId> ids) {
  {
    const std::shared_lock lock(mutex_);
    if (is_loading_ || (!is_watching_ && state_->ended.empty())) return false;
  }
  const std::unique_lock lock(mutex_);
  if (is_watching_) touched_.insert(touched_.end(), ids.begin(), ids.end());
  const std::vector<SeriesId> missing = state_->living->Unknown(ids);
  if (missing.empty()) return false;
  const std::lock_guard awaking(state_->awake->mutex);
  for (const SeriesId id : missing) {
    if (state_->awake->series.try_emplace(id).second) --ended_count_;
  }
  return missing.size() == ids.size();
}

StatusOr<std::vector<Labels>> SeriesNames::ReadLabels(std::span<const SeriesId> ids) const {
  std::vector<Labels> labels;
  Status status;
  VisitIdRuns(ids, [&](SeriesId first, uint32_t count) {
    if (!status.ok()) return;
    status = read_(first, count, [&](SeriesId, auto pairs, auto series) {
      for (const std::vector<uint32_t>& one : series) {
        std::vector<Label> list;
        for (const uint32_t index : one) {
          list.push_back({std::string(pairs[index].first), std::string(pairs[index].second)});
        }
        labels.emplace_back(std::move(list));
      }
    });
  });
  KZ_RETURN_IF_ERROR(status);
  if (labels.size() != ids.size()) return DataLoss("series of the store are not defined");
  return labels;
}

Labels SeriesNames::Get(SeriesId id) const {
  std::vector<Labels> labels;
  Get({&id, 1}, &labels);
  return std::move(labels[0]);
}

void SeriesNames::Get(std::span<const SeriesId> ids, std::vector<Labels>* labels) const {
  const StatePtr state = Current();
  const std::vector<SeriesId> missing = state->living->Unknown(ids);
  if (missing.empty()) return state->living->Get(ids, labels);
  KZ_CHECK(read_ != nullptr, "series id {} was never given", missing[0]);
  StatusOr<std::vector<Labels>> read = ReadLabels(missing);
  if (!read.ok()) LogUnreadable(read.status());
  size_t next = 0;
  for (const SeriesId id : ids) {
    if (next == missing.size() || missing[next] != id) {
      labels->push_back(state->living->Get(id));
    } else {
      labels->push_back(read.ok() ? std::move((*read)[next]) : Labels());
      ++next;
    }
  }
}

std::vector<SeriesId> SeriesNames::Living() const { return Current()->living->All(); }

SeriesSummary SeriesNames::Summarize(const SeriesSet& set, size_t most) const {
  return Current()->living->Summarize(set, most);
}

size_t SeriesNames::size() const { return Current()->living->size() + awake(); }

size_t SeriesNames::ended() const {
  const std::shared_lock lock(mutex_);
  return ended_count_;
}

size_t SeriesNames::awake() const {
  const StatePtr state = Current();
  const std::lock_guard lock(state->awake->mutex);
  return state->awake->series.size();
}

SeriesId SeriesNames::end() const {
  const std::shared_lock lock(mutex_);
  return end_;
}

size_t SeriesNames::bytes() const {
  const StatePtr state = Current();
  size_t total = state->living->bytes();
  for (const auto& ended : state->ended) {
    total += ended->group->bytes();
    const std::lock_guard lock(ended->mutex);
    if (ended->loaded) total += ended->loaded->bytes();
  }
  return total;
}

StatusOr<std::shared_ptr<const SeriesIndex>> SeriesNames::LoadEnded(Ended* ended) const {
  const std::lock_guard lock(ended->mutex);
  ended->is_used = true;
  if (ended->loaded) return ended->loaded;
  auto index = std::make_shared<SeriesIndex>();
  Status status;
  ended->group->ids().VisitRuns([&](SeriesId first, uint32_t count) {
    if (!status.ok()) return;
    status = read_(first, count, [&](SeriesId from, auto pairs, auto series) {
      index->AddGroup(from, pairs, series);
    });
  });
  KZ_RETURN_IF_ERROR(status);
  if (index->size() != ended->group->size()) {
    return DataLoss("series of the store are not defined");
  }
  ended->loaded = std::move(index);
  return ended->loaded;
}

void SeriesNames::DropUnused() {
  for (const auto& ended : Current()->ended) {
    const std::lock_guard lock(ended->mutex);
    if (!std::exchange(ended->is_used, false)) ended->loaded = nullptr;
  }
}

}  // namespace kizashi

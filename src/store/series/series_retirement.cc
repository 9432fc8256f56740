// How series that ended leave memory, and those that returned come back into it: the index is made
// anew beside the one in use, then takes its place.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "store/logs/durable_file.h"
#include "store/series/series_names.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCopiedAtOnce = 4096;  // while the index in use is locked
constexpr size_t kEndedShare = 16;

}  // namespace

struct SeriesNames::Retiring {
  StatePtr from;
  std::vector<SeriesId> gone;                      // ascending, as are all lists of ids here
  std::vector<SeriesId> kept;                      // of those that live, up to `end`
  std::vector<std::pair<SeriesId, Labels>> awake;  // to live again
  std::vector<SeriesId> returned;
  SeriesId end = 0;  // ids from here on came meanwhile
  std::shared_ptr<State> to = std::make_shared<State>();
};

void SeriesNames::Watch() {
  const std::unique_lock lock(mutex_);
  is_watching_ = true;
  touched_.clear();
}

StatusOr<bool> SeriesNames::Retire(const SeriesSet& held, int64_t max_ms) {
  Retiring now;
  size_t least = retire_min_;
  SeriesId known = 0;
  {
    const std::unique_lock lock(mutex_);
    now.from = state_;
    now.end = end_;
    known = std::min(std::exchange(end_before_, end_), stored_end_);
    least = std::max(least, ended_count_ / kEndedShare);
  }
  const auto stop = [this] {
    const std::unique_lock lock(mutex_);
    is_watching_ = false;
    touched_ = {};
  };
  for (const SeriesId id : now.from->living->All()) {
    if (id >= now.end) break;
    (id >= known || held.Count(id, 1) != 0 ? now.kept : now.gone).push_back(id);
  }
  if (now.gone.size() < least) {
    now.kept.clear();
    now.gone.clear();
  }
  if (read_ == nullptr || (now.gone.empty() && awake() == 0)) {
    stop();
    return false;
  }
  Status status = ResolveAwake(now.from->awake.get());
  if (status.ok()) status = WriteGroup(&now, max_ms);
  if (status.ok()) status = MakeLiving(&now);
  if (status.ok()) status = WriteList(now.to->ended, now.returned);
  if (status.ok()) Swap(&now);
  stop();
  if (!status.ok() && now.to->ended.size() > now.from->ended.size()) {
    std::error_code error;
    fs::remove(PathOf(now.to->ended.back()->number), error);
  }
  KZ_RETURN_IF_ERROR(status);
  return !now.gone.empty();
}

// Labels that nobody has asked for yet.
Status SeriesNames::ResolveAwake(Awake* awake) const {
  std::vector<SeriesId> ids;
  {
    const std::lock_guard lock(awake->mutex);
    for (const auto& [id, labels] : awake->series) {
      if (!labels) ids.push_back(id);
    }
  }
  if (ids.empty()) return OkStatus();
  KZ_ASSIGN_OR_RETURN(std::vector<Labels> labels, ReadLabels(ids));
  for (size_t i = 0; i < ids.size(); ++i) awake->Put(ids[i], labels[i]);
  return OkStatus();
}

Status SeriesNames::WriteGroup(Retiring* now, int64_t max_ms) {
  now->to->ended = now->from->ended;
  std::error_code error;
  fs::create_directories(directory_, error);
  if (now->gone.empty()) return OkStatus();
  std::vector<EndedGroup::Entry> entries;
  entries.reserve(now->gone.size());
  std::vector<Labels> labels;
  const std::span<const SeriesId> gone = now->gone;
  for (size_t at = 0; at < gone.size(); at += kCopiedAtOnce) {
    const auto some = gone.subspan(at, std::min(kCopiedAtOnce, gone.size() - at));
    labels.clear();
    now->from->living->Get(some, &labels);
    for (size_t i = 0; i < some.size(); ++i) entries.push_back({HashOfLabels(labels[i]), some[i]});
  }
  auto ended = std::make_shared<Ended>();
  ended->number = next_number_++;
  const std::string path = PathOf(ended->number);
  KZ_RETURN_IF_ERROR(WriteDurably(path, EndedGroup::Encode(std::move(entries), max_ms)));
  KZ_ASSIGN_OR_RETURN(ended->group, EndedGroup::Open(path));
  now->to->ended.push_back(std::move(ended));
  return OkStatus();
}

// What stays and what is awake, in order of ids.
Status SeriesNames::MakeLiving(Retiring* now) const {
  if (now->gone.empty()) {
    now->kept = now->from->living->All();
    while (!now->kept.empty() && now->kept.back() >= now->end) now->kept.pop_back();
  }
  {
    const std::lock_guard lock(now->from->awake->mutex);
    for (const auto& [id, labels] : now->from->awake->series) {
      // One that came after ResolveAwake stays awake.
      if (labels) now->awake.emplace_back(id, *labels);
    }
  }
  now->to->living = std::make_shared<SeriesIndex>();
  now->to->awake = std::make_shared<Awake>();
  SeriesIndex::Copier copier(*now->from->living, now->to->living.get());
  const std::span<const SeriesId> kept = now->kept;
  size_t at = 0;
  const auto copy_below = [&](SeriesId end) {
    const auto below = static_cast<size_t>(
        std::lower_bound(kept.begin() + static_cast<ptrdiff_t>(at), kept.end(), end) -
        kept.begin());
    while (at < below) {
      const size_t count = std::min(kCopiedAtOnce, below - at);
      copier.Copy(kept.subspan(at, count));
      at += count;
    }
  };
  for (const auto& [id, labels] : now->awake) {
    copy_below(id);
    now->to->living->Add(id, labels);
  }
  copy_below(now->end);
  std::vector<SeriesId> returned;
  for (const auto& [id, labels] : now->awake) returned.push_back(id);
  std::vector<SeriesId> all;
  std::set_union(returned_.begin(), returned_.end(), returned.begin(), returned.end(),
                 std::back_inserter(all));
  std::set_difference(all.begin(), all.end(), now->gone.begin(), now->gone.end(),
                      std::back_inserter(now->returned));
  return OkStatus();
}

// What came meanwhile is added; who returned meanwhile is awake.
void SeriesNames::Swap(Retiring* now) {
  const std::unique_lock lock(mutex_);
  SeriesIndex::Copier copier(*now->from->living, now->to->living.get());
  std::vector<SeriesId> added;
  for (SeriesId id = now->end; id < end_; ++id) added.push_back(id);
  copier.Copy(added);
  const std::lock_guard awaking(now->from->awake->mutex);
  Awake& awake = *now->to->awake;
  for (auto& [id, labels] : now->from->awake->series) {
    if (now->to->living->Has(id)) continue;
    awake.series.try_emplace(id);
    if (labels) awake.Put(id, *labels);
  }
  ended_count_ += now->gone.size();
  for (const SeriesId id : touched_) {
    if (!std::binary_search(now->gone.begin(), now->gone.end(), id)) continue;
    if (!awake.series.try_emplace(id).second) continue;
    awake.Put(id, now->from->living->Get(id));
    --ended_count_;
  }
  state_ = now->to;
  returned_ = std::move(now->returned);
  saved_awake_ = 0;
}

Status SeriesNames::SaveAwake() {
  const StatePtr state = Current();
  std::vector<SeriesId> awake;
  {
    const std::lock_guard lock(state->awake->mutex);
    for (const auto& [id, labels] : state->awake->series) awake.push_back(id);
  }
  if (awake.size() == saved_awake_) return OkStatus();
  std::vector<SeriesId> all;
  std::set_union(returned_.begin(), returned_.end(), awake.begin(), awake.end(),
                 std::back_inserter(all));
  KZ_RETURN_IF_ERROR(WriteList(state->ended, all));
  saved_awake_ = awake.size();
  return OkStatus();
}

}  // namespace kizashi

#include "store/series/series_store.h"

#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "store/logs/durable_file.h"
#include "store/series/block_builder.h"
#include "store/series/block_replay.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlockSuffix = ".kzser";
constexpr std::string_view kAsideSuffix = ".damaged";
constexpr std::string_view kTombstones = "deleted";
constexpr Duration kLook = std::chrono::seconds(1);
// A start's first queries come before the columns of what it loaded.
constexpr Duration kCompactAfter = std::chrono::seconds(5);
constexpr Duration kForgetEvery = std::chrono::minutes(1);
// Of series that returned so many, and a share of all, may be apart from the others.
constexpr size_t kAwakeMax = 1000;
constexpr size_t kAwakeShare = 32;

std::optional<uint64_t> BlockNumber(std::string_view name) {
  if (!name.ends_with(kBlockSuffix)) return std::nullopt;
  name.remove_suffix(kBlockSuffix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

Counter* Count(Counter* counter) {
  if (counter != nullptr) counter->Add();
  return counter;
}

}  // namespace

SeriesStore::SeriesStore(SeriesStoreOptions options, SeriesNames& names, const Clock& clock)
    : options_(std::move(options)),
      names_(names),
      clock_(clock),
      head_([this](std::span<const SeriesId> ids) { names_.Touch(ids); }),
      tombstones_(std::make_shared<const Tombstones>()) {}

StatusOr<std::unique_ptr<SeriesStore>> SeriesStore::Open(SeriesStoreOptions options,
                                                         SeriesNames& names, const Clock& clock,
                                                         Registry* registry) {
  std::unique_ptr<SeriesStore> store(new SeriesStore(std::move(options), names, clock));
  if (registry != nullptr) store->AddMetrics(registry);
  KZ_RETURN_IF_ERROR(store->LoadDirectory());
  return store;
}

SeriesStore::~SeriesStore() { Stop(); }

void SeriesStore::AddMetrics(Registry* registry) {
  written_ = &registry->GetCounter("kizashi_series_store_blocks_written_total", "Blocks written.");
  merged_ = &registry->GetCounter("kizashi_series_store_blocks_merged_total",
                                  "Blocks that became part of a longer one.");
  failed_ = &registry->GetCounter("kizashi_series_store_write_failures_total",
                                  "Blocks that could not be written; they are tried again.");
  aside_ = &registry->GetCounter("kizashi_series_store_damaged_blocks_total",
                                 "Files set aside because they are no whole block.");
  cleaned_blocks_ = &registry->GetCounter("kizashi_series_store_blocks_cleaned_total",
                                          "Blocks written anew without deleted samples.");
  retired_ = &registry->GetCounter("kizashi_series_store_retired_blocks_total",
                                   "Blocks deleted by retention.");
  registry->AddCallback("kizashi_series_store_blocks", "Blocks on disk.", [this] {
    const std::lock_guard lock(mutex_);
    return static_cast<double>(blocks_.size());
  });
  registry->AddCallback("kizashi_series_store_bytes", "Bytes of the blocks on disk.",
                        [this] { return static_cast<double>(disk_bytes()); });
  registry->AddCallback("kizashi_series_store_head_samples", "Samples in memory.",
                        [this] { return static_cast<double>(head_.samples()); });
  registry->AddCallback("kizashi_series_store_head_sources", "Sources with samples in memory.",
                        [this] { return static_cast<double>(head_.sources()); });
  registry->AddCallback("kizashi_series_store_shape_bytes",
                        "Memory of what queries keep of blocks they read lately.",
                        [this] { return static_cast<double>(shapes_->bytes()); });
  registry->AddCallback("kizashi_series_store_index_bytes", "Memory of the index of series.",
                        [this] { return static_cast<double>(names_.bytes()); });
}

std::string SeriesStore::BlockPath(uint64_t number) const {
  return (fs::path(options_.directory) / fmt::format("{:010}{}", number, kBlockSuffix)).string();
}

Status SeriesStore::LoadDirectory() {
  std::error_code error;
  if (options_.read_only && !fs::exists(options_.directory, error)) return OkStatus();
  if (!options_.read_only) fs::create_directories(options_.directory, error);
  // Who only reads may meet another process that merges: then the list is made anew.
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    KZ_ASSIGN_OR_RETURN(const bool whole, OpenBlocks());
    if (whole) break;
    if (attempt + 1 == kAttempts) {
      return Unavailable("the series store {} changes too quickly to be read", options_.directory);
    }
  }
  DropSuperseded();
  if (!blocks_.empty()) durable_ = blocks_.back()->footer().last_seq;
  return LoadTombstones();
}

// False when a file went away before it was opened.
StatusOr<bool> SeriesStore::OpenBlocks() {
  blocks_.clear();
  std::error_code error;
  fs::directory_iterator files(options_.directory, error);
  if (error) {
    return Internal("the series store's directory {} cannot be used: {}", options_.directory,
                    error.message());
  }
  std::vector<std::pair<uint64_t, std::string>> found;
  for (const fs::directory_entry& file : files) {
    const std::string name = file.path().filename().string();
    if (!options_.read_only && name.ends_with(kUnfinishedSuffix)) fs::remove(file.path(), error);
    if (const auto number = BlockNumber(name)) found.emplace_back(*number, file.path().string());
  }
  std::sort(found.begin(), found.end());
  for (const auto& [number, path] : found) {
    next_number_ = number + 1;
    StatusOr<SeriesBlockPtr> block = SeriesBlock::Open(path);
    if (block.ok()) {
      blocks_.push_back(*std::move(block));
    } else if (options_.read_only && block.status().code() != absl::StatusCode::kDataLoss) {
      return false;
    } else {
      SetAside(path, block.status());
    }
  }
  return true;
}

void SeriesStore::SetAside(const std::string& path, const Status& why) {
  Log(LogLevel::kError, "a series block is damaged", {{"file", path}, {"reason", Message(why)}});
  Count(aside_);
  if (options_.read_only) return;
  std::error_code error;
  fs::rename(path, path + std::string(kAsideSuffix), error);
}

// A crash between a merge and the deletion of what was merged leaves both: the longer one stays.
void SeriesStore::DropSuperseded() {
  std::sort(blocks_.begin(), blocks_.end(), [](const SeriesBlockPtr& a, const SeriesBlockPtr& b) {
    const SeriesBlockFooter& x = a->footer();
    const SeriesBlockFooter& y = b->footer();
    if (x.first_seq != y.first_seq) return x.first_seq < y.first_seq;
    return x.last_seq != y.last_seq ? x.last_seq > y.last_seq : a->path() > b->path();
  });
  std::vector<SeriesBlockPtr> kept;
  for (SeriesBlockPtr& block : blocks_) {
    if (!kept.empty() && block->footer().last_seq <= kept.back()->footer().last_seq) {
      if (!options_.read_only && !DeleteFile(block->path()).ok()) {
        Log(LogLevel::kWarn, "a merged series block cannot be deleted", {{"file", block->path()}});
      }
      continue;
    }
    kept.push_back(std::move(block));
  }
  blocks_ = std::move(kept);
}

Status SeriesStore::LoadTombstones() {
  const std::string path = (fs::path(options_.directory) / kTombstones).string();
  std::ifstream file(path, std::ios::binary);
  if (!file) return OkStatus();
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  StatusOr<Tombstones> tombstones = Tombstones::Decode(bytes);
  // To go on would show again what somebody deleted.
  if (!tombstones.ok()) return DataLoss("{}: {}", path, Message(tombstones.status()));
  tombstones_ = std::make_shared<const Tombstones>(*std::move(tombstones));
  return OkStatus();
}

Status SeriesStore::WriteTombstones(const Tombstones& tombstones) {
  return WriteDurably((fs::path(options_.directory) / kTombstones).string(), tombstones.Encode());
}

std::unique_ptr<SeriesReader> SeriesStore::OpenReader() const {
  const std::lock_guard lock(mutex_);
  return std::make_unique<StoreReader>(names_,
                                       StoreView{head_.View(), blocks_, tombstones_, shapes_});
}

uint64_t SeriesStore::first_seq() const {
  const std::lock_guard lock(mutex_);
  return blocks_.empty() ? 1 : blocks_.front()->footer().first_seq;
}

Time SeriesStore::last_entry_time() const {
  const std::lock_guard lock(mutex_);
  return blocks_.empty() ? Time() : TimeFromMs(blocks_.back()->footer().last_entry_ms);
}

uint64_t SeriesStore::disk_bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const SeriesBlockPtr& block : blocks_) bytes += block->file_bytes();
  return bytes;
}

Status SeriesStore::Replay(uint64_t after, uint64_t until,
                           const std::function<bool(JournalEntry)>& visit) const {
  std::vector<SeriesBlockPtr> blocks;
  {
    const std::lock_guard lock(mutex_);
    blocks = blocks_;
  }
  bool go_on = true;
  for (const SeriesBlockPtr& block : blocks) {
    KZ_RETURN_IF_ERROR(ReplayBlock(
        block, after, until, [&](JournalEntry entry) { return go_on = visit(std::move(entry)); }));
    if (!go_on) break;
  }
  return OkStatus();
}

Status SeriesStore::Flush() {
  const std::lock_guard upkeep(upkeep_mutex_);
  if (!sealed_) {
    if (head_.samples() == 0) return OkStatus();
    sealed_ = head_.Seal();
  }
  // Once the journal's rows are gone they do not tell any more.
  KZ_RETURN_IF_ERROR(names_.SaveAwake());
  const std::string path = BlockPath(next_number_);
  const Status written = WriteHeadBlock(*sealed_, durable_ + 1, path);
  if (!written.ok()) {
    Count(failed_);
    return written;
  }
  KZ_ASSIGN_OR_RETURN(SeriesBlockPtr block, SeriesBlock::Open(path));
  ++next_number_;
  Count(written_);
  sealed_.reset();
  {
    // A reader sees the samples in one of both.
    const std::lock_guard lock(mutex_);
    durable_ = block->footer().last_seq;
    blocks_.push_back(std::move(block));
    head_.Release();
  }
  ::malloc_trim(0);  // a block's worth of small pieces: worth giving back
  return OkStatus();
}

StatusOr<bool> SeriesStore::RetireEnded() {
  const std::lock_guard upkeep(upkeep_mutex_);
  names_.Watch();
  const SeriesSet held = head_.Held();
  // What is not held has its samples in blocks alone.
  int64_t max_ms = INT64_MIN;
  {
    const std::lock_guard lock(mutex_);
    for (const SeriesBlockPtr& block : blocks_) max_ms = std::max(max_ms, block->max_ms());
  }
  KZ_ASSIGN_OR_RETURN(const bool retired, names_.Retire(held, max_ms));
  if (retired) ::malloc_trim(0);
  return retired;
}

// Neighbours that came from the head, as soon as they are long enough together.
std::vector<SeriesBlockPtr> SeriesStore::DueForMerge() const {
  const std::lock_guard lock(mutex_);
  std::vector<SeriesBlockPtr> due;
  for (const SeriesBlockPtr& block : blocks_) {
    if (block->footer().level > 0) {
      due.clear();
      continue;
    }
    due.push_back(block);
    const int64_t span = block->footer().last_entry_ms - due.front()->footer().first_entry_ms;
    // A single one can be long enough: of a snapshot, or after the disk had refused for long.
    if (Duration(span) >= options_.merged_span - options_.block_every / 2) return due;
    if (due.size() > 1 && due.size() >= options_.merged_blocks_max) return due;
  }
  return {};
}

StatusOr<bool> SeriesStore::Merge() {
  const std::lock_guard upkeep(upkeep_mutex_);
  const std::vector<SeriesBlockPtr> due = DueForMerge();
  if (due.empty()) return false;
  std::shared_ptr<const Tombstones> tombstones;
  {
    const std::lock_guard lock(mutex_);
    tombstones = tombstones_;
  }
  const std::string path = BlockPath(next_number_);
  const Status written = WriteMergedBlock(due, *tombstones, path);
  if (!written.ok()) {
    Count(failed_);
    return written;
  }
  KZ_ASSIGN_OR_RETURN(SeriesBlockPtr block, SeriesBlock::Open(path));
  ++next_number_;
  if (merged_ != nullptr) merged_->Add(static_cast<double>(due.size()));
  {
    const std::lock_guard lock(mutex_);
    const auto first = std::find(blocks_.begin(), blocks_.end(), due.front());
    const auto at = blocks_.erase(first, first + static_cast<ptrdiff_t>(due.size()));
    blocks_.insert(at, std::move(block));
  }
  for (const SeriesBlockPtr& old : due) KZ_RETURN_IF_ERROR(DeleteFile(old->path()));
  return true;
}

Status SeriesStore::DeleteFile(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) return Internal("{} cannot be deleted: {}", path, error.message());
  return OkStatus();
}

Status SeriesStore::ApplyRetention() {
  const std::lock_guard upkeep(upkeep_mutex_);
  const int64_t oldest = ToMs(clock_.Now() - options_.retention);
  uint64_t bytes = disk_bytes();
  while (true) {
    SeriesBlockPtr block;
    {
      const std::lock_guard lock(mutex_);
      // The last one stays: it tells how far the journal is in blocks.
      if (blocks_.size() < 2) break;
      block = blocks_.front();
      if (block->footer().last_entry_ms >= oldest && bytes <= options_.retention_bytes) break;
      blocks_.erase(blocks_.begin());
    }
    bytes -= block->file_bytes();
    Count(retired_);
    KZ_RETURN_IF_ERROR(DeleteFile(block->path()));
  }
  // The oldest block may still have samples that are older, by as much as it is long.
  return ForgetTombstones(oldest - Duration(options_.merged_span).count());
}

StatusOr<size_t> SeriesStore::Delete(std::span<const LabelMatcher> matchers, Time from, Time to) {
  const std::lock_guard upkeep(upkeep_mutex_);
  to = std::min(to, clock_.Now());
  SeriesView view(names_);
  KZ_ASSIGN_OR_RETURN(const std::vector<SeriesId> ids, view.Select(matchers, ToMs(from)));
  std::shared_ptr<Tombstones> next;
  {
    const std::lock_guard lock(mutex_);
    next = std::make_shared<Tombstones>(*tombstones_);
  }
  next->Add(ids, {ToMs(from), ToMs(to)});
  KZ_RETURN_IF_ERROR(WriteTombstones(*next));
  const std::lock_guard lock(mutex_);
  tombstones_ = std::move(next);
  return ids.size();
}

// Readers, and deletions meanwhile, wait for one block at most.
Status SeriesStore::CleanDeleted() {
  const std::lock_guard cleaning(clean_mutex_);
  std::shared_ptr<const Tombstones> deleted;
  {
    const std::lock_guard lock(mutex_);
    deleted = tombstones_;
  }
  if (deleted->empty() || deleted == cleaned_) return OkStatus();
  // What was deleted may be in memory, and behind what the disk refused before.
  KZ_RETURN_IF_ERROR(Flush());
  KZ_RETURN_IF_ERROR(Flush());
  std::vector<SeriesBlockPtr> blocks;
  {
    const std::lock_guard lock(mutex_);
    blocks = blocks_;
  }
  for (const SeriesBlockPtr& block : blocks) {
    KZ_ASSIGN_OR_RETURN(const bool has_deleted, HasDeleted(block, *deleted));
    if (has_deleted) KZ_RETURN_IF_ERROR(Rewrite(block, *deleted));
  }
  cleaned_ = std::move(deleted);
  return OkStatus();
}

// A block that was merged or retired meanwhile is gone, and with it what it held.
Status SeriesStore::Rewrite(const SeriesBlockPtr& block, const Tombstones& deleted) {
  const std::lock_guard upkeep(upkeep_mutex_);
  const auto find = [&] { return std::find(blocks_.begin(), blocks_.end(), block); };
  {
    const std::lock_guard lock(mutex_);
    if (find() == blocks_.end()) return OkStatus();
  }
  const std::string path = BlockPath(next_number_);
  const Status written = WriteMergedBlock({&block, 1}, deleted, path, block->footer().level);
  if (!written.ok()) {
    Count(failed_);
    return written;
  }
  KZ_ASSIGN_OR_RETURN(SeriesBlockPtr clean, SeriesBlock::Open(path));
  ++next_number_;
  Count(cleaned_blocks_);
  {
    const std::lock_guard lock(mutex_);
    *find() = std::move(clean);
  }
  return DeleteFile(block->path());
}

Status SeriesStore::ForgetTombstones(int64_t oldest_ms) {
  std::shared_ptr<Tombstones> next;
  {
    const std::lock_guard lock(mutex_);
    if (tombstones_->empty()) return OkStatus();
    next = std::make_shared<Tombstones>(*tombstones_);
  }
  if (!next->DropBefore(oldest_ms)) return OkStatus();
  KZ_RETURN_IF_ERROR(WriteTombstones(*next));
  const std::lock_guard lock(mutex_);
  tombstones_ = std::move(next);
  return OkStatus();
}

Status SeriesStore::Snapshot(const std::string& directory, const std::function<Status()>& rows) {
  const std::lock_guard upkeep(upkeep_mutex_);
  KZ_RETURN_IF_ERROR(rows());
  std::error_code error;
  fs::create_directories(directory, error);
  std::vector<SeriesBlockPtr> blocks;
  std::shared_ptr<const Tombstones> tombstones;
  {
    const std::lock_guard lock(mutex_);
    blocks = blocks_;
    tombstones = tombstones_;
  }
  for (const SeriesBlockPtr& block : blocks) {
    const fs::path to = fs::path(directory) / fs::path(block->path()).filename();
    fs::create_hard_link(block->path(), to, error);
    // Another file system: a copy instead.
    if (error) fs::copy_file(block->path(), to, error);
    if (error) return Internal("{} cannot be made: {}", to.string(), error.message());
  }
  if (!tombstones->empty()) {
    KZ_RETURN_IF_ERROR(
        WriteDurably((fs::path(directory) / kTombstones).string(), tombstones->Encode()));
  }
  return SyncDirectoryOf((fs::path(directory) / kTombstones).string());
}

void SeriesStore::Start(std::function<void()> on_durable, std::function<void()> on_retired) {
  KZ_CHECK(!thread_.joinable() && !options_.read_only);
  thread_ = std::thread([this, on_durable = std::move(on_durable),
                         on_retired = std::move(on_retired)] { Run(on_durable, on_retired); });
}

void SeriesStore::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SeriesStore::Run(const std::function<void()>& on_durable,
                      const std::function<void()>& on_retired) {
  Stopwatch since_block;
  Stopwatch since_forgot;
  Stopwatch since_clean;
  Duration wait = std::min(kCompactAfter, options_.block_every);
  bool is_compact = false;  // what a start loaded
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, wait, [this] { return stop_; })) return;
    }
    if (!is_compact) {
      is_compact = !head_.CompactOne();
      wait = is_compact ? kLook : Duration(0);
      continue;
    }
    wait = kLook;
    bool look_for_ended = names_.awake() > kAwakeMax + names_.size() / kAwakeShare;
    if (since_block.Elapsed() >= options_.block_every || IsFlushDue()) {
      const Status flushed = Flush();
      if (flushed.ok()) {
        since_block = Stopwatch();
        on_durable();
        look_for_ended = true;
      } else {
        Log(LogLevel::kError, "a series block cannot be written", {{"reason", Message(flushed)}});
        wait = options_.retry;
      }
    }
    if (look_for_ended) {
      const StatusOr<bool> retired = RetireEnded();
      if (retired.ok() && *retired) on_retired();
      if (!retired.ok()) {
        Log(LogLevel::kError, "series that ended stay in memory",
            {{"reason", Message(retired.status())}});
      }
    }
    const StatusOr<bool> merged = Merge();
    if (!merged.ok()) {
      Log(LogLevel::kError, "series blocks cannot be merged",
          {{"reason", Message(merged.status())}});
      wait = options_.retry;
    }
    if (since_clean.Elapsed() >= options_.clean_after) {
      const Status clean = CleanDeleted();
      since_clean = Stopwatch();
      if (!clean.ok()) {
        Log(LogLevel::kError, "deleted samples are still on the disk",
            {{"reason", Message(clean)}});
      }
    }
    if (since_forgot.Elapsed() < kForgetEvery) continue;
    since_forgot = Stopwatch();
    std::vector<SeriesBlockPtr> blocks;
    {
      const std::lock_guard lock(mutex_);
      blocks = blocks_;
    }
    for (const SeriesBlockPtr& block : blocks) block->DropUnused();
    shapes_->DropUnused();
    names_.DropUnused();
  }
}

}  // namespace kizashi

#include "query/log_feed.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include "base/log.h"
#include "store/logs/durable_file.h"

namespace kizashi {

LogFeed::LogFeed(TelemetryStore& journal, LogStore& store, LogPatterns& patterns,
                 Registry* registry, std::string position_file, std::function<void()> on_progress)
    : journal_(journal),
      store_(store),
      patterns_(patterns),
      position_file_(std::move(position_file)),
      on_progress_(std::move(on_progress)) {
  registry->AddCallback(
      "kizashi_log_feed_lag_entries", "Journal entries whose lines cannot be found yet.", [this] {
        return static_cast<double>(journal_.last_seq()) - static_cast<double>(last_seq_.load());
      });
}

LogFeed::~LogFeed() { Stop(); }

Status LogFeed::Start() {
  const LogPosition durable = store_.durable();
  if (durable.seq > journal_.last_seq()) {
    return DataLoss(
        "the log store has lines of the journal's entry {}, the journal ends at {}: they do not "
        "belong together; move the data directory's logs/ away",
        durable.seq, journal_.last_seq());
  }
  saved_seq_ = SavedSeq();
  // Of the entry that durable() names some lines may be missing.
  last_seq_ = std::max(saved_seq_, durable.seq == 0 ? 0 : durable.seq - 1);
  AbsorbAll();
  thread_ = std::thread([this] { Run(); });
  return OkStatus();
}

// Zero when there is none that can be used: then the journal is read from its beginning.
uint64_t LogFeed::SavedSeq() const {
  std::ifstream file(position_file_);
  uint64_t seq = 0;
  if (!(file >> seq) || seq > journal_.last_seq()) return 0;
  return seq;
}

void LogFeed::Push(const TelemetryStore::Entries& entries) {
  const std::lock_guard lock(mutex_);
  if (dropped_ || queue_.size() + entries.size() > kQueueEntriesMax) {
    dropped_ = true;
  } else {
    queue_.insert(queue_.end(), entries.begin(), entries.end());
  }
  // What has no lines is only passed over: that has time until the thread looks by itself.
  wakes_ = wakes_ || dropped_ || queue_.size() > kQueueEntriesMax / 2 ||
           std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
             return std::holds_alternative<LogBatch>(entry->body);
           });
  if (wakes_) changed_.notify_all();
}

void LogFeed::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

uint64_t LogFeed::NeededFrom() const {
  const uint64_t taken = last_seq_;  // asked first: what comes meanwhile is beyond it
  if (store_.View().tails.empty()) return taken + 1;
  return store_.durable().seq;
}

void LogFeed::Run() {
  CatchUp();
  while (!stopping_) {
    std::deque<std::shared_ptr<const JournalEntry>> entries;
    bool behind = false;
    {
      std::unique_lock lock(mutex_);
      const auto wait = to_absorb_.empty() ? kRetry : Duration(0);
      changed_.wait_for(lock, wait, [this] { return stopping_ || wakes_; });
      entries = std::exchange(queue_, {});
      behind = std::exchange(dropped_, false);
      wakes_ = false;
    }
    for (const auto& entry : entries) {
      if (entry->seq > last_seq_ + 1) CatchUp();
      if (entry->seq > last_seq_ && !Take(*entry)) return;
    }
    if (behind) CatchUp();
    if (!entries.empty()) on_progress_();
    AbsorbOne();
    if (since_upkeep_.Elapsed() >= kUpkeepEvery) Upkeep();
  }
}

void LogFeed::CatchUp() {
  // Entries with samples are passed over: up to here there is nothing else.
  const uint64_t end = journal_.last_seq();
  bool taken = true;
  const Status scanned = journal_.ScanWithoutSamples(
      last_seq_,
      [this, &taken](const JournalEntry& entry) { return taken = !stopping_ && Take(entry); });
  if (scanned.ok() && taken) last_seq_ = std::max(last_seq_.load(), end);
  if (!scanned.ok()) {
    Log(LogLevel::kError, "the journal cannot be read; its lines are not found by searches",
        {{"reason", Message(scanned)}, {"after", last_seq_.load()}});
  }
  on_progress_();
}

// False when told to stop before the entry was taken.
bool LogFeed::Take(const JournalEntry& entry) {
  if (const auto* logs = std::get_if<LogBatch>(&entry.body)) {
    const auto pattern_of = [&](std::string_view text, uint64_t skeleton,
                                const std::vector<Slot>& slots) {
      patterns_.Add(logs->stream, text, skeleton, slots);
      return skeleton;
    };
    while (true) {
      const Status appended = store_.Append(entry.seq, *logs, pattern_of);
      if (appended.ok()) break;
      Log(LogLevel::kError, "lines cannot be stored; trying again",
          {{"reason", Message(appended)}});
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kRetry, [this] { return stopping_.load(); })) return false;
    }
  }
  last_seq_ = entry.seq;
  return true;
}

void LogFeed::AbsorbAll() {
  LogStoreView view = store_.View();
  for (const auto& block : view.blocks) patterns_.NoteStreams(block->streams);
  for (const LogStoreView::Tail& tail : view.tails) patterns_.Absorb(tail);
  to_absorb_ = std::move(view.blocks);
}

void LogFeed::AbsorbOne() {
  if (to_absorb_.empty()) return;
  const std::shared_ptr<const LogBlockInfo> block = std::move(to_absorb_.back());
  to_absorb_.pop_back();
  const Status absorbed = patterns_.Absorb(*block);
  if (absorbed.ok()) return;
  Log(LogLevel::kError, "a log block cannot be read",
      {{"file", block->path}, {"reason", Message(absorbed)}});
}

void LogFeed::Upkeep() {
  since_upkeep_ = Stopwatch();
  store_.SealOld();
  const Status retired = store_.ApplyRetention();
  if (!retired.ok()) Log(LogLevel::kWarn, "log retention", {{"reason", Message(retired)}});
  if (patterns_.FollowCatalog()) AbsorbAll();
  const uint64_t needed = NeededFrom();
  if (needed <= saved_seq_ + 1) return;
  const uint64_t seq = needed - 1;
  const Status saved = WriteDurably(position_file_, fmt::format("{}\n", seq));
  if (saved.ok()) {
    saved_seq_ = seq;
  } else {
    Log(LogLevel::kWarn, "the log store's position is not kept", {{"reason", Message(saved)}});
  }
}

}  // namespace kizashi

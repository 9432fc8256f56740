#include "act/judge_loop.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/priority.h"

namespace kizashi {
namespace {

constexpr int kNiceness = 10;  // of catching up: queries that waited for the start come first

}  // namespace

JudgeLoop::JudgeLoop(TelemetryStore& telemetry, RecordStore& records, Registry* registry,
                     Options options)
    : telemetry_(telemetry),
      records_(records),
      options_(std::move(options)),
      judge_(telemetry),
      snapshot_(std::make_shared<Snapshot>()) {
  verdicts_ = &registry->GetCounter("kizashi_verdicts_total", "Verdicts that the judge reached.");
  lines_ = &registry->GetCounter("kizashi_judged_entries_total", "Journal entries judged.");
  registry->AddCallback("kizashi_judge_lag_entries", "Journal entries not judged yet.", [this] {
    return static_cast<double>(telemetry_.last_seq()) - judged_seq_.load();
  });
}

JudgeLoop::~JudgeLoop() { Stop(); }

Status JudgeLoop::Start() {
  KZ_ASSIGN_OR_RETURN(auto checkpoint, telemetry_.LatestCheckpoint());
  if (checkpoint) {
    const Status restored = judge_.Restore(checkpoint->state);
    if (!restored.ok()) {
      // All it holds follows from the journal: judge that again from its beginning.
      Log(LogLevel::kWarn, "checkpoint not used", {{"reason", Message(restored)}});
    }
  }
  checkpoint_seq_ = judge_.last_seq();
  last_checkpoint_ = last_retention_ = judge_.now();
  Publish();
  thread_ = std::thread([this] { Run(); });
  return OkStatus();
}

void JudgeLoop::Push(const TelemetryStore::Entries& entries) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping() || queue_.size() < kQueueEntriesMax; });
  queue_.insert(queue_.end(), entries.begin(), entries.end());
  changed_.notify_all();
}

void JudgeLoop::Stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Snapshot> JudgeLoop::Current() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

void JudgeLoop::Run() {
  bool is_caught_up = false;
  // On a thread of its own, since a priority is not taken back.
  std::thread([&] {
    LowerPriority(kNiceness);
    is_caught_up = CatchUp();
  }).join();
  if (!is_caught_up) return;
  while (true) {
    std::deque<std::shared_ptr<const JournalEntry>> entries;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping() || !queue_.empty(); });
      if (queue_.empty()) break;
      entries = std::exchange(queue_, {});
      changed_.notify_all();
    }
    for (const auto& entry : entries) {
      // What was pushed while catching up was judged from the journal already.
      if (entry->seq > judge_.last_seq()) Step(*entry);
    }
  }
  Checkpoint();
}

// Judges what the journal holds beyond the checkpoint. False when unreadable or told to stop.
bool JudgeLoop::CatchUp() {
  const uint64_t from = judge_.last_seq();
  const Status scanned = telemetry_.Scan(from, [this](const JournalEntry& entry) {
    Step(entry);
    return !stopping();
  });
  if (!scanned.ok()) {
    Log(LogLevel::kError, "the journal cannot be read; judging stops here",
        {{"reason", Message(scanned)}, {"after", judge_.last_seq()}});
    return false;
  }
  if (judge_.last_seq() > from) {
    Log(LogLevel::kInfo, "journal judged", {{"from", from + 1}, {"to", judge_.last_seq()}});
  }
  Publish();
  caught_up_ = true;
  options_.on_caught_up();
  return true;
}

void JudgeLoop::Step(const JournalEntry& entry) {
  const JudgeOutput& output = judge_.Apply(entry);
  Keep(output);
  judged_seq_ = static_cast<double>(entry.seq);
  lines_->Add();
  const Time tick = FloorTo(judge_.now(), Judge::kTick);
  if (tick > last_snapshot_ || !output.verdicts.verdicts.empty() ||
      !output.verdicts.edits.empty() || std::holds_alternative<CatalogChange>(entry.body)) {
    last_snapshot_ = tick;
    Publish();
  }
  if (judge_.now() - last_checkpoint_ >= std::max(checkpoint_wait_, options_.checkpoint_every)) {
    Checkpoint();
  }
  if (judge_.now() - last_retention_ >= options_.retention_every) {
    last_retention_ = judge_.now();
    const Status dropped = telemetry_.ApplyRetention();
    if (!dropped.ok()) Log(LogLevel::kWarn, "retention", {{"reason", Message(dropped)}});
  }
}

// Verdicts must not be lost: while the record store refuses them the loop stands still, the queues
// behind it fill, and senders are told to come back.
void JudgeLoop::Keep(const JudgeOutput& output) {
  if (!output.verdicts.empty()) {
    while (true) {
      const Status kept = records_.Apply(output.verdicts);
      if (kept.ok()) break;
      Log(LogLevel::kError, "verdicts cannot be kept; trying again", {{"reason", Message(kept)}});
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping(); })) return;
    }
    verdicts_->Add(static_cast<double>(output.verdicts.verdicts.size()));
    for (const Verdict& verdict : output.verdicts.verdicts) {
      Log(LogLevel::kInfo, verdict.type,
          {{"service", verdict.service}, {"id", verdict.subject}, {"what", verdict.text}});
    }
    if (!output.verdicts.alerts.empty()) options_.on_alerts(output.verdicts.alerts);
    options_.on_kept(output.verdicts, judge_.catalog());
  }
  if (!output.releases.empty()) options_.on_releases(output.releases);
  const Status put = telemetry_.PutPoints(output.points);
  if (!put.ok()) Log(LogLevel::kWarn, "points not kept", {{"reason", Message(put)}});
}

void JudgeLoop::Publish() {
  auto snapshot = std::make_shared<Snapshot>(judge_.MakeSnapshot(++snapshot_version_));
  {
    const std::lock_guard lock(snapshot_mutex_);
    snapshot_ = snapshot;
  }
  options_.on_snapshot(snapshot);
}

void JudgeLoop::Checkpoint() {
  last_checkpoint_ = judge_.now();
  if (judge_.last_seq() == checkpoint_seq_) return;
  const std::string state = judge_.Save();
  checkpoint_wait_ = std::chrono::seconds(
      state.size() / std::max<size_t>(options_.checkpoint_bytes_per_second, 1));
  const Status put = telemetry_.PutCheckpoint(judge_.last_seq(), judge_.now(), state);
  if (!put.ok()) {
    Log(LogLevel::kWarn, "checkpoint not written", {{"reason", Message(put)}});
    return;
  }
  checkpoint_seq_ = judge_.last_seq();
}

}  // namespace kizashi

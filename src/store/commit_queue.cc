#include "store/commit_queue.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace kizashi {
namespace {

size_t EntryBytes(const JournalEntry& entry) {
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
    return 64 + scrape->values.size() * sizeof(double);
  }
  if (const auto* samples = std::get_if<SampleBatch>(&entry.body)) {
    return 64 + samples->samples.size() * sizeof(SampleBatch::Sample);
  }
  if (const auto* slices = std::get_if<SliceBatch>(&entry.body)) {
    return 64 + slices->slices.size() * sizeof(SliceBatch::Slice);
  }
  size_t bytes = 64;
  if (const auto* edit = std::get_if<LedgerEdit>(&entry.body)) {
    return sizeof(LedgerEdit) + edit->kind.size() + edit->reason.size();
  }
  if (const auto* alerts = std::get_if<AlertBatch>(&entry.body)) {
    for (const ForeignAlert& alert : alerts->alerts) {
      bytes += sizeof(ForeignAlert) + alert.text.size() + alert.url.size() +
               alert.labels.size() * sizeof(Label);
    }
  }
  if (const auto* logs = std::get_if<LogBatch>(&entry.body)) {
    for (const LogLine& line : logs->lines) bytes += sizeof(LogLine) + line.text.size();
  }
  return bytes;
}

}  // namespace

void CommitQueue::Open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void CommitQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

Status CommitQueue::Push(PendingEntry* pending) {
  const size_t bytes = EntryBytes(*pending->entry);
  const std::lock_guard lock(mutex_);
  if (closed_ || !open_) return Unavailable("the store is stopping");
  if (bytes_ + bytes > bytes_max_ && !items_.empty()) {
    return ResourceExhausted("the store's queue is full ({} bytes)", bytes_);
  }
  // Whoever takes sleeps until there is something, and then until it hurries.
  const bool was_empty = items_.empty();
  const bool hurried = hurries_;
  bytes_ += bytes;
  waiting_bytes_ += bytes;
  hurries_ =
      hurries_ || !pending->may_wait || waiting_bytes_ >= std::min(kCompanyBytes, bytes_max_ / 2);
  items_.push_back({std::move(*pending), bytes});
  if (was_empty || hurries_ != hurried) changed_.notify_one();
  return OkStatus();
}

CommitQueue::Group CommitQueue::Take() {
  Group group;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
  changed_.wait_for(lock, company_wait_, [this] { return closed_ || hurries_; });
  while (!items_.empty() &&
         (group.entries.empty() || group.bytes + items_.front().bytes <= kGroupBytesMax)) {
    group.bytes += items_.front().bytes;
    group.entries.push_back(std::move(items_.front().pending));
    items_.pop_front();
  }
  waiting_bytes_ -= group.bytes;
  hurries_ = !items_.empty();  // a full group goes before them
  return group;
}

void CommitQueue::Release(const Group& group) {
  const std::lock_guard lock(mutex_);
  bytes_ -= group.bytes;
}

size_t CommitQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace kizashi

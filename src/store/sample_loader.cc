#include "store/sample_loader.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "store/store_keys.h"

namespace kizashi {
namespace {

constexpr size_t kWaitingMax = 64;  // entries that are decoded and not taken yet

class Pipe {
 public:
  using Entry = std::shared_ptr<const JournalEntry>;

  /// False when nobody takes any more.
  bool Push(Entry entry) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || waiting_.size() < kWaitingMax; });
    if (stopped_) return false;
    waiting_.push_back(std::move(entry));
    changed_.notify_all();
    return true;
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  /// All that waits; nothing after the end.
  std::deque<Entry> TakeAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    changed_.notify_all();
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> waiting_;
  bool closed_ = false;
  bool stopped_ = false;
};

void Decode(Database::Cursor* cursor, const RowResolver& resolver, Pipe* pipe) {
  const auto skipped = [](const Status& why) {
    Log(LogLevel::kError, "samples of the journal cannot be read", {{"reason", Message(why)}});
  };
  for (; cursor->Valid(); cursor->Next()) {
    auto entry = DecodeEntry(SeqOfKey(cursor->key()), cursor->value(), resolver);
    if (!entry.ok()) {
      skipped(entry.status());
      continue;
    }
    if (!pipe->Push(std::make_shared<const JournalEntry>(*std::move(entry)))) break;
  }
  if (!cursor->status().ok()) skipped(cursor->status());
  pipe->Close();
}

}  // namespace

Status LoadSamples(Database::Cursor* cursor, const RowResolver& resolver,
                   const std::function<Status(std::shared_ptr<const JournalEntry>)>& take) {
  if (!cursor->Valid() && cursor->status().ok()) return OkStatus();
  Pipe pipe;
  std::thread decoder([&] { Decode(cursor, resolver, &pipe); });
  Status status;
  while (status.ok()) {
    std::deque<Pipe::Entry> entries = pipe.TakeAll();
    if (entries.empty()) break;
    for (Pipe::Entry& entry : entries) {
      status = take(std::move(entry));
      if (!status.ok()) break;
    }
  }
  pipe.Stop();
  decoder.join();
  return status;
}

}  // namespace kizashi

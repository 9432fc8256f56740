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

constexpr size_t kWaitingMax = 64;  // rows that are read and not decoded yet

class Pipe {
 public:
  struct Row {
    uint64_t seq = 0;
    std::string bytes;
  };

  /// False when nobody takes any more.
  bool Push(Row row) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || waiting_.size() < kWaitingMax; });
    if (stopped_) return false;
    waiting_.push_back(std::move(row));
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
  std::deque<Row> TakeAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    changed_.notify_all();
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Row> waiting_;
  bool closed_ = false;
  bool stopped_ = false;
};

void Skipped(const Status& why) {
  Log(LogLevel::kError, "samples of the journal cannot be read", {{"reason", Message(why)}});
}

void ReadRows(Database::Cursor* cursor, Pipe* pipe) {
  for (; cursor->Valid(); cursor->Next()) {
    if (!pipe->Push({SeqOfKey(cursor->key()), std::string(cursor->value())})) break;
  }
  if (!cursor->status().ok()) Skipped(cursor->status());
  pipe->Close();
}

}  // namespace

Status LoadSamples(Database::Cursor* cursor, const RowResolver& resolver,
                   const std::function<Status(std::shared_ptr<const JournalEntry>)>& take) {
  if (!cursor->Valid() && cursor->status().ok()) return OkStatus();
  Pipe pipe;
  std::thread reading([&] { ReadRows(cursor, &pipe); });
  Status status;
  while (status.ok()) {
    const std::deque<Pipe::Row> rows = pipe.TakeAll();
    if (rows.empty()) break;
    for (const Pipe::Row& row : rows) {
      auto entry = DecodeEntry(row.seq, row.bytes, resolver);
      if (!entry.ok()) {
        Skipped(entry.status());
        continue;
      }
      status = take(std::make_shared<const JournalEntry>(*std::move(entry)));
      if (!status.ok()) break;
    }
  }
  pipe.Stop();
  reading.join();
  return status;
}

}  // namespace kizashi

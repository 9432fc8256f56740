#include "store/sample_loader.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "store/store_keys.h"

namespace kizashi {
namespace {

constexpr size_t kWaitingMax = 16;  // batches that are read and not taken yet
constexpr size_t kBatchRows = 32;
constexpr size_t kBatchBytes = 128 << 10;  // a batch ends behind the row that reaches it

void Skipped(const Status& why) {
  Log(LogLevel::kError, "samples of the journal cannot be read", {{"reason", Message(why)}});
}

// Rows that follow each other: bytes, then entries.
struct Batch {
  struct Row {
    uint64_t seq = 0;
    std::string bytes;
  };
  std::vector<Row> rows;
  std::vector<std::shared_ptr<const JournalEntry>> entries;
  bool is_decoded = false;  // under the line's mutex

  void Decode(const RowResolver& resolver) {
    entries.reserve(rows.size());
    for (const Row& row : rows) {
      auto entry = DecodeEntry(row.seq, row.bytes, resolver);
      if (entry.ok()) {
        entries.push_back(std::make_shared<const JournalEntry>(*std::move(entry)));
      } else {
        Skipped(entry.status());
      }
    }
    rows.clear();
  }
};
using BatchPtr = std::shared_ptr<Batch>;

// Batches in order. One thread puts them in, one takes them out; both decoders decode.
class Line {
 public:
  explicit Line(const RowResolver& resolver) : resolver_(resolver) {}

  /// False when nobody takes any more.
  bool Push(BatchPtr batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || waiting_.size() < kWaitingMax; });
    if (stopped_) return false;
    waiting_.push_back(std::move(batch));
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
  /// Decodes until there is nothing more to come.
  void DecodeAll() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopped_ || closed_ || begun_ < waiting_.size(); });
      if (stopped_ || begun_ == waiting_.size()) return;
      DecodeNext(&lock);
    }
  }
  /// The first batch, decoded; until it is, decodes others. Null after the end.
  BatchPtr Take() {
    std::unique_lock lock(mutex_);
    while (waiting_.empty() || !waiting_.front()->is_decoded) {
      if (begun_ < waiting_.size()) {
        DecodeNext(&lock);
      } else if (waiting_.empty() && closed_) {
        return nullptr;
      } else {
        changed_.wait(lock);
      }
    }
    BatchPtr batch = std::move(waiting_.front());
    waiting_.pop_front();
    --begun_;
    changed_.notify_all();
    return batch;
  }

 private:
  void DecodeNext(std::unique_lock<std::mutex>* lock) {
    const BatchPtr batch = waiting_[begun_++];
    lock->unlock();
    batch->Decode(resolver_);
    lock->lock();
    batch->is_decoded = true;
    changed_.notify_all();
  }

  const RowResolver& resolver_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<BatchPtr> waiting_;
  size_t begun_ = 0;  // of waiting_, from the front, somebody decodes or has decoded so many
  bool closed_ = false;
  bool stopped_ = false;
};

void ReadRows(Database::Cursor* cursor, Line* line) {
  bool taken = true;
  while (taken && cursor->Valid()) {
    auto batch = std::make_shared<Batch>();
    size_t bytes = 0;
    for (; cursor->Valid() && batch->rows.size() < kBatchRows && bytes < kBatchBytes;
         cursor->Next()) {
      bytes += cursor->value().size();
      batch->rows.push_back({SeqOfKey(cursor->key()), std::string(cursor->value())});
    }
    taken = line->Push(std::move(batch));
  }
  if (!cursor->status().ok()) Skipped(cursor->status());
  line->Close();
}

}  // namespace

Status LoadSamples(Database::Cursor* cursor, const RowResolver& resolver,
                   const std::function<Status(std::shared_ptr<const JournalEntry>)>& take) {
  if (!cursor->Valid() && cursor->status().ok()) return OkStatus();
  Line line(resolver);
  std::thread reading([&] { ReadRows(cursor, &line); });
  std::thread decoding([&] { line.DecodeAll(); });
  Status status;
  while (status.ok()) {
    const BatchPtr batch = line.Take();
    if (batch == nullptr) break;
    for (auto& entry : batch->entries) {
      status = take(std::move(entry));
      if (!status.ok()) break;
    }
  }
  line.Stop();
  reading.join();
  decoding.join();
  return status;
}

}  // namespace kizashi

// The queue in front of the store's committing thread, bounded in bytes.
//
// Any thread pushes; one thread takes. What was taken counts until it is released, so that a slow
// listener behind the committing thread is felt by the senders. Entries that nobody waits for wait
// for company, so that they share a sync; the first one that somebody waits for takes them along.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "store/journal.h"

namespace kizashi {

/// An entry on its way to the disk. It has no number and no time yet.
struct PendingEntry {
  std::shared_ptr<JournalEntry> entry;
  TelemetrySink::Done done;
  bool may_wait = false;  // kCompanyWait, for others to be committed with
};

class CommitQueue {
 public:
  /// A group that is committed at once has at most this many bytes, or is one entry.
  static constexpr size_t kGroupBytesMax = 8 << 20;
  /// How long the first of a group waits when all of it may.
  static constexpr Duration kCompanyWait{100};
  /// So much is company enough.
  static constexpr size_t kCompanyBytes = 1 << 20;

  struct Group {
    std::vector<PendingEntry> entries;
    size_t bytes = 0;
  };

  explicit CommitQueue(size_t bytes_max, Duration company_wait = kCompanyWait)
      : bytes_max_(bytes_max), company_wait_(company_wait) {}

  /// From here on entries are taken in.
  void Open();
  /// From here on none are.
  void Close();

  /// `*pending` is taken when OK and left alone otherwise. ResourceExhausted when the bytes of
  /// those that were not released would be above the limit (an entry is never too big for an empty
  /// queue); Unavailable when the queue is not open.
  Status Push(PendingEntry* pending);

  /// Waits for entries and takes as many as make a group; empty when the queue is closed and
  /// nothing is left.
  Group Take();
  /// A group is done with.
  void Release(const Group& group);

  /// Bytes of entries that were pushed and not released.
  size_t bytes() const;

 private:
  struct Item {
    PendingEntry pending;
    size_t bytes = 0;
  };

  const size_t bytes_max_;
  const Duration company_wait_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  size_t bytes_ = 0;
  size_t waiting_bytes_ = 0;  // of items_
  bool hurries_ = false;      // some of items_ may not wait
  bool open_ = false;
  bool closed_ = false;
};

}  // namespace kizashi

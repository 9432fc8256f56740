// Changes of schedules that people make besides the files: overrides, swaps, leave. Who made each
// one and when is kept, also of those that were taken back.
//
// Edit is a plain value; EditLog: any thread. Bytes: docs/internals/oncall.md. Reading is total.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/schedule.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "store/append_log.h"

namespace kizashi::oncall {

struct Edit {
  enum class Kind : uint8_t { kOverride = 1, kSwap = 2, kLeave = 3 };
  uint64_t id = 0;  // from 1, by the order in which they were made
  Kind kind = Kind::kOverride;
  std::string schedule;  // empty of leave
  std::string person;    // on call, away, or who gives turns
  std::string taker;     // of a swap: who has them
  Time begin{};
  Time end{};
  /// Of a swap, when it goes both ways: when `person` has the turns of `taker`. Equal: one way.
  Time back_begin{};
  Time back_end{};
  std::string reason;
  std::string author;
  Time made{};
  std::string removed_by;  // empty: it holds
  Time removed{};
  bool operator==(const Edit&) const = default;
};
std::string_view EditKindName(Edit::Kind kind);  // "override", "swap", "leave"

std::string EncodeEdit(const Edit& edit);
/// False at bytes that are no edit.
bool DecodeEdit(std::string_view bytes, Edit* edit);

/// What is wrong with an edit of itself: times, missing names.
Status CheckEdit(const Edit& edit);

class EditLog {
 public:
  static constexpr size_t kEditsMax = 100'000;  // kept, those taken back too

  /// Reads what was kept.
  static StatusOr<std::unique_ptr<EditLog>> Open(AppendLogOptions options, Registry* registry);

  /// The edit with its id, once it is on disk. ResourceExhausted at kEditsMax. `edit.made` and
  /// `edit.author` are the caller's.
  StatusOr<Edit> Add(Edit edit);
  /// Takes it back, for good. NotFound; InvalidArgument when it was taken back before.
  StatusOr<Edit> Remove(uint64_t id, std::string author, Time now);
  /// All that was ever made, by id.
  std::vector<Edit> List() const;
  /// Grows with every change.
  uint64_t version() const;

 private:
  explicit EditLog(AppendLogOptions options) : options_(std::move(options)) {}
  bool Restore(std::string_view record);
  Status Write(const Edit& edit);

  const AppendLogOptions options_;
  std::mutex write_mutex_;  // one change at a time; before mutex_
  mutable std::mutex mutex_;
  std::vector<Edit> edits_;  // by id
  uint64_t version_ = 0;
  std::unique_ptr<AppendLog> log_;
};

}  // namespace kizashi::oncall

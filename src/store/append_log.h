// A file that keeps records in the order in which they were appended: for state that is kept in
// memory and must survive its process, such as alerts.
//
// Append returns once the system has the records (they outlive the process), Sync calls back once
// the disk has them (they outlive the machine); many wait for one fdatasync. A file that has grown
// is replaced by one that begins with the state as it is. What the records mean is their owner's
// affair. Format: docs/internals/append-log.md.
//
// Append, Sync and Compact: any thread; the order of calls is that of the records. One process at a
// time has a directory open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"

namespace kizashi {

inline constexpr size_t kAppendRecordBytesMax = 64 << 20;

struct AppendLogOptions {
  std::string directory;                // made when absent
  std::string name;                     // for metrics and messages: "alerts"
  size_t compact_bytes_min = 16 << 20;  // a smaller file is never replaced
  Duration lock_wait{10'000};           // for a process that is just ending
};

/// How the bytes of a file are read: every whole record in order, and how much of the text that is.
struct AppendLogScan {
  uint64_t server_id = 0;
  size_t good_bytes = 0;  // 0: no file of ours
  bool damaged = false;   // what follows is no unfinished last record
};
AppendLogScan ScanAppendLog(std::string_view bytes,
                            const std::function<void(std::string_view record)>& record);

/// The bytes that stand for a record, and those that a file begins with.
std::string FrameRecord(std::string_view record);
std::string AppendLogHeader(uint64_t server_id);

class AppendLog {
 public:
  /// Reads what is there. Damage is told, set aside as FILE.damaged, and what precedes it is given:
  /// a pager that does not start tells nobody of anything.
  static StatusOr<std::unique_ptr<AppendLog>> Open(
      AppendLogOptions options, Registry* registry,
      const std::function<void(std::string_view record)>& restore);
  /// Writes what is waiting to the disk.
  ~AppendLog();

  /// All of them or none. The error says what is wrong with the disk and what was refused.
  Status Append(const std::vector<std::string>& records);
  /// Calls `done` on the log's thread when all that was appended before is on disk.
  void Sync(std::function<void(const Status&)> done);
  /// Whether the file is worth replacing, or can no longer be trusted.
  bool WantsCompaction() const;
  /// Replaces the file by one that begins with `records`, which are all that there is just now;
  /// what is appended from here on follows them. Returns at once.
  void Compact(std::vector<std::string> records);

  /// Made with the first file of the directory, and kept.
  uint64_t server_id() const;
  uint64_t bytes() const;

  struct Impl;

 private:
  explicit AppendLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi

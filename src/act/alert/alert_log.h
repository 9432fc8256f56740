// The file that keeps what was accepted: alerts, silences, what waits to be told and what was told.
//
// Records are appended and come back in order. Append returns once the system has the record (it
// outlives the process), Sync calls back once the disk has it (it outlives the machine); many wait
// for one fdatasync. A file that has grown is replaced by one that begins with the state as it is.
// Format: docs/internals/alerts.md.
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

namespace kizashi::alerts {

inline constexpr size_t kAlertRecordBytesMax = 64 << 20;

struct AlertLogOptions {
  std::string directory;                // made when absent
  size_t compact_bytes_min = 16 << 20;  // a smaller file is never replaced
  Duration lock_wait{10'000};           // for a process that is just ending
};

/// How the bytes of a file are read: every whole record in order, and how much of the text that is.
struct AlertLogScan {
  uint64_t server_id = 0;
  size_t good_bytes = 0;  // 0: no file of ours
  bool damaged = false;   // what follows is no unfinished last record
};
AlertLogScan ScanAlertLog(std::string_view bytes,
                          const std::function<void(std::string_view record)>& record);

/// The bytes that stand for a record, and those that a file begins with.
std::string FrameRecord(std::string_view record);
std::string AlertLogHeader(uint64_t server_id);

class AlertLog {
 public:
  /// Reads what is there. Damage is told, set aside as FILE.damaged, and passed over: a pager that
  /// does not start tells nobody of anything.
  static StatusOr<std::unique_ptr<AlertLog>> Open(
      AlertLogOptions options, Registry* registry,
      const std::function<void(std::string_view record)>& restore);
  /// Writes what is waiting to the disk.
  ~AlertLog();

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
  explicit AlertLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi::alerts

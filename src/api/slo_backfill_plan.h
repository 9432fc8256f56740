// Which parts of the past `kizashi slo backfill` asks for, and which of them are done.
//
// DayParts is pure. ResumeFile: any thread; one process writes a file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

/// (from, until].
struct PastPart {
  Time from{};
  Time until{};
  bool operator==(const PastPart&) const = default;
};

/// (since, until] in parts that end at midnight UTC, in order. Empty when since >= until.
std::vector<PastPart> DayParts(Time since, Time until);

/// The finished parts of SLOs, in a file of lines "SERVICE SLO MEANING FROM UNTIL", tab between
/// them, the last line possibly cut by a crash.
class ResumeFile {
 public:
  /// Reads `path` when it is there and appends to it from then on. An empty path: nothing is kept.
  /// InvalidArgument when it holds something else, Unavailable when it cannot be written.
  static StatusOr<std::unique_ptr<ResumeFile>> Open(const std::string& path);
  ~ResumeFile();

  bool IsDone(const std::string& key, const PastPart& part) const;
  /// Kept when the process is killed after it returned OK.
  Status Done(const std::string& key, const PastPart& part);

  static std::string KeyOf(std::string_view service, std::string_view slo, uint64_t meaning);

 private:
  ResumeFile() = default;
  Status ReadLine(std::string_view line);

  std::string path_;
  std::FILE* file_ = nullptr;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<PastPart>> done_;  // by key; guarded by mutex_
};

}  // namespace kizashi

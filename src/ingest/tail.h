// Follows log files by glob and hands their lines to the sink; every line once, over rotation and
// restarts.
//
// How far a file was read is kept under its device and inode in the same write as the lines
// themselves, with a hash of the file's first bytes that tells a reused inode or a truncated file.
// Rotation by rename: the old file is read to its end, then the new one from its beginning; a
// renamed file is found again after a restart as long as it stays in its directory.
// Copy-and-truncate: the file is read from its beginning again; what is written between the copy
// and the truncation is lost by that method itself. A compressed file that the glob names is read
// once; when it is what became of a file followed since the start, only what that one had not
// given.
//
// Lines are read as ingest/record_reader.h says; a line that names its service (journald's JSON)
// goes to that service's stream. Owned by main; one thread that looks every 100 ms. Limits:
// kFilesMax files; tail_file.h has those of lines and batches. When the sink refuses, nothing moves
// on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/tail_file.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

/// `GLOB` or `GLOB,label=value,...`.
struct TailSpec {
  std::string glob;
  std::vector<Label> labels;
};
StatusOr<TailSpec> ParseTailSpec(const std::string& text);

class TailManager {
 public:
  static constexpr size_t kFilesMax = 10'000;
  /// A file that is there when tailing begins for the first time is read whole up to this size, and
  /// beyond it from its last kFirstReadTail bytes on.
  static constexpr int64_t kFirstReadWhole = 16 << 20;
  static constexpr int64_t kFirstReadTail = 1 << 20;

  TailManager(TelemetrySink& sink, const Clock& clock, Registry* registry,
              std::vector<TailSpec> specs);
  ~TailManager();

  void Start();
  void Stop();

  /// One look at every file, as the thread does it; returns how many lines were acknowledged.
  size_t PollOnce();

 private:
  struct Followed;

  void Run();
  void Discover();
  void Follow(const std::string& path, const TailSpec& spec, bool matched, bool from_cursor_only);
  std::future<Status> Send(Followed* file, const TailRun& run);
  size_t SendAll(std::vector<std::pair<Followed*, std::vector<TailRun>>>* all);

  TelemetrySink& sink_;
  const Clock& clock_;
  const std::vector<TailSpec> specs_;
  ReadContents read_contents_;
  std::map<std::pair<uint64_t, uint64_t>, std::unique_ptr<Followed>> files_;  // by device and inode
  bool first_discovery_ = true;
  Time last_discovery_{};
  Counter* lines_ = nullptr;
  Counter* cut_ = nullptr;
  Counter* refused_ = nullptr;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kizashi

// Whom to scrape, from lists in files: Prometheus' file_sd form, in YAML or JSON.
//
//   - targets: ["10.0.0.1:9100", "10.0.0.2:9100"]
//     labels: { job: node, __metrics_path__: /metrics, __scheme__: https }
//
// Reading is total; every error of a text is told with its place. A TargetFile belongs to the
// scrape manager's thread. Limits: those of wire/yaml.h, and kTargetsMax addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kTargetsMax = 10'000;  // of one file

struct ScrapeTarget {
  std::string url;
  Labels labels;  // with job and instance, without any __name
  auto operator<=>(const ScrapeTarget&) const = default;
};

/// The target at `address` (host:port, or host with the scheme's port, or an http or https URL).
/// __scheme__ and __metrics_path__ among `labels` shape the URL; other __ labels are dropped; job
/// is `default_job` and instance host:port unless given.
StatusOr<ScrapeTarget> MakeScrapeTarget(std::string_view address, Labels labels,
                                        std::string_view default_job);

struct TargetList {
  std::vector<ScrapeTarget> targets;
  std::vector<std::string> errors;  // "file:line:column: what"; with any of them, targets is empty
};

/// `file` names the text in errors, and its stem is the default job.
TargetList ParseTargetFile(std::string_view file, std::string_view text);

/// One file on disk, read again when its time, size or inode changes.
class TargetFile {
 public:
  explicit TargetFile(std::string path) : path_(std::move(path)) {}

  /// Looks at the file; true when targets() changed. What is wrong with it is logged once per
  /// change, and the last good list stays.
  bool Poll();

  const std::vector<ScrapeTarget>& targets() const { return targets_; }
  /// The first thing wrong with the file as it is now; empty when it is good.
  const std::string& error() const { return error_; }
  const std::string& path() const { return path_; }

 private:
  struct Stamp {
    int64_t mtime_ns = 0;
    int64_t size = 0;
    uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  bool Fail(const std::vector<std::string>& errors);

  const std::string path_;
  bool was_looked_at_ = false;
  std::optional<Stamp> stamp_;  // of the last look; none: could not be opened
  std::vector<ScrapeTarget> targets_;
  std::string error_;
};

}  // namespace kizashi

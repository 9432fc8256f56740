// Whom to scrape, from lists in files: Prometheus' file_sd form, in YAML or JSON.
//
//   - targets: ["10.0.0.1:9100", "10.0.0.2:9100"]
//     labels: { job: node, __metrics_path__: /metrics, __scheme__: https }
//
// Reading is total; every error of a text is told with its place. A TargetFile belongs to the
// scrape manager's thread. Limits: those of wire/yaml.h, and kTargetsMax addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "ingest/scrape_job.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kTargetsMax = 10'000;  // of one file

struct ScrapeTarget {
  std::string url;
  Labels labels;  // with job and instance, without any __name
  /// How it is scraped, and when; nothing, or 0: as the manager is told.
  std::shared_ptr<const ScrapeJob> job = nullptr;
  Duration interval{0};
  Duration timeout{0};
  bool operator==(const ScrapeTarget&) const = default;
};

/// Who knows of targets. Belongs to the scrape manager's thread.
class TargetSource {
 public:
  virtual ~TargetSource() = default;
  /// Looks for changes; true when targets() changed.
  virtual bool Poll(Time now) = 0;
  virtual const std::vector<ScrapeTarget>& targets() const = 0;
};

/// An address with the labels of its group, as a list has them.
struct RawTarget {
  std::string address;
  Labels labels;
};

struct RawTargetList {
  std::vector<RawTarget> targets;
  std::vector<std::string> errors;  // "file:line:column: what"; with any of them, targets is empty
};

/// The same list for a scrape_config, which makes targets of it: nothing is said of the addresses.
RawTargetList ParseRawTargets(std::string_view file, std::string_view text);

/// The target that a job makes of an address: its labels and those of the group, relabelled.
/// Nothing when a rule dropped it.
StatusOr<std::optional<ScrapeTarget>> MakeJobTarget(const std::shared_ptr<const ScrapeJob>& job,
                                                    const RawTarget& raw);

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

/// A file's text, read again when its time, size or inode changes.
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  /// Nothing when it is as it was at the last look; else its text, or why there is none.
  std::optional<StatusOr<std::string>> Poll();
  const std::string& path() const { return path_; }

 private:
  struct Stamp {
    int64_t mtime_ns = 0;
    int64_t size = 0;
    uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  const std::string path_;
  bool was_looked_at_ = false;
  std::optional<Stamp> stamp_;  // of the last look; none: could not be opened
};

/// One list on disk. What is wrong with it is logged once per change, and the last good list stays.
class TargetFile final : public TargetSource {
 public:
  explicit TargetFile(std::string path) : file_(std::move(path)) {}

  bool Poll(Time now) override;
  bool Poll() { return Poll(Time()); }
  const std::vector<ScrapeTarget>& targets() const override { return targets_; }
  /// The first thing wrong with the file as it is now; empty when it is good.
  const std::string& error() const { return error_; }
  const std::string& path() const { return file_.path(); }

 private:
  bool Fail(const std::vector<std::string>& errors);

  WatchedFile file_;
  std::vector<ScrapeTarget> targets_;
  std::string error_;
};

}  // namespace kizashi

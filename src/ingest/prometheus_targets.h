// The targets of a prometheus.yml, followed: the file itself, the files of its file_sd_configs and
// the answers of its http_sd_configs.
//
// Belongs to the scrape manager's thread; answers to requests come on the client's. A file that was
// made wrong, an answer that is none: what is wrong is logged once, and the last good state stays.
// Limits: kTargetsMax addresses a list, kFilesMax files of a job, discovery answers of 16 MiB.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "ingest/prometheus_config.h"
#include "ingest/target_file.h"
#include "net/http_client.h"

namespace kizashi {

class PrometheusTargets final : public TargetSource {
 public:
  static constexpr size_t kFilesMax = 1000;

  using Fetch = std::function<void(FetchRequest, HttpClient::Callback)>;
  PrometheusTargets(std::string path, Fetch fetch, Registry* registry);
  ~PrometheusTargets() override;

  bool Poll(Time now) override;
  const std::vector<ScrapeTarget>& targets() const override { return targets_; }

 private:
  /// A list in a file, and the targets that were read of it.
  struct ListFile {
    explicit ListFile(const std::string& path) : file(path) {}
    WatchedFile file;
    std::vector<RawTarget> targets;
  };
  /// The way of an answer from the client's thread.
  struct Mailbox {
    std::mutex mutex;
    std::optional<FetchResult> answer;  // under mutex
  };
  struct Discovery {
    std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
    bool is_under_way = false;
    std::optional<Time> next;
    std::string last_error;
    std::vector<RawTarget> targets;
  };
  struct Job {
    PrometheusJob config;
    std::map<std::string, ListFile> files;
    std::vector<Discovery> discoveries;  // as many as the configuration has
  };

  bool PollConfig();
  void Install(PrometheusConfig config);
  bool PollFiles(Job* job);
  bool PollDiscoveries(Job* job, Time now);
  bool TakeAnswer(const HttpDiscovery& config, const FetchResult& result, Discovery* discovery);
  void MakeTargets();
  void AddTargets(const Job& job, const std::vector<RawTarget>& raw,
                  std::vector<ScrapeTarget>* targets) const;

  const Fetch fetch_;
  Gauge& is_good_;
  WatchedFile file_;
  std::vector<Job> jobs_;
  std::vector<ScrapeTarget> targets_;
};

}  // namespace kizashi

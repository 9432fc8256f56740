#include "ingest/prometheus_targets.h"

#include <glob.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"

namespace kizashi {
namespace {

constexpr size_t kLoggedMax = 20;
constexpr Duration kDiscoveryTimeout{30'000};
constexpr size_t kDiscoveryBytesMax = 16 << 20;

void LogAll(LogLevel level, std::string_view what, const std::vector<std::string>& list) {
  for (size_t i = 0; i < std::min(list.size(), kLoggedMax); ++i) {
    Log(level, what, {{"at", list[i]}});
  }
}

std::vector<std::string> FilesOf(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return paths;
}

}  // namespace

PrometheusTargets::PrometheusTargets(std::string path, Fetch fetch, Registry* registry)
    : fetch_(std::move(fetch)),
      is_good_(registry->GetGauge("kizashi_scrape_config_last_reload_successful",
                                  "1 when the Prometheus configuration is in force as it is.")),
      file_(std::move(path)) {}

PrometheusTargets::~PrometheusTargets() = default;

bool PrometheusTargets::Poll(Time now) {
  bool changed = PollConfig();
  for (Job& job : jobs_) {
    changed = PollFiles(&job) || changed;
    changed = PollDiscoveries(&job, now) || changed;
  }
  if (changed) MakeTargets();
  return changed;
}

bool PrometheusTargets::PollConfig() {
  const std::optional<StatusOr<std::string>> text = file_.Poll();
  if (!text) return false;
  PrometheusConfig config;
  if (text->ok()) {
    config = ParsePrometheusConfig(file_.path(), **text);
  } else {
    config.errors.emplace_back(Message(text->status()));
  }
  LogAll(LogLevel::kWarn, "scrape configuration", config.notes);
  is_good_.Set(config.errors.empty() ? 1 : 0);
  if (!config.errors.empty()) {
    LogAll(LogLevel::kError, "scrape configuration not read, the last good one stays",
           config.errors);
    return false;
  }
  Log(LogLevel::kInfo, "scrape configuration read",
      {{"file", file_.path()}, {"jobs", config.jobs.size()}});
  Install(std::move(config));
  return true;
}

// A job that is as it was goes on as it is, with what was discovered.
void PrometheusTargets::Install(PrometheusConfig config) {
  std::vector<Job> jobs;
  for (PrometheusJob& read : config.jobs) {
    const auto same = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) {
      return job.config.job != nullptr && job.config.job->fingerprint == read.job->fingerprint;
    });
    if (same != jobs_.end()) {
      jobs.push_back(std::move(*same));
      same->config.job = nullptr;
      continue;
    }
    Job job;
    job.discoveries.resize(read.discoveries.size());
    job.config = std::move(read);
    jobs.push_back(std::move(job));
  }
  jobs_ = std::move(jobs);
}

bool PrometheusTargets::PollFiles(Job* job) {
  std::set<std::string> paths;
  for (const std::string& pattern : job->config.files) {
    for (std::string& path : FilesOf(pattern)) {
      if (paths.size() < kFilesMax) paths.insert(std::move(path));
    }
  }
  bool changed =
      std::erase_if(job->files, [&](const auto& item) { return paths.count(item.first) == 0; }) > 0;
  for (const std::string& path : paths) {
    ListFile& list = job->files.try_emplace(path, path).first->second;
    const std::optional<StatusOr<std::string>> text = list.file.Poll();
    if (!text) continue;
    RawTargetList read;
    if (text->ok()) {
      read = ParseRawTargets(path, **text);
    } else {
      read.errors.emplace_back(Message(text->status()));
    }
    if (!read.errors.empty()) {
      LogAll(LogLevel::kError, "scrape targets not read, the last good list stays", read.errors);
      continue;
    }
    list.targets = std::move(read.targets);
    for (RawTarget& target : list.targets) target.labels.Set("__meta_filepath", path);
    changed = true;
  }
  return changed;
}

bool PrometheusTargets::PollDiscoveries(Job* job, Time now) {
  bool changed = false;
  for (size_t i = 0; i < job->discoveries.size(); ++i) {
    const HttpDiscovery& config = job->config.discoveries[i];
    Discovery& discovery = job->discoveries[i];
    std::optional<FetchResult> answer;
    {
      const std::lock_guard lock(discovery.mailbox->mutex);
      answer = std::exchange(discovery.mailbox->answer, std::nullopt);
    }
    if (answer) {
      discovery.is_under_way = false;
      changed = TakeAnswer(config, *answer, &discovery) || changed;
    }
    // The last condition: the clock was set back.
    const bool is_due =
        !discovery.next || now >= *discovery.next || *discovery.next - now > config.refresh;
    if (discovery.is_under_way || !is_due) continue;
    discovery.next = now + config.refresh;
    FetchRequest request;
    request.url = config.url;
    request.timeout = std::min(kDiscoveryTimeout, config.refresh);
    request.body_bytes_max = kDiscoveryBytesMax;
    request.headers = {
        {"Accept", "application/json"},
        {"X-Prometheus-Refresh-Interval-Seconds", fmt::format("{}", ToSeconds(config.refresh))}};
    const Status applied = config.http.Apply(&request);
    if (!applied.ok()) {
      FetchResult failed;
      failed.status = applied;
      TakeAnswer(config, failed, &discovery);
      continue;
    }
    discovery.is_under_way = true;
    fetch_(std::move(request), [mailbox = discovery.mailbox](FetchResult result) {
      const std::lock_guard lock(mailbox->mutex);
      mailbox->answer = std::move(result);
    });
  }
  return changed;
}

bool PrometheusTargets::TakeAnswer(const HttpDiscovery& config, const FetchResult& result,
                                   Discovery* discovery) {
  std::string error(Message(result.status));
  RawTargetList list;
  if (result.status.ok() && result.code != 200) {
    error = fmt::format("answered with code {}, expected 200", result.code);
  } else if (result.status.ok()) {
    list = ParseRawTargets(config.url, result.body);
    if (!list.errors.empty()) error = list.errors.front();
  }
  if (!error.empty()) {
    if (error != discovery->last_error) {
      Log(LogLevel::kError, "targets not discovered, the last good list stays",
          {{"url", config.url}, {"reason", error}});
    }
    discovery->last_error = std::move(error);
    return false;
  }
  discovery->last_error.clear();
  for (RawTarget& target : list.targets) target.labels.Set("__meta_url", config.url);
  const bool is_same =
      std::equal(list.targets.begin(), list.targets.end(), discovery->targets.begin(),
                 discovery->targets.end(), [](const RawTarget& a, const RawTarget& b) {
                   return a.address == b.address && a.labels == b.labels;
                 });
  discovery->targets = std::move(list.targets);
  return !is_same;
}

void PrometheusTargets::MakeTargets() {
  targets_.clear();
  for (const Job& job : jobs_) {
    std::vector<ScrapeTarget> targets;
    AddTargets(job, job.config.static_targets, &targets);
    for (const auto& [path, list] : job.files) AddTargets(job, list.targets, &targets);
    for (const Discovery& discovery : job.discoveries) {
      AddTargets(job, discovery.targets, &targets);
    }
    const size_t limit = job.config.job->target_limit;
    if (limit > 0 && targets.size() > limit) {
      Log(LogLevel::kError, "a job has more targets than its target_limit: none is scraped",
          {{"job", job.config.job->name}, {"targets", targets.size()}, {"limit", limit}});
      continue;
    }
    std::move(targets.begin(), targets.end(), std::back_inserter(targets_));
  }
}

void PrometheusTargets::AddTargets(const Job& job, const std::vector<RawTarget>& raw,
                                   std::vector<ScrapeTarget>* targets) const {
  for (const RawTarget& one : raw) {
    StatusOr<std::optional<ScrapeTarget>> target = MakeJobTarget(job.config.job, one);
    if (!target.ok()) {
      Log(LogLevel::kError, "a target is left out",
          {{"job", job.config.job->name},
           {"address", one.address},
           {"reason", Message(target.status())}});
    } else if (target->has_value()) {
      targets->push_back(**std::move(target));
    }
  }
}

}  // namespace kizashi

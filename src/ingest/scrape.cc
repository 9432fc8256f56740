#include "ingest/scrape.h"

#include <algorithm>

#include "base/log.h"

namespace kizashi {
namespace {

// The longest time in which a clock that was set anew is not noticed.
constexpr Duration kLongestSleep{1'000};

ScrapeOptions WithinBounds(ScrapeOptions options) {
  options.interval = std::max(options.interval, Duration(1));
  options.timeout = std::clamp(options.timeout, Duration(1), options.interval);
  options.file_check = std::max(options.file_check, Duration(1));
  return options;
}

}  // namespace

ScrapeManager::ScrapeManager(TelemetrySink& sink, Fetch fetch, const Clock& clock,
                             Registry* registry, ScrapeOptions options)
    : sink_(sink),
      fetch_(std::move(fetch)),
      clock_(clock),
      options_(WithinBounds(options)),
      worker_(std::make_shared<ScrapeWorker>(sink, clock, registry)),
      target_count_(registry->GetGauge("kizashi_scrape_targets", "Targets that are scraped.")) {}

ScrapeManager::~ScrapeManager() { Stop(); }

Status ScrapeManager::AddStatic(const std::string& address, Labels labels) {
  KZ_ASSIGN_OR_RETURN(ScrapeTarget target, MakeScrapeTarget(address, std::move(labels), "static"));
  {
    const std::lock_guard lock(mutex_);
    wanted_.push_back({std::move(target), nullptr});
    is_changed_ = true;
  }
  changed_.notify_all();
  return OkStatus();
}

void ScrapeManager::AddTargetFile(const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    files_.push_back(std::make_unique<TargetFile>(path));
    is_changed_ = true;
  }
  changed_.notify_all();
}

void ScrapeManager::AddInternal(Labels labels, std::function<std::string()> text) {
  {
    const std::lock_guard lock(mutex_);
    wanted_.push_back({ScrapeTarget{"", std::move(labels)}, std::move(text)});
    is_changed_ = true;
  }
  changed_.notify_all();
}

void ScrapeManager::Start() {
  worker_->Start();
  thread_ = std::thread([this] { Run(); });
}

void ScrapeManager::Stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  worker_->Stop();
}

std::vector<TargetStatus> ScrapeManager::Status() const {
  std::vector<TargetPtr> targets;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [labels, target] : targets_) targets.push_back(target);
  }
  std::vector<TargetStatus> all;
  all.reserve(targets.size());
  for (const TargetPtr& target : targets) {
    const std::lock_guard lock(target->mutex);
    all.push_back(target->status);
  }
  return all;
}

void ScrapeManager::Run() {
  while (true) {
    const Time now = clock_.Now();
    PollFiles(now);
    Replan(now);
    StartDue(now);
    Time next = next_file_check_;
    if (!plan_.empty()) next = std::min(next, plan_.top().due);
    std::unique_lock lock(mutex_);
    const Duration wait = std::clamp(next - clock_.Now(), Duration(0), kLongestSleep);
    changed_.wait_for(lock, wait, [&] { return is_stopping_ || is_changed_; });
    if (is_stopping_) return;
  }
}

void ScrapeManager::PollFiles(Time now) {
  std::vector<TargetFile*> files;
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = std::exchange(is_changed_, false);
    // The second condition: the clock was set back.
    const bool is_due = now >= next_file_check_ || next_file_check_ - now > options_.file_check;
    if (!changed && !is_due) return;
    for (const auto& file : files_) files.push_back(file.get());
  }
  next_file_check_ = now + options_.file_check;
  for (TargetFile* file : files) changed = file->Poll() || changed;
  if (changed) SyncTargets(now);
}

// Makes the targets those that are wanted: statics and internals first, then file by file.
void ScrapeManager::SyncTargets(Time now) {
  std::vector<TargetPtr> added;
  std::vector<TargetPtr> removed;
  {
    const std::lock_guard lock(mutex_);
    std::map<Labels, Wanted> wanted;
    for (const Wanted& one : wanted_) wanted.try_emplace(one.spec.labels, one);
    for (const auto& file : files_) {
      for (const ScrapeTarget& target : file->targets()) {
        const auto [at, is_new] = wanted.try_emplace(target.labels, Wanted{target, nullptr});
        if (is_new || at->second.spec.url == target.url) continue;
        Log(LogLevel::kWarn, "two targets with the same labels, the first is scraped",
            {{"labels", target.labels.ToString()},
             {"first", at->second.spec.url},
             {"other", target.url}});
      }
    }
    for (auto at = targets_.begin(); at != targets_.end();) {
      const auto found = wanted.find(at->first);
      if (found != wanted.end() && found->second.spec.url == at->second->spec.url) {
        ++at;
      } else {
        removed.push_back(at->second);
        at = targets_.erase(at);
      }
    }
    for (auto& [labels, one] : wanted) {
      if (targets_.count(labels) != 0) continue;
      added.push_back(std::make_shared<ScrapedTarget>(sink_, one.spec, one.text));
      targets_.emplace(labels, added.back());
    }
    target_count_.Set(static_cast<double>(targets_.size()));
  }
  for (const TargetPtr& target : removed) {
    target->is_removed = true;
    worker_->Push(ScrapeJob{.target = target, .time = now, .result = {}, .is_last = true});
  }
  for (const TargetPtr& target : added) Plan(target, now);
}

// The first time after `now` that lies at the target's own place within the interval.
void ScrapeManager::Plan(const TargetPtr& target, Time now) {
  const auto interval = static_cast<uint64_t>(options_.interval.count());
  const Duration offset(static_cast<int64_t>(target->spec.labels.Hash() % interval));
  plan_.push({FloorTo(now - offset, options_.interval) + options_.interval + offset, target});
}

// After the clock was set back everything would be due too late.
void ScrapeManager::Replan(Time now) {
  if (plan_.empty() || plan_.top().due <= now + options_.interval) return;
  plan_ = {};
  const std::lock_guard lock(mutex_);
  for (const auto& [labels, target] : targets_) Plan(target, now);
}

void ScrapeManager::StartDue(Time now) {
  while (!plan_.empty() && plan_.top().due <= now) {
    const TargetPtr target = plan_.top().target;
    plan_.pop();
    if (target->is_removed) continue;
    Plan(target, now);
    if (!target->is_under_way.exchange(true)) Begin(target, now);
  }
}

void ScrapeManager::Begin(const TargetPtr& target, Time now) {
  if (target->text) {
    worker_->Push(ScrapeJob{.target = target, .time = now, .result = {}});
    return;
  }
  FetchRequest request;
  request.url = target->spec.url;
  request.headers = {
      {"Accept", "text/plain;version=0.0.4;q=1,*/*;q=0.1"},
      {"X-Prometheus-Scrape-Timeout-Seconds", fmt::format("{}", ToSeconds(options_.timeout))}};
  request.timeout = options_.timeout;
  // The worker is shared: the answer may come when the manager is gone.
  fetch_(std::move(request), [worker = worker_, target, now](FetchResult result) {
    worker->Push(ScrapeJob{.target = target, .time = now, .result = std::move(result)});
  });
}

}  // namespace kizashi

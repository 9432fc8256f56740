#include "ingest/scrape.h"

#include <algorithm>

#include "base/log.h"

namespace kizashi {
namespace {

// The longest time in which a clock that was set anew is not noticed.
constexpr Duration kLongestSleep{1'000};

constexpr int64_t kPlacesMin = 60;
constexpr Duration kPlaceMax{250};

ScrapeOptions WithinBounds(ScrapeOptions options) {
  options.interval = std::max(options.interval, Duration(1));
  options.timeout = std::clamp(options.timeout, Duration(1), options.interval);
  options.file_check = std::max(options.file_check, Duration(1));
  return options;
}

}  // namespace

Time NextScrape(Time now, Duration interval, uint64_t hash) {
  const Duration apart = std::clamp(interval / kPlacesMin, Duration(1), kPlaceMax);
  const Duration place(static_cast<int64_t>(hash % static_cast<uint64_t>(interval.count())));
  const Duration offset = place - place % apart;
  return FloorTo(now - offset, interval) + interval + offset;
}

ScrapeManager::ScrapeManager(TelemetrySink& sink, Fetch fetch, const Clock& clock,
                             Registry* registry, const ScrapeOptions& options)
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
  AddSource(std::make_unique<TargetFile>(path));
}

void ScrapeManager::AddSource(std::unique_ptr<TargetSource> source) {
  {
    const std::lock_guard lock(mutex_);
    sources_.push_back(std::move(source));
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
    PollSources(now);
    Replan(now);
    StartDue(now);
    Time next = next_check_;
    if (!plan_.empty()) next = std::min(next, plan_.top().due);
    std::unique_lock lock(mutex_);
    const Duration wait = std::clamp(next - clock_.Now(), Duration(0), kLongestSleep);
    changed_.wait_for(lock, wait, [&] { return is_stopping_ || is_changed_; });
    if (is_stopping_) return;
  }
}

void ScrapeManager::PollSources(Time now) {
  std::vector<TargetSource*> sources;
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = std::exchange(is_changed_, false);
    // The second condition: the clock was set back.
    const bool is_due = now >= next_check_ || next_check_ - now > options_.file_check;
    if (!changed && !is_due) return;
    for (const auto& source : sources_) sources.push_back(source.get());
  }
  next_check_ = now + options_.file_check;
  for (TargetSource* source : sources) changed = source->Poll(now) || changed;
  if (changed) SyncTargets(now);
}

// Makes the targets those that are wanted: statics and internals first, then source by source.
void ScrapeManager::SyncTargets(Time now) {
  std::vector<TargetPtr> added;
  std::vector<TargetPtr> removed;
  {
    const std::lock_guard lock(mutex_);
    std::map<Labels, Wanted> wanted;
    for (const Wanted& one : wanted_) wanted.try_emplace(one.spec.labels, one);
    for (const auto& source : sources_) {
      for (const ScrapeTarget& target : source->targets()) {
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
      if (found != wanted.end() && found->second.spec == at->second->spec) {
        ++at;
      } else {
        removed.push_back(at->second);
        at = targets_.erase(at);
      }
    }
    for (auto& [labels, one] : wanted) {
      if (targets_.count(labels) != 0) continue;
      added.push_back(std::make_shared<ScrapedTarget>(sink_, one.spec, one.text, options_.hooks));
      targets_.emplace(labels, added.back());
    }
    target_count_.Set(static_cast<double>(targets_.size()));
  }
  for (const TargetPtr& target : removed) {
    target->is_removed = true;
    worker_->Push(ScrapeAnswer{.target = target, .time = now, .result = {}, .is_last = true});
  }
  for (const TargetPtr& target : added) Plan(target, now);
}

Duration ScrapeManager::IntervalOf(const ScrapedTarget& target) const {
  return target.spec.interval > Duration(0) ? target.spec.interval : options_.interval;
}

void ScrapeManager::Plan(const TargetPtr& target, Time now) {
  const Duration interval = IntervalOf(*target);
  longest_interval_ = std::max(longest_interval_, interval);
  plan_.push({NextScrape(now, interval, target->spec.labels.Hash()), target});
}

// After the clock was set back everything would be due too late.
void ScrapeManager::Replan(Time now) {
  if (plan_.empty() || plan_.top().due <= now + longest_interval_) return;
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
    worker_->Push(ScrapeAnswer{.target = target, .time = now, .result = {}});
    return;
  }
  Send(target, now);
}

void ScrapeManager::Send(const TargetPtr& target, Time now) {
  const ScrapeTarget& spec = target->spec;
  FetchRequest request;
  request.url = spec.url;
  request.timeout = spec.timeout > Duration(0) ? spec.timeout : options_.timeout;
  request.timeout = std::min(request.timeout, IntervalOf(*target));
  request.keeps_coding = true;  // the worker decodes
  request.headers = {
      {"Accept", std::string(kExpositionAccept)},
      {"X-Prometheus-Scrape-Timeout-Seconds", fmt::format("{}", ToSeconds(request.timeout))}};
  if (spec.job != nullptr) {
    request.body_bytes_max = spec.job->body_bytes_max;
    FetchResult failed;
    failed.status = spec.job->http.Apply(&request);
    if (!failed.status.ok()) {
      worker_->Push(ScrapeAnswer{.target = target, .time = now, .result = std::move(failed)});
      return;
    }
  }
  // The worker is shared: the answer may come when the manager is gone.
  fetch_(std::move(request), [worker = worker_, target, now](FetchResult result) {
    worker->Push(ScrapeAnswer{.target = target, .time = now, .result = std::move(result)});
  });
}

}  // namespace kizashi

#include "act/rule_loop.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "act/slo_measures.h"
#include "base/hash.h"
#include "base/log.h"
#include "query/promql/file_source.h"
#include "query/rules/rule_commands.h"

namespace kizashi {
namespace {

using rules::RuleGroup;

constexpr int kRestoreAfter = 2;  // evaluations, so that there is something to see again

// What a write waits for; outlives a wait that was given up.
struct Answer {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Status status;
};

}  // namespace

RuleLoop::RuleLoop(const SeriesSource& source, TelemetrySink& sink, RecordStore& records,
                   const Clock& clock, Registry* registry, Options options)
    : source_(source),
      sink_(sink),
      clock_(clock),
      options_(std::move(options)),
      alerts_(records, options_.on_alerts),
      snapshot_(std::make_shared<rules::RuleSnapshot>()),
      evaluations_(registry->GetCounter("kizashi_rule_evaluations_total", "Rules evaluated.")),
      failures_(registry->GetCounter("kizashi_rule_evaluation_failures_total",
                                     "Rules whose evaluation failed.")),
      missed_(registry->GetCounter("kizashi_rule_group_iterations_missed_total",
                                   "Evaluations of groups left out because they came too late.")),
      samples_(registry->GetCounter("kizashi_rule_samples_total", "Samples that rules wrote.")),
      refused_(registry->GetCounter("kizashi_rule_samples_refused_total",
                                    "Samples of rules that the store did not take.")),
      groups_(registry->GetGauge("kizashi_rule_groups", "Groups of rules in use.")),
      alerts_open_(registry->GetGauge("kizashi_rule_alerts_firing", "Alerts of rules that fire.")),
      files_fine_(registry->GetGauge("kizashi_rule_files_ok",
                                     "1 while the rule files have no errors, else 0.")),
      seconds_(registry->GetHistogram("kizashi_rule_group_duration_seconds",
                                      "Time of one evaluation of a group.",
                                      {0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60})) {}

RuleLoop::~RuleLoop() { Stop(); }

RuleLoop::Files RuleLoop::Read() const {
  Files files;
  std::string all;
  for (const std::string& pattern : options_.files) {
    std::vector<std::string> names = rules::GlobFiles(pattern);
    if (names.empty() && pattern.find_first_of("*?[") == std::string::npos) names = {pattern};
    for (const std::string& name : names) {
      const auto text = promql::ReadText(name);
      if (!text.ok() || text->size() > kFileBytesMax) {
        files.errors.push_back(text.ok()
                                   ? fmt::format("{} has more than {} bytes", name, kFileBytesMax)
                                   : std::string(Message(text.status())));
        continue;
      }
      all += fmt::format("{}\n{}\n{}", name, text->size(), *text);
      rules::RuleFile file = rules::ParseRuleFile(name, *text);
      files.errors.insert(files.errors.end(), file.errors.begin(), file.errors.end());
      for (auto& group : file.groups) files.groups.push_back(std::move(group));
    }
  }
  const std::shared_ptr<const Catalog> catalog = options_.catalog();
  for (auto& group : SloMeasureGroups(*catalog)) files.groups.push_back(std::move(group));
  files.hash =
      Hash64(fmt::format("{}\n{}\n{}", all, fmt::join(files.errors, "\n"), catalog->version()));
  const auto place = [](const rules::RuleGroupSpec& group) {
    return std::tie(group.file, group.name);
  };
  std::stable_sort(files.groups.begin(), files.groups.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  // A file that two patterns name counts once.
  const auto same = [&](const auto& a, const auto& b) { return place(a) == place(b); };
  files.groups.erase(std::unique(files.groups.begin(), files.groups.end(), same),
                     files.groups.end());
  return files;
}

Status RuleLoop::Load() {
  Files files = Read();
  if (!files.errors.empty()) {
    return InvalidArgument("--rule-file: {}", fmt::join(files.errors, "\n"));
  }
  KZ_RETURN_IF_ERROR(alerts_.Load());
  files_hash_ = files.hash;
  files_fine_.Set(1);
  Install(std::move(files.groups), clock_.Now(), true);
  return OkStatus();
}

void RuleLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void RuleLoop::Stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void RuleLoop::AskReload() {
  const std::lock_guard lock(mutex_);
  reload_ = true;
  changed_.notify_all();
}

void RuleLoop::Run() {
  Time next_poll = clock_.Now() + kPollEvery;
  while (!stopping_) {
    const Time now = clock_.Now();
    bool reload = now >= next_poll || next_poll - now > kPollEvery;
    {
      const std::lock_guard lock(mutex_);
      reload = std::exchange(reload_, false) || reload;
    }
    if (reload) {
      next_poll = now + kPollEvery;
      Reload(now);
    }
    Tick(now);
    Duration wait = kPollEvery;
    for (const Entry& entry : entries_) {
      wait = std::min(wait, entry.last + entry.group->interval() - clock_.Now());
    }
    std::unique_lock lock(mutex_);
    if (wait.count() > 0) {
      changed_.wait_for(lock, wait, [this] { return stopping_.load() || reload_; });
    }
  }
}

void RuleLoop::Reload(Time now) {
  Files files = Read();
  if (files.hash == files_hash_) return;
  files_hash_ = files.hash;
  errors_ = files.errors;
  files_fine_.Set(errors_.empty() ? 1 : 0);
  for (const std::string& error : errors_) {
    Log(LogLevel::kError, "rules not taken, the last good ones stay", {{"error", error}});
  }
  if (errors_.empty()) {
    Install(std::move(files.groups), now, false);
    Log(LogLevel::kInfo, "rules loaded", {{"groups", entries_.size()}});
  }
  Publish();
}

void RuleLoop::Install(std::vector<rules::RuleGroupSpec> specs, Time now, bool first) {
  std::vector<Entry> next;
  for (rules::RuleGroupSpec& spec : specs) {
    const auto old = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.group && entry.group->file() == spec.file && entry.group->name() == spec.name;
    });
    if (old != entries_.end() && rules::SameGroup(spec, old->group->spec())) {
      next.push_back(std::move(*old));
      continue;
    }
    Entry& entry = next.emplace_back();
    entry.group = std::make_unique<RuleGroup>(std::move(spec));
    entry.last = entry.group->AlignedAt(now);
    entry.restores = first;
    if (old != entries_.end()) {
      entry.group->TakeState(old->group.get());
      entry.evaluations = old->evaluations;
      entry.restores = old->restores;
      old->group.reset();
    }
    if (!entry.restores) entry.group->SetRestored();
    entry.status = std::make_shared<rules::RuleGroupStatus>(rules::StatusOf(*entry.group));
  }
  std::vector<Entry> removed = std::exchange(entries_, std::move(next));
  groups_.Set(static_cast<double>(entries_.size()));
  if (!first) EndRemoved(std::move(removed), now);
  Publish();
}

void RuleLoop::EndRemoved(std::vector<Entry> removed, Time now) {
  for (const Entry& entry : removed) {
    if (!entry.group) continue;
    const Status written = entry.group->WriteEnd(now, MakeIo());
    if (!written.ok()) Log(LogLevel::kWarn, "rule series not ended", {{"why", Message(written)}});
  }
}

void RuleLoop::Tick(Time now) {
  for (Entry& entry : entries_) {
    if (stopping_) return;
    const Time at = entry.group->AlignedAt(now);
    const Duration interval = entry.group->interval();
    if (at < entry.last - interval) entry.last = at;  // the clock went back
    if (at <= entry.last) continue;
    missed_.Add(static_cast<double>((at - entry.last) / interval - 1));
    entry.last = at;
    Evaluate(&entry, at);
    Publish();
  }
  std::vector<const RuleGroup*> groups;
  for (const Entry& entry : entries_) groups.push_back(entry.group.get());
  const Status ended = alerts_.EndOthers(groups, now);
  if (!ended.ok()) Log(LogLevel::kError, "alerts not recorded", {{"why", Message(ended)}});
  alerts_open_.Set(static_cast<double>(alerts_.open()));
}

rules::RuleIo RuleLoop::MakeIo() {
  rules::RuleIo io;
  io.source = &source_;
  io.options.limits.cancelled = &stopping_;
  io.environment.external_url = options_.external_url;
  io.write = [this](const std::vector<rules::RuleSample>& samples, Time at) {
    return Write(samples, at);
  };
  return io;
}

void RuleLoop::Evaluate(Entry* entry, Time at) {
  const Stopwatch watch;
  const rules::RuleIo io = MakeIo();
  RuleGroup& group = *entry->group;
  if (!group.Evaluate(at, io)) CountFailures(group);
  evaluations_.Add(static_cast<double>(group.rules().size()));
  if (stopping_) return;  // what was cut short says nothing about alerts
  if (++entry->evaluations >= kRestoreAfter && entry->restores) {
    entry->restores = false;
    const Status restored = group.Restore(at, io);
    if (!restored.ok()) Log(LogLevel::kWarn, "alerts not restored", {{"why", Message(restored)}});
  }
  HandleAlerts(*entry, at);
  seconds_.Observe(ToSeconds(watch.Elapsed()));
  entry->status = std::make_shared<rules::RuleGroupStatus>(rules::StatusOf(group));
}

void RuleLoop::HandleAlerts(const Entry& entry, Time at) {
  const Status kept = alerts_.Update(*entry.group, at, *options_.catalog());
  if (!kept.ok()) {
    Log(LogLevel::kError, "alerts not recorded; trying again at the next evaluation",
        {{"group", entry.group->name()}, {"why", Message(kept)}});
  }
}

void RuleLoop::CountFailures(const RuleGroup& group) {
  for (const RuleGroup::Rule& rule : group.rules()) {
    if (rule.health.last_error.empty()) continue;
    failures_.Add();
    if (stopping_) continue;
    Log(LogLevel::kWarn, "rule failed",
        {{"group", group.name()}, {"rule", rule.spec.name}, {"why", rule.health.last_error}});
  }
}

Status RuleLoop::Write(const std::vector<rules::RuleSample>& samples, Time at) {
  SampleBatch batch;
  for (const rules::RuleSample& sample : samples) {
    KZ_ASSIGN_OR_RETURN(const SeriesId series, sink_.InternSeries(sample.labels));
    batch.samples.push_back({series, at, sample.value});
  }
  const size_t count = batch.samples.size();
  const auto answer = std::make_shared<Answer>();
  const auto refused = sink_.Append(std::move(batch), [answer](const Status& status) {
    const std::lock_guard lock(answer->mutex);
    answer->done = true;
    answer->status = status;
    answer->changed.notify_all();
  });
  refused_.Add(static_cast<double>(refused.size()));
  std::unique_lock lock(answer->mutex);
  if (!answer->changed.wait_for(lock, kWriteTimeout, [&] { return answer->done; })) {
    return Unavailable("the store did not keep the samples within {}",
                       FormatDuration(kWriteTimeout));
  }
  if (!answer->status.ok()) return answer->status;
  samples_.Add(static_cast<double>(count - refused.size()));
  if (!refused.empty()) {
    return InvalidArgument("{} samples refused: {}", refused.size(), Message(refused[0].reason));
  }
  return OkStatus();
}

void RuleLoop::Publish() {
  auto snapshot = std::make_shared<rules::RuleSnapshot>();
  for (const Entry& entry : entries_) snapshot->groups.push_back(entry.status);
  snapshot->errors = errors_;
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = std::move(snapshot);
}

std::shared_ptr<const rules::RuleSnapshot> RuleLoop::Current() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

}  // namespace kizashi

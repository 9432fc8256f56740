#include "judge/judge.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "judge/slo/composite.h"

namespace kizashi {

namespace {

constexpr std::string_view kUp = "up";
constexpr size_t kUnclaimedNamesMax = 1000;
constexpr size_t kPushedSourcesMax = 100'000;
constexpr size_t kLendersMax = 32;  // services that a young one borrows from

// What unclaimed telemetry calls itself: the first of the labels that claim by default.
std::string OwnName(const Labels& labels) {
  for (const std::string_view name : {"service_name", "service.name", "service",
                                      "app_kubernetes_io_name", "app.kubernetes.io/name", "job"}) {
    if (labels.Has(name)) return std::string(labels.Get(name));
  }
  return "(none)";
}

// The release that a stream's labels name, the most precise first; empty when they name none.
std::string VersionOf(const Labels& labels) {
  for (const std::string_view name :
       {"service_version", "service.version", "app_kubernetes_io_version",
        "app.kubernetes.io/version", "app_version", "version", "container_image", "image"}) {
    if (labels.Has(name)) return std::string(labels.Get(name));
  }
  return {};
}

// Every service with those that depend on it, also through others.
std::map<std::string, std::vector<std::string>> AffectsOf(const Catalog& catalog) {
  std::map<std::string, std::vector<std::string>> affects;
  for (const Service& service : catalog.services()) affects[service.name];
  for (const Service& service : catalog.services()) {
    std::set<std::string> seen{service.name};
    std::vector<std::string> next = service.depends_on;
    while (!next.empty()) {
      const std::string name = std::move(next.back());
      next.pop_back();
      const Service* const on = catalog.FindService(name);
      if (on == nullptr || !seen.insert(name).second) continue;
      affects[name].push_back(service.name);
      next.insert(next.end(), on->depends_on.begin(), on->depends_on.end());
    }
  }
  return affects;
}

// How much a counter grew from `last` to `value`; a counter that fell was reset and began at zero
// (as PromQL's increase takes it).
double Increase(double last, double value) { return value >= last ? value - last : value; }

}  // namespace

Judge::Judge(const SeriesDirectory& directory)
    : directory_(directory),
      catalog_(std::make_shared<Catalog>()),
      name_of_([this](std::string_view name) { return catalog_->NameOf(name); }) {}

const JudgeOutput& Judge::Apply(const JournalEntry& entry) {
  KZ_CHECK(entry.seq > last_seq_, "entry {} after {}", entry.seq, last_seq_);
  KZ_CHECK(entry.time >= now_, "time went back at entry {}", entry.seq);
  output_ = {};
  AdvanceTo(entry.time);
  now_ = entry.time;
  last_seq_ = entry.seq;
  if (const auto* scrape = std::get_if<ScrapeBatch>(&entry.body)) {
    ApplyScrape(*scrape);
  } else if (const auto* samples = std::get_if<SampleBatch>(&entry.body)) {
    for (const SampleBatch::Sample& sample : samples->samples) {
      const Time time = std::min(sample.time, now_);
      const bool source_known = PushedSourceKnown(sample.series, time);
      ApplySample(sample.series, time, sample.value, source_known);
    }
  } else if (const auto* logs = std::get_if<LogBatch>(&entry.body)) {
    ApplyLogs(*logs);
  } else if (const auto* change = std::get_if<CatalogChange>(&entry.body)) {
    ApplyCatalog(*change);
  } else if (const auto* slices = std::get_if<SliceBatch>(&entry.body)) {
    ApplySlices(*slices);
  } else if (const auto* edit = std::get_if<LedgerEdit>(&entry.body)) {
    ApplyEdit(*edit);
  } else if (const auto* alerts = std::get_if<AlertBatch>(&entry.body)) {
    ApplyAlerts(*alerts);
  }
  TellOrigins();
  return output_;
}

// Ends the tick, the slice and the signal step that lie between the last entry and `time`. After a
// pause only the last of each is ended: nothing came in between, so the others hold nothing.
void Judge::AdvanceTo(Time time) {
  const Time tick = FloorTo(time, kTick);
  if (tick <= last_tick_) return;
  // A slice ends with what comes at its end, which is after the tick of that moment.
  const Time slice = FloorTo(last_tick_ - Duration(1), Slices::kFine);
  const bool slice_ended = FloorTo(tick - Duration(1), Slices::kFine) > slice;
  const bool step_ended =
      FloorTo(tick, SignalBoard::kStep) > FloorTo(last_tick_, SignalBoard::kStep);
  const int64_t steps = (tick - last_tick_) / LogFinder::kStep;
  const int64_t traffic_steps =
      (FloorTo(tick, TrafficWatch::kStep) - FloorTo(last_tick_, TrafficWatch::kStep)) /
      TrafficWatch::kStep;
  last_tick_ = tick;
  EndLogSteps(steps);
  for (auto& [name, service] : services_) service.AdvanceSlos(tick);
  EndCompositeSlices(tick);
  const std::vector<const SignalWatch*> lenders =
      step_ended ? LendersOfSignals() : std::vector<const SignalWatch*>{};
  for (auto& [name, service] : services_) {
    if (slice_ended) service.EndSlice(slice, &output_);
    if (step_ended) service.EndSignalStep(FloorTo(tick, SignalBoard::kStep), lenders, &output_);
    service.Tick(tick - Duration(1), directory_, &output_);
  }
  if (step_ended) BeginSignals(FloorTo(tick, SignalBoard::kStep));
  TickPrices(tick - Duration(1));
  EndTrafficSteps(traffic_steps, tick - Duration(1));
  if (!step_ended) return;
  for (auto& [name, volume] : volumes_) {
    volume.samples_per_second = static_cast<double>(volume.samples) / ToSeconds(SignalBoard::kStep);
    volume.lines_per_second = static_cast<double>(volume.lines) / ToSeconds(SignalBoard::kStep);
    volume.samples = 0;
    volume.lines = 0;
  }
}

// The services whose signals are known, by name: those that are young borrow from them.
std::vector<const SignalWatch*> Judge::LendersOfSignals() const {
  std::vector<const SignalWatch*> lenders;
  for (const auto& [name, service] : services_) {
    if (service.signal_watch().Lends()) lenders.push_back(&service.signal_watch());
    if (lenders.size() >= kLendersMax) break;
  }
  return lenders;
}

void Judge::TickPrices(Time now) {
  std::set<std::string> measuring;
  for (auto& [name, service] : services_) {
    service.TickPrices(now, &output_);
    if (service.MeasuresFailures(now)) measuring.insert(name);
  }
  prices_.Advance(now, measuring);
  if (!prices_.WantsGroups(now)) return;
  std::vector<GroupSeen> groups;
  for (const auto& [name, service] : services_) {
    if (const auto group = service.group_seen()) groups.push_back(*group);
  }
  prices_.TakeGroups(now, groups);
}

// Log lines are counted in steps of a tick. While no service logs anything for longer than a minute
// nothing is measured, and nothing is missed.
void Judge::EndLogSteps(int64_t steps) {
  static_assert(LogFinder::kStep == kTick);
  for (int64_t i = 0; i < std::min<int64_t>(steps, LogFinder::kWindowSteps + 1); ++i) {
    quiet_steps_ = std::exchange(line_in_step_, false) ? 0 : quiet_steps_ + 1;
    if (quiet_steps_ > LogFinder::kWindowSteps + 1) break;
    if (quiet_steps_ == LogFinder::kWindowSteps + 1) {
      for (auto& [name, service] : services_) service.SkipLogWindow();
      companions_.SkipWindow();
      break;
    }
    for (auto& [name, service] : services_) {
      service.EndLogStep(directory_, *this, now_, &companions_, &output_);
    }
    companions_.EndStep();
  }
  for (auto& [name, service] : services_) {
    service.LookAtLog(last_tick_ - Duration(1), companions_, *this, &output_);
  }
}

std::string Judge::KnownIn(uint64_t pattern_id, const std::string& but) const {
  constexpr int kNamesMax = 3;
  std::string names;
  int more = 0;
  int named = 0;
  for (const auto& [name, service] : services_) {
    if (name == but || service.finder().Find(pattern_id) == nullptr) continue;
    if (++named > kNamesMax) {
      ++more;
      continue;
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  return more == 0 ? names : fmt::format("{} + {}", names, more);
}

std::string Judge::ServiceOf(uint64_t name_hash) const {
  for (const auto& [name, service] : services_) {
    if (Hash64(name) == name_hash) return name;
  }
  return {};
}

bool Judge::IsMoved(uint64_t name_hash, uint64_t pattern_id, Time now) const {
  const auto found = services_.find(ServiceOf(name_hash));
  return found != services_.end() && found->second.IsMoved(pattern_id, now);
}

std::vector<std::pair<std::string, SloJudge*>> Judge::Slos() {
  std::vector<std::pair<std::string, SloJudge*>> all;
  for (auto& [name, service] : services_) {
    for (SloJudge* slo : service.slos()) all.emplace_back(name, slo);
  }
  return all;
}

void Judge::ApplyCatalog(const CatalogChange& change) {
  series_old_ = series_seen_;
  const Status loaded = LoadSources(change.sources);
  traffic_.graph().Rename([this](std::string_view name) {
    return catalog_->FindService(name) != nullptr ? std::string(name) : name_of_(name);
  });
  // The writer journals catalogs that load; another version of this program may judge otherwise.
  if (!loaded.ok()) {
    Log(LogLevel::kError, "journaled catalog does not load", {{"reason", Message(loaded)}});
  }
}

Status Judge::LoadSources(const std::vector<CatalogSource>& sources) {
  CatalogLoad load = LoadCatalog(sources);
  if (!load.catalog) return DataLoss("{}", load.errors.front().ToString());
  sources_ = sources;
  // Services point into the catalog: the old one is let go when none does any more.
  const std::shared_ptr<const Catalog> old = std::exchange(catalog_, load.catalog);
  for (auto it = services_.begin(); it != services_.end();) {
    if (catalog_->FindService(it->first) != nullptr) {
      ++it;
      continue;
    }
    it->second.Retire(now_, &output_);
    retired_kinds_[it->first] = std::move(it->second.kinds());
    it = services_.erase(it);
  }
  prices_.Follow(AffectsOf(*catalog_));
  traffic_.graph().Declare(*catalog_);
  for (const Service& service : catalog_->services()) {
    ServiceJudge& judge = services_[service.name];
    judge.UsePrices(&prices_);
    const Team* const team = catalog_->FindTeam(service.owner);
    judge.Configure(service, team == nullptr ? "UTC" : team->time_zone, now_, &output_);
    if (auto node = retired_kinds_.extract(service.name)) judge.kinds() = std::move(node.mapped());
  }
  PlanRules();
  return OkStatus();
}

void Judge::PlanRules() {
  plans_.clear();
  own_plans_.clear();
  free_plans_.clear();
  shared_plans_.clear();
  unclaimed_lives_.clear();
  stream_plans_.clear();
  volumes_.clear();
  slo_rules_.clear();
  composites_.clear();
  for (const Service& service : catalog_->services()) {
    for (size_t i = 0; i < service.slos.size(); ++i) {
      auto matcher = SliMatcher::Compile(service.name, service.slos[i]);
      KZ_CHECK(matcher.ok(), "the catalog let a bad selector through");
      slo_rules_.push_back({&services_.at(service.name), i, *std::move(matcher)});
      PlanComposite(service, service.slos[i]);
    }
  }
}

void Judge::PlanComposite(const Service& service, const SloSpec& slo) {
  const auto members = MembersOf(*catalog_, service, slo);
  if (members.empty()) return;
  CompositeRule rule{services_.at(service.name).FindSlo(slo.name), {}};
  for (const SloMember& member : members) {
    const auto found = services_.find(member.service);
    rule.members.emplace_back(
        member.weight, found == services_.end() ? nullptr : found->second.FindSlo(member.slo));
  }
  composites_.push_back(std::move(rule));
}

// The slices of composites that ended before `now`, once those of their members have.
void Judge::EndCompositeSlices(Time now) {
  for (const CompositeRule& rule : composites_) {
    const Duration interval = rule.slo->spec().interval;
    for (Time end = rule.slo->NextCompositeSlice(now); end < now; end += interval) {
      std::vector<MemberSlice> slices;
      for (const auto& [weight, member] : rule.members) {
        const SliceSum sum = member == nullptr
                                 ? SliceSum{}
                                 : member->tracker().slices().Between(end - interval, end);
        slices.push_back({weight, sum});
      }
      rule.slo->SetSlice(end, CompositeShare(rule.slo->spec().indicator, slices));
    }
  }
}

// Plans for all of `ids` that have none: after a start and a new catalog for whole scrapes.
void Judge::PlanAll(std::span<const SeriesId> ids) {
  std::vector<SeriesId> unplanned;
  for (const SeriesId id : ids) {
    if (!IsPlanned(id)) unplanned.push_back(id);
  }
  std::vector<Labels> labels;
  directory_.AppendSeriesLabels(unplanned, &labels);
  for (size_t i = 0; i < unplanned.size(); ++i) {
    if (!IsPlanned(unplanned[i])) Plan(unplanned[i], labels[i]);
  }
}

void Judge::Plan(SeriesId id, const Labels& labels) {
  if (id >= plans_.size()) plans_.resize(id + 1);
  SeriesPlan found;
  SeriesPlan* const plan = &found;
  if (const Service* service = catalog_->Claim(labels)) {
    plan->service = &services_.at(service->name);
    for (const SignalFeed& feed : matcher_.Match(labels)) {
      (IsCounterKind(SignalRules()[feed.rule].kind) ? plan->counters : plan->gauges)
          .push_back(feed);
    }
    if (service->redundancy) {
      const std::string_view member = labels.Get(service->redundancy->by);
      if (labels.Get(kMetricName) == kUp) plan->member = member;
      if (!plan->counters.empty() || !plan->gauges.empty()) plan->sibling = member;
    }
  } else {
    plan->volume = VolumeOf(OwnName(labels));
  }
  plan->traffic = traffic_.Plan(labels, name_of_);
  for (const SloRule& rule : slo_rules_) {
    for (const SliRole& role : rule.matcher.Match(labels)) {
      plan->slos.push_back({rule.service, rule.slo, role});
      plan->slo_counts = plan->slo_counts || role.counts_increase();
    }
  }
  if (!plan->feeds()) {
    plans_[id] = &shared_plans_.try_emplace({plan->service, plan->volume}, found).first->second;
  } else if (free_plans_.empty()) {
    plans_[id] = &own_plans_.emplace_back(std::move(found));
  } else {
    plans_[id] = free_plans_.back();
    free_plans_.pop_back();
    *plans_[id] = std::move(found);
  }
}

// Of a series that ended, so that it takes no memory: should it return it is planned again, to the
// same.
void Judge::Unplan(SeriesId id) {
  SeriesPlan* const plan = std::exchange(plans_[id], nullptr);
  if (!plan->feeds()) return;
  *plan = SeriesPlan();
  free_plans_.push_back(plan);
}

// Nothing when there are as many names as are told apart.
Judge::Volume* Judge::VolumeOf(const std::string& name) {
  const auto known = volumes_.find(name);
  if (known != volumes_.end()) return &known->second;
  return volumes_.size() < kUnclaimedNamesMax ? &volumes_[name] : nullptr;
}

const Judge::StreamPlan& Judge::StreamPlanFor(StreamId id) {
  const auto found = stream_plans_.find(id);
  if (found != stream_plans_.end()) return found->second;
  StreamPlan plan;
  const Labels& labels = directory_.StreamLabels(id);
  if (const Service* service = catalog_->Claim(labels)) {
    plan.service = &services_.at(service->name);
    plan.version = VersionOf(labels);
  } else {
    plan.unclaimed = OwnName(labels);
  }
  return stream_plans_.emplace(id, std::move(plan)).first->second;
}

void Judge::ApplyScrape(const ScrapeBatch& batch) {
  // A series born under a source that was seen before counts from zero; at the source's own first
  // scrape nobody knows how old the counters are.
  const bool source_known = !known_sources_.insert(batch.source).second;
  const std::span<const SeriesId> ids = *batch.layout;
  for (size_t i = 0; i < batch.values.size(); ++i) {
    if (!IsPlanned(ids[i])) PlanAll(ids.subspan(i));
    ApplySample(ids[i], now_, batch.values[i], source_known);
  }
}

// How much a counter grew since its sample before; nothing when the sample is no newer than that,
// or was never told.
std::optional<double> Judge::IncreaseOf(SeriesId id, Time time, double value, bool source_known) {
  if (id >= last_samples_.size()) last_samples_.resize(id + 1);
  LastSample& last = last_samples_[id];
  const bool first = std::isnan(last.value);
  if (!first && time <= last.time) return std::nullopt;
  const LastSample before = std::exchange(last, {value, time});
  if (!first) return Increase(before.value, value);
  return source_known && id >= series_old_ ? value : 0;
}

// Plans a pushed series. A sender names no source, so those with its job and instance are one: a
// series that is born where others were seen before counts from zero, as it does in a scrape.
bool Judge::PushedSourceKnown(SeriesId id, Time time) {
  const bool is_new = !IsPlanned(id);
  if (is_new) PlanAll(std::span(&id, 1));
  const bool first = id >= last_samples_.size() || std::isnan(last_samples_[id].value);
  if (!is_new && !(first && plans_[id]->slo_counts)) return false;
  const Labels labels = directory_.SeriesLabels(id);
  const uint64_t source = Hash64(fmt::format("{}\n{}", labels.Get("job"), labels.Get("instance")));
  if (pushed_sources_.size() >= kPushedSourcesMax) return false;
  const auto seen = pushed_sources_.try_emplace(source, time).first;
  return first && seen->second < time;
}

void Judge::ApplySample(SeriesId id, Time time, double value, bool source_known) {
  const SeriesPlan& plan = *plans_[id];
  const bool stale = IsStaleNan(value);
  series_seen_ = std::max(series_seen_, id + 1);
  if (plan.service != nullptr) {
    plan.service->SawTelemetry(now_);
  } else if (plan.volume != nullptr) {
    ++plan.volume->samples;
    if (id >= unclaimed_lives_.size()) unclaimed_lives_.resize(id + 1);
    if (unclaimed_lives_[id] == stale) {
      unclaimed_lives_[id] = !stale;
      plan.volume->series += stale ? size_t{0} - 1 : 1;
    }
  }
  for (const SignalFeed& feed : plan.gauges) {
    const auto latest = stale ? std::nullopt : std::optional(value);
    plan.service->signals().SetGauge(feed, id, latest);
    if (!plan.sibling.empty()) {
      plan.service->member_signals().SetGauge(plan.sibling, feed, id, latest);
    }
  }
  if (!plan.member.empty()) {
    if (stale) {
      plan.service->MemberGone(plan.member, now_, &output_);
    } else {
      plan.service->MemberScraped(plan.member, value != 0, now_, &output_);
    }
  }
  for (const SloFeed& feed : plan.slos) {
    if (!feed.role.counts_increase()) {
      feed.service->MeasureSlo(feed.slo, feed.role, id, time, value);
    }
  }
  if (stale) return Unplan(id);
  if (!plan.follows_increase() || !std::isfinite(value)) return;
  const auto increase = IncreaseOf(id, time, value, source_known);
  if (!increase) return;
  if (plan.traffic != TrafficWatch::kNone) traffic_.Add(plan.traffic, *increase, now_);
  for (const SignalFeed& feed : plan.counters) {
    plan.service->signals().AddIncrease(feed, *increase);
    if (!plan.sibling.empty()) {
      plan.service->member_signals().AddIncrease(plan.sibling, feed, *increase);
    }
  }
  for (const SloFeed& feed : plan.slos) {
    if (feed.role.counts_increase()) {
      feed.service->CountSlo(feed.slo, feed.role, id, time, *increase);
    }
  }
}

// Of an SLO that is gone or means something else by now, nothing happens.
void Judge::ApplySlices(const SliceBatch& batch) {
  const auto service = services_.find(batch.service);
  if (service == services_.end()) return;
  SloJudge* const slo = service->second.FindSlo(batch.slo);
  if (slo == nullptr || SloMeaningHash(slo->spec()) != batch.meaning) return;
  std::vector<SliceLog::Slice> slices;
  slices.reserve(batch.slices.size());
  for (const SliceBatch::Slice& slice : batch.slices) {
    slices.emplace_back(slice.end, SliceSum{slice.good, slice.total, slice.covered_seconds});
  }
  if (std::is_sorted(slices.begin(), slices.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; })) {
    slo->Fill(slices, now_);
  }
}

// Of a service that is not in the catalog it is kept too, for when it comes back.
void Judge::ApplyEdit(const LedgerEdit& edit) {
  const auto service = services_.find(edit.service);
  if (service != services_.end()) return service->second.ApplyEdit(edit, now_, &output_);
  auto record = retired_kinds_[edit.service].Apply(edit, now_);
  if (record) output_.verdicts.edits.push_back(*std::move(record));
}

// Whose labels claim no service is nobody's: the sender was told so.
void Judge::ApplyAlerts(const AlertBatch& batch) {
  for (const ForeignAlert& alert : batch.alerts) {
    const Service* const service = catalog_->Claim(alert.labels);
    if (service == nullptr) continue;
    services_.at(service->name).TakeAlert(batch.source, alert, now_, &output_);
  }
}

void Judge::ApplyLogs(const LogBatch& batch) {
  const StreamPlan& plan = StreamPlanFor(batch.stream);
  if (plan.service == nullptr) {
    if (volumes_.size() < kUnclaimedNamesMax || volumes_.count(plan.unclaimed) > 0) {
      volumes_[plan.unclaimed].lines += batch.lines.size();
    }
    return;
  }
  plan.service->SawTelemetry(now_);
  line_in_step_ = true;
  if (!plan.version.empty()) plan.service->SawVersion(plan.version, now_, &output_);
  for (const LogLine& line : batch.lines) {
    plan.service->AddLine(line, batch.stream, directory_, *this, now_, &output_);
  }
}

}  // namespace kizashi

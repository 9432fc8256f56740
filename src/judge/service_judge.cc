#include "judge/service_judge.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr Duration kTellEvery = std::chrono::minutes(1);

}  // namespace

void ServiceJudge::Configure(const Service& service, std::string_view time_zone, Time now,
                             JudgeOutput* out) {
  time_zone_ = time_zone;
  // Members told apart by another label are others; those of no group are followed by nobody.
  if (service_ != nullptr && service_->redundancy &&
      (!service.redundancy || service.redundancy->by != service_->redundancy->by)) {
    ForgetMembers(now, out);
  }
  service_ = &service;
  line_patterns_.UseTemplates(service.log_patterns.get());
  template_moves_.Follow(service.log_patterns, finder_.lines() > 0, now);
  std::map<std::string, SloJudge> kept;
  for (const SloSpec& slo : service.slos) {
    auto found = slos_.find(slo.name);
    if (found != slos_.end() && found->second.HasMeaning(slo)) {
      found->second.TellChange(slo, now, out);
      found->second.Use(service, slo);
      kept.insert(slos_.extract(found));
    } else {
      if (found != slos_.end()) found->second.TellChange(slo, now, out);
      kept.emplace(slo.name, SloJudge(service, slo));
    }
  }
  for (auto& [name, slo] : slos_) slo.Retire(now, out);
  slos_ = std::move(kept);
  slo_order_.clear();
  for (const SloSpec& slo : service.slos) slo_order_.push_back(&slos_.at(slo.name));
  open_pattern_.clear();
  for (const auto& [id, open] : open_) {
    if (open.pattern_id != 0) open_pattern_[{open.pattern_id, open.change}] = id;
  }
}

void ServiceJudge::Retire(Time now, JudgeOutput* out) {
  for (auto& [name, slo] : slos_) slo.Retire(now, out);
  while (!open_.empty()) End(open_.begin()->first, now, out);
  anomaly_policy_.Retire(now, out);
}

void ServiceJudge::CountSlo(size_t slo, const SliRole& role, SeriesId series, Time at,
                            double increase) {
  KZ_CHECK(slo < slo_order_.size());
  slo_order_[slo]->Count(role, series, at, increase);
}

void ServiceJudge::MeasureSlo(size_t slo, const SliRole& role, SeriesId series, Time at,
                              double value) {
  KZ_CHECK(slo < slo_order_.size());
  slo_order_[slo]->Measure(role, series, at, value);
}

SloJudge* ServiceJudge::FindSlo(const std::string& name) {
  const auto found = slos_.find(name);
  return found == slos_.end() ? nullptr : &found->second;
}

void ServiceJudge::AdvanceSlos(Time now) {
  for (SloJudge* slo : slo_order_) slo->Advance(now);
}

void ServiceJudge::MemberScraped(const std::string& member, bool up, Time now, JudgeOutput* out) {
  const auto change = members_.Update(member, up, now);
  if (!change) return;
  // What the signals do about it is told by the member's own episode.
  signal_watch_.Mark(Change::kScale, now);
  if (!change->down) {
    group_history_.Up();
    EndMember(member, change->since, now, out);
    return;
  }
  group_history_.Down(change->since);
  const Redundancy& group = *service_->redundancy;
  const int down = std::min(members_.down_count(), group.of);
  Open open;
  open.member = member;
  open.record =
      BeginEpisode(*service_, "redundancy", "member_down", "member_down", member, change->since);
  open.record.price = PriceOfGroup(down, now);
  open.record.fields = {{"member", member},
                        {"by", group.by},
                        {"up", double(group.of - down)},
                        {"of", double(group.of)},
                        {"need", double(group.need)}};
  open.record.evidence = {
      {change->since, "sample", {{"metric", "up"}, {group.by, member}, {"value", 0.0}}},
      {now, "sample", {{"metric", "up"}, {group.by, member}, {"value", 0.0}}},
      {now, "threshold", {{"failed_scrapes", double(Members::kScrapesToChange)}}}};
  Begin(std::move(open), now, out);
}

void ServiceJudge::MemberGone(const std::string& member, Time now, JudgeOutput* out) {
  if (!members_.Remove(member)) return;
  signal_watch_.Mark(Change::kScale, now);
  EndMember(member, now, now, out);
}

void ServiceJudge::EndMember(const std::string& member, Time end, Time now, JudgeOutput* out) {
  for (auto& [id, open] : open_) {
    if (open.member != member) continue;
    open.record.end = end;
    End(id, now, out);
    return;
  }
}

void ServiceJudge::ForgetMembers(Time now, JudgeOutput* out) {
  std::vector<std::string> ended;
  for (const auto& [id, open] : open_) {
    if (!open.member.empty()) ended.push_back(id);
  }
  for (const std::string& id : ended) End(id, now, out);
  members_ = {};
  member_signals_ = {};
  group_history_ = {};
}

void ServiceJudge::Begin(Open open, Time now, JudgeOutput* out) {
  open.last_told = now;
  AnomalyRecord& record = open.record;
  record.price = PriceOf(record);
  prices_->Begin(service_->name, record.source, record.kind, record.begin);
  record.ledger = kinds_.Begin(record.kind, record.begin, now);
  if (!record.ledger.expected_until) spends_.Put(record, record.begin);
  out->verdicts.anomalies.push_back(open.record);
  out->verdicts.prices.push_back({record.id, now, record.price});
  out->verdicts.verdicts.push_back(AnomalyVerdict(open.record, "anomaly_begin", now));
  const std::string id = open.record.id;
  if (open.pattern_id != 0) open_pattern_[{open.pattern_id, open.change}] = id;
  open_[id] = std::move(open);
}

void ServiceJudge::End(const std::string& id, Time now, JudgeOutput* out) {
  auto node = open_.extract(id);
  KZ_CHECK(!node.empty());
  AnomalyRecord& record = node.mapped().record;
  if (!record.end) record.end = now;
  kinds_.End(record.kind, *record.end);
  open_pattern_.erase({node.mapped().pattern_id, node.mapped().change});
  if (release_ && release_->record.id == id) release_->record = record;
  out->verdicts.anomalies.push_back(record);
  out->verdicts.verdicts.push_back(AnomalyVerdict(record, "anomaly_end", now));
}

void ServiceJudge::Tick(Time now, const SeriesDirectory& directory, JudgeOutput* out) {
  for (SloJudge* slo : slo_order_) slo->Tick(now, directory, out);
  std::vector<std::string> ended;
  for (auto& [id, open] : open_) {
    // When a changed rate ends is for the finder to say.
    const bool logs = open.record.source == "logs" && open.change == PatternChange::kNew;
    if (logs &&
        (now - open.last_seen >= kPatternQuiet || now - open.record.begin >= kPatternLearnt)) {
      ended.push_back(id);
    } else if (open.changed && now - open.last_told >= kTellEvery) {
      open.changed = false;
      open.last_told = now;
      out->verdicts.anomalies.push_back(open.record);
    }
  }
  for (const std::string& id : ended) End(id, now, out);
  TickLedger(now, out);
}

void ServiceJudge::EndSlice(Time slice, JudgeOutput* out) {
  for (SloJudge* slo : slo_order_) slo->EndSlice(slice, out);
}

void ServiceJudge::EndSignalStep(Time now, SignalWatch::Siblings siblings, JudgeOutput* out) {
  latest_signals_ = signals_.EndStep();
  latest_signals_time_ = now;
  for (const SignalValue& signal : latest_signals_) {
    if (!signal.value) continue;
    ByteWriter value;
    value.Double(*signal.value);
    out->points.push_back(
        {'g', fmt::format("{}/{}", service_->name, signal.rule->id), now, value.Take()});
  }
  LookAtSignals(member_signals_.EndStep(), siblings, now, out);
  LookAtGrowth(now, out);
  EndSilentAlerts(now, out);
}

}  // namespace kizashi

#include "judge/service_judge.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "judge/price/price.h"

namespace kizashi {
namespace {

constexpr Duration kTellEvery = std::chrono::minutes(1);

Duration BudgetLength(const Service& service) {
  return WindowLengthMax(service.slos.empty() ? SloSpec{}.window : service.slos.front().window);
}

}  // namespace

void ServiceJudge::Configure(const Service& service, Time now, JudgeOutput* out) {
  // Members told apart by another label are others; those of no group are followed by nobody.
  if (service_ != nullptr && service_->redundancy &&
      (!service.redundancy || service.redundancy->by != service_->redundancy->by)) {
    ForgetMembers(now, out);
  }
  service_ = &service;
  line_patterns_.UseTemplates(service.log_patterns.get());
  template_moves_.Follow(service.log_patterns, finder_.lines() > 0, now);
  std::map<std::string, SloState> kept;
  for (const SloSpec& slo : service.slos) {
    auto found = slos_.find(slo.name);
    if (found != slos_.end() && found->second.meaning == SloMeaning(slo)) {
      kept.insert(slos_.extract(found));
    } else {
      SloState state;
      state.meaning = SloMeaning(slo);
      state.slices = Slices(WindowLengthMax(slo.window));
      kept.emplace(slo.name, std::move(state));
    }
  }
  for (auto& [name, state] : slos_) {
    ResolveAlert(&state.page, now, out);
    ResolveAlert(&state.ticket, now, out);
  }
  slos_ = std::move(kept);
  slo_order_.clear();
  for (const SloSpec& slo : service.slos) slo_order_.push_back(&slos_.at(slo.name));
  open_pattern_.clear();
  for (const auto& [id, open] : open_) {
    if (open.pattern_id != 0) open_pattern_[{open.pattern_id, open.change}] = id;
  }
}

void ServiceJudge::Retire(Time now, JudgeOutput* out) {
  for (auto& [name, state] : slos_) {
    ResolveAlert(&state.page, now, out);
    ResolveAlert(&state.ticket, now, out);
  }
  while (!open_.empty()) End(open_.begin()->first, now, out);
}

void ServiceJudge::AddSloEvents(size_t slo, Time now, double good, double total) {
  KZ_CHECK(slo < slo_order_.size());
  SloState& state = *slo_order_[slo];
  state.slices.Add(now, good, total);
  // An increase tells of all the time since the sample before, unless that is too long ago.
  const bool goes_on = state.measured && now - *state.measured <= kMeasuredGapMax;
  state.slices.Cover(goes_on ? *state.measured : now, now);
  state.measured = now;
}

void ServiceJudge::MemberScraped(const std::string& member, bool up, Time now, JudgeOutput* out) {
  const auto change = members_.Update(member, up, now);
  if (!change) return;
  if (!change->down) {
    EndMember(member, change->since, now, out);
    return;
  }
  const Redundancy& group = *service_->redundancy;
  const int down = std::min(members_.down_count(), group.of);
  Open open;
  open.member = member;
  open.record =
      BeginEpisode(*service_, "redundancy", "member_down", "member_down", member, change->since);
  open.record.price = PriceMemberDown(group.need, group.of, down);
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
  if (members_.Remove(member)) EndMember(member, now, now, out);
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
}

void ServiceJudge::Begin(Open open, Time now, JudgeOutput* out) {
  open.last_told = now;
  spends_.emplace_back(open.record.begin, open.record.price.mean_minutes);
  out->verdicts.anomalies.push_back(open.record);
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
  open_pattern_.erase({node.mapped().pattern_id, node.mapped().change});
  if (release_ && release_->record.id == id) release_->record = record;
  out->verdicts.anomalies.push_back(record);
  out->verdicts.verdicts.push_back(AnomalyVerdict(record, "anomaly_end", now));
}

void ServiceJudge::Tick(Time now, JudgeOutput* out) {
  for (size_t i = 0; i < slo_order_.size(); ++i) {
    const SloSpec& slo = service_->slos[i];
    std::vector<BurnState> burns;
    for (const BurnPair& pair : WorkbookPairs(WindowLengthMax(slo.window))) {
      burns.push_back(EvaluatePair(pair, slo.target, slo_order_[i]->slices, now));
    }
    TickAlert(slo, slo_order_[i], Severity::kPage, burns, now, out);
    TickAlert(slo, slo_order_[i], Severity::kTicket, burns, now, out);
  }
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
  const Duration window = BudgetLength(*service_);
  while (!spends_.empty() && spends_.front().first + window <= now) spends_.pop_front();
}

void ServiceJudge::TickAlert(const SloSpec& slo, SloState* state, Severity severity,
                             const std::vector<BurnState>& burns, Time now, JudgeOutput* out) {
  Alerting& alerting = severity == Severity::kPage ? state->page : state->ticket;
  const BurnState* burning = nullptr;
  bool known = false;
  for (const BurnState& burn : burns) {
    if (burn.pair.severity != severity) continue;
    known = known || burn.known;
    if (burn.firing && burn.known && burning == nullptr) burning = &burn;
  }
  if (state->page.firing) state->paged = now;
  // Without data an alert neither fires nor is resolved.
  if (!known) return;
  if (burning == nullptr) {
    if (!alerting.firing) return;
    if (!alerting.false_since) alerting.false_since = now;
    if (now - *alerting.false_since >= kResolveHold) ResolveAlert(&alerting, now, out);
    return;
  }
  alerting.false_since.reset();
  if (alerting.firing) return;
  // What somebody was woken for needs no ticket on top: one is opened only for what burns apart
  // from the page, which the pair's short window can tell once the page has left it.
  if (severity == Severity::kTicket && state->paged &&
      now - *state->paged < burning->pair.short_window) {
    return;
  }
  const ErrorBudget budget = ComputeErrorBudget(slo, state->slices, now);
  const double spent_share = 1 - budget.remaining_share;
  const double hours_to_empty = std::max(0.0, budget.remaining_share) * ToMinutes(WindowLengthMax(slo.window)) / 60 /
                                std::max(burning->short_burn, 1e-9);
  AlertRecord alert;
  alert.service = service_->name;
  alert.owner = service_->owner;
  alert.slo = slo.name;
  alert.severity = severity;
  alert.begin = now;
  alert.id = HexId(Hash64(
      fmt::format("{}\n{}\n{}\n{}", alert.service, alert.slo, SeverityName(severity), ToMs(now))));
  alert.fields = {{"long_seconds", ToSeconds(burning->pair.long_window)},
                  {"short_seconds", ToSeconds(burning->pair.short_window)},
                  {"factor", burning->pair.factor},
                  {"long_burn", burning->long_burn},
                  {"short_burn", burning->short_burn},
                  {"spent_share", spent_share},
                  {"hours_to_empty", hours_to_empty},
                  {"target", slo.target}};
  out->verdicts.alerts.push_back(alert);
  out->verdicts.verdicts.push_back(AlertVerdict(alert, "alert_firing", now));
  alerting.firing = std::move(alert);
}

void ServiceJudge::ResolveAlert(Alerting* alerting, Time now, JudgeOutput* out) {
  if (!alerting->firing) return;
  AlertRecord alert = *std::move(alerting->firing);
  *alerting = {};
  alert.end = now;
  out->verdicts.verdicts.push_back(AlertVerdict(alert, "alert_resolved", now));
  out->verdicts.alerts.push_back(std::move(alert));
}

void ServiceJudge::EndSlice(Time slice, JudgeOutput* out) {
  for (size_t i = 0; i < slo_order_.size(); ++i) {
    const SliceSum sum = slo_order_[i]->slices.FineSlice(slice);
    if (sum.covered_seconds == 0) continue;
    ByteWriter value;
    value.Double(sum.good);
    value.Double(sum.total);
    value.Double(sum.covered_seconds);
    out->points.push_back(
        {'s', fmt::format("{}/{}", service_->name, service_->slos[i].name), slice, value.Take()});
  }
}

void ServiceJudge::EndSignalStep(Time now, JudgeOutput* out) {
  latest_signals_ = signals_.EndStep();
  latest_signals_time_ = now;
  for (const SignalValue& signal : latest_signals_) {
    if (!signal.value) continue;
    ByteWriter value;
    value.Double(*signal.value);
    out->points.push_back(
        {'g', fmt::format("{}/{}", service_->name, signal.rule->id), now, value.Take()});
  }
}

}  // namespace kizashi

#include "judge/slo/slo_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "catalog/slo_alerts.h"
#include "judge/anomaly/episode.h"
#include "judge/slo/changes.h"

namespace kizashi {
namespace {

constexpr size_t kContributorsTold = 3;

/// What a team took out of the budget or overrode, with who and why, for the audit.
std::string ChangesText(const SloSpec& slo) {
  std::string text;
  for (const BudgetChange& change : slo.changes) {
    const bool excludes = change.kind == BudgetChange::Kind::kExclude;
    text +=
        fmt::format("{}{} {}{} by {}: {}", text.empty() ? "" : "; ",
                    excludes ? "excluded" : "adjusted", FormatTime(change.begin),
                    excludes ? fmt::format(" to {} {}", FormatTime(change.end), change.recurrence)
                             : fmt::format(" {} minutes", change.minutes),
                    change.author, change.reason);
  }
  for (const PolicyOverride& override : slo.overrides) {
    text += fmt::format("{}overridden until {} by {}: {}", text.empty() ? "" : "; ",
                        FormatTime(override.until), override.author, override.reason);
  }
  return text;
}

}  // namespace

SloJudge::SloJudge(const Service& service, const SloSpec& spec)
    : service_(&service), spec_(&spec), meaning_(SloMeaning(spec)), tracker_(spec) {}

void SloJudge::Use(const Service& service, const SloSpec& spec) {
  service_ = &service;
  spec_ = &spec;
  tracker_.Use(spec);
}

bool SloJudge::HasMeaning(const SloSpec& spec) const { return meaning_ == SloMeaning(spec); }

void SloJudge::TellChange(const SloSpec& next, Time now, JudgeOutput* out) const {
  if (spec_ == nullptr) return;  // just restored: the catalog of before is not there
  std::string was = meaning_;
  std::string is = SloMeaning(next);
  if (was == is) {
    was = ChangesText(*spec_);
    is = ChangesText(next);
    if (was == is) return;
  }
  const ErrorBudget budget = ComputeErrorBudget(*spec_, tracker_, now);
  const std::string& service = service_->name;
  out->verdicts.verdicts.push_back(
      {now, "slo_changed",
       HexId(Hash64(fmt::format("{}\n{}\n{}\n{}", service, spec_->name, was, ToMs(now)))), service,
       fmt::format("{} remaining_share={} good={} total={} was [{}] is [{}]", spec_->name,
                   budget.remaining_share, budget.sum.good, budget.sum.total, was, is)});
}

void SloJudge::Count(const SliRole& role, SeriesId series, Time at, double increase) {
  tracker_.Count(role, at, increase);
  if (role.sign < 0) return;
  // A series may play two parts; its events count once.
  const bool total_known = spec_->indicator.total.present();
  const double burnt = role.burns ? increase : 0;
  if (role.kind == SliRole::Kind::kTotal || (role.kind == SliRole::Kind::kGood && !total_known)) {
    contributors_.Add(series, burnt, increase, at);
  } else if (role.kind == SliRole::Kind::kBad) {
    contributors_.Add(series, burnt, total_known ? 0 : increase, at);
  }
}

void SloJudge::Measure(const SliRole& role, SeriesId series, Time at, double value) {
  tracker_.Measure(role, series, at, value);
}

Time SloJudge::NextCompositeSlice(Time now) {
  const Time oldest = FloorTo(now - std::chrono::hours(1), spec_->interval);
  // From the first slice that it can see whole.
  if (!composite_end_) composite_end_ = FloorTo(now, spec_->interval);
  return std::max(*composite_end_, oldest) + spec_->interval;
}

void SloJudge::SetSlice(Time end, std::optional<double> good_share) {
  composite_end_ = end;
  tracker_.SetSlice(end, good_share);
}

void SloJudge::Fill(std::span<const SliceLog::Slice> slices, Time now) {
  // Drawn anew at the next tick: once for all that came until then.
  if (tracker_.Fill(slices, now) > 0) draws_curve_ = true;
}

void SloJudge::Tick(Time now, const SeriesDirectory& directory, JudgeOutput* out) {
  alerts_.Evaluate(*spec_, tracker_, now);
  const bool burns = std::any_of(alerts_.pairs().begin(), alerts_.pairs().end(),
                                 [](const SloAlerts::Pair& pair) { return pair.burn.burning; });
  top_ = burns ? contributors_.Top(directory, kContributorsTold) : std::vector<Contributor>{};
  TickAlert(Severity::kPage, &page_, now, out);
  TickAlert(Severity::kTicket, &ticket_, now, out);
  TickNoData(now, out);
  if (!spec_->policy.empty() || !policy_.quiet()) TickPolicy(now, out);
  if (!curve_ || draws_curve_ || now - curve_->points.back().time >= kCurveEvery) DrawCurve(now);
}

void SloJudge::TickAlert(Severity severity, Told* told, Time now, JudgeOutput* out) {
  if (page_.firing) paged_ = now;
  const SloAlerts::Pair* firing = alerts_.Firing(severity, !told->firing);
  // Without data an alert neither fires nor is resolved.
  if (alerts_.Frozen(severity)) return;
  if (firing == nullptr) {
    if (!told->firing) return;
    if (!told->false_since) told->false_since = now;
    if (now - *told->false_since >= kResolveHold) Resolve(told, now, out);
    return;
  }
  told->false_since.reset();
  if (told->firing) return;
  const BurnState& burn = firing->burn;
  // What somebody was woken for needs no ticket on top: one is opened only for what burns apart
  // from the page, which the pair's short window can tell once the page has left it.
  if (severity == Severity::kTicket && paged_ && now - *paged_ < burn.pair.short_window) return;
  const ErrorBudget budget = ComputeErrorBudget(*spec_, tracker_, now);
  AlertRecord alert = MakeAlert("burn", severity, now);
  alert.fields.insert(alert.fields.end(),
                      {{"long_seconds", ToSeconds(burn.pair.long_window)},
                       {"short_seconds", ToSeconds(burn.pair.short_window)},
                       {"factor", burn.pair.factor},
                       {"long_burn", burn.long_burn},
                       {"short_burn", burn.short_burn},
                       {"spent_share", budget.spent_share},
                       {"hours_to_empty", std::max(0.0, budget.remaining_share) *
                                              ToMinutes(NominalLength(spec_->window)) / 60 /
                                              std::max(burn.short_burn, 1e-9)},
                       {"target", spec_->target},
                       {"bad", burn.bad},
                       {"bad_minutes", static_cast<double>(burn.bad_minutes)},
                       {"needed", burn.needed}});
  if (!top_.empty()) alert.fields.emplace_back("burned_by", ContributorsText(top_));
  if (!spec_->indicator.dependency.empty()) {
    alert.fields.emplace_back("dependency", spec_->indicator.dependency);
  }
  Fire(std::move(alert), now, told, out);
}

// Alerts are frozen while nothing is measured, and that is told.
void SloJudge::TickNoData(Time now, JudgeOutput* out) {
  const auto measured = tracker_.measured();
  const bool silent = measured && now - *measured > tracker_.gap_max() &&
                      spec_->indicator.kind != Indicator::Kind::kDeadline;
  if (!silent) {
    no_data_since_.reset();
    if (no_data_.firing) Resolve(&no_data_, now, out);
    return;
  }
  if (!no_data_since_) no_data_since_ = now;
  if (no_data_.firing || now - *no_data_since_ < kNoDataHold) return;
  AlertRecord alert = MakeAlert("no_data", Severity::kTicket, now);
  alert.fields.emplace_back("silent_seconds", ToSeconds(now - *measured));
  alert.fields.emplace_back("target", spec_->target);
  Fire(std::move(alert), now, &no_data_, out);
}

void SloJudge::TickPolicy(Time now, JudgeOutput* out) {
  const ErrorBudget budget = ComputeErrorBudget(*spec_, tracker_, now);
  const auto holds = [&](const PolicyStep& step) {
    return step.over.count() > 0 ? BurnOver(step.over, now) >= step.burn
                                 : budget.spent_share >= step.spent;
  };
  const auto ticket = [&](const PolicyStep& step) {
    AlertRecord alert =
        MakeAlert(fmt::format("policy {}", PolicyStepText(step)), Severity::kTicket, now);
    alert.fields = {{"code", std::string("policy")},
                    {"action", std::string(PolicyActionName(step.action))},
                    {"condition", PolicyConditionText(step)},
                    {"text", step.text},
                    {"spent_share", budget.spent_share},
                    {"target", spec_->target}};
    return alert;
  };
  policy_.Tick(spec_->policy, holds, ticket, now, out);
}

double SloJudge::BurnOver(Duration span, Time now) const {
  const SliceSum sum = CountedSum(*spec_, tracker_, now - span, now);
  return sum.total > 0 ? sum.bad() / sum.total / (1 - spec_->target) : 0;
}

AlertRecord SloJudge::MakeAlert(std::string_view code, Severity severity, Time now) const {
  AlertRecord alert;
  alert.service = service_->name;
  alert.owner = spec_->agreement.owner.empty() ? service_->owner : spec_->agreement.owner;
  alert.slo = spec_->name;
  alert.severity = severity;
  alert.begin = now;
  std::string key =
      fmt::format("{}\n{}\n{}\n{}", alert.service, alert.slo, SeverityName(severity), ToMs(now));
  if (code != "burn") key += fmt::format("\n{}", code);
  alert.id = HexId(Hash64(key));
  if (code != "burn") alert.fields.emplace_back("code", std::string(code));
  return alert;
}

void SloJudge::Fire(AlertRecord alert, Time now, Told* told, JudgeOutput* out) {
  out->verdicts.alerts.push_back(alert);
  out->verdicts.verdicts.push_back(AlertVerdict(alert, "alert_firing", now));
  told->firing = std::move(alert);
}

void SloJudge::Resolve(Told* told, Time now, JudgeOutput* out) {
  if (!told->firing) return;
  AlertRecord alert = *std::move(told->firing);
  *told = {};
  alert.end = now;
  out->verdicts.verdicts.push_back(AlertVerdict(alert, "alert_resolved", now));
  out->verdicts.alerts.push_back(std::move(alert));
}

void SloJudge::Retire(Time now, JudgeOutput* out) {
  for (Told* told : {&page_, &ticket_, &no_data_}) Resolve(told, now, out);
  policy_.Retire(now, out);
}

void SloJudge::EndSlice(Time slice, JudgeOutput* out) {
  const Time measured_since =
      FloorTo(std::exchange(points_covered_, tracker_.slices().covered_until()), Slices::kFine);
  Time begin = std::max(std::min(measured_since, slice), slice - SloTracker::kGapMax);
  for (; begin <= slice; begin += Slices::kFine) {
    const SliceSum sum = tracker_.slices().Between(begin, begin + Slices::kFine);
    if (sum == SliceSum{}) continue;
    ByteWriter value;
    value.Double(sum.good);
    value.Double(sum.total);
    value.Double(sum.covered_seconds);
    out->points.push_back(
        {'s', fmt::format("{}/{}", service_->name, spec_->name), begin, value.Take()});
  }
}

void SloJudge::DrawCurve(Time now) {
  const ErrorBudget budget = ComputeErrorBudget(*spec_, tracker_, now);
  const Duration length = now - budget.window.begin;
  auto curve = std::make_shared<SloCurve>();
  curve->step = std::max<Duration>(length / kCurvePoints, std::chrono::minutes(1));
  for (int i = kCurvePoints - 1; i >= 0; --i) {
    const Time at = now - curve->step * i;
    if (at <= budget.window.begin || !tracker_.first() || at < *tracker_.first()) continue;
    const SliceSum sum = CountedSum(*spec_, tracker_, at - curve->step, at);
    const double burn = sum.total > 0 ? sum.bad() / sum.total / (1 - spec_->target) : 0;
    curve->points.push_back(
        {at, ComputeErrorBudget(*spec_, tracker_, at).remaining_share, burn, sum});
  }
  if (curve->points.empty()) curve->points.push_back({now, budget.remaining_share, 0, {}});
  curve_ = std::move(curve);
  draws_curve_ = false;
}

SloSnapshot SloJudge::MakeSnapshot(Time now) const {
  SloSnapshot snapshot;
  snapshot.spec = spec_;
  snapshot.budget = ComputeErrorBudget(*spec_, tracker_, now);
  snapshot.pairs = alerts_.pairs();
  snapshot.policy = policy_.Status(spec_->policy, spec_->overrides, now);
  snapshot.contributors = top_;
  snapshot.bounds = tracker_.bucket_bounds();
  snapshot.first = tracker_.first();
  snapshot.measured = tracker_.measured();
  snapshot.curve = curve_;
  snapshot.alerts_frozen =
      !snapshot.pairs.empty() &&
      std::none_of(snapshot.pairs.begin(), snapshot.pairs.end(),
                   [](const SloAlerts::Pair& pair) { return pair.burn.known; });
  if (!snapshot.first) {
    snapshot.state = SloState::kNew;
  } else if (page_.firing) {
    snapshot.state = SloState::kPaging;
  } else if (no_data_since_) {
    snapshot.state = SloState::kNoData;
  } else if (ticket_.firing) {
    snapshot.state = SloState::kBurning;
  } else {
    snapshot.state = snapshot.budget.remaining_share < 0 ? SloState::kExhausted : SloState::kOk;
  }
  return snapshot;
}

std::string_view SloStateName(SloState state) {
  switch (state) {
    case SloState::kOk: return "ok";
    case SloState::kBurning: return "burning";
    case SloState::kPaging: return "paging";
    case SloState::kExhausted: return "exhausted";
    case SloState::kNoData: return "no_data";
    case SloState::kNew: return "new";
  }
  return "";
}

std::string_view AgreementState(const Agreement& agreement, std::string_view today) {
  if (agreement.approved.empty()) return "unapproved";
  return !agreement.review.empty() && agreement.review < today ? "overdue" : "approved";
}

}  // namespace kizashi

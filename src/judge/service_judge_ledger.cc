// What people decide about anomalies, and the budget that these are paid from.
#include <algorithm>

#include "base/hash.h"
#include "catalog/slo_alerts.h"
#include "judge/service_judge.h"

namespace kizashi {
namespace {

constexpr Duration kBurnOver = std::chrono::days(1);
constexpr size_t kDearestMax = 3;

const SloSpec& BudgetedSlo(const Service& service) {
  static const SloSpec kNone;
  return service.slos.empty() ? kNone : service.slos.front();
}

}  // namespace

void ServiceJudge::ApplyEdit(const LedgerEdit& edit, Time now, JudgeOutput* out) {
  auto edited = kinds_.Apply(edit, now);
  if (!edited) return;
  const auto decide = [&](EpisodeLedger* ledger) {
    switch (edit.what) {
      case LedgerEdit::What::kAcknowledge:
        if (ledger->acknowledged) {
          edited->before = {{"acknowledged_by", ledger->acknowledged_by}};
        }
        ledger->acknowledged = now;
        ledger->acknowledged_by = edit.actor;
        return;
      case LedgerEdit::What::kExpect:
        ledger->expected_until = kinds_.ExpectedUntil(edit.kind, now);
        ledger->expected_because = ledger->expected_until ? edit.reason : "";
        return;
      case LedgerEdit::What::kUnexpect:
        ledger->expected_until.reset();
        ledger->expected_because.clear();
        return;
      case LedgerEdit::What::kFixed:
        ledger->fixed = now;
        ledger->fixed_by = edit.reason;
        return;
      case LedgerEdit::What::kReopen:
        ledger->fixed.reset();
        ledger->fixed_by.clear();
        return;
    }
  };
  const bool one = edit.what == LedgerEdit::What::kAcknowledge;
  for (auto& [id, open] : open_) {
    AnomalyRecord& record = open.record;
    if (one ? id != edit.anomaly : record.kind != edit.kind) continue;
    decide(&record.ledger);
    if (record.ledger.expected_until) {
      spends_.Forgive(id);
    } else {
      spends_.Put(record, record.begin);
    }
    out->verdicts.anomalies.push_back(record);
  }
  if (release_) {
    const AnomalyRecord& card = release_->record;
    if (one ? card.id == edit.anomaly : card.kind == edit.kind) decide(&release_->record.ledger);
  }
  if (one) edited->after = {{"acknowledged_by", edit.actor}};
  out->verdicts.edits.push_back(*std::move(edited));
}

void ServiceJudge::TickLedger(Time now, JudgeOutput* out) {
  // What goes on beyond the time in which it was expected is news from then on.
  for (auto& [id, open] : open_) {
    EpisodeLedger& ledger = open.record.ledger;
    if (!ledger.expected_until || *ledger.expected_until > now) continue;
    ledger.expected_until.reset();
    ledger.expected_because.clear();
    spends_.Put(open.record, now);
    out->verdicts.anomalies.push_back(open.record);
  }
  spends_.Forget(WindowAt(BudgetedSlo(*service_).window, now).begin);
  if (!service_->anomaly_policy.empty() || !anomaly_policy_.quiet()) TickAnomalyPolicy(now, out);
}

AnomalyBudget ServiceJudge::ComputeAnomalyBudget(Time now) const {
  const SloSpec& slo = BudgetedSlo(*service_);
  AnomalyBudget budget;
  budget.window = WindowAt(slo.window, now);
  budget.allowance_minutes =
      ToMinutes(NominalLength(slo.window)) * (1 - slo.target) * service_->anomaly_share;
  const Spends::Sum sum = spends_.Between(budget.window.begin, now);
  budget.spent_minutes = sum.mean_minutes;
  budget.spent_low_minutes = sum.low_minutes;
  budget.remaining_share = 1 - budget.spent_share();
  budget.burn = AnomalyBurn(budget, std::min(kBurnOver, NominalLength(slo.window)), now);
  return budget;
}

// As the burn of an error budget: what a span spent, against what it might have of the window.
double ServiceJudge::AnomalyBurn(const AnomalyBudget& budget, Duration span, Time now) const {
  const double might = budget.allowance_minutes * ToSeconds(span) /
                       ToSeconds(NominalLength(BudgetedSlo(*service_).window));
  return might > 0 ? spends_.Between(now - span, now).mean_minutes / might : 0;
}

void ServiceJudge::TickAnomalyPolicy(Time now, JudgeOutput* out) {
  const AnomalyBudget budget = ComputeAnomalyBudget(now);
  // A hold may rest on what is sure alone: the lower bound of what was spent.
  const auto holds = [&](const PolicyStep& step) {
    if (step.action == PolicyStep::Action::kHold && step.over.count() > 0) {
      const double mean = spends_.Between(now - step.over, now).mean_minutes;
      const double low = spends_.Between(now - step.over, now).low_minutes;
      return mean > 0 && AnomalyBurn(budget, step.over, now) * low / mean >= step.burn;
    }
    if (step.over.count() > 0) return AnomalyBurn(budget, step.over, now) >= step.burn;
    const bool hold = step.action == PolicyStep::Action::kHold;
    return (hold ? budget.spent_low_share() : budget.spent_share()) >= step.spent;
  };
  anomaly_policy_.Tick(
      service_->anomaly_policy, holds,
      [&](const PolicyStep& step) { return AnomalyTicket(step, budget, now); }, now, out);
}

AlertRecord ServiceJudge::AnomalyTicket(const PolicyStep& step, const AnomalyBudget& budget,
                                        Time now) const {
  AlertRecord alert;
  alert.service = service_->name;
  alert.owner = service_->owner;
  alert.slo = "anomalies";
  alert.severity = Severity::kTicket;
  alert.begin = now;
  alert.id = HexId(Hash64(
      fmt::format("{}\nanomaly budget\n{}\n{}", alert.service, PolicyStepText(step), ToMs(now))));
  std::string dearest;
  for (const auto& [kind, minutes] : spends_.Dearest(budget.window.begin, now, kDearestMax)) {
    dearest += fmt::format("{}{} ({:.2g} min)", dearest.empty() ? "" : ", ", kind, minutes);
  }
  alert.fields = {{"code", std::string("policy")},
                  {"budget", std::string("anomaly")},
                  {"action", std::string(PolicyActionName(step.action))},
                  {"condition", PolicyConditionText(step)},
                  {"text", step.text},
                  {"spent_share", budget.spent_share()},
                  {"spent_low_share", budget.spent_low_share()},
                  {"allowance_minutes", budget.allowance_minutes},
                  {"spent_by", dearest}};
  return alert;
}

}  // namespace kizashi

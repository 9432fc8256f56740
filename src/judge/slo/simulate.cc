#include "judge/slo/simulate.h"

#include <algorithm>
#include <random>

#include "catalog/slo_alerts.h"
#include "judge/slo/slo_alerts.h"

namespace kizashi {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr int kMonthMinutes = 30 * 24 * 60;
constexpr int kMissedMinutes = 12 * 60;
constexpr double kHealthyShare = 0.5;  // of the budget
constexpr Time kBegin = TimeFromMs(1'767'225'600'000);

/// One service, minute by minute.
class Service {
 public:
  Service(const SloSpec& slo, const SimulationOptions& options, uint64_t seed)
      : slo_(slo), options_(options), tracker_(slo), random_(seed) {}

  /// A minute in which requests fail with `error`; or, healthy, as the budget's half allows.
  void Step(std::optional<double> error) {
    now_ += kMinute;
    auto requests = std::poisson_distribution<int64_t>(options_.requests_per_hour / 60)(random_);
    const int64_t failures = error ? Binomial(requests, *error) : HealthyFailures(requests);
    requests = std::max(requests, failures);
    tracker_.Count({SliRole::Kind::kGood}, now_, static_cast<double>(requests - failures));
    tracker_.Count({SliRole::Kind::kTotal}, now_, static_cast<double>(requests));
  }

  bool Pages() {
    alerts_.Evaluate(slo_, tracker_, now_);
    return alerts_.Firing(Severity::kPage) != nullptr;
  }
  double Needed() const {
    double needed = 0;
    for (const SloAlerts::Pair& pair : alerts_.pairs()) {
      if (pair.burn.pair.severity != Severity::kPage) continue;
      needed = needed == 0 ? pair.burn.needed : std::min(needed, pair.burn.needed);
    }
    return needed;
  }

 private:
  int64_t Binomial(int64_t requests, double share) {
    return std::binomial_distribution<int64_t>(requests, share)(random_);
  }

  int64_t HealthyFailures(int64_t requests) {
    const double share = (1 - slo_.target) * kHealthyShare;
    if (options_.burst <= 1) return Binomial(requests, share);
    const double bursts = options_.requests_per_hour / 60 * share / options_.burst;
    int64_t failures = 0;
    for (auto left = std::poisson_distribution<int>(bursts)(random_); left > 0; --left) {
      failures += 1 + std::geometric_distribution<int64_t>(1 / options_.burst)(random_);
    }
    return failures;
  }

  const SloSpec& slo_;
  const SimulationOptions& options_;
  SloTracker tracker_;
  SloAlerts alerts_;
  std::mt19937_64 random_;
  Time now_ = kBegin;
};

double FalsePages(const SloSpec& slo, const SimulationOptions& options,
                  const std::function<void(double)>& progress, double* needed) {
  int pages = 0;
  for (int month = 0; month < options.months; ++month) {
    Service service(slo, options, options.seed * 1'000'003 + static_cast<uint64_t>(month));
    bool paged = false;
    for (int minute = 0; minute < kMonthMinutes; ++minute) {
      service.Step(std::nullopt);
      const bool pages_now = service.Pages();
      pages += pages_now && !paged;
      paged = pages_now;
    }
    *needed = service.Needed();
    progress(static_cast<double>(month + 1) / options.months);
  }
  return static_cast<double>(pages) / std::max(options.months, 1);
}

Detection Detect(const SloSpec& slo, const SimulationOptions& options, double error) {
  std::vector<double> minutes;
  int missed = 0;
  for (int i = 0; i < options.outages; ++i) {
    Service service(slo, options, options.seed * 7'368'787 + static_cast<uint64_t>(i));
    // Six clean hours first, so that the windows are filled.
    for (int minute = 0; minute < 6 * 60; ++minute) service.Step(0.0);
    int minute = 1;
    for (; minute <= kMissedMinutes; ++minute) {
      service.Step(error);
      if (service.Pages()) break;
    }
    missed += minute > kMissedMinutes;
    minutes.push_back(minute);
  }
  std::sort(minutes.begin(), minutes.end());
  Detection detection;
  if (minutes.empty()) return detection;
  detection.median_minutes = minutes[minutes.size() / 2];
  detection.p90_minutes = minutes[minutes.size() * 9 / 10];
  detection.missed_share = static_cast<double>(missed) / static_cast<double>(minutes.size());
  return detection;
}

}  // namespace

std::vector<SimulationRow> SimulateSlo(const SloSpec& slo, const SimulationOptions& options) {
  std::vector<SimulationRow> rows;
  SloSpec simulated = slo;
  // What is measured does not matter, only how many there are of it.
  simulated.indicator = {};
  simulated.indicator.good.counters = {{}};
  simulated.indicator.total.counters = {{}};
  simulated.changes.clear();
  std::vector<bool> kinds = {slo.alerting.evidence};
  if (slo.alerting.evidence) kinds.push_back(false);
  for (size_t i = 0; i < kinds.size(); ++i) {
    simulated.alerting.evidence = kinds[i];
    SimulationRow row;
    row.evidence = kinds[i];
    const auto progress = [&](double done) {
      options.progress((static_cast<double>(i) + done) / static_cast<double>(kinds.size()));
    };
    row.false_pages = FalsePages(simulated, options, progress, &row.needed_failures);
    row.full_outage = Detect(simulated, options, 1);
    row.five_percent = Detect(simulated, options, 0.05);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace kizashi

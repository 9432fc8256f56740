#include "judge/logs/count_model.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

// A level follows with a half-life of about 20 windows.
constexpr double kLevelStep = 0.034;
// A pattern logged in so many of its windows has a level of its own.
constexpr double kDense = 0.5;
// Above this share the pattern is the service's log, and the rest says little.
constexpr double kShareMax = 0.95;
// One window teaches no more than so much over-dispersion.
constexpr double kErrorMax = 40;
// Silence that nothing explains, in windows, before any was seen.
constexpr double kPriorSilence = 0.05;

double LogMass(double x, double mean, double size) {
  return std::lgamma(x + size) - std::lgamma(size) - std::lgamma(x + 1) +
         size * std::log(size / (size + mean)) + (x > 0 ? x * std::log(mean / (size + mean)) : 0);
}

}  // namespace

double NegBinomialUpperTail(double x, double mean, double size) {
  if (x <= mean || x <= 0) return 1;
  // From here on one term to the next is at most this: the ratio moves towards that of far terms.
  const double far = mean / (size + mean);
  const double ratio = std::max(far, far * (x + size) / (x + 1));
  if (ratio >= 1) return 1;
  return std::min(1.0, std::exp(LogMass(x, mean, size)) / (1 - ratio));
}

double NegBinomialLowerTail(double x, double mean, double size) {
  if (x >= mean) return 1;
  if (x <= 0) return std::exp(LogMass(0, mean, size));
  const double ratio = x * (size + mean) / (mean * (x - 1 + size));
  if (ratio >= 1) return 1;
  return std::min(1.0, std::exp(LogMass(x, mean, size)) / (1 - ratio));
}

double CountModel::Size(double error, double weight) const {
  const double dispersion =
      std::max(kDispersionMin, (kPriorWeight * kPriorDispersion + error) / (kPriorWeight + weight));
  // The mean itself is known from lines_ lines only.
  return 1 / (dispersion + 1 / (lines_ + 0.5));
}

// The other lines tell how many of these are to be expected; what is nearly all there is cannot be
// judged by the rest.
double CountModel::ShareMean(double count, double lines) const {
  const double share = Share();
  if (share > kShareMax) return lines * share;
  return std::max(0.0, lines - count) * share / (1 - share);
}

double CountModel::ShareSize(double count, double lines) const {
  const double size = Size(share_error_, share_weight_);
  // The rest itself is a count.
  return Share() > kShareMax ? size : 1 / (1 / size + 1 / (std::max(0.0, lines - count) + 0.5));
}

double CountModel::LevelMean(double windows) const {
  return active_ > kDense * windows ? level_ : MeanWhenActive();
}

CountSurprise CountModel::Surprise(double count, double lines, double windows) const {
  CountSurprise surprise;
  const double active = std::min(active_, windows);
  const double means[] = {std::max(1e-6, ShareMean(count, lines)),
                          std::max(1e-6, LevelMean(windows))};
  const double sizes[] = {ShareSize(count, lines), Size(level_error_, level_weight_)};
  double upper = 0;
  double lower = 0;
  int upper_by = 0;
  int lower_by = 0;
  for (int i = 0; i < 2; ++i) {
    const double above = NegBinomialUpperTail(count, means[i], sizes[i]);
    const double below = NegBinomialLowerTail(count, means[i], sizes[i]);
    if (above > upper) upper = above, upper_by = i;
    if (below > lower) lower = below, lower_by = i;
  }
  const double logged = std::min(1.0, (active + 0.5) / (windows + 1));
  const double silent = (windows - active + kPriorSilence) / (windows + 1);
  const double up = count > 0 ? logged * upper : 1;
  const double down = std::min(1.0, silent + (1 - silent) * lower);
  surprise.up = up < down;
  const int by = surprise.up ? upper_by : lower_by;
  surprise.nats = -std::log(std::max(1e-300, std::min(up, down)));
  surprise.expected = means[by];
  surprise.size = sizes[by];
  return surprise;
}

void CountModel::Learn(double count, double lines, double windows) {
  double taught = count;
  if (active_ > 0 && windows > 0) {
    const double means[] = {std::max(1e-3, ShareMean(count, lines)),
                            std::max(1e-3, LevelMean(windows))};
    double* const errors[] = {&share_error_, &level_error_};
    double* const weights[] = {&share_weight_, &level_weight_};
    double cap = 0;
    for (int i = 0; i < 2; ++i) {
      const double mean = means[i];
      const double size = i == 0 ? ShareSize(count, lines) : Size(*errors[i], *weights[i]);
      const double spread = std::sqrt(mean + mean * mean / size);
      cap = std::max(cap, mean + 4 * spread + 2);
      const double x = std::min(count, mean + 8 * spread + 2);
      const double error = ((x - mean) * (x - mean) - mean) / (mean * mean);
      const double weight = std::min(1.0, mean);
      *errors[i] += std::clamp(error, -1.0, kErrorMax) * weight;
      *weights[i] += weight;
    }
    taught = std::min(count, cap);
  }
  lines_ += taught;
  service_lines_ += lines;
  active_ += 1;
  // The first windows weigh alike.
  level_ += std::max(kLevelStep, 1 / active_) * (taught - level_);
}

double CountModel::ExpectedByRate(double further, double windows) const {
  if (active_ > kDense * windows) return level_ * further;
  return windows > 0 ? lines_ / windows * further : 0;
}

double CountModel::SilenceNats(double expected, double further) const {
  // Independent windows: their sizes add up; but the rate is known from lines_ lines only.
  const double dispersion =
      std::max(kDispersionMin,
               (kPriorWeight * kPriorDispersion + share_error_) / (kPriorWeight + share_weight_));
  const double size = 1 / (dispersion / std::max(1.0, further) + 1 / (lines_ + 0.5));
  return size * std::log1p(expected / size);
}

void CountModel::Halve() {
  for (double* value : {&lines_, &service_lines_, &active_, &share_error_, &share_weight_,
                        &level_error_, &level_weight_}) {
    *value /= 2;
  }
}

void CountModel::Add(const CountModel& other) {
  lines_ += other.lines_;
  // Two forms of one pattern share the service's lines.
  service_lines_ = std::max(service_lines_, other.service_lines_);
  active_ = std::max(active_, other.active_);
  level_ += other.level_;
}

}  // namespace kizashi

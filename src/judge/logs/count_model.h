// How often a pattern is logged in a minute, and how surprising a count is.
//
// A count is compared with two expectations: a share of the lines of its service, and a level of
// its own. It counts as surprising only as far as it surprises both, so that neither more traffic
// (the level is passed, the share is not) nor a job that does not follow traffic (the other way
// round) is news. Around its expectation a count is taken as negative binomial, with an
// over-dispersion learnt from how wrong earlier expectations were; a pattern that is silent in
// most minutes has, besides, its chance of being logged at all (a hurdle model, Mullahy 1986,
// "Specification and testing of some modified count data models").
//
// Learning is robust: a count far above what was expected teaches as if it were just above it, so
// that one busy minute widens what is expected a little and a lasting change becomes normal.
//
// Plain value of some 60 bytes, kept by LogFinder for every pattern. Surprise is measured in nats:
// the negative natural logarithm of the chance of a count as extreme or more so.
#pragma once

#include <cstdint>

namespace kizashi {

/// An upper bound of P(X >= x) for X negative binomial of mean `mean` and size `size` (variance
/// mean + mean^2 / size), close to it far above the mean: the first term over one minus the largest
/// ratio of a later term to the one before. 1 at or below the mean.
/// Requires mean > 0, size > 0.
double NegBinomialUpperTail(double x, double mean, double size);
/// The same of P(X <= x) below the mean.
double NegBinomialLowerTail(double x, double mean, double size);

struct CountSurprise {
  double nats = 0;
  bool up = false;      // more than expected; else fewer
  double expected = 0;  // the mean of the expectation that is surprised least
  double size = 1;      // of the negative binomial around it
};

class CountModel {
 public:
  /// Over-dispersion before anything is known (1 / size), and how many minutes that weighs.
  static constexpr double kPriorDispersion = 0.5;
  static constexpr double kPriorWeight = 3;
  /// Never taken for steadier than this: 14 % around a large mean.
  static constexpr double kDispersionMin = 0.02;
  /// After so many minutes the past weighs half: two weeks.
  static constexpr double kWindowsMax = 20'160;

  /// How surprising `count` lines are in a window of `lines` lines of the service, where `windows`
  /// windows of the service have been learnt.
  CountSurprise Surprise(double count, double lines, double windows) const;

  /// Learns a finished window in which it was logged: 0 < `count` <= `lines`.
  void Learn(double count, double lines, double windows);

  /// The share of the service's lines, over the windows it was logged in.
  double Share() const { return (lines_ + 0.5) / (service_lines_ + 1); }
  /// Lines in a window that has any.
  double MeanWhenActive() const { return active_ > 0 ? lines_ / active_ : 0; }
  double active() const { return active_; }
  /// Lines that `windows` further windows would hold at the rate up to now.
  double ExpectedByRate(double further, double windows) const;
  /// How surprising it is that there was none where `expected` were, in `further` windows.
  double SilenceNats(double expected, double further) const;
  /// Forgets half.
  void Halve();
  /// Counts of another pattern that turned out to be this one.
  void Add(const CountModel& other);

  template <typename A>
  void Fields(A& a) {
    a(lines_, service_lines_, active_, share_error_, share_weight_, level_, level_error_,
      level_weight_);
  }

 private:
  double ShareMean(double count, double lines) const;
  double ShareSize(double count, double lines) const;
  double LevelMean(double windows) const;
  double Size(double error, double weight) const;

  double lines_ = 0;          // in windows with any, clipped
  double service_lines_ = 0;  // of the service, in those windows
  double active_ = 0;         // windows with any
  double share_error_ = 0;    // weighted sum of ((x - m)^2 - m) / m^2
  double share_weight_ = 0;
  double level_ = 0;  // lines in a window, in those lately that have any
  double level_error_ = 0;
  double level_weight_ = 0;
};

}  // namespace kizashi

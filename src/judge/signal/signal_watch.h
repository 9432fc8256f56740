// What a service's signals do that they normally do not: the values of its board, once a minute,
// become one anomaly of the service at a time, named by what moved first.
//
// Part of the judge's state; one thread; no clock. An anomaly begins when several signals are
// unusual within minutes (anomaly/service_detector.h), when one alone is so much so that it needs
// no company, or when traffic is unusual for this time of the week (anomaly/usage.h). It ends when
// none of its signals was unusual for kQuiet, or after kUsualAfter: what lasts so long is the usual
// by then. Beside that the shares that cannot pass one (file systems, descriptors) are followed to
// the day on which they will be full (anomaly/growth.h). Availability is left out: who is up is for
// the members and the SLOs to say.
//
// Of a redundancy group it is followed, rule by rule, how far the odd member is from its siblings
// (signal/member_boards.h): that is a series like any other, and needs no company either. It finds
// what the sum over all members hides, and says whose it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "judge/anomaly/growth.h"
#include "judge/anomaly/service_detector.h"
#include "judge/anomaly/usage.h"
#include "judge/signal/board.h"
#include "judge/signal/member_boards.h"

namespace kizashi {

class SignalWatch {
 public:
  static constexpr Duration kEvery = std::chrono::minutes(1);
  static constexpr Duration kQuiet = std::chrono::minutes(10);
  /// How a signal begins says nothing of how it goes on: rates of the first minute are of less than
  /// one, and customers come once the shop is open. The detectors begin after so long.
  static constexpr Duration kStarts = std::chrono::minutes(2);
  static constexpr Duration kUsualAfter = std::chrono::hours(24);
  /// A signal alone is an anomaly when it is rarer than this, in log10 of weeks, at two looks in a
  /// row: a single odd value is no news. What is so rare is asked of a young signal as of an old
  /// one, though its age limits how rare its readings are said to be: the first hour has no other
  /// budget of false alerts than the thousandth.
  static constexpr float kAloneLog10Weeks = 2.3f;
  /// Fewer signals are nothing together, however few a service has.
  static constexpr size_t kTogetherMin = 2;
  /// What is rarer than this keeps an anomaly open and counts as moved.
  static constexpr float kMovesLog10Weeks = -1;
  static constexpr size_t kMovedMax = 20;  // signals of one anomaly
  /// Of a share of what there is, no less than this makes an anomaly alone: a thousandth more of
  /// the descriptors is near no limit, however unusual.
  static constexpr double kShareMin = 0.01;
  /// Nor of anything else what is so near to what was expected, by that: memory that hardly moves
  /// and then takes a page more is rare and means nothing.
  static constexpr double kPartMin = 0.01;
  /// What was as usual for so long before an anomaly had nothing to do with its begin, and is no
  /// part of one that a single signal makes.
  static constexpr Duration kStillMoves = std::chrono::minutes(3);
  /// Growth is told when the limit is so near, and no more when it is as far away again.
  static constexpr Duration kLimitNear = std::chrono::days(14);
  static constexpr Duration kLimitFar = std::chrono::days(21);

  /// A signal of the anomaly: the band that it left, as it was when that was the most unusual, and
  /// the farthest that it came.
  struct Moved {
    const SignalRule* rule = nullptr;
    Time first{};
    Time last{};
    double value = 0;
    double expected = 0;
    double low = 0;
    double high = 0;
    double log10_weeks = -9;  // of the weeks between two as unusual
    double unbounded = -9;    // the same, however young the signal is
    int8_t direction = 0;
    Predictor predictor = Predictor::kNone;
    Look look = Look::kPoint;
    std::string member;  // that differs from its siblings; "": none does
    double member_value = 0;
    double siblings_low = 0;
    double siblings_high = 0;
    bool only_member = false;  // all members together read as usual: the above is the member's
    template <typename A>
    void Fields(A& a) {
      a(number, first, last, value, expected, low, high, log10_weeks, direction, predictor, look,
        unbounded, member, member_value, siblings_low, siblings_high, only_member);
    }
    uint32_t number = 0;  // of the signal, in the watch
  };
  enum class Change : uint8_t { kNothing, kBegins, kGoesOn, kEnds };

  /// A share that grows towards one, or has stopped to.
  struct Filling {
    const SignalRule* rule = nullptr;
    bool near = false;    // the limit is near; else it is not any more
    Growth::Reach reach;  // of those that are near
    Growth::Trend trend;
  };

  using Siblings = std::span<const SignalWatch* const>;

  /// The values of a step that ended at `now`, and of the odd members of that step; `zone_s` is
  /// what local time is ahead of UTC. While it is young it borrows from `siblings`, of other
  /// services that Lend, in an order that is always the same: what is rare of a signal of the same
  /// rule, not its level.
  Change Look(const std::vector<SignalValue>& values, const std::vector<MemberBoards::Odd>& odd,
              Time now, int32_t zone_s, Siblings siblings = {});
  /// It was watched for a day at least.
  bool Lends() const { return detector_.Lends(); }
  /// Once a day, of the signals whose limit is near or far: all that are one or the other.
  std::vector<Filling> LookAtGrowth(Time now) const;
  /// Something changed the service from outside: what its signals do about it is no news.
  void Mark(kizashi::Change change, Time time);

  bool open() const { return open_; }
  /// How rarely the signals together are as unusual as at the last look, in weeks; nothing before
  /// the first.
  std::optional<double> rarity_weeks() const { return rarity_weeks_; }
  Time begin() const { return begin_; }
  /// When its last signal was unusual.
  Time last() const { return last_; }
  /// What moved; of an open anomaly what names it is the first. Good until the next Look.
  const std::vector<Moved>& moved() const { return moved_; }

  template <typename A>
  void Fields(A& a) {
    a(detector_, names_, usage_, growth_, looked_, moved_, open_, begin_, last_, rarity_weeks_,
      was_rare_, seen_, away_);
    if constexpr (A::kReading) Mend();
  }

 private:
  uint32_t NumberOf(const SignalRule& rule);
  static const SignalRule* RuleOf(std::string_view id);
  void Borrow(Siblings siblings);
  void BorrowSignal(uint32_t number, Siblings siblings);
  bool LookAtSignal(const SignalValue& signal, Time now, int32_t zone_s, Siblings siblings);
  bool LookAtMember(const MemberBoards::Odd& odd, Time now, int32_t zone_s);
  static bool Starts(Time* seen, Time now);
  bool IsFar(const SignalRule& rule, uint32_t number, const Reading& reading, double value);
  bool IsBack(uint32_t number, double value) const;
  Moved* Take(uint32_t number, Time now);
  void TakeSignal(uint32_t number, const Reading& reading, double value, Time now);
  void TakeMember(uint32_t number, const Reading& reading, const MemberBoards::Odd& odd, Time now);
  void Open(Time now);
  void Mend();

  ServiceDetector detector_;
  std::vector<std::string> names_;                        // ids of rules, by number
  std::map<std::string, UsageWatch, std::less<>> usage_;  // of throughput, by id
  std::map<std::string, Growth, std::less<>> growth_;     // of shares, by id
  Time looked_{};
  std::vector<Moved> moved_;
  bool open_ = false;
  Time begin_{};
  Time last_{};
  std::optional<double> rarity_weeks_;
  std::vector<uint8_t> was_rare_;  // at the last look, by number
  std::vector<Time> seen_;         // first, by number
  // How far the odd member is from its siblings.
  struct Away {
    Time seen{};  // first
    SeriesDetector detector;
    std::string was_rare;  // the member, at the last look
    template <typename A>
    void Fields(A& a) {
      a(seen, detector, was_rare);
    }
  };
  std::map<std::string, Away, std::less<>> away_;  // by id
};

}  // namespace kizashi

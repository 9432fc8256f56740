// Everything the judge holds about one service: its SLOs' slices and alerts, signals, members, log
// patterns, open anomalies and what they spent.
//
// Part of the judge's state: saved and restored whole. One thread. It is told what its series did
// and what time it is, and puts what it decides into a JudgeOutput.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "judge/anomaly/episode.h"
#include "judge/budget/kind_ledger.h"
#include "judge/budget/spends.h"
#include "judge/logs/companions.h"
#include "judge/logs/line_patterns.h"
#include "judge/logs/log_finder.h"
#include "judge/logs/parameter_watch.h"
#include "judge/logs/template_moves.h"
#include "judge/output.h"
#include "judge/price/failure_watch.h"
#include "judge/price/price_book.h"
#include "judge/signal/board.h"
#include "judge/signal/member_boards.h"
#include "judge/signal/signal_watch.h"
#include "judge/slo/policy.h"
#include "judge/slo/slo_judge.h"
#include "judge/snapshot.h"
#include "judge/together/group_forecast.h"
#include "judge/together/members.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// What a service's judge may ask about the logs of the others.
class PatternsElsewhere {
 public:
  virtual ~PatternsElsewhere() = default;
  /// Names of other services that have logged the pattern, "a, b and 3 more"; empty when none has.
  virtual std::string KnownIn(uint64_t pattern_id, const std::string& but) const = 0;
  /// The service whose name has this hash; empty when there is none.
  virtual std::string ServiceOf(uint64_t name_hash) const = 0;
  /// Whether templates of that service explain that its pattern is logged more or less.
  virtual bool IsMoved(uint64_t name_hash, uint64_t pattern_id, Time now) const = 0;
};

class ServiceJudge {
 public:
  /// At most so many new patterns an hour become anomalies of their own, further ones are counted
  /// in one; and at most so many findings of other sorts.
  static constexpr int kNewPatternsPerHourMax = 1;
  static constexpr int kLogEpisodesPerHourMax = 20;
  /// A new pattern's episode ends when it was quiet for so long, or has gone on for an hour.
  static constexpr Duration kPatternQuiet = std::chrono::minutes(10);
  static constexpr Duration kPatternLearnt = std::chrono::hours(1);
  /// What is new in the log within so long of a release, or gone since, is told by its card.
  static constexpr Duration kReleaseFold = std::chrono::minutes(15);
  /// A version is released when it is new, or was not seen for so long.
  static constexpr Duration kVersionAway = std::chrono::hours(1);
  static constexpr size_t kVersionsMax = 16;
  /// Alerts of other programs: so many are open at once, and one that is not heard of again for so
  /// long is over.
  static constexpr size_t kForeignOpenMax = 200;
  static constexpr Duration kForeignSilent = std::chrono::hours(24);

  /// How far ahead a redundancy group's price looks.
  static constexpr Duration kGroupWindow = std::chrono::hours(24);

  /// The book that all services share; outlives this, and is said before Configure.
  void UsePrices(PriceBook* prices) { prices_ = prices; }
  /// Puts the service's newest description in force, `time_zone` being that of its team. SLOs whose
  /// meaning changed begin anew.
  void Configure(const Service& service, std::string_view time_zone, Time now, JudgeOutput* out);
  /// The service left the catalog: everything open ends.
  void Retire(Time now, JudgeOutput* out);

  SignalBoard& signals() { return signals_; }
  /// The same of each member of its redundancy group.
  MemberBoards& member_signals() { return member_signals_; }
  /// A series that plays `role` in the SLO grew, or has a new value.
  void CountSlo(size_t slo, const SliRole& role, SeriesId series, Time at, double increase);
  void MeasureSlo(size_t slo, const SliRole& role, SeriesId series, Time at, double value);
  /// Ends the slices of SLOs that ended before `now`.
  void AdvanceSlos(Time now);
  const std::vector<SloJudge*>& slos() const { return slo_order_; }
  /// Nullptr when there is none of that name.
  SloJudge* FindSlo(const std::string& name);
  void MemberScraped(const std::string& member, bool up, Time now, JudgeOutput* out);
  void MemberGone(const std::string& member, Time now, JudgeOutput* out);
  /// A log line; `stream` of `directory` says where it was logged.
  void AddLine(const LogLine& line, StreamId stream, const SeriesDirectory& directory,
               const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out);
  /// A step of LogFinder::kStep is over: lines of new forms get their patterns, and the counts go
  /// to `companions`.
  void EndLogStep(const SeriesDirectory& directory, const PatternsElsewhere& elsewhere, Time now,
                  Companions* companions, JudgeOutput* out);
  /// Nothing was measured for longer than a minute.
  void SkipLogWindow() { finder_.SkipWindow(); }
  /// Looks for changed rates, once all services and `companions` have ended their step.
  void LookAtLog(Time now, const Companions& companions, const PatternsElsewhere& elsewhere,
                 JudgeOutput* out);
  /// The service runs `version`, as a label of what it sends says. One not seen lately is a
  /// release.
  void SawVersion(const std::string& version, Time now, JudgeOutput* out);
  /// `version` was released at `now`.
  void BeginRelease(const std::string& version, Time now, JudgeOutput* out);
  /// Another program says that something is odd, or that it is over.
  void TakeAlert(AlertSource source, const ForeignAlert& alert, Time now, JudgeOutput* out);
  /// What somebody decided about a kind or an episode, at `now`.
  void ApplyEdit(const LedgerEdit& edit, Time now, JudgeOutput* out);
  /// What is known of the kinds: it outlives the service's time in the catalog.
  KindLedger& kinds() { return kinds_; }
  const LogFinder& finder() const { return finder_; }
  /// How rarely its signals are together as unusual as now, in weeks; nothing while they are young.
  std::optional<double> signal_rarity_weeks() const { return signal_watch_.rarity_weeks(); }
  /// What moved first, "" when nothing does.
  std::string first_signal() const;
  const SignalWatch& signal_watch() const { return signal_watch_; }
  /// An anomaly of its signals has begun that is not yet an episode: BeginSignals makes it one of
  /// its own, JoinSignals a part of another service's, until it ends.
  bool signals_pending() const { return signals_pending_; }
  void BeginSignals(Time now, JudgeOutput* out);
  void JoinSignals(const std::string& host);
  /// Whose episode tells what its signals do: its own name, the host's, "" of neither.
  const std::string& signals_host() const { return signals_host_; }
  /// What moved in `part` is told by the open episode of this service's signals, or of its log.
  void AddPart(const ServiceJudge& part, Time now);
  /// The newest open episode of its log, if it began since then; "" when there is none.
  std::string LogEpisodeSince(Time begin) const;
  /// Of an open episode; of others nothing happens.
  void AddEvidence(const std::string& id, const std::vector<Evidence>& evidence);
  /// Whether templates explain that a pattern is logged more or less than before.
  bool IsMoved(uint64_t pattern_id, Time now) const;
  void SawTelemetry(Time now) { last_telemetry_ = now; }

  /// Time passed: alerts are evaluated, quiet episodes end.
  void Tick(Time now, const SeriesDirectory& directory, JudgeOutput* out);
  /// Failures go to the book of prices, and open anomalies' prices are told again when they moved.
  /// Before the book's own Advance.
  void TickPrices(Time now, JudgeOutput* out);
  /// Its redundancy group's history; nothing when it has none.
  std::optional<GroupSeen> group_seen() const;
  /// Whether a failure would be seen now.
  bool MeasuresFailures(Time now) const { return FailureWatch::Measures(slo_order_, now); }
  void EndSlice(Time slice, JudgeOutput* out);
  /// `siblings`: of whom young signals borrow (signal_watch.h).
  void EndSignalStep(Time now, SignalWatch::Siblings siblings, JudgeOutput* out);

  ServiceSnapshot MakeSnapshot(Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(slos_, signals_, members_, line_patterns_, template_moves_, finder_, parameters_, open_,
      spends_, kinds_, anomaly_policy_, log_episode_times_, new_pattern_times_, last_telemetry_,
      many_id_, versions_, release_, failures_, group_history_, priced_version_, signal_watch_,
      signals_id_, growth_looked_, member_signals_, signals_host_, signals_pending_);
  }

 private:
  /// An open episode with what keeps it open.
  struct Open {
    AnomalyRecord record;
    std::string member;       // of member_down
    std::string key;          // of foreign_alert: its source and id; of growth_limit: the signal
    uint64_t pattern_id = 0;  // of pattern_new, pattern_up, ...: as the finder knows it
    PatternChange change = PatternChange::kNew;
    Time last_seen{};
    Time last_told{};  // when the record was last written
    bool changed = false;
    template <typename A>
    void Fields(A& a) {
      a(record, member, key, pattern_id, change, last_seen, last_told, changed);
    }
  };

  /// The newest release, with its card once the log has changed.
  struct Release {
    std::string version;
    Time time{};
    AnomalyRecord record;
    template <typename A>
    void Fields(A& a) {
      a(version, time, record);
    }
  };

  void Begin(Open open, Time now, JudgeOutput* out);
  void End(const std::string& id, Time now, JudgeOutput* out);
  void EndMember(const std::string& member, Time end, Time now, JudgeOutput* out);
  void ForgetMembers(Time now, JudgeOutput* out);
  static bool TakeShareOfHour(std::deque<Time>* taken, int most, Time now);
  void CountLine(const LinePatterns::Named& pattern, const LogLine& line, const Labels& stream,
                 bool was_learnt, const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out);
  bool CameByTemplates(const LinePatterns::Named& named);
  uint64_t KeyOf(const LinePatterns::Named& named) const;
  LinePatterns::Named NameOf(const LogFinder::Pattern& pattern) const;
  void BeginPattern(const LogFinder::News& news, const LinePatterns::Named& named,
                    const LogLine& line, const Labels& stream, const PatternsElsewhere& elsewhere,
                    Time now, JudgeOutput* out);
  void BeginChange(const LogFinder::Finding& finding, const Companions& companions,
                   const PatternsElsewhere& elsewhere, Time now, JudgeOutput* out);
  Release* ReleaseOf(Time time);
  void CountInRelease(std::string_view what, const std::string& text, Time time, Time now,
                      JudgeOutput* out);
  void CountInMany(const LogLine& line, Time now, JudgeOutput* out);
  void WatchParameters(const LinePatterns::Named& pattern, const LogLine& line,
                       const Labels& stream, Time now, JudgeOutput* out);
  void TickLedger(Time now, JudgeOutput* out);
  void TickAnomalyPolicy(Time now, JudgeOutput* out);
  void EndSilentAlerts(Time now, JudgeOutput* out);
  void LookAtSignals(const std::vector<MemberBoards::Odd>& odd, SignalWatch::Siblings siblings,
                     Time now, JudgeOutput* out);
  void LookAtGrowth(Time now, JudgeOutput* out);
  void FillSignals(AnomalyRecord* record) const;
  void TellSignals();
  Price PriceOf(const AnomalyRecord& record) const;
  Price PriceOfGroup(int down, Time now) const;
  GroupState GroupNow(int down, Time now) const;
  void PriceAgain(Time now, JudgeOutput* out);
  void AddPrices(Time now, ServiceSnapshot* snapshot) const;
  AnomalyBudget ComputeAnomalyBudget(Time now) const;
  double AnomalyBurn(const AnomalyBudget& budget, Duration span, Time now) const;
  AlertRecord AnomalyTicket(const PolicyStep& step, const AnomalyBudget& budget, Time now) const;

  const Service* service_ = nullptr;  // owned by the catalog in force
  std::string time_zone_ = "UTC";     // of the team
  std::map<std::string, SloJudge> slos_;
  std::vector<SloJudge*> slo_order_;  // as the catalog lists them
  SignalBoard signals_;
  MemberBoards member_signals_;
  std::vector<SignalValue> latest_signals_;
  Time latest_signals_time_{};
  Members members_;
  SignalWatch signal_watch_;
  Time growth_looked_{};
  std::string signals_id_;    // of the episode that the watch has open, in open_
  std::string signals_host_;  // the service that has it
  bool signals_pending_ = false;
  LinePatterns line_patterns_;
  TemplateMoves template_moves_;
  LogFinder finder_;
  ParameterWatch parameters_;
  std::map<std::string, Open> open_;                                        // by id
  std::map<std::pair<uint64_t, PatternChange>, std::string> open_pattern_;  // -> id, of open_
  Spends spends_;  // of the episodes in the budget's window
  KindLedger kinds_;
  Policy anomaly_policy_;
  std::deque<Time> log_episode_times_;
  std::deque<Time> new_pattern_times_;
  std::string many_id_;
  std::map<std::string, Time> versions_;  // and when a line of it came last
  std::optional<Release> release_;
  Time last_telemetry_{};
  PriceBook* prices_ = nullptr;
  FailureWatch failures_;
  GroupHistory group_history_;
  uint64_t priced_version_ = 0;  // of the book, under which open anomalies are priced
  // For readers: made anew when the book has changed, at most once a minute.
  std::shared_ptr<const std::vector<KindPrice>> kind_prices_;
  uint64_t kind_prices_version_ = 0;
  Time kind_prices_time_{};
};

}  // namespace kizashi

// Everything the judge holds about one service: its SLOs' slices and alerts, signals, members, log
// patterns, open anomalies and what they spent.
//
// Part of the judge's state: saved and restored whole. One thread. It is told what its series did
// and what time it is, and puts what it decides into a JudgeOutput.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "judge/anomaly/episode.h"
#include "judge/logs/novelty.h"
#include "judge/signal/board.h"
#include "judge/slo/burn.h"
#include "judge/slo/slices.h"
#include "judge/snapshot.h"
#include "judge/together/members.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// What one step of the judge decided.
struct JudgeOutput {
  VerdictBatch verdicts;
  std::vector<DerivedPoint> points;
};

class ServiceJudge {
 public:
  /// At most so many never-seen patterns an hour become anomalies of their own; further ones are
  /// counted in one.
  static constexpr int kNewPatternsPerHourMax = 20;
  /// A new pattern's episode ends when it was quiet for so long, or has gone on for an hour.
  static constexpr Duration kPatternQuiet = std::chrono::minutes(10);
  static constexpr Duration kPatternLearnt = std::chrono::hours(1);
  /// An alert is resolved when its condition has been false for so long.
  static constexpr Duration kResolveHold = std::chrono::seconds(60);
  /// A longer silence between two samples of an SLO counts as not measured: Prometheus' lookback.
  static constexpr Duration kMeasuredGapMax = std::chrono::minutes(5);

  /// Puts the service's newest description in force. SLOs whose meaning changed begin anew.
  void Configure(const Service& service, Time now, JudgeOutput* out);
  /// The service left the catalog: everything open ends.
  void Retire(Time now, JudgeOutput* out);

  SignalBoard& signals() { return signals_; }
  void AddSloEvents(size_t slo, Time now, double good, double total);
  void MemberScraped(const std::string& member, bool up, Time now, JudgeOutput* out);
  void MemberGone(const std::string& member, Time now, JudgeOutput* out);
  /// A log line of pattern `pattern` (with `id`); `stream` says where it was logged.
  void AddLine(uint64_t id, std::string_view pattern, const LogLine& line, const Labels& stream,
               Time now, JudgeOutput* out);
  void SawTelemetry(Time now) { last_telemetry_ = now; }

  /// Time passed: alerts are evaluated, quiet episodes end.
  void Tick(Time now, JudgeOutput* out);
  void EndSlice(Time slice, JudgeOutput* out);
  void EndSignalStep(Time now, JudgeOutput* out);

  ServiceSnapshot MakeSnapshot(Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(slos_, signals_, members_, novelty_, open_, spends_, new_pattern_times_, last_telemetry_,
      many_id_);
  }

 private:
  struct Alerting {
    std::optional<AlertRecord> firing;
    std::optional<Time> false_since;
    template <typename A>
    void Fields(A& a) {
      a(firing, false_since);
    }
  };
  struct SloState {
    std::string meaning;  // selectors and window: a change of these begins anew
    Slices slices;
    Alerting page;
    Alerting ticket;
    std::optional<Time> paged;     // when a page last fired
    std::optional<Time> measured;  // when the last sample came
    template <typename A>
    void Fields(A& a) {
      a(meaning, slices, page, ticket, paged, measured);
    }
  };
  /// An open episode with what keeps it open.
  struct Open {
    AnomalyRecord record;
    std::string member;       // of member_down
    uint64_t pattern_id = 0;  // of pattern_new
    Time last_seen{};
    Time last_told{};  // when the record was last written
    bool changed = false;
    template <typename A>
    void Fields(A& a) {
      a(record, member, pattern_id, last_seen, last_told, changed);
    }
  };

  void TickAlert(const SloSpec& slo, SloState* state, Severity severity,
                 const std::vector<BurnState>& burns, Time now, JudgeOutput* out);
  void ResolveAlert(Alerting* alerting, Time now, JudgeOutput* out);
  void Begin(Open open, Time now, JudgeOutput* out);
  void End(const std::string& id, Time now, JudgeOutput* out);
  void EndMember(const std::string& member, Time end, Time now, JudgeOutput* out);
  void ForgetMembers(Time now, JudgeOutput* out);
  void BeginPattern(const Novelty::News& news, std::string_view pattern, const LogLine& line,
                    const Labels& stream, Time now, JudgeOutput* out);
  void CountInMany(const LogLine& line, Time now, JudgeOutput* out);
  AnomalyBudget ComputeAnomalyBudget(Time now) const;

  const Service* service_ = nullptr;  // owned by the catalog in force
  std::map<std::string, SloState> slos_;
  std::vector<SloState*> slo_order_;  // as the catalog lists them
  SignalBoard signals_;
  std::vector<SignalValue> latest_signals_;
  Time latest_signals_time_{};
  Members members_;
  Novelty novelty_;
  std::map<std::string, Open> open_;              // by id
  std::map<uint64_t, std::string> open_pattern_;  // pattern -> id, of open_
  std::deque<std::pair<Time, double>> spends_;    // begin and price of episodes in the window
  std::deque<Time> new_pattern_times_;
  std::string many_id_;
  Time last_telemetry_{};
};

}  // namespace kizashi

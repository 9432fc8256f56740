// The judge: a fold over the journal. The same entries in the same order give the same verdicts.
//
// It reads no clock and no disk: time is that of the entries, label sets come from a
// SeriesDirectory, the catalog from CatalogChange entries. Alerts are evaluated at multiples of
// kTick in the entries' time, before the first entry at or after that moment. Save and Restore
// carry the whole state; going on from a restored state gives the same verdicts as never having
// stopped.
//
// One thread. docs/internals/way-of-a-sample.md walks through it.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "judge/anomaly/origin.h"
#include "judge/graph/traffic_watch.h"
#include "judge/service_judge.h"
#include "judge/snapshot.h"
#include "store/journal.h"
#include "store/telemetry_store.h"

namespace kizashi {

class Judge : private PatternsElsewhere {
 public:
  static constexpr Duration kTick = std::chrono::seconds(5);

  /// `directory` outlives the judge.
  explicit Judge(const SeriesDirectory& directory);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  /// Folds one entry in. Requires entry.seq > last_seq(). The result is good until the next call.
  const JudgeOutput& Apply(const JournalEntry& entry);

  uint64_t last_seq() const { return last_seq_; }
  Time now() const { return now_; }

  /// What is held true now; `version` is the caller's count.
  Snapshot MakeSnapshot(uint64_t version) const;
  const Catalog& catalog() const { return *catalog_; }
  /// Every SLO with the name of its service, in the catalog's order.
  std::vector<std::pair<std::string, SloJudge*>> Slos();

  std::string Save();
  /// DataLoss when the bytes are not a state of this version; then the judge is as new.
  Status Restore(std::string_view state);

 private:
  // Volume of telemetry that nobody claims; shown, never judged, so not part of the state.
  struct Volume {
    size_t series = 0;  // that live
    uint64_t samples = 0;
    uint64_t lines = 0;
    double samples_per_second = 0;
    double lines_per_second = 0;
  };
  // What a series feeds, found at its first sample under a catalog.
  struct SloFeed {
    ServiceJudge* service;
    size_t slo;
    SliRole role;
  };
  struct SeriesPlan {
    ServiceJudge* service = nullptr;  // nullptr: unclaimed
    std::vector<SignalFeed> counters;
    std::vector<SignalFeed> gauges;
    std::vector<SloFeed> slos;
    std::string member;   // of the redundancy group, for its `up` series
    std::string sibling;  // the same, of series that signals are made of
    uint32_t traffic = TrafficWatch::kNone;
    Volume* volume = nullptr;  // that it counts in, when it is unclaimed
    bool slo_counts = false;   // some of `slos` are fed by increases
    bool follows_increase() const {
      return !counters.empty() || slo_counts || traffic != TrafficWatch::kNone;
    }
    bool feeds() const {
      return !counters.empty() || !slos.empty() || !gauges.empty() || !member.empty() ||
             traffic != TrafficWatch::kNone;
    }
  };
  struct SloRule {
    ServiceJudge* service;
    size_t slo;
    SliMatcher matcher;
  };
  // A composite or journey with the SLOs that it is made of; nullptr: there is none of that name.
  struct CompositeRule {
    SloJudge* slo;
    std::vector<std::pair<double, const SloJudge*>> members;  // by weight
  };
  struct StreamPlan {
    ServiceJudge* service = nullptr;
    std::string unclaimed;
    std::string version;  // that the stream's labels name
  };

  void ApplyCatalog(const CatalogChange& change);
  Status LoadSources(const std::vector<CatalogSource>& sources);
  void PlanRules();
  void ApplyScrape(const ScrapeBatch& batch);
  void ApplySample(SeriesId id, Time time, double value, bool source_known);
  bool PushedSourceKnown(SeriesId id, Time time);
  std::optional<double> IncreaseOf(SeriesId id, Time time, double value, bool source_known);
  void PlanComposite(const Service& service, const SloSpec& slo);
  void EndCompositeSlices(Time now);
  void ApplyLogs(const LogBatch& batch);
  void ApplySlices(const SliceBatch& batch);
  void ApplyEdit(const LedgerEdit& edit);
  void ApplyAlerts(const AlertBatch& batch);
  void AdvanceTo(Time time);
  void TickPrices(Time now);
  std::vector<const SignalWatch*> LendersOfSignals() const;
  void EndTrafficSteps(int64_t steps, Time now);
  void TellOrigins();
  void BeginSignals(Time now);
  const std::string* HostOf(const std::string& name, Time now) const;
  bool IsNextToMoreTraffic(const std::string& name, Time now) const;
  bool AreTogether(const std::string& a, const std::string& b) const;
  void EndLogSteps(int64_t steps);
  std::string KnownIn(uint64_t pattern_id, const std::string& but) const override;
  std::string ServiceOf(uint64_t name_hash) const override;
  bool IsMoved(uint64_t name_hash, uint64_t pattern_id, Time now) const override;
  bool IsPlanned(SeriesId id) const { return id < plans_.size() && plans_[id] != nullptr; }
  void PlanAll(std::span<const SeriesId> ids);
  void Plan(SeriesId id, const Labels& labels);
  void Unplan(SeriesId id);
  Volume* VolumeOf(const std::string& name);
  const StreamPlan& StreamPlanFor(StreamId id);

  const SeriesDirectory& directory_;
  const SignalMatcher matcher_;

  // The state that is saved.
  uint64_t last_seq_ = 0;
  Time now_{};
  Time last_tick_{};
  std::vector<CatalogSource> sources_;
  std::map<std::string, ServiceJudge> services_;
  std::map<std::string, KindLedger> retired_kinds_;  // of services that left the catalog
  struct LastSample {
    double value = std::numeric_limits<double>::quiet_NaN();  // NaN: none yet
    Time time{};
    template <typename A>
    void Fields(A& a) {
      a(value, time);
    }
  };
  std::vector<LastSample> last_samples_;  // of counters, by series
  std::set<std::string> known_sources_;
  // Ids are given in order of first sight: of how many series anything was seen, and of how many
  // when the catalog changed. Those may not have been followed until then, and are not young.
  std::map<uint64_t, Time> pushed_sources_;  // by a hash of job and instance: since when
  SeriesId series_seen_ = 0;
  SeriesId series_old_ = 0;
  Companions companions_;
  PriceBook prices_;
  TrafficWatch traffic_;
  OriginRanker origins_;
  int64_t quiet_steps_ = 0;  // log steps since the last line of any service
  bool line_in_step_ = false;

  // What follows from it and the catalog.
  std::shared_ptr<const Catalog> catalog_;
  const TrafficWatch::NameOf name_of_;
  std::vector<SloRule> slo_rules_;
  std::vector<CompositeRule> composites_;
  // By series; nullptr: not yet. Most series feed nothing: those of one service, or with one name
  // that nobody claims, share a plan.
  std::vector<SeriesPlan*> plans_;
  std::deque<SeriesPlan> own_plans_;
  std::vector<SeriesPlan*> free_plans_;  // of own_plans_: of series that ended
  std::map<std::pair<const ServiceJudge*, const Volume*>, SeriesPlan> shared_plans_;
  std::vector<bool> unclaimed_lives_;  // by series: it is counted in its volume
  std::unordered_map<StreamId, StreamPlan> stream_plans_;
  std::map<std::string, Volume> volumes_;

  JudgeOutput output_;
};

}  // namespace kizashi

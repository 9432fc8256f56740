#include "judge/slo_replay.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

#include "judge/judge.h"
#include "query/promql/engine.h"
#include "query/promql/memory_source.h"

namespace kizashi {
namespace {

class Directory final : public SeriesDirectory {
 public:
  SeriesId Intern(const Labels& labels) {
    const auto [entry, is_new] = ids_.try_emplace(labels, static_cast<SeriesId>(labels_.size()));
    if (is_new) labels_.push_back(labels);
    return entry->second;
  }
  Labels SeriesLabels(SeriesId id) const override { return labels_.at(id); }
  const Labels& StreamLabels(StreamId) const override { return none_; }

 private:
  std::deque<Labels> labels_;
  std::map<Labels, SeriesId> ids_;
  const Labels none_{};
};

class Replay {
 public:
  Replay(const SeriesFile& file, const SloReplayOptions& options)
      : file_(file), options_(options), judge_(directory_) {}

  Status Run(const std::vector<CatalogSource>& sources,
             const std::function<void(const SloReplayRow&)>& visit) {
    CatalogLoad load = LoadCatalog(sources);
    if (!load.catalog) return InvalidArgument("{}", load.errors.front().ToString());
    catalog_ = load.catalog;
    KZ_RETURN_IF_ERROR(PlanExpressions());
    judge_.Apply({++seq_, options_.start, CatalogChange{sources}});
    size_t steps = 0;
    for (const auto& series : file_.series) {
      ids_.push_back(directory_.Intern(series.labels));
      steps = std::max(steps, series.values.size());
    }
    const Duration every = options_.every.count() > 0 ? options_.every : file_.interval;
    Duration next{};
    for (size_t step = 0; step < steps; ++step) {
      const Duration since = file_.interval * static_cast<int64_t>(step);
      ApplyStep(step, options_.start + since);
      KZ_RETURN_IF_ERROR(Measure(options_.start + since));
      if (since < next) continue;
      next += every;
      Evaluate(since, visit);
    }
    return OkStatus();
  }

 private:
  struct Expression {
    SliExpression sli;
    Labels series;
    Duration interval{};  // between two measurements
    Time next{};
  };

  Status PlanExpressions() {
    for (const Service& service : catalog_->services()) {
      for (const SloSpec& slo : service.slos) {
        KZ_ASSIGN_OR_RETURN(const SliMatcher matcher, SliMatcher::Compile(service.name, slo));
        for (const SliExpression& sli : matcher.expressions()) {
          Labels series;
          series.Set(kMetricName, kSloMeasureName);
          series.Set("service", service.name);
          series.Set("slo", slo.name);
          series.Set("part", sli.part);
          expressions_.push_back({sli, std::move(series), slo.interval, options_.start});
        }
      }
    }
    return OkStatus();
  }

  void ApplyStep(size_t step, Time at) {
    ScrapeBatch batch;
    batch.source = "file";
    batch.time = at;
    std::vector<SeriesId> layout;
    for (size_t i = 0; i < file_.series.size(); ++i) {
      const auto& values = file_.series[i].values;
      if (step >= values.size() || values[step].omitted) continue;
      layout.push_back(ids_[i]);
      batch.values.push_back(values[step].value);
      if (!expressions_.empty()) {
        samples_.Add(file_.series[i].labels, ToMs(at), values[step].value);
      }
    }
    if (layout.empty()) {
      judge_.Apply({++seq_, at, Tick{}});
      return;
    }
    batch.layout = std::make_shared<const std::vector<SeriesId>>(std::move(layout));
    judge_.Apply({++seq_, at, std::move(batch)});
  }

  // What the server does by rules of its own: an expression that gives nothing measures nothing.
  Status Measure(Time at) {
    ScrapeBatch batch;
    batch.source = "expressions";
    batch.time = at;
    std::vector<SeriesId> layout;
    for (Expression& expression : expressions_) {
      if (at < expression.next) continue;
      expression.next += expression.interval;
      auto result = promql::QueryInstant(samples_, expression.sli.promql, at, {});
      if (!result.ok()) {
        return InvalidArgument("{}: {}", expression.sli.promql, Message(result.status()));
      }
      if (result->series.size() != 1) continue;
      layout.push_back(directory_.Intern(expression.series));
      batch.values.push_back(result->series.front().values.front());
    }
    if (layout.empty()) return OkStatus();
    batch.layout = std::make_shared<const std::vector<SeriesId>>(std::move(layout));
    judge_.Apply({++seq_, at, std::move(batch)});
    return OkStatus();
  }

  void Evaluate(Duration since, const std::function<void(const SloReplayRow&)>& visit) {
    const Time now = options_.start + since;
    for (auto& [service, slo] : judge_.Slos()) {
      visit({since, service, slo->spec().name, ComputeErrorBudget(slo->spec(), slo->tracker(), now),
             slo->EvaluateNow(now)});
    }
  }

  const SeriesFile& file_;
  const SloReplayOptions options_;
  Directory directory_;
  Judge judge_;
  std::shared_ptr<const Catalog> catalog_;
  std::vector<SeriesId> ids_;
  std::vector<Expression> expressions_;
  promql::MemorySource samples_;
  uint64_t seq_ = 0;
};

}  // namespace

Status ReplaySlos(const std::vector<CatalogSource>& catalog, const SeriesFile& file,
                  const SloReplayOptions& options,
                  const std::function<void(const SloReplayRow&)>& visit) {
  return Replay(file, options).Run(catalog, visit);
}

}  // namespace kizashi

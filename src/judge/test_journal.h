// What the tests of this folder share: a journal written line by line, and what the judge says to
// it.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "judge/judge.h"

namespace kizashi {

/// 2026-01-01 00:00 UTC: a whole multiple of every slice and step.
inline constexpr Time kMidnight = TimeFromMs(1'767'225'600'000);

/// Entries in order, with the label sets they name.
class TestJournal : public SeriesDirectory {
 public:
  using Samples = std::vector<std::pair<std::string, double>>;  // `up{instance="a"}`, value

  void Catalog(Time time, std::string_view yaml) {
    Add(time, CatalogChange{{{"catalog.yaml", std::string(yaml)}}});
  }
  void Tick(Time time) { Add(time, kizashi::Tick{}); }
  void Scrape(Time time, const std::string& source, const Samples& samples) {
    ScrapeBatch batch;
    batch.source = source;
    batch.time = time;
    std::vector<SeriesId> layout;
    for (const auto& [series, value] : samples) {
      layout.push_back(Intern(series, &series_, &series_ids_));
      batch.values.push_back(value);
    }
    batch.layout = std::make_shared<const std::vector<SeriesId>>(std::move(layout));
    Add(time, std::move(batch));
  }
  void Slices(Time time, SliceBatch batch) { Add(time, std::move(batch)); }
  void Alerts(Time time, AlertBatch batch) { Add(time, std::move(batch)); }
  void Edit(Time time, LedgerEdit edit) { Add(time, std::move(edit)); }
  /// Pushed samples: series, time and value.
  void Push(Time time, const std::vector<std::tuple<std::string, Time, double>>& samples) {
    SampleBatch batch;
    for (const auto& [series, at, value] : samples) {
      batch.samples.push_back({Intern(series, &series_, &series_ids_), at, value});
    }
    Add(time, std::move(batch));
  }
  void Lines(Time time, const std::string& stream, const std::vector<std::string>& lines) {
    LogBatch batch;
    batch.stream = Intern(stream, &streams_, &stream_ids_);
    for (const std::string& line : lines) batch.lines.push_back({time, line});
    Add(time, std::move(batch));
  }

  const std::deque<JournalEntry>& entries() const { return entries_; }
  Labels SeriesLabels(SeriesId id) const override { return series_.at(id); }
  const Labels& StreamLabels(StreamId id) const override { return streams_.at(id); }

 private:
  template <typename Body>
  void Add(Time time, Body body) {
    entries_.push_back({entries_.size() + 1, time, std::move(body)});
  }
  static uint32_t Intern(const std::string& text, std::deque<Labels>* labels,
                         std::map<std::string, uint32_t>* ids) {
    const auto found = ids->find(text);
    if (found != ids->end()) return found->second;
    const auto selector = ParseSelector(text);
    EXPECT_TRUE(selector.ok()) << text;
    Labels parsed;
    for (const LabelMatcher& label : selector->matchers) parsed.Set(label.name, label.value);
    labels->push_back(std::move(parsed));
    const auto id = static_cast<uint32_t>(labels->size() - 1);
    (*ids)[text] = id;
    return id;
  }

  std::deque<JournalEntry> entries_;
  std::deque<Labels> series_;
  std::deque<Labels> streams_;
  std::map<std::string, SeriesId> series_ids_;
  std::map<std::string, StreamId> stream_ids_;
};

/// Everything that a judge said, in order.
struct Told {
  std::vector<AnomalyRecord> anomalies;
  std::vector<AlertRecord> alerts;
  std::vector<Verdict> verdicts;
  std::vector<DerivedPoint> points;
  std::vector<PriceTold> prices;

  void Add(const JudgeOutput& output) {
    const VerdictBatch& batch = output.verdicts;
    anomalies.insert(anomalies.end(), batch.anomalies.begin(), batch.anomalies.end());
    alerts.insert(alerts.end(), batch.alerts.begin(), batch.alerts.end());
    verdicts.insert(verdicts.end(), batch.verdicts.begin(), batch.verdicts.end());
    prices.insert(prices.end(), batch.prices.begin(), batch.prices.end());
    points.insert(points.end(), output.points.begin(), output.points.end());
  }
  /// "anomaly_begin member_down" and so on, one for each verdict of `service`.
  std::vector<std::string> Stories(std::string_view service) const {
    std::vector<std::string> stories;
    for (const Verdict& verdict : verdicts) {
      if (verdict.service != service) continue;
      stories.push_back(verdict.type + " " + verdict.text.substr(0, verdict.text.find(' ')));
    }
    return stories;
  }
};

/// Judges what `journal` holds beyond `judge->last_seq()`.
inline Told JudgeRest(const TestJournal& journal, Judge* judge) {
  Told told;
  for (size_t i = judge->last_seq(); i < journal.entries().size(); ++i) {
    told.Add(judge->Apply(journal.entries()[i]));
  }
  return told;
}

}  // namespace kizashi

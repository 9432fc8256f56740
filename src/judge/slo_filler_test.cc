#include "judge/slo_filler.h"

#include <gtest/gtest.h>

#include <random>

#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kYaml = R"yaml(
service:
  name: shop
  slo:
    - {name: events, target: 99, good: 'req_total{code!="500"}', total: req_total}
    - {name: bad, target: 99, bad: 'req_total{code="500"}', total: req_total}
)yaml";

promql::ResultSeries Series(const std::string& text, Time begin, std::vector<double> values) {
  promql::ResultSeries series;
  const auto selector = ParseSelector(text);
  for (const LabelMatcher& label : selector->matchers) {
    series.labels.Set(label.name, label.value);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    series.times_ms.push_back(ToMs(begin + minutes(static_cast<int64_t>(i))));
    series.values.push_back(values[i]);
  }
  return series;
}

SloFiller FillerOf(std::string_view yaml, size_t slo = 0) {
  const CatalogLoad load = LoadCatalog({{"c.yaml", std::string(yaml)}});
  const Service& service = load.catalog->services().front();
  return *SloFiller::Create(service.name, service.slos.at(slo));
}

// Of generated counters with resets, gaps and births the slices are those that the judge makes.
TEST(SloFillerTest, SlicesAreThoseOfTheJudge) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    const auto one_of = [&](uint64_t n) { return random() % n == 0; };
    std::vector<std::string> names;
    std::vector<std::vector<double>> values;
    for (const char* name : {R"(req_total{job="a",instance="1",code="200"})",
                             R"(req_total{job="a",instance="1",code="500"})"}) {
      names.emplace_back(name);
      std::vector<double>& counter = values.emplace_back();
      double value = 1000;
      bool born = one_of(2);
      for (int i = 0; i < 3000; ++i) {
        born = born || one_of(100);
        value = one_of(300) ? 0 : value + static_cast<double>(random() % 50);
        counter.push_back(born ? value : kNone);
      }
    }
    for (int gap = 0; gap < 3; ++gap) {
      const size_t at = random() % 2900;
      for (auto& counter : values)
        std::fill_n(counter.begin() + static_cast<int64_t>(at), 20, kNone);
    }
    TestJournal journal;
    journal.Catalog(kMidnight, kYaml);
    for (size_t i = 0; i < 3000; ++i) {
      TestJournal::Samples samples;
      for (size_t s = 0; s < names.size(); ++s) {
        if (!std::isnan(values[s][i])) samples.emplace_back(names[s], values[s][i]);
      }
      if (!samples.empty()) {
        journal.Scrape(kMidnight + minutes(static_cast<int64_t>(i)), "a", samples);
      }
    }
    Judge judge(journal);
    JudgeRest(journal, &judge);
    for (size_t slo = 0; slo < 2; ++slo) {
      SloFiller filler = FillerOf(kYaml, slo);
      std::vector<SliceBatch::Slice> slices;
      for (const auto& [from, until] : {std::pair{0, 1440}, {1440, 2880}, {2880, 2999}}) {
        std::vector<promql::ResultSeries> raw;
        for (size_t s = 0; s < names.size(); ++s) {
          const size_t first = from == 0 ? 0 : static_cast<size_t>(from) + 1;
          raw.push_back(Series(
              names[s], kMidnight + minutes(first),
              {values[s].begin() + static_cast<int64_t>(first), values[s].begin() + until + 1}));
        }
        filler.Feed(raw, {});
        const auto part = filler.Take(kMidnight + minutes(from), kMidnight + minutes(until));
        slices.insert(slices.end(), part.begin(), part.end());
      }
      std::vector<SliceBatch::Slice> expected;
      judge.Slos()[slo].second->tracker().slices().log().ForEach(
          kMidnight, kMidnight + days(9), [&](Time end, const SliceSum& sum) {
            expected.push_back({end, sum.good, sum.total, sum.covered_seconds});
          });
      EXPECT_EQ(slices, expected) << "seed " << seed;
    }
  }
}

TEST(SloFillerTest, EachSeriesIsAskedForOnce) {
  EXPECT_EQ(FillerOf(kYaml).selectors(), std::vector<std::string>{"req_total"});
  const SloFiller apart =
      FillerOf("service: {name: s, slo: {target: 99, good: 'a{x=\"1\"}', total: 'b{x=\"1\"}'}}");
  EXPECT_EQ(apart.selectors().size(), 2u);
  // One that is given twice counts once.
  SloFiller filler = FillerOf(kYaml);
  const auto series = Series(R"(req_total{code="200"})", kMidnight, {0, 10, 20});
  filler.Feed({series, series}, {});
  const auto slices = filler.Take(kMidnight, kMidnight + minutes(2));
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[0], (SliceBatch::Slice{kMidnight + minutes(1), 10, 10, 60}));
}

TEST(SloFillerTest, ASeriesBornBesideOthersOfItsTargetCountsFromZero) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  SloFiller filler = FillerOf(kYaml);
  filler.Feed({Series(R"(req_total{instance="a",code="200"})", kMidnight, {5, 5, 5}),
               Series(R"(req_total{instance="a",code="500"})", kMidnight, {kNone, kNone, 50}),
               // Nobody knows how old the counters of a target are that is seen for the first time.
               Series(R"(req_total{instance="b",code="500"})", kMidnight, {kNone, kNone, 70})},
              {});
  const auto slices = filler.Take(kMidnight, kMidnight + minutes(2));
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[1], (SliceBatch::Slice{kMidnight + minutes(2), 0, 50, 60}));
}

TEST(SloFillerTest, GoodEventsAheadOfTheirTotalWait) {
  SloFiller filler =
      FillerOf("service: {name: s, slo: {target: 99, good: good_total, total: all_total}}");
  filler.Feed(
      {Series("good_total", kMidnight, {0, 10, 20}), Series("all_total", kMidnight, {0, 8, 22})},
      {});
  const auto slices = filler.Take(kMidnight, kMidnight + minutes(2));
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[0].good, 8);
  EXPECT_EQ(slices[1].good, 12);
}

TEST(SloFillerTest, ExpressionsAreEventsASecondAndOneNumber) {
  SloFiller filler = FillerOf(
      "service: {name: s, slo: {target: 99, good: {promql: 'sum(rate(g[$window]))'},"
      " total: {promql: 'sum(rate(t[$window]))'}}}");
  ASSERT_EQ(filler.expressions().size(), 2u);
  EXPECT_EQ(filler.expressions()[0].promql, "sum(rate(g[1m]))");
  filler.Feed({}, {{"good", {Series("x", kMidnight, {1, 1, 0.5})}},
                   {"total", {Series("x", kMidnight, {1, 1, 1}), Series("y", kMidnight, {7})}}});
  const auto slices = filler.Take(kMidnight, kMidnight + minutes(2));
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[0], (SliceBatch::Slice{kMidnight + minutes(1), 60, 60, 60}));
  EXPECT_EQ(slices[1], (SliceBatch::Slice{kMidnight + minutes(2), 30, 60, 60}));
}

TEST(SloFillerTest, ACompositeHasNoSeriesOfItsOwn) {
  SloSpec slo;
  slo.indicator.kind = Indicator::Kind::kComposite;
  EXPECT_FALSE(SloFiller::Create("s", slo).ok());
}

}  // namespace
}  // namespace kizashi

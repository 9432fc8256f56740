#include "ingest/scrape_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "ingest/scrape_test_sink.h"

namespace kizashi {
namespace {

using ::testing::HasSubstr;

constexpr Time kStart = TimeFromMs(1'700'000'000'000);
const Labels kTarget({{"job", "shop"}, {"instance", "a:1"}});

class TargetScrapeTest : public ::testing::Test {
 protected:
  using Values = std::map<std::string, double>;

  Values Scrape(std::string_view body) {
    StatusOr<ScrapeBatch> batch = target_.Parse(kStart, body, 0.25);
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return {};
    last_layout_ = batch->layout;
    return Check(*batch);
  }
  // Each series once, and as many values as series.
  Values Check(const ScrapeBatch& batch) {
    EXPECT_EQ(batch.layout->size(), batch.values.size());
    const std::set<SeriesId> ids(batch.layout->begin(), batch.layout->end());
    EXPECT_EQ(ids.size(), batch.layout->size());
    EXPECT_EQ(batch.source, "shop/a:1");
    EXPECT_EQ(batch.time, kStart);
    return sink_.Read(batch);
  }
  static std::string Name(std::string_view name, std::string_view labels = "") {
    return fmt::format("{}{{instance=\"a:1\", job=\"shop\"{}}}", name, labels);
  }

  TestSink sink_;
  TargetScrape target_{sink_, kTarget, ScrapeRules{.limits = {.samples_max = 5}}};
  SeriesLayout last_layout_;
};

TEST_F(TargetScrapeTest, AddsTheTargetsLabelsAndItsOwnSeries) {
  const Values values = Scrape("a 1\nb{x=\"1\"} 2\n");
  EXPECT_EQ(values, (Values{{Name("up"), 1},
                            {Name("scrape_duration_seconds"), 0.25},
                            {Name("scrape_samples_scraped"), 2},
                            {Name("scrape_samples_post_metric_relabeling"), 2},
                            {Name("scrape_series_added"), 2},
                            {Name("a"), 1},
                            {Name("b", ", x=\"1\""), 2}}));
  EXPECT_EQ(target_.last_samples(), 2u);
}

TEST_F(TargetScrapeTest, ConflictingLabelsMoveAside) {
  const Values values = Scrape("a{job=\"other\",exported_job=\"third\"} 1\n");
  EXPECT_EQ(values.count("a{exported_exported_job=\"other\", exported_job=\"third\", "
                         "instance=\"a:1\", job=\"shop\"}"),
            1u);
}

TEST_F(TargetScrapeTest, LayoutIsSharedWhileTheSeriesAreTheSame) {
  Scrape("a 1\nb 2\n");
  const SeriesLayout first = last_layout_;
  EXPECT_EQ(Scrape("# HELP a other text\na 3\nb 4\n")[Name("b")], 4);
  EXPECT_EQ(last_layout_, first);
  Scrape("a 1\nb 2\nc 3\n");
  EXPECT_NE(last_layout_, first);
}

TEST_F(TargetScrapeTest, LinesThatMoveKeepTheirSeries) {
  Scrape("a 1\nb 2\nc 3\n");
  const size_t known = sink_.series_count();
  const Values values = Scrape("c 30\na 10\nb 20\n");
  EXPECT_EQ(sink_.series_count(), known);
  EXPECT_EQ(values.at(Name("a")), 10);
  EXPECT_EQ(values.at(Name("b")), 20);
  EXPECT_EQ(values.at(Name("c")), 30);
}

TEST_F(TargetScrapeTest, AVanishedSeriesGetsOneStaleMarker) {
  Scrape("a 1\nb 2\nc 3\n");
  Values values = Scrape("a 1\nc 3\n");
  EXPECT_TRUE(IsStaleNan(values.at(Name("b"))));
  EXPECT_EQ(values.at(Name("c")), 3);
  EXPECT_EQ(values.at(Name("scrape_samples_scraped")), 2);
  EXPECT_EQ(Scrape("a 1\nc 3\n").count(Name("b")), 0u);
  EXPECT_EQ(Scrape("a 1\nb 5\nc 3\n").at(Name("b")), 5);
}

TEST_F(TargetScrapeTest, OfADuplicateTheFirstWins) {
  const Values values =
      Scrape("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\na{x=\"1\",y=\"2\"} 3\n");
  EXPECT_EQ(values.at(Name("a", ", x=\"1\", y=\"2\"")), 1);
  EXPECT_EQ(values.size(), 6u);
  // The other way of writing it alone is the same series, and goes on.
  const Values next = Scrape("a{y=\"2\",x=\"1\"} 7\n");
  EXPECT_EQ(next.at(Name("a", ", x=\"1\", y=\"2\"")), 7);
}

TEST_F(TargetScrapeTest, TheTargetCannotWriteUp) {
  EXPECT_EQ(Scrape("up 0\na 1\n").at(Name("up")), 1);
}

TEST_F(TargetScrapeTest, FailureEndsTheSeriesOnce) {
  Scrape("a 1\nb 2\n");
  const SeriesLayout before = last_layout_;
  Values values = Check(target_.Failed(kStart, 10));
  EXPECT_EQ(values.at(Name("up")), 0);
  EXPECT_EQ(values.at(Name("scrape_duration_seconds")), 10);
  EXPECT_EQ(values.at(Name("scrape_samples_scraped")), 0);
  EXPECT_TRUE(IsStaleNan(values.at(Name("a"))));
  EXPECT_TRUE(IsStaleNan(values.at(Name("b"))));
  EXPECT_EQ(Check(target_.Failed(kStart, 10)).size(), 5u);
  EXPECT_EQ(target_.last_samples(), 0u);
  EXPECT_EQ(Scrape("a 5\nb 6\n").at(Name("a")), 5);
  EXPECT_EQ(last_layout_, before);
}

TEST_F(TargetScrapeTest, AfterAFailureNothingIsEndedTwice) {
  Scrape("a 1\nb 2\n");
  target_.Failed(kStart, 1);
  EXPECT_EQ(Scrape("a 1\n").count(Name("b")), 0u);
}

TEST_F(TargetScrapeTest, GoneEndsEverything) {
  EXPECT_TRUE(target_.Gone(kStart).layout->empty());
  Scrape("a 1\n");
  const Values values = Check(target_.Gone(kStart));
  EXPECT_EQ(values.size(), 6u);
  for (const auto& [name, value] : values) EXPECT_TRUE(IsStaleNan(value)) << name;
  EXPECT_TRUE(target_.Gone(kStart).layout->empty());
}

TEST_F(TargetScrapeTest, AWrongBodyTakesNothingOver) {
  Scrape("a 1\nb 2\n");
  StatusOr<ScrapeBatch> batch = target_.Parse(kStart, "a 1\nb two\n", 1);
  EXPECT_THAT(std::string(Message(batch.status())), HasSubstr("line 2"));
  batch = target_.Parse(kStart, "a 1\nb{x=1} 2\n", 1);
  EXPECT_THAT(std::string(Message(batch.status())), HasSubstr("line 2"));
  // b still lives, so that it ends now.
  EXPECT_TRUE(IsStaleNan(Scrape("a 1\n").at(Name("b"))));
}

TEST_F(TargetScrapeTest, SamplesHaveALimit) {
  EXPECT_EQ(Scrape("a 1\nb 1\nc 1\nd 1\ne 1\n").size(), 10u);
  const auto batch = target_.Parse(kStart, "a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n", 1);
  EXPECT_EQ(batch.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(TargetScrapeTest, SeriesHaveALimit) {
  sink_.LimitSeries(7);
  Scrape("a 1\nc 1\n");
  EXPECT_EQ(target_.last_refused(), 0u);
  // What is known goes on, wherever the refused ones stand.
  for (const char* text : {"a 2\nb 1\nc 3\nd 1\n", "b 1\na 2\nd 1\nc 3\n"}) {
    const auto values = Scrape(text);
    EXPECT_EQ(values.size(), 7u);
    EXPECT_EQ(values.at(Name("a")), 2);
    EXPECT_EQ(values.at(Name("c")), 3);
    EXPECT_EQ(target_.last_refused(), 2u);
    EXPECT_EQ(target_.last_samples(), 4u);
    EXPECT_THAT(std::string(Message(target_.refusal())), HasSubstr("no more than 7"));
  }
  // As soon as there is room they come too.
  sink_.LimitSeries(8);
  EXPECT_EQ(Scrape("a 2\nb 1\nc 3\nd 1\n").size(), 8u);
  EXPECT_EQ(target_.last_refused(), 1u);
  EXPECT_EQ(Check(target_.Failed(kStart, 1)).size(), 8u);
  EXPECT_EQ(target_.last_refused(), 0u);
  // Refused samples count to the limit of a scrape.
  EXPECT_FALSE(target_.Parse(kStart, "a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n", 1).ok());
}

TEST_F(TargetScrapeTest, ATargetWhoseOwnSeriesAreRefusedSaysWhy) {
  sink_.LimitSeries(2);
  const auto batch = target_.Parse(kStart, "a 1\n", 1);
  EXPECT_EQ(batch.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(TargetScrapeTest, OldTextsAreForgottenAndEndAllTheSame) {
  std::map<std::string, double> values;
  for (int i = 0; i < 3'000; ++i) {
    values = Scrape(fmt::format("a{{n=\"{}\"}} {}\nb 1\n", i, i));
    ASSERT_EQ(values.at(Name("a", fmt::format(", n=\"{}\"", i))), i);
    ASSERT_EQ(values.size(), i == 0 ? 7u : 8u);
  }
  EXPECT_TRUE(IsStaleNan(values.at(Name("a", ", n=\"2998\""))));
  // The same with answers that break off.
  for (int i = 0; i < 3'000; ++i) {
    EXPECT_FALSE(target_.Parse(kStart, fmt::format("c{{n=\"{}\"}} 1\nb\n", i), 1).ok());
  }
  values = Scrape("b 1\n");
  EXPECT_TRUE(IsStaleNan(values.at(Name("a", ", n=\"2999\""))));
  EXPECT_EQ(values.size(), 7u);
}

/// A target with rules of its own.
class ScrapeRulesTest : public ::testing::Test {
 protected:
  void Make(ScrapeRules rules) {
    if (!relabeler_.empty()) rules.relabel = &relabeler_;
    target_.emplace(sink_, kTarget, rules, ScrapeHooks{&exemplars_, &metadata_});
  }
  void AddRule(RelabelRule rule) { ASSERT_TRUE(relabeler_.Add(std::move(rule)).ok()); }
  std::map<std::string, double> Scrape(std::string_view body,
                                       ExpositionFormat format = ExpositionFormat::kText) {
    StatusOr<ScrapeBatch> batch = target_->Parse(kStart, body, 0.25, format);
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? sink_.Read(*batch) : std::map<std::string, double>();
  }
  std::string ErrorOf(std::string_view body) {
    return std::string(Message(target_->Parse(kStart, body, 0.25).status()));
  }
  static std::string Name(std::string_view name) {
    return fmt::format("{}{{instance=\"a:1\", job=\"shop\"}}", name);
  }

  TestSink sink_;
  Registry registry_;
  ExemplarRing exemplars_{&registry_};
  MetricMetadata metadata_{&registry_};
  Relabeler relabeler_;
  std::optional<TargetScrape> target_;
};

TEST_F(ScrapeRulesTest, SamplesWithTimesOfTheirOwnGoTheirOwnWay) {
  Make({});
  const auto values = Scrape("a 1 1395066363000\na 2 1395066364000\nb 3\n");
  EXPECT_EQ(values.count(Name("a")), 0u);
  EXPECT_EQ(values.at(Name("scrape_samples_scraped")), 3);
  EXPECT_EQ(values.at(Name("scrape_series_added")), 2);
  EXPECT_EQ(
      sink_.Read(target_->TakeTimed()),
      (std::vector<std::string>{Name("a") + " 1@1395066363000", Name("a") + " 2@1395066364000"}));
  EXPECT_TRUE(target_->TakeTimed().samples.empty());
  EXPECT_EQ(Scrape("b 3\n").count(Name("a")), 0u) << "they get no stale marker, as in Prometheus";
  Make({.honor_timestamps = false});
  EXPECT_EQ(Scrape("a 1 1395066363000\n").at(Name("a")), 1);
}

TEST_F(ScrapeRulesTest, HonoredLabelsWin) {
  Make({.honor_labels = true});
  const auto values = Scrape("a{job=\"other\"} 1\nb{instance=\"\"} 2\n");
  EXPECT_EQ(values.count("a{instance=\"a:1\", job=\"other\"}"), 1u);
  EXPECT_EQ(values.count("b{job=\"shop\"}"), 1u) << "an empty label takes the target's away";
}

TEST_F(ScrapeRulesTest, MetricsAreRelabelled) {
  RelabelRule drop;
  drop.action = RelabelRule::Action::kDrop;
  drop.source_labels = {"__name__"};
  drop.regex = "go_.*";
  AddRule(drop);
  RelabelRule rename;
  rename.source_labels = {"__name__"};
  rename.regex = "old_(.*)";
  rename.target_label = "__name__";
  rename.replacement = "new_$1";
  AddRule(rename);
  Make({});
  for (int i = 0; i < 2; ++i) {
    const auto values = Scrape("go_a 1\nold_b 2\nc 3\n");
    EXPECT_EQ(values.at(Name("new_b")), 2);
    EXPECT_EQ(values.at(Name("scrape_samples_scraped")), 3);
    EXPECT_EQ(values.at(Name("scrape_samples_post_metric_relabeling")), 2);
    EXPECT_EQ(values.at(Name("scrape_series_added")), i == 0 ? 2 : 0);
    EXPECT_EQ(values.size(), 7u);
  }
  RelabelRule unname;
  unname.target_label = "__name__";
  unname.replacement = "";
  AddRule(unname);
  Make({});
  EXPECT_THAT(ErrorOf("a 1\n"), HasSubstr("no metric name"));
}

TEST_F(ScrapeRulesTest, LimitsFailTheScrape) {
  Make({.limits = {.sample_limit = 2}});
  Scrape("a 1\nb 1\n");
  EXPECT_THAT(ErrorOf("a 1\nb 1\nc 1\n"), HasSubstr("sample_limit (2)"));
  Make({.limits = {.label_limit = 4}});
  Scrape("a{x=\"1\"} 1\n");
  EXPECT_THAT(ErrorOf("a{x=\"1\",y=\"2\"} 1\n"), HasSubstr("label_limit is 4"));
  Make({.limits = {.label_name_length_limit = 8}});
  Scrape("a{x2345678=\"1\"} 1\n");
  EXPECT_THAT(ErrorOf("a{x23456789=\"1\"} 1\n"), HasSubstr("label_name_length_limit is 8"));
  Make({.limits = {.label_value_length_limit = 5}});
  Scrape("a{x=\"12345\"} 1\n");
  EXPECT_THAT(ErrorOf("a{x=\"123456\"} 1\n"), HasSubstr("label_value_length_limit is 5"));
}

TEST_F(ScrapeRulesTest, ExemplarsAndMetadataAreKept) {
  Make({});
  Scrape("# TYPE a counter\n# HELP a What it is.\na_total 2 # {trace_id=\"x\"} 1 3\n# EOF\n",
         ExpositionFormat::kOpenMetrics);
  const SeriesId id =
      *sink_.InternSeries(Labels({{"__name__", "a_total"}, {"instance", "a:1"}, {"job", "shop"}}));
  EXPECT_EQ(exemplars_.Read(id, TimeFromMs(0), kStart),
            (std::vector<Exemplar>{{Labels({Label{"trace_id", "x"}}), 1, TimeFromMs(3000)}}));
  EXPECT_EQ(metadata_.OfSource("shop/a:1").at("a"), (MetricInfo{"counter", "What it is.", ""}));
  target_->Gone(kStart);
  EXPECT_TRUE(metadata_.OfSource("shop/a:1").empty());
}

}  // namespace
}  // namespace kizashi

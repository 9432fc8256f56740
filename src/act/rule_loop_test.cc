#include "act/rule_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "act/test_support.h"
#include "query/promql/memory_source.h"

namespace kizashi {
namespace {

using testing::HasSubstr;

constexpr std::string_view kRules =
    "groups:\n- name: g\n  interval: 10s\n  rules:\n  - {record: r, expr: 'up + 1'}\n"
    "  - {alert: D, expr: 'up == 0'}\n";

// A store in memory, where what is appended can be read at once.
class MemorySink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels& labels) override {
    series_.push_back(labels);
    return static_cast<SeriesId>(series_.size() - 1);
  }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done done) override { done(OkStatus()); }
  void Append(LogBatch, Done done) override { done(OkStatus()); }
  std::vector<RefusedSample> Append(SampleBatch batch, Done done) override {
    for (const auto& sample : batch.samples) {
      source.Add(series_[sample.series], ToMs(sample.time), sample.value);
    }
    done(OkStatus());
    return {};
  }
  std::string ReadCursor(const std::string&) override { return ""; }

  promql::MemorySource source;

 private:
  std::vector<Labels> series_;
};

class RuleLoopTest : public testing::Test {
 protected:
  RuleLoopTest() : clock_(TimeFromMs(1'700'000'000'000)), records_(folder_.OpenRecords()) {
    PutRules(kRules);
    RuleLoop::Options options;
    options.files = {folder_.path() + "/*.yml"};
    options.catalog = [] { return ShopCatalog(); };
    loop_ = std::make_unique<RuleLoop>(sink_.source, sink_, *records_, clock_, &registry_, options);
  }

  void PutRules(std::string_view text) {
    std::ofstream(folder_.path() + "/a.yml", std::ios::trunc) << text;
  }
  void Pass(Duration by, double up) {
    clock_.Advance(by);
    sink_.source.Add(Labels({{"__name__", "up"}, {"job", "cart"}}), ToMs(clock_.Now()) - 10'000,
                     up);
    loop_->Tick(clock_.Now());
  }
  // The value of a query now; nothing when it has none.
  std::optional<double> Ask(const std::string& query) {
    const auto result = promql::QueryInstant(sink_.source, query, clock_.Now(), {});
    if (!result.ok() || result->series.empty()) return std::nullopt;
    return result->series[0].values[0];
  }

  TempFolder folder_;
  ManualClock clock_;
  Registry registry_;
  MemorySink sink_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<RuleLoop> loop_;
};

TEST_F(RuleLoopTest, EvaluatesAtItsTimesAndLeavesOutLateOnes) {
  ASSERT_TRUE(loop_->Load().ok());
  Pass(Duration(0), 1);
  EXPECT_EQ(Ask("r"), std::nullopt);  // its time comes first
  Pass(std::chrono::seconds(10), 1);
  EXPECT_EQ(Ask("r"), 2);
  Pass(std::chrono::seconds(40), 1);
  EXPECT_THAT(registry_.Write(), HasSubstr("kizashi_rule_group_iterations_missed_total 3"));
  EXPECT_THAT(registry_.Write(), HasSubstr("kizashi_rule_evaluations_total 4"));
  EXPECT_EQ(loop_->Current()->groups.at(0)->rules.at(0).health.Name(), "ok");
}

TEST_F(RuleLoopTest, AlertsBecomeRecordsAndSeries) {
  ASSERT_TRUE(loop_->Load().ok());
  for (int i = 0; i < 4; ++i) Pass(std::chrono::seconds(10), 0);
  EXPECT_EQ(Ask("ALERTS{alertstate=\"firing\"}"), 1);
  ASSERT_EQ(records_->ListAlerts({})->size(), 1u);
  EXPECT_FALSE(records_->ListAlerts({})->at(0).end);
  Pass(std::chrono::seconds(10), 1);
  EXPECT_EQ(Ask("ALERTS"), std::nullopt);
  EXPECT_TRUE(records_->ListAlerts({})->at(0).end);
}

TEST_F(RuleLoopTest, ABadFileKeepsTheLastGoodRules) {
  ASSERT_TRUE(loop_->Load().ok());
  Pass(std::chrono::seconds(10), 1);
  PutRules("groups: [{name: g, rules: [{record: r, expr: 'sum('}]}]");
  loop_->Reload(clock_.Now());
  ASSERT_EQ(loop_->Current()->errors.size(), 1u);
  EXPECT_THAT(loop_->Current()->errors[0], HasSubstr("could not parse expression"));
  EXPECT_EQ(loop_->Current()->groups.at(0)->rules.size(), 2u);
  EXPECT_THAT(registry_.Write(), HasSubstr("kizashi_rule_files_ok 0"));
  PutRules("groups: []");
  loop_->Reload(clock_.Now());
  EXPECT_TRUE(loop_->Current()->errors.empty());
  EXPECT_TRUE(loop_->Current()->groups.empty());
  EXPECT_EQ(Ask("r"), std::nullopt);  // its series have ended
}

TEST_F(RuleLoopTest, ABadFileAtTheStartIsAnError) {
  PutRules("groups: [{name: g, rule: []}]");
  const Status loaded = loop_->Load();
  EXPECT_EQ(loaded.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(loaded)), HasSubstr("a.yml:1:20: unknown field \"rule\""));
}

}  // namespace
}  // namespace kizashi

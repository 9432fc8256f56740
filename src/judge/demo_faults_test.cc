// What one run of the demo measured (tests/e2e/demo_anomalies_test.py --record), judged again: a
// log change, a slow server, a CPU burn and a traffic surge are one anomaly each, and nothing else
// is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kRecorded = "src/judge/testdata/demo_faults.txt";
constexpr Duration kStep = seconds(15);
// As the demo writes it (demo/files.cc).
constexpr std::string_view kCatalog = R"yaml(
service:
  name: shop
  owner: shop-team
  redundancy: {need: 3, of: 5, by: server}
  slo: {target: 99, window: 1d, good: 'http_requests_total{job="shop-balancer",code!~"5.."}', total: 'http_requests_total{job="shop-balancer"}'}
---
service: {name: shop-load, owner: shop-team, depends_on: [shop]}
---
team: {name: shop-team}
)yaml";

struct Fault {
  std::string name;
  std::string server;
  Duration at{};
};

// The recorded run: faults, and series by name with a value a step; NaN where there is none.
struct Recorded {
  std::vector<Fault> faults;
  std::vector<std::pair<std::string, std::vector<double>>> series;
  size_t steps = 0;
};

std::vector<double> ValuesOf(const std::string& tokens) {
  std::vector<double> values;
  std::istringstream in(tokens);
  double thousandths = 0;
  for (std::string token; in >> token;) {
    const size_t star = token.find('*');
    const int times = star == std::string::npos ? 1 : std::stoi(token.substr(star + 1));
    for (int i = 0; i < times; ++i) {
      const bool absent = token[0] == '-' && (token.size() == 1 || token[1] == '*');
      if (!absent) thousandths += std::stod(token.substr(0, star));
      values.push_back(absent ? std::numeric_limits<double>::quiet_NaN() : thousandths / 1000);
    }
  }
  return values;
}

Recorded ReadRecorded() {
  Recorded recorded;
  std::ifstream file{std::string(kRecorded)};
  EXPECT_TRUE(file.is_open()) << kRecorded << ": run the test from the root of the tree";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("fault ")) {
      std::istringstream in(line.substr(6));
      Fault fault;
      int64_t second = 0;
      in >> fault.name >> fault.server >> second;
      fault.at = seconds(second);
      recorded.faults.push_back(fault);
      continue;
    }
    const size_t tab = line.find('\t');
    recorded.series.emplace_back(line.substr(0, tab), ValuesOf(line.substr(tab + 1)));
    recorded.steps = std::max(recorded.steps, recorded.series.back().second.size());
  }
  return recorded;
}

class DemoFaultsTest : public testing::Test {
 protected:
  void SetUp() override {
    recorded_ = ReadRecorded();
    ASSERT_EQ(recorded_.faults.size(), 4u);
    journal_.Catalog(kMidnight, kCatalog);
    for (size_t i = 0; i < recorded_.steps; ++i) {
      const Time now = kMidnight + kStep * static_cast<int64_t>(i + 1);
      TestJournal::Samples samples;
      for (const auto& [name, values] : recorded_.series) {
        if (i < values.size() && !std::isnan(values[i])) samples.emplace_back(name, values[i]);
      }
      journal_.Scrape(now, "demo", samples);
      Log(now);
    }
  }
  // Lines are not recorded: those of the customers, and the one of the fault.
  void Log(Time now) {
    const std::string stream = R"({service="shop",instance="server-d"})";
    for (int i = 0; i < 30; ++i) {
      journal_.Lines(now, stream, {fmt::format("request {} answered 200 in 9 ms", ++line_)});
    }
    const Fault& fault = FaultOf("new_line");
    if (now < kMidnight + fault.at || now > kMidnight + fault.at + minutes(4)) return;
    journal_.Lines(now, stream, {fmt::format("ledger mismatch for account {}", ++line_)});
  }
  const Fault& FaultOf(const std::string& name) const {
    for (const Fault& fault : recorded_.faults) {
      if (fault.name == name) return fault;
    }
    ADD_FAILURE() << "no fault " << name;
    return recorded_.faults.front();
  }
  // Of every anomaly of whatever service its last record, in the order in which they began.
  std::vector<AnomalyRecord> Anomalies() {
    told_ = JudgeRest(journal_, &judge_);
    std::vector<AnomalyRecord> found;
    for (const AnomalyRecord& record : told_.anomalies) {
      const auto same = std::find_if(found.begin(), found.end(),
                                     [&](const auto& other) { return other.id == record.id; });
      if (same == found.end()) {
        found.push_back(record);
      } else {
        *same = record;
      }
    }
    return found;
  }

  Recorded recorded_;
  TestJournal journal_;
  Judge judge_{journal_};
  Told told_;
  int line_ = 0;
};

TEST_F(DemoFaultsTest, EachIsOneAnomalyThatNamesWhatMovedAndWhose) {
  const std::vector<AnomalyRecord> found = Anomalies();
  struct Expected {
    std::string fault;
    std::string code;
    std::string signal;
  };
  const std::vector<Expected> all = {{"slow", "signals_moved", "http_latency_p99"},
                                     {"new_line", "pattern_new", ""},
                                     {"cpu", "signals_moved", "process_cpu"},
                                     {"traffic", "traffic_up", "http_requests"}};
  ASSERT_EQ(found.size(), all.size()) << testing::PrintToString(told_.Stories("shop"))
                                      << testing::PrintToString(told_.Stories("shop-load"));
  double spent = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].fault);
    const AnomalyRecord& record = found[i];
    const Fault& fault = FaultOf(all[i].fault);
    EXPECT_EQ(record.service, "shop");
    EXPECT_EQ(record.code, all[i].code);
    EXPECT_GE(record.begin, kMidnight + fault.at);
    EXPECT_LE(record.begin, kMidnight + fault.at + minutes(3));
    // What was recorded ends with the traffic.
    ASSERT_TRUE(record.end.has_value() || i + 1 == all.size());
    EXPECT_LE(record.end.value_or(kMidnight), kMidnight + fault.at + minutes(15));
    EXPECT_GT(record.price.mean_minutes, 0);
    EXPECT_LE(record.price.low_minutes, record.price.mean_minutes);
    EXPECT_GT(record.price.high_minutes, record.price.mean_minutes);
    spent += record.price.mean_minutes;
    if (all[i].signal.empty()) continue;
    EXPECT_EQ(FieldText(record.fields, "signal"), all[i].signal);
    EXPECT_GT(FieldNumber(record.fields, "value"), FieldNumber(record.fields, "band_high"));
    EXPECT_EQ(FieldText(record.fields, "member"), fault.server == "-" ? "" : fault.server);
  }
  EXPECT_TRUE(told_.alerts.empty()) << "anomalies never page";
  const ServiceSnapshot shop = *judge_.MakeSnapshot(1).Find("shop");
  EXPECT_NEAR(shop.anomaly_budget.spent_minutes, spent, 1e-9);
}

TEST_F(DemoFaultsTest, BeforeTheFirstFaultNothingIsOdd) {
  for (const AnomalyRecord& record : Anomalies()) {
    EXPECT_GE(record.begin, kMidnight + recorded_.faults.front().at) << record.code;
  }
}

}  // namespace
}  // namespace kizashi

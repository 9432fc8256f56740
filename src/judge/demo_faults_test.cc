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

constexpr std::string_view kFolder = "src/judge/testdata/";
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

std::vector<double> ValuesOf(const std::string& tokens, double scale) {
  std::vector<double> values;
  std::istringstream in(tokens);
  double value = 0;
  for (std::string token; in >> token;) {
    const size_t star = token.find('*');
    const int times = star == std::string::npos ? 1 : std::stoi(token.substr(star + 1));
    for (int i = 0; i < times; ++i) {
      const bool absent = token[0] == '-' && (token.size() == 1 || token[1] == '*');
      if (!absent) value += std::stod(token.substr(0, star));
      values.push_back(absent ? std::numeric_limits<double>::quiet_NaN() : value / scale);
    }
  }
  return values;
}

Recorded ReadRecorded(const std::string& name) {
  Recorded recorded;
  std::ifstream file(std::string(kFolder) + name);
  EXPECT_TRUE(file.is_open()) << name << ": run the test from the root of the tree";
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
    const size_t second = line.find('\t', tab + 1);
    const double scale = std::stod(line.substr(tab + 1, second - tab - 1));
    recorded.series.emplace_back(line.substr(0, tab), ValuesOf(line.substr(second + 1), scale));
    recorded.steps = std::max(recorded.steps, recorded.series.back().second.size());
  }
  return recorded;
}

class DemoFaultsTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    recorded_ = ReadRecorded(GetParam());
    ASSERT_FALSE(recorded_.faults.empty());
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
    for (const Fault& fault : recorded_.faults) {
      if (fault.name != "new_line" || now < kMidnight + fault.at) continue;
      if (now > kMidnight + fault.at + minutes(3)) continue;
      journal_.Lines(now, stream, {fmt::format("ledger mismatch for account {}", ++line_)});
    }
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

struct Expected {
  std::string code;
  std::string signal;
};
const std::map<std::string, Expected> kExpected = {{"slow", {"signals_moved", "http_latency_p99"}},
                                                   {"new_line", {"pattern_new", ""}},
                                                   {"cpu", {"signals_moved", "process_cpu"}},
                                                   {"traffic", {"traffic_up", "http_requests"}}};

TEST_P(DemoFaultsTest, EachIsOneAnomalyThatNamesWhatMovedAndWhose) {
  const std::vector<AnomalyRecord> found = Anomalies();
  ASSERT_EQ(found.size(), recorded_.faults.size())
      << testing::PrintToString(told_.Stories("shop"))
      << testing::PrintToString(told_.Stories("shop-load"));
  double spent = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const AnomalyRecord& record = found[i];
    const Fault& fault = recorded_.faults[i];
    const Expected& expected = kExpected.at(fault.name);
    SCOPED_TRACE(fault.name);
    EXPECT_EQ(record.service, "shop");
    EXPECT_EQ(record.code, expected.code);
    EXPECT_GE(record.begin, kMidnight + fault.at);
    EXPECT_LE(record.begin, kMidnight + fault.at + minutes(3));
    // What was recorded ends soon after the last of them.
    EXPECT_LE(record.end.value_or(kMidnight), kMidnight + fault.at + minutes(15));
    EXPECT_GT(record.price.mean_minutes, 0);
    EXPECT_LE(record.price.low_minutes, record.price.mean_minutes);
    EXPECT_GT(record.price.high_minutes, record.price.mean_minutes);
    spent += record.price.mean_minutes;
    if (expected.signal.empty()) continue;
    EXPECT_EQ(FieldText(record.fields, "signal"), expected.signal);
    EXPECT_GT(FieldNumber(record.fields, "value"), FieldNumber(record.fields, "band_high"));
    EXPECT_EQ(FieldText(record.fields, "member"), fault.server == "-" ? "" : fault.server);
  }
  EXPECT_TRUE(told_.alerts.empty()) << "anomalies never page";
  const ServiceSnapshot shop = *judge_.MakeSnapshot(1).Find("shop");
  EXPECT_NEAR(shop.anomaly_budget.spent_minutes, spent, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Recorded, DemoFaultsTest,
                         testing::Values("demo_log_traffic_slow.txt", "demo_cpu_traffic.txt"));

}  // namespace
}  // namespace kizashi

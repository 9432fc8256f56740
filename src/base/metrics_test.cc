#include "base/metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <thread>

namespace kizashi {
namespace {

TEST(MetricsTest, TheExpositionIsPrometheusText) {
  Registry registry;
  registry.GetCounter("kizashi_lines_total", "Lines taken.", {{"receiver", "tail"}}).Add(3);
  registry.GetCounter("kizashi_lines_total", "Lines taken.", {{"receiver", "loki"}}).Add();
  registry.GetGauge("kizashi_queue_bytes", "Bytes that wait.").Set(1.5);
  registry.AddCallback("kizashi_lag_entries", "Entries behind.", [] { return 7.0; });
  Histogram& histogram = registry.GetHistogram("kizashi_commit_seconds", "Time to commit.",
                                               {0.1, 1}, {{"to", "disk"}});
  for (const double value : {0.05, 0.1, 0.5, 3.0}) histogram.Observe(value);
  EXPECT_EQ(registry.Write(),
            "# HELP kizashi_commit_seconds Time to commit.\n"
            "# TYPE kizashi_commit_seconds histogram\n"
            "kizashi_commit_seconds_bucket{to=\"disk\",le=\"0.1\"} 2\n"
            "kizashi_commit_seconds_bucket{to=\"disk\",le=\"1\"} 3\n"
            "kizashi_commit_seconds_bucket{to=\"disk\",le=\"+Inf\"} 4\n"
            "kizashi_commit_seconds_sum{to=\"disk\"} 3.65\n"
            "kizashi_commit_seconds_count{to=\"disk\"} 4\n"
            "# HELP kizashi_lag_entries Entries behind.\n"
            "# TYPE kizashi_lag_entries gauge\n"
            "kizashi_lag_entries 7\n"
            "# HELP kizashi_lines_total Lines taken.\n"
            "# TYPE kizashi_lines_total counter\n"
            "kizashi_lines_total{receiver=\"loki\"} 1\n"
            "kizashi_lines_total{receiver=\"tail\"} 3\n"
            "# HELP kizashi_queue_bytes Bytes that wait.\n"
            "# TYPE kizashi_queue_bytes gauge\n"
            "kizashi_queue_bytes 1.5\n");
}

TEST(MetricsTest, LabelValuesAreEscaped) {
  Registry registry;
  registry.GetGauge("kizashi_x", "X.", {{"path", "C:\\logs\n\"a b\" {=}\xe5\x85\x86"}}).Set(1);
  EXPECT_NE(
      registry.Write().find("kizashi_x{path=\"C:\\\\logs\\n\\\"a b\\\" {=}\xe5\x85\x86\"} 1\n"),
      std::string::npos)
      << registry.Write();
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  Registry registry;
  Counter& first = registry.GetCounter("kizashi_a_total", "A.", {{"code", "200"}});
  EXPECT_EQ(&first, &registry.GetCounter("kizashi_a_total", "A.", {{"code", "200"}}));
  EXPECT_NE(&first, &registry.GetCounter("kizashi_a_total", "A.", {{"code", "500"}}));
}

TEST(MetricsTest, NothingIsLostWhenThreadsAdd) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        registry.GetCounter("kizashi_a_total", "A.").Add();
        registry.GetHistogram("kizashi_b", "B.", {1}).Observe(0.5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = registry.Write();
  EXPECT_NE(text.find("\nkizashi_a_total 40000\n"), text.npos) << text;
  EXPECT_NE(text.find("\nkizashi_b_bucket{le=\"1\"} 40000\n"), text.npos) << text;
  EXPECT_NE(text.find("\nkizashi_b_sum 20000\n"), text.npos) << text;
}

TEST(MetricsTest, TheProcessMeasuresItself) {
  Registry registry;
  AddProcessMetrics(&registry);
  const auto value = [&](const std::string& name) {
    const std::string text = registry.Write();
    const size_t at = text.find("\n" + name + " ");
    return at == text.npos ? NAN : std::stod(text.substr(at + name.size() + 2));
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value("process_start_time_seconds"), 1.7e9);
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
  EXPECT_GE(value("process_max_fds"), value("process_open_fds"));
  const double before = value("process_open_fds");
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(value("process_open_fds"), before + 1);
  close(fd);
}

TEST(MetricsDeathTest, NamesThatPrometheusWouldRefuseAreMistakesOfOurs) {
  Registry registry;
  registry.GetGauge("kizashi_a", "A.");
  EXPECT_DEATH(registry.GetCounter("kizashi_lines", "Lines."), "must end in _total");
  EXPECT_DEATH(registry.GetHistogram("kizashi_a", "A.", {1}), "has two types");
  EXPECT_DEATH(registry.GetGauge("kizashi a", "A."), "check failed");
  EXPECT_DEATH(registry.GetGauge("9kizashi", "A."), "check failed");
  EXPECT_DEATH(registry.GetGauge("kizashi_b", "B.", {{"a-b", "x"}}), "check failed");
  EXPECT_DEATH(registry.GetHistogram("kizashi_c", "C.", {2, 1}), "check failed");
}

}  // namespace
}  // namespace kizashi

// Kizashi's own counters and gauges, and their text in the Prometheus exposition format 0.0.4.
//
// A Registry is made by main and handed down. Metrics live as long as the registry, updating one is
// an atomic add and any thread may do it. Names follow Prometheus' conventions: prefix kizashi_,
// base units, _total for counters; the registry checks their letters and the _total.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kizashi {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void Add(double by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Cumulative buckets with upper bounds given at creation.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void Observe(double value);

 private:
  friend class Registry;
  const std::vector<double> bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;  // bounds_.size() + 1, not cumulative
  std::atomic<double> sum_{0};
};

class Registry {
 public:
  /// The same name and labels give the same object again. `help` is kept from the first call.
  Counter& GetCounter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& GetGauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& GetHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                          MetricLabels labels = {});
  /// A gauge whose value is asked for at each Write. `read` may be called on any thread.
  void AddCallback(std::string_view name, std::string_view help, std::function<double()> read,
                   bool counter = false);

  /// The exposition text, families in order of name, `# HELP` and `# TYPE` once each.
  std::string Write() const;

 private:
  struct Family {
    std::string help;
    std::string type;
    std::map<MetricLabels, std::unique_ptr<Counter>> counters;
    std::map<MetricLabels, std::unique_ptr<Gauge>> gauges;
    std::map<MetricLabels, std::unique_ptr<Histogram>> histograms;
    std::function<double()> read;
  };
  Family& GetFamily(std::string_view name, std::string_view help, std::string_view type);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

/// Adds process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, process_max_fds
/// and process_start_time_seconds, read from /proc/self.
void AddProcessMetrics(Registry* registry);

}  // namespace kizashi

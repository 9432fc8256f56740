#include "base/metrics.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/check.h"

namespace kizashi {
namespace {

// Letters, digits and underscores, not beginning with a digit; what Prometheus takes for the name
// of a metric and of a label (a colon is for recording rules).
bool IsName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

bool AreNames(const MetricLabels& labels) {
  return std::all_of(labels.begin(), labels.end(),
                     [](const auto& label) { return IsName(label.first); });
}

void AppendLabels(const MetricLabels& labels, std::string_view extra, std::string* out) {
  if (labels.empty() && extra.empty()) return;
  out->push_back('{');
  bool first = true;
  for (const auto& [name, value] : labels) {
    if (!first) out->push_back(',');
    first = false;
    *out += name;
    *out += "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') out->push_back('\\');
      if (c == '\n') {
        *out += "\\n";
      } else {
        out->push_back(c);
      }
    }
    out->push_back('"');
  }
  if (!extra.empty()) {
    if (!first) out->push_back(',');
    *out += extra;
  }
  out->push_back('}');
}

void AppendSample(std::string_view name, const MetricLabels& labels, std::string_view extra,
                  double value, std::string* out) {
  *out += name;
  AppendLabels(labels, extra, out);
  fmt::format_to(std::back_inserter(*out), " {}\n", value);
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double pages_total = 0;
  double pages_resident = 0;
  statm >> pages_total >> pages_resident;
  return pages_resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenFds() {
  std::error_code error;
  double count = 0;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++count;
  }
  return count - 1;  // the listing itself holds one
}

double MaxFds() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(new std::atomic<uint64_t>[bounds_.size() + 1]) {
  KZ_CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
  for (size_t i = 0; i <= bounds_.size(); ++i) counts_[i] = 0;
}

void Histogram::Observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Registry::Family& Registry::GetFamily(std::string_view name, std::string_view help,
                                      std::string_view type) {
  KZ_CHECK(IsName(name) && !help.empty(), "metric {}", name);
  KZ_CHECK(type != "counter" || name.ends_with("_total"), "counter {} must end in _total", name);
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.emplace(std::string(name), Family{}).first;
    found->second.help = help;
    found->second.type = type;
  }
  KZ_CHECK(found->second.type == type, "metric {} has two types", name);
  return found->second;
}

Counter& Registry::GetCounter(std::string_view name, std::string_view help, MetricLabels labels) {
  KZ_CHECK(AreNames(labels), "a label of metric {}", name);
  const std::lock_guard lock(mutex_);
  auto& slot = GetFamily(name, help, "counter").counters[std::move(labels)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& Registry::GetGauge(std::string_view name, std::string_view help, MetricLabels labels) {
  KZ_CHECK(AreNames(labels), "a label of metric {}", name);
  const std::lock_guard lock(mutex_);
  auto& slot = GetFamily(name, help, "gauge").gauges[std::move(labels)];
  if (!slot) slot = std::make_unique<Gauge>();
  return *slot;
}

Histogram& Registry::GetHistogram(std::string_view name, std::string_view help,
                                  std::vector<double> bounds, MetricLabels labels) {
  KZ_CHECK(AreNames(labels), "a label of metric {}", name);
  const std::lock_guard lock(mutex_);
  auto& slot = GetFamily(name, help, "histogram").histograms[std::move(labels)];
  if (!slot) slot = std::make_unique<Histogram>(std::move(bounds));
  return *slot;
}

void Registry::AddCallback(std::string_view name, std::string_view help,
                           std::function<double()> read, bool counter) {
  const std::lock_guard lock(mutex_);
  GetFamily(name, help, counter ? "counter" : "gauge").read = std::move(read);
}

std::string Registry::Write() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, family.help, name,
                   family.type);
    for (const auto& [labels, counter] : family.counters) {
      AppendSample(name, labels, "", counter->value(), &out);
    }
    for (const auto& [labels, gauge] : family.gauges) {
      AppendSample(name, labels, "", gauge->value(), &out);
    }
    if (family.read) AppendSample(name, {}, "", family.read(), &out);
    for (const auto& [labels, histogram] : family.histograms) {
      uint64_t total = 0;
      for (size_t i = 0; i <= histogram->bounds_.size(); ++i) {
        total += histogram->counts_[i].load(std::memory_order_relaxed);
        const std::string bound =
            i < histogram->bounds_.size() ? fmt::format("{}", histogram->bounds_[i]) : "+Inf";
        AppendSample(name + "_bucket", labels, fmt::format("le=\"{}\"", bound),
                     static_cast<double>(total), &out);
      }
      AppendSample(name + "_sum", labels, "", histogram->sum_.load(), &out);
      AppendSample(name + "_count", labels, "", static_cast<double>(total), &out);
    }
  }
  return out;
}

void AddProcessMetrics(Registry* registry) {
  const double started =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  registry->AddCallback("process_cpu_seconds_total", "User and system CPU time spent.", CpuSeconds,
                        true);
  registry->AddCallback("process_resident_memory_bytes", "Resident memory size.", ResidentBytes);
  registry->AddCallback("process_open_fds", "Number of open file descriptors.", OpenFds);
  registry->AddCallback("process_max_fds", "Maximum number of open file descriptors.", MaxFds);
  registry->AddCallback("process_start_time_seconds", "Start time since the Unix epoch.",
                        [started] { return started; });
}

}  // namespace kizashi

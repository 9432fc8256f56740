// Any bytes as a prometheus.yml: jobs or errors, and targets of the jobs that are made or refused.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "ingest/prometheus_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const PrometheusConfig config = ParsePrometheusConfig("p.yml", text);
  KZ_CHECK(config.errors.empty() || config.jobs.empty());
  KZ_CHECK(config.errors.size() <= 100 && config.notes.size() <= 100);
  for (const PrometheusJob& job : config.jobs) {
    KZ_CHECK(!job.job->name.empty() && job.job->timeout <= job.job->interval);
    for (const RawTarget& raw : job.static_targets) {
      const auto target = MakeJobTarget(job.job, raw);
      if (!target.ok() || !target->has_value()) continue;
      KZ_CHECK((*target)->labels.Has("job") && (*target)->interval > Duration(0));
    }
    Labels labels({{"__name__", "up"}, {"a", "b"}});
    (void)job.job->metric_relabel.Apply(&labels);
  }
  return 0;
}

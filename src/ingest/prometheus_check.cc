#include "ingest/prometheus_check.h"

#include <fmt/core.h>

#include "base/json_writer.h"
#include "ingest/prometheus_config.h"

namespace kizashi {
namespace {

void WriteList(const char* key, const std::vector<std::string>& list, JsonWriter* json) {
  json->Key(key).BeginArray();
  for (const std::string& one : list) json->String(one);
  json->EndArray();
}

}  // namespace

int CheckPrometheusConfigCommand(const std::string& file, bool json, FILE* out) {
  WatchedFile watched(file);
  const auto text = watched.Poll();
  if (!text->ok()) {
    fmt::print(stderr, "kizashi check: {}\n", Message(text->status()));
    return 3;
  }
  const PrometheusConfig config = ParsePrometheusConfig(file, **text);
  size_t targets = 0;
  for (const PrometheusJob& job : config.jobs) targets += job.static_targets.size();
  if (json) {
    JsonWriter writer;
    writer.BeginObject();
    WriteList("errors", config.errors, &writer);
    WriteList("notes", config.notes, &writer);
    writer.Key("jobs").Int(static_cast<int64_t>(config.jobs.size()));
    writer.Key("static_targets").Int(static_cast<int64_t>(targets)).EndObject();
    fmt::print(out, "{}\n", writer.Take());
  } else {
    for (const std::string& error : config.errors) fmt::print(out, "{}\n", error);
    for (const std::string& note : config.notes) fmt::print(out, "{} (note)\n", note);
    if (config.errors.empty()) {
      fmt::print(out, "good: {} jobs, {} static targets\n", config.jobs.size(), targets);
    }
  }
  return config.errors.empty() ? 0 : 1;
}

}  // namespace kizashi

#include "ingest/prometheus_check.h"

#include <fmt/core.h>

#include <iterator>
#include <optional>
#include <vector>

#include "base/json_writer.h"
#include "ingest/prometheus_config.h"

namespace kizashi {
namespace {

void WriteList(const char* key, const std::vector<std::string>& list, JsonWriter* json) {
  json->Key(key).BeginArray();
  for (const std::string& one : list) json->String(one);
  json->EndArray();
}

/// What the static targets of a job become; a bad one is an error of the file.
struct Made {
  std::vector<ScrapeTarget> targets;
  std::vector<std::string> errors;
};

Made MakeAll(const std::string& file, const PrometheusConfig& config) {
  Made made;
  for (const PrometheusJob& job : config.jobs) {
    for (const RawTarget& raw : job.static_targets) {
      StatusOr<std::optional<ScrapeTarget>> target = MakeJobTarget(job.job, raw);
      if (!target.ok()) {
        made.errors.push_back(fmt::format("{}: job '{}': target '{}': {}", file, job.job->name,
                                          raw.address, Message(target.status())));
      } else if (target->has_value()) {
        made.targets.push_back(**std::move(target));
      }
    }
  }
  return made;
}

void WriteTargets(const std::vector<ScrapeTarget>& targets, JsonWriter* json) {
  json->Key("static_targets").BeginArray();
  for (const ScrapeTarget& target : targets) {
    json->BeginObject().Key("job").String(target.job->name).Key("url").String(target.url);
    json->Key("labels").BeginObject();
    for (const Label& label : target.labels) json->Key(label.name).String(label.value);
    json->EndObject().EndObject();
  }
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
  PrometheusConfig config = ParsePrometheusConfig(file, **text);
  Made made = MakeAll(file, config);
  std::move(made.errors.begin(), made.errors.end(), std::back_inserter(config.errors));
  if (json) {
    JsonWriter writer;
    writer.BeginObject();
    WriteList("errors", config.errors, &writer);
    WriteList("notes", config.notes, &writer);
    writer.Key("jobs").Int(static_cast<int64_t>(config.jobs.size()));
    writer.Key("receivers").BeginArray();
    for (const RemoteWriteConfigPtr& remote : config.remotes) writer.String(remote->name);
    writer.EndArray();
    WriteTargets(made.targets, &writer);
    writer.EndObject();
    fmt::print(out, "{}\n", writer.Take());
  } else {
    for (const std::string& error : config.errors) fmt::print(out, "{}\n", error);
    for (const std::string& note : config.notes) fmt::print(out, "{} (note)\n", note);
    if (config.errors.empty()) {
      fmt::print(out, "good: {} jobs, {} static targets, {} receivers\n", config.jobs.size(),
                 made.targets.size(), config.remotes.size());
    }
  }
  return config.errors.empty() ? 0 : 1;
}

}  // namespace kizashi

#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "base/json_writer.h"

namespace kizashi {
namespace {

struct Setup {
  LogFormat format = LogFormat::kLogfmt;
  std::shared_ptr<spdlog::logger> logger;
};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The process has one standard error, so it has one of these.
Setup& GetSetup() {
  static Setup setup = [] {
    Setup made;
    made.logger = spdlog::stderr_logger_mt("kizashi");
    made.logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
    made.logger->flush_on(spdlog::level::debug);
    return made;
  }();
  return setup;
}

bool NeedsQuotes(std::string_view value) {
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == 0x7f) return true;
  }
  return value.empty();
}

}  // namespace

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Setup& setup = GetSetup();
  if (!setup.logger->should_log(ToSpdlog(level))) return;
  std::string line;
  if (setup.format == LogFormat::kJson) {
    JsonWriter json;
    json.BeginObject();
    json.Key("msg").String(message);
    for (const LogField& field : fields) json.Key(field.key).String(field.value);
    json.EndObject();
    // The pattern opens the object with time and level.
    line = json.Take().substr(1);
  } else {
    line = "msg=";
    AppendJsonString(message, &line);
    for (const LogField& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      if (NeedsQuotes(field.value)) {
        AppendJsonString(field.value, &line);
      } else {
        line += field.value;
      }
    }
  }
  setup.logger->log(ToSpdlog(level), "{}", line);
}

void SetupLog(LogLevel level, LogFormat format) {
  Setup& setup = GetSetup();
  setup.format = format;
  setup.logger->set_level(ToSpdlog(level));
  if (format == LogFormat::kJson) {
    setup.logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v)");
  }
}

StatusOr<LogLevel> ParseLogLevel(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return InvalidArgument("log level '{}' is unknown: use debug, info, warn or error", name);
}

}  // namespace kizashi

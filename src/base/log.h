// Structured log lines on standard error: time, level, message, then key=value pairs.
//
// `Log(LogLevel::kWarn, "scrape failed", {{"target", url}, {"reason", reason}})`. Any thread may
// call. Values are quoted where they need it; secrets are never passed in.
#pragma once

#include <fmt/core.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

struct LogField {
  LogField(std::string_view key_in, std::string_view value_in) : key(key_in), value(value_in) {}
  LogField(std::string_view key_in, const std::string& value_in) : key(key_in), value(value_in) {}
  LogField(std::string_view key_in, const char* value_in) : key(key_in), value(value_in) {}
  template <typename T>
  LogField(std::string_view key_in, const T& value_in)
      : key(key_in), value(fmt::format("{}", value_in)) {}
  std::string_view key;
  std::string value;
};

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// Lines below `level` are dropped. Call before threads start.
void SetupLog(LogLevel level, LogFormat format);
StatusOr<LogLevel> ParseLogLevel(std::string_view name);

}  // namespace kizashi

// What the two readers of OpenTelemetry's logs share: from a resource, a scope and a record's
// fields to streams of lines. One thread; inside wire/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/otlp_logs.h"

namespace kizashi {

/// The fields of one LogRecord, as they are read.
struct OtlpRecord {
  uint64_t time_ns = 0;
  uint64_t observed_ns = 0;
  int64_t severity_number = 0;
  std::string severity_text;
  std::string body;
  std::string event_name;
  std::vector<Label> attributes;
  std::string trace_id;  // lower-case hexadecimal, or empty
  std::string span_id;
  const char* wrong = nullptr;  // what makes it one that is not kept
};

class OtlpBuilder {
 public:
  explicit OtlpBuilder(Time received) : received_(received) {}

  void BeginResource(std::vector<Label> attributes);
  void BeginScope(std::string name, std::string version);
  void Add(OtlpRecord record);
  OtlpLogs Take() { return std::move(logs_); }

 private:
  void Reject(std::string_view reason);

  const Time received_;
  OtlpLogs logs_;
  Labels labels_;
  std::vector<Label> common_;  // of the resource and the scope
  size_t resource_size_ = 0;   // how many of them are the resource's
  size_t common_bytes_ = 0;
  bool begun_ = false;  // the last stream is that of the resource
  size_t records_ = 0;
  size_t text_bytes_ = 0;
};

}  // namespace kizashi

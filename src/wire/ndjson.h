// Reads log lines that are JSON objects, one a line, and plain text lines among them.
//
// Of an object are taken
//   the text:    the first string of message, msg, log, body, line; else the whole line as it came
//   the time:    the first of ts, time, timestamp, @timestamp that tells one: RFC 3339, or seconds,
//                milliseconds, microseconds or nanoseconds since 1970 (told apart by their size) as
//                a number or in a string
//   the service: the first non-empty string of service.name, service_name, service, app
// A line that is no JSON object is its own text. Reading is total: every line that is not blank
// gives one entry. A reader belongs to one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kizashi {

inline constexpr size_t kNdjsonObjectBytesMax = 1 << 20;  // a longer line is taken as plain text

struct NdjsonLine {
  std::string text;
  std::optional<Time> time;
  std::string service;  // empty when the line names none
};

/// Reads one line at a time; keeps its buffers.
class JsonLineParser {
 public:
  JsonLineParser();
  ~JsonLineParser();

  /// `line` is without its end; replaces what *out held. True when the line is an object.
  bool Parse(std::string_view line, NdjsonLine* out);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

class NdjsonReader {
 public:
  /// `body` outlives the reader.
  explicit NdjsonReader(std::string_view body) : rest_(body) {}

  /// The next line as it came, without its end; blank ones are passed over. False at the end.
  bool NextRaw(std::string_view* line);
  /// The next line, read.
  bool Next(NdjsonLine* line);

 private:
  std::string_view rest_;
  JsonLineParser parser_;
};

}  // namespace kizashi

// Takes off what a container runtime or journald has put around a log line:
//
//   Docker's json-file  {"log":"text\n","stream":"stdout","attrs":{...},"time":"2026-01-02T..."}
//   CRI                 2026-01-02T15:04:05.123456789Z stderr F text
//                       (kubernetes/design-proposals, kubelet-cri-logging)
//   journald            {"MESSAGE":"text","PRIORITY":"3","__REALTIME_TIMESTAMP":"176736624...",...}
//                       (journalctl -o json; systemd's Journal Export and JSON Formats)
//
// A line that has one of these forms is told by itself, without configuration. Pure and total; any
// thread may use an object of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/telemetry.h"

namespace kizashi {

enum class Framing : uint8_t { kNone, kDocker, kCri, kJournald };

struct FramedLine {
  Framing framing = Framing::kNone;
  std::string_view text;     // a part of the line, or of `unescaped`
  std::optional<Time> time;  // when the runtime or journald took it
  std::string_view stream;   // "stdout" or "stderr"; empty: not said
  bool partial = false;      // the text goes on in the next line of the same stream
  LogSeverity severity = LogSeverity::kNone;
  std::string service;  // journald: the unit without ".service", else the identifier
  Labels metadata;      // Docker's attrs; journald: host, pid, unit

  std::string unescaped;  // what `text` points into where it is no part of the line
};

/// Fills *out; with Framing::kNone its text is the line and nothing else is said.
void Unframe(std::string_view line, FramedLine* out);

}  // namespace kizashi

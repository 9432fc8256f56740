// Lines and blocks for the tests of log blocks and of searches over them.
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "store/logs/log_block.h"
#include "store/logs/log_block_writer.h"

namespace kizashi {

struct TestLine {
  LogLine line;
  uint32_t stream = 0;
};

inline LogLine MakeLine(int64_t time_ms, std::string text) {
  LogLine line;
  line.time = TimeFromMs(time_ms);
  line.text = std::move(text);
  return line;
}

/// The block of these lines; their pattern is their skeleton's hash.
inline std::string BlockOf(const std::vector<TestLine>& lines) {
  LogBlockWriter writer;
  std::vector<Slot> slots;
  for (uint32_t i = 0; i < lines.size(); ++i) {
    const uint64_t hash = SplitLine(lines[i].line.text, &slots);
    KZ_CHECK(writer.Fits(lines[i].line.text.size()));
    writer.Add(lines[i].line, lines[i].stream, {hash, hash, &slots}, 100 + i / 10, i % 10);
  }
  return writer.Finish();
}

/// Lines of a few services: ids, times, lists, numbers, and what is hard to keep.
class LineMaker {
 public:
  explicit LineMaker(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t limit) {
    return std::uniform_int_distribution<uint64_t>(0, limit - 1)(random_);
  }
  std::string Hex(size_t digits) {
    std::string hex;
    for (size_t i = 0; i < digits; ++i) hex += "0123456789abcdef"[Below(16)];
    return hex;
  }
  std::string Bytes(size_t size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(Below(256));
    return bytes;
  }

  TestLine Next() {
    time_ms_ += static_cast<int64_t>(Below(40)) - (Below(50) == 0 ? 500 : 0);
    if (traces_.empty() || Below(6) == 0) traces_.push_back(Hex(32));
    const std::string& trace =
        traces_[traces_.size() - 1 - Below(std::min<size_t>(traces_.size(), 3))];
    TestLine made;
    made.stream = static_cast<uint32_t>(Below(4)) * 7;
    made.line = MakeLine(time_ms_, Text(trace));
    made.line.severity = static_cast<LogSeverity>(Below(7));
    made.line.cut = Below(20) == 0;
    if (Below(3) == 0) made.line.trace_id = trace;
    if (Below(5) == 0) made.line.span_id = Hex(16);
    if (Below(9) == 0)
      made.line.metadata = Labels(std::vector<Label>{{"pod", "p" + std::to_string(Below(3))}});
    return made;
  }
  std::vector<TestLine> Lines(size_t count) {
    std::vector<TestLine> lines;
    for (size_t i = 0; i < count; ++i) lines.push_back(Next());
    return lines;
  }

 private:
  std::string Text(const std::string& trace) {
    const std::string clock = FormatTime(TimeFromMs(time_ms_));
    switch (Below(12)) {
      case 0:
        return clock + " INFO TraceID: " + trace + " SpanID: " + Hex(16) +
               " [get] took=" + Number();
      case 1:
        return clock.substr(11, 12) + " WARN order=" + Number() + " user=u" + Number() + " done";
      case 2:
        return "connection from 10.0." + std::to_string(Below(3)) + ".7:" + Number() + " closed";
      case 3:
        return "id=" + Uuid() + ";id=" + Uuid() + "; state=" + (Below(2) != 0 ? "on1" : "off0");
      case 4: return "count " + std::to_string(counter_ += Below(5)) + " of " + Number();
      case 5: return List();
      case 6: return Bytes(Below(40));
      case 7: return Below(4) == 0 ? std::string() : std::string(Below(3), '\0');
      case 8: return "値段は" + Number() + "円です。 日付=" + clock.substr(0, 10);
      case 9: return "-" + Number() + " 007 +5 1e9 " + Number() + Number();
      case 10: return "\xff\xfe broken " + Bytes(3) + " utf8 " + Hex(9);
      default: return "GET /a/b?c=" + Number() + " HTTP/1.1 at " + clock;
    }
  }
  std::string Number() { return std::to_string(Below(Below(2) != 0 ? 20 : 1'000'000)); }
  std::string Uuid() { return Hex(8) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(12); }
  std::string List() {
    std::string list = "sold [";
    for (uint64_t i = 0; i < Below(120); ++i) {
      list += "Ticket(seat=" + std::to_string(Hash64(std::to_string(i)) % 1'000'000) + ", from=A" +
              std::to_string(i % 9) + "), ";
    }
    return list + "]";
  }

  std::mt19937_64 random_;
  int64_t time_ms_ = 1'700'000'000'000;
  uint64_t counter_ = 0;
  std::vector<std::string> traces_;
};

}  // namespace kizashi

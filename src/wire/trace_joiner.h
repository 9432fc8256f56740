// Joins the lines of a stack trace into one record.
//
// Fed with the lines of one stream in their order (lines of different streams never meet here). A
// record is the line that came before the trace, where that one tells of the trouble, the trace,
// and what belongs to it: causes, chained exceptions, other goroutines. Its lines are joined with
// '\n'; time, severity and the rest are those of its first line. A line is part of exactly one
// record, and every byte comes out again: what turns out not to belong to a trace becomes records
// of its own. One thread. Limits: kTraceLinesMax lines and kLogTextBytesMax bytes a record; what is
// beyond begins another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "wire/stack_trace.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kTraceLinesMax = 512;
/// Lines that came further apart are of different traces.
inline constexpr Duration kTraceGapMax{1000};

struct JoinedRecord {
  LogLine line;
  uint64_t first = 0;  // numbers of its first and last line, as they were given
  uint64_t last = 0;
  size_t lines = 1;
  bool timed = false;  // of a single line: its time was said
};

class TraceJoiner {
 public:
  /// Which of the caller's lines a line was made of: one, or the pieces of a long one.
  struct Span {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  /// Takes the next line; records that are complete are appended to *done. The numbers of `span`
  /// are the caller's, larger than those before. `timed`: line.time was said by the sender or the
  /// line, not taken from a clock.
  void Add(LogLine line, Span span, bool timed, std::vector<JoinedRecord>* done);

  /// Nothing more belongs to what is open.
  void Close(std::vector<JoinedRecord>* done);

  bool has_open() const { return open_.has_value(); }
  /// What is open began a trace that may go on: worth waiting for.
  bool in_trace() const { return state_ != State::kLine && !headless_; }
  /// The time of the last line that was taken, when it was timed.
  std::optional<Time> last_time() const { return last_time_; }
  /// Bytes of text that have not come out.
  size_t open_bytes() const { return (open_ ? open_->line.text.size() : 0) + held_bytes_; }
  /// The number of the first line that has not come out; only when there is one.
  uint64_t first_open() const { return open_->first; }

 private:
  enum class State : uint8_t {
    kLine,          // one line, none of a trace
    kHeader,        // an exception's type and message
    kFrames,        // frames of Java, .NET, Node or Ruby
    kPython,        // between "Traceback" and the exception
    kPythonEnd,     // behind the exception: another may follow
    kPythonLinked,  // "During handling ..." was there: another must follow
    kGo,
    kNodePlace,  // source line and caret to come
    kNodeCaret,  // the caret was there: the error to come
  };
  struct Held {
    LogLine line;
    Span span;
  };

  void Begin(LogLine line, Span span, TraceLine kind);
  bool Continues(TraceLine kind, std::string_view text);
  bool ContinuesFrames(TraceLine kind, std::string_view text);
  bool ContinuesPython(TraceLine kind, std::string_view text);
  bool ContinuesGo(TraceLine kind);
  bool ContinuesNode(TraceLine kind, std::string_view text);
  bool TellsOfTrouble() const;
  bool MayHold(TraceLine kind, std::string_view text) const;
  void Append(const LogLine& line, Span span);
  void Join(const LogLine& line, Span span);

  std::optional<JoinedRecord> open_;
  State state_ = State::kLine;
  bool headless_ = false;   // frames without what they belong to: nothing is waited for
  bool in_braces_ = false;  // Node prints an error's properties behind the frames
  std::vector<Held> held_;  // lines that belong to the record if the next one does
  size_t held_bytes_ = 0;
  std::optional<Time> last_time_;
};

}  // namespace kizashi

// Turns the lines of a file or a body into log records: what a container runtime or journald put
// around them is taken off (wire/framed_line.h), partial lines are put together, fields recognised
// (wire/log_fields.h), and the lines of a stack trace joined (wire/trace_joiner.h).
//
// Lines of stdout and stderr, and of different services, are different streams within one file:
// they are joined each for itself. Records come out in the order of their first lines. One thread.
// Limits: kStreamsMax streams with something open (beyond it the oldest is closed), texts of
// kLogTextBytesMax, and the joiner's.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/framed_line.h"
#include "wire/ndjson.h"
#include "wire/trace_joiner.h"

namespace kizashi {

struct Record {
  LogLine line;
  std::string service;  // what the line says of its service; empty: nothing
  uint64_t first = 0;   // numbers of its first and last line, counted by the reader from 0
  uint64_t last = 0;
  size_t lines = 1;
  bool timed = false;  // the time of a single line was said by it or the sender
};

class RecordReader {
 public:
  static constexpr size_t kStreamsMax = 64;

  struct Options {
    bool take_message = false;  // the text of a JSON object is its message; else the whole line
    bool join_traces = true;
    bool old_times = false;  // believe a line's own time however long ago it is
    bool fields = true;      // recognise severity, trace and time of the texts
    // A line of another service closes what is open: records of services do not overlap.
    bool one_service_at_a_time = false;
  };
  explicit RecordReader(Options options) : options_(options) {}

  /// The next line, without its end; of at most kLogTextBytesMax, or `cut` at that size.
  void Add(std::string_view line, bool cut, Time received);

  /// The next complete record; false when there is none. A record comes only when no line before
  /// its last one is still open: what was taken so far is all lines up to a number.
  bool Next(Record* record);

  /// Ends what cannot be told to go on: only begun traces and partial lines stay open.
  void CloseWhole();
  /// Nothing more comes for what is open.
  void Close();
  /// Something is open.
  bool has_open() const;

 private:
  struct Stream {
    TraceJoiner joiner;
    std::string service;
    LogLine partial;  // the beginning of a line, when has_partial
    TraceJoiner::Span partial_span;
    bool has_partial = false;
    bool has_open() const { return has_partial || joiner.has_open(); }
    uint64_t first_open() const {
      if (!joiner.has_open()) return partial_span.first;
      return has_partial ? std::min(partial_span.first, joiner.first_open()) : joiner.first_open();
    }
  };

  Stream* StreamOf(std::string_view service);
  bool TakePartial(Stream* stream, LogLine* line, TraceJoiner::Span* span);
  void Recognise(LogLine* line, Time received, bool* timed);
  void Give(Stream* stream, LogLine line, TraceJoiner::Span span, bool timed);
  void EndPartial(Stream* stream);
  void CloseStream(Stream* stream);
  void CloseLate(Time now);
  void Collect(Stream* stream);
  void Release();

  const Options options_;
  JsonLineParser json_;
  NdjsonLine message_;
  FramedLine framed_;
  std::string key_;
  std::string last_service_;
  uint64_t next_number_ = 0;
  std::map<std::string, Stream, std::less<>> streams_;
  std::vector<JoinedRecord> joined_;
  std::map<uint64_t, Record> ready_;  // complete, by first line
  std::deque<Record> out_;
};

}  // namespace kizashi

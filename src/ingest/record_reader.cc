#include "ingest/record_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

/// As much of `text` as there is room for; what is left out is said.
void AppendText(std::string_view text, LogLine* line) {
  const size_t room = kLogTextBytesMax - line->text.size();
  line->text.append(text.substr(0, room));
  if (text.size() > room) line->cut = true;
}

}  // namespace

void RecordReader::Add(std::string_view raw, bool cut, Time received) {
  const uint64_t number = next_number_++;
  Unframe(raw, &framed_);
  LogLine line{received, std::string(framed_.text), framed_.severity, cut};
  line.metadata = std::move(framed_.metadata);
  line.CutText();
  if (framed_.stream == "stderr") line.metadata.Set("stream", "stderr");
  std::string_view service = framed_.service;
  bool timed = framed_.time.has_value();
  if (timed) line.time = *framed_.time;
  if (options_.take_message && framed_.framing == Framing::kNone && json_.Parse(raw, &message_)) {
    service = message_.service;
    timed = message_.time.has_value();
    if (timed) line.time = *message_.time;
    // The members that are not the message tell of it.
    FillFields(&line);
    line.text = std::move(message_.text);
  }
  if (timed && options_.join_traces) CloseLate(line.time);
  Stream* const stream = StreamOf(service);
  TraceJoiner::Span span{number, number};
  if (!framed_.partial && !stream->has_partial) {
    Recognise(&line, received, &timed);
    return Give(stream, std::move(line), span, timed);
  }
  if (!TakePartial(stream, &line, &span)) return;
  bool said = true;
  Recognise(&line, received, &said);
  Give(stream, std::move(line), span, timed);
}

// Puts a partial line together; true when *line is whole.
bool RecordReader::TakePartial(Stream* stream, LogLine* line, TraceJoiner::Span* span) {
  if (!stream->has_partial) {
    stream->partial = std::move(*line);
    stream->partial_span = *span;
    stream->has_partial = true;
    return false;
  }
  AppendText(line->text, &stream->partial);
  stream->partial_span.last = span->last;
  if (framed_.partial) return false;
  *line = std::move(stream->partial);
  *span = stream->partial_span;
  stream->has_partial = false;
  return true;
}

/// Fills in what nobody has said; *timed: the time was said.
void RecordReader::Recognise(LogLine* line, Time received, bool* timed) {
  // A trace's frame or a continued line says nothing of its own.
  if (!options_.fields || line->text.empty() || line->text[0] == ' ' || line->text[0] == '\t')
    return;
  LogFields fields = FieldsOfLine(line->text, {received, {}});
  if (line->severity == LogSeverity::kNone) line->severity = fields.severity;
  if (line->trace_id.empty()) {
    line->trace_id = std::move(fields.trace_id);
    line->span_id = std::move(fields.span_id);
  }
  if (*timed || !fields.time) return;
  const Time near = options_.old_times ? *fields.time : NearTime(fields.time, received);
  *timed = near == *fields.time;
  line->time = near;
}

RecordReader::Stream* RecordReader::StreamOf(std::string_view service) {
  if (options_.one_service_at_a_time && service != last_service_) {
    Close();
    last_service_ = service;
  }
  key_.assign(service);
  if (!framed_.stream.empty()) key_.append(1, '\0').append(framed_.stream);
  const auto found = streams_.find(key_);
  if (found != streams_.end()) return &found->second;
  if (streams_.size() >= kStreamsMax) {
    const auto oldest =
        std::min_element(streams_.begin(), streams_.end(), [](const auto& a, const auto& b) {
          return (a.second.has_open() ? a.second.first_open() : 0) <
                 (b.second.has_open() ? b.second.first_open() : 0);
        });
    CloseStream(&oldest->second);
    streams_.erase(oldest);
  }
  Stream* const stream = &streams_[key_];
  stream->service = service;
  return stream;
}

void RecordReader::Give(Stream* stream, LogLine line, TraceJoiner::Span span, bool timed) {
  if (options_.join_traces) {
    stream->joiner.Add(std::move(line), span, timed, &joined_);
  } else {
    joined_.push_back({std::move(line), span.first, span.last, 1, timed});
  }
  Collect(stream);
}

void RecordReader::EndPartial(Stream* stream) {
  if (!stream->has_partial) return;
  stream->has_partial = false;
  LogLine line = std::move(stream->partial);
  bool timed = true;
  Recognise(&line, line.time, &timed);
  Give(stream, std::move(line), stream->partial_span, timed);
}

void RecordReader::CloseStream(Stream* stream) {
  EndPartial(stream);
  stream->joiner.Close(&joined_);
  Collect(stream);
}

// What a stream has open longer than a trace lasts is over.
void RecordReader::CloseLate(Time now) {
  if (streams_.size() < 2) return;
  for (auto& [key, stream] : streams_) {
    if (!stream.has_open()) continue;
    const std::optional<Time> last =
        stream.has_partial ? stream.partial.time : stream.joiner.last_time();
    if (last && now - *last > kTraceGapMax) CloseStream(&stream);
  }
}

void RecordReader::Collect(Stream* stream) {
  // One stream alone: nothing can be open before a record that is complete.
  const bool in_order = streams_.size() == 1 && ready_.empty();
  for (JoinedRecord& joined : joined_) {
    Record record{std::move(joined.line), stream->service, joined.first, joined.last,
                  joined.lines,           joined.timed};
    if (in_order) {
      out_.push_back(std::move(record));
    } else {
      ready_.emplace(record.first, std::move(record));
    }
  }
  joined_.clear();
}

void RecordReader::CloseWhole() {
  for (auto& [key, stream] : streams_) {
    if (stream.has_partial || stream.joiner.in_trace()) continue;
    CloseStream(&stream);
  }
}

void RecordReader::Close() {
  for (auto& [key, stream] : streams_) CloseStream(&stream);
}

bool RecordReader::has_open() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& item) { return item.second.has_open(); });
}

// Moves to out_ the longest run of records with which every line up to a number has come out.
void RecordReader::Release() {
  uint64_t open = kNone;
  for (const auto& [key, stream] : streams_) {
    if (stream.has_open()) open = std::min(open, stream.first_open());
  }
  auto end = ready_.begin();
  uint64_t last = 0;
  for (auto at = ready_.begin(); at != ready_.end() && at->first < open;) {
    last = std::max(last, at->second.last);
    ++at;
    const uint64_t next = at == ready_.end() ? open : std::min(open, at->first);
    if (last < next) end = at;
  }
  for (auto at = ready_.begin(); at != end; ++at) out_.push_back(std::move(at->second));
  ready_.erase(ready_.begin(), end);
}

bool RecordReader::Next(Record* record) {
  if (out_.empty() && !ready_.empty()) Release();
  if (out_.empty()) return false;
  *record = std::move(out_.front());
  out_.pop_front();
  return true;
}

}  // namespace kizashi

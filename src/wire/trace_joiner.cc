#include "wire/trace_joiner.h"

#include <utility>

#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr size_t kHeldMax = 8;  // blank lines
constexpr size_t kNodeSourceLinesMax = 2;

bool IsCaret(std::string_view text) {
  return !text.empty() && text.find_first_not_of(" \t^~") == text.npos &&
         text.find('^') != text.npos;
}

}  // namespace

void TraceJoiner::Add(LogLine line, Span span, bool timed, std::vector<JoinedRecord>* done) {
  const TraceLine kind = ClassifyTraceLine(line.text);
  const bool late = open_ && timed && last_time_ && line.time - *last_time_ > kTraceGapMax;
  if (timed) last_time_ = line.time;
  if (open_ && !late && !line.cut && !open_->line.cut) {
    const size_t bytes = open_->line.text.size() + held_bytes_ + line.text.size() + 1;
    const bool fits = bytes <= kLogTextBytesMax && open_->lines + held_.size() < kTraceLinesMax;
    if (fits && MayHold(kind, line.text)) {
      held_bytes_ += line.text.size() + 1;
      held_.push_back({std::move(line), span});
      return;
    }
    if (fits && Continues(kind, line.text)) return Join(line, span);
  }
  Close(done);
  if (!timed) last_time_.reset();
  Begin(std::move(line), span, kind);
}

void TraceJoiner::Begin(LogLine line, Span span, TraceLine kind) {
  open_ = JoinedRecord{std::move(line), span.first, span.last, 1, false};
  headless_ = kind == TraceLine::kFrame;
  in_braces_ = false;
  switch (kind) {
    case TraceLine::kHeader:
    case TraceLine::kRubyHead: state_ = State::kHeader; break;
    case TraceLine::kFrame: state_ = State::kFrames; break;
    case TraceLine::kPythonStart: state_ = State::kPython; break;
    case TraceLine::kGoPanic:
    case TraceLine::kGoRoutine: state_ = State::kGo; break;
    case TraceLine::kNodePlace: state_ = State::kNodePlace; break;
    default: state_ = State::kLine; break;
  }
  // Several lines in one: whoever sent it has put the trace together already.
  if (state_ != State::kLine && open_->line.text.find('\n') != std::string::npos) {
    state_ = State::kLine;
  }
}

// Lines of which only the next ones tell whether they belong to the trace.
bool TraceJoiner::MayHold(TraceLine kind, std::string_view text) const {
  if (held_.size() >= kHeldMax) return false;
  switch (state_) {
    case State::kNodePlace:
      return held_.size() < kNodeSourceLinesMax && kind != TraceLine::kBlank && !IsCaret(text);
    case State::kFrames:
    case State::kPythonEnd:
    case State::kPythonLinked:
    case State::kGo:
    case State::kNodeCaret: return kind == TraceLine::kBlank;
    default: return false;
  }
}

bool TraceJoiner::TellsOfTrouble() const {
  const LogLine& head = open_->line;
  const LogSeverity severity =
      head.severity != LogSeverity::kNone ? head.severity : SeverityOfLine(head.text);
  return severity >= LogSeverity::kWarn;
}

/// Whether the line belongs to the open record; then the state is the one behind it.
bool TraceJoiner::Continues(TraceLine kind, std::string_view text) {
  switch (state_) {
    case State::kLine:
      if (kind == TraceLine::kFrame && !open_->line.text.empty()) {
        state_ = State::kFrames;
      } else if (kind == TraceLine::kHeader && TellsOfTrouble()) {
        state_ = State::kHeader;
      } else if (kind == TraceLine::kPythonStart && TellsOfTrouble()) {
        state_ = State::kPython;
      } else if (kind == TraceLine::kGoRoutine &&
                 open_->line.text.find("panic") != std::string::npos) {
        state_ = State::kGo;
      } else {
        return false;
      }
      return true;
    case State::kHeader:
    case State::kFrames: return ContinuesFrames(kind, text);
    case State::kPython:
    case State::kPythonEnd:
    case State::kPythonLinked: return ContinuesPython(kind, text);
    case State::kGo: return ContinuesGo(kind);
    case State::kNodePlace:
    case State::kNodeCaret: return ContinuesNode(kind, text);
  }
  return false;
}

bool TraceJoiner::ContinuesFrames(TraceLine kind, std::string_view text) {
  if (!held_.empty()) return text.starts_with("Node.js v");
  if (in_braces_ && kind == TraceLine::kNodeTail && text == "}") {
    in_braces_ = false;
    return true;
  }
  const bool more = kind == TraceLine::kFrame || kind == TraceLine::kCause ||
                    kind == TraceLine::kIndented ||
                    (kind == TraceLine::kRubyHead && state_ == State::kFrames);
  if (!more) return false;
  if (kind == TraceLine::kFrame) state_ = State::kFrames;
  if (text.ends_with('{')) in_braces_ = true;
  return true;
}

bool TraceJoiner::ContinuesPython(TraceLine kind, std::string_view text) {
  if (state_ == State::kPython) {
    if (kind == TraceLine::kIndented || kind == TraceLine::kCause) return true;
    if (kind == TraceLine::kBlank || !BeginsWithTypeName(text)) return false;
    state_ = State::kPythonEnd;
    return true;
  }
  if (state_ == State::kPythonEnd) {
    if (kind == TraceLine::kIndented) return held_.empty();
    if (kind != TraceLine::kPythonChain) return false;
    state_ = State::kPythonLinked;
    return true;
  }
  if (kind != TraceLine::kPythonStart) return false;
  state_ = State::kPython;
  return true;
}

bool TraceJoiner::ContinuesGo(TraceLine kind) {
  if (kind == TraceLine::kGoRoutine) return true;
  if (!held_.empty()) return false;
  return kind == TraceLine::kGoFunction || kind == TraceLine::kIndented ||
         kind == TraceLine::kGoPanic;
}

// "/app/x.js:3", the source line, its caret, a blank line, "Error: boom" and the frames.
bool TraceJoiner::ContinuesNode(TraceLine kind, std::string_view text) {
  if (state_ == State::kNodeCaret) {
    if (kind != TraceLine::kHeader) return false;
    state_ = State::kHeader;
    return true;
  }
  if (!IsCaret(text)) return false;
  state_ = State::kNodeCaret;
  return true;
}

void TraceJoiner::Append(const LogLine& line, Span span) {
  open_->line.text += '\n';
  open_->line.text += line.text;
  open_->last = span.last;
  ++open_->lines;
}

void TraceJoiner::Join(const LogLine& line, Span span) {
  for (const Held& held : held_) Append(held.line, held.span);
  held_.clear();
  held_bytes_ = 0;
  Append(line, span);
}

void TraceJoiner::Close(std::vector<JoinedRecord>* done) {
  if (open_) done->push_back(*std::exchange(open_, std::nullopt));
  for (Held& held : held_) {
    done->push_back({std::move(held.line), held.span.first, held.span.last, 1, false});
  }
  held_.clear();
  held_bytes_ = 0;
  state_ = State::kLine;
  headless_ = false;
}

}  // namespace kizashi

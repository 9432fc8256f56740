#include <algorithm>

#include "wire/syslog.h"

namespace kizashi {
namespace {

constexpr std::string_view kLineEnds("\n\0", 2);
constexpr size_t kCompactBytes = 64 << 10;

}  // namespace

// What begins at `rest`: with kCounted, the frame's bytes and those of the count before it.
SyslogFramer::Framing SyslogFramer::Detect(std::string_view rest, size_t* count,
                                           size_t* header) const {
  size_t digits = 0;
  size_t value = 0;
  while (digits < rest.size() && digits <= kCountDigitsMax && rest[digits] >= '0' &&
         rest[digits] <= '9') {
    value = value * 10 + static_cast<size_t>(rest[digits] - '0');
    ++digits;
  }
  if (digits == 0 || digits > kCountDigitsMax || rest[0] == '0') return Framing::kLine;
  if (digits == rest.size()) return Framing::kUnknown;
  if (rest[digits] != ' ') return Framing::kLine;
  if (digits + 1 == rest.size()) return Framing::kUnknown;
  if (rest[digits + 1] != '<') return Framing::kLine;
  *count = value;
  *header = digits + 1;
  return Framing::kCounted;
}

// What is left of a frame that was too long; false when more of it is still to come.
bool SyslogFramer::PassOver() {
  if (skip_counted_ > 0) {
    const size_t now = std::min(skip_counted_, size());
    begin_ += now;
    skip_counted_ -= now;
    if (skip_counted_ > 0) return false;
  }
  if (skip_line_) {
    const size_t end = held_.find_first_of(kLineEnds, begin_);
    begin_ = end == std::string::npos ? held_.size() : end + 1;
    if (end == std::string::npos) return false;
    skip_line_ = false;
  }
  return true;
}

bool SyslogFramer::NextCounted(size_t count, size_t header, std::string_view* frame) {
  const size_t kept = std::min(count, kFrameBytesMax);
  if (size() < header + kept) return false;
  *frame = std::string_view(held_).substr(begin_ + header, kept);
  begin_ += header + kept;
  skip_counted_ = count - kept;
  return true;
}

bool SyslogFramer::NextLine(std::string_view* frame) {
  const std::string_view rest = std::string_view(held_).substr(begin_);
  const size_t end = rest.find_first_of(kLineEnds, searched_);
  if (end != std::string_view::npos && end <= kFrameBytesMax) {
    *frame = rest.substr(0, end);
    begin_ += end + 1;
  } else if (rest.size() > kFrameBytesMax) {
    *frame = rest.substr(0, kFrameBytesMax);
    begin_ += kFrameBytesMax;
    skip_line_ = true;
  } else {
    searched_ = rest.size();
    return false;
  }
  searched_ = 0;
  return true;
}

bool SyslogFramer::Next(std::string_view* frame) {
  while (PassOver()) {
    if (begin_ == held_.size()) break;
    size_t count = 0;
    size_t header = 0;
    const Framing framing = Detect(std::string_view(held_).substr(begin_), &count, &header);
    if (framing == Framing::kUnknown) break;
    const bool whole =
        framing == Framing::kCounted ? NextCounted(count, header, frame) : NextLine(frame);
    if (!whole) break;
    // Between frames senders leave line ends of their own.
    if (frame->find_first_not_of(" \r") != std::string_view::npos) return true;
  }
  held_.erase(0, begin_);
  begin_ = 0;
  if (held_.empty() && held_.capacity() > kCompactBytes) held_.shrink_to_fit();
  return false;
}

bool SyslogFramer::Rest(std::string_view* frame) {
  if (Next(frame)) return true;
  size_t count = 0;
  size_t header = 0;
  const std::string_view rest = std::string_view(held_).substr(begin_);
  rest_cut_ = Detect(rest, &count, &header) == Framing::kCounted;
  if (!rest_cut_) header = 0;
  *frame = rest.substr(header);
  begin_ = held_.size();
  searched_ = 0;
  return frame->find_first_not_of(" \r") != std::string_view::npos;
}

}  // namespace kizashi

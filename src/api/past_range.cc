#include "api/past_range.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

// A time, or a duration before `now`.
StatusOr<Time> ReadStart(std::string_view text, Time now) {
  const auto ago = ParseDuration(text);
  return ago.ok() ? StatusOr<Time>(now - *ago) : ParseTime(text);
}

// A time, or a duration behind `begin`.
StatusOr<Time> ReadEnd(std::string_view text, Time begin) {
  const auto length = ParseDuration(text);
  return length.ok() ? StatusOr<Time>(begin + *length) : ParseTime(text);
}

}  // namespace

StatusOr<PastRange> ParsePastRange(std::string_view text, Time now) {
  const size_t slash = std::min(text.find('/'), text.size());
  const auto from = ReadStart(text.substr(0, slash), now);
  StatusOr<Time> to = now + kMinute - Duration(1);
  if (from.ok() && slash < text.size()) to = ReadEnd(text.substr(slash + 1), *from);
  if (!from.ok() || !to.ok()) {
    return InvalidArgument(
        "'{}' is no range, expected one such as 2026-01-31T09:00:00Z/10m, or 2h/1h: from two hours "
        "ago for an hour",
        text);
  }
  const PastRange range{FloorTo(*from, kMinute), FloorTo(*to, kMinute)};
  if (*to - *from < kMinute || range.from >= range.to)
    return InvalidArgument("'{}' is shorter than a minute", text);
  if (range.from > now) return InvalidArgument("'{}' is in the future", text);
  return range;
}

}  // namespace kizashi

#include "judge/slo_formats/openslo.h"

#include <absl/strings/string_view.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kizashi {

std::optional<OpenSloDuration> ParseOpenSloDuration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  OpenSloDuration duration;
  duration.unit = text.back();
  text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), duration.count);
  if (error != std::errc() || end != text.data() + text.size() || duration.count < 1 ||
      duration.count > 1'000'000 ||
      std::string_view("mhdwMQY").find(duration.unit) == std::string_view::npos) {
    return std::nullopt;
  }
  return duration;
}

Duration LengthOf(const OpenSloDuration& duration) {
  using std::chrono::days;
  switch (duration.unit) {
    case 'm': return std::chrono::minutes(duration.count);
    case 'h': return std::chrono::hours(duration.count);
    case 'd': return days(duration.count);
    case 'w': return days(7) * duration.count;
    case 'M': return days(30) * duration.count;
    case 'Q': return days(90) * duration.count;
    default: return days(365) * duration.count;
  }
}

std::string FormatOpenSloDuration(Duration duration) {
  const int64_t minutes =
      std::max<int64_t>(std::chrono::duration_cast<std::chrono::minutes>(duration).count(), 1);
  if (minutes % (7 * 1440) == 0) return fmt::format("{}w", minutes / (7 * 1440));
  if (minutes % 1440 == 0) return fmt::format("{}d", minutes / 1440);
  if (minutes % 60 == 0) return fmt::format("{}h", minutes / 60);
  return fmt::format("{}m", minutes);
}

std::optional<Time> ParseLocalTime(std::string_view text, std::string_view time_zone) {
  std::string plain(text.substr(0, 32));
  if (plain.size() > 10 && plain[10] == 'T') plain[10] = ' ';
  absl::TimeZone zone;
  if (!absl::LoadTimeZone({time_zone.data(), time_zone.size()}, &zone)) return std::nullopt;
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%S", plain, zone, &time, nullptr)) return std::nullopt;
  return TimeFromMs(absl::ToUnixMillis(time));
}

std::string FormatLocalTime(Time time, std::string_view time_zone) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone({time_zone.data(), time_zone.size()}, &zone)) zone = absl::UTCTimeZone();
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixMillis(ToMs(time)), zone);
}

Duration ShortWindowFor(Duration long_window) {
  const auto twelfth = std::chrono::floor<std::chrono::minutes>(Duration(long_window.count() / 12));
  return std::max<Duration>(twelfth, std::chrono::minutes(1));
}

}  // namespace kizashi

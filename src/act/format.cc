#include "act/format.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace kizashi {
namespace {

constexpr std::string_view kNoValue = "–";

absl::TimeZone LoadZone(std::string_view name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone)) {
    return absl::UTCTimeZone();
  }
  return zone;
}

struct Unit {
  int64_t ms;
  std::string_view en;
  std::string_view ja;
};
constexpr std::array kUnits = {Unit{86'400'000, " d", " 日"}, Unit{3'600'000, " h", " 時間"},
                               Unit{60'000, " min", " 分"}, Unit{1'000, " s", " 秒"},
                               Unit{1, " ms", " ミリ秒"}};

}  // namespace

std::string FormatNumber(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(kNoValue);
  std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const size_t point = digits.find('.');
  for (size_t i = point == digits.npos ? digits.size() : point; i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  const bool is_zero = digits.find_first_of("123456789") == digits.npos;
  return value < 0 && !is_zero ? "-" + digits : digits;
}

std::string FormatAmount(double value) {
  const double size = std::abs(value);
  if (size < 9.995) return FormatNumber(value, 2);
  return FormatNumber(value, size < 99.95 ? 1 : 0);
}

std::string FormatPercent(double share) {
  if (!std::isfinite(share)) return std::string(kNoValue);
  return FormatNumber(share * 100, 1) + "%";
}

std::string FormatTarget(double target) {
  if (!std::isfinite(target)) return std::string(kNoValue);
  // Rounded to 12 digits: 0.999 * 100 is not 99.9 in binary.
  return fmt::format("{:.12g}%", target * 100);
}

std::string FormatSpan(Duration span, Language language) {
  int64_t rest = std::abs(span.count());
  size_t first = 0;
  while (first + 1 < kUnits.size() && rest < kUnits[first].ms) ++first;
  // Milliseconds are shown only alone.
  const size_t last = first + 1 < kUnits.size() - 1 ? first + 1 : first;
  std::string out = span.count() < 0 ? "-" : "";
  for (size_t i = first; i <= last; ++i) {
    const int64_t count = rest / kUnits[i].ms;
    rest %= kUnits[i].ms;
    if (i > first && count == 0) break;
    if (i > first) out += ' ';
    out +=
        fmt::format("{}{}", count, language == Language::kJapanese ? kUnits[i].ja : kUnits[i].en);
  }
  return out;
}

std::string FormatMoment(Time time, std::string_view time_zone, Language language) {
  const absl::TimeZone zone = LoadZone(time_zone);
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixMillis(ToMs(time)), zone);
  if (language == Language::kJapanese) {
    return fmt::format("{}年{}月{}日 {:02}:{:02}", civil.year(), civil.month(), civil.day(),
                       civil.hour(), civil.minute());
  }
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{} {} {} {:02}:{:02}", civil.day(),
                     kMonths[static_cast<size_t>(civil.month() - 1)], civil.year(), civil.hour(),
                     civil.minute());
}

std::string FormatDay(Time time, std::string_view time_zone) {
  const absl::CivilDay day =
      absl::ToCivilDay(absl::FromUnixMillis(ToMs(time)), LoadZone(time_zone));
  return fmt::format("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
}

Time AtTimeOfDay(Time time, Duration of_day, std::string_view time_zone) {
  const absl::TimeZone zone = LoadZone(time_zone);
  const absl::CivilDay day = absl::ToCivilDay(absl::FromUnixMillis(ToMs(time)), zone);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(of_day).count();
  const absl::CivilSecond civil = absl::CivilSecond(day) + seconds;
  return TimeFromMs(absl::ToUnixMillis(absl::FromCivil(civil, zone)));
}

std::string KnownTimeZone(std::string_view time_zone) {
  absl::TimeZone zone;
  const bool known =
      absl::LoadTimeZone(absl::string_view(time_zone.data(), time_zone.size()), &zone);
  return known ? std::string(time_zone) : "UTC";
}

size_t CharacterSize(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0xc0) return 1;
  const size_t expected = lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4);
  size_t size = 1;
  while (size < expected && at + size < text.size() &&
         (static_cast<unsigned char>(text[at + size]) & 0xc0) == 0x80) {
    ++size;
  }
  return size;
}

std::string CutText(std::string_view text, size_t chars_max) {
  size_t chars = 0;
  size_t keep = 0;  // where the character begins that "…" would replace
  for (size_t at = 0; at < text.size(); at += CharacterSize(text, at)) {
    if (++chars == chars_max) keep = at;
    if (chars > chars_max) {
      return chars_max == 0 ? "" : std::string(text.substr(0, keep)) + "…";
    }
  }
  return std::string(text);
}

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string OneLine(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

}  // namespace kizashi

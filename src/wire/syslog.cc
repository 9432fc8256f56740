#include "wire/syslog.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "wire/cut_text.h"

namespace kizashi {
namespace {

using std::string_view;

// RFC 5424, tables 1 and 2, by the names of syslog.h(0p) where it has them.
constexpr std::array<string_view, 24> kFacilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::array<string_view, 8> kSeverityNames = {"emerg",   "alert",  "crit", "err",
                                                       "warning", "notice", "info", "debug"};
constexpr std::array<LogSeverity, 8> kSeverities = {
    LogSeverity::kFatal, LogSeverity::kError, LogSeverity::kError, LogSeverity::kError,
    LogSeverity::kWarn,  LogSeverity::kInfo,  LogSeverity::kInfo,  LogSeverity::kDebug};
constexpr std::array<string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// One or two digits, or as many as `digits_max`, off the beginning of `rest`.
std::optional<int> TakeNumber(string_view* rest, size_t digits_max) {
  size_t digits = 0;
  int value = 0;
  while (digits < rest->size() && digits < digits_max && IsDigit((*rest)[digits])) {
    value = value * 10 + ((*rest)[digits++] - '0');
  }
  if (digits == 0) return std::nullopt;
  rest->remove_prefix(digits);
  return value;
}

bool TakeChar(string_view* rest, char wanted) {
  if (rest->empty() || rest->front() != wanted) return false;
  rest->remove_prefix(1);
  return true;
}

// Up to the next space, which goes too.
string_view TakeWord(string_view* rest) {
  const size_t end = rest->find(' ');
  const string_view word = rest->substr(0, end);
  rest->remove_prefix(end == string_view::npos ? rest->size() : end + 1);
  return word;
}

string_view Name(string_view text) { return text.substr(0, kSyslogNameBytesMax); }

std::optional<int> TakePriority(string_view* rest) {
  string_view after = *rest;
  if (!TakeChar(&after, '<')) return std::nullopt;
  const std::optional<int> value = TakeNumber(&after, 3);
  if (!value || *value > 191 || !TakeChar(&after, '>')) return std::nullopt;
  *rest = after;
  return value;
}

// What is read of one message.
class Reader {
 public:
  Reader(Time received, Duration utc_offset) : received_(received), utc_offset_(utc_offset) {
    record_.line.time = received;
  }

  SyslogRecord Read(string_view message) {
    while (!message.empty() &&
           (message.back() == '\n' || message.back() == '\r' || message.back() == '\0')) {
      message.remove_suffix(1);
    }
    string_view rest = message;
    const std::optional<int> priority = TakePriority(&rest);
    if (priority) TakePriorityMeaning(*priority);
    if (!priority || !ReadNew(rest)) {
      if (!ReadOld(rest)) SetText(rest);
    }
    record_.line.metadata = Labels(std::move(metadata_));
    return std::move(record_);
  }

 private:
  void TakePriorityMeaning(int priority) {
    const auto severity = static_cast<size_t>(priority % 8);
    record_.line.severity = kSeverities[severity];
    metadata_.push_back({"facility", std::string(kFacilities[static_cast<size_t>(priority / 8)])});
    metadata_.push_back({"severity", std::string(kSeverityNames[severity])});
  }

  void SetText(string_view text) {
    const string_view kept = CutText(text, kSyslogTextBytesMax);
    record_.line.text = kept;
    record_.line.cut = kept.size() < text.size();
  }

  // RFC 5424 from VERSION on; false when it is not that.
  bool ReadNew(string_view rest) {
    if (!rest.starts_with("1 ")) return false;
    rest.remove_prefix(2);
    std::array<string_view, 5> words;
    for (string_view& word : words) {
      word = TakeWord(&rest);
      if (word.empty()) return false;
    }
    TakeHeader(words);
    string_view after = rest;
    if (ReadStructuredData(&after)) {
      if (after.starts_with(kByteOrderMark)) after.remove_prefix(kByteOrderMark.size());
      SetText(after);
    } else {
      SetText(rest);
    }
    return true;
  }

  void TakeHeader(const std::array<string_view, 5>& words) {
    const auto [timestamp, host, app, procid, msgid] = words;
    const StatusOr<Time> time = ParseTime(timestamp);
    if (time.ok()) record_.line.time = *time;
    if (host != "-") record_.host = Name(host);
    if (app != "-") record_.service = Name(app);
    if (procid != "-") metadata_.push_back({"procid", std::string(Name(procid))});
    if (msgid != "-") metadata_.push_back({"msgid", std::string(Name(msgid))});
  }

  // "-" or elements, and the space after them; false, and nothing taken, when it is neither.
  bool ReadStructuredData(string_view* rest) {
    const size_t known = metadata_.size();
    size_t dropped = 0;
    string_view after = *rest;
    bool good = true;
    if (!TakeChar(&after, '-')) {
      good = !after.empty() && after.front() == '[';
      while (good && !after.empty() && after.front() == '[') {
        good = ReadElement(&after, known, &dropped);
      }
    }
    if (!good || (!after.empty() && !TakeChar(&after, ' '))) {
      metadata_.resize(known);
      return false;
    }
    if (dropped > 0) metadata_.push_back({"structured_data_dropped", std::to_string(dropped)});
    *rest = after;
    return true;
  }

  // [ID NAME="value" ...]
  bool ReadElement(string_view* rest, size_t known, size_t* dropped) {
    rest->remove_prefix(1);
    const size_t id_end = rest->find_first_of(" ]");
    if (id_end == string_view::npos || id_end == 0) return false;
    const std::string id(Name(rest->substr(0, id_end)));
    rest->remove_prefix(id_end);
    if (rest->front() == ']') Keep(id, "true", known, dropped);
    while (TakeChar(rest, ' ')) {
      if (!rest->empty() && rest->front() == ']') break;
      const size_t name_end = rest->find('=');
      if (name_end == string_view::npos || name_end == 0) return false;
      const string_view name = rest->substr(0, name_end);
      if (name.find_first_of(" ]\"") != string_view::npos) return false;
      rest->remove_prefix(name_end + 1);
      std::string value;
      if (!ReadValue(rest, &value)) return false;
      Keep(fmt::format("{}.{}", id, Name(name)), std::move(value), known, dropped);
    }
    return TakeChar(rest, ']');
  }

  // A quoted value, in which '"', '\' and ']' are escaped.
  static bool ReadValue(string_view* rest, std::string* value) {
    if (!TakeChar(rest, '"')) return false;
    size_t at = 0;
    for (; at < rest->size() && (*rest)[at] != '"'; ++at) {
      const char next = at + 1 < rest->size() ? (*rest)[at + 1] : '\0';
      if ((*rest)[at] == '\\' && (next == '"' || next == '\\' || next == ']')) ++at;
      if (value->size() <= kSyslogParameterBytesMax) value->push_back((*rest)[at]);
    }
    if (at >= rest->size()) return false;
    rest->remove_prefix(at + 1);
    value->resize(CutText(*value, kSyslogParameterBytesMax).size());
    return true;
  }

  // A parameter that comes again (RFC 5424 lets it) is added with a comma.
  void Keep(std::string name, std::string value, size_t known, size_t* dropped) {
    for (size_t i = known; i < metadata_.size(); ++i) {
      if (metadata_[i].name != name) continue;
      if (metadata_[i].value.size() + value.size() > kSyslogParameterBytesMax) {
        ++*dropped;
      } else {
        metadata_[i].value += "," + value;
      }
      return;
    }
    if (metadata_.size() - known >= kSyslogParametersMax) {
      ++*dropped;
      return;
    }
    metadata_.push_back({std::move(name), std::move(value)});
  }

  // RFC 3164 from TIMESTAMP on; false when it does not begin with a time.
  bool ReadOld(string_view rest) {
    if (!TakeTime(&rest)) return false;
    if (TakeTag(&rest)) return true;
    string_view after = rest;
    const string_view host = TakeWord(&after);
    // A single word is what was said, not who said it.
    if (host.empty() || after.empty()) {
      SetText(rest);
      return true;
    }
    record_.host = Name(host);
    if (!TakeTag(&after)) SetText(after);
    return true;
  }

  // "tag: text", "tag[pid]: text", "tag[pid] text".
  bool TakeTag(string_view* rest) {
    const size_t end = rest->substr(0, kSyslogNameBytesMax).find_first_of(" [:");
    if (end == string_view::npos || end == 0 || (*rest)[end] == ' ') return false;
    const string_view tag = rest->substr(0, end);
    string_view after = rest->substr(end);
    string_view pid;
    if (TakeChar(&after, '[')) {
      const size_t close = after.substr(0, kSyslogNameBytesMax).find(']');
      if (close == string_view::npos || close == 0) return false;
      pid = after.substr(0, close);
      if (pid.find(' ') != string_view::npos) return false;
      after.remove_prefix(close + 1);
      TakeChar(&after, ':');
    } else {
      TakeChar(&after, ':');
      // "http://..." begins no message of a program named http.
      if (!after.empty() && after.front() != ' ') return false;
    }
    TakeChar(&after, ' ');
    record_.service = tag;
    if (!pid.empty()) metadata_.push_back({"procid", std::string(pid)});
    SetText(after);
    return true;
  }

  // A time and the space after it.
  bool TakeTime(string_view* rest) {
    string_view after = *rest;
    if (!after.empty() && IsDigit(after.front())) {
      const StatusOr<Time> time = ParseTime(TakeWord(&after).substr(0, kTimeBytesMax));
      if (!time.ok()) return false;
      record_.line.time = *time;
    } else {
      const std::optional<Time> time = TakeOldTime(&after);
      if (!time || (!after.empty() && !TakeChar(&after, ' '))) return false;
      record_.line.time = *time;
    }
    *rest = after;
    return true;
  }

  // "Jan  2 03:04:05", with a year before the hour or with a fraction.
  std::optional<Time> TakeOldTime(string_view* rest) const {
    const auto month = std::find(kMonths.begin(), kMonths.end(), rest->substr(0, 3));
    if (month == kMonths.end()) return std::nullopt;
    rest->remove_prefix(3);
    if (!TakeChar(rest, ' ')) return std::nullopt;
    TakeChar(rest, ' ');
    const std::optional<int> day = TakeNumber(rest, 2);
    if (!day || !TakeChar(rest, ' ')) return std::nullopt;
    std::optional<int> year;
    if (rest->size() > 4 && (*rest)[4] == ' ' &&
        std::all_of(rest->begin(), rest->begin() + 4, IsDigit)) {
      year = TakeNumber(rest, 4);
      rest->remove_prefix(1);
    }
    const std::optional<Duration> of_day = TakeTimeOfDay(rest);
    if (!of_day) return std::nullopt;
    const std::chrono::month_day date{
        std::chrono::month(static_cast<unsigned>(month - kMonths.begin() + 1)),
        std::chrono::day(static_cast<unsigned>(*day))};
    if (year) return At(std::chrono::year(*year), date, *of_day);
    return Nearest(date, *of_day);
  }

  // "03:04:05.678"
  static std::optional<Duration> TakeTimeOfDay(string_view* rest) {
    const std::optional<int> hour = TakeNumber(rest, 2);
    if (!hour || *hour > 23 || !TakeChar(rest, ':')) return std::nullopt;
    const std::optional<int> minute = TakeNumber(rest, 2);
    if (!minute || *minute > 59 || !TakeChar(rest, ':')) return std::nullopt;
    const std::optional<int> second = TakeNumber(rest, 2);
    if (!second || *second > 60) return std::nullopt;
    int64_t ms = 0;
    if (TakeChar(rest, '.')) {
      int64_t scale = 100;
      for (; !rest->empty() && IsDigit(rest->front()); rest->remove_prefix(1), scale /= 10) {
        ms += (rest->front() - '0') * scale;
      }
    }
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) + Duration(ms);
  }

  std::optional<Time> At(std::chrono::year year, std::chrono::month_day date,
                         Duration of_day) const {
    const std::chrono::year_month_day day{year, date.month(), date.day()};
    if (!day.ok()) return std::nullopt;
    return std::chrono::time_point_cast<Duration>(std::chrono::sys_days(day)) + of_day -
           utc_offset_;
  }

  // In the year that brings it nearest to reception; eight years hold a 29th of February.
  std::optional<Time> Nearest(std::chrono::month_day date, Duration of_day) const {
    const std::chrono::year_month_day today(
        std::chrono::floor<std::chrono::days>(received_ + utc_offset_));
    std::optional<Time> best;
    for (int off = -4; off <= 4; ++off) {
      const std::optional<Time> time = At(today.year() + std::chrono::years(off), date, of_day);
      if (!time) continue;
      if (!best || std::chrono::abs(*time - received_) < std::chrono::abs(*best - received_)) {
        best = time;
      }
    }
    return best;
  }

  static constexpr size_t kTimeBytesMax = 64;

  const Time received_;
  const Duration utc_offset_;
  SyslogRecord record_;
  std::vector<Label> metadata_;
};

}  // namespace

SyslogRecord ParseSyslog(std::string_view message, Time received, Duration utc_offset) {
  return Reader(received, utc_offset).Read(message);
}

}  // namespace kizashi

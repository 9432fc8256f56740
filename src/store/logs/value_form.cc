#include "store/logs/value_form.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace kizashi {
namespace {

constexpr int64_t kDay = 86'400;

constexpr TimeLayout kLayouts[] = {
    {"hh:mm:ss.fff", 1'000, kDay * 1'000},
    {"hh:mm:ss,fff", 1'000, kDay * 1'000},
    {"hh:mm:ss", 1, kDay},
    {"ss.fff", 1'000, 60'000},
    {"ss,fff", 1'000, 60'000},
    {"YYYY-MM-DD hh:mm:ss.fff", 1'000, 0},
    {"YYYY-MM-DD hh:mm:ss,fff", 1'000, 0},
    {"YYYY-MM-DD hh:mm:ss", 1, 0},
    {"YYYY-MM-DDThh:mm:ss.fffZ", 1'000, 0},
    {"YYYY-MM-DDThh:mm:ss.fff", 1'000, 0},
    {"YYYY-MM-DDThh:mm:ssZ", 1, 0},
    {"YYYY-MM-DDThh:mm:ss", 1, 0},
    {"YYYY-MM-DDThh:mm:ss.ffffffZ", 1'000'000, 0},
    {"YYYY-MM-DDThh:mm:ss.fffffffffZ", 1'000'000'000, 0},
    {"YYYY-MM-DD hh:mm:ss.ffffff", 1'000'000, 0},
    {"YYYY/MM/DD hh:mm:ss", 1, 0},
    {"YYYY/MM/DD hh:mm:ss.fff", 1'000, 0},
    {"YYYY/MM/DD hh:mm:ss.ffffff", 1'000'000, 0},
    {"hh:mm:ss.ffffff", 1'000'000, kDay * 1'000'000},
    {"hh:mm:ss.fffffffff", 1'000'000'000, kDay * 1'000'000'000},
    {"YYYY-MM-DD-hh.mm.ss.ffffff", 1'000'000, 0},
    {"hhmmss", 1, kDay},
};

// For each byte of each layout which field it is a digit of: an index into kFields, or none.
constexpr std::string_view kFields = "YMDhmsf";
constexpr uint8_t kNoField = 0xff;
constexpr size_t kLayoutBytesMax = 32;
using LayoutFields = std::array<uint8_t, kLayoutBytesMax>;

constexpr auto kLayoutFields = [] {
  std::array<LayoutFields, std::size(kLayouts)> all{};
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t at = 0; at < kLayouts[i].text.size(); ++at) {
      const size_t field = kFields.find(kLayouts[i].text[at]);
      all[i][at] = field == std::string_view::npos ? kNoField : static_cast<uint8_t>(field);
    }
  }
  return all;
}();

const LayoutFields& FieldsOf(const TimeLayout& layout) {
  return kLayoutFields[static_cast<size_t>(&layout - kLayouts)];
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Days since 1970 of a day of the Gregorian calendar and back, by Howard Hinnant's
// "chrono-Compatible Low-Level Date Algorithms".
int64_t DaysOf(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

struct Date {
  int64_t year, month, day;
};

Date DateOf(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t of_era = days - era * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;
  const int64_t month = shifted + (shifted < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          of_year - (153 * shifted + 2) / 5 + 1};
}

int64_t Modulo(int64_t value, int64_t period) {
  const int64_t rest = value % period;
  return rest < 0 ? rest + period : rest;
}

int64_t DivideDown(int64_t value, int64_t by) { return (value - Modulo(value, by)) / by; }

// The numbers of the fields, in the order of kFields.
struct Fields {
  std::array<int64_t, kFields.size()> value{};
  int64_t& operator[](char field) { return value[kFields.find(field)]; }
};

// A digit's worth, or -1.
constexpr auto kHexDigits = [] {
  std::array<std::array<int8_t, 256>, 2> all{};
  for (auto& digits : all) digits.fill(-1);
  for (size_t upper = 0; upper < 2; ++upper) {
    const std::string_view digits = upper != 0 ? "0123456789ABCDEF" : "0123456789abcdef";
    for (size_t i = 0; i < digits.size(); ++i) {
      all[upper][static_cast<uint8_t>(digits[i])] = static_cast<int8_t>(i);
    }
  }
  return all;
}();

bool IsDash(size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::optional<int64_t> ReadNumber(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  if (digits[0] == '0' && text.size() > 1) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void AppendNumber(int64_t value, std::string* out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out->append(digits.data(), end);
}

size_t TimeLayoutCount() { return std::size(kLayouts); }
const TimeLayout& TimeLayoutAt(size_t index) { return kLayouts[index]; }

std::optional<size_t> FindTimeLayout(std::string_view text) {
  for (size_t i = 0; i < std::size(kLayouts); ++i) {
    if (kLayouts[i].text.size() == text.size() && ReadTime(kLayouts[i], text)) return i;
  }
  return std::nullopt;
}

std::optional<int64_t> ReadTime(const TimeLayout& layout, std::string_view text) {
  if (text.size() != layout.text.size()) return std::nullopt;
  Fields fields;
  const LayoutFields& which = FieldsOf(layout);
  for (size_t i = 0; i < text.size(); ++i) {
    if (which[i] == kNoField) {
      if (text[i] != layout.text[i]) return std::nullopt;
      continue;
    }
    if (!IsDigit(text[i])) return std::nullopt;
    int64_t& field = fields.value[which[i]];
    field = field * 10 + (text[i] - '0');
  }
  if (fields['h'] > 23 || fields['m'] > 59 || fields['s'] > 59) return std::nullopt;
  int64_t seconds = fields['h'] * 3'600 + fields['m'] * 60 + fields['s'];
  if (layout.period == 0) {
    if (fields['M'] < 1 || fields['M'] > 12 || fields['D'] < 1) return std::nullopt;
    // 292 years around 1970 is what nanoseconds of 64 bits can tell.
    if (fields['Y'] < 1700 || fields['Y'] > 2200) return std::nullopt;
    const int64_t days = DaysOf(fields['Y'], fields['M'], fields['D']);
    const Date back = DateOf(days);
    if (back.day != fields['D'] || back.month != fields['M']) return std::nullopt;
    seconds += days * kDay;
  }
  return seconds * layout.units_per_second + fields['f'];
}

void AppendTime(const TimeLayout& layout, int64_t units, std::string* out) {
  if (layout.period != 0) units = Modulo(units, layout.period);
  const int64_t seconds = DivideDown(units, layout.units_per_second);
  const int64_t days = DivideDown(seconds, kDay);
  const int64_t of_day = seconds - days * kDay;
  Fields fields;
  if (layout.period == 0) {
    const Date date = DateOf(days);
    fields['Y'] = Modulo(date.year, 10'000);
    fields['M'] = date.month;
    fields['D'] = date.day;
  }
  fields['h'] = of_day / 3'600;
  fields['m'] = of_day / 60 % 60;
  fields['s'] = of_day % 60;
  fields['f'] = units - seconds * layout.units_per_second;
  const size_t begin = out->size();
  const LayoutFields& which = FieldsOf(layout);
  out->append(layout.text);
  for (size_t i = layout.text.size(); i-- > 0;) {
    if (which[i] == kNoField) continue;
    int64_t& field = fields.value[which[i]];
    (*out)[begin + i] = static_cast<char>('0' + field % 10);
    field /= 10;
  }
}

int64_t UnitsOfMs(const TimeLayout& layout, int64_t time_ms) {
  if (layout.units_per_second >= 1'000) {
    // Wraps on foreign bytes; what is added is subtracted in the same way.
    return static_cast<int64_t>(static_cast<uint64_t>(time_ms) *
                                static_cast<uint64_t>(layout.units_per_second / 1'000));
  }
  return DivideDown(time_ms, 1'000 / layout.units_per_second);
}

std::optional<IdForm> FindIdForm(std::string_view text) {
  IdForm form;
  form.uuid = text.size() == 36 && text[8] == '-';
  const size_t digits = text.size() - (form.uuid ? 4 : 0);
  if (digits % 2 != 0 || digits / 2 < kIdBytesMin || digits / 2 > kIdBytesMax) return std::nullopt;
  form.bytes = static_cast<uint8_t>(digits / 2);
  const auto letter = std::find_if(text.begin(), text.end(), [](char c) { return c >= 'A'; });
  form.upper = letter != text.end() && *letter <= 'F';
  std::array<char, kIdBytesMax> unused;
  if (!ReadId(form, text, unused.data())) return std::nullopt;
  return form;
}

bool ReadId(const IdForm& form, std::string_view text, char* out) {
  if (text.size() != form.text_size()) return false;
  const auto& digits = kHexDigits[form.upper ? 1 : 0];
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (form.uuid && IsDash(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const int digit = digits[static_cast<uint8_t>(text[i])];
    if (digit < 0) return false;
    if (high < 0) {
      high = digit;
    } else {
      *out++ = static_cast<char>(high << 4 | digit);
      high = -1;
    }
  }
  return true;
}

void AppendId(const IdForm& form, const char* id, std::string* out) {
  const char* digits = form.upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const size_t begin = out->size();
  out->resize(begin + form.text_size());
  char* to = out->data() + begin;
  for (size_t i = 0; i < form.bytes; ++i) {
    if (form.uuid && (i == 4 || i == 6 || i == 8 || i == 10)) *to++ = '-';
    *to++ = digits[static_cast<uint8_t>(id[i]) >> 4];
    *to++ = digits[static_cast<uint8_t>(id[i]) & 15];
  }
}

}  // namespace kizashi

// The forms in which a column of text is kept as numbers or binary: whole numbers, clock times and
// dates, hexadecimal ids. Each reader accepts only text that its writer gives back byte for byte.
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kizashi {

/// A whole number as printed by AppendNumber: no leading zeros, no plus, at most 18 digits.
std::optional<int64_t> ReadNumber(std::string_view text);
void AppendNumber(int64_t value, std::string* out);

/// How a time is written: fields Y M D h m s f (year, month, day, hour, minute, second, fraction),
/// one letter for each digit, every other byte stands for itself.
struct TimeLayout {
  std::string_view text;
  int64_t units_per_second;  // of the last digit
  int64_t period;            // in those units, after which the text comes again; 0: it has a date
};

/// The layouts known; the index of one is stored in blocks, so the list only ever grows at its end.
size_t TimeLayoutCount();
const TimeLayout& TimeLayoutAt(size_t index);
/// The layout of `text`, if it is one.
std::optional<size_t> FindTimeLayout(std::string_view text);
/// Units since 1970 (with a date), or since the start of the period.
std::optional<int64_t> ReadTime(const TimeLayout& layout, std::string_view text);
/// Any number gives some text of the layout's length; years are taken modulo 10,000.
void AppendTime(const TimeLayout& layout, int64_t units, std::string* out);
/// `time_ms` in the layout's units.
int64_t UnitsOfMs(const TimeLayout& layout, int64_t time_ms);

/// An id of hexadecimal digits of one case: 8 to 32 bytes, or a UUID with its four dashes.
struct IdForm {
  uint8_t bytes = 0;
  bool upper = false;
  bool uuid = false;
  bool operator==(const IdForm&) const = default;
  size_t text_size() const { return bytes * size_t{2} + (uuid ? 4 : 0); }
};

inline constexpr size_t kIdBytesMin = 8;
inline constexpr size_t kIdBytesMax = 32;

/// The form of `text` if it is an id; ids of digits alone count as lower case.
std::optional<IdForm> FindIdForm(std::string_view text);
/// Writes form.bytes bytes to `out`; false when `text` is not of that form.
bool ReadId(const IdForm& form, std::string_view text, char* out);
/// `id` has form.bytes bytes.
void AppendId(const IdForm& form, const char* id, std::string* out);

}  // namespace kizashi

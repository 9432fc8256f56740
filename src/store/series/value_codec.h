// The values of one series over a stretch of scrapes, as the cheapest of several forms.
//
// Lossless bit for bit: NaN payloads, stale markers, infinities and minus zero come back as they
// were. Forms and bytes: docs/internals/series-block.md. Decoding is total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

/// The most values that are encoded at once.
inline constexpr size_t kColumnValuesMax = 1 << 16;

/// What a column was encoded as: the low bits of its first byte.
enum class ValueForm : uint8_t {
  kBits = 0,    // one value, not decimal
  kEqual = 1,   // one decimal value
  kSparse = 2,  // decimal, changes now and then
  kDelta = 3,   // decimal, Rice codes of what a step differs from the mean step
  kLevel = 4,   // decimal, Rice codes of what a value differs from the mean
  kSum = 5,     // a sum of decimal steps made in floating point, with its rounding errors
  kXor = 6,     // any bits, those that differ from the value before
};

/// Holds what encoding needs in memory; one thread at a time. Nothing is allocated per value.
class ValueEncoder {
 public:
  /// Appends the column to *out. Requires 1 <= values.size() <= kColumnValuesMax.
  void Encode(std::span<const double> values, std::string* out);

 private:
  bool ScaleToIntegers(std::span<const double> values);
  bool PlanResiduals(int64_t step, int64_t level);
  void EncodeIntegers(uint8_t flags, std::string* out);
  void EncodeSparse(std::string* out) const;
  void EncodeRice(std::string* out);
  void EncodeFloats(std::span<const double> values, uint8_t flags, std::string* out);
  size_t PlanSum(std::span<const double> values, unsigned exponent);
  void EncodeSum(std::span<const double> values, unsigned exponent, std::string* out);
  void EncodeXor(std::span<const double> values, std::string* out) const;

  std::vector<double> filled_;    // the values with stale markers replaced
  std::vector<int64_t> numbers_;  // the values, scaled
  std::vector<uint64_t> first_;   // what is to be Rice coded
  std::vector<uint64_t> second_;
  unsigned exponent_ = 0;  // of numbers_
};

/// Decodes the values [from, to) of a column of `count` into out[0, to - from). False when the
/// bytes are no such column. Requires from <= to <= count.
bool DecodeValues(std::string_view bytes, size_t count, size_t from, size_t to, double* out);

}  // namespace kizashi

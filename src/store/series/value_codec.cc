#include "store/series/value_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/bytes.h"
#include "base/check.h"
#include "store/series/bit_stream.h"
#include "wire/telemetry.h"

namespace kizashi {
namespace {

constexpr uint8_t kFormMask = 0x0f;
constexpr uint8_t kScaledFlag = 0x40;  // exponent and shift follow
constexpr uint8_t kStaleFlag = 0x80;   // the places of stale markers follow
constexpr unsigned kExponentMax = 18;
constexpr unsigned kShiftMax = 52;
constexpr double kIntegerMax = 9007199254740992.0;  // 2^53
// The decimal steps that a sum of floating point numbers is tried with.
constexpr std::array<unsigned, 3> kSumExponents = {9, 6, 3};
constexpr size_t kSumProbe = 32;  // values that decide which of them

constexpr std::array<double, kExponentMax + 1> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                          1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                          1e14, 1e15, 1e16, 1e17, 1e18};

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

// Exact for what was encoded: both operands are exact, so the quotient is the number that the
// decimal text stands for, rounded as a parser of the text rounds it.
double Unscale(int64_t number, unsigned exponent) {
  const auto value = static_cast<double>(number);
  return exponent == 0 ? value : value / kPowers[exponent];
}

bool Scale(double value, unsigned exponent, int64_t* number) {
  const double scaled = value * kPowers[exponent];
  if (!(std::abs(scaled) < kIntegerMax)) return false;
  *number = static_cast<int64_t>(exponent == 0 ? scaled : scaled + (scaled < 0 ? -0.5 : 0.5));
  return Bits(Unscale(*number, exponent)) == Bits(value);
}

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

void AppendDouble(double value, std::string* out) {
  const uint64_t bits = Bits(value);
  out->append(reinterpret_cast<const char*>(&bits), sizeof(bits));
}

size_t VarintBytes(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

size_t RiceBits(const std::vector<uint64_t>& numbers, unsigned k) {
  uint64_t bits = numbers.size() * (k + 1);
  for (const uint64_t number : numbers) {
    const uint64_t quotient = number >> k;
    bits += quotient < kRiceEscape ? quotient : kRiceBitsMax;
  }
  return bits;
}

// The parameter with which `numbers` get shortest: found by going down a valley that begins at
// their mean width, which one outlier does not move much.
unsigned BestRice(const std::vector<uint64_t>& numbers, size_t* bits) {
  size_t widths = 0;
  for (const uint64_t number : numbers) widths += static_cast<size_t>(std::bit_width(number));
  auto k = static_cast<unsigned>(widths / std::max<size_t>(numbers.size(), 1));
  k = std::min(k > 0 ? k - 1 : 0, kRiceParameterMax);
  *bits = RiceBits(numbers, k);
  while (k > 0) {
    const size_t fewer = RiceBits(numbers, k - 1);
    if (fewer >= *bits) break;
    *bits = fewer;
    --k;
  }
  while (k < kRiceParameterMax) {
    const size_t fewer = RiceBits(numbers, k + 1);
    if (fewer >= *bits) break;
    *bits = fewer;
    ++k;
  }
  return k;
}

// How far two floating point numbers are apart, counted in numbers between them. Wraps around, so
// that the way back is exact for any two.
int64_t Distance(double from, double to) { return static_cast<int64_t>(Bits(to) - Bits(from)); }
double Away(double from, int64_t distance) {
  return std::bit_cast<double>(Bits(from) + static_cast<uint64_t>(distance));
}

// Where a step of `units` of 10^-exponent leads; the same in encoder and decoder.
double Predict(double from, int64_t units, unsigned exponent) {
  return from + static_cast<double>(units) / kPowers[exponent];
}

int64_t UnitsBetween(double from, double to, unsigned exponent) {
  const double units = (to - from) * kPowers[exponent];
  return std::abs(units) < kIntegerMax ? static_cast<int64_t>(units + (units < 0 ? -0.5 : 0.5)) : 0;
}

int64_t Mean(double sum, size_t count) {
  return count == 0 ? 0 : static_cast<int64_t>(std::nearbyint(sum / static_cast<double>(count)));
}

}  // namespace

void ValueEncoder::Encode(std::span<const double> values, std::string* out) {
  KZ_CHECK(!values.empty() && values.size() <= kColumnValuesMax);
  bool equal = true;
  bool stale = false;
  const uint64_t first = Bits(values[0]);
  for (const double value : values) {
    equal &= Bits(value) == first;
    stale |= Bits(value) == kStaleNanBits;
  }
  uint8_t flags = 0;
  std::string places;
  if (equal) {
    values = values.first(1);
  } else if (stale) {
    // A marker becomes the value before it, which costs nothing; its place is told beside.
    flags = kStaleFlag;
    const auto known = std::find_if(values.begin(), values.end(),
                                    [](double value) { return Bits(value) != kStaleNanBits; });
    double last = *known;
    size_t count = 0;
    size_t from = 0;
    filled_.assign(values.begin(), values.end());
    for (size_t i = 0; i < filled_.size(); ++i) {
      if (Bits(filled_[i]) != kStaleNanBits) {
        last = filled_[i];
        continue;
      }
      filled_[i] = last;
      AppendVarint(i - from, &places);
      from = i + 1;
      ++count;
    }
    std::string counted;
    AppendVarint(count, &counted);
    places = counted + places;
    values = filled_;
  }
  const size_t begin = out->size();
  if (ScaleToIntegers(values)) {
    EncodeIntegers(flags, out);
  } else {
    EncodeFloats(values, flags, out);
  }
  if (flags != 0) out->insert(begin + 1, places);
}

bool ValueEncoder::ScaleToIntegers(std::span<const double> values) {
  numbers_.resize(values.size());
  exponent_ = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (Scale(values[i], exponent_, &numbers_[i])) continue;
    do {
      if (++exponent_ > kExponentMax) return false;
      // What needs so many places is beyond 2^53 long before.
      if (!(std::abs(values[i]) * kPowers[exponent_] < kIntegerMax)) return false;
    } while (!Scale(values[i], exponent_, &numbers_[i]));
    for (size_t j = 0; j < i; ++j) {
      if (!Scale(values[j], exponent_, &numbers_[j])) return false;
    }
  }
  return true;
}

// Fills first_ with what steps differ from the mean step, second_ with what values differ from the
// mean; true when the second promises to be shorter.
bool ValueEncoder::PlanResiduals(int64_t step, int64_t level) {
  const size_t count = numbers_.size();
  first_.resize(count - 1);
  second_.resize(count);
  second_[0] = ZigZag(numbers_[0] - level);
  size_t step_width = 0;
  size_t level_width = static_cast<size_t>(std::bit_width(second_[0]));
  for (size_t i = 1; i < count; ++i) {
    first_[i - 1] = ZigZag(numbers_[i] - numbers_[i - 1] - step);
    second_[i] = ZigZag(numbers_[i] - level);
    step_width += static_cast<size_t>(std::bit_width(first_[i - 1]));
    level_width += static_cast<size_t>(std::bit_width(second_[i]));
  }
  return level_width < step_width;
}

void ValueEncoder::EncodeIntegers(uint8_t flags, std::string* out) {
  const size_t count = numbers_.size();
  uint64_t differing = 0;
  size_t sparse_bytes = 0;
  size_t last_change = 0;
  for (size_t i = 1; i < count; ++i) {
    if (numbers_[i] == numbers_[i - 1]) continue;
    differing |= static_cast<uint64_t>(numbers_[i] ^ numbers_[0]);
    sparse_bytes +=
        VarintBytes(i - last_change) + VarintBytes(ZigZag(numbers_[i] - numbers_[i - 1]));
    last_change = i;
  }
  // Low bits that never change are taken out: sizes in pages, times in whole seconds.
  const unsigned shift =
      differing == 0 ? 0 : std::min(static_cast<unsigned>(std::countr_zero(differing)), kShiftMax);
  const int64_t rest = numbers_[0] & ((int64_t{1} << shift) - 1);
  double sum = 0;
  for (int64_t& number : numbers_) {
    number >>= shift;
    sum += static_cast<double>(number);
  }
  const auto head = [&](ValueForm form) {
    const bool scaled = exponent_ != 0 || shift != 0;
    out->push_back(
        static_cast<char>(static_cast<uint8_t>(form) | flags | (scaled ? kScaledFlag : 0)));
    if (!scaled) return;
    out->push_back(static_cast<char>(exponent_));
    out->push_back(static_cast<char>(shift));
    if (shift > 0) AppendVarint(static_cast<uint64_t>(rest), out);
  };
  if (differing == 0) {
    head(ValueForm::kEqual);
    AppendVarint(ZigZag(numbers_[0]), out);
    return;
  }
  const int64_t step =
      Mean(static_cast<double>(numbers_[count - 1]) - static_cast<double>(numbers_[0]), count - 1);
  const int64_t level = Mean(sum, count);
  const bool is_level = PlanResiduals(step, level);
  const std::vector<uint64_t>& residuals = is_level ? second_ : first_;
  size_t bits = 0;
  const unsigned k = BestRice(residuals, &bits);
  if (sparse_bytes + 1 <= bits / 8) {
    head(ValueForm::kSparse);
    EncodeSparse(out);
    return;
  }
  head(is_level ? ValueForm::kLevel : ValueForm::kDelta);
  if (!is_level) AppendVarint(ZigZag(numbers_[0]), out);
  AppendVarint(ZigZag(is_level ? level : step), out);
  out->push_back(static_cast<char>(k));
  const size_t at = out->size();
  out->resize(at + bits / 8 + 16);
  BitWriter writer(out->data() + at);
  for (const uint64_t residual : residuals) writer.WriteRice(residual, k);
  out->resize(at + writer.Finish());
}

void ValueEncoder::EncodeSparse(std::string* out) const {
  AppendVarint(ZigZag(numbers_[0]), out);
  size_t last_change = 0;
  for (size_t i = 1; i < numbers_.size(); ++i) {
    if (numbers_[i] == numbers_[i - 1]) continue;
    AppendVarint(i - last_change, out);
    AppendVarint(ZigZag(numbers_[i] - numbers_[i - 1]), out);
    last_change = i;
  }
}

void ValueEncoder::EncodeFloats(std::span<const double> values, uint8_t flags, std::string* out) {
  const auto head = [&](ValueForm form) {
    out->push_back(static_cast<char>(static_cast<uint8_t>(form) | flags));
  };
  if (values.size() == 1) {
    head(ValueForm::kBits);
    AppendDouble(values[0], out);
    return;
  }
  unsigned exponent = kSumExponents[0];
  size_t fewest = SIZE_MAX;
  for (const unsigned tried : kSumExponents) {
    const size_t bits = PlanSum(values.first(std::min(values.size(), kSumProbe)), tried);
    if (bits < fewest) {
      fewest = bits;
      exponent = tried;
    }
  }
  // A Rice code of 64 bits is never shorter than what XOR makes of it.
  const size_t begin = out->size();
  head(ValueForm::kXor);
  EncodeXor(values, out);
  const size_t sum_bits = PlanSum(values, exponent);
  if (sum_bits / 8 + 16 >= out->size() - begin) return;
  out->resize(begin);
  head(ValueForm::kSum);
  EncodeSum(values, exponent, out);
}

// Fills first_ with the steps and second_ with the rounding errors; about how many bits they take.
size_t ValueEncoder::PlanSum(std::span<const double> values, unsigned exponent) {
  const size_t steps = values.size() - 1;
  numbers_.resize(values.size());
  first_.resize(steps);
  second_.resize(steps);
  double sum = 0;
  for (size_t i = 0; i < steps; ++i) {
    const int64_t units = UnitsBetween(values[i], values[i + 1], exponent);
    numbers_[i + 1] = units;
    sum += static_cast<double>(units);
    second_[i] = ZigZag(Distance(Predict(values[i], units, exponent), values[i + 1]));
  }
  numbers_[0] = Mean(sum, steps);
  size_t bits = 0;
  for (size_t i = 0; i < steps; ++i) {
    first_[i] = ZigZag(numbers_[i + 1] - numbers_[0]);
    bits += static_cast<size_t>(std::bit_width(first_[i])) +
            static_cast<size_t>(std::bit_width(second_[i])) + 2;
  }
  return bits;
}

void ValueEncoder::EncodeSum(std::span<const double> values, unsigned exponent, std::string* out) {
  size_t bits = 0;
  size_t error_bits = 0;
  const unsigned k = BestRice(first_, &bits);
  const unsigned error_k = BestRice(second_, &error_bits);
  AppendDouble(values[0], out);
  out->push_back(static_cast<char>(exponent));
  AppendVarint(ZigZag(numbers_[0]), out);
  out->push_back(static_cast<char>(k));
  out->push_back(static_cast<char>(error_k));
  const size_t at = out->size();
  out->resize(at + (bits + error_bits) / 8 + 16);
  BitWriter writer(out->data() + at);
  for (size_t i = 0; i < first_.size(); ++i) {
    writer.WriteRice(first_[i], k);
    writer.WriteRice(second_[i], error_k);
  }
  out->resize(at + writer.Finish());
}

// Gorilla's XOR (Pelkonen et al., VLDB 2015): only the bits between the leading and the trailing
// zeros of the difference, within the window of the value before when it fits there.
void ValueEncoder::EncodeXor(std::span<const double> values, std::string* out) const {
  AppendDouble(values[0], out);
  const size_t at = out->size();
  out->resize(at + values.size() * 10 + 16);
  BitWriter writer(out->data() + at);
  unsigned leading = 64;  // no window yet
  unsigned length = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    const uint64_t differing = Bits(values[i]) ^ Bits(values[i - 1]);
    if (differing == 0) {
      writer.Write(0, 1);
      continue;
    }
    const auto zeros = std::min(static_cast<unsigned>(std::countl_zero(differing)), 31U);
    const auto trailing = static_cast<unsigned>(std::countr_zero(differing));
    const bool fits = leading <= zeros && 64 - leading - length <= trailing &&
                      length <= 64 - zeros - trailing + 11;
    if (fits) {
      writer.Write(1, 2);
    } else {
      leading = zeros;
      length = 64 - zeros - trailing;
      writer.Write(3 | (leading << 2) | ((length - 1) << 7), 13);
    }
    const uint64_t window = differing >> (64 - leading - length);
    writer.Write(window & 0xffffffff, std::min(length, 32U));
    if (length > 32) writer.Write(window >> 32, length - 32);
  }
  out->resize(at + writer.Finish());
}

namespace {

// The decoder of one column; every method is false when the bytes are no column.
class Decoder {
 public:
  Decoder(std::string_view bytes, size_t count, size_t from, size_t to, double* out)
      : in_(bytes), count_(count), from_(from), to_(to), out_(out) {}

  bool Decode() {
    const uint8_t head = in_.U8();
    if ((head & kStaleFlag) != 0 && !ReadPlaces()) return false;
    if ((head & kScaledFlag) != 0 && !ReadScale()) return false;
    bool good = false;
    switch (static_cast<ValueForm>(head & kFormMask)) {
      case ValueForm::kBits: good = Fill(in_.Double()); break;
      case ValueForm::kEqual: good = Fill(Value(in_.SignedVarint())); break;
      case ValueForm::kSparse: good = Sparse(); break;
      case ValueForm::kDelta: good = Delta(); break;
      case ValueForm::kLevel: good = Level(); break;
      case ValueForm::kSum: good = Sum(); break;
      case ValueForm::kXor: good = Xor(); break;
      default: return false;
    }
    return good && in_.ok() && PutMarkers();
  }

 private:
  bool ReadPlaces() {
    const uint64_t markers = in_.Varint();
    if (markers > count_) return false;
    uint64_t place = 0;
    const uint64_t end = markers;
    stale_ = in_;  // read again when the values are there
    markers_ = end;
    for (uint64_t i = 0; i < end; ++i) {
      place += in_.Varint();
      if (!in_.ok() || place >= count_) return false;
      ++place;
    }
    return true;
  }
  bool PutMarkers() {
    uint64_t place = 0;
    for (uint64_t i = 0; i < markers_; ++i) {
      place += stale_.Varint();
      if (place >= from_ && place < to_) {
        out_[place - from_] = std::bit_cast<double>(kStaleNanBits);
      }
      ++place;
    }
    return true;
  }
  bool ReadScale() {
    exponent_ = in_.U8();
    shift_ = in_.U8();
    if (exponent_ > kExponentMax || shift_ > kShiftMax) return false;
    if (shift_ > 0) rest_ = in_.Varint();
    return in_.ok();
  }
  double Value(int64_t number) const {
    const auto shifted = static_cast<int64_t>((static_cast<uint64_t>(number) << shift_) | rest_);
    return Unscale(shifted, exponent_);
  }
  bool Fill(double value) {
    std::fill(out_, out_ + (to_ - from_), value);
    return in_.ok();
  }
  void Put(size_t i, double value) {
    if (i >= from_) out_[i - from_] = value;
  }
  // Sums wrap around: any bytes give some value, and what was encoded never does.
  static int64_t Add(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  }

  bool Sparse() {
    int64_t number = in_.SignedVarint();
    size_t i = 0;
    while (i < to_) {
      size_t next = count_;
      int64_t step = 0;
      if (in_.ok() && !in_.AtEnd()) {
        const uint64_t gap = in_.Varint();
        step = in_.SignedVarint();
        if (!in_.ok() || gap == 0 || gap > count_ - i) return false;
        next = i + gap;
      }
      const double value = Value(number);
      for (const size_t end = std::min(next, to_); i < end; ++i) Put(i, value);
      number = Add(number, step);
      i = next;
    }
    return in_.ok();
  }
  bool Delta() {
    int64_t number = in_.SignedVarint();
    const int64_t step = in_.SignedVarint();
    const unsigned k = in_.U8();
    if (!in_.ok() || k > kRiceParameterMax) return false;
    BitReader bits(in_.Bytes(in_.remaining()));
    if (to_ > 0) Put(0, Value(number));
    for (size_t i = 1; i < to_; ++i) {
      number = Add(number, Add(UnZigZag(bits.ReadRice(k)), step));
      Put(i, Value(number));
    }
    return bits.ok();
  }
  bool Level() {
    const int64_t level = in_.SignedVarint();
    const unsigned k = in_.U8();
    if (!in_.ok() || k > kRiceParameterMax) return false;
    BitReader bits(in_.Bytes(in_.remaining()));
    for (size_t i = 0; i < to_; ++i) Put(i, Value(Add(level, UnZigZag(bits.ReadRice(k)))));
    return bits.ok();
  }
  bool Sum() {
    double value = in_.Double();
    const unsigned exponent = in_.U8();
    const int64_t step = in_.SignedVarint();
    const unsigned k = in_.U8();
    const unsigned error_k = in_.U8();
    if (!in_.ok() || exponent > kExponentMax || std::max(k, error_k) > kRiceParameterMax) {
      return false;
    }
    BitReader bits(in_.Bytes(in_.remaining()));
    if (to_ > 0) Put(0, value);
    for (size_t i = 1; i < to_; ++i) {
      const int64_t units = Add(step, UnZigZag(bits.ReadRice(k)));
      value = Away(Predict(value, units, exponent), UnZigZag(bits.ReadRice(error_k)));
      Put(i, value);
    }
    return bits.ok();
  }
  bool Xor() {
    uint64_t value = in_.U64();
    if (!in_.ok()) return false;
    BitReader bits(in_.Bytes(in_.remaining()));
    unsigned leading = 0;
    unsigned length = 0;
    if (to_ > 0) Put(0, std::bit_cast<double>(value));
    for (size_t i = 1; i < to_; ++i) {
      if (bits.Read(1) != 0) {
        if (bits.Read(1) != 0) {
          leading = static_cast<unsigned>(bits.Read(5));
          length = static_cast<unsigned>(bits.Read(6)) + 1;
          if (leading + length > 64) return false;
        }
        if (length == 0) return false;
        uint64_t window = bits.Read(std::min(length, 32U));
        if (length > 32) window |= bits.Read(length - 32) << 32;
        value ^= window << (64 - leading - length);
      }
      Put(i, std::bit_cast<double>(value));
    }
    return bits.ok();
  }

  ByteReader in_;
  ByteReader stale_{{}};
  const size_t count_;
  const size_t from_;
  const size_t to_;
  double* const out_;
  uint64_t markers_ = 0;
  unsigned exponent_ = 0;
  unsigned shift_ = 0;
  uint64_t rest_ = 0;
};

}  // namespace

bool DecodeValues(std::string_view bytes, size_t count, size_t from, size_t to, double* out) {
  KZ_CHECK(from <= to && to <= count && count <= kColumnValuesMax);
  if (bytes.empty()) return false;
  return Decoder(bytes, count, from, to, out).Decode();
}

}  // namespace kizashi

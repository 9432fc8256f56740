#include "wire/msgpack.h"

#include <bit>
#include <utility>

#include "base/check.h"

namespace kizashi {
namespace {

using Type = MsgpackValue::Type;
using Result = MsgpackScanner::Result;

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<uint8_t>(c);
  return value;
}

// A value's head: what it is, how many bytes the head has, and how many follow (of strings and
// exts).
struct Head {
  MsgpackValue value;
  size_t size = 1;
  uint64_t payload = 0;
};

// How many bytes stand between a head's first byte and its payload, for the codes from 0xc0 to
// 0xdf; of 0xc1, which is never used, none.
constexpr std::array<uint8_t, 32> kArgumentBytes = {
    0, 0, 0, 0, 1, 2, 4, 2, 3, 5, 4, 8, 1, 2, 4, 8,   // c0 nil .. bin, ext, float, uint
    1, 2, 4, 8, 1, 1, 1, 1, 1, 1, 2, 4, 2, 4, 2, 4};  // d0 int, fixext, str, array, map

void SetNatural(Head* head, uint64_t value) {
  head->value.type = Type::kUint;
  head->value.natural = value;
}

void SetInteger(Head* head, int64_t value) {
  if (value >= 0) return SetNatural(head, static_cast<uint64_t>(value));
  head->value.type = Type::kInt;
  head->value.integer = value;
}

void SetText(Head* head, Type type, uint64_t size) {
  head->value.type = type;
  head->payload = size;
}

void SetMembers(Head* head, Type type, uint64_t members) {
  head->value.type = type;
  head->value.members = members;
}

void SetExt(Head* head, std::string_view argument, uint64_t size) {
  head->value.type = Type::kExt;
  head->value.ext_type = static_cast<int8_t>(argument.back());
  head->payload = size;
}

// The codes below 0xc0 and from 0xe0 on.
void ReadShort(uint8_t code, Head* head) {
  if (code < 0x80) return SetNatural(head, code);
  if (code < 0x90) return SetMembers(head, Type::kMap, code & 0x0f);
  if (code < 0xa0) return SetMembers(head, Type::kArray, code & 0x0f);
  if (code < 0xc0) return SetText(head, Type::kString, code & 0x1f);
  SetInteger(head, static_cast<int8_t>(code));
}

// The codes from 0xc0 to 0xdf, with what stands behind them.
void ReadLong(uint8_t code, std::string_view argument, Head* head) {
  const uint64_t number = BigEndian(argument);
  switch (code) {
    case 0xc0: return;
    case 0xc2:
    case 0xc3:
      head->value.type = Type::kBool;
      head->value.boolean = code == 0xc3;
      return;
    case 0xc4:
    case 0xc5:
    case 0xc6: return SetText(head, Type::kBinary, number);
    case 0xc7:
    case 0xc8:
    case 0xc9: return SetExt(head, argument, number >> 8);
    case 0xca:
      head->value.type = Type::kDouble;
      head->value.real = static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(number)));
      return;
    case 0xcb:
      head->value.type = Type::kDouble;
      head->value.real = std::bit_cast<double>(number);
      return;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: return SetNatural(head, number);
    case 0xd0: return SetInteger(head, static_cast<int8_t>(number));
    case 0xd1: return SetInteger(head, static_cast<int16_t>(number));
    case 0xd2: return SetInteger(head, static_cast<int32_t>(number));
    case 0xd3: return SetInteger(head, static_cast<int64_t>(number));
    case 0xd9:
    case 0xda:
    case 0xdb: return SetText(head, Type::kString, number);
    case 0xdc:
    case 0xdd: return SetMembers(head, Type::kArray, number);
    case 0xde:
    case 0xdf: return SetMembers(head, Type::kMap, number);
    default: return SetExt(head, argument, 1u << (code - 0xd4));  // fixext 1 to 16
  }
}

Result ReadHead(std::string_view bytes, Head* head) {
  *head = {};
  if (bytes.empty()) return Result::kMore;
  const auto code = static_cast<uint8_t>(bytes[0]);
  if (code < 0xc0 || code >= 0xe0) {
    ReadShort(code, head);
    return Result::kWhole;
  }
  if (code == 0xc1) return Result::kBad;
  const size_t argument = kArgumentBytes[code - 0xc0u];
  if (bytes.size() < 1 + argument) return Result::kMore;
  head->size = 1 + argument;
  ReadLong(code, bytes.substr(1, argument), head);
  return Result::kWhole;
}

uint64_t Children(const MsgpackValue& value) {
  return value.type == Type::kMap ? 2 * value.members : value.members;
}

}  // namespace

bool MsgpackReader::Next(MsgpackValue* value) {
  Head head;
  const std::string_view rest = bytes_.substr(at_);
  if (ReadHead(rest, &head) != Result::kWhole) return false;
  const size_t left = rest.size() - head.size;
  if (head.payload > left || Children(head.value) > left) return false;
  *value = head.value;
  value->bytes = rest.substr(head.size, head.payload);
  at_ += head.size + head.payload;
  return true;
}

bool MsgpackReader::Skip() {
  MsgpackValue value;
  for (uint64_t pending = 1; pending > 0; --pending) {
    if (!Next(&value)) return false;
    pending += Children(value);
  }
  return true;
}

bool MsgpackReader::SkipTo(std::string_view* raw) {
  const size_t begin = at_;
  if (!Skip()) return false;
  *raw = bytes_.substr(begin, at_ - begin);
  return true;
}

MsgpackScanner::Result MsgpackScanner::Scan(std::string_view bytes) {
  while (true) {
    // A payload that was begun is passed over first: at_ may be beyond what has come.
    if (at_ > bytes.size()) return Result::kMore;
    if (at_ > 0) {
      while (depth_ > 0 && left_[depth_ - 1] == 0) --depth_;
      if (depth_ == 0) return Result::kWhole;
    }
    Head head;
    const Result result = ReadHead(bytes.substr(at_), &head);
    if (result != Result::kWhole) return result;
    if (depth_ > 0) --left_[depth_ - 1];
    if (const uint64_t children = Children(head.value); children > 0) {
      if (depth_ == kMsgpackDepthMax) return Result::kBad;
      left_[depth_++] = children;
    }
    at_ += head.size + head.payload;
  }
}

MsgpackWriter& MsgpackWriter::Array(size_t members) {
  KZ_CHECK(members < 16);
  bytes_ += static_cast<char>(0x90 | members);
  return *this;
}

MsgpackWriter& MsgpackWriter::Map(size_t pairs) {
  KZ_CHECK(pairs < 16);
  bytes_ += static_cast<char>(0x80 | pairs);
  return *this;
}

MsgpackWriter& MsgpackWriter::String(std::string_view text) {
  KZ_CHECK(text.size() <= 0xffff);
  if (text.size() < 32) {
    bytes_ += static_cast<char>(0xa0 | text.size());
  } else {
    // str 8 came later than str 16: every reader knows this one.
    bytes_ += '\xda';
    bytes_ += static_cast<char>(text.size() >> 8);
    bytes_ += static_cast<char>(text.size() & 0xff);
  }
  bytes_ += text;
  return *this;
}

MsgpackWriter& MsgpackWriter::Bool(bool value) {
  bytes_ += value ? '\xc3' : '\xc2';
  return *this;
}

MsgpackWriter& MsgpackWriter::Raw(std::string_view value) {
  bytes_ += value;
  return *this;
}

}  // namespace kizashi

// What the tests of Fluent Forward share: bytes as the field's senders make them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/msgpack.h"

namespace kizashi {

/// A natural number of 32 bits.
inline std::string PackNumber(uint32_t value) {
  std::string out("\xce");
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

inline std::string PackString(std::string_view text) { return MsgpackWriter().String(text).Take(); }

/// bin 32
inline std::string PackBinary(std::string_view bytes) {
  return '\xc6' + PackNumber(static_cast<uint32_t>(bytes.size())).substr(1) + std::string(bytes);
}

/// EventTime.
inline std::string PackTime(uint32_t seconds, uint32_t nanoseconds) {
  return std::string("\xd7\x00", 2) + PackNumber(seconds).substr(1) +
         PackNumber(nanoseconds).substr(1);
}

/// {"log": text}
inline std::string PackRecord(std::string_view text) {
  return MsgpackWriter().Map(1).String("log").String(text).Take();
}

/// [time, record]
inline std::string PackEntry(std::string_view time, std::string_view record) {
  return MsgpackWriter().Array(2).Raw(time).Raw(record).Take();
}

/// {"chunk": id}
inline std::string PackChunk(std::string_view id) {
  return MsgpackWriter().Map(1).String("chunk").String(id).Take();
}

}  // namespace kizashi

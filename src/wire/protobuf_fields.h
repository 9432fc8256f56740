// Fields of a protobuf message by number and wire type, for a switch over pbf_reader's
// tag_and_type: of another type they are unknown ones, which are passed over.
//
// For .cc files of wire/ only; pure functions.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string_view>

namespace kizashi::pbf {

constexpr uint32_t Bytes(uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr uint32_t Varint(uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}
constexpr uint32_t Fixed64(uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed64);
}

inline std::string_view View(protozero::data_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace kizashi::pbf

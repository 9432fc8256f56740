#include "wire/otlp_value.h"

#include "base/json_writer.h"
#include "wire/otlp_logs.h"
#include "wire/protobuf_fields.h"

namespace kizashi {
namespace {

using pbf::Bytes;
using pbf::Fixed64;
using pbf::Varint;
using pbf::View;
using protozero::pbf_reader;

bool WriteValue(pbf_reader value, int depth, JsonWriter* json);

bool WriteArray(pbf_reader array, int depth, JsonWriter* json) {
  json->BeginArray();
  while (array.next()) {
    if (array.tag_and_type() != Bytes(1)) {
      array.skip();
    } else if (!WriteValue(array.get_message(), depth, json)) {
      return false;
    }
  }
  json->EndArray();
  return true;
}

bool WriteObject(pbf_reader list, int depth, JsonWriter* json) {
  json->BeginObject();
  while (list.next()) {
    if (list.tag_and_type() != Bytes(1)) {
      list.skip();
      continue;
    }
    pbf_reader pair = list.get_message();
    std::string_view key;
    pbf_reader value;
    while (pair.next()) {
      switch (pair.tag_and_type()) {
        case Bytes(1): key = View(pair.get_view()); break;
        case Bytes(2): value = pair.get_message(); break;
        default: pair.skip();
      }
    }
    json->Key(key);
    if (!WriteValue(value, depth, json)) return false;
  }
  json->EndObject();
  return true;
}

/// An AnyValue as JSON; false when it is too deep.
bool WriteValue(pbf_reader value, int depth, JsonWriter* json) {
  if (depth == 0) return false;
  bool written = false;
  while (value.next()) {
    const uint32_t field = value.tag_and_type();
    if (written) {  // one of: the first one counts
      value.skip();
      continue;
    }
    written = true;
    switch (field) {
      case Bytes(1): json->String(View(value.get_view())); break;
      case Varint(2): json->Bool(value.get_bool()); break;
      case Varint(3): json->Int(value.get_int64()); break;
      case Fixed64(4): json->Number(value.get_double()); break;
      case Bytes(5):
        if (!WriteArray(value.get_message(), depth - 1, json)) return false;
        break;
      case Bytes(6):
        if (!WriteObject(value.get_message(), depth - 1, json)) return false;
        break;
      case Bytes(7): json->String(View(value.get_view())); break;
      default: value.skip(); written = false;
    }
  }
  if (!written) json->Null();
  return true;
}

}  // namespace

bool ReadOtlpText(std::string_view any_value, std::string* text) {
  const pbf_reader value(any_value.data(), any_value.size());
  pbf_reader first = value;
  if (!first.next()) {
    text->clear();
    return true;
  }
  if (first.tag_and_type() == Bytes(1) || first.tag_and_type() == Bytes(7)) {
    *text = View(first.get_view());
    return true;
  }
  JsonWriter json;
  if (!WriteValue(value, kOtlpDepthMax, &json)) return false;
  *text = json.Take();
  return true;
}

bool ReadOtlpAttribute(std::string_view key_value, std::vector<Label>* attributes) {
  pbf_reader pair(key_value.data(), key_value.size());
  Label label;
  while (pair.next()) {
    switch (pair.tag_and_type()) {
      case Bytes(1): label.name = View(pair.get_view()); break;
      case Bytes(2):
        if (!ReadOtlpText(View(pair.get_view()), &label.value)) return false;
        break;
      default: pair.skip();
    }
  }
  if (label.name.size() + label.value.size() > kOtlpAttributeBytesMax ||
      attributes->size() >= kOtlpAttributesMax) {
    return false;
  }
  if (!label.name.empty()) attributes->push_back(std::move(label));
  return true;
}

}  // namespace kizashi

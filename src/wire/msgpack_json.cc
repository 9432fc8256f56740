#include "wire/msgpack_json.h"

#include <algorithm>

#include "base/json_writer.h"

namespace kizashi {
namespace {

using Type = MsgpackValue::Type;

std::string Hexadecimal(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

class Writer {
 public:
  Writer(std::string_view raw, size_t bytes_max) : reader_(raw), bytes_max_(bytes_max) {}

  // False for what cannot be read, and where the text is long enough.
  bool Value(size_t depth) {
    if (json_.text().size() > bytes_max_) {
      full_ = true;
      return false;
    }
    MsgpackValue value;
    if (depth > kMsgpackDepthMax || !reader_.Next(&value)) return false;
    if (value.type == Type::kArray) return Array(value, depth);
    if (value.type == Type::kMap) return Map(value, depth);
    Scalar(value);
    return true;
  }

  bool full() const { return full_; }
  std::string Take() { return json_.Take(); }

 private:
  bool Array(const MsgpackValue& value, size_t depth) {
    json_.BeginArray();
    for (uint64_t i = 0; i < value.members; ++i) {
      if (!Value(depth + 1)) return false;
    }
    json_.EndArray();
    return true;
  }

  bool Map(const MsgpackValue& value, size_t depth) {
    json_.BeginObject();
    for (uint64_t i = 0; i < value.members; ++i) {
      if (!Key(depth + 1) || !Value(depth + 1)) return false;
    }
    json_.EndObject();
    return true;
  }

  bool Key(size_t depth) {
    std::string_view raw;
    if (!reader_.SkipTo(&raw)) return false;
    MsgpackValue key;
    MsgpackReader(raw).Next(&key);
    if (key.is_text()) {
      json_.Key(Shown(key.bytes));
      return true;
    }
    Writer text(raw, bytes_max_);
    if (!text.Value(depth) && !text.full()) return false;
    json_.Key(Shown(text.Take()));
    return true;
  }

  void Scalar(const MsgpackValue& value) {
    switch (value.type) {
      case Type::kBool: json_.Bool(value.boolean); return;
      case Type::kInt: json_.Int(value.integer); return;
      case Type::kUint: json_.Raw(std::to_string(value.natural)); return;
      case Type::kDouble: json_.Number(value.real); return;
      case Type::kString:
      case Type::kBinary: json_.String(Shown(value.bytes)); return;
      case Type::kExt: Ext(value); return;
      default: json_.Null();
    }
  }

  void Ext(const MsgpackValue& value) {
    Time time{};
    if (ReadEventTime(value, &time)) {
      json_.String(FormatTime(time));
    } else {
      json_.String(Hexadecimal(value.bytes.substr(0, bytes_max_ / 2 + 1)));
    }
  }

  // As much as can be seen of it in the end.
  std::string_view Shown(std::string_view bytes) const { return bytes.substr(0, bytes_max_ + 1); }

  MsgpackReader reader_;
  const size_t bytes_max_;
  JsonWriter json_;
  bool full_ = false;
};

}  // namespace

bool ReadEventTime(const MsgpackValue& value, Time* time) {
  if (value.type != Type::kExt || value.ext_type != 0 || value.bytes.size() != 8) return false;
  const auto number = [&](size_t begin) {
    uint32_t result = 0;
    for (size_t i = begin; i < begin + 4; ++i) {
      result = (result << 8) | static_cast<uint8_t>(value.bytes[i]);
    }
    return result;
  };
  *time = TimeFromMs(int64_t{number(0)} * 1000 + std::min(number(4), 999'999'999u) / 1'000'000);
  return true;
}

StatusOr<std::string> MsgpackToJson(std::string_view raw, size_t bytes_max) {
  Writer writer(raw, bytes_max);
  if (!writer.Value(0) && !writer.full()) {
    return InvalidArgument(
        "found bytes that are no MessagePack value, or one nested deeper than {}",
        kMsgpackDepthMax);
  }
  std::string text = writer.Take();
  text.resize(std::min(text.size(), bytes_max + 4));
  return text;
}

}  // namespace kizashi

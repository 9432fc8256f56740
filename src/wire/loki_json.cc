#include "wire/loki_json.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <charconv>
#include <optional>

#include "wire/log_fields.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kDepthMax = 16;  // of arrays and objects inside each other
constexpr int64_t kNsPerMs = 1'000'000;

std::string_view KindOf(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::ARRAY: return "an array";
    case dom::element_type::OBJECT: return "an object";
    case dom::element_type::STRING: return "a string";
    case dom::element_type::BOOL: return "a boolean";
    case dom::element_type::NULL_VALUE: return "null";
    default: return "a number";
  }
}

/// Nanoseconds as a string of digits, or as a number.
std::optional<Time> ReadTime(const dom::element& element) {
  int64_t ns = 0;
  std::string_view text;
  if (element.get_string().get(text) == simdjson::SUCCESS) {
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, ns);
    if (result.ec != std::errc() || result.ptr != end || text.empty()) return std::nullopt;
  } else if (element.get_int64().get(ns) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  const int64_t rest = ((ns % kNsPerMs) + kNsPerMs) % kNsPerMs;
  return TimeFromMs(ns / kNsPerMs - (ns < 0 && rest != 0 ? 1 : 0));
}

std::string_view WithoutLineEnd(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

class Reader {
 public:
  LokiPush Read(std::string_view body) {
    if (body.size() > kLokiBodyBytesMax) {
      Fail("", fmt::format("the body has {} bytes, expected at most {}", body.size(),
                           kLokiBodyBytesMax));
      return std::move(push_);
    }
    dom::parser parser(kLokiBodyBytesMax);
    dom::element root;
    simdjson::error_code error = parser.allocate(body.size(), kDepthMax);
    if (error == simdjson::SUCCESS) error = parser.parse(body.data(), body.size()).get(root);
    if (error != simdjson::SUCCESS) {
      Fail("", fmt::format("found no JSON ({}), expected an object with streams",
                           simdjson::error_message(error)));
      return std::move(push_);
    }
    ReadRoot(root);
    return std::move(push_);
  }

 private:
  void ReadRoot(const dom::element& root) {
    dom::element streams;
    if (root["streams"].get(streams) != simdjson::SUCCESS) {
      return Fail("", "streams is missing, expected an array of {stream, values}");
    }
    dom::array list;
    if (streams.get_array().get(list) != simdjson::SUCCESS) {
      return Fail("streams", Wanted(streams, "an array of {stream, values}"));
    }
    size_t index = 0;
    for (const dom::element stream : list) ReadStream(stream, index++);
  }

  void ReadStream(const dom::element& element, size_t index) {
    const std::string item = fmt::format("streams[{}]", index);
    dom::element labels;
    dom::element values;
    dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) {
      return Fail(item, Wanted(element, "an object with stream and values"));
    }
    if (object["stream"].get(labels) != simdjson::SUCCESS) {
      return Fail(item, "stream is missing, expected an object of labels");
    }
    if (object["values"].get(values) != simdjson::SUCCESS) {
      return Fail(item, "values is missing, expected an array of [time, line]");
    }
    LokiStream stream;
    if (!ReadLabels(labels, item + ".stream", &stream.labels)) return;
    dom::array list;
    if (values.get_array().get(list) != simdjson::SUCCESS) {
      return Fail(item + ".values", Wanted(values, "an array of [time, line]"));
    }
    stream.lines.reserve(list.size());
    size_t entry = 0;
    for (const dom::element value : list) ReadEntry(value, item, entry++, &stream.lines);
    if (!stream.lines.empty()) push_.streams.push_back(std::move(stream));
  }

  bool ReadLabels(const dom::element& element, const std::string& item, Labels* labels) {
    dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) {
      Fail(item, Wanted(element, "an object of labels"));
      return false;
    }
    std::vector<Label> list;
    for (const auto [name, value] : object) {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) {
        Fail(fmt::format("{}.{}", item, name.substr(0, 60)), Wanted(value, "a string"));
        return false;
      }
      if (name.empty() || name.size() > kStreamLabelBytesMax ||
          text.size() > kStreamLabelBytesMax) {
        Fail(fmt::format("{}.{}", item, name.substr(0, 60)),
             fmt::format("expected a label's name and value of at most {} bytes",
                         kStreamLabelBytesMax));
        return false;
      }
      if (list.size() == kStreamLabelsMax) {
        Fail(item, fmt::format("expected at most {} labels", kStreamLabelsMax));
        return false;
      }
      list.push_back({std::string(name), std::string(text)});
    }
    *labels = Labels(std::move(list));
    if (labels->empty()) Fail(item, "found no label, expected at least one");
    return !labels->empty();
  }

  void ReadEntry(const dom::element& element, const std::string& stream, size_t index,
                 std::vector<LogLine>* lines) {
    // Named only when something is wrong: a push has many entries.
    const auto fail = [&](const dom::element& found, std::string_view part,
                          std::string_view expected) {
      Fail(fmt::format("{}.values[{}]{}", stream, index, part), Wanted(found, expected));
    };
    dom::array parts;
    dom::element time_part;
    dom::element line_part;
    dom::element metadata;
    if (element.get_array().get(parts) != simdjson::SUCCESS || parts.size() < 2 ||
        parts.size() > 3 || parts.at(0).get(time_part) != simdjson::SUCCESS ||
        parts.at(1).get(line_part) != simdjson::SUCCESS) {
      return fail(element, "", "[time, line] or [time, line, metadata]");
    }
    const std::optional<Time> time = ReadTime(time_part);
    if (!time) return fail(time_part, "[0]", "nanoseconds since 1970 as a string of digits");
    std::string_view line;
    if (line_part.get_string().get(line) != simdjson::SUCCESS) {
      return fail(line_part, "[1]", "the line as a string");
    }
    LogLine read{*time, std::string(WithoutLineEnd(line))};
    if (parts.size() == 3 && parts.at(2).get(metadata) == simdjson::SUCCESS) {
      if (!metadata.is_object()) return fail(metadata, "[2]", "an object");
      const char* const wrong = ReadMetadata(metadata, &read.metadata);
      if (wrong != nullptr) return fail(metadata, "[2]", wrong);
      TakeSaidFields(read.metadata, &read);
    }
    lines->push_back(std::move(read));
  }

  // What is expected instead, when it is not an object of strings within the limits.
  static const char* ReadMetadata(const dom::object& object, Labels* metadata) {
    std::vector<Label> list;
    for (const auto [name, value] : object) {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) return "an object of strings";
      if (list.size() == kStreamLabelsMax || name.size() > kStreamLabelBytesMax ||
          text.size() > kMetadataBytesMax) {
        return "at most 64 names of 4 KiB with values of 64 KiB";
      }
      list.push_back({std::string(name), std::string(text)});
    }
    *metadata = Labels(std::move(list));
    return nullptr;
  }

  static std::string Wanted(const dom::element& found, std::string_view expected) {
    std::string_view text;
    if (found.get_string().get(text) == simdjson::SUCCESS) {
      return fmt::format("found '{}', expected {}", text.substr(0, 60), expected);
    }
    return fmt::format("found {}, expected {}", KindOf(found), expected);
  }
  void Fail(std::string item, std::string reason) {
    if (push_.error_count++ < kLokiErrorsMax) {
      push_.errors.push_back({std::move(item), std::move(reason)});
    }
  }

  LokiPush push_;
};

}  // namespace

LokiPush ParseLokiJson(std::string_view body) { return Reader().Read(body); }

}  // namespace kizashi

#include "wire/loki_proto.h"

#include <fmt/core.h>

#include "wire/flat_json.h"
#include "wire/log_fields.h"
#include "wire/protobuf_fields.h"

namespace kizashi {
namespace {

using pbf::Bytes;
using pbf::Varint;
using pbf::View;
using protozero::pbf_reader;

constexpr uint64_t kSecondsMax = 253'402'300'799;  // the year 9999, protobuf's last

bool IsLabelChar(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && ((c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-'));
}

class Reader {
 public:
  LokiPush Read(std::string_view body) {
    if (body.size() > kLokiBodyBytesMax) {
      Fail("", fmt::format("the body has {} bytes, expected at most {}", body.size(),
                           kLokiBodyBytesMax));
      return std::move(push_);
    }
    try {
      pbf_reader request(body.data(), body.size());
      for (size_t index = 0; request.next();) {
        if (request.tag_and_type() == Bytes(1)) {
          ReadStream(request.get_message(), fmt::format("streams[{}]", index++));
        } else {
          request.skip();
        }
      }
    } catch (const std::exception& error) {
      push_ = {};
      Fail("", fmt::format("found no logproto.PushRequest ({})", error.what()));
    }
    return std::move(push_);
  }

 private:
  void ReadStream(pbf_reader message, const std::string& item) {
    LokiStream stream;
    std::string_view labels;
    size_t index = 0;
    std::vector<pbf_reader> entries;
    while (message.next()) {
      if (message.tag_and_type() == Bytes(1)) {
        labels = View(message.get_view());
      } else if (message.tag_and_type() == Bytes(2)) {
        if (++entries_ > kLokiEntriesMax) {
          return Fail(item, fmt::format("expected at most {} entries a push", kLokiEntriesMax));
        }
        entries.push_back(message.get_message());
      } else {
        message.skip();
      }
    }
    StatusOr<Labels> read = ParseLokiLabels(labels);
    if (!read.ok()) return Fail(item + ".labels", std::string(Message(read.status())));
    stream.labels = *std::move(read);
    stream.lines.reserve(entries.size());
    for (const pbf_reader& entry : entries) {
      ReadEntry(entry, item, index++, &stream.lines);
    }
    if (!stream.lines.empty()) push_.streams.push_back(std::move(stream));
  }

  void ReadEntry(pbf_reader message, const std::string& stream, size_t index,
                 std::vector<LogLine>* lines) {
    const auto fail = [&](std::string_view part, std::string reason) {
      Fail(fmt::format("{}.entries[{}]{}", stream, index, part), std::move(reason));
    };
    LogLine line;
    bool has_time = false;
    std::vector<Label> metadata;
    while (message.next()) {
      switch (message.tag_and_type()) {
        case Bytes(1):
          if (!ReadTime(message.get_message(), &line.time)) {
            return fail(".timestamp", "expected a time of this calendar");
          }
          has_time = true;
          break;
        case Bytes(2): line.text = View(message.get_view()); break;
        case Bytes(3):
          if (!ReadMetadata(message.get_message(), &metadata)) {
            return fail(".structuredMetadata",
                        "expected at most 64 names of 4 KiB with values of 64 KiB");
          }
          break;
        default: message.skip();
      }
    }
    if (!has_time) return fail(".timestamp", "is missing");
    while (!line.text.empty() && (line.text.back() == '\n' || line.text.back() == '\r')) {
      line.text.pop_back();
    }
    line.metadata = Labels(std::move(metadata));
    TakeSaidFields(line.metadata, &line);
    lines->push_back(std::move(line));
  }

  static bool ReadTime(pbf_reader message, Time* time) {
    int64_t seconds = 0;
    int64_t nanos = 0;
    while (message.next()) {
      if (message.tag_and_type() == Varint(1)) {
        seconds = message.get_int64();
      } else if (message.tag_and_type() == Varint(2)) {
        nanos = message.get_int32();
      } else {
        message.skip();
      }
    }
    if (seconds < 0 || static_cast<uint64_t>(seconds) > kSecondsMax || nanos < 0 ||
        nanos > 999'999'999) {
      return false;
    }
    *time = TimeFromMs(seconds * 1000 + nanos / 1'000'000);
    return true;
  }

  static bool ReadMetadata(pbf_reader message, std::vector<Label>* metadata) {
    Label label;
    while (message.next()) {
      if (message.tag_and_type() == Bytes(1)) {
        label.name = View(message.get_view());
      } else if (message.tag_and_type() == Bytes(2)) {
        label.value = View(message.get_view());
      } else {
        message.skip();
      }
    }
    const bool fits = metadata->size() < kStreamLabelsMax && !label.name.empty() &&
                      label.name.size() <= kStreamLabelBytesMax &&
                      label.value.size() <= kMetadataBytesMax;
    if (fits) metadata->push_back(std::move(label));
    return fits;
  }

  void Fail(std::string item, std::string reason) {
    if (push_.error_count++ < kLokiErrorsMax) {
      push_.errors.push_back({std::move(item), std::move(reason)});
    }
  }

  LokiPush push_;
  size_t entries_ = 0;
};

/// Walks `{name="value", ...}`.
class LabelReader {
 public:
  explicit LabelReader(std::string_view text) : text_(text) {}

  bool Read(std::vector<Label>* labels) {
    if (!Take('{')) return false;
    while (!Take('}')) {
      if (!labels->empty() && !Take(',')) return false;
      if (Take('}')) break;  // a comma behind the last one
      Label label;
      Blanks();
      while (at_ < text_.size() && IsLabelChar(text_[at_], label.name.empty())) {
        label.name += text_[at_++];
      }
      if (label.name.empty() || !Take('=') || !Quoted(&label.value)) return false;
      labels->push_back(std::move(label));
    }
    Blanks();
    return at_ == text_.size();
  }

 private:
  void Blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool Take(char c) {
    Blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // A Go string: in quotes with escapes, or in backquotes as it is.
  bool Quoted(std::string* value) {
    Blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '`') return false;
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) {
      end += quote == '"' && text_[end] == '\\' ? 2 : 1;
    }
    if (end >= text_.size()) return false;
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    if (quote == '"') {
      UnescapeJson(inside, value);
    } else {
      *value = inside;
    }
    at_ = end + 1;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

StatusOr<Labels> ParseLokiLabels(std::string_view text) {
  std::vector<Label> list;
  if (text.size() > kStreamLabelsMax * kStreamLabelBytesMax || !LabelReader(text).Read(&list)) {
    return InvalidArgument("found '{}', expected labels such as {{app=\"shop\"}}",
                           text.substr(0, 60));
  }
  for (const Label& label : list) {
    if (label.name.size() > kStreamLabelBytesMax || label.value.size() > kStreamLabelBytesMax) {
      return InvalidArgument("label '{}' is longer than {} bytes", label.name.substr(0, 60),
                             kStreamLabelBytesMax);
    }
  }
  if (list.size() > kStreamLabelsMax) {
    return InvalidArgument("found {} labels, expected at most {}", list.size(), kStreamLabelsMax);
  }
  Labels labels(std::move(list));
  if (labels.empty()) return InvalidArgument("found no label, expected at least one");
  return labels;
}

LokiPush ParseLokiProto(std::string_view body) { return Reader().Read(body); }

}  // namespace kizashi

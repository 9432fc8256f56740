#include "wire/yaml.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "wire/yaml_position.h"

namespace kizashi {
namespace {

/// Lets yaml-cpp read a view without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // setg wants it; an input buffer never writes
    setg(begin, begin, begin + text.size());
  }
};

/// Builds the tree from yaml-cpp's events. After Stop nothing more is kept; yaml-cpp still walks to
/// the end of the text, which its size bounds.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, YamlFile* file) : text_(text), positions_(text), file_(file) {}

  void OnDocumentStart(const YAML::Mark&) override { stack_.clear(); }
  void OnDocumentEnd() override {
    if (!file_->complete || !document_) return;
    if (document_->kind != YamlNode::Kind::kNull) file_->documents.push_back(*std::move(document_));
    document_.reset();
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    AddLeaf(MakeNode(mark, YamlNode::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node = MakeNode(mark, YamlNode::Kind::kNull);
    if (file_->complete) {
      file_->errors.push_back({node.line, node.column, "an alias",
                               "the value itself, written out (aliases are not followed)"});
    }
    AddLeaf(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    YamlNode node = MakeNode(mark, YamlNode::Kind::kScalar);
    node.scalar = value;
    node.was_quoted = tag == "!";
    node.text_column = TextColumn(mark, node);
    AddLeaf(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(MakeNode(mark, YamlNode::Kind::kSequence));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(MakeNode(mark, YamlNode::Kind::kMapping));
  }
  void OnMapEnd() override { Close(); }

  /// Ends reading with an error at a position of yaml-cpp's.
  void Stop(const YAML::Mark& mark, std::string found, std::string expected) {
    if (!file_->complete) return;
    const TextPosition at = PositionOf(mark);
    file_->errors.push_back({at.line, at.column, std::move(found), std::move(expected)});
    file_->complete = false;
    stack_.clear();
    document_.reset();
  }

 private:
  /// A list or mapping that is not closed yet.
  struct Frame {
    YamlNode node;
    std::optional<YamlKey> key;  // of a mapping: read, and waiting for its value
    bool drop_value = false;     // the key was there before
    std::unordered_map<std::string, int, StringHash, std::equal_to<>> lines;  // of the keys
  };

  TextPosition PositionOf(const YAML::Mark& mark) const {
    // yaml-cpp gives -1 for "nowhere".
    return positions_.At(static_cast<size_t>(std::max(mark.line, 0)),
                         static_cast<size_t>(std::max(mark.column, 0)));
  }

  YamlNode MakeNode(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    const TextPosition at = PositionOf(mark);
    node.line = at.line;
    node.column = at.column;
    if (++nodes_ == kYamlNodesMax + 1) {
      Stop(mark, "more", fmt::format("at most {} values in a file", kYamlNodesMax));
    }
    return node;
  }

  int TextColumn(const YAML::Mark& mark, const YamlNode& node) const {
    if (node.scalar.find('\n') != std::string::npos) return 0;
    std::string_view rest = text_.substr(PositionOf(mark).offset);
    if (!node.was_quoted) return rest.starts_with(node.scalar) ? node.column : 0;
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return 0;
    const char quote = rest[0];
    rest.remove_prefix(1);
    const bool verbatim = rest.starts_with(node.scalar) && rest.size() > node.scalar.size() &&
                          rest[node.scalar.size()] == quote;
    return verbatim ? node.column + 1 : 0;
  }

  void Open(YamlNode node) {
    if (!file_->complete) return;
    if (WantsKey()) return StopAt(node, "a key of plain text");
    if (stack_.size() == kYamlDepthMax) {
      return StopAt(node,
                    fmt::format("at most {} lists and mappings inside each other", kYamlDepthMax));
    }
    stack_.emplace_back();
    stack_.back().node = std::move(node);
  }

  void Close() {
    if (!file_->complete || stack_.empty()) return;
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    Attach(std::move(node));
  }

  void AddLeaf(YamlNode node) {
    if (!file_->complete) return;
    if (!WantsKey()) return Attach(std::move(node));
    if (node.kind != YamlNode::Kind::kScalar) return StopAt(node, "a key of plain text");
    Frame& frame = stack_.back();
    const auto [seen, fresh] = frame.lines.emplace(node.scalar, node.line);
    frame.drop_value = !fresh;
    if (!fresh) {
      file_->errors.push_back(
          {node.line, node.column, fmt::format("the key '{}' again", seen->first),
           fmt::format("each key once; it first stands in line {}", seen->second)});
    }
    frame.key = YamlKey{std::move(node.scalar), node.line, node.column};
  }

  bool WantsKey() const {
    return !stack_.empty() && stack_.back().node.kind == YamlNode::Kind::kMapping &&
           !stack_.back().key;
  }

  void Attach(YamlNode node) {
    if (stack_.empty()) {
      document_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == YamlNode::Kind::kMapping) {
      YamlKey key = *std::exchange(frame.key, std::nullopt);
      if (frame.drop_value) return;
      if (node.kind == YamlNode::Kind::kNull) {
        // yaml-cpp places a value that is not there at the next thing that is.
        node.line = key.line;
        node.column = key.column;
      }
      frame.node.keys.push_back(std::move(key));
    }
    frame.node.children.push_back(std::move(node));
  }

  void StopAt(const YamlNode& node, std::string expected) {
    file_->errors.push_back({node.line, node.column,
                             node.kind == YamlNode::Kind::kMapping    ? "a mapping"
                             : node.kind == YamlNode::Kind::kSequence ? "a list"
                                                                      : "nothing",
                             std::move(expected)});
    file_->complete = false;
    stack_.clear();
  }

  std::string_view text_;
  TextPositions positions_;
  YamlFile* file_;
  std::vector<Frame> stack_;
  std::optional<YamlNode> document_;
  size_t nodes_ = 0;
};

/// True when the text may be handed to yaml-cpp; else one error is added. yaml-cpp guesses
/// encodings and takes the byte 4 for the end of the text, so neither reaches it.
bool CheckText(std::string_view text, YamlFile* file) {
  YamlError error;
  if (text.size() > kYamlBytesMax) {
    error = {1, 1, fmt::format("{} bytes", text.size()),
             fmt::format("at most {} bytes in a file", kYamlBytesMax)};
  } else if (const auto bad = FindNotText(text)) {
    const TextPosition at = TextPositions(text).OfOffset(*bad);
    error = {at.line, at.column,
             fmt::format("the byte 0x{:02x}", static_cast<unsigned char>(text[*bad])),
             "text in UTF-8 without control characters"};
  } else {
    return true;
  }
  file->errors.push_back(std::move(error));
  file->complete = false;
  return false;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].name == key) return &children[i];
  }
  return nullptr;
}

YamlFile ReadYaml(std::string_view text) {
  YamlFile file;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!CheckText(text, &file)) return file;
  TreeBuilder builder(text, &file);
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (file.complete && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    builder.Stop(error.mark, fmt::format("YAML that cannot be read ({})", error.msg), "valid YAML");
  } catch (const std::exception& error) {
    builder.Stop(YAML::Mark::null_mark(),
                 fmt::format("YAML that cannot be read ({})", error.what()), "valid YAML");
  }
  return file;
}

}  // namespace kizashi

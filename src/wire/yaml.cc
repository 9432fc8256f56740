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
#include <unordered_set>
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
  TreeBuilder(std::string_view text, YamlAliases aliases, YamlFile* file)
      : text_(text), positions_(text), follows_(aliases == YamlAliases::kFollowed), file_(file) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    stack_.clear();
    anchors_.clear();
    // Where a value cannot begin (at a comma) yaml-cpp finds empty documents and goes no further.
    if (mark.pos == document_pos_) {
      const std::string_view rest = text_.substr(PositionOf(mark).offset);
      Stop(mark, std::string(rest.substr(0, 1)), "valid YAML");
    }
    document_pos_ = mark.pos;
  }
  void OnDocumentEnd() override {
    if (!file_->complete || !document_) return;
    if (document_->kind != YamlNode::Kind::kNull) file_->documents.push_back(*std::move(document_));
    document_.reset();
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = MakeNode(mark, YamlNode::Kind::kNull);
    Remember(anchor, node);
    AddLeaf(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (follows_) return Follow(mark, anchor);
    YamlNode node = MakeNode(mark, YamlNode::Kind::kNull);
    if (file_->complete) {
      file_->errors.push_back({node.line, node.column, "an alias",
                               "the value itself, written out (aliases are not followed)"});
    }
    AddLeaf(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = MakeNode(mark, YamlNode::Kind::kScalar);
    node.scalar = value;
    node.was_quoted = tag == "!";
    node.text_column = TextColumn(mark, node);
    Remember(anchor, node);
    AddLeaf(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(MakeNode(mark, YamlNode::Kind::kSequence), anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(MakeNode(mark, YamlNode::Kind::kMapping), anchor);
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
    YAML::anchor_t anchor = 0;   // 0: none
    std::unordered_map<std::string, int, StringHash, std::equal_to<>> lines;  // of the keys
  };

  /// What an anchor stands at, and what a copy of it costs.
  struct Anchored {
    YamlNode node;
    size_t nodes = 0;
    size_t depth = 0;
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
    Charge(mark, 1);
    return node;
  }

  void Charge(const YAML::Mark& mark, size_t nodes) {
    nodes_ += nodes;
    if (nodes_ <= kYamlNodesMax) return;
    Stop(mark, "more", fmt::format("at most {} values in a file", kYamlNodesMax));
  }

  static void Measure(const YamlNode& node, size_t depth, Anchored* of) {
    ++of->nodes;
    of->depth = std::max(of->depth, depth);
    for (const YamlNode& child : node.children) Measure(child, depth + 1, of);
  }

  // The copy counts as well, so that anchors inside each other stay within the limit.
  void Remember(YAML::anchor_t anchor, const YamlNode& node) {
    if (!follows_ || anchor == 0 || !file_->complete) return;
    Anchored anchored;
    Measure(node, 0, &anchored);
    nodes_ += anchored.nodes;
    if (nodes_ > kYamlNodesMax) return;  // the next value says so
    anchored.node = node;
    anchors_[anchor] = std::move(anchored);
  }

  void Follow(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (!file_->complete) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      return Stop(mark, "an alias of what it stands in", "an alias of what stands before it");
    }
    Charge(mark, found->second.nodes);
    if (!file_->complete) return;
    if (stack_.size() + found->second.depth > kYamlDepthMax) {
      return Stop(mark, "an alias",
                  fmt::format("at most {} lists and mappings inside each other", kYamlDepthMax));
    }
    AddLeaf(found->second.node);
  }

  // Adds what `<<` names and the mapping does not have itself; of several the first counts.
  static void Merge(YamlNode* node) {
    const auto key = std::find_if(node->keys.begin(), node->keys.end(),
                                  [](const YamlKey& one) { return one.name == "<<"; });
    if (key == node->keys.end()) return;
    const auto at = key - node->keys.begin();
    YamlNode merged = std::move(node->children[static_cast<size_t>(at)]);
    node->keys.erase(key);
    node->children.erase(node->children.begin() + at);
    std::vector<YamlNode> sources;
    if (merged.kind == YamlNode::Kind::kSequence) {
      sources = std::move(merged.children);
    } else {
      sources.push_back(std::move(merged));
    }
    std::unordered_set<std::string> names;
    for (const YamlKey& own : node->keys) names.insert(own.name);
    for (YamlNode& source : sources) {
      for (size_t i = 0; i < source.keys.size(); ++i) {
        if (!names.insert(source.keys[i].name).second) continue;
        node->keys.push_back(std::move(source.keys[i]));
        node->children.push_back(std::move(source.children[i]));
      }
    }
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

  void Open(YamlNode node, YAML::anchor_t anchor) {
    if (!file_->complete) return;
    if (WantsKey()) return StopAt(node, "a key of plain text");
    if (stack_.size() == kYamlDepthMax) {
      return StopAt(node,
                    fmt::format("at most {} lists and mappings inside each other", kYamlDepthMax));
    }
    stack_.emplace_back();
    stack_.back().node = std::move(node);
    stack_.back().anchor = anchor;
  }

  void Close() {
    if (!file_->complete || stack_.empty()) return;
    YamlNode node = std::move(stack_.back().node);
    const YAML::anchor_t anchor = stack_.back().anchor;
    stack_.pop_back();
    if (follows_ && node.kind == YamlNode::Kind::kMapping) Merge(&node);
    Remember(anchor, node);
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
  const bool follows_;
  YamlFile* file_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::vector<Frame> stack_;
  std::optional<YamlNode> document_;
  int document_pos_ = -2;  // where the last one begins
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

YamlFile ReadYaml(std::string_view text, YamlAliases aliases) {
  YamlFile file;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!CheckText(text, &file)) return file;
  TreeBuilder builder(text, aliases, &file);
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

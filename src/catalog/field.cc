#include "catalog/field.h"

#include <algorithm>
#include <utility>

#include "catalog/suggest.h"

namespace kizashi {
namespace {

constexpr size_t kQuotedBytesMax = 80;

std::string Join(const std::string& path, std::string_view key) {
  if (key.find('.') != std::string_view::npos) return fmt::format("{}[{}]", path, key);
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (i >= kQuotedBytesMax && (byte & 0xc0) != 0x80) {
      out += "...";
      break;
    }
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);  // escapes of YAML can make any character
    } else {
      out += text[i];
    }
  }
  return out + "'";
}

Field Field::Key(std::string_view key) const {
  const YamlNode* value = present() ? node_->Find(key) : nullptr;
  if (value != nullptr && value->kind == YamlNode::Kind::kNull && source_->nulls_absent) {
    value = nullptr;
  }
  return Field(value, present() ? node_ : parent_, Join(path_, key), source_);
}

Field Field::Root(std::string_view key) const {
  Field field = Key(key);
  field.path_.clear();
  return field;
}

std::vector<Field> Field::Items() const {
  std::vector<Field> items;
  if (!present() || node_->kind != YamlNode::Kind::kSequence) return items;
  items.reserve(node_->children.size());
  for (size_t i = 0; i < node_->children.size(); ++i) {
    items.push_back(Field(&node_->children[i], node_, fmt::format("{}[{}]", path_, i), source_));
  }
  return items;
}

Place Field::place() const {
  const YamlNode* node = present() ? node_ : parent_;
  return {source_->file, node->line, node->column, path_};
}

std::string Field::Found() const {
  if (!present()) return "nothing";
  switch (node_->kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kScalar: return Quoted(node_->scalar);
    case YamlNode::Kind::kSequence: return "a list";
    case YamlNode::Kind::kMapping: return "a mapping";
  }
  return "";
}

void Field::Error(const Place& at, std::string found, std::string expected) const {
  source_->errors->Add(
      {at.file, at.line, at.column, at.field, std::move(found), std::move(expected)});
}

void Field::Warn(std::string text) const {
  if (source_->warnings == nullptr || source_->warnings->size() > kCatalogErrorsMax) return;
  const Place at = place();
  source_->warnings->push_back({at.file, at.line, at.column, at.field, std::move(text)});
}

std::vector<Field> OneOrMany(const Field& field) {
  if (!field.present()) return {};
  if (field.node().kind == YamlNode::Kind::kSequence) return field.Items();
  return {field};
}

bool CheckMapping(const Field& field, std::string_view expected) {
  if (field.IsMapping()) return true;
  field.Wrong(std::string(expected));
  return false;
}

void CheckKeys(const Field& mapping, const std::vector<std::string_view>& known) {
  const YamlNode& node = mapping.node();
  for (const YamlKey& key : node.keys) {
    if (std::find(known.begin(), known.end(), key.name) != known.end()) continue;
    Place at = mapping.Key(key.name).place();
    at.line = key.line;
    at.column = key.column;
    std::string names;
    for (const std::string_view name : known) {
      if (!names.empty()) names += ", ";
      names += name;
    }
    mapping.Error(at, fmt::format("the field {}", Quoted(key.name)),
                  fmt::format("one of {}{}", names, DidYouMean(key.name, known)));
  }
}

}  // namespace kizashi

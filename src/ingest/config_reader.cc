#include "ingest/config_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kizashi {
namespace {

using Kind = YamlNode::Kind;

constexpr size_t kToldMax = 100;  // errors, and notes, of one file

std::string_view Shown(const YamlNode& node) {
  switch (node.kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return std::string_view(node.scalar).substr(0, 60);
    case Kind::kSequence: return "a list";
    case Kind::kMapping: return "a mapping";
  }
  return "";
}

std::string Join(const std::string& field, std::string_view name) {
  return field.empty() ? std::string(name) : fmt::format("{}.{}", field, name);
}

}  // namespace

void ConfigReader::Mapping(const YamlNode& node, const std::string& field,
                           const std::vector<Key>& keys,
                           const std::function<bool(const YamlKey& key)>& unknown) {
  if (node.kind == Kind::kNull) return;
  if (node.kind != Kind::kMapping) return Wrong(node, field, "a mapping");
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [&](const Key& known) { return known.name == key.name; });
    if (found != keys.end()) {
      if (found->read) found->read(node.children[i], Join(field, key.name));
    } else if (!unknown || !unknown(key)) {
      Note(key.line, key.column, Join(field, key.name) + ": unknown key, passed over");
    }
  }
}

void ConfigReader::List(
    const YamlNode& node, const std::string& field,
    const std::function<void(const YamlNode& item, const std::string& field)>& read) {
  if (node.kind == Kind::kNull) return;
  if (node.kind != Kind::kSequence) return Wrong(node, field, "a list");
  for (size_t i = 0; i < node.children.size(); ++i) {
    read(node.children[i], fmt::format("{}[{}]", field, i));
  }
}

void ConfigReader::String(const YamlNode& node, const std::string& field, std::string* value) {
  if (node.kind == Kind::kNull) {
    value->clear();
  } else if (node.kind == Kind::kScalar) {
    *value = node.scalar;
  } else {
    Wrong(node, field, "a text");
  }
}

void ConfigReader::Bool(const YamlNode& node, const std::string& field, bool* value) {
  const bool is_true = node.scalar == "true" || node.scalar == "True" || node.scalar == "TRUE";
  const bool is_false = node.scalar == "false" || node.scalar == "False" || node.scalar == "FALSE";
  if (!is_true && !is_false) return Wrong(node, field, "true or false");
  *value = is_true;
}

void ConfigReader::Count(const YamlNode& node, const std::string& field, uint64_t* value) {
  uint64_t read = 0;
  const char* const end = node.scalar.data() + node.scalar.size();
  const auto result = std::from_chars(node.scalar.data(), end, read);
  if (node.kind != Kind::kScalar || result.ec != std::errc() || result.ptr != end) {
    return Wrong(node, field, "a whole number, not negative");
  }
  *value = read;
}

void ConfigReader::Time(const YamlNode& node, const std::string& field, Duration* value) {
  const StatusOr<Duration> read = ParseDuration(node.scalar);
  if (node.kind != Kind::kScalar || !read.ok() || *read <= Duration(0)) {
    return Wrong(node, field, "a duration above 0 such as 15s");
  }
  *value = *read;
}

void ConfigReader::Bytes(const YamlNode& node, const std::string& field, size_t* value) {
  constexpr std::array<std::pair<std::string_view, int>, 10> kUnits = {{{"", 0},
                                                                        {"B", 0},
                                                                        {"KB", 10},
                                                                        {"KiB", 10},
                                                                        {"MB", 20},
                                                                        {"MiB", 20},
                                                                        {"GB", 30},
                                                                        {"GiB", 30},
                                                                        {"TB", 40},
                                                                        {"TiB", 40}}};
  uint32_t number = 0;
  const char* const end = node.scalar.data() + node.scalar.size();
  const auto result = std::from_chars(node.scalar.data(), end, number);
  const std::string_view unit(result.ptr, static_cast<size_t>(end - result.ptr));
  const auto found = std::find_if(kUnits.begin(), kUnits.end(),
                                  [&](const auto& known) { return known.first == unit; });
  if (node.kind != Kind::kScalar || result.ec != std::errc() || found == kUnits.end()) {
    return Wrong(node, field, "a size such as 10MB");
  }
  *value = static_cast<size_t>(number) << found->second;
}

void ConfigReader::Strings(const YamlNode& node, const std::string& field,
                           std::vector<std::string>* values) {
  List(node, field, [&](const YamlNode& item, const std::string& at) {
    std::string text;
    String(item, at, &text);
    values->push_back(std::move(text));
  });
}

void ConfigReader::Wrong(const YamlNode& node, const std::string& field,
                         std::string_view expected) {
  Fail(node, fmt::format("{}{}found '{}', expected {}", field, field.empty() ? "" : ": ",
                         Shown(node), expected));
}

void ConfigReader::Fail(int line, int column, std::string_view what) {
  if (errors_.size() == kToldMax) return;
  errors_.push_back(fmt::format("{}:{}:{}: {}", file_, line, column, what));
}

void ConfigReader::Note(int line, int column, std::string_view what) {
  if (notes_.size() == kToldMax) return;
  notes_.push_back(fmt::format("{}:{}:{}: {}", file_, line, column, what));
}

void ConfigReader::AddYamlErrors(const YamlFile& yaml) {
  for (const YamlError& error : yaml.errors) {
    Fail(error.line, error.column,
         error.found.empty() ? fmt::format("expected {}", error.expected)
                             : fmt::format("found '{}', expected {}", error.found, error.expected));
  }
}

}  // namespace kizashi

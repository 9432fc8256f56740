// Reads the values of a configuration file's tree, and collects what is wrong with it by place.
//
// A value of one thread. Errors are "file:line:column: field: found 'x', expected y"; notes are of
// the same form and say what is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "wire/yaml.h"

namespace kizashi {

class ConfigReader {
 public:
  explicit ConfigReader(std::string_view file) : file_(file) {}

  /// How the value of a key is read; `field` is its full name.
  struct Key {
    std::string_view name;
    std::function<void(const YamlNode& value, const std::string& field)> read;
  };

  /// Reads a mapping's members. A key that is none of `keys` goes to `unknown`, or is noted.
  void Mapping(const YamlNode& node, const std::string& field, const std::vector<Key>& keys,
               const std::function<bool(const YamlKey& key)>& unknown = nullptr);
  void List(const YamlNode& node, const std::string& field,
            const std::function<void(const YamlNode& item, const std::string& field)>& read);

  // Each leaves `*value` as it is when it is not what is expected.
  void String(const YamlNode& node, const std::string& field, std::string* value);
  void Bool(const YamlNode& node, const std::string& field, bool* value);
  void Count(const YamlNode& node, const std::string& field, uint64_t* value);
  /// Prometheus' durations; above zero.
  void Time(const YamlNode& node, const std::string& field, Duration* value);
  /// "10MB", "1KiB", "0"; powers of 1024.
  void Bytes(const YamlNode& node, const std::string& field, size_t* value);
  void Strings(const YamlNode& node, const std::string& field, std::vector<std::string>* values);

  void Wrong(const YamlNode& node, const std::string& field, std::string_view expected);
  void Fail(const YamlNode& node, std::string_view what) { Fail(node.line, node.column, what); }
  void Fail(int line, int column, std::string_view what);
  void Note(int line, int column, std::string_view what);
  void AddYamlErrors(const YamlFile& yaml);

  std::vector<std::string>& errors() { return errors_; }
  std::vector<std::string>& notes() { return notes_; }

 private:
  const std::string file_;
  std::vector<std::string> errors_;
  std::vector<std::string> notes_;
};

}  // namespace kizashi
